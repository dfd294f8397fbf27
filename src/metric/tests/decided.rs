//! The gate of methods that decide themselves, and waterfalls whose rows were not kept, on made-up decisions.

use super::*;
use crate::age::AgeLimit;
use crate::metric::{Scores, StageFacts, probe, waterfall};
use crate::outcome::{Decision, LimitAnswer};
use crate::table::{Evidence, RowStatus, Weighting};
use crate::tally::ScoreRows;

fn protocol() -> Protocol {
    Protocol::from_toml("limits = [18]").unwrap()
}

/// Of every age from 13 to 42 so many people, of whom `passes` decides.
fn decided(each: u32, passes: impl Fn(u32, u32) -> bool) -> Vec<Attempt> {
    let people = (13..43).flat_map(|age| (0..each).map(move |person| (age, person)));
    let attempt = |(age, person): (u32, u32)| {
        let decision = Some(if passes(age, person) { Decision::Pass } else { Decision::Deny });
        let limits = vec![LimitAnswer { limit: AgeLimit::new(18).unwrap(), score: None, decision }];
        (100 * age + person, year(age), Outcome::answered(Answer::Limits(limits)), ["", ""])
    };
    people.map(attempt).collect()
}

fn of(attempts: &[Attempt]) -> Table {
    let (protocol, (truth, answers)) = (protocol(), columns(attempts, &protocol()));
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let rows = Scores::Rows(ScoreRows::of(&truth, &answers));
    Table { rows: probe(&Context::default(), &protocol, FACTS, &tally, rows) }
}

#[test]
fn the_age_that_is_found_without_a_line_is_no_better_evidence_than_that_of_the_line() {
    let found = |attempts: &[Attempt]| {
        let table = of(attempts);
        let age = |variant: &str| only(&table, &format!("metric = 'effective_challenge_age'\n{variant}")).clone();
        (age(""), age("variant = 'model=rising'"))
    };
    // Seven of sixty people pass: the two of 40, 41 and 42 each, and one of 35.
    let (line, rising) = found(&decided(2, |age, person| age > 39 || (age == 35 && person == 0)));
    assert_eq!((line.status, rising.status), (RowStatus::InsufficientEvidence, RowStatus::InsufficientEvidence));
    assert!(rising.value.is_some() && rising.evidence == line.evidence, "{rising:?}");
    assert_eq!(rising.evidence.unwrap().cell(), "7<10 people who pass, or who do not");
    // Everybody from 20 on passes, nobody younger: no slope is too steep.
    let (line, rising) = found(&decided(2, |age, _| age > 19));
    assert_eq!((line.status, rising.status), (RowStatus::InsufficientEvidence, RowStatus::InsufficientEvidence));
    assert_eq!(rising.evidence, line.evidence);
    // Of each age more and more, out of twenty.
    let (line, rising) = found(&decided(20, |age, person| person + 13 < age));
    assert_eq!((line.status, rising.status), (RowStatus::Value, RowStatus::Value), "{line:?}");
    assert_eq!(rising.evidence, Some(Evidence::Sufficient));
}

#[test]
fn a_waterfall_whose_rows_were_not_kept_has_the_rows_of_both_weightings_without_a_value() {
    let (protocol, (truth, answers)) = (protocol(), columns(&decided(2, |age, _| age > 19), &protocol()));
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let stages = [StageFacts::default(); 2];
    let rows = waterfall(&Context::default(), &protocol, FACTS, &tally, Scores::NotKept, &stages);
    for metric in ["end_to_end_under_age_pass_rate", "end_to_end_adult_denial_rate"] {
        let of = |row: &&Row| row.metric == metric && row.status == RowStatus::NotMeasurable;
        let by: Vec<Option<Weighting>> = rows.iter().filter(of).map(|row| row.weighting).collect();
        assert_eq!(by, Weighting::ALL.iter().map(|weighting| Some(*weighting)).collect::<Vec<_>>());
    }
}
