//! `--engine`, `--provider`, `--ort-library`: which engine runs ONNX files, and what to say when it cannot.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Failure;
use super::decoders::DecoderOptions;
use super::environment::Environment;
use crate::engine::{Engine, EngineError};
use crate::photo::Decoder;

/// The engines that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    /// The embedded engine, pure Rust
    Tract,
    /// ONNX Runtime, from its library on this machine
    Onnxruntime,
}

impl EngineChoice {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Tract => "tract",
            Self::Onnxruntime => "onnxruntime",
        }
    }
}

/// What ONNX Runtime computes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProviderChoice {
    Cpu,
    Cuda,
    Tensorrt,
    Openvino,
    Xnnpack,
    Coreml,
    Directml,
    Migraphx,
}

/// What runs a model in this process: an engine, on what a decoder makes of a picture.
pub(super) struct Means {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) decoder: Decoder,
}

impl Means {
    /// The embedded engine, or what stands for it in a build without one, and the default decoder.
    pub(super) fn embedded() -> Self {
        #[cfg(feature = "tract")]
        let engine = Arc::new(crate::engine::Tract);
        #[cfg(not(feature = "tract"))]
        let engine = Arc::new(crate::engine::Absent);
        Self { engine, decoder: Decoder::default() }
    }
}

/// Which engine, where it is, and which decoder.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running")]
pub(super) struct EngineOptions {
    /// The engine that runs ONNX files
    #[arg(long, default_value = "tract")]
    engine: EngineChoice,

    #[command(flatten)]
    runtime: RuntimeOptions,

    #[command(flatten)]
    decoder: DecoderOptions,
}

/// Where ONNX Runtime is, and what it computes on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running")]
pub(super) struct RuntimeOptions {
    /// The execution provider of ONNX Runtime
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    provider: ProviderChoice,

    /// The library of ONNX Runtime [default: ORT_DYLIB_PATH, else the one of an installed Python `onnxruntime`]
    #[arg(long, value_name = "FILE")]
    ort_library: Option<PathBuf>,
}

impl EngineOptions {
    /// Those that a file names by the words of the command line.
    ///
    /// # Errors
    /// When a word is none of them.
    pub(super) fn named(engine: &str, provider: &str, decoder: &str) -> Result<Self, Failure> {
        Ok(Self {
            engine: EngineChoice::from_str(engine, false).map_err(Failure::unusable)?,
            runtime: RuntimeOptions {
                provider: ProviderChoice::from_str(provider, false).map_err(Failure::unusable)?,
                ort_library: None,
            },
            decoder: DecoderOptions::named(decoder)?,
        })
    }

    /// The chosen engine and decoder. A build without the embedded engine, which nobody has to ask for, finds that out
    /// when a network is loaded: a program needs none.
    ///
    /// # Errors
    /// When this build or this machine does not have them, or flags of the other engine were given.
    pub(super) fn open(&self, environment: &Environment) -> Result<Means, Failure> {
        let decoder = self.decoder.open()?;
        if self.engine != EngineChoice::Onnxruntime && self.runtime.given() {
            return Err(Failure::unusable(format!(
                "--provider and --ort-library do nothing for {}",
                self.engine.word()
            ))
            .with_help("add --engine onnxruntime, or leave them away"));
        }
        let engine = match self.engine {
            EngineChoice::Tract => Means::embedded().engine,
            EngineChoice::Onnxruntime => onnxruntime(&self.runtime, environment)?,
        };
        Ok(Means { engine, decoder })
    }

    /// These flags again, for another process in another folder, without `PATH`.
    ///
    /// # Errors
    /// When the library of ONNX Runtime is not there any more.
    pub(super) fn words(&self, environment: &Environment) -> Result<Vec<OsString>, Failure> {
        words(self.engine, &self.runtime, environment)
    }

    /// The other engine, where it can be had: for saying which engine has what the chosen one lacks.
    pub(super) fn other(&self, environment: &Environment) -> Option<(&'static str, Arc<dyn Engine>)> {
        let other = match self.engine {
            EngineChoice::Tract => EngineChoice::Onnxruntime,
            EngineChoice::Onnxruntime => EngineChoice::Tract,
        };
        let runtime = RuntimeOptions { provider: ProviderChoice::Cpu, ort_library: None };
        open(other, &runtime, environment).ok().map(|engine| (other.word(), engine))
    }
}

