//! Execution providers: what of the machine ONNX Runtime computes on.

use ort::ep::{self, ExecutionProvider};
use ort::session::builder::SessionBuilder;

/// An execution provider. Whether a library has it is decided when that is built, not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// The processor.
    Cpu,
    /// NVIDIA graphics cards, by CUDA.
    Cuda,
    /// NVIDIA graphics cards, by TensorRT.
    TensorRt,
    /// Intel processors and graphics, by OpenVINO.
    OpenVino,
    /// The processor, by XNNPACK.
    Xnnpack,
    /// Apple devices, by Core ML.
    CoreMl,
    /// Windows graphics, by DirectML.
    DirectMl,
    /// AMD graphics cards, by MIGraphX.
    MiGraphX,
}

/// All providers that can be asked for.
pub const PROVIDERS: [Provider; 8] = [
    Provider::Cpu,
    Provider::Cuda,
    Provider::TensorRt,
    Provider::OpenVino,
    Provider::Xnnpack,
    Provider::CoreMl,
    Provider::DirectMl,
    Provider::MiGraphX,
];

impl Provider {
    /// The word on the command line and in the `engine` cell.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
            Self::OpenVino => "openvino",
            Self::Xnnpack => "xnnpack",
            Self::CoreMl => "coreml",
            Self::DirectMl => "directml",
            Self::MiGraphX => "migraphx",
        }
    }

    /// Whether the loaded library was built with it.
    #[must_use]
    pub fn available(self) -> bool {
        let found = match self {
            Self::Cpu => Ok(true),
            Self::Cuda => ep::CUDA::is_available(),
            Self::TensorRt => ep::TensorRT::is_available(),
            Self::OpenVino => ep::OpenVINO::is_available(),
            Self::Xnnpack => ep::XNNPACK::is_available(),
            Self::CoreMl => ep::CoreML::is_available(),
            Self::DirectMl => ep::DirectML::is_available(),
            Self::MiGraphX => ep::MIGraphX::is_available(),
        };
        found.unwrap_or(false)
    }

    /// `builder` with this provider first; what it cannot do falls to the processor, but its own failure is an error. Providers
    /// that would shorten numbers are asked not to: with TF32, answers of a small network moved by 0.027 years.
    pub(super) fn register(self, builder: SessionBuilder) -> ort::Result<SessionBuilder> {
        let dispatch = match self {
            Self::Cpu => return Ok(builder),
            Self::Cuda => ep::CUDA::default().with_tf32(false).build(),
            Self::TensorRt => ep::TensorRT::default().build(),
            Self::OpenVino => ep::OpenVINO::default().with_precision("ACCURACY").with_num_threads(1).build(),
            Self::Xnnpack => ep::XNNPACK::default().build(),
            Self::CoreMl => ep::CoreML::default().build(),
            Self::DirectMl => ep::DirectML::default().build(),
            Self::MiGraphX => ep::MIGraphX::default().build(),
        };
        Ok(builder.with_execution_providers([dispatch.error_on_failure()])?)
    }
}
