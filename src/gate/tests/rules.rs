//! What a rule makes of one row.

use super::*;

const AT_MOST: &str = "metric = 'under_age_pass_rate'\nat_most = 0.05";

/// scipy.stats.beta.ppf(.95, k + 1, n - k) and beta.ppf(.05, k, n - k + 1), n = 400.
const UPPER: [(u64, f64); 3] = [(11, 0.045_108_576_139), (13, 0.051_175_575_323), (30, 0.100_354_504_781)];
const LOWER_30: f64 = 0.054_498_196_779;

#[test]
fn a_rate_passes_by_its_upper_claims_bound_and_fails_by_the_lower_one() {
    let row = |events| rate(place(), events, 400, Evidence::Sufficient);
    for (events, upper) in UPPER {
        assert!((row(events).claim_high.unwrap() - upper).abs() < 1e-9, "{:?}", row(events).claim_high);
    }
    let (verdict, says) = one(AT_MOST, row(11));
    assert_eq!(verdict, Verdict::Pass);
    assert_eq!(
        says,
        "0.0275 (400 subjects): the upper bound (Clopper-Pearson, one-sided 95 %) 0.04511 is at most 0.05"
    );
    let (verdict, says) = one(AT_MOST, row(13));
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(
        says.contains("0.05118 is above 0.05; about ") && says.contains("more subjects like these would show it"),
        "{says}"
    );
    assert!((row(30).claim_low.unwrap() - LOWER_30).abs() < 1e-9, "{:?}", row(30).claim_low);
    let (verdict, says) = one(AT_MOST, row(30));
    assert_eq!(verdict, Verdict::Fail);
    assert!(says.contains("the lower bound (Clopper-Pearson, one-sided 95 %) 0.0545 is above 0.05"), "{says}");
}

#[test]
fn what_must_be_high_is_judged_by_the_other_end() {
    let share = Measure { name: "within_5_years", unit: Unit::Share, better: Better::Higher };
    let row = |events| {
        let mut row = rate(Place::of_all(), events, 400, Evidence::Sufficient);
        share.name.clone_into(&mut row.metric);
        row
    };
    let rule = "metric = 'within_5_years'\nat_least = 0.95";
    // The mirror of the rates above.
    assert_eq!(
        [389, 387, 370].map(|events| one(rule, row(events)).0),
        [Verdict::Pass, Verdict::Inconclusive, Verdict::Fail]
    );
}

#[test]
fn a_failure_is_corrected_for_the_number_of_rows_and_a_pass_is_not() {
    // scipy.stats.beta.ppf(.05 / 20, 30, 371) = 0.0429: one of twenty rows no longer fails.
    let group = |at: u32| Place { group: Group::of([("sex", format!("g{at}").as_str())]), ..place() };
    let mut rows: Vec<Row> = (0..19).map(|at| rate(group(at), 11, 400, Evidence::Sufficient)).collect();
    rows.push(rate(group(19), 30, 400, Evidence::Sufficient));
    let rule = format!("{AT_MOST}\nevery_group = 'sex'");
    let judged = judged(&policy(&[&rule]), rows);
    let count = |verdict| judged[0].checks.iter().filter(|check| check.verdict == verdict).count();
    assert_eq!((count(Verdict::Pass), count(Verdict::Inconclusive), count(Verdict::Fail)), (19, 1, 0));
    assert_eq!(judged[0].verdict, Verdict::Inconclusive);
}

#[test]
fn bounds_that_cannot_be_made_anew_are_used_as_they_stand_and_said_to_be() {
    // A bound for the worst of several groups is wider than that of its own counts.
    let mut row = rate(place(), 30, 400, Evidence::Sufficient);
    row.claim_low = Some(0.047);
    row.claim_high = Some(0.11);
    let (verdict, says) = one(AT_MOST, row.clone());
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(says.contains("the upper bound for claims 0.11 is above 0.05"), "{says}");
    row.claim_low = Some(0.051);
    let judged = judged(&policy(&[AT_MOST, "metric = 'under_age_pass_rate'\nat_most = 0.9"]), vec![row]);
    assert_eq!(judged[0].verdict, Verdict::Fail);
    assert!(judged[0].checks[0].says.contains("not corrected for 2 checks"), "{}", judged[0].checks[0].says);
}

