//! A policy held against a run, and against a baseline: pass, fail or inconclusive, with the reason for each rule.
//!
//! A rule finds rows of `metrics.csv` ([`crate::table::Select`]) and judges the end of their interval, never the value
//! alone where there is an interval; or it holds differences to a baseline on the same people against a margin (METRICS
//! M16). Nothing that is unknown passes. `docs/gate.md` is the user's page.

mod absolute;
mod barred;
mod bound;
mod data;
mod error;
mod junit;
mod margin;
mod missing;
mod policy;
mod settle;
mod words;

use std::path::Path;

use crate::compare::{HeldPair, hold};
use crate::folder::{RunFolder, names};
use crate::metric::flag;
use crate::protocol::{EvidenceRule, Protocol};
use crate::score::{self, read_metrics};
use crate::table::{Row, Table};

pub use crate::stats::Verdict;
pub use data::{VERDICTS_COLUMNS, VERDICTS_SCHEMA, csv, json};
pub use error::GateError;
pub use junit::junit;
pub use policy::{Policy, RULE_KEYS, Rule, Test};
pub use words::verdict_word;

use missing::Missing;

/// What to judge.
#[derive(Debug, Clone, Copy)]
pub struct GateRequest<'r> {
    /// A folder with `metrics.csv`; with rules that have a margin, a run folder.
    pub folder: &'r Path,
    /// The rules.
    pub policy: &'r Policy,
    /// The run folder that margins are held against.
    pub baseline: Option<&'r Path>,
}

/// What came of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Gated {
    /// Name of the policy.
    pub policy: String,
    /// Where the policy's bounds come from.
    pub source: String,
    /// Of all rules: fail when one fails, else inconclusive when one is, else pass.
    pub verdict: Verdict,
    /// The rules, in the policy's order.
    pub rules: Vec<Judged>,
    /// What a reader of the verdicts must know beside them.
    pub notes: Vec<String>,
}

/// What came of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The rule.
    pub rule: Rule,
    /// Of all its checks, as for the policy.
    pub verdict: Verdict,
    /// One for each row that it finds, and one for each method of which it finds none; never empty.
    pub checks: Vec<Check>,
}

/// One row held against one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Whether it meets the rule.
    pub verdict: Verdict,
    /// The method.
    pub method: String,
    /// The method of the baseline, for a margin.
    pub baseline: Option<String>,
    /// The row of `metrics.csv`, or the difference to the baseline; none where the rule finds none.
    pub row: Option<Row>,
    /// What was held against the rule's number: a bound, or the value where it is a count.
    pub judged: Option<f64>,
    /// Which bound it is.
    pub judged_by: String,
    /// How many more subjects would settle what is inconclusive, about; none where that is not known or none would.
    pub more_subjects: Option<u64>,
    /// The verdict in a sentence: a lowercase fragment.
    pub says: String,
    /// Whether there is no row and `says` names the verb that makes such rows: they may never have been made, and the rule need
    /// have no fault.
    pub unmade: bool,
}

impl Check {
    /// Where it stands, in words: `limit 18, challenge age 25, under, sex = female`; empty without a row.
    #[must_use]
    pub fn place(&self) -> String {
        self.row.as_ref().map(words::place).unwrap_or_default()
    }
}

