//! What no claim can rest on passes nothing, by whatever way it gets there: a margin, a group in which nobody is compared, ages
//! that straddle the limit, answers that were left out, holders put together.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Ran, column, rows, run, text};

/// A run folder of a recorded file below `place`.
fn scored(place: &Path, name: &str, csv: &str, more: &[&str]) -> PathBuf {
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    let arguments = ["score", text(&file), "--dataset-name", "people", "--out", text(&out)];
    run(&[&arguments[..], more].concat()).ended(0);
    out
}

/// The verdict lines of one rule on `folder` against `baseline`.
fn gate(place: &Path, rule: &str, folder: &Path, baseline: &Path) -> Ran {
    let policy = place.join("policy.toml");
    fs::write(&policy, format!("name = 'small'\nsource = 'ours'\n[[rule]]\nname = 'it'\n{rule}\n")).unwrap();
    run(&["gate", text(folder), "--policy", text(&policy), "--baseline", text(baseline), "--format", "csv"])
}

const PASSES: &str = "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 18\nfailure_policy = 'conditional'\n\
                      population = 'under'\nmargin = 0.3\n";
const ERROR: &str = "metric = 'mae'\nweighting = 'subject'\nmargin = 2\n";

/// 200 people from 13 to 22 with `answer`s of their own.
fn people(answer: impl Fn(u32, u32) -> String) -> String {
    let mut csv = "sample_id,subject_id,true_age,age,region\n".to_owned();
    for person in 0..200 {
        let age = 13 + person % 10;
        let region = if age < 18 { "hill" } else { ["isle", "hill"][(person / 10 % 2) as usize] };
        csv.push_str(&format!("s{person},p{person},{age},{},{region}\n", answer(person, age)));
    }
    csv
}

#[test]
fn a_margin_over_labels_that_are_no_chronological_ages_is_not_passed() {
    let place = tempfile::tempdir().unwrap();
    let answers = [0, 1].map(|more| people(|person, age| format!("{}", age + person % 3 + more * (person % 2))));
    for (label, code, verdict) in [("chronological", 0, "pass"), ("estimated", 3, "inconclusive")] {
        let more = ["--label-kind", label];
        let [baseline, method] = [0, 1].map(|at| scored(place.path(), &format!("{label}{at}"), &answers[at], &more));
        let ran = gate(place.path(), ERROR, &method, &baseline).ended(code);
        assert_eq!(column(&ran.out, "verdict"), [verdict], "{label}: {}", ran.out);
        assert_eq!(ran.out.contains("no chronological ages"), code == 3, "{}", ran.out);
    }
}

#[test]
fn what_people_would_say_by_a_table_passes_no_margin() {
    let place = tempfile::tempdir().unwrap();
    let mut manifest = "sample_id,subject_id,age\n".to_owned();
    (0..400).for_each(|person| manifest.push_str(&format!("s{person},p{person},{}\n", 13 + person % 10)));
    let people = place.path().join("people");
    fs::create_dir(&people).unwrap();
    fs::write(people.join("manifest.csv"), manifest).unwrap();
    let card = "name = 'people'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\n\
                sampling = 'random'\nlicence = 'none'\nconsent = 'made up'\nsource = 'a test'\n";
    fs::write(people.join("dataset.toml"), card).unwrap();
    let [baseline, method] = [("asked", 0.2), ("pressed", 0.22)].map(|(name, share)| {
        let card = place.path().join(format!("{name}.toml"));
        let table = format!("ages = 'from_limit'\ntable = [[-18, {share}], [0, 0.9]]\n");
        let head = format!("name = '{name}'\nkind = 'declaration'\nversion = '1'\nlicence = 'none'\n");
        fs::write(&card, format!("{head}intended_use = 'tests'\nclaimed_ages = [0, 99]\n[declared]\n{table}")).unwrap();
        let out = place.path().join(format!("run-{name}"));
        run(&["run", text(&card), "--dataset", text(&people), "--out", text(&out)]).ended(0);
        out
    });
    let rule = PASSES.replace("challenge = 18", "challenge = 'own'");
    let ran = gate(place.path(), &rule, &method, &baseline).ended(3);
    assert_eq!(column(&ran.out, "verdict"), ["inconclusive"]);
    assert!(ran.out.contains("drawn from the true ages"), "{}", ran.out);
    let out = place.path().join("compared");
    run(&["compare", text(&baseline), text(&method), "--out", text(&out)]).ended(0);
    for file in ["comparison.csv", "leaderboard.csv"] {
        let csv = fs::read_to_string(out.join(file)).unwrap();
        let flags = column(&csv, "flags");
        assert!(!flags.is_empty() && flags.iter().all(|flags| flags.contains("simulated")), "{file}");
    }
}

