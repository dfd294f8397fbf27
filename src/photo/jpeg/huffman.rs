//! Huffman tables, looked up by the next bits: short codes with the number behind them in one step.

use super::Broken;
use super::bits::Bits;

/// Bits of a look-up: most codes are shorter.
const PEEK: u32 = 10;

/// A table of codes for one class of numbers.
pub(super) struct Table {
    /// By the next [`PEEK`] bits: 4 bits say how many to drop, 4 how many of these are the code, 8 are the symbol, and the
    /// upper 16 are the number behind the code where it fits too. 0 for longer codes.
    short: [u32; 1 << PEEK],
    /// The first code behind those of each length, as if it had 16 bits.
    ends: [u32; 17],
    /// What is added to a code of each length to get its place in `symbols`.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

/// What a look-up found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found(u32);

impl Found {
    /// The number behind the code, where it was short enough; never 0 where it is there. [`Found::whole`] drops both.
    #[inline(always)]
    pub(super) fn number(self) -> i16 {
        (self.0 >> 16) as i16
    }

    /// Bits of code and number together.
    #[inline(always)]
    pub(super) fn whole(self) -> u32 {
        self.0 & 15
    }

    /// Zeros before the number: the upper half of the symbol.
    #[inline(always)]
    pub(super) fn zeros(self) -> usize {
        (self.0 >> 12 & 15) as usize
    }
}

impl Table {
    /// From the number of codes of each length 1 to 16, and the symbols in order of their codes.
    ///
    /// # Errors
    /// [`Broken::Damaged`] when there are more codes than lengths allow, or fewer symbols than codes.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, Broken> {
        const DAMAGED: Broken = Broken::Damaged("a Huffman table with impossible codes");
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let mut table = Self { short: [0; 1 << PEEK], ends: [0; 17], offsets: [0; 17], symbols: [0; 256] };
        if total > 256 || symbols.len() != total {
            return Err(DAMAGED);
        }
        table.symbols[..total].copy_from_slice(symbols);
        let (mut code, mut place) = (0_u32, 0);
        for (length, &count) in (1_u32..).zip(counts) {
            table.offsets[length as usize] = place as i32 - code as i32;
            for &symbol in &symbols[place..place + usize::from(count)] {
                if code >= 1 << length {
                    return Err(DAMAGED);
                }
                table.shorten(code, length, symbol);
                code += 1;
            }
            place += usize::from(count);
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }

    /// Fills the look-up for one code.
    fn shorten(&mut self, code: u32, length: u32, symbol: u8) {
        if length > PEEK {
            return;
        }
        let (size, rest) = (u32::from(symbol & 15), PEEK - length);
        let first = (code << rest) as usize;
        for (behind, slot) in (0_u32..).zip(&mut self.short[first..first + (1 << rest)]) {
            let (mut drop, mut number) = (length, 0);
            if size > 0 && size <= rest {
                let bits = behind >> (rest - size);
                number = bits as i32 + if bits >> (size - 1) == 0 { (-1 << size) + 1 } else { 0 };
                drop = length + size;
            }
            *slot = (number as u32) << 16 | u32::from(symbol) << 8 | length << 4 | drop;
        }
    }

    /// What the next bits, which were filled, stand for.
    #[inline(always)]
    pub(super) fn look(&self, bits: &Bits<'_>) -> Found {
        Found(self.short[bits.peek(PEEK) as usize])
    }

    /// Takes a code that [`Table::look`] found no number behind, and gives its symbol.
    #[inline(always)]
    pub(super) fn symbol(&self, found: Found, bits: &mut Bits<'_>) -> Result<u8, Broken> {
        if found.0 == 0 {
            return self.long(bits);
        }
        bits.skip(found.0 >> 4 & 15);
        Ok((found.0 >> 8) as u8)
    }

    #[cold]
    #[inline(never)]
    fn long(&self, bits: &mut Bits<'_>) -> Result<u8, Broken> {
        let next = bits.peek(16);
        let longer = (PEEK + 1..=16).find(|length| next < self.ends[*length as usize]);
        let length = longer.ok_or(Broken::Damaged("bits that are no Huffman code"))?;
        let place = self.offsets[length as usize] + (next >> (16 - length)).cast_signed();
        bits.skip(length);
        let symbol = usize::try_from(place).ok().and_then(|place| self.symbols.get(place));
        symbol.copied().ok_or(Broken::Damaged("bits that are no Huffman code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes 0, 10, 110, ... of lengths 1 to 16, each followed by a number of two bits.
    #[test]
    fn short_and_long_codes_give_their_symbols_and_numbers() {
        let symbols: Vec<u8> = (0..16).map(|zeros| zeros << 4 | 2).collect();
        let table = Table::new(&[1; 16], &symbols).unwrap();
        for length in 1..=16_u32 {
            let code = (1_u64 << length) - 2;
            let data = (code << 2 | 0b01) << (64 - length - 2);
            let stuffed: Vec<u8> =
                data.to_be_bytes().iter().flat_map(|byte| if *byte == 0xFF { vec![0xFF, 0] } else { vec![*byte] }).collect();
            let mut bits = Bits::new(&stuffed, 0);
            bits.fill();
            let found = table.look(&bits);
            assert_eq!(found.number() != 0, length + 2 <= PEEK, "{length}");
            if found.number() == 0 {
                assert_eq!(table.symbol(found, &mut bits), Ok(((length - 1) << 4 | 2) as u8));
                assert_eq!(bits.number(2), -2);
            } else {
                assert_eq!((found.number(), found.zeros(), found.whole()), (-2, length as usize - 1, length + 2));
            }
        }
    }

    #[test]
    fn impossible_tables_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[0, 1, 2]).is_err());
        counts[0] = 2;
        assert!(Table::new(&counts, &[0, 1]).is_ok());
        assert!(Table::new(&counts, &[0]).is_err());
        let table = Table::new(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[5]).unwrap();
        let mut bits = Bits::new(&[0xF0, 0xF0], 0);
        bits.fill();
        assert!(table.symbol(table.look(&bits), &mut bits).is_err());
    }
}
