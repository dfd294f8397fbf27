//! The samples of a row of blocks, and the rows of the picture that can be made of them.
//!
//! Rows are made while their samples are in the cache. A row of chroma between two others needs the one below it, so the
//! last two rows of a strip wait for the next strip.

use super::colour;
use super::frame::{Colours, Component, Frame};
use super::spare;

/// Rows of the picture that wait for the next strip, where chroma is stretched downwards.
const WAITING: usize = 2;

/// How samples of a component become samples of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    None,
    Across,
    Down,
    Both,
    /// Repeated, so many times across and down.
    Repeat(usize, usize),
}

/// The samples of one component: one strip of blocks, and before it the rows of the strip above that are still needed.
#[derive(Debug)]
pub(super) struct Plane {
    /// Rows of blocks before the samples of this strip.
    kept: usize,
    /// Rows of a strip.
    strip: usize,
    /// Bytes of a row: whole blocks.
    stride: usize,
    /// Samples of a row, and rows, that belong to the picture.
    size: (usize, usize),
    /// Rows of the picture for a row of samples.
    down: usize,
    stretch: Stretch,
    samples: Vec<u8>,
    /// A stretched row.
    row: Vec<u8>,
}

impl Plane {
    fn new(component: &Component, frame: &Frame) -> Self {
        let (across, down) = (frame.widest / component.across, frame.tallest / component.down);
        let stretch = match (across, down) {
            (1, 1) => Stretch::None,
            (2, 1) if component.size.0 > 2 => Stretch::Across,
            (2, 2) if component.size.0 > 2 => Stretch::Both,
            (1, 2) => Stretch::Down,
            _ => Stretch::Repeat(across, down),
        };
        let (kept, strip) = (WAITING / down + 1, component.down * 8);
        let stride = component.blocks.0 * 8;
        Self {
            kept,
            strip,
            stride,
            size: component.size,
            down,
            stretch,
            samples: vec![0; (kept + strip) * stride],
            row: vec![0; component.size.0 * across],
        }
    }

    /// The samples of this strip from block `x` of row `y` of blocks on, and the bytes of a row.
    #[inline(always)]
    pub(super) fn block(&mut self, x: usize, y: usize) -> (&mut [u8], usize) {
        let stride = self.stride;
        (&mut self.samples[(self.kept + y * 8) * stride + x * 8..], stride)
    }

    fn waits(&self) -> bool {
        matches!(self.stretch, Stretch::Both | Stretch::Down)
    }

    /// Row `row` of the samples of the picture, or the nearest that there is; `before` rows are above this strip.
    fn samples(&self, before: usize, row: usize) -> &[u8] {
        let place = (row.min(self.size.1 - 1) + self.kept).saturating_sub(before);
        &self.samples[place * self.stride..][..self.size.0]
    }

    /// What this component is in row `y` of the picture, at least as wide as it; `strips` are above this one.
    fn stretched<'a>(&'a mut self, strips: usize, y: usize, spare: &mut Vec<u16>) -> &'a [u8] {
        let before = strips * self.strip;
        if self.stretch == Stretch::None {
            return self.samples(before, y);
        }
        let mut out = std::mem::take(&mut self.row);
        let own = y / self.down;
        let near = self.samples(before, own);
        let upper = y.is_multiple_of(2);
        let other = if upper { own.saturating_sub(1) } else { own + 1 };
        match self.stretch {
            Stretch::None => {}
            Stretch::Across => colour::widen(near, spare, &mut out),
            Stretch::Down => colour::lower(near, self.samples(before, other), upper, &mut out),
            Stretch::Both => colour::widen_between(near, self.samples(before, other), spare, &mut out),
            Stretch::Repeat(across, _) => {
                for (out, level) in out.chunks_exact_mut(across).zip(near) {
                    out.fill(*level);
                }
            }
        }
        self.row = out;
        &self.row
    }

    /// Makes room for the next strip.
    fn next(&mut self) {
        self.samples.copy_within(self.strip * self.stride.., 0);
    }
}

/// Takes rows of pixels as they are made: the number of the first, and their bytes.
pub(super) type Sink<'a> = &'a mut dyn FnMut(usize, &[u8]);

/// The strips of all components, and the pixels made so far.
pub(super) struct Planes<'a> {
    /// One a component, in the order of the frame.
    pub(super) planes: Vec<Plane>,
    frame: &'a Frame,
    colours: Colours,
    /// Strips that were finished.
    strips: usize,
    /// Rows of the picture that were made.
    rows: usize,
    spare: Vec<u16>,
    /// All pixels, or those of a strip where rows are handed on.
    rgb: Vec<u8>,
    sink: Option<Sink<'a>>,
}

impl<'a> Planes<'a> {
    /// For the pixels of `frame`, 3 bytes each: all of them, or rows for `sink`.
    pub(super) fn new(frame: &'a Frame, colours: Colours, sink: Option<Sink<'a>>) -> Self {
        let planes = frame.components.iter().map(|component| Plane::new(component, frame)).collect();
        let rows = if sink.is_some() { frame.height.min(frame.tallest * 8 + WAITING) } else { frame.height };
        let rgb = spare::take(frame.width * rows * 3); // every byte is written, or it is an error
        Self { planes, frame, colours, strips: 0, rows: 0, spare: Vec::new(), rgb, sink }
    }

    /// Makes pixels of the strip whose samples are all there now.
    pub(super) fn finish_strip(&mut self) {
        let before = self.strips;
        self.strips += 1;
        let waiting = if self.planes.iter().any(Plane::waits) { WAITING } else { 0 };
        let last = self.strips == self.frame.strips;
        let until = if last { self.frame.height } else { self.strips * self.frame.tallest * 8 - waiting };
        let width = self.frame.width * 3;
        let above = if self.sink.is_some() { self.rows } else { 0 };
        for y in self.rows..until {
            let Some(rgb) = self.rgb.get_mut((y - above) * width..(y - above + 1) * width) else { break };
            let spare = &mut self.spare;
            let mut row = |plane| Plane::stretched(plane, before, y, spare);
            match (self.colours, self.planes.as_mut_slice()) {
                (Colours::Gray, [gray]) => {
                    let gray = row(gray);
                    colour::join(gray, gray, gray, rgb);
                }
                (Colours::Rgb, [red, green, blue]) => colour::join(row(red), row(green), row(blue), rgb),
                (Colours::Ycc, [luma, blue, red]) => colour::to_rgb(row(luma), row(blue), row(red), rgb),
                (Colours::Cmyk, [cyan, magenta, yellow, black]) => {
                    colour::join(row(cyan), row(magenta), row(yellow), rgb);
                    colour::mix(rgb, row(black));
                }
                (Colours::Ycck, [luma, blue, red, black]) => {
                    colour::to_rgb(row(luma), row(blue), row(red), rgb);
                    rgb.iter_mut().for_each(|level| *level = 255 - *level);
                    colour::mix(rgb, row(black));
                }
                _ => {} // as many components as the colours have: `Frame::colours`
            }
        }
        if let Some(sink) = &mut self.sink {
            sink(above, &self.rgb[..(until - above) * width]);
        }
        self.rows = until;
        self.planes.iter_mut().for_each(Plane::next);
    }

    /// The pixels, where no sink took them.
    pub(super) fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }
}
