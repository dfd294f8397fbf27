//! `agebench publish` and `verify` of what it made.

mod cards;
mod checked;
mod folders;
mod forged;
mod held;
mod planned;
mod policies;
mod signed;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Ran, run, text};

/// A run folder made of a recorded file below `place`, whose cards say what a release needs.
fn recorded(place: &Path, name: &str, off: impl Fn(u32) -> i64) -> PathBuf {
    recorded_of(place, name, 400, off)
}

/// The same of so many people.
fn recorded_of(place: &Path, name: &str, people: u32, off: impl Fn(u32) -> i64) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age,status,reason,sex,split\n".to_owned();
    for person in 0..people {
        let (age, sex) = (12 + person % 14, if person % 2 == 0 { "female" } else { "=cmd|' /C calc'!A0" });
        let (answer, status, reason) = if person % 40 == 7 {
            (String::new(), "failed", format!("planted-reason of /home/{person}"))
        } else {
            ((i64::from(age) + off(person)).to_string(), "answered", String::new())
        };
        csv.push_str(&format!(
            "planted-sample-{person},planted-person-{person},{age},{answer},{status},{reason},{sex},planted-split\n"
        ));
    }
    let file = place.join(format!("planted-path-{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    let arguments =
        ["score", text(&file), "--dataset-name", "people", "--method-name", name, "--groups", "sex", "--keep-ids"];
    run(&[&arguments[..], &["--out", text(&out)]].concat()).ended(0);
    let cards = out.join("cards");
    for entry in fs::read_dir(&cards).unwrap() {
        let path = entry.unwrap().path();
        let mut card = fs::read_to_string(&path).unwrap();
        card = card
            .lines()
            .filter(|line| {
                !["licence", "consent", "source", "intended_use", "claimed_ages"]
                    .iter()
                    .any(|key| line.starts_with(key))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let more = if path.ends_with("dataset.toml") {
            "licence = \"research only\"\nconsent = \"signed\"\nsource = \"a school, https://example.com/s?key=planted-host\"\n"
        } else {
            "licence = \"none\"\nintended_use = \"tests\"\nclaimed_ages = [10, 30]\n"
        };
        fs::write(&path, format!("# planted-comment of planted-name\n{more}{card}")).unwrap();
    }
    let record = fs::read_to_string(out.join("run.json")).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["settings"]["place"] = "planted-setting in /home/alice".into();
    record["host_name"] = "planted-host".into();
    record["machine"] = serde_json::json!({ "cpu_model": "planted-host", "cpu_features": ["planted-host"], "cores": 2, "memory_bytes": 1, "os": "planted-host" });
    record["started"] = "2026-01-01T00:00:00Z".into();
    record["methods"][0]["service"] = serde_json::json!({ "address": "https://planted-host/", "tls": true, "requests": 1, "redirects": 0, "bytes_sent": 1, "bytes_received": 1 });
    fs::write(out.join("run.json"), record.to_string()).unwrap();
    fs::create_dir_all(out.join("stderr")).unwrap();
    fs::write(out.join("stderr/method-1.txt"), "planted-host planted-name").unwrap();
    out
}

/// A release of `folders` under `rule`.
fn release(place: &Path, folders: &[&Path], rule: &str, more: &[&str]) -> (PathBuf, Ran) {
    let out = place.join(format!("release-{rule}"));
    let mut arguments = vec!["publish"];
    arguments.extend(folders.iter().map(|folder| text(folder)));
    arguments.extend(["--out", text(&out), "--disclosure", rule]);
    arguments.extend(more);
    let ran = run(&arguments);
    (out, ran)
}

/// The files below `folder` with their paths in it.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((text(path.strip_prefix(folder).unwrap()).to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Writes `metrics` into the package at `out`, with size, hash and sums that fit.
fn seal(out: &Path, metrics: &str) {
    let digest = |bytes: &[u8]| agebench::digest::Digest::of(bytes).to_string();
    fs::write(out.join("metrics.csv"), metrics).unwrap();
    let described = fs::read_to_string(out.join("datapackage.json")).unwrap();
    let mut described: serde_json::Value = serde_json::from_str(&described).unwrap();
    described["resources"][0]["bytes"] = metrics.len().into();
    described["resources"][0]["hash"] = format!("sha256:{}", digest(metrics.as_bytes())).into();
    fs::write(out.join("datapackage.json"), described.to_string()).unwrap();
    let sums: String = files(out)
        .iter()
        .filter(|(name, _)| name != "SHA256SUMS")
        .map(|(name, bytes)| format!("{}  {name}\n", digest(bytes)))
        .collect();
    fs::write(out.join("SHA256SUMS"), sums).unwrap();
}
