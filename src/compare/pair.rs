//! One pair of methods on one manifest: what all its rows share.

use super::Basis;
use super::entrant::Entrant;
use crate::metric::{flag, marked};
use crate::protocol::Protocol;
use crate::table::{Claim, Compared, Counts, Evidence, Measure, Place, Quantity, Row, RowStatus};

/// Flags of a data set: what holds of both methods' rows holds of the pair's.
const OF_DATASET: [&str; 4] =
    [flag::SAMPLE_ONLY, flag::LABELS_NOT_CHRONOLOGICAL, flag::SUBJECTS_UNKNOWN, flag::CLUSTERED];

/// Two methods, and the rows that are being made of them.
pub(super) struct Pair<'a> {
    pub protocol: &'a Protocol,
    /// The one that is held against the other: differences are its value less the baseline's.
    pub method: &'a Entrant,
    pub baseline: &'a Entrant,
    /// Flags of every row.
    pub flags: Vec<&'static str>,
    pub rows: Vec<Compared>,
    /// What the bounds of each row are made of.
    pub bases: Vec<Basis>,
}

/// A difference about to become a row.
pub(super) struct Difference {
    pub place: Place,
    pub measure: Measure,
    pub quantity: Quantity,
    pub claim: Option<Claim>,
    pub basis: Basis,
    pub p: Option<f64>,
    pub flags: Vec<&'static str>,
}

impl<'a> Pair<'a> {
    pub fn new(protocol: &'a Protocol, baseline: &'a Entrant, method: &'a Entrant) -> Self {
        let has = |entrant: &Entrant, flag: &str| entrant.rows.first().is_some_and(|row| row.has(flag));
        let flags = OF_DATASET.into_iter().filter(|flag| has(baseline, flag) || has(method, flag)).collect();
        Self { protocol, method, baseline, flags, rows: Vec::new(), bases: Vec::new() }
    }

    /// Adds a difference.
    pub fn push(&mut self, difference: Difference) {
        let Difference { place, measure, quantity, claim, basis, p, flags } = difference;
        let mut row = Row::quantity(&self.method.context, place, measure, quantity);
        row.claim_low = claim.map(|claim| claim.low);
        row.claim_high = claim.map(|claim| claim.high);
        self.add(row, basis, p, &flags);
    }

    /// Adds a row without a value.
    pub fn nothing(&mut self, place: Place, measure: Measure, status: RowStatus, counts: Counts, reason: &str) {
        let row = Row::without_value(&self.method.context, place, measure, status, counts, reason);
        self.add(row, Basis::Nothing, None, &[]);
    }

    fn add(&mut self, row: Row, basis: Basis, p: Option<f64>, flags: &[&str]) {
        let flags = self.flags.iter().chain(flags);
        let row = flags.fold(marked(self.protocol, row), |row, flag| row.flagged(flag));
        let (baseline_method, baseline_digest) =
            (self.baseline.name.clone(), self.baseline.context.method_digest.clone());
        self.bases.push(basis);
        self.rows.push(Compared { row, baseline_method, baseline_digest, p, p_adjusted: None });
    }

    /// Whether so many subjects can carry a claim.
    pub fn evidence(&self, subjects: u64) -> Evidence {
        let floor = self.protocol.evidence.subjects;
        if subjects < floor {
            Evidence::Short(vec![format!("{subjects}<{floor} subjects")])
        } else {
            Evidence::Sufficient
        }
    }
}
