//! A convolution with what comes behind it: full, in groups, or depthwise.

use super::kernel::{self, Bounds, Weighed};
use super::slide::{self, BEFORE, BEHIND, Channel, Slid};
use super::sums::{self, Sums};
use super::window::Window;
use super::{BLOCK, TOGETHER, UNBOUNDED};

/// What comes behind the sums of a convolution.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Behind<'a> {
    /// Added to each output: a shortcut around the convolution. Laid out as the output; none where another convolution
    /// follows.
    pub(in crate::engine) plus: Option<&'a [f32]>,
    pub(in crate::engine) bounds: Bounds,
    /// A depthwise convolution of the outputs, with its bounds: the output is what comes of both. Each block of outputs
    /// is convolved again while it is in cache, which halves the traffic of a MobileNet.
    pub(in crate::engine) next: Option<(&'a Convolution, Bounds)>,
}

/// A convolution with its weights laid out for the kernel.
#[derive(Debug)]
pub(in crate::engine) struct Convolution {
    window: Window,
    groups: usize,
    inputs: usize,
    outputs: usize,
    /// One input and one output channel a group: weights are one per tap and channel.
    depthwise: bool,
    /// By group, block of [`TOGETHER`] outputs, input channel, tap. Depthwise: by channel and tap, in the first lane.
    weights: Vec<[f32; TOGETHER]>,
    /// By group and block of outputs. Depthwise: by channel, in the first lane.
    bias: Vec<[f32; TOGETHER]>,
    /// Where each (input channel, tap) of a group starts.
    offsets: Vec<usize>,
}

