//! Methods held against each other: paired differences of every pair, and ranks that are intervals.
//!
//! Several run folders on one manifest and under one protocol go in; `comparison.csv` and `leaderboard.csv` come out
//! (METRICS M16). Only attempts that both methods of a pair ran are compared, subject by subject. Folders of different
//! manifests are refused, unless a common mix of ages is asked for: those differences are unpaired, and say so.

mod area;
mod basis;
mod decisions;
mod entrant;
mod error;
mod errors;
mod family;
mod held;
mod out;
mod pair;
mod rank;
mod repeated;
mod standard;

use std::path::{Path, PathBuf};

use crate::folder::Existing;
use crate::protocol::Protocol;
use crate::table::{Compared, Ranked, Row};
use crate::tally::PairTally;

pub use basis::Basis;
pub use error::CompareError;
pub use held::{HeldDifference, HeldPair, hold};

use entrant::Fields;
use pair::Pair;

/// The flags of compared rows, beside those of metrics.
pub mod flag {
    /// Every attempt that either of the two ran, both ran, and with the same outcome.
    pub const IDENTICAL: &str = "identical";
    /// Some attempts that both ran were decided, answered or scored by one of the two only.
    pub const COVERAGE_DIFFERS: &str = "coverage_differs";
    /// No subject was decided differently.
    pub const NO_DISCORDANT_SUBJECT: &str = "no_discordant_subject";
    /// The p-value is McNemar's, exact.
    pub const MCNEMAR: &str = "mcnemar_exact";
    /// The p-value comes from sign flips over subjects.
    pub const SIGN_FLIP: &str = "sign_flip";
    /// The bootstrap gave no interval: too many of its replicates are empty, or a subject has too many attempts.
    pub const NO_BOOTSTRAP: &str = "no_bootstrap";
    /// At a challenge age at which the protocol declares one of both errors of everybody primary: reports show it first.
    pub const HEADLINE: &str = "headline";
    /// The two were run on different manifests: nothing is paired.
    pub const UNPAIRED: &str = "unpaired";
}

/// What to compare.
#[derive(Debug, Clone, Copy)]
pub struct CompareRequest<'r> {
    /// Run folders, in the order in which methods are listed.
    pub folders: &'r [PathBuf],
    /// Whether folders of different manifests are compared over a common mix of ages.
    pub restandardise: bool,
    /// Where the two files go; none to write nothing.
    pub out: Option<(&'r Path, Existing)>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The methods by their names in the rows, in the order of the folders.
    pub methods: Vec<String>,
    /// The rows of `comparison.csv`: every pair, the later method held against the earlier one.
    pub rows: Vec<Compared>,
    /// The rows of `leaderboard.csv`.
    pub leaderboard: Vec<Ranked>,
}

/// Compares the methods of `request.folders`, and writes `comparison.csv` and `leaderboard.csv`.
///
/// # Errors
/// [`CompareError`]: fewer than two methods, a folder twice, manifests or protocols that differ, a folder that cannot
/// be read or written.
pub fn compare(request: &CompareRequest<'_>) -> Result<Comparison, CompareError> {
    if let Some((out, existing)) = request.out {
        out::check(out, existing)?;
    }
    let mut fields = Fields::read(request.folders, request.restandardise)?;
    let protocol = fields.protocol.clone();
    let rows = if fields.fields.len() > 1 {
        standard::common_mix(&mut fields)?;
        standard::all_pairs(&fields, &protocol)
    } else {
        paired(&fields, &protocol)?
    };
    let entrants = || fields.fields.iter().flat_map(|field| &field.entrants);
    let methods: Vec<String> = entrants().map(|entrant| entrant.name.clone()).collect();
    let own: Vec<&Row> = entrants().flat_map(|entrant| &entrant.rows).collect();
    let leaderboard = rank::leaderboard(&methods, &own, &rows, &protocol);
    let comparison = Comparison { methods, rows, leaderboard };
    if let Some((out, existing)) = request.out {
        out::write(&comparison, out, existing)?;
    }
    Ok(comparison)
}

/// The rows of each pair of methods on one manifest.
fn paired(fields: &Fields, protocol: &Protocol) -> Result<Vec<Compared>, CompareError> {
    let mut rows = Vec::new();
    for field in &fields.fields {
        for (place, baseline) in field.entrants.iter().enumerate() {
            for method in &field.entrants[place + 1..] {
                let tally = PairTally::of(&field.truth, &baseline.answers, &method.answers, protocol)?;
                let mut pair = Pair::new(protocol, baseline, method);
                if tally.identical() {
                    pair.flags.push(flag::IDENTICAL);
                }
                decisions::rows(&mut pair, &tally);
                errors::rows(&mut pair, &field.truth);
                area::rows(&mut pair, &field.truth, &tally);
                repeated::rows(&mut pair, &field.truth);
                family::adjust(&mut pair.rows, protocol);
                rows.extend(pair.rows);
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
