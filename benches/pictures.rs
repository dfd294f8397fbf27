//! Decoding, resizing and tensors, by picture size. `cargo bench --bench pictures`
#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros document nothing, and a benchmark may panic")]

use std::hint::black_box;

use agebench::photo::{
    Channels, Decoder, Filter, Layout, PIXEL_LIMIT, Picture, Preparer, Recipe, RecipeFields, decode,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const JPEGS: [(&str, &[u8]); 2] = [
    ("200x200", include_bytes!("../fixtures/golden/pipeline/square_200.jpg")),
    ("1600x1200", include_bytes!("../fixtures/golden/pipeline/large_1600x1200.jpg")),
];

/// A picture without a pattern that a cache or a branch predictor could learn.
fn noise(width: u32, height: u32) -> Picture {
    let bytes = u64::from(width) * u64::from(height) * 3;
    let rgb = (0..bytes).map(|place| (place.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    Picture::new(width, height, rgb).unwrap()
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for (name, bytes) in JPEGS {
        let picture = decode(bytes, Decoder::default(), PIXEL_LIMIT).unwrap();
        group.throughput(Throughput::Elements(u64::from(picture.width()) * u64::from(picture.height())));
        group.bench_function(BenchmarkId::new("jpeg", name), |bench| {
            bench.iter(|| decode(black_box(bytes), Decoder::default(), PIXEL_LIMIT).unwrap());
        });
    }
    group.finish();
}

fn preparing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prepare_224");
    group.sample_size(20);
    for (width, height) in [(200, 200), (1600, 1200), (4000, 3000), (3000, 4000)] {
        let picture = noise(width, height);
        for &filter in Filter::ALL {
            let fields = RecipeFields::new((224, 224), Layout::Nchw, Channels::Rgb, filter);
            let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
            let mut tensor = vec![0.0; preparer.recipe().numbers()];
            group.bench_function(BenchmarkId::new(filter.word(), format!("{width}x{height}")), |bench| {
                bench.iter(|| preparer.prepare(black_box(&picture), None, &mut tensor).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decoding, preparing);
criterion_main!(benches);
