//! A difference to the baseline held against a margin, on the people that both ran.

use super::barred::barred;
use super::settle::{CHANCE, Settled};
use super::words::{level, number, number_beside, unit, why};
use super::{Check, Rule};
use crate::compare::{Basis, HeldDifference, HeldPair, flag};
use crate::stats::{GateBounds, Verdict};
use crate::table::{Better, FailurePolicy, Row, RowStatus};

/// How much worse a difference is: itself where less is better, turned around where more is.
#[derive(Debug, Clone, Copy)]
struct Harm {
    turned: bool,
}

impl Harm {
    fn of(row: &Row) -> Self {
        Self { turned: row.better == Better::Higher }
    }

    fn value(self, difference: f64) -> f64 {
        if self.turned { -difference } else { difference }
    }

    /// The bounds that a gate judges.
    ///
    /// Source: METRICS M16.
    fn bounds(self, basis: &Basis, checks: u64) -> GateBounds {
        let at = |level: f64| {
            let (low, high) = basis.bounds(level).unwrap_or((f64::NAN, f64::NAN));
            if self.turned { (-high, -low) } else { (low, high) }
        };
        GateBounds { upper: at(GateBounds::PASS_LEVEL).1, lower: at(GateBounds::fail_level(checks)).0 }
    }
}

/// One difference of `pair` held against `rule` in a policy of so many checks.
pub(super) fn check(rule: &Rule, pair: &HeldPair, place: usize, checks: u64) -> Check {
    let margin = rule.test.number();
    let mut check = Check {
        verdict: Verdict::Inconclusive,
        method: pair.method.clone(),
        baseline: Some(pair.baseline.clone()),
        row: None,
        judged: None,
        judged_by: String::new(),
        more_subjects: None,
        says: String::new(),
        unmade: false,
    };
    let Some(HeldDifference { row, basis, lost }) = pair.differences.get(place) else { return check };
    check.row = Some(row.clone());
    if pair.identical && row.status == RowStatus::Empty {
        check.verdict = Verdict::Pass;
        check.says = "identical: nobody there, as in the baseline".to_owned();
        return check;
    }
    let Some(difference) = row.value.filter(|_| has_value(row)) else {
        check.says = format!(
            "no difference ({}{}): what is not known is not met",
            row.status.word().replace('_', " "),
            why(row)
        );
        return check;
    };
    let harm = Harm::of(row);
    let bounds = harm.bounds(basis, checks);
    let told = told(harm.value(difference), row, margin);
    let asked = number(margin);
    match bounds.judge(margin) {
        _ if pair.identical => {
            check.verdict = Verdict::Pass;
            check.says = "identical: every attempt ended as the baseline's did".to_owned();
        }
        Verdict::Fail => {
            let level = level(GateBounds::fail_level(checks));
            check.verdict = Verdict::Fail;
            check.judged = Some(bounds.lower);
            check.judged_by = format!("lower bound of how much worse ({}, one-sided {level})", name(basis));
            check.says = format!(
                "{told}: the {} {} is above the margin {asked}",
                check.judged_by,
                number_beside(bounds.lower, margin)
            );
        }
        Verdict::Pass => {
            upper(&mut check, bounds, basis);
            let met = format!(
                "{told}: the {} {} is below the margin {asked}",
                check.judged_by,
                number_beside(bounds.upper, margin)
            );
            if pair.baseline_only > 0 {
                check.says = format!(
                    "{met}, but {} that the baseline ran the method did not: what these would show is not known",
                    crate::finding::counted(pair.baseline_only, "attempt")
                );
            } else if row.status == RowStatus::InsufficientEvidence {
                let Settled { more, text } = super::settle::floor(row);
                check.more_subjects = more;
                check.says = format!("{met}, but it can carry no claim{}{text}", why(row));
            } else if let Some(reason) = barred(row) {
                check.says = format!("{met}, but it can carry no claim: {reason}");
            } else if *lost > 0 {
                check.says = format!(
                    "{met}, but {} that the baseline answered the method did not: what these would show is not known \
                     (rates under `fail_closed` count them)",
                    crate::finding::counted(*lost, "attempt")
                );
            } else {
                check.verdict = Verdict::Pass;
                let decided = row.has(flag::COVERAGE_DIFFERS) && row.failure_policy == Some(FailurePolicy::Conditional);
                let remark = if decided { "; attempts that one of the two did not decide are not in it" } else { "" };
                check.says = format!("{met}{remark}");
            }
        }
        Verdict::Inconclusive => {
            upper(&mut check, bounds, basis);
            let Settled { more, text } = settled(row, basis, harm, difference, margin);
            check.more_subjects = more;
            check.says = if bounds.upper.is_nan() {
                check.judged = None;
                format!("{told}, without a bound{}: not shown to be below the margin {asked}", why(row))
            } else {
                let bound = number_beside(bounds.upper, margin);
                format!("{told}: the {} {bound} is not below the margin {asked}; {text}", check.judged_by)
            };
        }
    }
    check
}

fn upper(check: &mut Check, bounds: GateBounds, basis: &Basis) {
    check.judged = Some(bounds.upper).filter(|bound| bound.is_finite());
    check.judged_by =
        format!("upper bound of how much worse ({}, one-sided {})", name(basis), level(GateBounds::PASS_LEVEL));
}

fn has_value(row: &Row) -> bool {
    matches!(row.status, RowStatus::Value | RowStatus::InsufficientEvidence)
}

/// `0.012 worse (340 subjects)`.
fn told(harm: f64, row: &Row, margin: f64) -> String {
    let unit = unit(row);
    let how = match harm {
        harm if harm > 0.0 => format!("{}{unit} worse", number_beside(harm, margin)),
        harm if harm < 0.0 => format!("{}{unit} better", number(-harm)),
        _ => "no difference on average".to_owned(),
    };
    let subjects = row.n_subjects.map(|subjects| format!(" ({})", crate::finding::counted(subjects, "subject")));
    format!("{how}{}", subjects.unwrap_or_default())
}

fn name(basis: &Basis) -> &'static str {
    match basis {
        Basis::Shares(_) => "Tango",
        Basis::Replicates { .. } => "paired bootstrap",
        Basis::Areas(_) => "normal",
        Basis::Nothing => "none",
    }
}

/// What would show that the difference stays below the margin.
fn settled(row: &Row, basis: &Basis, harm: Harm, difference: f64, margin: f64) -> Settled {
    let there = row.n_subjects.unwrap_or(0) as f64;
    let people = if let Basis::Shares(found) = basis { found.subjects() } else { there };
    if harm.value(difference) >= margin {
        let text = "no number of subjects would show it while the difference is what it is".to_owned();
        return Settled { more: None, text };
    }
    let level = GateBounds::PASS_LEVEL;
    match basis.subjects_for_margin(difference, harm.turned, margin, CHANCE, level) {
        // Weighted people count for fewer than there are.
        Some(needed) if people > 0.0 => Settled::more(needed * there / people, there, "subject", "it"),
        _ => Settled { more: None, text: "how many more subjects would settle it is not known".to_owned() },
    }
}
