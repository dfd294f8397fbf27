//! What the answers and the cards of a footprint folder say beside its footprint.csv, as the rows of M13 take it.

use super::ScoreError;
use super::declared::{Seen, declarations};
use super::folder::{context_of, digest};
use crate::folder::{MethodRecord, Observed, RunFolder, RunRecord, names, read_footprint};
use crate::method::MethodCard;
use crate::method::adapter::AdapterCard;
use crate::metric::{self, InformationInput};
use crate::protocol::Protocol;
use crate::table::Row;
use crate::tally::{Answers, Information};

/// The rows about what answers tell and about what the card declares, of each method of `folder`, whose `answers` are in
/// the order of the run; none where there is no footprint.csv. The rows in `measured` that contradict a card are flagged.
pub(super) fn rows(
    folder: &RunFolder,
    record: &RunRecord,
    protocol: &Protocol,
    answers: &[Information],
    measured: &mut [Row],
) -> Result<Vec<Row>, ScoreError> {
    if answers.is_empty() {
        return Ok(Vec::new());
    }
    let all = read_footprint(names::FOOTPRINT, folder.read(names::FOOTPRINT)?)?;
    let mut rows = Vec::new();
    for (method, answers) in record.methods.iter().zip(answers) {
        let of_method = all.iter().filter(|(name, _)| *name == method.name);
        let observed: Vec<&Observed> = of_method.map(|(_, observed)| observed).collect();
        let card = card(folder, method)?;
        let dataset = &record.dataset;
        let context = context_of(&dataset.name, dataset.manifest_digest, method, digest(protocol)?);
        let input = InformationInput {
            answers: answers.clone(),
            claimed_ages: card.claimed_ages,
            bands: match &card.adapter {
                AdapterCard::Onnx(onnx) => onnx.head.bands(),
                _ => None,
            },
            extra_fields: method.extra_fields.clone(),
        };
        rows.extend(metric::information(&context, protocol, &input));
        if let Some(declared) = &card.declared_footprint {
            let mut seen = Seen { observed: &observed, method: &method.name, rows: measured, answers };
            let declared = declarations(declared, &mut seen);
            rows.extend(metric::declared(&context, protocol, &declared));
        }
    }
    Ok(rows)
}

/// What the answers of each method tell, where `folder` is that of a footprint.
pub(super) fn information(folder: &RunFolder, answers: &[Answers]) -> Vec<Information> {
    let is_footprint = folder.file(names::FOOTPRINT).is_file();
    answers.iter().filter(|_| is_footprint).map(Information::of).collect()
}

/// The card of `method` as it stands in the folder.
fn card(folder: &RunFolder, method: &MethodRecord) -> Result<MethodCard, ScoreError> {
    let file = format!("{}/{}", names::CARDS, method.card);
    let (card, source) = MethodCard::read(&file, &folder.read_text(&file)?);
    card.ok_or(ScoreError::Unusable { file, source })
}
