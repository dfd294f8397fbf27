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

pub(super) use kernel::Bounds;

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
    stride: Sides,
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
        Some(Self { input, output, stride, before, plane, phases, taps, plain })
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

    /// Calls `work` with the planes of each channel in turn; they share one room, which stays in cache.
    fn each_channel(&self, input: &[f32], edge: f32, mut work: impl FnMut(usize, &[f32])) {
        let area = self.input_area();
        match self.room(1, edge) {
            None => (0..input.len() / area).for_each(|channel| work(channel, &input[channel * area..])),
            Some(mut room) => {
                for (number, channel) in input.chunks_exact(area).enumerate() {
                    kernel::split(self, channel, &mut room[..self.planes()]);
                    work(number, &room);
                }
            }
        }
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

    /// Fills `output` (outputs x area) from one sample's `input` (inputs x area), held to `bounds`.
    pub(super) fn run(&self, input: &[f32], bounds: Bounds, output: &mut [f32]) {
        let window = &self.window;
        let input = &input[..self.inputs * window.input_area()];
        if self.depthwise {
            return self.run_depthwise(input, bounds, output);
        }
        match window.room(self.inputs, 0.0) {
            None => self.run_full(input, bounds, output),
            Some(mut room) => {
                let channels = input.chunks_exact(window.input_area());
                for (channel, planes) in channels.zip(room.chunks_exact_mut(window.planes())) {
                    kernel::split(window, channel, planes);
                }
                self.run_full(&room, bounds, output);
            }
        }
    }

    fn run_depthwise(&self, input: &[f32], bounds: Bounds, output: &mut [f32]) {
        let window = &self.window;
        let (taps, area) = (window.taps.len(), window.output_area());
        let mut line = vec![0.0; window.positions().max(BLOCK)];
        window.each_channel(input, 0.0, |channel, planes| {
            let weights = &self.weights[channel * taps..][..taps];
            kernel::weighted(planes, &window.taps, weights, self.bias[channel], bounds, &mut line);
            window.gather(&line, &mut output[channel * area..][..area]);
        });
    }

    fn run_full(&self, planes: &[f32], bounds: Bounds, output: &mut [f32]) {
        let window = &self.window;
        let (area, positions) = (window.output_area(), window.positions().max(BLOCK));
        let (ins, outs) = (self.inputs / self.groups, self.outputs / self.groups);
        let mut lines = vec![0.0; TOGETHER * positions];
        let mut weights = self.weights.chunks_exact(self.offsets.len());
        for group in 0..self.groups {
            let planes = &planes[group * ins * window.planes()..];
            for first in (0..outs).step_by(TOGETHER) {
                let Some(weights) = weights.next() else { return };
                let (start, count) = (group * outs + first, TOGETHER.min(outs - first));
                let mut bias = [0.0; TOGETHER];
                bias[..count].copy_from_slice(&self.bias[start..start + count]);
                let output = &mut output[start * area..(start + count) * area];
                if count == TOGETHER && window.dense() && area >= BLOCK {
                    kernel::convolve(planes, &self.offsets, weights, &bias, bounds, area, output);
                    continue;
                }
                kernel::convolve(planes, &self.offsets, weights, &bias, bounds, positions, &mut lines);
                for (output, line) in output.chunks_exact_mut(area).zip(lines.chunks_exact(positions)) {
                    window.gather(line, output);
                }
            }
        }
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

/// Fills `output` with the pooled channels of `input`.
pub(super) fn pool(window: &Window, pooling: Pooling, input: &[f32], output: &mut [f32]) {
    let edge = if pooling == Pooling::Max { f32::NEG_INFINITY } else { 0.0 };
    let mut line = vec![0.0; window.positions().max(BLOCK)];
    let share = if pooling == Pooling::Mean { 1.0 / window.taps.len() as f32 } else { 1.0 };
    let area = window.output_area();
    window.each_channel(input, edge, |channel, planes| {
        match pooling {
            Pooling::Max => kernel::largest(planes, &window.taps, &mut line),
            Pooling::Mean | Pooling::Sum => kernel::summed(planes, &window.taps, share, &mut line),
        }
        window.gather(&line, &mut output[channel * area..][..area]);
    });
}

#[cfg(test)]
mod tests;
