//! CSV rows written in blocks: whole rows only, so that what has reached the file is always a valid prefix.

use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes CSV with commas, line feeds, and quotes where needed.
#[derive(Debug)]
pub struct RowWriter<W: Write> {
    out: W,
    block: Vec<u8>,
    number: String,
    begun: bool,
}

impl<W: Write> RowWriter<W> {
    const BLOCK: usize = 1 << 16;

    /// A writer into `out`.
    pub fn new(out: W) -> Self {
        Self { out, block: Vec::with_capacity(Self::BLOCK + (1 << 12)), number: String::new(), begun: false }
    }

    /// Adds a cell to the row.
    pub fn cell(&mut self, text: &str) {
        if self.begun {
            self.block.push(b',');
        }
        self.begun = true;
        if text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
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

    /// Adds the shortest decimal that reads back as the same number; empty for `None`.
    pub fn number(&mut self, value: Option<f64>) {
        self.formatted(value);
    }

    /// Adds a whole number; empty for `None`.
    pub fn whole(&mut self, value: Option<u64>) {
        self.formatted(value);
    }

    fn formatted<T: std::fmt::Display>(&mut self, value: Option<T>) {
        let mut number = std::mem::take(&mut self.number);
        number.clear();
        if let Some(value) = value {
            let _ = write!(number, "{value}"); // a String takes everything
        }
        self.cell(&number);
        self.number = number;
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
        cells.iter().for_each(|cell| writer.cell(cell));
        writer.end_row().unwrap();
        let bytes = writer.finish().unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), cells);
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
