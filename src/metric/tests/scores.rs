//! Every row of the independent computation of `scripts/validation/scores.py`, and the rules of M8.

use serde_json::Value;

use super::*;
use crate::age::AgeLimit;
use crate::metric::{Scores, catalogue, flag, scores};
use crate::outcome::{LimitAnswer, Status};
use crate::table::RowStatus;
use crate::tally::ScoreRows;

fn eighteen() -> AgeLimit {
    AgeLimit::new(18).unwrap()
}

fn scored(score: f64) -> Outcome {
    Outcome::answered(Answer::Limits(vec![LimitAnswer { limit: eighteen(), score: Some(score), decision: None }]))
}

fn of(attempts: &[Attempt], protocol: &Protocol) -> Table {
    let (truth, answers) = columns(attempts, protocol);
    let tally = Tally::of(&truth, &answers, protocol).unwrap();
    let at_hand = Scores::Rows(ScoreRows::of(&truth, &answers));
    Table { rows: scores(&Context::default(), protocol, FACTS, &tally, at_hand) }
}

fn protocol(more: &str) -> Protocol {
    Protocol::from_toml(&format!("limits = [18]\ngroups = ['sex']\n{more}")).unwrap()
}

/// The drawn dataset: its probabilities, or its ages with their spreads.
pub(super) fn drawn(ages: bool) -> Vec<Attempt> {
    let text = include_str!("../../../fixtures/golden/scores.csv");
    let attempt = |record: csv::StringRecord| {
        let number = |place: usize| record[place].parse::<f64>();
        let outcome = if ages {
            Outcome::answered(Answer::Age { age: Age::new(number(4).unwrap()).unwrap(), spread: number(5).ok() })
        } else {
            scored(number(3).unwrap())
        };
        let sex = if &record[2] == "female" { "female" } else { "male" };
        (record[0].parse().unwrap(), year(record[1].parse().unwrap()), outcome, [sex, ""])
    };
    csv::Reader::from_reader(text.as_bytes()).records().map(|record| attempt(record.unwrap())).collect()
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../fixtures/golden/scores.json")).unwrap()
}

fn reproduced(table: &Table, wanted: &Value) {
    for row in wanted.as_array().unwrap() {
        let text = |key: &str| row[key].as_str().unwrap_or("");
        let mut select = format!("metric = '{}'\nvariant = '{}'\n", text("metric"), text("variant"));
        if text("variant").is_empty() {
            select = format!("metric = '{}'\n", text("metric"));
        }
        for key in ["weighting", "population"] {
            if !text(key).is_empty() {
                select.push_str(&format!("{key} = '{}'\n", text(key)));
            }
        }
        if !text("group").is_empty() {
            select.push_str(&format!("group_by = 'sex'\ngroup = '{}'\n", text("group")));
        }
        let found = only(table, &select);
        for (key, cell) in [("value", found.value), ("low", found.low), ("high", found.high)] {
            if let Some(wanted) = row[key].as_f64() {
                let cell = cell.unwrap_or_else(|| panic!("{key} of {select}"));
                assert!(
                    (cell - wanted).abs() <= 1e-9 * wanted.abs().max(1e-3),
                    "{select}{key}: {cell} is not {wanted}"
                );
            }
        }
    }
}

#[test]
fn every_row_of_scores_and_probabilities_is_that_of_the_independent_computation() {
    let (table, golden) = (of(&drawn(false), &protocol("")), golden());
    reproduced(&table, &golden["scores"]);
    assert!(golden["scores"].as_array().unwrap().len() > 20);
    let bins: Vec<_> = table.rows.iter().filter(|row| row.metric == "share_over_by_score").collect();
    assert_eq!(bins.len(), golden["bins"].as_array().unwrap().len());
    for (row, wanted) in bins.iter().zip(golden["bins"].as_array().unwrap()) {
        assert_eq!((row.n_attempts, row.value), (wanted[0].as_u64(), wanted[1].as_f64()));
    }
    let redrawn = only(&table, "metric = 'expected_calibration_error_if_calibrated'").value.unwrap();
    let error = golden["redrawn_error"].as_f64().unwrap();
    assert!((redrawn - golden["redrawn"].as_f64().unwrap()).abs() < 4.0 * error, "{redrawn}");
    let losses = only(&table, "metric = 'log_loss'\nweighting = 'attempt'");
    assert_eq!((losses.n_events, losses.has(flag::CLIPPED)), (golden["held"].as_u64(), true));
}

