//! Held against the definition, one output at a time in f64; every version of the kernels that this processor can run.

use proptest::prelude::*;

use super::*;

const ALONE: Behind<'_> = Behind { plus: None, bounds: UNBOUNDED, next: None };

/// One pixel under a window of one tap.
const AS_IS: Shape = Shape {
    input: Sides { rows: 1, columns: 1 },
    output: Sides { rows: 1, columns: 1 },
    kernel: Sides { rows: 1, columns: 1 },
    stride: Sides { rows: 1, columns: 1 },
    dilation: Sides { rows: 1, columns: 1 },
    before: Sides { rows: 0, columns: 0 },
};

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
    fn window(self, simd: Simd) -> Window {
        let window =
            Window::new(self.input, self.output, self.kernel, self.stride, self.dilation, self.before).unwrap();
        Window { simd, ..window }
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
        let sums = convolved(shape, (groups, ins, outs), &input, &weights, &bias);
        let wanted: Vec<f64> = sums.iter().map(|sum| sum.clamp(-1.5, 2.0)).collect();
        for simd in Simd::all() {
            let convolution = Convolution::new(shape.window(simd), groups, inputs, &weights, &bias).unwrap();
            let mut found = vec![f32::NAN; wanted.len()];
            convolution.run(&input, Behind { bounds: (-1.5, 2.0), ..ALONE }, &mut found);
            close(&found, &wanted)?;
            let shortcut = noise(sums.len(), seed + 3);
            let behind = Behind { plus: Some(&shortcut), bounds: (-1.5, 2.0), next: None };
            convolution.run(&input, behind, &mut found);
            let both = sums.iter().zip(&shortcut).map(|(sum, plus)| (sum + f64::from(*plus)).clamp(-1.5, 2.0));
            close(&found, &both.collect::<Vec<f64>>())?;
        }
    }

    #[test]
    fn a_pooling_is_the_largest_or_the_mean_of_its_window(shape in shapes(), seed in 0_usize..1000) {
        let area = shape.input.rows * shape.input.columns;
        let input = noise(3 * area, seed);
        let poolings = [Pooling::Max, Pooling::Sum, Pooling::Mean].into_iter();
        for (pooling, simd) in poolings.flat_map(|pooling| Simd::all().into_iter().map(move |simd| (pooling, simd))) {
            let mut found = vec![f32::NAN; 3 * shape.output.rows * shape.output.columns];
            pool(&shape.window(simd), pooling, &input, &mut found);
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
        let area = shape.input.rows * shape.input.columns;
        let taps = shape.kernel.rows * shape.kernel.columns;
        let (input, weights, next_weights) = (noise(ins * area, seed), noise(outs * ins, seed + 1), noise(outs * taps, seed + 3));
        for simd in Simd::all() {
            let first = Shape { output: shape.input, kernel: one, stride: one, dilation: one, before: none, ..shape };
            let first = Convolution::new(first.window(simd), 1, ins, &weights, &noise(outs, seed + 2)).unwrap();
            let next = Convolution::new(shape.window(simd), outs, outs, &next_weights, &noise(outs, seed + 4)).unwrap();
            let (middle, last) = ((-0.5, 0.75), (-1.0, 1.0));
            let mut between = vec![f32::NAN; outs * area];
            let mut wanted = vec![f32::NAN; outs * shape.output.rows * shape.output.columns];
            let mut found = wanted.clone();
            first.run(&input, Behind { bounds: middle, ..ALONE }, &mut between);
            next.run(&between, Behind { bounds: last, ..ALONE }, &mut wanted);
            first.run(&input, Behind { bounds: middle, next: Some((&next, last)), ..ALONE }, &mut found);
            prop_assert_eq!(next.is_depthwise().then_some(found), Some(wanted));
        }
    }
}

