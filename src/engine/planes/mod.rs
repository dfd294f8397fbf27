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
        let area = plane.rows * plane.columns;
        let taps = (0..kernel.rows * kernel.columns)
            .map(|tap| {
                let (y, x) = (tap / kernel.columns * dilation.rows, tap % kernel.columns * dilation.columns);
                let phase = y % stride.rows * stride.columns + x % stride.columns;
                phase * area + y / stride.rows * plane.columns + x / stride.columns
            })
            .collect();
        Some(Self { input, output, stride, before, plane, taps, plain })
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
        self.stride.rows * self.stride.columns * self.plane.rows * self.plane.columns
    }

    /// Positions that are computed: up to the last of the last row.
    fn positions(&self) -> usize {
        (self.output.rows - 1) * self.plane.columns + self.output.columns
    }

    /// Whether outputs stand side by side as positions do.
    fn dense(&self) -> bool {
        self.plane.columns == self.output.columns || self.output.rows == 1
    }

    /// The planes of all channels of `input`, with room behind them for one block; borrowed where nothing changes.
    fn split<'a>(&self, input: &'a [f32], edge: f32, room: &'a mut Vec<f32>) -> &'a [f32] {
        if self.plain && self.positions() >= BLOCK {
            return input;
        }
        let channels = input.len() / self.input_area();
        room.clear();
        room.resize(channels * self.planes() + BLOCK, edge);
        let area = self.plane.rows * self.plane.columns;
        for (channel, planes) in input.chunks_exact(self.input_area()).zip(room.chunks_exact_mut(self.planes())) {
            for (phase, plane) in planes.chunks_exact_mut(area).enumerate() {
                let first = (phase / self.stride.columns, phase % self.stride.columns);
                for (row, line) in plane.chunks_exact_mut(self.plane.columns).enumerate() {
                    let y = (row * self.stride.rows + first.0).checked_sub(self.before.rows);
                    if let Some(y) = y.filter(|y| *y < self.input.rows) {
                        self.split_row(&channel[y * self.input.columns..][..self.input.columns], first.1, line);
                    }
                }
            }
        }
        room
    }

    /// Every `stride.columns`-th pixel of `row` from column `first` of the padded row on; what lies outside stays.
    fn split_row(&self, row: &[f32], first: usize, line: &mut [f32]) {
        let (stride, before) = (self.stride.columns, self.before.columns);
        // The first place of the line that lies inside the row, and the column it reads.
        let skip = before.saturating_sub(first).div_ceil(stride).min(line.len());
        let start = skip * stride + first - before.min(skip * stride + first);
        let (line, row) = (&mut line[skip..], row.get(start..).unwrap_or_default());
        match stride {
            1 => {
                let length = line.len().min(row.len());
                line[..length].copy_from_slice(&row[..length]);
            }
            2 => {
                let (pairs, rest) = row.as_chunks::<2>();
                line.iter_mut().zip(pairs).for_each(|(place, pair)| *place = pair[0]);
                if let ([last], Some(place)) = (rest, line.get_mut(pairs.len())) {
                    *place = *last;
                }
            }
            _ => line.iter_mut().zip(row.iter().step_by(stride)).for_each(|(place, pixel)| *place = *pixel),
        }
    }

    /// Copies the outputs out of positions.
    fn gather(&self, positions: &[f32], output: &mut [f32]) {
        let lines = positions.chunks(self.plane.columns);
        for (line, positions) in output.chunks_exact_mut(self.output.columns).zip(lines) {
            line.copy_from_slice(&positions[..self.output.columns]);
        }
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
    pub(super) fn new(
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

    /// Fills `output` (outputs x area) from one sample's `input` (inputs x area).
    pub(super) fn run(&self, input: &[f32], output: &mut [f32]) {
        let window = &self.window;
        let mut room = Vec::new();
        let planes = window.split(&input[..self.inputs * window.input_area()], 0.0, &mut room);
        if self.depthwise {
            self.run_depthwise(planes, output);
        } else {
            self.run_full(planes, output);
        }
    }

    fn run_depthwise(&self, planes: &[f32], output: &mut [f32]) {
        let window = &self.window;
        let (taps, positions) = (window.taps.len(), window.positions());
        let mut line = vec![0.0; positions.max(BLOCK)];
        for (channel, output) in output.chunks_exact_mut(window.output_area()).enumerate() {
            let planes = &planes[channel * window.planes()..];
            let weights = &self.weights[channel * taps..][..taps];
            kernel::weighted(planes, &window.taps, weights, self.bias[channel], &mut line);
            window.gather(&line, output);
        }
    }

    fn run_full(&self, planes: &[f32], output: &mut [f32]) {
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
                    kernel::convolve(planes, &self.offsets, weights, &bias, area, output);
                    continue;
                }
                kernel::convolve(planes, &self.offsets, weights, &bias, positions, &mut lines);
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
    let mut room = Vec::new();
    let planes = window.split(input, edge, &mut room);
    let mut line = vec![0.0; window.positions().max(BLOCK)];
    let share = if pooling == Pooling::Mean { 1.0 / window.taps.len() as f32 } else { 1.0 };
    for (channel, output) in output.chunks_exact_mut(window.output_area()).enumerate() {
        let planes = &planes[channel * window.planes()..];
        match pooling {
            Pooling::Max => kernel::largest(planes, &window.taps, &mut line),
            Pooling::Mean | Pooling::Sum => kernel::summed(planes, &window.taps, share, &mut line),
        }
        window.gather(&line, output);
    }
}

#[cfg(test)]
mod tests;
