//! FG-NET: `001A02.JPG`, the subject before the A and the age behind it.

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::{Tree, name_of};
use super::{ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "fg-net",
    title: "FG-NET",
    layout: "images/001A02.JPG: subject, A, age, and a letter where there are several",
    label_kind: LabelKind::Chronological,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject"],
    groups: &[],
    further: &[],
    splits: "",
    licence: "research use",
    source: "FG-NET",
    defects: "scans, some of them in grey, which moves answers by years; 82 subjects, followed through their lives: leave one person \
              out, never one picture",
    flags: &[],
    is_general: false,
    fits,
    read,
};

/// Subject and age in a file's name: `^([0-9]+)[Aa]([0-9]+)[a-z]?\.`.
fn labels(name: &str) -> Option<(&str, f64)> {
    let (stem, _) = name.split_once('.')?;
    let (subject, rest) = stem.split_once(['A', 'a'])?;
    let age = rest.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(subject) && is_number(age) && age.len() <= 3 && rest.len() <= age.len() + 1)
        .then(|| Some((subject, age.parse().ok()?)))
        .flatten()
}

fn fits(tree: &Tree) -> Option<String> {
    // All-Age-Faces names its pictures likewise, and has these lists.
    if tree.chosen().is_some() || tree.has_folder("image sets") {
        return None;
    }
    let near = || tree.pictures().filter(|path| path.matches('/').count() <= 1);
    let good = near().filter(|path| labels(name_of(path)).is_some_and(|(subject, _)| subject.len() == 3)).count();
    let first = near().find(|path| labels(name_of(path)).is_some())?;
    (good * 2 > near().count()).then(|| format!("pictures named SUBJECT, A, AGE such as `{first}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    for path in source.tree.pictures() {
        let at = Origin { file: path, row: None };
        match labels(name_of(path)) {
            Some((subject, age)) => {
                let sample = Sample { subject, ..Sample::of(path, Known::Years(age)) };
                gathered.add(source.tree, at, &sample);
            }
            None => gathered.leave_out(at, path, "its name is not SUBJECT, A, AGE", name_of(path)),
        }
    }
    Ok(())
}
