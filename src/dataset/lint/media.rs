//! Files that are missing, without a row, twice there, or smaller than their face box.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Cursor};

use super::super::{Dataset, FaceBox, MANIFEST_FILE, SampleRow};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};

pub(super) fn look(dataset: &Dataset, rows: &[u32], card_file: &str, read: bool, findings: &mut Findings) {
    let mut first_with: HashMap<Digest, (u32, &SampleRow)> = HashMap::new();
    for (sample, row) in dataset.samples.iter().zip(rows) {
        let Some(path) = &sample.path else { continue };
        let at = |finding: Finding, column: &str| finding.row(u64::from(*row)).column(column);
        if !read {
            if let Err(error) = dataset.files.check(path) {
                findings.push(at(unreadable(path, &error), "path"));
            }
            continue;
        }
        let bytes = match dataset.files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                findings.push(at(unreadable(path, &error), "path"));
                continue;
            }
        };
        let digest = Digest::of(&bytes);
        if sample.sha256.as_deref().is_some_and(|expected| *expected != digest) {
            let text = format!("the file has the sha-256 {digest}, not the one given");
            findings.push(at(Finding::error(MANIFEST_FILE, text), "sha256"));
        }
        if let Some(face_box) = sample.face_box
            && let Some(finding) = box_problem(&face_box, &bytes)
        {
            findings.push(at(finding, "x0"));
        }
        match first_with.get(&digest) {
            Some((first, other)) if other.face_box == sample.face_box => {
                let same = if other.age == sample.age { "" } else { ", with another age" };
                let text = format!("the file has the same content as that of row {first}{same}");
                findings.push(at(Finding::warning(MANIFEST_FILE, text), "path"));
            }
            Some(_) => {}
            None => {
                first_with.insert(digest, (*row, sample));
            }
        }
    }
    look_for_files_without_row(dataset, card_file, findings);
}

fn unreadable(path: &str, error: &io::Error) -> Finding {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "is missing".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Finding::error(MANIFEST_FILE, format!("the file {} {what}", quoted(path)))
}

/// The box must meet the picture, whichever way up that is; a part outside is allowed.
fn box_problem(face_box: &FaceBox, bytes: &[u8]) -> Option<Finding> {
    let reader = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let (width, height) = match reader.into_dimensions() {
        Ok(size) => size,
        Err(error) => {
            let text = format!("the picture cannot be read: {}", error.to_string().replace(char::is_control, " "));
            return Some(Finding::error(MANIFEST_FILE, text));
        }
    };
    let longer = f64::from(width.max(height));
    let FaceBox { x0, y0, x1, y1 } = *face_box;
    let outside = x1 <= 0.0 || y1 <= 0.0 || x0 >= longer || y0 >= longer;
    let far = 2.0 * longer;
    let too_large = x1 > far || y1 > far || x0 < -longer || y0 < -longer;
    (outside || too_large).then(|| {
        let text = format!("the box {x0},{y0} to {x1},{y1} lies outside the picture of {width} x {height} pixels");
        Finding::error(MANIFEST_FILE, text).help("boxes are in pixels of the picture: left, upper, right, lower edge")
    })
}

fn look_for_files_without_row(dataset: &Dataset, card_file: &str, findings: &mut Findings) {
    let named: BTreeSet<&str> = dataset.samples.iter().filter_map(|sample| sample.path.as_deref()).map(plain).collect();
    if named.is_empty() {
        return;
    }
    let ending = |path: &str| path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let endings: BTreeSet<Option<String>> = named.iter().map(|path| ending(path)).collect();
    let Ok(there) = dataset.files.list() else { return };
    let without: Vec<&String> = there
        .iter()
        .filter(|path| *path != card_file && *path != MANIFEST_FILE)
        .filter(|path| !named.contains(path.as_str()) && endings.contains(&ending(path)))
        .collect();
    if let Some(first) = without.first() {
        let text = format!("{} files have no row, such as {}", without.len(), quoted(first));
        findings.push(Finding::warning(MANIFEST_FILE, text).help("add rows for them, or remove them"));
    }
}

/// `./a.jpg` is `a.jpg`.
fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}
