//! The bundled methods answer as Pillow and ONNX Runtime say they do (`scripts/models/golden.py`), through cards, boxes,
//! margins, borders and EXIF turns.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{column, package, run, text};

/// Years that an answer on a lossless picture may be off: another order of the same sums.
const LOSSLESS: f64 = 0.001;
/// Years that an answer on a JPEG may be off, and on average: decoders differ by a few levels.
const JPEG: f64 = 1.5;
const JPEG_MEAN: f64 = 0.2;

#[test]
fn the_bundled_methods_answer_as_pillow_and_onnx_runtime_do() {
    let golden = fs::read_to_string(package().join("fixtures/golden/bundled_models.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let methods = ["drawn-even", "drawn-cautious"];
    let rest = ["--dataset", "drawn-faces", "--out", text(&out), "--keep-ids"];
    run(&[&["run"][..], &methods, &rest].concat()).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let [ids, names, ages] = ["sample_id", "method", "age"].map(|name| column(&outcomes, name));
    let answers: BTreeMap<(&str, &str), f64> = ids
        .iter()
        .zip(&names)
        .zip(&ages)
        .map(|((id, name), age)| ((id.as_str(), name.as_str()), age.parse().unwrap()))
        .collect();
    let (mut jpeg, mut lossless) = (Vec::new(), 0);
    for sample in golden["samples"].as_array().unwrap() {
        for method in methods {
            let expected = sample["answers"][method]["age"].as_f64().unwrap();
            let id = sample["sample_id"].as_str().unwrap();
            let off = (answers[&(id, method)] - expected).abs();
            if sample["format"] == "JPEG" {
                assert!(off < JPEG, "{method} on {id}: {off} years from {expected}");
                jpeg.push(off);
            } else {
                assert!(off < LOSSLESS, "{method} on {id}: {off} years from {expected}");
                lossless += 1;
            }
        }
    }
    assert!(lossless >= 4 && jpeg.len() >= 10, "{lossless} lossless, {} JPEG", jpeg.len());
    let mean = jpeg.iter().sum::<f64>() / jpeg.len() as f64;
    assert!(mean < JPEG_MEAN, "{mean} years on average over {} answers", jpeg.len());
}