/// Sizes of real layers: every way that positions are cut into blocks, rows of their own, channels that fill caches.
#[test]
fn every_version_of_the_kernels_gives_the_sums_of_every_layer_size() {
    let versions = Simd::all();
    eprintln!("versions that run here: {versions:?}");
    let square = |side: usize, kernel: usize, stride: usize, before: usize| Shape {
        input: sides(side, side),
        output: sides((side + 2 * before - kernel) / stride + 1, (side + 2 * before - kernel) / stride + 1),
        kernel: sides(kernel, kernel),
        stride: sides(stride, stride),
        dilation: sides(1, 1),
        before: sides(before, before),
    };
    // Side, kernel, stride, padding, groups, channels in and out of a group.
    for (side, kernel, stride, before, groups, ins, outs) in [
        (7, 1, 1, 0, 1, 200, 20),
        (14, 1, 1, 0, 1, 100, 12),
        (4, 1, 1, 0, 1, 16, 10),
        (28, 1, 2, 0, 1, 9, 11),
        (62, 3, 1, 0, 1, 3, 9),
        (57, 3, 2, 1, 1, 3, 16),
        (6, 3, 1, 0, 1, 33, 8),
        (14, 3, 1, 1, 40, 1, 1),
        (7, 3, 1, 1, 40, 1, 1),
        (56, 3, 2, 1, 7, 1, 1),
        (28, 5, 1, 2, 9, 1, 1),
        (28, 5, 2, 2, 9, 1, 1),
        (14, 3, 1, 1, 4, 8, 8),
        (9, 1, 1, 0, 3, 5, 1),
    ] {
        let shape = square(side, kernel, stride, before);
        let (input, bias) = (noise(groups * ins * side * side, side), noise(groups * outs, ins));
        let weights = noise(groups * outs * ins * kernel * kernel, outs);
        let wanted = convolved(shape, (groups, ins, outs), &input, &weights, &bias);
        for simd in &versions {
            let convolution = Convolution::new(shape.window(*simd), groups, groups * ins, &weights, &bias).unwrap();
            let mut found = vec![f32::NAN; wanted.len()];
            convolution.run(&input, ALONE, &mut found);
            let apart = found.iter().zip(&wanted).map(|(found, wanted)| (f64::from(*found) - wanted).abs());
            let most = apart.fold(0.0_f64, |most: f64, one| if one > most || one.is_nan() { one } else { most });
            assert!(most < 2e-4, "{simd:?}, {shape:?}, {ins} to {outs} in {groups}: {most}");
        }
    }
}

/// The definition: for each output, the sum over its window in every channel of its group.
fn convolved(
    shape: Shape,
    (groups, ins, outs): (usize, usize, usize),
    input: &[f32],
    weights: &[f32],
    bias: &[f32],
) -> Vec<f64> {
    let (area, taps) = (shape.input.rows * shape.input.columns, shape.kernel.rows * shape.kernel.columns);
    let sum = |output: usize, row: usize, column: usize| {
        let mut sum = f64::from(bias[output]);
        let under = shape.taps(row, column);
        for channel in 0..ins {
            let from = (output / outs * ins + channel) * area;
            for (tap, place) in under.iter().enumerate() {
                let weight = f64::from(weights[(output * ins + channel) * taps + tap]);
                sum += place.map_or(0.0, |place| f64::from(input[from + place]) * weight);
            }
        }
        sum
    };
    let outputs = (0..groups * outs).flat_map(|output| shape.outputs().map(move |place| (output, place)));
    outputs.map(|(output, (row, column))| sum(output, row, column)).collect()
}

#[test]
fn a_convolution_that_is_scaled_gives_its_sums_times_the_scale_plus_the_shift() {
    let shape = Shape { input: sides(9, 9), output: sides(7, 7), kernel: sides(3, 3), ..AS_IS };
    for (groups, ins, outs) in [(1, 5, 11), (2, 3, 9), (12, 1, 1)] {
        let (input, weights) = (noise(groups * ins * 81, 1), noise(groups * outs * ins * 9, 2));
        let (scale, shift) = (noise(groups * outs, 3), noise(groups * outs, 4));
        let bias = noise(groups * outs, 5);
        let sums = convolved(shape, (groups, ins, outs), &input, &weights, &bias);
        let by_output = sums.chunks(49).zip(scale.iter().zip(&shift));
        let wanted = by_output
            .flat_map(|(sums, (scale, shift))| sums.iter().map(move |sum| sum * f64::from(*scale) + f64::from(*shift)));
        let convolution =
            Convolution::new(shape.window(Simd::fastest()), groups, groups * ins, &weights, &bias).unwrap();
        let mut found = vec![f32::NAN; sums.len()];
        convolution.scaled(&scale, &shift).unwrap().run(&input, ALONE, &mut found);
        close(&found, &wanted.collect::<Vec<f64>>()).unwrap();
        assert!(convolution.scaled(&scale[1..], &shift).is_none());
    }
}

