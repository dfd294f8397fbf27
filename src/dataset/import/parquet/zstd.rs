//! The pages of a column that is compressed with zstd, which the library for Parquet reads only with a decoder in C.
//!
//! Source: parquet.thrift of the Parquet format, `PageHeader`; Thrift's compact protocol.

use std::io::Read as _;

use ::parquet::basic::Encoding;
use ::parquet::column::page::{Page, PageMetadata, PageReader};
use ::parquet::errors::{ParquetError, Result};
use bytes::Bytes;
use ruzstd::decoding::StreamingDecoder;

fn damaged(text: &str) -> ParquetError {
    ParquetError::General(text.to_owned())
}

/// Reads one page after the other.
pub(super) struct Pages {
    /// The column within one group of rows: headers and pages in turn.
    bytes: Bytes,
    place: usize,
    /// Values that are still to come.
    left: i64,
}

impl Pages {
    /// The pages in `bytes`, which hold `values` values, nulls among them.
    pub(super) fn new(bytes: Bytes, values: i64) -> Self {
        Self { bytes, place: 0, left: values }
    }

    /// The next header, and where its page begins.
    fn header(&self) -> Result<(Header, usize)> {
        let mut thrift = Thrift { bytes: &self.bytes, place: self.place };
        let header = Header::of(&thrift.fields(0)?)?;
        Ok((header, thrift.place))
    }

    fn next_page(&mut self) -> Result<Option<Page>> {
        while self.left > 0 {
            let (header, start) = self.header()?;
            let end = start.checked_add(header.packed).filter(|end| *end <= self.bytes.len());
            let end = end.ok_or_else(|| damaged("a page is longer than its column"))?;
            self.place = end;
            let packed = self.bytes.slice(start..end);
            if let Some(page) = header.page(&packed)? {
                if page.is_data_page() {
                    self.left -= i64::from(page.num_values());
                }
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.next_page()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        if self.left <= 0 {
            return Ok(None);
        }
        let (header, _) = self.header()?;
        Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict: header.kind == DICTIONARY }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.next_page().map(drop)
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        Ok(true) // columns that hold single values have one in each row
    }
}

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

/// What stands before a page.
struct Header {
    kind: i64,
    /// Bytes of the page, once it is decompressed.
    whole: usize,
    /// Bytes of the page as it stands there.
    packed: usize,
    /// The fields that a page of its kind has.
    inner: Vec<(i16, Value)>,
}

impl Header {
    fn of(fields: &[(i16, Value)]) -> Result<Self> {
        let kind = number(fields, 1)?;
        let size = |id| usize::try_from(number(fields, id)?).map_err(|_| damaged("a page of less than no bytes"));
        let id = match kind {
            DATA => 5,
            DICTIONARY => 7,
            DATA_2 => 8,
            _ => 0,
        };
        let inner = fields.iter().find_map(|(at, value)| match value {
            Value::Struct(inner) if *at == id => Some(inner.clone()),
            _ => None,
        });
        Ok(Self { kind, whole: size(2)?, packed: size(3)?, inner: inner.unwrap_or_default() })
    }

    /// The page that stands in `packed`; none of a kind that holds no values.
    fn page(&self, packed: &Bytes) -> Result<Option<Page>> {
        let count = |id| u32::try_from(number(&self.inner, id)?).map_err(|_| damaged("a count below zero"));
        let encoding = |id| {
            let number = number(&self.inner, id)?;
            let found = Encoding::VARIANTS.iter().find(|encoding| i64::from(**encoding as i32) == number);
            found.copied().ok_or_else(|| damaged("values in an encoding that is not known"))
        };
        Ok(Some(match self.kind {
            DATA => Page::DataPage {
                buf: unpacked(packed, 0, self.whole)?,
                num_values: count(1)?,
                encoding: encoding(2)?,
                def_level_encoding: encoding(3)?,
                rep_level_encoding: encoding(4)?,
                statistics: None,
            },
            DICTIONARY => Page::DictionaryPage {
                buf: unpacked(packed, 0, self.whole)?,
                num_values: count(1)?,
                encoding: encoding(2)?,
                is_sorted: flag(&self.inner, 3).unwrap_or(false),
            },
            DATA_2 => {
                let (definitions, repetitions) = (count(5)?, count(6)?);
                // Levels stand before the values, and are never compressed.
                let plain = definitions as usize + repetitions as usize;
                let is_compressed = flag(&self.inner, 7).unwrap_or(true);
                Page::DataPageV2 {
                    buf: if is_compressed { unpacked(packed, plain, self.whole)? } else { packed.clone() },
                    num_values: count(1)?,
                    num_nulls: count(2)?,
                    num_rows: count(3)?,
                    encoding: encoding(4)?,
                    def_levels_byte_len: definitions,
                    rep_levels_byte_len: repetitions,
                    is_compressed,
                    statistics: None,
                }
            }
            _ => return Ok(None),
        }))
    }
}

/// `packed`, of which all but the first `plain` bytes are compressed, as the `whole` bytes that it stands for.
fn unpacked(packed: &Bytes, plain: usize, whole: usize) -> Result<Bytes> {
    let (before, rest) = packed.split_at_checked(plain).ok_or_else(|| damaged("levels longer than their page"))?;
    let mut bytes = before.to_vec();
    if whole > plain {
        let decoder = StreamingDecoder::new(rest).map_err(|error| damaged(&format!("no zstd frame: {error}")))?;
        // Grows as bytes come, and by one byte more than there should be at most.
        let most = (whole - plain) as u64 + 1;
        decoder.take(most).read_to_end(&mut bytes).map_err(|error| damaged(&format!("zstd: {error}")))?;
    }
    if bytes.len() == whole { Ok(bytes.into()) } else { Err(damaged("a page of another length than it says")) }
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Number(i64),
    Flag(bool),
    Struct(Vec<(i16, Value)>),
    /// A text, a list or a floating-point number: nothing that is asked for.
    Other,
}

fn number(fields: &[(i16, Value)], id: i16) -> Result<i64> {
    let found = fields.iter().find_map(|(at, value)| match value {
        Value::Number(number) if *at == id => Some(*number),
        _ => None,
    });
    found.ok_or_else(|| damaged("the header of a page lacks a field"))
}

fn flag(fields: &[(i16, Value)], id: i16) -> Option<bool> {
    fields.iter().find_map(|(at, value)| match value {
        Value::Flag(flag) if *at == id => Some(*flag),
        _ => None,
    })
}

/// Structs and lists within each other at most.
const DEEPEST: u32 = 8;

/// Reads Thrift's compact protocol.
struct Thrift<'b> {
    bytes: &'b [u8],
    place: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Result<u8> {
        let byte = self.bytes.get(self.place).ok_or_else(|| damaged("the header of a page breaks off"))?;
        self.place += 1;
        Ok(*byte)
    }

