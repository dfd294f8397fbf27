//! study.json: what a study planned, how it stands to a registered plan, and what of it is done.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::names;
use super::plan::Plan;
use super::registration::Standing;
use crate::folder::{FolderError, RunFolder, RunRecord, names as run_names, write_whole};

/// The schema of study.json: keys are only added within a major number.
pub const STUDY_SCHEMA: &str = "agebench-study/1";

/// A study.json. It holds no time, so that a study in one go and one in several leave the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyRecord {
    /// [`STUDY_SCHEMA`].
    pub schema: String,
    /// The version of agebench that wrote it.
    pub tool_version: String,
    /// What was planned, with what was found of the files.
    pub plan: Plan,
    /// How it stands to the plan on record; none where none is.
    pub registration: Option<Standing>,
    /// The parts, in their order.
    pub parts: Vec<PartRecord>,
}

/// One part of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Its folder, in the study's own.
    pub folder: String,
    /// The verb that makes it.
    pub verb: String,
    /// How far it is.
    pub state: State,
}

/// How far a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is not begun.
    Missing,
    /// It is begun, and goes on when the study is run again.
    Unfinished,
    /// It is finished.
    Finished,
}

impl StudyRecord {
    /// The study.json in the folder `out`; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(out: &Path) -> Result<Option<Self>, FolderError> {
        let path = out.join(names::STUDY);
        match crate::foreign::text(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|source| FolderError::Json { path, source }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::read(&path, error)),
        }
    }

    /// Writes it into the folder `out`.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write(&self, out: &Path) -> Result<(), FolderError> {
        let path = out.join(names::STUDY);
        let json =
            serde_json::to_string_pretty(self).map_err(|source| FolderError::Json { path: path.clone(), source })?;
        write_whole(&path, format!("{json}\n").as_bytes(), false)
    }
}

/// What [`note`] says in `settings.study`, in one sentence; none of what it did not write.
#[must_use]
pub fn said(study: &Value) -> Option<String> {
    let standing = study.get("registration").cloned().unwrap_or_default();
    let standing = serde_json::from_value::<Option<Standing>>(standing).ok()?;
    Some(Standing::sentence(standing.as_ref()))
}

/// Says in the run folder `folder`, which is a part of the study `name`, how the study stands to the plan on record: in
/// `settings.study` of its run.json, with registration.json beside it.
///
/// # Errors
/// The folder cannot be read or written.
pub fn note(folder: &RunFolder, name: &str, standing: Option<&Standing>, out: &Path) -> Result<(), FolderError> {
    let mut record = RunRecord::read(folder)?;
    let said: Value = json!({ "name": name, "registration": standing });
    if record.settings.get("study") != Some(&said) {
        record.settings.insert("study".to_owned(), said);
        record.write(folder)?;
    }
    if standing.is_some() {
        let from = out.join(names::REGISTRATION);
        let bytes = crate::foreign::read(&from, crate::foreign::LARGEST_TEXT)
            .map_err(|error| FolderError::read(&from, error))?;
        folder.write(run_names::REGISTRATION, &bytes, false)?;
    }
    Ok(())
}
