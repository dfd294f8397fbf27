//! Which column of a table is what: by its name, by a name that label files have for it, or as the user says.

use super::Table;
use crate::finding::{Finding, Findings, did_you_mean, listed};

/// Our columns, and the names under which label files have them; our own name goes first.
pub(super) const NAMES: &[(&str, &[&str])] = &[
    ("sample_id", &["id"]),
    (
        "path",
        &[
            "filename",
            "file_name",
            "file",
            "file_path",
            "img_name",
            "img_path",
            "img",
            "image",
            "image_name",
            "image_path",
            "image_file",
            "photo",
            "photo_name",
            "photo_path",
            "picture",
        ],
    ),
    ("subject_id", &["subject", "person_id", "person", "identity", "user_id"]),
    ("age", &["real_age", "true_age"]),
    ("age_low", &[]),
    ("age_high", &[]),
    ("age_min", &[]),
    ("age_max", &[]),
    ("birth_date", &["date_of_birth"]),
    ("captured_on", &[]),
    ("split", &["partition"]),
    ("x0", &["face_x0", "x_min"]),
    ("y0", &["face_y0", "y_min"]),
    ("x1", &["face_x1", "x_max"]),
    ("y1", &["face_y1", "y_max"]),
    ("sex", &["gender"]),
    ("race", &["ethnicity"]),
    ("weight", &[]),
    ("cluster_id", &[]),
    ("sha256", &[]),
    ("species", &[]),
];

/// Columns that hold an age: a manifest has those of one kind.
pub(super) const AGES: [&str; 4] = ["age", "age_low", "age_high", "birth_date"];

/// Columns of the corners of a face box, which mean nothing without each other.
pub(super) const CORNERS: [&str; 4] = ["x0", "y0", "x1", "y1"];

/// An error where `ours` is one of the names that others have for a column of ours, and not our own.
fn misnamed(file: &str, ours: &str, theirs: &str) -> Option<Finding> {
    let (name, _) = NAMES.iter().find(|(_, others)| others.contains(&ours))?;
    let text = format!("--columns says {ours}={theirs}: in a manifest that column is called `{name}`");
    Some(Finding::error(file, text).help(format!("write {name}={theirs}")))
}

/// Whether a table with these columns is a dataset: a picture and an age a row.
pub(in crate::dataset::import) fn is_dataset(header: &[String]) -> bool {
    place(header, "path").is_some() && has_age(header)
}

/// Whether one of the columns holds ages.
pub(in crate::dataset::import) fn has_age(header: &[String]) -> bool {
    ["age", "age_low", "age_min", "birth_date"].iter().any(|column| place(header, column).is_some())
}

/// The place of the column that bears our name `ours` or another name for it: `Image Name` and `image-name` are `image_name`.
fn place(header: &[String], ours: &str) -> Option<usize> {
    let same = |column: &str, name: &str| column.trim().to_ascii_lowercase().replace([' ', '-'], "_") == name;
    let at = |name: &str| {
        let exact = header.iter().position(|column| column == name);
        exact.or_else(|| header.iter().position(|column| same(column, name)))
    };
    let others = NAMES.iter().find(|(name, _)| *name == ours).map_or(&[][..], |(_, others)| *others);
    at(ours).or_else(|| others.iter().find_map(|name| at(name)))
}

/// Where each of our columns stands.
pub(super) struct Places<'t> {
    header: &'t [String],
    /// As the user said: our name, and the place.
    pub said: Vec<(String, usize)>,
}

impl<'t> Places<'t> {
    /// The columns of `table`, those as `said` (`OURS`, `THEIRS`) first; what is wrong with that goes to `findings`.
    pub fn find(table: &Table<'t>, said: &[(String, String)], findings: &mut Findings) -> Self {
        let mut places = Vec::new();
        for (ours, theirs) in said {
            if let Some(finding) = misnamed(table.file, ours, theirs) {
                findings.push(finding);
                continue;
            }
            match table.header.iter().position(|column| column == theirs) {
                Some(at) => places.push((ours.clone(), at)),
                None => {
                    let text = format!(
                        "--columns says {ours}={theirs}: there is no such column, there are {}",
                        listed(table.header)
                    );
                    let help = did_you_mean(theirs, table.header.iter().map(String::as_str));
                    findings.push(Finding::error(table.file, text).maybe_help(help));
                }
            }
        }
        Self { header: table.header, said: places }
    }

    /// The column that is ours: as the user said, else by its name unless the user gave that column another.
    pub fn of(&self, ours: &str) -> Option<usize> {
        let said = self.said.iter().find(|(name, _)| name == ours).map(|(_, at)| *at);
        said.or_else(|| place(self.header, ours).filter(|at| !self.said.iter().any(|(_, taken)| taken == at)))
    }
}
