//! `agebench pool`: what several holders published becomes one number for all and one for holders that differ, and what does
//! not belong together is refused.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, rows, run, text};

/// What `metrics.csv` of one method's run on this holder's people is: of `n` seventeen-year-olds the first `passes` are answered
/// 20, the others 15. Recorded files are methods of their own, so the digest is made that of one method.
fn holder(place: &Path, name: &str, passes: usize, n: usize) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
    for person in 0..n {
        csv.push_str(&format!("{name}{person},{name}{person},17,{}\n", if person < passes { 20 } else { 15 }));
    }
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    run(&["score", text(&file), "--dataset-name", name, "--method-name", "cam", "--out", text(&out)]).ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let digest = column(&metrics, "method_digest")[0].clone();
    fs::write(out.join("metrics.csv"), metrics.replace(&digest, "0123456789abcdef")).unwrap();
    out
}

/// Cells of the rows of the plain rate at 18, by people.
fn rates(csv: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let wanted = [
        ("metric", "under_age_pass_rate"),
        ("limit", "18"),
        ("challenge", "18"),
        ("failure_policy", "conditional"),
        ("population", "under"),
        ("weighting", "subject"),
        ("variant", ""),
    ];
    rows(csv, &wanted, columns)
}

fn near(found: &str, wanted: f64, what: &str) {
    let found: f64 = found.parse().unwrap();
    assert!((found - wanted).abs() <= 1e-8 * wanted.abs().max(1e-3), "{what}: {found} is not {wanted}");
}

#[test]
fn three_holders_are_put_together_as_scipy_does_and_each_row_of_theirs_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let golden: serde_json::Value = serde_json::from_str(include_str!("../../fixtures/golden/pool.json")).unwrap();
    let golden = &golden["holders"];
    let holders = [("north", 5, 100), ("south", 0, 150), ("west", 12, 200)]
        .map(|(name, passes, n)| holder(place.path(), name, passes, n));
    let out = place.path().join("pooled");
    let ran = run(&["pool", text(&holders[0]), text(&holders[1]), text(&holders[2]), "--out", text(&out)]).ended(0);
    assert!(ran.out.contains("3 holders: ") && ran.out.contains("under_age_pass_rate"), "{}", ran.out);
    assert!(ran.err.contains("pooled.csv") && ran.err.contains("Next"), "{}", ran.err);
    let csv = fs::read_to_string(out.join("pooled.csv")).unwrap();
    let found = rates(&csv, &["effect", "holder", "n_events", "n_subjects", "status"]);
    assert_eq!(
        found.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
        ["holder", "holder", "holder", "fixed", "random"]
    );
    let mut own: Vec<_> = found[..3].iter().map(|row| (row[1].as_str(), row[2].as_str(), row[3].as_str())).collect();
    own.sort_unstable();
    assert_eq!(own, [("north", "5", "100"), ("south", "0", "150"), ("west", "12", "200")]);
    assert_eq!(found[3][2..], ["17", "450", "value"]);
    let keys = ["value", "low", "high", "claim_low", "claim_high"];
    for (cell, key) in rates(&csv, &keys)[3].iter().zip(keys) {
        near(cell, golden["fixed"][key].as_f64().unwrap(), key);
    }
    let keys = ["value", "low", "high", "q", "q_p", "i_squared", "tau_squared", "prediction_low", "prediction_high"];
    for (cell, key) in rates(&csv, &keys)[4].iter().zip(keys) {
        near(cell, golden["rate"][key].as_f64().unwrap(), key);
    }
    assert!(rates(&csv, &["flags"])[4][0].contains("half_event_added"));
    let weights: f64 = rates(&csv, &["weight"])[..3].iter().map(|row| row[0].parse::<f64>().unwrap()).sum();
    assert!((weights - 1.0).abs() < 1e-9);
    // The order on the command line does not show.
    let again = place.path().join("again");
    run(&["pool", text(&holders[2]), text(&holders[0]), text(&holders[1]), "--out", text(&again)]).ended(0);
    assert_eq!(fs::read_to_string(again.join("pooled.csv")).unwrap(), csv);
    // Mean errors by inverse variances; a holder whose errors do not vary has no variance, and does not enter.
    let mae = [
        ("metric", "mae"),
        ("weighting", "subject"),
        ("group_by", ""),
        ("variant", ""),
        ("population", "all"),
        ("effect", "fixed"),
    ];
    let found = rows(&csv, &mae, &["value", "holders", "holders_left_out", "status"]);
    near(&found[0][0], golden["mae"]["value"].as_f64().unwrap(), "mae");
    assert_eq!(found[0][1..], ["2", "1", "insufficient_evidence"]);
}

