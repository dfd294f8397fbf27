//! Samples whose every name holds a mark: of the folder, the file, the sample, the subject, and the label. A method that
//! was given the mark was given what it must not see.

use std::fs;
use std::io;

use super::ConformanceError;
use crate::clock::Clock;
use crate::dataset::{CARD_FILE, Dataset, MANIFEST_FILE, Pick, SampleRow};
use crate::method::{PrivateFolder, Sample, Scratch, lend};

/// The mark: no method comes by it but through a name.
pub const MARK: &str = "7391846205";

/// How the samples are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// With the mark in every name, and the label 73.
    Marked,
    /// With another mark, in other places of the names, and the label 11.
    Other,
}

/// What the samples are, in the order of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Photo,
    Empty,
    Noise,
    Truncated,
    Large,
    Record,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Photo, Self::Empty, Self::Noise, Self::Truncated, Self::Large, Self::Record];

    pub fn words(self) -> &'static str {
        match self {
            Self::Photo => "a photo",
            Self::Empty => "an empty file",
            Self::Noise => "bytes that are no photo",
            Self::Truncated => "half a photo",
            Self::Large => "a file of 20 MiB",
            Self::Record => "a record without a file",
        }
    }

    /// The content; none for a record.
    fn content(self, photo: &[u8]) -> Option<Vec<u8>> {
        /// More than any photo that a gate takes, and more than a pipe holds.
        const LARGE: usize = 20 << 20;
        match self {
            Self::Photo => Some(photo.to_vec()),
            Self::Empty => Some(Vec::new()),
            Self::Noise => Some((0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
            Self::Truncated => Some(photo.iter().copied().take(photo.len() / 2).collect()),
            // A photo with a long tail: a decoder that stops at the end of the picture sees nothing of it.
            Self::Large => {
                let mut large = photo.to_vec();
                large.resize(LARGE, 0);
                Some(large)
            }
            Self::Record => None,
        }
    }
}

/// The samples as a dataset.
pub struct Planted {
    dataset: Dataset,
    columns: Vec<String>,
    _folder: PrivateFolder,
}

impl Planted {
    /// Writes them; every one of `columns` holds `1`.
    ///
    /// # Errors
    /// When they cannot be written, or not be read as a dataset.
    pub fn write(scratch: &Scratch, columns: &[String], photo: &[u8], names: Names) -> Result<Self, ConformanceError> {
        let folder = scratch.make().map_err(ConformanceError::Samples)?;
        let (mark, age) = match names {
            Names::Marked => (MARK, 73),
            Names::Other => ("2846051937-11", 11),
        };
        let place = folder.path().join(format!("people-{mark}"));
        let write = || -> io::Result<()> {
            fs::create_dir_all(&place)?;
            let head: String = columns.iter().map(|column| format!(",{}", quoted(column))).collect();
            let mut manifest = format!("sample_id,path,subject_id,age,cluster_id{head}\n");
            for (number, kind) in Kind::ALL.into_iter().enumerate() {
                let content = kind.content(photo);
                let name = content.as_ref().map(|_| format!("age-{mark}-{number}.jpg")).unwrap_or_default();
                if let Some(content) = content {
                    fs::write(place.join(&name), content)?;
                }
                let cells = ",1".repeat(columns.len());
                manifest.push_str(&format!("s{mark}-{number},{name},p{mark},{age},c{mark}{cells}\n"));
            }
            fs::write(place.join(MANIFEST_FILE), manifest)?;
            let card = format!(
                "name = \"d{mark}\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n"
            );
            fs::write(place.join(CARD_FILE), card)
        };
        write().map_err(ConformanceError::Samples)?;
        let dataset = Dataset::open(&place, &Pick::all()).map_err(ConformanceError::Dataset)?;
        Ok(Self { dataset, columns: columns.to_vec(), _folder: folder })
    }

    /// The sample of `kind` as a method is lent it, and its row of the manifest, which none is lent.
    pub fn sample<'a>(&'a self, kind: Kind, clock: &'a dyn Clock) -> Option<(Sample<'a>, SampleRow<'a>)> {
        let place = Kind::ALL.iter().position(|other| *other == kind)?;
        let row = self.dataset.samples().get(place)?;
        let (mut sample, _) = lend::sample(&self.dataset, &row, clock);
        let column = |name: &String| self.dataset.column(name);
        sample.lend(self.columns.iter().filter_map(column).map(|column| (column.name(), column.cell(place))));
        Some((sample, row))
    }
}

/// A cell of CSV, quoted where it must be.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}
