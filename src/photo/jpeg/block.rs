//! One block of a sequential scan: its coefficients, already multiplied by their steps.

use super::Broken;
use super::bits::Bits;
use super::huffman::{PEEK, Table};
use super::transform::{Block, PLACES};

/// Look-ups that the bits of one filling suffice for.
const LOOKUPS: u32 = Bits::FILLED / PEEK;

/// The tables of one component: how its means, its other coefficients, and their steps are written.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) means: &'a Table,
    pub(super) others: &'a Table,
    /// In zigzag order.
    pub(super) steps: &'a [i16; 64],
}

/// Reads a block into `block`, which is all zero, and gives the place of its last coefficient in zigzag order. `mean` is the
/// one before it, not yet multiplied.
#[inline(always)]
pub(super) fn read(
    reader: &mut Bits<'_>,
    tables: Tables<'_>,
    mean: &mut i16,
    block: &mut Block,
) -> Result<usize, Broken> {
    let mut bits = *reader; // in registers
    let last = read_by_value::<true>(&mut bits, tables, mean, block);
    *reader = bits;
    last
}

/// As [`read`], but that no coefficient is kept: for a block of which nothing is needed but that its bits are sound.
#[inline(always)]
pub(super) fn skip(reader: &mut Bits<'_>, tables: Tables<'_>, mean: &mut i16) -> Result<(), Broken> {
    let mut bits = *reader;
    let read = read_by_value::<false>(&mut bits, tables, mean, &mut [0; 64]);
    *reader = bits;
    read.map(drop)
}

#[inline(always)]
fn read_by_value<const KEEP: bool>(
    bits: &mut Bits<'_>,
    tables: Tables<'_>,
    mean: &mut i16,
    block: &mut Block,
) -> Result<usize, Broken> {
    const TOO_MANY: Broken = Broken::Damaged("more coefficients than a block has");
    bits.fill();
    *mean = mean.wrapping_add(difference(bits, tables.means)?);
    if KEEP {
        block[0] = mean.wrapping_mul(tables.steps[0]);
    }
    let mut place = 0;
    'block: loop {
        bits.fill();
        for _ in 0..LOOKUPS {
            let found = tables.others.look(bits);
            if found.number() == 0 {
                // A long code, a large number, or sixteen zeros.
                bits.fill();
                let symbol = tables.others.symbol(bits)?;
                let size = u32::from(symbol & 15);
                let step = usize::from(symbol >> 4) + 1;
                if size == 0 {
                    match step {
                        1 => break 'block,
                        16 if place + 16 < 64 => place += 16,
                        _ => return Err(TOO_MANY),
                    }
                    continue 'block;
                }
                let number = bits.number(size) as i16;
                place += step;
                if place > 63 {
                    return Err(TOO_MANY);
                }
                if KEEP {
                    block[usize::from(PLACES[place] & 63)] = number.wrapping_mul(tables.steps[place]);
                }
                if place == 63 {
                    break 'block;
                }
                continue 'block;
            }
            bits.skip(found.length());
            let next = place + found.step();
            if next < 64 {
                if KEEP {
                    block[usize::from(PLACES[next] & 63)] = found.number().wrapping_mul(tables.steps[next]);
                }
                place = next;
            }
            if next >= 63 {
                if next > 63 && !found.ends() {
                    return Err(TOO_MANY);
                }
                break 'block;
            }
        }
    }
    Ok(place)
}

/// Takes the difference to the mean before, from bits that were filled.
#[inline(always)]
pub(super) fn difference(bits: &mut Bits<'_>, means: &Table) -> Result<i16, Broken> {
    match means.symbol(bits)? {
        0 => Ok(0),
        size @ 1..=15 => Ok(bits.number(size.into()) as i16),
        _ => Err(Broken::Damaged("a mean of more than 15 bits")),
    }
}
