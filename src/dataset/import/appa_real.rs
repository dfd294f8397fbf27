//! APPA-REAL: real ages, or with `--ages apparent` the mean of about 38 votes, in three label files.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source, WhichAge};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "appa-real",
    title: "APPA-REAL",
    layout: "gt_avg_train.csv, gt_avg_valid.csv and gt_avg_test.csv (file_name, num_ratings, apparent_age_avg, apparent_age_std, real_age) \
             above train/, valid/ and test/",
    label_kind: LabelKind::Chronological,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["split"],
    groups: &[],
    further: &["num_ratings", "apparent_age_std"],
    splits: "train, valid, test",
    licence: "research use",
    source: "APPA-REAL",
    defects: "crops of some pictures (_face.jpg) miss the face or hold another one, and have a wide margin; no subjects: one picture each",
    flags: &[Flag::Ages],
    is_general: false,
    fits,
    read,
};

const SPLITS: [&str; 3] = ["train", "valid", "test"];
const COLUMNS: [&str; 5] = ["file_name", "num_ratings", "apparent_age_avg", "apparent_age_std", "real_age"];

fn file_of(split: &str) -> String {
    format!("gt_avg_{split}.csv")
}

fn fits(tree: &Tree) -> Option<String> {
    let found = SPLITS.iter().map(|split| file_of(split)).find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the label file `{found}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let is_apparent = match source.options.ages {
        None => false,
        Some(WhichAge::Apparent) => true,
        Some(WhichAge::Published) => {
            let help = "it gives real and apparent ages: --ages apparent, or none".to_owned();
            return Err(ImportError::Flag { importer: IMPORTER.name, flag: "--ages published", help });
        }
    };
    if is_apparent {
        // Means of votes, not completed years.
        gathered.card.label_kind = LabelKind::Apparent;
        gathered.card.age_precision = Some(Precision::Day);
    }
    for split in SPLITS {
        let file = file_of(split);
        if !tree.has(&file) {
            gathered.doubt(Origin { file: &file, row: None }, "is not there: the split is left out");
            continue;
        }
        labels::each(tree, &file, Parted::Commas, COLUMNS, gathered, |gathered, Cells { of, row }| {
            let [name, ratings, apparent, spread, real] = of;
            let at = Origin { file: &file, row: Some(row) };
            let path = format!("{split}/{name}");
            let (column, text) = if is_apparent { ("apparent_age_avg", apparent) } else { ("real_age", real) };
            let Some(age) = labels::age(gathered, at, &path, column, text) else { return Ok(()) };
            // Whole years, also where they are written as 25.0.
            if let (Known::Years(years), false) = (age, is_apparent)
                && years.fract() != 0.0
            {
                gathered.leave_out(at, &path, "its real age is no whole number of years", real);
                return Ok(());
            }
            let sample = Sample { split, further: &[ratings, spread], ..Sample::of(&path, age) };
            gathered.add(tree, at, &sample);
            Ok(())
        })?;
    }
    let is_ours = |path: &&str| {
        // Each picture stands there a second time, cropped.
        SPLITS.iter().any(|split| path.starts_with(&format!("{split}/"))) && !path.ends_with("_face.jpg")
    };
    gathered.leave_out_unused(tree.pictures().filter(is_ours));
    Ok(())
}
