//! Convolution and pooling of `f32` pictures, channel by channel in memory, without unsafe code or packing.
//!
//! tract multiplies matrices well but gathers the patches of a convolution one float at a time; for the small networks
//! of this field that is most of the work. Here each channel is split into one plane per phase of the stride, padding
//! included, so that every tap of every window is a plain offset: output position `p` (row x pitch + column) reads
//! `plane[offset + p]`, for dozens of neighbouring positions at once. Positions between the end of an output row and the
//! pitch are computed too and thrown away.
//!
//! Sums run in another order than in other engines, so answers differ from theirs in the last bits of an f32.
#![expect(clippy::indexing_slicing, reason = "kernels: indices come from the sizes that `Window::new` has checked")]

mod kernel;
mod slide;

pub(super) use kernel::Bounds;
use slide::{BEFORE, BEHIND, Channel, Masks};

/// Fewest positions that are computed at once; shorter planes get this much slack.
const BLOCK: usize = kernel::WIDEST;

/// Sizes along rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// The sliding window of a convolution or pooling over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    input: Sides,
    output: Sides,
    kernel: Sides,
    stride: Sides,
    dilation: Sides,
    /// Rows above and columns left of the input.
    before: Sides,
    /// Rows and columns of one phase plane.
    plane: Sides,
    /// The phases of the stride that a tap falls into, as first row and column of the padded input.
    phases: Vec<(usize, usize)>,
    /// Where each tap of the window starts in a channel's planes, row by row.
    taps: Vec<usize>,
    /// Whether a channel is its own plane: stride 1, no padding.
    plain: bool,
    /// For small windows, which are slid over the channel instead.
    masks: Option<Masks>,
}

impl Window {
    /// The window of `kernel` taps `dilation` apart, moved by `stride`; `None` when a side is 0.
    pub(super) fn new(
        input: Sides,
        output: Sides,
        kernel: Sides,
        stride: Sides,
        dilation: Sides,
        before: Sides,
    ) -> Option<Self> {
        let sides = [input, output, kernel, stride, dilation];
        if sides.iter().any(|side| side.rows == 0 || side.columns == 0) {
            return None;
        }
        let reach = |output: usize, stride: usize, kernel: usize, dilation: usize| {
            ((output - 1) * stride + (kernel - 1) * dilation + 1).div_ceil(stride)
        };
        let mut plane = Sides {
            rows: reach(output.rows, stride.rows, kernel.rows, dilation.rows),
            columns: reach(output.columns, stride.columns, kernel.columns, dilation.columns),
        };
        let one = Sides { rows: 1, columns: 1 };
        let plain = stride == one
            && before == (Sides { rows: 0, columns: 0 })
            && plane.rows <= input.rows
            && plane.columns <= input.columns;
        if plain {
            plane = input;
        }
        let place = |tap: usize| (tap / kernel.columns * dilation.rows, tap % kernel.columns * dilation.columns);
        let phase = |(y, x): (usize, usize)| (y % stride.rows, x % stride.columns);
        let places: Vec<_> = (0..kernel.rows * kernel.columns).map(place).collect();
        let mut phases: Vec<_> = places.iter().map(|place| phase(*place)).collect();
        phases.sort_unstable();
        phases.dedup();
        let start = |&(y, x): &(usize, usize)| {
            let number = phases.iter().position(|other| *other == phase((y, x))).unwrap_or(0);
            (number * plane.rows + y / stride.rows) * plane.columns + x / stride.columns
        };
        let taps = places.iter().map(start).collect();
        let dense = dilation == one;
        let masks = dense.then(|| Masks::new(input, output, kernel, stride, before)).flatten();
        Some(Self { input, output, kernel, stride, dilation, before, plane, phases, taps, plain, masks })
    }

    /// Floats of one channel's input.
    pub(super) fn input_area(&self) -> usize {
        self.input.rows * self.input.columns
    }

    /// Floats of one channel's output.
    pub(super) fn output_area(&self) -> usize {
        self.output.rows * self.output.columns
    }

    /// Floats of one channel's planes.
    fn planes(&self) -> usize {
        self.phases.len() * self.plane.rows * self.plane.columns
    }

