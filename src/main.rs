//! The `agebench` program: see [`agebench::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    agebench::cli::main()
}
