//! Files that change while a run is at work. Of a dataset: between two methods the run ends, and what was read stands in the files digest.
//! Of a method: a run, a measurement of latency and a footprint end when its program is started again, or at their end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::command::orders;
use crate::shards::json;
use crate::support::{Ran, agebench, bmp, dataset, run, text};

/// Answers each attempt, writes a line of `done` for it, and waits before the first one until the file `go` is there.
const PROGRAM: &str = r#"import json, os, sys, time
folder, name = sys.argv[1:]
go, done = f"{folder}/{name}.go", f"{folder}/{name}.log"
print('{"type":"ready","agebench":1,"media":"base64","answers":["age"]}', flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["type"] != "attempt":
        continue
    while not os.path.exists(go):
        time.sleep(0.005)
    print(json.dumps({"type": "answer", "n": asked["n"], "status": "answered", "age": 20}), flush=True)
    with open(done, "a") as log:
        log.write("one\n")
"#;

/// A method `name` that begins to answer when `name`.go is there, and its log. Its card names neither: what it names is in its digest.
fn waiting(place: &Path, name: &str) -> (PathBuf, PathBuf) {
    let folder = place.join(name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("program.py"), PROGRAM).unwrap();
    let card = format!(
        "name = \"{name}\"\nkind = \"estimation\"\nversion = \"1\"\n[command]\nprogram = \"python3\"\nargs = [\"program.py\", {:?}, \"{name}\"]\n",
        text(place)
    );
    fs::write(folder.join("method.toml"), card).unwrap();
    (folder, place.join(format!("{name}.log")))
}

fn spawn(arguments: &[&str]) -> Child {
    agebench().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until `log` has `lines` lines.
#[track_caller]
fn wait_for(log: &Path, lines: usize) {
    let begun = Instant::now();
    while fs::read_to_string(log).unwrap_or_default().lines().count() < lines {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} has no {lines} lines", log.display());
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_file_that_changes_between_two_methods_ends_the_run_and_names_its_row_and_no_path() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let (first, log) = waiting(place.path(), "first");
    let (second, _) = waiting(place.path(), "second");
    fs::write(place.path().join("first.go"), "").unwrap();
    let out = place.path().join("out");
    let asked = ["run", text(&first), text(&second), "--dataset", text(&data), "--out", text(&out)];
    let child = spawn(&asked);
    wait_for(&log, 20);
    fs::write(data.join("f13.txt"), "another").unwrap();
    fs::write(place.path().join("second.go"), "").unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap()).ended(2);
    let ran = ran
        .told(&["the file of the sample in row 15 of truth.csv was changed since the run began", "put back the file"]);
    assert!(!ran.err.contains("f13"), "{}", ran.err);
    assert!(!out.join("outcomes.csv").exists() && !out.join("metrics.csv").exists());
    // With the file as it was, the run goes on.
    fs::write(data.join("f13.txt"), "x").unwrap();
    run(&[&asked[..], &["--resume"]].concat()).ended(0);
}

#[test]
fn a_file_that_changes_after_it_was_read_is_told_by_the_files_digest() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let (method, log) = waiting(place.path(), "first");
    fs::write(place.path().join("first.go"), "").unwrap();
    let digest = |name: &str, meanwhile: &dyn Fn()| {
        let out = place.path().join(name);
        let _ = fs::remove_file(&log);
        let child = spawn(&["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--keep-ids"]);
        wait_for(&log, 20);
        meanwhile();
        Ran::of(child.wait_with_output().unwrap()).ended(0);
        let inputs = crate::support::column(&crate::support::outcomes(&out), "input_digest");
        (json(&out)["dataset"]["files_digest"].clone(), inputs)
    };
    let before = digest("before", &|| ());
    let during = digest("during", &|| fs::write(data.join("f13.txt"), "another").unwrap());
    assert_eq!(before, during, "both are of what was read");
    let (files, inputs) = digest("after", &|| ());
    assert_ne!(files, before.0);
    let differing: Vec<usize> = (0..20).filter(|row| inputs[*row] != before.1[*row]).collect();
    assert_eq!(differing, [13]);
}

