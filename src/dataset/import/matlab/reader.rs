//! The bytes of a MATLAB file of level 5: numbers, texts, cells and structs, plain or compressed.
//!
//! Bytes are foreign: every length is held against what is left, nesting and the number of values are bounded, and what is read
//! is never more than what the file says it holds. The format: "MAT-File Format", MathWorks, level 5.

use std::io::{self, Read};

use super::Value;

/// Values at most, over the whole file: IMDB-WIKI has five million.
const MOST_VALUES: u64 = 64_000_000;
/// Structs and cells within each other at most.
const DEEPEST: u32 = 16;

const INT8: u32 = 1;
const UINT8: u32 = 2;
const INT16: u32 = 3;
const UINT16: u32 = 4;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const SINGLE: u32 = 7;
const DOUBLE: u32 = 9;
const INT64: u32 = 12;
const UINT64: u32 = 13;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
const UTF8: u32 = 16;
const UTF16: u32 = 17;
const UTF32: u32 = 18;

fn wrong(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

/// The variables of the file `input`, with their names.
///
/// # Errors
/// When it is no MATLAB file of level 5, or breaks off, or contradicts itself.
pub(super) fn read(mut input: impl Read) -> io::Result<Vec<(String, Value)>> {
    let mut header = [0; 128];
    input.read_exact(&mut header).map_err(|_| wrong("the file is shorter than the header of a MATLAB file"))?;
    if header.starts_with(b"\x89HDF") || header.starts_with(b"MATLAB 7.3") {
        return Err(wrong(
            "a MATLAB file of version 7.3 (HDF5): save it with -v7, or take the file as it was published",
        ));
    }
    let is_big = match (header.get(126), header.get(127)) {
        (Some(b'M'), Some(b'I')) => true,
        (Some(b'I'), Some(b'M')) => false,
        _ => return Err(wrong("no MATLAB file of level 5")),
    };
    let mut left = MOST_VALUES;
    let mut variables = Vec::new();
    loop {
        let mut tag = [0; 8];
        match input.read(&mut tag)? {
            0 => return Ok(variables),
            count => input.read_exact(tag.get_mut(count..).unwrap_or_default()).map_err(broken)?,
        }
        let [a, b, c, d, e, f, g, h] = tag;
        let (kind, length) = (word([a, b, c, d], is_big), u64::from(word([e, f, g, h], is_big)));
        let mut inner = input.by_ref().take(length);
        if kind == COMPRESSED {
            let mut reader = Reader { input: flate2::read::ZlibDecoder::new(&mut inner), is_big, left: &mut left };
            if let (MATRIX, length) = reader.tag()? {
                variables.push(reader.matrix(length, 0)?);
            }
        } else if kind == MATRIX {
            let mut reader = Reader { input: &mut inner, is_big, left: &mut left };
            variables.push(reader.matrix(length, 0)?);
        }
        // The rest of it, whatever it is.
        io::copy(&mut inner, &mut io::sink())?;
        if inner.limit() > 0 {
            return Err(wrong("the file breaks off within a variable"));
        }
    }
}

/// Reads a file and forgets it, for the fuzz target of this reader.
#[cfg(fuzzing)]
pub fn fuzz_matlab(file: &[u8]) {
    let _ = read(file);
}

fn broken(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { wrong("the file breaks off within a variable") } else { error }
}

fn word(bytes: [u8; 4], is_big: bool) -> u32 {
    if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

struct Reader<'l, R> {
    input: R,
    is_big: bool,
    left: &'l mut u64,
}

/// The head of an element: its type, the bytes of its data, and these data when they stand in the head itself.
struct Element {
    kind: u32,
    data: Vec<u8>,
}

impl<R: Read> Reader<'_, R> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(broken)?;
        Ok(bytes)
    }

    /// A tag of 8 bytes.
    fn tag(&mut self) -> io::Result<(u32, u64)> {
        let kind = word(self.bytes()?, self.is_big);
        Ok((kind, u64::from(word(self.bytes()?, self.is_big))))
    }

    /// A whole element that is no matrix, of at most `most` bytes with its head, and how many bytes it took.
    fn element(&mut self, most: u64) -> io::Result<(Element, u64)> {
        let first = word(self.bytes()?, self.is_big);
        if first >> 16 != 0 {
            // A small element: length and type in one word, the data in the next.
            let data: [u8; 4] = self.bytes()?;
            let length = (first >> 16) as usize;
            let data = data.get(..length).ok_or_else(|| wrong("a small element of more than four bytes"))?.to_vec();
            return Ok((Element { kind: first & 0xffff, data }, 8));
        }
        let length = u64::from(word(self.bytes()?, self.is_big));
        let padded = length.next_multiple_of(8);
        if padded + 8 > most.next_multiple_of(8) {
            return Err(wrong(format!("an element of {length} bytes in one of {most}")));
        }
        let mut data = Vec::new();
        // Grows as bytes come: a length alone takes no memory.
        self.input.by_ref().take(length).read_to_end(&mut data)?;
        if data.len() as u64 != length {
            return Err(wrong("the file breaks off within a variable"));
        }
        self.skip(padded - length)?;
        Ok((Element { kind: first, data }, 8 + padded))
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.input.by_ref().take(count), &mut io::sink())?;
        if skipped == count { Ok(()) } else { Err(wrong("the file breaks off within a variable")) }
    }

    fn spend(&mut self, values: u64) -> io::Result<()> {
        *self.left = self.left.checked_sub(values).ok_or_else(|| wrong(format!("more than {MOST_VALUES} values")))?;
        Ok(())
    }

    /// A matrix of `length` bytes behind its tag: its name and its value.
    fn matrix(&mut self, length: u64, depth: u32) -> io::Result<(String, Value)> {
        self.spend(1)?;
        if length == 0 {
            return Ok((String::new(), Value::Numbers(Vec::new())));
        }
        if depth > DEEPEST {
            return Err(wrong(format!("structs and cells more than {DEEPEST} deep within each other")));
        }
        let mut left = length;
        let mut next = |reader: &mut Self| -> io::Result<Element> {
            let (element, taken) = reader.element(left)?;
            left = left.checked_sub(taken).ok_or_else(|| wrong("a variable that is longer than it says"))?;
            Ok(element)
        };
        let flags = next(self)?;
        let class = match self.whole(&flags)?.first() {
            Some(flags) => (flags & 0xff, flags & 0x800 != 0),
            None => return Err(wrong("a variable without flags")),
        };
        let sizes = next(self)?;
        let sizes = self.whole(&sizes)?;
        let count = sizes.iter().try_fold(1_u64, |count, size| count.checked_mul(u64::from(*size)));
        let count = count.ok_or_else(|| wrong("a variable with too many values"))?;
        let name = next(self)?;
        let name = String::from_utf8_lossy(&name.data).into_owned();
        let value = match class {
            (_, true) => Value::Other,
            (1, _) => Value::Cells(self.values(count, &mut left, depth)?),
            (2, _) => self.fields(count, &mut left, depth)?,
            (4, _) => {
                let (data, taken) = self.element(left)?;
                left = left.checked_sub(taken).ok_or_else(|| wrong("a variable that is longer than it says"))?;
                Value::Text(self.text(&data)?)
            }
            (6..=15, _) => {
                let (data, taken) = self.element(left)?;
                left = left.checked_sub(taken).ok_or_else(|| wrong("a variable that is longer than it says"))?;
                let numbers = self.numbers(&data)?;
                self.spend(numbers.len() as u64)?;
                if numbers.len() as u64 != count {
                    return Err(wrong(format!("{} numbers where {count} are announced", numbers.len())));
                }
                Value::Numbers(numbers)
            }
            _ => Value::Other,
        };
        self.skip(left)?;
        Ok((name, value))
    }

    /// `count` matrices one after the other.
    fn values(&mut self, count: u64, left: &mut u64, depth: u32) -> io::Result<Vec<Value>> {
        // Each takes 8 bytes at least: a number that cannot be is refused before it takes memory.
        if count.saturating_mul(8) > *left {
            return Err(wrong(format!("{count} cells in {left} bytes")));
        }
        let mut values = Vec::new();
        for _ in 0..count {
            let (kind, length) = self.tag()?;
            let taken = length.next_multiple_of(8) + 8;
            *left = left.checked_sub(taken).ok_or_else(|| wrong("a cell that is longer than its variable"))?;
            if kind != MATRIX {
                return Err(wrong("a cell that is no array"));
            }
            values.push(self.matrix(length, depth + 1)?.1);
            self.skip(taken - 8 - length)?;
        }
        Ok(values)
    }

    fn fields(&mut self, count: u64, left: &mut u64, depth: u32) -> io::Result<Value> {
        let mut next = |reader: &mut Self| -> io::Result<Element> {
            let (element, taken) = reader.element(*left)?;
            *left = left.checked_sub(taken).ok_or_else(|| wrong("a struct that is longer than it says"))?;
            Ok(element)
        };
        let width = next(self)?;
        let width = self.whole(&width)?.first().copied().unwrap_or(0) as usize;
        let names = next(self)?;
        if width == 0 || width > 4096 {
            return Err(wrong("a struct whose field names have no length, or an absurd one"));
        }
        let name = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
        };
        let mut fields: Vec<(String, Vec<Value>)> =
            names.data.chunks(width).map(|bytes| (name(bytes), Vec::new())).collect();
        let all = count.saturating_mul(fields.len() as u64);
        let values = self.values(all, left, depth)?;
        let per_struct = fields.len().max(1);
        for (place, value) in values.into_iter().enumerate() {
            if let Some((_, values)) = fields.get_mut(place % per_struct) {
                values.push(value);
            }
        }
        Ok(Value::Struct(fields))
    }

    fn whole(&self, element: &Element) -> io::Result<Vec<u32>> {
        if !matches!(element.kind, INT32 | UINT32) {
            return Err(wrong("flags, sizes or lengths of another type than whole numbers of 32 bits"));
        }
        let words = element.data.chunks_exact(4).filter_map(|bytes| bytes.try_into().ok());
        Ok(words.map(|bytes| word(bytes, self.is_big)).collect())
    }

    /// Numbers, however they are stored.
    fn numbers(&self, element: &Element) -> io::Result<Vec<f64>> {
        macro_rules! each {
            ($type:ty) => {
                element
                    .data
                    .chunks_exact(size_of::<$type>())
                    .filter_map(|bytes| bytes.try_into().ok())
                    .map(|bytes| if self.is_big { <$type>::from_be_bytes(bytes) } else { <$type>::from_le_bytes(bytes) } as f64)
                    .collect()
            };
        }
        Ok(match element.kind {
            INT8 => each!(i8),
            UINT8 => each!(u8),
            INT16 => each!(i16),
            UINT16 => each!(u16),
            INT32 => each!(i32),
            UINT32 => each!(u32),
            SINGLE => each!(f32),
            DOUBLE => each!(f64),
            INT64 => each!(i64),
            UINT64 => each!(u64),
            other => return Err(wrong(format!("numbers of the unknown type {other}"))),
        })
    }

    /// A text, which is stored as bytes or as UTF-8, -16 or -32.
    fn text(&self, element: &Element) -> io::Result<String> {
        let units = || element.data.chunks_exact(2).filter_map(|bytes| bytes.try_into().ok());
        Ok(match element.kind {
            UTF8 | INT8 | UINT8 => match std::str::from_utf8(&element.data) {
                Ok(text) => text.to_owned(),
                // Bytes that are no UTF-8 are Latin-1, as MATLAB wrote them.
                Err(_) => element.data.iter().map(|byte| char::from(*byte)).collect(),
            },
            UTF16 | UINT16 => {
                let units = units()
                    .map(|bytes| if self.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) });
                String::from_utf16_lossy(&units.collect::<Vec<u16>>())
            }
            UTF32 => {
                let words = element.data.chunks_exact(4).filter_map(|bytes| bytes.try_into().ok());
                words
                    .map(|bytes| char::from_u32(word(bytes, self.is_big)).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            other => return Err(wrong(format!("a text of the unknown type {other}"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by SciPy's `savemat`: see scripts/datasets/layouts.py.
    fn fixture(path: &str) -> Vec<u8> {
        std::fs::read(format!("{}/fixtures/import/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    const FILES: [&str; 2] = ["imdb-wiki/data/imdb.mat", "cacd2000/data/celebrity2000_meta.mat"];

    #[test]
    fn a_file_that_breaks_off_anywhere_or_holds_wrong_bytes_is_an_error_or_another_value_and_no_panic() {
        for path in FILES {
            let bytes = fixture(path);
            read(&bytes[..]).unwrap();
            for end in (0..bytes.len()).filter(|end| *end != 128) {
                assert!(read(&bytes[..end]).is_err(), "{path} cut at {end}");
            }
            for at in 0..bytes.len() {
                for byte in [0, 0x7f, 0xff, bytes[at] ^ 1] {
                    let mut other = bytes.clone();
                    other[at] = byte;
                    let _ = read(&other[..]);
                }
            }
        }
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        let mut file = vec![b' '; 124];
        file.extend([0, 1, b'I', b'M']);
        // A matrix of 4 GiB, with sizes of 2^31 by 2^31.
        file.extend([14, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        file.extend([6, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        file.extend([5, 0, 0, 0, 8, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
        file.extend([1, 0, 0, 0, 1, 0, 0, 0, b'x', 0, 0, 0, 0, 0, 0, 0]);
        let error = read(&file[..]).unwrap_err().to_string();
        assert!(error.contains("cells in"), "{error}");
    }

    #[test]
    fn other_files_are_told_apart() {
        let mut newer = b"MATLAB 7.3 MAT-file".to_vec();
        newer.resize(200, b' ');
        assert!(read(&newer[..]).unwrap_err().to_string().contains("-v7"));
        assert!(read(&[0; 200][..]).unwrap_err().to_string().contains("no MATLAB file"));
    }
}
