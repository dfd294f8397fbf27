//! Decoding, resizing and tensors, by picture size. `cargo bench --bench pictures`, with `--features libjpeg` for both
//! decoders; a quick look is `cargo bench --bench pictures -- --quick`.
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

/// What a decoder of the `image` crate makes of a JPEG, for comparison.
fn by_image(bytes: &[u8]) -> Vec<u8> {
    image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).unwrap().into_rgb8().into_raw()
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for (name, bytes) in JPEGS {
        let picture = decode(bytes, Decoder::default(), PIXEL_LIMIT).unwrap();
        group.throughput(Throughput::Elements(u64::from(picture.width()) * u64::from(picture.height())));
        for decoder in Decoder::ALL {
            group.bench_function(BenchmarkId::new(decoder.name(), name), |bench| {
                bench.iter(|| decode(black_box(bytes), *decoder, PIXEL_LIMIT).unwrap());
            });
        }
        group.bench_function(BenchmarkId::new("image crate", name), |bench| bench.iter(|| by_image(black_box(bytes))));
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

/// From pixels of the right size to a tensor: nothing is resized.
fn tensors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tensor_224");
    let picture = noise(224, 224);
    for layout in [Layout::Nhwc, Layout::Nchw] {
        let mut fields = RecipeFields::new((224, 224), layout, Channels::Bgr, Filter::BilinearAntialias);
        (fields.divide, fields.mean, fields.std) = (255.0, vec![0.5; 3], vec![0.25; 3]);
        let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
        let mut tensor = vec![0.0; preparer.recipe().numbers()];
        group.bench_function(layout.word(), |bench| {
            bench.iter(|| preparer.prepare(black_box(&picture), None, &mut tensor).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, decoding, preparing, tensors);
criterion_main!(benches);
