//! `--isolate`: a hostile model ends an attempt, or the method before any work, and never the run. The networks in
//! fixtures/hostile/ are real ones that `onnx` made and ONNX Runtime runs (scripts/models/hostile.py).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{agebench, bmp, column, dataset, onnxruntime_library, package, run, text, tiny_method};

/// A method folder below `place` with the hostile network `name`.
fn hostile(place: &Path, name: &str) -> PathBuf {
    let method = tiny_method(place, "mean", |card| card.replace("divide = 4.0", "divide = 255.0"));
    fs::copy(package().join(format!("fixtures/hostile/{name}.onnx")), method.join("model.onnx")).unwrap();
    method
}

/// Three subjects: black, white, black. A model is tried on black before any work.
fn pictures(place: &Path) -> PathBuf {
    let (black, white) = (bmp(8, &[0; 192]), bmp(8, &[255; 192]));
    dataset(&place.join("data"), &[("a.bmp", &black), ("b.bmp", &white), ("c.bmp", &black)], "")
}

/// The columns `status` and `reason` of the run of `arguments` into `out`, which ended with `code`.
fn ran(arguments: &[&str], out: &Path, code: i32) -> (Vec<String>, Vec<String>) {
    run(&[arguments, &["--out", text(out), "--jobs", "1", "--isolate"]].concat()).ended(code);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let of = |name| column(&outcomes, name).iter().map(ToString::to_string).collect();
    (of("status"), of("reason"))
}

#[test]
fn answers_are_the_same_bytes_with_and_without_for_any_number_of_workers() {
    let place = tempfile::tempdir().unwrap();
    let outcomes =
        [&["--jobs", "2"][..], &["--jobs", "1", "--isolate"], &["--jobs", "3", "--isolate", "--memory", "none"]].map(
            |how| {
                let out = place.path().join(how.join(""));
                let all = [
                    &[
                        "run",
                        "drawn-even",
                        "drawn-cautious",
                        "--dataset",
                        "drawn-faces",
                        "--no-timings",
                        "--out",
                        text(&out),
                    ],
                    how,
                ]
                .concat();
                run(&all).ended(0);
                let of = |name| fs::read(out.join(name)).unwrap();
                let settings = String::from_utf8(of("run.json")).unwrap();
                assert_eq!(settings.contains("\"isolate\": true"), how.contains(&"--isolate"), "{settings}");
                (of("outcomes.csv"), of("metrics.csv"))
            },
        );
    assert!(outcomes.iter().all(|one| *one == outcomes[0]));
}

#[test]
fn a_model_that_answers_one_picture_never_costs_that_attempt_its_time_and_the_next_go_on() {
    let Some(library) = onnxruntime_library() else { return };
    let place = tempfile::tempdir().unwrap();
    let (data, method) = (pictures(place.path()), hostile(place.path(), "endless_on_white"));
    let out = place.path().join("out");
    let begun = Instant::now();
    let engine = ["--engine", "onnxruntime", "--ort-library", text(&library)];
    let all = [&["run", text(&method), "--dataset", text(&data), "--timeout", "2"], &engine[..]].concat();
    let (status, reason) = ran(&all, &out, 4);
    assert_eq!(status, ["answered", "timed_out", "answered"], "{reason:?}");
    assert_eq!(reason[1], "no answer within 2 s");
    assert!(begun.elapsed() < Duration::from_secs(60), "it was waited for: {:?}", begun.elapsed());
}

#[test]
fn a_model_that_wants_all_memory_for_one_picture_fails_that_attempt_and_the_next_go_on() {
    let Some(library) = onnxruntime_library() else { return };
    let place = tempfile::tempdir().unwrap();
    let (data, method) = (pictures(place.path()), hostile(place.path(), "huge_on_white"));
    let out = place.path().join("out");
    let engine = ["--engine", "onnxruntime", "--ort-library", text(&library), "--memory", "2GiB"];
    let all = [&["run", text(&method), "--dataset", text(&data)], &engine[..]].concat();
    let (status, reason) = ran(&all, &out, 4);
    assert_eq!(status, ["answered", "failed", "answered"], "{reason:?}");
    assert!(reason[1].contains("AllocateRaw") || reason[1].contains("memory"), "{reason:?}");
}

#[test]
fn a_model_that_cannot_be_loaded_within_the_memory_is_refused_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    let (data, method) = (pictures(place.path()), hostile(place.path(), "huge"));
    let out = place.path().join("out");
    let all = ["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--isolate", "--memory", "1GiB"];
    run(&all).ended(2).told(&["cannot run `model.onnx`"]);
    assert!(!out.exists());
}

