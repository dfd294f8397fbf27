//! The `agebench` program: see [`agebench::cli`].

use std::process::ExitCode;

/// musl's own allocator has one lock for all threads: with it the static program scores a million rows in 1.7 times the time.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    agebench::cli::main()
}
