//! A comparison that is to be published, made again from the runs that were compared: ranks and differences are what a reader
//! looks at first, and no other file holds what they could be computed from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::PublishError;
use crate::compare::{CompareRequest, Comparison, compare, flag};
use crate::folder::{FolderError, RunFolder, RunRecord, names};
use crate::table::{Compared, Ranked, Row, TableError};

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
    let orders = orders(&compared);
    let restandardise = rows.iter().any(|one| one.row.has(flag::UNPAIRED));
    let again = |folders: &[PathBuf]| compare(&CompareRequest { folders, restandardise, out: None });
    let mut why = None;
    for folders in orders {
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

/// `folders` in the order in which the rows name their methods first, and then in any other, as long as they are few: two runs of
/// one method have one digest, and which of them came first shows in the rows alone.
fn orders(folders: &[PathBuf]) -> Vec<Vec<PathBuf>> {
    const FEW: usize = 4;
    if folders.len() > FEW {
        return vec![folders.to_vec()];
    }
    let mut found: Vec<Vec<PathBuf>> = vec![Vec::new()];
    for folder in folders {
        let placed = |order: &Vec<PathBuf>| {
            (0..=order.len())
                .rev()
                .map(|at| {
                    let mut order = order.clone();
                    order.insert(at, folder.clone());
                    order
                })
                .collect::<Vec<_>>()
        };
        found = found.iter().flat_map(placed).collect();
    }
    found
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
        // A measurement of a footprint answers some samples again, beside its run.
        if record.verb == "footprint" || !manifests.contains(record.dataset.manifest_digest.short().as_str()) {
            continue;
        }
        let of = |engine: &str, digest: &str| {
            leaderboard.iter().any(|one| one.row.engine == engine && one.row.method_digest == digest)
        };
        if !leaderboard.is_empty() && !record.methods.iter().all(|method| of(&method.engine, &method.digest.short())) {
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
/// Numbers are equal up to this much, of themselves and near 0: another machine may round the last digit otherwise.
const CLOSE: f64 = 1e-9;

fn same_number(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= CLOSE * one.abs().max(other.abs()).max(1e-3),
        (None, None) => true,
        _ => false,
    }
}

fn same_row(one: &Row, other: &Row) -> bool {
    let alike = |(one, other): (&String, &String)| {
        one == other || same_number(one.parse().ok(), other.parse().ok()) && one.parse::<f64>().is_ok()
    };
    let (one, other) = (one.cells(), other.cells());
    one.len() == other.len() && one.iter().zip(&other).skip(FIRST_CELL).all(alike)
}

fn same(made: &[Compared], published: &[Compared]) -> bool {
    let alike = |(one, other): (&Compared, &Compared)| {
        same_row(&one.row, &other.row)
            && (&one.baseline_method, &one.baseline_digest) == (&other.baseline_method, &other.baseline_digest)
            && same_number(one.p, other.p)
            && same_number(one.p_adjusted, other.p_adjusted)
    };
    made.len() == published.len() && made.iter().zip(published).all(alike)
}

fn same_ranks(made: &[Ranked], published: &[Ranked]) -> bool {
    let alike = |(one, other): (&Ranked, &Ranked)| {
        same_row(&one.row, &other.row)
            && (one.rank_low, one.rank_high, one.ranked) == (other.rank_low, other.rank_high, other.ranked)
    };
    made.len() == published.len() && made.iter().zip(published).all(alike)
}
