//! Files that are there twice, as they are or as a copy that looks alike: what the two rows say differently.

use std::collections::{BTreeMap, HashMap};

use super::super::{Column, Dataset, FaceBox, MANIFEST_FILE, SampleRow};
use super::{Code, near};
use crate::age::{AgeLimit, AgeRange, Side};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};
use crate::photo::Likeness;

/// Two boxes that share less than this of their union are of two faces.
const SAME_FACE: f64 = 0.5;

/// A file that was read.
pub(super) struct Known {
    /// The place of its sample.
    pub place: usize,
    /// The row of its sample.
    pub row: u32,
    pub digest: Digest,
    /// Its size and likeness, where it is a picture that has them.
    pub looks: Option<((u32, u32), Likeness)>,
}

/// A file's content, and the box in it.
type Shown = (Digest, Option<[u64; 4]>);

/// What a row says of whom it shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    /// Whether it gives an age.
    pub age: bool,
    /// Whether it names a person.
    pub subject: bool,
}

impl Said {
    fn of(sample: &SampleRow<'_>) -> Self {
        Self { age: sample.age.is_some(), subject: sample.subject.is_some() }
    }
}

/// What each of `rows` says.
pub(super) fn said(dataset: &Dataset, rows: &[u32]) -> BTreeMap<u64, Said> {
    dataset.samples.iter().zip(rows).map(|(sample, row)| (u64::from(*row), Said::of(&sample))).collect()
}

/// Looks for duplicates and near duplicates among `known`, which stand in the order of the rows.
pub(super) fn look(dataset: &Dataset, limits: &[AgeLimit], known: &[Known], findings: &mut Findings) {
    let held = Held { dataset, split: dataset.column("split"), limits };
    // Of each content and box the row that says most, the first of these.
    let mut first_with: HashMap<Shown, (usize, Said)> = HashMap::new();
    let key = |file: &Known| {
        let sample = dataset.samples.get(file.place)?;
        let face = sample.face_box.map(|face| [face.x0, face.y0, face.x1, face.y1].map(f64::to_bits));
        Some(((file.digest, face), Said::of(&sample)))
    };
    for (at, file) in known.iter().enumerate() {
        let Some((key, said)) = key(file) else { continue };
        let first = first_with.entry(key).or_insert((at, said));
        if said > first.1 {
            *first = (at, said);
        }
    }
    let mut different: Vec<usize> = Vec::new();
    for (at, file) in known.iter().enumerate() {
        let first = key(file).and_then(|(key, _)| first_with.get(&key)).map(|(first, _)| *first);
        match first.and_then(|first| known.get(first)) {
            Some(_) if first == Some(at) => different.push(at),
            Some(first) => held.tell(first, file, None, findings),
            None => {}
        }
    }
    let seen: Vec<(&Known, &Likeness, (u32, u32))> = different
        .iter()
        .filter_map(|at| known.get(*at))
        .filter_map(|file| file.looks.as_ref().map(|(size, likeness)| (file, likeness, *size)))
        .collect();
    let likenesses: Vec<&Likeness> = seen.iter().map(|(_, likeness, _)| *likeness).collect();
    // Of each later picture the nearest earlier one, and the nearest earlier one of another age, split and subject.
    let mut pairs = near::pairs(&likenesses);
    pairs.sort_by(|one, other| one.1.cmp(&other.1).then(one.2.total_cmp(&other.2)).then(one.0.cmp(&other.0)));
    for of_one in pairs.chunk_by(|one, other| one.1 == other.1) {
        let mut told: Vec<Code> = Vec::new();
        let mut plain: Option<(&Known, &Known, f64)> = None;
        for (earlier, later, distance) in of_one {
            let (Some((first, _, size)), Some((second, _, other_size))) =
                (seen.get(*earlier as usize), seen.get(*later as usize))
            else {
                continue;
            };
            if !held.same_face((first, *size), (second, *other_size)) {
                continue;
            }
            let aspects = held.aspects(first, second, true);
            if aspects.is_empty() {
                plain.get_or_insert((first, second, *distance));
            }
            for (code, text) in aspects {
                if !told.contains(&code) {
                    told.push(code);
                    findings.push(held.finding(first, second, Some(*distance), code, &text));
                }
            }
        }
        if let Some((first, second, distance)) = plain.filter(|_| told.is_empty()) {
            findings.push(held.finding(first, second, Some(distance), Code::NearDuplicate, ""));
        }
    }
}

struct Held<'d> {
    dataset: &'d Dataset,
    split: Option<&'d Column>,
    limits: &'d [AgeLimit],
}

