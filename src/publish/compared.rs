//! A comparison that is to be published, made again from the runs that were compared: ranks and differences are what a reader
//! looks at first, and no other file holds what they could be computed from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::PublishError;
use crate::compare::{CompareRequest, Comparison, compare, flag};
use crate::folder::{FolderError, RunFolder, RunRecord, names};
use crate::table::{Compared, Ranked, TableError};

/// Why the comparison in `path` does not follow from the runs among `folders`; none where it does.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn differs(path: &Path, folders: &[PathBuf]) -> Result<Option<String>, PublishError> {
    let (rows, leaderboard) = read(path)?;
    Ok(differs_from(folders, &rows, &leaderboard)?)
}

/// The rows of both files of the comparison in `path`.
///
/// # Errors
/// They cannot be read.
pub(super) fn read(path: &Path) -> Result<(Vec<Compared>, Vec<Ranked>), PublishError> {
    let folder = RunFolder::open(path)?;
    let unreadable = |name: &str| {
        let path = folder.file(name);
        move |source| PublishError::Table { path, source }
    };
    let rows = Compared::read(folder.read(names::COMPARISON)?).map_err(unreadable(names::COMPARISON))?;
    let ranked = Ranked::read(folder.read(names::LEADERBOARD)?).map_err(unreadable(names::LEADERBOARD))?;
    Ok((rows, ranked))
}

fn differs_from(folders: &[PathBuf], rows: &[Compared], leaderboard: &[Ranked]) -> Result<Option<String>, FolderError> {
    let compared = in_order(folders, rows, leaderboard)?;
    let restandardise = rows.iter().any(|one| one.row.has(flag::UNPAIRED));
    let again = |folders: &[PathBuf]| compare(&CompareRequest { folders, restandardise, out: None });
    // Two runs of one method have one digest: which of them came first shows in the rows alone.
    let turned: Vec<PathBuf> = compared.iter().rev().cloned().collect();
    let mut why = None;
    for folders in [compared, in_order(&turned, rows, leaderboard)?] {
        match again(&folders) {
            Ok(made) => match read_back(&made) {
                Ok((made_rows, made_ranks)) if same(&made_rows, rows) && same_ranks(&made_ranks, leaderboard) => {
                    return Ok(None);
                }
                Ok(_) => why = Some("its rows are not those that the run folders give".to_owned()),
                Err(error) => why = Some(error.to_string()),
            },
            Err(error) => why = Some(error.to_string()),
        }
    }
    Ok(why)
}

/// The run folders whose methods were compared, in the order in which the rows name them.
fn in_order(folders: &[PathBuf], rows: &[Compared], leaderboard: &[Ranked]) -> Result<Vec<PathBuf>, FolderError> {
    let mut digests: Vec<&str> = Vec::new();
    for digest in rows.iter().flat_map(|one| [&one.baseline_digest, &one.row.method_digest]) {
        if !digests.contains(&digest.as_str()) {
            digests.push(digest);
        }
    }
    let of_rows = rows.iter().map(|one| &one.row).chain(leaderboard.iter().map(|one| &one.row));
    let manifests: BTreeSet<&str> = of_rows.flat_map(|row| row.manifest_digest.split('+')).collect();
    let mut found = Vec::new();
    for path in folders.iter().filter(|path| path.join(names::OUTCOMES).is_file()) {
        let record = RunRecord::read(&RunFolder::open(path)?)?;
        if !manifests.contains(record.dataset.manifest_digest.short().as_str()) {
            continue;
        }
        let place = |digest: String| digests.iter().position(|own| **own == digest);
        let places: Option<Vec<usize>> = record.methods.iter().map(|method| place(method.digest.short())).collect();
        if let Some(first) = places.and_then(|places| places.into_iter().min()) {
            found.push((first, path.clone()));
        }
    }
    found.sort_by_key(|(first, _)| *first);
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// The rows as a file has them: numbers have 12 digits.
fn read_back(made: &Comparison) -> Result<(Vec<Compared>, Vec<Ranked>), TableError> {
    let (mut rows, mut ranks) = (Vec::new(), Vec::new());
    Compared::write(&made.rows, &mut rows)?;
    Ranked::write(&made.leaderboard, &mut ranks)?;
    Ok((Compared::read(rows.as_slice())?, Ranked::read(ranks.as_slice())?))
}

/// The cells of a row but for the schema and the version of the program that wrote it.
const FIRST_CELL: usize = 2;

fn same(made: &[Compared], published: &[Compared]) -> bool {
    let alike = |(one, other): (&Compared, &Compared)| {
        one.row.cells().iter().skip(FIRST_CELL).eq(other.row.cells().iter().skip(FIRST_CELL))
            && (&one.baseline_method, &one.baseline_digest, one.p, one.p_adjusted)
                == (&other.baseline_method, &other.baseline_digest, other.p, other.p_adjusted)
    };
    made.len() == published.len() && made.iter().zip(published).all(alike)
}

fn same_ranks(made: &[Ranked], published: &[Ranked]) -> bool {
    let alike = |(one, other): (&Ranked, &Ranked)| {
        one.row.cells().iter().skip(FIRST_CELL).eq(other.row.cells().iter().skip(FIRST_CELL))
            && (one.rank_low, one.rank_high, one.ranked) == (other.rank_low, other.rank_high, other.ranked)
    };
    made.len() == published.len() && made.iter().zip(published).all(alike)
}
