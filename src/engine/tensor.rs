//! Tensors and what is known of them before any run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One axis of a declared shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// A fixed length.
    Fixed(usize),
    /// Left open; the name that the file gives it, or `?`.
    Open(String),
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => length.fmt(f),
            Self::Open(name) => f.write_str(name),
        }
    }
}

/// Name and shape of an input or output, as the file declares them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorInfo {
    /// The name in the file.
    pub name: String,
    /// The axes; `None` when the file does not say how many there are.
    pub shape: Option<Vec<Axis>>,
}

impl fmt::Display for TensorInfo {
    /// `input [N, 64, 64, 3]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            None => write!(f, "`{}` of any shape", self.name),
            Some(axes) => {
                let axes: Vec<String> = axes.iter().map(Axis::to_string).collect();
                write!(f, "`{}` [{}]", self.name, axes.join(", "))
            }
        }
    }
}

/// Numbers with a shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

impl Tensor {
    /// A tensor of zeros.
    #[must_use]
    pub fn zeros(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), numbers: vec![0.0; shape.iter().product()] }
    }

    /// The tensor of `shape` over `numbers`; `None` when the lengths differ.
    #[must_use]
    pub fn new(shape: &[usize], numbers: Vec<f32>) -> Option<Self> {
        (shape.iter().product::<usize>() == numbers.len()).then(|| Self { shape: shape.to_vec(), numbers })
    }

    /// Lengths of the axes.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, row-major.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// The numbers, to be filled anew.
    pub fn numbers_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }
}
