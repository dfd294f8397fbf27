//! A plan on record: what will be measured, by whom it is signed off and when, written before any answer is seen.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::deviation::{Deviation, deviations};
use super::names;
use super::plan::Plan;
use crate::dataset::is_date;
use crate::digest::{Digest, DigestError};
use crate::finding::quoted;
use crate::folder::{FolderError, write_whole};

/// The schema of registration.json.
pub const REGISTRATION_SCHEMA: &str = "agebench-registration/1";

/// A registration.json.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// What is on record.
    #[serde(flatten)]
    pub content: Content,
    /// SHA-256 of `agebench registration/1\n` and the RFC 8785 JSON of all other keys.
    pub digest: Digest,
}

/// What is on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// [`REGISTRATION_SCHEMA`].
    pub schema: String,
    /// The version of agebench that wrote it.
    pub tool_version: String,
    /// The date that the user gave, as `2026-11-30`.
    pub date: String,
    /// Who signs it off, in the order given.
    pub signed_off_by: Vec<String>,
    /// The plan.
    pub plan: Plan,
}

/// How a study stands to the plan on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The digest of the registration.
    pub digest: Digest,
    /// Its date.
    pub date: String,
    /// Who signed it off.
    pub signed_off_by: Vec<String>,
    /// Whether nothing deviates.
    pub follows: bool,
    /// What deviates, item by item.
    pub deviations: Vec<Deviation>,
}

/// Why a plan cannot be put on record, or a record not be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The date is none.
    #[error("{} is not a date: expected one such as 2026-11-30", quoted(.0))]
    Date(String),
    /// A name of who signs off is empty or has control characters.
    #[error("{} is not a name", quoted(.0))]
    Name(String),
    /// Answers may have been seen.
    #[error("`{}` holds results: a plan is registered before any answer is seen", .0.display())]
    Results(PathBuf),
    /// A plan is on record already.
    #[error("`{}` holds the plan registered on {date} (digest {})", path.display(), digest.short())]
    Registered {
        /// The file.
        path: PathBuf,
        /// Its date.
        date: String,
        /// Its digest.
        digest: Digest,
    },
    /// It was changed by hand.
    #[error("`{}` was changed after it was written: its digest is {}, what it holds has {}", path.display(), written.short(), found.short())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The digest in it.
        written: Digest,
        /// The digest of what it holds.
        found: Digest,
    },
    /// Another schema.
    #[error("`{}` has the schema {}: this agebench reads {REGISTRATION_SCHEMA}", path.display(), quoted(schema))]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: String,
    },
    /// It cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl RegistrationError {
    /// Whether something could not be written.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Folder(error) if error.is_write_failure())
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Results(_) => Some("name another folder with --out; these results stand as unregistered"),
            Self::Registered { .. } => {
                Some("run the study as it is: what differs from the plan is said of every result")
            }
            Self::Changed { .. } => Some("put back the file as it was registered"),
            Self::Folder(error) => error.help(),
            Self::Date(_) | Self::Name(_) | Self::Schema { .. } | Self::Digest(_) => None,
        }
    }
}

impl Registration {
    /// `plan` on record.
    ///
    /// # Errors
    /// [`RegistrationError::Date`], [`RegistrationError::Name`].
    pub fn new(plan: Plan, date: &str, signed_off_by: &[String]) -> Result<Self, RegistrationError> {
        if !is_date(date) || date.trim() != date {
            return Err(RegistrationError::Date(date.to_owned()));
        }
        let is_name = |name: &str| !name.trim().is_empty() && !name.chars().any(char::is_control);
        if let Some(name) = signed_off_by.iter().find(|name| !is_name(name)) {
            return Err(RegistrationError::Name(name.clone()));
        }
        let content = Content {
            schema: REGISTRATION_SCHEMA.to_owned(),
            tool_version: crate::VERSION.to_owned(),
            date: date.to_owned(),
            signed_off_by: signed_off_by.to_vec(),
            plan,
        };
        let digest = content.digest()?;
        Ok(Self { content, digest })
    }

