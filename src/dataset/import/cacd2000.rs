//! CACD2000: `AGE_First_Last_0001.jpg`, and a MATLAB file with the celebrity, the year of birth and the rank of each picture.

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source, matlab};
use crate::dataset::{LabelKind, Precision, Sampling};

pub(super) static IMPORTER: Importer = Importer {
    name: "cacd2000",
    title: "CACD2000",
    layout: "celebrity2000_meta.mat (level 5: celebrityImageData with age, identity, year, rank, name) beside or above CACD2000/",
    label_kind: LabelKind::Chronological,
    precision: Precision::Band,
    sampling: Sampling::Convenience,
    has: &["subject", "split"],
    groups: &[],
    further: &["rank"],
    splits: "train (rank above 5), val (rank 1 and 2), test (rank 3 to 5)",
    licence: "non-commercial research",
    source: "CACD2000",
    defects: "ages are the year that was searched for less the year of birth: the band leaves both possible years open; many wrong \
              pictures where the rank is above 5; names with accents, of which some files are not found",
    flags: &[Flag::Images, Flag::Ages],
    is_general: false,
    fits,
    read,
};

const FILES: [&str; 2] = ["celebrity2000_meta.mat", "celebrity2000.mat"];

fn fits(tree: &Tree) -> Option<String> {
    let found = FILES.iter().find(|file| tree.has(file))?;
    tree.chosen().is_none().then(|| format!("the MATLAB file `{found}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let is_published = source.options.is_published(&IMPORTER)?;
    if is_published {
        gathered.card.age_precision = Some(Precision::Year);
        gathered
            .remarks
            .push("Ages as published: year searched for less year of birth, up to a year too high.".to_owned());
    }
    let file = FILES.iter().find(|file| tree.has(file)).copied().unwrap_or_default();
    let (names, [ages, identities, ranks]) =
        matlab::table(tree, file, "celebrityImageData", "name", ["age", "identity", "rank"])?;
    let first: Vec<String> = names.iter().take(20).cloned().collect();
    let before = tree.locate_any(file, &first, source.options)?;
    for (place, (((name, age), identity), rank)) in names.iter().zip(&ages).zip(&identities).zip(&ranks).enumerate() {
        let at = Origin { file, row: Some(place as u64 + 1) };
        let path = format!("{before}{name}");
        if name.split_once('_').and_then(|(said, _)| said.parse::<f64>().ok()) != Some(*age) {
            gathered.leave_out(
                at,
                &path,
                "its name does not begin with the age that the MATLAB file says",
                &age.to_string(),
            );
            continue;
        }
        let age = if is_published { Known::Years(*age) } else { Known::Band((age - 1.0).max(0.0), age + 1.0) };
        let split = match *rank {
            rank if rank <= 2.0 => "val",
            rank if rank <= 5.0 => "test",
            _ => "train",
        };
        let (subject, rank) = (identity.to_string(), rank.to_string());
        gathered.add(tree, at, &Sample { subject: &subject, split, further: &[&rank], ..Sample::of(&path, age) });
    }
    gathered.leave_out_unused(tree.pictures().filter(|path| path.starts_with(&before)));
    Ok(())
}