    /// Positions that are computed: up to the last of the last row.
    fn positions(&self) -> usize {
        (self.output.rows - 1) * self.plane.columns + self.output.columns
    }

    /// Whether outputs stand side by side as positions do.
    fn dense(&self) -> bool {
        self.plane.columns == self.output.columns || self.output.rows == 1
    }

    /// Room for the planes of `channels` channels and one block behind them, filled with `edge`; none where the
    /// channels are their own planes.
    fn room(&self, channels: usize, edge: f32) -> Option<Vec<f32>> {
        let own = self.plain && self.positions() >= BLOCK;
        (!own).then(|| vec![edge; channels * self.planes() + BLOCK])
    }

    /// The masks of a window of 3 x 3 that is slid.
    fn slid(&self) -> Option<&Masks> {
        self.masks.as_ref().filter(|_| self.kernel.rows == 3)
    }

    /// Copies the outputs out of positions.
    fn gather(&self, positions: &[f32], output: &mut [f32]) {
        kernel::gather(positions, self.plane.columns, self.output.columns, output);
    }
}

/// Output channels that are computed together.
const TOGETHER: usize = 8;

/// A convolution with its weights laid out for the kernel.
#[derive(Debug)]
pub(super) struct Convolution {
    window: Window,
    groups: usize,
    inputs: usize,
    outputs: usize,
    /// One input and one output channel a group: weights are one per tap and channel.
    depthwise: bool,
    /// By group, block of [`TOGETHER`] outputs, input channel, tap. Depthwise: by channel and tap, in the first lane.
    weights: Vec<[f32; TOGETHER]>,
    /// Per output channel, padded to whole blocks in each group.
    bias: Vec<f32>,
    /// Where each (input channel, tap) of a group starts.
    offsets: Vec<usize>,
}

