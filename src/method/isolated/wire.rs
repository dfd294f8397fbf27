//! What crosses the pipes between the harness and an engine's process: a length, a line of JSON, and bytes.
//!
//! Both ends are this very program, so nothing is said of versions. What comes from the process is foreign all the same: the
//! model may have taken it over.

use serde::{Deserialize, Serialize};

use crate::engine::{EngineError, Tensor, TensorInfo};

/// The longest line of JSON.
pub(super) const LONGEST_HEAD: usize = 1 << 20;

/// The most numbers of all outputs of one answer: a quarter of a gibibyte.
const MOST_NUMBERS: u64 = 1 << 26;

/// The most bytes of an ONNX file, which protobuf has.
const MOST_BYTES: u64 = 2 << 30;

/// What is asked of a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Ask {
    /// What a network, whose bytes follow, declares.
    Declare {
        /// Bytes of the file.
        bytes: u64,
    },
    /// To load a network, whose bytes follow.
    Load {
        /// Bytes of the file.
        bytes: u64,
        /// The shape of one sample.
        shape: Option<Vec<usize>>,
        /// The outputs to compute.
        wanted: Vec<String>,
    },
    /// To run it on a tensor, whose numbers follow.
    Run {
        /// The tensor's shape.
        shape: Vec<usize>,
    },
}

impl Ask {
    /// The bytes that follow; none when nobody can mean it.
    pub(super) fn follow(&self) -> Option<u64> {
        match self {
            Self::Declare { bytes } | Self::Load { bytes, .. } => Some(*bytes).filter(|bytes| *bytes <= MOST_BYTES),
            Self::Run { shape } => Some(numbers(std::slice::from_ref(shape))? * 4),
        }
    }
}

/// What a process tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Tell {
    /// What the network takes and gives: read, or loaded as it was asked.
    Loaded {
        /// Its inputs.
        inputs: Vec<TensorInfo>,
        /// Its outputs.
        outputs: Vec<TensorInfo>,
    },
    /// It has answered; the numbers follow.
    Answered {
        /// The outputs' shapes.
        shapes: Vec<Vec<usize>>,
    },
    /// It could not.
    Wrong(EngineError),
}

impl Tell {
    /// The bytes that follow; none when it is more than anybody may say.
    pub(super) fn follow(&self) -> Option<u64> {
        match self {
            Self::Loaded { .. } | Self::Wrong(_) => Some(0),
            Self::Answered { shapes } => Some(numbers(shapes)? * 4),
        }
    }
}

/// How many numbers tensors of these shapes have; none when too many.
fn numbers(shapes: &[Vec<usize>]) -> Option<u64> {
    let of_one = |shape: &Vec<usize>| {
        shape.iter().try_fold(1_u64, |product, length| product.checked_mul(u64::try_from(*length).ok()?))
    };
    let sum = shapes.iter().try_fold(0_u64, |sum, shape| sum.checked_add(of_one(shape)?))?;
    (sum <= MOST_NUMBERS).then_some(sum)
}

/// The tensors of these shapes whose numbers are `bytes`, one after the other.
pub(super) fn tensors(shapes: &[Vec<usize>], bytes: &[u8]) -> Option<Vec<Tensor>> {
    let mut numbers = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number));
    let tensor = |shape: &Vec<usize>| Tensor::new(shape, numbers.by_ref().take(shape.iter().product()).collect());
    shapes.iter().map(tensor).collect()
}

/// `head` as it is sent: its length and its line.
pub(super) fn head(head: &impl Serialize) -> Result<Vec<u8>, EngineError> {
    let line = serde_json::to_vec(head).map_err(|error| EngineError::Run(error.to_string()))?;
    let length = u32::try_from(line.len()).ok().filter(|_| line.len() <= LONGEST_HEAD);
    let length = length.ok_or_else(|| EngineError::Run("a description longer than a mebibyte".to_owned()))?;
    Ok([&length.to_le_bytes()[..], &line].concat())
}

/// What there is to say of a process that does not speak as it should.
pub(super) fn nonsense() -> EngineError {
    EngineError::Ended("its process does not speak as an engine of agebench".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_whose_numbers_nobody_could_hold_are_refused() {
        for shapes in [vec![vec![usize::MAX, 2]], vec![vec![1 << 26], vec![1]], vec![vec![1 << 63], vec![1 << 63]]] {
            assert_eq!(Tell::Answered { shapes: shapes.clone() }.follow(), None, "{shapes:?}");
        }
        assert_eq!(Tell::Answered { shapes: vec![vec![2, 3], vec![], vec![0, usize::MAX]] }.follow(), Some(28));
        assert_eq!(Ask::Load { bytes: u64::MAX, shape: None, wanted: Vec::new() }.follow(), None);
    }

    #[test]
    fn numbers_come_as_the_bits_that_they_were() {
        let bits = [0x7fc0_1234_u32, 0x8000_0000, 0x0000_0001, 0xff80_0000];
        let bytes: Vec<u8> = bits.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        let tensors = tensors(&[vec![1, 3], vec![1]], &bytes).unwrap();
        let back: Vec<u32> = tensors.iter().flat_map(|it| it.numbers()).map(|number| number.to_bits()).collect();
        assert_eq!(back, bits);
        assert!(super::tensors(&[vec![5]], &bytes).is_none());
    }
}