#[test]
fn every_row_of_ages_as_scores_and_of_spreads_is_that_of_the_independent_computation() {
    let table = of(&drawn(true), &protocol(""));
    reproduced(&table, &golden()["ages"]);
    for entry in catalogue::ALL.iter().filter(|entry| entry.family == "score") {
        if ["det_under_age_pass_rate", "det_adult_denial_rate", "scores_missing"].contains(&entry.measure.name) {
            continue;
        }
        // Ages are scores too, of another variant.
        let of = |row: &&Row| row.metric == entry.measure.name && !row.variant.to_string().contains("scores=age");
        let statuses: Vec<RowStatus> = table.rows.iter().filter(of).map(|row| row.status).collect();
        assert!(!statuses.is_empty(), "{}", entry.measure.name);
        assert!(statuses.iter().all(|status| *status == RowStatus::NotApplicable), "{}", entry.measure.name);
    }
}

#[test]
fn with_one_attempt_each_the_area_and_its_variance_are_scikit_learns_and_delongs() {
    let mut seen = std::collections::BTreeSet::new();
    let single: Vec<Attempt> = drawn(false).into_iter().filter(|attempt| seen.insert(attempt.0)).collect();
    let row = only(&of(&single, &protocol("")), "metric = 'auc'").clone();
    let (area, variance) =
        (golden()["single"]["auc"].as_f64().unwrap(), golden()["single"]["variance"].as_f64().unwrap());
    assert!((row.value.unwrap() - area).abs() < 1e-12);
    let logit = |share: f64| (share / (1.0 - share)).ln();
    let half = (logit(row.high.unwrap()) - logit(row.low.unwrap())) / 2.0;
    let wanted = 1.959_963_984_540_054 * variance.sqrt() / (area * (1.0 - area));
    assert!((half - wanted).abs() < 1e-9 * wanted);
}

#[test]
fn a_threshold_set_on_one_group_is_used_unchanged_on_the_others_and_flagged_where_it_was_set() {
    let rules = "[scores]\ntargets = [0.1]\nset_on_group = ['sex', 'male']\nset_on_years = [14, 17]\n";
    let table = of(&drawn(false), &protocol(rules));
    let threshold = only(&table, "metric = 'threshold'\nvariant = 'target=0.1'").value.unwrap();
    let passing = |sex: &str| {
        let of_sex = drawn(false).into_iter().filter(|attempt| attempt.3[0] == sex && attempt.1.low() < 18.0);
        of_sex
            .filter(|attempt| match &attempt.2.answer {
                Some(Answer::Limits(answers)) => answers[0].score.unwrap() >= threshold,
                _ => false,
            })
            .count() as u64
    };
    for (sex, in_sample) in [("male", true), ("female", false)] {
        let select = format!(
            "metric = 'under_age_pass_rate'\nvariant = 'target=0.1'\ngroup_by = 'sex'\ngroup = '{sex}'\npopulation = 'under'"
        );
        let row = only(&table, &select);
        assert_eq!((row.n_events, row.has(flag::IN_SAMPLE)), (Some(passing(sex)), in_sample), "{sex}");
    }
    let elsewhere = of(&drawn(false), &protocol("[scores]\nset_on_group = ['sex', 'other']\n"));
    assert_eq!(only(&elsewhere, "metric = 'threshold'\nvariant = 'target=0.05'").status, RowStatus::NotApplicable);
}

#[test]
fn where_every_score_lets_too_many_pass_the_threshold_is_infinite_and_nobody_passes() {
    let people = |first: u32, age: u32, score: f64| {
        (first..first + 50).map(move |subject| (subject, year(age), scored(score), ["female", "north"]))
    };
    let attempts: Vec<Attempt> = people(0, 15, 0.5).chain(people(50, 30, 0.5)).collect();
    let table = of(&attempts, &protocol("[scores]\ntargets = [0.01]\n"));
    let row = only(&table, "metric = 'threshold'\nvariant = 'target=0.01'");
    assert_eq!((row.status, row.value), (RowStatus::NotAchievable, None));
    assert!(row.has(flag::TARGET_BELOW_3_PER_N), "1 % is below 3 of 50");
    let rate = |metric: &str| only(&table, &format!("metric = '{metric}'\nvariant = 'target=0.01'")).value;
    assert_eq!((rate("under_age_pass_rate"), rate("adult_denial_rate")), (Some(0.0), Some(1.0)));
    let area = only(&table, "metric = 'auc'");
    assert_eq!((area.value, area.low), (Some(0.5), Some(0.5)), "all ties: half, without a spread");
}

