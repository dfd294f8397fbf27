//! The processes of the box, as the system lists them.

use std::fs;

/// What stands in the box beside the method: bubblewrap's own first process, and the tracer.
const NOT_THE_METHOD: [&str; 2] = ["bwrap", "strace"];

/// The processes of the method: their numbers.
fn of_the_method() -> Vec<(u32, String)> {
    let own = std::process::id();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<(u32, String)> = numbers
        .filter(|number| *number != 1 && *number != own)
        .filter_map(|number| {
            let status = fs::read_to_string(format!("/proc/{number}/status")).ok()?;
            let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
            // A zombie does nothing any more.
            let is_alive = !value("State:")?.starts_with(['Z', 'X']);
            let name = value("Name:")?;
            (is_alive && !NOT_THE_METHOD.contains(&name)).then(|| (number, name.to_owned()))
        })
        .collect();
    found.sort_unstable();
    found
}

/// The names of the processes of the method that are alive.
pub(super) fn names() -> Vec<String> {
    of_the_method().into_iter().map(|(_, name)| name).collect()
}

/// The most memory that each process of the method has held, summed, in bytes; none where there is none.
pub(super) fn memory() -> Option<u64> {
    let most = |(number, _): (u32, String)| {
        let status = fs::read_to_string(format!("/proc/{number}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes.saturating_mul(1024))
    };
    of_the_method().into_iter().filter_map(most).reduce(u64::saturating_add)
}
