//! `agebench latency`: starts, streams, rows that follow from the raw file, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::command::{misbehaving, orders};
use crate::support::{bmp, column, dataset, jpeg, run, text, tiny_method};

#[test]
fn a_method_that_only_refuses_has_times_that_nothing_may_rest_on() {
    let place = tempfile::tempdir().unwrap();
    let method = misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    let measured = |orders_of: &[&str], name: &str| {
        let (data, out) = (orders(&place.path().join(name), orders_of), place.path().join(format!("{name}-out")));
        let flags = ["--starts", "1", "--attempts", "8", "--warm-up", "1"];
        run(&[&["latency", text(&method), "--dataset", text(&data), "--out", text(&out)][..], &flags].concat()).ended(0)
    };
    let ran = measured(&["refuse"], "refuses");
    assert!(ran.out.contains("INVALID: all 8 attempts that ended in time ended without an answer"), "{}", ran.out);
    assert!(ran.err.contains("0 of 8 attempts one after the other were answered"), "{}", ran.err);
    let ran = measured(&["refuse", "answer 20"], "half");
    assert!(!ran.out.contains("without an answer"), "{}", ran.out);
    assert!(ran.err.contains("4 of 8 attempts one after the other were answered"), "{}", ran.err);
}

#[test]
fn rows_follow_from_the_raw_file_and_are_verified() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let measured =
        ["latency", "drawn-even", "--dataset", "drawn-faces", "--starts", "2", "--attempts", "40", "--rate", "50"];
    let ran = run(&[&measured[..], &["--out", text(&out)]].concat()).ended(0);
    for part in ["single", "offered at 50/s: answer", "first answer", "harness itself", "attempts a second", "VALID"] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    let raw = fs::read_to_string(out.join("latency.csv")).unwrap();
    let streams = column(&raw, "stream");
    let count = |name: &str| streams.iter().filter(|stream| *stream == name).count();
    let counts = ["calibration", "load", "first", "warm_up", "single", "offered", "offline", "null"].map(count);
    assert_eq!(counts, [4, 2, 2, 20, 80, 80, 2, 2]);
    run(&["verify", text(&out)]).ended(0);

    // Every form of the report is about times, and has no empty tables of errors.
    for form in ["table", "markdown", "html"] {
        let told = run(&["report", text(&out), "--format", form]).ended(0).out;
        for part in ["How long does an answer take?", "harness itself", "times by group", "sex f", "attempts a second"]
        {
            assert!(told.contains(part), "{form}: {part} is not in\n{told}");
        }
        for part in ["Errors in years", "No method was held", "Under-age passes"] {
            assert!(!told.contains(part), "{form}: {part} is in\n{told}");
        }
    }

    // The median of the raw file is the row's.
    let mut times: Vec<f64> = streams
        .iter()
        .zip(column(&raw, "latency_ns"))
        .filter(|(stream, _)| *stream == "single")
        .map(|(_, time)| time.parse::<f64>().unwrap() / 1e6)
        .collect();
    times.sort_by(f64::total_cmp);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let rows = column(&metrics, "metric").into_iter().zip(column(&metrics, "variant")).zip(column(&metrics, "value"));
    let value = rows
        .filter(|((metric, variant), _)| metric == "latency_median" && variant == "stream=single")
        .map(|(_, value)| value.parse::<f64>().unwrap())
        .next();
    assert!((value.unwrap() - f64::midpoint(times[39], times[40])).abs() < 1e-9);

    // Means need five starts, and the 99th percentile more attempts than these.
    let status = |wanted: &str| {
        let mut found = column(&metrics, "metric").into_iter().zip(column(&metrics, "status"));
        found.find(|(metric, _)| metric == wanted).unwrap().1
    };
    assert_eq!(status("latency_p99"), "insufficient_evidence");
    assert_eq!(status("load_time"), "insufficient_evidence");
}

#[test]
fn an_answer_after_the_time_limit_is_censored() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let measured = ["latency", "drawn-even", "--dataset", "drawn-faces", "--starts", "1", "--attempts", "40"];
    let ran = run(&[&measured[..], &["--timeout", "0.000001", "--out", text(&out)]].concat()).ended(0);
    assert!(ran.out.contains(">="), "{}", ran.out);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(metrics.lines().any(|line| line.contains("latency_median") && line.contains("censored")));
    run(&["verify", text(&out)]).ended(0);
}