#[test]
fn a_method_that_leaves_out_what_is_hard_passes_no_margin_of_errors() {
    let place = tempfile::tempdir().unwrap();
    // The baseline errs by 1, and by 6 on every tenth; the method answers all but these, no better.
    let hard = |person: u32| person % 10 == 3;
    let baseline =
        scored(place.path(), "all", &people(|person, age| (age + if hard(person) { 6 } else { 1 }).to_string()), &[]);
    let answer = |person: u32, age: u32| if hard(person) { String::new() } else { (age + 1).to_string() };
    let method = scored(place.path(), "easy", &people(answer), &[]);
    let ran = gate(place.path(), ERROR, &method, &baseline).ended(3);
    assert!(ran.out.contains("20 attempts that the baseline answered the method did not"), "{}", ran.out);
    // Who answers more than the baseline loses nothing by it.
    gate(place.path(), ERROR, &baseline, &method).ended(0);
}

#[test]
fn a_group_in_which_nobody_is_compared_passes_no_margin() {
    let place = tempfile::tempdir().unwrap();
    let more = ["--groups", "region"];
    let [baseline, method] = [0, 1].map(|more_years| {
        let answers = people(|person, age| (age + person % 2 + more_years * u32::from(person % 50 == 0)).to_string());
        scored(place.path(), &format!("run{more_years}"), &answers, &more)
    });
    let rule = format!("{PASSES}every_group = 'region'\n");
    let ran = gate(place.path(), &rule, &method, &baseline).ended(3);
    let found = rows(&ran.out, &[], &["group", "verdict", "status"]);
    // Nobody on the isle is under 18.
    assert_eq!(found, [["hill", "pass", "value"], ["isle", "inconclusive", "empty"]], "{}", ran.out);
}

#[test]
fn too_many_ages_that_straddle_the_limit_pass_no_margin_and_no_pooling_mends_it() {
    let place = tempfile::tempdir().unwrap();
    let banded = |name: &str, passing: u32, banded: u32| {
        let mut csv = "sample_id,subject_id,true_age_low,true_age_high,age\n".to_owned();
        for person in 0..100 {
            let answer = if person < passing { 20 } else { 13 + person % 4 };
            csv.push_str(&format!("{name}{person},{name}{person},16,17,{answer}\n"));
        }
        for person in 0..banded {
            csv.push_str(&format!("{name}b{person},{name}b{person},17,20,{}\n", 13 + person % 4));
        }
        csv
    };
    for (share, banded_people, code) in [("few", 5, 0), ("many", 100, 3)] {
        let baseline = scored(place.path(), &format!("{share}-0"), &banded("p", 5, banded_people), &[]);
        let method = scored(place.path(), &format!("{share}-1"), &banded("p", 6, banded_people), &[]);
        let ran = gate(place.path(), PASSES, &method, &baseline).ended(code);
        assert_eq!(ran.out.contains("straddling 50.0%>5%"), code == 3, "{}", ran.out);

        let mut arguments = vec!["pool".to_owned()];
        for name in ["north", "south", "west"] {
            let out = place.path().join(format!("{share}-{name}"));
            let file = place.path().join(format!("{share}-{name}.csv"));
            fs::write(&file, banded(name, 5, banded_people)).unwrap();
            let method = ["--method-name", "cam", "--method-version", "1"];
            let named = ["--dataset-name", name, "--out", text(&out)];
            run(&[&["score", text(&file)][..], &method, &named].concat()).ended(0);
            arguments.push(text(&out).to_owned());
        }
        let pooled = place.path().join(format!("{share}-pooled"));
        arguments.extend(["--out".to_owned(), text(&pooled).to_owned()]);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).ended(0);
        let csv = fs::read_to_string(pooled.join("pooled.csv")).unwrap();
        let place = [("metric", "under_age_pass_rate"), ("challenge", "18"), ("failure_policy", "conditional")];
        let place = [&place[..], &[("population", "under"), ("weighting", "subject"), ("variant", "")]].concat();
        for effect in ["fixed", "random"] {
            let wanted = [&place[..], &[("effect", effect)]].concat();
            let found = rows(&csv, &wanted, &["status", "evidence", "flags"]);
            assert_eq!(found.len(), 1, "{effect}");
            let status = if code == 0 { "value" } else { "insufficient_evidence" };
            assert_eq!(found[0][0], status, "{share} {effect}: {found:?}");
            assert_eq!(found[0][1].contains("north: straddling 50.0%>5%"), code == 3, "{found:?}");
            // 15 of 300 people have an event.
            assert!(found[0][2].contains("under_30_events"), "{found:?}");
        }
    }
}
