//! One examination for every kind of method.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::misbehaving;
use crate::plugins::{compiled, example};
use crate::support::{Ran, run, text, tiny_method};

/// A method of each kind, in a folder below `place`. A new adapter has a line here.
fn methods(place: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut methods = vec![
        ("onnx", tiny_method(place, "mean", |card| card)),
        ("command, path", example("python")),
        ("command, columns only", example("record")),
    ];
    methods.extend(compiled(place).map(|folder| ("command, compiled", folder)));
    #[cfg(feature = "http")]
    methods.push(("http", crate::http::answering(&place.join("http"))));
    methods
}

fn examined(method: &Path) -> Ran {
    run(&["check", text(method), "--conformance"])
}

#[test]
fn every_kind_of_method_keeps_every_rule() {
    let place = tempfile::tempdir().unwrap();
    for (kind, method) in methods(place.path()) {
        let ran = examined(&method).ended(0);
        for rule in [
            "pass  opens:",
            "pass  gives a photo a status:",
            "pass  survives an empty file:",
            "pass  survives bytes that are no photo:",
            "pass  survives half a photo:",
            "pass  survives a file of 20 MiB:",
            "pass  survives a record without a file:",
            "pass  gives the same photo the same answer after all that:",
            "pass  opens again after it was closed:",
        ] {
            assert!(ran.out.contains(rule), "{kind}: {rule}\n{}", ran.out);
        }
        assert!(ran.out.contains(", 0 broken") || ran.out.contains(" kept, 0 broken"), "{kind}\n{}", ran.out);
        if kind.starts_with("command") {
            assert!(
                ran.out.contains("pass  is given no name, id, path or label of the dataset"),
                "{kind}\n{}",
                ran.out
            );
            assert!(ran.out.contains("pass  ends within 2 s of `bye`: ended with exit code 0"), "{kind}\n{}", ran.out);
        }
        if kind == "http" {
            assert!(ran.out.contains("pass  is sent no name, id, path or label of the dataset"), "{kind}\n{}", ran.out);
        }
    }
}

/// A program in Python that keeps the rules but for what `change` changes in it.
fn changed(place: &Path, name: &str, change: &[(&str, &str)]) -> PathBuf {
    let folder = place.join(name);
    fs::create_dir_all(&folder).unwrap();
    let mut script = fs::read_to_string(example("python").join("plugin.py")).unwrap();
    for (from, to) in change {
        assert!(script.contains(from), "{from}");
        script = script.replace(from, to);
    }
    fs::write(folder.join("plugin.py"), script).unwrap();
    fs::copy(example("python").join("method.toml"), folder.join("method.toml")).unwrap();
    folder
}

#[test]
fn a_broken_rule_is_named_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let broken = |name: &str, change: &[(&str, &str)], expected: &[&str]| {
        let ran = examined(&changed(place.path(), name, change)).ended(2);
        for part in expected {
            assert!(ran.out.contains(part), "{name}: {part}\n{}", ran.out);
        }
    };
    broken(
        "kind",
        &[("\"answers\": [\"age\"]", "\"answers\": [\"range\"]")],
        &["FAIL  answers with what it declares: answered with `age`", "help: name every kind of answer"],
    );
    broken(
        "lazy",
        &[("        break\n", "        import time; time.sleep(60)\n")],
        &["FAIL  ends within 2 s of `bye`: was ended", "help: leave the loop at `bye`"],
    );
    broken(
        "strict",
        &[(
            "    request = json.loads(line)\n",
            "    request = json.loads(line)\n    assert \"reserved\" not in request\n",
        )],
        &["FAIL  passes over a field `reserved` that it does not know", "pass over the others"],
    );
    broken(
        "brittle",
        &[("            photo = file.read()\n", "            photo = file.read()\n            photo[0]\n")],
        &[
            "FAIL  survives an empty file: the program ended with exit code 1; its last words: `IndexError",
            "answer `failed` with a reason instead of ending",
        ],
    );
    broken(
        "boastful",
        &[("\"age\": age_of(photo)}", "\"age\": age_of(photo), \"timing\": {\"answer_ms\": 1e6}}")],
        &["FAIL  claims no more time than has passed: 1000000.000 ms claimed"],
    );
    broken(
        "drifting",
        &[("    return 10 +", "    age_of.calls = getattr(age_of, \"calls\", 0) + 1\n    return age_of.calls +")],
        &["FAIL  gives the same photo the same answer after all that"],
    );
}

#[test]
fn several_attempts_at_once_are_examined_where_a_program_allows_them() {
    let place = tempfile::tempdir().unwrap();
    let several = misbehaving(&place.path().join("several"), ["bytes", "3", "-"], "");
    let ran = examined(&several).ended(0);
    assert!(ran.out.contains("pass  answers as many attempts at once as it allows: 3 at once"), "{}", ran.out);
    assert!(ran.out.contains("media bytes"), "{}", ran.out);
}
