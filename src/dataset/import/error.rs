//! Why a dataset cannot be imported.

use std::io;

use super::LeftOut;
use crate::finding::{Finding, Findings};

/// Why a dataset cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The file, as the user knows it.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// An archive in place of the folder.
    #[error("`{place}` is {what}: expected the folder that is in it")]
    Archive {
        /// The file.
        place: String,
        /// What kind of archive.
        what: &'static str,
    },
    /// A format that nobody knows.
    #[error("there is no importer `{word}`")]
    NoImporter {
        /// The word.
        word: String,
        /// The remedy.
        help: String,
    },
    /// The folder has no layout that an importer knows.
    #[error("`{place}` has no layout that agebench knows")]
    NotRecognised {
        /// The folder.
        place: String,
        /// The remedy.
        help: String,
    },
    /// Several importers know the layout.
    #[error("`{place}` fits several layouts: {}", fits.join("; "))]
    SeveralFit {
        /// The folder.
        place: String,
        /// Each with its reason.
        fits: Vec<String>,
    },
    /// The folder does not have the layout of the importer that was named.
    #[error("`{place}` is not laid out as {title}: expected {layout}")]
    OtherLayout {
        /// The folder.
        place: String,
        /// The dataset.
        title: &'static str,
        /// What was expected.
        layout: &'static str,
        /// The remedy, where there is one.
        help: Option<String>,
    },
    /// A flag that the importer does not know.
    #[error("the importer `{importer}` has no use for {flag}")]
    Flag {
        /// The importer.
        importer: &'static str,
        /// The flag.
        flag: &'static str,
        /// The remedy.
        help: String,
    },
    /// Files with labels are not what they should be.
    #[error("cannot import `{place}`")]
    Unusable {
        /// The folder.
        place: String,
        /// All that is wrong.
        source: Findings,
    },
    /// No sample is left.
    #[error("`{place}` holds no sample that can be imported")]
    Nothing {
        /// The folder.
        place: String,
        /// Why rows were left out, where there were any.
        source: Option<Reasons>,
    },
    /// The output folder holds something.
    #[error("the output folder `{out}` is not empty: it holds `{found}`")]
    NotEmpty {
        /// The folder.
        out: String,
        /// One of its files.
        found: String,
        /// Whether it is a file that `import` writes.
        is_ours: bool,
    },
    /// A file cannot be written.
    #[error("cannot write `{file}`")]
    Write {
        /// The file.
        file: String,
        /// The cause.
        source: io::Error,
    },
}

/// Why rows were left out: how many for each reason, and the first of them.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Reasons(String);

impl ImportError {
    /// That no sample is left of `place`, as rows were left out for `reasons`.
    pub(super) fn nothing(place: String, reasons: &[LeftOut]) -> Self {
        let lines = reasons.iter().flat_map(|kind| {
            let more = (kind.count > kind.first.len() as u64).then(|| "    ...".to_owned());
            let first = kind.first.iter().map(|first| format!("    {first}"));
            std::iter::once(format!("{}: {}", kind.count, kind.reason)).chain(first).chain(more)
        });
        let lines: Vec<String> = lines.collect();
        let text = format!("all rows are left out:\n{}", lines.join("\n"));
        Self::Nothing { place, source: (!lines.is_empty()).then_some(Reasons(text)) }
    }

    /// Whether something could not be written. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Write { .. })
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("nothing is there: give the dataset's folder, unpacked, or a CSV file")
            }
            Self::Archive { .. } => Some("unpack it, and give the folder"),
            Self::NoImporter { help, .. } | Self::NotRecognised { help, .. } | Self::Flag { help, .. } => Some(help),
            Self::SeveralFit { .. } => Some("name the one that you mean in place of `auto`"),
            Self::OtherLayout { help, .. } => help.as_deref(),
            Self::Unusable { source, .. } => source.common_help(),
            Self::NotEmpty { is_ours: true, .. } => Some("name another folder, or give --replace to write it anew"),
            Self::NotEmpty { .. } => {
                Some("name another folder: --replace removes the files of an import and no others")
            }
            Self::Nothing { source: Some(_), .. } => Some(
                "mend the cells as their reasons say: ages are numbers such as 17 or 17.25, or bands such as 25-32",
            ),
            Self::Nothing { .. } | Self::Read { .. } | Self::Write { .. } => None,
        }
    }
}

impl From<Finding> for ImportError {
    fn from(finding: Finding) -> Self {
        Self::Unusable { place: finding.file.clone(), source: finding.into() }
    }
}