#[test]
fn onnx_runtime_leaves_no_number_of_this_machine_and_no_event_in_the_home_folder() {
    let Some(library) = onnxruntime_library() else { return };
    let place = tempfile::tempdir().unwrap();
    let (data, home) = (pictures(place.path()), place.path().join("home"));
    fs::create_dir(&home).unwrap();
    let method = tiny_method(place.path(), "mean", |card| card);
    for how in [&[][..], &["--isolate"]] {
        let out = place.path().join(format!("out{}", how.len()));
        let mut command = agebench();
        command.args(["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--engine", "onnxruntime"]);
        command.args(["--ort-library", text(&library)]).args(how).env("HOME", &home).env_remove("XDG_CACHE_HOME");
        crate::support::Ran::of(command.env_remove("ORT_DISABLE_TELEMETRY").output().unwrap()).ended(0);
        let left: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn memory_without_isolate_is_refused_and_so_is_a_size_that_is_none() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let all = ["run", "drawn-even", "--dataset", "drawn-faces", "--out", text(&out), "--memory"];
    run(&[&all[..], &["1GiB"]].concat()).ended(2).told(&["--isolate"]);
    run(&[&all[..], &["1GB", "--isolate"]].concat()).ended(2).told(&["`1GB` is no size of memory"]);
}

/// The processes that a run started: those whose command line names `parent`.
#[cfg(target_os = "linux")]
fn engines_of(parent: u32) -> Vec<u32> {
    let wanted = format!("engine-process\0--parent\0{parent}\0");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let is_one = |id: &u32| {
        fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&wanted))
    };
    processes.filter_map(number).filter(is_one).collect()
}

/// Whether `until` holds within half a minute.
#[cfg(target_os = "linux")]
fn comes(until: &dyn Fn() -> bool) -> bool {
    (0..600).any(|_| {
        until() || {
            std::thread::sleep(Duration::from_millis(50));
            false
        }
    })
}

/// Whether a process has worked for two seconds: no picture that is answered takes so long.
#[cfg(target_os = "linux")]
fn is_busy(process: u32) -> bool {
    let ticks = |text: String| text.rsplit_once(") ")?.1.split(' ').nth(11)?.parse::<u64>().ok();
    fs::read_to_string(format!("/proc/{process}/stat")).ok().and_then(ticks).is_some_and(|ticks| ticks >= 200)
}

#[cfg(target_os = "linux")]
#[test]
fn an_engine_that_hangs_ends_with_a_harness_that_was_killed_and_knows_no_secret() {
    let Some(library) = onnxruntime_library() else { return };
    let place = tempfile::tempdir().unwrap();
    let (data, method) = (pictures(place.path()), hostile(place.path(), "endless_on_white"));
    let out = place.path().join("out");
    let mut harness = agebench()
        .args(["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--isolate", "--jobs", "1"])
        .args(["--engine", "onnxruntime", "--ort-library", text(&library)])
        .env("CLIENT_KEY", "hunter2hunter2")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(comes(&|| engines_of(harness.id()).iter().any(|engine| is_busy(*engine))), "no engine hangs");
    let engines = engines_of(harness.id());
    assert_eq!(engines.len(), 1, "{engines:?}");
    let environment = fs::read(format!("/proc/{}/environ", engines[0])).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("hunter2"));
    harness.kill().unwrap();
    harness.wait().unwrap();
    assert!(comes(&|| !Path::new(&format!("/proc/{}", engines[0])).exists()), "it outlives the harness");
}

#[cfg(target_os = "linux")]
#[test]
fn an_engine_that_dies_in_an_attempt_fails_it_and_the_next_go_on() {
    let Some(library) = onnxruntime_library() else { return };
    let place = tempfile::tempdir().unwrap();
    let (data, method) = (pictures(place.path()), hostile(place.path(), "endless_on_white"));
    let out = place.path().join("out");
    let harness = agebench()
        .args(["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--isolate", "--jobs", "1"])
        .args(["--engine", "onnxruntime", "--ort-library", text(&library)])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(comes(&|| engines_of(harness.id()).iter().any(|engine| is_busy(*engine))), "no engine hangs");
    for engine in engines_of(harness.id()) {
        assert!(std::process::Command::new("kill").args(["-ABRT", &engine.to_string()]).status().unwrap().success());
    }
    assert_eq!(harness.wait_with_output().unwrap().status.code(), Some(4));
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "status"), ["answered", "failed", "answered"]);
    assert!(column(&outcomes, "reason")[1].contains("ended by signal 6"), "{outcomes}");
}

#[test]
fn nothing_to_keep_apart_is_told() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    run(&["run", "declared", "--dataset", "drawn-faces", "--out", text(&out), "--isolate", "--memory", "1GiB"])
        .ended(2)
        .told(&["--isolate: no method here is a model"]);
    assert!(!out.exists());
}
