//! Programs as methods: what they answer, and what happens when they misbehave. That nothing of them is left when a run is ended stands in
//! `command_ended`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Ran, column, package, run, text};

/// A dataset of `orders` for `fixtures/plugins/misbehaving.py`, one sample each.
pub fn orders(place: &Path, orders: &[&str]) -> PathBuf {
    fs::create_dir_all(place).unwrap();
    let mut manifest = "sample_id,path,subject_id,age\n".to_owned();
    for (number, order) in orders.iter().enumerate() {
        fs::write(place.join(format!("f{number}.txt")), order).unwrap();
        manifest.push_str(&format!("s{number},f{number}.txt,p{number},{}\n", 12 + number % 30));
    }
    fs::write(place.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"orders\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(place.join("dataset.toml"), card).unwrap();
    place.to_owned()
}

/// The card of `fixtures/plugins/misbehaving.py` with these arguments and further lines of `[command]`.
pub fn misbehaving(place: &Path, args: [&str; 3], lines: &str) -> PathBuf {
    fs::create_dir_all(place).unwrap();
    let script = package().join("fixtures/plugins/misbehaving.py");
    let args: Vec<String> =
        std::iter::once(text(&script)).chain(args).map(|argument| format!("{argument:?}")).collect();
    let card = format!(
        "name = \"misbehaving\"\nkind = \"estimation\"\nversion = \"1\"\n\n[command]\nprogram = \"python3\"\nargs = [{}]\n{lines}",
        args.join(", ")
    );
    fs::write(place.join("method.toml"), card).unwrap();
    place.to_owned()
}

/// The processes whose command line holds `word`.
pub fn processes(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(bytes) = fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&bytes).replace('\0', " ");
        if line.contains(word) {
            found.push(format!("{} {line}", entry.file_name().to_string_lossy()));
        }
    }
    found
}

/// Fails unless no process holds `word` in its command line, now or within `patience`.
#[track_caller]
pub fn none_left(word: &str, patience: Duration) {
    let begun = Instant::now();
    loop {
        let left = processes(word);
        if left.is_empty() {
            return;
        }
        assert!(begun.elapsed() < patience, "left running: {left:#?}");
        sleep(Duration::from_millis(50));
    }
}

/// Runs `method` over `dataset` with ids as they are and without times; gives how it ended and outcomes.csv.
fn ran(method: &Path, dataset: &Path, out: &Path, more: &[&str]) -> (Ran, String) {
    let all = ["run", text(method), "--dataset", text(dataset), "--out", text(out), "--keep-ids", "--no-timings"];
    let ran = run(&[&all[..], more].concat());
    (ran, crate::support::outcomes(out))
}

