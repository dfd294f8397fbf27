//! Runs over a small dataset with methods made for the test: what happens to samples, sessions and rows.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::clock::StillClock;
use crate::dataset::Pick;
use crate::folder::FolderError;
use crate::method::{Ask, Method, MethodError};
use crate::method::{MethodCard, Sample, Session};

const CARD: &str = r#"
name = "NAME"
kind = "estimation"
version = "1"
[onnx]
file = "none.onnx"
[onnx.input]
size = [1, 1]
layout = "nhwc"
channels = "rgb"
resize = "nearest"
[onnx.output]
head = "years"
"#;

/// What the method of a test does with the first byte of a sample.
type Answer = fn(u8) -> Result<Outcome, MethodError>;

struct Scripted {
    card: MethodCard,
    answer: Answer,
    opened: AtomicUsize,
    /// Whether it puts copies of samples into its private folder.
    copies: bool,
}

struct ScriptedSession(Answer);

impl Method for Scripted {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn copies_samples(&self) -> bool {
        self.copies
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, _: &Ask) -> Result<Box<dyn Session>, MethodError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(ScriptedSession(self.answer)))
    }
}

impl Session for ScriptedSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        match sample.bytes() {
            Some([first, ..]) => (self.0)(*first),
            _ => Ok(Outcome::failed("no bytes")),
        }
    }
}

fn scripted(name: &str, answer: Answer) -> (Arc<Scripted>, RunMethod) {
    scripted_with(name, answer, false)
}

fn scripted_with(name: &str, answer: Answer, copies: bool) -> (Arc<Scripted>, RunMethod) {
    let (card, findings) = MethodCard::read("method.toml", &CARD.replace("NAME", name));
    let card = card.unwrap_or_else(|| panic!("{findings}"));
    let method = Arc::new(Scripted { card, answer, opened: AtomicUsize::new(0), copies });
    let run = RunMethod {
        method: Arc::clone(&method) as Arc<dyn Method>,
        digest: Digest::of(b"x"),
        card: String::new(),
        files: Vec::new(),
        stages: Vec::new(),
    };
    (method, run)
}

/// `count` samples, the file of sample i holding the byte i; two samples a subject.
fn dataset(folder: &Path, count: usize) -> Dataset {
    let mut manifest = "sample_id,path,subject_id,age\n".to_owned();
    for number in 0..count {
        fs::write(folder.join(format!("{number}.bin")), [u8::try_from(number % 256).unwrap()]).unwrap();
        manifest.push_str(&format!("s{number},{number}.bin,p{},{}\n", number / 2, 10 + number % 20));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let card = "name = 'd'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\n";
    fs::write(folder.join("dataset.toml"), card).unwrap();
    Dataset::open(folder, &Pick::all()).unwrap()
}

struct Ran {
    result: Result<Summary, RunError>,
    outcomes: String,
    run_json: String,
    events: Vec<Event>,
}

fn run_with(methods: &[RunMethod], dataset: &Dataset, jobs: usize, stop_after: Option<usize>) -> Ran {
    let out = tempfile::tempdir().unwrap();
    let protocol = Protocol::default_protocol();
    let request = Request {
        methods,
        dataset,
        protocol: &protocol,
        out: out.path(),
        existing: Existing::Refuse,
        jobs: NonZeroUsize::new(jobs).unwrap(),
        time_limit: Duration::from_secs(60),
        scratch: Scratch::within(std::env::temp_dir(), false),
        shard: None,
        retain: Retain::Rows,
        keep_ids: true,
        timings: Timings::Written,
        pick: String::new(),
        machine: Machine::default(),
        further: Vec::new(),
    };
    let clock: Arc<dyn Clock> = Arc::new(StillClock);
    let (stop, events) = (Arc::new(AtomicBool::new(false)), Mutex::new(Vec::new()));
    let sink = |event: Event| {
        let mut events = events.lock().unwrap();
        events.push(event);
        if stop_after.is_some_and(|limit| events.len() > limit) {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let result = run(&request, &clock, &stop, &sink).map(|(_, summary)| summary);
    let read = |name: &str| fs::read_to_string(out.path().join(name));
    let outcomes = read(names::OUTCOMES).or_else(|_| read(names::OUTCOMES_PART)).unwrap_or_default();
    let run_json = fs::read_to_string(out.path().join(names::RUN)).unwrap_or_default();
    Ran { result, outcomes, run_json, events: events.into_inner().unwrap() }
}

#[test]
fn copies_that_cannot_lie_in_memory_are_told_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 4);
    for (copies, told) in [(true, 1), (false, 0)] {
        let ran = run_with(&[scripted_with("m", years, copies).1], &dataset, 2, None);
        let warnings = ran.events.iter().filter(|event| {
            matches!(event, Event::Warning(text) if text.contains("copies of samples lie in") && text.contains("a disk"))
        });
        assert_eq!(warnings.count(), told);
        assert_eq!(ran.run_json.contains("\"copies\": \"disk\""), copies, "{}", ran.run_json);
    }
}

fn years(byte: u8) -> Result<Outcome, MethodError> {
    Ok(Outcome::of_years(f64::from(byte % 100)))
}

fn broken(_: u8) -> Result<Outcome, MethodError> {
    Err(MethodError::Threads("broken".to_owned()))
}

fn broken_on_sevenths(byte: u8) -> Result<Outcome, MethodError> {
    if byte % 7 == 3 { broken(byte) } else { years(byte) }
}

#[test]
fn outcomes_are_the_same_bytes_for_any_number_of_workers() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 700);
    let [one, two, eight] = [1, 2, 8].map(|jobs| {
        let methods = [scripted("a", years).1, scripted("b", broken_on_sevenths).1];
        let ran = run_with(&methods, &dataset, jobs, None);
        assert_eq!(ran.result.unwrap().attempts, 1400);
        ran.outcomes
    });
    assert_eq!(one.lines().count(), 1401);
    assert!(one == two && one == eight);
}