impl Held<'_> {
    fn sample(&self, file: &Known) -> Option<SampleRow<'_>> {
        self.dataset.samples.get(file.place)
    }

    fn tell(&self, first: &Known, second: &Known, distance: Option<f64>, findings: &mut Findings) {
        let aspects = self.aspects(first, second, distance.is_some());
        if aspects.is_empty() {
            findings.push(self.finding(first, second, distance, Code::Duplicate, ""));
        }
        for (code, text) in aspects {
            findings.push(self.finding(first, second, distance, code, &text));
        }
    }

    /// In what the rows of two files differ that are one picture.
    fn aspects(&self, first: &Known, second: &Known, near: bool) -> Vec<(Code, String)> {
        let (Some(one), Some(two)) = (self.sample(first), self.sample(second)) else { return Vec::new() };
        let mut found = Vec::new();
        if let Some((a, b)) = one.age.zip(two.age).filter(|(a, b)| disagree(*a, *b)) {
            let ages = format!(", with another age: {} and {}", shown(a), shown(b));
            let sides = |limit: &&AgeLimit| {
                matches!((a.side(**limit), b.side(**limit)), (Side::Under, Side::Over) | (Side::Over, Side::Under))
            };
            found.push(match (self.limits.iter().find(sides), near) {
                (Some(limit), false) => (Code::DuplicateLimit, format!("{ages}, on both sides of limit {limit}")),
                (Some(limit), true) => (Code::NearDuplicateLimit, format!("{ages}, on both sides of limit {limit}")),
                (None, false) => (Code::DuplicateAge, ages),
                (None, true) => (Code::NearDuplicateAge, ages),
            });
        }
        if let Some(split) = self.split {
            let (a, b) = (split.cell(first.place), split.cell(second.place));
            if a != b {
                let code = if near { Code::NearDuplicateSplit } else { Code::DuplicateSplit };
                found.push((code, format!(", in another split: {} and {}", quoted(a), quoted(b))));
            }
        }
        if let (Some(a), Some(b)) = (one.subject, two.subject)
            && a != b
        {
            let id = |at: u32| quoted(self.dataset.subjects.get(at as usize));
            let code = if near { Code::NearDuplicateSubject } else { Code::DuplicateSubject };
            found.push((code, format!(", of another subject: {} and {}", id(a), id(b))));
        }
        found
    }

    fn finding(&self, first: &Known, second: &Known, distance: Option<f64>, code: Code, more: &str) -> Finding {
        let other = first.row;
        let text = match distance {
            None => format!("the file has the same content as that of row {other}{more}"),
            Some(distance) => format!("the picture looks like that of row {other} ({distance:.4} apart){more}"),
        };
        let finding = match code {
            Code::DuplicateLimit => Finding::error(MANIFEST_FILE, text),
            Code::NearDuplicate => Finding::note(MANIFEST_FILE, text),
            _ => Finding::warning(MANIFEST_FILE, text),
        };
        let help = match code {
            Code::DuplicateLimit | Code::DuplicateAge => {
                "one label is wrong at least: mend it, or leave both rows out (--fix)"
            }
            Code::NearDuplicateLimit | Code::NearDuplicateAge => {
                "look at both: copies of one photo have one age; leave out what is wrong"
            }
            Code::DuplicateSplit | Code::NearDuplicateSplit => {
                "what a method learned from one split, it has seen in the other: leave one of them out"
            }
            Code::DuplicateSubject => "one subject is wrong: mend it, or leave both rows out (--fix)",
            Code::NearDuplicateSubject => "look at both: copies of one photo show one person",
            _ => "a photo that is there twice counts twice: leave one of them out",
        };
        let finding = finding.row(u64::from(second.row)).column("path").other_row(u64::from(other));
        finding.help(help).code(code.word())
    }

    /// Whether the boxes of two pictures, each held against the size of its picture, are of one face. Without a box the picture is.
    fn same_face(&self, (first, size): (&Known, (u32, u32)), (second, other): (&Known, (u32, u32))) -> bool {
        let face = |file: &Known, (width, height): (u32, u32)| {
            let FaceBox { x0, y0, x1, y1 } = self.sample(file)?.face_box?;
            Some([x0 / f64::from(width), y0 / f64::from(height), x1 / f64::from(width), y1 / f64::from(height)])
        };
        let (Some(one), Some(two)) = (face(first, size), face(second, other)) else { return true };
        let [ax0, ay0, ax1, ay1] = one;
        let [bx0, by0, bx1, by1] = two;
        let shared = (ax1.min(bx1) - ax0.max(bx0)).max(0.0) * (ay1.min(by1) - ay0.max(by0)).max(0.0);
        let union = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared;
        shared >= SAME_FACE * union
    }
}

/// Whether no age lies in both.
fn disagree(one: AgeRange, two: AgeRange) -> bool {
    if one.is_exact() && two.is_exact() {
        return one != two;
    }
    let holds = |range: AgeRange, years: f64| range.low() <= years && years < range.high();
    match (one.is_exact(), two.is_exact()) {
        (true, false) => !holds(two, one.low()),
        (false, true) => !holds(one, two.low()),
        _ => one.low() >= two.high() || two.low() >= one.high(),
    }
}

/// An age as it stands in a manifest: `17`, `17.25`, `25 to below 33`.
fn shown(age: AgeRange) -> String {
    if age.is_exact()
        || age.completed_years().is_some_and(|years| f64::from(years) == age.low()) && age.high() == age.low() + 1.0
    {
        age.low().to_string()
    } else {
        format!("{} to below {}", age.low(), age.high())
    }
}
