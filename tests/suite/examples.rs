//! The examples for who links agebench: they end well, and print what they promise. `cargo test` builds them beside the program.

use std::path::Path;
use std::process::Command;

use crate::support::{Ran, is_needed};

/// What the example `name` prints, or `None` after saying that a test skips: `cargo test --test suite` alone builds none.
fn printed(name: &str) -> Option<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_agebench")).with_file_name("examples").join(name);
    if !program.exists() {
        assert!(!is_needed("examples"), "{} was not built", program.display());
        eprintln!("skipped: the example {name} was not built (cargo build --examples)");
        return None;
    }
    Some(Ran::of(Command::new(program).output().unwrap()).ended(0).out)
}

#[test]
fn arrays_in_memory_become_rows() {
    let Some(printed) = printed("score_arrays") else { return };
    // 200 people of 10 to 29, answered -3.5 to +6.5 years off: 1.5 on average.
    for name in ["under_age_pass_rate", "adult_denial_rate", "mae"] {
        assert!(printed.contains(&format!("{name}: Some(")), "{printed}");
    }
    assert!(printed.contains("Some(200) people"), "{printed}");
}

#[test]
fn a_method_written_in_rust_is_run_and_scored() {
    let Some(printed) = printed("method_in_rust") else { return };
    assert!(printed.starts_with("911 attempts; mean absolute error Some("), "{printed}");
}
