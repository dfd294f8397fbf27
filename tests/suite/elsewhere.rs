//! Models whose weights lie in other files, which may be any files of the machine: refused by every verb that takes a model and by
//! every engine, in this process and in one of its own, however the file is named and although it is there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Ran, agebench, bmp, column, dataset, onnxruntime_library, outcomes, package, text, tiny_method};

/// A field of protobuf that holds bytes, shorter than 16 KiB.
fn of(field: u8, bytes: &[u8]) -> Vec<u8> {
    let length = [(bytes.len() & 0x7f) as u8 | 0x80, (bytes.len() >> 7) as u8];
    [&[field << 3 | 2][..], &length, bytes].concat()
}

/// A field that holds a small number.
fn with(field: u8, number: u8) -> Vec<u8> {
    vec![field << 3, number]
}

/// What a tensor has whose floats lie in the file `location`.
fn outside(location: &str) -> Vec<u8> {
    let entry = |key: &str, value: &str| of(13, &[of(1, key.as_bytes()), of(2, value.as_bytes())].concat());
    [entry("location", location), entry("length", "64"), with(14, 1)].concat()
}

/// A network of [1, 3, 8, 8] whose age is the largest of 16 floats, which are where `weights` says.
fn network(weights: &[u8]) -> Vec<u8> {
    let ints = |name: &str, numbers: &[u8]| {
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| with(8, *number)).collect();
        of(5, &[of(1, name.as_bytes()), numbers, vec![0xa0, 0x01, 7]].concat())
    };
    let keep = |kept: u8| of(5, &[of(1, b"keepdims"), with(3, kept), vec![0xa0, 0x01, 2]].concat());
    let node = |operator: &str, takes: &[&str], gives: &str, attributes: &[Vec<u8>]| {
        let takes: Vec<u8> = takes.iter().flat_map(|name| of(1, name.as_bytes())).collect();
        of(1, &[takes, of(2, gives.as_bytes()), of(4, operator.as_bytes()), attributes.concat()].concat())
    };
    let value = |field: u8, name: &str, shape: &[u8]| {
        let shape: Vec<u8> = shape.iter().flat_map(|length| of(1, &with(1, *length))).collect();
        of(field, &[of(1, name.as_bytes()), of(2, &of(1, &[with(1, 1), of(2, &shape)].concat()))].concat())
    };
    let graph = [
        node("ReduceMean", &["picture"], "mean", &[ints("axes", &[1, 2, 3]), keep(0)]),
        node("Max", &["mean", "weights"], "larger", &[]),
        node("ReduceMax", &["larger"], "age", &[ints("axes", &[0]), keep(1)]),
        of(2, b"graph"),
        of(5, &[&with(1, 16), &with(2, 1), &of(8, b"weights"), weights].concat()),
        value(11, "picture", &[1, 3, 8, 8]),
        value(12, "age", &[1]),
    ];
    [with(1, 8), of(7, &graph.concat()), of(8, &[of(1, b""), with(2, 13)].concat())].concat()
}

/// A dataset of one picture, and a file of 16 floats `secret.bin` beside it.
fn made(place: &Path) -> PathBuf {
    fs::write(place.join("secret.bin"), 42_f32.to_le_bytes().repeat(16)).unwrap();
    dataset(&place.join("data"), &[("a.bmp", &bmp(8, &[0; 192]))], "")
}

/// The flags of each engine that is here.
fn engines(library: Option<&Path>) -> Vec<Vec<&str>> {
    let runtime = library.map(|library| vec!["--engine", "onnxruntime", "--ort-library", text(library)]);
    std::iter::once(Vec::new()).chain(runtime).collect()
}

/// How many of them this build does not have: it looks through a file all the same, and loads none.
const ABSENT: usize = if cfg!(feature = "tract") { 0 } else { 1 };

/// `arguments`, started in the folder `place`.
fn ran_in(place: &Path, arguments: &[&str]) -> Ran {
    Ran::of(agebench().args(arguments).current_dir(place).output().unwrap())
}

const SAID: &str = "is kept in another file";
const HELP: &str = "save the model with its weights in one file";

