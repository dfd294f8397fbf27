//! Waterfalls on made-up decisions: what attempts take where people weigh differently, and errors of a last stage known by its rates.

use super::*;
use crate::age::AgeLimit;
use crate::metric::{Scores, StageFacts, StageRates, waterfall};
use crate::outcome::{Decision, LimitAnswer, StageUse, Stages};
use crate::stats::wilson;
use crate::tally::ScoreRows;

fn limit() -> AgeLimit {
    AgeLimit::new(18).unwrap()
}

/// An attempt that came to stage `reached` of two, which took so many nanoseconds in all, and its decision.
fn staged(decision: Option<Decision>, reached: u8, nanos: u64) -> Outcome {
    let stage = |nanos| StageUse { bytes_in: Some(10), bytes_out: Some(2), nanos: Some(nanos), ..StageUse::default() };
    let stages = Stages { reached: vec![(limit(), reached)], asked: vec![stage(nanos)], broke: Vec::new() };
    let answer = Answer::Limits(vec![LimitAnswer { limit: limit(), score: None, decision }]);
    Outcome { stages: Some(Box::new(stages)), ..Outcome::answered(answer) }
}

fn rows(people: &[(u32, Option<f64>, u32, Outcome)], rates: Option<StageRates>) -> Table {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, weight, age, outcome) in people {
        truth.push(&TruthRow { weight: *weight, ..TruthRow::of(*subject, year(*age), &[]) });
        answers.push(Some(outcome));
    }
    let truth = truth.finish().unwrap();
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let kept = Scores::Rows(ScoreRows::of(&truth, &answers));
    let stages = [StageFacts::default(), StageFacts { rates }];
    Table { rows: waterfall(&Context::default(), &protocol, FACTS, &tally, kept, &stages) }
}

#[test]
fn what_an_attempt_takes_is_the_mean_over_people_by_their_weights() {
    // Five people; the first came twice. Milliseconds, and what each weighs.
    let taken: [(&[u64], f64); 5] = [(&[4, 8], 0.5), (&[1], 1.0), (&[3], 2.0), (&[7], 2.5), (&[2], 0.25)];
    let mut people = Vec::new();
    for (subject, (times, weight)) in (0..).zip(taken) {
        let of = |time: &u64| (subject, Some(weight), 20, staged(Some(Decision::Pass), 1, time * 1_000_000));
        people.extend(times.iter().map(of));
    }
    let table = rows(&people, None);
    let row = only(&table, "metric = 'time_per_attempt'\npopulation = 'over'\nweighting = 'subject'");
    let own = taken.map(|(times, weight)| {
        let count = times.len() as f64;
        (times.iter().sum::<u64>() as f64 / count, count, weight)
    });
    let [mean, low, high] = design::by_hand(&own, false);
    near(row.value, mean, "mean");
    near(row.low, low, "low");
    near(row.high, high, "high");
    assert_eq!((row.n_attempts, row.n_subjects), (Some(6), Some(5)));
    let unweighted: Vec<_> =
        people.iter().map(|(subject, _, age, outcome)| (*subject, None, *age, outcome.clone())).collect();
    let table = rows(&unweighted, None);
    let row = only(&table, "metric = 'time_per_attempt'\npopulation = 'over'\nweighting = 'subject'");
    near(row.value, own.iter().map(|one| one.0).sum::<f64>() / 5.0, "without weights");
    let bytes = only(
        &table,
        "metric = 'bytes_per_attempt'\npopulation = 'over'\nvariant = 'bytes=given'\nweighting = 'subject'",
    );
    near(bytes.value, 10.0, "bytes");
}

#[test]
fn an_error_of_a_last_stage_known_by_its_rates_lies_between_what_any_dependence_could_make_it() {
    // Of 100 minors 10 are rightly denied at the first stage, 2 pass there, 88 come to the last.
    let of = |person: u32| {
        let decision = match person {
            0..10 => Some(Decision::Deny),
            10..12 => Some(Decision::Pass),
            _ => None,
        };
        (person, None, 16, staged(decision, if decision.is_some() { 1 } else { 2 }, 1))
    };
    let people: Vec<_> = (0..100).map(of).collect();
    // Two limits on each side, each with half of the error of 5 %.
    let limits = |events: f64, people: f64| {
        let (low, high) = wilson(events / people, people, 0.975);
        (events / people, low, high)
    };
    let (before, right) = (limits(2.0, 100.0), limits(10.0, 100.0));
    let mut binding = Vec::new();
    for passed in [40_u32, 360] {
        let rates = StageRates { under_age_passes: [u64::from(passed), 400], adult_denials: [0, 400] };
        let table = rows(&people, Some(rates));
        let select = "metric = 'end_to_end_under_age_pass_rate'\npopulation = 'under'\nvariant = 'last_stage=rates'";
        let row = only(&table, select);
        let last = limits(f64::from(passed), 400.0);
        near(row.value, before.0 + 0.88 * last.0, "if independent");
        // At least those who passed before, and all who err at the last and were not rightly denied before; the limits of sums and
        // differences are MOVER's (Newcombe 1998, method 10).
        let not_denied = last.0 - right.0 - (last.0 - last.1).hypot(right.2 - right.0);
        near(row.low, before.1.max(not_denied), "low");
        // At most those who passed before with those who err at the last, and all but the rightly denied.
        let both = before.0 + last.0 + (before.2 - before.0).hypot(last.2 - last.0);
        near(row.high, both.min(1.0 - right.1), "high");
        binding.push((not_denied > before.1, both < 1.0 - right.1));
    }
    assert_eq!(binding, [(false, true), (true, false)], "each of the four limits decides once");
}
