//! A Parquet file as columns of text, an empty text where a value is null. No other file names the library that reads it.
//!
//! Bytes are foreign: the library is held to lengths that the file has, and a panic of it is an error of the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ::parquet::basic::{Compression, Repetition, Type as Physical};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use ::parquet::data_type::DataType;
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use ::parquet::schema::types::Type;
use bytes::Bytes;

use super::value::{self, Kind};
use super::zstd::Pages;
use crate::dataset::texts::Texts;
use crate::finding::{Finding, quoted};

/// Values that are read at once.
const AT_ONCE: usize = 8192;

/// The columns that hold single values.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub names: Vec<String>,
    pub columns: Vec<Texts>,
    pub rows: usize,
    /// Columns that hold something else, and what.
    pub passed_over: Vec<(String, &'static str)>,
}

/// Reads `open`, the file that findings call `file`.
///
/// # Errors
/// When it is no Parquet file, is damaged, is compressed in a way that is not read, holds its pictures itself, or has a text that is not UTF-8.
pub(super) fn read(file: &str, open: File) -> std::result::Result<Columns, Finding> {
    let length = open.metadata().map_err(|error| Finding::error(file, error.to_string()))?.len();
    let caught = catch_unwind(AssertUnwindSafe(|| read_all(file, &Whole { open: Arc::new(open), length })));
    caught.unwrap_or_else(|_| Err(damaged(file, "the reader stumbled over it")))
}

fn damaged(file: &str, reason: &str) -> Finding {
    Finding::error(file, format!("the file cannot be read as Parquet: {reason}"))
        .help("write or download it again; a table can also be given as CSV")
}

/// What the library says, in our words where it is an option that this build leaves out.
fn failed(file: &str, error: &ParquetError) -> Finding {
    let text = error.to_string();
    let codecs = ["lz4", "brotli", "lzo"];
    let lower = text.to_ascii_lowercase();
    let is_codec = lower.contains("codec") || lower.contains("disabled feature") || lower.contains("not installed");
    match codecs.iter().find(|codec| is_codec && lower.contains(**codec)) {
        Some(codec) => Finding::error(file, format!("its columns are compressed with {codec}, which is not read"))
            .help("write it with compression=\"snappy\", \"zstd\", \"gzip\" or none"),
        None => damaged(file, text.trim_start_matches("Parquet error: ")),
    }
}

/// A file that gives no more than it has.
#[derive(Clone)]
struct Whole {
    open: Arc<File>,
    length: u64,
}

impl Length for Whole {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Whole {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let mut open = self.open.try_clone()?;
        open.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(open))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF("it breaks off, or names a place beyond its end".to_owned()));
        }
        let mut open = self.open.try_clone()?;
        open.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::with_capacity(length);
        open.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}

fn read_all(file: &str, whole: &Whole) -> std::result::Result<Columns, Finding> {
    let failed = |error: ParquetError| failed(file, &error);
    let reader = SerializedFileReader::new(whole.clone()).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let mut found = Columns::default();
    // The place of each column among the leaves of the schema, and how its values are written.
    let mut kinds: Vec<(usize, Kind)> = Vec::new();
    for (place, field) in schema.root_schema().get_fields().iter().enumerate() {
        if let Some(finding) = holds_pictures(file, field) {
            return Err(finding);
        }
        let leaf = (0..schema.num_columns()).find(|leaf| schema.get_column_root_idx(*leaf) == place);
        let is_repeated =
            field.get_basic_info().has_repetition() && field.get_basic_info().repetition() == Repetition::REPEATED;
        let kind = match leaf {
            Some(leaf) if field.is_primitive() && !is_repeated => value::kind(&schema.column(leaf)),
            _ => Err("lists or structs"),
        };
        match (leaf, kind) {
            (Some(leaf), Ok(kind)) => {
                found.names.push(field.name().to_owned());
                kinds.push((leaf, kind));
            }
            (_, kind) => found.passed_over.push((field.name().to_owned(), kind.err().unwrap_or("nothing"))),
        }
    }
    found.rows = usize::try_from(reader.metadata().file_metadata().num_rows())
        .map_err(|_| damaged(file, "a number of rows below zero"))?;
    let mut bytes_in: Vec<usize> = Vec::new();
    for (at, (leaf, kind)) in kinds.iter().enumerate() {
        let mut texts = Texts::default();
        for group in 0..reader.num_row_groups() {
            let rows = reader.metadata().row_group(group).num_rows();
            let rows = usize::try_from(rows).map_err(|_| damaged(file, "a number of rows below zero"))?;
            let about = reader.metadata().row_group(group).column(*leaf);
            let column = if matches!(about.compression(), Compression::ZSTD(_)) {
                let (start, length) = about.byte_range();
                let length = usize::try_from(length).map_err(|_| damaged(file, "a column of impossible length"))?;
                let bytes = whole.get_bytes(start, length).map_err(failed)?;
                get_column_reader(schema.column(*leaf), Box::new(Pages::new(bytes, about.num_values())))
            } else {
                reader.get_row_group(group).map_err(failed)?.get_column_reader(*leaf).map_err(failed)?
            };
            let is_required = schema.column(*leaf).max_def_level() == 0;
            let before = texts.len();
            match read_column(column, rows, is_required, *kind, &mut texts).map_err(failed)? {
                Told::All => {}
                Told::NotText => {
                    bytes_in.push(at);
                    break;
                }
                Told::NotUtf8 => {
                    let text = format!(
                        "the text in column {} is not utf-8",
                        quoted(found.names.get(at).map_or("", String::as_str))
                    );
                    return Err(Finding::error(file, text).row(texts.len() as u64 + 1));
                }
            }
            if texts.len() - before != rows {
                return Err(damaged(file, "a column has another number of values than there are rows"));
            }
        }
        if kind.is_timestamp() {
            texts = value::days(&texts);
        }
        found.columns.push(texts);
    }
    for at in bytes_in.into_iter().rev() {
        found.columns.remove(at);
        found.passed_over.push((found.names.remove(at), "bytes that are no text"));
    }
    if found.columns.iter().any(|column| column.len() != found.rows) {
        return Err(damaged(file, "its columns have another number of values than it says rows"));
    }
    Ok(found)
}