#[test]
fn weights_in_any_file_of_the_machine_are_refused_by_every_engine_isolated_or_not() {
    let place = tempfile::tempdir().unwrap();
    let (data, library) = (made(place.path()), onnxruntime_library());
    let method = tiny_method(place.path(), "mean", |card| card);
    let secret = place.path().join("secret.bin").canonicalize().unwrap();
    // In the folder that it is started in, in the folder of a process of its own, anywhere; and what is no file at all.
    for location in ["secret.bin", text(&secret).trim_start_matches('/'), text(&secret), "../secret.bin", ""] {
        fs::write(method.join("model.onnx"), network(&outside(location))).unwrap();
        for engine in engines(library.as_deref()) {
            for how in [&[][..], &["--isolate"]] {
                let out = place.path().join("out");
                let all = ["run", text(&method), "--dataset", text(&data), "--out", text(&out)];
                let ran = ran_in(place.path(), &[&all[..], &engine, how].concat());
                ran.ended(2).told(&["cannot run `model.onnx`", "the tensor `weights` at graph[0]", SAID, HELP]);
                assert!(!out.exists(), "{location} {engine:?} {how:?}");
            }
        }
    }
}

#[test]
fn the_same_network_with_its_weights_in_it_answers_with_them() {
    let Some(library) = onnxruntime_library() else { return };
    let place = tempfile::tempdir().unwrap();
    let data = made(place.path());
    let method = tiny_method(place.path(), "mean", |card| card);
    fs::write(method.join("model.onnx"), network(&of(9, &42_f32.to_le_bytes().repeat(16)))).unwrap();
    for (number, engine) in engines(Some(&library)).into_iter().enumerate().skip(ABSENT) {
        for how in [&[][..], &["--isolate"]] {
            let out = place.path().join(format!("out{number}{}", how.len()));
            let all = ["run", text(&method), "--dataset", text(&data), "--out", text(&out)];
            ran_in(place.path(), &[&all[..], &engine, how].concat()).ended(0);
            assert_eq!(column(&outcomes(&out), "age"), ["42"], "{engine:?} {how:?}");
        }
    }
}

#[test]
fn every_verb_that_takes_a_model_refuses_it_and_a_detector_likewise() {
    let place = tempfile::tempdir().unwrap();
    let (data, library) = (made(place.path()), onnxruntime_library());
    let model = package().join("fixtures/hostile/external.onnx");
    let method = tiny_method(place.path(), "mean", |card| card);
    fs::copy(&model, method.join("model.onnx")).unwrap();
    let (method, data) = (text(&method), text(&data));
    ran_in(place.path(), &["check", method]).ended(2);
    for engine in engines(library.as_deref()) {
        let said = |arguments: &[&str]| {
            ran_in(place.path(), &[arguments, &engine].concat()).ended(2).told(&[SAID, HELP]);
            assert!(!place.path().join("out").exists(), "{arguments:?}");
        };
        said(&["latency", method, "--dataset", data, "--out", "out"]);
        said(&["probe", method, "--dataset", data, "--out", "out", "--limit", "18"]);
        said(&["init", "method", "--from", text(&model), "--out", "out"]);
        said(&["init", "method", "--from", text(&model), "--samples", data, "--out", "out"]);
    }
    let detector = format!(
        "\n[onnx.detector]\nfile = '{}'\nchoose = 'largest'\n[onnx.detector.input]\nsize = [8, 8]\nlayout = 'nchw'\n\
         channels = 'rgb'\nresize = 'nearest'\n[onnx.detector.output]\nhead = 'corners'\nscore_threshold = 0.7\niou_threshold = 0.3\n",
        text(&model)
    );
    let with_detector = tiny_method(&place.path().join("detector"), "mean", |card| card + &detector);
    for engine in engines(library.as_deref()).into_iter().skip(ABSENT) {
        let all = ["run", text(&with_detector), "--dataset", data, "--out", "out"];
        ran_in(place.path(), &[&all[..], &engine].concat()).ended(2).told(&["external.onnx", SAID, HELP]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_engine_in_a_process_of_its_own_works_in_an_empty_folder_without_a_name() {
    use std::process::{Command, Stdio};
    let mut engine: Command = agebench();
    engine.args(["engine-process", "--parent", &std::process::id().to_string()]);
    let mut engine = engine.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let folder = PathBuf::from(format!("/proc/{}/cwd", engine.id()));
    let is_nowhere = || fs::read_link(&folder).is_ok_and(|link| text(&link).ends_with(" (deleted)"));
    let came = (0..600).any(|_| {
        is_nowhere() || {
            std::thread::sleep(std::time::Duration::from_millis(50));
            false
        }
    });
    drop(engine.stdin.take());
    engine.wait().unwrap();
    assert!(came);
}