#[test]
fn a_thousand_attempts_with_one_in_twenty_misbehaving_lose_none_and_leave_nothing() {
    let place = tempfile::tempdir().unwrap();
    let wrongs = ["crash", "hang", "garbage", "empty"];
    let order = |number: usize| match number % 20 {
        7 => wrongs[number / 20 % 4].to_owned(),
        _ => format!("answer {}", 10 + number % 50),
    };
    let all: Vec<String> = (0..1000).map(order).collect();
    let dataset = orders(&place.path().join("data"), &all.iter().map(String::as_str).collect::<Vec<_>>());
    let log = place.path().join("unique-log-of-a-thousand");
    let method = misbehaving(&place.path().join("method"), ["path", "1", "-"], "instances = 4\n");
    let card = fs::read_to_string(method.join("method.toml")).unwrap();
    fs::write(method.join("method.toml"), card.replace("\"-\"]", &format!("\"-\", {:?}]", text(&log)))).unwrap();
    let (ended, outcomes) = ran(&method, &dataset, &place.path().join("out"), &["--timeout", "2"]);
    let ended = ended.ended(4);
    assert!(ended.err.contains("50 of 1000 attempts failed or timed out"), "{}", ended.err);
    assert_eq!(ended.err.matches("`misbehaving` broke and is opened anew").count(), 5, "{}", ended.err);
    assert!(ended.err.contains("`misbehaving` broke 50 times in all"), "{}", ended.err);
    let (ids, status) = (column(&outcomes, "sample_id"), column(&outcomes, "status"));
    assert_eq!(ids, (0..1000).map(|number| format!("s{number}")).collect::<Vec<_>>(), "every attempt, in order");
    let ages = column(&outcomes, "age");
    for (number, order) in all.iter().enumerate() {
        let expected = match order.as_str() {
            "hang" => ("timed_out", String::new()),
            "crash" | "garbage" | "empty" => ("failed", String::new()),
            answer => ("answered", answer.trim_start_matches("answer ").to_owned()),
        };
        assert_eq!((status[number].as_str(), ages[number].clone()), expected, "{order} of sample {number}");
    }
    assert!(outcomes.contains("ended with exit code 3; its last words: `a last word before the crash`"), "{outcomes}");
    none_left(text(&log), Duration::ZERO);
    let words = place.path().join("out/stderr/method-1-misbehaving.txt");
    let said = fs::read_to_string(&words).unwrap();
    let crashes = (0..1000).filter(|number| order(*number) == "crash").count();
    assert_eq!(said.matches("a last word before the crash\n").count(), crashes, "{said}");
    assert_eq!(fs::metadata(&words).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_answer_that_comes_before_its_question_is_nobodys_and_ends_the_process() {
    let place = tempfile::tempdir().unwrap();
    let method = place.path().join("early");
    fs::create_dir_all(&method).unwrap();
    // Each answer stands ready before its request: that of the first with `ready`, the others with the answer before.
    let program = r#"import json, sys
def answer(n): return json.dumps({"type": "answer", "n": n, "status": "answered", "age": 30}) + "\n"
def say(text): sys.stdout.write(text); sys.stdout.flush()
for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "hello":
        ready = json.dumps({"type": "ready", "agebench": 1, "media": "path", "answers": ["age"]}) + "\n"
        say(ready + (answer(1) if sys.argv[1] == "1" else ""))
    elif request["type"] == "attempt":
        say((answer(request["n"]) if sys.argv[1] == "2" and request["n"] == 1 else "") + answer(request["n"] + 1))
    else: break
"#;
    fs::write(method.join("early.py"), program).unwrap();
    let dataset = orders(&place.path().join("data"), &["a", "b", "c", "d", "e", "f"]);
    let early = "which was not asked";
    for (first, statuses) in [("1", ["failed"; 6]), ("2", ["answered", "failed"].repeat(3).try_into().unwrap())] {
        let card = "name = 'early'\nkind = 'estimation'\nversion = '1'\n[command]\nprogram = 'python3'\n";
        fs::write(method.join("method.toml"), format!("{card}args = ['early.py', '{first}']\n")).unwrap();
        let (_, outcomes) = ran(&method, &dataset, &place.path().join(first), &[]);
        assert_eq!(column(&outcomes, "status"), statuses, "{outcomes}");
        assert_eq!(
            outcomes.matches(early).count(),
            statuses.iter().filter(|it| **it == "failed").count(),
            "{outcomes}"
        );
    }
}

#[test]
fn outcomes_are_the_same_bytes_for_one_process_and_for_four_whatever_breaks() {
    let place = tempfile::tempdir().unwrap();
    let all = ["answer 20", "crash", "answer 30", "garbage", "refuse", "answer 40", "wrong_n", "nan", "answer 50"];
    let dataset = orders(&place.path().join("data"), &all.repeat(6));
    let outcomes = |instances: &str, media: &str| {
        let name = format!("{instances}-{media}");
        let lines = format!("instances = {instances}\n");
        let method = misbehaving(&place.path().join(&name), [media, "1", "-"], &lines);
        ran(&method, &dataset, &place.path().join(format!("out-{name}")), &[]).1
    };
    let one = outcomes("1", "path");
    assert_eq!(one.lines().count(), 1 + 54);
    assert_eq!(one, outcomes("4", "path"));
    assert_eq!(one, outcomes("2", "base64"));
    assert_eq!(one, outcomes("3", "bytes"));
}

#[test]
fn each_misbehaviour_costs_its_own_attempt_and_no_other() {
    let place = tempfile::tempdir().unwrap();
    let expected = [
        ("signal", "failed", "signal 11"),
        ("answer 20", "answered", ""),
        ("binary", "failed", "no answer"),
        ("answer 21", "answered", ""),
        ("oversized", "failed", "longer than 1 MiB"),
        ("answer 22", "answered", ""),
        ("deaf", "timed_out", "no answer within"),
        ("talk", "answered", ""),
        ("senseless", "failed", "expected a number"),
        ("nan", "failed", "not json"),
        ("refuse", "refused", "too dark"),
        ("wrong_n", "failed", "which was not asked"),
        ("extra", "answered", ""),
        ("nonsense", "failed", "unknown order"),
        ("answer 23", "answered", ""),
    ];
    let dataset = orders(&place.path().join("data"), &expected.map(|(order, ..)| order));
    let method = misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    let (ended, outcomes) =
        ran(&method, &dataset, &place.path().join("out"), &["--timeout", "2", "--max-failed", "99"]);
    ended.ended(0);
    let lines: Vec<&str> = outcomes.lines().skip(1).collect();
    assert_eq!(lines.len(), expected.len());
    for (line, (order, status, reason)) in lines.iter().zip(expected) {
        assert!(line.contains(&format!(",misbehaving,{status},")) && line.contains(reason), "{order}: {line}");
    }
}

#[test]
fn attempts_that_share_a_process_with_one_that_breaks_it_are_asked_again_once() {
    let place = tempfile::tempdir().unwrap();
    let mut all = vec!["slow 0.3 20"; 12];
    all[5] = "crash";
    let dataset = orders(&place.path().join("data"), &all);
    let method = misbehaving(&place.path().join("method"), ["path", "4", "-"], "");
    let (ended, outcomes) = ran(&method, &dataset, &place.path().join("out"), &["--max-failed", "1"]);
    ended.ended(0);
    let (status, retries) = (column(&outcomes, "status"), column_from_the_end(&outcomes, 2));
    for (number, status) in status.iter().enumerate() {
        assert_eq!(status, if number == 5 { "failed" } else { "answered" }, "sample {number}\n{outcomes}");
    }
    assert!(retries.iter().any(|retries| retries == "1"), "{outcomes}");
    assert!(retries.iter().all(|retries| retries == "0" || retries == "1"), "{outcomes}");
}

/// The cells of the column `place` columns before the end: the reason may hold commas.
fn column_from_the_end(csv: &str, place: usize) -> Vec<String> {
    csv.lines().skip(1).map(|line| line.rsplit(',').nth(place - 1).unwrap().to_owned()).collect()
}

#[test]
fn ten_openings_without_an_answer_end_the_run_with_code_4() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["crash"; 30]);
    let method = misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    let (ended, outcomes) = ran(&method, &dataset, &place.path().join("out"), &[]);
    ended.ended(4).told(&["was opened 10 times in a row without an answer", "ended with exit code 3"]);
    assert_eq!(outcomes.lines().count(), 1 + 9);
}

