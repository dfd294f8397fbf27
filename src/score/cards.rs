//! Whether the cards of a run folder are those of what ran: run.json holds their digests.

use super::ScoreError;
use super::folder::digest;
use super::import::recorded_digest;
use super::inputs::own_protocol;
use crate::dataset::DatasetCard;
use crate::digest::Digest;
use crate::folder::{RunFolder, RunRecord, names};
use crate::method::MethodCard;
use crate::method::adapter::AdapterCard;

/// What was found of the cards of a folder, each a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cards {
    /// What is not that of what ran.
    pub wrong: Vec<String>,
    /// What could not be held against anything.
    pub unchecked: Vec<String>,
}

/// What run.json says of one method, or of one stage of it.
struct Said<'r> {
    name: &'r str,
    /// Of methods alone.
    kind_and_version: Option<(&'r str, &'r str)>,
    adapter: &'r str,
    digest: Digest,
    files: Option<&'r [Digest]>,
    card: &'r str,
    /// The digest of the recorded file for which the card was made.
    recorded: Option<Digest>,
}

/// The cards and the protocol of `folder`, held against the digests in its run.json. `licence` and what else a release needs may
/// have been filled in since. Nothing is found of tallies that were joined from files: they have no run.
///
/// # Errors
/// run.json or the protocol cannot be read.
pub(super) fn check(folder: &RunFolder) -> Result<Cards, ScoreError> {
    let mut cards = Cards::default();
    if !folder.file(names::RUN).exists() {
        return Ok(cards);
    }
    let record = RunRecord::read(folder)?;
    if digest(&own_protocol(folder)?)? != record.protocol_digest {
        cards.wrong.push(format!("`{}` is not the protocol whose digest is in run.json", names::PROTOCOL));
    }
    cards.dataset(folder, &record);
    let recorded = record.settings.get("file_sha256").and_then(|text| Digest::parse(text.as_str()?).ok());
    let recorded = recorded.filter(|_| record.verb == "score");
    for method in &record.methods {
        cards.method(
            folder,
            &Said {
                name: &method.name,
                kind_and_version: Some((&method.kind, &method.version)),
                adapter: &method.adapter,
                digest: method.digest,
                files: method.files.as_deref(),
                card: &method.card,
                recorded,
            },
        );
        let stages = method.stages.iter().filter_map(|stage| Some((stage, stage.digest?)));
        let of_stages: Vec<Digest> = stages.clone().map(|(_, digest)| digest).collect();
        if method.adapter == "waterfall" && method.files.as_ref().is_some_and(|files| *files != of_stages) {
            cards.wrong.push(format!("the stages of `{}` in run.json are not those that ran", method.name));
        }
        for (stage, digest) in stages {
            cards.method(
                folder,
                &Said {
                    name: &stage.name,
                    kind_and_version: None,
                    adapter: &stage.adapter,
                    digest,
                    files: stage.files.as_deref(),
                    card: &stage.card,
                    recorded: None,
                },
            );
        }
    }
    Ok(cards)
}

impl Cards {
    /// The text of the card `name`; none where it is not there, which is said.
    fn text(&mut self, folder: &RunFolder, name: &str, whose: &str) -> Option<String> {
        let text = folder.read_text(&format!("{}/{name}", names::CARDS));
        text.map_err(|_| self.unchecked.push(format!("the card of `{whose}` is not checked: `{name}` is not there")))
            .ok()
    }

    fn dataset(&mut self, folder: &RunFolder, record: &RunRecord) {
        let dataset = &record.dataset;
        let Some(text) = self.text(folder, names::DATASET_CARD, &dataset.name) else { return };
        let card = match DatasetCard::parse(names::DATASET_CARD, &text) {
            Ok(card) => card,
            Err(findings) => {
                return self.wrong.push(format!("the card of `{}` cannot be read: {findings}", dataset.name));
            }
        };
        if let Some(text) = other_name(&card.name, &dataset.name) {
            return self.wrong.push(text);
        }
        let before = |filled: u8| {
            let mut card = card.clone();
            for (bit, field) in [&mut card.licence, &mut card.consent, &mut card.source].into_iter().enumerate() {
                if filled >> bit & 1 == 1 {
                    field.clear();
                }
            }
            card.digest().ok()
        };
        if !(0..8).any(|filled| before(filled) == Some(dataset.card_digest)) {
            self.wrong.push(not_what_ran(&dataset.name));
        }
    }

    fn method(&mut self, folder: &RunFolder, said: &Said<'_>) {
        let Some(text) = self.text(folder, said.card, said.name) else { return };
        let (card, findings) = MethodCard::read(said.card, &text);
        let Some(card) = card else {
            return self.wrong.push(format!("the card of `{}` cannot be read: {findings}", said.name));
        };
        if let Some(text) = other_name(&card.name, said.name) {
            return self.wrong.push(text);
        }
        let own = (card.kind.word(), card.version.as_str());
        let is_own = said.kind_and_version.is_none_or(|said| said == own) && card.adapter.word() == said.adapter;
        let files = said.recorded.map(|file| vec![file]);
        let files = files.as_deref().or(said.files);
        if !is_own || !files.is_none_or(|files| states(&card, files) && is_of(&card, files, said)) {
            self.wrong.push(not_what_ran(said.name));
        } else if files.is_none() {
            let text = format!("the card of `{}` is not checked: made before files were noted", said.name);
            self.unchecked.push(text);
        }
    }
}

/// Whether the digest in run.json is that of `card`, as it is or as it was before what a release needs was filled in.
fn is_of(card: &MethodCard, files: &[Digest], said: &Said<'_>) -> bool {
    if let Some(file) = said.recorded {
        return recorded_digest([said.name, card.kind.word(), &card.version], file).ok() == Some(said.digest);
    }
    (0..8).any(|filled: u8| {
        let mut card = card.clone();
        let [licence, intended_use, ages] = [0, 1, 2].map(|bit| filled >> bit & 1 == 1);
        if licence {
            card.licence.clear();
        }
        if intended_use {
            card.intended_use.clear();
        }
        if ages {
            card.claimed_ages = MethodCard::ANY_AGES;
        }
        Digest::of_parsed("method", &card, files).ok() == Some(said.digest)
    })
}

/// Whether what `card` says of the digests of its files is so.
fn states(card: &MethodCard, files: &[Digest]) -> bool {
    let stated = match &card.adapter {
        AdapterCard::Onnx(onnx) => [onnx.sha256, onnx.detector.as_ref().and_then(|detector| detector.sha256)],
        AdapterCard::Replay(replay) => [replay.sha256, None],
        _ => [None, None],
    };
    stated.iter().enumerate().all(|(place, stated)| stated.is_none_or(|stated| files.get(place) == Some(&stated)))
}

fn other_name(found: &str, name: &str) -> Option<String> {
    (found != name).then(|| format!("the card of `{name}` is of `{found}`, and run.json says that `{name}` ran"))
}

fn not_what_ran(name: &str) -> String {
    format!("the card of `{name}` is not that of what ran: another digest stands in run.json")
}
