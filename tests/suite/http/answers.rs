//! What becomes of each way in which a service answers, or does not.

use std::fs;

use super::server::{Server, obey};
use super::{ran, run_json, service};
use crate::command::orders;
use crate::support::column;

/// An order, and what becomes of the attempt: its status, its age, a part of the reason, and how often it was asked again.
const EXPECTED: [(&str, &str, &str, &str, u32); 36] = [
    ("answer 20", "answered", "20", "", 0),
    ("refuse", "refused", "", "too dark", 0),
    ("nobody", "no_subject", "", "http 404", 0),
    ("unsure", "abstained", "", "", 0),
    ("words", "failed", "", "the status `fine` at `/state` has no meaning", 0),
    ("garbage", "failed", "", "the reply is not json (line 1", 0),
    ("wrong", "failed", "", "the reply has nothing at `/result/age`", 0),
    ("young", "failed", "", "`young` at `/result/age` is not a number", 0),
    ("negative", "failed", "", "not an age", 0),
    ("mood", "answered", "21", "", 0),
    ("bytes", "failed", "", "the reply is not utf-8", 0),
    ("nothing", "failed", "", "the reply is empty", 0),
    ("huge", "failed", "", "longer than 1048576 bytes", 0),
    ("drop", "failed", "", "the connection broke before the reply was whole, after 3 tries", 2),
    ("answer 22", "answered", "22", "", 0),
    ("half", "failed", "", "the connection broke before the reply was whole, after 3 tries", 2),
    ("short", "failed", "", "not json", 0),
    ("chunks", "answered", "35", "", 0),
    ("telnet", "failed", "", "not HTTP", 0),
    ("packed", "failed", "", "compressed, which nobody asked for", 0),
    ("slow 600", "timed_out", "", "no answer within 3 s", 0),
    ("drip", "timed_out", "", "no answer within 3 s", 0),
    ("flaky 2", "answered", "31", "", 2),
    ("flaky 9", "failed", "", "http 500: try again, after 3 tries", 2),
    ("broken", "failed", "", "http 503: overloaded, after 3 tries", 2),
    ("teapot", "failed", "", "http 418: short and stout", 0),
    ("denied", "failed", "", "http 401, not let in", 0),
    ("moved", "answered", "33", "", 0),
    ("see", "answered", "34", "", 0),
    ("round", "failed", "", "redirects more than 5 times", 0),
    ("lost", "failed", "", "http 302, a redirect to nowhere", 0),
    ("answer 23", "answered", "23", "", 0),
    ("later", "failed", "", "asks for a longer wait than `longest_wait_seconds`", 0),
    ("cookie", "answered", "36", "", 0),
    ("close", "answered", "37", "", 0),
    ("answer 24", "answered", "24", "", 0),
];

/// The cells of the column `place` columns before the end: the reason may hold commas.
fn column_from_the_end(csv: &str, place: usize) -> Vec<String> {
    csv.lines().skip(1).map(|line| line.rsplit(',').nth(place - 1).unwrap().to_owned()).collect()
}

#[test]
fn each_misbehaviour_costs_its_own_attempt_and_rows_are_the_same_bytes_for_any_number_of_connections() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &EXPECTED.map(|(order, ..)| order));
    let outcomes = |name: &str, lines: &str, more: &[&str]| {
        let server = Server::start(|got, before| obey(got, before, "/"));
        let lines = format!("retries = 2\n{lines}");
        let method = service(&place.path().join(format!("method-{name}")), &server.url("/v1/age"), &lines);
        let out = place.path().join(format!("out-{name}"));
        let all = [&["--timeout", "3", "--max-failed", "99"], more].concat();
        let (ended, outcomes) = ran(&method, &dataset, &out, &all);
        ended.ended(0);
        (outcomes, out, server)
    };
    let (one, out, server) = outcomes("one", "", &["--jobs", "1"]);
    let (ids, status, age) = (column(&one, "sample_id"), column(&one, "status"), column(&one, "age"));
    let retries = column_from_the_end(&one, 2);
    assert_eq!(ids, (0..EXPECTED.len()).map(|number| format!("s{number}")).collect::<Vec<_>>());
    for (number, (order, expected, years, reason, again)) in EXPECTED.iter().enumerate() {
        let line = one.lines().nth(number + 1).unwrap();
        assert_eq!((status[number].as_str(), age[number].as_str()), (*expected, *years), "{order}: {line}");
        assert_eq!(retries[number], again.to_string(), "{order}: {line}");
        assert!(line.contains(reason), "{order}: `{reason}` is not in {line}");
    }

    // What was said beyond the answers, and what went over the wire.
    let json = run_json(&out);
    let method = &json["methods"][0];
    assert_eq!((&method["adapter"], &method["extra_fields"]["/mood"]), (&"http".into(), &1.into()), "{method:#}");
    let service = &method["service"];
    // What was sent into a connection that the service was closing came to nobody.
    let (asked, got) = (service["requests"].as_u64().unwrap(), server.got().len() as u64);
    assert!((got..got + 12).contains(&asked), "{got}: {service:#}");
    assert_eq!((service["redirects"].as_u64(), service["tls"].as_bool()), (Some(7), Some(false)), "{service:#}");
    let heads: usize = server.got().iter().map(|got| got.head.len() + 4 + got.body.len()).sum();
    assert!(service["bytes_sent"].as_u64() >= Some(heads as u64), "{heads}: {service:#}");
    assert!(service["bytes_received"].as_u64() > Some(1 << 20), "{service:#}");

    // A redirect is asked what the first host was asked; after 303 nothing is sent.
    let there: Vec<_> = server.got().into_iter().filter(|got| got.path() == "/there").collect();
    assert_eq!((there.len(), there[0].body.as_slice()), (1, b"moved".as_slice()));
    let seen: Vec<_> = server.got().into_iter().filter(|got| got.path() == "/seen").collect();
    assert!(seen.len() == 1 && seen[0].head.starts_with("GET ") && seen[0].body.is_empty(), "{seen:?}");
    assert!(server.got().iter().all(|got| got.header("cookie").is_none()), "a cookie came back");

    assert_eq!(one, outcomes("jobs", "", &["--jobs", "8"]).0);
    assert_eq!(one, outcomes("many", "instances = 6", &[]).0);
}

#[test]
fn a_connection_is_kept_as_long_as_the_service_keeps_it() {
    let place = tempfile::tempdir().unwrap();
    let dataset =
        orders(&place.path().join("data"), &["answer 20", "answer 21", "close", "answer 22", "short", "answer 23"]);
    let server = Server::start(|got, before| obey(got, before, "/"));
    let method = service(&place.path().join("method"), &server.url("/"), "");
    let (ended, _) = ran(&method, &dataset, &place.path().join("out"), &["--max-failed", "1"]);
    ended.ended(0);
    let connections: Vec<usize> = server.got().iter().map(|got| got.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1, 1, 2]);
}

#[test]
fn ten_attempts_in_a_row_that_reach_nobody_end_the_run_with_code_4() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20"; 30]);
    // A port that nobody listens at: taken, and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let method = service(&place.path().join("method"), &format!("http://{address}/"), "retries = 1");
    let out = place.path().join("out");
    let (ended, outcomes) = ran(&method, &dataset, &out, &[]);
    ended
        .ended(4)
        .told(&["was opened 10 times in a row without an answer", "the connection was refused, after 2 tries"]);
    assert_eq!(outcomes.lines().count(), 1 + 9);
    assert!(fs::read_to_string(out.join("run.json")).unwrap().contains("\"ended\""));
}
