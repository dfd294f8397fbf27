//! Files of several scans: progressive ones, and those that hold one component after another. All coefficients are kept
//! until the last scan was read.

use super::Broken;
use super::bits::{Bits, Stretches};
use super::block::{self, Tables};
use super::frame::{Component, Frame, Header, ScanHeader, placed, table};
use super::huffman::Table;
use super::planes::Planes;
use super::transform::{Block, PLACES, transform};

/// Steps of coefficients that are multiplied later.
const ONES: [i16; 64] = [1; 64];

/// The coefficients of all components, as far as scans have told them.
pub(super) struct Coefficients {
    /// One a component: its blocks, and its steps once a scan had it.
    parts: Vec<(Vec<Block>, Option<[i16; 64]>)>,
}

impl Coefficients {
    /// For the blocks of `frame`, all zero.
    pub(super) fn new(frame: &Frame) -> Self {
        let blocks = |component: &Component| vec![[0; 64]; component.blocks.0 * component.blocks.1];
        Self { parts: frame.components.iter().map(|component| (blocks(component), None)).collect() }
    }

    /// One a component: its blocks, and its steps once a scan had it.
    pub(super) fn parts(&self) -> &[(Vec<Block>, Option<[i16; 64]>)] {
        &self.parts
    }

    /// Takes in one scan.
    pub(super) fn read(
        &mut self,
        stretches: &mut Stretches<'_>,
        header: &Header,
        frame: &Frame,
        scan: &ScanHeader,
    ) -> Result<(), Broken> {
        let mut readers = Vec::new();
        for &(place, means, others) in &scan.components {
            let steps = header.steps_of(&frame.components[place])?;
            self.parts[place].1.get_or_insert(*steps); // those of its first scan
            readers.push((place, Reader::new(header, frame, scan, (means, others))?));
        }
        let single = match readers.as_slice() {
            [(place, _)] => Some(&frame.components[*place]),
            _ => None,
        };
        // A scan of one component has its blocks one by one, without those that only fill up units.
        let (columns, rows) = single.map_or((frame.columns, frame.strips), |component| {
            (component.size.0.div_ceil(8), component.size.1.div_ceil(8))
        });
        let (mut unit, mut restarts) = (0, 0);
        let mut bits = stretches.bits();
        for row in 0..rows {
            for column in 0..columns {
                if header.restart > 0 && unit == header.restart {
                    let overdrawn = bits.overdrawn();
                    stretches.restart(restarts, overdrawn)?;
                    bits = stretches.bits();
                    (unit, restarts) = (0, restarts + 1);
                    readers.iter_mut().for_each(|(_, reader)| (reader.mean, reader.run) = (0, 0));
                }
                unit += 1;
                for (place, reader) in &mut readers {
                    let component = &frame.components[*place];
                    let (across, down) = single.map_or((component.across, component.down), |_| (1, 1));
                    for y in 0..down {
                        let first = (row * down + y) * component.blocks.0 + column * across;
                        for block in &mut self.parts[*place].0[first..first + across] {
                            let read = reader.read(&mut bits, block);
                            read.map_err(|error| stretches.why(&bits, error))?;
                        }
                    }
                }
            }
            if bits.overdrawn() {
                return Err(stretches.end_too_early());
            }
        }
        Ok(())
    }

    /// Makes pixels of what was read. A component that no scan had is an error.
    pub(super) fn finish(&self, frame: &Frame, planes: &mut Planes<'_>) -> Result<(), Broken> {
        let mut parts = Vec::new();
        for (component, (blocks, steps)) in frame.components.iter().zip(&self.parts) {
            let steps = steps.as_ref().ok_or(Broken::Truncated)?;
            parts.push((component, blocks, placed(steps)));
        }
        for strip in 0..frame.strips {
            for ((component, blocks, steps), plane) in parts.iter().zip(&mut planes.planes) {
                for y in 0..component.down {
                    let first = (strip * component.down + y) * component.blocks.0;
                    for (x, block) in blocks[first..first + component.blocks.0].iter().enumerate() {
                        let mut multiplied = *block;
                        multiplied
                            .iter_mut()
                            .zip(steps)
                            .for_each(|(number, step)| *number = number.wrapping_mul(*step));
                        let last = if block[1..].iter().all(|number| *number == 0) { 0 } else { 63 };
                        let (samples, stride) = plane.block(x, y);
                        transform(&multiplied, last, samples, stride);
                    }
                }
            }
            planes.finish_strip();
        }
        Ok(())
    }
}

