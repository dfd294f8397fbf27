//! ONNX Runtime, loaded from its library when the program runs. The only file that names it.
//!
//! Every worker has a session of its own with one thread, so that a machine is used by samples side by side and not
//! by the parts of one.

mod library;
mod provider;
mod session;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;

use super::fit::{batch_of, list, places, sample_shape};
use super::{Declared, Engine, EngineError, Model, State, TensorInfo, Whole};

pub use library::{LibraryError, find_library};
pub use provider::{PROVIDERS, Provider};

use session::{RuntimeState, infos};

/// ONNX Runtime with one execution provider.
#[derive(Debug, Clone)]
pub struct OnnxRuntime {
    environment: Environment,
    name: String,
    provider: Provider,
    path: PathBuf,
}

impl OnnxRuntime {
    /// Loads the library at `path`, whose telemetry is off but for what `ORT_DISABLE_TELEMETRY=1` alone keeps it from: since 1.32 it
    /// notes one event about the process while it starts. The program sets that variable; who uses this crate does so. It stays loaded until the process ends, and no other can be loaded beside it.
    ///
    /// # Errors
    /// [`LibraryError`]: not a library of ONNX Runtime, too old, without the provider.
    pub fn load(path: &Path, provider: Provider) -> Result<Self, LibraryError> {
        let environment = environment(path)?;
        let version = library::version(path);
        if !provider.available() {
            let available: Vec<&str> =
                PROVIDERS.iter().filter(|provider| provider.available()).map(|provider| provider.word()).collect();
            let (provider, available) = (provider.word(), available.join(", "));
            return Err(LibraryError::NoProvider { path: path.to_owned(), provider, available });
        }
        let version = version.unwrap_or_else(|| "of unknown version".to_owned());
        let name = match provider {
            Provider::Cpu => format!("onnxruntime {version}"),
            other => format!("onnxruntime {version} ({})", other.word()),
        };
        Ok(Self { environment, name, provider, path: path.to_owned() })
    }

    /// The library's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn session(&self, onnx: &[u8]) -> ort::Result<Session> {
        use ort::session::builder::GraphOptimizationLevel;
        let builder = Session::builder(&self.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_log_level(ort::logging::LogLevel::Fatal)?;
        self.provider.register(builder)?.commit_from_memory(onnx)
    }
}

/// The one library that a process can load, and the one environment that it can have.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

fn environment(path: &Path) -> Result<Environment, LibraryError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((there, environment)) if there == path => return Ok(environment.clone()),
        Some((there, _)) => return Err(LibraryError::Start(format!("{} is loaded already", there.display()))),
        None => {}
    }
    let refused = |error: ort::LoadDynamicError| match error {
        ort::LoadDynamicError::BadVersion { version_str, path } => LibraryError::TooOld { path, version: version_str },
        ort::LoadDynamicError::Dlopen { error, path } => {
            let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            LibraryError::NotIt { path, reason: one_line(&cause) }
        }
        ort::LoadDynamicError::MissingApi { path } => {
            LibraryError::NotIt { path, reason: "it does not export `OrtGetApiBase`".to_owned() }
        }
        other => LibraryError::NotIt { path: path.to_owned(), reason: one_line(&other.to_string()) },
    };
    let builder = ort::init_from(path).map_err(refused)?;
    let start = |error: ort::Error| LibraryError::Start(one_line(&error.to_string()));
    let environment = builder.with_telemetry(false).build().map_err(start)?;
    environment.set_log_level(ort::logging::LogLevel::Error);
    *loaded = Some((path.to_owned(), environment.clone()));
    Ok(environment)
}

impl Engine for OnnxRuntime {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn declared_whole(&self, onnx: Whole<'_>) -> Result<Declared, EngineError> {
        let session = self.session(onnx.bytes()).map_err(|error| self.load_error(&error))?;
        Ok(Declared { inputs: infos(session.inputs()), outputs: infos(session.outputs()) })
    }

