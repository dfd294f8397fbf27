//! Every published row computed again.

use std::collections::BTreeMap;

use super::ScoreError;
use super::cards::{self, Cards};
use super::folder::{read_metrics, score_folder};
use crate::folder::RunFolder;
use crate::table::{COLUMNS, Row};

/// Numbers are equal up to this share of them (METRICS M19).
const CLOSE: f64 = 1e-9;
/// And up to this much near zero.
const NEAR_ZERO: f64 = 1e-15;

/// How a published row differs from the one computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The row's identity, from `method_digest` to `variant`.
    pub identity: Vec<String>,
    /// What differs: a column with its published and its computed cell, or that the row is missing on one side.
    pub what: Differs,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Differs {
    /// The row is not in `metrics.csv`.
    NotPublished,
    /// The row is in `metrics.csv` and does not follow from the folder.
    NotComputed,
    /// The row stands twice in `metrics.csv`.
    Twice,
    /// A cell.
    Cell {
        /// Its column.
        column: &'static str,
        /// The published cell.
        published: String,
        /// The computed cell.
        computed: String,
    },
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Rows in `metrics.csv`.
    pub rows: usize,
    /// All differences, in the order of the rows' identities.
    pub differences: Vec<Difference>,
    /// What was found of the cards.
    pub cards: Cards,
}

/// Computes every row of `folder` again, and compares: numbers at 1e-9, everything else exactly. The version of the
/// tool and of the schema may differ. Cards and protocol are held against their digests in run.json.
///
/// # Errors
/// The folder cannot be scored or its `metrics.csv` not be read.
pub fn verify(folder: &RunFolder) -> Result<Verified, ScoreError> {
    let published = read_metrics(folder)?;
    let computed = score_folder(folder, None)?;
    let mut differences = Vec::new();
    let by_identity = |rows: &[Row], differences: &mut Vec<Difference>| {
        let mut found: BTreeMap<Vec<String>, [String; COLUMNS.len()]> = BTreeMap::new();
        for row in rows {
            if found.insert(row.identity(), row.cells()).is_some() {
                differences.push(Difference { identity: row.identity(), what: Differs::Twice });
            }
        }
        found
    };
    let theirs = by_identity(&published.rows, &mut differences);
    let mut ours = by_identity(&computed.rows, &mut differences);
    for (identity, cells) in theirs {
        match ours.remove(&identity) {
            None => differences.push(Difference { identity, what: Differs::NotComputed }),
            Some(computed) => {
                for ((column, published), computed) in COLUMNS.into_iter().zip(cells).zip(computed) {
                    if !matches!(column, "schema" | "tool_version") && !same(&published, &computed) {
                        let what = Differs::Cell { column, published, computed };
                        differences.push(Difference { identity: identity.clone(), what });
                    }
                }
            }
        }
    }
    differences.extend(ours.into_keys().map(|identity| Difference { identity, what: Differs::NotPublished }));
    Ok(Verified { rows: published.rows.len(), differences, cards: cards::check(folder)? })
}

fn same(published: &str, computed: &str) -> bool {
    if published == computed {
        return true;
    }
    match (published.parse::<f64>(), computed.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= NEAR_ZERO.max(CLOSE * a.abs().max(b.abs())),
        _ => false,
    }
}
