//! Rules of a curve on made-up answers.

use super::*;
use crate::age::{Age, AgeRange};
use crate::outcome::{Answer, Outcome};
use crate::tally::{TruthBuilder, TruthRow};

const MARGINS: Margins = Margins { rate: 0.05, years: 0.5 };

fn protocol() -> Protocol {
    Protocol::from_toml("limits = [13, 18]\n[challenge]\nheadline = [5.0]\n").unwrap()
}

/// `people` of each age from 10 to 25, one attempt each.
fn truth(people: u32) -> Truth {
    let mut builder = TruthBuilder::new(&[]);
    for number in 0..16 * people {
        let age = f64::from(10 + number % 16);
        builder.push(&TruthRow {
            subject_rank: number,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::new(age, age + 1.0).unwrap()),
            attack: false,
            levels: &[],
        });
    }
    builder.finish().unwrap()
}

/// Answers of `age(number, true age)`; none fails.
fn answers(people: u32, age: impl Fn(u32, f64) -> Option<f64>) -> Answers {
    let mut answers = Answers::new(&protocol().limits);
    for number in 0..16 * people {
        let outcome = match age(number, f64::from(10 + number % 16)) {
            Some(age) => Outcome::answered(Answer::Age { age: Age::new(age).unwrap(), spread: None }),
            None => Outcome::failed("too small"),
        };
        answers.push(Some(&outcome));
    }
    answers
}

fn judged(people: u32, level: f64, reduced: impl Fn(u32, f64) -> Option<f64>) -> Vec<Ruled> {
    let full = answers(people, |_, age| Some(age + 1.0));
    rules(&truth(people), &full, &answers(people, reduced), &protocol(), MARGINS, level).unwrap()
}

fn words(rules: &[Ruled], accepted: Option<bool>) -> Vec<String> {
    rules.iter().filter(|rule| rule.accepted() == accepted).map(Ruled::words).collect()
}

#[test]
fn an_input_with_the_same_answers_is_accepted_where_enough_people_stand_behind_every_rule() {
    let found = judged(20, 0.95, |_, age| Some(age + 1.0));
    assert!(accepted(&found));
    assert_eq!(words(&found, Some(true)).len(), 5, "{found:?}");
    // 60 below 13: the bound without a difference is z^2 / (n + z^2), 1.6448536^2 / (60 + 1.6448536^2).
    let Shown::Judged { value, bounds: Some(bounds), .. } = &found[0].shown else { panic!() };
    let square = 1.644_853_626_951_472_7_f64.powi(2);
    assert!((bounds.high - square / (60.0 + square)).abs() < 1e-12 && *value == Some(0.0));
}

#[test]
fn a_rule_that_nothing_could_meet_for_want_of_people_is_left_out_and_says_how_many_it_needs() {
    // 52 people show a difference below 5 points at 95 % (METRICS M16), 96 at 98.75 %.
    let found = judged(17, 0.95, |_, age| Some(age + 1.0));
    assert_eq!(words(&found, None), ["under-age passes at 13, challenge age 18"]);
    let Shown::LeftOut(why) = &found[0].shown else { panic!() };
    assert_eq!(why, "51<52 subjects");
    assert!(accepted(&found), "the others decide");
    let found = judged(20, axis_level(&protocol(), 4), |_, age| Some(age + 1.0));
    let Shown::LeftOut(why) = &found[0].shown else { panic!() };
    assert_eq!(why, "60<96 subjects");
    assert!(!accepted(&judged(2, 0.95, |_, age| Some(age + 1.0))), "nothing can be shown at all");
}

#[test]
fn an_input_that_lets_minors_through_denies_adults_or_errs_more_is_not_accepted() {
    let minors = judged(40, 0.95, |number, age| Some(if age == 14.0 && number % 5 < 2 { 24.0 } else { age + 1.0 }));
    assert_eq!(words(&minors, Some(false)), ["under-age passes at 18, challenge age 23"]);
    let adults = judged(40, 0.95, |number, age| Some(if age > 22.0 && number % 5 == 0 { 22.5 } else { age + 1.0 }));
    assert_eq!(words(&adults, Some(false)), ["adult denials at 18, challenge age 23"]);
    // Failing more often denies adults, and errors are those of whoever was answered.
    let failing = judged(40, 0.95, |number, age| (number % 5 > 0).then_some(age + 1.0));
    let failed = words(&failing, Some(false));
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(failed.iter().all(|words| words.starts_with("adult denials")));
    let wrong = judged(40, 0.95, |_, age| Some(if age < 12.0 { age + 3.0 } else { age + 1.5 }));
    assert_eq!(words(&wrong, Some(false)), ["the mean error"], "errors grew by 0.5 to 2 years");
    assert!([minors, adults, failing, wrong].iter().all(|rules| !accepted(rules)));
}

#[test]
fn a_method_that_decides_itself_has_no_mean_error_and_one_rule_a_side() {
    use crate::outcome::{Decision, LimitAnswer};
    let decide = |people: u32, wrong: u32| {
        let mut answers = Answers::new(&protocol().limits);
        for number in 0..16 * people {
            let (age, limit) = (10 + number % 16, protocol().limits[1]);
            let passes = (age >= 18) != (number < wrong);
            let decision = Some(if passes { Decision::Pass } else { Decision::Deny });
            let answer = Answer::Limits(vec![LimitAnswer { limit, score: None, decision }]);
            answers.push(Some(&Outcome::answered(answer)));
        }
        answers
    };
    let of = |wrong| rules(&truth(20), &decide(20, 0), &decide(20, wrong), &protocol(), MARGINS, 0.95).unwrap();
    assert_eq!(words(&of(0), Some(true)), ["under-age passes at 18", "adult denials at 18"]);
    assert!(accepted(&of(0)) && !accepted(&of(80)));
}

