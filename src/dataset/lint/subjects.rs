//! One person, told differently in different rows: another sex, another split, another birth.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::super::dates::parse_date;
use super::super::{Column, Dataset, MANIFEST_FILE};
use super::Code;
use crate::age::AgeRange;
use crate::finding::{Finding, Findings, counted, listed, quoted};
use crate::sheet::Sheet;

pub(super) fn look(dataset: &Dataset, rows: &[u32], manifest: &[u8], findings: &mut Findings) {
    for name in &dataset.card.groups {
        if let Some(column) = dataset.column(name) {
            look_at_column(dataset, rows, column, Code::SubjectAttributeChanges, findings);
            let unknown = (0..dataset.samples.len()).filter(|place| column.cell(*place).is_empty()).count();
            if unknown > 0 {
                let text = format!("{unknown} of {} have no {name}", counted(dataset.samples.len(), "sample"));
                let help = "they are a group of their own, `unknown`, and in the whole";
                findings
                    .push(Finding::note(MANIFEST_FILE, text).column(name).help(help).code(Code::GroupUnknown.word()));
            }
            look_at_spelling(column, findings);
        }
    }
    if let Some(column) = dataset.column("split") {
        look_at_column(dataset, rows, column, Code::SubjectInSplits, findings);
    }
    look_at_dates(dataset, rows, manifest, findings);
}

/// Levels of `column` that differ only by case or outer spaces, each of which is a group.
fn look_at_spelling(column: &Column, findings: &mut Findings) {
    let mut alike: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for level in column.levels() {
        alike.entry(level.trim().to_lowercase()).or_default().insert(level);
    }
    for levels in alike.into_values().filter(|levels| levels.len() > 1) {
        let levels: Vec<&str> = levels.into_iter().collect();
        let text = format!("{} differ only by case or outer spaces, and are groups of their own", listed(&levels));
        let help = "write one of them in all rows";
        let finding = Finding::note(MANIFEST_FILE, text).column(column.name()).help(help);
        findings.push(finding.code(Code::GroupSpelling.word()));
    }
}

/// Subjects who have several levels in `column`. An empty cell is unknown, and no level.
fn look_at_column(dataset: &Dataset, rows: &[u32], column: &Column, code: Code, findings: &mut Findings) {
    // Of each subject the level and the row that came first.
    let mut first: Vec<Option<(u32, u32)>> = vec![None; dataset.subjects.len()];
    // Of each subject with others: the row of the first other one, and the rows of each level.
    let mut changing: BTreeMap<u32, (u32, BTreeMap<u32, u64>)> = BTreeMap::new();
    let known = |place: usize| !column.cell(place).is_empty();
    let with_subject = || {
        dataset.samples.iter().zip(rows).enumerate().filter_map(|(place, (sample, row))| {
            Some((place, sample.subject?, *column.codes().get(place)?, *row)).filter(|_| known(place))
        })
    };
    for (_, subject, level, row) in with_subject() {
        match first.get_mut(subject as usize) {
            Some(slot @ None) => *slot = Some((level, row)),
            Some(Some((other, _))) if *other != level => {
                changing.entry(subject).or_insert_with(|| (row, BTreeMap::new()));
            }
            _ => {}
        }
    }
    if changing.is_empty() {
        return;
    }
    for (_, subject, level, _) in with_subject() {
        if let Some((_, levels)) = changing.get_mut(&subject) {
            *levels.entry(level).or_default() += 1;
        }
    }
    for (subject, (row, levels)) in changing {
        let other = first.get(subject as usize).copied().flatten().map_or(0, |(_, row)| row);
        let level = |code: &u32| column.levels().get(*code as usize).map_or("", |text| text);
        let counts: Vec<String> =
            levels.iter().map(|(code, count)| format!("{} in {count}", quoted(level(code)))).collect();
        let id = quoted(dataset.subjects.get(subject as usize));
        let (text, help) = if code == Code::SubjectInSplits {
            let text = format!("the subject {id} is in several splits: {} rows", counts.join(", "));
            (
                text,
                "what a method learned of a person in one split, it knows in the other: keep all rows of a person in one split",
            )
        } else {
            let text = format!("the subject {id} has several levels: {} rows", counts.join(", "));
            (text, "mend the rows, or name the column under `conditions` if it describes the photo and not the person")
        };
        let finding = Finding::warning(MANIFEST_FILE, text).row(u64::from(row)).column(column.name());
        findings.push(finding.other_row(u64::from(other)).help(help).code(code.word()));
    }
}

