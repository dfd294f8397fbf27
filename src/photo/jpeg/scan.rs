//! The one scan of most files: every component's blocks in turn, strip by strip, and what is made of them.

use multiversion::multiversion;

use super::Broken;
use super::bits::Stretches;
use super::block::{self, Tables};
use super::frame::{Frame, Header, ScanHeader, table};
use super::planes::Planes;
use super::transform::{Block, transform};

/// What is made of the blocks of a scan.
pub(super) trait Take {
    /// Whether the blocks of this component are needed; of others it is only seen to that their bits are sound.
    fn wants(&self, component: usize) -> bool;
    /// Takes the block in column `x` of row `y` of the component's blocks in this strip; every coefficient behind `last`, in
    /// zigzag order, is zero.
    fn take(&mut self, component: usize, block: &Block, last: usize, x: usize, y: usize);
    /// All blocks of the strip were taken.
    fn finish_strip(&mut self);
}

impl Take for Planes<'_> {
    #[inline(always)]
    fn wants(&self, _: usize) -> bool {
        true
    }

    #[inline(always)]
    fn take(&mut self, component: usize, block: &Block, last: usize, x: usize, y: usize) {
        let (samples, stride) = self.planes[component].block(x, y);
        transform(block, last, samples, stride);
    }

    fn finish_strip(&mut self) {
        Planes::finish_strip(self);
    }
}

/// Reads all pixels into `planes`.
#[multiversion(targets("x86_64+bmi1+bmi2+lzcnt"))]
pub(super) fn read(
    stretches: &mut Stretches<'_>,
    header: &Header,
    frame: &Frame,
    scan: &ScanHeader,
    planes: &mut Planes<'_>,
) -> Result<(), Broken> {
    walk(stretches, header, frame, scan, planes)
}

/// Hands each block of the scan to `taker`. Compiled into its callers, for the instructions that they may use.
#[inline(always)]
pub(super) fn walk(
    stretches: &mut Stretches<'_>,
    header: &Header,
    frame: &Frame,
    scan: &ScanHeader,
    taker: &mut impl Take,
) -> Result<(), Broken> {
    let mut parts = Vec::new();
    for &(place, means, others) in &scan.components {
        let component = &frame.components[place];
        let steps = header.steps_of(component)?;
        let tables = Tables { means: table(&header.means, means)?, others: table(&header.others, others)?, steps };
        parts.push((place, component, tables, 0_i16));
    }
    let (mut unit, mut restarts) = (0, 0);
    let mut bits = stretches.bits();
    for _ in 0..frame.strips {
        for column in 0..frame.columns {
            if header.restart > 0 && unit == header.restart {
                let overdrawn = bits.overdrawn();
                stretches.restart(restarts, overdrawn)?;
                bits = stretches.bits();
                (unit, restarts) = (0, restarts + 1);
                parts.iter_mut().for_each(|(.., mean)| *mean = 0);
            }
            unit += 1;
            for (place, component, tables, mean) in &mut parts {
                for y in 0..component.down {
                    for x in 0..component.across {
                        if !taker.wants(*place) {
                            let skipped = block::skip(&mut bits, *tables, mean);
                            skipped.map_err(|error| stretches.why(&bits, error))?;
                            continue;
                        }
                        let mut coefficients = [0; 64];
                        let last = block::read(&mut bits, *tables, mean, &mut coefficients);
                        let last = last.map_err(|error| stretches.why(&bits, error))?;
                        taker.take(*place, &coefficients, last, column * component.across + x, y);
                    }
                }
            }
        }
        if bits.overdrawn() {
            return Err(stretches.end_too_early());
        }
        taker.finish_strip();
    }
    Ok(())
}