/// Waits until the methods of the run in `out` are opened: then its run.json is written.
#[track_caller]
fn wait_until_begun(out: &Path) {
    let begun = Instant::now();
    while !out.join("run.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} has no run", out.display());
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_program_that_is_another_at_the_end_of_the_run_ends_it_and_put_back_the_run_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let (method, _) = waiting(place.path(), "first");
    let out = place.path().join("out");
    let asked = ["run", text(&method), "--dataset", text(&data), "--out", text(&out)];
    let child = spawn(&asked);
    wait_until_begun(&out);
    fs::write(method.join("program.py"), PROGRAM.replace("\"age\": 20", "\"age\": 40")).unwrap();
    fs::write(place.path().join("first.go"), "").unwrap();
    Ran::of(child.wait_with_output().unwrap())
        .ended(2)
        .told(&["the method's file `program.py` was changed or removed since the work began", "put back the file"]);
    assert!(!out.join("outcomes.csv").exists() && !out.join("metrics.csv").exists());
    run(&[&asked[..], &["--resume"]].concat()).ended(2).told(&["the digest of `first` was "]);
    fs::write(method.join("program.py"), PROGRAM).unwrap();
    run(&[&asked[..], &["--resume"]].concat()).ended(0);
}

#[test]
fn a_manifest_or_a_card_that_is_another_at_the_end_of_the_run_ends_it_and_put_back_the_run_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let (method, _) = waiting(place.path(), "first");
    let go = place.path().join("first.go");
    for (number, (file, what)) in [
        (data.join("manifest.csv"), "the dataset's file `manifest.csv` was changed or removed since the run began"),
        (data.join("dataset.toml"), "the dataset's file `dataset.toml` was changed"),
        (method.join("method.toml"), "the method's file `method.toml` was changed"),
    ]
    .into_iter()
    .enumerate()
    {
        let _ = fs::remove_file(&go);
        let out = place.path().join(format!("out-{number}"));
        let asked = ["run", text(&method), "--dataset", text(&data), "--out", text(&out)];
        let child = spawn(&asked);
        wait_until_begun(&out);
        let before = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{before}\n")).unwrap();
        fs::write(&go, "").unwrap();
        Ran::of(child.wait_with_output().unwrap()).ended(2).told(&[what, "put back the file and go on with --resume"]);
        assert!(!out.join("outcomes.csv").exists() && !out.join("metrics.csv").exists());
        fs::write(&file, before).unwrap();
        run(&[&asked[..], &["--resume"]].concat()).ended(0);
    }
}

#[test]
fn a_file_that_is_there_again_when_the_run_goes_on_is_told_and_its_outcome_stays() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    fs::remove_file(data.join("f13.txt")).unwrap();
    let (method, _) = waiting(place.path(), "first");
    let out = place.path().join("out");
    let asked = ["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--max-failed", "20"];
    let child = spawn(&asked);
    wait_until_begun(&out);
    let manifest = fs::read_to_string(data.join("manifest.csv")).unwrap();
    fs::write(data.join("manifest.csv"), format!("{manifest}\n")).unwrap();
    fs::write(place.path().join("first.go"), "").unwrap();
    Ran::of(child.wait_with_output().unwrap()).ended(2);
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let rows = fs::read(out.join("outcomes.csv.part")).unwrap();
    fs::write(data.join("f13.txt"), "x").unwrap();
    let ran = run(&[&asked[..], &["--resume"]].concat()).ended(0);
    let ran =
        ran.told(&["the file of 1 sample could not be read when it was attempted, and can be read now", "--replace"]);
    assert!(!ran.err.contains("f13"), "{}", ran.err);
    assert!(fs::read(out.join("outcomes.csv")).unwrap() == rows, "its outcome is as it was");
    let status = crate::support::column(&crate::support::outcomes(&out), "status");
    assert_eq!((0..20).filter(|row| status[*row] == "failed").collect::<Vec<_>>(), [13]);
}

