//! One row of a manifest: its cells checked and understood, every problem found.

use std::borrow::Cow;

use super::FaceBox;
use super::ages::{AgeColumns, AgeReader};
use super::files::path_problem;
use crate::age::AgeRange;
use crate::digest::Digest;
use crate::finding::{Finding, Findings, did_you_mean, quoted};
use crate::sheet::Row;

/// Places of the columns that have a meaning of their own.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Without it, the row's number is the id.
    pub sample_id: Option<usize>,
    pub ages: AgeColumns,
    pub path: Option<usize>,
    pub subject_id: Option<usize>,
    pub cluster_id: Option<usize>,
    pub weight: Option<usize>,
    pub sha256: Option<usize>,
    pub face_box: Option<[usize; 4]>,
    /// Every other column with a name.
    pub carried: Vec<usize>,
}

const BOX: [&str; 4] = ["x0", "y0", "x1", "y1"];

impl Places {
    /// Finds the columns in `header`; a finding for each that is missing or stands beside another of its kind. Without ages
    /// there is nothing to read; else rows can be read on for what is wrong with them, the first kind of ages counting.
    pub fn find(file: &str, header: &[String], findings: &mut Findings) -> Option<Self> {
        let place = |name: &str| header.iter().position(|column| column == name);
        let missing = |name: &str, text: String| {
            let guess = did_you_mean(name, header.iter().map(String::as_str));
            Finding::error(file, text).row(1).maybe_help(guess)
        };
        let errors = findings.errors();
        let sample_id = place("sample_id");
        if sample_id.is_none() {
            findings.push(missing("sample_id", "the column `sample_id` is missing".to_owned()));
        }
        let pair = |first: &str, second: &str| match (place(first), place(second)) {
            (Some(a), Some(b)) => Ok(Some((a, b))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing(second, format!("the column `{first}` stands without `{second}`"))),
            (None, Some(_)) => Err(missing(first, format!("the column `{second}` stands without `{first}`"))),
        };
        let mut ages: Vec<AgeColumns> = place("age").map(AgeColumns::Age).into_iter().collect();
        // The day of the photo may also stand beside the age itself: `check` holds them against each other.
        let other_age = place("age").or(place("age_low")).is_some();
        let dates =
            if other_age && place("birth_date").is_none() { Ok(None) } else { pair("birth_date", "captured_on") };
        for (found, make) in [
            (pair("age_low", "age_high"), AgeColumns::Band as fn(usize, usize) -> AgeColumns),
            (dates, AgeColumns::Dates as fn(usize, usize) -> AgeColumns),
        ] {
            match found {
                Ok(found) => ages.extend(found.map(|(a, b)| make(a, b))),
                Err(finding) => findings.push(finding),
            }
        }
        let kinds = "`age`, `age_low` with `age_high`, or `birth_date` with `captured_on`";
        match ages.len() {
            0 if findings.errors() == errors || sample_id.is_none() => {
                findings.push(missing("age", format!("no column holds the true age: expected {kinds}")));
            }
            0 | 1 => {}
            _ => {
                findings.push(Finding::error(file, format!("two kinds of age columns: expected one of {kinds}")).row(1))
            }
        }
        let corners = BOX.map(place);
        let face_box = match corners {
            [Some(x0), Some(y0), Some(x1), Some(y1)] => Some([x0, y0, x1, y1]),
            _ => None,
        };
        if face_box.is_none() && corners.iter().any(Option::is_some) {
            let text = "a face box is four columns `x0`, `y0`, `x1`, `y1`: some are missing";
            findings.push(Finding::error(file, text).row(1));
        }
        let [path, subject_id, cluster_id, weight, sha256] =
            ["path", "subject_id", "cluster_id", "weight", "sha256"].map(place);
        const MEANT: [&str; 15] = [
            "sample_id",
            "path",
            "subject_id",
            "cluster_id",
            "weight",
            "sha256",
            "age",
            "age_low",
            "age_high",
            "birth_date",
            "captured_on",
            "x0",
            "y0",
            "x1",
            "y1",
        ];
        let carried = |(_, name): &(usize, &String)| !name.is_empty() && !MEANT.contains(&name.as_str());
        let carried = header.iter().enumerate().filter(carried).map(|(place, _)| place).collect();
        Some(Self {
            sample_id,
            ages: ages.into_iter().next()?,
            path,
            subject_id,
            cluster_id,
            weight,
            sha256,
            face_box,
            carried,
        })
    }
}

/// What a row says, but for the carried columns.
#[derive(Debug)]
pub(crate) struct RowParts<'r> {
    pub sample_id: Cow<'r, str>,
    pub subject_id: &'r str,
    pub cluster_id: &'r str,
    pub path: &'r str,
    pub age: Option<AgeRange>,
    pub weight: f64,
    pub face_box: Option<FaceBox>,
    pub sha256: Option<Digest>,
}

