//! `agebench study` as a program: one command that runs, compares and reports, goes on where it was killed, and says whether
//! it follows a plan that was registered. What it refuses stands in `study_refusals`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{misbehaving, orders};
use crate::support::{agebench, run, text};

/// A folder with two programs, two datasets (`young`, `old`) and a study of them.
pub fn study(place: &Path, order: &str, more: &str) -> PathBuf {
    for name in ["one", "two"] {
        let folder = misbehaving(&place.join(name), ["path", "1", "-"], "");
        let card = fs::read_to_string(folder.join("method.toml")).unwrap();
        fs::write(folder.join("method.toml"), card.replace("name = \"misbehaving\"", &format!("name = \"{name}\"")))
            .unwrap();
    }
    for name in ["young", "old"] {
        let all: Vec<String> = (0..40).map(|at| format!("{order} {}", 12 + at % 20)).collect();
        let data = orders(&place.join(name), &all.iter().map(String::as_str).collect::<Vec<_>>());
        let card = fs::read_to_string(data.join("dataset.toml")).unwrap();
        fs::write(data.join("dataset.toml"), card.replace("name = \"orders\"", &format!("name = \"{name}\""))).unwrap();
    }
    let file = place.join("study.toml");
    let text = format!(
        "name = 'two programs'\nmethods = ['one', 'two/method.toml']\ndatasets = ['young', 'old']\nprotocol = 'check-18'\n{more}"
    );
    fs::write(&file, text).unwrap();
    file
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The lines of the table of parts that the output stream holds, words apart by one space.
pub fn parts(out: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let folders = ["runs/", "compared/", "latency/", "footprint/"];
    out.lines().map(words).filter(|line| folders.iter().any(|folder| line.starts_with(folder))).collect()
}

/// Every file below `folder` with its content, but for what holds a time.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "run.json" {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
    found.sort();
    found
}

#[test]
fn one_command_runs_compares_and_reports_all_and_keeps_it_when_given_again() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "[run]\ntimings = false\njobs = 2\n");
    let dry = run(&["study", text(&file), "--dry-run"]).ended(0);
    assert_eq!(
        parts(&dry.out),
        ["runs/young missing", "runs/old missing", "compared/young missing", "compared/old missing"]
    );
    let out = place.path().join("study-results");
    assert!(!out.exists(), "a look makes nothing");
    let ran = run(&["study", text(&file)]).ended(0);
    assert_eq!(
        parts(&ran.out),
        ["runs/young made 80 0", "runs/old made 80 0", "compared/young made", "compared/old made"]
    );
    assert!(
        ran.out.starts_with("study `two programs`: 2 methods x 2 datasets under the protocol `check-18`\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.ends_with("No plan of this study was registered before it was run.\n"), "{}", ran.out);
    for name in ["young", "old"] {
        run(&["verify", text(&out.join("runs").join(name))]).ended(0);
        assert!(out.join("compared").join(name).join("leaderboard.csv").is_file());
    }
    // What the study makes is what the verbs make.
    let alone = place.path().join("alone");
    let [one, two, young] = ["one", "two", "young"].map(|name| place.path().join(name));
    let flags = ["--protocol", "check-18", "--no-timings", "--out", text(&alone)];
    run(&[&["run", text(&one), text(&two), "--dataset", text(&young)], &flags[..]].concat()).ended(0);
    for name in ["outcomes.csv", "truth.csv", "metrics.csv", "protocol.toml"] {
        assert_eq!(fs::read(alone.join(name)).unwrap(), fs::read(out.join("runs/young").join(name)).unwrap(), "{name}");
    }
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("young") && page.contains("old") && page.contains("No plan of this study was registered"));
    let record = json(&out.join("study.json"));
    let states: Vec<&str> =
        record["parts"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["finished"; 4]);
    assert_eq!(record["registration"], Value::Null);
    let before = files(&out);
    let again = run(&["study", text(&file)]).ended(0).told(&["runs/young: kept, every row computed again"]);
    assert_eq!(
        parts(&again.out),
        ["runs/young kept 80 0", "runs/old kept 80 0", "compared/young made", "compared/old made"]
    );
    assert!(before == files(&out), "the same bytes after it was given again");
}

