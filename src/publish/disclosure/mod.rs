//! Disclosure control: rows in, rows that may be published out. Knows no file.
//!
//! [`protect`] sees all rows of a release at once, of all its methods, because what is hidden in one row may follow from
//! others. docs/disclosure.md says what each rule does and what is guaranteed.

mod audit;
mod class;
mod counts;
mod errors;
mod model;
mod programme;
mod release;
mod rule;
mod table;

use std::collections::BTreeMap;

pub use class::{Class, LEFT_OUT_FAMILIES, class};
pub use rule::{Rule, RuleError, Shown};

use crate::metric::catalogue::ALL;
use crate::protocol::Protocol;
use crate::table::Row;
use release::{Fate, Release};
use table::Book;

/// What is said of a protected row, beside the word of the rule, which is a flag of every row that was made by it.
pub mod flag {
    /// Counts were rounded, or could have been, and everything else was computed from them again.
    pub const ROUNDED: &str = "rounded";
    /// The events are few: the bounds are those at none and at the most that are redacted.
    pub const REDACTED: &str = "redacted";
    /// Held back: a count is small, here or in another row from which it would follow.
    pub const WITHHELD: &str = "withheld";
    /// The denominator is the sum of those of the groups of a column, as they are published.
    pub const N_SUMMED: &str = "n_summed";
    /// The events are the sum of those of the groups of a column, or were cut to the denominator.
    pub const EVENTS_SUMMED: &str = "events_summed";
}

/// The rows of a release, and what was done to make them so.
#[derive(Debug, Clone, PartialEq)]
pub struct Protected {
    /// The rows to publish, in the order in which they came.
    pub rows: Vec<Row>,
    /// What became of the rows, a line a family of the catalogue, in its order; families without a row are left out.
    pub done: Vec<Done>,
}

/// What became of the rows of one family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// The family, as in the catalogue.
    pub family: String,
    /// Rows that came in.
    pub rows: usize,
    /// Rows published with a value.
    pub released: usize,
    /// Rows published without a value because a count is small.
    pub primary: usize,
    /// Rows published without a value because a small count of another row would follow from them.
    pub secondary: usize,
    /// Rows that are not published at all.
    pub left_out: usize,
}

/// Why rows cannot be made fit to be published.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// The counts contradict each other.
    #[error(
        "the counts of the rows are not those of one table of people: rows of several runs, or known ages that are wider \
         than a year; score the run again, and leave out limits and windows that a known age crosses"
    )]
    NoTable,
    /// Nothing that can be held back hides a count.
    #[error("{} cannot be hidden: an earlier release tells it, or too few people are in the dataset", place(.0))]
    Exposed(counts::Key),
    /// An earlier release was not protected.
    #[error(
        "an earlier release has a row of `{0}` with counts that no rule was applied to: what it tells cannot be taken back"
    )]
    EarlierUnprotected(String),
    /// An earlier release counts failures otherwise.
    #[error(
        "an earlier release has a row of `{0}` under another failure policy than this protocol's: publish under that one"
    )]
    EarlierPolicy(String),
    /// The solver gave up.
    #[error("the linear programme that says what follows from the published rows could not be solved: {0}")]
    Solver(String),
}

fn place(key: &counts::Key) -> String {
    let group = if key.group.is_whole() {
        "the whole dataset".to_owned()
    } else {
        format!("{} = {}", key.group.by(), key.group.level())
    };
    format!("a small count of {group}")
}

/// `rows`, which are those of `protocol`, under `rule`. `earlier` are the rows of earlier releases of the same data, as
/// they were published.
///
/// Rows of different manifests are of different people: each dataset is a table of its own.
///
/// # Errors
/// [`DisclosureError`], and then nothing may be published.
pub fn protect(
    protocol: &Protocol,
    rows: &[Row],
    rule: Rule,
    earlier: &[Vec<Row>],
) -> Result<Protected, DisclosureError> {
    if rule == Rule::None {
        let fates = vec![Some(Fate::Released); rows.len()];
        return Ok(Protected { rows: rows.to_vec(), done: done(rows, &fates) });
    }
    let mut datasets: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        datasets.entry(&row.manifest_digest).or_default().push(index);
    }
    let mut made: Vec<Option<(Row, Fate)>> = vec![None; rows.len()];
    for (digest, indices) in datasets {
        let own: Vec<&Row> = indices.iter().filter_map(|index| rows.get(*index)).collect();
        let before: Vec<&Row> = earlier.iter().flatten().filter(|row| row.manifest_digest == digest).collect();
        let book = Book::of(protocol, &own, rule, &before)?;
        let release = Release::of(protocol, rule, &book, &own);
        for (index, row) in indices.into_iter().zip(own) {
            if let Some(place) = made.get_mut(index) {
                *place = release.row(row);
            }
        }
    }
    let fates: Vec<Option<Fate>> = made.iter().map(|made| made.as_ref().map(|(_, fate)| *fate)).collect();
    Ok(Protected { rows: made.into_iter().flatten().map(|(row, _)| row).collect(), done: done(rows, &fates) })
}

fn done(rows: &[Row], fates: &[Option<Fate>]) -> Vec<Done> {
    let family = |row: &Row| class::entry(&row.metric).map_or("unknown", |entry| entry.family);
    let mut families: Vec<&str> = Vec::new();
    for name in ALL.iter().map(|entry| entry.family).chain(["unknown"]) {
        if !families.contains(&name) {
            families.push(name);
        }
    }
    let counted = families.into_iter().map(|name| {
        let mut done = Done { family: name.to_owned(), ..Done::default() };
        for (_, fate) in rows.iter().zip(fates).filter(|(row, _)| family(row) == name) {
            done.rows += 1;
            match fate {
                Some(Fate::Released) => done.released += 1,
                Some(Fate::Primary) => done.primary += 1,
                Some(Fate::Secondary) => done.secondary += 1,
                None => done.left_out += 1,
            }
        }
        done
    });
    counted.filter(|done| done.rows > 0).collect()
}
