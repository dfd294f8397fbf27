//! From a network's output to what rows are made of: heads, tallies, the bootstrap. `cargo bench --bench answers`; a quick
//! look is `cargo bench --bench answers -- --quick`.
#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros document nothing, and a benchmark may panic")]

use std::hint::black_box;

use agebench::age::AgeRange;
use agebench::method::head::{Head, OrdinalRule};
use agebench::outcome::Outcome;
use agebench::protocol::Protocol;
use agebench::stats::Bootstrap;
use agebench::tally::{Answers, Tally, Truth, TruthBuilder, TruthRow};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn heads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("head");
    let ages: Vec<f64> = (0..101).map(f64::from).collect();
    let rule = OrdinalRule::Sum;
    for (head, numbers) in [
        (Head::Years, 1),
        (Head::Expectation { ages: ages.clone(), logits: true }, 101),
        (Head::Median { ages: ages.clone(), logits: true }, 101),
        (Head::Argmax { ages }, 101),
        (Head::Ordinal { first_age: 0.0, steps: 100, logits: true, rule }, 200),
    ] {
        let output: Vec<f32> = (0..numbers).map(|place| (place * 37 % 101) as f32 / 10.0).collect();
        group.bench_function(head.word(), |bench| bench.iter(|| head.decode(black_box(&output)).unwrap()));
    }
    group.finish();
}

/// `rows` samples of people with three each, two group columns, and answers around their ages.
fn answered(rows: u32, protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true), ("region", true)]);
    let mut answers = Answers::new(&protocol.limits);
    let regions = ["r0", "r1", "r2", "r3", "r4", "r5", "r6"];
    for row in 0..rows {
        let (subject, age) = (row / 3, f64::from(10 + row / 3 % 30));
        let levels = [if subject % 2 == 0 { "f" } else { "m" }, regions[subject as usize % 7]];
        truth.push(&TruthRow {
            subject_rank: subject,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: AgeRange::new(age, age + 1.0).ok(),
            attack: false,
            levels: &levels,
        });
        // Knuth's multiplicative hash: answers up to 6 years off.
        let off = f64::from(row.wrapping_mul(2_654_435_761) >> 20) / 4096.0 * 12.0 - 6.0;
        answers.push(Some(&Outcome::of_years(age + off)));
    }
    (truth.finish().unwrap(), answers)
}

fn tallies(criterion: &mut Criterion) {
    let protocol = Protocol::from_toml("crossings = [[\"sex\", \"region\"]]").unwrap();
    let mut group = criterion.benchmark_group("tally");
    group.sample_size(10);
    for rows in [10_000, 100_000] {
        let (truth, answers) = answered(rows, &protocol);
        group.throughput(Throughput::Elements(u64::from(rows)));
        group.bench_function(BenchmarkId::from_parameter(rows), |bench| {
            bench.iter(|| Tally::of(black_box(&truth), &answers, &protocol).unwrap());
        });
    }
    group.finish();
}

fn bootstrap(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bootstrap_2000");
    group.sample_size(10);
    for units in [1_000, 20_000_u64] {
        let ranks: Vec<u64> = (0..units).collect();
        let values: Vec<i64> = (0..2 * units).map(|place| (place * 37 % 1001).cast_signed()).collect();
        group.throughput(Throughput::Elements(units));
        group.bench_function(BenchmarkId::new("two_columns", units), |bench| {
            bench.iter(|| Bootstrap::new(0, 2000).sums(black_box(&ranks), &values, 2).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, heads, tallies, bootstrap);
criterion_main!(benches);