#[test]
fn rows_whose_run_json_was_lost_are_not_begun_anew_by_resume() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let out = place.path().join("out");
    let asked = ["run", "declared", "--dataset", text(&data), "--out", text(&out)];
    run(&asked).ended(0);
    fs::remove_file(out.join("run.json")).unwrap();
    for name in ["outcomes.csv", "outcomes.csv.part"] {
        fs::rename(out.join("outcomes.csv"), out.join(name)).unwrap();
        let rows = fs::read(out.join(name)).unwrap();
        run(&[&asked[..], &["--resume"]].concat()).ended(2).told(&["holds rows of a run and no run.json", "--replace"]);
        assert!(fs::read(out.join(name)).unwrap() == rows, "{name}");
    }
    run(&[&asked[..], &["--replace"]].concat()).ended(0);
}

#[test]
fn a_program_that_is_another_when_it_is_started_again_ends_the_run_and_answers_nothing() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let (method, log) = waiting(place.path(), "first");
    let ending =
        PROGRAM.replace("    while not os", "    if asked[\"n\"] == 6:\n        sys.exit(0)\n    while not os");
    fs::write(method.join("program.py"), &ending).unwrap();
    let out = place.path().join("out");
    let asked = ["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--max-failed", "20"];
    let child = spawn(&asked);
    wait_until_begun(&out);
    fs::write(method.join("program.py"), ending.replace("\"age\": 20", "\"age\": 40")).unwrap();
    fs::write(place.path().join("first.go"), "").unwrap();
    Ran::of(child.wait_with_output().unwrap())
        .ended(2)
        .told(&["the method's file `program.py` was changed or removed since the work began"]);
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 5, "the other program was asked nothing");
    fs::write(method.join("program.py"), &ending).unwrap();
    run(&[&asked[..], &["--resume"]].concat()).ended(0);
    let ages = crate::support::column(&crate::support::outcomes(&out), "age");
    assert!(ages.iter().all(|age| !age.starts_with("40")), "{ages:?}");
}

#[test]
fn recorded_answers_that_are_others_at_the_end_of_the_run_end_it() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 20]);
    let (method, _) = waiting(place.path(), "first");
    let recorded = place.path().join("recorded");
    fs::create_dir(&recorded).unwrap();
    let card = "name = \"recorded\"\nkind = \"estimation\"\nversion = \"1\"\n[replay]\nfile = \"answers.csv\"\n";
    fs::write(recorded.join("method.toml"), card).unwrap();
    let rows: String = (0..20).map(|number| format!("s{number},30\n")).collect();
    fs::write(recorded.join("answers.csv"), format!("sample_id,age\n{rows}")).unwrap();
    let out = place.path().join("out");
    let asked = ["run", text(&recorded), text(&method), "--dataset", text(&data), "--out", text(&out)];
    let child = spawn(&asked);
    wait_until_begun(&out);
    fs::write(recorded.join("answers.csv"), format!("sample_id,age\n{rows}").replace("30", "17")).unwrap();
    fs::write(place.path().join("first.go"), "").unwrap();
    Ran::of(child.wait_with_output().unwrap()).ended(2).told(&["the method's file `answers.csv` was changed"]);
    assert!(!out.join("outcomes.csv").exists());
}

/// What is said of the program of [`slow`] when it is another one.
const SAID: [&str; 2] = [
    "the method's file `program.py` was changed or removed since the work began",
    "put back the file, and measure again",
];

/// The same program, a tenth of a second for each answer; and that program with another answer.
fn slow(place: &Path, name: &str) -> (PathBuf, PathBuf, [String; 2]) {
    let (method, log) = waiting(place, name);
    fs::write(place.join(format!("{name}.go")), "").unwrap();
    let program = PROGRAM.replace("    print(json.dumps", "    time.sleep(0.1)\n    print(json.dumps");
    assert_ne!(program, PROGRAM);
    fs::write(method.join("program.py"), &program).unwrap();
    let other = program.replace("\"age\": 20", "\"age\": 40");
    (method, log, [program, other])
}

