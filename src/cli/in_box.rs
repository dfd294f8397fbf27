//! `agebench in-box`: the first program in the box of `footprint`. Started by the harness, hidden from users.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::output::tell;

/// Watch a program in the box.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The socket of the harness
    #[arg(long)]
    channel: PathBuf,

    /// A host that may be reached, as NAME:PORT
    #[arg(long, value_parser = host)]
    host: Vec<(String, u16)>,

    /// The program that traces system calls
    #[arg(long)]
    strace: Option<PathBuf>,

    /// The file that it writes to
    #[arg(long)]
    trace: PathBuf,

    /// The program
    #[arg(allow_hyphen_values = true)]
    program: OsString,

    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

fn host(text: &str) -> Result<(String, u16), String> {
    let (name, port) = text.rsplit_once(':').ok_or_else(|| format!("`{text}` has no port"))?;
    let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    Ok((name.to_owned(), port))
}

/// The exit code of a program that cannot be started, as shells have it.
const NOT_STARTED: u8 = 127;

/// Watches; gives the program's exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    #[cfg(target_os = "linux")]
    let watched = {
        let Arguments { channel, host, strace, trace, program, args } = arguments;
        crate::footprint::in_box::run(&crate::footprint::in_box::Inside {
            channel,
            hosts: host,
            strace,
            trace,
            program,
            args,
        })
    };
    #[cfg(not(target_os = "linux"))]
    let watched: std::io::Result<u8> = Err(std::io::Error::other(format!("there is no box here: {arguments:?}")));
    watched.unwrap_or_else(|error| {
        tell(&format!("the box cannot be used: {error}\n"));
        NOT_STARTED
    })
}
