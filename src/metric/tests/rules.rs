use super::*;
use crate::age::{AgeLimit, ChallengeAge};
use crate::metric::{catalogue, flag};
use crate::outcome::{Decision, LimitAnswer, Status};
use crate::table::{Evidence, RowStatus};
use crate::tally::not_ages;

const PLAIN: [&str; 2] = ["female", "north"];

/// The default protocol for the limit 18 only.
fn eighteen() -> Protocol {
    Protocol::from_toml("limits = [18]").unwrap()
}

/// `count` subjects of `age`, one attempt each, answered with `years`.
fn people(first: u32, count: u32, age: u32, years: f64) -> Vec<Attempt> {
    (first..first + count).map(|subject| (subject, year(age), answered(years), PLAIN)).collect()
}

fn under(challenge: f64, policy: &str) -> String {
    format!(
        "metric = 'under_age_pass_rate'\npopulation = 'under'\nchallenge = {challenge}\nfailure_policy = '{policy}'\n\
         weighting = 'subject'\n"
    )
}

#[test]
fn without_an_event_the_claims_bound_is_printed_and_299_subjects_show_under_one_percent() {
    let table = table(&people(0, 299, 17, 12.0), &eighteen());
    let row = only(&table, &under(18.0, "conditional"));
    assert_eq!((row.value, row.low, row.claim_low), (Some(0.0), Some(0.0), Some(0.0)));
    assert!((row.claim_high.unwrap() - (1.0 - 0.05_f64.powf(1.0 / 299.0))).abs() < 1e-15);
    assert!(row.claim_high.unwrap() < 0.01);
    assert_eq!((row.status, row.has(flag::UNDER_30_EVENTS)), (RowStatus::Value, true));
}

#[test]
fn few_subjects_keep_their_value_and_counts_but_are_insufficient_evidence() {
    let table = table(&people(0, 18, 17, 30.0), &eighteen());
    let row = only(&table, &under(25.0, "conditional"));
    assert_eq!((row.value, row.n_events, row.status), (Some(1.0), Some(18), RowStatus::InsufficientEvidence));
    let Some(Evidence::Short(reasons)) = &row.evidence else { panic!("{row:?}") };
    assert_eq!(reasons[0], "18<30 subjects");
}

#[test]
fn failures_stay_in_the_denominators_that_say_so() {
    let mut attempts = people(0, 60, 17, 12.0);
    attempts.extend((60..80).map(|subject| (subject, year(16), Outcome::failed("broken"), PLAIN)));
    attempts.extend((80..100).map(|subject| (subject, year(20), Outcome::unanswered(Status::Refused, ""), PLAIN)));
    let table = table(&attempts, &eighteen());
    let of = |policy: &str| {
        let row = only(&table, &under(18.0, policy)).clone();
        (row.n_attempts.unwrap(), row.value.unwrap())
    };
    assert_eq!(of("conditional"), (60, 0.0));
    assert_eq!(of("fail_closed"), (80, 0.0));
    assert_eq!(of("fail_open"), (80, 0.25));
    let adults = "metric = 'adult_denial_rate'\npopulation = 'over'\nchallenge = 18\nweighting = 'subject'\n";
    let denied = |policy: &str| only(&table, &format!("{adults}failure_policy = '{policy}'\n")).clone();
    assert_eq!(denied("conditional").status, RowStatus::Empty);
    assert_eq!(denied("fail_closed").value, Some(1.0));
    assert_eq!(denied("fail_open").value, Some(0.0));
    assert_eq!(only(&table, "metric = 'involuntary_failure_rate'\nweighting = 'attempt'").value, Some(0.2));
    assert_eq!(only(&table, "metric = 'refusal_rate'\nweighting = 'attempt'").value, Some(0.2));
    assert_eq!(only(&table, "metric = 'never_answered_rate'").n_events, Some(40));
}

#[test]
fn an_answer_equal_to_the_challenge_age_passes_or_not_as_the_protocol_says_and_the_other_rule_is_a_row() {
    let mut attempts = people(0, 50, 17, 18.0);
    attempts.extend(people(50, 50, 17, 25.0));
    let strict = Protocol::from_toml("limits = [18]\ntie = 'above'").unwrap();
    let (lenient, strict) = (table(&attempts, &eighteen()), table(&attempts, &strict));
    let row = only(&lenient, &under(18.0, "conditional"));
    assert_eq!((row.value, row.n_ties), (Some(1.0), Some(50)));
    let other = format!("{}variant = 'tie=above'", under(18.0, "conditional"));
    assert_eq!(only(&lenient, &other).value, Some(0.5));
    assert_eq!(only(&strict, &under(18.0, "conditional")).value, Some(0.5));
    assert_eq!(only(&strict, &other.replace("above", "at_or_above")).value, Some(1.0));
    assert_eq!(only(&lenient, &under(25.0, "conditional")).value, Some(0.5));
    let none = format!("{}variant = 'tie=above'", under(23.0, "conditional"));
    assert!(lenient.find(&toml::from_str(&none).unwrap()).next().is_none(), "no tie at 23, no row");
}

