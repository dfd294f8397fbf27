//! A quarter of the rows and columns, light and dark alone: each sample is the mean of 4 x 4, made of the coefficients
//! themselves. Every bit of the file is read, so that damage is found as it is when all pixels are made.

use image::metadata::Orientation;
use multiversion::multiversion;

use super::bits::Stretches;
use super::frame::{Colours, Component, Frame, Header, ScanHeader, placed};
use super::progressive::Coefficients;
use super::scan::{Take, walk};
use super::transform::{Block, place_of};
use super::{Broken, File, Opened, PhotoError, is_one_scan};

/// Light and dark, each sample the mean of 4 x 4 pixels.
pub(in crate::photo) struct Quarter {
    /// Samples, row by row; those at the right and lower end may reach over the picture's edge.
    pub(in crate::photo) levels: Vec<f32>,
    /// Samples of a row.
    pub(in crate::photo) stride: usize,
    /// The size of the picture as it is stored, in pixels.
    pub(in crate::photo) size: (u32, u32),
    pub(in crate::photo) orientation: Orientation,
}

impl Opened<'_> {
    /// Whether [`Opened::quarter`] can be made: the first component is light and dark, in as many samples as pixels.
    pub(in crate::photo) fn has_quarter(&self) -> bool {
        let luma = matches!(self.header.colours(&self.frame), Colours::Gray | Colours::Ycc);
        luma && self
            .frame
            .components
            .first()
            .is_some_and(|first| (first.across, first.down) == (self.frame.widest, self.frame.tallest))
    }

    /// Reads the whole file, and makes a quarter of its rows and columns.
    pub(in crate::photo) fn quarter(self) -> Result<Quarter, PhotoError> {
        let size = self.size();
        let Self { file, mut header, frame, scan } = self;
        let mut halves = Halves::new(&frame);
        if is_one_scan(&frame, &scan) {
            let mut stretches = Stretches::new(file.bytes, file.place);
            read(&mut stretches, &header, &frame, &scan, &mut halves)?;
            super::end_of_picture(file.bytes, stretches.place())?;
        } else {
            all_scans(file, &mut header, &frame, scan, &mut halves)?;
        }
        let orientation = header.orientation.unwrap_or(Orientation::NoTransforms);
        Ok(Quarter { levels: halves.levels, stride: halves.stride, size, orientation })
    }
}

/// Four means a block.
struct Halves {
    levels: Vec<f32>,
    stride: usize,
    /// Rows of blocks of a strip.
    strip: usize,
    /// Rows of blocks above this strip.
    above: usize,
}

/// The first output of the cosine transform's halves: the mean of its first four values where the coefficient of this
/// number is 1 and all others are 0 (even numbers but 0 cancel out); the last four have the opposite sign.
///
/// Source: ITU-T T.81, A.3.3, summed over x = 0..3 and y = 0..3.
const ODD: [(usize, f32); 4] = [(1, 0.320_364_43), (3, -0.112_497_03), (5, 0.075_168_11), (7, -0.063_724_45)];
/// The same for number 0: 1 / (2 sqrt 2).
const MEAN: f32 = std::f32::consts::FRAC_1_SQRT_2 / 2.0;

impl Halves {
    fn new(frame: &Frame) -> Self {
        let first = frame.components.first();
        let ((columns, rows), strip) = first.map_or(((0, 0), 0), |component| (component.blocks, component.down));
        Self { levels: vec![0.0; columns * rows * 4], stride: columns * 2, strip, above: 0 }
    }

    /// Puts the means of the block in column `x` of row `y` of blocks in their places.
    #[inline(always)]
    fn put(&mut self, block: &Block, last: usize, x: usize, y: usize) {
        let at = |row: usize, column: usize| f32::from(block[place_of(row, column)]);
        let mean = at(0, 0) * MEAN * MEAN + 128.0;
        let mut quarters = [mean; 4];
        if last > 0 {
            let across: f32 = ODD.iter().map(|(u, weight)| at(0, *u) * weight).sum::<f32>() * MEAN;
            let down: f32 = ODD.iter().map(|(v, weight)| at(*v, 0) * weight).sum::<f32>() * MEAN;
            let mut both = 0.0;
            for (v, down) in ODD {
                both += ODD.iter().map(|(u, across)| at(v, *u) * across).sum::<f32>() * down;
            }
            quarters = [
                mean + across + down + both,
                mean - across + down - both,
                mean + across - down - both,
                mean - across - down + both,
            ];
        }
        let first = 2 * y * self.stride + 2 * x;
        for (row, pair) in quarters.as_chunks::<2>().0.iter().enumerate() {
            if let Some(place) = self.levels.get_mut(first + row * self.stride..first + row * self.stride + 2) {
                place.copy_from_slice(pair);
            }
        }
    }
}

impl Take for Halves {
    #[inline(always)]
    fn wants(&self, component: usize) -> bool {
        component == 0
    }

    #[inline(always)]
    fn take(&mut self, _: usize, block: &Block, last: usize, x: usize, y: usize) {
        self.put(block, last, x, self.above + y);
    }

    fn finish_strip(&mut self) {
        self.above += self.strip;
    }
}

/// Reads the means of the first component, and of the others whether they are sound.
#[multiversion(targets("x86_64+bmi1+bmi2+lzcnt"))]
fn read(
    stretches: &mut Stretches<'_>,
    header: &Header,
    frame: &Frame,
    scan: &ScanHeader,
    halves: &mut Halves,
) -> Result<(), Broken> {
    walk(stretches, header, frame, scan, halves)
}

/// Files of several scans: all coefficients, then the means of the first component.
fn all_scans(
    file: File<'_>,
    header: &mut Header,
    frame: &Frame,
    scan: ScanHeader,
    halves: &mut Halves,
) -> Result<(), Broken> {
    let coefficients = super::coefficients(file, header, frame, scan)?;
    let (blocks, steps) = coefficients.whole()?;
    let steps = placed(steps);
    let columns = frame.components.first().map_or(1, |component: &Component| component.blocks.0);
    for (place, block) in blocks.iter().enumerate() {
        let mut multiplied = *block;
        multiplied.iter_mut().zip(steps).for_each(|(number, step)| *number = number.wrapping_mul(step));
        halves.put(&multiplied, 63, place % columns, place / columns);
    }
    Ok(())
}

impl Coefficients {
    /// The first component's blocks and steps. A component that no scan had is an error.
    fn whole(&self) -> Result<(&[Block], &[i16; 64]), Broken> {
        let all = self.parts().iter().all(|(_, steps)| steps.is_some());
        match self.parts().first() {
            Some((blocks, Some(steps))) if all => Ok((blocks, steps)),
            _ => Err(Broken::Truncated),
        }
    }
}