#[test]
fn a_study_that_was_killed_in_the_middle_goes_on_to_the_bytes_of_one_in_one_go() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "slow 0.02", "[run]\ntimings = false\n");
    let whole = place.path().join("whole");
    run(&["study", text(&file), "--out", text(&whole)]).ended(0);
    let out = place.path().join("killed");
    let mut command = agebench();
    command.args(["study", text(&file), "--out", text(&out)]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // In the middle of the second run.
    let begun = Instant::now();
    while !out.join("runs/old/run.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!out.join("runs/old/metrics.csv").exists());
    let dry = run(&["study", text(&file), "--out", text(&out), "--dry-run"]).ended(0);
    assert_eq!(parts(&dry.out)[..2], ["runs/young kept", "runs/old unfinished"]);
    let ran = run(&["study", text(&file), "--out", text(&out)]).ended(0);
    assert_eq!(parts(&ran.out)[..2], ["runs/young kept 80 0", "runs/old went on, finished 80 0"]);
    let relative = |folder: &Path| {
        let all = files(folder).into_iter();
        all.map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), bytes)).collect::<Vec<_>>()
    };
    assert!(relative(&whole) == relative(&out));
}

#[test]
fn an_interrupted_study_says_so_with_130_and_what_is_missing() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "slow 0.2", "");
    let out = place.path().join("out");
    let mut command = agebench();
    command.args(["study", text(&file), "--out", text(&out)]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let begun = Instant::now();
    while !out.join("runs/young/run.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(300));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ran = crate::support::Ran::of(child.wait_with_output().unwrap()).ended(130);
    assert_eq!(parts(&ran.out)[..2], ["runs/young unfinished (exit code 130)", "runs/old missing"]);
    assert_eq!(json(&out.join("study.json"))["parts"][0]["state"], "unfinished");
    assert!(ran.err.contains("goes on"), "{}", ran.err);
}

#[test]
fn a_registered_plan_is_followed_and_every_result_says_so() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "");
    let register =
        ["study", text(&file), "--register", "--date", "2026-11-30", "--by", "A. Researcher", "--by", "B. Regulator"];
    let registered = run(&register).ended(0);
    let out = place.path().join("study-results");
    let registration = json(&out.join("registration.json"));
    let digest = registration["digest"].as_str().unwrap();
    assert!(
        registered.out.contains(digest) && registered.out.contains("A. Researcher, B. Regulator"),
        "{}",
        registered.out
    );
    assert!(registered.out.contains("primary      {"), "the rows declared primary are shown: {}", registered.out);
    assert_eq!(registration["plan"]["datasets"][0]["files_digest"].as_str().unwrap().len(), 64);
    run(&register).ended(2).told(&["holds the plan registered on 2026-11-30"]);
    let ran = run(&["study", text(&file)]).ended(0);
    let said = format!(
        "This study follows the plan registered on 2026-11-30, signed off by A. Researcher, B. Regulator (digest {}).",
        &digest[..16]
    );
    assert!(ran.out.contains(&said) && ran.err.contains(&said), "{}", ran.out);
    let standing = &json(&out.join("study.json"))["registration"];
    assert_eq!((standing["follows"].as_bool(), standing["digest"].as_str()), (Some(true), Some(digest)));
    assert_eq!(standing["deviations"], Value::Array(Vec::new()));
    for name in ["young", "old"] {
        let folder = out.join("runs").join(name);
        assert_eq!(&json(&folder.join("run.json"))["settings"]["study"]["registration"], standing);
        assert_eq!(
            fs::read(folder.join("registration.json")).unwrap(),
            fs::read(out.join("registration.json")).unwrap()
        );
        assert!(fs::read_to_string(folder.join("report.html")).unwrap().contains(&said));
        run(&["verify", text(&folder)]).ended(0);
    }
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains(&said));
    // Rows under another protocol are no part of it.
    let (young, anew) = (out.join("runs/young"), place.path().join("anew"));
    run(&["score", text(&young), "--protocol", "check-16", "--out", text(&anew)]).ended(0);
    assert_eq!(json(&anew.join("run.json"))["settings"].get("study"), None);
    assert!(!anew.join("registration.json").exists() && young.join("registration.json").exists());
    // The digest is that of the file's other keys, as anyone can compute it.
    let code = "import hashlib, json, sys\nrecord = json.load(open(sys.argv[1]))\ndel record['digest']\n\
                def whole(x):\n    if isinstance(x, dict): return {k: whole(v) for k, v in x.items()}\n\
                \x20   if isinstance(x, list): return [whole(v) for v in x]\n\
                \x20   return int(x) if isinstance(x, float) and x == int(x) else x\n\
                text = json.dumps(whole(record), sort_keys=True, separators=(',', ':'), ensure_ascii=False)\n\
                print(hashlib.sha256(b'agebench registration/1\\n' + text.encode()).hexdigest())\n";
    let python =
        std::process::Command::new("python3").args(["-c", code, text(&out.join("registration.json"))]).output();
    assert_eq!(String::from_utf8(python.unwrap().stdout).unwrap().trim(), digest);
}

