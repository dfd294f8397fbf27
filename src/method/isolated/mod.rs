//! An engine in processes of their own: a model that crashes, hangs or eats memory ends an attempt, and not the run.
//!
//! Pictures are read and answers decoded in the harness as ever; only a network's bytes and tensors cross the pipes
//! ([`wire`](self)), as the bits that they are. So answers are the same with and without. What this gives and what not stands
//! in `docs/threat-model.md`.

mod process;
mod serve;
mod wire;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use serve::{Confined, confine, serve};

use self::process::Process;
use self::wire::{Ask, Tell};
use crate::clock::Clock;
use crate::engine::{Declared, Engine, EngineError, Model, State, Tensor, TensorInfo, Whole};

/// How a process of an engine is started, and how long it is waited for.
#[derive(Clone)]
pub struct Rooms {
    /// This program.
    pub program: PathBuf,
    /// Its arguments: they end in [`serve`](fn@serve).
    pub args: Vec<OsString>,
    /// The only environment variables that it gets.
    pub variables: Vec<(OsString, OsString)>,
    /// The memory that it may take, in bytes; none for as much as there is.
    pub memory: Option<u64>,
    /// How long a network may take to load, and again to answer.
    pub time_limit: Duration,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Set when nobody waits any more.
    pub stop: Arc<AtomicBool>,
}

/// An engine in processes of their own.
pub struct IsolatedEngine {
    name: String,
    rooms: Arc<Rooms>,
}

impl IsolatedEngine {
    /// The engine that calls itself `name`, in processes as `rooms` has them.
    #[must_use]
    pub fn new(name: String, rooms: Rooms) -> Self {
        Self { name, rooms: Arc::new(rooms) }
    }
}

impl Engine for IsolatedEngine {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn declared_whole(&self, onnx: Whole<'_>) -> Result<Declared, EngineError> {
        let onnx = onnx.bytes();
        match Process::start(&self.rooms)?.exchange(&Ask::Declare { bytes: onnx.len() as u64 }, onnx)? {
            (Tell::Loaded { inputs, outputs }, _) => Ok(Declared { inputs, outputs }),
            (Tell::Wrong(error), _) => Err(error),
            (Tell::Answered { .. }, _) => Err(wire::nonsense()),
        }
    }

    fn load_whole(
        &self,
        onnx: Whole<'_>,
        input_shape: Option<&[usize]>,
        wanted: &[&str],
    ) -> Result<Box<dyn Model>, EngineError> {
        let onnx = onnx.bytes();
        let network = Network {
            rooms: Arc::clone(&self.rooms),
            onnx: onnx.to_vec(),
            ask: Ask::Load {
                bytes: onnx.len() as u64,
                shape: input_shape.map(<[usize]>::to_vec),
                wanted: wanted.iter().map(|name| (*name).to_owned()).collect(),
            },
            spare: Mutex::default(),
        };
        let (first, (inputs, outputs)) = network.start()?;
        network.spare().push(first);
        Ok(Box::new(IsolatedModel { network: Arc::new(network), inputs, outputs }))
    }
}

/// A network and the processes that have it loaded and are not in use.
struct Network {
    rooms: Arc<Rooms>,
    onnx: Vec<u8>,
    ask: Ask,
    spare: Mutex<Vec<Process>>,
}

/// What a network takes and gives.
type Infos = (Vec<TensorInfo>, Vec<TensorInfo>);

impl Network {
    /// A process that has the network loaded.
    fn start(&self) -> Result<(Process, Infos), EngineError> {
        let mut process = Process::start(&self.rooms)?;
        match process.exchange(&self.ask, &self.onnx)? {
            (Tell::Loaded { inputs, outputs }, _) => Ok((process, (inputs, outputs))),
            (Tell::Wrong(error), _) => Err(error),
            (Tell::Answered { .. }, _) => Err(wire::nonsense()),
        }
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Process>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct IsolatedModel {
    network: Arc<Network>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
}

impl Model for IsolatedModel {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn state(&self) -> Result<Box<dyn State>, EngineError> {
        // Not in one expression: the lock would be held while a process starts.
        let spare = self.network.spare().pop();
        let process = spare.map_or_else(|| self.network.start().map(|(process, _)| process), Ok)?;
        Ok(Box::new(IsolatedState { network: Arc::clone(&self.network), process: Some(process), bytes: Vec::new() }))
    }
}

/// A process at the service of one session.
struct IsolatedState {
    network: Arc<Network>,
    /// None once it broke.
    process: Option<Process>,
    /// Room for a tensor as bytes.
    bytes: Vec<u8>,
}

impl State for IsolatedState {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let mut process = self.process.take().ok_or_else(|| EngineError::Run("its process has ended".to_owned()))?;
        self.bytes.clear();
        self.bytes.extend(input.numbers().iter().flat_map(|number| number.to_le_bytes()));
        let answer = match process.exchange(&Ask::Run { shape: input.shape().to_vec() }, &self.bytes)? {
            (Tell::Answered { shapes }, numbers) => Ok(wire::tensors(&shapes, &numbers).ok_or_else(wire::nonsense)?),
            (Tell::Wrong(error), _) => Err(error),
            (Tell::Loaded { .. }, _) => return Err(wire::nonsense()),
        };
        // Only what kept to the protocol is used again.
        self.process = Some(process);
        answer
    }
}

impl Drop for IsolatedState {
    fn drop(&mut self) {
        self.network.spare().extend(self.process.take());
    }
}
