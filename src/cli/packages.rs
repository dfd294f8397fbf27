//! What `check` says of a release package: what does not hold, and what whoever received it should know.

use std::path::Path;

use super::Failure;
use super::publish::has_small_count;
use super::results::folder_failure;
use crate::finding::{Finding, Findings, counted};
use crate::folder::names;
use crate::publish::disclosure::Rule;
use crate::publish::{self, Package, SIGNATURE, SUMS};
use crate::table::{Row, RowStatus};

/// Everything about the package at `path` that `verify` finds wrong is an error; what limits its use is a warning or a note.
pub(super) fn check(path: &Path) -> Result<Findings, Failure> {
    let package = Package::read(path).map_err(folder_failure)?;
    let checked = publish::verify(&package, None).map_err(Failure::unusable)?;
    let shown = |name: &str| path.join(name).display().to_string();
    let mut findings = Findings::new();
    for problem in checked.problems {
        let mut finding = Finding::error(shown(&problem.file), problem.text);
        (finding.row, finding.column) = (problem.row, problem.column);
        findings.push(finding);
    }
    if package.file(SIGNATURE).is_none() {
        let text = "not signed: whoever changes a number can make the sums anew";
        findings.push(Finding::note(shown(SUMS), text).help("`agebench publish --sign KEY` signs it"));
    } else if checked.signature_unchecked {
        let help =
            format!("agebench verify {} --public-key FILE, with the key that its signer made known", path.display());
        findings.push(Finding::note(shown(SIGNATURE), "the signature is not checked without a key").help(help));
    }
    let rows = package.metrics().map(|table| table.rows).unwrap_or_default();
    let under_a_rule = |row: &Row| Rule::ALL.iter().any(|rule| *rule != Rule::None && row.has(rule.word()));
    let small = rows.iter().filter(|row| !under_a_rule(row) && has_small_count(row)).count();
    if small > 0 {
        let text =
            format!("{} with a count of 1 to 7 people, under no rule of disclosure control", counted(small, "row"));
        let help = "pass it on only if the data are about nobody, or all people agreed; else publish under a rule";
        findings.push(Finding::warning(shown(names::METRICS), text).help(help));
    }
    let held = rows.iter().filter(|row| row.status == RowStatus::Suppressed).count();
    if held > 0 {
        let text = format!("{held} of {} held back to protect people", counted(rows.len(), "row"));
        let help =
            "a limit with hardly anybody on one side costs rows at the others: publish under a protocol without it";
        findings.push(Finding::note(shown(names::METRICS), text).help(help));
    }
    Ok(findings)
}
