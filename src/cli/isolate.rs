//! `--isolate` and `--memory`: the engine in processes of their own. And `agebench engine-process`, which is such a process;
//! started by the harness, hidden from users.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::Failure;
use super::engines::{self, EngineChoice, EngineOptions, Means, RuntimeOptions};
use super::environment::Environment;
use super::output::tell;
use crate::engine::Engine;
use crate::method::isolated::{Confined, IsolatedEngine, Rooms, confine, serve};
use crate::run::RunMethod;

/// Whether models run in processes of their own.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running")]
pub(super) struct IsolateOptions {
    /// Run each worker's model in a process of its own, so that one that crashes, hangs or eats memory ends an attempt
    /// and not the run
    #[arg(long)]
    isolate: bool,

    /// The memory such a process may take: `4GiB`, `512MiB`, bytes, or `none`
    #[arg(long, value_name = "SIZE", default_value = "4GiB", requires = "isolate", value_parser = memory)]
    memory: Memory,
}

/// A share of the machine's memory in bytes; none for as much as there is.
#[derive(Debug, Clone, Copy)]
struct Memory(Option<u64>);

fn memory(text: &str) -> Result<Memory, String> {
    let wrong = || format!("`{text}` is no size of memory: expected `4GiB`, `512MiB`, a number of bytes, or `none`");
    if text == "none" {
        return Ok(Memory(None));
    }
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)];
    let (digits, unit) =
        units.iter().find_map(|(word, unit)| Some((text.strip_suffix(word)?, unit))).ok_or_else(wrong)?;
    let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(*unit).filter(|bytes| *bytes > 0).map(|bytes| Memory(Some(bytes))).ok_or_else(wrong)
}

impl IsolateOptions {
    /// Whether models run in processes of their own.
    pub(super) fn given(&self) -> bool {
        self.isolate
    }

    /// The same means, with the engine in processes of its own where that was asked for.
    ///
    /// # Errors
    /// When the system does not tell where this program lies.
    pub(super) fn around(
        &self,
        means: Means,
        options: &EngineOptions,
        time_limit: Duration,
        environment: &Environment,
    ) -> Result<Means, Failure> {
        if !self.isolate {
            return Ok(means);
        }
        let words = options.words(environment)?;
        let engine = in_process(means.engine.name(), words, self.memory, time_limit, environment)?;
        Ok(Means { engine: Arc::new(engine), decoder: means.decoder })
    }

    /// Whether there is something to keep apart.
    ///
    /// # Errors
    /// `--isolate` where none of `methods` is a model that runs in this process.
    pub(super) fn used(&self, methods: &[RunMethod]) -> Result<(), Failure> {
        if !self.isolate || methods.iter().any(RunMethod::is_model) {
            return Ok(());
        }
        Err(Failure::unusable("--isolate: no method here is a model, which is what it keeps apart")
            .with_help("leave it out: a program or a service runs in a process of its own anyway"))
    }

    /// What run.json says of it.
    pub(super) fn settings(&self) -> Vec<(String, Value)> {
        if !self.isolate {
            return Vec::new();
        }
        vec![("isolate".to_owned(), json!(true)), ("memory_bytes".to_owned(), json!(self.memory.0))]
    }
}

/// The engine that calls itself `name` and that `words` name, in processes of its own.
///
/// # Errors
/// When the system does not tell where this program lies.
fn in_process(
    name: String,
    words: Vec<OsString>,
    Memory(memory): Memory,
    time_limit: Duration,
    environment: &Environment,
) -> Result<IsolatedEngine, Failure> {
    let program = environment.guard.clone().map_or_else(std::env::current_exe, Ok).map_err(Failure::unusable)?;
    let mut args: Vec<OsString> = vec!["engine-process".into(), "--parent".into()];
    args.push(std::process::id().to_string().into());
    if let Some(bytes) = memory {
        args.extend(["--memory".into(), bytes.to_string().into()]);
    }
    args.extend(words);
    let rooms = Rooms {
        program,
        args,
        variables: Environment::of_engines(),
        memory,
        time_limit,
        clock: Arc::clone(&environment.clock),
        stop: Arc::clone(&environment.stop),
    };
    Ok(IsolatedEngine::new(name, rooms))
}

/// How long a network that nobody knows yet may take to load, and again to answer once.
const TRIAL: Duration = Duration::from_secs(120);

/// The same engine for a first trial of a network, which may have no end.
///
/// # Errors
/// When the library of ONNX Runtime is not there any more, or the system does not tell where this program lies.
pub(super) fn for_a_trial(
    engine: &dyn Engine,
    choice: EngineChoice,
    runtime: &RuntimeOptions,
    environment: &Environment,
) -> Result<IsolatedEngine, Failure> {
    in_process(engine.name(), engines::words(choice, runtime, environment)?, Memory(None), TRIAL, environment)
}

/// Load networks for the process that asks, and run them.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The process that asks
    #[arg(long)]
    parent: u32,

    /// Bytes of memory that may be taken
    #[arg(long)]
    memory: Option<u64>,

    #[command(flatten)]
    engine: EngineOptions,
}

/// Goes into an empty folder that no longer has a name: what an engine would look for beside itself is not there, and cannot be put
/// there. A second wall behind [`crate::engine::Whole`], which no system has to give.
fn nowhere() {
    if let Ok(folder) = super::environment::scratch().make() {
        let _ = std::env::set_current_dir(folder.path());
    }
}

/// Serves; gives the exit code, which nobody reads but in the harness's words of how the process ended.
pub(super) fn run(arguments: &Arguments) -> u8 {
    let served = || -> Result<(), Failure> {
        nowhere();
        confine(&Confined { parent: arguments.parent, memory: arguments.memory }).map_err(Failure::unusable)?;
        let environment = Environment::read().map_err(Failure::unusable)?;
        let means = arguments.engine.open(&environment)?;
        serve(&*means.engine, std::io::stdin().lock(), std::io::stdout().lock()).map_err(Failure::unusable)
    };
    match served() {
        Ok(()) => 0,
        Err(failure) => {
            tell(&failure.text());
            failure.exit.code()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_memory_are_read_with_their_units() {
        let read = |text| memory(text).map(|memory| memory.0);
        assert_eq!(read("4GiB"), Ok(Some(4 << 30)));
        assert_eq!(read("512 MiB"), Ok(Some(512 << 20)));
        assert_eq!(read("1000"), Ok(Some(1000)));
        assert_eq!(read("none"), Ok(None));
        for wrong in ["", "GiB", "0", "-1", "4GB", "1.5GiB", "99999999999999999GiB"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
