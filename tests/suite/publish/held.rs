//! What a release holds, and what it never holds.

use std::fs;
use std::process::Command;

use super::{files, recorded, release};
use crate::support::{column, run, text};

/// Words that stand in a run folder and must not stand in a release.
const PLANTED: [&str; 14] = [
    "planted-person",
    "planted-sample",
    "planted-name",
    "planted-path",
    "planted-reason",
    "planted-host",
    "planted-program",
    "planted-argument",
    "planted-comment",
    "planted-setting",
    "planted-column",
    "planted-split",
    "/home/",
    "planted-model",
];

#[test]
fn a_release_holds_its_files_and_nothing_of_a_person_a_path_or_a_machine() {
    let place = tempfile::tempdir().unwrap();
    let run_folder = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let private: String =
        files(&run_folder).iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    let there = PLANTED.iter().filter(|word| private.contains(**word)).count();
    assert!(there >= 8, "only {there} words are planted: the test would prove little");
    let (out, ran) = release(place.path(), &[&run_folder], "none", &["--date", "2026-11-30", "--licence", "CC-BY-4.0"]);
    let ran = ran.ended(0).told(&["agebench verify", "metrics.csv", "count of 1 to 7 people"]);
    assert!(ran.out.contains("published under `none`"), "{}", ran.out);
    let found = files(&out);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "README.md",
        "SHA256SUMS",
        "cards/dataset-1-people.toml",
        "cards/method-1-one.toml",
        "datapackage.json",
        "metrics.csv",
        "protocol.toml",
        "run.json",
    ];
    assert_eq!(names, expected);
    for (name, bytes) in &found {
        let held = String::from_utf8(bytes.clone()).unwrap();
        for word in PLANTED {
            assert!(!held.contains(word), "`{word}` is in {name}");
        }
        assert!(!held.contains("2026-01-01") && !held.contains(text(place.path())), "{name}");
    }
    let readme = fs::read_to_string(out.join("README.md")).unwrap();
    for said in [
        "Released on 2026-11-30",
        "research only",
        "signed",
        "https://example.com/s",
        "400 people",
        "one row says",
        "sha256sum -c",
    ] {
        assert!(readme.contains(said), "{said}: {readme}");
    }
    let ran = run(&["verify", text(&out)]).ended(0);
    assert!(ran.out.contains("0 problems"), "{}", ran.out);
    let sums = Command::new("sha256sum").args(["-c", "--strict", "SHA256SUMS"]).current_dir(&out).output();
    assert!(sums.is_ok_and(|ran| ran.status.success()), "coreutils reads the sums");
}

#[test]
fn a_group_that_is_a_formula_is_a_text_in_the_release_and_itself_for_agebench() {
    let place = tempfile::tempdir().unwrap();
    let run_folder = recorded(place.path(), "one", |_| 1);
    let (out, ran) = release(place.path(), &[&run_folder], "none", &[]);
    ran.ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let mut cells = 0;
    let mut reader = metrics.lines();
    reader.next();
    for line in reader {
        assert!(!line.contains(",=cmd"), "{line}");
        cells += usize::from(line.contains(",'=cmd|' /C calc'!A0,"));
    }
    assert!(cells > 10);
    let table = agebench::table::Table::read(metrics.as_bytes()).unwrap();
    assert!(table.rows.iter().any(|row| row.group.level() == "=cmd|' /C calc'!A0"));
    assert!(column(&metrics, "value").iter().any(|cell| cell.starts_with('-')), "a number below zero stays a number");
}

#[test]
fn all_that_cards_lack_is_said_at_once_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("bare.csv");
    let rows: String = (0..60).map(|person| format!("s{person},{},{}\n", 13 + person % 10, 14 + person % 10)).collect();
    fs::write(&file, format!("sample_id,true_age,age\n{rows}")).unwrap();
    let run_folder = place.path().join("bare");
    run(&["score", text(&file), "--out", text(&run_folder)]).ended(0);
    let (out, ran) = release(place.path(), &[&run_folder], "none", &[]);
    ran.ended(2).told(&[
        "6 things",
        "`licence`",
        "`consent`",
        "`source`",
        "`intended_use`",
        "`claimed_ages`",
        "dataset.toml",
        "method-1",
    ]);
    assert!(!out.exists());
    let ran = run(&["publish", text(&run_folder), "--out", text(&out)]);
    ran.ended(2).told(&["--disclosure"]);
    let ran = run(&["publish", text(&run_folder), "--out", text(&out), "--disclosure", "uk"]);
    ran.ended(2).told(&["uk_7_5", "midpoint6", "threshold_10"]);
}

#[test]
fn rows_that_do_not_follow_from_the_records_are_not_published() {
    let place = tempfile::tempdir().unwrap();
    let run_folder = recorded(place.path(), "one", |_| 1);
    let file = run_folder.join("metrics.csv");
    let metrics = fs::read_to_string(&file).unwrap();
    let changed = metrics.replacen(",0.95,", ",0.9,", 1);
    assert_ne!(changed, metrics);
    fs::write(&file, changed).unwrap();
    let (out, ran) = release(place.path(), &[&run_folder], "none", &[]);
    ran.ended(2).told(&["does not follow from its records", "agebench verify", "agebench score"]);
    assert!(!out.exists());
}

#[test]
fn the_same_folders_give_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let first = files(&out);
    release(place.path(), &[&one], "none", &["--replace"]).1.ended(0);
    assert_eq!(files(&out), first);
}

#[test]
fn every_key_of_a_card_is_decided_to_be_public_or_private() {
    let page = fs::read_to_string(crate::support::package().join("docs/cards.md")).unwrap();
    let decided = |key: &str| agebench::publish::PUBLIC.contains(&key) || agebench::publish::PRIVATE.contains(&key);
    let bracketed = |line: &str| {
        let inner = line.split_once('[')?.1.trim_start_matches('[');
        Some(format!("{}.", inner.split_once(']')?.0))
    };
    let (mut of_heading, mut prefix, mut found) = (String::new(), None, 0);
    for line in page.lines() {
        if line.starts_with('#') {
            of_heading = bracketed(line).unwrap_or_default();
            prefix = None;
        } else if let Some(cells) = line.strip_prefix("| ") {
            let first = cells.split(" |").next().unwrap();
            if first == "key" {
                prefix = Some(of_heading.clone());
            } else if first.starts_with("key of ") {
                prefix = bracketed(first);
            } else if let Some(prefix) = &prefix {
                for key in first.split('`').skip(1).step_by(2) {
                    let key = format!("{prefix}{}", key.split(' ').next().unwrap());
                    assert!(decided(&key), "{key}: decide in src/publish/cards.rs whether it is published");
                    found += 1;
                }
            }
        } else if !line.starts_with('|') {
            prefix = None;
        }
    }
    assert!(found > 80, "only {found} keys are read from docs/cards.md");
}
