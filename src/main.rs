//! The `agebench` program: see [`agebench::cli`].

use std::process::ExitCode;

/// musl's own allocator has one lock for all threads, which costs a third of the time of scoring (docs/install.md).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    agebench::cli::main()
}
