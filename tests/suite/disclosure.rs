//! Disclosure control, attacked: an attacker that was written apart (`scripts/validation/attack.py`, with HiGHS) reads
//! nothing but published rows, and must not find out anything about a count that they do not show.
//!
//! How many releases are drawn: `AGEBENCH_RELEASES` (default 8; `500..1000` draws those, for several processes). The attack needs a Python with SciPy, looked for as
//! `AGEBENCH_PYTHON` or `python3`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use agebench::age::{Age, AgeLimit, AgeRange};
use agebench::metric::{Errors, Facts, PERCENTILE_SHARES, rows};
use agebench::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};
use agebench::protocol::Protocol;
use agebench::publish::disclosure::{DisclosureError, Protected, Rule, Shown, flag, protect};
use agebench::table::{Context, Row, RowStatus, Table, Variant, Weighting};
use agebench::tally::{Answers, ErrorRows, Tally, TruthBuilder, TruthRow};
use serde_json::{Value, json};

use crate::support::{is_needed, package};

/// Numbers that look drawn: Steele, Lea and Flood's SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Roughly normal, which is near enough for a face.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Rows of two methods on a small drawn data set, and the protocol.
struct Drawn {
    protocol: Protocol,
    rows: Vec<Row>,
    undecided: Vec<String>,
}

fn drawn(seed: u64) -> Drawn {
    let mut draw = Draw(seed);
    let limits = [[16, 18], [13, 18], [18, 21]][draw.below(3) as usize];
    let text = format!(
        "limits = {limits:?}\ncrossings = [['sex', 'region']]\n[between_groups]\nreplicates = 99\n[challenge]\nspan = 5.0\n"
    );
    let protocol = Protocol::from_toml(&text).unwrap();
    let people = 40 + draw.below(if seed.is_multiple_of(4) { 900 } else { 260 });
    let (sexes, regions, lights) = (1 + draw.below(3), 1 + draw.below(4), draw.below(3));
    let all = [["female", "male", "other"].as_slice(), &["north", "south", "east", "west"], &["day", "night"]];
    let mut columns = vec![("sex", true), ("region", true)];
    if lights > 0 {
        columns.push(("light", true));
    }
    let mut truth = TruthBuilder::new(&columns);
    let mut given: Vec<Answers> = vec![Answers::new(&protocol.limits), Answers::new(&protocol.limits)];
    let (spread, failing, ranges) = (1.0 + 4.0 * draw.uniform(), draw.below(12), draw.below(4) == 0);
    // In every third data set people have up to three attempts.
    let most_attempts = if seed % 3 == 2 { 3 } else { 1 };
    for subject in (0..people).flat_map(|subject| vec![subject; 1 + (subject % most_attempts) as usize]) {
        let mut person = Draw(seed.wrapping_mul(0x1_0001) ^ (subject << 20));
        let age = 8 + person.below(24) as u32;
        // Groups of very different sizes.
        let mut level = |many: u64, names: &[&'static str]| {
            let place = (person.uniform().powi(2) * many as f64) as usize;
            names[place.min(names.len() - 1)]
        };
        let mut levels = vec![level(sexes, all[0]), level(regions, all[1])];
        if lights > 0 {
            levels.push(level(lights, all[2]));
        }
        truth.push(&TruthRow {
            subject_rank: subject as u32,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::whole_years(age).unwrap()),
            attack: false,
            levels: &levels,
        });
        for (method, answers) in given.iter_mut().enumerate() {
            let outcome = if draw.below(100) < failing {
                Outcome::unanswered([Status::Refused, Status::NoSubject][draw.below(2) as usize], "")
            } else {
                let error = draw.bell() * spread * (1.0 + method as f64) - 0.5;
                let years = (f64::from(age) + 0.5 + error).clamp(0.0, 90.0);
                let exact = |years: f64| Age::new(years).unwrap();
                Outcome::answered(if ranges && method == 1 {
                    Answer::Range { low: exact(years.floor()), high: exact(years.floor() + 1.5) }
                } else {
                    Answer::Age { age: exact(years), spread: None }
                })
            };
            answers.push(Some(&outcome));
        }
    }
    let truth = truth.finish().unwrap();
    let facts = Facts { chronological: true, random_sample: true };
    let mut made = Vec::new();
    for (method, answers) in given.iter().enumerate() {
        let context = Context {
            method: format!("m{method}"),
            method_digest: format!("{method}"),
            manifest_digest: "d".to_owned(),
            ..Context::default()
        };
        let tally = Tally::of(&truth, answers, &protocol).unwrap();
        let errors = ErrorRows::of(&truth, answers, &protocol, &PERCENTILE_SHARES);
        made.extend(rows(&context, &protocol, facts, &tally, Errors::Rows(&errors)));
    }
    Drawn { protocol, rows: made, undecided: if ranges { vec!["m1".to_owned()] } else { Vec::new() } }
}

const WITHOUT: [&str; 3] = ["involuntary_failure_rate", "refusal_rate", "abstention_rate"];

