//! What stands in a run folder, as the tallies take it.

use super::ScoreError;
use crate::dataset::{Dataset, DatasetCard, LabelKind, Sampling};
use crate::finding::Finding;
use crate::folder::{Pseudonyms, RunFolder, RunRecord, ShardRecord, Truth, names};
use crate::metric::Facts;
use crate::protocol::Protocol;
use crate::tally;

/// Truth and answers of a run folder.
#[derive(Debug)]
pub struct Inputs {
    /// The folder's run.json.
    pub record: RunRecord,
    /// What the dataset's card says of the claims that rows can carry.
    pub facts: Facts,
    /// The protocol to score under.
    pub protocol: Protocol,
    /// The listed samples, in manifest order.
    pub truth: tally::Truth,
    /// One for each method, in the order of the run.
    pub answers: Vec<tally::Answers>,
    /// Rows of outcomes.csv.
    pub attempts: u64,
}

impl Inputs {
    /// Reads `folder`; `protocol` stands in for the folder's own.
    ///
    /// # Errors
    /// A file of the folder is not as it should be or not what the run wrote, or there is no attempt in it.
    pub fn read(folder: &RunFolder, protocol: Option<&Protocol>) -> Result<Self, ScoreError> {
        Self::of(folder, RunRecord::read(folder)?, protocol)
    }

    /// The same of a folder that may be that of a shard, which has no results of its own.
    pub(super) fn read_any(folder: &RunFolder, protocol: Option<&Protocol>) -> Result<Self, ScoreError> {
        Self::of(folder, RunRecord::read_any(folder)?, protocol)
    }

    fn of(folder: &RunFolder, record: RunRecord, protocol: Option<&Protocol>) -> Result<Self, ScoreError> {
        record.is_finished(folder)?;
        let protocol = protocol.cloned().map_or_else(|| own_protocol(folder), Ok)?;
        let card_name = format!("{}/{}", names::CARDS, names::DATASET_CARD);
        let card = DatasetCard::parse(&card_name, &folder.read_text(&card_name)?)
            .map_err(|source| ScoreError::Unusable { file: card_name, source })?;
        let truth = record.read_truth(folder)?;
        let mut answers = vec![tally::Answers::new(&protocol.limits); record.methods.len()];
        let mut count = 0;
        record.read_outcomes(folder, &truth, |attempt| {
            let Some(of_method) = answers.get_mut(attempt.method) else { return };
            while of_method.len() < attempt.sample {
                of_method.push(None);
            }
            of_method.push(Some(&attempt.outcome));
            count += 1;
        })?;
        for of_method in &mut answers {
            while of_method.len() < truth.len() {
                of_method.push(None);
            }
        }
        if count == 0 && record.shard.is_none() {
            let finding = Finding::error(names::OUTCOMES, "no attempts: there is nothing to score");
            return Err(ScoreError::Unusable { file: folder.path().display().to_string(), source: finding.into() });
        }
        let truth = tally_truth(&truth, &card, record.shard.as_ref())?;
        let facts = facts(&card);
        Ok(Self { record, facts, protocol, truth, answers, attempts: count })
    }
}

/// The protocol that stands in `folder`.
pub(super) fn own_protocol(folder: &RunFolder) -> Result<Protocol, ScoreError> {
    Protocol::from_toml(&folder.read_text(names::PROTOCOL)?)
        .map_err(|source| ScoreError::Protocol { path: folder.file(names::PROTOCOL), source })
}

/// What the dataset's card says of the claims that rows can carry.
pub(super) fn facts(card: &DatasetCard) -> Facts {
    Facts {
        chronological: card.label_kind == LabelKind::Chronological,
        random_sample: card.sampling == Sampling::Random,
    }
}

/// The listed samples of a dataset as the tallies of a run take them, and what its card says of claims: for looking at a
/// dataset to which no method was put.
///
/// # Errors
/// [`ScoreError::Tally`]: more samples than can be counted.
pub fn listed(dataset: &Dataset) -> Result<(tally::Truth, Facts), ScoreError> {
    let truth = Truth::of(dataset, &Pseudonyms::of(dataset, true));
    Ok((tally_truth(&truth, dataset.card(), None)?, facts(dataset.card())))
}

/// Whether a run on `dataset` can be scored under `protocol`, whatever is answered.
///
/// # Errors
/// [`ScoreError::Tally`]: a group column that is not there or has too many levels, more samples or ages than can be counted.
pub fn fits(dataset: &Dataset, protocol: &Protocol) -> Result<(), ScoreError> {
    Ok(tally::Tally::fits(&listed(dataset)?.0, protocol)?)
}

/// truth.csv as the tallies take it: groups are declared, conditions and `split` may be asked for by the protocol. Where it is
/// that of a `shard`, its tally adds up with those of the others.
pub(super) fn tally_truth(
    truth: &Truth,
    card: &DatasetCard,
    shard: Option<&ShardRecord>,
) -> Result<tally::Truth, ScoreError> {
    let named: Vec<_> = truth.columns().iter().filter(|column| column.name() != "species").collect();
    let columns: Vec<(&str, bool)> =
        named.iter().map(|column| (column.name(), card.groups.iter().any(|group| group == column.name()))).collect();
    let species = truth.column("species");
    let mut builder = tally::TruthBuilder::new(&columns).with_conditions(&card.conditions);
    if let Some(shard) = shard {
        builder = builder.of_part(shard.largest_weight);
    }
    for (index, column) in named.iter().enumerate() {
        let elsewhere = shard.and_then(|shard| shard.levels.get(column.name())).into_iter().flatten();
        let levels = column.levels().iter().map(|level| &**level).chain(elsewhere.map(String::as_str));
        builder.fill(index, levels, column.codes());
    }
    for (place, row) in truth.rows().enumerate() {
        builder.push(&tally::TruthRow {
            subject_rank: row.subject_rank,
            subject_known: !row.subject_id.is_empty(),
            cluster_rank: row.cluster_rank,
            weight: Some(row.weight),
            age: row.age,
            attack: species.is_some_and(|column| !column.cell(place).is_empty()),
            levels: &[],
        });
        if let Some(name) = species.map(|column| column.cell(place)).filter(|name| !name.is_empty()) {
            builder.species(name);
        }
    }
    Ok(builder.finish()?)
}