#[test]
fn a_redacted_holder_bounds_the_sum_and_enters_no_mean() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (holder(place.path(), "one", 10, 100), holder(place.path(), "other", 3, 100));
    // As a release has it (METRICS M18): no value, the bounds at 0 and at 7 events, the released n.
    let file = other.join("metrics.csv");
    let metrics = fs::read_to_string(&file).unwrap();
    let head: Vec<&str> = metrics.lines().next().unwrap().split(',').collect();
    let at = |name: &str| head.iter().position(|cell| *cell == name).unwrap();
    let redacted = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        let is_rate = cells[at("metric")] == "under_age_pass_rate"
            && cells[at("n_star")] == "100"
            && cells[at("value")] == "0.03";
        if is_rate {
            for name in ["value", "n_events", "n_event_subjects", "claim_low", "claim_high"] {
                cells[at(name)] = "";
            }
            // scipy 1.17.1: beta.ppf(0.95, 8, 93).
            (cells[at("status")], cells[at("low")], cells[at("high")]) = ("suppressed", "0", UPPER_7_OF_100);
        }
        cells.join(",")
    };
    fs::write(&file, metrics.lines().map(|line| redacted(line) + "\n").collect::<String>()).unwrap();
    let out = place.path().join("pooled");
    let ran = run(&["pool", text(&one), text(&other), "--out", text(&out)]).ended(0);
    assert!(ran.out.contains("5.0 % to 8.5 %"), "{}", ran.out);
    let csv = fs::read_to_string(out.join("pooled.csv")).unwrap();
    let found = rates(&csv, &["effect", "value", "low", "high", "status", "n_events", "interval"]);
    assert_eq!(found.len(), 3, "two holders, no random effects: {found:?}");
    let fixed = &found[2];
    assert_eq!(
        (fixed[0].as_str(), fixed[1].as_str(), fixed[4].as_str(), fixed[6].as_str()),
        ("fixed", "", "suppressed", "bounds")
    );
    // 10 + 0 to 7 of 200.
    near(&fixed[2], 0.05, "low");
    let high: f64 = fixed[3].parse().unwrap();
    assert!((high - 0.085).abs() < 1e-9, "{high}");
    assert!(
        rates(&csv, &["flags"])[2][0].contains("holders_left_out") || rates(&csv, &["holders_left_out"])[2][0] == "1"
    );
}

const UPPER_7_OF_100: &str = "0.127458015583";

#[test]
fn what_does_not_belong_together_is_refused_naming_both() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (holder(place.path(), "one", 3, 60), holder(place.path(), "other", 1, 60));
    let out = place.path().join("pooled");
    let pool = |packages: &[&Path]| {
        let mut arguments = vec!["pool"];
        arguments.extend(packages.iter().map(|path| text(path)));
        arguments.extend(["--out", text(&out)]);
        run(&arguments)
    };
    pool(&[&one]).ended(2).told(&["1 of at least 2 packages"]);
    pool(&[&one, &one]).ended(2).told(&["one manifest", "count twice"]);
    pool(&[&one, &place.path().join("nowhere")]).ended(2).told(&["nowhere"]);
    let changed = |name: &str, with: &str| {
        let folder = place.path().join(format!("{name}-{with}"));
        fs::create_dir_all(&folder).unwrap();
        let metrics = fs::read_to_string(other.join("metrics.csv")).unwrap();
        let found = column(&metrics, name)[0].clone();
        fs::write(folder.join("metrics.csv"), metrics.replace(&found, with)).unwrap();
        folder
    };
    let protocol = changed("protocol_digest", "fedcba9876543210");
    pool(&[&one, &protocol]).ended(2).told(&["protocols differ", "fedcba9876543210", "--protocol", text(&one)]);
    let method = changed("method_digest", "fedcba9876543210");
    pool(&[&one, &method]).ended(2).told(&["methods differ", "cam 0123456789abcdef", "cam fedcba9876543210"]);
    assert!(!out.exists(), "nothing is written of what is refused");
    pool(&[&one, &other]).ended(0);
    pool(&[&one, &other]).ended(2).told(&["not empty", "--replace"]);
    run(&["pool", text(&one), text(&other), "--out", text(&one), "--replace"]).ended(2);
    assert!(one.join("outcomes.csv").exists(), "a run is never replaced by a pool");
}

