//! Where a side, a year, a window or an answer is missing: which rows there are, whom they count, and which one they say is missing.

use super::floors::{PLAIN, says, taken};
use super::*;
use crate::metric::flag;
use crate::outcome::Status;
use crate::table::{FailurePolicy, Interval, Population, RowStatus};

#[test]
fn who_has_an_answer_on_one_side_alone_is_no_person_of_both() {
    // 40 people with a photo at 17 and one at 18; the adult's photo of ten of them is refused.
    let refused = || Outcome::unanswered(Status::Refused, "");
    let of = |person: u32| {
        let minor = answered(if person.is_multiple_of(4) { 40.0 } else { 10.0 });
        let adult = if person < 10 { refused() } else { answered(if person.is_multiple_of(5) { 10.0 } else { 40.0 }) };
        [(person, year(17), minor, PLAIN), (person, year(18), adult, PLAIN)]
    };
    let attempts: Vec<Attempt> = (0..40).flat_map(of).collect();
    let protocol = Protocol::from_toml("limits = [18]\nfailure_policy = 'conditional'\n").unwrap();
    let row =
        only(&table(&attempts, &protocol), "metric = 'balanced_error'\nchallenge = 18\nweighting = 'subject'").clone();
    assert_eq!((row.n_subjects, row.n_attempts), (Some(40), Some(70)));
    assert_eq!((row.value, row.interval), (Some(f64::midpoint(0.25, 0.2)), Some(Interval::Bootstrap)));
}

#[test]
fn a_buffer_is_flagged_where_a_window_leaves_somebody_out_and_nowhere_else() {
    let protocol =
        Protocol::from_toml("limits = [18]\nfailure_policy = 'conditional'\n[buffer]\ntarget = 0.05\n").unwrap();
    let said = |band: Option<AgeRange>, outcome: Outcome| {
        let mut people: Vec<Attempt> =
            (13..=20).flat_map(|age| taken(1000 * age, 80, age, if age < 18 { 0 } else { 80 })).collect();
        people.extend(band.map(|band| (90_000, band, outcome, PLAIN)));
        let table = table(&people, &protocol);
        let found = only(&table, "metric = 'safe_buffer'");
        assert_eq!(found.value, Some(0.0), "{:?}", found.evidence);
        let window = "metric = 'under_age_pass_rate'\nchallenge = 18\npopulation = 'window'\nweighting = 'subject'\n\
                      failure_policy = 'conditional'\n";
        let flagged = |row: &Row| row.has(flag::BANDS_LEFT_OUT);
        assert_eq!(flagged(only(&table, window)), flagged(found));
        flagged(found)
    };
    let of = |band| said(band, answered(10.0));
    assert!(!of(None));
    assert!(of(AgeRange::new(14.0, 16.0).ok()));
    assert!(!of(AgeRange::new(8.0, 10.0).ok()), "of nobody in the window");
    let refused = Outcome::unanswered(Status::Refused, "");
    assert!(!said(AgeRange::new(14.0, 16.0).ok(), refused), "of nobody in the denominator");
}

#[test]
fn a_year_of_the_buffer_that_nobody_is_in_counts_nobody() {
    // Nobody is 17; adults of the window are 18 alone.
    let protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 2\n[buffer]\ntarget = 0.05\n").unwrap();
    let people = [taken(0, 80, 16, 0), taken(1000, 80, 18, 80)].concat();
    let found = only(&table(&people, &protocol), "metric = 'safe_buffer'").clone();
    assert_eq!(found.status, RowStatus::InsufficientEvidence);
    assert!(says(&found).starts_with("everyone at age:17: "), "{}", says(&found));
    // The adults of 19 all refused, which is told beside what a buffer costs.
    let refused = |one: Attempt| (one.0, one.1, Outcome::unanswered(Status::Refused, ""), one.3);
    let of_19 = taken(2000, 80, 19, 80).into_iter().map(refused).collect();
    let people = [taken(0, 80, 16, 0), taken(500, 80, 17, 0), taken(1000, 80, 18, 80), of_19].concat();
    let table = table(&people, &protocol);
    let cost = |population: &str| {
        let place = format!("population = '{population}'\nvariant = 'buffer=selected'");
        only(&table, &format!("metric = 'adult_denial_rate'\n{place}")).clone()
    };
    let (there, refused) = (cost("age:18"), cost("age:19"));
    assert_eq!((there.value, there.n_undecided, there.n_ties), (Some(0.0), Some(0), Some(0)));
    assert_eq!((refused.value, refused.status), (None, RowStatus::Empty));
    assert_eq!((refused.n_subjects, refused.n_undecided, refused.n_ties), (Some(0), Some(0), Some(0)));
}

