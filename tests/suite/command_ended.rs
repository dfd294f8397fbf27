//! Programs as methods when a run is stopped or killed: none of them, and nothing that they started, is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::command::{misbehaving, none_left, orders, processes};
use crate::support::{agebench, text};

/// Starts a run over `orders` and waits until the method has written down its first request.
fn started(place: &Path, all: &[&str]) -> (std::process::Child, PathBuf) {
    let dataset = orders(&place.join("data"), all);
    let log = place.join("log-of-this-test");
    let method = misbehaving(&place.join("method"), ["path", "1", text(&log)], "");
    let out = place.join("out");
    let child = agebench()
        .args(["run", text(&method), "--dataset", text(&dataset), "--out", text(&out)])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !fs::read_to_string(&log).unwrap_or_default().contains("\"attempt\"") {
        assert!(begun.elapsed() < Duration::from_secs(60), "the method was never asked");
        sleep(Duration::from_millis(20));
    }
    (child, log)
}

fn signal(child: &std::process::Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_harness_leaves_no_process_and_no_copy_even_when_the_program_listens_to_nothing() {
    for order in ["hang", "deaf"] {
        let place = tempfile::tempdir().unwrap();
        let (mut child, log) = started(place.path(), &[order]);
        signal(&child, "KILL");
        child.wait().unwrap();
        none_left(text(&log), Duration::from_secs(10));
        // Nor a copy of a sample: the guards remove what it could not.
        let (own, begun) = (format!("agebench-{}-", child.id()), Instant::now());
        let is_left = || {
            let places = [PathBuf::from("/dev/shm"), std::env::temp_dir()];
            let entries = places.iter().filter_map(|place| fs::read_dir(place).ok()).flatten().flatten();
            entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(&own))
        };
        while is_left() {
            assert!(begun.elapsed() < Duration::from_secs(10), "a private folder is left");
            sleep(Duration::from_millis(50));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_program_starts_and_leaves_behind_is_ended_too() {
    let place = tempfile::tempdir().unwrap();
    let (mut child, log) = started(place.path(), &["leave", "leave", "answer 30"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    none_left(text(&log), Duration::from_secs(5));
}

#[test]
fn an_interrupted_run_ends_its_programs_with_a_bye_and_keeps_what_was_done() {
    let place = tempfile::tempdir().unwrap();
    let (mut child, log) = started(place.path(), &["slow 0.2 20"; 200]);
    // The third is asked when two have been answered; what is under way at the stop is no row.
    while !fs::read_to_string(&log).unwrap().contains("\"n\":3") {
        sleep(Duration::from_millis(20));
    }
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    none_left(text(&log), Duration::ZERO);
    assert!(fs::read_to_string(&log).unwrap().contains("BYE"));
    let rows = crate::support::outcomes(&place.path().join("out")).lines().count();
    assert!((3..150).contains(&rows), "{rows} lines");
}

#[test]
fn a_stop_ends_the_wait_for_a_program_that_hangs_and_for_one_that_does_not_get_ready() {
    let place = tempfile::tempdir().unwrap();
    let (mut child, log) = started(&place.path().join("hangs"), &["answer 20", "hang", "answer 30"]);
    let begun = Instant::now();
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    none_left(text(&log), Duration::ZERO);

    let (mute, data) = (place.path().join("mute"), orders(&place.path().join("data"), &["answer 20"]));
    fs::create_dir_all(&mute).unwrap();
    let card =
        "name = \"m\"\nkind = \"estimation\"\nversion = \"1\"\n[command]\nprogram = \"sleep\"\nargs = [\"4711.5\"]\n";
    fs::write(mute.join("method.toml"), card).unwrap();
    let [out, other] = ["out", "other"].map(|name| place.path().join(name));
    for verb in [
        &["run", text(&mute), "--dataset", text(&data), "--out", text(&out)][..],
        &["footprint", text(&mute), "--dataset", text(&data), "--out", text(&other)],
        &["check", text(&mute), "--conformance"],
    ] {
        let mut child = agebench().args(verb).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while processes("sleep 4711.5").is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the program was never started");
            sleep(Duration::from_millis(20));
        }
        let asked = Instant::now();
        signal(&child, "INT");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{verb:?}");
        assert!(asked.elapsed() < Duration::from_secs(20), "{verb:?}: {:?}", asked.elapsed());
        none_left("sleep 4711.5", Duration::ZERO);
    }
}