/// Reads `row`; its problems go to `findings`, and what has a problem counts as empty.
pub(super) fn read<'r>(row: &Row<'r>, places: &Places, ages: &AgeReader, findings: &mut Findings) -> RowParts<'r> {
    let mut keep = |found: Result<&'r str, Finding>| {
        found.unwrap_or_else(|finding| {
            findings.push(finding);
            ""
        })
    };
    let optional = |place: Option<usize>| place.map_or(Ok(""), |place| row.text(place));
    let sample_id = match places.sample_id {
        None => Cow::Owned(row.number().to_string()),
        Some(place) => Cow::Borrowed(keep(id(row, place).and_then(|id| match id {
            "" => Err(row.wrong(place, "empty: every sample has an id")),
            id => Ok(id),
        }))),
    };
    let subject_id = keep(places.subject_id.map_or(Ok(""), |place| id(row, place)));
    let cluster_id = keep(places.cluster_id.map_or(Ok(""), |place| id(row, place)));
    let path = keep(optional(places.path).and_then(|path| match (path_problem(path), places.path) {
        (Some((problem, help)), Some(place)) => {
            Err(row.wrong(place, format!("the path {} {problem}", quoted(path))).help(help))
        }
        _ => Ok(path),
    }));
    let mut keep = |found: Result<(), Finding>| found.unwrap_or_else(|finding| findings.push(finding));
    let (mut age, mut weight, mut face_box, mut sha256) = (None, 1.0, None, None);
    keep(ages.read(row).map(|found| age = found));
    keep(read_weight(row, places.weight).map(|found| weight = found));
    keep(read_box(row, places.face_box).map(|found| face_box = found));
    keep(read_sha256(row, places.sha256).map(|found| sha256 = found));
    RowParts { sample_id, subject_id, cluster_id, path, age, weight, face_box, sha256 }
}

/// Whether `row` is taken by every rule of a `Pick`.
pub(super) fn is_picked(row: &Row<'_>, rules: &[(usize, &[String])]) -> bool {
    rules.iter().all(|(place, values)| values.iter().any(|value| value.as_bytes() == row.bytes(*place)))
}

fn id<'r>(row: &Row<'r>, place: usize) -> Result<&'r str, Finding> {
    let text = row.text(place)?;
    if text.chars().any(char::is_control) {
        return Err(row.wrong(place, format!("{} holds a control character", quoted(text))));
    }
    Ok(text)
}

fn read_weight(row: &Row<'_>, place: Option<usize>) -> Result<f64, Finding> {
    let Some(place) = place else { return Ok(1.0) };
    match row.number_at(place, "a weight")? {
        None => Ok(1.0),
        Some(weight) if weight.is_finite() && weight > 0.0 => Ok(weight),
        Some(weight) => Err(row
            .wrong(place, format!("{weight} is not a weight: expected a number above 0"))
            .help("leave the row out, or take it out of the file: a weight of 0 counts nobody")),
    }
}

fn read_box(row: &Row<'_>, places: Option<[usize; 4]>) -> Result<Option<FaceBox>, Finding> {
    let Some(places) = places else { return Ok(None) };
    let mut corners = [None; 4];
    for (corner, place) in corners.iter_mut().zip(places) {
        *corner = row.number_at(place, "a number of pixels")?;
        if corner.is_some_and(|value| !value.is_finite()) {
            return Err(row.wrong(place, format!("{} is not a number of pixels", quoted(row.text(place)?))));
        }
    }
    let [left, _, right, lower] = places;
    match corners {
        [None, None, None, None] => Ok(None),
        [Some(x0), Some(y0), Some(x1), Some(y1)] if x0 < x1 && y0 < y1 => Ok(Some(FaceBox { x0, y0, x1, y1 })),
        [Some(x0), Some(_), Some(x1), Some(_)] => {
            let place = if x0 < x1 { lower } else { right };
            Err(row
                .wrong(place, "the box has no area: expected x0 < x1 and y0 < y1")
                .help("x1 and y1 are the right and lower edges, not width and height; unknown is four empty cells"))
        }
        _ => Err(row.wrong(left, "the box is incomplete: expected four numbers, or four empty cells")),
    }
}

fn read_sha256(row: &Row<'_>, place: Option<usize>) -> Result<Option<Digest>, Finding> {
    let Some(place) = place else { return Ok(None) };
    match row.text(place)?.trim() {
        "" => Ok(None),
        text => Digest::parse(text).map(Some).map_err(|error| row.wrong(place, error.to_string())),
    }
}