#[test]
fn means_are_judged_by_their_interval_and_failures_by_its_standard_error() {
    let mae = Measure { name: "mae", unit: Unit::Years, better: Better::Lower };
    // 50 subjects, mean 3, standard error 0.2: scipy.stats.t.ppf(.975, 49) = 2.009575, t.ppf(.95, 49) = 1.676551.
    let half = 2.009_575_234_489_2 * 0.2;
    let bounds = Bounds { interval: Interval::T, level: 0.95, low: 3.0 - half, high: 3.0 + half };
    let counts = Counts { subjects: Some(50), ..Counts::default() };
    let at = |rule: &str| one(rule, quantity(mae, 3.0, Some(bounds), counts));
    let (verdict, says) = at("metric = 'mae'\nat_most = 3.41");
    assert_eq!(verdict, Verdict::Pass);
    assert!(says.contains("upper end of the interval (t, two-sided, 95 %) 3.402 years"), "{says}");
    // One-sided the lower bound is 3 - 1.676551 * 0.2 = 2.66469.
    assert_eq!(at("metric = 'mae'\nat_most = 2.664").0, Verdict::Fail);
    let (verdict, says) = at("metric = 'mae'\nat_most = 2.665");
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(says.contains("no number of subjects would show that it is met"), "{says}");
    // ((1.644854 + 0.841621) * (half / 1.959964) / 0.2)^2 * 50 = 325 in all.
    let (verdict, says) = at("metric = 'mae'\nat_most = 3.2");
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(says.contains("about 280 more subjects like these would show it"), "{says}");
}

#[test]
fn counts_bytes_and_the_longest_time_are_judged_by_their_value() {
    let hosts = Measure { name: "hosts", unit: Unit::Count, better: Better::Lower };
    let longest = Measure { name: "latency_max", unit: Unit::Milliseconds, better: Better::Lower };
    let bits = Measure { name: "bits_beyond_decision", unit: Unit::Bits, better: Better::Lower };
    let row = |measure, value| quantity(measure, value, None, Counts::default());
    assert_eq!(one("metric = 'hosts'\nat_most = 0", row(hosts, 0.0)), (Verdict::Pass, "0 is at most 0".into()));
    assert_eq!(one("metric = 'hosts'\nat_most = 0", row(hosts, 1.0)), (Verdict::Fail, "1 is above 0".into()));
    assert_eq!(
        one("metric = 'latency_max'\nat_most = 9", row(longest, 9.5)),
        (Verdict::Fail, "9.5 ms is above 9".into())
    );
    assert_eq!(one("metric = 'bits_beyond_decision'\nat_most = 7", row(bits, 6.5)).0, Verdict::Pass);
    // A summary of groups is an estimate, and has no interval.
    let gap = Measure { name: "max_minus_min", unit: Unit::Share, better: Better::Lower };
    let (verdict, says) = one("metric = 'max_minus_min'\nat_most = 0.1", row(gap, 0.01));
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(says.contains("without an interval"), "{says}");
    // A number that only the maker declares is none.
    let declared = row(hosts, 0.0).flagged("declared");
    assert_eq!(one("metric = 'hosts'\nat_most = 0", declared).0, Verdict::Inconclusive);
}

#[test]
fn what_is_not_known_never_passes_and_too_few_people_may_only_fail() {
    let short = |events, n| rate(place(), events, n, Evidence::Short(vec![format!("{n}<30 subjects")]));
    let (verdict, says) = one("metric = 'under_age_pass_rate'\nat_most = 0.5", short(0, 20));
    assert_eq!(verdict, Verdict::Inconclusive);
    // Wilson's interval of 0 of n at 95 % is z^2 / (n + z^2) wide: 0.05 from n = 73 on, which is 53 more.
    assert!(says.contains("20<30 subjects; about 53 more subjects like these would be enough"), "{says}");
    assert_eq!(one(AT_MOST, short(18, 20)).0, Verdict::Fail);
    for status in RowStatus::ALL.iter().filter(|status| **status != RowStatus::Value) {
        let row = Row::without_value(&context(), place(), RATE, *status, Counts::default(), "a reason");
        let (verdict, says) = one(AT_MOST, row);
        assert_eq!(verdict, Verdict::Inconclusive, "{status}: {says}");
    }
    // But a search that no challenge age met is an answer.
    let buffer = Measure { name: "safe_buffer", unit: Unit::Years, better: Better::Lower };
    let row = Row::without_value(&context(), place(), buffer, RowStatus::NotAchievable, Counts::default(), "");
    assert_eq!(one("metric = 'safe_buffer'\nat_most = 7", row).0, Verdict::Fail);
}

#[test]
fn a_place_without_a_challenge_age_is_an_own_decision_of_a_rate_and_not_of_an_age_that_was_looked_for() {
    let told = super::super::words::place;
    let place = Place { failure_policy: Some(crate::table::FailurePolicy::Conditional), ..place() };
    assert!(told(&rate(place.clone(), 1, 400, Evidence::Sufficient)).contains("own decision"));
    let buffer = Measure { name: "safe_buffer", unit: Unit::Years, better: Better::Lower };
    let row = Row::without_value(&context(), place, buffer, RowStatus::NotAchievable, Counts::default(), "");
    assert!(!told(&row).contains("own decision"), "{}", told(&row));
}

#[test]
fn a_rule_that_finds_nothing_is_inconclusive_and_says_which_key_shuts_rows_out() {
    let row = rate(Place { group: Group::of([("sex", "male")]), ..place() }, 1, 400, Evidence::Sufficient);
    let (verdict, says) = one(AT_MOST, row.clone());
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(says, "no row: with another `group` there would be: sex = male");
    let (_, says) = one("metric = 'latency_p95'\nat_most = 1", row.clone());
    assert_eq!(says, "no row of `latency_p95`: `agebench latency` makes them");
    let (_, says) = one("metric = 'under_age_pass_rate'\nmethod = 'cma'\nat_most = 1", row);
    assert_eq!(says, "no method `cma` in the folder: did you mean `cam`?");
}

