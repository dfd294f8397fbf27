//! Files to begin with: a card of a method or a dataset, a protocol, a policy, a pipeline, each commented and fit to be used as it is.
//!
//! A request becomes a [`Draft`], files with their places; [`Draft::write`] puts them down and overwrites nothing that it was
//! not told to. What is guessed is marked in the file, with the reason.

mod card;
mod draft;
mod finder;
mod heads;
mod network;
mod scaling;
mod worked;

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::photo::RecipeError;

pub use card::{Drafted, MethodDraft, file_for, from_network};
pub use draft::{Draft, DraftFile};
pub use finder::{Against, Axis, Follows, Found, MOST_SAMPLES, Progress, Row, Said, Search, TOLD_APART, search};
pub use heads::{HeadGuess, heads_of};
pub use network::{InputGuess, Tried, try_once};
pub use scaling::{SCALINGS, Scaling};
pub use worked::{Pipeline, adapters, bundled_method, dataset, drawn_faces, method, pipeline, policy, protocol};

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The network takes no picture.
    #[error(
        "the network takes {found}: expected one input, a picture [batch, 3, rows, columns] or [batch, rows, columns, 3]"
    )]
    NoPicture {
        /// What it takes.
        found: String,
    },
    /// The network cannot be loaded or run.
    #[error("the network cannot be tried")]
    Engine(#[source] EngineError),
    /// No card could have its size.
    #[error("the network's input cannot be tried")]
    Size(#[source] RecipeError),
    /// No output can be an age.
    #[error("no output of the network can be read as an age: {found}")]
    NoHead {
        /// The outputs, and why not.
        found: String,
    },
    /// Too few labelled samples.
    #[error(
        "samples with an age and a readable picture: {found}, unreadable: {unreadable}; at least {needed} are needed to try preparations on"
    )]
    FewSamples {
        /// Usable ones.
        found: usize,
        /// Unreadable ones.
        unreadable: usize,
        /// The fewest.
        needed: usize,
        /// As many were asked for at most.
        most: usize,
    },
    /// Asked to end.
    #[error("interrupted")]
    Stopped,
    /// A file stands where a draft would go.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A device, a pipe or a folder stands where a draft would go.
    #[error("`{}` is not written to: it is not a regular file", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl InitError {
    /// What an engine says of a network that is tried.
    fn of_engine(error: EngineError) -> Self {
        match error {
            EngineError::Stopped => Self::Stopped,
            error => Self::Engine(error),
        }
    }
}