/// Holds `request.policy` against a folder. Writes nothing.
///
/// # Errors
/// [`GateError`]: no `metrics.csv`, a margin without a baseline or without a partner in it, a baseline of another protocol
/// or manifest.
pub fn gate(request: &GateRequest<'_>) -> Result<Gated, GateError> {
    let policy = request.policy;
    let folder = RunFolder::open(request.folder).map_err(GateError::folder(request.folder))?;
    let table = read_metrics(&folder)
        .map_err(|source| GateError::Metrics { path: request.folder.to_owned(), source: Box::new(source) })?;
    let with_margin = policy.rules.iter().filter(|rule| matches!(rule.test, Test::Margin(_)));
    if let (Some(rule), None) = (with_margin.clone().next(), request.baseline) {
        return Err(GateError::NoBaseline { rule: rule.name.clone() });
    }
    let pairs = match request.baseline {
        Some(baseline) => hold(request.folder, baseline).map_err(GateError::Baseline)?,
        None => Vec::new(),
    };
    let methods = methods(&table);
    if methods.is_empty() {
        return Err(GateError::NoRows { path: request.folder.to_owned() });
    }
    for rule in with_margin {
        let of_rule = methods.iter().filter(|method| rule.method.as_ref().is_none_or(|named| named == *method));
        if let Some(alone) = of_rule.clone().find(|method| !pairs.iter().any(|pair| pair.method == **method)) {
            return Err(GateError::NoPartner { method: alone.clone(), rule: rule.name.clone() });
        }
    }
    let (kept, default) = Kept::of(&folder, &table, request.folder)?;
    let mut notes = notes(policy, request, &pairs);
    notes.extend(default);
    let rules = judge(policy, &table, &methods, &pairs, kept);
    let passed = rules.iter().flat_map(|judged| &judged.checks).filter(|check| check.verdict == Verdict::Pass);
    if passed.clone().any(|check| check.row.as_ref().is_some_and(|row| row.has(flag::SAMPLE_ONLY))) {
        notes.push("the dataset is no random sample: the verdict speaks of people like those in it".to_owned());
    }
    let verdict = all(rules.iter().map(|judged| judged.verdict));
    Ok(Gated { policy: policy.name.clone(), source: policy.source.clone(), verdict, rules, notes })
}

/// Every rule on every row that it finds.
fn judge(policy: &Policy, table: &Table, methods: &[String], pairs: &[HeldPair], kept: Kept) -> Vec<Judged> {
    let found: Vec<Vec<Found<'_>>> = policy.rules.iter().map(|rule| find(rule, table, methods, pairs)).collect();
    // Any of them may fail by chance, so a failure is corrected for all of them.
    let checks = found.iter().flatten().filter(|found| !matches!(found, Found::Nothing { .. })).count() as u64;
    let judged = |(rule, found): (&Rule, Vec<Found<'_>>)| {
        let checks: Vec<Check> = found
            .into_iter()
            .map(|found| match found {
                Found::Row(row) => absolute::check(rule, row, kept, checks),
                Found::Difference(pair, place) => margin::check(rule, pair, place, checks),
                Found::Nothing { method, missing } => nothing(method, missing),
            })
            .collect();
        Judged { rule: rule.clone(), verdict: all(checks.iter().map(|check| check.verdict)), checks }
    };
    policy.rules.iter().zip(found).map(judged).collect()
}

