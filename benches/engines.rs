//! One sample through each network of a folder. `AGEBENCH_WEIGHTS=DIR cargo bench --bench engines`
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "criterion's macros document nothing, and a benchmark may panic and say why it skips"
)]

use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};

/// Networks with the shape of one sample; a file that is not there is passed over.
#[cfg(feature = "tract")]
const NETWORKS: [(&str, [usize; 4]); 5] = [
    ("ssrnet_imdb_nhwc", [1, 64, 64, 3]),
    ("mobilenet_reg_0.25_64_imdb_nhwc", [1, 64, 64, 3]),
    ("faceapi_age_gender_nchw", [1, 3, 112, 112]),
    ("ultraface-version-RFB-320", [1, 3, 240, 320]),
    ("mobilenet_v2_shape", [1, 3, 224, 224]), // scripts/peers/draw_network.py
];

#[cfg(feature = "tract")]
fn engines(criterion: &mut Criterion) {
    use agebench::engine::{Engine, Tensor, Tract};

    let Some(folder) = std::env::var_os("AGEBENCH_WEIGHTS").map(PathBuf::from) else {
        eprintln!("skipped: set AGEBENCH_WEIGHTS to a folder of ONNX files");
        return;
    };
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(Tract)];
    engines.extend(onnxruntime());
    for (name, shape) in NETWORKS {
        let Ok(onnx) = std::fs::read(folder.join(format!("{name}.onnx"))) else { continue };
        for engine in &engines {
            let mut state = engine.load(&onnx, Some(&shape), &[]).unwrap().state().unwrap();
            let sample = Tensor::zeros(&shape);
            criterion.bench_function(&format!("{}/{name}", engine.name()), |bench| bench.iter(|| state.run(&sample)));
        }
    }
}

/// ONNX Runtime, where its library is found.
#[cfg(all(feature = "tract", feature = "onnxruntime"))]
fn onnxruntime() -> Option<Box<dyn agebench::engine::Engine>> {
    use agebench::engine::{OnnxRuntime, Provider, find_library};

    let named = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    match find_library(named.as_deref()).and_then(|path| OnnxRuntime::load(&path, Provider::Cpu)) {
        Ok(engine) => Some(Box::new(engine)),
        Err(error) => {
            eprintln!("without ONNX Runtime: {error}");
            None
        }
    }
}

#[cfg(all(feature = "tract", not(feature = "onnxruntime")))]
fn onnxruntime() -> Option<Box<dyn agebench::engine::Engine>> {
    None
}

#[cfg(not(feature = "tract"))]
fn engines(_: &mut Criterion) {
    let _ = PathBuf::new();
    eprintln!("skipped: built without the feature `tract`");
}

criterion_group!(benches, engines);
criterion_main!(benches);
