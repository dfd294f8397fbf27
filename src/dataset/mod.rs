//! A dataset: its card, its manifest, their digest, and what is wrong with them.
