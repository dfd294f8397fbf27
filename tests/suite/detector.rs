//! A face detector before the model: its boxes are those that ONNX Runtime with OpenCV or Pillow gives on drawn scenes
//! (scripts/peers/detector.py), and the model is given the face that the card asks for.

use std::fs;
use std::path::{Path, PathBuf};

use agebench::method::MethodCard;
use agebench::method::adapter::{AdapterCard, onnx::OnnxMethod};
use agebench::photo::{Decoder, PIXEL_LIMIT, decode};
use serde_json::Value;

use crate::support::{column, dataset, engines, package, run, text, tiny_method};
use crate::weights::weights;

fn folder() -> PathBuf {
    package().join("fixtures/detector")
}

fn expected(of: &str) -> Value {
    let all: Value = serde_json::from_str(&fs::read_to_string(folder().join("expected.json")).unwrap()).unwrap();
    all[of].clone()
}

/// The table of a detector that finds red squares, or of another one.
fn detector(file: &str, size: &str, scale: &str, iou: f64, rest: &str) -> String {
    format!(
        "\n[onnx.detector]\nfile = '{file}'\nchoose = 'largest'\n{rest}\n[onnx.detector.input]\nsize = {size}\n\
         layout = 'nchw'\nchannels = 'rgb'\n{scale}\n\n[onnx.detector.output]\nhead = 'corners'\n\
         score_threshold = 0.7\niou_threshold = {iou}\n"
    )
}

fn squares(rest: &str) -> String {
    let file = package().join("fixtures/models/squares.onnx");
    detector(text(&file), "[32, 24]", "resize = 'bilinear_antialias'\ndivide = 255", 0.3, rest)
}

#[test]
fn ultraface_finds_the_faces_of_drawn_scenes_where_onnx_runtime_with_opencv_finds_them() {
    let Some(weights) = weights() else { return };
    let mut compared = 0;
    for (model, scenes) in expected("ultraface").as_object().unwrap() {
        let file = weights.join(format!("{model}.onnx"));
        let place = tempfile::tempdir().unwrap();
        let table = detector(text(&file), "[320, 240]", "resize = 'bilinear'\nmean = [127]\nstd = [128]", 0.5, "");
        let method = tiny_method(place.path(), "mean", |card| card + &table);
        let card = fs::read_to_string(method.join("method.toml")).unwrap();
        let (card, findings) = MethodCard::read("method.toml", &card);
        let card = card.unwrap_or_else(|| panic!("{findings}"));
        let AdapterCard::Onnx(onnx) = card.adapter.clone() else { panic!() };
        for engine in engines() {
            let loaded = OnnxMethod::load(
                card.clone(),
                &onnx,
                &|name| fs::read(method.join(name)),
                &*engine,
                Decoder::default(),
            )
            .unwrap();
            let detector = loaded.detector().unwrap();
            let mut state = detector.state().unwrap();
            for (scene, wanted) in scenes.as_object().unwrap() {
                let picture = fs::read(folder().join(format!("{scene}.png"))).unwrap();
                let picture = decode(&picture, Decoder::default(), PIXEL_LIMIT).unwrap();
                state.prepare(&picture).unwrap();
                let found = detector.faces(&mut state, &picture).unwrap();
                let boxes = wanted["boxes"].as_array().unwrap();
                assert_eq!(found.len(), boxes.len(), "{model}, {scene}");
                for (found, wanted) in found.iter().zip(boxes) {
                    within_two_pixels(found.ends, wanted, scene);
                    compared += 1;
                }
                let chosen = detector.choose(&found, &picture);
                assert_eq!(chosen.is_none(), wanted["largest"].is_null(), "{model}, {scene}");
                if let Some(chosen) = chosen {
                    within_two_pixels(chosen.ends(), &wanted["largest"], scene);
                }
            }
        }
    }
    assert!(compared >= 16, "{compared}");
}

fn within_two_pixels(found: [f64; 4], wanted: &Value, scene: &str) {
    for (found, wanted) in found.iter().zip(wanted.as_array().unwrap()) {
        let off = (found - wanted.as_f64().unwrap()).abs();
        assert!(off < 2.0, "{scene}: {found} for {wanted}");
    }
}

/// The scenes of red squares, upright or turned on their side, as a dataset of their own.
fn scenes(place: &Path, turned: bool) -> (PathBuf, Vec<(String, Value)>) {
    let all = expected("squares");
    let scenes: Vec<(String, Value)> = all
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_turned") == turned)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let files: Vec<(String, Vec<u8>)> = scenes
        .iter()
        .map(|(name, _)| (format!("{name}.png"), fs::read(folder().join(format!("squares_{name}.png"))).unwrap()))
        .collect();
    let pictures: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    (dataset(place, &pictures, ""), scenes)
}