#[test]
fn scores_that_are_no_probabilities_one_class_and_missing_scores_say_so() {
    let mut attempts: Vec<Attempt> =
        (0..40).map(|subject| (subject, year(30), scored(7.5), ["female", "north"])).collect();
    attempts.extend((40..45).map(|subject| (subject, year(15), Outcome::failed(""), ["female", "north"])));
    attempts.push((45, year(15), Outcome::unanswered(Status::Refused, ""), ["male", "north"]));
    let table = of(&attempts, &protocol(""));
    assert_eq!(only(&table, "metric = 'brier_score'\nweighting = 'subject'").status, RowStatus::NotApplicable);
    assert_eq!(only(&table, "metric = 'auc'").status, RowStatus::Empty);
    assert_eq!(only(&table, "metric = 'scores_missing'").value, Some(6.0));
    for metric in ["coverage_68", "coverage_95", "crps"] {
        for weighting in ["subject", "attempt"] {
            let row = only(&table, &format!("metric = '{metric}'\nweighting = '{weighting}'"));
            assert_eq!(row.status, RowStatus::NotApplicable, "{metric} {weighting}");
        }
    }
    assert!(only(&of(&attempts[40..], &protocol("")), "metric = 'auc'").status == RowStatus::NotApplicable);
}

#[test]
fn the_tally_alone_says_that_scores_and_spreads_need_rows() {
    for ages in [false, true] {
        let protocol = protocol("");
        let (truth, answers) = columns(&drawn(ages), &protocol);
        let tally = Tally::of(&truth, &answers, &protocol).unwrap();
        let table = Table { rows: scores(&Context::default(), &protocol, FACTS, &tally, Scores::NotKept) };
        let (metric, variant) =
            if ages { ("auc", "variant = 'scores=age'") } else { ("brier_score", "weighting = 'subject'") };
        let row = only(&table, &format!("metric = '{metric}'\n{variant}"));
        assert_eq!(row.status, RowStatus::NotMeasurable);
        if !ages {
            let missing = only(&table, "metric = 'scores_missing'");
            assert_eq!((missing.status, missing.weighting), (RowStatus::NotMeasurable, None));
        }
        let left_out = table.rows.iter().filter(|row| row.metric == "spreads_left_out");
        assert_eq!(left_out.map(|row| row.weighting).collect::<Vec<_>>(), [None], "once, whatever the labels mean");
        let crps = only(&table, "metric = 'crps'\nweighting = 'subject'").status;
        assert_eq!(crps, if ages { RowStatus::NotMeasurable } else { RowStatus::NotApplicable });
    }
}

#[test]
fn a_method_without_scores_has_the_rows_of_one_with_scores_but_for_groups_and_rates() {
    let keys = |attempts: &[Attempt]| -> std::collections::BTreeSet<String> {
        let table = of(attempts, &protocol("[scores]\ntargets = [0.05, 0.1]\n"));
        let of_scores = |row: &&Row| {
            let own = ["auc", "equal_error_rate", "equal_error_threshold", "threshold", "brier_score", "log_loss"];
            let calibration = ["expected_calibration_error", "expected_calibration_error_if_calibrated"];
            own.iter().chain(&calibration).any(|metric| row.metric == *metric)
                && !row.variant.to_string().contains("age")
        };
        let key = |row: &Row| format!("{} {:?} {} {}", row.metric, row.weighting, row.variant, row.population);
        table.rows.iter().filter(of_scores).map(key).collect()
    };
    let without: Vec<Attempt> = (0..40).map(|subject| (subject, year(15), answered(15.0), ["male", ""])).collect();
    let (absent, there) = (keys(&without), keys(&drawn(false)));
    assert_eq!(absent, there);
    assert!(there.len() == 11, "{there:?}");
}

