//! `agebench init`: what it writes passes `check`, it writes over nothing, and it finds the preparation of a network on labelled
//! samples.

use std::fs;
#[cfg(feature = "tract")]
use std::path::Path;

#[cfg(feature = "tract")]
use crate::support::{Ran, agebench};
use crate::support::{run, text};

#[test]
fn whatever_init_writes_passes_check_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let mut commands: Vec<(Vec<&str>, &str, &str)> = vec![
        (vec!["method"], "plain", "plain"),
        (vec!["method", "--adapter", "replay"], "replay", "replay"),
        (vec!["method", "--adapter", "declared", "--name", "an \"odd\" name"], "declared.toml", "declared.toml"),
        (vec!["dataset"], "faces", "faces"),
        (vec!["protocol"], "protocol.toml", "protocol.toml"),
        (vec!["protocol", "--from", "nist-like"], "nist", "nist/protocol.toml"),
        (vec!["policy"], "policy.toml", "policy.toml"),
        (vec!["policy", "--from", "no-worse"], "no-worse.toml", "no-worse.toml"),
        (vec!["ci", "--for", "github"], "github", "github/policy.toml"),
        (vec!["ci", "--for", "gitlab"], "gitlab", "gitlab/policy.toml"),
        (vec!["ci", "--for", "pre-commit"], "hook", "hook/smoke/policy.toml"),
    ];
    if cfg!(feature = "http") {
        commands.push((vec!["method", "--adapter", "http"], "service", "service"));
    }
    if cfg!(feature = "tract") {
        commands.push((vec!["method", "--adapter", "waterfall"], "waterfall", "waterfall"));
        commands.push((vec!["method", "--from", "drawn-cautious"], "cautious", "cautious"));
    }
    for (words, out, checked) in commands {
        let out = at(out);
        let command: Vec<&str> = ["init"].into_iter().chain(words.iter().copied()).chain(["--out", &out]).collect();
        let made = run(&command).ended(0);
        assert!(made.err.contains("Wrote ") && made.err.contains("Next: "), "{}", made.err);
        let checked = run(&["check", &at(checked)]).ended(0);
        let is_right = ["can be used", "the card is right"].iter().any(|said| checked.out.contains(said));
        assert!(is_right, "{words:?}: {}", checked.out);
        let again = run(&command).ended(2);
        again.told(&["is there already", "--replace"]);
        run(&[&command[..], &["--replace"]].concat()).ended(0);
    }
    assert!(place.path().join("github/.github/workflows/age-gate.yml").is_file());
    assert!(place.path().join("gitlab/.gitlab-ci.yml").is_file());
    assert!(place.path().join("hook/.pre-commit-config.yaml").is_file());
}

#[test]
fn the_plug_in_that_init_writes_keeps_the_protocol() {
    let place = tempfile::tempdir().unwrap();
    run(&["init", "method", "--out", text(place.path())]).ended(0);
    let checked = run(&["check", text(place.path()), "--conformance"]).ended(0);
    assert!(checked.out.contains(" rules kept, 0 broken"), "{}", checked.out);
}

