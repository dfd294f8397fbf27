//! outcomes.journal: how much of outcomes.csv.part is safe on disk, block by block, so that a run that was broken off in any
//! way goes on behind the last block that is whole.

use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::held::lock;
use super::out::create_private;
use super::{FolderError, RunFolder, names};
use crate::digest::{Digest, Hasher};
use crate::foreign;

/// One line of the journal: what the file held when a block was on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Samples done: all attempts on them are in the file.
    pub samples: u64,
    /// Attempts in the file.
    pub rows: u64,
    /// Bytes of the file, header included.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: Digest,
    /// What of a run stands in no row and goes into run.json at its end.
    #[serde(default)]
    pub beside: Value,
}

/// A file with the digest of all that was written to it.
#[derive(Debug)]
pub struct Hashed {
    file: File,
    hasher: Hasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The two files of a run that is not finished.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

/// A run that is not finished, opened to be gone on with.
#[derive(Debug)]
pub struct Reopened {
    /// outcomes.csv.part, cut back behind its last whole block.
    pub outcomes: Hashed,
    /// The journal, cut back likewise.
    pub journal: Journal,
    /// The last whole block.
    pub mark: Mark,
}

impl Journal {
    /// Begins both files of `folder` anew.
    ///
    /// # Errors
    /// [`FolderError::Read`] for what is no regular file; [`FolderError::Write`]; [`FolderError::Busy`] when another process
    /// writes them.
    pub fn begin(folder: &RunFolder) -> Result<(Hashed, Self), FolderError> {
        // Locked before it is emptied.
        let path = folder.file(names::OUTCOMES_PART);
        let failed = |error| FolderError::write(&path, error);
        let file = foreign::open_own(&path, true).map_err(|error| not_opened(&path, error))?;
        lock(&file, folder.path())?;
        let [own, named] =
            [file.metadata(), fs::symlink_metadata(&path)].map(|about| about.map(|it| (it.dev(), it.ino())));
        if own.ok() != named.ok() {
            return Err(FolderError::Busy { path: folder.path().to_owned() }); // finished or removed meanwhile
        }
        let emptied = file.set_permissions(Permissions::from_mode(0o600)).and_then(|()| file.set_len(0));
        emptied.map_err(failed)?;
        let journal = create_private(&folder.file(names::JOURNAL))?;
        Ok((Hashed { file, hasher: Hasher::default(), bytes: 0 }, Self { file: journal }))
    }

    /// Keeps every other process from going on with the run in the folder at `path`, as long as what it gives is held; `None`
    /// where no run is unfinished there.
    ///
    /// # Errors
    /// [`FolderError::Busy`] when another process writes it; [`FolderError::Read`] for what is no regular file;
    /// [`FolderError::Write`].
    pub fn claim(path: &Path) -> Result<Option<File>, FolderError> {
        let part = path.join(names::OUTCOMES_PART);
        match foreign::open_own(&part, false) {
            Ok(file) => lock(&file, path).map(|()| Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(not_opened(&part, error)),
        }
    }

    /// What the journal of `folder` says last, without a look at the rows; `None` where there is none.
    #[must_use]
    pub fn last(folder: &RunFolder) -> Option<Mark> {
        let journal = foreign::open(&folder.file(names::JOURNAL)).ok()?.0;
        lines(BufReader::new(journal)).filter_map(|line| read_mark(&line.ok()?)).last()
    }

    /// Opens both files of `folder` behind their last whole block; `None` when there is none, so that the run begins anew.
    ///
    /// # Errors
    /// [`FolderError::Read`], [`FolderError::Write`]; [`FolderError::Busy`] when another process writes them.
    pub fn reopen(folder: &RunFolder) -> Result<Option<Reopened>, FolderError> {
        let path = folder.file(names::OUTCOMES_PART);
        let open = |path: &Path| foreign::open_own(path, false);
        let mut file = match open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FolderError::read(&path, error)),
        };
        lock(&file, folder.path())?;
        let journal_path = folder.file(names::JOURNAL);
        let mut journal = match open(&journal_path) {
            Ok(journal) => journal,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FolderError::read(&journal_path, error)),
        };
        let marks = BufReader::new(&journal);
        let found = last_whole(marks, BufReader::new(&file)).map_err(|error| FolderError::read(&path, error))?;
        let Some((mark, hasher, end)) = found else { return Ok(None) };
        let cut = |file: &mut File, bytes: u64| {
            file.set_len(bytes)?;
            file.seek(SeekFrom::Start(bytes))?;
            file.sync_data()
        };
        cut(&mut file, mark.bytes).map_err(|error| FolderError::write(&path, error))?;
        cut(&mut journal, end).map_err(|error| FolderError::write(&journal_path, error))?;
        let outcomes = Hashed { file, hasher, bytes: mark.bytes };
        Ok(Some(Reopened { outcomes, journal: Self { file: journal }, mark }))
    }

    /// Puts a block on disk: first what was handed to `outcomes`, then the line that says so, which it gives.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn mark(&mut self, outcomes: &Hashed, samples: u64, rows: u64, beside: Value) -> io::Result<Mark> {
        outcomes.file.sync_data()?;
        let sha256 = outcomes.hasher.clone().finish();
        let mark = Mark { samples, rows, bytes: outcomes.bytes, sha256, beside };
        let mut line = serde_json::to_vec(&mark).map_err(io::Error::other)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        Ok(mark)
    }

    /// Gives the finished file its name, and removes the journal.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn finish(folder: &RunFolder) -> Result<(), FolderError> {
        let to = folder.file(names::OUTCOMES);
        let renamed = fs::rename(folder.file(names::OUTCOMES_PART), &to);
        renamed.map_err(|error| FolderError::write(&to, error))?;
        // The name is on disk when the folder is; some file systems cannot be asked.
        let _ = File::open(folder.path()).and_then(|folder| folder.sync_all());
        Self::remove(folder)
    }

    /// Removes the journal of a finished run.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn remove(folder: &RunFolder) -> Result<(), FolderError> {
        folder.remove(names::JOURNAL)
    }
}

