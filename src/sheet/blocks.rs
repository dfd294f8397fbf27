//! CSV files read on all cores: blocks of whole rows, parsed in any order and taken in the order of the file.
//!
//! A block is cut where a row ends. Lines without a double quote, nearly all there are, are cut at commas where they
//! stand; blocks with quotes go through the same reader as a [`super::Sheet`], so both see the same rows and errors.

use std::io::{self, Read};

use csv::ByteRecord;
use memchr::{memchr, memchr2_iter, memrchr};
use rayon::prelude::*;

use super::lines::{LONGEST_ROW, too_long};
use super::{Cells, Lines, Row, SheetError, failed, read_header, read_record};
use crate::finding::Finding;

/// Bytes of a block, unless one row is longer.
const SIZE: usize = 1 << 19;

/// A CSV file with a header, whose rows are read block by block.
#[derive(Debug)]
pub struct Blocks<R> {
    file: String,
    header: Vec<String>,
    cut: Cut<R>,
}

/// Cuts the lines of a file into blocks.
#[derive(Debug)]
struct Cut<R> {
    lines: Lines<R>,
    /// What follows the last whole row of the last block.
    rest: Vec<u8>,
    /// Lines before `rest`.
    before: u64,
    ended: bool,
    size: usize,
}

/// Whole rows.
struct Block {
    bytes: Vec<u8>,
    /// Lines of the file before it.
    before: u64,
}

impl<R: Read> Blocks<R> {
    /// Reads the header of `file`, whose content is `input`.
    ///
    /// # Errors
    /// As [`super::Sheet::open`].
    pub fn open(file: &str, input: R) -> Result<Self, SheetError> {
        Self::of_size(file, input, SIZE)
    }

    fn of_size(file: &str, input: R, size: usize) -> Result<Self, SheetError> {
        let lines = Lines::new(input).map_err(|error| failed(file, error))?;
        let mut cut = Cut { lines, rest: Vec::new(), before: 0, ended: false, size };
        let first = cut.next().map_err(|error| failed(file, error))?.unwrap_or(Block { bytes: Vec::new(), before: 0 });
        let mut reader = csv_reader(&first.bytes);
        let header = read_header(file, &mut reader, &mut ByteRecord::new())?;
        // What follows the header goes before what was read on.
        let after = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let mut rest = first.bytes.get(after..).unwrap_or_default().to_vec();
        rest.append(&mut cut.rest);
        cut.rest = rest;
        cut.before = reader.position().line() - 1;
        Ok(Self { file: file.to_owned(), header, cut })
    }

    /// The file's name in messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The columns' names.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The place of `column`, counted from 0.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// The place of `column`, or a finding that lists the columns there are.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn require(&self, column: &str) -> Result<usize, Finding> {
        super::require(&self.file, &self.header, column)
    }

    /// Gives every block to `make`, on all cores and in any order, and what it made to `take`, in the order of the file.
    ///
    /// # Errors
    /// The first error of `take`, or that the file cannot be read on.
    pub fn each<T, E>(
        self,
        make: impl Fn(BlockRows<'_>) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E> + Send,
    ) -> Result<(), E>
    where
        R: Send,
        T: Send,
        E: From<SheetError> + Send,
    {
        let Self { file, header, mut cut } = self;
        let (file, header) = (file.as_str(), header.as_slice());
        let at_once = rayon::current_num_threads() * 2;
        let (mut blocks, mut wrong) = cut.several(at_once);
        let mut made: Vec<T> = Vec::new();
        while !blocks.is_empty() || !made.is_empty() {
            let parse = || blocks.par_iter().map(|block| make(block.rows(file, header))).collect::<Vec<T>>();
            let mut hand_over = || made.drain(..).try_for_each(&mut take);
            let read = || if wrong.is_none() { cut.several(at_once) } else { (Vec::new(), None) };
            let ((parsed, taken), (next, failure)) = rayon::join(|| rayon::join(parse, &mut hand_over), read);
            taken?;
            made = parsed;
            blocks = next;
            wrong = wrong.or(failure);
        }
        wrong.map_or(Ok(()), |error| Err(failed(file, error).into()))
    }
}

