//! `agebench completions` and `agebench man`: what a package puts beside the program, made from the command line itself.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;

use super::output::{print, tell, word};
use super::{Exit, Failure};

/// Print what makes a shell complete verbs, flags and words.
///
/// `agebench completions bash > ~/.local/share/bash-completion/completions/agebench` and, for zsh, a file `_agebench` in a
/// folder of `fpath`; fish reads `~/.config/fish/completions/agebench.fish`.
#[derive(Debug, Args)]
pub(super) struct CompletionArguments {
    /// The shell
    shell: Shell,
}

/// Write the man pages, one a verb.
///
/// `agebench man --out man1/`, then `man -l man1/agebench-run.1`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// The folder of the pages; made if absent
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Prints the completions.
pub(super) fn completions(arguments: &CompletionArguments) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut offered(super::Arguments::command()), "agebench", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

/// The command line without what this program alone says to itself: generators of completions offer hidden verbs and flags too.
fn offered(command: Command) -> Command {
    // clap takes names that live as long as the program.
    let name: &'static str = Box::leak(command.get_name().into());
    let mut kept = Command::new(name);
    if let Some(about) = command.get_about() {
        kept = kept.about(about.clone());
    }
    kept = kept.args(command.get_arguments().filter(|argument| !argument.is_hide_set()).cloned());
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    kept.subcommands(verbs.map(offered))
}

/// Writes the man pages.
pub(super) fn man(arguments: &ManArguments) -> Result<Exit, Failure> {
    std::fs::create_dir_all(&arguments.out).map_err(Failure::cannot_write)?;
    clap_mangen::generate_to(super::Arguments::command(), &arguments.out).map_err(Failure::cannot_write)?;
    let first = word(&arguments.out.join("agebench.1"));
    tell(&format!("Wrote the man pages to {}.\nNext: man -l {first}\n", arguments.out.display()));
    Ok(Exit::Done)
}
