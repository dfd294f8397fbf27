//! FairFace: two label files of age bands, `train/1.jpg` and `val/1.jpg`.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Origin, Sample};
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "fairface",
    title: "FairFace",
    layout: "fairface_label_train.csv and fairface_label_val.csv (file, age, gender, race, service_test), beside or above train/ and val/",
    label_kind: LabelKind::Apparent,
    precision: Precision::Band,
    sampling: Sampling::Convenience,
    has: &["split"],
    groups: &["sex", "race"],
    further: &["service_test"],
    splits: "train, val",
    licence: "CC BY 4.0",
    source: "FairFace",
    defects: "bands only, and 10-19 straddles 13, 16 and 18; ages as other people judged them; spreadsheets make dates of 3-9 and \
              10-19; what service_test means is not documented; no subjects",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const FILES: [(&str, &str); 2] = [("train", "fairface_label_train.csv"), ("val", "fairface_label_val.csv")];
const COLUMNS: [&str; 5] = ["file", "age", "gender", "race", "service_test"];

fn fits(tree: &Tree) -> Option<String> {
    let file = FILES.iter().map(|(_, file)| *file).find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the label file `{file}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let mut begin: Vec<String> = Vec::new();
    for (split, file) in &FILES {
        if !tree.has(file) {
            gathered.doubt(Origin { file, row: None }, "is not there: the split is left out");
            continue;
        }
        let first = labels::first(tree, file, Parted::Commas, "file")?;
        let before = tree.locate_any(file, &first, source.options)?;
        labels::each(tree, file, Parted::Commas, COLUMNS, gathered, |gathered, Cells { of, row }| {
            let [name, age, gender, race, test] = of;
            let at = Origin { file, row: Some(row) };
            let path = format!("{before}{name}");
            let Some(age) = labels::age(gathered, at, &path, "age", age) else { return Ok(()) };
            let sex = gathered.sex(file, gender, ["Female", "Male"]);
            let sample = Sample { split, further: &[sex, race, test], ..Sample::of(&path, age) };
            gathered.add(tree, at, &sample);
            Ok(())
        })?;
        begin.push(format!("{before}{split}/"));
    }
    let is_ours = |path: &&str| begin.iter().any(|begin| path.starts_with(begin.as_str()));
    gathered.leave_out_unused(tree.pictures().filter(is_ours));
    Ok(())
}