#[test]
fn what_deviates_from_a_registered_plan_is_said_item_by_item() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "");
    run(&["study", text(&file), "--register", "--date", "2026-11-30"]).ended(0);
    let out = place.path().join("study-results");
    let study = fs::read_to_string(&file).unwrap();
    let other = study
        .replace("'two/method.toml'", "'declared'")
        .replace("check-18", "other.toml")
        .replace("'young', 'old'", "'young'");
    fs::write(&file, format!("{other}[run]\ntimeout = 5\n")).unwrap();
    fs::write(place.path().join("other.toml"), "name = 'other'\nlimits = [16, 18]\n").unwrap();
    // A file of the dataset is another one than when the plan was registered; its manifest is the same.
    fs::write(place.path().join("young/f3.txt"), "answer 99").unwrap();
    let ran = run(&["study", text(&file)]).ended(0);
    for said in [
        "This study deviates from the plan registered on 2026-11-30 (digest ",
        "method `two`: left out; planned was version 1, card ",
        "method `declared`: added, not in the plan: ",
        "protocol, `limits`: [16,18], planned was [18]",
        "dataset `old`: left out; planned was version 1, manifest ",
        "dataset `young`, files: ",
        "setting `timeout_seconds`: 5.0, planned was 60.0",
    ] {
        assert!(ran.out.contains(said), "{said}\nis not in\n{}", ran.out);
    }
    let standing = &json(&out.join("study.json"))["registration"];
    assert_eq!(standing["follows"].as_bool(), Some(false));
    let items: Vec<&str> =
        standing["deviations"].as_array().unwrap().iter().map(|it| it["item"].as_str().unwrap()).collect();
    assert!(items.contains(&"method `declared`") && items.contains(&"dataset `young`, files"), "{items:?}");
    assert_eq!(&json(&out.join("runs/young/run.json"))["settings"]["study"]["registration"], standing);
    // So does every page that is made of its runs later.
    let of_run = out.join("runs/young");
    let said = "This study deviates from the plan registered on 2026-11-30";
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&run(&["report", text(&of_run)]).ended(0).out).contains(said));
    let again = place.path().join("again");
    run(&["score", text(&of_run), "--out", text(&again)]).ended(0);
    assert!(flat(&fs::read_to_string(again.join("report.html")).unwrap()).contains(said));
    // A record that was changed by hand is none.
    let registration = out.join("registration.json");
    let text_of = fs::read_to_string(&registration).unwrap();
    fs::write(&registration, text_of.replace("2026-11-30", "2026-11-29")).unwrap();
    run(&["study", text(&file)]).ended(2).told(&["was changed after it was written"]);
}