#[test]
fn a_dense_layer_is_a_dot_product_for_each_output_scaled_shifted_and_held_to_its_bounds() {
    for (inputs, outputs) in [(1, 1), (3, 6), (16, 2), (90, 3), (160, 1), (1281, 5)] {
        let (input, weights) = (noise(inputs, 1), noise(inputs * outputs, 2));
        let (scale, shift) = (noise(outputs, 3), noise(outputs, 4));
        let by_output = weights.chunks(inputs).zip(scale.iter().zip(&shift));
        let wanted = by_output.map(|(row, (scale, shift))| {
            let sum: f64 = row.iter().zip(&input).map(|(weight, number)| f64::from(*weight) * f64::from(*number)).sum();
            (sum * f64::from(*scale) + f64::from(*shift)).clamp(-0.5, 0.75)
        });
        let dense = Dense::new(outputs, weights.clone()).unwrap().scaled(&scale, &shift).unwrap();
        let wanted: Vec<f64> = wanted.collect();
        for simd in Simd::all() {
            let mut found = vec![f32::NAN; outputs];
            dense.with(simd).run(&input, (-0.5, 0.75), &mut found);
            close(&found, &wanted).unwrap();
        }
        assert!(dense.scaled(&scale[1..], &shift).is_none());
    }
    assert!(Dense::new(2, vec![0.0; 3]).is_none() && Dense::new(0, vec![]).is_none());
}

#[test]
fn a_softmax_is_the_share_of_each_exponential_of_its_row() {
    for (rows, columns) in [(1, 101), (40, 2), (3, 1)] {
        let input: Vec<f32> = noise(rows * columns, rows).iter().map(|number| number * 30.0).collect();
        let mut found = vec![f32::NAN; input.len()];
        softmax(columns, &input, &mut found);
        let share = |row: &[f32]| {
            let exponentials: Vec<f64> = row.iter().map(|number| f64::from(*number).exp()).collect();
            let sum: f64 = exponentials.iter().sum();
            exponentials.into_iter().map(move |one| one / sum)
        };
        close(&found, &input.chunks(columns).flat_map(share).collect::<Vec<f64>>()).unwrap();
    }
}

#[test]
fn rows_become_columns_and_whole_channels_become_one_number() {
    for (rows, columns) in [(40, 3), (5, 4), (1, 7), (7, 1)] {
        let input = noise(rows * columns, rows);
        let wanted: Vec<f32> =
            (0..columns).flat_map(|column| input[column..].iter().step_by(columns)).copied().collect();
        for simd in Simd::all() {
            let mut found = vec![f32::NAN; rows * columns];
            kernel::turn(simd, columns, &input, &mut found);
            assert_eq!(found, wanted);
        }
        let mut found = vec![f32::NAN; rows * columns];
        turn(columns, &input, &mut found);
        assert_eq!(found, wanted);
    }
    for side in [1, 3, 7, 20] {
        let input = noise(2 * side * side, side);
        let whole = Shape { input: sides(side, side), kernel: sides(side, side), ..AS_IS };
        for simd in Simd::all() {
            let mut found = [f32::NAN; 6];
            for (pooling, found) in [Pooling::Max, Pooling::Sum, Pooling::Mean].into_iter().zip(found.chunks_mut(2)) {
                pool(&whole.window(simd), pooling, &input, found);
            }
            let channels = || input.chunks(side * side).map(|channel| channel.iter().map(|pixel| f64::from(*pixel)));
            let largest = channels().map(|channel| channel.fold(f64::NEG_INFINITY, f64::max));
            let sums = || channels().map(Iterator::sum::<f64>);
            let means = sums().map(|sum| sum / (side * side) as f64);
            close(&found, &largest.chain(sums()).chain(means).collect::<Vec<f64>>()).unwrap();
        }
    }
}

#[test]
fn numbers_that_do_not_fit_together_are_refused() {
    let one = sides(1, 1);
    assert_eq!(Window::new(sides(0, 5), one, one, one, one, sides(0, 0)), None);
    let window = Window::new(sides(4, 4), sides(4, 4), one, one, one, sides(0, 0)).unwrap();
    assert_eq!(Convolution::new(window.clone(), 1, 2, &[0.0; 6], &[0.0; 3]).map(|it| it.outputs()), Some(3));
    assert!(Convolution::new(window.clone(), 1, 2, &[0.0; 5], &[0.0; 3]).is_none());
    assert!(Convolution::new(window, 2, 2, &[0.0; 3], &[0.0; 3]).is_none());
}