#[test]
fn a_range_that_holds_the_challenge_age_is_undecided() {
    let range = |low: f64, high: f64| {
        Outcome::answered(Answer::Range { low: Age::new(low).unwrap(), high: Age::new(high).unwrap() })
    };
    let ranges = [(18.0, 24.0), (10.0, 18.0), (15.0, 19.0)];
    let attempts: Vec<Attempt> = (0_u32..)
        .zip(ranges.repeat(20))
        .map(|(subject, (low, high))| (subject, year(17), range(low, high), PLAIN))
        .collect();
    let table = table(&attempts, &eighteen());
    let at = |challenge: f64| {
        let row = only(&table, &under(challenge, "conditional"));
        (row.n_events.unwrap(), row.n_attempts.unwrap(), row.n_undecided.unwrap())
    };
    assert_eq!((at(18.0), at(19.0), at(24.0)), ((20, 40, 20), (0, 40, 20), (0, 60, 0)));
    assert_eq!(only(&table, "metric = 'undecided_rate'\nchallenge = 18\nweighting = 'attempt'").n_events, Some(20));
    assert_eq!(only(&table, "metric = 'mae'").status, RowStatus::NotApplicable);
}

#[test]
fn where_no_age_is_answered_every_metric_of_errors_is_there_and_does_not_apply() {
    let (low, high) = (Age::new(10.0).unwrap(), Age::new(18.0).unwrap());
    let outcome = Outcome::answered(Answer::Range { low, high });
    let attempts: Vec<Attempt> = (0..40).map(|subject| (subject, year(17), outcome.clone(), PLAIN)).collect();
    let table = table(&attempts, &eighteen());
    let errors: Vec<_> = catalogue::ALL.iter().filter(|entry| entry.section == "M1").collect();
    assert!(errors.len() > 18, "{}", errors.len());
    for entry in errors {
        let row = only(&table, &format!("metric = '{}'", entry.measure.name));
        assert_eq!(row.status, RowStatus::NotApplicable, "{}", entry.measure.name);
    }
}

#[test]
fn a_method_that_decides_itself_has_rows_without_a_challenge_age_and_no_others() {
    let limit = AgeLimit::new(18).unwrap();
    let decided = |decision| Outcome::answered(Answer::Limits(vec![LimitAnswer { limit, score: None, decision }]));
    let decisions = [Some(Decision::Pass), Some(Decision::Deny), None];
    let attempts: Vec<Attempt> = (0_u32..)
        .zip(decisions.repeat(40))
        .map(|(subject, decision)| (subject, year(17), decided(decision), PLAIN))
        .collect();
    let table = table(&attempts, &eighteen());
    let own = "metric = 'under_age_pass_rate'\npopulation = 'under'\nchallenge = 'own'\nweighting = 'subject'\n";
    let row = only(&table, &format!("{own}failure_policy = 'conditional'"));
    assert_eq!((row.n_events, row.n_attempts, row.n_undecided, row.n_ties), (Some(40), Some(80), Some(40), None));
    assert_eq!(only(&table, &under(23.0, "conditional")).status, RowStatus::NotApplicable);
    let with_challenge = table.rows.iter().filter(|row| row.challenge.is_some() && row.value.is_some()).count();
    assert_eq!(with_challenge, 0);
}

#[test]
fn bands_across_the_limit_leave_it_are_counted_and_bounded() {
    let mut attempts = people(0, 90, 17, 12.0);
    let band = AgeRange::new(15.0, 21.0).unwrap();
    attempts.extend((90..100).map(|subject| (subject, band, answered(30.0), PLAIN)));
    let table = table(&attempts, &eighteen());
    let row = only(&table, &under(18.0, "conditional"));
    assert_eq!((row.n_attempts, row.value, row.status), (Some(90), Some(0.0), RowStatus::InsufficientEvidence));
    assert_eq!(row.evidence.as_ref().unwrap().cell(), "straddling 10.0%>5%");
    assert_eq!(only(&table, "metric = 'flow_straddling'").value, Some(10.0));
    let bound = |word: &str| only(&table, &format!("{}variant = 'straddling={word}'", under(18.0, "conditional")));
    assert_eq!((bound("under").value, bound("over").value), (Some(0.1), Some(0.0)));
    assert_eq!(only(&table, "metric = 'mae'\npopulation = 'all'\nweighting = 'attempt'").n_attempts, Some(90));
}

