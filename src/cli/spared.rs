//! What a command reads is not what its `--replace` removes, and no result is written over a record.

use std::path::{Path, PathBuf};

use super::{Failure, methods, results};
use crate::folder::{Existing, RunFolder, is_record, names};
use crate::method::adapter::AdapterCard;
use crate::run::RunMethod;

/// What a command reads.
pub(super) struct Read<'a> {
    /// As on the command line.
    pub(super) dataset: &'a str,
    pub(super) protocol: Option<&'a Path>,
    /// The methods, as on the command line and as they were loaded.
    pub(super) methods: Vec<(&'a str, &'a RunMethod)>,
}

impl Read<'_> {
    /// Refuses to empty `out` where that would remove something of it.
    ///
    /// # Errors
    /// [`crate::folder::FolderError::WouldRemove`].
    pub(super) fn spared(&self, out: &Path, existing: Existing) -> Result<(), Failure> {
        if existing != Existing::Replace {
            return Ok(());
        }
        let given = [Some(Path::new(self.dataset)), self.protocol].into_iter().flatten().map(Path::to_owned);
        let of_methods = self.methods.iter().flat_map(|(name, method)| files(name, method));
        let mut read = given.chain(of_methods);
        read.try_for_each(|path| RunFolder::spares(out, &path)).map_err(results::folder_failure)
    }
}

/// The card of a method and the files that it names; none of one that lies in this program.
fn files(name: &str, method: &RunMethod) -> Vec<PathBuf> {
    let Ok(place) = methods::find(name) else { return Vec::new() };
    let Some(folder) = place.files.folder() else { return Vec::new() };
    let mut named: Vec<String> = method.method.files().into_iter().map(|(name, _)| name).collect();
    if let AdapterCard::Replay(replay) = &method.method.card().adapter {
        named.push(replay.file.clone());
    }
    named.push(place.card.clone());
    let mut found: Vec<PathBuf> = named.iter().map(|name| folder.join(name)).collect();
    if let AdapterCard::Waterfall(waterfall) = &method.method.card().adapter {
        let stages = waterfall.stages.iter().filter(|stage| stage.marginal.is_none());
        let both = stages.zip(method.stages.iter().flatten());
        found.extend(both.flat_map(|(stage, method)| files(&place.beside(&stage.method), method)));
    }
    found
}

/// Refuses to write a result to `file` where that is a record of a run, one of the files `read`, or no regular file. Reports are
/// no records, nor is what else is `made` from the rows beside it.
///
/// # Errors
/// Says which one it is.
pub(super) fn no_record(file: &Path, read: &[&Path], made: Option<&str>) -> Result<(), Failure> {
    regular(file)?;
    let beside_rows = file.with_file_name(names::OUTCOMES).is_file();
    let made: Vec<&str> = made.into_iter().filter(|_| beside_rows).chain([names::REPORT]).collect();
    let why = if read.iter().any(|one| same_file(one, file)) {
        "it is read"
    } else if is_record(file, &made) {
        "it is a record of a run"
    } else {
        return Ok(());
    };
    Err(Failure::unusable(format!("{} is not overwritten: {why}", file.display())).with_help("name another file"))
}

/// Refuses a device, a pipe or a folder as the `file` of a result, before any work.
///
/// # Errors
/// Says so.
pub(super) fn regular(file: &Path) -> Result<(), Failure> {
    crate::foreign::may_be_replaced(file).map_err(|error| {
        Failure::unusable(format!("{} is not written to: {error}", file.display()))
            .with_help("name a regular file, or one that is not there yet: a device or a pipe would be replaced by it")
    })
}

/// Whether both are one file, by whatever name of its folder, or would be.
pub(super) fn same_file(one: &Path, other: &Path) -> bool {
    let place = |file: &Path| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        file.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(file.file_name()?)))
    };
    place(one).zip(place(other)).is_some_and(|(one, other)| one == other)
}
