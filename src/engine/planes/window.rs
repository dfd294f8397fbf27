//! The window that a convolution or pooling slides over a channel, and the planes that a channel is split into for it.

use super::BLOCK;
use super::kernel;
use super::simd::Simd;
use super::slide::Masks;

/// Sizes along rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Sides {
    pub(in crate::engine) rows: usize,
    pub(in crate::engine) columns: usize,
}

const ONE: Sides = Sides { rows: 1, columns: 1 };

/// The sliding window of a convolution or pooling over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Window {
    pub(super) input: Sides,
    pub(super) output: Sides,
    pub(super) kernel: Sides,
    pub(super) stride: Sides,
    pub(super) dilation: Sides,
    /// Rows above and columns left of the input.
    pub(super) before: Sides,
    /// Rows and columns of one phase plane.
    pub(super) plane: Sides,
    /// The phases of the stride that a tap falls into, as first row and column of the padded input.
    pub(super) phases: Vec<(usize, usize)>,
    /// Where each tap of the window starts in a channel's planes, row by row.
    pub(super) taps: Vec<usize>,
    /// Whether a channel is its own plane: stride 1, no padding.
    pub(super) plain: bool,
    /// For small windows, which are slid over the channel instead.
    pub(super) masks: Option<Masks>,
    pub(super) simd: Simd,
}

impl Window {
    /// The window of `kernel` taps `dilation` apart, moved by `stride`; `None` when a side is 0.
    pub(in crate::engine) fn new(
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
        let plain = stride == ONE
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
        let dense = dilation == ONE;
        let masks = dense.then(|| Masks::new(input, output, kernel, stride, before)).flatten();
        let simd = Simd::fastest();
        Some(Self { input, output, kernel, stride, dilation, before, plane, phases, taps, plain, masks, simd })
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
    pub(super) fn planes(&self) -> usize {
        self.phases.len() * self.plane.rows * self.plane.columns
    }

    /// Positions that are computed: up to the last of the last row.
    pub(super) fn positions(&self) -> usize {
        (self.output.rows - 1) * self.plane.columns + self.output.columns
    }

    /// Whether the first window lies on the input exactly.
    pub(super) fn covers(&self) -> bool {
        self.kernel == self.input && self.before.rows == 0 && self.before.columns == 0 && self.dilation == ONE
    }

    /// Whether outputs stand side by side as positions do.
    pub(super) fn dense(&self) -> bool {
        self.plane.columns == self.output.columns || self.output.rows == 1
    }

    /// Room for the planes of `channels` channels and one block behind them, filled with `edge`; none where the
    /// channels are their own planes.
    pub(super) fn room(&self, channels: usize, edge: f32) -> Option<Vec<f32>> {
        let own = self.plain && self.positions() >= BLOCK;
        (!own).then(|| vec![edge; channels * self.planes() + BLOCK])
    }

    /// The masks of a window of 3 x 3 that is slid.
    pub(super) fn slid(&self) -> Option<&Masks> {
        self.masks.as_ref().filter(|_| self.kernel.rows == 3)
    }

    /// Copies the outputs out of positions.
    pub(super) fn gather(&self, positions: &[f32], output: &mut [f32]) {
        kernel::gather(self.simd, positions, self.plane.columns, self.output.columns, output);
    }
}