impl Convolution {
    /// A convolution of `inputs` channels in `groups`; `weights` are ordered output, input of the group, row, column, and
    /// `bias` has one number per output. `None` when the lengths do not fit together.
    pub(in crate::engine) fn new(
        window: Window,
        groups: usize,
        inputs: usize,
        weights: &[f32],
        bias: &[f32],
    ) -> Option<Self> {
        let (outputs, taps) = (bias.len(), window.taps.len());
        let fits = groups > 0 && inputs > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups);
        if !fits || outputs == 0 || weights.len() != outputs * (inputs / groups) * taps {
            return None;
        }
        let (ins, outs) = (inputs / groups, outputs / groups);
        let steps = ins * taps;
        let depthwise = ins == 1 && outs == 1;
        let blocks = outs.div_ceil(TOGETHER);
        let mut padded = vec![[0.0; TOGETHER]; if depthwise { outputs } else { groups * blocks }];
        for (output, &bias) in bias.iter().enumerate() {
            let (group, place) = (output / outs, output % outs);
            padded[group * blocks + place / TOGETHER][place % TOGETHER] = bias;
        }
        let laid = if depthwise {
            weights.iter().map(|weight| [*weight; TOGETHER]).collect()
        } else {
            let mut laid = vec![[0.0; TOGETHER]; groups * blocks * steps];
            for (output, weights) in weights.chunks_exact(steps).enumerate() {
                let (group, place) = (output / outs, output % outs);
                let block = (group * blocks + place / TOGETHER) * steps;
                for (weight, laid) in weights.iter().zip(&mut laid[block..block + steps]) {
                    laid[place % TOGETHER] = *weight;
                }
            }
            laid
        };
        let offsets = (0..ins).flat_map(|input| window.taps.iter().map(move |tap| (input, tap)));
        let offsets = offsets.map(|(input, tap)| input * window.planes() + tap).collect();
        Some(Self { window, groups, inputs, outputs, depthwise, weights: laid, bias: padded, offsets })
    }

    /// The convolution with each output multiplied by its number of `scale`, then increased by its number of `shift`: a
    /// batch normalisation taken in. `None` when there is not one number for each output.
    pub(in crate::engine) fn scaled(&self, scale: &[f32], shift: &[f32]) -> Option<Self> {
        if scale.len() != self.outputs || shift.len() != self.outputs {
            return None;
        }
        let (outs, taps) = (self.outputs / self.groups, self.window.taps.len());
        let (blocks, steps) = (outs.div_ceil(TOGETHER), self.offsets.len());
        let (mut weights, mut bias) = (self.weights.clone(), self.bias.clone());
        for (output, (scale, shift)) in scale.iter().zip(shift).enumerate() {
            let (block, lane) = (output / outs * blocks + output % outs / TOGETHER, output % outs % TOGETHER);
            bias[block][lane] = bias[block][lane].mul_add(*scale, *shift);
            if self.depthwise {
                weights[output * taps..][..taps].as_flattened_mut().iter_mut().for_each(|weight| *weight *= scale);
            } else {
                weights[block * steps..][..steps].iter_mut().for_each(|lanes| lanes[lane] *= scale);
            }
        }
        Some(Self { window: self.window.clone(), offsets: self.offsets.clone(), weights, bias, ..*self })
    }

    /// Outputs of one sample.
    pub(in crate::engine) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Whether each channel is convolved for itself, one output each.
    pub(in crate::engine) fn is_depthwise(&self) -> bool {
        self.depthwise
    }

    /// Fills `output` (outputs x area) from one sample's `input` (inputs x area).
    pub(in crate::engine) fn run(&self, input: &[f32], behind: Behind<'_>, output: &mut [f32]) {
        let window = &self.window;
        let input = &input[..self.inputs * window.input_area()];
        if self.depthwise {
            let bounds = if behind.plus.is_some() { UNBOUNDED } else { behind.bounds };
            let mut depthwise = Depthwise::new(self, bounds);
            for number in 0..self.inputs {
                let output = &mut output[number * window.output_area()..];
                depthwise.channel(number, input, number * window.input_area(), output);
            }
            if let Some(plus) = behind.plus {
                kernel::finish(window.simd, plus, behind.bounds, output);
            }
            return;
        }
        match window.room(self.inputs, 0.0) {
            None => self.run_full(input, behind, output),
            Some(mut room) => {
                let channels = input.chunks_exact(window.input_area());
                for (channel, planes) in channels.zip(room.chunks_exact_mut(window.planes())) {
                    kernel::split(window.simd, window, channel, planes);
                }
                self.run_full(&room, behind, output);
            }
        }
    }

    fn run_full(&self, planes: &[f32], Behind { plus, bounds, next }: Behind<'_>, output: &mut [f32]) {
        let window = &self.window;
        let (area, pitch) = (window.output_area(), window.plane.columns);
        let (ins, outs, steps) = (self.inputs / self.groups, self.outputs / self.groups, self.offsets.len());
        // All positions as one row where nothing stands between the rows; rows one by one where they fill blocks, or where
        // so little is summed that copying the rows apart would show.
        let dense = window.dense() && area >= BLOCK;
        let filled = matches!(window.output.columns % sums::WIDEST, 0 | 25..) || steps <= 2 * sums::WIDEST;
        let direct = dense || window.output.columns >= sums::WIDEST && filled;
        let (rows, columns) = match (dense, direct) {
            (true, _) => (1, area),
            (false, true) => (window.output.rows, window.output.columns),
            (false, false) => (1, window.positions().max(BLOCK)),
        };
        let together = if direct { self.together(next.is_some()) } else { TOGETHER };
        let mut lines = vec![0.0; if direct { 0 } else { TOGETHER * columns }];
        let mut between = vec![0.0; if next.is_some() { BEFORE + together * area + BEHIND } else { 0 }];
        let mut depthwise = next.map(|(next, bounds)| (Depthwise::new(next, bounds), next.window.output_area()));
        let blocks = outs.div_ceil(TOGETHER);
        let groups = self.weights.chunks_exact(blocks * steps).zip(self.bias.chunks_exact(blocks));
        for (group, (weights, bias)) in groups.enumerate() {
            let planes = &planes[group * ins * window.planes()..];
            let weights = weights.chunks(together / TOGETHER * steps).zip(bias.chunks(together / TOGETHER));
            for (first, (weights, bias)) in (0..outs).step_by(together).zip(weights) {
                let (start, count) = (group * outs + first, together.min(outs - first));
                let block = match depthwise {
                    Some(_) => &mut between[BEFORE..][..count * area],
                    None => &mut output[start * area..(start + count) * area],
                };
                let plus = plus.map(|plus| &plus[start * area..(start + count) * area]);
                let offsets = &self.offsets;
                let sums = Sums { planes, offsets, weights, bias, plus, bounds, rows, columns, pitch };
                if direct {
                    sums::convolve(window.simd, sums, block);
                } else {
                    let held = if plus.is_some() { UNBOUNDED } else { bounds };
                    let sums = Sums { plus: None, bounds: held, ..sums };
                    sums::convolve(window.simd, sums, &mut lines[..count * columns]);
                    for (output, line) in block.chunks_exact_mut(area).zip(lines.chunks_exact(columns)) {
                        window.gather(line, output);
                    }
                    if let Some(plus) = plus {
                        kernel::finish(window.simd, plus, bounds, block);
                    }
                }
                if let Some((depthwise, area_after)) = &mut depthwise {
                    for number in 0..count {
                        let output = &mut output[(start + number) * *area_after..];
                        depthwise.channel(start + number, &between, BEFORE + number * area, output);
                    }
                }
            }
        }
    }

    /// Outputs that are computed for a block of positions before the next: all of them where the inputs of a block stay
    /// in the nearest cache, but no more than do in the next where a depthwise convolution waits for them.
    fn together(&self, paired: bool) -> usize {
        const NEAR: usize = 8 * 1024;
        const FAR: usize = 64 * 1024;
        let all = self.outputs.next_multiple_of(TOGETHER);
        if self.offsets.len() * sums::WIDEST > NEAR {
            TOGETHER
        } else if paired {
            (FAR / self.window.output_area() / TOGETHER * TOGETHER).clamp(TOGETHER, all)
        } else {
            all
        }
    }
}

