//! Which panics are findings.

use std::panic;
use std::process::abort;

/// Panics of packages that others wrote, which agebench catches, are let through; those of our own code end the process.
pub fn of_others_are_caught() {
    panic::set_hook(Box::new(|told| {
        if !told.location().is_some_and(|place| place.file().contains("/registry/") || place.file().starts_with("/rustc/")) {
            eprintln!("{told}");
            abort();
        }
    }));
}