#[test]
fn rows_of_steps_say_what_was_held_against_which_margin_and_the_least_input_what_it_saves() {
    let found = judged(17, 0.95, |_, age| Some(age + 1.0));
    let step = CurveStep { number: 1, axis: "pixels".to_owned(), left: 64.0, bytes: 1000, samples: 4 };
    let least = Least {
        left: vec![("pixels".to_owned(), 64.0)],
        bytes: 250.0,
        full_bytes: 1000.0,
        ended: [
            ("pixels", "48: the mean error", true),
            ("quality", "75: the mean error", true),
            ("margin", "no face box", false),
        ]
        .map(|(axis, why, tried)| Ended { axis: axis.to_owned(), why: why.to_owned(), tried })
        .to_vec(),
    };
    let rows = curve(&Context::default(), &protocol(), &[(step, found)], &least);
    let value = |metric: &str, variant: &str| {
        let row = rows.iter().find(|row| row.metric == metric && row.variant.to_string() == variant);
        row.unwrap_or_else(|| panic!("no {metric} {variant}")).clone()
    };
    assert_eq!(value("reduced_input_bytes", "axis=pixels;left=64;step=01").value, Some(250.0));
    let passes = "reduced_under_age_pass_rate_difference";
    let row = value(passes, "axis=pixels;left=64;margin=0.05;step=01");
    assert!(row.has(curve_flag::LEFT_OUT) && row.value.is_none(), "{row:?}");
    let judged = rows.iter().filter(|row| row.has(curve_flag::NON_INFERIOR));
    assert!(judged.clone().count() == 4 && judged.clone().all(|row| row.claim_high.is_some()));
    assert_eq!(value("reduced_input_bytes", "axis=pixels;left=64;step=01").n_attempts, Some(4));
    assert_eq!(value("least_input_saved", "").value, Some(0.75));
    assert_eq!(value("least_input_left", "axis=pixels").value, Some(64.0));
    assert_eq!(value("least_input_left", "axis=quality").status, RowStatus::NotAchievable);
    assert_eq!(value("least_input_left", "axis=margin").status, RowStatus::NotApplicable);
    let identities: std::collections::BTreeSet<_> = rows.iter().map(Row::identity).collect();
    assert_eq!(identities.len(), rows.len(), "no two rows are the same");
}

#[test]
fn a_bound_that_is_the_margin_itself_is_not_below_it() {
    let (truth, full) = (truth(40), answers(40, |_, age| Some(age + 1.0)));
    let reduced = answers(40, |number, age| Some(if age > 22.0 && number % 7 == 0 { 22.5 } else { age + 1.25 }));
    let of = |margins| rules(&truth, &full, &reduced, &protocol(), margins, 0.95).unwrap();
    let mut held = 0;
    for (place, rule) in of(MARGINS).iter().enumerate() {
        let Shown::Judged { bounds: Some(bounds), .. } = &rule.shown else { continue };
        let judged = |high: f64| of(Margins { rate: high, years: high })[place].accepted();
        // With a margin that nothing could be shown to be below, a rule is left out; and so may it be at the bound of no difference.
        if judged(bounds.high).is_some() {
            assert_eq!(
                (judged(bounds.high), judged(bounds.high * 1.001)),
                (Some(false), Some(true)),
                "{}",
                rule.words()
            );
            held += 1;
        }
    }
    assert_eq!(held, 2, "adults who are denied, and the mean error");
}

#[test]
fn of_an_input_without_a_byte_no_share_is_saved() {
    let rows = curve(&Context::default(), &protocol(), &[], &Least::default());
    let told: Vec<_> = rows.iter().map(|row| (row.metric.as_str(), row.value, row.status)).collect();
    let [bytes, saved] = ["least_input_bytes", "least_input_saved"];
    assert_eq!(told, [(bytes, Some(0.0), RowStatus::Value), (saved, None, RowStatus::Empty)]);
}

#[test]
fn a_step_that_is_worse_by_the_margin_is_rarely_accepted() {
    // One in ten of those adults who pass in full, which is half of the adults, is denied: 5 points, the margin itself. Of
    // 200 draws of who they are, 10 are expected to be accepted wrongly, and docs/methodology.md owns up to 6.9 %, of
    // which more than 27 come once in a thousand times (binomial).
    let (people, truth, full) = (25, truth(25), answers(25, |_, age| Some(age + 1.0)));
    let limit = protocol().limits[1];
    let wrong = (0..200_u32).filter(|draw| {
        let denied = |number: u32| crate::stats::key(u64::from(*draw), &[u64::from(number)]).is_multiple_of(10);
        let reduced = |number, age: f64| Some(if age >= 22.0 && denied(number) { 22.5 } else { age + 1.0 });
        let tally = PairTally::of(&truth, &full, &answers(people, reduced), &protocol()).unwrap();
        let challenge = Some(ChallengeAge::new(23.0).unwrap());
        rate(&tally, limit, challenge, Slot::Over, MARGINS.rate, 0.95).accepted() == Some(true)
    });
    let wrong = wrong.count();
    assert!((1..=27).contains(&wrong), "{wrong} of 200");
}
