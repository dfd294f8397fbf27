//! LAGENDA: one label file with face boxes, several people in a picture, ages from weighted votes.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source, words};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "lagenda",
    title: "LAGENDA",
    layout: "lagenda_annotation.csv (img_name, age, gender, face_x0, face_y0, face_x1, face_y1, person_x0, ...) above lag_benchmark/",
    label_kind: LabelKind::Apparent,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["face"],
    groups: &["sex"],
    further: &[],
    splits: "",
    licence: "CC BY; pictures from Open Images",
    source: "LAGENDA",
    defects: "ages from about ten weighted votes; people without age or face box, who are left out; no subjects",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const FILE: &str = "lagenda_annotation.csv";
const COLUMNS: [&str; 7] = ["img_name", "age", "gender", "face_x0", "face_y0", "face_x1", "face_y1"];

fn fits(tree: &Tree) -> Option<String> {
    (tree.has(FILE) && tree.chosen().is_none()).then(|| format!("the label file `{FILE}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let first = labels::first(tree, FILE, Parted::Commas, "img_name")?;
    let before = tree.locate_any(FILE, &first, source.options)?;
    let mut whole = true;
    labels::each(tree, FILE, Parted::Commas, ["age"], &mut Gathered::new(&IMPORTER), |_, Cells { of: [age], .. }| {
        whole &= !matches!(words::age(age), Ok(Known::Years(years)) if years.fract() != 0.0);
        Ok(())
    })?;
    if !whole {
        // Means of votes, not completed years.
        gathered.card.age_precision = Some(Precision::Day);
    }
    labels::each(tree, FILE, Parted::Commas, COLUMNS, gathered, |gathered, Cells { of, row }| {
        let [name, age, gender, x0, y0, x1, y1] = of;
        let at = Origin { file: FILE, row: Some(row) };
        let path = format!("{before}{name}");
        let Some(age) = labels::age(gathered, at, &path, "age", age) else { return Ok(()) };
        if age == Known::Unknown {
            gathered.leave_out(at, &path, "a person without an age, beside others in the picture", "");
            return Ok(());
        }
        match labels::face([x0, y0, x1, y1]) {
            Ok(Some(face)) => {
                let sex = gathered.sex(FILE, gender, ["F", "M"]);
                gathered.add(tree, at, &Sample { face: Some(face), further: &[sex], ..Sample::of(&path, age) });
            }
            Ok(None) => gathered.leave_out(at, &path, "an age without a face box: nothing says whose it is", ""),
            Err(found) => gathered.leave_out(at, &path, "its face box cannot be read", &found),
        }
        Ok(())
    })?;
    let folder = first.first().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let begin = format!("{before}{folder}");
    gathered.leave_out_unused(tree.pictures().filter(|path| path.starts_with(&begin)));
    Ok(())
}
