//! The cards of a release are those of what ran.

use std::fs;
use std::path::{Path, PathBuf};

use super::{recorded, release, seal};
use crate::command::{misbehaving, orders};
use crate::support::{run, text};

/// Changes the one card of a method, or that of the dataset, in `folder`, and gives it as it was.
fn edit(folder: &Path, dataset: bool, from: &str, to: &str) -> (PathBuf, String) {
    let mut cards = fs::read_dir(folder.join("cards")).unwrap().map(|entry| entry.unwrap().path());
    let card =
        cards.find(|card| card.file_name().unwrap().to_str().unwrap().starts_with("dataset") == dataset).unwrap();
    let whole = fs::read_to_string(&card).unwrap();
    assert!(whole.contains(from), "{from}: {whole}");
    fs::write(&card, whole.replacen(from, to, 1)).unwrap();
    (card, whole)
}

#[test]
fn a_card_that_was_edited_after_the_run_is_found_and_one_that_was_completed_is_not() {
    let place = tempfile::tempdir().unwrap();
    let method = misbehaving(&place.path().join("one"), ["path", "1", "-"], "instances = 1\n");
    let all: Vec<String> = (0..40).map(|at| format!("answer {}", 12 + at % 20)).collect();
    let people = orders(&place.path().join("people"), &all.iter().map(String::as_str).collect::<Vec<_>>());
    let out = place.path().join("run");
    run(&["run", text(&method), "--dataset", text(&people), "--out", text(&out)]).ended(0);
    run(&["verify", text(&out)]).ended(0);
    let refused = |told: &str| {
        run(&["verify", text(&out)]).ended(1).told(&[told]);
        let package = place.path().join("never");
        run(&["publish", text(&out), "--out", text(&package), "--disclosure", "none"]).ended(2).told(&[told]);
        assert!(!package.exists());
    };
    for (dataset, from, to, told) in [
        (false, "name = \"misbehaving\"", "name = \"other\"", "the card of `misbehaving` is of `other`"),
        (false, "kind = \"estimation\"", "kind = \"inference\"", "the card of `misbehaving` is not that of what ran"),
        (false, "version = \"1\"", "version = \"9\"", "the card of `misbehaving` is not that of what ran"),
        (false, "\"path\"", "\"base64\"", "the card of `misbehaving` is not that of what ran"),
        (true, "\"chronological\"", "\"declared\"", "the card of `orders` is not that of what ran"),
        (true, "version = \"1\"", "version = \"2\"", "the card of `orders` is not that of what ran"),
    ] {
        let (card, whole) = edit(&out, dataset, from, to);
        refused(told);
        fs::write(card, whole).unwrap();
    }
    edit(&out, false, "kind", "licence = 'none'\nintended_use = 'tests'\nclaimed_ages = [10, 30]\nkind");
    edit(&out, true, "version", "licence = 'none'\nconsent = 'made up'\nsource = 'a test'\nversion");
    run(&["verify", text(&out)]).ended(0);
    let package = place.path().join("package");
    run(&["publish", text(&out), "--out", text(&package), "--disclosure", "none"]).ended(0);
    let protocol = fs::read_to_string(out.join("protocol.toml")).unwrap();
    let record = fs::read_to_string(out.join("run.json")).unwrap();
    let digest = "\"protocol_digest\": \"";
    let at = record.find(digest).unwrap() + digest.len();
    let forged = format!("{}{}{}", &record[..at], "0".repeat(64), &record[at + 64..]);
    fs::write(out.join("run.json"), forged).unwrap();
    refused("is not the protocol whose digest is in run.json");
    fs::write(out.join("protocol.toml"), protocol).unwrap();

    // A run of before files were noted.
    let mut before: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(before["methods"][0]["files"].as_array().unwrap().len(), 2, "the interpreter and its script");
    before["methods"][0].as_object_mut().unwrap().remove("files");
    fs::write(out.join("run.json"), before.to_string()).unwrap();
    run(&["verify", text(&out)])
        .ended(0)
        .told(&["the card of `misbehaving` is not checked: made before files were noted"]);
}

#[test]
fn the_card_of_a_recorded_file_is_held_against_it_also_in_folders_of_before() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let record = fs::read_to_string(one.join("run.json")).unwrap();
    let mut before: serde_json::Value = serde_json::from_str(&record).unwrap();
    before["methods"][0].as_object_mut().unwrap().remove("files");
    for record in [record, before.to_string()] {
        fs::write(one.join("run.json"), record).unwrap();
        let ran = run(&["verify", text(&one)]).ended(0);
        assert!(!ran.err.contains("not checked"), "{}", ran.err);
        for (dataset, from, to) in [
            (false, "sha256 = \"", "sha256 = \"0000"),
            (false, "estimation", "inference"),
            (true, "volunteer", "random"),
        ] {
            let (card, whole) = edit(&one, dataset, from, to);
            let forged = fs::read_to_string(&card).unwrap();
            // As long as a digest is.
            let forged = if from.starts_with("sha256") {
                let at = forged.find("0000").unwrap() + 64;
                format!("{}{}", &forged[..at], &forged[at + 4..])
            } else {
                forged
            };
            fs::write(&card, forged).unwrap();
            run(&["verify", text(&one)]).ended(1).told(&["is not that of what ran"]);
            fs::write(card, whole).unwrap();
        }
    }
}

#[test]
fn a_card_of_a_package_that_publish_would_not_write_is_found() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    for (dataset, from, to, told) in [
        (false, "name = \"one\"", "name = \"two\"", "`name` is not what run.json says"),
        (false, "version = \"", "version = \"9", "`version` is not what run.json says"),
        (false, "\"estimation\"", "\"inference\"", "`kind` is not what run.json says"),
        (true, "version = \"", "version = \"9", "`version` is not what run.json says"),
        (true, "name", "# by somebody\nname", "it is not what is published of a card"),
        (false, "name", "host = \"ageapi.internal\"\nname", "it is not what is published of a card"),
        (false, "licence = \"none\"\n", "", "not stated: a release needs it"),
    ] {
        let (card, whole) = edit(&out, dataset, from, to);
        seal(&out, &metrics);
        run(&["verify", text(&out)]).ended(1).told(&[told]);
        fs::write(card, whole).unwrap();
    }
    fs::write(out.join("cards/method-9-more.toml"), "name = \"more\"\n").unwrap();
    seal(&out, &metrics);
    run(&["verify", text(&out)]).ended(1).told(&["run.json does not name it"]);
}
