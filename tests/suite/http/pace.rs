//! How fast a service is asked, how a run waits for one that is busy, and that a stop ends every wait.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::server::{Act, Server, json, obey};
use super::{command, ran, service};
use crate::command::orders;
use crate::support::{column, run, text};

/// From the first request to the last, seconds.
fn span(server: &Server) -> f64 {
    let got = server.got();
    got.last().unwrap().at.duration_since(got[0].at).as_secs_f64()
}

#[test]
fn requests_keep_the_rate_of_the_card_with_any_number_of_connections() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20"; 21]);
    let took = |name: &str, lines: &str| {
        let server = Server::start(|got, before| obey(got, before, "/"));
        let method = service(&place.path().join(name), &server.url("/"), lines);
        ran(&method, &dataset, &place.path().join(format!("out-{name}")), &[]).0.ended(0);
        assert_eq!(server.got().len(), 21);
        span(&server)
    };
    // 20 distances of a tenth of a second; requests may take their way a little faster or slower.
    for (name, lines) in [("one", "requests_per_second = 10"), ("many", "requests_per_second = 10\ninstances = 8")] {
        let span = took(name, lines);
        assert!((1.6..20.0).contains(&span), "{name}: {span} s");
    }
}

#[test]
fn several_connections_are_open_at_once_and_the_time_limit_is_that_of_one_request() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["slow 3"; 8]);
    let server = Server::start(|got, before| obey(got, before, "/"));
    let method = service(&place.path().join("method"), &server.url("/"), "instances = 8");
    let begun = Instant::now();
    ran(&method, &dataset, &place.path().join("out"), &[]).0.ended(0);
    let connections: std::collections::BTreeSet<usize> = server.got().iter().map(|got| got.connection).collect();
    assert_eq!(connections.len(), 8);
    assert!(span(&server) < 2.5, "they were asked together: {:?}", begun.elapsed());
}

#[test]
fn a_service_that_asks_for_time_gets_it_from_everybody() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["busy 2", "answer 20", "answer 21", "answer 22"]);
    let server = Server::start(|got, before| obey(got, before, "/"));
    let method = service(&place.path().join("method"), &server.url("/"), "");
    let (ended, outcomes) = ran(&method, &dataset, &place.path().join("out"), &["--timeout", "1"]);
    ended.ended(0); // the waits are none of the time limit
    assert_eq!(column(&outcomes, "age"), ["32", "20", "21", "22"]);
    let got = server.got();
    for (earlier, later) in [(0, 1), (1, 2)] {
        let waited = got[later].at.duration_since(got[earlier].at).as_secs_f64();
        assert!((0.95..30.0).contains(&waited), "{waited} s before try {}", later + 1);
    }
    // While one connection is told to wait, no other asks: each answer takes a fifth of a second, so that without that the
    // second connection would ask four times within the wait.
    let all: Vec<String> = (0..9).map(|number| format!("answer {}", 20 + number)).collect();
    let all: Vec<&str> = std::iter::once("busy 1").chain(all.iter().map(String::as_str)).collect();
    let dataset = orders(&place.path().join("data-2"), &all);
    let server = Server::start(|got, before| match obey(got, before, "/") {
        busy @ Act::Reply(429, ..) => busy,
        answer => Act::After(Duration::from_millis(200), Box::new(answer)),
    });
    let method = service(&place.path().join("method-2"), &server.url("/"), "instances = 2");
    ran(&method, &dataset, &place.path().join("out-2"), &[]).0.ended(0);
    let got = server.got();
    let busy = got.iter().find(|got| got.body.starts_with(b"busy")).unwrap().at;
    let since = |got: &super::server::Got| got.at.saturating_duration_since(busy).as_secs_f64();
    let between: Vec<f64> = got.iter().map(since).filter(|since| (0.15..0.9).contains(since)).collect();
    assert!(between.is_empty(), "{between:?}");
}

#[test]
fn a_stop_ends_a_slow_request_a_wait_and_a_drip_at_once() {
    let place = tempfile::tempdir().unwrap();
    for (name, order, lines) in [
        ("slow", "slow 600", ""),
        ("drip", "drip", ""),
        ("wait", "broken", "retries = 9\nbackoff_seconds = 600\nlongest_wait_seconds = 600"),
        ("rate", "answer 21", "requests_per_second = 0.001"),
    ] {
        let dataset = orders(&place.path().join(format!("data-{name}")), &["answer 20", order, order, order]);
        let server = Server::start(|got, before| obey(got, before, "/"));
        let method = service(&place.path().join(name), &server.url("/"), lines);
        let out = place.path().join(format!("out-{name}"));
        let mut command = command(&method, &dataset, &out, &["--timeout", "900"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        server.wait_for(if name == "rate" { 1 } else { 2 });
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let (took, err) = (begun.elapsed(), String::from_utf8_lossy(&ended.stderr).into_owned());
        assert_eq!(ended.status.code(), Some(130), "{name}: {err}");
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
        assert!(err.contains("interrupted: outcomes of 1 of 4 attempts"), "{name}: {err}");
        let outcomes = fs::read_to_string(out.join("outcomes.csv.part")).unwrap();
        assert_eq!(column(&outcomes, "age"), ["20"], "{name}: what was broken off is no row");
    }
}

#[test]
fn latency_times_a_service_and_its_connections() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20", "answer 21"]);
    let server = Server::start(|_, _| {
        Act::After(Duration::from_millis(5), Box::new(json("{\"state\":\"ok\",\"result\":{\"age\":20}}")))
    });
    let method = service(&place.path().join("method"), &server.url("/"), "instances = 3");
    let out = place.path().join("out");
    let arguments = ["latency", text(&method), "--dataset", text(&dataset), "--out", text(&out), "--starts", "2"];
    run(&[&arguments[..], &["--attempts", "4", "--warm-up", "1"]].concat()).ended(0);
    // Two starts of a first attempt, one to warm up, four in a row, and four for each of three connections at once.
    assert_eq!(server.got().len(), 2 * (1 + 1 + 4 + 12));
    let latency = fs::read_to_string(out.join("latency.csv")).unwrap();
    let single: Vec<&str> = latency.lines().filter(|line| line.contains(",single,")).collect();
    assert_eq!(single.len(), 8, "{latency}");
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let median = metrics.lines().find(|line| line.contains(",latency_median,") && line.contains("stream=single"));
    assert!(median.is_some(), "{metrics}");
}
