//! Adience: five folds of tab-separated labels, age bands as `(25, 32)`, and cropped faces by user.

use super::labels::{self, Cells, Parted};
use super::rows::Gathered;
use super::sample::{Origin, Sample};
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source};
use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::Finding;

pub(super) static IMPORTER: Importer = Importer {
    name: "adience",
    title: "Adience",
    layout: "fold_0_data.txt to fold_4_data.txt (tabs; user_id, original_image, face_id, age, gender, ...) above faces/ or aligned/",
    label_kind: LabelKind::Apparent,
    precision: Precision::Band,
    sampling: Sampling::Convenience,
    has: &["subject", "split"],
    groups: &["sex"],
    further: &[],
    splits: "fold_0 to fold_4",
    licence: "research; pictures from Flickr under Creative Commons, with attribution",
    source: "Adience",
    defects: "bands with gaps at 13-14 and 21-24, of which 15-20 straddles 16 and 18; odd ages such as (8, 23) and 57; ages and sexes that \
              are missing; a user of Flickr stands for a person, who may be several",
    flags: &[Flag::Images],
    is_general: false,
    fits,
    read,
};

const COLUMNS: [&str; 5] = ["user_id", "original_image", "face_id", "age", "gender"];

/// The folders of the two kinds of crops, and what the files are called there.
const CROPS: [(&str, &str); 2] = [("faces", "coarse_tilt_aligned_face"), ("aligned", "landmark_aligned_face")];

fn fold(number: usize) -> String {
    format!("fold_{number}_data.txt")
}

fn fits(tree: &Tree) -> Option<String> {
    let found = (0..5).map(fold).find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the label file `{found}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let chosen = source.options.images.as_deref().map(|folder| folder.trim_start_matches("./").trim_end_matches('/'));
    let there: Vec<&(&str, &str)> = CROPS
        .iter()
        .filter(|(folder, _)| tree.has_folder(folder) && chosen.is_none_or(|chosen| chosen == *folder))
        .collect();
    let (folder, crop) = match there.as_slice() {
        [one] => **one,
        [] => {
            let text = "the pictures are not there: expected the folder `faces` or `aligned`, as --images says";
            return Err(Finding::error(tree.place().display().to_string(), text).into());
        }
        _ => {
            let text = "two folders hold the same faces: `faces` and `aligned`";
            let help = "choose one with --images faces or --images aligned";
            return Err(Finding::error(tree.place().display().to_string(), text).help(help).into());
        }
    };
    for number in 0..5 {
        let file = fold(number);
        if !tree.has(&file) {
            gathered.doubt(Origin { file: &file, row: None }, "is not there: the fold is left out");
            continue;
        }
        let split = format!("fold_{number}");
        labels::each(tree, &file, Parted::Tabs, COLUMNS, gathered, |gathered, Cells { of, row }| {
            let [user, image, face, age, gender] = of;
            let at = Origin { file: &file, row: Some(row) };
            let path = format!("{folder}/{user}/{crop}.{face}.{image}");
            let Some(age) = labels::age(gathered, at, &path, "age", age) else { return Ok(()) };
            let sex = gathered.sex(&file, gender, ["f", "m"]);
            gathered.add(tree, at, &Sample { subject: user, split: &split, further: &[sex], ..Sample::of(&path, age) });
            Ok(())
        })?;
    }
    let begin = format!("{folder}/");
    gathered.leave_out_unused(tree.pictures().filter(|path| path.starts_with(&begin)));
    Ok(())
}