/// Why the file at `path` is not gone on with: what is no regular file is no failure of the disk.
fn not_opened(path: &Path, error: io::Error) -> FolderError {
    match error.kind() {
        io::ErrorKind::InvalidInput => FolderError::read(path, error),
        _ => FolderError::write(path, error),
    }
}

/// The lines of a journal with their ends: that of a long run is larger than what is read whole.
fn lines(mut journal: impl BufRead) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match journal.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    })
}

/// What a line says that is there to its end.
fn read_mark(line: &[u8]) -> Option<Mark> {
    serde_json::from_slice(line.strip_suffix(b"\n")?).ok()
}

/// The last line of `journal` whose bytes are in `part` as they were, the digest up to there, and where the line ends.
/// Lines behind a torn one are not looked at, and neither are those of bytes that never reached the disk.
fn last_whole(journal: impl BufRead, mut part: impl Read) -> io::Result<Option<(Mark, Hasher, u64)>> {
    let (mut hasher, mut at, mut line_end, mut found) = (Hasher::default(), 0, 0, None);
    let mut buffer = vec![0; 1 << 16];
    for line in lines(journal) {
        let line = line?;
        line_end += line.len() as u64;
        let Some(mark) = read_mark(&line).filter(|mark| mark.bytes >= at) else { break };
        while at < mark.bytes {
            let most = usize::try_from(mark.bytes - at).unwrap_or(usize::MAX).min(buffer.len());
            let read = part.read(buffer.get_mut(..most).unwrap_or_default())?;
            if read == 0 {
                return Ok(found); // the file is shorter than the journal says
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
            at += read as u64;
        }
        if hasher.clone().finish() != mark.sha256 {
            break;
        }
        found = Some((mark, hasher.clone(), line_end));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a run of three blocks of 4 bytes; gives the file, and the journal.
    fn blocks(place: &Path) -> (RunFolder, Vec<u8>, Vec<u8>) {
        let folder = RunFolder::open(place).unwrap();
        let (mut outcomes, mut journal) = Journal::begin(&folder).unwrap();
        for block in 1..=3_u64 {
            outcomes.write_all(format!("row{block}").as_bytes()).unwrap();
            journal.mark(&outcomes, block, block, serde_json::json!([block])).unwrap();
        }
        let read = |name| std::fs::read(folder.file(name)).unwrap();
        let (part, lines) = (read(names::OUTCOMES_PART), read(names::JOURNAL));
        (folder, part, lines)
    }

    #[test]
    fn whatever_is_left_of_both_files_goes_on_behind_the_last_block_that_is_whole_in_both() {
        let place = tempfile::tempdir().unwrap();
        let (folder, part, lines) = blocks(place.path());
        // printf row1row2row3 | sha256sum
        let known = "fdcbc5def414fd8a54b4c1cfcedef9a548d9ca2015fc524d32f14d5be0a44637";
        assert!(String::from_utf8(lines.clone()).unwrap().contains(known));
        let ends: Vec<usize> = (0..lines.len()).filter(|at| lines[*at] == b'\n').map(|at| at + 1).collect();
        for bytes in 0..=part.len() {
            // Each end of a line with its neighbours, and some places within the lines.
            let places =
                (0..=lines.len()).filter(|at| at.is_multiple_of(61) || ends.iter().any(|end| end.abs_diff(*at) <= 1));
            for journalled in places {
                std::fs::write(folder.file(names::OUTCOMES_PART), &part[..bytes]).unwrap();
                std::fs::write(folder.file(names::JOURNAL), &lines[..journalled]).unwrap();
                let expected = (bytes / 4).min(ends.iter().filter(|end| **end <= journalled).count());
                match Journal::reopen(&folder).unwrap() {
                    None => assert_eq!(expected, 0, "{bytes} {journalled}"),
                    Some(reopened) => {
                        assert_eq!(reopened.mark.samples as usize, expected, "{bytes} {journalled}");
                        assert_eq!(std::fs::read(folder.file(names::OUTCOMES_PART)).unwrap(), &part[..4 * expected]);
                        assert_eq!(std::fs::read(folder.file(names::JOURNAL)).unwrap(), &lines[..ends[expected - 1]]);
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_not_those_that_were_written_are_cut_off() {
        let place = tempfile::tempdir().unwrap();
        let (folder, mut part, lines) = blocks(place.path());
        part[5] ^= 1; // in the second block
        std::fs::write(folder.file(names::OUTCOMES_PART), &part).unwrap();
        std::fs::write(folder.file(names::JOURNAL), &lines).unwrap();
        let mut reopened = Journal::reopen(&folder).unwrap().unwrap();
        assert_eq!((reopened.mark.samples, reopened.mark.bytes), (1, 4));
        // What is written now is as if nothing had been.
        for block in 2..=3_u64 {
            reopened.outcomes.write_all(format!("row{block}").as_bytes()).unwrap();
            reopened.journal.mark(&reopened.outcomes, block, block, serde_json::json!([block])).unwrap();
        }
        assert_eq!(std::fs::read(folder.file(names::JOURNAL)).unwrap(), lines);
        drop(reopened);
        Journal::finish(&folder).unwrap();
        assert_eq!(std::fs::read(folder.file(names::OUTCOMES)).unwrap(), b"row1row2row3");
        assert!(!folder.file(names::JOURNAL).exists());
    }

    #[test]
    fn a_journal_of_more_than_64_mib_is_read_to_its_end() {
        let place = tempfile::tempdir().unwrap();
        let (folder, _, lines) = blocks(place.path());
        let at = lines.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        // A first line whose `beside` fills the file beyond what is read whole of a text.
        let first = String::from_utf8(lines[..at].to_vec()).unwrap();
        let first = first.replace("[1]", &format!("[\"{}\"]", "x".repeat(65 << 20)));
        std::fs::write(folder.file(names::JOURNAL), [first.as_bytes(), &lines[at..]].concat()).unwrap();
        assert_eq!(Journal::last(&folder).unwrap().rows, 3);
        assert_eq!(Journal::reopen(&folder).unwrap().unwrap().mark.rows, 3);
    }

    #[test]
    fn a_run_that_is_being_written_is_not_written_by_another() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path()).unwrap();
        let (mut outcomes, mut journal) = Journal::begin(&folder).unwrap();
        outcomes.write_all(b"row1").unwrap();
        journal.mark(&outcomes, 1, 1, Value::Null).unwrap();
        assert!(matches!(Journal::reopen(&folder), Err(FolderError::Busy { .. })));
        assert!(matches!(Journal::begin(&folder), Err(FolderError::Busy { .. })));
        assert_eq!(std::fs::read(folder.file(names::OUTCOMES_PART)).unwrap(), b"row1");
    }
}
