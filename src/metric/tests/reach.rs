//! What each population can carry, held against the rows of a method without an event.

use super::*;
use crate::metric::reach;
use crate::table::{FailurePolicy, Population, Weighting};

const PROTOCOL: &str = "
limits = [18]
failure_policy = 'fail_closed'
groups = ['sex', 'region']
crossings = [['sex', 'region']]
[windows]
under = 2
over = 1
";

/// People from 15 to 19, five of each age and a sixth of 16, who come once to three times; minors are taken for children, adults for
/// old. One is known as 17 or 18, and no woman of the south is under age.
fn people() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for person in 0..26 {
        let age = if person == 25 { 16 } else { 15 + person % 5 };
        let region = ["north", "south"][person as usize / 2 % 2];
        let sex = if region == "south" && age < 18 { "male" } else { ["female", "male"][person as usize % 2] };
        let taken = answered(if age < 18 { 5.0 } else { 60.0 });
        attempts.extend((0..=person % 3).map(|_| (person, year(age), taken.clone(), [sex, region])));
    }
    attempts.push((26, AgeRange::new(17.0, 19.0).unwrap(), answered(5.0), ["male", "north"]));
    attempts
}

#[test]
fn what_a_population_can_carry_is_what_rows_of_a_method_without_an_event_have() {
    let protocol = Protocol::from_toml(PROTOCOL).unwrap();
    let (truth, answers) = columns(&people(), &protocol);
    let table = table_of(&truth, &answers, &protocol, FACTS);
    let found = reach(&Tally::of(&truth, &answers, &protocol).unwrap(), &protocol);
    let row = |one: &crate::metric::Reach| {
        let fits = |row: &&Row| {
            let rule =
                (row.failure_policy, row.weighting) == (Some(FailurePolicy::FailClosed), Some(Weighting::Subject));
            let place = (row.limit, row.challenge.map(|it| it.to_string())) == (Some(one.limit), Some("18".to_owned()));
            let who = (&row.population, &row.group, row.metric.as_str()) == (&one.population, &one.group, one.metric);
            rule && place && who && row.variant.is_none()
        };
        table.rows.iter().find(fits)
    };
    let mut held = 0;
    for one in &found {
        let Some(row) = row(one) else {
            let of_groups = matches!(one.population, Population::Age(_)) && !one.group.is_whole();
            assert!(of_groups, "only single years of groups have no row of their own: {one:?}");
            continue;
        };
        held += 1;
        let what = format!("{one:?}");
        assert_eq!(row.n_events.unwrap_or(0), 0, "{what}");
        assert_eq!((row.n_attempts, row.n_subjects), (Some(one.attempts), Some(one.subjects)), "{what}");
        assert_eq!(row.n_star, one.n_star, "{what}");
        // The row of a single year does not lose its claim to ages that straddle the limit, and a plan for that year does. A row
        // without a value says what it lacks by its status.
        if !matches!(one.population, Population::Age(_)) {
            let said = row.evidence.as_ref().map(crate::table::Evidence::cell);
            let said = |reason: &String| said.as_ref().map_or(row.value.is_none(), |said| said.contains(reason));
            assert!(one.reasons.iter().all(said), "{what} {:?}", row.evidence);
        }
    }
    assert_eq!((held, found.len()), (31, 43));
    let of = |one: &crate::metric::Reach| format!("{} {} {}", one.group.level(), one.metric, one.population);
    let places: Vec<String> = found.iter().map(of).collect();
    let mut wanted = Vec::new();
    for group in ["", "female", "male", "north", "south", "female*north", "female*south", "male*north", "male*south"] {
        let kept = |population: &&&str| !group.contains('*') || population.starts_with("window");
        for (metric, populations) in [
            ("under_age_pass_rate", ["under", "window:16-17", "age:16", "age:17"].as_slice()),
            ("adult_denial_rate", &["over", "window:18-18", "age:18"]),
        ] {
            wanted.extend(populations.iter().filter(kept).map(|population| format!("{group} {metric} {population}")));
        }
    }
    assert_eq!(places, wanted);
    for one in &found {
        let of_year = |age: u32| {
            let fits = |other: &&crate::metric::Reach| {
                (&other.group, other.metric, &other.population) == (&one.group, one.metric, &Population::Age(age))
            };
            found.iter().find(fits).map(|year| (age, year.subjects, year.n_star.unwrap_or(0.0)))
        };
        // A window of one year is no mean of several.
        if one.population != Population::Window(16, 17) {
            assert_eq!(one.years, [], "{}", of(one));
        } else if one.group.parts().len() < 2 {
            assert_eq!(
                one.years.iter().copied().map(Some).collect::<Vec<_>>(),
                [of_year(16), of_year(17)],
                "{}",
                of(one)
            );
        } else {
            let sums = one.years.iter().map(|year| year.1).sum::<u64>();
            assert_eq!((one.years.len(), sums), (2, one.subjects), "{}", of(one));
        }
    }
    let straddling = |group: &str| found.iter().find(|one| one.group.level() == group).map(|one| one.straddling);
    assert_eq!([straddling(""), straddling("male"), straddling("female")], [Some(1), Some(1), Some(0)]);
}

#[test]
fn percentiles_of_the_error_are_known_by_name() {
    let shares = ["median_absolute_error", "p90_absolute_error", "p95_absolute_error", "p99_absolute_error"]
        .map(crate::metric::percentile_share);
    assert_eq!(shares, [Some(0.5), Some(0.9), Some(0.95), Some(0.99)]);
    assert_eq!(crate::metric::percentile_share("mae"), None);
}
