//! `agebench publish` and `verify` of what it made: what a release holds, what it never holds, and that a change is found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ran, column, is_needed, run, text};

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

/// A run folder made of a recorded file below `place`, whose cards say what a release needs.
fn recorded(place: &Path, name: &str, off: impl Fn(u32) -> i64) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age,status,reason,sex,split\n".to_owned();
    for person in 0..400_u32 {
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
fn every_changed_file_is_found_and_so_is_a_number_whose_sums_were_made_again() {
    let place = tempfile::tempdir().unwrap();
    let run_folder = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&run_folder], "none", &[]);
    ran.ended(0);
    for (name, bytes) in files(&out) {
        let path = out.join(&name);
        // One digit or letter, somewhere in the middle.
        let mut other = bytes.clone();
        let at = (bytes.len() / 2..bytes.len()).find(|at| bytes[*at].is_ascii_alphanumeric()).unwrap();
        other[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
        fs::write(&path, &other).unwrap();
        let ran = run(&["verify", text(&out)]).ended(1);
        assert!(ran.err.contains(&name) || name == "SHA256SUMS", "{name}: {}", ran.err);
        fs::write(&path, &bytes).unwrap();
    }
    run(&["verify", text(&out)]).ended(0);

    // Whoever makes the sums anew as well is caught by the numbers themselves.
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let header: Vec<&str> = metrics.lines().next().unwrap().split(',').collect();
    let place_of = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let rate = metrics.lines().position(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        cells[place_of("metric")] == "under_age_pass_rate"
            && cells[place_of("population")] == "under"
            && cells[place_of("weighting")] == "attempt"
            && cells[place_of("variant")].is_empty()
            && cells[place_of("n_events")].parse::<u32>().is_ok_and(|events| events > 20)
    });
    let rate = rate.unwrap();
    for name in ["value", "low", "high", "claim_low", "claim_high", "n_attempts", "n_events", "n_star", "deff"] {
        let mut lines: Vec<String> = metrics.lines().map(str::to_owned).collect();
        let mut cells: Vec<String> = lines[rate].split(',').map(str::to_owned).collect();
        let cell = cells[place_of(name)].clone();
        assert!(!cell.is_empty(), "{name}");
        let number: f64 = cell.parse().unwrap();
        cells[place_of(name)] =
            if cell.contains('.') { format!("{:.6}", number * 1.001) } else { format!("{}", number + 1.0) };
        lines[rate] = cells.join(",");
        seal(&out, &format!("{}\n", lines.join("\n")));
        run(&["verify", text(&out)]).ended(1).told(&["metrics.csv, row", "computed again"]);
    }
    seal(&out, &metrics);
    run(&["verify", text(&out)]).ended(0);
    fs::write(out.join("outcomes.csv"), "x").unwrap();
    run(&["verify", text(&out)]).ended(1).told(&["outcomes.csv: no file of a package"]);
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

