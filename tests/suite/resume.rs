//! Runs that are broken off: killed at any moment, they go on with `--resume` to the bytes of a run in one go; and go on with
//! nothing else than the same run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{misbehaving, orders};
use crate::support::{agebench, run, text};

/// A program, and a dataset on which it takes `seconds` for most of its answers.
pub fn slow(place: &Path, samples: usize, seconds: f64) -> (PathBuf, PathBuf) {
    let order = |at: usize| match at % 10 {
        3 => "extra".to_owned(),
        7 => "refuse".to_owned(),
        _ => format!("slow {seconds} {}", 10 + at % 40),
    };
    let all: Vec<String> = (0..samples).map(order).collect();
    let data = orders(&place.join("data"), &all.iter().map(String::as_str).collect::<Vec<_>>());
    (misbehaving(&place.join("method"), ["path", "1", "-"], ""), data)
}

pub fn asked<'a>(method: &'a Path, data: &'a Path, out: &'a Path) -> Vec<&'a str> {
    vec!["run", text(method), "--dataset", text(data), "--out", text(out), "--no-timings", "--jobs", "2"]
}

/// Starts the run and kills it when `after` has passed; whether it was still at work.
fn killed(arguments: &[&str], after: Duration) -> bool {
    let mut child = agebench().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    sleep(after);
    let worked = child.try_wait().unwrap().is_none();
    let _ = child.kill(); // SIGKILL
    child.wait().unwrap();
    worked
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What does not depend on when a run was made.
pub fn lasting(out: &Path) -> (Vec<Vec<u8>>, [Value; 2]) {
    let files = ["outcomes.csv", "truth.csv", "metrics.csv", "protocol.toml", "report.html"];
    let run = json(&out.join("run.json"));
    assert!(!out.join("outcomes.csv.part").exists() && !out.join("outcomes.journal").exists());
    let beside = [run["dataset"].clone(), run["methods"][0]["extra_fields"].clone()];
    (files.map(|name| fs::read(out.join(name)).unwrap()).into(), beside)
}

#[test]
fn a_run_that_is_killed_at_a_hundred_random_moments_ends_in_the_bytes_of_one_in_one_go() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = slow(place.path(), 500, 0.0005);
    let whole = place.path().join("whole");
    let begun = Instant::now();
    run(&asked(&method, &data, &whole)).ended(0);
    let mut longest = u64::try_from(begun.elapsed().as_millis()).unwrap();
    let expected = lasting(&whole);
    // A linear congruential generator (Knuth, MMIX): the moments differ with the machine all the same.
    let mut state = 20_261_126_u64;
    let (mut kills, mut at_work, mut went_on, mut round) = (0, 0, 0, 0);
    while kills < 100 {
        let out = place.path().join(format!("out-{round}"));
        let arguments = [asked(&method, &data, &out), vec!["--resume"]].concat();
        for _ in 0..2 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let after = (state >> 33) % longest;
            let worked = killed(&arguments, Duration::from_millis(after));
            // The machine may have less to do than when the whole run was timed.
            longest = if worked { longest } else { (longest * 9 / 10).max(50) };
            at_work += usize::from(worked);
            kills += 1;
        }
        let ran = run(&arguments).ended(0);
        went_on += usize::from(ran.err.contains("were made before: going on behind them"));
        assert!(lasting(&out) == expected, "round {round}");
        fs::remove_dir_all(&out).unwrap();
        round += 1;
    }
    assert!(at_work >= 50 && went_on > 0, "{at_work} of {kills} kills met a run at work, {went_on} rounds went on");
}

/// A run that was killed with some blocks on disk.
fn broken_off(place: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let (method, data) = slow(place, 2000, 0.001);
    let out = place.join("out");
    let mut child =
        agebench().args(asked(&method, &data, &out)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while fs::read_to_string(out.join("outcomes.journal")).map_or(0, |lines| lines.lines().count()) < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(5));
    }
    // Nobody else writes a run that is being written.
    run(&[asked(&method, &data, &out), vec!["--resume"]].concat())
        .ended(2)
        .told(&["is being written by another process"]);
    child.kill().unwrap();
    child.wait().unwrap();
    (method, data, out)
}