#[test]
fn points_of_the_curve_are_rows_when_asked_for_and_ages_beyond_the_limit_are_not_sorted() {
    let table = of(&drawn(false), &protocol("[scores]\ndet_points = 5\n"));
    let points: Vec<_> = table.rows.iter().filter(|row| row.metric == "det_under_age_pass_rate").collect();
    assert_eq!(points.len(), 5);
    assert_eq!(points[0].value, Some(1.0), "at the least score everybody passes");
    let ends = |count: u32| {
        let table = of(&drawn(false), &protocol(&format!("[scores]\ndet_points = {count}\n")));
        let points = table.rows.iter().filter(|row| row.metric == "det_under_age_pass_rate");
        points.map(|row| (row.value, row.variant.clone())).collect::<Vec<_>>()
    };
    assert_eq!(ends(2), [0, 4].map(|place: usize| (points[place].value, points[place].variant.clone())));
    assert!(points.windows(2).all(|pair| pair[0].value >= pair[1].value));
    assert!(!of(&drawn(false), &protocol("")).rows.iter().any(|row| row.metric.starts_with("det_")));
    let answered = drawn(true).iter().filter(|attempt| matches!(attempt.2.answer, Some(Answer::Age { .. }))).count();
    let up_to = |most: usize| {
        let table = of(&drawn(true), &protocol(&format!("[scores]\nages_up_to = {most}\n")));
        only(&table, "metric = 'auc'\nvariant = 'scores=age'").status
    };
    assert_eq!([up_to(answered), up_to(answered - 1)], [RowStatus::Value, RowStatus::NotMeasurable]);
}

#[test]
fn rows_do_not_depend_on_the_order_of_the_attempts() {
    let protocol = protocol("");
    for ages in [false, true] {
        let mut turned = drawn(ages);
        turned.reverse();
        let cells = |attempts: &[Attempt]| of(attempts, &protocol).rows.iter().map(Row::cells).collect::<Vec<_>>();
        assert!(cells(&drawn(ages)) == cells(&turned));
    }
}

#[test]
fn probabilities_carry_no_claim_where_ages_straddle_the_limit_or_few_people_hold_most_attempts() {
    let of_people = |more: Vec<Attempt>| {
        let one = |subject: u32| {
            (
                subject,
                year(if subject.is_multiple_of(2) { 16 } else { 20 }),
                scored(f64::from(subject % 97) / 97.0),
                ["female", ""],
            )
        };
        of(&(0..200).map(one).chain(more).collect::<Vec<_>>(), &protocol(""))
    };
    let against = |table: &Table, metric: &str, weighting: &str| {
        let row = only(table, &format!("metric = '{metric}'\nvariant = ''\nweighting = '{weighting}'"));
        row.evidence.clone().unwrap().cell()
    };
    let all = [
        ("brier_score", "subject"),
        ("brier_score", "attempt"),
        ("log_loss", "attempt"),
        ("expected_calibration_error", "attempt"),
    ];
    // 11 of 211 are as likely below as above.
    let band = AgeRange::new(16.0, 20.0).unwrap();
    let unclear = of_people((900..911).map(|subject| (subject, band, scored(0.5), ["female", ""])).collect());
    for (metric, weighting) in all {
        assert_eq!(against(&unclear, metric, weighting), "straddling 5.2%>5%", "{metric} {weighting}");
    }
    // Of five people one has six of ten attempts: 10^2 / (4 + 6^2) is just half of the people.
    let of_five = |most: u32| {
        let five = (0..5_u32).flat_map(|person| (0..if person == 0 { most } else { 1 }).map(move |_| person));
        let over = (100..140).map(|subject| (subject, year(20), scored(0.9), ["female", ""]));
        let people: Vec<Attempt> =
            five.map(|person| (person, year(16), scored(0.5), ["female", ""])).chain(over).collect();
        against(&of(&people, &protocol("")), "auc", "attempt").contains("few subjects hold most attempts")
    };
    assert_eq!([of_five(6), of_five(7)], [false, true]);
    // One person has as many attempts as everybody else: (400)^2 / (200 + 200^2) is 4.
    let one = of_people((0..200).map(|_| (900, year(16), scored(0.5), ["female", ""])).collect());
    for (metric, weighting) in all {
        let wanted = if weighting == "attempt" { "few subjects hold most attempts" } else { "sufficient" };
        assert_eq!(against(&one, metric, weighting), wanted, "{metric} {weighting}");
    }
}

#[test]
fn spreads_of_which_none_can_be_used_are_a_row_for_each_weighting() {
    let age = |spread: f64| Outcome::answered(Answer::Age { age: Age::new(20.0).unwrap(), spread: Some(spread) });
    let people: Vec<Attempt> = (0..40).map(|subject| (subject, year(20), age(-1.0), ["female", ""])).collect();
    let table = of(&people, &protocol(""));
    for weighting in ["subject", "attempt"] {
        let row = only(&table, &format!("metric = 'crps'\nvariant = ''\nweighting = '{weighting}'"));
        assert_eq!((row.value, row.status), (None, RowStatus::Empty));
    }
    assert_eq!(only(&table, "metric = 'spreads_left_out'").value, Some(40.0));
}
