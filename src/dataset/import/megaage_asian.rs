//! MegaAge-Asian: lists of names and ages that belong together by their line numbers.

use super::rows::Gathered;
use super::sample::{Origin, Sample};
use super::tree::Tree;
use super::{ImportError, Importer, Source, labels};
use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::Finding;

pub(super) static IMPORTER: Importer = Importer {
    name: "megaage-asian",
    title: "MegaAge-Asian",
    layout: "list/train_name.txt and list/train_age.txt, list/test_name.txt and list/test_age.txt (a value a line) beside train/ and test/",
    label_kind: LabelKind::Apparent,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["split"],
    groups: &[],
    further: &["gender"],
    splits: "train, test",
    licence: "non-commercial research",
    source: "MegaAge-Asian",
    defects: "the lists belong together by line number alone; how the ages were come by is not said with the files, so they count as \
              apparent; a wide margin around the faces; no subjects",
    flags: &[],
    is_general: false,
    fits,
    read,
};

const SPLITS: [&str; 2] = ["train", "test"];

fn fits(tree: &Tree) -> Option<String> {
    let has = |split: &&str| tree.has(&format!("list/{split}_name.txt")) && tree.has(&format!("list/{split}_age.txt"));
    let split = SPLITS.iter().find(|split| has(split))?;
    tree.chosen().is_none().then(|| format!("the lists `list/{split}_name.txt` and `list/{split}_age.txt`"))
}

/// The lines of a list; an empty last one is none.
fn lines(tree: &Tree, file: &str) -> Result<Vec<String>, ImportError> {
    let content = tree.content(file)?;
    let text = std::str::from_utf8(&content).map_err(|_| {
        ImportError::from(Finding::error(file, "the file is not utf-8").help("take the file as it was published"))
    })?;
    let mut lines: Vec<String> =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.trim().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Ok(lines)
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    for split in SPLITS {
        let [names_file, ages_file, genders_file] =
            ["name", "age", "gender"].map(|what| format!("list/{split}_{what}.txt"));
        if !tree.has(&names_file) {
            gathered.doubt(Origin { file: &names_file, row: None }, "is not there: the split is left out");
            continue;
        }
        let (names, ages) = (lines(tree, &names_file)?, lines(tree, &ages_file)?);
        let genders =
            if tree.has(&genders_file) { lines(tree, &genders_file)? } else { vec![String::new(); names.len()] };
        for (file, list) in [(&ages_file, &ages), (&genders_file, &genders)] {
            if list.len() != names.len() {
                let text = format!(
                    "{} lines where {names_file} has {}: they belong together line by line",
                    list.len(),
                    names.len()
                );
                gathered
                    .findings
                    .push(Finding::error(file, text).help("take both files from the same release, unchanged"));
            }
        }
        for (place, ((name, age), gender)) in names.iter().zip(&ages).zip(&genders).enumerate() {
            let at = Origin { file: &ages_file, row: Some(place as u64 + 1) };
            let path = format!("{split}/{name}");
            let Some(age) = labels::age(gathered, at, &path, "age", age) else { continue };
            gathered.add(tree, at, &Sample { split, further: &[gender], ..Sample::of(&path, age) });
        }
    }
    let is_ours = |path: &&str| SPLITS.iter().any(|split| path.starts_with(&format!("{split}/")));
    gathered.leave_out_unused(tree.pictures().filter(is_ours));
    Ok(())
}
