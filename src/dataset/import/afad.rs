//! AFAD: `AGE/111/ID-K.jpg`, the age and the sex as folders.

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::Tree;
use super::{ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "afad",
    title: "AFAD",
    layout: "AGE/111/ID-K.jpg (men) and AGE/112/ID-K.jpg (women), AFAD-Full or AFAD-Lite",
    label_kind: LabelKind::Declared,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject"],
    groups: &["sex"],
    further: &[],
    splits: "",
    licence: "academic research only",
    source: "AFAD",
    defects: "ages from birthdays that people declared to a social network; nobody under 15; the id before the hyphen is taken for the \
              person, as others do, which nobody has shown",
    flags: &[],
    is_general: false,
    fits,
    read,
};

/// Age, sex and id of a path.
fn labels(path: &str) -> Result<(f64, &'static str, &str), &'static str> {
    let parts: Vec<&str> = path.split('/').collect();
    let [age, sex, name] = parts.as_slice() else { return Err("its path is not AGE/SEX/ID-K") };
    let age = age.parse::<u8>().map_err(|_| "the folder of its age is no number")?;
    let sex = match *sex {
        "111" => "male",
        "112" => "female",
        _ => return Err("the folder of its sex is not 111 or 112"),
    };
    match name.split_once('-') {
        Some((id, _)) if !id.is_empty() => Ok((f64::from(age), sex, id)),
        _ => Err("its name is not ID-K"),
    }
}

fn fits(tree: &Tree) -> Option<String> {
    let good = tree.pictures().filter(|path| labels(path).is_ok()).count();
    let first = tree.pictures().find(|path| labels(path).is_ok())?;
    (good * 2 > tree.pictures().count() && tree.chosen().is_none())
        .then(|| format!("pictures in folders of age and sex such as `{first}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    for path in source.tree.pictures() {
        let at = Origin { file: path, row: None };
        match labels(path) {
            Ok((age, sex, subject)) => {
                let sample = Sample { subject, further: &[sex], ..Sample::of(path, Known::Years(age)) };
                gathered.add(source.tree, at, &sample);
            }
            Err(reason) => gathered.leave_out(at, path, reason, ""),
        }
    }
    Ok(())
}
