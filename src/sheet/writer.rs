//! CSV rows written in blocks: whole rows only, so that what has reached the file is always a valid prefix.

use std::io::{self, Write};

/// Writes CSV with commas, line feeds, and quotes where needed.
#[derive(Debug)]
pub struct RowWriter<W: Write> {
    out: W,
    block: Vec<u8>,
    begun: bool,
}

impl<W: Write> RowWriter<W> {
    const BLOCK: usize = 1 << 16;

    /// A writer into `out`.
    pub fn new(out: W) -> Self {
        Self { out, block: Vec::with_capacity(Self::BLOCK + (1 << 12)), begun: false }
    }

    /// Where the rows go; those not yet flushed are not there.
    pub fn output(&self) -> &W {
        &self.out
    }

    /// Adds a cell to the row.
    pub fn cell(&mut self, text: &str) {
        self.begin_cell();
        // All bytes are looked at, many at once, instead of one after the other up to the first.
        if text.bytes().fold(false, |quoted, byte| quoted | matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.block.push(b'"');
            for byte in text.bytes() {
                if byte == b'"' {
                    self.block.push(b'"');
                }
                self.block.push(byte);
            }
            self.block.push(b'"');
        } else {
            self.block.extend_from_slice(text.as_bytes());
        }
    }

    /// Adds so many empty cells.
    pub fn empty(&mut self, cells: usize) {
        let commas = if self.begun { cells } else { cells.saturating_sub(1) };
        self.block.resize(self.block.len() + commas, b',');
        self.begun |= cells > 0;
    }

    /// Adds the shortest decimal that reads back as the same number; empty for `None`.
    pub fn number(&mut self, value: Option<f64>) {
        self.begin_cell();
        let Some(value) = value else { return };
        // Thousandths are what nearly all numbers are. Where k / 1000 is the number, k is the only one below 2^50, so its
        // digits without the zeros at their end are the shortest.
        let thousandths = (value.abs() * 1000.0).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and below 10^12")]
        if thousandths < 1e12 && thousandths / 1000.0 == value.abs() {
            if value.is_sign_negative() {
                self.block.push(b'-');
            }
            let whole = thousandths as u64;
            self.digits(whole / 1000);
            let [hundreds, tens, ones] = [whole / 100 % 10, whole / 10 % 10, whole % 10].map(|digit| digit as u8);
            match (hundreds, tens, ones) {
                (0, 0, 0) => {}
                (a, 0, 0) => self.block.extend([b'.', b'0' + a]),
                (a, b, 0) => self.block.extend([b'.', b'0' + a, b'0' + b]),
                (a, b, c) => self.block.extend([b'.', b'0' + a, b'0' + b, b'0' + c]),
            }
        } else {
            let _ = write!(self.block, "{value}"); // a Vec takes everything
        }
    }

    /// Adds a whole number; empty for `None`.
    pub fn whole(&mut self, value: Option<u64>) {
        self.begin_cell();
        if let Some(value) = value {
            self.digits(value);
        }
    }

    fn begin_cell(&mut self) {
        if self.begun {
            self.block.push(b',');
        }
        self.begun = true;
    }

    fn digits(&mut self, mut number: u64) {
        let mut digits = [b'0'; 20];
        let mut first = digits.len() - 1;
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            first = place;
            *digit += (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.block.extend_from_slice(digits.get(first..).unwrap_or_default());
    }

    /// Ends the row, and writes the block when it is full.
    ///
    /// # Errors
    /// What the output answers.
    pub fn end_row(&mut self) -> io::Result<()> {
        self.block.push(b'\n');
        self.begun = false;
        if self.block.len() >= Self::BLOCK { self.flush() } else { Ok(()) }
    }

    /// Hands all finished rows to the output.
    ///
    /// # Errors
    /// What the output answers.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block)?;
        self.block.clear();
        self.out.flush()
    }

    /// Hands all rows to the output and returns it.
    ///
    /// # Errors
    /// What the output answers.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let cells = ["plain", "a,b", "say \"hi\"", "two\nlines", "", " spaced ", "ü"];
        let mut writer = RowWriter::new(Vec::new());
        writer.empty(2);
        cells.iter().for_each(|cell| writer.cell(cell));
        writer.empty(3);
        writer.end_row().unwrap();
        let bytes = writer.finish().unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), [&["", ""][..], &cells, &["", "", ""]].concat());
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        let written = |value: f64| {
            let mut writer = RowWriter::new(Vec::new());
            writer.number(Some(value));
            writer.whole(Some(u64::MAX));
            String::from_utf8(writer.block).unwrap()
        };
        let edges =
            [0.0, -0.0, 1e9, 1e12, 123_456_789.125, 1e300, 5e-324, f64::NAN, f64::INFINITY, 0.1 + 0.2, 999_999_999.999];
        let thousandths = (0..130_000).map(|k| f64::from(k) / 1000.0);
        let neighbours = (1..2_000_u64).flat_map(|k| {
            let bits = (k as f64 / 1000.0).to_bits();
            [bits - 1, bits + 1].map(f64::from_bits)
        });
        for value in edges.into_iter().chain(thousandths).chain(neighbours) {
            for value in [value, -value] {
                assert_eq!(written(value), format!("{value},18446744073709551615"));
            }
        }
    }

    #[test]
    fn blocks_end_at_the_end_of_a_row() {
        struct Blocks(Vec<Vec<u8>>);
        impl Write for Blocks {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.push(bytes.to_vec());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = RowWriter::new(Blocks(Vec::new()));
        for row in 0..20_000 {
            writer.whole(Some(row));
            writer.number(Some(17.25));
            writer.end_row().unwrap();
        }
        let blocks = writer.finish().unwrap().0;
        assert!(blocks.len() > 2 && blocks.iter().all(|block| block.ends_with(b"\n")));
    }
}
