//! What leaves the house: rows that say nothing about single people, and the package that they travel in.

pub mod disclosure;
