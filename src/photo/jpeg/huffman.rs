//! Huffman tables, looked up by the next bits: short codes with the number behind them in one step.

use super::Broken;
use super::bits::Bits;

/// Bits of a look-up: most codes with the number behind them are no longer.
pub(super) const PEEK: u32 = 10;

/// A step that leads out of any block.
const OUT: u32 = 64;

/// A table of codes for one class of numbers.
pub(super) struct Table {
    /// By the next [`PEEK`] bits, where code and number fit: 5 bits say how many to drop, 7 are the step to the number's
    /// place, and the upper 16 are the number. Else 0.
    short: [u32; 1 << PEEK],
    /// By the next [`PEEK`] bits, where the code fits: its length, and its symbol below it. Else 0.
    codes: [u16; 1 << PEEK],
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
    /// The number behind the code where both were short enough, else 0, which no number is.
    #[inline(always)]
    pub(super) fn number(self) -> i16 {
        (self.0 >> 16) as i16
    }

    /// Bits of code and number.
    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        self.0 & 31
    }

    /// Places from the number before to this one; out of the block where the code says that no more follow.
    #[inline(always)]
    pub(super) fn step(self) -> usize {
        (self.0 >> 5 & 127) as usize
    }

    /// Whether the code says that no more follow.
    pub(super) fn ends(self) -> bool {
        self.step() == OUT as usize
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
        if total > 256 || symbols.len() != total {
            return Err(DAMAGED);
        }
        let mut table =
            Self { short: [0; 1 << PEEK], codes: [0; 1 << PEEK], ends: [0; 17], offsets: [0; 17], symbols: [0; 256] };
        table.symbols[..total].copy_from_slice(symbols);
        let (mut code, mut place) = (0_u32, 0);
        for (length, &count) in (1_u32..).zip(counts) {
            table.offsets[length as usize] = place as i32 - code.cast_signed();
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

    /// Fills the look-ups for one code.
    fn shorten(&mut self, code: u32, length: u32, symbol: u8) {
        if length > PEEK {
            return;
        }
        let (step, size, rest) = (u32::from(symbol >> 4) + 1, u32::from(symbol & 15), PEEK - length);
        let slots = (code << rest) as usize..((code + 1) << rest) as usize;
        self.codes[slots.clone()].fill((length as u16) << 8 | u16::from(symbol));
        for (behind, slot) in (0_u32..).zip(&mut self.short[slots]) {
            if symbol == 0 {
                *slot = 1 << 16 | OUT << 5 | length;
            } else if size > 0 && size <= rest {
                let bits = behind >> (rest - size);
                let number = bits.cast_signed() + if bits >> (size - 1) == 0 { (-1 << size) + 1 } else { 0 };
                *slot = number.cast_unsigned() << 16 | step << 5 | (length + size);
            }
        }
    }

    /// What the next bits, which were filled, stand for.
    #[inline(always)]
    pub(super) fn look(&self, bits: &Bits<'_>) -> Found {
        Found(self.short[bits.peek(PEEK) as usize])
    }

    /// Takes a code, from bits that were filled, and gives its symbol.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, Broken> {
        let code = self.codes[bits.peek(PEEK) as usize];
        let (length, symbol) = if code == 0 { self.long(bits.peek(16))? } else { (u32::from(code >> 8), code as u8) };
        bits.skip(length);
        Ok(symbol)
    }

    /// Length and symbol of the code at the start of `next`, 16 bits.
    #[cold]
    #[inline(never)]
    fn long(&self, next: u32) -> Result<(u32, u8), Broken> {
        const DAMAGED: Broken = Broken::Damaged("bits that are no Huffman code");
        let longer = (PEEK + 1..=16).find(|length| next < self.ends[*length as usize]);
        let length = longer.ok_or(DAMAGED)?;
        let place = self.offsets[length as usize] + (next >> (16 - length)).cast_signed();
        let symbol = usize::try_from(place).ok().and_then(|place| self.symbols.get(place));
        Ok((length, *symbol.ok_or(DAMAGED)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::Stretches;
    use super::*;

    /// Codes 0, 10, 110, ... of lengths 1 to 16, each followed by a number of two bits.
    #[test]
    fn short_and_long_codes_give_their_symbols_and_numbers() {
        let symbols: Vec<u8> = (0..16).map(|zeros| zeros << 4 | 2).collect();
        let table = Table::new(&[1; 16], &symbols).unwrap();
        for length in 1..=16_u32 {
            let code = (1_u64 << length) - 2;
            let data = (code << 2 | 0b01) << (64 - length - 2);
            let stuff = |byte: &u8| if *byte == 0xFF { vec![0xFF, 0] } else { vec![*byte] };
            let stuffed: Vec<u8> = data.to_be_bytes().iter().flat_map(stuff).collect();
            let stretches = Stretches::new(&stuffed, 0);
            let mut bits = stretches.bits();
            bits.fill();
            let found = table.look(&bits);
            assert_eq!(found.number() != 0, length + 2 <= PEEK, "{length}");
            if found.number() != 0 {
                assert_eq!((found.number(), found.step(), found.length()), (-2, length as usize, length + 2));
                assert!(!found.ends());
            }
            assert_eq!(table.symbol(&mut bits), Ok(((length - 1) << 4 | 2) as u8));
            assert_eq!(bits.number(2), -2);
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
        let mut counts = [0; 16];
        counts[1] = 1;
        let table = Table::new(&counts, &[5]).unwrap();
        let stretches = Stretches::new(&[0xF0, 0xF0], 0);
        let mut bits = stretches.bits();
        bits.fill();
        assert!(table.symbol(&mut bits).is_err());
    }
}
