//! A million rows, as a national test set has them: loading a manifest, importing recorded answers, scoring.
//!
//!     cargo bench --bench scale [-- ROWS]
//!
//! Prints seconds and the peak memory of the process so far. Answers are drawn from a fixed sequence.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use agebench::dataset::{Dataset, Pick};
use agebench::folder::{Existing, Pseudonyms, Truth};
use agebench::protocol::Protocol;
use agebench::score::{Recording, ScoreRequest, import, score};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // cargo passes `--bench`; a number is the number of rows.
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let place = tempfile::tempdir()?;
    say(&format!("{rows} rows; seconds, peak memory"));
    manifest(place.path(), rows)?;
    recorded(place.path(), rows)
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
fn manifest(place: &Path, rows: u32) -> Result<(), Failure> {
    let mut text = String::from("sample_id,subject_id,age,path,sex,region,x0,y0,x1,y1\n");
    for row in 0..rows {
        let (age, sex, region) = (row / 3 % 80, if row / 3 % 2 == 0 { "f" } else { "m" }, row / 3 % 7);
        writeln!(text, "s{row:08},p{:07},{age},faces/{row:08}.jpg,{sex},r{region},1,2,3.5,4", row / 3)?;
    }
    fs::write(place.join("manifest.csv"), text)?;
    let card = "name = \"d\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\ngroups = [\"sex\", \"region\"]\n";
    fs::write(place.join("dataset.toml"), card)?;
    let dataset = timed("load a manifest", || Ok(Dataset::open(place, &Pick::all())?))?;
    timed("its truth, with pseudonyms", || Ok(Truth::of(&dataset, &Pseudonyms::of(&dataset, false))))?;
    Ok(())
}

/// Answers with two groups, three attempts a subject, imported and scored under the default protocol.
fn recorded(place: &Path, rows: u32) -> Result<(), Failure> {
    let mut text = String::from("file,person,true_age,age,sex,region\n");
    let mut state = 1_u64;
    for row in 0..rows {
        // Knuth's MMIX generator: the spread of the answers matters here, not their randomness.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (age, sex, region) = (10 + row / 3 % 30, if row / 3 % 2 == 0 { "f" } else { "m" }, row / 3 % 7);
        let error = (state >> 33) % 12_000;
        let answer = f64::from(age) + f64::from(u32::try_from(error)?) / 1000.0 - 6.0;
        writeln!(text, "f{row:08},p{:07},{age},{answer:.3},{sex},r{region}", row / 3)?;
    }
    let file = place.join("answers.csv");
    fs::write(&file, text)?;
    let columns = [("sample_id".to_owned(), "file".to_owned()), ("subject_id".to_owned(), "person".to_owned())];
    let (groups, protocol, out) =
        (["sex".to_owned(), "region".to_owned()], Protocol::default_protocol(), place.join("out"));
    let recording = Recording {
        file: &file,
        columns: &columns,
        groups: &groups,
        dataset: None,
        method_name: None,
        method_kind: None,
        dataset_name: None,
        label_kind: None,
        age_precision: None,
        protocol: &protocol,
        keep_ids: false,
        out: &out,
        existing: Existing::Refuse,
        now: None,
    };
    let imported = timed("import recorded answers", || Ok(import(&recording)?))?;
    let request = ScoreRequest { folder: &imported.folder, protocol: None, out: None };
    let scored = timed("score the run folder", || Ok(score(&request)?))?;
    say(&format!("{} rows of metrics", scored.table.rows.len()));
    Ok(())
}
