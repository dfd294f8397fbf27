//! A process that has said that it is ready, and how it came to that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::message::{Carrier, Hello, Ready, line};
use super::process::{Farewell, Launch, Process, Trouble, Until, lock};
use super::words::Heard;
use crate::age::AgeLimit;
use crate::clock::Clock;
use crate::finding::quoted;
use crate::method::{Gathered, MethodError, NamedFile, PrivateFolder, Scratch};

/// How a process is started and spoken to.
pub struct Plan {
    /// What to start.
    pub launch: Launch,
    /// The files of the method, which must be as they were at each start.
    pub files: Arc<[NamedFile]>,
    /// How long it may take until it is ready.
    pub start_time: Duration,
    /// The limits it is asked about.
    pub limits: Vec<AgeLimit>,
    /// How long an answer may take.
    pub time_limit: Duration,
    /// The protocol's seed.
    pub seed: u64,
    /// The columns that it may be given.
    pub columns: Vec<String>,
    /// The version that the card states.
    pub version: String,
    /// Where copies of samples may be put.
    pub scratch: Scratch,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Set when the work is to end: nothing is waited for any more.
    pub stop: Arc<AtomicBool>,
    /// Put into every message as a field that no program knows.
    pub reserved: Option<&'static str>,
    /// Where the words of processes that ended are put.
    pub words: Arc<Mutex<Gathered>>,
    /// Where it is written down what the program is told and what it claims; none: nowhere.
    pub notes: Option<Arc<Notes>>,
    /// Where everything that the program writes is put; none: nowhere.
    pub heard: Option<Arc<Heard>>,
}

/// What is written down of an examination.
#[derive(Debug, Default)]
pub struct Notes {
    /// Every line that the program was told.
    pub told: Mutex<Vec<u8>>,
}

/// A process that is ready.
pub struct Running {
    /// The process.
    pub process: Process,
    /// What it said of itself.
    pub ready: Ready,
    pub(super) folder: Option<PrivateFolder>,
    /// The number of the next request; held while a request is written, so that requests stand in order.
    pub(super) next: Mutex<u64>,
    pub(super) broken: Mutex<Option<Broken>>,
    words: Arc<Mutex<Gathered>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        gather(&self.words, &self.process);
    }
}

/// Why a process is of no use any more.
#[derive(Clone)]
pub(super) struct Broken {
    pub(super) reason: String,
    /// Whether one attempt only was in flight, so that it is known which one did it.
    pub(super) alone: bool,
}

impl Running {
    /// Starts a process and waits until it is ready.
    ///
    /// # Errors
    /// [`MethodError::Program`] with what went wrong; [`MethodError::Changed`], [`MethodError::Copy`],
    /// [`MethodError::Stopped`].
    pub fn start(plan: &Plan) -> Result<Self, MethodError> {
        if plan.stop.load(Ordering::Relaxed) {
            return Err(MethodError::Stopped);
        }
        if let Some(changed) = plan.files.iter().find(|file| file.seems_changed()) {
            return Err(MethodError::Changed { file: changed.name().to_owned() });
        }
        let program = plan.launch.program.file_name().unwrap_or_default().display().to_string();
        let wrong = |problem: String| MethodError::Program { program: program.clone(), problem };
        let clock = &*plan.clock;
        let process = Process::start(&plan.launch, plan.heard.clone())
            .map_err(|error| wrong(format!("does not start: {error}")))?;
        let until = Until::after(clock, plan.start_time).unless(&plan.stop);
        let time_limit = u64::try_from(plan.time_limit.as_millis()).unwrap_or(u64::MAX);
        let hello = line(&Hello::new(&plan.limits, time_limit, plan.seed, plan.reserved));
        if let Some(notes) = &plan.notes {
            notes.told.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&hello);
        }
        // One that ended without listening may have said why.
        let first = match process.write(&[&hello], &until) {
            Ok(()) | Err(Trouble::Closed) => process.line(&until),
            Err(trouble) => Err(trouble),
        };
        if matches!(first, Err(Trouble::Stopped)) {
            process.end(Farewell::None, clock);
            gather(&plan.words, &process);
            return Err(MethodError::Stopped);
        }
        let ready = first.map_err(|trouble| match trouble {
            Trouble::Late => {
                let seconds = plan.start_time.as_secs_f64();
                format!("is not ready after {seconds} s: where it needs longer, `start_seconds` in the card says so")
            }
            Trouble::Closed | Trouble::Stopped => String::new(),
            Trouble::TooLong => "says something longer than 1 MiB instead of `ready`".to_owned(),
            Trouble::System(error) => format!("cannot be spoken to: {error}"),
        });
        let ready = ready.and_then(|line| {
            let is_json = serde_json::from_slice::<serde_json::Value>(&line.bytes).is_ok();
            let hint =
                if is_json { "" } else { "; standard output is for the protocol alone: print to standard error" };
            let ready = Ready::parse(&line.bytes).map_err(|problem| format!("is not ready: {problem}{hint}"))?;
            fits(&ready, plan).map(|()| ready)
        });
        let ready = ready.map_err(|problem| {
            let end = process.end(Farewell::None, clock);
            gather(&plan.words, &process);
            wrong(match problem.as_str() {
                "" => format!("is not ready: it {end}"),
                _ if end.contains("last words") => format!("{problem}; it {end}"),
                _ => problem,
            })
        })?;
        let folder = (ready.carrier == Carrier::Path).then(|| plan.scratch.make()).transpose();
        let unmade = |source| MethodError::Copy { folder: plan.scratch.parent().to_owned(), source };
        let folder = folder.map_err(unmade)?;
        Ok(Self {
            process,
            ready,
            folder,
            next: Mutex::new(1),
            broken: Mutex::new(None),
            words: Arc::clone(&plan.words),
        })
    }

    /// Why it is of no use any more, if so.
    pub(super) fn broken(&self) -> Option<Broken> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Adds what `process`, which has ended, wrote to its error stream.
fn gather(words: &Mutex<Gathered>, process: &Process) {
    let (text, cut) = process.words().kept();
    lock(words).add(text, cut);
}

/// Whether a program that says so may be used as the card describes it.
fn fits(ready: &Ready, plan: &Plan) -> Result<(), String> {
    if let Some(version) = ready.version.as_ref().filter(|version| **version != plan.version) {
        let (its, ours) = (quoted(version), quoted(&plan.version));
        return Err(format!("says that its version is {its}, and the card says {ours}: mend the card"));
    }
    let asks = ready.columns.iter().flatten().find(|column| !plan.columns.contains(column));
    asks.map_or(Ok(()), |column| {
        let column = quoted(column);
        Err(format!("asks for the column {column}, which the card does not name: add it to `columns`, or do not ask"))
    })
}
