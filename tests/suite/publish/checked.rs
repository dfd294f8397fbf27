//! A change in a release is found, by `verify` and by a validator that we did not write.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{files, recorded, release, seal};
use crate::support::{is_needed, run, text};

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

#[test]
fn names_that_are_not_those_of_their_digests_are_found_and_so_is_another_unit() {
    let place = tempfile::tempdir().unwrap();
    let run_folder = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&run_folder], "none", &[]);
    ran.ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    for (from, to, told) in [
        (",one,", ",two,", "run.json has another name of the method"),
        (",people,", ",others,", "run.json has another name of the dataset"),
        (",years,lower,", ",share,lower,", "the metric is in `years`"),
    ] {
        assert!(metrics.contains(from), "{from}");
        seal(&out, &metrics.replace(from, to));
        run(&["verify", text(&out)]).ended(1).told(&[told]);
    }
}

#[test]
fn a_column_that_no_package_has_is_named_though_the_package_describes_it() {
    let place = tempfile::tempdir().unwrap();
    let run_folder = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&run_folder], "none", &[]);
    ran.ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let described = out.join("datapackage.json");
    let original = fs::read_to_string(&described).unwrap();
    for (name, said) in [
        ("who", "metrics.csv, column `who`: no column of a package"),
        ("group", "metrics.csv, column `group`: it is there more than once"),
    ] {
        let mut package: serde_json::Value = serde_json::from_str(&original).unwrap();
        let fields = package["resources"][0]["schema"]["fields"].as_array_mut().unwrap();
        fields.push(serde_json::json!({ "name": name, "type": "string" }));
        fs::write(&described, package.to_string()).unwrap();
        let lines = metrics.lines().enumerate();
        let wider = lines.map(|(row, line)| format!("{line},{}\n", if row == 0 { name } else { "Ada" }));
        seal(&out, &wider.collect::<String>());
        run(&["verify", text(&out)]).ended(1).told(&[said]);
    }
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
