//! What is just enough: a floor is met by what is equal to it, a ceiling too. And where a side, a year, a window or a level is
//! missing, rows say which one it is.

use super::*;
use crate::protocol::EvidenceRule;
use crate::table::{FailurePolicy, Interval, Population, RowStatus};

const PLAIN: [&str; 2] = ["female", "north"];

/// One attempt each of `count` people of `age`, the first `old` of whom are taken for 40, the others for 10.
fn taken(first: u32, count: u32, age: u32, old: u32) -> Vec<Attempt> {
    let of = |person: u32| (first + person, year(age), answered(if person < old { 40.0 } else { 10.0 }), PLAIN);
    (0..count).map(of).collect()
}

fn says(row: &Row) -> String {
    row.evidence.as_ref().unwrap().cell()
}

#[test]
fn a_share_whose_people_n_star_and_width_are_just_what_is_asked_carries_a_claim() {
    let people = taken(0, 40, 17, 20);
    let row = |rule: Option<EvidenceRule>| {
        let mut protocol = Protocol::from_toml("limits = [18]\n").unwrap();
        protocol.evidence = rule.unwrap_or(protocol.evidence);
        let select = "metric = 'under_age_pass_rate'\nchallenge = 18\npopulation = 'under'\nfailure_policy = 'conditional'\n\
                      weighting = 'subject'\n";
        only(&table(&people, &protocol), select).clone()
    };
    let before = row(None);
    assert_eq!(before.value, Some(0.5));
    let (width, n_star) = (before.high.unwrap() - before.low.unwrap(), before.n_star.unwrap());
    let just = EvidenceRule { subjects: 40, n_star, width, small_width: width, width_share: 0.0 };
    assert_eq!(says(&row(Some(just))), "sufficient");
    // Of a value of one half, twice the width as a share of it is the width.
    let share = EvidenceRule { small_width: width / 2.0, width_share: 2.0 * width, ..just };
    assert_eq!(says(&row(Some(share))), "sufficient");
    let more = EvidenceRule { subjects: 41, n_star: n_star + 0.1, ..share };
    assert_eq!(says(&row(Some(more))), "40<41 subjects;n* 40.0<40.1");
    let narrower = EvidenceRule { width: width * 0.999, ..just };
    assert!(says(&row(Some(narrower))).starts_with("width 0.29"), "{}", says(&row(Some(narrower))));
    let steeper = EvidenceRule { width_share: 1.999 * width, ..share };
    assert!(says(&row(Some(steeper))).ends_with("% of the value"), "{}", says(&row(Some(steeper))));
}

#[test]
fn a_balanced_error_needs_the_floor_of_people_on_each_side_and_no_more() {
    let row = |minors: u32, adults: u32| {
        let people = [taken(0, minors, 17, minors / 5), taken(500, adults, 20, adults - adults / 5)].concat();
        let table = table(&people, &Protocol::from_toml("limits = [18]\n").unwrap());
        only(&table, "metric = 'balanced_error'\nchallenge = 18\nweighting = 'subject'").clone()
    };
    assert_eq!(says(&row(30, 30)), "sufficient");
    assert_eq!(says(&row(29, 30)), "29<30 subjects below the limit");
    assert_eq!(says(&row(30, 29)), "29<30 subjects at or above the limit");
    let (nobody_below, nobody_above) = (row(0, 30), row(30, 0));
    assert_eq!((nobody_below.status, nobody_above.status), (RowStatus::Empty, RowStatus::Empty));
    assert_eq!(
        [nobody_below, nobody_above].each_ref().map(says),
        ["nobody below the limit", "nobody at or above the limit"]
    );
}

