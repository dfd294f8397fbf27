//! The methods of one folder held against those of a baseline: what a gate judges.

use std::path::{Path, PathBuf};

use super::entrant::{Entrant, Fields};
use super::pair::{Beside, Pair};
use super::{Basis, CompareError, area, decisions, errors, flag};
use crate::table::{Compared, Row};
use crate::tally::PairTally;

/// A method held against its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldPair {
    /// The name in the method's card.
    pub method: String,
    /// The name in the baseline's card.
    pub baseline: String,
    /// Whether every attempt that either of the two ran, both ran, and with the same outcome.
    pub identical: bool,
    /// Attempts that only the baseline ran: in no difference.
    pub baseline_only: u64,
    /// The differences, method less baseline, on the attempts that both ran.
    pub differences: Vec<HeldDifference>,
}

/// A difference of both, and what a gate asks of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldDifference {
    /// The row.
    pub row: Row,
    /// What its bounds are made of.
    pub basis: Basis,
    /// Attempts that both ran and only the baseline answered or scored: they are in no difference of errors or areas.
    /// Always 0 of rates, which `fail_closed` makes of them too.
    pub lost: u64,
}

/// Holds each method of `folder` against the method of `baseline` that has its name, or against the only one where both
/// folders hold one. A method for which neither is there is not in the list.
///
/// # Errors
/// [`CompareError`]: manifests or protocols that differ, the same folder twice, a folder that cannot be read.
pub fn hold(folder: &Path, baseline: &Path) -> Result<Vec<HeldPair>, CompareError> {
    let folders: [PathBuf; 2] = [baseline.to_owned(), folder.to_owned()];
    let fields = Fields::read(&folders, false)?;
    let Some(field) = fields.fields.first() else { return Err(CompareError::NoFolder) };
    let (of_baseline, own): (Vec<&Entrant>, Vec<&Entrant>) =
        field.entrants.iter().partition(|entrant| entrant.folder == 0);
    let mut pairs = Vec::new();
    for method in &own {
        let named = of_baseline.iter().find(|baseline| baseline.card_name == method.card_name);
        let only = if own.len() == 1 && of_baseline.len() == 1 { of_baseline.first() } else { None };
        let Some(baseline) = named.or(only).copied() else { continue };
        let tally = PairTally::of(&field.truth, &baseline.answers, &method.answers, &fields.protocol)?;
        let mut pair = Pair::new(&fields.protocol, baseline, method);
        if tally.identical() {
            pair.flags.push(flag::IDENTICAL);
        }
        decisions::rows(&mut pair, &tally);
        errors::rows(&mut pair, &field.truth);
        area::rows(&mut pair, &field.truth, &tally);
        let held = |(compared, Beside { basis, lost }): (Compared, Beside)| {
            let mut row = compared.row;
            row.method.clone_from(&method.card_name);
            HeldDifference { row, basis, lost }
        };
        pairs.push(HeldPair {
            method: method.card_name.clone(),
            baseline: baseline.card_name.clone(),
            identical: tally.identical(),
            baseline_only: tally.flow.baseline_only,
            differences: pair.rows.into_iter().zip(pair.beside).map(held).collect(),
        });
    }
    Ok(pairs)
}
