//! Rows in the number of a national test set: loading a manifest, importing and scoring recorded answers, scoring the
//! folder again; two group columns and their crossing, everything else as in the default protocol.
//!
//!     cargo bench --no-default-features --bench scale [-- ROWS...]
//!
//! Each number of rows (1, 3 and 10 million) in a process of its own: seconds, and the peak memory so far. Answers are
//! drawn from a fixed sequence.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use agebench::dataset::{Dataset, Pick};
use agebench::folder::{Existing, Pseudonyms, Truth};
use agebench::protocol::Protocol;
use agebench::score::{Recording, ScoreRequest, import, score, score_imported};

type Failure = Box<dyn std::error::Error>;

const CARD: &str = "name = \"d\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\ngroups = [\"sex\", \"region\"]\n";

fn main() -> Result<(), Failure> {
    // cargo passes `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [stage, place, ..] = &arguments[..]
        && let Some(stage) = stage.strip_prefix("--stage=")
    {
        let place = Path::new(place);
        return if stage == "manifest" { load(place) } else { recorded(place) };
    }
    let sizes: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    for rows in if sizes.is_empty() { vec![1_000_000, 3_000_000, 10_000_000] } else { sizes } {
        let place = tempfile::tempdir()?;
        say(&format!("{rows} rows; seconds, peak memory"));
        write_manifest(place.path(), rows)?;
        write_answers(place.path(), rows)?;
        for stage in ["manifest", "recorded"] {
            let status =
                Command::new(std::env::current_exe()?).arg(format!("--stage={stage}")).arg(place.path()).status()?;
            if !status.success() {
                return Err(format!("{stage}: {status}").into());
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures")]
fn say(text: &str) {
    println!("{text}");
}

/// Runs `work` and tells how long it took.
fn timed<T>(name: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let begun = Instant::now();
    let made = work()?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim().to_owned();
    say(&format!("{name:32} {:8.2} s  {peak}", begun.elapsed().as_secs_f64()));
    Ok(made)
}

/// A manifest with boxes and two groups, three samples a subject.
fn write_manifest(place: &Path, rows: u32) -> Result<(), Failure> {
    let mut file = BufWriter::new(File::create(place.join("manifest.csv"))?);
    writeln!(file, "sample_id,subject_id,age,path,sex,region,x0,y0,x1,y1")?;
    for row in 0..rows {
        let (age, sex, region) = (row / 3 % 80, if row / 3 % 2 == 0 { "f" } else { "m" }, row / 3 % 7);
        writeln!(file, "s{row:08},p{:07},{age},faces/{row:08}.jpg,{sex},r{region},1,2,3.5,4", row / 3)?;
    }
    file.flush()?;
    Ok(fs::write(place.join("dataset.toml"), CARD)?)
}

fn load(place: &Path) -> Result<(), Failure> {
    let dataset = timed("load a manifest", || Ok(Dataset::open(place, &Pick::all())?))?;
    timed("its truth, with pseudonyms", || Ok(Truth::of(&dataset, &Pseudonyms::of(&dataset, false))))?;
    Ok(())
}

/// Answers with two groups, three attempts a subject.
fn write_answers(place: &Path, rows: u32) -> Result<(), Failure> {
    let mut file = BufWriter::new(File::create(place.join("answers.csv"))?);
    writeln!(file, "file,person,true_age,age,sex,region")?;
    let mut state = 1_u64;
    for row in 0..rows {
        // Knuth's MMIX generator: the spread of the answers matters here, not their randomness.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (age, sex, region) = (10 + row / 3 % 30, if row / 3 % 2 == 0 { "f" } else { "m" }, row / 3 % 7);
        let error = (state >> 33) % 12_000;
        let answer = f64::from(age) + f64::from(u32::try_from(error)?) / 1000.0 - 6.0;
        writeln!(file, "f{row:08},p{:07},{age},{answer:.3},{sex},r{region}", row / 3)?;
    }
    Ok(file.flush()?)
}

/// Imports and scores the answers, then scores the folder again.
fn recorded(place: &Path) -> Result<(), Failure> {
    let columns = [("sample_id".to_owned(), "file".to_owned()), ("subject_id".to_owned(), "person".to_owned())];
    let groups = ["sex".to_owned(), "region".to_owned()];
    let protocol = Protocol::from_toml("crossings = [[\"sex\", \"region\"]]")?;
    let recording = Recording {
        file: &place.join("answers.csv"),
        columns: &columns,
        groups: &groups,
        dataset: None,
        method_name: None,
        method_kind: None,
        method_version: None,
        dataset_name: None,
        label_kind: None,
        age_precision: None,
        protocol: &protocol,
        keep_ids: false,
        out: &place.join("out"),
        existing: Existing::Refuse,
        now: None,
    };
    let imported = timed("import recorded answers", || Ok(import(&recording)?))?;
    let scored = timed("score what was imported", || Ok(score_imported(imported)?))?;
    say(&format!("{} rows of metrics", scored.table.rows.len()));
    let request = ScoreRequest { folder: &scored.folder, protocol: None, out: None };
    timed("score the run folder", || Ok(score(&request)?))?;
    Ok(())
}
