//! A copy of a sample under a name that says nothing: never a link, which would lead to the dataset.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::method::{MethodError, PrivateFolder};

/// A copy of a sample under a name that says nothing, gone when dropped.
#[derive(Default)]
pub(super) struct NeutralCopy {
    path: Option<PathBuf>,
    text: String,
}

impl NeutralCopy {
    /// Writes the copy for request `n` into `folder` and gives its path.
    ///
    /// # Errors
    /// [`MethodError::Copy`] when the system does not let it.
    pub(super) fn make(
        &mut self,
        folder: Option<&PrivateFolder>,
        n: u64,
        ending: &str,
        bytes: &[u8],
    ) -> Result<&str, MethodError> {
        let folder = folder.map(PrivateFolder::path).unwrap_or(Path::new(""));
        self.write(folder.join(format!("{n:06}.{ending}")), bytes).map_err(|source| {
            // Its own name has the number of the process in it.
            MethodError::Copy { folder: folder.parent().unwrap_or(folder).to_owned(), source }
        })?;
        Ok(&self.text)
    }

    fn write(&mut self, path: PathBuf, bytes: &[u8]) -> io::Result<()> {
        self.text = path.to_str().ok_or_else(|| io::Error::other("its path is not utf-8"))?.to_owned();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        self.path = Some(path);
        file.write_all(bytes)
    }
}

impl Drop for NeutralCopy {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}