#[test]
fn the_window_is_the_equal_mean_of_its_years_and_a_missing_year_leaves_no_value() {
    let mut attempts = Vec::new();
    for (index, age) in (0_u32..).zip(13..=17) {
        let count = 40 * (index + 1);
        attempts.extend(people(1000 * index, count, age, if age >= 16 { 20.0 } else { 10.0 }));
    }
    let full = table(&attempts, &eighteen());
    let window = under(18.0, "conditional").replace("'under'", "'window'");
    let row = only(&full, &window);
    assert_eq!((row.population.to_string().as_str(), row.value), ("window:13-17", Some(0.4)));
    assert_eq!((row.has(flag::PRIMARY), row.status), (true, RowStatus::Value));
    let pooled = only(&full, &format!("{window}variant = 'window=pooled'"));
    assert_eq!(pooled.value, Some(360.0 / 600.0));
    attempts.retain(|attempt| attempt.1 != year(14));
    let gap = table(&attempts, &eighteen());
    let row = only(&gap, &window);
    assert_eq!((row.value, row.status), (None, RowStatus::InsufficientEvidence));
    assert_eq!(row.evidence.as_ref().unwrap().cell(), "no subject aged 14");
    assert_eq!(only(&gap, &format!("{window}variant = 'cells=present'")).value, Some(0.5));
}

#[test]
fn a_window_of_which_one_year_is_there_is_that_year() {
    let mut attempts = people(0, 80, 17, 10.0);
    attempts.extend(people(80, 20, 17, 20.0));
    let table = table(&attempts, &eighteen());
    let window = under(18.0, "conditional").replace("'under'", "'window'");
    let row = only(&table, &format!("{window}variant = 'cells=present'"));
    let year = only(&table, &under(18.0, "conditional").replace("'under'", "'age:17'"));
    // One attempt each: n* is the number of people, and the interval Wilson's on 20 of 100.
    assert_eq!((row.n_star, row.value), (Some(100.0), Some(0.2)));
    assert_eq!((row.low, row.high, row.claim_high), (year.low, year.high, year.claim_high));
    assert_eq!(row.status, RowStatus::InsufficientEvidence);
}

#[test]
fn straddling_attempts_are_a_share_of_all_attempts_of_each_side_in_the_balanced_error() {
    let mut attempts = people(0, 60, 17, 12.0);
    attempts.extend(people(60, 200, 30, 40.0));
    // Without a decision, so not in the denominators of the policy: beside 160 attempts below the limit and 200 above 8 straddle.
    attempts.extend((300..400).map(|subject| (subject, year(17), Outcome::failed("x"), PLAIN)));
    let band = AgeRange::new(15.0, 21.0).unwrap();
    attempts.extend((400..408).map(|subject| (subject, band, answered(30.0), PLAIN)));
    let select = "metric = 'balanced_error'\nchallenge = 18\nweighting = 'subject'";
    let row = only(&table(&attempts, &eighteen()), select).clone();
    assert_eq!((row.n_attempts, row.status), (Some(260), RowStatus::Value), "{row:?}");
    attempts.extend((408..418).map(|subject| (subject, band, answered(30.0), PLAIN)));
    let row = only(&table(&attempts, &eighteen()), select).clone();
    // 18 of 178, and of 218.
    let wanted = "straddling 10.1%>5% below the limit;straddling 8.3%>5% at or above the limit";
    assert_eq!(row.evidence.as_ref().unwrap().cell(), wanted);
}

#[test]
fn answers_on_a_band_of_ages_are_of_no_one_year_and_say_nothing_of_repeatability() {
    let band = AgeRange::new(25.0, 30.0).unwrap();
    let twice = |first: u32, age: AgeRange, other: f64| {
        (first..first + 40).flat_map(move |subject| [20.0, other].map(|years| (subject, age, answered(years), PLAIN)))
    };
    let attempts: Vec<Attempt> = twice(0, year(27), 22.0).chain(twice(40, band, 60.0)).collect();
    let table = table(&attempts, &eighteen());
    // 20 and 22 lie 1 from their mean.
    let noise = only(&table, "metric = 'answer_noise'");
    assert_eq!((noise.value, noise.n_subjects), (Some(1.0), Some(40)));
    // At 23 both answers of a known year are denied, and of 20 and 60 one passes.
    let flips = only(&table, "metric = 'decision_flip_rate'\nchallenge = 23");
    assert_eq!((flips.value, flips.n_subjects), (Some(0.0), Some(40)));
}

