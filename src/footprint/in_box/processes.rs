//! The processes of the box, as the system lists them.

use std::fs;
use std::thread;
use std::time::Duration;

/// How long the tracer may take to take hold of the method.
const PATIENCE: Duration = Duration::from_secs(5);

/// The tracer: its number, and when it began, which tells it from a process that has the same number later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracer {
    number: u32,
    begun: String,
}

impl Tracer {
    /// What traces the process `number`, waited for: the method is not run before. None where nothing does.
    pub fn of(number: u32) -> Option<Self> {
        const STEP: Duration = Duration::from_millis(1);
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            let status = status(number)?;
            if is_over(&status) {
                return None;
            }
            match value(&status, "TracerPid:")?.parse() {
                Ok(0) => {}
                Ok(number) => return Some(Self { number, begun: begun(number)? }),
                Err(_) => return None,
            }
            thread::sleep(STEP);
            waited += STEP;
        }
        None
    }

    fn is(&self, number: u32) -> bool {
        self.number == number && begun(number).as_ref() == Some(&self.begun)
    }
}

/// What the system says of a process; its name may be no text.
fn status(number: u32) -> Option<String> {
    let status = fs::read(format!("/proc/{number}/status")).ok()?;
    Some(String::from_utf8_lossy(&status).into_owned())
}

fn value<'a>(status: &'a str, key: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim)
}

/// Whether it does nothing any more: its first thread has ended, and no other goes on.
fn is_over(status: &str) -> bool {
    let has_threads =
        value(status, "Threads:").and_then(|threads| threads.parse().ok()).is_some_and(|threads: u32| threads > 1);
    value(status, "State:").is_none_or(|state| state.starts_with(['Z', 'X'])) && !has_threads
}

/// When the process `number` began: the 22nd field of its `stat`, counted from behind its name, which may hold anything.
fn begun(number: u32) -> Option<String> {
    let stat = fs::read(format!("/proc/{number}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

/// The processes of the method, their numbers and names: all but the first of the box, which is bubblewrap's, this one, and the
/// tracer. None is told by its name, which a process gives itself.
fn of_the_method(tracer: Option<&Tracer>) -> Vec<(u32, String)> {
    let own = std::process::id();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<(u32, String)> = numbers
        .filter(|number| *number != 1 && *number != own)
        .filter(|number| tracer.is_none_or(|tracer| !tracer.is(*number)))
        .filter_map(|number| {
            let status = status(number)?;
            let name = value(&status, "Name:")?;
            (!is_over(&status)).then(|| (number, name.to_owned()))
        })
        .collect();
    found.sort_unstable();
    found
}

/// The names of the processes of the method that are alive.
pub(super) fn names(tracer: Option<&Tracer>) -> Vec<String> {
    of_the_method(tracer).into_iter().map(|(_, name)| name).collect()
}

/// The most memory that each process of the method has held, summed, in bytes; none where there is none.
pub(super) fn memory(tracer: Option<&Tracer>) -> Option<u64> {
    let most = |(number, _): (u32, String)| {
        let status = status(number)?;
        let most = value(&status, "VmHWM:")?;
        most.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes.saturating_mul(1024))
    };
    of_the_method(tracer).into_iter().filter_map(most).reduce(u64::saturating_add)
}