/// The flags of an engine again, for another process in another folder, without `PATH`.
///
/// # Errors
/// When the library of ONNX Runtime is not there any more.
pub(super) fn words(
    choice: EngineChoice,
    runtime: &RuntimeOptions,
    environment: &Environment,
) -> Result<Vec<OsString>, Failure> {
    let mut words: Vec<OsString> = vec!["--engine".into(), choice.word().into()];
    if choice == EngineChoice::Onnxruntime {
        let provider = runtime.provider.to_possible_value();
        let provider = provider.as_ref().map_or("cpu", |value| value.get_name());
        let library = library(runtime, environment)?.canonicalize().map_err(Failure::unusable)?;
        words.extend(["--provider".into(), provider.into(), "--ort-library".into(), library.into()]);
    }
    Ok(words)
}

impl RuntimeOptions {
    fn given(&self) -> bool {
        self.ort_library.is_some() || self.provider != ProviderChoice::Cpu
    }

    /// The library that the user named.
    fn named<'a>(&'a self, environment: &'a Environment) -> Option<&'a Path> {
        self.ort_library.as_deref().or(environment.ort_library.as_deref())
    }
}

/// The embedded engine itself, for who compares or lists engines.
///
/// # Errors
/// When this build does not have it.
pub(super) fn embedded() -> Result<Arc<dyn Engine>, Failure> {
    if cfg!(feature = "tract") {
        return Ok(Means::embedded().engine);
    }
    Err(Failure::unusable(EngineError::Absent).with_help(BUILD_WITH_TRACT))
}

/// What to do about a build without the embedded engine.
pub(super) const BUILD_WITH_TRACT: &str = "build it with the cargo feature `tract`, which is on by default";

/// The execution providers that the engine `choice`, which is loaded, has.
pub(super) fn providers(choice: EngineChoice) -> Vec<&'static str> {
    match choice {
        EngineChoice::Tract => vec!["cpu"],
        #[cfg(feature = "onnxruntime")]
        EngineChoice::Onnxruntime => {
            use crate::engine::PROVIDERS;
            PROVIDERS.iter().filter(|provider| provider.available()).map(|provider| provider.word()).collect()
        }
        #[cfg(not(feature = "onnxruntime"))]
        EngineChoice::Onnxruntime => Vec::new(),
    }
}

/// The engine `choice`.
///
/// # Errors
/// When this build or this machine does not have it.
pub(super) fn open(
    choice: EngineChoice,
    runtime: &RuntimeOptions,
    environment: &Environment,
) -> Result<Arc<dyn Engine>, Failure> {
    match choice {
        EngineChoice::Tract => embedded(),
        EngineChoice::Onnxruntime => onnxruntime(runtime, environment),
    }
}

/// The library of ONNX Runtime that is used.
#[cfg(feature = "onnxruntime")]
fn library(runtime: &RuntimeOptions, environment: &Environment) -> Result<PathBuf, Failure> {
    crate::engine::find_library(runtime.named(environment)).map_err(Failure::unusable)
}

#[cfg(not(feature = "onnxruntime"))]
fn library(runtime: &RuntimeOptions, environment: &Environment) -> Result<PathBuf, Failure> {
    onnxruntime(runtime, environment).map(|_| PathBuf::new())
}

#[cfg(feature = "onnxruntime")]
fn onnxruntime(runtime: &RuntimeOptions, environment: &Environment) -> Result<Arc<dyn Engine>, Failure> {
    use crate::engine::{LibraryError, OnnxRuntime, Provider, find_library};
    let provider = match runtime.provider {
        ProviderChoice::Cpu => Provider::Cpu,
        ProviderChoice::Cuda => Provider::Cuda,
        ProviderChoice::Tensorrt => Provider::TensorRt,
        ProviderChoice::Openvino => Provider::OpenVino,
        ProviderChoice::Xnnpack => Provider::Xnnpack,
        ProviderChoice::Coreml => Provider::CoreMl,
        ProviderChoice::Directml => Provider::DirectMl,
        ProviderChoice::Migraphx => Provider::MiGraphX,
    };
    if !super::environment::is_telemetry_settled() {
        return Err(Failure::unusable("ONNX Runtime may tell its maker of this machine, and could not be told not to")
            .with_help("set ORT_DISABLE_TELEMETRY=1 in the environment"));
    }
    let load = || OnnxRuntime::load(&find_library(runtime.named(environment))?, provider);
    let engine = load().map_err(|error: LibraryError| {
        let help = error.help();
        help.into_iter().fold(Failure::unusable(error), Failure::with_help)
    })?;
    Ok(Arc::new(engine))
}

#[cfg(not(feature = "onnxruntime"))]
fn onnxruntime(runtime: &RuntimeOptions, environment: &Environment) -> Result<Arc<dyn Engine>, Failure> {
    let library = runtime.named(environment).map(|path| format!(" from {}", path.display())).unwrap_or_default();
    Err(Failure::unusable(format!("this build of agebench cannot load ONNX Runtime{library}"))
        .with_help("build it with the cargo feature `onnxruntime`, which is on by default"))
}
