//! Why a method cannot be used, or breaks while it is used.

use super::{MOST_OPENINGS, head};
use crate::digest::Digest;
use crate::outcome::Outcome;

/// Why a method cannot be used, or broke while it was used.
#[derive(Debug, thiserror::Error)]
pub enum MethodError {
    /// A file that the card names could not be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The file as the card names it.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that the card names has another content than the card says.
    #[error("`{file}` has the sha-256 {found}, the card says {stated}")]
    Digest {
        /// The file as the card names it.
        file: String,
        /// The file's.
        found: Digest,
        /// The card's.
        stated: Digest,
    },
    /// The engine cannot load or run the model as the card describes it.
    #[error("cannot run `{file}`")]
    Engine {
        /// The file as the card names it.
        file: String,
        /// What the engine said.
        source: crate::engine::EngineError,
    },
    /// The model's output is not what the card's head reads.
    #[error("cannot read the output of `{file}`")]
    Head {
        /// The file as the card names it.
        file: String,
        /// What does not fit.
        source: head::HeadError,
    },
    /// A recorded file is not what the card describes.
    #[error("cannot replay `{file}`")]
    Recorded {
        /// The file as the card names it.
        file: String,
        /// Everything that is wrong with it.
        source: Box<crate::finding::Findings>,
    },
    /// A stage of a waterfall cannot be used.
    #[error("cannot use the stage {number}, `{stage}`")]
    Stage {
        /// Its number, from 1.
        number: usize,
        /// The method as the card names it.
        stage: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The method cannot be opened.
    #[error("cannot open `{method}`")]
    Open {
        /// The method's name.
        method: String,
        /// Why not.
        source: Box<MethodError>,
    },
    /// The method cannot be used here.
    #[error("`{method}` cannot be used here: {text}")]
    NotFor {
        /// The method's name.
        method: String,
        /// Why.
        text: String,
    },
    /// A program cannot be used as the card describes it.
    #[error("the program `{program}` {problem}")]
    Program {
        /// The program.
        program: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A service cannot be used as the card describes it.
    #[error("the service of `{method}` {problem}")]
    Service {
        /// The method's name.
        method: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The environment does not hold what a card names.
    #[error("`{method}` needs {}: not set in the environment, or empty", crate::finding::listed(names))]
    Variables {
        /// The method's name.
        method: String,
        /// The variables.
        names: Vec<String>,
    },
    /// This build has not what it takes.
    #[error("`{method}` is a service, and this build of agebench reaches none")]
    NotBuilt {
        /// The method's name.
        method: String,
    },
    /// A file that the card names is another than when the method was made ready: nothing came of the attempt.
    #[error("the method's file `{file}` was changed or removed since the work began")]
    Changed {
        /// The file as the card names it.
        file: String,
    },
    /// The copy of a sample that a program is to read cannot be written: nothing came of the attempt.
    #[error("cannot write copies of samples into `{}`", folder.display())]
    Copy {
        /// Where copies are put.
        folder: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The work was ended from outside: nothing came of the attempt.
    #[error("stopped from outside")]
    Stopped,
    /// A column that the card names cannot be lent.
    #[error("`{method}` asks for the column `{column}`, which {problem}")]
    Column {
        /// The method's name.
        method: String,
        /// The column.
        column: String,
        /// Why not.
        problem: String,
    },
    /// The session ended with this attempt, of which this came: no answer.
    #[error("{}", .0.reason.as_deref().unwrap_or("the session ended"))]
    Ended(Box<Outcome>),
    /// The detector's outputs are not what the card describes.
    #[error("cannot read the outputs of `{file}`: {text}")]
    Detector {
        /// The file as the card names it.
        file: String,
        /// What does not fit.
        text: String,
    },
    /// A method broke again and again.
    #[error("`{method}` was opened {MOST_OPENINGS} times in a row without an answer; the last reason: {reason}")]
    Broken {
        /// The method's name.
        method: String,
        /// Why it broke the last time.
        reason: String,
    },
    /// The system gives no threads.
    #[error("cannot start the workers: {0}")]
    Threads(String),
    /// The card has no digest.
    #[error("cannot make the method's digest")]
    Card(#[from] crate::digest::DigestError),
}

impl MethodError {
    /// Whether the work ends with it: it is no outcome of an attempt, whatever the method is.
    #[must_use]
    pub fn ends_work(&self) -> bool {
        matches!(self.innermost(), Self::Stopped | Self::Changed { .. } | Self::Copy { .. })
    }

    /// Whether a file that the card names was changed.
    #[must_use]
    pub fn is_change(&self) -> bool {
        matches!(self.innermost(), Self::Changed { .. })
    }

    /// Whether something could not be written: exit 74.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self.innermost(), Self::Copy { .. })
    }

    /// What stands behind a method, or a stage of one, that cannot be opened.
    fn innermost(&self) -> &Self {
        match self {
            Self::Open { source, .. } => source.innermost(),
            Self::Stage { source, .. } => source.downcast_ref::<Self>().map_or(self, Self::innermost),
            _ => self,
        }
    }

    /// The error and its causes on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
