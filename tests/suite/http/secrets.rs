//! Secrets come from the environment, reach the service, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::{Act, Got, Server, code, json};
use super::{card, command};
use crate::command::orders;
use crate::support::{Ran, agebench, files_under, text};

const KEY: &str = "sk-live-Zq7\"x/9=&w";
const USER: &str = "bob-4711-is-secret";

/// `u:KEY` by Python's base64.b64encode, as HTTP Basic has it.
const BASIC: &str = "dTpzay1saXZlLVpxNyJ4Lzk9Jnc=";

/// Every form in which they may turn up. Made by Python: json.dumps, urllib.parse.quote(safe=''), base64.b64encode. Then as a JSON
/// pointer within JSON, and the middle of `BASIC`.
const FORMS: [&str; 8] = [
    KEY,
    "sk-live-Zq7\\\"x/9=&w",
    "sk-live-Zq7%22x%2F9%3D%26w",
    "c2stbGl2ZS1acTcieC85PSZ3",
    USER,
    "Ym9iLTQ3MTEtaXMtc2VjcmV0",
    "sk-live-Zq7\\\"x~19=&w",
    "ay1saXZlLVpxNyJ4Lzk9Jn",
];

/// A service that tells everybody the keys that it is sent.
fn blabbing(got: &Got, _: usize) -> Act {
    let key = got.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
    let quoted = serde_json::Value::from(key.as_str()).to_string();
    let order = serde_json::from_slice::<serde_json::Value>(&got.body).ok();
    let order = order.and_then(|body| body["order"].as_str().map(str::to_owned)).unwrap_or_default();
    // printf ... | base64 of the orders below
    match order.as_str() {
        "YW5zd2Vy" => json(&format!("{{\"age\":20,\"key\":{quoted},{quoted}:1,\"{BASIC}\":1,\"user\":\"{USER}\"}}")),
        "cmVmdXNl" => code(422, &format!("{{\"why\":{quoted}}}")),
        "Z2FyYmFnZQ==" => json(&format!("{}{key}", "x".repeat(50))),
        "c3RhdHVz" => json(&format!("{{\"age\":\"{USER}\"}}")),
        "YnJva2Vu" => code(503, &format!("{{\"why\":\"the key {FORM} failed\"}}", FORM = FORMS[3])),
        "ZGVuaWVk" => code(401, &format!("{{\"why\":\"{}\"}}", FORMS[2])),
        "bW92ZWQ=" => {
            Act::Reply(307, vec![("Location", format!("https://{USER}.example/?key={}", FORMS[2]))], Vec::new())
        }
        "ZGVidWc=" => Act::Raw(format!("{KEY} {USER}\r\n\r\n").into_bytes()),
        _ => code(400, &format!("{{\"why\":{quoted}}}")),
    }
}

const ORDERS: [&str; 8] = ["answer", "refuse", "garbage", "status", "broken", "denied", "moved", "debug"];

fn method(place: &Path, server: &Server) -> PathBuf {
    let table = format!(
        "[http]\nurl = \"{}\"\nheaders = {{ Authorization = \"Bearer ${{AGE_KEY}}\" }}\n\
         json = '''{{\"order\":\"{{base64}}\",\"user\":\"${{AGE_USER}}\"}}'''\nretries = 1\nbackoff_seconds = 0.01\n\
         codes = {{ 422 = \"refused\" }}\n[http.answer]\nage = \"/age\"\nreason = \"/why\"\n",
        server.url("/v1/age?token=${AGE_KEY}")
    );
    card(place, &table)
}

fn with_secrets(command: &mut Command) -> &mut Command {
    // Whatever a library may be told to log, it is told to log.
    command.env("AGE_KEY", KEY).env("AGE_USER", USER).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full")
}

/// Fails when a secret is in `text`, in any form.
#[track_caller]
fn none_in(text: &str, place: &str) {
    for form in FORMS {
        assert!(!text.contains(form), "{form} is in {place}:\n{text}");
    }
}

