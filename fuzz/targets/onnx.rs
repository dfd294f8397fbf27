//! A model file and heads on what it answers: the file is loaded by the embedded engine, for the input that it declares, and run where that
//! is small. By hand: a hostile model may take any time and memory, which `--isolate` and not the engine guards against.
//!
//! The engine may panic, which agebench catches; our own code, the kernels that take over convolutions among it, may not.
#![no_main]

mod panics;

use agebench::engine::{Axis, Engine, Tensor, Tract};
use agebench::method::head::Head;
use libfuzzer_sys::fuzz_target;

/// Numbers of one sample at most, so that an execution is short.
const NUMBERS: usize = 1 << 14;

/// The shape of one sample of the file's only input: 1 where an axis is open.
fn shape(data: &[u8]) -> Option<Vec<usize>> {
    let declared = Tract.declared(data).ok()?;
    let [input] = declared.inputs.as_slice() else { return None };
    let axes = input.shape.as_deref()?.iter();
    let lengths: Vec<usize> = axes.map(|axis| if let Axis::Fixed(length) = axis { *length } else { 1 }).collect();
    let numbers = lengths.iter().try_fold(1_usize, |all, length| all.checked_mul(*length))?;
    (numbers <= NUMBERS).then_some(lengths)
}

fuzz_target!(
    init: panics::of_others_are_caught(),
    |data: &[u8]| {
        let shape = shape(data).unwrap_or_else(|| vec![1, 3, 8, 8]);
        let Ok(model) = Tract.load(data, Some(&shape), &[]) else { return };
        let Ok(mut state) = model.state() else { return };
        let Ok(outputs) = state.run(&Tensor::zeros(&shape)) else { return };
        for output in &outputs {
            for head in [Head::Years, Head::Argmax { ages: vec![1.0, 2.0] }] {
                let _ = head.fits(output.numbers().len());
                let _ = head.decode(output.numbers());
            }
        }
    }
);
