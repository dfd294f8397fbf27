//! Line ends made one kind.

use std::io::{self, Read};

/// What stands after the last line: a zero byte, which the input cannot hold. The CSV reader knows no end of file within
/// quotes; with this, such a cell ends with the mark, and in any other file the mark is a row of its own.
pub(super) const END: &[u8] = b"\0\n";

/// The same, where the last line had no end.
const LINE_END_AND_END: &[u8] = b"\n\0\n";

/// The longest row, in bytes: of a longer one nobody can say where it ends, and it would be held whole.
pub(super) const LONGEST_ROW: usize = 16 << 20;

/// Text lines that end in a line feed, whatever they ended in before, so rows are counted as an editor does; then
/// [`END`].
#[derive(Debug)]
pub(super) struct Lines<R> {
    inner: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    held_return: bool,
    last: u8,
    /// Bytes given out since [`Lines::begin_row`], which may be as many as the longest row has.
    given: usize,
    /// Whether rows are told of, so that their length is held.
    by_rows: bool,
    /// What is left to give after the end of the input; `None` before.
    tail: Option<&'static [u8]>,
}

impl<R: Read> Lines<R> {
    const SIZE: usize = 1 << 16;

    pub(super) fn new(inner: R) -> io::Result<Self> {
        let mut lines = Self {
            inner,
            buffer: vec![0; Self::SIZE],
            at: 0,
            filled: 0,
            held_return: false,
            last: b'\n',
            given: 0,
            by_rows: false,
            tail: None,
        };
        let first = lines.fill();
        let start = lines.buffer.get(..lines.filled.min(4)).unwrap_or_default();
        if matches!(start, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is utf-16: expected utf-8"));
        }
        if matches!(start, [b'P', b'K', 3, 4]) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file is a spreadsheet or zip archive: expected csv",
            ));
        }
        first.map(|()| lines)
    }

    /// A row begins here, or in the little that was read ahead.
    pub(super) fn begin_row(&mut self) {
        (self.given, self.by_rows) = (0, true);
    }

    fn fill(&mut self) -> io::Result<()> {
        self.at = 0;
        loop {
            match self.inner.read(&mut self.buffer) {
                Ok(count) => {
                    self.filled = count;
                    return if self.buffer.get(..count).is_some_and(|bytes| bytes.contains(&0)) {
                        Err(io::Error::new(io::ErrorKind::InvalidData, "the file holds zero bytes: expected text"))
                    } else {
                        Ok(())
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if self.by_rows && self.given > LONGEST_ROW {
            return Err(too_long());
        }
        let made = self.give(out)?;
        self.given = self.given.saturating_add(made);
        Ok(made)
    }
}

/// Why a row is not read to its end.
pub(super) fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("a row longer than {} MiB", LONGEST_ROW >> 20))
}

impl<R: Read> Lines<R> {
    /// Some of the lines, one byte at least until the end.
    fn give(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(tail) = &mut self.tail {
                return tail.read(out);
            }
            if self.at >= self.filled {
                self.fill()?;
            }
            if self.filled == 0 {
                if std::mem::take(&mut self.held_return) {
                    self.last = b'\r';
                    if let Some(to) = out.first_mut() {
                        *to = b'\r';
                    }
                    return Ok(1);
                }
                self.tail = Some(if self.last == b'\n' { END } else { LINE_END_AND_END });
                continue;
            }
            let source = self.buffer.get(self.at..self.filled).unwrap_or_default();
            let mut made = 0;
            let taken;
            if !self.held_return && !source.contains(&b'\r') {
                taken = source.len().min(out.len());
                if let (Some(to), Some(from)) = (out.get_mut(..taken), source.get(..taken)) {
                    to.copy_from_slice(from);
                }
                made = taken;
            } else {
                let mut used = 0;
                let mut room = out.iter_mut();
                for byte in source {
                    if self.held_return {
                        self.held_return = false;
                        if *byte != b'\n' {
                            // A carriage return of its own stays; the byte after it is looked at again.
                            let Some(to) = room.next() else {
                                self.held_return = true;
                                break;
                            };
                            *to = b'\r';
                            made += 1;
                        }
                    }
                    if *byte == b'\r' {
                        self.held_return = true;
                    } else {
                        let Some(to) = room.next() else { break };
                        *to = *byte;
                        made += 1;
                    }
                    used += 1;
                }
                taken = used;
            }
            self.at += taken;
            if made > 0 {
                self.last = out.get(made - 1).copied().unwrap_or(b'\n');
                return Ok(made);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_recognised_across_every_split_of_the_input() {
        struct Bytewise<'b>(&'b [u8], usize);
        impl Read for Bytewise<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let count = self.1.min(self.0.len()).min(out.len());
                out[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        let text = "a,b\r\n1,\"x\r\ny\"\r\n\"\r\",2\r\n3,4";
        for size in 1..text.len() {
            let mut normal = String::new();
            Lines::new(Bytewise(text.as_bytes(), size)).unwrap().read_to_string(&mut normal).unwrap();
            assert_eq!(normal, "a,b\n1,\"x\ny\"\n\"\r\",2\n3,4\n\0\n", "{size}");
            let mut lines = Lines::new(text.as_bytes()).unwrap();
            let mut by_piece = Vec::new();
            let mut piece = vec![0; size];
            loop {
                let count = lines.read(&mut piece).unwrap();
                if count == 0 {
                    break;
                }
                by_piece.extend_from_slice(&piece[..count]);
            }
            assert_eq!(by_piece, normal.as_bytes(), "{size}");
        }
    }
}
