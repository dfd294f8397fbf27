//! Why a run could not be made, or not be finished.

use std::path::PathBuf;

use crate::digest::DigestError;
use crate::folder::FolderError;
use crate::method::MethodError;

/// Why a run could not be made, or not be finished.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No method was given.
    #[error("no method to run")]
    NoMethod,
    /// Two methods have one name, so that their rows could not be told apart.
    #[error("two methods are named `{0}`")]
    SameName(String),
    /// A method cannot be opened.
    #[error(transparent)]
    Method(MethodError),
    /// The folder cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The folder holds a run of another plan; each difference in words.
    #[error("the run that the folder holds is another one:\n{}", .0.join("\n"))]
    OtherRun(Vec<String>),
    /// A run that keeps no rows cannot go on.
    #[error("a run that keeps no rows about people leaves nothing on disk that it could go on with")]
    NothingKept,
    /// A file of the dataset was changed during the run.
    #[error("the file of the sample in row {} of truth.csv was changed since the run began", sample + 1)]
    Changed {
        /// The number of the listed sample, from 1.
        sample: usize,
    },
    /// The card or the manifest of the dataset was changed during the run.
    #[error("the dataset's file `{0}` was changed or removed since the run began")]
    Dataset(String),
    /// Rows lie in the folder without the run.json that says of what they are.
    #[error("`{}` holds rows of a run and no run.json: nothing says of which", .0.display())]
    NoRecord(PathBuf),
    /// A method broke again and again; what was done is on disk.
    #[error("`{method}` was opened 10 times in a row without an answer; the last reason: {reason}")]
    GaveUp {
        /// The method's name.
        method: String,
        /// Why it broke the last time.
        reason: String,
    },
}