#[test]
fn what_there_is_no_template_for_is_said_with_what_there_is() {
    let place = tempfile::tempdir().unwrap();
    let out = text(place.path());
    run(&["init", "method", "--adapter", "onnx", "--out", out]).ended(2).told(&["--from M.onnx"]);
    run(&["init", "method", "--adapter", "comand", "--out", out]).ended(2).told(&["command"]);
    run(&["init", "protocol", "--from", "nist", "--out", out]).ended(2).told(&["nist-like"]);
    run(&["init", "policy", "--from", "x", "--out", out]).ended(2).told(&["challenge-25"]);
    run(&["init", "method", "--from", "absent.onnx", "--out", out]).ended(2).told(&["absent.onnx", "drawn-even"]);
    run(&["init", "method", "--samples", "drawn-faces", "--out", out]).ended(2);
    run(&["init", "method", "--from", "ssrnet-imbd", "--out", out]).ended(2).told(&["did you mean `ssrnet-imdb`?"]);
    run(&["init", "method", "--from", "zzz", "--out", out]).ended(2).told(&["drawn-even", "ssrnet-imdb"]);
    let readme = crate::support::package().join("README.md");
    run(&["init", "method", "--from", text(&readme), "--out", out]).ended(2).told(&["no model file", "ONNX file"]);
    let card = crate::support::package().join("models/drawn-even/method.toml");
    run(&["init", "method", "--from", text(&card), "--out", out]).ended(2).told(&["no model file", "agebench check"]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_dataset_is_drafted_from_a_table_and_says_what_import_would_do() {
    let place = tempfile::tempdir().unwrap();
    let faces = place.path().join("faces");
    run(&["init", "dataset", "--from", "drawn-faces", "--out", text(&faces)]).ended(0);
    assert!(faces.join("manifest.csv").is_file() && faces.join("images/s0001.jpg").is_file());
    let mut rows = "file,person,years,gender\n".to_owned();
    for number in 1..40 {
        rows.push_str(&format!("images/s{number:04}.jpg,p{number},{},f\n", 10 + number));
    }
    let table = faces.join("labels.csv");
    fs::write(&table, rows.replace("years", "age")).unwrap();
    let out = place.path().join("mine");
    let made = run(&["init", "dataset", "--from", text(&table), "--label-kind", "chronological", "--out", text(&out)]);
    made.ended(0).told(&[
        "39 samples",
        "agebench import csv",
        "--label-kind chronological --replace",
        "(`csv`), for the ending of its name:",
    ]);
    run(&["check", text(&out)]).ended(0);
}

/// A program that opens a terminal of its own for a command, types lines into it and prints what stands on it.
const TERMINAL: &str = r#"
import os, pty, sys
typed = sys.argv[1].split("|")
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.rstrip(b" ").endswith(b"]:") and typed:
        os.write(terminal, typed.pop(0).encode() + b"\n")
_, status = os.waitpid(process, 0)
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(status))
"#;

#[test]
fn on_a_terminal_init_asks_for_what_no_flag_says_and_takes_what_is_usual_for_an_empty_line() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let asked = |typed: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new("python3");
        command.args(["-c", TERMINAL, typed, env!("CARGO_BIN_EXE_agebench")]).args(arguments);
        crate::support::Ran::of(command.output().unwrap()).ended(0).out
    };
    let out = at("recorded");
    let shown = asked("replay|camera of 2026", &["init", "method", "--out", &out]);
    assert!(shown.contains("How is the method reached?") && shown.contains("The method's name [recorded]:"), "{shown}");
    let card = fs::read_to_string(place.path().join("recorded/method.toml")).unwrap();
    assert!(card.contains("[replay]") && card.contains("name = \"camera of 2026\""), "{card}");
    let out = at("usual");
    asked("|", &["init", "method", "--out", &out]);
    let card = fs::read_to_string(place.path().join("usual/method.toml")).unwrap();
    assert!(card.contains("[command]") && card.contains("name = \"usual\""), "{card}");
    let out = at("rules.toml");
    let shown = asked("checkout", &["init", "protocol", "--out", &out]);
    assert!(shown.contains("The name of the protocol [rules]:"), "{shown}");
    assert!(fs::read_to_string(&out).unwrap().contains("name = \"checkout\""));
    let out = at("pipeline");
    let shown = asked("gitlab", &["init", "ci", "--out", &out]);
    assert!(shown.contains("Which pipeline?"), "{shown}");
    assert!(place.path().join("pipeline/.gitlab-ci.yml").is_file());
    // The end of the input is no answer.
    let out = at("stopped");
    let mut command = std::process::Command::new("python3");
    command.args(["-c", TERMINAL, "\u{4}", env!("CARGO_BIN_EXE_agebench"), "init", "protocol", "--out", &out]);
    let stopped = crate::support::Ran::of(command.output().unwrap()).ended(2).out;
    assert!(stopped.contains("the input ended before the answer"), "{stopped}");
    assert!(!place.path().join("stopped").exists());
    // Nor is an interrupt.
    let mut command = std::process::Command::new("python3");
    command.args(["-c", TERMINAL, "\u{3}", env!("CARGO_BIN_EXE_agebench"), "init", "protocol", "--out", &out]);
    let stopped = crate::support::Ran::of(command.output().unwrap()).ended(130).out;
    assert!(stopped.contains("interrupted") && !place.path().join("stopped").exists(), "{stopped}");
    // What a flag says is not asked.
    let out = at("said");
    let shown = asked("", &["init", "method", "--adapter", "declared", "--name", "said", "--out", &out]);
    assert!(!shown.contains("]:"), "{shown}");
}

#[test]
fn completions_and_man_pages_know_every_verb() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let printed = run(&["completions", shell]).ended(0).out;
        assert!(printed.contains("footprint") && printed.contains("samples"), "{shell}");
        // What the program says to itself is offered to nobody.
        for own in ["guard", "in-box", "engine-process", "with-parent", "as-start"] {
            assert!(!printed.contains(own), "{shell}: {own}");
        }
    }
    let place = tempfile::tempdir().unwrap();
    run(&["man", "--out", text(place.path())]).ended(0);
    for page in ["agebench.1", "agebench-run.1", "agebench-init-method.1"] {
        assert!(fs::read_to_string(place.path().join(page)).unwrap().starts_with(".ie"), "{page}");
    }
}

