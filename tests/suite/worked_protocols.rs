//! The worked protocols: each passes `check`, scores a recorded file, and gives the number that its question asks for, as
//! counted here row by row from the file. And `check` on protocols that are wrong.

use std::fs;
use std::path::Path;

use agebench::folder::RunFolder;
use agebench::score::read_metrics;
use agebench::table::{Row, Select, Table};

use crate::support::{package, run, text};

/// One recorded attempt, of a person of its own.
struct Person {
    age: i32,
    sex: &'static str,
    region: &'static str,
    /// Half years; none: not answered.
    answer: Option<i32>,
}

/// 40 people for each age from 8 to 30, sex and region, answered up to ten years off; one in 40 is not answered. Women and
/// girls of the south are answered a year higher.
fn people() -> Vec<Person> {
    let mut people = Vec::new();
    for age in 8..=30 {
        for (a, sex) in ["female", "male"].into_iter().enumerate() {
            for (b, region) in ["north", "south"].into_iter().enumerate() {
                for at in 0..40_i32 {
                    let shift = i32::try_from(3 * a + 5 * b).unwrap();
                    let off = (7 * at + 3 * age + shift) % 41 - 20 + if (a, b) == (0, 1) { 2 } else { 0 };
                    people.push(Person { age, sex, region, answer: (at < 39).then_some(2 * age + off) });
                }
            }
        }
    }
    people
}

fn recorded(people: &[Person]) -> String {
    let row = |(at, person): (usize, &Person)| {
        let answer = person.answer.map_or_else(String::new, |half| (f64::from(half) / 2.0).to_string());
        format!("p{at},{},{},{},{answer}\n", person.age, person.sex, person.region)
    };
    let rows: String = people.iter().enumerate().map(row).collect();
    format!("subject_id,true_age,sex,region,age\n{rows}")
}

/// The share of those that `inside` takes whose attempts are events; `None` of an event: not in the denominator.
fn share(people: &[Person], inside: impl Fn(&Person) -> bool, event: impl Fn(&Person) -> Option<bool>) -> f64 {
    let events: Vec<bool> = people.iter().filter(|person| inside(person)).filter_map(event).collect();
    events.iter().filter(|event| **event).count() as f64 / events.len() as f64
}

fn passes(person: &Person, challenge: i32) -> Option<bool> {
    person.answer.map(|half| half >= 2 * challenge)
}

fn row<'a>(table: &'a Table, select: &str) -> &'a Row {
    let parsed: Select = toml::from_str(select).unwrap();
    let found: Vec<&Row> = table.find(&parsed).collect();
    assert_eq!(found.len(), 1, "{select} finds {} rows", found.len());
    found[0]
}

fn value(table: &Table, select: &str) -> f64 {
    row(table, select).value.unwrap_or_else(|| panic!("{select} has no value"))
}

#[track_caller]
fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-9 * wanted.abs(), "{found} is not {wanted}");
}

