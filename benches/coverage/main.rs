//! Coverage and error rates of the crate's own statistics, as METRICS M20 asks: the tables of `docs/validation.md`.
//!
//!     cargo bench --no-default-features --bench coverage [-- [--quick] [FAMILY...]]
//!
//! Without families all are computed. A full run writes its tables into the page, and every figure into
//! `docs/validation/`; `--quick` draws a tenth of the data sets and only prints. The same numbers whatever the cores. The exit code is 1 when a figure breaks its rule by more
//! than three standard errors.

// With a path its own modules lie beside it, here and for the test suite.
#[path = "families.rs"]
mod families;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use families::{Effort, report};

/// Of the page.
const FULL: Effort = Effort { sets: 8_000, few: false };
/// For a look at everything.
const QUICK: Effort = Effort { sets: 800, few: false };

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    // cargo passes `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let effort = if quick { QUICK } else { FULL };
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = docs.join("validation.md");
    let mut broken = Vec::new();
    for (family, tables) in families::ALL {
        if !wanted.is_empty() && !wanted.iter().any(|name| *name == family) {
            continue;
        }
        let begun = Instant::now();
        for table in tables(&effort) {
            let text = table.markdown();
            say(&format!("{}\n\n{text}", table.name));
            broken.extend(table.broken.iter().cloned());
            if !quick {
                let before = fs::read_to_string(&page)?;
                let after = report::replaced(&before, table.name, &text);
                fs::write(&page, after.ok_or_else(|| format!("docs/validation.md has no place for {}", table.name))?)?;
                fs::write(docs.join("validation").join(format!("{}.csv", table.name)), table.csv())?;
            }
        }
        say(&format!("{family}: {:.1} s\n", begun.elapsed().as_secs_f64()));
    }
    for figure in &broken {
        say(figure);
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures")]
fn say(text: &str) {
    println!("{text}");
}