#[test]
fn what_cannot_be_used_is_told_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20"]);
    let try_with = |name: &str, lines: &str, expected: &[&str]| {
        let folder = place.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        let card = format!("name = \"m\"\nkind = \"estimation\"\nversion = \"1\"\n[command]\n{lines}");
        fs::write(folder.join("method.toml"), card).unwrap();
        let out = place.path().join(format!("out-{name}"));
        ran(&folder, &dataset, &out, &[]).0.ended(2).told(expected);
        assert!(!out.join("metrics.csv").exists());
    };
    try_with("absent", "program = \"no-such-program-anywhere\"\n", &["neither a file in", "nor a program along PATH"]);
    let mute = "program = \"sleep\"\nargs = [\"60\"]\nstart_seconds = 0.5\n";
    try_with("mute", mute, &["cannot open `m`", "is not ready after 0.5 s", "`start_seconds` in the card"]);
    try_with("gone", "program = \"false\"\n", &["is not ready: it ended with exit code 1"]);
    fs::create_dir_all(place.path().join("plain")).unwrap();
    fs::write(place.path().join("plain/plugin.py"), "print(1)").unwrap();
    try_with("plain", "program = \"plugin.py\"\n", &["`plugin.py` is a file that nobody may execute", "`chmod +x` it"]);
    let script = "program = \"sh\"\nargs = [\"-c\", \"echo broken pipe dream >&2; exit 7\"]\n";
    try_with("words", script, &["ended with exit code 7; its last words: `broken pipe dream`"]);
    let chatty = ["is not ready", "a line is not json: `y`", "print to standard error"];
    try_with("chatty", "program = \"yes\"\n", &chatty);
    let later = r#"echo '{"type":"ready","agebench":2,"media":"path","answers":["age"]}'"#;
    let later = format!("program = \"sh\"\nargs = [\"-c\", '''{later}''']\n");
    try_with("later", &later, &["`agebench` is `2`: this agebench speaks version 1 of the protocol"]);
    let ready = |fields: &str| {
        let line = format!(r#"{{"type":"ready","agebench":1,"media":"path","answers":["age"],{fields}}}"#);
        format!("program = \"sh\"\nargs = [\"-c\", '''echo '{line}'; cat > /dev/null''']\n")
    };
    try_with("version", &ready(r#""version":"2""#), &["its version is `2`, and the card says `1`"]);
    try_with("asks", &ready(r#""columns":["income"]"#), &["asks for the column `income`"]);
    for label in ["age", "birth_date", "subject_id", "path"] {
        let lines = format!("program = \"cat\"\ncolumns = [\"{label}\"]\n");
        try_with(&format!("label-{label}"), &lines, &["columns", &format!("`{label}`"), "no method is ever lent it"]);
    }
    try_with("missing", "program = \"cat\"\ncolumns = [\"account\"]\n", &["`account`", "is not in the manifest"]);
    try_with("many", "program = \"cat\"\ninstances = 0\n", &["instances", "0 is not from 1 to 256"]);
}

#[test]
fn a_method_that_was_given_everything_was_given_no_name_of_the_dataset() {
    let place = tempfile::tempdir().unwrap();
    // The age in every name: of the folder, the file, the sample, the subject, a column and its cell.
    let folder = place.path().join("people-of-age-4711");
    fs::create_dir_all(folder.join("a4711")).unwrap();
    fs::write(folder.join("a4711/person_4711.jpg"), "answer 20").unwrap();
    let manifest = "sample_id,path,subject_id,age,c4711,allowed\ns4711,a4711/person_4711.jpg,p4711,47,x4711,yes\n";
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"d4711\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(folder.join("dataset.toml"), card).unwrap();
    for media in ["path", "base64", "bytes"] {
        let log = place.path().join(format!("log-{media}"));
        let columns = "columns = [\"allowed\"]\n";
        let method = misbehaving(&place.path().join(media), [media, "1", text(&log)], columns);
        let out = place.path().join(format!("out-{media}"));
        let ended = Command::new(env!("CARGO_BIN_EXE_agebench"))
            .args(["run", text(&method), "--dataset", ".", "--out", text(&out)])
            .current_dir(&folder)
            .env("PWD", &folder)
            .output()
            .unwrap();
        Ran::of(ended).ended(0);
        let seen = fs::read_to_string(&log).unwrap();
        assert!(seen.contains("\"columns\":{\"allowed\":\"yes\"}") && seen.contains("BYE"), "{seen}");
        assert!(!seen.contains("4711"), "{seen}");
        if media == "path" {
            assert!(seen.contains("LISTED [[\"000001.bin\", false]]"), "{seen}");
        }
    }
}