/// The protocols of the folder, by name.
fn protocols() -> Vec<String> {
    let entries = fs::read_dir(package().join("protocols")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn every_worked_protocol_passes_check_as_a_file_and_by_name_and_is_listed() {
    let names = protocols();
    assert_eq!(names.len(), 8);
    let listed = run(&["list", "protocols"]).ended(0).out;
    let readme = fs::read_to_string(package().join("protocols/README.md")).unwrap();
    for name in &names {
        let file = package().join(format!("protocols/{name}.toml"));
        let checked = run(&["check", text(&file)]).ended(0);
        assert!(checked.out.contains("0 errors, 0 warnings"), "{}", checked.out);
        run(&["check", name]).ended(0);
        assert!(listed.contains(name.as_str()), "{name} in {listed}");
        assert!(readme.contains(&format!("({name}.toml)")), "{name} in protocols/README.md");
        let said: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        assert_eq!(said["name"].as_str(), Some(name.as_str()));
    }
}

#[test]
fn every_worked_protocol_answers_its_question_with_the_number_counted_from_the_file() {
    let place = tempfile::tempdir().unwrap();
    let people = people();
    let file = place.path().join("people.csv");
    fs::write(&file, recorded(&people)).unwrap();
    let first = place.path().join("first");
    run(&["score", text(&file), "--groups", "sex,region", "--out", text(&first)]).ended(0);
    let mut tested = 0;
    for name in protocols() {
        let out = place.path().join(&name);
        run(&["score", text(&first), "--protocol", &name, "--out", text(&out)]).ended(0);
        let table = read_metrics(&RunFolder::open(&out).unwrap()).unwrap();
        assert!(table.rows.iter().any(|row| row.has("primary")), "{name}: no row is primary");
        question(&name, &table, &people);
        run(&["verify", text(&out)]).ended(0);
        tested += 1;
    }
    assert_eq!(tested, 8);
    let by_file = place.path().join("by file");
    let nist = package().join("protocols/nist-like.toml");
    run(&["score", text(&first), "--protocol", text(&nist), "--out", text(&by_file)]).ended(0);
    let bytes = |folder: &Path| fs::read(folder.join("metrics.csv")).unwrap();
    assert_eq!(bytes(&by_file), bytes(&place.path().join("nist-like")), "by name and by file");
}

/// The mean of shares over single years.
fn years(people: &[Person], years: std::ops::RangeInclusive<i32>, event: impl Fn(&Person) -> Option<bool>) -> f64 {
    let each: Vec<f64> = years.map(|year| share(people, |person| person.age == year, &event)).collect();
    each.iter().sum::<f64>() / each.len() as f64
}

fn question(name: &str, table: &Table, people: &[Person]) {
    let rate = |metric: &str, limit: i32, challenge: i32, population: &str, policy: &str| {
        value(
            table,
            &format!(
                "metric = '{metric}'\nlimit = {limit}\nchallenge = {challenge}\npopulation = '{population}'\n\
                 failure_policy = '{policy}'\nweighting = 'subject'"
            ),
        )
    };
    let denied = |challenge: i32| move |person: &Person| passes(person, challenge).map(|passes| !passes);
    match name {
        "check-13" => {
            let wanted = share(people, |person| person.age == 12, |person| passes(person, 13));
            close(rate("under_age_pass_rate", 13, 13, "age:12", "conditional"), wanted);
            let wanted = years(people, 10..=12, |person| passes(person, 16));
            close(rate("under_age_pass_rate", 13, 16, "window:10-12", "conditional"), wanted);
        }
        "check-16" => {
            let wanted = years(people, 16..=22, denied(18));
            close(rate("adult_denial_rate", 16, 18, "window:16-22", "conditional"), wanted);
        }
        "check-18" => {
            // Fail-closed: who is not answered does not pass, and an adult who does not is denied.
            let wanted = share(people, |person| person.age == 17, |person| Some(passes(person, 18) == Some(true)));
            close(rate("under_age_pass_rate", 18, 18, "age:17", "fail_closed"), wanted);
            let wanted = years(people, 18..=30, |person| Some(passes(person, 25) != Some(true)));
            close(rate("adult_denial_rate", 18, 25, "window:18-30", "fail_closed"), wanted);
        }
        "nist-like" => {
            let mut cells = Vec::new();
            for (sex, age) in ["female", "male"].into_iter().flat_map(|sex| (18..=30).map(move |age| (sex, age))) {
                let inside = people.iter().filter(|person| person.sex == sex && person.age == age);
                let errors: Vec<f64> =
                    inside.filter_map(|p| Some(f64::from((p.answer? - 2 * age).abs()) / 2.0)).collect();
                cells.push(errors.iter().sum::<f64>() / errors.len() as f64);
            }
            assert_eq!(cells.len(), 26);
            let mae =
                "metric = 'mae'\npopulation = 'standardised'\nweighting = 'attempt'\nvariant = 'standard=sex_18_30'";
            close(value(table, mae), cells.iter().sum::<f64>() / 26.0);
            let wanted = share(people, |person| (14..=17).contains(&person.age), |person| passes(person, 25));
            let pooled = "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 25\npopulation = 'window:14-17'\n\
                          failure_policy = 'conditional'\nweighting = 'attempt'\nvariant = 'window=pooled'";
            close(value(table, pooled), wanted);
        }
        "challenge-25-at-17" => {
            for (sex, region) in [("female", "south"), ("male", "north")] {
                let inside = |person: &Person| person.age == 17 && person.sex == sex && person.region == region;
                let wanted = share(people, inside, |person| passes(person, 25));
                let select = format!(
                    "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 25\npopulation = 'window:17-17'\n\
                     failure_policy = 'conditional'\nweighting = 'subject'\ngroup_by = 'sex*region'\n\
                     group = '{sex}*{region}'"
                );
                close(value(table, &select), wanted);
            }
        }
        "band-13-16" => {
            for (band, ages) in [("8-13", 8..13), ("17-23", 17..23), ("13-17", 13..17)] {
                let taken = |person: &Person| Some(person.answer.is_some_and(|half| (26..34).contains(&half)));
                let wanted = share(people, |person| ages.contains(&person.age), taken);
                let select = format!(
                    "metric = 'band_confusion'\npopulation = 'band:{band}'\nweighting = 'subject'\n\
                     variant = 'answered=13-17'"
                );
                close(value(table, &select), wanted);
            }
        }
        "fixed-on-one-group" => {
            // The least half year from 18 on at which at most 5 % of the boys of the window pass, used on the girls.
            let rate = |sex: &str, half: i32| {
                let inside = |person: &Person| (13..18).contains(&person.age) && person.sex == sex;
                share(people, inside, |person| person.answer.map(|answer| answer >= half))
            };
            let half = (36..).find(|half| rate("male", *half) <= 0.05).unwrap();
            let select = "metric = 'fixed_challenge_age'\nlimit = 18\ngroup_by = 'sex'\ngroup = 'male'\nvariant = '*'";
            close(value(table, select), f64::from(half) / 2.0);
            let select = format!(
                "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = {:?}\npopulation = 'window:13-17'\n\
                 failure_policy = 'conditional'\nweighting = 'subject'\ngroup_by = 'sex'\ngroup = 'female'\n\
                 variant = 'fixed=males;window=pooled'",
                f64::from(half) / 2.0
            );
            close(value(table, &select), rate("female", half));
            for sex in ["female", "male"] {
                let wanted = |age| share(people, |person| person.age == age && person.sex == sex, |p| passes(p, 18));
                let select = format!(
                    "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 18\npopulation = 'window:13-17'\n\
                     failure_policy = 'conditional'\nweighting = 'subject'\ngroup_by = 'sex'\ngroup = '{sex}'"
                );
                close(value(table, &select), (13..18).map(wanted).sum::<f64>() / 5.0);
            }
        }
        "buffer" => {
            // Counted down the grid with SciPy's beta.ppf(0.95, k + 1, n - k), by group, at age 17 and over the window
            // (its n* by METRICS M15).
            close(value(table, "metric = 'safe_buffer'\nlimit = 18"), 10.5);
        }
        other => panic!("{other} has no test"),
    }
}

#[test]
fn check_names_everything_that_is_wrong_with_a_protocol_in_one_pass() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("protocol.toml");
    let text_of = "limts = [18]\nlimits = [18, 16]\nretries = 'three'\ntie = 'over'\n[windows]\nunder = 'five'\nundr = 2\n\
                   [challenge]\nheadline = [-1]\n[levels]\ndisplay = 95\n[[primary]]\nmetric = 'mae'\nlimit = 18\n\
                   challenge = 16\n[[standard]]\nname = 3\n";
    fs::write(&file, text_of).unwrap();
    let told = run(&["check", text(&file)]).ended(2).out;
    for part in [
        "protocol.toml, row 1, column `limts`: the key is unknown",
        "did you mean `limits`?",
        "ascending",
        "row 3, column `retries`",
        "row 4, column `tie`",
        "row 6, column `windows.under`",
        "row 7, column `windows.undr`",
        "did you mean `under`?",
        "a challenge age below its limit would let people under it pass",
        "row 11, column `levels.display`",
        "challenge age 16 lies below the limit 18",
        "row 16, column `standard, entry 1`",
    ] {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }
}

#[test]
fn a_protocol_that_is_neither_a_file_nor_bundled_is_told_the_nearest_name() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("people.csv");
    fs::write(&file, "true_age,age\n17,18\n").unwrap();
    let out = place.path().join("out");
    let score = |name: &str| run(&["score", text(&file), "--protocol", name, "--out", text(&out)]);
    score("nist-lik").ended(2).told(&["did you mean `nist-like`?"]);
    score("nothing/at-all.toml").ended(2).told(&["give a protocol.toml or a bundled protocol: "]);
    assert!(!out.exists());
}
