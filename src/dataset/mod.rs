//! A dataset: its card, its manifest, their digests, and what is wrong with them. Knows no method and no answer.
//!
//! [`Dataset::open`] reads `dataset.toml` and `manifest.csv` and reports every problem in one pass. Samples are listed
//! in the order of the manifest. What a method may see of a sample is decided in [`crate::method`]; what of it goes
//! into a run folder, under which pseudonym, in [`crate::folder`].

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::foreign;

mod ages;
mod builder;
mod card;
mod columns;
mod dates;
mod digest;
mod error;
mod files;
pub mod import;
pub mod lint;
mod manifest;
mod names;
mod pick;
mod recorded;
mod row;
mod samples;
mod texts;

pub use builder::MOST_LEVELS;
pub use card::{DatasetCard, LabelKind, LeapBirthday, Precision, Sampling, check_name};
pub use columns::{Ages, Column, Levels, Rare};
pub use dates::{age_between, is_date};
pub use digest::FilesDigest;
pub use error::{DatasetError, NOBODY_ELIGIBLE_HELP, SampleError};
pub use files::{Embedded, Files, Folder, LARGEST_FILE, path_problem};
pub use names::{IDENTITY_COLUMNS, LABEL_COLUMNS, OWN_COLUMNS, is_for_methods, is_own_column, slug};
pub use pick::Pick;
pub use recorded::{Recorded, RecordedPart, TrueAge, TruthColumns, TruthReader};
pub use samples::{SampleRow, Samples};
pub use texts::{Distinct, Texts};

/// The name of a dataset's card in its folder.
pub const CARD_FILE: &str = "dataset.toml";
/// The name of a dataset's manifest in its folder.
pub const MANIFEST_FILE: &str = "manifest.csv";

/// A face box in pixels of the upright picture: `x0 < x1`, `y0 < y1`, all finite. May reach over the picture's edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceBox {
    /// Left edge.
    pub x0: f64,
    /// Upper edge.
    pub y0: f64,
    /// Right edge, not included.
    pub x1: f64,
    /// Lower edge, not included.
    pub y1: f64,
}

/// A dataset, loaded and checked.
#[derive(Debug)]
pub struct Dataset {
    card: DatasetCard,
    card_text: String,
    precision: Precision,
    files: Box<dyn Files>,
    samples: Samples,
    subjects: Texts,
    clusters: Texts,
    has_clusters: bool,
    columns: Vec<Column>,
    digest: Digest,
    ids_key: [u8; 32],
    /// Card and manifest on disk as they were read: name, path, SHA-256.
    read: Vec<(String, PathBuf, Digest)>,
}

impl Dataset {
    /// The dataset at `place`: a folder with dataset.toml and manifest.csv, or the card itself. Only the samples that
    /// `pick` takes are listed.
    ///
    /// # Errors
    /// [`DatasetError`]: every problem of card and manifest at once.
    ///
    /// ```
    /// use agebench::bundled;
    /// use agebench::dataset::{CARD_FILE, Dataset, Pick};
    ///
    /// // The drawn faces lie in the binary; `Dataset::open(Path::new("faces/"), ...)` reads a folder.
    /// let faces = Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, &Pick::default())?;
    /// assert_eq!(faces.samples().len(), 911);
    /// # Ok::<(), agebench::dataset::DatasetError>(())
    /// ```
    pub fn open(place: &Path, pick: &Pick) -> Result<Self, DatasetError> {
        error::refuse_table(place)?;
        let is_card = place.is_file();
        let (folder, card) = if is_card {
            let name = place.file_name().and_then(|name| name.to_str()).unwrap_or(CARD_FILE);
            (place.parent().unwrap_or(Path::new(".")), name)
        } else {
            (place, CARD_FILE)
        };
        let files =
            Folder::new(folder).map_err(|source| DatasetError::Read { file: place.display().to_string(), source })?;
        Self::from_files(Box::new(files), card, pick)
    }