#[test]
fn a_comparison_is_published_with_the_runs_that_were_compared() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let two = recorded(place.path(), "two", |person| i64::from(person % 7));
    let compared = place.path().join("compared");
    run(&["compare", text(&one), text(&two), "--out", text(&compared)]).ended(0);
    release(place.path(), &[&compared], "none", &[]).1.ended(2).told(&["name the run folders"]);
    release(place.path(), &[&one, &compared], "none", &[]).1.ended(2).told(&["not among the folders"]);
    release(place.path(), &[&one, &one], "none", &[]).1.ended(2).told(&["leave one of them out"]);
    let (out, ran) = release(place.path(), &[&one, &two, &compared], "none", &[]);
    ran.ended(0);
    run(&["verify", text(&out)]).ended(0);
    assert!(out.join("comparison.csv").exists() && out.join("leaderboard.csv").exists());
    release(place.path(), &[&out], "none", &[]).1.ended(2).told(&["not empty"]);
    let other = place.path().join("other");
    run(&["publish", text(&out), "--out", text(&other), "--disclosure", "none"]).ended(2).told(&["a release already"]);
    for form in ["table", "markdown"] {
        let ran = run(&["report", text(&out), "--format", form]).ended(0);
        assert!(ran.out.contains("one") && ran.out.contains("two"), "{}", ran.out);
    }
    // A folder of packages is reported as one.
    let ran = run(&["report", text(place.path())]).ended(0);
    assert!(ran.out.contains("one") && ran.out.contains("two"), "{}", ran.out);
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
fn a_signature_holds_for_the_signers_key_and_for_no_other() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let pair = |name: &str| {
        let minisign::KeyPair { pk, sk } = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let (public, secret) = (place.path().join(format!("{name}.pub")), place.path().join(format!("{name}.key")));
        fs::write(&public, pk.to_box().unwrap().to_string()).unwrap();
        fs::write(&secret, sk.to_box(None).unwrap().to_string()).unwrap();
        (public, secret)
    };
    let ((public, secret), (other, _)) = (pair("ours"), pair("theirs"));
    let (out, ran) = release(place.path(), &[&one], "none", &["--sign", text(&secret)]);
    ran.ended(0).told(&["SHA256SUMS.minisig"]);
    let ran = run(&["verify", text(&out), "--public-key", text(&public)]).ended(0);
    assert!(ran.out.contains("signed: agebench release `one-on-people`"), "{}", ran.out);
    run(&["verify", text(&out)]).ended(0).told(&["was not checked"]);
    run(&["verify", text(&out), "--public-key", text(&other)]).ended(1).told(&["not by this key"]);
    let tool = Command::new("minisign").args(["-Vm", "SHA256SUMS", "-p", text(&public)]).current_dir(&out).output();
    match tool {
        Ok(ran) => {
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            // A key that the tool itself made: its checksum is empty.
            let (tools, key) = (place.path().join("tool.pub"), place.path().join("tool.key"));
            let made =
                Command::new("minisign").args(["-G", "-W", "-p", text(&tools), "-s", text(&key)]).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            release(place.path(), &[&one], "none", &["--replace", "--sign", text(&key)]).1.ended(0);
            run(&["verify", text(&out), "--public-key", text(&tools)]).ended(0);
            release(place.path(), &[&one], "none", &["--replace", "--sign", text(&secret)]).1.ended(0);
        }
        Err(_) => {
            assert!(!is_needed("minisign"), "minisign is not installed");
            eprintln!("skipped: minisign is not installed");
        }
    }
    let sums = fs::read_to_string(out.join("SHA256SUMS")).unwrap();
    fs::write(out.join("SHA256SUMS"), sums.replacen('a', "b", 1)).unwrap();
    run(&["verify", text(&out), "--public-key", text(&public)]).ended(1).told(&["not by this key"]);
    fs::write(out.join("SHA256SUMS"), &sums).unwrap();
    run(&["verify", text(&out), "--public-key", text(&secret)]).ended(2).told(&["no public key"]);
    fs::remove_file(out.join("SHA256SUMS.minisig")).unwrap();
    run(&["verify", text(&out), "--public-key", text(&public)]).ended(1).told(&["not signed"]);
    release(place.path(), &[&one], "none", &["--replace", "--sign", text(&public)]).1.ended(2).told(&["no secret key"]);
}

#[test]
fn a_validator_that_we_did_not_write_accepts_the_tables_and_finds_a_wrong_cell() {
    let python = std::env::var("AGEBENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let validate = |folder: &Path| {
        let program = "import sys, frictionless; report = frictionless.validate(sys.argv[1], type='package'); print(report.flatten(['type', 'message'])); sys.exit(not report.valid)";
        Command::new(&python).args(["-c", program, "datapackage.json"]).current_dir(folder).output().unwrap()
    };
    let there =
        Command::new(&python).args(["-c", "import frictionless"]).output().is_ok_and(|ran| ran.status.success());
    if !there {
        assert!(!is_needed("frictionless"), "the Python package frictionless is not installed");
        eprintln!(
            "skipped: no Python package frictionless (pip install frictionless; AGEBENCH_PYTHON names the interpreter)"
        );
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let two = recorded(place.path(), "two", |person| i64::from(person % 7));
    let compared = place.path().join("compared");
    run(&["compare", text(&one), text(&two), "--out", text(&compared)]).ended(0);
    let more = ["--licence", "CC-BY-4.0", "--contributor", "A regulator", "--date", "2026-11-30"];
    let (out, ran) = release(place.path(), &[&one, &two, &compared], "none", &more);
    ran.ended(0);
    let ran = validate(&out);
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    seal(&out, &metrics.replacen(",share,lower,", ",share,sideways,", 1));
    let ran = validate(&out);
    assert!(!ran.status.success() && String::from_utf8_lossy(&ran.stdout).contains("sideways"));
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
