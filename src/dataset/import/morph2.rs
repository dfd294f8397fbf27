//! MORPH II (Album 2, the non-commercial release of 2008): one table of bookings.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::{Tree, name_of};
use super::{Flag, ImportError, Importer, Source, words};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "morph2",
    title: "MORPH II",
    layout: "morph_2008_nonCommercial.csv (id_num, picture_num, dob, doa, race, gender, ..., age, ..., photo), beside or above Album2/",
    label_kind: LabelKind::Chronological,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject"],
    groups: &["sex", "race"],
    further: &["glasses"],
    splits: "",
    licence: "by agreement with the University of North Carolina Wilmington, non-commercial",
    source: "MORPH II, Album 2",
    defects: "dates of birth, sex and race that change from one booking to the next; repeated persons, so random splits leak; police \
              photographs, mostly of black men; nobody under 16",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const FILE: &str = "morph_2008_nonCommercial.csv";
const COLUMNS: [&str; 6] = ["id_num", "race", "gender", "age", "glasses", "photo"];

fn fits(tree: &Tree) -> Option<String> {
    (tree.has(FILE) && tree.chosen().is_none()).then(|| format!("the label file `{FILE}`"))
}

/// Sex and age as a photo's name says them: `009055_1M54.JPG`.
fn of_name(photo: &str) -> Option<(&'static str, f64)> {
    let (_, rest) = name_of(photo).split_once('.')?.0.split_once('_')?;
    let at = rest.find(['M', 'F', 'm', 'f'])?;
    let (_, labels) = rest.split_at_checked(at)?;
    let (sex, age) = labels.split_at_checked(1)?;
    Some((words::sex(sex, "F", "M"), age.parse().ok()?))
}

fn race(letter: &str) -> &str {
    match letter.trim() {
        "B" => "black",
        "W" => "white",
        "A" => "asian",
        "H" => "hispanic",
        "O" => "other",
        unknown => unknown,
    }
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let first = labels::first(tree, FILE, Parted::Commas, "photo")?;
    let before = tree.locate_any(FILE, &first, source.options)?;
    labels::each(tree, FILE, Parted::Commas, COLUMNS, gathered, |gathered, Cells { of, row }| {
        let [subject, letter, gender, age, glasses, photo] = of;
        let at = Origin { file: FILE, row: Some(row) };
        let path = format!("{before}{photo}");
        let Some(age) = labels::age(gathered, at, &path, "age", age) else { return Ok(()) };
        let sex = gathered.sex(FILE, gender, ["F", "M"]);
        if let (Some((named_sex, named_age)), Known::Years(years)) = (of_name(photo), age)
            && (named_sex != sex || named_age != years)
            && tree.has(&path)
        {
            gathered.doubt(at, format!("says {sex}, {years}, where the photo's name says {named_sex}, {named_age}"));
        }
        let sample = Sample { subject, further: &[sex, race(letter), glasses], ..Sample::of(&path, age) };
        gathered.add(tree, at, &sample);
        Ok(())
    })?;
    gathered.leave_out_unused(tree.pictures());
    Ok(())
}