/// A depthwise convolution at work: the room of one channel, which stays in cache.
struct Depthwise<'a> {
    convolution: &'a Convolution,
    bounds: Bounds,
    /// One channel, where it cannot be read as it lies.
    room: Vec<f32>,
    line: Vec<f32>,
}

impl<'a> Depthwise<'a> {
    fn new(convolution: &'a Convolution, bounds: Bounds) -> Self {
        let window = &convolution.window;
        let slid = window.slid().is_some();
        let room = if slid { None } else { window.room(1, 0.0) };
        let line = vec![0.0; if slid { 0 } else { window.positions().max(BLOCK) }];
        Self { convolution, bounds, room: room.unwrap_or_default(), line }
    }

    /// Convolves channel `number`, which starts at `start` of `input`, to the start of `output`; what stands behind it
    /// there may change.
    fn channel(&mut self, number: usize, input: &[f32], start: usize, output: &mut [f32]) {
        let (window, taps) = (&self.convolution.window, self.convolution.window.taps.len());
        let weights = &self.convolution.weights[number * taps..][..taps];
        let bias = self.convolution.bias[number][0];
        if let (Some(masks), Some(weights)) = (window.slid(), weights.first_chunk::<9>()) {
            let channel = Channel::of(input, start, window.input_area(), &mut self.room);
            let weights = &weights.map(|lanes| lanes[0]);
            let slid = Slid { window, masks, weights, bias, bounds: self.bounds };
            return slide::depthwise(window.simd, slid, channel, output);
        }
        let (input, output) = (&input[start..], &mut output[..window.output_area()]);
        let planes = if self.room.is_empty() {
            input
        } else {
            kernel::split(window.simd, window, &input[..window.input_area()], &mut self.room[..window.planes()]);
            &self.room
        };
        let weighed = Weighed { taps: &window.taps, weights, bias, bounds: self.bounds };
        if window.dense() && output.len() >= BLOCK {
            return kernel::weigh(window.simd, planes, weighed, output);
        }
        kernel::weigh(window.simd, planes, weighed, &mut self.line);
        window.gather(&self.line, output);
    }
}