#[test]
fn what_cannot_be_measured_is_refused_before_any_start() {
    let place = tempfile::tempdir().unwrap();
    let pictures = dataset(&place.path().join("pictures"), &[("a.jpg", &jpeg())], "");
    let out = place.path().join("out");
    let asked = ["latency", "drawn-even", "--dataset", text(&pictures), "--out", text(&out)];
    run(&[&asked[..], &["--rate", "0"]].concat()).ended(2).told(&["above 0"]);
    run(&[&asked[..], &["--starts", "0"]].concat()).ended(2);
    let wrong = tiny_method(place.path(), "wide", |card| card);
    run(&["latency", text(&wrong), "--dataset", text(&pictures), "--out", text(&out)]).ended(2);
    assert!(!out.exists());
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine.txt"), "keep").unwrap();
    run(&asked).ended(2).told(&["--replace"]);
    assert!(out.join("mine.txt").exists());
}

#[test]
fn a_sample_that_cannot_be_decoded_fails_and_is_in_no_row() {
    let place = tempfile::tempdir().unwrap();
    let pictures = dataset(&place.path().join("pictures"), &[("a.jpg", &jpeg()), ("b.jpg", b"no picture")], "");
    let out = place.path().join("out");
    let asked = ["latency", "drawn-even", "--dataset", text(&pictures), "--starts", "1", "--attempts", "10"];
    run(&[&asked[..], &["--out", text(&out)]].concat()).ended(4).told(&["failed and are in no row"]);
}

#[test]
fn a_program_that_is_late_or_ends_at_every_attempt_is_measured_all_the_same_and_the_exit_code_says_it() {
    let place = tempfile::tempdir().unwrap();
    let method = misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    for (name, order, code) in [("late", "slow 9 20", 0), ("ends", "crash", 4)] {
        let data = orders(&place.path().join(name), &[order]);
        let out = place.path().join(format!("out-{name}"));
        let measured = ["latency", text(&method), "--dataset", text(&data), "--starts", "1", "--attempts", "2"];
        let more = ["--warm-up", "0", "--jobs", "1", "--timeout", "0.3", "--out", text(&out)];
        let ran = run(&[&measured[..], &more].concat()).ended(code);
        let raw = fs::read_to_string(out.join("latency.csv")).unwrap();
        let offline = crate::support::rows(&raw, &[("stream", "offline")], &["status", "attempts"]);
        let status = if code == 0 { "timed_out" } else { "failed" };
        let one = || vec![status.to_owned(), "1".to_owned()];
        assert_eq!(offline, [vec![String::new(), "0".to_owned()], one(), one()], "{}", ran.err);
        run(&["verify", text(&out)]).ended(0);
    }
}

#[test]
fn of_a_program_the_words_of_all_starts_what_decoded_for_it_and_where_its_copies_lay_are_kept() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| place.path().join(name);
    let measured = |method: &Path, data: &Path, out: &Path| {
        let asked = ["latency", text(method), "--dataset", text(data), "--starts", "2", "--attempts", "20"];
        run(&[&asked[..], &["--out", text(out)]].concat()).ended(0);
        let run_json = fs::read_to_string(out.join("run.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&run_json).unwrap()
    };
    let out = folder("out-path");
    let method = misbehaving(&folder("path"), ["path", "1", "-"], "");
    let record = measured(&method, &orders(&folder("orders"), &["talk"]), &out);
    assert!(["memory", "disk"].contains(&record["settings"]["copies"].as_str().unwrap()), "{record}");
    assert_eq!(record["methods"][0]["engine"], "");
    let words = out.join("stderr/method-1-misbehaving.txt");
    let said = fs::read_to_string(&words).unwrap();
    assert_eq!(fs::metadata(&words).unwrap().permissions().mode() & 0o777, 0o600);
    // A start has one process for the streams that go one by one, and one for the offline stream.
    for number in 1..=4 {
        assert!(said.contains(&format!("== process {number}, the end of what it wrote\n")), "{number}");
    }
    assert!(said.contains("talk talk") && said.len() <= 4 * (64 << 10) + 1000, "{} bytes", said.len());

    let out = folder("out-pixels");
    let method = misbehaving(&folder("pixels"), ["pixels", "1", "-"], "");
    let data = dataset(&folder("photos"), &[("a.bmp", &bmp(3, b"answer 23.25      "))], "");
    let record = measured(&method, &data, &out);
    let engine = record["methods"][0]["engine"].as_str().unwrap();
    assert!(engine.starts_with("jpeg of agebench"), "{engine}");
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(column(&metrics, "engine").iter().all(|cell| cell == engine), "{engine}");
    assert!(record["settings"].get("copies").is_none() && !out.join("stderr").exists());
    run(&["verify", text(&out)]).ended(0);
}
