//! The environment, read once: the terminal, the clock, the machine, the wish to stop. Everything below gets it as values.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::folder::{Machine, Shard};
use crate::footprint::Tools;
use crate::method::Scratch;

/// What the verbs need to know of the outside.
pub(crate) struct Environment {
    /// The machine's clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// Set by Ctrl-C and by a termination signal.
    pub(crate) stop: Arc<AtomicBool>,
    /// Whether the error stream is a terminal: bars are drawn only there.
    pub(crate) bars: bool,
    /// Columns for tables on the output stream; `None` when it is not a terminal.
    pub(crate) width: Option<u16>,
    /// Processors this process may use.
    pub(crate) processors: NonZeroUsize,
    /// The library of ONNX Runtime that `ORT_DYLIB_PATH` names.
    pub(crate) ort_library: Option<PathBuf>,
    /// Where copies of samples may be put for a moment: in memory where the system has a place for that.
    pub(crate) scratch: Scratch,
    /// The folders in which programs are looked for.
    pub(crate) search: Vec<PathBuf>,
    /// This program, to guard others with, where the system lets it.
    pub(crate) guard: Option<PathBuf>,
}

impl Environment {
    /// Reads the environment and begins to listen for signals.
    ///
    /// # Errors
    /// When the system refuses the signal handlers.
    pub(crate) fn read() -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // The second signal ends the process at once; the first asks it to finish what it holds.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        let width = std::io::stdout()
            .is_terminal()
            .then(|| std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(120));
        Ok(Self {
            clock: Arc::new(SystemClock { start: Instant::now() }),
            stop,
            bars: std::io::stderr().is_terminal(),
            width,
            processors: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            ort_library: std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from),
            scratch: scratch(),
            search: std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect(),
            // Not by its name: whoever builds agebench anew during a run replaces the file, and not the running program.
            guard: cfg!(target_os = "linux").then(|| PathBuf::from("/proc/self/exe")),
        })
    }
}

impl Environment {
    /// The value of an environment variable that a card names.
    pub(crate) fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// The machine, for `run.json`: nothing that names its user or its network.
    pub(crate) fn machine(&self) -> Machine {
        let text = |path| std::fs::read_to_string(path).unwrap_or_default();
        let system = rustix::system::uname();
        let os = format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy());
        let cores = u64::try_from(self.processors.get()).ok();
        Machine::from_texts(&text("/proc/cpuinfo"), &text("/proc/meminfo"), cores, Some(os))
    }
}

impl Environment {
    /// The share of the machine's processor time that was used while this process slept a fifth of a second; none where
    /// the system does not tell.
    pub(crate) fn busy(&self) -> Option<f64> {
        // The first line of /proc/stat: `cpu` and the ticks spent as user, nice, system, idle, iowait, irq, ...
        let ticks = || -> Option<(u64, u64)> {
            let stat = std::fs::read_to_string("/proc/stat").ok()?;
            let ticks: Vec<u64> =
                stat.lines().next()?.split_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
            let idle = ticks.get(3)? + ticks.get(4)?;
            Some((idle, ticks.iter().take(8).sum()))
        };
        let (idle, all) = ticks()?;
        std::thread::sleep(Duration::from_millis(200));
        let (idle_then, all_then) = ticks()?;
        let (idle, all) = (idle_then.checked_sub(idle)?, all_then.checked_sub(all)?);
        (all > 0).then(|| 1.0 - idle as f64 / all as f64)
    }

    /// The memory of this process now and at most so far, in bytes; none where the system does not tell.
    pub(crate) fn memory(&self) -> Option<(u64, u64)> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let bytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes.saturating_mul(1024))
        };
        Some((bytes("VmRSS:")?, bytes("VmHWM:")?))
    }

    /// What of this machine makes a box: programs along `PATH`, and the variables that a program in the box keeps, which say
    /// where programs and libraries lie and which language is spoken.
    pub(crate) fn tools(&self) -> Tools {
        let find = |name: &str| {
            let mut along = self.search.iter().map(|folder| folder.join(name));
            along.find(|path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok())
        };
        let is_kept = |name: &str| {
            matches!(name, "PATH" | "LD_LIBRARY_PATH" | "PYTHONPATH" | "VIRTUAL_ENV" | "LANG" | "TZ")
                || name.starts_with("LC_")
        };
        let mut environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| is_kept(name))
            .collect();
        environment.sort_unstable();
        let agebench = std::env::current_exe().unwrap_or_default();
        Tools { bubblewrap: find("bwrap"), strace: find("strace"), agebench, environment }
    }

    /// The variables that a process of an engine gets: where libraries lie and which devices it may use; no secret.
    pub(crate) fn of_engines() -> Vec<(OsString, OsString)> {
        let is_kept = |name: &str| {
            matches!(name, "LD_LIBRARY_PATH" | "DYLD_LIBRARY_PATH" | "TMPDIR")
                || ["CUDA_", "NVIDIA_", "OMP_", "OPENVINO_"].iter().any(|begin| name.starts_with(begin))
        };
        let kept = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_kept));
        kept.chain([(NO_TELEMETRY.into(), "1".into())]).collect()
    }

    /// This program with the arguments that it was started with.
    ///
    /// # Errors
    /// When the system does not tell where the program lies.
    pub(crate) fn again(&self) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1));
        Ok(command)
    }

    /// This program, to make a part of a study in a process of its own: it ends with this one, and hears of a stop from it only.
    ///
    /// # Errors
    /// When the system does not tell where the program lies.
    pub(crate) fn part(&self) -> std::io::Result<Command> {
        use std::os::unix::process::CommandExt as _;
        let program = self.guard.clone().map_or_else(std::env::current_exe, Ok)?;
        let mut command = Command::new(program);
        command.arg("--with-parent").process_group(0);
        Ok(command)
    }

    /// The least step of the clock that was seen in a thousand looks at it.
    pub(crate) fn clock_step(&self) -> Duration {
        let steps = (0..1000).filter_map(|_| {
            let begun = self.clock.monotonic();
            (0..1_000_000).map(|_| self.clock.monotonic().saturating_sub(begun)).find(|step| !step.is_zero())
        });
        steps.min().unwrap_or(Duration::MAX)
    }
}

