//! Rows of published results: their columns, their identity, and how to find them.
