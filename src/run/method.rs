//! A method ready for a run, what run.json says of it, and what only the work shows of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::folder::{FolderError, MethodRecord, RunFolder, ServiceRecord, StageRecord};
use crate::method::adapter::AdapterCard;
use crate::method::adapter::waterfall::StageCard;
use crate::method::{Gathered, Method, MethodError, NamedFile, Scratch, Traffic};

/// A method ready for a run.
pub struct RunMethod {
    /// The method, loaded.
    pub method: Arc<dyn Method>,
    /// Digest of its card and the files that the card names.
    pub digest: Digest,
    /// The card as it was read.
    pub card: String,
    /// The files on disk that the card names, as they were when the method was loaded.
    pub files: Vec<NamedFile>,
    /// The methods of a waterfall's stages, in their order; none where only rates are known.
    pub stages: Vec<Option<RunMethod>>,
}

impl RunMethod {
    /// Writes the card as it was read, and those of the stages; `record` is what run.json says of this method.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn write_cards(&self, record: &MethodRecord, folder: &RunFolder) -> Result<(), FolderError> {
        folder.write_card(&record.card, &self.card)?;
        let mut stages = self.stages.iter().zip(&record.stages);
        stages.try_for_each(|(stage, record)| {
            stage.iter().try_for_each(|stage| folder.write_card(&record.card, &stage.card))
        })
    }

    /// Whether all its files, and those of its stages, are what they were when the method was loaded. All of them are read.
    ///
    /// # Errors
    /// [`MethodError::Changed`] with the first that is another one, as the card names it.
    pub fn unchanged(&self) -> Result<(), MethodError> {
        self.changed().map_or(Ok(()), |file| Err(MethodError::Changed { file: file.to_owned() }))
    }

    fn changed(&self) -> Option<&str> {
        let own = self.files.iter().find(|file| file.is_changed()).map(NamedFile::name);
        own.or_else(|| self.stages.iter().flatten().find_map(Self::changed))
    }

    /// Whether it, or a stage of it, is a model that is run in this process.
    #[must_use]
    pub fn is_model(&self) -> bool {
        matches!(self.method.card().adapter, AdapterCard::Onnx(_)) || self.stages.iter().flatten().any(Self::is_model)
    }

    /// What run.json says of this method, the one at `place` on the command line.
    #[must_use]
    pub fn record(&self, place: usize) -> MethodRecord {
        let card = self.method.card();
        let stages = match &card.adapter {
            AdapterCard::Waterfall(waterfall) => &waterfall.stages[..],
            _ => &[],
        };
        let stage = |(number, (stage, method)): (usize, (&StageCard, &Option<Self>))| StageRecord {
            under_age_passes: stage.marginal.map(|marginal| marginal.under_age_passes),
            adult_denials: stage.marginal.map(|marginal| marginal.adult_denials),
            ..method.as_ref().map_or_else(StageRecord::default, |method| method.stage_record(place, number))
        };
        MethodRecord {
            stages: stages.iter().zip(&self.stages).enumerate().map(stage).collect(),
            name: card.name.clone(),
            kind: card.kind.word().to_owned(),
            version: card.version.clone(),
            adapter: card.adapter.word().to_owned(),
            digest: self.digest,
            files: Some(self.method.file_digests()),
            engine: self.method.engine(),
            card: format!("method-{}-{}.toml", place + 1, crate::dataset::slug(&card.name)),
            extra_fields: BTreeMap::new(),
            service: None,
            claimed_times: None,
        }
    }

    /// What only the work showed of this method, whose copies were put into `scratch`.
    #[must_use]
    pub fn seen(&self, scratch: &Scratch) -> Seen {
        let place = if scratch.in_memory() { "memory" } else { "disk" };
        Seen {
            engine: self.method.engine(),
            copies: self.method.copies_samples().then(|| place.to_owned()),
            words: self.method.words(),
            service: self.method.traffic().map(service),
            stages: self.stages.iter().map(|stage| stage.as_ref().map(|stage| stage.seen(scratch))).collect(),
        }
    }

    /// What run.json says of this method as the stage at `number` of the method at `place`.
    fn stage_record(&self, place: usize, number: usize) -> StageRecord {
        let card = self.method.card();
        StageRecord {
            name: card.name.clone(),
            adapter: card.adapter.word().to_owned(),
            digest: Some(self.digest),
            files: Some(self.method.file_digests()),
            card: format!("method-{}-stage-{}-{}.toml", place + 1, number + 1, crate::dataset::slug(&card.name)),
            ..StageRecord::default()
        }
    }
}

/// What only the work shows of a method: asked after its sessions were closed, and added up over several starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// A program says only when it is started whether we decode for it.
    engine: String,
    /// Where copies of samples were put: `memory` or `disk`; none where none were made.
    copies: Option<String>,
    words: Gathered,
    service: Option<ServiceRecord>,
    stages: Vec<Option<Seen>>,
}

impl Seen {
    /// Adds what a later start of the same method showed.
    pub fn append(&mut self, later: Self) {
        self.engine = later.engine;
        self.copies = self.copies.take().or(later.copies);
        self.words.append(later.words);
        self.service = match (self.service.take(), later.service) {
            (Some(one), Some(other)) => Some(one.plus(&other)),
            (one, other) => one.or(other),
        };
        self.stages.resize(self.stages.len().max(later.stages.len()), None);
        for (stage, later) in self.stages.iter_mut().zip(later.stages) {
            if let Some(later) = later {
                stage.get_or_insert_default().append(later);
            }
        }
    }

    /// Where copies of samples were put: `memory` or `disk`; none where none were made.
    #[must_use]
    pub fn copies(&self) -> Option<&str> {
        self.copies.as_deref()
    }

    /// Notes it in `record`, what run.json says of the method.
    pub fn note(&self, record: &mut MethodRecord) {
        record.engine.clone_from(&self.engine);
        record.service.clone_from(&self.service);
        for (stage, record) in self.stages.iter().zip(&mut record.stages) {
            record.service = stage.as_ref().and_then(|stage| stage.service.clone());
        }
    }

    /// Writes what the programs of the method of `record` wrote to their error streams, where they wrote anything.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn write_words(&self, record: &MethodRecord, folder: &RunFolder) -> Result<(), FolderError> {
        let write = |card: &str, seen: &Self| match seen.words.text() {
            words if words.is_empty() => Ok(()),
            words => folder.write_stderr(card, &words),
        };
        write(&record.card, self)?;
        let mut stages = self.stages.iter().zip(&record.stages);
        stages.try_for_each(|(stage, record)| stage.iter().try_for_each(|stage| write(&record.card, stage)))
    }
}

fn service(traffic: Traffic) -> ServiceRecord {
    let Traffic { address, tls, requests, redirects, sent, received, .. } = traffic;
    ServiceRecord { address, tls, requests, redirects, bytes_sent: sent, bytes_received: received }
}
