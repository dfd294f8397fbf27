//! IMDB-Clean: three label files with face boxes, over the pictures of IMDB-WIKI.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Origin, Sample};
use super::tree::{Tree, name_of};
use super::{Flag, ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "imdb-clean",
    title: "IMDB-Clean",
    layout: "imdb_train_new.csv, imdb_valid_new.csv and imdb_test_new.csv, or the same with _new_1024.csv (filename, age, gender, x_min, \
             y_min, x_max, y_max, ...), above the pictures",
    label_kind: LabelKind::Chronological,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject", "split", "face"],
    groups: &["sex"],
    further: &[],
    splits: "train, valid, test",
    licence: "labels MIT; pictures under the terms of IMDB-WIKI: academic research",
    source: "IMDB-Clean, over IMDB-WIKI",
    defects: "ages from years of photos, by a machine cleaned; train and valid share persons, only test stands for itself; well-known people",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const SPLITS: [&str; 3] = ["train", "valid", "test"];
const ENDS: [&str; 2] = ["_new.csv", "_new_1024.csv"];
const COLUMNS: [&str; 7] = ["filename", "age", "gender", "x_min", "y_min", "x_max", "y_max"];

/// The end of the names of the label files that are there: those for whole pictures go first.
fn end(tree: &Tree) -> Option<&'static str> {
    ENDS.into_iter().find(|end| SPLITS.iter().any(|split| tree.has(&file_of(split, end))))
}

fn file_of(split: &str, end: &str) -> String {
    format!("imdb_{split}{end}")
}

fn fits(tree: &Tree) -> Option<String> {
    let end = end(tree)?;
    let first = SPLITS.iter().map(|split| file_of(split, end)).find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the label file `{first}`"))
}

/// The person of a picture: `12/nm0000012_rm1.jpg` is nm0000012.
fn person(path: &str) -> &str {
    let name = name_of(path);
    let end = name.find('_').unwrap_or(name.len());
    let (id, _) = name.split_at_checked(end).unwrap_or((name, ""));
    let is_person =
        id.strip_prefix("nm").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
    if is_person { id } else { "" }
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let end = end(tree).unwrap_or(ENDS[0]);
    for other in ENDS.iter().filter(|other| **other != end) {
        for file in SPLITS.iter().map(|split| file_of(split, other)).filter(|file| tree.has(file)) {
            gathered
                .doubt(Origin { file: &file, row: None }, format!("is passed over, for the files that end in `{end}`"));
        }
    }
    let mut begin: Vec<String> = Vec::new();
    for split in SPLITS {
        let file = file_of(split, end);
        if !tree.has(&file) {
            gathered.doubt(Origin { file: &file, row: None }, "is not there: the split is left out");
            continue;
        }
        let first = labels::first(tree, &file, Parted::Commas, "filename")?;
        let before = tree.locate_any(&file, &first, source.options)?;
        begin.push(before.clone());
        labels::each(tree, &file, Parted::Commas, COLUMNS, gathered, |gathered, Cells { of, row }| {
            let [name, age, gender, x0, y0, x1, y1] = of;
            let at = Origin { file: &file, row: Some(row) };
            let path = format!("{before}{name}");
            if person(name).is_empty() {
                gathered.leave_out(at, &path, "its name does not begin with the person (nm0000001_...)", name);
                return Ok(());
            }
            let Some(age) = labels::age(gathered, at, &path, "age", age) else { return Ok(()) };
            let face = match labels::face([x0, y0, x1, y1]) {
                Ok(face) => face,
                Err(found) => {
                    gathered.leave_out(at, &path, "its face box cannot be read", &found);
                    return Ok(());
                }
            };
            let sex = gathered.sex(&file, gender, ["F", "M"]);
            let sample = Sample { subject: person(name), split, face, further: &[sex], ..Sample::of(&path, age) };
            gathered.add(tree, at, &sample);
            Ok(())
        })?;
    }
    let is_ours = |path: &&str| begin.iter().any(|begin| path.starts_with(begin.as_str()));
    gathered.leave_out_unused(tree.pictures().filter(is_ours));
    Ok(())
}