#[test]
fn an_attempt_that_breaks_its_session_is_a_row_and_the_session_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 70);
    let (method, run) = scripted("a", broken_on_sevenths);
    let ran = run_with(&[run], &dataset, 1, None);
    let summary = ran.result.unwrap();
    assert_eq!((summary.attempts, summary.failed), (70, 10));
    assert_eq!(method.opened.load(Ordering::Relaxed), 11);
    assert_eq!(ran.events.iter().filter(|event| matches!(event, Event::Reopened { .. })).count(), 10);
    assert_eq!(ran.outcomes.lines().filter(|line| line.contains(",failed,") && line.contains("broken")).count(), 10);
}

#[test]
fn ten_openings_in_a_row_without_an_answer_end_the_run_and_keep_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 100);
    let (method, run) = scripted("a", broken);
    let ran = run_with(&[run], &dataset, 1, None);
    assert!(matches!(ran.result, Err(RunError::GaveUp { method, .. }) if method == "a"));
    assert_eq!(method.opened.load(Ordering::Relaxed), 10);
    assert_eq!(ran.outcomes.lines().count(), 1 + 9, "the header and the attempts before the last opening");
}

#[test]
fn a_run_that_is_stopped_leaves_a_valid_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 5000);
    let whole = run_with(&[scripted("a", years).1], &dataset, 2, None).outcomes;
    let ran = run_with(&[scripted("a", years).1], &dataset, 2, Some(50));
    let summary = ran.result.unwrap();
    assert!(summary.interrupted && summary.attempts < 5000, "{summary:?}");
    assert_eq!(ran.outcomes.lines().count(), 1 + summary.attempts);
    assert!(whole.starts_with(&ran.outcomes) && ran.outcomes.ends_with('\n'));
}

#[test]
fn a_sample_whose_file_is_gone_is_a_failed_row_that_names_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 3);
    fs::remove_file(folder.path().join("1.bin")).unwrap();
    let ran = run_with(&[scripted("a", years).1], &dataset, 2, None);
    assert_eq!(ran.result.unwrap().failed, 1);
    let line = ran.outcomes.lines().nth(2).unwrap();
    assert!(line.starts_with("s1,p0,a,failed,") && !line.contains("1.bin"), "{line}");
}