impl Convolution {
    /// A convolution of `inputs` channels in `groups`; `weights` are ordered output, input of the group, row, column, and
    /// `bias` has one number per output. `None` when the lengths do not fit together.
    pub(super) fn new(window: Window, groups: usize, inputs: usize, weights: &[f32], bias: &[f32]) -> Option<Self> {
        let (outputs, taps) = (bias.len(), window.taps.len());
        let fits = groups > 0 && inputs > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups);
        if !fits || outputs == 0 || weights.len() != outputs * (inputs / groups) * taps {
            return None;
        }
        let (ins, outs) = (inputs / groups, outputs / groups);
        let steps = ins * taps;
        let depthwise = ins == 1 && outs == 1;
        let blocks = outs.div_ceil(TOGETHER);
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
        Some(Self { window, groups, inputs, outputs, depthwise, weights: laid, bias: bias.to_vec(), offsets })
    }

    /// Whether each channel is convolved for itself, one output each.
    pub(super) fn is_depthwise(&self) -> bool {
        self.depthwise
    }

    /// Fills `output` (outputs x area) from one sample's `input` (inputs x area), held to `bounds`.
    ///
    /// With `next`, a depthwise convolution of the outputs and its bounds, `output` is what comes of both: each block of
    /// outputs is convolved again while it is in cache, which halves the traffic of a MobileNet.
    pub(super) fn run(&self, input: &[f32], bounds: Bounds, next: Option<(&Self, Bounds)>, output: &mut [f32]) {
        let window = &self.window;
        let input = &input[..self.inputs * window.input_area()];
        if self.depthwise {
            let mut depthwise = Depthwise::new(self, bounds);
            for number in 0..self.inputs {
                let output = &mut output[number * window.output_area()..];
                depthwise.channel(number, input, number * window.input_area(), output);
            }
            return;
        }
        match window.room(self.inputs, 0.0) {
            None => self.run_full(input, bounds, next, output),
            Some(mut room) => {
                let channels = input.chunks_exact(window.input_area());
                for (channel, planes) in channels.zip(room.chunks_exact_mut(window.planes())) {
                    kernel::split(window, channel, planes);
                }
                self.run_full(&room, bounds, next, output);
            }
        }
    }

    fn run_full(&self, planes: &[f32], bounds: Bounds, next: Option<(&Self, Bounds)>, output: &mut [f32]) {
        let window = &self.window;
        let (area, positions) = (window.output_area(), window.positions().max(BLOCK));
        let (ins, outs) = (self.inputs / self.groups, self.outputs / self.groups);
        let mut lines = vec![0.0; TOGETHER * positions];
        let mut between = vec![0.0; if next.is_some() { BEFORE + TOGETHER * area + BEHIND } else { 0 }];
        let mut depthwise = next.map(|(next, bounds)| (Depthwise::new(next, bounds), next.window.output_area()));
        let mut weights = self.weights.chunks_exact(self.offsets.len());
        for group in 0..self.groups {
            let planes = &planes[group * ins * window.planes()..];
            for first in (0..outs).step_by(TOGETHER) {
                let Some(weights) = weights.next() else { return };
                let (start, count) = (group * outs + first, TOGETHER.min(outs - first));
                let mut bias = [0.0; TOGETHER];
                bias[..count].copy_from_slice(&self.bias[start..start + count]);
                let block = match depthwise {
                    Some(_) => &mut between[BEFORE..][..count * area],
                    None => &mut output[start * area..(start + count) * area],
                };
                if count == TOGETHER && window.dense() && area >= BLOCK {
                    kernel::convolve(planes, &self.offsets, weights, &bias, bounds, area, block);
                } else {
                    kernel::convolve(planes, &self.offsets, weights, &bias, bounds, positions, &mut lines);
                    for (output, line) in block.chunks_exact_mut(area).zip(lines.chunks_exact(positions)) {
                        window.gather(line, output);
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
        let bias = self.convolution.bias[number];
        if let (Some(masks), Some(weights)) = (window.slid(), weights.first_chunk::<9>()) {
            let channel = Channel::of(input, start, window.input_area(), &mut self.room);
            return slide::depthwise(window, masks, channel, &weights.map(|lanes| lanes[0]), bias, self.bounds, output);
        }
        let (input, output) = (&input[start..], &mut output[..window.output_area()]);
        let planes = if self.room.is_empty() {
            input
        } else {
            kernel::split(window, &input[..window.input_area()], &mut self.room[..window.planes()]);
            &self.room
        };
        if window.dense() && output.len() >= BLOCK {
            return kernel::weighted(planes, &window.taps, weights, bias, self.bounds, output);
        }
        kernel::weighted(planes, &window.taps, weights, bias, self.bounds, &mut self.line);
        window.gather(&self.line, output);
    }
}

/// What a pooling makes of the taps of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    /// The largest; beyond the edge counts as minus infinity.
    Max,
    /// The sum divided by the number of taps; only for windows that stay inside the input.
    Mean,
    /// The sum; beyond the edge counts as 0.
    Sum,
}

/// Fills `output` with the pooled channels of `input`: first down the columns, then along the row that is left.
pub(super) fn pool(window: &Window, pooling: Pooling, input: &[f32], output: &mut [f32]) {
    let (area, area_after) = (window.input_area(), window.output_area());
    let share = if pooling == Pooling::Mean { 1.0 / window.taps.len() as f32 } else { 1.0 };
    let largest = pooling == Pooling::Max;
    let count = (input.len() / area).min(output.len() / area_after);
    if let Some(masks) = window.masks.as_ref().filter(|_| window.stride.rows == 2) {
        let mut room = Vec::new();
        for number in 0..count {
            let channel = Channel::of(input, number * area, area, &mut room);
            slide::pool(window, masks, channel, largest, share, &mut output[number * area_after..]);
        }
        return;
    }
    let edge = if largest { f32::NEG_INFINITY } else { 0.0 };
    let width = (window.output.columns - 1) * window.stride.columns + window.kernel.columns * window.dilation.columns;
    let mut line = vec![edge; width.max(window.before.columns + window.input.columns)];
    for (input, output) in input.chunks_exact(area).zip(output.chunks_exact_mut(area_after)) {
        if largest {
            kernel::pool_largest(window, input, &mut line, output);
        } else {
            kernel::pool_sum(window, input, share, &mut line, output);
        }
    }
}

#[cfg(test)]
mod tests;
