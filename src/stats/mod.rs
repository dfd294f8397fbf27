//! Statistics: numbers in, numbers out. Knows no age and no file.
