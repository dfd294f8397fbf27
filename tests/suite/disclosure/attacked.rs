//! Published rows attacked: an attacker that was written apart (`scripts/validation/attack.py`, with HiGHS) reads nothing
//! but published rows, and must not find out anything about a count that they do not show.
//!
//! How many releases are drawn: `AGEBENCH_RELEASES` (default 8; `500..1000` draws those, for several processes). The attack
//! needs a Python with SciPy, looked for as `AGEBENCH_PYTHON` or `python3`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use agebench::publish::disclosure::{DisclosureError, Rule, Shown, flag, protect};
use agebench::table::{Group, Row, Table, Variant, Weighting};
use serde_json::{Value, json};

use super::drawn::{Drawn, drawn};
use super::{protected, rule_of};
use crate::support::{package, python_with};

const WITHOUT: [&str; 3] = ["involuntary_failure_rate", "refusal_rate", "abstention_rate"];

/// The row of the complete results of which a published row would be made.
fn is_source(row: &Row, drawn: &Drawn) -> bool {
    let protocol = &drawn.protocol;
    let rate = ["under_age_pass_rate", "adult_denial_rate"].contains(&row.metric.as_str())
        && row.failure_policy == Some(protocol.failure_policy)
        && match row.challenge {
            Some(age) => protocol.headline_ages(row.limit.unwrap()).contains(&age),
            None => drawn.deciding.contains(&row.method),
        }
        && ["under", "over", "window"].iter().any(|word| row.population.to_string().starts_with(word));
    row.group.parts().len() < 2
        && row.variant.is_none()
        && ((rate || WITHOUT.contains(&row.metric.as_str())) && row.weighting == Some(Weighting::Subject)
            || row.metric == "flow_attempted")
        && row.n_attempts.is_some()
}

/// The counts that must not be found out, as a CSV file, and the columns with groups that are not named.
fn small(drawn: &Drawn, published: &[Row], rule: Rule) -> (String, Vec<String>) {
    let most = rule.redacted_up_to().unwrap();
    let named: Vec<_> = published.iter().filter(|row| row.metric == "flow_attempted").map(|row| &row.group).collect();
    let mut text = "method,group_by,group,metric,limit,challenge,population,which,count\n".to_owned();
    let mut line = |row: &Row, group: &str, which: &str, count: u64| {
        let cell = |value: Option<String>| value.unwrap_or_default();
        let limit = cell(row.limit.map(|limit| limit.years().to_string()));
        let challenge = cell(row.challenge.map(|age| age.to_string()));
        let (method, by, metric, population) = (&row.method, row.group.by(), &row.metric, &row.population);
        writeln!(text, "{method},{by},{group},{metric},{limit},{challenge},{population},{which},{count}").unwrap();
    };
    let mut unnamed: BTreeMap<Vec<String>, (Row, u64, u64)> = BTreeMap::new();
    for row in drawn.rows.iter().filter(|row| is_source(row, drawn)) {
        let (n, events) = (row.n_attempts.unwrap(), row.n_events.unwrap_or(0));
        if !named.contains(&&row.group) {
            // Groups that are not named are one count, of the column's whole rest.
            let mut of_whole = row.clone();
            of_whole.group = Group::whole();
            let key = std::iter::once(row.group.by().to_owned()).chain(of_whole.identity()).collect();
            let own = unnamed.entry(key).or_insert_with(|| (row.clone(), 0, 0));
            own.1 += n;
            own.2 += events;
            continue;
        }
        // Few people may have many attempts.
        let people = [row.n_subjects.unwrap().min(n), row.n_event_subjects.unwrap_or(0).min(events)];
        judge(row, [n, events], people, most, |which, count| line(row, row.group.level(), which, count));
    }
    let mut columns = Vec::new();
    for (row, n, events) in unnamed.values() {
        judge(row, [*n, *events], [*n, *events], most, |which, count| {
            if which != "others" {
                line(row, "", which, count);
            }
        });
        if !columns.contains(&row.group.by().to_owned()) {
            columns.push(row.group.by().to_owned());
        }
    }
    (text, columns)
}

fn judge(
    row: &Row,
    [n, events]: [u64; 2],
    [people, event_people]: [u64; 2],
    most: u64,
    mut line: impl FnMut(&str, u64),
) {
    let flow = row.metric == "flow_attempted";
    if people <= most && (flow || row.limit.is_some()) {
        line("n", n);
    }
    if !flow && event_people <= most {
        line("events", events);
    }
    if row.limit.is_some() && people > most && event_people > most && n - events <= most {
        line("others", n - events);
    }
}

/// Writes what the attacker reads, and what it is judged by.
fn write(folder: &Path, drawn: &Drawn, published: &[Row], earlier: &[Row], rule: Rule) {
    fs::create_dir_all(folder).unwrap();
    let table = |rows: &[Row], name: &str| {
        Table { rows: rows.to_vec() }.write(fs::File::create(folder.join(name)).unwrap()).unwrap();
    };
    table(published, "release.csv");
    if !earlier.is_empty() {
        table(earlier, "earlier.csv");
    }
    let (text, unnamed) = small(drawn, published, rule);
    fs::write(folder.join("small.csv"), text).unwrap();
    let about = json!({ "rule": rule.word(), "undecided": drawn.undecided, "unnamed": unnamed });
    fs::write(folder.join("about.json"), about.to_string()).unwrap();
}