/// The row of the complete results of which a published row would be made.
fn is_source(row: &Row, protocol: &Protocol) -> bool {
    let rate = ["under_age_pass_rate", "adult_denial_rate"].contains(&row.metric.as_str())
        && row.failure_policy == Some(protocol.failure_policy)
        && row.challenge.is_some_and(|age| protocol.headline_ages(row.limit.unwrap()).contains(&age))
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
    for row in drawn.rows.iter().filter(|row| is_source(row, &drawn.protocol)) {
        let (n, events) = (row.n_attempts.unwrap(), row.n_events.unwrap_or(0));
        if !named.contains(&&row.group) {
            let mut key = row.identity();
            key.remove(7);
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

/// A Python with SciPy; `None` after saying that a test skips.
fn python() -> Option<PathBuf> {
    let program = std::env::var_os("AGEBENCH_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let there =
        Command::new(&program).args(["-c", "import scipy"]).output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(!is_needed("scipy"), "no SciPy in {}", program.display());
        eprintln!("skipped: no SciPy (set AGEBENCH_PYTHON to a Python that has it)");
    }
    there.then_some(program)
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

fn rule_of(seed: u64) -> Rule {
    if seed.is_multiple_of(5) { Rule::Threshold10 } else { Rule::Uk7_5 }
}

fn protected(drawn: &Drawn, rule: Rule, earlier: &[Vec<Row>]) -> Protected {
    protect(&drawn.protocol, &drawn.rows, rule, earlier).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_attacker_recovers_no_count_from_drawn_releases() {
    let Some(python) = python() else { return };
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
    let sources: Vec<&Row> = drawn.rows.iter().filter(|row| is_source(row, &drawn.protocol)).collect();
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
        let Some(source) = source.filter(|_| row.has(flag::WITHHELD)) else { return row.clone() };
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
    let Some(python) = python() else { return };
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
    let Some(python) = python() else { return };
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

#[test]
fn what_is_published_is_made_of_published_counts_alone() {
    let drawn = drawn(12);
    for rule in [Rule::Uk7_5, Rule::Midpoint6, Rule::Threshold10] {
        let published = protected(&drawn, rule, &[]);
        let mut rates = 0;
        for row in &published.rows {
            assert!(row.has(rule.word()), "{row:?}");
            assert!(row.group.parts().len() < 2 && row.n_undecided.is_none() && row.n_ties.is_none());
            let counts = [row.n_attempts, row.n_subjects, row.n_events, row.n_event_subjects];
            if rule == Rule::Uk7_5 {
                assert!(counts.into_iter().flatten().all(|count| count >= 10 && count % 5 == 0), "{row:?}");
            }
            if let (Some(value), Some(events), Some(all)) = (row.value, row.n_events, row.n_attempts) {
                assert!((value - events as f64 / all as f64).abs() < 1e-15);
                assert_eq!(row.n_star, Some(all as f64 / row.deff.unwrap()));
                rates += 1;
            }
            if row.has(flag::REDACTED) {
                // Clopper and Pearson at 7 or 9 of n: the beta quantile lies above the share itself.
                let most = rule.redacted_up_to().unwrap() as f64 / row.n_attempts.unwrap() as f64;
                assert!(row.status == RowStatus::Suppressed && row.value.is_none() && row.low == Some(0.0));
                assert!(row.high.unwrap() > most.min(0.999), "{row:?}");
            }
            if let (agebench::table::Unit::Years, Some(years)) = (row.unit, row.value) {
                let tenths = years * 10.0;
                assert!((tenths - tenths.round()).abs() < 1e-9 && row.n_attempts >= Some(30), "{row:?}");
            }
        }
        assert!(rates > 10, "{rule}: {rates}");
        let total: usize = published.done.iter().map(|done| done.rows).sum();
        assert_eq!(total, drawn.rows.len());
    }
    assert_eq!(protected(&drawn, Rule::None, &[]).rows, drawn.rows);
}

#[test]
fn a_method_that_decides_itself_is_published_at_its_own_decisions() {
    let protocol = Protocol::from_toml("limits = [16, 18]\n[between_groups]\nreplicates = 99\n").unwrap();
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    let mut draw = Draw(1);
    for subject in 0..400 {
        let age = 8 + draw.below(24) as u32;
        truth.push(&TruthRow {
            subject_rank: subject,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::whole_years(age).unwrap()),
            attack: false,
            levels: &[if subject % 2 == 0 { "female" } else { "male" }],
        });
        let mut decide = |limit: u32| {
            let over = (age >= limit) != (draw.below(5) == 0);
            let decision = if over { Decision::Pass } else { Decision::Deny };
            LimitAnswer { limit: AgeLimit::new(limit.into()).unwrap(), score: None, decision: Some(decision) }
        };
        let limits = vec![decide(16), decide(18)];
        answers.push(Some(&Outcome::answered(Answer::Limits(limits))));
    }
    let (truth, facts) = (truth.finish().unwrap(), Facts { chronological: true, random_sample: true });
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let made = rows(&Context::default(), &protocol, facts, &tally, Errors::NotKept);
    let published = protect(&protocol, &made, Rule::Uk7_5, &[]).unwrap().rows;
    let rates = |group: &str| {
        let own = published.iter().filter(|row| row.challenge.is_none() && row.limit.is_some() && row.value.is_some());
        own.filter(|row| row.group.level() == group).count()
    };
    assert_eq!(rates(""), 8, "two limits, two sides, everybody and the window");
    assert!(rates("male") > 0);
    assert!(published.iter().any(|row| row.status == RowStatus::NotApplicable && row.challenge.is_some()));
}
