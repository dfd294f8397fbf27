//! The one scan of most files: every component's blocks in turn, made into pixels strip by strip.

use multiversion::multiversion;

use super::Broken;
use super::bits::Stretches;
use super::block::{self, Tables};
use super::frame::{Frame, Header, ScanHeader, table};
use super::planes::Planes;
use super::transform::transform;

/// Reads all pixels into `planes`.
#[multiversion(targets("x86_64+bmi1+bmi2+lzcnt"))]
pub(super) fn read(
    stretches: &mut Stretches<'_>,
    header: &Header,
    frame: &Frame,
    scan: &ScanHeader,
    planes: &mut Planes<'_>,
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
                        let mut coefficients = [0; 64];
                        let last = block::read(&mut bits, *tables, mean, &mut coefficients);
                        let last = last.map_err(|error| stretches.why(&bits, error))?;
                        let (samples, stride) = planes.planes[*place].block(column * component.across + x, y);
                        transform(&coefficients, last, samples, stride);
                    }
                }
            }
        }
        if bits.overdrawn() {
            return Err(stretches.end_too_early());
        }
        planes.finish_strip();
    }
    Ok(())
}
