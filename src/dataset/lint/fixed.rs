//! The manifest without the rows that cannot be right: a new text; the old file and all other files stay as they are.

use std::collections::BTreeMap;
use std::io::Cursor;

use super::super::MANIFEST_FILE;
use super::code::{Code, Fix};
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

/// The new manifest.
///
/// # Errors
/// A finding: why there can be none.
pub(super) fn fix(manifest: &[u8], findings: &Findings) -> Result<Fixed, Box<Finding>> {
    if findings.total() > findings.kept().len() as u64 {
        let text = format!("{} findings are too many to leave rows out for", findings.total());
        return Err(Box::new(Finding::error(MANIFEST_FILE, text).help("mend what is wrong with most rows first")));
    }
    let fix_of = |finding: &Finding| match finding.row {
        // Row 1 is the header.
        Some(row) if row > 1 && finding.file == MANIFEST_FILE => {
            Code::parse(finding.code).map_or(Fix::Stays, Code::fix)
        }
        _ => Fix::Stays,
    };
    let mut reasons: BTreeMap<u64, &Finding> = BTreeMap::new();
    let mut remaining = 0;
    for finding in findings.kept() {
        let other = match fix_of(finding) {
            Fix::Stays => {
                remaining += u64::from(finding.severity == crate::finding::Severity::Error);
                continue;
            }
            Fix::Later => None,
            Fix::Both => finding.other_row,
        };
        for row in finding.row.into_iter().chain(other) {
            reasons.entry(row).or_insert(finding);
        }
    }
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
