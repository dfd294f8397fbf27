//! latency.csv as the rows of M12 take it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ScoreError;
use super::folder::{context_of, digest};
use crate::dataset::DatasetCard;
use crate::folder::{Observation, RunFolder, RunRecord, Stream, Truth, names, read_latency};
use crate::metric::latency::{self, LatencyFacts, LatencyInput, Timing};
use crate::outcome::Status;
use crate::protocol::{Groups, Protocol};
use crate::table::{Group, Row};

/// The rows of every method that latency.csv of `folder` speaks of; none where there is no such file.
pub(super) fn rows(folder: &RunFolder, protocol: &Protocol) -> Result<Vec<Row>, ScoreError> {
    if !folder.file(names::LATENCY).is_file() {
        return Ok(Vec::new());
    }
    let record = RunRecord::read(folder)?;
    let card_name = format!("{}/{}", names::CARDS, names::DATASET_CARD);
    let card = DatasetCard::parse(&card_name, &folder.read_text(&card_name)?)
        .map_err(|source| ScoreError::Unusable { file: card_name, source })?;
    let truth = record.read_truth(folder)?;
    let groups = groups(&truth, protocol, &card);
    let mut by_method: BTreeMap<String, Vec<Observation>> = BTreeMap::new();
    for (method, observation) in read_latency(names::LATENCY, folder.read(names::LATENCY)?)? {
        by_method.entry(method).or_default().push(observation);
    }
    let mut rows = Vec::new();
    for method in &record.methods {
        let Some(observations) = by_method.get(&method.name) else { continue };
        let input = input(observations, facts(&record), &groups);
        let dataset = &record.dataset;
        let context = context_of(&dataset.name, dataset.manifest_digest, method, digest(protocol)?);
        rows.extend(latency::rows(&context, protocol, &input));
    }
    Ok(rows)
}

/// The settings of the measurement that rows need, as run.json has them.
fn facts(record: &RunRecord) -> LatencyFacts {
    let number = |name: &str| record.settings.get(name).and_then(serde_json::Value::as_f64);
    LatencyFacts {
        rate: number("rate"),
        busy: number("busy"),
        clock_step: number("clock_step_ns").unwrap_or_default() / 1e6,
    }
}

/// The groups of each sample, by printed id.
fn groups(truth: &Truth, protocol: &Protocol, card: &DatasetCard) -> BTreeMap<String, Vec<Group>> {
    let wanted = match &protocol.groups {
        Groups::Declared => &card.groups,
        Groups::Columns(columns) => columns,
    };
    let columns: Vec<_> = wanted.iter().filter_map(|name| truth.column(name)).collect();
    let of =
        |place: usize| columns.iter().map(move |column| Group::of([(column.name(), column.cell(place))])).collect();
    truth.rows().enumerate().map(|(place, row)| (row.sample_id.to_string(), of(place))).collect()
}

fn input(observations: &[Observation], facts: LatencyFacts, groups: &BTreeMap<String, Vec<Group>>) -> LatencyInput {
    let mut input = LatencyInput { facts, ..LatencyInput::default() };
    let mut by_group: BTreeMap<Group, Vec<Timing>> = BTreeMap::new();
    let mut whole = Vec::new();
    let mut before: BTreeMap<u32, f64> = BTreeMap::new();
    for observation in observations {
        let time = milliseconds(observation.latency);
        match observation.stream {
            Stream::Calibration => match before.remove(&observation.start) {
                None => {
                    before.insert(observation.start, time);
                }
                Some(first) => input.starts.calibration.push((first, time)),
            },
            Stream::Load => input.starts.load.push(time),
            Stream::WarmUp => {}
            Stream::Offline if observation.status.is_none() && time > 0.0 => {
                input.starts.offline.push(observation.attempts as f64 / time * 1000.0)
            }
            Stream::Offline => {}
            Stream::Null => input.starts.null.push(time / observation.attempts.max(1) as f64),
            Stream::First | Stream::Single | Stream::Offered if observation.status == Some(Status::Failed) => {
                input.failed += 1;
            }
            Stream::First => input.starts.first.push((time, observation.status == Some(Status::TimedOut))),
            Stream::Offered => input.offered.push(timing(observation, time)),
            Stream::Single => {
                let timing = timing(observation, time);
                input.ended += u64::from(!timing.censored);
                input.answered += u64::from(observation.status == Some(Status::Answered));
                for group in groups.get(&observation.sample_id).into_iter().flatten() {
                    by_group.entry(group.clone()).or_default().push(timing);
                }
                whole.push(timing);
            }
        }
    }
    input.single = std::iter::once((Group::whole(), whole)).chain(by_group).collect();
    input
}

fn timing(observation: &Observation, latency: f64) -> Timing {
    Timing {
        start: observation.start as usize,
        latency,
        prepare: observation.prepare.map(milliseconds),
        answer: observation.answer.map(milliseconds),
        transfer: observation.transfer.map(milliseconds),
        censored: observation.status == Some(Status::TimedOut),
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}
