//! Findings as a table for people, as CSV or as JSON, and those that somebody chose to ignore, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::Failure;
use crate::dataset::lint::{Code, LeftOut, Shows};
use crate::finding::{Finding, Findings, Severity, counted, did_you_mean, listed, quoted};
use crate::sheet::RowWriter;
use crate::table::twelve_digits;

/// Findings of one kind that a table shows.
const OF_A_KIND: usize = 10;

/// Kinds of findings that do not count, each with the reason.
pub(super) struct Ignored(BTreeMap<Code, String>);

impl Ignored {
    /// From `CODE=REASON`, as the command line has it.
    pub(super) fn parse(given: &[String]) -> Result<Self, Failure> {
        let mut ignored = BTreeMap::new();
        for text in given {
            let (word, reason) =
                text.split_once('=').map_or((text.as_str(), ""), |(word, reason)| (word, reason.trim()));
            let Some(code) = Code::parse(word) else {
                let near = did_you_mean(word, Code::words());
                let known = || format!("codes: {}", Code::words().collect::<Vec<_>>().join(", "));
                return Err(Failure::unusable(format!("--ignore {}: no such kind of finding", quoted(word)))
                    .with_help(near.unwrap_or_else(known)));
            };
            if code.is_refused() {
                return Err(Failure::unusable(format!("--ignore {word}: `run` refuses a dataset with such an error"))
                    .with_help("mend it, or leave the rows out with --fix"));
            }
            if reason.is_empty() {
                return Err(Failure::unusable(format!("--ignore {word}: the reason is missing"))
                    .with_help(format!("say why: --ignore \"{word}=twins, checked by hand\"")));
            }
            ignored.insert(code, reason.to_owned());
        }
        Ok(Self(ignored))
    }

    /// The kinds.
    pub(super) fn codes(&self) -> BTreeSet<Code> {
        self.0.keys().copied().collect()
    }

    fn reason(&self, finding: &Finding) -> Option<&str> {
        Code::parse(finding.code).and_then(|code| self.0.get(&code)).map(String::as_str)
    }
}

/// What one check found, on its way to the terminal.
pub(super) struct Told<'t> {
    /// What was checked, as the user named it.
    pub(super) path: &'t str,
    /// What it is: `dataset`.
    pub(super) what: &'static str,
    /// The files that a card names and that are not there.
    pub(super) absent: Vec<String>,
    pub(super) findings: &'t Findings,
    pub(super) shows: &'t [Shows],
    pub(super) left_out: &'t [LeftOut],
}

impl Told<'_> {
    /// Errors that count.
    pub(super) fn errors(&self, ignored: &Ignored) -> u64 {
        self.findings.errors() - self.ignored(ignored, Severity::Error)
    }

    fn ignored(&self, ignored: &Ignored, severity: Severity) -> u64 {
        let of = self.findings.kept().iter().filter(|finding| finding.severity == severity);
        of.filter(|finding| ignored.reason(finding).is_some()).count() as u64
    }

    /// For people: at most ten of a kind, then how many more there are.
    pub(super) fn table(&self, ignored: &Ignored) -> String {
        let mut text = String::new();
        let mut of_a_kind: BTreeMap<&str, usize> = BTreeMap::new();
        let mut passed_over: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        for finding in self.findings.kept() {
            if let Some(reason) = ignored.reason(finding) {
                passed_over.entry(finding.code).or_insert((0, reason)).0 += 1;
                continue;
            }
            let seen = of_a_kind.entry(finding.code).or_default();
            *seen += 1;
            if *seen > OF_A_KIND && !finding.code.is_empty() {
                continue;
            }
            let code = if finding.code.is_empty() { String::new() } else { format!(" [{}]", finding.code) };
            text.push_str(&format!("{}: {finding}{code}\n", finding.severity.word()));
            if let (Some(help), true) = (&finding.help, *seen == 1 || finding.code.is_empty()) {
                text.push_str(&format!("   help: {help}\n"));
            }
        }
        for (code, count) in of_a_kind.iter().filter(|(code, count)| **count > OF_A_KIND && !code.is_empty()) {
            text.push_str(&format!("and {} more [{code}]: --format csv lists them\n", count - OF_A_KIND));
        }
        let left = self.findings.total() - self.findings.kept().len() as u64;
        if left > 0 {
            text.push_str(&format!("and {left} more\n"));
        }
        for (code, (count, reason)) in passed_over {
            text.push_str(&format!("ignored: {} of `{code}`: {reason}\n", counted(count, "finding")));
        }
        text.push_str(&people(self.shows));
        for LeftOut { row, sample_id, code, text: why } in self.left_out {
            text.push_str(&format!("left out: row {row}, {}: {why} [{code}]\n", quoted(sample_id)));
        }
        let errors = self.errors(ignored);
        let warnings = self.findings.warnings() - self.ignored(ignored, Severity::Warning);
        let (path, what) = (self.path, self.what);
        let verdict = match self.absent.as_slice() {
            _ if errors > 0 => format!("the {what} cannot be used"),
            [] => format!("the {what} can be used"),
            absent => format!(
                "the card is right, and the {what} cannot run before {} {} there",
                listed(absent),
                if absent.len() == 1 { "is" } else { "are" }
            ),
        };
        text.push_str(&format!("{path}: {verdict}: {}, {}\n", counted(errors, "error"), counted(warnings, "warning")));
        text
    }

    /// Adds the rows to `rows`, whose columns are [`COLUMNS`].
    pub(super) fn csv(&self, ignored: &Ignored, rows: &mut RowWriter<Vec<u8>>) {
        for finding in self.findings.kept() {
            rows.cell(self.path);
            rows.cell(finding.severity.word());
            rows.cell(finding.code);
            rows.cell(&finding.file);
            rows.whole(finding.row);
            rows.cell(finding.column.as_deref().unwrap_or_default());
            rows.whole(finding.other_row);
            rows.cell(&finding.text);
            rows.cell(finding.help.as_deref().unwrap_or_default());
            rows.cell(ignored.reason(finding).unwrap_or_default());
            rows.empty(7);
            let _ = rows.end_row(); // a Vec takes everything
        }
        for shows in self.shows {
            rows.cell(self.path);
            rows.cell(Severity::Note.word());
            rows.cell(Code::Subjects.word());
            rows.cell(crate::dataset::MANIFEST_FILE);
            rows.empty(1);
            rows.cell(&shows.group_by);
            rows.empty(1);
            rows.cell("subjects and samples, and the least rate that could be shown without any error");
            rows.empty(2);
            rows.whole(Some(u64::from(shows.limit.years())));
            rows.cell(&shows.population);
            rows.cell(&shows.group_by);
            rows.cell(&shows.group);
            rows.whole(Some(shows.subjects));
            rows.whole(Some(shows.samples));
            rows.cell(&shows.least_rate.map(twelve_digits).unwrap_or_default());
            let _ = rows.end_row(); // a Vec takes everything
        }
        for out in self.left_out {
            rows.cell(self.path);
            rows.cell("left_out");
            rows.cell(out.code);
            rows.cell(crate::dataset::MANIFEST_FILE);
            rows.whole(Some(out.row));
            rows.cell("sample_id");
            rows.empty(1);
            rows.cell(&format!("{}: {}", quoted(&out.sample_id), out.text));
            rows.empty(9);
            let _ = rows.end_row(); // a Vec takes everything
        }
    }

    /// A list of objects.
    pub(super) fn json(&self, ignored: &Ignored) -> Vec<serde_json::Value> {
        let finding = |finding: &Finding| {
            json!({
                "path": self.path, "severity": finding.severity.word(), "code": finding.code, "file": finding.file,
                "row": finding.row, "column": finding.column, "other_row": finding.other_row, "text": finding.text,
                "help": finding.help, "ignored": ignored.reason(finding),
            })
        };
        let shows = |row: &Shows| {
            json!({
                "path": self.path, "severity": "note", "code": Code::Subjects.word(), "limit": row.limit.years(),
                "population": row.population, "group_by": row.group_by, "group": row.group, "subjects": row.subjects,
                "samples": row.samples, "least_rate": row.least_rate,
            })
        };
        let left_out = |out: &LeftOut| {
            json!({
                "path": self.path, "severity": "left_out", "code": out.code, "row": out.row,
                "sample_id": out.sample_id, "text": out.text,
            })
        };
        let findings = self.findings.kept().iter().map(finding);
        findings.chain(self.shows.iter().map(shows)).chain(self.left_out.iter().map(left_out)).collect()
    }
}

