//! Why a dataset cannot be loaded or a sample not be read.

use std::io;
use std::path::Path;

use crate::finding::Findings;

/// What to do when nothing can be measured on a dataset.
pub const NOBODY_ELIGIBLE_HELP: &str = "give true ages of people: rates are made from bona fide samples of known age";

/// What to do with a CSV file.
const NOT_A_CARD_HELP: &str = "give the folder or its dataset.toml; `agebench score FILE` reads a CSV file of recorded answers, `agebench import csv FILE` one of labels";

/// Why a dataset cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file or folder cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The file, as the user named it.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// A file that is no card: the manifest, most likely.
    #[error("`{file}` is not the card of a dataset")]
    NotACard {
        /// The file, as the user named it.
        file: String,
    },
    /// The card or the manifest has errors.
    #[error("cannot load dataset `{name}`")]
    Unusable {
        /// The dataset's name, or its place when the card has none.
        name: String,
        /// All of them.
        source: Findings,
    },
    /// The filter leaves no sample.
    #[error("no sample of dataset `{name}` is left: {filter}")]
    NothingLeft {
        /// The dataset's name.
        name: String,
        /// The filter in words.
        filter: String,
    },
    /// No listed sample is eligible.
    #[error("no sample of dataset `{name}` is eligible: none has both a known age and no attack species")]
    NobodyEligible {
        /// The dataset's name.
        name: String,
    },
    /// A column that the dataset does not have.
    #[error("dataset `{name}` has no column `{column}`")]
    NoColumn {
        /// The dataset's name.
        name: String,
        /// The column.
        column: String,
        /// The remedy.
        help: String,
    },
}

impl DatasetError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("a dataset is a folder with dataset.toml and manifest.csv")
            }
            Self::NotACard { .. } => Some(NOT_A_CARD_HELP),
            Self::Unusable { source, .. } => source.common_help(),
            Self::NoColumn { help, .. } => Some(help),
            Self::NobodyEligible { .. } => Some(NOBODY_ELIGIBLE_HELP),
            Self::Read { .. } | Self::NothingLeft { .. } => None,
        }
    }
}

/// Refuses a CSV file where a card is asked for: as TOML it would be a riddle.
pub(crate) fn refuse_table(place: &Path) -> Result<(), DatasetError> {
    let is_table = place.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if is_table && place.is_file() { Err(DatasetError::NotACard { file: place.display().to_string() }) } else { Ok(()) }
}

/// Why the bytes of a sample cannot be had. The attempt is `failed`; the text names no path of the dataset.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The file cannot be read; why, in words of `super::files::reason`.
    #[error("{0}")]
    Read(String),
    /// The content is not what the manifest says.
    #[error("the file of the sample has another sha-256 than the manifest says")]
    OtherContent,
}

#[cfg(test)]
mod tests {
    use crate::dataset::{Dataset, Pick, lint};

    #[test]
    fn a_manifest_in_place_of_the_card_is_told_what_to_give() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("manifest.CSV");
        std::fs::write(&file, "sample_id,age\n").unwrap();
        let errors = [
            Dataset::open(&file, &Pick::all()).unwrap_err(),
            lint::check(&file, &lint::Depth::default(), &|_, _| {}).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains("manifest.CSV"), "{error}");
            let help = error.help().unwrap();
            assert!(help.starts_with("give the folder or its dataset.toml") && help.contains("agebench score FILE"));
        }
    }
}
