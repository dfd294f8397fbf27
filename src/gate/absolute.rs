//! A row held against a number: at most, or at least.

use super::barred::{barred, is_buffer};
use super::bound::{End, Ground, Side};
use super::settle::{self, Settled};
use super::words::{number, number_beside, unit, why};
use super::{Check, Kept, Rule, Test};
use crate::stats::Verdict;
use crate::table::{Row, RowStatus};

/// `row` held against `rule` in a policy of so many checks.
pub(super) fn check(rule: &Rule, row: &Row, kept: Kept, checks: u64) -> Check {
    let wanted = rule.test.number();
    let (side, at_least) = (good_side(rule.test), matches!(rule.test, Test::AtLeast(_)));
    let ground = Ground::of(row, kept.claim_level);
    let (verdict, end, says, more_subjects) = match row.status {
        RowStatus::Value | RowStatus::InsufficientEvidence => judged(row, ground, side, wanted, kept, checks),
        RowStatus::NotAchievable if is_buffer(row) && !at_least => {
            let says = format!("no challenge age of the protocol meets the target{}: there is no buffer", why(row));
            (Verdict::Fail, None, says, None)
        }
        status => {
            let says =
                format!("no value ({}{}): what is not known is not met", status.word().replace('_', " "), why(row));
            (Verdict::Inconclusive, None, says, None)
        }
    };
    let (judged, judged_by) = end.map_or((None, String::new()), |end| (Some(end.value), end.what));
    Check {
        verdict,
        method: row.method.clone(),
        baseline: None,
        row: Some(row.clone()),
        judged,
        judged_by,
        more_subjects,
        says,
        unmade: false,
    }
}

/// The end that must be on the good side: the upper one of what must be low.
fn good_side(test: Test) -> Side {
    if matches!(test, Test::AtLeast(_)) { Side::Lower } else { Side::Upper }
}

type Found = (Verdict, Option<End>, String, Option<u64>);

fn judged(row: &Row, ground: Ground, side: Side, wanted: f64, kept: Kept, checks: u64) -> Found {
    let Some(value) = row.value else {
        return (Verdict::Inconclusive, None, format!("no value{}", why(row)), None);
    };
    let unit = unit(row);
    let value_text = format!("{}{unit}{}", number_beside(value, wanted), counted(row));
    let (Some(pass), Some(fail)) = (ground.pass(row, side), ground.fail(row, side.opposite(), checks)) else {
        let says =
            format!("{value_text}: an estimate without an interval{} cannot be shown to meet anything", why(row));
        return (Verdict::Inconclusive, None, says, None);
    };
    let beyond = |number: f64| match side {
        Side::Upper => number > wanted,
        Side::Lower => number < wanted,
    };
    let (within, past) = match side {
        Side::Upper => ("at most", "above"),
        Side::Lower => ("at least", "below"),
    };
    let asked = number(wanted);
    let told = |end: &End| format!("{} {}{unit}", end.what, number_beside(end.value, wanted));
    if beyond(fail.value) {
        let says = match ground {
            Ground::Observed => format!("{value_text} is {past} {asked}"),
            _ => format!("{value_text}: the {} is {past} {asked}", told(&fail)),
        };
        return (Verdict::Fail, Some(fail), says, None);
    }
    if beyond(pass.value) {
        let Settled { more, text } = settle::share_or_mean(row, ground, side, wanted, checks);
        let says = format!("{value_text}: the {} is {past} {asked}; {text}{}", told(&pass), short(row));
        return (Verdict::Inconclusive, Some(pass), says, more);
    }
    // The bound is on the good side: is there anything against a claim?
    let met = match ground {
        Ground::Observed => format!("{value_text} is {within} {asked}"),
        _ => format!("{value_text}: the {} is {within} {asked}", told(&pass)),
    };
    if row.status == RowStatus::InsufficientEvidence {
        let Settled { more, text } = settle::evidence(row, ground, kept.evidence);
        let says = format!("{met}, but it can carry no claim{}{text}", why(row));
        return (Verdict::Inconclusive, Some(pass), says, more);
    }
    if let Some(reason) = barred(row) {
        return (Verdict::Inconclusive, Some(pass), format!("{met}, but it can carry no claim: {reason}"), None);
    }
    match ground.short_of_pass(row, kept.known_level) {
        Some(short) => (Verdict::Inconclusive, Some(pass), format!("{met}, but that is {short}"), None),
        None => (Verdict::Pass, Some(pass), met, None),
    }
}

/// What also speaks against a claim.
fn short(row: &Row) -> String {
    if row.status == RowStatus::InsufficientEvidence {
        format!(" (too little evidence{})", why(row))
    } else {
        String::new()
    }
}

/// ` of 1240 subjects`, where the row knows.
fn counted(row: &Row) -> String {
    match (row.n_subjects, row.n_attempts) {
        (Some(subjects), _) => format!(" ({})", crate::finding::counted(subjects, "subject")),
        (None, Some(attempts)) if !matches!(row.unit, crate::table::Unit::Attempts) => {
            format!(" ({})", crate::finding::counted(attempts, settle::noun(row)))
        }
        _ => String::new(),
    }
}