/// What is known of a person's birth: the days between which it lies, and the rows that say so.
struct Birth {
    /// The row that gave it first, and the date itself where it is given.
    stated: Option<(Date, u32)>,
    earliest: Option<(Date, u32)>,
    latest: Option<(Date, u32)>,
}

fn look_at_dates(dataset: &Dataset, rows: &[u32], manifest: &[u8], findings: &mut Findings) {
    let Ok(mut sheet) = Sheet::open(MANIFEST_FILE, Cursor::new(manifest)) else { return };
    let (birth_at, captured_at) = (sheet.place("birth_date"), sheet.place("captured_on"));
    if birth_at.is_none() && captured_at.is_none() {
        return;
    }
    let mut births: BTreeMap<u32, Birth> = BTreeMap::new();
    let mut told: BTreeMap<(u32, Code), ()> = BTreeMap::new();
    let mut listed = dataset.samples.iter().zip(rows).peekable();
    while let Ok(Some(row)) = sheet.next_row() {
        let number = u32::try_from(row.number()).unwrap_or(u32::MAX);
        let Some((sample, row_number)) = listed.next_if(|(_, listed)| **listed == number) else { continue };
        let Some(subject) = sample.subject else { continue };
        let date = |place: Option<usize>| place.and_then(|place| row.text(place).ok()).and_then(parse_date);
        let birth = births.entry(subject).or_insert(Birth { stated: None, earliest: None, latest: None });
        let mut tell = |code: Code, other: u32, column: &str, text: String, help: &str| {
            if told.insert((subject, code), ()).is_none() {
                let finding = Finding::warning(MANIFEST_FILE, text).row(u64::from(*row_number)).column(column);
                findings.push(finding.other_row(u64::from(other)).help(help).code(code.word()));
            }
        };
        let id = || quoted(dataset.subjects.get(subject as usize));
        if birth_at.is_some() {
            let Some(stated) = date(birth_at) else { continue };
            match birth.stated {
                None => birth.stated = Some((stated, *row_number)),
                Some((other, other_row)) if other != stated => {
                    let text =
                        format!("the subject {} was born on {stated} here, and on {other} in row {other_row}", id());
                    tell(
                        Code::SubjectBirthChanges,
                        other_row,
                        "birth_date",
                        text,
                        "a person has one date of birth: mend the rows, or leave the person out",
                    );
                }
                Some(_) => {}
            }
        } else if let Some((earliest, latest)) =
            date(captured_at).zip(sample.age).and_then(|(captured, age)| window(captured, age))
        {
            if birth.earliest.is_none_or(|(other, _)| earliest > other) {
                birth.earliest = Some((earliest, *row_number));
            }
            if birth.latest.is_none_or(|(other, _)| latest < other) {
                birth.latest = Some((latest, *row_number));
            }
            if let (Some((from, from_row)), Some((until, until_row))) = (birth.earliest, birth.latest)
                && from > until
            {
                let other = if from_row == *row_number { until_row } else { from_row };
                let text = format!(
                    "the subject {} was born on {from} or later by row {from_row}, and on {until} or before by row {until_row}",
                    id()
                );
                tell(
                    Code::SubjectAgesDisagree,
                    other,
                    "age",
                    text,
                    "the ages and the days of the photos cannot all be true: mend the rows, or leave the person out",
                );
            }
        }
    }
}

/// The first and the last day on which somebody was born who has an age within `age` on `captured`. A day more on each side: for 29 February,
/// and for exact ages, which are rounded.
fn window(captured: Date, age: AgeRange) -> Option<(Date, Date)> {
    #[expect(clippy::cast_possible_truncation, reason = "0 to 121 years")]
    let before = |years: f64| -> Option<Date> {
        let whole = years.floor();
        let days = ((years - whole) * 365.25).round() as i64;
        captured.checked_sub(Span::new().years(whole as i64)).ok()?.checked_sub(days.days()).ok()
    };
    let (earliest, latest) = (before(age.high())?, before(age.low())?);
    let first_excluded = if age.is_exact() { 0 } else { 1 };
    Some((earliest.checked_add((first_excluded - 1_i64).days()).ok()?, latest.checked_add(1_i64.days()).ok()?))
}