#[test]
fn ages_below_a_limit_are_counted_down_to_the_first_year_of_life_alone() {
    let protocol = Protocol::from_toml("limits = [3]\n[windows]\nunder = 5\n").unwrap();
    let people: Vec<Attempt> = (0..6).flat_map(|age| taken(100 * age, 40, age, 10)).collect();
    let table = table(&people, &protocol);
    let select: Select =
        toml::from_str("metric = 'far_under_age_pass_share'\nvariant = '*'\nchallenge = 3\nweighting = 'subject'")
            .unwrap();
    let years: Vec<String> = table.find(&select).map(|row| row.variant.to_string()).collect();
    assert_eq!(years, ["x=1", "x=2"]);
}

#[test]
fn a_projection_with_all_visitors_on_one_side_says_which_side_is_empty() {
    let of = |ages: &str| {
        let text = format!("limits = [18]\n[[projection]]\nname = 'shop'\nages = {ages}\n");
        let people = [taken(0, 40, 17, 8), taken(500, 40, 20, 36)].concat();
        let table = table(&people, &Protocol::from_toml(&text).unwrap());
        ["positive_predictive_value", "minors_passed_per_1000", "adults_denied_per_1000"].map(|metric| {
            let row = only(&table, &format!("metric = '{metric}'\nchallenge = 18\npopulation = 'projected:shop'"));
            (row.value, row.status, row.evidence.as_ref().map(crate::table::Evidence::cell).unwrap_or_default())
        })
    };
    let nothing = |why: &str| (None, RowStatus::NotApplicable, why.to_owned());
    let [value, minors, adults] = of("[[20, 1.0]]");
    assert_eq!(value, nothing("all visitors are on one side of the limit"));
    assert_eq!(minors, nothing("no visitor is below the limit"));
    assert_eq!(adults.0, Some(100.0));
    let [value, minors, adults] = of("[[17, 1.0]]");
    assert_eq!(value, nothing("all visitors are on one side of the limit"));
    assert_eq!(minors.0, Some(200.0));
    assert_eq!(adults, nothing("no visitor is at or above the limit"));
}

#[test]
fn rates_over_the_same_ages_stand_under_the_protocols_policy_and_with_failures_as_denials() {
    let policies = |policy: &str| -> Vec<FailurePolicy> {
        let protocol = Protocol::from_toml(&format!("limits = [18]\nfailure_policy = '{policy}'\n")).unwrap();
        let people = [taken(0, 40, 17, 8), taken(500, 40, 18, 36)].concat();
        let (truth, answers) = columns(&people, &protocol);
        let tally = Tally::of(&truth, &answers, &protocol).unwrap();
        let years = crate::metric::attempted_years(&tally);
        let rows = crate::metric::equal_years(&Context::default(), &protocol, FACTS, &tally, &years);
        let at = |row: &&Row| row.metric == "under_age_pass_rate" && row.challenge.is_some_and(|it| it.years() == 18.0);
        let rows: Vec<&Row> = rows.iter().filter(at).collect();
        assert!(rows.iter().all(|row| row.population == Population::Window(13, 17) && row.value == Some(0.2)));
        rows.iter().filter_map(|row| row.failure_policy).collect()
    };
    assert_eq!(policies("fail_closed"), [FailurePolicy::FailClosed]);
    assert_eq!(policies("conditional"), [FailurePolicy::Conditional, FailurePolicy::FailClosed]);
    assert_eq!(policies("fail_open"), [FailurePolicy::FailOpen, FailurePolicy::FailClosed]);
}

