//! All-Age-Faces: `00000A02.jpg`, person and age, with lists of the two splits that hold the sex.

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::Finding;

pub(super) static IMPORTER: Importer = Importer {
    name: "aaf",
    title: "All-Age-Faces",
    layout: "`image sets/train.txt` and `image sets/val.txt` (lines such as `00000A02 0`) beside `original images/` or `aligned faces/`",
    label_kind: LabelKind::Apparent,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject", "split"],
    groups: &["sex"],
    further: &[],
    splits: "train, val",
    licence: "not stated; cite the paper",
    source: "All-Age-Faces (AAF)",
    defects: "mostly Asian; how the ages were come by is not said with the files, so they count as apparent",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const SPLITS: [&str; 2] = ["train", "val"];
const FOLDERS: [&str; 2] = ["original images", "aligned faces"];

fn list(split: &str) -> String {
    format!("image sets/{split}.txt")
}

fn fits(tree: &Tree) -> Option<String> {
    let found = SPLITS.iter().map(|split| list(split)).find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the list `{found}`"))
}

/// Person and age of `00000A02`.
fn labels(stem: &str) -> Option<(&str, f64)> {
    let (person, age) = stem.split_once('A')?;
    let is_number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    (is_number(person, 5..=5) && is_number(age, 2..=3)).then(|| Some((person, age.parse().ok()?))).flatten()
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let chosen = source.options.images.as_deref().map(|folder| folder.trim_start_matches("./").trim_end_matches('/'));
    let folder =
        FOLDERS.iter().find(|folder| tree.has_folder(folder) && chosen.is_none_or(|chosen| chosen == **folder));
    let Some(folder) = folder else {
        let text =
            "the pictures are not there: expected the folder `original images` or `aligned faces`, as --images says";
        return Err(Finding::error(tree.place().display().to_string(), text).into());
    };
    for split in SPLITS {
        let file = list(split);
        if !tree.has(&file) {
            gathered.doubt(Origin { file: &file, row: None }, "is not there: the split is left out");
            continue;
        }
        let content = tree.content(&file)?;
        let text = std::str::from_utf8(&content)
            .map_err(|_| ImportError::from(Finding::error(&file, "the file is not utf-8")))?;
        for (place, line) in
            text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let at = Origin { file: &file, row: Some(place as u64 + 1) };
            let (name, sex) = line.trim().rsplit_once([' ', '\t']).unwrap_or((line.trim(), ""));
            let stem = name.trim().trim_end_matches(".jpg");
            let path = format!("{folder}/{stem}.jpg");
            let sex = match sex {
                "0" => "female",
                "1" => "male",
                _ => {
                    gathered.leave_out(at, &path, "its line is not NAME and 0 (female) or 1 (male)", line);
                    continue;
                }
            };
            match labels(stem) {
                Some((subject, age)) => {
                    let sample = Sample { subject, split, further: &[sex], ..Sample::of(&path, Known::Years(age)) };
                    gathered.add(tree, at, &sample);
                }
                None => gathered.leave_out(at, &path, "its name is not five digits, A and the age", stem),
            }
        }
    }
    let begin = format!("{folder}/");
    gathered.leave_out_unused(tree.pictures().filter(|path| path.starts_with(&begin)));
    Ok(())
}
