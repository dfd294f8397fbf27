//! `agebench verify`: every published row of a run folder computed again from its records.

use std::path::PathBuf;

use clap::Args;

use super::output::{print, tell};
use super::results::{folder_failure, score_failure};
use super::{Exit, Failure};
use crate::finding::counted;
use crate::folder::RunFolder;
use crate::score::{self, Differs};

/// Differences that are printed at most.
const SHOWN: usize = 20;

/// Compute every published row of a run folder again, and compare.
///
/// Numbers are equal up to a share of 1e-9. Exit code 1 when anything differs.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A run folder
    folder: PathBuf,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&arguments.folder).map_err(folder_failure)?;
    let verified = score::verify(&folder).map_err(score_failure)?;
    for difference in verified.differences.iter().take(SHOWN) {
        let row = difference.identity.join(",");
        tell(&match &difference.what {
            Differs::NotPublished => format!("missing: {row}\n"),
            Differs::NotComputed => format!("does not follow from the records: {row}\n"),
            Differs::Twice => format!("stands twice: {row}\n"),
            Differs::Cell { column, published, computed } => {
                format!("{column} is `{published}`, computed `{computed}`: {row}\n")
            }
        });
    }
    let found = verified.differences.len();
    if found > SHOWN {
        tell(&format!("and {} more\n", found - SHOWN));
    }
    print(&format!("{} computed again, {}\n", counted(verified.rows, "row"), counted(found, "difference")))?;
    Ok(if found == 0 { Exit::Done } else { Exit::Differs })
}
