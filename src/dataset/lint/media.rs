//! Files that are missing, unreadable, without a row, twice there, or smaller than their face box.

use std::collections::{BTreeSet, HashMap};
use std::io;

use rayon::prelude::*;

use super::super::files::reason;
use super::super::{Dataset, FaceBox, MANIFEST_FILE, SampleRow};
use super::rows_in_error;
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};
use crate::photo::{self, Decoder, PIXEL_LIMIT};

/// Files that are looked at before their findings are told. Each worker holds one file at a time.
const AT_ONCE: usize = 1024;

/// Endings of files that are no pictures, and that no method for pictures is meant to read.
const OTHER_MEDIA: [&str; 16] = [
    "aac", "avi", "bin", "csv", "flac", "json", "m4a", "mkv", "mov", "mp3", "mp4", "npy", "ogg", "opus", "wav", "webm",
];

/// What a file is.
struct Looked {
    digest: Digest,
    /// Its size, or why it cannot be decoded; `None` when it is no picture by its ending.
    picture: Option<Result<(u32, u32), String>>,
}

pub(super) fn look(dataset: &Dataset, rows: &[u32], card_file: &str, read: Option<Decoder>, findings: &mut Findings) {
    let with_file: Vec<(SampleRow<'_>, &str, u32)> =
        dataset.samples.iter().zip(rows).filter_map(|(sample, row)| Some((sample, sample.path?, *row))).collect();
    look_for_rows_without_file(dataset, rows, findings);
    if let Some(decoder) = read {
        look_into(dataset, &with_file, decoder, findings);
    } else {
        for (_, path, row) in &with_file {
            if let Err(error) = dataset.files.check(path) {
                findings.push(unreadable(path, &error).row(u64::from(*row)).column("path"));
            }
        }
    }
    look_for_files_without_row(dataset, card_file, findings);
}

fn look_for_rows_without_file(dataset: &Dataset, rows: &[u32], findings: &mut Findings) {
    if dataset.samples.iter().all(|sample| sample.path.is_none()) {
        return;
    }
    let wrong = rows_in_error(findings, &["path"]);
    let without = dataset.samples.iter().zip(rows).filter(|(sample, _)| sample.path.is_none());
    let without: Vec<u64> = without.map(|(_, row)| u64::from(*row)).filter(|row| !wrong.contains(row)).collect();
    if let Some(first) = without.first() {
        let text = format!("{} of {} samples have no file, this one first", without.len(), dataset.samples.len());
        findings.push(Finding::warning(MANIFEST_FILE, text).row(*first).column("path").help(WILL_FAIL));
    }
}

const WILL_FAIL: &str = "`run` will record it as failed: mend it, or remove the row";

/// Reads and decodes every file, on all processors; findings stand in the order of the rows.
fn look_into(dataset: &Dataset, with_file: &[(SampleRow<'_>, &str, u32)], decoder: Decoder, findings: &mut Findings) {
    let mut first_with: HashMap<Digest, (u32, SampleRow<'_>)> = HashMap::new();
    let mut others: Vec<&str> = Vec::new();
    for part in with_file.chunks(AT_ONCE) {
        let looked: Vec<io::Result<Looked>> =
            part.par_iter().map(|(_, path, _)| look_at(dataset, path, decoder)).collect();
        for ((sample, path, row), looked) in part.iter().zip(looked) {
            let at = |finding: Finding, column: &str| finding.row(u64::from(*row)).column(column);
            let looked = match looked {
                Ok(looked) => looked,
                Err(error) => {
                    findings.push(at(unreadable(path, &error), "path"));
                    continue;
                }
            };
            let digest = looked.digest;
            if sample.sha256.is_some_and(|expected| expected != digest) {
                let text = format!("the file has the sha-256 {digest}, not the one given");
                findings.push(at(Finding::error(MANIFEST_FILE, text), "sha256"));
            }
            match looked.picture {
                None => others.push(path),
                Some(Err(reason)) => {
                    findings.push(at(Finding::warning(MANIFEST_FILE, reason).help(WILL_FAIL), "path"));
                }
                Some(Ok(size)) => {
                    if let Some(finding) = sample.face_box.and_then(|face_box| box_problem(&face_box, size)) {
                        findings.push(at(finding, "x0"));
                    }
                }
            }
            match first_with.get(&digest) {
                Some((first, other)) if other.face_box == sample.face_box => {
                    let same = if other.age == sample.age { "" } else { ", with another age" };
                    let text = format!("the file has the same content as that of row {first}{same}");
                    findings.push(at(Finding::warning(MANIFEST_FILE, text), "path"));
                }
                Some(_) => {}
                None => {
                    first_with.insert(digest, (*row, *sample));
                }
            }
        }
    }
    if let Some(first) = others.first() {
        let count = others.len();
        let text =
            format!("{count} files are no pictures by their ending and were not decoded, such as {}", quoted(first));
        findings.push(Finding::note(MANIFEST_FILE, text));
    }
}

fn look_at(dataset: &Dataset, path: &str, decoder: Decoder) -> io::Result<Looked> {
    let bytes = dataset.files.read(path)?;
    let digest = Digest::of(&bytes);
    let is_other = ending(path).is_some_and(|ending| OTHER_MEDIA.contains(&ending.as_str()));
    let picture = (!is_other).then(|| {
        let decoded = photo::decode(&bytes, decoder, PIXEL_LIMIT);
        decoded.map(|picture| (picture.width(), picture.height())).map_err(|error| error.to_string())
    });
    Ok(Looked { digest, picture })
}

fn unreadable(path: &str, error: &io::Error) -> Finding {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "is missing".to_owned(),
        _ => format!("cannot be read: {}", reason(error)),
    };
    Finding::error(MANIFEST_FILE, format!("the file {} {what}", quoted(path)))
}

/// The box must meet the upright picture; a part outside is allowed.
fn box_problem(face_box: &FaceBox, (width, height): (u32, u32)) -> Option<Finding> {
    let longer = f64::from(width.max(height));
    let FaceBox { x0, y0, x1, y1 } = *face_box;
    let outside = x1 <= 0.0 || y1 <= 0.0 || x0 >= f64::from(width) || y0 >= f64::from(height);
    let far = 2.0 * longer;
    let too_large = x1 > far || y1 > far || x0 < -longer || y0 < -longer;
    (outside || too_large).then(|| {
        let text = format!("the box {x0},{y0} to {x1},{y1} lies outside the picture of {width} x {height} pixels");
        let help = "boxes are in pixels of the upright picture: left, upper, right, lower edge";
        Finding::error(MANIFEST_FILE, text).help(help)
    })
}

fn look_for_files_without_row(dataset: &Dataset, card_file: &str, findings: &mut Findings) {
    let named: BTreeSet<&str> = dataset.samples.iter().filter_map(|sample| sample.path).map(plain).collect();
    if named.is_empty() {
        return;
    }
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

fn ending(path: &str) -> Option<String> {
    path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}

/// `./a.jpg` is `a.jpg`.
fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}
