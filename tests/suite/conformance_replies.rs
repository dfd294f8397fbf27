//! What conformance says of programs whose replies make no sense, and of those that answer nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::plugins::example;
use crate::support::{Ran, run, text};

const ANSWER: &str = "\"status\": \"answered\", \"age\": age_of(photo)}";

/// The example in Python with `fields` in place of its answer.
fn answering(place: &Path, name: &str, fields: &str) -> PathBuf {
    let folder = place.join(name);
    fs::create_dir_all(&folder).unwrap();
    let script = fs::read_to_string(example("python").join("plugin.py")).unwrap();
    assert!(script.contains(ANSWER));
    fs::write(folder.join("plugin.py"), script.replace(ANSWER, fields)).unwrap();
    fs::copy(example("python").join("method.toml"), folder.join("method.toml")).unwrap();
    folder
}

fn examined(method: &Path) -> Ran {
    run(&["check", text(method), "--conformance"])
}

#[test]
fn a_reply_that_makes_no_sense_breaks_the_rule_though_a_run_counts_it_as_failed() {
    let place = tempfile::tempdir().unwrap();
    for (name, fields, seen) in [
        ("misspelt", "\"status\": \"answred\", \"age\": age_of(photo)}", "the status `answred` is none"),
        ("empty", "\"status\": \"answered\"}", "answered, but without `age`"),
        ("words", "\"status\": \"answered\", \"age\": \"young\"}", "`age`"),
    ] {
        let ran = examined(&answering(place.path(), name, fields)).ended(2);
        let line = ran.out.lines().find(|line| line.starts_with("FAIL  gives a photo a status: failed ("));
        assert!(line.is_some_and(|line| line.contains(seen)), "{name}\n{}", ran.out);
        assert!(ran.out.contains("help: answer as `answer` in docs/programs.md says"), "{name}\n{}", ran.out);
    }
}

#[test]
fn a_method_that_answers_no_sample_keeps_the_rules_and_is_warned_of() {
    let place = tempfile::tempdir().unwrap();
    let silent = answering(place.path(), "silent", "\"status\": \"failed\", \"reason\": \"no model\"}");
    let ran = examined(&silent).ended(0);
    assert!(ran.out.contains("pass  gives a photo a status: failed (no model)"), "{}", ran.out);
    assert!(ran.out.contains("warn  answers a sample at all: none of 6 samples got an answer"), "{}", ran.out);
    assert!(ran.out.contains(" 0 broken") && ran.out.contains("warning: "), "{}", ran.out);
    let ran = examined(&example("python")).ended(0);
    assert!(!ran.out.contains("answers a sample at all"), "{}", ran.out);
}
