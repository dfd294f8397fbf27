//! ChaLearn LAP 2016: apparent ages, mean and spread of votes, in three label files.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Origin, Sample};
use super::tree::Tree;
use super::{ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "clap2016",
    title: "ChaLearn LAP 2016",
    layout: "train_gt.csv, valid_gt.csv and test_gt.csv (image, mean, stdv) above train/, valid/ and test/",
    label_kind: LabelKind::Apparent,
    precision: Precision::Day,
    sampling: Sampling::Convenience,
    has: &["split"],
    groups: &[],
    further: &["stdv"],
    splits: "train, valid, test",
    licence: "research use",
    source: "ChaLearn Looking at People 2016",
    defects: "apparent ages, the mean of votes; others round it to a whole year; no subjects",
    flags: &[],
    is_general: false,
    fits,
    read,
};

const SPLITS: [&str; 3] = ["train", "valid", "test"];

fn fits(tree: &Tree) -> Option<String> {
    let found = SPLITS.iter().map(|split| format!("{split}_gt.csv")).find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the label file `{found}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    for split in SPLITS {
        let file = format!("{split}_gt.csv");
        if !tree.has(&file) {
            gathered.doubt(Origin { file: &file, row: None }, "is not there: the split is left out");
            continue;
        }
        labels::each(
            tree,
            &file,
            Parted::Commas,
            ["image", "mean", "stdv"],
            gathered,
            |gathered, Cells { of, row }| {
                let [name, mean, spread] = of;
                let at = Origin { file: &file, row: Some(row) };
                let path = format!("{split}/{name}");
                let Some(age) = labels::age(gathered, at, &path, "mean", mean) else { return Ok(()) };
                gathered.add(tree, at, &Sample { split, further: &[spread], ..Sample::of(&path, age) });
                Ok(())
            },
        )?;
    }
    let is_ours = |path: &&str| SPLITS.iter().any(|split| path.starts_with(&format!("{split}/")));
    gathered.leave_out_unused(tree.pictures().filter(is_ours));
    Ok(())
}
