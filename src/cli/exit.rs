//! How the program ends: one code a meaning, and how an error is told.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

/// The exit codes of the program, the same for every verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// What was published does not follow from the records.
    Differs,
    /// A rule of a gate is shown not to be met.
    GateFailed,
    /// No rule of a gate fails, and one is not shown to be met.
    GateInconclusive,
    /// The command line or an input cannot be used: found before any work, or of an input that changed during it.
    Unusable,
    /// More attempts failed or timed out than `--max-failed` allows, or a method was given up.
    TooManyFailed,
    /// A defect of agebench itself.
    Internal,
    /// A result could not be written.
    CannotWrite,
    /// Ended by Ctrl-C or a termination signal.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Differs | Self::GateFailed => 1,
            Self::GateInconclusive => 3,
            Self::Unusable => 2,
            Self::TooManyFailed => 4,
            Self::Internal => 70,
            Self::CannotWrite => 74,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The part of `--help` that lists the exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  verify: what was published does not follow from the records, or is not what it says; gate: a rule fails
    2  the command line or an input cannot be used; check: there are errors
    3  gate: no rule fails, and one is inconclusive
    4  more attempts failed or timed out than --max-failed allows, or a method broke ten times in a row
   70  a defect of agebench itself
   74  a result could not be written (disk full, no permission); run --resume goes on
  130  interrupted; what was done is on disk, run --resume goes on";

/// An error on its way to the user: the exit code, the chain of causes, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What went wrong.
    pub error: Box<dyn Error>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Failure {
    /// An unusable input or command line.
    pub fn unusable(error: impl Into<Box<dyn Error>>) -> Self {
        Self { exit: Exit::Unusable, error: error.into(), help: None }
    }

    /// A result that could not be written.
    pub fn cannot_write(error: impl Into<Box<dyn Error>>) -> Self {
        Self { exit: Exit::CannotWrite, error: error.into(), help: None }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The text for the terminal: the error, each cause on a line of its own, then the remedy.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        labelled(&mut text, "error: ", &self.error.to_string());
        let mut cause = self.error.source();
        while let Some(error) = cause {
            labelled(&mut text, "  because: ", &error.to_string());
            cause = error.source();
        }
        if let Some(help) = &self.help {
            labelled(&mut text, "     help: ", help);
        }
        text
    }
}

/// Characters of a line of an error that are told: a foreign file may have one cell of a gigabyte.
const LONGEST_LINE: usize = 1000;

/// `line`, or its beginning and how much is left out.
fn cut(line: &str) -> std::borrow::Cow<'_, str> {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => {
            let rest = line.get(end..).unwrap_or_default().chars().count();
            format!("{}… ({rest} characters more)", line.get(..end).unwrap_or_default()).into()
        }
        None => line.into(),
    }
}

/// Adds `message` after `label`; its later lines stand below the first.
fn labelled(text: &mut String, label: &str, message: &str) {
    let mut lines = message.trim_end().lines().map(cut);
    let _ = writeln!(text, "{label}{}", lines.next().unwrap_or_default());
    for line in lines {
        let line = format!("{:width$}{line}", "", width = label.len());
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Whether an error, or a cause of it, is a reader that went away: that is success.
pub(crate) fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::DatasetError;
    use crate::finding::{Finding, Findings};

    #[test]
    fn an_error_is_told_with_its_causes_and_its_remedy() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot load dataset `x`")]
        struct Outer(#[source] io::Error);
        let failure = Failure::unusable(Outer(io::Error::other("no manifest.csv"))).with_help("add one");
        assert_eq!(failure.text(), "error: cannot load dataset `x`\n  because: no manifest.csv\n     help: add one\n");
    }

    #[test]
    fn the_lines_of_a_cause_stand_below_each_other_and_each_help_on_a_line_of_its_own() {
        let findings: Findings = [
            Finding::error("m.csv", "not a number").row(2).column("age").help("write 25"),
            Finding::error("m.csv", "missing").row(3).column("path"),
        ]
        .into_iter()
        .collect();
        let failure = Failure::unusable(DatasetError::Unusable { name: "x".into(), source: findings });
        let expected = "error: cannot load dataset `x`
  because: m.csv, row 2, column `age`: not a number
              help: write 25
           m.csv, row 3, column `path`: missing
";
        assert_eq!(failure.text(), expected);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_remedy_is_still_told() {
        let told = Failure::unusable(io::Error::other("ä".repeat(100_000))).with_help("mend it").text();
        assert!(told.len() < 2100 && told.contains("ä… (99000 characters more)\n     help: mend it"), "{}", told.len());
    }

    #[test]
    fn the_codes_in_the_help_are_the_codes_of_the_program() {
        for exit in [
            Exit::Done,
            Exit::Differs,
            Exit::GateFailed,
            Exit::GateInconclusive,
            Exit::Unusable,
            Exit::TooManyFailed,
            Exit::Internal,
            Exit::CannotWrite,
            Exit::Interrupted,
        ] {
            assert!(EXIT_CODES.lines().any(|line| line.trim_start().starts_with(&format!("{}  ", exit.code()))));
        }
    }
}
