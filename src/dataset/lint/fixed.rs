//! The manifest without the rows that cannot be right: a new text; the old file and all other files stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use super::super::MANIFEST_FILE;
use super::code::{Code, Fix};
use super::duplicates::Said;
use crate::finding::{Finding, Findings};
use crate::sheet::{RowWriter, Sheet};

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The row in the old manifest.
    pub row: u64,
    /// Its id, as far as it can be read.
    pub sample_id: String,
    /// The kind of the first finding for which it was left out.
    pub code: &'static str,
    /// The finding.
    pub text: String,
}

/// A manifest without some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The new manifest.
    pub manifest: Vec<u8>,
    /// Rows that stayed.
    pub kept: u64,
    /// Rows that did not, in the order of the old manifest.
    pub left_out: Vec<LeftOut>,
    /// Errors that stay, because no row can be left out for them.
    pub remaining: u64,
}

/// The rows that go, each with the finding for which it goes, and the errors that stay.
fn rows_to_leave_out<'f>(
    findings: &'f Findings,
    ignored: &BTreeSet<Code>,
    said: &BTreeMap<u64, Said>,
) -> (BTreeMap<u64, &'f Finding>, u64) {
    let mut reasons: BTreeMap<u64, &Finding> = BTreeMap::new();
    let mut remaining = 0;
    // Of each row that others show the same as: these, and whether rows contradict it in the age or the person.
    let mut copies: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
    let mut in_doubt: BTreeMap<u64, Said> = BTreeMap::new();
    for finding in findings.kept() {
        let code = Code::parse(finding.code);
        if code.is_some_and(|code| ignored.contains(&code)) {
            continue;
        }
        let fix = match finding.row {
            // Row 1 is the header.
            Some(row) if row > 1 && finding.file == MANIFEST_FILE => code.map_or(Fix::Stays, Code::fix),
            _ => Fix::Stays,
        };
        let other = match fix {
            Fix::Stays => {
                remaining += u64::from(finding.severity == crate::finding::Severity::Error);
                continue;
            }
            Fix::Copy => {
                copies.entry(finding.other_row.unwrap_or(0)).or_default().push(finding);
                continue;
            }
            Fix::Row => None,
            Fix::Both => finding.other_row,
        };
        let doubt = in_doubt.entry(other.unwrap_or(0)).or_default();
        doubt.age |= matches!(code, Some(Code::DuplicateAge | Code::DuplicateLimit));
        doubt.subject |= code == Some(Code::DuplicateSubject);
        for row in finding.row.into_iter().chain(other) {
            reasons.entry(row).or_insert(finding);
        }
    }
    for (first, copies) in copies {
        let says = |finding: &&Finding| finding.row.and_then(|row| said.get(&row)).copied().unwrap_or_default();
        let doubt = in_doubt.get(&first).copied().unwrap_or_default();
        let is_in_doubt = |said: Said| said.age && doubt.age || said.subject && doubt.subject;
        let mut left: Vec<&Finding> = copies;
        left.retain(|finding| finding.row.is_some_and(|row| !reasons.contains_key(&row)));
        // Where the first of them goes, the one that says most stays in its place.
        let kept = if reasons.contains_key(&first) {
            let sure = left.iter().filter(|finding| !is_in_doubt(says(finding)));
            sure.max_by_key(|finding| (says(finding), std::cmp::Reverse(finding.row))).and_then(|finding| finding.row)
        } else {
            None
        };
        for finding in left {
            if let Some(row) = finding.row.filter(|row| Some(*row) != kept) {
                reasons.entry(row).or_insert(finding);
            }
        }
    }
    (reasons, remaining)
}

/// The new manifest: without what `findings` of another kind than the `ignored` ones say of rows. `said` tells what the rows say.
///
/// # Errors
/// A finding: why there can be none.
pub(super) fn fix(
    manifest: &[u8],
    findings: &Findings,
    ignored: &BTreeSet<Code>,
    said: &BTreeMap<u64, Said>,
) -> Result<Fixed, Box<Finding>> {
    if findings.total() > findings.kept().len() as u64 {
        let text = format!("{} findings are too many to leave rows out for", findings.total());
        return Err(Box::new(Finding::error(MANIFEST_FILE, text).help("mend what is wrong with most rows first")));
    }
    let (reasons, remaining) = rows_to_leave_out(findings, ignored, said);
    let unusable = |error: crate::sheet::SheetError| Box::new(Finding::error(MANIFEST_FILE, error.to_string()));
    let mut sheet = Sheet::open(MANIFEST_FILE, Cursor::new(manifest)).map_err(unusable)?;
    let id_at = sheet.place("sample_id");
    let width = sheet.header().len();
    let mut written = RowWriter::new(Vec::new());
    sheet.header().iter().for_each(|name| written.cell(name));
    let _ = written.end_row(); // a Vec takes everything
    let (mut kept, mut left_out) = (0, Vec::new());
    while let Some(row) = sheet.next_row().map_err(unusable)? {
        let cells: Result<Vec<&str>, Finding> = (0..width).map(|place| row.text(place)).collect();
        let not_utf8 = cells.as_ref().err();
        match (reasons.get(&row.number()).copied().or(not_utf8), &cells) {
            (None, Ok(cells)) => {
                cells.iter().for_each(|cell| written.cell(cell));
                let _ = written.end_row(); // a Vec takes everything
                kept += 1;
            }
            (reason, _) => left_out.push(LeftOut {
                row: row.number(),
                sample_id: id_at.and_then(|place| row.text(place).ok()).unwrap_or_default().to_owned(),
                code: reason
                    .map(|finding| finding.code)
                    .filter(|code| !code.is_empty())
                    .unwrap_or(Code::ManifestValue.word()),
                text: reason.map_or(String::new(), |finding| of_row(finding, row.number())),
            }),
        }
    }
    if kept == 0 {
        let text = "no row would be left";
        return Err(Box::new(Finding::error(MANIFEST_FILE, text).help("mend what is wrong with all rows first")));
    }
    let manifest = written.finish().map_err(|error| Box::new(Finding::error(MANIFEST_FILE, error.to_string())))?;
    Ok(Fixed { manifest, kept, left_out, remaining })
}

/// What `finding` says of `row`, which is the one that it is about or the one that it names.
fn of_row(finding: &Finding, row: u64) -> String {
    match (finding.row, finding.other_row) {
        (Some(about), Some(named)) if named == row && about != row => {
            format!("row {about} says so beside this one: {}", finding.text)
        }
        _ => finding.text.clone(),
    }
}
