//! What a run without rows is good for: every verb that reads a run folder works on it, or refuses it with what to do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{run, text};

/// 600 records of 300 people, a method that answers ages and one that only passes or denies.
fn asked(place: &Path) -> (PathBuf, [PathBuf; 2]) {
    let data = place.join("data");
    fs::create_dir(&data).unwrap();
    let (mut manifest, mut ages, mut doors) =
        ("sample_id,subject_id,age,sex\n".to_owned(), "sample_id,age\n".to_owned(), "sample_id,pass_18\n".to_owned());
    for number in 0..600 {
        let person = number / 2;
        let age = 11 + person % 19;
        manifest.push_str(&format!("s{number},p{person},{age},{}\n", ["f", "m"][person % 2]));
        ages.push_str(&format!("s{number},{}\n", 9.25 + (number * 31 % 230) as f64 / 10.0));
        doors.push_str(&format!("s{number},{}\n", if age + number % 5 >= 21 { "pass" } else { "deny" }));
    }
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"people\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\ngroups = [\"sex\"]\n\
                licence = \"research\"\nconsent = \"signed\"\nsource = \"a school\"\n";
    fs::write(data.join("dataset.toml"), card).unwrap();
    let methods = [("recorded", ages), ("door", doors)].map(|(name, answers)| {
        let folder = place.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("answers.csv"), answers).unwrap();
        let card = format!(
            "name = \"{name}\"\nkind = \"estimation\"\nversion = \"1\"\nlicence = \"MIT\"\nintended_use = \"tests\"\n\
             claimed_ages = [10, 40]\n[replay]\nfile = \"answers.csv\"\n"
        );
        fs::write(folder.join("method.toml"), card).unwrap();
        folder
    });
    (data, methods)
}

#[test]
fn a_run_without_rows_is_gated_published_and_reported_as_one_with_rows_or_refused_with_a_remedy() {
    let place = tempfile::tempdir().unwrap();
    let (data, [recorded, door]) = asked(place.path());
    let at = |name: &str| place.path().join(name);
    let (whole, none, doors) = (at("whole"), at("none"), at("doors"));
    run(&["run", text(&recorded), "--dataset", text(&data), "--out", text(&whole)]).ended(0);
    run(&["run", text(&recorded), "--dataset", text(&data), "--out", text(&none), "--retain", "none"]).ended(0);
    run(&["run", text(&door), "--dataset", text(&data), "--out", text(&doors), "--retain", "none"]).ended(0);

    // A policy judges rates, whose rows are those of the run with rows: the same words and the same end.
    for (at_most, code) in [(0.9, 0), (0.01, 1)] {
        let policy = at("policy.toml");
        let rule = format!(
            "name = \"p\"\nsource = \"ours\"\n[[rule]]\nmetric = \"under_age_pass_rate\"\nlimit = 18\nchallenge = 25\npopulation = \"under\"\nat_most = {at_most}\n"
        );
        fs::write(&policy, rule).unwrap();
        let [with, without] = [&whole, &none].map(|folder| run(&["gate", text(folder), "--policy", text(&policy)]));
        assert_eq!((with.code, without.code), (code, code), "{}{}", with.err, without.err);
        assert_eq!(with.out.replace(text(&whole), ""), without.out.replace(text(&none), ""));
        run(&["gate", text(&none), "--policy", text(&policy), "--baseline", text(&whole)])
            .ended(2)
            .told(&["holds tallies and no rows about people", "keep the rows"]);
    }

    // A release of it is verified, and holds no row that the release of the run with rows does not hold.
    let released = |folder: &Path, to: &str| {
        let out = at(to);
        run(&["publish", text(folder), "--disclosure", "uk_7_5", "--out", text(&out)]).ended(0);
        run(&["verify", text(&out)]).ended(0);
        let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name == "tally.jsonl"), "{names:?}");
        fs::read_to_string(out.join("metrics.csv")).unwrap()
    };
    let (with, without) = (released(&whole, "package"), released(&none, "package-of-none"));
    let valued = |table: &str, metric: &str| {
        let rows = table.lines().filter(|row| row.contains(metric) && row.contains(",value,"));
        rows.count()
    };
    for metric in [",under_age_pass_rate,", ",adult_denial_rate,"] {
        assert!(valued(&with, metric) > 0 && valued(&without, metric) > 0, "{metric}");
    }
    for format in ["table", "markdown", "csv"] {
        run(&["report", text(&none), "--format", format]).ended(0);
    }
    run(&["verify", text(&none)]).ended(0);

    // What is fitted to people one by one, or compares two answers about one person, needs rows, and leaves nothing behind.
    let out = at("refused");
    for verb in [
        vec!["compare", text(&none), "--out", text(&out)],
        vec!["compare", text(&none), text(&whole), "--out", text(&out)],
        vec!["probe", text(&none), "--limit", "18", "--out", text(&out)],
        vec!["probe", text(&doors), "--limit", "18", "--out", text(&out)],
    ] {
        let ran =
            run(&verb).ended(2).told(&["holds tallies and no rows about people", "--retain none", "keep the rows"]);
        assert!(!out.exists(), "{verb:?}\n{}", ran.err);
    }
    run(&["merge", text(&none), "--out", text(&out)]).ended(2).told(&["holds a whole run and no shard"]);
    let again = at("again.tally");
    run(&["score", text(&none), "--tally", text(&again)]).ended(2).told(&["holds tallies and no rows"]);
}
