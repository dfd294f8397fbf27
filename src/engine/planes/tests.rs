//! Held against the definition, one output at a time in f64.

use multiversion::multiversion;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
struct Shape {
    input: Sides,
    output: Sides,
    kernel: Sides,
    stride: Sides,
    dilation: Sides,
    before: Sides,
}

impl Shape {
    fn window(self) -> Window {
        Window::new(self.input, self.output, self.kernel, self.stride, self.dilation, self.before).unwrap()
    }

    /// The input pixel under each tap at an output, `None` beyond the edge.
    fn taps(self, row: usize, column: usize) -> Vec<Option<usize>> {
        let place = |output: usize, tap: usize, stride: usize, dilation: usize, before: usize, length: usize| {
            (output * stride + tap * dilation).checked_sub(before).filter(|place| *place < length)
        };
        let Self { input, kernel, stride, dilation, before, .. } = self;
        (0..kernel.rows * kernel.columns)
            .map(|tap| {
                let (y, x) = (tap / kernel.columns, tap % kernel.columns);
                let y = place(row, y, stride.rows, dilation.rows, before.rows, input.rows)?;
                let x = place(column, x, stride.columns, dilation.columns, before.columns, input.columns)?;
                Some(y * input.columns + x)
            })
            .collect()
    }

    fn outputs(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.output.rows).flat_map(move |row| (0..self.output.columns).map(move |column| (row, column)))
    }
}

fn sides(rows: usize, columns: usize) -> Sides {
    Sides { rows, columns }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let pair = |low: usize, high: usize| (low..=high, low..=high).prop_map(|(rows, columns)| sides(rows, columns));
    (pair(1, 40), pair(1, 4), pair(1, 3), pair(1, 2), pair(0, 2), pair(0, 2)).prop_filter_map(
        "no output",
        |(input, kernel, stride, dilation, before, after)| {
            let length = |input: usize, kernel: usize, stride: usize, dilation: usize, padding: usize| {
                Some((input + padding).checked_sub((kernel - 1) * dilation + 1)? / stride + 1)
            };
            let rows = length(input.rows, kernel.rows, stride.rows, dilation.rows, before.rows + after.rows)?;
            let columns = length(
                input.columns,
                kernel.columns,
                stride.columns,
                dilation.columns,
                before.columns + after.columns,
            )?;
            Some(Shape { input, output: sides(rows, columns), kernel, stride, dilation, before })
        },
    )
}

/// Numbers between -1 and 1 without a pattern.
fn noise(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|place| ((((place + seed * 7919) * 2_654_435_761) >> 7) % 2001) as f32 / 1000.0 - 1.0).collect()
}

