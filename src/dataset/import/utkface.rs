//! UTKFace: `AGE_SEX_RACE_DATE.jpg`, aligned (`.chip.jpg`) or in the wild, no subjects and no splits.

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::{Tree, folder_of, name_of};
use super::{Flag, ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::{Finding, listed};

pub(super) static IMPORTER: Importer = Importer {
    name: "utkface",
    title: "UTKFace",
    layout: "pictures named AGE_SEX_RACE_DATE.jpg or .jpg.chip.jpg, in one folder or in part1, part2 and part3",
    label_kind: LabelKind::Estimated,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &[],
    groups: &["sex", "race"],
    further: &[],
    splits: "",
    licence: "non-commercial research; the copyright of the pictures stays with their owners",
    source: "UTKFace",
    defects: "ages are a network's (DEX), looked over by one person; heaps at age 1, at 26 and every five years; pictures that are \
              there twice, with different ages; names without sex or race; no subjects",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const RACES: [&str; 5] = ["white", "black", "asian", "indian", "other"];

/// Age, sex and race of a picture.
struct Labels {
    age: f64,
    sex: &'static str,
    race: &'static str,
}

/// The labels in a file's name.
///
/// # Errors
/// What is wrong with it.
fn labels(name: &str) -> Result<Labels, &'static str> {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let parts: Vec<&str> = stem.split('_').collect();
    let [age, sex, race, stamp] = parts.as_slice() else {
        return Err("its name is not AGE_SEX_RACE_DATE: sex, race or date is missing");
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(stamp) {
        return Err("its name is not AGE_SEX_RACE_DATE: the date is no number");
    }
    let age = Some(*age).filter(|age| is_number(age) && age.len() <= 3).and_then(|age| age.parse().ok());
    let age = age.ok_or("its name is not AGE_SEX_RACE_DATE: the age is no number")?;
    let sex = match *sex {
        "0" => "male",
        "1" => "female",
        "" => return Err("the sex in its name is empty"),
        _ => return Err("the sex in its name is not 0 (male) or 1 (female)"),
    };
    let race = race.parse::<usize>().ok().filter(|_| race.len() == 1).and_then(|place| RACES.get(place));
    Ok(Labels { age, sex, race: race.ok_or("the race in its name is not 0 to 4")? })
}

/// The folders in which most pictures have such names: one, or the parts of the pictures in the wild.
fn folders(tree: &Tree) -> Vec<&str> {
    let mut counts: Vec<(&str, usize, usize)> = Vec::new();
    for path in tree.pictures() {
        let folder = folder_of(path);
        let fits = usize::from(labels(name_of(path)).is_ok());
        match counts.last_mut() {
            Some((last, all, good)) if *last == folder => (*all, *good) = (*all + 1, *good + fits),
            _ => counts.push((folder, 1, fits)),
        }
    }
    // Sorted by their paths, the pictures of a folder stand around those of its own folders.
    counts.sort_unstable();
    let mut folders: Vec<(&str, usize, usize)> = Vec::new();
    for (folder, all, good) in counts {
        match folders.last_mut() {
            Some((last, before, fits)) if *last == folder => (*before, *fits) = (*before + all, *fits + good),
            _ => folders.push((folder, all, good)),
        }
    }
    folders.into_iter().filter(|(_, all, good)| good * 2 > *all).map(|(folder, ..)| folder).collect()
}

fn is_part(folder: &str) -> bool {
    matches!(name_of(folder), "part1" | "part2" | "part3")
}

fn fits(tree: &Tree) -> Option<String> {
    if tree.chosen().is_some() {
        return None;
    }
    let folders = folders(tree);
    // Not a folder with this dataset somewhere in it.
    let here = folders.iter().any(|folder| !folder.contains('/'));
    let first = tree.pictures().find(|path| folders.contains(&folder_of(path)) && labels(name_of(path)).is_ok())?;
    here.then(|| format!("pictures named AGE_SEX_RACE_DATE such as `{first}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let found = folders(tree);
    let chosen = source.options.images.as_deref().map(|folder| folder.trim_matches(['.', '/']));
    let taken: Vec<&str> = match chosen {
        Some(chosen) => found.iter().copied().filter(|folder| *folder == chosen).collect(),
        None => found.clone(),
    };
    let shown: Vec<String> = found.iter().map(|folder| format!("./{folder}")).collect();
    if taken.is_empty() {
        let text = "no pictures named AGE_SEX_RACE_DATE lie in the folder that --images names";
        return Err(Finding::error(chosen.unwrap_or_default(), text)
            .help(format!("they lie in {}", listed(&shown)))
            .into());
    }
    if taken.len() > 1 && !taken.iter().all(|folder| is_part(folder)) {
        let text = format!("several folders hold pictures of UTKFace: {}", listed(&shown));
        let help = "copies of it hold the same pictures twice, aligned and not: choose one with --images FOLDER";
        return Err(Finding::error(tree.place().display().to_string(), text).help(help).into());
    }
    for path in tree.pictures() {
        let at = Origin { file: path, row: None };
        if !taken.contains(&folder_of(path)) {
            if chosen.is_none() {
                gathered.leave_out(at, path, "it lies beside the folder of the pictures", "");
            }
            continue;
        }
        match labels(name_of(path)) {
            Ok(Labels { age, sex, race }) => {
                let sample = Sample { further: &[sex, race], ..Sample::of(path, Known::Years(age)) };
                gathered.add(tree, at, &sample);
            }
            Err(reason) => gathered.leave_out(at, path, reason, name_of(path)),
        }
    }
    Ok(())
}
