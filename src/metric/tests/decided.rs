//! The gate of methods that decide themselves, and waterfalls whose rows were not kept, on made-up decisions.

use super::*;
use crate::age::AgeLimit;
use crate::metric::{Scores, StageFacts, StageRates, probe, waterfall};
use crate::outcome::{Decision, LimitAnswer, StageUse, Stages};
use crate::table::{Evidence, RowStatus};
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
    of_groups(attempts, &protocol())
}

fn of_groups(attempts: &[Attempt], protocol: &Protocol) -> Table {
    let (truth, answers) = columns(attempts, protocol);
    let tally = Tally::of(&truth, &answers, protocol).unwrap();
    let rows = Scores::Rows(ScoreRows::of(&truth, &answers));
    Table { rows: probe(&Context::default(), protocol, FACTS, &tally, rows) }
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
fn decisions_that_no_line_fits_say_why() {
    let said = |attempts: &[Attempt]| {
        let table = of(attempts);
        let row = only(&table, "metric = 'effective_challenge_age'\nvariant = ''");
        (row.status, row.value, row.evidence.as_ref().map(Evidence::cell).unwrap_or_default())
    };
    let short = |why: &str| (RowStatus::InsufficientEvidence, None, why.to_owned());
    assert_eq!(said(&decided(2, |_, _| true)), short("all 60 pass: the age lies below the youngest, about 13.5"));
    assert_eq!(said(&decided(2, |_, _| false)), short("none of 60 passes: the age lies above the oldest, about 42.5"));
    let falling = short("older people do not pass more often than younger ones");
    assert_eq!(said(&decided(20, |age, person| person + age < 43)), falling);
    // As many of 13 as of 42: the line is level.
    let level: Vec<Attempt> = decided(20, |_, person| person % 2 == 0)
        .into_iter()
        .filter(|one| [13.0, 42.0].contains(&one.1.low()))
        .collect();
    assert_eq!(said(&level), falling);
}

#[test]
fn ten_people_who_do_not_pass_are_enough_for_a_line() {
    let of_ten = |first: u32| {
        let table = of(&decided(20, |age, person| age > 14 || person < first + 2 * (age - 13)));
        only(&table, "metric = 'effective_challenge_age'\nvariant = ''").clone()
    };
    assert_eq!(of_ten(14).evidence, Some(Evidence::Sufficient), "six of 13 and four of 14 do not");
    assert_eq!(of_ten(15).evidence.unwrap().cell(), "8<10 people who pass, or who do not");
}

#[test]
fn a_group_without_an_answer_has_no_gate() {
    let mut attempts = decided(2, |_, _| true);
    attempts.push((9000, year(20), Outcome::failed(""), ["female", ""]));
    let table = of_groups(&attempts, &Protocol::from_toml("limits = [18]\ngroups = ['sex']").unwrap());
    let row = only(&table, "metric = 'effective_challenge_age'\nvariant = ''\ngroup_by = 'sex'\ngroup = 'female'");
    assert_eq!((row.status, row.value), (RowStatus::Empty, None));
}

#[test]
fn a_waterfall_whose_rows_were_not_kept_has_each_row_that_it_has_with_them_without_a_value() {
    // Halves are groups of the tally, and have no rows of their own.
    let text = "limits = [18, 21]\ngroups = ['sex']\n[buffer]\ntarget = 0.05\nconfirm = true\ngroups = [{ group_by = 'sex' }]\n";
    let protocol = Protocol::from_toml(text).unwrap();
    let stage = StageUse { bytes_in: Some(10), bytes_out: Some(2), nanos: Some(5), ..StageUse::default() };
    let known = StageRates { under_age_passes: [40, 400], adult_denials: [30, 600] };
    // Women below the limit are decided by nobody; at 21 nobody is, and some attempts end without an answer.
    let attempts = |open: bool| -> Vec<Attempt> {
        let people = (13..43).flat_map(|age| (0..4_u32).map(move |person| (age, person)));
        let attempt = |(age, person): (u32, u32)| {
            let sex = ["female", "male", ""][person as usize % 3];
            let left = open && age < 18 && sex == "female";
            let decision = Some(if age > 19 { Decision::Pass } else { Decision::Deny }).filter(|_| !left);
            let said = |years, decision| LimitAnswer { limit: AgeLimit::new(years).unwrap(), score: None, decision };
            let limits = vec![said(18, decision), said(21, Some(Decision::Deny).filter(|_| !open))];
            let reached = limits.iter().map(|said| (said.limit, 2)).collect();
            let stages = Some(Box::new(Stages { reached, asked: vec![stage; 2], broke: Vec::new() }));
            let outcome =
                if open && person == 3 { Outcome::failed("") } else { Outcome::answered(Answer::Limits(limits)) };
            (100 * age + person, year(age), Outcome { stages, ..outcome }, [sex, ""])
        };
        people.map(attempt).collect()
    };
    for (open, rates) in [(false, None), (true, None), (true, Some(known))] {
        let (truth, answers) = columns(&attempts(open), &protocol);
        let tally = Tally::of(&truth, &answers, &protocol).unwrap();
        let stages = [StageFacts::default(), StageFacts::default(), StageFacts { rates }];
        let rows = |scores| waterfall(&Context::default(), &protocol, FACTS, &tally, scores, &stages);
        let with = rows(Scores::Rows(ScoreRows::of(&truth, &answers)));
        let without = rows(Scores::NotKept);
        let identities = |rows: &[Row]| rows.iter().map(Row::identity).collect::<Vec<_>>();
        assert_eq!(identities(&without), identities(&with));
        assert!(without.iter().all(|row| row.status == RowStatus::NotMeasurable), "{without:?}");
        assert_eq!(without.iter().any(|row| row.variant.get("unresolved").is_some()), open);
        assert_eq!(without.iter().any(|row| row.variant.get("last_stage").is_some()), rates.is_some());
    }
}

#[test]
fn a_waterfall_carries_no_claim_where_too_many_ages_straddle_the_limit() {
    let limit = AgeLimit::new(18).unwrap();
    let through = |attempts: Vec<Attempt>| -> Vec<Attempt> {
        let stage = StageUse { bytes_in: Some(10), bytes_out: Some(2), nanos: Some(5), ..StageUse::default() };
        let stages = Stages { reached: vec![(limit, 1)], asked: vec![stage], broke: Vec::new() };
        let with = |outcome: Outcome| Outcome { stages: Some(Box::new(stages.clone())), ..outcome };
        attempts.into_iter().map(|(subject, age, outcome, levels)| (subject, age, with(outcome), levels)).collect()
    };
    let rows = |straddling: u32| {
        // Of each age forty: 200 people below the limit and 1,000 above it.
        let mut attempts = decided(40, |_, person| person % 2 == 0);
        let band = AgeRange::new(16.0, 20.0).unwrap();
        let pass = vec![LimitAnswer { limit, score: None, decision: Some(Decision::Pass) }];
        let unclear = |subject| (subject, band, Outcome::answered(Answer::Limits(pass.clone())), ["", ""]);
        attempts.extend((9000..9000 + straddling).map(unclear));
        let (protocol, (truth, answers)) = (protocol(), columns(&through(attempts), &protocol()));
        let tally = Tally::of(&truth, &answers, &protocol).unwrap();
        let kept = Scores::Rows(ScoreRows::of(&truth, &answers));
        Table { rows: waterfall(&Context::default(), &protocol, FACTS, &tally, kept, &[StageFacts::default(); 2]) }
    };
    let against = |table: &Table, metric: &str, population: &str| {
        let variant = if metric == "escalation_rate" { "stage=2" } else { "" };
        let place = format!("population = '{population}'\nweighting = 'subject'\nvariant = '{variant}'");
        let row = only(table, &format!("metric = '{metric}'\n{place}"));
        row.evidence.clone().unwrap().cell()
    };
    let [denial, pass] = ["end_to_end_adult_denial_rate", "end_to_end_under_age_pass_rate"];
    // 11 of 211 beside those below, of 1,011 beside those above, and of 1,211 beside both.
    let some = rows(11);
    assert_eq!(against(&some, pass, "under"), "straddling 5.2%>5%");
    for (metric, population) in [(denial, "over"), ("time_per_attempt", "all")] {
        assert_eq!(against(&some, metric, population), "sufficient");
    }
    assert_eq!(against(&some, "time_per_attempt", "under"), "straddling 5.2%>5%");
    assert_eq!(against(&rows(10), pass, "under"), "sufficient");
    let many = rows(70);
    assert_eq!(against(&many, denial, "over"), "straddling 6.5%>5%");
    assert_eq!(against(&many, "escalation_rate", "all"), "straddling 5.5%>5%");
}
