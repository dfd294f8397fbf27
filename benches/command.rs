//! What the protocol for programs costs an attempt, with the compiled example. `cargo bench --bench command`
#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros document nothing, and a benchmark may panic")]

use std::borrow::Cow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agebench::age::AgeLimit;
use agebench::clock::Clock;
use agebench::method::adapter::AdapterCard;
use agebench::method::adapter::command::{Asked, Instance, Launch, Plan};
use agebench::method::{Content, MethodCard, Sample, Scratch};
use criterion::{Criterion, criterion_group, criterion_main};

struct Real(Instant);

impl Clock for Real {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

/// The compiled example in `folder`, ready to be asked.
fn instance(folder: &Path, clock: &Arc<dyn Clock>) -> Instance {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/plugins/compiled");
    let program = folder.join("plugin");
    let built = Command::new("cc").arg("-O2").arg("-o").arg(&program).arg(example.join("plugin.c")).status();
    assert!(built.unwrap().success());
    let card = std::fs::read_to_string(example.join("method.toml")).unwrap();
    let card = MethodCard::read("method.toml", &card).0.unwrap();
    let AdapterCard::Command(command) = card.adapter else { unreachable!("the example is a program") };
    let memory = Path::new("/dev/shm");
    let scratch = if memory.is_dir() { memory } else { folder };
    Instance::new(Plan {
        files: Arc::default(),
        launch: Launch {
            program,
            args: command.args,
            folder: Some(folder.to_owned()),
            guard: None,
            patience: Duration::ZERO,
        },
        start_time: command.start_time,
        limits: vec![AgeLimit::new(18).unwrap()],
        time_limit: Duration::from_secs(10),
        seed: 0,
        columns: Vec::new(),
        version: card.version,
        scratch: Scratch::within(scratch, memory.is_dir()),
        clock: Arc::clone(clock),
        stop: Arc::default(),
        reserved: None,
        words: Arc::default(),
        notes: None,
        heard: None,
    })
}

fn attempts(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(Real(Instant::now()));
    let instance = instance(folder.path(), &clock);
    let photo = include_bytes!("../fixtures/golden/pipeline/square_200.jpg");
    let sample = Sample::new(Content::File(Cow::Borrowed(photo)), None, &*clock);
    let mut group = criterion.benchmark_group("command");
    group.bench_function(format!("path, {} bytes", photo.len()), |bench| {
        bench.iter(|| instance.attempt(&Asked::of(&sample)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, attempts);
criterion_main!(benches);
