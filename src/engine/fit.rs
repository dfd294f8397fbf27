//! How a sample fits a network's declared inputs and outputs, the same for every engine.

use super::{Axis, EngineError, TensorInfo};

/// Where the wanted outputs stand among all; the first when none is named.
pub(super) fn places(outputs: &[TensorInfo], wanted: &[&str]) -> Result<Vec<usize>, EngineError> {
    if wanted.is_empty() {
        return Ok(vec![0]);
    }
    let place = |name: &&str| {
        outputs.iter().position(|output| output.name == *name).ok_or_else(|| EngineError::NoOutput {
            wanted: (*name).to_owned(),
            existing: outputs.iter().map(|output| format!("`{}`", output.name)).collect::<Vec<_>>().join(", "),
        })
    };
    wanted.iter().map(place).collect()
}

/// The shape of one sample: as given, when it fits the declared axes; else the declared axes with a batch of one.
pub(super) fn sample_shape(input: &TensorInfo, given: Option<&[usize]>) -> Result<Vec<usize>, EngineError> {
    let wrong = |found: String| EngineError::Shape { found, expected: input.to_string() };
    match (given, &input.shape) {
        (Some(given), Some(axes)) => {
            let fits = |(place, (length, axis)): (usize, (&usize, &Axis))| match axis {
                Axis::Fixed(fixed) => place == 0 || fixed == length,
                Axis::Open(_) => true,
            };
            let all =
                given.len() == axes.len() && given.first() == Some(&1) && given.iter().zip(axes).enumerate().all(fits);
            if all { Ok(given.to_vec()) } else { Err(wrong(format!("{given:?}"))) }
        }
        (Some(given), None) if given.first() == Some(&1) => Ok(given.to_vec()),
        (Some(given), None) => Err(wrong(format!("{given:?}"))),
        (None, Some(axes)) if !axes.is_empty() => {
            let rest = axes.iter().skip(1).map(|axis| match axis {
                Axis::Fixed(length) => Ok(*length),
                Axis::Open(_) => Err(wrong("not given".to_owned())),
            });
            std::iter::once(Ok(1)).chain(rest).collect()
        }
        (None, _) => Err(wrong("not given".to_owned())),
    }
}

/// The batch that the file fixes, 1 where it leaves it open.
pub(super) fn batch_of(input: &TensorInfo, rank: usize) -> usize {
    match input.shape.as_deref() {
        Some([Axis::Fixed(batch), ..]) if rank > 0 => *batch,
        _ => 1,
    }
}

pub(super) fn list(infos: &[TensorInfo]) -> String {
    infos.iter().map(TensorInfo::to_string).collect::<Vec<_>>().join(", ")
}