/// An error for a column of pictures within the table, as Hugging Face writes them.
fn holds_pictures(file: &str, field: &Type) -> Option<Finding> {
    let is_bytes = |inner: &&Arc<Type>| {
        inner.is_primitive() && inner.name() == "bytes" && inner.get_physical_type() == Physical::BYTE_ARRAY
    };
    if !field.is_group() || !field.get_fields().iter().any(|inner| is_bytes(&inner)) {
        return None;
    }
    let name = quoted(field.name());
    let text = format!("the column {name} holds the pictures themselves (a struct with `bytes`)");
    let help = "agebench reads pictures from files: write each row's bytes to a file of its own, put its name into a column `path` in \
                place of this one, and import that table; docs/import.md has ten lines of Python for it";
    Some(Finding::error(file, text).column(field.name()).help(help))
}

/// How far a column was read.
pub(super) enum Told {
    All,
    /// Bytes that are not said to be text, and are none.
    NotText,
    /// What is said to be text is not UTF-8.
    NotUtf8,
}

/// Appends the `rows` values of `column` to `texts`, each as `kind` is written.
fn read_column(column: ColumnReader, rows: usize, is_required: bool, kind: Kind, texts: &mut Texts) -> Result<Told> {
    let mut text = String::new();
    let mut told = Told::All;
    macro_rules! each {
        ($reader:expr, $write:expr) => {
            each_value($reader, rows, is_required, |value| {
                text.clear();
                if let Some(value) = value {
                    let write: fn(Kind, &_, &mut String) = $write;
                    write(kind, value, &mut text);
                }
                texts.push(&text);
                true
            })
        };
    }
    match column {
        ColumnReader::BoolColumnReader(reader) => each!(reader, |_, value: &bool, text| value::put(text, value)),
        ColumnReader::Int32ColumnReader(reader) => {
            each!(reader, |kind, value: &i32, text| value::whole(kind, value::of_32(kind, *value), text))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            each!(reader, |kind, value: &i64, text| value::whole(kind, value::of_64(kind, *value), text))
        }
        ColumnReader::Int96ColumnReader(reader) => {
            each!(reader, |kind, value: &::parquet::data_type::Int96, text| value::whole(
                kind,
                value::of_96(value.data()),
                text
            ))
        }
        ColumnReader::FloatColumnReader(reader) => each!(reader, |_, value: &f32, text| value::float(value, text)),
        ColumnReader::DoubleColumnReader(reader) => each!(reader, |_, value: &f64, text| value::float(value, text)),
        ColumnReader::ByteArrayColumnReader(reader) => each_value(reader, rows, is_required, |value| {
            told = value::bytes(kind, value.map(|value| value.data()), texts);
            matches!(told, Told::All)
        }),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => each_value(reader, rows, is_required, |value| {
            told = value::bytes(kind, value.map(|value| value.data()), texts);
            matches!(told, Told::All)
        }),
    }?;
    Ok(told)
}

/// Gives each value to `take`, nulls as none, until it says no more.
fn each_value<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    is_required: bool,
    mut take: impl FnMut(Option<&T::T>) -> bool,
) -> Result<()> {
    let (mut levels, mut values): (Vec<i16>, Vec<T::T>) = (Vec::new(), Vec::new());
    let mut left = rows;
    while left > 0 {
        levels.clear();
        values.clear();
        let (records, ..) = reader.read_records(left.min(AT_ONCE), Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        left = left.saturating_sub(records);
        let mut known = values.iter();
        if is_required {
            if !known.all(|value| take(Some(value))) {
                return Ok(());
            }
        } else if !levels.iter().all(|level| take(if *level > 0 { known.next() } else { None })) {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Written by pyarrow: see scripts/datasets/layouts.py.
    fn fixture() -> Vec<u8> {
        std::fs::read(format!("{}/fixtures/import/parquet/data/labels.parquet", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn of_bytes(bytes: &[u8]) -> std::result::Result<Columns, Finding> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        read("t.parquet", file)
    }

    #[test]
    fn a_file_that_breaks_off_anywhere_is_an_error() {
        let bytes = fixture();
        assert_eq!(of_bytes(&bytes).unwrap().rows, 5);
        for end in (0..bytes.len()).step_by(7) {
            assert!(of_bytes(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn wrong_bytes_give_an_error_or_columns_of_one_length_and_no_panic() {
        let bytes = fixture();
        for at in 0..bytes.len() {
            for byte in [0, 0xff, bytes[at] ^ 1] {
                let mut other = bytes.clone();
                other[at] = byte;
                if let Ok(columns) = of_bytes(&other) {
                    assert!(columns.columns.iter().all(|column| column.len() == columns.rows), "byte {at}");
                    assert_eq!(columns.columns.len(), columns.names.len());
                }
            }
        }
    }
}