#[test]
fn a_run_goes_on_with_nothing_else_than_what_it_was_begun_with() {
    let place = tempfile::tempdir().unwrap();
    let (method, data, out) = broken_off(place.path());
    let part = fs::read(out.join("outcomes.csv.part")).unwrap();
    let resume = |more: &[&str]| run(&[&asked(&method, &data, &out)[..], &["--resume"], more].concat());
    run(&asked(&method, &data, &out)).ended(2).told(&["not empty", "--resume"]);
    run(&["score", text(&out)]).ended(2).told(&["is not finished", "--resume"]);
    resume(&["--decoder", "zune"]).ended(2).told(&["the setting `decoder` was \"own\", and is \"zune\""]);
    for (file, from, to, said) in [
        (method.join("method.toml"), "version = \"1\"", "version = \"2\"", "the digest of `misbehaving` was "),
        (data.join("manifest.csv"), "p7,19", "p7,20", "the manifest's digest was "),
        (data.join("dataset.toml"), "version = \"1\"", "version = \"2\"", "the digest of the dataset's card was "),
    ] {
        let before = fs::read_to_string(&file).unwrap();
        assert!(before.contains(from), "{from} in {before}");
        fs::write(&file, before.replacen(from, to, 1)).unwrap();
        resume(&[]).ended(2).told(&["is another one", said, "--replace"]);
        fs::write(&file, before).unwrap();
    }
    let record = fs::read_to_string(out.join("run.json")).unwrap();
    for (memory, said) in [("null", "with any memory"), ("2147483648", "with 2147483648 bytes of memory")] {
        let settings = format!("\"settings\": {{\"isolate\": true, \"memory_bytes\": {memory}, ");
        fs::write(out.join("run.json"), record.replacen("\"settings\": {", &settings, 1)).unwrap();
        let was =
            format!("the engine (`--isolate`, `--memory`) was in processes of its own {said}, and is in the process");
        resume(&[]).ended(2).told(&[&was]);
    }
    fs::write(out.join("run.json"), record).unwrap();
    resume(&["--timeout", "5"]).ended(2).told(&["the setting `timeout_seconds` was 60.0, and is 5.0"]);
    resume(&["--protocol", "check-18", "--keep-ids"]).ended(2).told(&["the protocol's digest was ", "`keep_ids`"]);
    let record = fs::read_to_string(out.join("run.json")).unwrap();
    let version = format!("\"tool_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(out.join("run.json"), record.replace(&version, "\"tool_version\": \"0.0.9\"")).unwrap();
    resume(&[]).ended(2).told(&["the version of agebench was 0.0.9, and is "]);
    fs::write(out.join("run.json"), record).unwrap();
    // A file that was put to the method is another one now.
    let file = data.join("f5.txt");
    let before = fs::read(&file).unwrap();
    fs::write(&file, "answer 99").unwrap();
    resume(&[]).ended(2).told(&["the file of the sample in row 7 of truth.csv was changed since the run began"]);
    fs::write(&file, before).unwrap();
    // A folder of something else is not gone on in.
    fs::write(out.join("thesis.tex"), "x").unwrap();
    resume(&[]).ended(2).told(&["thesis.tex"]);
    fs::remove_file(out.join("thesis.tex")).unwrap();
    assert!(fs::read(out.join("outcomes.csv.part")).unwrap().starts_with(&part[..1000]), "what was done is there");
    resume(&[]).ended(0).told(&["were made before: going on behind them"]);
    assert_eq!(json(&out.join("run.json"))["settings"]["resumed"], 1);
    run(&["verify", text(&out)]).ended(0);
    // Finished: nothing is attempted, the rows are made again.
    let bytes = fs::read(out.join("outcomes.csv")).unwrap();
    resume(&[]).ended(0);
    assert!(bytes == fs::read(out.join("outcomes.csv")).unwrap());
}

#[test]
fn what_a_power_failure_leaves_goes_on_to_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let (method, data, out) = broken_off(place.path());
    let whole = place.path().join("whole");
    run(&asked(&method, &data, &whole)).ended(0);
    let (part, journal) = (out.join("outcomes.csv.part"), out.join("outcomes.journal"));
    let (rows, lines) = (fs::read(&part).unwrap(), fs::read(&journal).unwrap());
    let record = fs::read(out.join("run.json")).unwrap();
    let one_block = 1 + lines.iter().position(|byte| *byte == b'\n').unwrap();
    let mut turned = rows.clone();
    let middle = turned.len() / 2;
    turned[middle] ^= 0x20;
    let cases: [(&str, &[u8], &[u8]); 6] = [
        ("rows that the journal says are there are not", &rows[..rows.len() / 3], &lines),
        ("a torn line of the journal", &rows, &lines[..lines.len() - 7]),
        ("one block", &rows, &lines[..one_block]),
        ("no journal", &rows, &[]),
        ("no rows", &[], &lines),
        ("a bit", &turned, &lines),
    ];
    for (name, rows, lines) in cases {
        let _ = fs::remove_file(out.join("outcomes.csv"));
        fs::write(&part, rows).unwrap();
        fs::write(&journal, lines).unwrap();
        fs::write(out.join("run.json"), &record).unwrap();
        run(&[asked(&method, &data, &out), vec!["--resume"]].concat()).ended(0);
        assert!(lasting(&out) == lasting(&whole), "{name}");
    }
}

/// The processes that came of `parent`, the youngest generation first.
fn descendants(parent: u32) -> Vec<u32> {
    let parent_of = |process: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    let all: Vec<u32> = names.filter_map(|name| name.to_str()?.parse().ok()).collect();
    let (mut found, mut generation) = (Vec::new(), vec![parent]);
    while !generation.is_empty() {
        generation =
            all.iter().copied().filter(|one| parent_of(*one).is_some_and(|it| generation.contains(&it))).collect();
        found.splice(0..0, generation.iter().copied());
    }
    found
}

/// A scheduler that takes a job back ends every process of it, the programs before the harness as it may be.
#[cfg(target_os = "linux")]
#[test]
fn a_job_whose_processes_are_all_ended_at_once_leaves_no_attempt_that_failed_of_it() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = slow(place.path(), 400, 0.01);
    let whole = place.path().join("whole");
    run(&asked(&method, &data, &whole)).ended(0);
    let out = place.path().join("out");
    let resume = [asked(&method, &data, &out), vec!["--resume"]].concat();
    for _ in 0..5 {
        let mut child = agebench().args(&resume).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(700));
        let processes: Vec<String> =
            descendants(child.id()).into_iter().chain([child.id()]).map(|process| process.to_string()).collect();
        let _ = std::process::Command::new("kill").arg("-TERM").args(&processes).stderr(Stdio::null()).status();
        let code = child.wait().unwrap().code();
        assert!(code == Some(130) || code == Some(0), "{code:?}");
        if code == Some(0) {
            break;
        }
    }
    run(&resume).ended(0);
    assert!(lasting(&out) == lasting(&whole));
}