#[test]
fn nothing_is_registered_after_an_answer_was_seen() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "");
    run(&["study", text(&file)]).ended(0);
    let register = ["study", text(&file), "--register", "--date", "2026-11-30"];
    run(&register).ended(2).told(&["runs", "a plan is registered before any answer is seen"]);
    assert!(!place.path().join("study-results/registration.json").exists());
    run(&["study", text(&file), "--register"]).ended(2).told(&["--date"]);
    let other = place.path().join("other");
    let bad = ["study", text(&file), "--register", "--date", "30.11.2026", "--out", text(&other)];
    run(&bad).ended(2).told(&["is not a date"]);
    assert!(!other.exists());
}

#[test]
fn a_part_that_goes_wrong_does_not_keep_the_others_from_being_made() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "");
    // One answer in `young` is a crash, and all in `old` are: the method is given up after ten.
    fs::write(place.path().join("young/f7.txt"), "crash").unwrap();
    for at in 0..40 {
        fs::write(place.path().join(format!("old/f{at}.txt")), "crash").unwrap();
    }
    let ran = run(&["study", text(&file)]).ended(4);
    let found = parts(&ran.out);
    assert_eq!(found[0], "runs/young made (exit code 4) 80 2", "{}", ran.out);
    assert!(found[1].starts_with("runs/old not made (exit code 4)"), "{}", ran.out);
    assert_eq!(found[2..], ["compared/young made", "compared/old missing"]);
    // Kept, and its failures are as many as before.
    let text_of = fs::read_to_string(&file).unwrap();
    let again = run(&["study", text(&file)]).ended(4);
    assert_eq!(parts(&again.out)[0], "runs/young kept (exit code 4) 80 2");
    fs::write(&file, format!("{text_of}[run]\nmax_failed = 2\n")).unwrap();
    assert_eq!(parts(&run(&["study", text(&file)]).out)[0], "runs/young kept 80 2");
}

#[test]
fn measurements_are_parts_of_a_study_made_in_processes_of_their_own_and_kept() {
    let place = tempfile::tempdir().unwrap();
    let measured = "method = 'one'\ndataset = 'young'\n";
    let more = format!("[[latency]]\n{measured}starts = 1\nattempts = 4\nwarm_up = 0\n[[footprint]]\n{measured}");
    let file = study(place.path(), "answer", &more);
    let ran = run(&["study", text(&file)]).ended(0);
    let found = parts(&ran.out);
    assert!(found[4].starts_with("latency/young/one made "), "{}", ran.out);
    assert!(found[5].starts_with("footprint/young/one made 40 0"), "{}", ran.out);
    let out = place.path().join("study-results");
    for folder in ["latency/young/one", "footprint/young/one"] {
        run(&["verify", text(&out.join(folder))]).ended(0);
        assert_eq!(json(&out.join(folder).join("run.json"))["settings"]["study"]["name"], "two programs");
    }
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("How long does an answer take?") && page.contains("What a method takes"));
    let again = run(&["study", text(&file)]).ended(0);
    assert!(parts(&again.out)[4..].iter().all(|line| line.contains(" kept ")), "{}", again.out);
    // Another rate is another measurement.
    let text_of = fs::read_to_string(&file).unwrap();
    fs::write(&file, text_of.replace("starts = 1", "starts = 2")).unwrap();
    run(&["study", text(&file)]).ended(2).told(&["latency/young/one: the setting `starts` is 1, the plan has 2"]);
    // Nor do those of a study that keeps ids stay where it does no more.
    fs::write(&file, format!("{text_of}[run]\nkeep_ids = true\n")).unwrap();
    let refused = run(&["study", text(&file)]).ended(2);
    for folder in ["runs/young", "latency/young/one", "footprint/young/one"] {
        let said = format!("{folder}: the setting `keep_ids` is false, the plan has true");
        assert!(refused.err.contains(&said), "{said}\nis not in\n{}", refused.err);
    }
}
