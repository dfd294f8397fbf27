//! AgeDB: `NUMBER_Name_AGE_SEX.jpg`, all in one folder.

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::{Tree, folder_of, name_of};
use super::{ImportError, Importer, Source, words};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "agedb",
    title: "AgeDB",
    layout: "0_AnnaExample_35_f.jpg: number, name, age and sex (m or f), all in one folder",
    label_kind: LabelKind::Chronological,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject"],
    groups: &["sex"],
    further: &[],
    splits: "",
    licence: "non-commercial research",
    source: "AgeDB",
    defects: "ages by hand from captions; of 16,488 pictures only 95 under 13 and 222 from 13 to 17; well-known people, whom models may know",
    flags: &[],
    is_general: false,
    fits,
    read,
};

/// What a file's name says: the name of the person, the age and the sex.
fn labels(name: &str) -> Result<(&str, f64, &'static str), &'static str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut parts = stem.splitn(2, '_');
    let number = parts.next().unwrap_or_default();
    let wrong = "its name is not NUMBER_NAME_AGE_SEX";
    let rest = parts.next().ok_or(wrong)?;
    // From the end: a name may hold the mark itself.
    let (rest, sex) = rest.rsplit_once('_').ok_or(wrong)?;
    let (person, age) = rest.rsplit_once('_').ok_or(wrong)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(number) || person.is_empty() {
        return Err(wrong);
    }
    let age = Some(age).filter(|age| is_number(age) && age.len() <= 3).and_then(|age| age.parse().ok());
    let age = age.ok_or("the age in its name is no number")?;
    match words::sex(sex, "f", "m") {
        "" => Err("the sex in its name is not m or f"),
        sex => Ok((person, age, sex)),
    }
}

fn fits(tree: &Tree) -> Option<String> {
    let near = || tree.pictures().filter(|path| folder_of(path).is_empty());
    let good = near().filter(|path| labels(name_of(path)).is_ok()).count();
    let first = near().find(|path| labels(name_of(path)).is_ok())?;
    (good * 2 > near().count() && tree.chosen().is_none())
        .then(|| format!("pictures named NUMBER_NAME_AGE_SEX such as `{first}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    for path in source.tree.pictures() {
        let at = Origin { file: path, row: None };
        match labels(name_of(path)) {
            Ok((subject, age, sex)) => {
                let sample = Sample { subject, further: &[sex], ..Sample::of(path, Known::Years(age)) };
                gathered.add(source.tree, at, &sample);
            }
            Err(reason) => gathered.leave_out(at, path, reason, name_of(path)),
        }
    }
    Ok(())
}