#[test]
fn secrets_are_in_no_file_and_on_no_stream_although_the_service_sends_them_back() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(blabbing);
    let method = method(&place.path().join("method"), &server);
    let dataset = orders(&place.path().join("data"), &ORDERS);
    let out = place.path().join("out");
    let mut told = String::new();
    let mut see = |ran: Ran, code: i32| {
        let ran = ran.ended(code);
        told.push_str(&ran.out);
        told.push_str(&ran.err);
    };
    see(Ran::of(with_secrets(&mut command(&method, &dataset, &out, &["--max-failed", "9"])).output().unwrap()), 0);
    let verbs: [(&[&str], i32); 4] = [
        (&["check", text(&method)], 0),
        (&["check", text(&method), "--format", "json"], 0),
        (&["report", text(&out)], 0),
        (&["verify", text(&out)], 0),
    ];
    for (verb, code) in verbs {
        see(Ran::of(with_secrets(agebench().args(verb)).output().unwrap()), code);
    }
    let examined = with_secrets(agebench().args(["check", text(&method), "--conformance"])).output().unwrap();
    see(Ran::of(examined), 2); // one rule is that no secret comes back
    // The other verbs that put samples to a service, whatever they make of such answers; `probe` asks no service that answers ages.
    let [measured, probed] = ["measured", "probed"].map(|name| place.path().join(name));
    for (asks, asked) in [
        (true, &["latency", "--starts", "1", "--attempts", "8", "--out", text(&measured)][..]),
        (false, &["probe", "--limit", "18", "--out", text(&probed)]),
    ] {
        let before = server.got().len();
        let mut program = agebench();
        program.args(asked).arg(&method).args(["--dataset", text(&dataset)]);
        let ran = Ran::of(with_secrets(&mut program).output().unwrap());
        assert_eq!(server.got().len() > before, asks, "{asked:?}:\n{}", ran.err);
        told.push_str(&ran.out);
        told.push_str(&ran.err);
    }
    none_in(&told, "what was printed");

    let mut written = files_under(&out);
    assert!(written.len() >= 7, "{written:?}");
    let others = [measured, probed].into_iter().filter(|folder| folder.exists());
    written.extend(others.flat_map(|folder| files_under(&folder)));
    for file in &written {
        none_in(&String::from_utf8_lossy(&fs::read(file).unwrap()), &file.display().to_string());
    }
    // It did reach the service, and its words were kept but for the secrets.
    let got = server.got();
    assert_eq!(got[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert!(got[0].path().ends_with("?token=sk-live-Zq7%22x%2F9%3D%26w"), "{}", got[0].path());
    assert!(String::from_utf8_lossy(&got[0].body).contains(USER));
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(outcomes.lines().count(), 1 + ORDERS.len());
    for kept in
        ["refused", "(secret)", "the key (secret) failed, after 2 tries", "another host", "not let in: (secret)"]
    {
        assert!(outcomes.contains(kept), "{kept} is not in:\n{outcomes}");
    }
    let card = fs::read_to_string(out.join("cards/method-1-remote.toml")).unwrap();
    assert!(card.contains("${AGE_KEY}"), "the card is copied as it was read");
}

#[test]
fn a_secret_that_is_not_set_is_named_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(blabbing);
    let method = method(&place.path().join("method"), &server);
    let dataset = orders(&place.path().join("data"), &ORDERS);
    let mut without = command(&method, &dataset, &place.path().join("out"), &[]);
    let ran = Ran::of(without.env("AGE_KEY", "").env_remove("AGE_USER").output().unwrap()).ended(2);
    ran.told(&[
        "needs `AGE_KEY` and `AGE_USER`: not set in the environment, or empty",
        "help: set it where agebench is started",
    ]);
    assert!(!place.path().join("out/outcomes.csv").exists() && server.got().is_empty());
    // A value as a file with a line break at its end leaves it: not repeated, and no word of "not set".
    let mut broken = command(&method, &dataset, &place.path().join("out"), &[]);
    let ran = Ran::of(broken.env("AGE_KEY", format!("{KEY}\n")).env("AGE_USER", USER).output().unwrap()).ended(2);
    let ran = ran.told(&["the variable `AGE_KEY`, whose value holds a line break", "set it without"]);
    none_in(&ran.err, "the error");
    assert!(!ran.err.contains("not set"), "{}", ran.err);
    // The card is in order all the same.
    let mut check = agebench();
    let checked =
        Ran::of(check.args(["check", text(&method)]).env_remove("AGE_KEY").env_remove("AGE_USER").output().unwrap());
    let checked = checked.ended(0);
    assert!(checked.out.contains("warning: ") && checked.out.contains("0 errors, 1 warning"), "{}", checked.out);
}

#[test]
fn a_secret_that_stands_in_the_card_is_refused_and_not_repeated() {
    let place = tempfile::tempdir().unwrap();
    let table = format!(
        "[http]\nurl = \"https://api.example.com/?apikey={USER}\"\nheaders = {{ X-Api-Key = {KEY:?} }}\n\
         json = '''{{\"password\":\"{USER}\"}}'''\n[http.answer]\nage = \"/age\"\n"
    );
    let method = card(&place.path().join("method"), &table);
    let dataset = orders(&place.path().join("data"), &ORDERS);
    let out = place.path().join("out");
    let ran = Ran::of(command(&method, &dataset, &out, &[]).output().unwrap()).ended(2);
    let checked = Ran::of(agebench().args(["check", text(&method)]).output().unwrap()).ended(2);
    for text in [&ran.err, &checked.out] {
        none_in(text, "the findings");
        for name in ["apikey", "X-Api-Key", "password"] {
            assert!(text.contains(&format!("`{name}` carries a secret")), "{name}: {text}");
        }
        assert!(text.contains("write `X-Api-Key = \"${NAME}\"`"), "{text}");
    }
    assert!(!out.join("cards").exists(), "the card was not copied anywhere");
}
