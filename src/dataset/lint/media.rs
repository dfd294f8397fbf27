//! Files that are missing, unreadable, tiny, without a row, or smaller than their face box; and what is needed to find those that are there twice.

use std::collections::BTreeSet;
use std::io;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::super::files::reason;
use super::super::{Dataset, FaceBox, MANIFEST_FILE, SampleRow};
use super::duplicates::Known;
use super::{Code, rows_in_error};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};
use crate::photo::{self, Decoder, Look, PIXEL_LIMIT};

/// Files that are looked at before their findings are told. Each worker holds one file at a time.
const AT_ONCE: usize = 1024;

/// Endings of files that are no pictures, and that no method for pictures is meant to read.
const OTHER_MEDIA: [&str; 16] = [
    "aac", "avi", "bin", "csv", "flac", "json", "m4a", "mkv", "mov", "mp3", "mp4", "npy", "ogg", "opus", "wav", "webm",
];

/// The shorter side of a face in pixels below which little of it is left: half of what the smallest published networks take.
const TINY: f64 = 32.0;

/// What a file is.
struct Looked {
    digest: Digest,
    /// What a look at it told, or why it cannot be decoded; `None` when it is no picture by its ending.
    picture: Option<Result<Look, String>>,
}

/// Looks for what is wrong with the files, and gives those that were read.
pub(super) fn look(
    dataset: &Dataset,
    rows: &[u32],
    card_file: &str,
    decoder: Option<Decoder>,
    read: &dyn Fn(usize, usize),
    findings: &mut Findings,
) -> Vec<Known> {
    let samples = dataset.samples.iter().zip(rows).enumerate();
    let with_file: Vec<(usize, SampleRow<'_>, &str, u32)> =
        samples.filter_map(|(place, (sample, row))| Some((place, sample, sample.path?, *row))).collect();
    look_for_rows_without_file(dataset, rows, findings);
    let mut known = Vec::new();
    if let Some(decoder) = decoder {
        known = look_into(dataset, &with_file, decoder, read, findings);
    } else {
        let there: Vec<io::Result<()>> =
            with_file.par_iter().map(|(_, _, path, _)| dataset.files.check(path)).collect();
        for ((_, _, path, row), there) in with_file.iter().zip(there) {
            if let Err(error) = there {
                let finding = unreadable(path, &error).row(u64::from(*row)).column("path");
                findings.push(finding.code(Code::FileMissing.word()));
            }
        }
    }
    look_for_files_without_row(dataset, card_file, findings);
    known
}

fn look_for_rows_without_file(dataset: &Dataset, rows: &[u32], findings: &mut Findings) {
    let wrong = rows_in_error(findings, &["path"]);
    if dataset.samples.iter().all(|sample| sample.path.is_none()) {
        if !dataset.samples.is_empty() && wrong.is_empty() {
            let text = "no row names a file: methods that read pictures will fail on every sample";
            let help =
                "name the files in a column `path`; recorded answers, and methods that are given columns, need none";
            let finding = Finding::note(MANIFEST_FILE, text).column("path").help(help);
            findings.push(finding.code(Code::NoFiles.word()));
        }
        return;
    }
    let without = dataset.samples.iter().zip(rows).filter(|(sample, _)| sample.path.is_none());
    let without: Vec<u64> = without.map(|(_, row)| u64::from(*row)).filter(|row| !wrong.contains(row)).collect();
    if let Some(first) = without.first() {
        let text = format!("{} of {} samples have no file, this one first", without.len(), dataset.samples.len());
        findings.push(
            Finding::warning(MANIFEST_FILE, text)
                .row(*first)
                .column("path")
                .help(WILL_FAIL)
                .code(Code::RowWithoutFile.word()),
        );
    }
}

const WILL_FAIL: &str = "`run` will record it as failed: mend it, or remove the row";

/// Reads every file, on all processors; findings stand in the order of the rows.
fn look_into(
    dataset: &Dataset,
    with_file: &[(usize, SampleRow<'_>, &str, u32)],
    decoder: Decoder,
    read: &dyn Fn(usize, usize),
    findings: &mut Findings,
) -> Vec<Known> {
    let mut known = Vec::with_capacity(with_file.len());
    let mut others: Vec<&str> = Vec::new();
    // Twice as many workers as processors: while one waits for the disk, another reads its picture. Without them the usual ones do.
    let workers = ThreadPoolBuilder::new().num_threads(2 * rayon::current_num_threads()).build().ok();
    for part in with_file.chunks(AT_ONCE) {
        let look = || -> Vec<io::Result<Looked>> {
            part.par_iter().map(|(_, _, path, _)| look_at(dataset, path, decoder)).collect()
        };
        let looked = match &workers {
            Some(workers) => workers.install(look),
            None => look(),
        };
        for ((place, sample, path, row), looked) in part.iter().zip(looked) {
            let at = |finding: Finding, column: &str, code: Code| {
                finding.row(u64::from(*row)).column(column).code(code.word())
            };
            let looked = match looked {
                Ok(looked) => looked,
                Err(error) => {
                    findings.push(at(unreadable(path, &error), "path", Code::FileMissing));
                    continue;
                }
            };
            let digest = looked.digest;
            if sample.sha256.is_some_and(|expected| expected != digest) {
                let text = format!("the file has the sha-256 {digest}, not the one given");
                findings.push(at(Finding::error(MANIFEST_FILE, text), "sha256", Code::ContentDiffers));
            }
            let mut looks = None;
            match looked.picture {
                None => others.push(path),
                Some(Err(reason)) => {
                    let finding = Finding::warning(MANIFEST_FILE, reason).help(WILL_FAIL);
                    findings.push(at(finding, "path", Code::PictureUnreadable));
                }
                Some(Ok(look)) => {
                    if let Some(finding) = sample.face_box.and_then(|face_box| box_problem(&face_box, look.size)) {
                        findings.push(at(finding, "x0", Code::BoxOutside));
                    } else if let Some(finding) = tiny(sample.face_box, look.size) {
                        findings.push(at(finding, "path", Code::PictureTiny));
                    }
                    looks = look.likeness.map(|likeness| (look.size, likeness));
                }
            }
            known.push(Known { place: *place, row: *row, digest, looks });
        }
        read(part.len(), with_file.len());
    }
    if let Some(first) = others.first() {
        let count = others.len();
        let text =
            format!("{count} files are no pictures by their ending and were not decoded, such as {}", quoted(first));
        findings.push(Finding::note(MANIFEST_FILE, text).code(Code::NotDecoded.word()));
    }
    known
}

/// A face, or a picture without a box, of which a network sees more blur than face.
fn tiny(face_box: Option<FaceBox>, (width, height): (u32, u32)) -> Option<Finding> {
    let side = |what: &str, side: f64| {
        (side < TINY).then(|| {
            let text = format!("the shorter side of the {what} has {side:.0} pixels: expected {TINY} or more");
            let help = "the face is enlarged before it is seen: errors rise; say how small faces may be, and leave smaller ones out";
            Finding::warning(MANIFEST_FILE, text).help(help)
        })
    };
    match face_box {
        Some(FaceBox { x0, y0, x1, y1 }) => side("face box", (x1 - x0).min(y1 - y0)),
        None => side("picture", f64::from(width.min(height))),
    }
}

fn look_at(dataset: &Dataset, path: &str, decoder: Decoder) -> io::Result<Looked> {
    let bytes = dataset.files.read(path)?;
    let digest = Digest::of(&bytes);
    let is_other = ending(path).is_some_and(|ending| OTHER_MEDIA.contains(&ending.as_str()));
    let picture = (!is_other).then(|| photo::look(&bytes, decoder, PIXEL_LIMIT).map_err(|error| error.to_string()));
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
        let finding = Finding::warning(MANIFEST_FILE, text).help("add rows for them, or remove them");
        findings.push(finding.code(Code::FileWithoutRow.word()));
    }
}

fn ending(path: &str) -> Option<String> {
    path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}

/// `./a.jpg` is `a.jpg`.
fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}