    fn skip(&mut self, count: u64) -> Result<()> {
        let end = usize::try_from(count).ok().and_then(|count| self.place.checked_add(count));
        self.place =
            end.filter(|end| *end <= self.bytes.len()).ok_or_else(|| damaged("the header of a page breaks off"))?;
        Ok(())
    }

    fn variable(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(damaged("a number of more than 64 bits"))
    }

    /// A number with its sign in the lowest bit.
    fn signed(&mut self) -> Result<i64> {
        let value = self.variable()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The fields of a struct.
    fn fields(&mut self, depth: u32) -> Result<Vec<(i16, Value)>> {
        if depth > DEEPEST {
            return Err(damaged("the header of a page is nested too deeply"));
        }
        let (mut fields, mut id) = (Vec::new(), 0_i16);
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(fields);
            }
            id = match head >> 4 {
                0 => i16::try_from(self.signed()?).map_err(|_| damaged("a field without a number"))?,
                step => id.saturating_add(step.into()),
            };
            let value = match head & 15 {
                1 => Value::Flag(true),
                2 => Value::Flag(false),
                kind => self.value(kind, depth)?,
            };
            fields.push((id, value));
        }
    }

    /// A value of the type `kind`, a flag being a byte.
    fn value(&mut self, kind: u8, depth: u32) -> Result<Value> {
        match kind {
            1..=3 => self.skip(1)?,
            4..=6 => return self.signed().map(Value::Number),
            7 => self.skip(8)?,
            8 => {
                let length = self.variable()?;
                self.skip(length)?;
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.variable()? } else { u64::from(head >> 4) };
                if depth >= DEEPEST || count > self.bytes.len() as u64 {
                    return Err(damaged("a list that cannot be"));
                }
                for _ in 0..count {
                    self.value(head & 15, depth + 1)?;
                }
            }
            12 => return self.fields(depth + 1).map(Value::Struct),
            _ => return Err(damaged("the header of a page has a field of an unknown type")),
        }
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_thrift_writes_it() {
        // Python's thrift 0.22, TCompactProtocol: PageHeader(type=0, uncompressed_page_size=300, compressed_page_size=29, data_page_header=
        // DataPageHeader(num_values=5, encoding=8, definition_level_encoding=3, repetition_level_encoding=3, statistics=Statistics(null_count=1))).
        let bytes = [
            0x15, 0, 0x15, 0xd8, 0x04, 0x15, 0x3a, 0x2c, 0x15, 0x0a, 0x15, 0x10, 0x15, 0x06, 0x15, 0x06, 0x1c, 0x36,
            0x02, 0, 0, 0,
        ];
        let mut thrift = Thrift { bytes: &bytes, place: 0 };
        let header = Header::of(&thrift.fields(0).unwrap()).unwrap();
        assert_eq!((header.kind, header.whole, header.packed, thrift.place), (0, 300, 29, bytes.len()));
        let numbers: Vec<i64> = (1..=4).map(|id| number(&header.inner, id).unwrap()).collect();
        assert_eq!(numbers, [5, 8, 3, 3]);
        for end in 0..bytes.len() {
            assert!(Thrift { bytes: &bytes[..end], place: 0 }.fields(0).is_err(), "{end}");
        }
    }

    #[test]
    fn lengths_that_lie_are_errors() {
        // A text of 2^63 bytes, a list of 2^62 flags, structs within structs.
        for bytes in [
            &[0x18, 255, 255, 255, 255, 255, 255, 255, 255, 127][..],
            &[0x19, 0xf1, 255, 255, 255, 255, 255, 255, 255, 63],
            &[0x1c; 40],
        ] {
            assert!(Thrift { bytes, place: 0 }.fields(0).is_err());
        }
        assert!(unpacked(&Bytes::from_static(b"\x28\xb5\x2f\xfd"), 0, 10).is_err());
        assert!(unpacked(&Bytes::from_static(b"abc"), 4, 10).is_err());
    }
}