/// The verb where no program is put into a box: it is started once, and sees the files of the test.
fn unboxed(arguments: &[&str], place: &Path) -> Command {
    let bin = place.join("bin");
    fs::create_dir_all(&bin).unwrap();
    // What a name leads to may be a script that needs more than that.
    let python = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let _ = std::os::unix::fs::symlink(String::from_utf8(python.stdout).unwrap().trim(), bin.join("python3"));
    let mut command = agebench();
    command.args(arguments).env("PATH", &bin).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the verb, and puts the `other` program in the place of its own when `log` has `lines` lines.
fn replaced(arguments: &[&str], log: &Path, lines: usize, other: (&Path, &str)) -> Ran {
    let child = unboxed(arguments, log.parent().unwrap()).spawn().unwrap();
    wait_for(log, lines);
    fs::write(other.0.join("program.py"), other.1).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn a_program_that_is_another_in_a_later_start_or_at_the_end_is_not_timed_and_removes_no_measurement() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 4]);
    let (method, log, [program, other]) = slow(place.path(), "first");
    let out = place.path().join("out");
    let starts = |number| {
        let timed = ["latency", text(&method), "--dataset", text(&data), "--out", text(&out), "--starts", number];
        [&timed[..], &["--attempts", "4", "--warm-up", "0", "--jobs", "1"]].concat()
    };
    for number in ["1", "2"] {
        let ran = replaced(&starts(number), &log, 1, (&method, &other)).ended(2).told(&SAID);
        assert!(!ran.err.contains("start 2 of 2") && !out.exists(), "{}", ran.err);
        fs::write(method.join("program.py"), &program).unwrap();
        fs::remove_file(&log).unwrap();
    }
    run(&starts("1")).ended(0);
    run(&["verify", text(&out)]).ended(0);
    let before = crate::shards::files(&out);
    fs::remove_file(&log).unwrap();
    replaced(&[starts("1"), vec!["--replace"]].concat(), &log, 1, (&method, &other)).ended(2).told(&SAID);
    assert!(crate::shards::files(&out) == before);
}

#[test]
fn a_program_that_is_another_at_the_end_of_a_footprint_leaves_no_result() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["x"; 10]);
    let (method, log, [program, other]) = slow(place.path(), "first");
    let out = place.path().join("out");
    let measure = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)];
    replaced(&measure, &log, 1, (&method, &other)).ended(2).told(&["the program is not watched"]).told(&SAID);
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 10, "all attempts were made");
    assert!(!out.join("outcomes.csv").exists() && !out.join("metrics.csv").exists());
    run(&["score", text(&out)]).ended(2).told(&["is not finished", "--replace"]);
    fs::write(method.join("program.py"), program).unwrap();
    let again = [&measure[..], &["--replace"]].concat();
    Ran::of(unboxed(&again, place.path()).output().unwrap()).ended(0);
}

#[test]
fn a_program_that_is_another_at_the_end_of_a_step_of_the_curve_has_no_part_in_it() {
    let place = tempfile::tempdir().unwrap();
    let pictures: Vec<(String, Vec<u8>)> =
        (0..5_u8).map(|level| (format!("{level}.bmp"), bmp(40, &vec![level * 50; 40 * 40 * 3]))).collect();
    let pictures: Vec<(&str, &[u8])> = pictures.iter().map(|(name, picture)| (name.as_str(), &picture[..])).collect();
    let data = dataset(&place.path().join("data"), &pictures, "");
    let (method, log, [_, other]) = slow(place.path(), "first");
    let out = place.path().join("out");
    let measure = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out), "--curve=pixels"];
    // The first five answers are those of the footprint itself.
    replaced(&measure, &log, 6, (&method, &other)).ended(2).told(&SAID);
    assert_eq!(fs::read_to_string(out.join("curve/steps.csv")).unwrap().lines().count(), 1);
    assert_eq!(json(&out)["settings"]["curve"]["finished"], false);
    assert!(!out.join("metrics.csv").exists());
}