/// Read by ONNX Runtime before it begins: `1` for no telemetry.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// Begins this program anew with the wish that ONNX Runtime tells nobody of it, unless the user has said something about that.
///
/// Libraries of ONNX Runtime since 1.32, as they are published, write a number of this machine and events into the user's cache, and send them to their
/// maker. Their own switch comes too late for the first event; a process cannot change its environment safely, but begin with another one.
pub(super) fn without_telemetry() {
    use std::os::unix::process::CommandExt as _;
    if std::env::var_os(NO_TELEMETRY).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = Command::new(if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { program });
    let mut words = std::env::args_os();
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    // Comes back only when it fails: then whoever wants ONNX Runtime is told.
    let _ = command.args(words).env(NO_TELEMETRY, "1").exec();
}

/// Whether ONNX Runtime is told something about telemetry: by the user, or by [`without_telemetry`].
#[cfg(feature = "onnxruntime")]
pub(super) fn is_telemetry_settled() -> bool {
    std::env::var_os(NO_TELEMETRY).is_some()
}

/// The shard that `text` names: `I/N`, or `auto` or `auto/N` as the scheduler that started this process says.
///
/// # Errors
/// In words: what was looked for, and what was found.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    shard_with(text, &Environment::variable)
}

/// The same, where `variable` gives the value of a variable.
fn shard_with(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, String> {
    const AGAIN: &str = "to run one shard of an array again, give it as I/N";
    let mut gaps = None;
    let said = match text.split_once('/') {
        Some(("auto", of)) => {
            let shard = format!("1/{of}").parse::<Shard>();
            Some(shard.map_err(|_| format!("`{text}` is not auto/N, such as auto/16"))?.of())
        }
        _ if text == "auto" => None,
        _ => return text.parse().map_err(|wrong: String| format!("--shard: {wrong}, and neither auto nor auto/16")),
    };
    let number = |name: &str| -> Result<Option<u32>, String> {
        let value = variable(name).filter(|value| !value.is_empty());
        let parsed = value.map(|value| value.parse().map_err(|_| format!("{name} is `{value}`: expected a number")));
        parsed.transpose()
    };
    let needed = |name: &str| number(name)?.ok_or_else(|| format!("{name} is not set"));
    let (from, index, of) = if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        let (first, count) = (needed("SLURM_ARRAY_TASK_MIN")?, needed("SLURM_ARRAY_TASK_COUNT")?);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let place = id.checked_sub(first).filter(|after| after % step == 0).map(|after| after / step);
        let last = number("SLURM_ARRAY_TASK_MAX")?.unwrap_or(first).max(first);
        if (last - first) / step >= count {
            gaps = Some(format!(
                "--shard {text}: the array of Slurm has {count} tasks between {first} and {last}, with gaps: submit it as \
                 --array=1-{count}; {AGAIN}"
            ));
        }
        ("Slurm", place, Some(count))
    } else if let Some(index) = number("AWS_BATCH_JOB_ARRAY_INDEX")? {
        ("AWS Batch", Some(index), Some(needed("AWS_BATCH_JOB_ARRAY_SIZE")?))
    } else if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        ("Kubernetes", Some(index), None)
    } else {
        let text = "--shard auto: none of SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX and JOB_COMPLETION_INDEX is \
                    set: this is no part of an array job; give the shard as I/N";
        return Err(text.to_owned());
    };
    let of = match (said, of) {
        (Some(said), Some(of)) if said != of => {
            return Err(format!("--shard auto/{said}: the array of {from} has {of} parts; {AGAIN}"));
        }
        (said, of) => {
            said.or(of).ok_or("--shard auto: Kubernetes does not tell how many parts there are: give auto/N")?
        }
    };
    if let Some(gaps) = gaps {
        return Err(gaps);
    }
    let shard = index.and_then(|index| Shard::new(index.checked_add(1)?, of));
    shard.ok_or_else(|| format!("--shard {text}: the parts of the array of {from} are not numbered in a row; {AGAIN}"))
}

