use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::*;
use crate::bundled;
use crate::dataset::{CARD_FILE, Pick};
use crate::folder::Stream;
use crate::method::{Ask, MethodCard, Sample, Session};
use crate::outcome::{Outcome, Status};

/// A clock that moves one microsecond whenever it is looked at.
#[derive(Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn observed(plan: &Plan) -> Vec<Observation> {
    observed_of(plan, null_method).0
}

/// The observations of the method that `of` makes of a card, and what was told.
fn observed_of(plan: &Plan, of: fn(&MethodCard) -> Arc<dyn Method>) -> (Vec<Observation>, Vec<String>) {
    let dataset = Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, &Pick::all()).unwrap();
    let ids: Vec<String> = dataset.samples().iter().map(|row| row.sample_id.to_string()).collect();
    let clock: Arc<dyn Clock> = Arc::new(Ticking::default());
    let told = Mutex::new(Vec::new());
    let warn = |text| told.lock().unwrap().push(text);
    let setting = Setting { dataset: &dataset, ids: &ids, clock: &clock, stop: &Arc::default(), warn: &warn };
    let text = "name = \"m\"\nkind = \"estimation\"\nversion = \"1\"\n[onnx]\nfile = \"none.onnx\"\n[onnx.input]\nsize = [1, 1]\n\
                layout = \"nhwc\"\nchannels = \"rgb\"\nresize = \"nearest\"\n[onnx.output]\nhead = \"years\"\n";
    let card = MethodCard::read("method.toml", text).0.unwrap();
    let mut found = Vec::new();
    let load = || Ok::<_, Infallible>(of(&card));
    observe(plan, &setting, load, &mut |observation| {
        found.push(observation);
        Ok(())
    })
    .unwrap();
    (found, told.into_inner().unwrap())
}

/// A method that does nothing, with copies of samples.
struct Copying(Arc<dyn Method>);

impl Method for Copying {
    fn card(&self) -> &MethodCard {
        self.0.card()
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn copies_samples(&self) -> bool {
        true
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        self.0.open(ask)
    }
}

fn plan() -> Plan {
    Plan {
        start: 1,
        attempts: NonZeroUsize::new(7).unwrap(),
        warm_up: 3,
        rate: Some(100_000.0),
        jobs: NonZeroUsize::new(2).unwrap(),
        time_limit: Duration::from_secs(1),
        seed: 0,
        limits: Vec::new(),
        scratch: Scratch::within(std::env::temp_dir(), false),
    }
}

#[test]
fn a_start_goes_through_all_streams_in_order_and_begins_where_the_start_before_ended() {
    let found = observed(&plan());
    let count = |stream| found.iter().filter(|observation| observation.stream == stream).count();
    assert_eq!(Stream::ALL.map(count), [2, 1, 1, 3, 7, 7, 1, 1]);
    assert_eq!(found.last().unwrap().stream, Stream::Calibration);
    let dataset = Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, &Pick::all()).unwrap();
    let single: Vec<&str> =
        found.iter().filter(|it| it.stream == Stream::Single).map(|it| it.sample_id.as_str()).collect();
    let wanted: Vec<&str> = dataset.samples().iter().skip(7).take(7).map(|row| row.sample_id).collect();
    assert_eq!(single, wanted);
    assert!(found.iter().all(|observation| observation.start == 1));
    let offline = found.iter().find(|observation| observation.stream == Stream::Offline).unwrap();
    assert_eq!((offline.attempts, offline.status), (14, None));
}

#[test]
fn latency_of_the_offered_load_counts_from_the_arrival() {
    let found = observed(&plan());
    let of = |stream| {
        let times = found.iter().filter(|it| it.stream == stream).map(|it| it.latency.as_micros());
        times.max().unwrap()
    };
    // An attempt takes one tick. 100,000 arrivals a second are ten ticks apart: an attempt that begins late still
    // counts from its arrival, in its own ticks.
    assert_eq!(of(Stream::Single), 1);
    assert!(of(Stream::Offered) > 1);
    let without = observed(&Plan { rate: None, ..plan() });
    assert!(without.iter().all(|observation| observation.stream != Stream::Offered));
}

#[test]
fn an_answer_after_the_time_limit_is_timed_out_and_has_the_limits_length() {
    let found = observed(&Plan { time_limit: Duration::from_nanos(500), rate: None, ..plan() });
    for observation in found.iter().filter(|it| it.stream == Stream::Single) {
        assert_eq!((observation.status, observation.latency.as_nanos()), (Some(Status::TimedOut), 500));
    }
    let offline: Vec<_> = found.iter().filter(|it| it.stream == Stream::Offline).collect();
    let [whole, late @ ..] = &offline[..] else { panic!("no offline stream") };
    assert_eq!((whole.attempts, whole.status, late.len()), (0, None, 14), "none of 2 workers' 7 in time");
    assert!(late.iter().all(|it| it.status == Some(Status::TimedOut) && it.attempts == 1));
}

/// A method whose every second attempt ends its session.
struct Breaking(Arc<dyn Method>);

impl Method for Breaking {
    fn card(&self) -> &MethodCard {
        self.0.card()
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        Ok(Box::new(Once(self.0.open(ask)?, false)))
    }
}

struct Once(Box<dyn Session>, bool);

impl Session for Once {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        if std::mem::replace(&mut self.1, true) {
            return Err(MethodError::Ended(Box::new(Outcome::failed("it ended"))));
        }
        self.0.attempt(sample)
    }
}

#[test]
fn sessions_that_end_are_opened_anew_in_every_stream_and_their_attempts_are_counted() {
    let breaking = |card: &MethodCard| -> Arc<dyn Method> { Arc::new(Breaking(null_method(card))) };
    let found = observed_of(&Plan { rate: None, jobs: NonZeroUsize::MIN, ..plan() }, breaking).0;
    let failed = |stream| found.iter().filter(|it| it.stream == stream && it.status == Some(Status::Failed)).count();
    // Of the 11 attempts before and in the single stream every second one.
    assert_eq!(failed(Stream::WarmUp) + failed(Stream::Single), 5);
    let offline = found.iter().find(|it| it.stream == Stream::Offline && it.status.is_none()).unwrap();
    assert_eq!((offline.attempts, failed(Stream::Offline)), (4, 3));
}

#[test]
fn copies_that_cannot_lie_in_memory_are_told_once_in_all_starts() {
    let copying = |card: &MethodCard| -> Arc<dyn Method> { Arc::new(Copying(null_method(card))) };
    let told = |start, in_memory, of| {
        let scratch = Scratch::within(std::env::temp_dir(), in_memory);
        observed_of(&Plan { start, scratch, rate: None, ..plan() }, of).1
    };
    let [one] = &told(0, false, copying)[..] else { panic!("not told once") };
    assert!(one.contains("copies of samples lie in") && one.contains("a disk"), "{one}");
    assert!(told(1, false, copying).is_empty() && told(0, true, copying).is_empty());
    assert!(told(0, false, null_method).is_empty());
}