    /// The text of registration.json: the same bytes for the same plan, date and names.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_text(&self) -> Result<String, DigestError> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self).map_err(DigestError::Json)?))
    }

    /// Writes it into the study's folder `out`, where there is neither a result nor a plan.
    ///
    /// # Errors
    /// [`RegistrationError::Results`], [`RegistrationError::Registered`], or what the folder answers.
    pub fn write(&self, out: &Path) -> Result<PathBuf, RegistrationError> {
        let path = out.join(names::REGISTRATION);
        if let Some(before) = Self::read(out)? {
            return Err(RegistrationError::Registered { path, date: before.content.date, digest: before.digest });
        }
        if let Some(found) = first_result(out) {
            return Err(RegistrationError::Results(found));
        }
        fs::create_dir_all(out).map_err(|error| FolderError::write(out, error))?;
        write_whole(&path, self.to_text()?.as_bytes(), false)?;
        Ok(path)
    }

    /// The registration in the study's folder `out`; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read, or was changed.
    pub fn read(out: &Path) -> Result<Option<Self>, RegistrationError> {
        let path = out.join(names::REGISTRATION);
        let text = match crate::foreign::text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FolderError::read(&path, error).into()),
        };
        let json = |source| FolderError::Json { path: path.clone(), source };
        // The schema first: a later one may have other keys.
        let any: serde_json::Value = serde_json::from_str(&text).map_err(json)?;
        if let Some(schema) =
            any.get("schema").and_then(|schema| schema.as_str()).filter(|it| *it != REGISTRATION_SCHEMA)
        {
            return Err(RegistrationError::Schema { path, schema: schema.to_owned() });
        }
        let read: Self = serde_json::from_value(any.clone()).map_err(json)?;
        // Of the file as it stands, so that a key that this version does not know is part of it.
        let mut content = any;
        content.as_object_mut().map(|keys| keys.remove("digest"));
        let found = Digest::of_parsed("registration", &content, &[])?;
        if found != read.digest {
            return Err(RegistrationError::Changed { path, written: read.digest, found });
        }
        Ok(Some(read))
    }

    /// How a study with the plan `found`, made by this version of agebench, stands to it.
    #[must_use]
    pub fn standing(&self, found: &Plan) -> Standing {
        let mut deviations = deviations(&self.content.plan, found);
        if self.content.tool_version != crate::VERSION {
            deviations.push(Deviation {
                item: "version of agebench".to_owned(),
                registered: Some(self.content.tool_version.clone()),
                found: Some(crate::VERSION.to_owned()),
            });
        }
        Standing {
            digest: self.digest,
            date: self.content.date.clone(),
            signed_off_by: self.content.signed_off_by.clone(),
            follows: deviations.is_empty(),
            deviations,
        }
    }
}

impl Content {
    fn digest(&self) -> Result<Digest, DigestError> {
        Digest::of_parsed("registration", self, &[])
    }
}

impl Standing {
    /// How a study stands to a plan on record, or to none, in one sentence.
    #[must_use]
    pub fn sentence(standing: Option<&Self>) -> String {
        let Some(standing) = standing else {
            return "No plan of this study was registered before it was run.".to_owned();
        };
        let by = match standing.signed_off_by.as_slice() {
            [] => String::new(),
            names => format!(", signed off by {}", names.join(", ")),
        };
        let plan = format!("the plan registered on {}{by} (digest {})", standing.date, standing.digest.short());
        if standing.follows {
            return format!("This study follows {plan}.");
        }
        let all: Vec<String> = standing.deviations.iter().map(ToString::to_string).collect();
        format!("This study deviates from {plan}: {}.", all.join("; "))
    }
}

/// A result, or the beginning of one, in the study's folder `out`.
fn first_result(out: &Path) -> Option<PathBuf> {
    let holds = |folder: &PathBuf| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    names::RESULTS.iter().map(|name| out.join(name)).find(holds)
}