fn close(found: &[f32], wanted: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        prop_assert!((f64::from(*found) - wanted).abs() < 1e-4, "{} for {}", found, wanted);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_convolution_is_the_sum_over_its_window_held_to_its_bounds(
        shape in shapes(), groups in 1_usize..4, ins in 1_usize..4, outs in 1_usize..11, seed in 0_usize..1000,
    ) {
        let (inputs, outputs) = (groups * ins, groups * outs);
        let (area, taps) = (shape.input.rows * shape.input.columns, shape.kernel.rows * shape.kernel.columns);
        let (input, weights) = (noise(inputs * area, seed), noise(outputs * ins * taps, seed + 1));
        let bias = noise(outputs, seed + 2);
        let convolution = Convolution::new(shape.window(), groups, inputs, &weights, &bias).unwrap();
        let mut found = vec![f32::NAN; outputs * shape.output.rows * shape.output.columns];
        convolution.run(&input, (-1.5, 2.0), None, &mut found);
        let mut wanted = Vec::new();
        for output in 0..outputs {
            for (row, column) in shape.outputs() {
                let mut sum = f64::from(bias[output]);
                for channel in 0..ins {
                    let from = (output / outs * ins + channel) * area;
                    for (tap, place) in shape.taps(row, column).into_iter().enumerate() {
                        let weight = f64::from(weights[(output * ins + channel) * taps + tap]);
                        sum += place.map_or(0.0, |place| f64::from(input[from + place]) * weight);
                    }
                }
                wanted.push(sum.clamp(-1.5, 2.0));
            }
        }
        close(&found, &wanted)?;
    }

    #[test]
    fn a_pooling_is_the_largest_or_the_mean_of_its_window(shape in shapes(), seed in 0_usize..1000) {
        let area = shape.input.rows * shape.input.columns;
        let input = noise(3 * area, seed);
        let mut found = vec![f32::NAN; 3 * shape.output.rows * shape.output.columns];
        for pooling in [Pooling::Max, Pooling::Sum, Pooling::Mean] {
            pool(&shape.window(), pooling, &input, &mut found);
            let mut wanted = Vec::new();
            for channel in input.chunks(area) {
                for (row, column) in shape.outputs() {
                    let taps = shape.taps(row, column);
                    let values: Vec<f64> = taps.iter().flatten().map(|place| f64::from(channel[*place])).collect();
                    wanted.push(match pooling {
                        Pooling::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                        Pooling::Sum => values.iter().sum(),
                        Pooling::Mean => values.iter().sum::<f64>() / taps.len() as f64,
                    });
                }
            }
            // A window may lie in the padding altogether: minus infinity on both sides.
            let both = found.iter().zip(&wanted).filter(|(found, wanted)| found.is_finite() || wanted.is_finite());
            let (found, wanted): (Vec<f32>, Vec<f64>) = both.map(|(found, wanted)| (*found, *wanted)).unzip();
            close(&found, &wanted)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn a_pair_gives_what_its_two_convolutions_give_one_after_the_other(
        shape in shapes(), ins in 2_usize..4, outs in 1_usize..20, seed in 0_usize..1000,
    ) {
        let (one, none) = (sides(1, 1), sides(0, 0));
        let first = Window::new(shape.input, shape.input, one, one, one, none).unwrap();
        let area = shape.input.rows * shape.input.columns;
        let taps = shape.kernel.rows * shape.kernel.columns;
        let input = noise(ins * area, seed);
        let first = Convolution::new(first, 1, ins, &noise(outs * ins, seed + 1), &noise(outs, seed + 2)).unwrap();
        let next = noise(outs * taps, seed + 3);
        let next = Convolution::new(shape.window(), outs, outs, &next, &noise(outs, seed + 4)).unwrap();
        let (middle, last) = ((-0.5, 0.75), (-1.0, 1.0));
        let mut between = vec![f32::NAN; outs * area];
        let mut wanted = vec![f32::NAN; outs * shape.output.rows * shape.output.columns];
        let mut found = wanted.clone();
        first.run(&input, middle, None, &mut between);
        next.run(&between, last, None, &mut wanted);
        first.run(&input, middle, Some((&next, last)), &mut found);
        prop_assert_eq!(next.is_depthwise().then_some(found), Some(wanted));
    }
}

type Fused = bool;

/// What the AVX2 and the plain version of each kernel give: the widest is chosen by the processor.
#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn convolve_in_narrow_blocks(fused: Fused, planes: &[f32], weights: &[[f32; TOGETHER]], output: &mut [f32]) {
    let (offsets, bias, bounds) = ([0, 1, 40, 41], [0.25; TOGETHER], (-1.0, 1.5));
    let length = output.len() / TOGETHER;
    if fused {
        kernel::convolve_blocks::<{ kernel::NARROW }, true>(planes, &offsets, weights, &bias, bounds, length, output);
    } else {
        kernel::convolve_blocks::<{ kernel::NARROW }, false>(planes, &offsets, weights, &bias, bounds, length, output);
    }
}

#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn slide_in_narrow_blocks(fused: Fused, window: &Window, floats: &[f32], weights: &[f32; 9], output: &mut [f32]) {
    const L: usize = slide::NARROW;
    let (Some(masks), channel, bounds) = (&window.masks, Channel(floats), (-1.0, 1.5)) else { return };
    match (window.stride.rows, fused) {
        (1, true) => slide::rolled::<L, true>(window, masks, channel, weights, 0.25, bounds, output),
        (1, false) => slide::rolled::<L, false>(window, masks, channel, weights, 0.25, bounds, output),
        (_, true) => slide::halved::<L, { 2 * L }, true>(window, masks, channel, weights, 0.25, bounds, output),
        (_, false) => slide::halved::<L, { 2 * L }, false>(window, masks, channel, weights, 0.25, bounds, output),
    }
}