#[test]
fn two_methods_of_one_name_are_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 3);
    let ran = run_with(&[scripted("a", years).1, scripted("a", years).1], &dataset, 1, None);
    assert!(matches!(ran.result, Err(RunError::SameName(name)) if name == "a"));
    assert!(ran.events.is_empty());
}

/// A clock on which every look takes a second.
struct SlowClock(AtomicUsize);

impl Clock for SlowClock {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }

    fn wall(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

#[test]
fn an_answer_after_the_time_limit_is_discarded_and_counted_as_timed_out() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), 2);
    let (out, protocol) = (tempfile::tempdir().unwrap(), Protocol::default_protocol());
    let (_, method) = scripted("a", years);
    let mut request = Request {
        methods: &[method],
        dataset: &dataset,
        protocol: &protocol,
        out: out.path(),
        existing: Existing::Refuse,
        jobs: NonZeroUsize::MIN,
        time_limit: Duration::from_millis(500),
        scratch: Scratch::within(std::env::temp_dir(), false),
        shard: None,
        retain: Retain::Rows,
        keep_ids: true,
        timings: Timings::Left,
        pick: String::new(),
        machine: Machine::default(),
        further: Vec::new(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SlowClock(AtomicUsize::new(0)));
    let (folder, summary) = run(&request, &clock, &Arc::default(), &|_| ()).unwrap();
    assert_eq!((summary.attempts, summary.failed), (2, 2));
    // It is whoever holds it who scores it: until then it is nobody else's.
    for existing in [Existing::Replace, Existing::Resume] {
        request.existing = existing;
        let again = run(&request, &clock, &Arc::default(), &|_| ());
        assert!(matches!(again, Err(RunError::Folder(FolderError::Busy { .. }))), "{existing:?}");
    }
    drop(folder);
    let outcomes = fs::read_to_string(out.path().join(names::OUTCOMES)).unwrap();
    assert!(outcomes.lines().skip(1).all(|line| line.contains(",timed_out,,,,,")), "{outcomes}");
}

/// A method whose third sample finds its process ended, a moment before the run is told to stop: as `broke` tells it.
struct EndedTogether {
    card: MethodCard,
    broke: fn() -> Result<Outcome, MethodError>,
}

struct EndedTogetherSession {
    stop: Arc<AtomicBool>,
    broke: fn() -> Result<Outcome, MethodError>,
}

impl Method for EndedTogether {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        Ok(Box::new(EndedTogetherSession { stop: Arc::clone(&ask.stop), broke: self.broke }))
    }
}

impl Session for EndedTogetherSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        match sample.bytes() {
            Some([2, ..]) => {
                let stop = Arc::clone(&self.stop);
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(5));
                    stop.store(true, Ordering::Relaxed);
                });
                (self.broke)()
            }
            _ => years(20),
        }
    }
}

#[test]
fn what_was_ended_together_with_the_run_is_no_row_be_it_a_program_or_a_stage() {
    let plain = || Err(MethodError::Ended(Box::new(Outcome::failed("ended by signal 15"))));
    let stage = || {
        let broke = vec![("first".to_owned(), "ended by signal 15".to_owned())];
        let stages = Some(Box::new(crate::outcome::Stages { broke, ..Default::default() }));
        Ok(Outcome { stages, ..Outcome::failed("ended by signal 15") })
    };
    for broke in [plain as fn() -> _, stage] {
        let folder = tempfile::tempdir().unwrap();
        let (card, findings) = MethodCard::read("method.toml", &CARD.replace("NAME", "both"));
        let card = card.unwrap_or_else(|| panic!("{findings}"));
        let method = RunMethod {
            method: Arc::new(EndedTogether { card, broke }),
            digest: Digest::of(b"x"),
            card: String::new(),
            files: Vec::new(),
            stages: Vec::new(),
        };
        let ran = run_with(&[method], &dataset(folder.path(), 6), 1, None);
        assert!(!ran.events.iter().any(|event| matches!(event, Event::Reopened { .. })), "{:?}", ran.events);
        assert_eq!(ran.outcomes.lines().count(), 1 + 2, "{}", ran.outcomes);
    }
}
