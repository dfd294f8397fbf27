//! Bits of entropy-coded data, the highest first.

use memchr::memchr;

use super::Broken;

/// The entropy-coded data of one scan, stretch by stretch: up to the next restart marker.
pub(super) struct Stretches<'a> {
    file: &'a [u8],
    /// The place in the file behind the stretch.
    place: usize,
    /// The stretch without the zeros that are stuffed behind each 0xFF.
    plain: Vec<u8>,
}

impl<'a> Stretches<'a> {
    /// Over the scan that starts at `place` of the file; its first stretch.
    pub(super) fn new(file: &'a [u8], place: usize) -> Self {
        let mut stretches = Self { file, place, plain: Vec::new() };
        stretches.unstuff();
        stretches
    }

    /// Takes the stretch that starts at `place`.
    fn unstuff(&mut self) {
        self.plain.clear();
        loop {
            let rest = self.file.get(self.place..).unwrap_or_default();
            let until = memchr(0xFF, rest).unwrap_or(rest.len());
            self.plain.extend_from_slice(&rest[..until]);
            self.place += until;
            if rest.get(until + 1) != Some(&0) {
                return; // a marker, or the end of the file
            }
            self.plain.push(0xFF);
            self.place += 2;
        }
    }

    /// The bits of this stretch.
    pub(super) fn bits(&self) -> Bits<'_> {
        Bits { data: &self.plain, place: 0, buffer: 0, count: 0 }
    }

    /// Goes on behind restart marker `number`; `overdrawn` says whether the stretch before it was too short.
    pub(super) fn restart(&mut self, number: usize, overdrawn: bool) -> Result<(), Broken> {
        if overdrawn {
            return Err(self.end_too_early());
        }
        let rest = self.file.get(self.place..).unwrap_or_default();
        let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
        match rest.get(fill) {
            Some(marker) if fill > 0 && usize::from(*marker) == 0xD0 + number % 8 => {
                self.place += fill + 1;
                self.unstuff();
                Ok(())
            }
            None => Err(Broken::Truncated),
            Some(_) => Err(Broken::Damaged("a restart marker is missing")),
        }
    }

    /// What is wrong where reading `bits` met `error`: zeros behind the end make no sense, but are not what is wrong.
    #[cold]
    pub(super) fn why(&self, bits: &Bits<'_>, error: Broken) -> Broken {
        if bits.overdrawn() { self.end_too_early() } else { error }
    }

    /// What it means that the bits ended before the pixels: of the file, or of this stretch alone.
    pub(super) fn end_too_early(&self) -> Broken {
        let rest = self.file.get(self.place..).unwrap_or_default();
        if rest.len() < 2 || rest.starts_with(&[0xFF, 0xD9]) {
            Broken::Truncated
        } else {
            Broken::Damaged("a scan ends too early")
        }
    }

    /// The place in the file behind what was taken.
    pub(super) fn place(&self) -> usize {
        self.place
    }
}

/// Reads one stretch. Behind its end it gives zeros, and [`Bits::overdrawn`] tells that it did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The byte of `data` whose bits come behind those counted; may lie beyond its end.
    place: usize,
    /// The next bits, from the top: at least `count` of them.
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    /// Bits that can be taken after [`Bits::fill`].
    pub(super) const FILLED: u32 = 56;

    /// Makes sure that [`Bits::FILLED`] bits can be taken. Without a branch that could be guessed wrongly: what is in
    /// the buffer beyond `count` is the same whenever it is put there.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        let word = match self.data.get(self.place..).and_then(<[u8]>::first_chunk::<8>) {
            Some(eight) => u64::from_be_bytes(*eight),
            None => self.last_word(),
        };
        self.buffer |= word >> self.count;
        self.place += ((63 - self.count) / 8) as usize;
        self.count |= Self::FILLED;
    }

    /// Less than 8 bytes, and zeros behind them.
    #[cold]
    #[inline(never)]
    fn last_word(self) -> u64 {
        let mut word = [0; 8];
        let rest = self.data.get(self.place..).unwrap_or_default();
        word.iter_mut().zip(rest).for_each(|(byte, rest)| *byte = *rest);
        u64::from_be_bytes(word)
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
        let bits = self.peek(size).cast_signed();
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
        self.place * 8 > self.data.len() * 8 + self.count as usize
    }
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
        let stretches = Stretches::new(&stuffed, 0);
        let mut bits = stretches.bits();
        let mut place = 0;
        for step in 0.. {
            let count = step * 7 % 16 + 1;
            if place + count > data.len() * 8 {
                break;
            }
            let bit = |bit: usize| u32::from(data[bit / 8] >> (7 - bit % 8) & 1);
            let wanted = (place..place + count).fold(0, |all, place| all << 1 | bit(place));
            assert_eq!(bits.take(u32::try_from(count).unwrap()), wanted, "bit {place}");
            assert!(!bits.overdrawn());
            place += count;
        }
        bits.take(16);
        assert!(bits.overdrawn());
    }

    #[test]
    fn stretches_end_at_markers() {
        let file = [0xFF, 0, 7, 0xFF, 0xD0, 8, 0xFF, 0xFF, 0xD1, 0xFF, 0xD9];
        let mut stretches = Stretches::new(&file, 0);
        assert_eq!(stretches.plain, [0xFF, 7]);
        stretches.restart(0, false).unwrap();
        assert_eq!(stretches.plain, [8]);
        assert_eq!(stretches.restart(0, false), Err(Broken::Damaged("a restart marker is missing")));
        stretches.restart(1, false).unwrap();
        assert_eq!((stretches.plain.len(), stretches.end_too_early()), (0, Broken::Truncated));
    }

    #[test]
    fn numbers_below_half_are_negative() {
        let number = |byte: u8| {
            let mut bits = Bits { data: &[byte], place: 0, buffer: 0, count: 0 };
            bits.fill();
            bits.number(2)
        };
        assert_eq!([0x00, 0x40, 0x80, 0xC0].map(number), [-3, -2, 2, 3]);
    }
}
