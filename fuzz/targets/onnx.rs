//! A method card's head on a model file: the file is loaded by the embedded engine, and run when it is small. By hand: a
//! hostile model may take any time and memory, which `--isolate` and not the engine guards against.
#![no_main]

use agebench::engine::{Engine, Tensor, Tract};
use agebench::method::head::Head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let shape = [1, 3, 8, 8];
    let Ok(model) = Tract.load(data, Some(&shape), &[]) else { return };
    let Ok(mut state) = model.state() else { return };
    let Ok(outputs) = state.run(&Tensor::zeros(&shape)) else { return };
    for output in &outputs {
        for head in [Head::Years, Head::Argmax { ages: vec![1.0, 2.0] }] {
            let _ = head.fits(output.numbers().len());
            let _ = head.decode(output.numbers());
        }
    }
});
