//! One examination for every adapter.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::misbehaving;
use crate::plugins::{compiled, example};
use crate::support::{Ran, dataset, package, run, text, tiny_method};

/// A method of each adapter, in a folder below `place`. A new adapter has a line here.
fn methods(place: &Path) -> Vec<(&'static str, PathBuf)> {
    let card = |name: &str, text: &str| {
        let folder = place.join(name);
        fs::create_dir_all(&folder).unwrap();
        let head = format!("name = \"{name}\"\nkind = \"inference\"\nversion = \"1\"\n");
        fs::write(folder.join("method.toml"), head + text).unwrap();
        folder
    };
    let onnx = tiny_method(place, "mean", |card| card);
    let recorded = "sample_id,age,status\ns0001,23.5,\ns0002,,refused\ns0003,17.25,\n";
    let replay = card("replay", "[replay]\nfile = \"recorded.csv\"\n");
    fs::write(replay.join("recorded.csv"), recorded).unwrap();
    let table = "[declared]\nages = \"from_limit\"\ntable = [[-120, 0.3], [0, 0.95]]\n";
    let stages = |first: &Path, last: &Path| {
        let stage = |path: &Path| format!("[[waterfall.stages]]\nmethod = {:?}\n", text(path));
        format!("{}buffer = [-5, 5]\n{}", stage(first), stage(last))
    };
    let in_pairs = card("in-pairs", "[command]\nprogram = \"python3\"\nargs = [\"plugin.py\"]\ninstances = 2\n");
    fs::copy(example("python").join("plugin.py"), in_pairs.join("plugin.py")).unwrap();
    let declared = card("declared", table);
    let mut methods = vec![
        ("onnx", onnx.clone()),
        ("command, path", example("python")),
        ("command, two processes", in_pairs),
        ("command, columns only", example("record")),
        ("waterfall", card("waterfall", &stages(&onnx, &example("python")))),
        ("waterfall, told", card("waterfall-told", &stages(&replay, &declared))),
        ("replay", replay),
        ("declared", declared),
    ];
    methods.push(("command, compiled", compiled(place)));
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
            "pass  gives the same photo the same answer after all that, once for each attempt:",
            "pass  has an answer exactly where it says `answered`, about the limits that were asked:",
            "pass  answers no age that its card does not claim:",
            "pass  answers the same in the opposite order:",
            "answers the same in several sessions at once:",
            "answers the same under other names, ids and labels:",
            "pass  opens again after it was closed:",
            "pass  leaves no process, and no copy of a sample:",
        ] {
            assert!(ran.out.contains(rule), "{kind}: {rule}\n{}", ran.out);
        }
        assert!(ran.out.contains(", 0 broken") || ran.out.contains(" kept, 0 broken"), "{kind}\n{}", ran.out);
        let is_told = ["replay", "declared", "waterfall, told"].contains(&kind);
        let word = if is_told { "n/a " } else { "pass" };
        let rule = format!("{word}  answers the same under other names, ids and labels:");
        assert!(ran.out.contains(&rule), "{kind}: {rule}\n{}", ran.out);
        let alone = ["command, path", "command, columns only", "command, compiled", "waterfall"].contains(&kind);
        let word = if alone { "n/a " } else { "pass" };
        let rule = format!("{word}  answers the same in several sessions at once:");
        assert!(ran.out.contains(&rule), "{kind}: {rule}\n{}", ran.out);
        if kind.starts_with("command") {
            let rule = "pass  finds no name, id, path or label of the dataset around itself";
            assert!(ran.out.contains(rule), "{kind}\n{}", ran.out);
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

#[test]
fn every_kind_of_method_makes_one_row_an_attempt_the_same_for_any_number_of_jobs() {
    let place = tempfile::tempdir().unwrap();
    let photos: Vec<(String, Vec<u8>)> = (1..=6)
        .map(|number| {
            let photo = package().join(format!("fixtures/faces/images/s{number:04}.jpg"));
            (format!("{number}.jpg"), fs::read(photo).unwrap())
        })
        .collect();
    let mut files: Vec<(&str, &[u8])> = photos.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    files.extend([("empty.jpg", &b""[..]), ("half.jpg", &photos[0].1[..2000])]);
    let data = dataset(&place.path().join("data"), &files, "");
    let manifest = fs::read_to_string(data.join("manifest.csv")).unwrap();
    // The samples of which the replay has answers, and the column that the judge of records wants.
    let rows = manifest.lines().enumerate().map(|(row, line)| match row {
        0 => format!("{line},account_age_days\n"),
        _ => format!("{},{}\n", line.replacen(&format!("s{}", row - 1), &format!("s{row:04}"), 1), 100 * row),
    });
    fs::write(data.join("manifest.csv"), rows.collect::<String>()).unwrap();
    for (number, (kind, method)) in methods(place.path()).into_iter().enumerate() {
        let outcomes = |jobs: &str| {
            let out = place.path().join(format!("out-{number}-{jobs}"));
            let more = ["--out", text(&out), "--no-timings", "--jobs", jobs, "--max-failed", "99"];
            run(&[&["run", text(&method), "--dataset", text(&data)][..], &more].concat()).ended(0);
            fs::read_to_string(out.join("outcomes.csv")).unwrap()
        };
        let one = outcomes("1");
        assert_eq!(
            one.lines().count(),
            1 + if kind.contains("replay") || kind.contains("told") { 3 } else { 8 },
            "{kind}"
        );
        assert_eq!(one, outcomes("4"), "{kind}");
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
        &["FAIL  gives the same photo the same answer after all that", "FAIL  answers the same in the opposite order"],
    );
    broken(
        "talkative",
        &[("\"age\": age_of(photo)}", "\"age\": age_of(photo)}\n        print(json.dumps(reply), flush=True)")],
        &["FAIL  gives the same photo the same answer after all that, once for each attempt", "or has its answer"],
    );
    broken(
        "immodest",
        &[("    return 10 +", "    return 101 + 0 *")],
        &["FAIL  answers no age that its card does not claim: 101", "widen `claimed_ages`"],
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