/// Answers of a file on this holder's people, scored with `more`.
fn recorded(place: &Path, name: &str, more: &[&str]) -> PathBuf {
    let file = place.join(format!("{name}.csv"));
    let answers: String =
        (0..60).map(|person| format!("{name}{person},{name}{person},17,{}\n", 15 + person * name.len() % 9)).collect();
    fs::write(&file, format!("sample_id,subject_id,true_age,age\n{answers}")).unwrap();
    let out = place.join(format!("{name}{}", more.concat()));
    let arguments = ["score", text(&file), "--dataset-name", name, "--method-name", "cam", "--out", text(&out)];
    run(&[&arguments[..], more].concat()).ended(0);
    out
}

#[test]
fn recorded_answers_are_of_one_method_where_every_holder_states_the_same_name_and_version() {
    let place = tempfile::tempdir().unwrap();
    let version = |version| ["--method-version", version];
    let [north, south, west] = ["north", "south", "wests"].map(|name| recorded(place.path(), name, &version("2.1")));
    let pooled = |name: &str, packages: &[&Path]| {
        let out = place.path().join(name);
        let mut arguments = vec!["pool", "--out", text(&out)];
        arguments.extend(packages.iter().map(|path| text(path)));
        let ran = run(&arguments).ended(0);
        (ran, fs::read_to_string(out.join("pooled.csv")).unwrap())
    };
    let (ran, csv) = pooled("pooled", &[&north, &south]);
    ran.told(&["`cam 2.1` is one method because the holders state", "method_as_stated"]);
    let digests = rates(&csv, &["effect", "method_digest", "flags"]);
    let words: Vec<&str> = digests.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(words, ["holder", "holder", "fixed", "random"]);
    assert_ne!(digests[0][1], digests[1][1], "each holder's rows keep the digest of their file");
    assert!(!digests[..2].iter().any(|row| digests[2][1] == row[1]), "{digests:?}");
    assert!(!digests[0][2].contains("method_as_stated") && digests[2][2].contains("method_as_stated"), "{digests:?}");
    // The method is the same whoever the holders are.
    assert_eq!(rates(&pooled("others", &[&south, &west]).1, &["method_digest"])[2], digests[2][1..2]);

    let out = place.path().join("refused");
    let refused = |one: &Path, other: &Path| run(&["pool", text(one), text(other), "--out", text(&out)]).ended(2);
    let [bare, newer] = [recorded(place.path(), "south", &[]), recorded(place.path(), "south", &version("2.2"))];
    refused(&north, &newer).told(&["methods differ", "cam 2.1, recorded answers", "cam 2.2, recorded answers"]);
    refused(&north, &bare).told(&["cam, recorded answers without a version", "--method-version"]);
    let bare_too = recorded(place.path(), "west", &[]);
    refused(&bare, &bare_too).told(&["without a version", "--method-version"]);
    // A method with a digest of its own is not the one that was recorded elsewhere, whatever its name.
    let live = holder(place.path(), "live", 3, 60);
    refused(&north, &live).told(&["cam 2.1, recorded answers", "cam 0123456789abcdef"]);
    // Two files of one method at one holder: two seeds, or the same people twice.
    for file in ["metrics.csv", "run.json"] {
        let text = fs::read_to_string(north.join(file)).unwrap();
        let text = if file == "run.json" { text_twice(&text) } else { text.clone() + &metrics_twice(&text) };
        fs::write(north.join(file), text).unwrap();
    }
    refused(&north, &south)
        .told(&["two files of recorded answers of one method, cam 2.1", "versions that tell them apart"]);
    assert!(!out.exists());
    run(&["score", text(&place.path().join("south.csv")), "--method-version", "recorded", "--out", text(&out)])
        .ended(2)
        .told(&["expected the maker's version"]);
}

/// The rows of a metrics.csv again, of a method of another digest.
fn metrics_twice(metrics: &str) -> String {
    let digest = column(metrics, "method_digest")[0].clone();
    metrics.lines().skip(1).map(|line| line.replace(&digest, "0123456789abcdef") + "\n").collect()
}

/// A run.json with that method as well.
fn text_twice(record: &str) -> String {
    let mut record: serde_json::Value = serde_json::from_str(record).unwrap();
    let mut twin = record["methods"][0].clone();
    twin["digest"] = format!("0123456789abcdef{}", "0".repeat(48)).into();
    record["methods"].as_array_mut().unwrap().push(twin);
    record.to_string()
}
