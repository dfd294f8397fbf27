//! Coverage and error rates of the crate's own statistics, as METRICS M20 asks: the figures of `docs/validation.md`.
//!
//!     cargo bench --no-default-features --bench coverage [-- [--sets N | --page] [FAMILY...]]
//!
//! Draws the families named, or all; writes every figure into `docs/validation/`, and the page anew from the files there.
//! With `--sets` it draws so many datasets a figure and only prints them; with `--page` it draws nothing. The figures are
//! the same whatever the cores. The exit code is 1 when a figure breaks its rule by more than three standard errors.

// With a path its own modules lie beside it, here and for the test suite.
#[path = "families.rs"]
mod families;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use families::{Effort, page};

/// Datasets of the page.
const SETS: u64 = 8_000;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    // cargo passes `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut sets, mut only_page, mut wanted) = (None, false, Vec::new());
    while let Some(argument) = arguments.next() {
        if argument == "--sets" {
            sets = Some(arguments.next().ok_or("--sets: expected a number")?.parse::<u64>()?);
        } else if argument == "--page" {
            only_page = true;
        } else if families::ALL.iter().any(|(family, _)| *family == argument) {
            wanted.push(argument);
        } else {
            let names = families::ALL.map(|(family, _)| family).join(", ");
            return Err(format!("{argument}: expected --sets N, --page or a family: {names}").into());
        }
    }
    let effort = Effort { sets: sets.unwrap_or(SETS), few: false };
    // Cargo runs benches in the folder of the package.
    let docs = Path::new("docs");
    let folder = docs.join("validation");
    let mut broken = Vec::new();
    for (family, tables) in families::ALL {
        if only_page || (!wanted.is_empty() && !wanted.iter().any(|name| *name == family)) {
            continue;
        }
        let (begun, spent) = (Instant::now(), processor_seconds());
        for table in tables(&effort) {
            if sets.is_none() {
                fs::write(folder.join(format!("{}.csv", table.name)), table.csv())?;
            } else {
                say(&table.csv());
            }
            broken.extend(table.broken);
        }
        let spent = processor_seconds() - spent;
        if sets.is_none() {
            keep_time(&folder.join(page::TIMES), family, spent)?;
        }
        say(&format!("{family}: {spent:.0} processor seconds in {:.0} s", begun.elapsed().as_secs_f64()));
    }
    if sets.is_none() {
        fs::write(docs.join("validation.md"), page::made(docs)?)?;
    }
    for figure in &broken {
        say(figure);
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Puts the time of one family in its place among the others.
fn keep_time(file: &Path, family: &str, seconds: f64) -> std::io::Result<()> {
    let before = fs::read_to_string(file).unwrap_or_default();
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let processor = model.map_or("an unknown processor", |(_, name)| name.trim()).replace(',', " ");
    let own = format!("{family},{seconds:.0},{processor}");
    let line = |(name, _): &(&str, families::Make)| {
        let old = before.lines().find(|line| line.split(',').next() == Some(*name)).map(str::to_owned);
        if *name == family { Some(own.clone()) } else { old }
    };
    let lines: Vec<String> =
        std::iter::once(page::TIMES_HEADER.to_owned()).chain(families::ALL.iter().filter_map(line)).collect();
    fs::write(file, lines.join("\n") + "\n")
}

/// What all threads have used so far, where the system tells it in hundredths of a second.
fn processor_seconds() -> f64 {
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 14th and 15th of all.
    let behind = status.rsplit_once(')').map_or("", |(_, behind)| behind);
    behind.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures")]
fn say(text: &str) {
    println!("{text}");
}
