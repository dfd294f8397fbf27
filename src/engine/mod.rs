//! Inference engines behind one trait. No other room names a runtime.
//!
//! An [`Engine`] loads a network once into a shared [`Model`]; each worker opens its own [`State`] and runs samples
//! through it one at a time. Tensors cross this line as `f32`.

#[cfg(not(feature = "tract"))]
mod absent;
mod error;
#[cfg(any(feature = "tract", feature = "onnxruntime"))]
mod fit;
#[cfg(feature = "onnxruntime")]
mod onnxruntime;
#[cfg(any(feature = "tract", test))]
mod planes;
mod tensor;
#[cfg(feature = "tract")]
mod tract;
mod whole;

#[cfg(not(feature = "tract"))]
pub use absent::Absent;
pub use error::EngineError;
#[cfg(feature = "onnxruntime")]
pub use onnxruntime::{LibraryError, OnnxRuntime, PROVIDERS, Provider, find_library};
pub use tensor::{Axis, Tensor, TensorInfo};
#[cfg(feature = "tract")]
pub use tract::Tract;
pub use whole::Whole;

/// The inputs and the outputs that a file declares, before any shape is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// All inputs that are no weights.
    pub inputs: Vec<TensorInfo>,
    /// All outputs.
    pub outputs: Vec<TensorInfo>,
}

/// Something that runs ONNX networks.
pub trait Engine: Send + Sync {
    /// The engine and its version as the `engine` cell has it, e.g. `tract 0.23.9`.
    fn name(&self) -> String;

    /// What the bytes of an ONNX file declare: asked where nothing is known of the network yet.
    ///
    /// # Errors
    /// [`EngineError`] when the bytes are no ONNX network, some of it lies in another file, or the engine cannot read it.
    fn declared(&self, onnx: &[u8]) -> Result<Declared, EngineError> {
        self.declared_whole(Whole::of(onnx)?)
    }

    /// Loads a network from the bytes of an ONNX file.
    ///
    /// `input_shape` is the shape of one sample (batch of one) that will be given; needed where the network leaves
    /// axes open, checked where it does not. `wanted` names the outputs to compute, in order; empty means the
    /// network's first output.
    ///
    /// # Errors
    /// [`EngineError`] when the bytes are no ONNX network, some of it lies in another file, an operator is not supported, an output
    /// does not exist, or the shape does not fit.
    fn load(&self, onnx: &[u8], input_shape: Option<&[usize]>, wanted: &[&str]) -> Result<Box<dyn Model>, EngineError> {
        self.load_whole(Whole::of(onnx)?, input_shape, wanted)
    }

    /// What [`Engine::declared`] gives, of a file that was looked through: the only bytes that an engine gets.
    ///
    /// # Errors
    /// As [`Engine::declared`].
    fn declared_whole(&self, onnx: Whole<'_>) -> Result<Declared, EngineError>;

    /// What [`Engine::load`] gives, of a file that was looked through.
    ///
    /// # Errors
    /// As [`Engine::load`].
    fn load_whole(
        &self,
        onnx: Whole<'_>,
        input_shape: Option<&[usize]>,
        wanted: &[&str],
    ) -> Result<Box<dyn Model>, EngineError>;
}

/// A network, loaded and optimised; shared between workers.
pub trait Model: Send + Sync {
    /// The inputs as the file declares them.
    fn inputs(&self) -> &[TensorInfo];
    /// The outputs as the file declares them, all of them.
    fn outputs(&self) -> &[TensorInfo];
    /// Scratch for one worker.
    ///
    /// # Errors
    /// [`EngineError::Run`] when the engine cannot set it up.
    fn state(&self) -> Result<Box<dyn State>, EngineError>;
}

/// The scratch of one worker.
pub trait State: Send {
    /// Runs one sample: a tensor with a batch of one. Outputs come in the order of `wanted`.
    ///
    /// # Errors
    /// [`EngineError::Shape`] for a tensor of another shape, [`EngineError::Run`] when the network fails on it.
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, EngineError>;
}
