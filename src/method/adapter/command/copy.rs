//! A copy of a sample under a name that says nothing: never a link, which would lead to the dataset.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use crate::method::PrivateFolder;

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
    /// The reason, one line, when the system does not let it.
    pub(super) fn make(
        &mut self,
        folder: Option<&PrivateFolder>,
        n: u64,
        ending: &str,
        bytes: &[u8],
    ) -> Result<&str, String> {
        let folder = folder.ok_or("there is no folder for copies")?;
        let path = folder.path().join(format!("{n:06}.{ending}"));
        let wrong = |error: std::io::Error| format!("a copy of the sample cannot be written: {}", error.kind());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(wrong)?;
        self.text = path.to_str().ok_or("the path of the private folder is not utf-8")?.to_owned();
        self.path = Some(path);
        file.write_all(bytes).map_err(wrong)?;
        Ok(&self.text)
    }
}

impl Drop for NeutralCopy {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}