/// Asks the system to send this process a termination signal when the one that started it ends, however it ends.
pub(super) fn end_with_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        // Where the system refuses, a part of a study that was killed is finished all the same.
        let _ = set_parent_process_death_signal(Some(Signal::TERM));
    }
}

/// `/dev/shm` where it lies in memory, else the temporary folder, wherever that lies; what dead processes left there is
/// removed.
pub(super) fn scratch() -> Scratch {
    const TMPFS: u64 = 0x0102_1994; // TMPFS_MAGIC of linux/magic.h
    let is_tmpfs = |path: &Path| rustix::fs::statfs(path).is_ok_and(|about| u64::try_from(about.f_type) == Ok(TMPFS));
    let (memory, temporary) = (Path::new("/dev/shm"), std::env::temp_dir());
    let scratch = if is_tmpfs(memory) {
        Scratch::within(memory, true)
    } else {
        let in_memory = is_tmpfs(&temporary);
        Scratch::within(temporary, in_memory)
    };
    scratch.sweep();
    scratch
}

/// The machine's clock.
struct SystemClock {
    start: Instant,
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_is_what_the_scheduler_says() {
        let slurm = |id: &'static str, min: &'static str, count: &'static str| {
            vec![("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", min), ("SLURM_ARRAY_TASK_COUNT", count)]
        };
        let every_second = vec![("SLURM_ARRAY_TASK_STEP", "2"), ("SLURM_ARRAY_TASK_MAX", "14")];
        let every_second = [slurm("14", "10", "3"), every_second].concat();
        let last = [slurm("16", "1", "16"), vec![("SLURM_ARRAY_TASK_MAX", "16")]].concat();
        let aws = vec![("AWS_BATCH_JOB_ARRAY_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "5")];
        let kubernetes = vec![("JOB_COMPLETION_INDEX", "7")];
        let with = |text: &str, variables: &[(&str, &str)]| {
            let variable =
                |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| value.to_string());
            shard_with(text, &variable).map(|shard| shard.to_string())
        };
        for (text, variables, expected) in [
            ("3/8", vec![], "3/8"),
            ("3/8", kubernetes.clone(), "3/8"),
            ("auto", slurm("1", "1", "16"), "1/16"),
            ("auto", slurm("15", "0", "16"), "16/16"),
            ("auto", every_second, "3/3"),
            ("auto/16", slurm("16", "1", "16"), "16/16"),
            ("auto", last, "16/16"),
            ("auto", aws.clone(), "1/5"),
            ("auto/8", kubernetes.clone(), "8/8"),
        ] {
            assert_eq!(with(text, &variables), Ok(expected.to_owned()), "{text} {variables:?}");
        }
        for (text, variables, said) in [
            ("auto", vec![], "none of SLURM_ARRAY_TASK_ID"),
            ("auto", kubernetes.clone(), "give auto/N"),
            ("auto/7", kubernetes, "not numbered in a row"),
            ("auto/x", vec![], "is not auto/N"),
            // --array=1,3,9: the second of three has the number 3.
            ("auto", [slurm("3", "1", "3"), vec![("SLURM_ARRAY_TASK_MAX", "9")]].concat(), "--array=1-3"),
            ("auto/3", [slurm("1", "1", "3"), vec![("SLURM_ARRAY_TASK_MAX", "9")]].concat(), "with gaps"),
            ("auto/16", [slurm("3", "3", "2"), vec![("SLURM_ARRAY_TASK_MAX", "7")]].concat(), "has 2 parts"),
            ("auto/+8", vec![], "is not auto/N"),
            ("auto/0", vec![("JOB_COMPLETION_INDEX", "0")], "is not auto/N"),
            ("0/8", vec![], "is not I/N"),
            // One part of an array of 16 that is started again alone calls itself 1 of 1.
            ("auto/16", slurm("3", "3", "1"), "the array of Slurm has 1 parts; to run one shard"),
            ("auto", slurm("9", "1", "3"), "not numbered in a row"),
            ("auto", vec![("SLURM_ARRAY_TASK_ID", "3")], "SLURM_ARRAY_TASK_MIN is not set"),
            ("auto", slurm("x", "1", "3"), "SLURM_ARRAY_TASK_ID is `x`"),
            ("auto/6", aws, "the array of AWS Batch has 5 parts"),
        ] {
            let told = with(text, &variables).unwrap_err();
            assert!(told.contains(said), "{text} {variables:?}: {told}");
        }
    }
}