impl<R: Read> Cut<R> {
    /// The next blocks, and what ended them early.
    fn several(&mut self, count: usize) -> (Vec<Block>, Option<io::Error>) {
        let mut blocks = Vec::new();
        while blocks.len() < count {
            match self.next() {
                Ok(Some(block)) => blocks.push(block),
                Ok(None) => break,
                Err(error) => return (blocks, Some(error)),
            }
        }
        (blocks, None)
    }

    fn next(&mut self) -> io::Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = self.size;
        loop {
            while !self.ended && bytes.len() < wanted {
                let filled = bytes.len();
                bytes.resize(wanted, 0);
                let room = bytes.get_mut(filled..).unwrap_or_default();
                let count = self.lines.read(room)?;
                bytes.truncate(filled + count);
                self.ended = count == 0;
            }
            let end = if self.ended { Some(bytes.len()) } else { last_row_end(&bytes) };
            if let Some(end) = end {
                self.rest = bytes.split_off(end);
                let before = self.before;
                self.before += memchr::memchr_iter(b'\n', &bytes).count() as u64;
                return Ok((!bytes.is_empty()).then_some(Block { bytes, before }));
            }
            if bytes.len() > LONGEST_ROW {
                return Err(too_long());
            }
            wanted *= 2;
        }
    }
}

/// One past the last line feed of `bytes` that ends a row; `bytes` begin with a row.
fn last_row_end(bytes: &[u8]) -> Option<usize> {
    if memchr(b'"', bytes).is_none() {
        return memrchr(b'\n', bytes).map(|at| at + 1);
    }
    #[derive(Clone, Copy)]
    enum Within {
        Start,
        Plain,
        Quoted,
        QuoteInQuoted,
    }
    let (mut within, mut end) = (Within::Start, None);
    for (at, byte) in bytes.iter().enumerate() {
        within = match (within, byte) {
            (Within::Quoted, b'"') => Within::QuoteInQuoted,
            (Within::Quoted, _) => Within::Quoted,
            (Within::Start | Within::QuoteInQuoted, b'"') => Within::Quoted,
            (_, b',' | b'\r') => Within::Start,
            (_, b'\n') => {
                end = Some(at + 1);
                Within::Start
            }
            _ => Within::Plain,
        };
    }
    end
}

fn csv_reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes)
}

impl Block {
    fn rows<'b>(&'b self, file: &'b str, header: &'b [String]) -> BlockRows<'b> {
        let plain = memchr::memchr2(b'"', b'\r', &self.bytes).is_none();
        let source = match std::str::from_utf8(&self.bytes) {
            Ok(rest) if plain => Source::Lines { rest, number: self.before },
            _ => Source::Records { reader: csv_reader(&self.bytes), record: ByteRecord::new(), before: self.before },
        };
        BlockRows { file, header, source, ends: Vec::with_capacity(header.len()) }
    }
}

/// The rows of a block.
pub struct BlockRows<'b> {
    file: &'b str,
    header: &'b [String],
    source: Source<'b>,
    ends: Vec<usize>,
}

