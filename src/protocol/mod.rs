//! The protocol: everything that defines a number.