/// What a rule finds of one method.
enum Found<'a> {
    Row(&'a Row),
    /// A pair and the place of one of its differences.
    Difference(&'a HeldPair, usize),
    Nothing {
        method: String,
        missing: Missing,
    },
}

fn find<'a>(rule: &Rule, table: &'a Table, methods: &[String], pairs: &'a [HeldPair]) -> Vec<Found<'a>> {
    let asked: Vec<&String> = match &rule.method {
        Some(named) => vec![named],
        None => methods.iter().collect(),
    };
    let mut found = Vec::new();
    for method in asked {
        let before = found.len();
        if let Test::Margin(_) = rule.test {
            for pair in pairs.iter().filter(|pair| pair.method == *method) {
                let matching = pair.differences.iter().enumerate().filter(|(_, held)| rule.select.matches(&held.row));
                found.extend(matching.map(|(place, _)| Found::Difference(pair, place)));
            }
        } else {
            let of_method = table.find(&rule.select).filter(|row| row.method == *method);
            found.extend(of_method.map(Found::Row));
        }
        if found.len() == before {
            let missing = match rule.test {
                Test::Margin(_) => {
                    let of_method = pairs.iter().filter(|pair| pair.method == *method);
                    let rows: Vec<&Row> = of_method.flat_map(|pair| &pair.differences).map(|held| &held.row).collect();
                    missing::why(&rule.select, &rows, method, methods)
                }
                Test::AtMost(_) | Test::AtLeast(_) => {
                    let rows: Vec<&Row> = table.rows.iter().filter(|row| row.method == *method).collect();
                    missing::why(&rule.select, &rows, method, methods)
                }
            };
            found.push(Found::Nothing { method: method.clone(), missing });
        }
    }
    found
}

/// A rule that finds nothing is not met: what was not measured is not shown.
fn nothing(method: String, missing: Missing) -> Check {
    Check {
        verdict: Verdict::Inconclusive,
        method,
        baseline: None,
        row: None,
        judged: None,
        judged_by: String::new(),
        more_subjects: None,
        says: missing.says,
        unmade: missing.unmade,
    }
}

/// The methods of a table, in its order.
fn methods(table: &Table) -> Vec<String> {
    let mut methods: Vec<String> = Vec::new();
    for row in &table.rows {
        // Rows of one method stand together.
        if methods.last() != Some(&row.method) && !methods.contains(&row.method) {
            methods.push(row.method.clone());
        }
    }
    methods
}

/// Fail when one fails, else inconclusive when one is, else pass.
fn all(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::Pass, |all, one| match (all, one) {
        (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
        (Verdict::Inconclusive, _) | (_, Verdict::Inconclusive) => Verdict::Inconclusive,
        (Verdict::Pass, Verdict::Pass) => Verdict::Pass,
    })
}

/// What the protocol of a folder says of its rows.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// The level of bounds for claims; where it is not known, that of the default protocol.
    claim_level: f64,
    /// The same; none where it is not known.
    known_level: Option<f64>,
    /// When a value can carry a claim.
    evidence: EvidenceRule,
}

impl Kept {
    /// Of the protocol in `folder`, whose rows are `table`; where there is none, of the default one, which a note says.
    fn of(folder: &RunFolder, table: &Table, path: &Path) -> Result<(Self, Option<String>), GateError> {
        let kept = |protocol: &Protocol, known: bool| {
            let level = protocol.levels.claim;
            Self { claim_level: level, known_level: known.then_some(level), evidence: protocol.evidence }
        };
        if !folder.file(names::PROTOCOL).exists() {
            let note =
                "the folder holds no protocol.toml: rows that lack evidence were held against the default protocol";
            let protocol = Protocol::default_protocol();
            let own = score::digest(&protocol).map(|digest| digest.short()).ok();
            let known = table.rows.iter().all(|row| own.as_ref().is_some_and(|own| row.protocol_digest == *own));
            return Ok((kept(&protocol, known), Some(note.to_owned())));
        }
        let text = folder.read_text(names::PROTOCOL).map_err(GateError::folder(path))?;
        let protocol = Protocol::from_toml(&text)
            .map_err(|source| GateError::Protocol { path: path.to_owned(), source: Box::new(source) })?;
        let own = score::digest(&protocol).map(|digest| digest.short()).ok();
        match table.rows.iter().find(|row| own.as_ref().is_some_and(|own| row.protocol_digest != *own)) {
            Some(_) => Err(GateError::OtherProtocol { path: path.to_owned() }),
            None => Ok((kept(&protocol, true), None)),
        }
    }
}

fn notes(policy: &Policy, request: &GateRequest<'_>, pairs: &[HeldPair]) -> Vec<String> {
    let mut notes = Vec::new();
    let margins = policy.rules.iter().any(|rule| matches!(rule.test, Test::Margin(_)));
    if request.baseline.is_some() && !margins {
        notes.push("no rule has a margin: the baseline was read and decides nothing".to_owned());
    }
    for pair in pairs.iter().filter(|pair| margins && pair.identical) {
        notes.push(format!("`{}` and its baseline ended in the same way on every attempt", pair.method));
    }
    notes
}

#[cfg(test)]
mod tests;
