//! `agebench guard`: stands between the harness and a program, so that the program ends when the harness is gone. Started by
//! the harness, hidden from users.

use std::ffi::OsString;

use clap::Args;

use super::environment;
use super::output::tell;

/// Run a program as long as the process that asked for it lives.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The process that asks
    #[arg(long)]
    parent: u32,

    /// The program
    #[arg(allow_hyphen_values = true)]
    program: OsString,

    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// The exit code of a program that cannot be started, as shells have it.
const NOT_STARTED: u8 = 127;

/// Guards; gives the program's exit code.
pub(super) fn run(arguments: &Arguments) -> u8 {
    #[cfg(target_os = "linux")]
    let guarded = crate::method::adapter::command::guard(arguments.parent, &arguments.program, &arguments.args);
    #[cfg(not(target_os = "linux"))]
    let guarded: std::io::Result<u8> = Err(std::io::Error::other(format!("process {} asks in vain", arguments.parent)));
    let code = guarded.unwrap_or_else(|error| {
        tell(&format!("cannot start {}: {error}\n", arguments.program.display()));
        NOT_STARTED
    });
    // A harness that was killed could not remove its copies of samples.
    if std::os::unix::process::parent_id() != arguments.parent {
        environment::scratch();
    }
    code
}