    /// The dataset whose card is the file `card` of `files`.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn from_files(files: Box<dyn Files>, card: &str, pick: &Pick) -> Result<Self, DatasetError> {
        manifest::load(files, card, pick)
    }

    /// The card.
    #[must_use]
    pub fn card(&self) -> &DatasetCard {
        &self.card
    }

    /// The card as it was read, for the run folder.
    #[must_use]
    pub fn card_text(&self) -> &str {
        &self.card_text
    }

    /// How finely the ages are known: as the card says, or as the manifest's columns imply.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Where the files lie.
    #[must_use]
    pub fn files(&self) -> &dyn Files {
        &*self.files
    }

    /// The listed samples, in the order of the manifest.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Whether the sample at `place` is eligible: its age is known, and it is no attack.
    #[must_use]
    pub fn is_eligible(&self, place: usize) -> bool {
        let species = self.card.attack_species.as_deref().and_then(|name| self.column(name));
        self.samples.get(place).is_some_and(|sample| sample.age.is_some())
            && species.is_none_or(|column| column.cell(place).is_empty())
    }

    /// The subjects' ids as given, in the order of their first sample.
    #[must_use]
    pub fn subjects(&self) -> &Texts {
        &self.subjects
    }

    /// The clusters' ids as given; empty without a column `cluster_id`.
    #[must_use]
    pub fn clusters(&self) -> &Texts {
        &self.clusters
    }

    /// Whether the manifest has a column `cluster_id`: clusters then replace subjects as the unit.
    #[must_use]
    pub fn has_clusters(&self) -> bool {
        self.has_clusters
    }

    /// All columns of the manifest without a meaning of their own, `split` and the attack species included.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column named `name`, one cell a listed sample.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name() == name)
    }

    /// The manifest's digest: SHA-256 of `agebench manifest/1\n` and the canonical manifest.
    #[must_use]
    pub fn manifest_digest(&self) -> Digest {
        self.digest
    }

    /// The file that is gone or another one since it was read, of the card and the manifest; both are read again. None of a dataset
    /// that lies in no folder.
    #[must_use]
    pub fn changed(&self) -> Option<&str> {
        let digest = |path: &Path| foreign::open(path).and_then(|(file, _)| Digest::of_all(file));
        let is_changed = |path: &Path, read: Digest| !digest(path).is_ok_and(|(now, _)| now == read);
        self.read.iter().find(|(_, path, read)| is_changed(path, *read)).map(|(name, ..)| name.as_str())
    }

    /// The digest of what of the manifest is put to methods that are lent `columns`: SHA-256 of `agebench inputs/1\n` and a CSV
    /// line `sample_id, sha256, x0, y0, x1, y1` and these columns for each listed sample, in the order of the manifest.
    #[must_use]
    pub fn inputs_digest(&self, columns: &BTreeSet<&str>) -> Digest {
        digest::of_inputs(self, columns)
    }

    /// The key of the pseudonyms: SHA-256 of `agebench ids/1\n` and the canonical manifest.
    #[must_use]
    pub fn ids_key(&self) -> &[u8; 32] {
        &self.ids_key
    }

    /// The bytes of `sample`'s file and their SHA-256; `None` for a record without a file.
    ///
    /// # Errors
    /// [`SampleError`] when the file cannot be read or is not what the manifest says; without a path, so that it can
    /// stand in an outcome.
    pub fn read_sample(&self, sample: &SampleRow<'_>) -> Result<Option<SampleBytes>, SampleError> {
        let Some(path) = sample.path else { return Ok(None) };
        let bytes = self.files.read(path).map_err(|error| SampleError::Read(files::reason(&error)))?;
        let sha256 = Digest::of(&bytes);
        match sample.sha256 {
            Some(expected) if expected != sha256 => Err(SampleError::OtherContent),
            _ => Ok(Some(SampleBytes { bytes, sha256 })),
        }
    }
}

/// The content of a sample's file.
#[derive(Debug, Clone)]
pub struct SampleBytes {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// Its digest.
    pub sha256: Digest,
}