/// Puts the scenes to a method with `detector`, and gives statuses, faces and ages.
fn attempted(data: &Path, place: &Path, change: impl Fn(String) -> String) -> [Vec<String>; 3] {
    let method = tiny_method(place, "mean", change);
    let out = place.join("out");
    run(&["run", text(&method), "--dataset", text(data), "--out", text(&out), "--keep-ids"]).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    ["status", "faces", "age"].map(|name| column(&outcomes, name))
}

#[test]
fn the_model_is_given_the_face_that_the_card_asks_for_and_without_one_there_is_no_subject() {
    for turned in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let (data, scenes) = scenes(&place.path().join("data"), turned);
        for (choose, margin) in [("largest", false), ("central", false), ("central", true)] {
            let place = tempfile::tempdir().unwrap();
            let fit = if turned { "divide = 255\nfit = 'pad'" } else { "divide = 255" };
            let [statuses, faces, ages] = attempted(&data, place.path(), |card| {
                let table = squares("").replace("'largest'", &format!("'{choose}'")).replace("divide = 255", fit);
                let margin = if margin { "divide = 4.0\nmargin = 0.25" } else { "divide = 4.0" };
                card.replace("divide = 4.0", margin) + &table
            });
            for (((name, wanted), status), (faces, age)) in scenes.iter().zip(&statuses).zip(faces.iter().zip(&ages)) {
                assert_eq!(faces, &wanted["faces"].to_string(), "{name}");
                let face = &wanted[choose];
                assert_eq!(status, if face.is_null() { "no_subject" } else { "answered" }, "{name}");
                if !face.is_null() {
                    let wanted = face[if margin { "age_with_margin" } else { "age" }].as_f64().unwrap();
                    let off = (age.parse::<f64>().unwrap() - wanted).abs();
                    assert!(off < 1e-4, "{name}, {choose}, {margin}: {age} for {wanted}");
                }
            }
        }
    }
}

#[test]
fn a_card_may_prefer_the_dataset_s_own_box_and_then_faces_are_not_counted() {
    let place = tempfile::tempdir().unwrap();
    let (data, _) = scenes(&place.path().join("data"), false);
    // Pixels without anything red, for the scene `one` alone.
    let manifest = fs::read_to_string(data.join("manifest.csv")).unwrap();
    let with_box = |line: &str| match line {
        "sample_id,path,subject_id,age" => format!("{line},x0,y0,x1,y1\n"),
        line if line.contains(",one.png,") => format!("{line},200,150,280,230\n"),
        line => format!("{line},,,,\n"),
    };
    fs::write(data.join("manifest.csv"), manifest.lines().map(with_box).collect::<String>()).unwrap();
    let one = column(&manifest, "path").iter().position(|path| path == "one.png").unwrap();
    for (rest, faces_wanted, ground) in [("face_box = 'dataset'", "", true), ("", "1", false)] {
        let place = tempfile::tempdir().unwrap();
        let [statuses, faces, ages] = attempted(&data, place.path(), |card| card + &squares(rest));
        assert_eq!((statuses[one].as_str(), faces[one].as_str()), ("answered", faces_wanted));
        // The ground is (90 + 110 + 130) / 3 / 4 = 27.5 years, a square (250 + 10 + 20) / 3 / 4 = 23.33.
        assert_eq!(ages[one] == "27.5", ground, "{}", ages[one]);
        assert!(statuses.contains(&"no_subject".to_owned()), "{statuses:?}");
    }
}

#[test]
fn every_mistake_in_a_detector_s_table_is_found_in_one_pass() {
    let place = tempfile::tempdir().unwrap();
    let table = squares("face_box = 'datset'")
        .replace("choose = 'largest'", "choose = 'largst'")
        .replace("head = 'corners'", "head = 'anchors'")
        .replace("score_threshold = 0.7", "score_threshold = 7")
        .replace("iou_threshold", "iou_treshold")
        .replace("divide = 255", "divide = 255\nmargin = 0.1");
    let method = tiny_method(place.path(), "mean", |card| card + &table);
    let ran = run(&["check", text(&method)]).ended(2);
    for part in [
        "did you mean `largest`",
        "did you mean `dataset`",
        "`anchors` is not one of corners",
        "7 is not a number from 0 to 1",
        "did you mean `iou_threshold`",
        "a detector is given the whole picture",
    ] {
        assert!(ran.out.contains(part), "`{part}` is not in:\n{}", ran.out);
    }
}

#[test]
fn a_detector_whose_outputs_do_not_fit_the_card_is_refused_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    for (change, told) in [
        ("boxes = 'scores'\nscores = 'boxes'", "expected 4 numbers a box"),
        ("face_column = 2", "face_column 2 of `scores`, which has 2 from 0"),
        ("scores = 'score'", "has no output `score`"),
    ] {
        let table = squares("").replace("head = 'corners'", &format!("head = 'corners'\n{change}"));
        let method = tiny_method(place.path(), "mean", |card| card + &table);
        let ran = run(&["check", text(&method)]).ended(2);
        assert!(ran.out.contains(told), "`{told}` is not in:\n{}", ran.out);
    }
}