#[test]
fn crossings_are_printed_at_the_headline_challenge_ages_of_the_windows_only() {
    let protocol = Protocol::from_toml("limits = [18]\ncrossings = [['sex', 'region']]").unwrap();
    let table = table(&people(0, 40, 17, 19.0), &protocol);
    let crossing: Vec<_> = table.rows.iter().filter(|row| row.group.by() == "sex*region").collect();
    assert_eq!(crossing[0].group.level(), "female*north");
    let ages = [18.0, 23.0].map(|years| Some(ChallengeAge::new(years).unwrap()));
    assert!(crossing.iter().all(|row| ages.contains(&row.challenge) && row.population.to_string().contains("window")));
}

#[test]
fn attacks_and_unknown_ages_are_counted_and_in_no_rate() {
    let protocol = eighteen();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    for subject in 0..100_u32 {
        truth.push(&TruthRow {
            subject_rank: subject,
            subject_known: subject != 7,
            cluster_rank: None,
            weight: (subject == 3).then_some(2.0),
            age: (subject % 10 != 1).then(|| year(17)),
            attack: subject % 10 == 0,
            levels: &[],
        });
        answers.push((subject % 10 != 2).then(|| answered(19.0)).as_ref());
    }
    let facts = Facts { chronological: false, random_sample: false };
    let table = table_of(&truth.finish().unwrap(), &answers, &protocol, facts);
    let flow = |stage: &str| only(&table, &format!("metric = 'flow_{stage}'")).value.unwrap();
    let stages = ["listed", "attacks", "age_unknown", "eligible", "attempted", "answered"].map(flow);
    assert_eq!(stages, [100.0, 10.0, 10.0, 80.0, 70.0, 70.0]);
    let row = only(&table, &under(18.0, "conditional"));
    assert_eq!(row.n_attempts, Some(70));
    for set in
        [flag::SAMPLE_ONLY, flag::LABELS_NOT_CHRONOLOGICAL, flag::SUBJECTS_UNKNOWN, flag::WEIGHTED, flag::EXPLORATORY]
    {
        assert!(row.has(set), "{set}");
    }
}

#[test]
fn clusters_of_the_manifest_stand_for_subjects() {
    let protocol = eighteen();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    for subject in 0..200_u32 {
        truth.push(&TruthRow {
            subject_rank: subject,
            subject_known: true,
            cluster_rank: (subject < 100).then_some(subject / 10),
            weight: None,
            age: Some(year(17)),
            attack: false,
            levels: &[],
        });
        answers.push(Some(&answered(if subject < 50 { 30.0 } else { 10.0 })));
    }
    let table = table_of(&truth.finish().unwrap(), &answers, &protocol, FACTS);
    let row = only(&table, &under(18.0, "conditional"));
    assert_eq!((row.n_subjects, row.n_event_subjects), (Some(110), Some(5)));
    assert!(row.has(flag::CLUSTERED));
}

#[test]
fn classes_recorded_as_ages_are_refused_with_the_reason() {
    let recorded = |values: &[f64], count: usize| {
        let mut answers = Answers::new(&[]);
        values.iter().cycle().take(count).for_each(|years| answers.push(Some(&answered(*years))));
        not_ages(&answers)
    };
    assert!(recorded(&[0.0, 1.0], 20).unwrap().contains("0 or 1"));
    assert!(recorded(&[0.0, 1.0], 19).is_none());
    assert!(recorded(&[1.0, 2.0, 3.0, 4.0], 501).unwrap().contains("4 distinct"));
    assert!(recorded(&[1.0, 2.0, 3.0, 4.0], 500).is_none());
    assert!(recorded(&[1.0, 2.0, 3.0, 4.0, 5.0], 5000).is_none());
    let table = table(&people(0, 501, 17, 20.0), &eighteen());
    assert!(only(&table, &under(18.0, "conditional")).has(flag::FEW_DISTINCT_ANSWERS));
}

#[test]
fn no_two_rows_share_their_identity_and_nothing_unknown_is_written_as_a_number() {
    let attempts: Vec<Attempt> =
        (0..400).map(|i| (i / 2, year(8 + i % 40), answered(f64::from(10 + i % 37)), PLAIN)).collect();
    let table = table(&attempts, &Protocol::default_protocol());
    let mut seen = std::collections::BTreeSet::new();
    for row in &table.rows {
        assert!(seen.insert(row.identity()), "{row:?}");
        let bounded = row.interval.is_some() == (row.low.is_some() && row.high.is_some() && row.level.is_some());
        assert!(bounded && (row.value.is_some() || row.low.is_none()), "{row:?}");
    }
}