#[test]
fn without_windows_groups_are_compared_over_everybody_and_nothing_stands_in_a_window() {
    let fixed =
        "name = 'males'\nlimit = 18\ngroup_by = 'sex'\ngroup = 'male'\npopulation = 'under'\nunder_age_pass_rate = 0.3";
    let text =
        format!("limits = [18]\ngroups = ['sex']\n[windows]\nunder = 0\nover = 0\n[[fixed_thresholds]]\n{fixed}\n");
    let protocol = Protocol::from_toml(&text).unwrap();
    let one = |(subject, age, outcome, _): Attempt| {
        (subject, age, outcome, [["female", "male"][subject as usize % 2], "north"])
    };
    let people = [taken(0, 80, 17, 20), taken(500, 80, 18, 70)].concat().into_iter().map(one).collect::<Vec<_>>();
    let table = table(&people, &protocol);
    let of_limits = table.rows.iter().filter(|row| row.limit.is_some());
    assert_eq!(of_limits.filter(|row| matches!(row.population, Population::Window(..))).count(), 0);
    for (rate, difference, population) in [
        ("under_age_pass_rate", "under_age_pass_rate_difference", "under"),
        ("adult_denial_rate", "adult_denial_rate_difference", "over"),
    ] {
        let place = format!("challenge = 18\npopulation = '{population}'\ngroup_by = 'sex'\n");
        assert!(only(&table, &format!("metric = '{rate}'\n{place}variant = 'worst=group'")).value.is_some());
        let against = format!("metric = '{difference}'\n{place}group = 'male'\nvariant = 'against=rest'");
        assert!(only(&table, &against).value.is_some());
        let fixed: Select = toml::from_str(&format!(
            "metric = '{rate}'\npopulation = '{population}'\ngroup_by = 'sex'\ngroup = '*'\nvariant = 'fixed=males'"
        ))
        .unwrap();
        assert_eq!(table.find(&fixed).filter(|row| row.value.is_some()).count(), 2);
    }
}

#[test]
fn a_threshold_fixed_on_a_window_has_its_people_pooled_beside_their_mean_below_the_limit_alone() {
    let fixed = "name = 'males'\nlimit = 18\ngroup_by = 'sex'\ngroup = 'male'\npopulation = 'window'\nunder_age_pass_rate = 0.3";
    let text =
        format!("limits = [18]\ngroups = ['sex']\n[windows]\nunder = 2\nover = 2\n[[fixed_thresholds]]\n{fixed}\n");
    let one = |(subject, age, outcome, _): Attempt| {
        (subject, age, outcome, [["female", "male"][subject as usize % 2], "north"])
    };
    let people: Vec<Attempt> =
        (16..20).flat_map(|age| taken(1000 * age, 80, age, if age < 18 { 20 } else { 70 })).map(one).collect();
    let table = table(&people, &Protocol::from_toml(&text).unwrap());
    let of = |variant: &str| {
        let rows = table.rows.iter().filter(|row| row.variant.to_string() == variant);
        let windows =
            rows.filter(|row| row.metric.ends_with("_rate") && matches!(row.population, Population::Window(..)));
        windows.map(|row| row.metric.as_str()).collect::<Vec<_>>()
    };
    let [passes, denials] = ["under_age_pass_rate", "adult_denial_rate"];
    // Of everybody, and of each sex.
    assert_eq!(of("fixed=males"), [[passes, denials]; 3].concat());
    assert_eq!(of("fixed=males;window=pooled"), [passes; 3]);
}

#[test]
fn ages_and_ranges_are_answers_of_a_band_alike_and_without_any_answer_nobody_is_in_it() {
    let recall = |outcome: &dyn Fn(u32) -> Outcome| {
        let people: Vec<Attempt> = (0..40).map(|person| (person, year(17), outcome(person), PLAIN)).collect();
        let protocol = Protocol::from_toml("limits = [18]\nbands = [16, 18]\n").unwrap();
        let select = "metric = 'band_recall'\npopulation = 'band:16-18'\nweighting = 'subject'";
        let row = only(&table(&people, &protocol), select).clone();
        (row.value, row.status)
    };
    let range = || Outcome::answered(Answer::Range { low: Age::new(16.0).unwrap(), high: Age::new(17.5).unwrap() });
    let half = recall(&|person| if person % 2 == 0 { answered(17.0) } else { range() });
    assert_eq!(half, (Some(1.0), RowStatus::Value));
    let nobody = recall(&|_| Outcome::unanswered(Status::Refused, ""));
    assert_eq!(nobody, (Some(0.0), RowStatus::InsufficientEvidence), "no kind of answer, and none of another kind");
}

#[test]
fn a_window_that_lacks_a_year_is_flagged_where_few_people_hold_most_of_its_attempts() {
    let flagged = |most: u32, weighting: &str| {
        let mut people = taken(0, 40, 16, 0);
        people.extend((0..most).flat_map(|_| taken(0, 1, 16, 0)));
        let protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 2\n").unwrap();
        let table = table(&people, &protocol);
        let select =
            "metric = 'under_age_pass_rate'\nchallenge = 18\npopulation = 'window'\nfailure_policy = 'conditional'";
        let row = only(&table, &format!("{select}\nweighting = '{weighting}'"));
        assert_eq!((row.value, says(row).as_str()), (None, "no subject aged 17"));
        row.has(flag::ATTEMPTS_DOMINATED)
    };
    assert_eq!([flagged(200, "subject"), flagged(200, "attempt"), flagged(1, "subject")], [true, false, false]);
}