enum Source<'b> {
    Lines { rest: &'b str, number: u64 },
    Records { reader: csv::Reader<&'b [u8]>, record: ByteRecord, before: u64 },
}

impl BlockRows<'_> {
    /// The next row; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// That the file ends within quotes.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, SheetError> {
        let Self { file, header, source, ends } = self;
        let (file, header) = (*file, *header);
        match source {
            Source::Records { reader, record, before } => {
                let more = read_record(file, reader, record, *before)?;
                let cells = Cells::Record { record, after: *before + reader.position().line() };
                Ok(more.then_some(Row { file, header, cells }))
            }
            Source::Lines { rest, number } => loop {
                ends.clear();
                let mut line = rest.len();
                for at in memchr2_iter(b',', b'\n', rest.as_bytes()) {
                    ends.push(at);
                    if rest.as_bytes().get(at) == Some(&b'\n') {
                        line = at;
                        break;
                    }
                }
                let Some(text) = rest.get(..line).filter(|text| !text.starts_with('\0') && !rest.is_empty()) else {
                    return Ok(None);
                };
                *rest = rest.get(line + 1..).unwrap_or_default();
                *number += 1;
                if !text.is_empty() {
                    return Ok(Some(Row { file, header, cells: Cells::Line { text, ends, number: *number } }));
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sheet;
    use super::*;

    /// A row's number, and its cells.
    type Cells = (u64, Vec<Vec<u8>>);

    /// Rows, or the error, as a sheet gives them.
    fn by_sheet(bytes: &[u8]) -> Vec<Result<Cells, String>> {
        let mut found = Vec::new();
        match Sheet::open("t.csv", bytes) {
            Err(error) => found.push(Err(error.to_string())),
            Ok(mut sheet) => loop {
                match sheet.next_row() {
                    Ok(Some(row)) => found.push(Ok(cells(&row))),
                    Ok(None) => break,
                    Err(error) => {
                        found.push(Err(error.to_string()));
                        break;
                    }
                }
            },
        }
        found
    }

    fn cells(row: &Row<'_>) -> Cells {
        let width = row.check_width().map_or_else(|finding| finding.text, |()| "whole".to_owned());
        let cells = (0..row.header.len() + 2).map(|place| row.bytes(place).to_vec());
        (row.number(), cells.chain([width.into_bytes()]).collect())
    }

    fn by_blocks(bytes: &[u8], size: usize) -> Vec<Result<Cells, String>> {
        let mut found = Vec::new();
        let blocks = match Blocks::of_size("t.csv", bytes, size) {
            Err(error) => return vec![Err(error.to_string())],
            Ok(blocks) => blocks,
        };
        let make = |mut rows: BlockRows<'_>| {
            let mut made = Vec::new();
            loop {
                match rows.next_row() {
                    Ok(Some(row)) => made.push(Ok(cells(&row))),
                    Ok(None) => return made,
                    Err(error) => {
                        made.push(Err(error.to_string()));
                        return made;
                    }
                }
            }
        };
        let take = |made| {
            found.extend(made);
            Ok::<(), SheetError>(())
        };
        if let Err(error) = blocks.each(make, take) {
            found.push(Err(error.to_string()));
        }
        found
    }

    #[test]
    fn blocks_of_any_size_hold_the_rows_of_a_sheet() {
        for text in [
            "a,b\n1,x\n\n\n2,\"p\nq\"\n3,z",
            "a,b\r\n1,x\r\n\r\n2,\"p\r\nq\"\r\n3,z\r\n",
            "a,b\n1,\"said \"\"x\"\"\"\n2,y\"z\n\"3\"4,5\n",
            "a,b\n1,x\n2,\"oops\n3,y\n4,z\n",
            "a,b\n1\n2,3,4\n",
            "\u{feff}a,b\n1,\u{fc}\n",
            "a\n\n\n",
            "a,b\n1,2\r3,4\n5,6\r",
            "",
        ] {
            for size in 1..text.len() + 2 {
                assert_eq!(by_blocks(text.as_bytes(), size), by_sheet(text.as_bytes()), "{text:?} in {size}");
            }
        }
        assert_eq!(by_blocks(b"a,b\n1,\xff\n2,3\n", 6), by_sheet(b"a,b\n1,\xff\n2,3\n"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_bytes_blocks_and_sheets_agree(text in "[ab1,\"\r\n]{0,40}", size in 1_usize..50) {
            let text = format!("a,b\n{text}");
            proptest::prop_assert_eq!(by_blocks(text.as_bytes(), size), by_sheet(text.as_bytes()));
        }
    }
}
