//! Means under design weights, taken person by person: scores, spreads, and mean errors of groups that share people.

use super::*;
use crate::age::AgeLimit;
use crate::metric::{Scores, scores};
use crate::outcome::LimitAnswer;
use crate::stats::t_quantile;
use crate::tally::ScoreRows;

/// What each person's attempts are on average, how many they are, and what each of them weighs.
type Person = (f64, f64, f64);

const PEOPLE: [Person; 5] = [(0.36, 2.0, 0.5), (0.04, 1.0, 1.0), (0.25, 1.0, 2.0), (0.01, 1.0, 2.5), (0.49, 1.0, 0.25)];

/// The weighted mean and its interval at 95 %, the variance linearised over people (METRICS M19).
pub(super) fn by_hand(people: &[Person], by_attempts: bool) -> [f64; 3] {
    let weights = || people.iter().map(|(_, m, weight)| if by_attempts { m * weight } else { *weight });
    let whole: f64 = weights().sum();
    let mean = people.iter().zip(weights()).map(|((own, ..), weight)| own * weight).sum::<f64>() / whole;
    let squares: f64 = people.iter().zip(weights()).map(|((own, ..), weight)| (weight * (own - mean)).powi(2)).sum();
    let n = people.len() as f64;
    let half = t_quantile(0.975, n - 1.0) * (n / (n - 1.0) * squares).sqrt() / whole;
    [mean, mean - half, mean + half]
}

/// The rows of scores and spreads of people who each weigh so much.
fn rows_of(attempts: &[(u32, f64, u32, Outcome)]) -> Table {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let (mut truth, mut answers) = (TruthBuilder::new(&[]), Answers::new(&protocol.limits));
    for (subject, weight, age, outcome) in attempts {
        truth.push(&TruthRow { weight: Some(*weight), ..TruthRow::of(*subject, year(*age), &[]) });
        answers.push(Some(outcome));
    }
    let truth = truth.finish().unwrap();
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let kept = Scores::Rows(ScoreRows::of(&truth, &answers));
    Table { rows: scores(&Context::default(), &protocol, FACTS, &tally, kept) }
}

fn held(table: &Table, metric: &str) {
    for (weighting, by_attempts) in [("subject", false), ("attempt", true)] {
        let row = only(table, &format!("metric = '{metric}'\nvariant = ''\nweighting = '{weighting}'"));
        let [value, low, high] = by_hand(&PEOPLE, by_attempts);
        near(row.value, value, &format!("{metric} by {weighting}"));
        near(row.low, low, &format!("low of {metric} by {weighting}"));
        near(row.high, high, &format!("high of {metric} by {weighting}"));
    }
}

#[test]
fn a_brier_score_is_the_mean_over_people_by_their_weights() {
    let limit = AgeLimit::new(18).unwrap();
    let mut attempts = Vec::new();
    for (subject, (brier, _, weight)) in (0..).zip(PEOPLE) {
        // Of the first one, who is an adult, two attempts of 0.72 and 0.
        let (age, scores) = if subject == 0 {
            (20, vec![1.0 - 0.72_f64.sqrt(), 1.0])
        } else if subject == 1 {
            (20, vec![0.8])
        } else {
            (16, vec![brier.sqrt()])
        };
        let of = |score: f64| {
            let limits = vec![LimitAnswer { limit, score: Some(score), decision: None }];
            (subject, weight, age, Outcome::answered(Answer::Limits(limits)))
        };
        attempts.extend(scores.into_iter().map(of));
    }
    held(&rows_of(&attempts), "brier_score");
}

#[test]
fn a_crps_is_the_mean_over_people_by_their_weights() {
    // Of an age that is right, with spread s: s (sqrt(2 / pi) - 1 / sqrt(pi)).
    let unit = std::f64::consts::FRAC_2_PI.sqrt() - std::f64::consts::FRAC_1_PI.sqrt();
    let mut attempts = Vec::new();
    for (subject, (crps, times, weight)) in (0..).zip(PEOPLE) {
        let spreads = if times > 1.0 { vec![0.5 * crps, 1.5 * crps] } else { vec![crps] };
        let of = |crps: f64| {
            let answer = Answer::Age { age: Age::new(20.0).unwrap(), spread: Some(crps / unit) };
            (subject, weight, 20, Outcome::answered(answer))
        };
        attempts.extend(spreads.into_iter().map(of));
    }
    held(&rows_of(&attempts), "crps");
}