#[test]
fn who_has_an_answer_on_one_side_alone_is_no_person_of_both() {
    // 40 people with a photo at 17 and one at 18; the adult's photo of ten of them is refused.
    let refused = || Outcome::unanswered(crate::outcome::Status::Refused, "");
    let of = |person: u32| {
        let minor = answered(if person % 4 == 0 { 40.0 } else { 10.0 });
        let adult = if person < 10 { refused() } else { answered(if person % 5 == 0 { 10.0 } else { 40.0 }) };
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
fn two_people_without_an_error_are_enough_for_a_target_of_one_half_at_a_level_of_three_quarters() {
    // None of two is at most one half, at a level of three quarters: 1 - 0.25^(1/2). ln 0.25 / ln 0.5 is 2 to the last bit.
    let mut protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 1\n[buffer]\ntarget = 0.5\n").unwrap();
    protocol.levels.claim = 0.75;
    protocol.evidence = EvidenceRule { subjects: 2, n_star: 2.0, ..protocol.evidence };
    let people = [taken(0, 2, 17, 0), taken(10, 2, 20, 2)].concat();
    let found = only(&table(&people, &protocol), "metric = 'safe_challenge_age'").clone();
    assert_eq!((found.value, found.status), (Some(18.0), RowStatus::Value), "{:?}", found.evidence);
    // Either floor a little higher, or the target a little lower, is enough to stop it.
    for (subjects, n_star, target) in [(3, 2.0, 0.5), (2, 2.5, 0.5), (2, 2.0, 0.49)] {
        let mut protocol = protocol.clone();
        (protocol.evidence.subjects, protocol.evidence.n_star, protocol.buffer.target) = (subjects, n_star, target);
        let found = only(&table(&people, &protocol), "metric = 'safe_challenge_age'").clone();
        assert_eq!(found.status, RowStatus::InsufficientEvidence, "{subjects} {n_star} {target}");
        assert!(says(&found).ends_with("2 subjects, n* 2.0, 3 needed"), "{}", says(&found));
    }
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
        let flagged = |row: &Row| row.has(crate::metric::flag::BANDS_LEFT_OUT);
        assert_eq!(flagged(only(&table, window)), flagged(found));
        flagged(found)
    };
    let of = |band| said(band, answered(10.0));
    assert!(!of(None));
    assert!(of(AgeRange::new(14.0, 16.0).ok()));
    assert!(!of(AgeRange::new(8.0, 10.0).ok()), "of nobody in the window");
    let refused = Outcome::unanswered(crate::outcome::Status::Refused, "");
    assert!(!said(AgeRange::new(14.0, 16.0).ok(), refused), "of nobody in the denominator");
}

#[test]
fn a_year_of_the_buffer_that_nobody_is_in_counts_nobody() {
    // Nobody is 17; adults of the window are 18 alone.
    let protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 2\n[buffer]\ntarget = 0.05\n").unwrap();
    let people = [taken(0, 80, 16, 0), taken(1000, 80, 18, 80)].concat();
    let table = table(&people, &protocol);
    let found = only(&table, "metric = 'safe_buffer'");
    assert_eq!(found.status, RowStatus::InsufficientEvidence);
    assert!(says(found).starts_with("everyone at age:17: "), "{}", says(found));
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
fn a_mean_over_the_levels_of_a_column_needs_two_of_them() {
    let said = |levels: &[&'static str]| {
        let text = "limits = [18]\n[[standard]]\nname = 'sexes'\ncolumn = 'sex'\nfrom = 17\nto = 18\n";
        let of = |(place, level): (u32, &&'static str)| {
            let own = [taken(1000 * place, 30, 17, 6), taken(1000 * place + 500, 30, 18, 24)].concat();
            own.into_iter()
                .map(|(subject, age, outcome, _)| (subject, age, outcome, [*level, "north"]))
                .collect::<Vec<_>>()
        };
        let people: Vec<Attempt> = (0..).zip(levels).flat_map(of).collect();
        let table = table(&people, &Protocol::from_toml(text).unwrap());
        let row = only(
            &table,
            "metric = 'mae'\npopulation = 'standardised'\nvariant = 'standard=sexes'\nweighting = 'subject'",
        )
        .clone();
        (row.value.is_some(), says(&row))
    };
    assert_eq!(said(&["female"]), (false, "the column `sex` has the level `female` only".to_owned()));
    assert!(said(&["female", "male"]).0 && said(&["female", "male", "other"]).0);
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