/// How the blocks of one component are read in one scan.
struct Reader<'a> {
    kind: Kind<'a>,
    band: (usize, usize),
    /// The bit that this scan tells last.
    bit: u32,
    /// The mean of the block before.
    mean: i16,
    /// Blocks still to come that have nothing more in this scan.
    run: u32,
}

enum Kind<'a> {
    Sequential(Tables<'a>),
    Means(&'a Table),
    MoreOfMeans,
    Others(&'a Table),
    MoreOfOthers(&'a Table),
}

impl<'a> Reader<'a> {
    fn new(header: &'a Header, frame: &Frame, scan: &ScanHeader, tables: (usize, usize)) -> Result<Self, Broken> {
        let means = || table(&header.means, tables.0);
        let others = || table(&header.others, tables.1);
        let kind = match (frame.progressive, scan.band.0, scan.bits.0) {
            (false, ..) => Kind::Sequential(Tables { means: means()?, others: others()?, steps: &ONES }),
            (true, 0, 0) => Kind::Means(means()?),
            (true, 0, _) => Kind::MoreOfMeans,
            (true, _, 0) => Kind::Others(others()?),
            (true, ..) => Kind::MoreOfOthers(others()?),
        };
        Ok(Self { kind, band: scan.band, bit: scan.bits.1, mean: 0, run: 0 })
    }

    fn read(&mut self, bits: &mut Bits<'_>, block: &mut Block) -> Result<(), Broken> {
        match self.kind {
            Kind::Sequential(tables) => {
                *block = [0; 64];
                block::read(bits, tables, &mut self.mean, block)?;
            }
            Kind::Means(means) => {
                bits.fill();
                self.mean = self.mean.wrapping_add(block::difference(bits, means)?);
                block[0] = self.mean << self.bit;
            }
            Kind::MoreOfMeans => block[0] |= (bits.take(1) << self.bit) as i16,
            Kind::Others(table) => self.first(bits, table, block)?,
            Kind::MoreOfOthers(table) => self.more(bits, table, block)?,
        }
        Ok(())
    }

    /// The first bits of a band.
    fn first(&mut self, bits: &mut Bits<'_>, table: &Table, block: &mut Block) -> Result<(), Broken> {
        if self.run > 0 {
            self.run -= 1;
            return Ok(());
        }
        let mut place = self.band.0;
        while place <= self.band.1 {
            bits.fill();
            let symbol = table.symbol(bits)?;
            let (zeros, size) = (symbol >> 4, u32::from(symbol & 15));
            if size == 0 {
                if zeros < 15 {
                    self.run = (1 << zeros) - 1 + bits.take(zeros.into());
                    break;
                }
                place += 16;
                continue;
            }
            place += usize::from(zeros);
            let number = bits.number(size);
            let Some(slot) = PLACES.get(place) else {
                return Err(Broken::Damaged("more coefficients than a block has"));
            };
            block[usize::from(*slot)] = (number << self.bit) as i16;
            place += 1;
        }
        Ok(())
    }

    /// One more bit of a band: of numbers that are there, and numbers that come with it.
    fn more(&mut self, bits: &mut Bits<'_>, table: &Table, block: &mut Block) -> Result<(), Broken> {
        let one = 1_i16 << self.bit;
        let mut place = self.band.0;
        while self.run == 0 && place <= self.band.1 {
            bits.fill();
            let symbol = table.symbol(bits)?;
            let (zeros, size) = (symbol >> 4, symbol & 15);
            let mut new = 0;
            if size > 0 {
                new = if bits.take(1) == 1 { one } else { -one };
            } else if zeros < 15 {
                self.run = (1 << zeros) + bits.take(zeros.into());
                break;
            }
            place = self.refine(bits, block, place, zeros.into());
            if new != 0 && place <= self.band.1 {
                block[usize::from(PLACES[place])] = new;
            }
            place += 1;
        }
        if self.run > 0 {
            self.refine(bits, block, place, usize::MAX);
            self.run -= 1;
        }
        Ok(())
    }

    /// Takes a bit for each number from `place` on until `zeros` zeros were passed; gives the place of the next zero.
    fn refine(&self, bits: &mut Bits<'_>, block: &mut Block, place: usize, mut zeros: usize) -> usize {
        let one = 1_i16 << self.bit;
        for place in place..=self.band.1 {
            let number = &mut block[usize::from(PLACES[place])];
            if *number == 0 {
                if zeros == 0 {
                    return place;
                }
                zeros -= 1;
            } else if bits.take(1) == 1 && *number & one == 0 {
                *number = number.wrapping_add(if *number > 0 { one } else { -one });
            }
        }
        self.band.1 + 1
    }
}
