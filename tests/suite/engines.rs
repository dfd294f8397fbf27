//! `--engine`: two engines with one answer, and what is said when an engine, its library or a provider is not there.

use std::fs;
use std::path::Path;

use crate::support::{column, dataset, is_needed, jpeg, onnxruntime_library, package, run, text, tiny_method};

#[test]
fn both_engines_give_the_bundled_methods_answers_to_a_thousandth_of_a_year() {
    if onnxruntime_library().is_none() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let answers = |engine: &str| {
        let out = place.path().join(engine);
        let methods = ["run", "drawn-even", "drawn-cautious", "--dataset", "drawn-faces", "--engine", engine];
        run(&[&methods[..], &["--out", text(&out), "--no-timings"]].concat()).ended(0);
        let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
        assert!(column(&metrics, "engine").iter().all(|cell| cell.starts_with(&format!("{engine} "))));
        let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
        column(&outcomes, "age").iter().map(|age| age.parse::<f64>().unwrap()).collect::<Vec<_>>()
    };
    let (one, other) = (answers("tract"), answers("onnxruntime"));
    assert_eq!((one.len(), other.len()), (1822, 1822));
    let largest = one.iter().zip(&other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
    assert!(largest < 1e-3, "{largest}");
}

/// Ages of the drawn faces by the bundled `drawn-even`, with these options; the engine cell begins with `engine`.
fn ages(place: &Path, options: &[&str], engine: &str) -> Vec<f64> {
    let out = place.join(engine.replace([' ', '(', ')'], "-"));
    let all = ["run", "drawn-even", "--dataset", "drawn-faces", "--no-timings", "--out", text(&out)];
    run(&[&all[..], options].concat()).ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let named = |cell: &String| engine.split(' ').all(|word| cell.contains(word));
    assert!(column(&metrics, "engine").iter().all(named), "{metrics:.600}");
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    column(&outcomes, "age").iter().map(|age| age.parse().unwrap()).collect()
}

#[test]
fn a_provider_that_the_library_has_gives_the_same_answers_and_stands_in_every_row() {
    let Ok(library) = std::env::var("AGEBENCH_OPENVINO_ORT") else {
        assert!(!is_needed("openvino"), "AGEBENCH_OPENVINO_ORT is not set");
        eprintln!("skipped: AGEBENCH_OPENVINO_ORT names no library of ONNX Runtime with OpenVINO");
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let options = ["--engine", "onnxruntime", "--provider", "openvino", "--ort-library", &library];
    let with = ages(place.path(), &options, "onnxruntime (openvino)");
    let without = ages(place.path(), &[], "tract");
    assert_eq!((with.len(), without.len()), (911, 911));
    let largest = with.iter().zip(&without).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
    assert!(largest < 1e-3, "{largest}");
}

#[test]
fn check_tells_how_far_apart_the_engines_are() {
    if onnxruntime_library().is_none() {
        return;
    }
    let ran = run(&["check", "drawn-even", "--engines", "--dataset", "drawn-faces"]).ended(0);
    let told = ran.out.lines().find(|line| line.contains("largest difference")).unwrap();
    assert!(told.contains("tract ") && told.contains("onnxruntime ") && told.contains("911 samples"), "{told}");
    run(&["check", "drawn-even", "--engines"]).ended(2).told(&["--dataset"]);
}

#[test]
fn what_runs_with_no_engine_and_paths_without_a_method_are_refused_instead_of_agreeing() {
    if onnxruntime_library().is_some() {
        let compared = |how: &str| run(&["check", "declared", how, "--dataset", "drawn-faces"]).ended(2);
        compared("--engines").told(&["--engines: `declared` is no model"]);
        compared("--decoders").told(&["--decoders: `declared` is given no picture that this program decodes"]);
        run(&["check", "drawn-faces", "--manifest-only", "--engines", "--dataset", "drawn-faces"])
            .ended(2)
            .told(&["--engines: no method is checked"]);
    }
    run(&["check", "drawn-faces", "--conformance", "--manifest-only"])
        .ended(2)
        .told(&["--conformance: no method is checked"]);
    run(&["check", "declared", "--manifest-only"]).ended(2).told(&["--manifest-only: no dataset is checked"]);
    // A method with the policy that it is gated by is a method.
    let place = tempfile::tempdir().unwrap();
    let method = tiny_method(place.path(), "mean", |card| card);
    let policy = package().join("scripts/ci/policy.toml");
    fs::copy(&policy, method.join("policy.toml")).unwrap();
    assert!(run(&["check", text(&method)]).ended(0).out.contains("method"));
    let alone = place.path().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::copy(&policy, alone.join("policy.toml")).unwrap();
    assert!(run(&["check", text(&alone)]).ended(0).out.contains("policy"));
    run(&["check", "nothere"]).ended(2).told(&["no file or folder `nothere`", "agebench list"]);
    run(&["check", "drawn-evn"]).ended(2).told(&["did you mean `drawn-even`"]);
}

#[test]
fn a_library_that_is_none_is_refused_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let engine = |more: &[&str]| {
        let all = ["run", "drawn-even", "--dataset", "drawn-faces", "--out", text(&out)];
        let ran = run(&[&all[..], more].concat()).ended(2);
        assert!(!out.exists(), "refused before any work");
        ran
    };
    let text_file = place.path().join("libonnxruntime.so");
    fs::write(&text_file, "no library").unwrap();
    engine(&["--engine", "onnxruntime", "--ort-library", text(&text_file)])
        .told(&["libonnxruntime.so is not a library of ONNX Runtime", "help"]);
    engine(&["--engine", "onnxruntime", "--ort-library", "/nowhere/libonnxruntime.so"])
        .told(&["there is no file /nowhere/libonnxruntime.so"]);
    engine(&["--provider", "cuda"]).told(&["do nothing for tract", "--engine onnxruntime"]);
    if onnxruntime_library().is_some() {
        engine(&["--engine", "onnxruntime", "--provider", "migraphx"]).told(&[
            "without the provider `migraphx`",
            "it has cpu",
            "--provider",
        ]);
    }
}

#[test]
fn a_library_of_another_program_and_one_that_is_too_old_are_named() {
    let libm = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/usr/lib64/libm.so.6"];
    if let Some(libm) = libm.iter().find(|path| fs::exists(path).unwrap()) {
        run(&["check", "drawn-even", "--engines", "--dataset", "drawn-faces", "--ort-library", libm])
            .ended(2)
            .told(&["is not a library of ONNX Runtime", "OrtGetApiBase"]);
    }
    match std::env::var("AGEBENCH_OLD_ORT") {
        Ok(old) => {
            run(&["check", "drawn-even", "--engines", "--dataset", "drawn-faces", "--ort-library", &old])
                .ended(2)
                .told(&["1.22 or later is needed", "pip install onnxruntime"]);
        }
        Err(_) if is_needed("old-onnxruntime") => {
            panic!("AGEBENCH_OLD_ORT names no library of ONNX Runtime before 1.22")
        }
        Err(_) => eprintln!("skipped: AGEBENCH_OLD_ORT names no library of ONNX Runtime before 1.22"),
    }
}

#[test]
fn the_list_of_engines_says_in_a_column_of_its_own_why_one_is_absent() {
    let listed = run(&["list", "engines", "--format", "json", "--ort-library", "nowhere.so"]).ended(0);
    let engines: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let of = |name: &str, column: &str| {
        let engine = engines.as_array().unwrap().iter().find(|engine| engine["name"] == name).unwrap();
        engine[column].as_str().unwrap().to_owned()
    };
    assert_eq!((of("tract", "state"), of("tract", "reason")), ("ready".to_owned(), String::new()));
    assert_eq!((of("onnxruntime", "state"), of("onnxruntime", "version")), ("absent".to_owned(), String::new()));
    assert_eq!(of("onnxruntime", "reason"), "there is no file nowhere.so");
}

#[test]
fn an_operator_that_only_one_engine_has_is_named_with_the_engine_that_has_it() {
    let place = tempfile::tempdir().unwrap();
    let pictures = dataset(&place.path().join("pictures"), &[("a.jpg", &jpeg())], "");
    let out = place.path().join("out");
    let ran = |model: &str, engine: &str| {
        let method = tiny_method(place.path(), model, |card| card);
        let asked = ["run", text(&method), "--dataset", text(&pictures), "--engine", engine, "--replace"];
        run(&[&asked[..], &["--out", text(&out)]].concat())
    };
    let only_there = ran("det", "tract").ended(2).told(&["tract ", "has no operator `Det`"]);
    if onnxruntime_library().is_some() {
        only_there.told(&["onnxruntime ", "--engine onnxruntime"]);
        ran("det", "onnxruntime").ended(0);
        ran("rsqrt", "onnxruntime").ended(2).told(&["has no operator `", "Rsqrt`", "tract ", "--engine tract"]);
        let det = place.path().join("det");
        run(&["check", text(&det), "--engines", "--dataset", text(&pictures)])
            .ended(2)
            .told(&["has no operator `Det`", "--engine onnxruntime"]);
        let checked = run(&["check", text(&place.path().join("det"))]).ended(0);
        assert!(checked.out.contains("Det") && checked.out.contains("--engine onnxruntime"), "{}", checked.out);
    }
    ran("rsqrt", "tract").ended(0);
}