#[test]
fn a_card_of_the_catalog_says_where_its_file_goes() {
    let listed = run(&["list", "models"]).ended(0).out;
    for name in agebench::bundled::catalog() {
        assert!(listed.contains(name), "{listed}");
    }
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("results");
    let asked = ["run", "ssrnet-imdb", "--dataset", "drawn-faces", "--out", text(&out)];
    run(&asked).ended(2).told(&["the catalog holds no weights", "agebench init method --from ssrnet-imdb"]);
    let card = place.path().join("ssrnet");
    run(&["init", "method", "--from", "ssrnet-imdb", "--out", text(&card)]).ended(0).told(&["put the file"]);
    let asked = ["run", text(&card), "--dataset", "drawn-faces", "--out", text(&out)];
    run(&asked).ended(2).told(&["put the file at", "ssrnet_imdb_nhwc.onnx"]);
}

/// The value of `key` in a card.
#[cfg(feature = "tract")]
fn value(card: &str, key: &str) -> String {
    let start = format!("{key} = ");
    card.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().trim_matches('"').to_owned()
}

/// Drafts a card for `model` with what follows, and gives it with what was told.
#[cfg(feature = "tract")]
fn drafted(model: &Path, further: &[&str]) -> (String, Ran) {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("drafted");
    let output =
        agebench().args(["init", "method", "--from", text(model), "--out", text(&out)]).args(further).output().unwrap();
    let ran = Ran::of(output).ended(0);
    run(&["check", text(&out)]).ended(0);
    (fs::read_to_string(out.join("method.toml")).unwrap(), ran)
}

#[cfg(feature = "tract")]
fn bundled(name: &str) -> std::path::PathBuf {
    crate::support::package().join(format!("models/{name}/{name}.onnx"))
}

#[cfg(feature = "tract")]
#[test]
fn a_card_from_a_model_alone_marks_what_it_guesses_and_passes_check() {
    let (card, ran) = drafted(&bundled("drawn-even"), &["--engine", "tract"]);
    assert_eq!(
        ["size", "layout", "head", "name"].map(|key| value(&card, key)),
        ["[64, 64]", "nchw", "years", "drawn-even"]
    );
    assert!(card.contains("# guess: the order of colours stands in no file"), "{card}");
    ran.told(&["guesses in it", "tract"]);
    let (card, _) = drafted(&bundled("drawn-cautious"), &["--engine", "tract"]);
    assert_eq!(["layout", "channels", "head"].map(|key| value(&card, key)), ["nhwc", "gray", "expectation"]);
}

#[test]
fn what_has_a_card_already_takes_no_flag_that_the_card_would_contradict() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    for (asked, flag) in [
        (["method", "drawn-even", "--name", "mine"], "--name"),
        (["method", "drawn-even", "--size", "64x64"], "--size"),
        (["method", "drawn-even", "--samples", "drawn-faces"], "--samples"),
        (["dataset", "drawn-faces", "--name", "mine"], "--name"),
        (["dataset", "drawn-faces", "--label-kind", "declared"], "--label-kind"),
    ] {
        let [what, from, flags @ ..] = asked;
        run(&[&["init", what, "--from", from, "--out", text(&out)][..], &flags].concat())
            .ended(2)
            .told(&[flag, "with the card that it has"]);
        assert!(!out.exists());
    }
}

#[cfg(feature = "tract")]
#[test]
fn few_samples_tell_little_and_the_finder_says_so() {
    let further = ["--samples", "drawn-faces", "--most", "6", "--engine", "tract"];
    let (card, ran) = drafted(&bundled("drawn-even"), &further);
    // Six people: no test of pairs can tell so many variants apart.
    assert!(!ran.err.contains("  shown  "), "{}", ran.err);
    assert!(card.contains("# guess: not told apart from"), "{card}");
    let place = tempfile::tempdir().unwrap();
    let refused = [
        "init",
        "method",
        "--from",
        text(&bundled("drawn-even")),
        "--samples",
        "drawn-faces",
        "--most",
        "3",
        "--out",
        text(place.path()),
    ]
    .map(str::to_owned);
    let output = agebench().args(&refused).output().unwrap();
    Ran::of(output).ended(2).told(&["a readable picture: 3", "at least 5"]);
}

#[test]
fn a_name_that_no_card_can_have_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().unwrap();
    let table = place.path().join("labels.csv");
    fs::write(&table, "id,age\na,17\n").unwrap();
    let out = place.path().join("out");
    let long = "x".repeat(201);
    for name in ["", " x", "x ", "a\u{7}b", &long] {
        for what in [&["method"][..], &["dataset"], &["dataset", "--from", text(&table)], &["protocol"], &["policy"]] {
            let command = [&["init"], what, &["--name", name, "--out", text(&out)]].concat();
            run(&command).ended(2).told(&["the name ", "say --name with 1 to 200 characters"]);
            assert!(!out.exists(), "{name:?} {what:?}");
        }
    }
    // A folder whose name is none gives none.
    let odd = place.path().join(" odd ");
    run(&["init", "dataset", "--out", text(&odd)]).ended(0);
    assert!(fs::read_to_string(odd.join("dataset.toml")).unwrap().contains("name = \"my-faces\""));
}