/// The columns of the CSV.
pub(super) const COLUMNS: [&str; 17] = [
    "path",
    "severity",
    "code",
    "file",
    "row",
    "column",
    "other_row",
    "text",
    "help",
    "ignored",
    "limit",
    "population",
    "group_by",
    "group",
    "subjects",
    "samples",
    "least_rate",
];

/// People of each limit, year and group: a line a limit and group, a column a population, with the least rate of the windows.
fn people(shows: &[Shows]) -> String {
    let mut text = String::new();
    let mut lines: BTreeMap<(u32, usize), (String, Vec<String>)> = BTreeMap::new();
    let mut order: Vec<(&str, &str)> = Vec::new();
    let mut heads: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for row in shows {
        let name = (row.group_by.as_str(), row.group.as_str());
        let at = order.iter().position(|known| *known == name).unwrap_or_else(|| {
            order.push(name);
            order.len() - 1
        });
        let label = if row.group_by.is_empty() { "all".to_owned() } else { format!("{} {}", row.group_by, row.group) };
        let head = heads.entry(row.limit.years()).or_default();
        if !head.contains(&row.population) {
            head.push(row.population.clone());
        }
        let least = row.least_rate.filter(|_| row.population.starts_with("window"));
        let cell = match least {
            Some(rate) => format!("{} ({:.1} %)", row.subjects, rate * 100.0),
            None => row.subjects.to_string(),
        };
        lines.entry((row.limit.years(), at)).or_insert((label, Vec::new())).1.push(cell);
    }
    for (limit, head) in &heads {
        let of_limit: Vec<_> = lines.range((*limit, 0)..(limit + 1, 0)).map(|(_, line)| line).collect();
        let title = format!("limit {limit}: subjects");
        let first = of_limit.iter().map(|(label, _)| label.chars().count()).chain([title.len()]).max().unwrap_or(0);
        let wide = |at: usize, name: &str| {
            of_limit
                .iter()
                .filter_map(|(_, cells)| cells.get(at))
                .map(String::len)
                .chain([name.len()])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = head.iter().enumerate().map(|(at, name)| wide(at, name)).collect();
        let mut line = |label: &str, cells: &[String]| {
            text.push_str(&format!("{label:first$}"));
            cells.iter().zip(&widths).for_each(|(cell, width)| text.push_str(&format!("  {cell:>width$}")));
            text.push('\n');
        };
        line(&title, head);
        of_limit.iter().for_each(|(label, cells)| line(label, cells));
    }
    if !text.is_empty() {
        text.push_str("(in brackets: the rate that could still not be ruled out if no error was made, at 95 %)\n");
    }
    text
}
