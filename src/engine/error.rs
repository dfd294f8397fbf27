//! Why a network could not be loaded or run: one line each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an engine can say when it does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum EngineError {
    /// This build has no engine to load networks with.
    #[error("this build of agebench has no embedded engine")]
    Absent,
    /// The bytes are not an ONNX network.
    #[error("not an ONNX network: {0}")]
    NotOnnx(String),
    /// A tensor of the network lies in another file: any file of the machine that an engine would read.
    #[error("the tensor {tensor} is kept in another file ({file}): a model must hold all of its weights")]
    Elsewhere {
        /// The tensor's name and its place in the file.
        tensor: String,
        /// The other file as the model names it, quoted and shortened.
        file: String,
    },
    /// The network is read but the engine cannot build it.
    #[error("{engine} cannot load this network: {reason}")]
    Load {
        /// Engine and version.
        engine: String,
        /// The engine's reason, in one line.
        reason: String,
    },
    /// The network needs an operator that the engine does not have.
    #[error("{engine} has no operator `{operator}`, which this network needs")]
    Operator {
        /// Engine and version.
        engine: String,
        /// The operator, with its domain where it is not ONNX's own.
        operator: String,
    },
    /// A network with no input, more than one input, or no output.
    #[error("the network has {0}: expected one input and at least one output")]
    Arity(String),
    /// A wanted output that the network does not have.
    #[error("the network has no output `{wanted}`: it has {existing}")]
    NoOutput {
        /// The name asked for.
        wanted: String,
        /// The names that exist, comma-separated.
        existing: String,
    },
    /// A shape that does not fit the network's input.
    #[error("input shape {found} does not fit: the network takes {expected}")]
    Shape {
        /// The shape given.
        found: String,
        /// The network's inputs with their shapes.
        expected: String,
    },
    /// The network failed on a sample.
    #[error("the network failed: {0}")]
    Run(String),
    /// The engine, in a process of its own, did not answer in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    #[serde(skip)]
    Late(Duration),
    /// The engine's own process is gone.
    #[error("the engine did not survive this network: {0}")]
    #[serde(skip)]
    Ended(String),
    /// Nobody waits for an answer any more.
    #[error("stopped from outside")]
    #[serde(skip)]
    Stopped,
}

impl EngineError {
    /// What to do about it, whatever engine it is.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Elsewhere { .. } => {
                Some("save the model with its weights in one file, in Python: onnx.save(onnx.load(\"OLD\"), \"NEW\")")
            }
            _ => None,
        }
    }
}
