//! One pair of methods on one manifest: what all its rows share.

use super::Basis;
use super::entrant::Entrant;
use crate::metric::catalogue::{ADULT_DENIAL, UNDER_AGE_PASS};
use crate::metric::{flag, marked};
use crate::protocol::Protocol;
use crate::table::{
    Claim, Compared, Counts, Evidence, GroupSelect, Measure, Place, Quantity, Row, RowStatus, Select, VariantSelect,
};

/// Flags of a dataset, and of answers that nobody gave: what holds of either method's rows holds of the pair's.
const INHERITED: [&str; 5] =
    [flag::SAMPLE_ONLY, flag::LABELS_NOT_CHRONOLOGICAL, flag::SUBJECTS_UNKNOWN, flag::CLUSTERED, flag::SIMULATED];

/// Whether `protocol` declares one of both errors of everybody at the limit and challenge age of `row`, in whichever form:
/// differences are of pooled windows and of everybody on a side, declared rows mostly of windows by single year.
fn is_headline(protocol: &Protocol, row: &Row) -> bool {
    let at_place = |select: &&Select| {
        let place = Select {
            metric: None,
            failure_policy: None,
            population: None,
            group: GroupSelect::Any,
            weighting: None,
            variant: VariantSelect::Any,
            ..(*select).clone()
        };
        place.matches(row)
    };
    let both = [UNDER_AGE_PASS.measure.name, ADULT_DENIAL.measure.name];
    let of_everybody = |select: &&Select| {
        select.group == GroupSelect::Whole && select.metric.as_deref().is_some_and(|metric| both.contains(&metric))
    };
    row.limit.is_some()
        && row.challenge.is_some()
        && protocol.primary.iter().filter(of_everybody).any(|it| at_place(&it))
}

/// Two methods, and the rows that are being made of them.
pub(super) struct Pair<'a> {
    pub protocol: &'a Protocol,
    /// The one that is held against the other: differences are its value less the baseline's.
    pub method: &'a Entrant,
    pub baseline: &'a Entrant,
    /// Flags of every row.
    pub flags: Vec<&'static str>,
    pub rows: Vec<Compared>,
    /// What a gate asks of each row beside it.
    pub beside: Vec<Beside>,
}

/// What is known of a difference and stands in no column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Beside {
    /// What the bounds are made of.
    pub basis: Basis,
    /// Attempts that both ran, and of which the baseline alone gave what is compared.
    pub lost: u64,
}

/// A difference about to become a row.
pub(super) struct Difference {
    pub place: Place,
    pub measure: Measure,
    pub quantity: Quantity,
    pub claim: Option<Claim>,
    pub basis: Basis,
    /// Attempts that both ran, and of which the baseline alone gave what is compared; 0 where another row counts them.
    pub lost: u64,
    pub p: Option<f64>,
    pub flags: Vec<&'static str>,
}

impl<'a> Pair<'a> {
    pub fn new(protocol: &'a Protocol, baseline: &'a Entrant, method: &'a Entrant) -> Self {
        let flags = INHERITED.into_iter().filter(|flag| baseline.has(flag) || method.has(flag)).collect();
        Self { protocol, method, baseline, flags, rows: Vec::new(), beside: Vec::new() }
    }

    /// Adds a difference.
    pub fn push(&mut self, difference: Difference) {
        let Difference { place, measure, quantity, claim, basis, lost, p, flags } = difference;
        let mut row = Row::quantity(&self.method.context, place, measure, quantity);
        row.claim_low = claim.map(|claim| claim.low);
        row.claim_high = claim.map(|claim| claim.high);
        self.add(row, Beside { basis, lost }, p, &flags);
    }

    /// Adds a row without a value.
    pub fn nothing(&mut self, place: Place, measure: Measure, status: RowStatus, counts: Counts, reason: &str) {
        let row = Row::without_value(&self.method.context, place, measure, status, counts, reason);
        self.add(row, Beside { basis: Basis::Nothing, lost: 0 }, None, &[]);
    }

    fn add(&mut self, row: Row, beside: Beside, p: Option<f64>, flags: &[&str]) {
        let headline = is_headline(self.protocol, &row).then_some(&super::flag::HEADLINE);
        let flags = self.flags.iter().chain(flags).chain(headline);
        let row = flags.fold(marked(self.protocol, row), |row, flag| row.flagged(flag));
        let (baseline_method, baseline_digest) =
            (self.baseline.name.clone(), self.baseline.context.method_digest.clone());
        self.beside.push(beside);
        self.rows.push(Compared { row, baseline_method, baseline_digest, p, p_adjusted: None });
    }

    /// Whether so many subjects can carry a claim.
    pub fn evidence(&self, subjects: u64) -> Evidence {
        self.evidence_beside(subjects, Vec::new())
    }

    /// The same where `reasons` may already speak against one.
    pub fn evidence_beside(&self, subjects: u64, mut reasons: Vec<String>) -> Evidence {
        let floor = self.protocol.evidence.subjects;
        if subjects < floor {
            reasons.insert(0, format!("{subjects}<{floor} subjects"));
        }
        Evidence::of(reasons)
    }
}
