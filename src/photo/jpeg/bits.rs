//! Bits of entropy-coded data, the highest first, without the zeros that are stuffed behind 0xFF.

use super::Broken;

/// Reads one scan. Behind its end it gives zeros, and [`Bits::overdrawn`] tells that it did.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte of `data` to be read.
    place: usize,
    /// Bits that were read and not yet taken, from the top; zeros below them.
    buffer: u64,
    /// How many those are.
    count: u32,
    /// How many zeros were put behind the end of the data.
    padding: u32,
}

impl<'a> Bits<'a> {
    /// Over the scan that starts at `place` of the file.
    pub(super) fn new(data: &'a [u8], place: usize) -> Self {
        Self { data, place, buffer: 0, count: 0, padding: 0 }
    }

    /// Makes sure that 32 bits can be taken.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        if self.count < 32 {
            if let Some(four) = self.data.get(self.place..).and_then(<[u8]>::first_chunk::<4>) {
                let word = u32::from_be_bytes(*four);
                if !holds_ff(word) {
                    self.buffer |= u64::from(word) << (32 - self.count);
                    self.count += 32;
                    self.place += 4;
                    return;
                }
            }
            self.fill_by_bytes();
        }
    }

    #[cold]
    #[inline(never)]
    fn fill_by_bytes(&mut self) {
        while self.count <= 48 {
            let rest = self.data.get(self.place..).unwrap_or_default();
            let (byte, length) = match rest {
                [0xFF, 0, ..] => (0xFF, 2),
                [0xFF, ..] | [] => (0, 0), // a marker, or the end of the file
                [byte, ..] => (*byte, 1),
            };
            self.place += length;
            if length == 0 {
                self.padding = self.padding.saturating_add(8);
            }
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `count` bits, 1 to 32 that were filled; they stay.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> u32 {
        (self.buffer >> (64 - count)) as u32
    }

    /// Drops `count` bits that were filled.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.count = self.count.wrapping_sub(count);
    }

    /// Takes a number of `size` bits, 1 to 16 that were filled, as JPEG writes them: those below half are negative.
    #[inline(always)]
    pub(super) fn number(&mut self, size: u32) -> i32 {
        let bits = self.peek(size) as i32;
        let negative = !(self.buffer.cast_signed() >> 63) as i32;
        self.skip(size);
        bits + (negative & ((-1 << size) + 1))
    }

    /// Takes `count` bits, 0 to 16.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.fill();
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    /// Whether more was taken than there was.
    pub(super) fn overdrawn(&self) -> bool {
        self.padding > self.count
    }

    /// Drops the rest of a byte and takes the marker of restart number `number`.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), Broken> {
        if self.overdrawn() {
            return Err(self.end_too_early());
        }
        (self.buffer, self.count, self.padding) = (0, 0, 0);
        let rest = self.data.get(self.place..).unwrap_or_default();
        let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
        match rest.get(fill) {
            Some(marker) if fill > 0 && usize::from(*marker) == 0xD0 + number % 8 => {
                self.place += fill + 1;
                Ok(())
            }
            None => Err(Broken::Truncated),
            Some(_) => Err(Broken::Damaged("a restart marker is missing")),
        }
    }

    /// What it means that the bits ended before the pixels: of the file, or of this scan alone.
    pub(super) fn end_too_early(&self) -> Broken {
        let rest = self.data.get(self.place..).unwrap_or_default();
        if rest.len() < 2 || rest.starts_with(&[0xFF, 0xD9]) {
            Broken::Truncated
        } else {
            Broken::Damaged("a scan ends too early")
        }
    }

    /// The place in the file behind what was read.
    pub(super) fn place(&self) -> usize {
        self.place
    }
}

/// Whether one of the four bytes is 0xFF.
#[inline(always)]
fn holds_ff(word: u32) -> bool {
    let turned = !word;
    turned.wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_as_a_plain_reader_gives_them() {
        let data: Vec<u8> = (0..500_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        let stuffed: Vec<u8> =
            data.iter().flat_map(|byte| if *byte == 0xFF { vec![0xFF, 0] } else { vec![*byte] }).collect();
        assert!(stuffed.len() > data.len());
        let mut bits = Bits::new(&stuffed, 0);
        let mut place = 0;
        for step in 0.. {
            let count = step * 7 % 16 + 1;
            if place + count > data.len() * 8 {
                break;
            }
            let wanted = (place..place + count).fold(0, |all, bit| all << 1 | u32::from(data[bit / 8] >> (7 - bit % 8) & 1));
            bits.fill();
            assert_eq!(bits.peek(u32::try_from(count).unwrap()), wanted, "bit {place}");
            bits.skip(u32::try_from(count).unwrap());
            assert!(!bits.overdrawn());
            place += count;
        }
        bits.fill();
        bits.skip(16);
        assert!(bits.overdrawn());
    }

    #[test]
    fn numbers_below_half_are_negative() {
        let numbers: Vec<i32> = (0..4_u8)
            .map(|code| {
                let mut bits = Bits::new(&[], 0);
                (bits.buffer, bits.count) = (u64::from(code) << 62, 64);
                bits.number(2)
            })
            .collect();
        assert_eq!(numbers, [-3, -2, 2, 3]);
    }
}