    fn load_whole(
        &self,
        onnx: Whole<'_>,
        input_shape: Option<&[usize]>,
        wanted: &[&str],
    ) -> Result<Box<dyn Model>, EngineError> {
        let onnx = onnx.bytes();
        let first = self.session(onnx).map_err(|error| self.load_error(&error))?;
        let (inputs, outputs) = (infos(first.inputs()), infos(first.outputs()));
        let ([input], false) = (inputs.as_slice(), outputs.is_empty()) else {
            return Err(EngineError::Arity(format!("{} inputs and {} outputs", inputs.len(), outputs.len())));
        };
        let wanted = places(&outputs, wanted)?.into_iter().map(|place| outputs[place].name.clone()).collect();
        let sample = sample_shape(input, input_shape)?;
        let batch = batch_of(input, sample.len());
        let mut shape = sample.clone();
        if let Some(first) = shape.first_mut() {
            *first = batch;
        }
        let fitted = Fitted { sample, shape, batch, wanted, expected: list(&inputs) };
        Ok(Box::new(RuntimeModel {
            engine: self.clone(),
            onnx: onnx.to_vec(),
            inputs,
            outputs,
            fitted: Arc::new(fitted),
            first: Mutex::new(Some(first)),
        }))
    }
}

impl OnnxRuntime {
    fn load_error(&self, error: &ort::Error) -> EngineError {
        let reason = one_line(&error.to_string());
        match error.code() {
            ort::ErrorCode::InvalidProtobuf => EngineError::NotOnnx(reason),
            _ => match missing_operator(&reason) {
                Some(operator) => EngineError::Operator { engine: self.name.clone(), operator },
                None => EngineError::Load { engine: self.name.clone(), reason },
            },
        }
    }
}

/// The operator in what ONNX Runtime says of one that it does not know, or has no code for: `NAME(VERSION)`.
fn missing_operator(reason: &str) -> Option<String> {
    let known = |(before, _): (&str, &str)| before.rsplit(' ').next().map(str::to_owned);
    let named = reason.split_once(" is not a registered function/op").and_then(known).or_else(|| {
        let before = ["Could not find an implementation for ", "No Op registered for "];
        let (_, behind) = before.iter().find_map(|before| reason.split_once(before))?;
        behind.split(' ').next().map(str::to_owned)
    })?;
    named.split('(').next().filter(|operator| !operator.is_empty()).map(str::to_owned)
}

/// How samples fit a network.
#[derive(Debug)]
struct Fitted {
    /// Shape of one sample, batch of one.
    sample: Vec<usize>,
    /// Shape that is run: as `sample`, with the network's own batch.
    shape: Vec<usize>,
    batch: usize,
    /// Names of the outputs to compute.
    wanted: Vec<String>,
    /// The inputs, in words.
    expected: String,
}

/// A loaded network: its bytes, and the first session, made to see that it loads and given to the first worker.
#[derive(Debug)]
struct RuntimeModel {
    engine: OnnxRuntime,
    onnx: Vec<u8>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    fitted: Arc<Fitted>,
    first: Mutex<Option<Session>>,
}

impl Model for RuntimeModel {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn state(&self) -> Result<Box<dyn State>, EngineError> {
        let made = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let session = match made {
            Some(session) => session,
            None => self.engine.session(&self.onnx).map_err(|error| self.engine.load_error(&error))?,
        };
        let state = RuntimeState::new(session, Arc::clone(&self.fitted));
        Ok(Box::new(state.map_err(|error| EngineError::Run(one_line(&error.to_string())))?))
    }
}

/// `text` in one line of at most 300 characters.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_that_onnx_runtime_does_not_have_is_told_from_its_other_reasons() {
        // As ONNX Runtime 1.32.0 words them.
        let unknown = "Fatal error: ai.acme:Frobnicate(-1) is not a registered function/op";
        assert_eq!(missing_operator(unknown).as_deref(), Some("ai.acme:Frobnicate"));
        let uncoded = "Could not find an implementation for Det(11) node with name 'd'";
        assert_eq!(missing_operator(uncoded).as_deref(), Some("Det"));
        let unregistered = "This is an invalid model. Error No Op registered for Rsqrt with domain_version of 13";
        assert_eq!(missing_operator(unregistered).as_deref(), Some("Rsqrt"));
        assert_eq!(missing_operator("Type Error: Type parameter (T) of Optype (Add) bound to different types"), None);
    }
}