#[test]
fn mean_errors_of_groups_that_share_people_differ_by_what_each_person_adds_by_its_weight() {
    // Forty people with a photo in the north, thirty of whom have one in the south too; errors in years.
    let north = |person: u32| f64::from(person % 7) - 2.0;
    let south = |person: u32| f64::from(person % 5) * 0.5 - 1.5;
    let weight = |person: u32| 0.5 + 0.25 * f64::from(person % 4);
    let protocol = Protocol::from_toml("limits = [18]\ngroups = ['region']\n").unwrap();
    let (mut truth, mut answers) = (TruthBuilder::new(&[("region", true)]), Answers::new(&protocol.limits));
    for person in 0..40 {
        let mut photo = |region: &str, error: f64| {
            truth.push(&TruthRow { weight: Some(weight(person)), ..TruthRow::of(person, year(20), &[region]) });
            answers.push(Some(&answered(20.0 + error)));
        };
        photo("north", north(person));
        if person < 30 {
            photo("south", south(person));
        }
    }
    let table = table_of(&truth.finish().unwrap(), &answers, &protocol, FACTS);
    for (metric, size) in [("bias_difference", false), ("mae_difference", true)] {
        let error = |error: f64| if size { error.abs() } else { error };
        let mean = |count: u32, of: &dyn Fn(u32) -> f64| {
            let sums = (0..count).map(|person| weight(person) * error(of(person))).sum::<f64>();
            let whole: f64 = (0..count).map(weight).sum();
            (sums / whole, whole)
        };
        let ((one, of_one), (other, of_other)) = (mean(40, &north), mean(30, &south));
        // A person's part in the difference, linearised; one of both is one unit.
        let part = |person: u32| {
            let own = weight(person) * (error(north(person)) - one) / of_one * (40.0_f64 / 39.0).sqrt();
            let rest = weight(person) * (error(south(person)) - other) / of_other * (30.0_f64 / 29.0).sqrt();
            if person < 30 { own - rest } else { own }
        };
        let variance = (0..40).map(|person| part(person).powi(2)).sum::<f64>();
        let half = t_quantile(0.975, 39.0) * variance.sqrt();
        let place = "group_by = 'region'\ngroup = 'north'\npopulation = 'all'\nvariant = 'against=rest'";
        let row = only(&table, &format!("metric = '{metric}'\n{place}"));
        near(row.value, one - other, metric);
        near(row.low, one - other - half, &format!("low of {metric}"));
        near(row.high, one - other + half, &format!("high of {metric}"));
    }
}

#[test]
fn a_difference_of_rates_carries_no_claim_where_few_hold_most_weight_on_either_side() {
    // Forty minors with a photo by day and one by night, every fifth of whom passes by day; and one more by day who weighs so much.
    let protocol = Protocol::from_toml("limits = [18]\ngroups = ['light']\n").unwrap();
    let said = |heavy: f64| {
        let (mut truth, mut answers) = (TruthBuilder::new(&[("light", true)]), Answers::new(&protocol.limits));
        let mut photo = |person: u32, light: &str, weight: f64, answer: f64| {
            truth.push(&TruthRow { weight: Some(weight), ..TruthRow::of(person, year(16), &[light]) });
            answers.push(Some(&answered(answer)));
        };
        for person in 0..40 {
            photo(person, "day", 1.0, if person % 5 == 0 { 30.0 } else { 10.0 });
            photo(person, "night", 1.0, if person % 4 == 0 { 30.0 } else { 10.0 });
        }
        photo(40, "day", heavy, 10.0);
        let table = table_of(&truth.finish().unwrap(), &answers, &protocol, FACTS);
        ["day", "night"].map(|group| {
            let place = format!(
                "group_by = 'light'\ngroup = '{group}'\npopulation = 'under'\nvariant = 'against=rest'\nchallenge = 18"
            );
            let row = only(&table, &format!("metric = 'under_age_pass_rate_difference'\n{place}"));
            row.evidence.as_ref().unwrap().cell().contains("few subjects hold most")
        })
    };
    // Kish's number of the 41: 46^2 / (40 + 36) = 27.8 and 52^2 / (40 + 144) = 14.7.
    assert_eq!([said(6.0), said(12.0)], [[false; 2], [true; 2]]);
}
