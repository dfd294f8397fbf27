//! The agebench command.
fn main() {}
