//! Small drawn networks through every engine, held against ONNX Runtime (scripts/peers/draw_small_networks.py).

use std::fs;
use std::path::{Path, PathBuf};

use agebench::engine::{EngineError, Tensor};
use serde_json::Value;

use crate::support::engines;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/networks")
}

fn onnx(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.onnx"))).unwrap()
}

/// sin(0.37 k), as the script draws it.
fn sample(shape: &[usize]) -> Tensor {
    let numbers = (0..shape.iter().product::<usize>()).map(|place| (0.37 * place as f64).sin() as f32).collect();
    Tensor::new(shape, numbers).unwrap()
}

/// Name, shape of one sample, and each output's name and numbers.
type Network = (String, Vec<usize>, Vec<(String, Vec<f64>)>);

fn expected() -> Vec<Network> {
    let all: Value = serde_json::from_str(&fs::read_to_string(folder().join("expected.json")).unwrap()).unwrap();
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect();
    let networks = all.as_object().unwrap().iter();
    networks
        .map(|(name, network)| {
            let shape: Vec<f64> = numbers(&network["shape"]);
            let outputs = network["outputs"].as_object().unwrap().iter();
            let outputs = outputs.map(|(output, values)| (output.clone(), numbers(values))).collect();
            (name.clone(), shape.iter().map(|side| *side as usize).collect(), outputs)
        })
        .collect()
}

#[test]
fn every_small_network_answers_as_onnx_runtime_does_again_and_again() {
    let engines = engines();
    for ((name, shape, outputs), engine) in
        expected().iter().flat_map(|network| engines.iter().map(move |it| (network, it)))
    {
        let wanted: Vec<&str> = outputs.iter().map(|(output, _)| output.as_str()).collect();
        let model = engine.load(&onnx(name), Some(shape), &wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut state = model.state().unwrap();
        for run in 0..3 {
            // Something else in between: nothing of it may stay in the state.
            if run > 0 {
                state.run(&Tensor::zeros(shape)).unwrap();
            }
            let found = state.run(&sample(shape)).unwrap();
            assert_eq!(found.len(), outputs.len(), "{name}");
            for (found, (output, wanted)) in found.iter().zip(outputs) {
                assert_eq!(found.numbers().len(), wanted.len(), "{name}, {output}");
                for (found, wanted) in found.numbers().iter().zip(wanted) {
                    assert!((f64::from(*found) - wanted).abs() < 1e-5, "{name}, {output}: {found} for {wanted}");
                }
            }
        }
    }
}

#[test]
fn one_model_serves_many_threads_with_the_same_bits() {
    for engine in engines() {
        let shape = [1, 3, 26, 37];
        let model = engine.load(&onnx("open_batch_nchw"), Some(&shape), &["age"]).unwrap();
        let answers: Vec<u32> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut state = model.state().unwrap();
                        (0..20)
                            .map(|_| state.run(&sample(&shape)).unwrap()[0].numbers()[0].to_bits())
                            .collect::<Vec<u32>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.len(), 80);
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}

#[test]
fn a_wrong_shape_and_a_missing_output_name_what_there_is() {
    for engine in engines() {
        let error = engine.load(&onnx("open_batch_nchw"), Some(&[1, 26, 37, 3]), &[]).err().unwrap();
        assert_eq!(
            error.to_string(),
            "input shape [1, 26, 37, 3] does not fit: the network takes `picture` [N, 3, 26, 37]"
        );
        let error = engine.load(&onnx("open_batch_nchw"), None, &["years"]).err().unwrap();
        assert_eq!(error.to_string(), "the network has no output `years`: it has `age`, `kind`");
        let model = engine.load(&onnx("fixed_batch_3_nhwc"), None, &[]).unwrap();
        assert_eq!(model.inputs()[0].to_string(), "`picture` [3, 26, 37, 3]");
        assert_eq!(model.outputs().len(), 2);
        let error = model.state().unwrap().run(&Tensor::zeros(&[3, 26, 37, 3])).unwrap_err();
        assert!(matches!(error, EngineError::Shape { .. }), "{error}");
    }
}

#[test]
fn a_network_cut_anywhere_is_refused_in_one_line() {
    for engine in engines() {
        let whole = onnx("open_batch_nchw");
        for length in (0..whole.len()).step_by(61) {
            let error = engine.load(&whole[..length], Some(&[1, 3, 26, 37]), &[]).err();
            assert!(error.is_some_and(|error| error.to_string().lines().count() == 1), "cut at {length}");
        }
    }
}