#[test]
fn every_method_must_meet_a_rule_unless_it_names_one() {
    let named = |name: &str, events| {
        let mut row = rate(place(), events, 400, Evidence::Sufficient);
        name.clone_into(&mut row.method);
        row
    };
    let rows = vec![named("good", 1), named("bad", 100)];
    let verdict = |rule: &str| judged(&policy(&[rule]), rows.clone())[0].verdict;
    assert_eq!(verdict(AT_MOST), Verdict::Fail);
    assert_eq!(verdict(&format!("{AT_MOST}\nmethod = 'good'")), Verdict::Pass);
    assert_eq!(all([Verdict::Pass, Verdict::Inconclusive, Verdict::Fail].into_iter()), Verdict::Fail);
    assert_eq!(all([Verdict::Pass, Verdict::Inconclusive].into_iter()), Verdict::Inconclusive);
}

/// A paired difference of a share, method less baseline.
fn difference(b: f64, c: f64, n: f64) -> (Row, Basis) {
    let found = Discordance::new(b, c, n).unwrap();
    let counts = Counts { subjects: Some(n as u64), ..Counts::default() };
    let quantity = Quantity { value: found.difference(), bounds: None, counts, evidence: Some(Evidence::Sufficient) };
    (Row::quantity(&context(), place(), RATE, quantity), Basis::Shares(found))
}

#[test]
fn a_margin_is_judged_by_tangos_bounds_and_an_identical_run_passes() {
    let rule = &policy(&["metric = 'under_age_pass_rate'\nmargin = 0.02"]).rules[0];
    let verdict = |pair: &HeldPair| margin::check(rule, pair, 0, 1);
    // fixtures/golden/statistics.json: with nothing discordant 133 people are needed for 2 %.
    assert_eq!(verdict(&pair(vec![difference(0.0, 0.0, 133.0)])).verdict, Verdict::Pass);
    let few = verdict(&pair(vec![difference(0.0, 0.0, 132.0)]));
    assert_eq!((few.verdict, few.more_subjects), (Verdict::Inconclusive, Some(1)), "{}", few.says);
    let worse = verdict(&pair(vec![difference(30.0, 10.0, 400.0)]));
    assert_eq!(worse.verdict, Verdict::Fail);
    assert!(
        worse.says.starts_with("0.05 worse (400 subjects): the lower bound of how much worse (Tango"),
        "{}",
        worse.says
    );
    let lost = verdict(&pair(vec![difference(12.0, 2.0, 400.0)]));
    assert_eq!((lost.verdict, lost.more_subjects), (Verdict::Inconclusive, None));
    assert!(lost.says.contains("no number of subjects would"), "{}", lost.says);
    let same = HeldPair { identical: true, ..pair(vec![difference(0.0, 0.0, 5.0)]) };
    assert_eq!(verdict(&same).verdict, Verdict::Pass);
    assert!(verdict(&same).says.starts_with("identical"));
    let partial = HeldPair { baseline_only: 3, ..pair(vec![difference(0.0, 0.0, 400.0)]) };
    assert_eq!(verdict(&partial).verdict, Verdict::Inconclusive, "what was not run is not shown to be no worse");
}

#[test]
fn where_more_is_better_a_margin_is_a_loss() {
    let rule = &policy(&["metric = 'auc'\nmargin = 0.02"]).rules[0];
    let area = |value: f64| {
        let found = crate::stats::Area { value, variance: Some(1e-6) };
        let measure = Measure { name: "auc", unit: Unit::One, better: Better::Higher };
        let counts = Counts { subjects: Some(400), ..Counts::default() };
        let quantity = Quantity { value, bounds: None, counts, evidence: Some(Evidence::Sufficient) };
        (Row::quantity(&context(), Place::of_all(), measure, quantity), Basis::Areas(found))
    };
    // The bounds are 1.645 thousandths from the value.
    let verdict = |value| margin::check(rule, &pair(vec![area(value)]), 0, 1).verdict;
    assert_eq!(
        [0.1, -0.0183, -0.0184, -0.0216, -0.0217].map(verdict),
        [Verdict::Pass, Verdict::Pass, Verdict::Inconclusive, Verdict::Inconclusive, Verdict::Fail]
    );
}

#[test]
fn a_variant_is_found_only_when_it_is_named() {
    let row = rate(Place { variant: Variant::of("window", "pooled"), ..place() }, 1, 400, Evidence::Sufficient);
    assert!(one(AT_MOST, row.clone()).1.contains("with another `variant` there would be: window=pooled"));
    assert_eq!(one(&format!("{AT_MOST}\nvariant = 'window=pooled'"), row).0, Verdict::Pass);
}
