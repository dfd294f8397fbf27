//! `agebench verify`: every row of a run folder computed again from its records; a release package held against itself.

use std::path::PathBuf;

use clap::Args;

use super::output::{print, tell};
use super::publish::text_of;
use super::results::{folder_failure, score_failure};
use super::{Exit, Failure};
use crate::finding::counted;
use crate::folder::{RunFolder, RunRecord, names};
use crate::publish::{self, Package, SIGNATURE};
use crate::score::{self, Cards, Differs};
use crate::study::{Founded, founded};

/// Differences that are printed at most.
const SHOWN: usize = 20;

/// Compute every row of a run folder again, or hold a release package against itself.
///
/// Of a run folder every row is computed from the records; its cards and protocol are held against their digests in run.json,
/// and what it says of a registered plan against that plan.
/// Of a package the sums of all files are checked, every cell against datapackage.json, the signature where --public-key is
/// given, and every number that follows from others of the same row. Numbers are equal up to a share of 1e-9. Exit code 1
/// when anything differs.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench verify results/
    agebench verify package/ --public-key release.pub")]
pub(super) struct Arguments {
    /// A run folder, or a package that `publish` made
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The public key that must have signed the package: the file that `minisign -G` wrote
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if Package::is_at(&arguments.folder) {
        return package(arguments);
    }
    if arguments.public_key.is_some() {
        let text = format!("{} is no package: a run folder has no signature", arguments.folder.display());
        return Err(Failure::unusable(text).with_help("name a folder that `agebench publish` wrote"));
    }
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
    let Cards { wrong, unchecked } = &verified.cards;
    for text in wrong.iter().chain(unchecked) {
        tell(&format!("{text}\n"));
    }
    let plan = plan(&folder)?;
    Ok(if found == 0 && wrong.is_empty() && plan { Exit::Done } else { Exit::Differs })
}

/// Tells what of the plan that run.json names is not so; whether all is. Tallies that were joined from files have no run.
fn plan(folder: &RunFolder) -> Result<bool, Failure> {
    if !folder.file(names::RUN).exists() {
        return Ok(true);
    }
    let Founded { wrong, unchecked } = founded(folder, &RunRecord::read(folder).map_err(folder_failure)?);
    for text in wrong.iter().chain(&unchecked) {
        tell(&format!("{text}\n"));
    }
    Ok(wrong.is_empty())
}

/// Holds a release package against itself.
fn package(arguments: &Arguments) -> Result<Exit, Failure> {
    let key = arguments.public_key.as_deref().map(text_of).transpose()?;
    let package = Package::read(&arguments.folder).map_err(folder_failure)?;
    let checked = publish::verify(&package, key.as_deref()).map_err(Failure::unusable)?;
    for problem in checked.problems.iter().take(SHOWN) {
        tell(&format!("{problem}\n"));
    }
    let found = checked.problems.len();
    if found > SHOWN {
        tell(&format!("and {} more\n", found - SHOWN));
    }
    if checked.signature_unchecked {
        tell(&format!("{SIGNATURE} was not checked: give the signer's key with --public-key\n"));
    }
    let signed = checked.signed.map(|comment| format!(", signed: {comment}")).unwrap_or_default();
    print(&format!(
        "{} and {} checked, {} computed again, {}{signed}\n",
        counted(checked.files, "file"),
        counted(checked.rows, "row"),
        counted(checked.numbers, "number"),
        counted(found, "problem"),
    ))?;
    Ok(if found == 0 { Exit::Done } else { Exit::Differs })
}
