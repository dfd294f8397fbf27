//! Published networks on the golden pictures: the answers that Pillow or OpenCV with ONNX Runtime give.
//!
//! The weights are no part of this package. The folder is taken from `AGEBENCH_WEIGHTS`, else looked for beside the
//! checkout; where it is absent these tests say so and pass.

use std::fs;
use std::path::{Path, PathBuf};

use agebench::engine::{Engine, EngineError, Tensor};
use agebench::photo::{Channels, Decoder, Filter, Layout, Preparer, Recipe, RecipeFields};
use serde_json::Value;

use crate::pictures::{expected, picture_by};
use crate::support::engines;

/// The folder of weights, or `None` after saying that the test skips.
pub fn weights() -> Option<PathBuf> {
    let folder = std::env::var_os("AGEBENCH_WEIGHTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/models"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no weights in {} (set AGEBENCH_WEIGHTS to their folder)", folder.display());
    None
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn recipe(model: &Value, filter: &str) -> Recipe {
    let side = u32::try_from(model["size"].as_u64().unwrap()).unwrap();
    let word = |key: &str| model[key].as_str().unwrap().to_owned();
    let mut fields = RecipeFields::new(
        (side, side),
        Layout::parse(&word("layout")).unwrap(),
        Channels::parse(&word("order")).unwrap(),
        Filter::parse(filter).unwrap(),
    );
    fields.divide = model["scale"].as_f64().unwrap();
    (fields.mean, fields.std) = (numbers(&model["mean"]), numbers(&model["std"]));
    Recipe::new(fields).unwrap()
}

#[test]
fn every_model_answers_every_golden_picture_as_onnx_runtime_does() {
    let Some(folder) = weights() else { return };
    for engine in engines() {
        for decoder in Decoder::ALL {
            every_answer(&*engine, *decoder, &folder);
        }
    }
}

fn every_answer(engine: &dyn Engine, decoder: Decoder, folder: &Path) {
    let expected = expected();
    let mut lossy = Vec::new();
    let mut compared = 0;
    for (name, model) in expected["models"].as_object().unwrap() {
        let onnx = fs::read(folder.join(format!("{name}.onnx"))).unwrap();
        for filter in ["bilinear_antialias", "bilinear"] {
            let recipe = recipe(model, filter);
            let wanted: Vec<&str> = model["out"].as_str().into_iter().collect();
            let loaded = engine.load(&onnx, Some(&recipe.shape()), &wanted).unwrap();
            let mut state = loaded.state().unwrap();
            let mut tensor = Tensor::zeros(&recipe.shape());
            let mut preparer = Preparer::new(recipe);
            for (file, image) in expected["images"].as_object().unwrap() {
                preparer.prepare(&picture_by(file, decoder), None, tensor.numbers_mut()).unwrap();
                let years = f64::from(state.run(&tensor).unwrap()[0].numbers()[0]);
                let difference = (years - image["predictions"][name][filter].as_f64().unwrap()).abs();
                // Only zune-jpeg is another decoder than Pillow's.
                if file.ends_with(".png") || decoder != Decoder::Zune {
                    assert!(difference < 0.001, "{name}, {filter}, {file}: {difference} years");
                } else {
                    lossy.push((difference, format!("{name}, {filter}, {file}")));
                }
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 160);
    if decoder != Decoder::Zune {
        return;
    }
    let mean = lossy.iter().map(|(difference, _)| difference).sum::<f64>() / lossy.len() as f64;
    let (most, whose) = lossy.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    eprintln!(
        "{}: {compared} answers; JPEG and WebP: {mean:.4} years on average, {most:.4} at most ({whose})",
        engine.name()
    );
    assert!(mean <= 0.2 && *most <= 1.5, "{mean} on average, {most} at most ({whose})");
}

#[test]
fn an_output_or_a_shape_that_does_not_exist_is_named_with_those_that_do() {
    let Some(folder) = weights() else { return };
    for engine in engines() {
        let onnx = fs::read(folder.join("faceapi_age_gender_nchw.onnx")).unwrap();
        let error = engine.load(&onnx, Some(&[1, 3, 112, 112]), &["years"]).err().unwrap();
        assert_eq!(error.to_string(), "the network has no output `years`: it has `age`, `gender`");
        let error = engine.load(&onnx, Some(&[1, 112, 112, 3]), &[]).err().unwrap();
        assert!(matches!(error, EngineError::Shape { .. }), "{error}");
        assert!(error.to_string().contains("112, 112]"), "{error}");
        let both = engine.load(&onnx, Some(&[1, 3, 112, 112]), &["gender", "age"]).unwrap();
        let outputs = both.state().unwrap().run(&Tensor::zeros(&[1, 3, 112, 112])).unwrap();
        assert_eq!((outputs[0].shape(), outputs[1].numbers().len()), (&[1, 2][..], 1));
    }
}

#[test]
fn a_network_cut_short_is_refused_in_one_line_and_without_a_panic() {
    let Some(folder) = weights() else { return };
    for engine in engines() {
        let onnx = fs::read(folder.join("ssrnet_imdb_nhwc.onnx")).unwrap();
        for length in (0..onnx.len()).step_by(onnx.len() / 40) {
            let error = engine.load(&onnx[..length], Some(&[1, 64, 64, 3]), &[]).err();
            assert!(error.is_some_and(|error| !error.to_string().contains('\n')), "cut at {length}");
        }
    }
}