#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn pool_in_narrow_blocks(largest: bool, window: &Window, floats: &[f32], output: &mut [f32]) {
    const L: usize = slide::NARROW;
    let (Some(masks), channel) = (&window.masks, Channel(floats)) else { return };
    match (window.kernel.rows, largest) {
        (2, true) => slide::pooled::<L, { 2 * L }, 2, true>(window, masks, channel, 0.25, output),
        (2, false) => slide::pooled::<L, { 2 * L }, 2, false>(window, masks, channel, 0.25, output),
        (_, true) => slide::pooled::<L, { 2 * L }, 3, true>(window, masks, channel, 0.25, output),
        (_, false) => slide::pooled::<L, { 2 * L }, 3, false>(window, masks, channel, 0.25, output),
    }
}

fn all_close(found: &[f32], wanted: &[f32]) -> bool {
    found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-5)
}

#[test]
fn every_version_of_the_convolution_gives_the_same_sums() {
    let (planes, weights) = (noise(200, 1), noise(4 * TOGETHER, 2));
    let (weights, _) = weights.as_chunks::<TOGETHER>();
    for length in [32, 33, 50, 64, 100] {
        let mut made = [(); 3].map(|()| vec![0.0; length * TOGETHER]);
        let [fastest, fused, plain] = &mut made;
        kernel::convolve(&planes, &[0, 1, 40, 41], weights, &[0.25; TOGETHER], (-1.0, 1.5), length, fastest);
        convolve_in_narrow_blocks(true, &planes, weights, fused);
        convolve_in_narrow_blocks(false, &planes, weights, plain);
        assert!(all_close(fastest, fused) && all_close(fastest, plain), "{length} positions");
    }
}

#[test]
fn every_version_of_a_slid_window_gives_the_same_sums() {
    for (rows, columns) in [(7, 7), (14, 14), (5, 31), (9, 40), (1, 1), (2, 16), (3, 17)] {
        let floats = noise(BEFORE + rows * columns + BEHIND, rows);
        let weights: [f32; 9] = noise(9, columns).try_into().unwrap();
        for (side, stride, before) in [(3, 1, 1), (3, 2, 1), (3, 2, 0), (2, 2, 0)] {
            let output = sides((rows + 1) / stride, (columns + 1) / stride);
            let (kernel, stride) = (sides(side, side), sides(stride, stride));
            let window =
                Window::new(sides(rows, columns), output, kernel, stride, sides(1, 1), sides(before, before)).unwrap();
            let masks = window.masks.as_ref().unwrap();
            let length = output.rows * output.columns;
            let mut made = [(); 3].map(|()| vec![0.0; length]);
            let [fastest, fused, plain] = &mut made;
            if side == 3 {
                slide::depthwise(&window, masks, Channel(&floats), &weights, 0.25, (-1.0, 1.5), fastest);
                slide_in_narrow_blocks(true, &window, &floats, &weights, fused);
                slide_in_narrow_blocks(false, &window, &floats, &weights, plain);
                assert!(all_close(fastest, fused) && all_close(fastest, plain), "{window:?}");
            }
            for largest in [true, false].into_iter().filter(|_| window.stride.rows == 2) {
                slide::pool(&window, masks, Channel(&floats), largest, 0.25, fastest);
                pool_in_narrow_blocks(largest, &window, &floats, fused);
                assert_eq!(fastest, fused, "{window:?}");
            }
        }
    }
}

#[test]
fn numbers_that_do_not_fit_together_are_refused() {
    let one = sides(1, 1);
    assert_eq!(Window::new(sides(0, 5), one, one, one, one, sides(0, 0)), None);
    let window = Window::new(sides(4, 4), sides(4, 4), one, one, one, sides(0, 0)).unwrap();
    assert!(Convolution::new(window.clone(), 1, 2, &[0.0; 6], &[0.0; 3]).is_some());
    assert!(Convolution::new(window.clone(), 1, 2, &[0.0; 5], &[0.0; 3]).is_none());
    assert!(Convolution::new(window, 2, 2, &[0.0; 3], &[0.0; 3]).is_none());
}