/// What the attacker says of each folder: (targets, those recovered).
fn attack(python: &Path, folders: &[PathBuf]) -> Vec<(u64, Vec<String>)> {
    let script = package().join("scripts/validation/attack.py");
    let half = folders.len().div_ceil(2).max(1);
    let started: Vec<_> = folders
        .chunks(half)
        .map(|part| {
            let mut command = Command::new(python);
            command.arg(&script).args(part).stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let outputs = started.into_iter().map(|child| child.wait_with_output().unwrap());
    let lines: Vec<String> = outputs
        .flat_map(|output| String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(lines.len(), folders.len(), "the attack broke off");
    lines
        .iter()
        .map(|line| {
            let said: Value = serde_json::from_str(line).unwrap();
            let lost = said["recovered"].as_array().unwrap().iter();
            (said["targets"].as_u64().unwrap(), lost.map(|one| format!("{}: {one}", said["folder"])).collect())
        })
        .collect()
}

fn releases() -> Range<u64> {
    let Ok(text) = std::env::var("AGEBENCH_RELEASES") else { return 0..8 };
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("AGEBENCH_RELEASES is `{text}`"));
    text.split_once("..").map_or_else(|| 0..number(&text), |(from, to)| number(from)..number(to))
}

#[test]
fn an_attacker_recovers_no_count_from_drawn_releases() {
    let Some(python) = python_with("scipy").map(PathBuf::from) else { return };
    let place = tempfile::tempdir().unwrap();
    let folders: Vec<PathBuf> = releases()
        .map(|seed| {
            let (drawn, rule) = (drawn(seed), rule_of(seed));
            let folder = place.path().join(seed.to_string());
            write(&folder, &drawn, &protected(&drawn, rule, &[]).rows, &[], rule);
            folder
        })
        .collect();
    let said = attack(&python, &folders);
    let targets: u64 = said.iter().map(|(targets, _)| targets).sum();
    let lost: Vec<&String> = said.iter().flat_map(|(_, lost)| lost).collect();
    eprintln!("{targets} small counts in {} releases", folders.len());
    assert!(targets > 20 * folders.len() as u64, "hardly anything to attack");
    assert!(lost.is_empty(), "{} of {targets}: {lost:#?}", lost.len());
}

/// The release without secondary suppression: what is withheld and not small is shown.
fn naive(drawn: &Drawn, published: &[Row], rule: Rule) -> Vec<Row> {
    let sources: Vec<&Row> = drawn.rows.iter().filter(|row| is_source(row, drawn)).collect();
    let number = |count: Option<u64>| match count.map(|count| rule.show(count)) {
        Some(Shown::Number(number)) => Some(number),
        _ => None,
    };
    let open = |row: &Row| {
        let mut plain = row.clone();
        if plain.limit.is_some() {
            plain.variant = Variant::none();
        }
        let source = sources.iter().find(|source| source.identity() == plain.identity());
        let held = row.has(flag::WITHHELD) || row.has(flag::REDACTED) && row.n_attempts.is_none();
        let Some(source) = source.filter(|_| held) else { return row.clone() };
        let mut shown = row.clone();
        shown.n_attempts = number(source.n_attempts);
        shown.n_events = shown.n_attempts.and(number(source.n_events));
        if shown.n_attempts.is_some() && shown.n_events.is_none() {
            shown.flags.remove(flag::WITHHELD);
            shown = shown.flagged(flag::REDACTED);
        }
        shown
    };
    published.iter().map(open).collect()
}

#[test]
fn without_secondary_suppression_the_attacker_recovers_counts() {
    let Some(python) = python_with("scipy").map(PathBuf::from) else { return };
    let place = tempfile::tempdir().unwrap();
    let folders: Vec<PathBuf> = (0..3)
        .map(|seed| {
            let (drawn, rule) = (drawn(seed), rule_of(seed));
            let published = protected(&drawn, rule, &[]).rows;
            let folder = place.path().join(seed.to_string());
            write(&folder, &drawn, &naive(&drawn, &published, rule), &[], rule);
            folder
        })
        .collect();
    let said = attack(&python, &folders);
    let broken = said.iter().filter(|(_, lost)| !lost.is_empty()).count();
    assert!(broken >= 2, "the attack is not able: {said:?}");
}

#[test]
fn two_releases_together_tell_no_more_than_may_be_told() {
    let Some(python) = python_with("scipy").map(PathBuf::from) else { return };
    let place = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    let mut refused = 0;
    let many = releases().count() as u64;
    for seed in 100..100 + many / 4 {
        let drawn = drawn(seed);
        let rule = Rule::Uk7_5;
        // First without the last column of groups, then with all.
        let by: Vec<&str> = drawn.rows.iter().map(|row| row.group.by()).filter(|by| !by.is_empty()).collect();
        let last = by.last().copied().unwrap_or_default();
        let first: Vec<Row> = drawn.rows.iter().filter(|row| row.group.by() != last).cloned().collect();
        let earlier = protect(&drawn.protocol, &first, rule, &[]).unwrap().rows;
        match protect(&drawn.protocol, &drawn.rows, rule, std::slice::from_ref(&earlier)) {
            Ok(second) => {
                let folder = place.path().join(seed.to_string());
                write(&folder, &drawn, &second.rows, &earlier, rule);
                folders.push(folder);
            }
            Err(DisclosureError::Exposed(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    eprintln!("{} pairs, {refused} refused", folders.len());
    assert!(folders.len() > refused, "{refused} refused");
    let said = attack(&python, &folders);
    let lost: Vec<&String> = said.iter().flat_map(|(_, lost)| lost).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}
