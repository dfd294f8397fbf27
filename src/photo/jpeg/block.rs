//! One block of a sequential scan: its coefficients, already multiplied by their steps.

use super::Broken;
use super::bits::Bits;
use super::huffman::Table;
use super::transform::{Block, PLACES};

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
pub(super) fn read(bits: &mut Bits<'_>, tables: Tables<'_>, mean: &mut i16, block: &mut Block) -> Result<usize, Broken> {
    bits.fill();
    *mean = mean.wrapping_add(difference(bits, tables.means)?);
    block[0] = mean.wrapping_mul(tables.steps[0]);
    let (mut place, mut last) = (1, 0);
    while place < 64 {
        bits.fill();
        let found = tables.others.look(bits);
        let number = if found.number() != 0 {
            place += found.zeros();
            bits.skip(found.whole());
            found.number()
        } else {
            let symbol = tables.others.symbol(found, bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if zeros < 15 {
                    break;
                }
                place += 16;
                continue;
            }
            place += zeros;
            bits.number(size) as i16
        };
        if place > 63 {
            return Err(Broken::Damaged("more coefficients than a block has"));
        }
        block[usize::from(PLACES[place] & 63)] = number.wrapping_mul(tables.steps[place]);
        last = place;
        place += 1;
    }
    Ok(last)
}

/// Takes the difference to the mean before; 32 bits were filled.
#[inline(always)]
pub(super) fn difference(bits: &mut Bits<'_>, means: &Table) -> Result<i16, Broken> {
    let found = means.look(bits);
    if found.number() != 0 {
        bits.skip(found.whole());
        return Ok(found.number());
    }
    match means.symbol(found, bits)? {
        0 => Ok(0),
        size @ 1..=15 => Ok(bits.number(size.into()) as i16),
        _ => Err(Broken::Damaged("a mean of more than 15 bits")),
    }
}
