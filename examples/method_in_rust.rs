//! A method written in Rust, put to the bundled drawn faces and scored: for who would rather link agebench than start a program.
//!
//! `cargo run --example method_in_rust`
//!
//! This one answers from the brightness of the face, so its ages mean nothing. Put yours into `attempt`.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use agebench::bundled;
use agebench::clock::Clock;
use agebench::dataset::{CARD_FILE, Dataset, Pick};
use agebench::digest::Digest;
use agebench::folder::{Existing, Machine, Timings};
use agebench::method::{Ask, Method, MethodCard, MethodError, Sample, Scratch, Session};
use agebench::outcome::Outcome;
use agebench::photo::Decoder;
use agebench::protocol::Protocol;
use agebench::run::{self, Request, Retain, RunMethod};
use agebench::score::score_folder;
use agebench::table::Select;

/// What the method is. A card names a way to reach a method from outside; who links it is that way, and the program that others would
/// start is named here.
const CARD: &str = r#"
name = "brightness"
kind = "estimation"
version = "1"
licence = "MIT OR Apache-2.0"
intended_use = "shows how a method is written in Rust; its ages mean nothing"

[command]
program = "brightness"
"#;

struct Brightness {
    card: MethodCard,
}

impl Method for Brightness {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    /// Versions of what it computes with, as every row names them.
    fn engine(&self) -> String {
        "brightness 1".to_owned()
    }

    /// As many sessions as there are workers: it works in this process.
    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, _: &Ask) -> Result<Box<dyn Session>, MethodError> {
        Ok(Box::new(BrightnessSession))
    }
}

/// One worker's share. A session is used by one thread at a time, so it may keep its buffers.
struct BrightnessSession;

impl Session for BrightnessSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        // An `Err` means that the session is broken and is opened anew; a picture that cannot be read is an outcome.
        let picture = match sample.picture(Decoder::default()) {
            Ok((picture, _)) => picture,
            Err(reason) => return Ok(Outcome::failed(reason)),
        };
        let sum: u64 = picture.rgb().iter().map(|level| u64::from(*level)).sum();
        Ok(Outcome::of_years(sum as f64 / picture.rgb().len() as f64 / 4.0))
    }
}

/// The machine's clock: the library never reads one by itself.
struct Watch(Instant);

impl Clock for Watch {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (card, findings) = MethodCard::read("method.toml", CARD);
    let card = card.ok_or_else(|| findings.to_string())?;
    let methods = [RunMethod {
        method: Arc::new(Brightness { card }),
        digest: Digest::of(CARD.as_bytes()),
        card: CARD.to_owned(),
        files: Vec::new(),
        stages: Vec::new(),
    }];
    let dataset = Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, &Pick::default())?;
    let out = std::env::temp_dir().join(format!("agebench-example-{}", std::process::id()));
    let clock: Arc<dyn Clock> = Arc::new(Watch(Instant::now()));
    let request = Request {
        methods: &methods,
        dataset: &dataset,
        shard: None,
        protocol: &Protocol::default_protocol(),
        out: &out,
        existing: Existing::Refuse,
        jobs: std::thread::available_parallelism()?,
        time_limit: Duration::from_secs(60),
        scratch: Scratch::within(std::env::temp_dir(), false),
        keep_ids: false,
        timings: Timings::Written,
        retain: Retain::Rows,
        pick: String::new(),
        machine: Machine::default(),
        further: Vec::new(),
    };
    let (folder, summary) = run::run(&request, &clock, &Arc::new(AtomicBool::new(false)), &|_| {})?;
    let table = score_folder(&folder, None)?;
    let error = table.find(&Select::metric("mae")).next().ok_or("no such row")?;
    println!(
        "{} attempts; mean absolute error {:?} years of {:?} people",
        summary.attempts, error.value, error.n_subjects
    );
    std::fs::remove_dir_all(&out)?;
    Ok(())
}
