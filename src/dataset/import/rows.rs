//! What an importer gathers: the rows of the manifest, what is left out with its reason, and what is doubtful.

use std::collections::{BTreeMap, HashSet};

use super::sample::{Known, Origin, Sample, Shape};
use super::tree::Tree;
use super::{ImportError, Importer, words};
use crate::dataset::{DatasetCard, Precision, path_problem};
use crate::finding::{Finding, Findings, counted, quoted};
use crate::sheet::RowWriter;

/// One reason for which rows were left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The first of them, in the order in which they were found.
    pub first: Vec<String>,
}

/// How many of the first are told.
const FIRST: usize = 3;

/// Everything that an importer found.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The card as it will be written.
    pub card: DatasetCard,
    /// What stands in the card's comments.
    pub remarks: Vec<String>,
    /// What makes the whole import impossible, and what is only doubtful.
    pub findings: Findings,
    shape: Shape,
    manifest: RowWriter<Vec<u8>>,
    left_out: RowWriter<Vec<u8>>,
    /// Rows that are kept and doubtful, once there is one.
    doubtful: Option<RowWriter<Vec<u8>>>,
    reasons: BTreeMap<String, LeftOut>,
    pub(super) samples: u64,
    pub(super) without_age: u64,
    pub(super) splits: BTreeMap<String, u64>,
    subjects: HashSet<String>,
    ids: HashSet<String>,
    /// Pictures and boxes, where pictures have boxes.
    faces: HashSet<String>,
    used: HashSet<String>,
    /// Words for a sex that nobody knows: the file, the two words that are known, how often each other one stood there.
    odd_sexes: BTreeMap<(String, [&'static str; 2]), BTreeMap<String, u64>>,
    begun: bool,
}

/// What is written of it.
#[derive(Debug)]
pub(super) struct Finished {
    /// manifest.csv.
    pub manifest: Vec<u8>,
    /// left-out.csv.
    pub left_out: Vec<u8>,
    /// doubtful.csv, where a row that is kept is doubtful.
    pub doubtful: Option<Vec<u8>>,
    /// What was left out by reason, the most frequent first.
    pub reasons: Vec<LeftOut>,
}

impl Gathered {
    /// Nothing yet, with the card and the columns that `importer` always has.
    pub fn new(importer: &Importer) -> Self {
        let mut card = DatasetCard::named(importer.name);
        card.label_kind = importer.label_kind;
        card.age_precision = Some(importer.precision);
        card.sampling = importer.sampling;
        card.licence = importer.licence.to_owned();
        card.source = importer.source.to_owned();
        card.groups = importer.groups.iter().map(|group| (*group).to_owned()).collect();
        let further = importer.groups.iter().chain(importer.further).map(|name| (*name).to_owned()).collect();
        let shape = Shape {
            path: true,
            subject: importer.has.contains(&"subject"),
            split: importer.has.contains(&"split"),
            face: importer.has.contains(&"face"),
            age: true,
            further,
        };
        Self {
            card,
            remarks: Vec::new(),
            findings: Findings::new(),
            shape,
            manifest: RowWriter::new(Vec::new()),
            left_out: RowWriter::new(Vec::new()),
            doubtful: None,
            reasons: BTreeMap::new(),
            samples: 0,
            without_age: 0,
            splits: BTreeMap::new(),
            subjects: HashSet::new(),
            ids: HashSet::new(),
            faces: HashSet::new(),
            used: HashSet::new(),
            odd_sexes: BTreeMap::new(),
            begun: false,
        }
    }

    /// Other columns than the importer always has; before the first row.
    pub fn shape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// How finely the ages are written.
    pub fn precision(&self) -> Precision {
        self.card.age_precision.unwrap_or(Precision::Year)
    }

    /// Whether the manifest has the further column `name`.
    pub fn carries(&self, name: &str) -> bool {
        self.shape.further.iter().any(|column| column == name)
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let ages: &[&str] = if self.precision() == Precision::Band { &["age_low", "age_high"] } else { &["age"] };
        let names = ["sample_id"]
            .into_iter()
            .chain(self.shape.path.then_some("path"))
            .chain(self.shape.subject.then_some("subject_id"))
            .chain(ages.iter().copied().filter(|_| self.shape.age))
            .chain(self.shape.split.then_some("split"))
            .chain(["x0", "y0", "x1", "y1"].into_iter().filter(|_| self.shape.face))
            .chain(self.shape.further.iter().map(String::as_str));
        names.for_each(|name| self.manifest.cell(name));
        let _ = self.manifest.end_row(); // a Vec takes everything
        ["file", "row", "path", "reason", "found"].iter().for_each(|name| self.left_out.cell(name));
        let _ = self.left_out.end_row();
    }

    /// Adds a sample, or leaves it out: when its file is not in `tree`, its age or box is none, or its id was there.
    pub fn add(&mut self, tree: &Tree, origin: Origin<'_>, sample: &Sample<'_>) {
        self.begin();
        let face = sample.face.filter(|_| sample.id.is_empty()).map(|face| format!("{}#{face:?}", sample.path));
        let id = self.id_of(sample);
        let id = id.as_str();
        if face.as_ref().is_some_and(|face| self.faces.contains(face)) {
            self.leave_out(origin, sample.path, "its picture and face box stand in an earlier row", "");
            return;
        }
        if let Some((reason, found)) = self.problem(tree, id, sample) {
            self.leave_out(origin, sample.path, &reason, &found);
            return;
        }
        self.faces.extend(face);
        self.manifest.cell(id);
        if self.shape.path {
            self.manifest.cell(sample.path);
        }
        if self.shape.subject {
            self.manifest.cell(sample.subject);
        }
        match (sample.age, self.precision() == Precision::Band) {
            _ if !self.shape.age => {}
            (Known::Unknown, is_band) => self.manifest.empty(if is_band { 2 } else { 1 }),
            (Known::Band(low, high), _) => [low, high].iter().for_each(|end| self.manifest.number(Some(*end))),
            (Known::Years(years), true) => {
                // Beside bands the completed year: 17.4 is 17 to below 18, and on one side of a birthday.
                [years.floor(), years.floor() + 1.0].iter().for_each(|end| self.manifest.number(Some(*end)));
            }
            (Known::Years(years), false) => self.manifest.number(Some(years)),
        }
        if self.shape.split {
            self.manifest.cell(sample.split);
        }
        if self.shape.face {
            match sample.face {
                Some(face) => face.iter().for_each(|corner| self.manifest.number(Some(*corner))),
                None => self.manifest.empty(4),
            }
        }
        for place in 0..self.shape.further.len() {
            self.manifest.cell(sample.further.get(place).copied().unwrap_or_default());
        }
        let _ = self.manifest.end_row();
        self.samples += 1;
        self.without_age += u64::from(sample.age == Known::Unknown);
        if !sample.split.is_empty() {
            *self.splits.entry(sample.split.to_owned()).or_default() += 1;
        }
        if !sample.subject.is_empty() && !self.subjects.contains(sample.subject) {
            self.subjects.insert(sample.subject.to_owned());
        }
        self.ids.insert(id.to_owned());
        self.used.insert(sample.path.to_owned());
    }

    /// The id of a sample: its own, else its path; further faces in one picture are numbered (`a.jpg#2`).
    fn id_of(&self, sample: &Sample<'_>) -> String {
        if !sample.id.is_empty() {
            return sample.id.to_owned();
        }
        let mut id = sample.path.to_owned();
        let mut number = 1;
        while sample.face.is_some() && self.ids.contains(&id) {
            number += 1;
            id = format!("{}#{number}", sample.path);
        }
        id
    }

    /// Why a sample cannot stand in the manifest, if so.
    fn problem(&self, tree: &Tree, id: &str, sample: &Sample<'_>) -> Option<(String, String)> {
        let because = |reason: &str, found: String| Some((reason.to_owned(), found));
        if let Some((problem, _)) = path_problem(sample.path) {
            return because(&format!("the path {problem}"), sample.path.to_owned());
        }
        if !sample.path.is_empty() && !tree.has(sample.path) {
            return because("its file is not there", sample.path.to_owned());
        }
        if id.chars().any(char::is_control) || sample.subject.chars().any(char::is_control) {
            return because("an id holds a control character", id.escape_debug().to_string());
        }
        if self.ids.contains(id) {
            return because("its id stands in an earlier row", id.to_owned());
        }
        sample.problem(self.precision())
    }

    /// Leaves a row out: `reason` is the same text for all of its kind, `found` what stood there.
    pub fn leave_out(&mut self, origin: Origin<'_>, path: &str, reason: &str, found: &str) {
        self.begin();
        self.left_out.cell(origin.file);
        self.left_out.whole(origin.row);
        [path, reason, found].iter().for_each(|cell| self.left_out.cell(cell));
        let _ = self.left_out.end_row();
        let empty = || LeftOut { reason: reason.to_owned(), count: 0, first: Vec::new() };
        let of_kind = self.reasons.entry(reason.to_owned()).or_insert_with(empty);
        of_kind.count += 1;
        if of_kind.first.len() < FIRST {
            let at = origin.row.map_or_else(|| origin.file.to_owned(), |row| format!("{}, row {row}", origin.file));
            let what =
                if found.is_empty() || found == origin.file { String::new() } else { format!(": {}", quoted(found)) };
            of_kind.first.push(format!("{at}{what}"));
        }
        if !path.is_empty() {
            self.used.insert(path.to_owned());
        }
    }

    /// Leaves out every file among `pictures` that no row was about.
    pub fn leave_out_unused<'p>(&mut self, pictures: impl Iterator<Item = &'p str>) {
        let unused: Vec<&str> = pictures.filter(|path| !self.used.contains(*path)).collect();
        for path in unused {
            self.leave_out(Origin { file: path, row: None }, path, "no row of the labels names it", "");
        }
    }

    /// Something that a user should know of a file, or of a row that is kept.
    pub fn doubt(&mut self, origin: Origin<'_>, text: impl Into<String>) {
        let finding = Finding::warning(origin.file, text);
        let Some(row) = origin.row else { return self.findings.push(finding) };
        let doubtful = self.doubtful.get_or_insert_with(|| {
            let mut doubtful = RowWriter::new(Vec::new());
            ["file", "row", "found"].iter().for_each(|name| doubtful.cell(name));
            let _ = doubtful.end_row(); // a Vec takes everything
            doubtful
        });
        doubtful.cell(origin.file);
        doubtful.whole(Some(row));
        doubtful.cell(&finding.text);
        let _ = doubtful.end_row();
        self.findings.push(finding.row(row));
    }

    /// The word for the sex in `text`, of which the dataset writes the two as `known`, female first. Anything else but a word for
    /// unknown is counted, and told at the end: the cell stays empty.
    pub fn sex(&mut self, file: &str, text: &str, known: [&'static str; 2]) -> &'static str {
        let [female, male] = known;
        let sex = words::sex(text, female, male);
        if sex.is_empty() && !words::is_unknown(text) {
            let word: String = text.trim().chars().take(40).collect();
            let words = self.odd_sexes.entry((file.to_owned(), known)).or_default();
            // A column of something else would hold as many words as rows.
            let word = if words.len() < 100 || words.contains_key(&word) { word } else { "others".to_owned() };
            *words.entry(word).or_default() += 1;
        }
        sex
    }

    /// Tells of the words for a sex that nobody knows.
    pub fn tell_odd_sexes(&mut self) {
        for ((file, [female, male]), words) in std::mem::take(&mut self.odd_sexes) {
            let all: u64 = words.values().sum();
            let mut words: Vec<(String, u64)> = words.into_iter().collect();
            words.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            let more = if words.len() > 10 { ", ..." } else { "" };
            let shown: Vec<String> =
                words.iter().take(10).map(|(word, count)| format!("{} in {count}", quoted(word))).collect();
            let text = format!(
                "the sex is neither `{female}` nor `{male}` in {}, and is left empty: {}{more}",
                counted(all, "row"),
                shown.join(", ")
            );
            self.findings.push(Finding::warning(file, text));
        }
    }

    /// Subjects with a name.
    pub fn subjects(&self) -> usize {
        self.subjects.len()
    }

    /// What was left out by reason, the most frequent first.
    pub fn reasons(&self) -> Vec<LeftOut> {
        let mut reasons: Vec<LeftOut> = self.reasons.values().cloned().collect();
        reasons.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.reason.cmp(&other.reason)));
        reasons
    }

    /// Both files.
    pub fn finish(mut self) -> Result<Finished, ImportError> {
        self.begin();
        let reasons = self.reasons();
        let write = |source| ImportError::Write { file: "manifest.csv".to_owned(), source };
        Ok(Finished {
            manifest: self.manifest.finish().map_err(write)?,
            left_out: self.left_out.finish().map_err(write)?,
            doubtful: self.doubtful.map(RowWriter::finish).transpose().map_err(write)?,
            reasons,
        })
    }
}
