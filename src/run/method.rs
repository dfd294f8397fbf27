//! A method ready for a run, and what run.json says of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::Digest;
use crate::folder::{MethodRecord, ServiceRecord, StageRecord};
use crate::method::adapter::AdapterCard;
use crate::method::adapter::waterfall::StageCard;
use crate::method::{Method, Traffic};

/// A method ready for a run.
pub struct RunMethod {
    /// The method, loaded.
    pub method: Arc<dyn Method>,
    /// Digest of its card and the files that the card names.
    pub digest: Digest,
    /// The card as it was read.
    pub card: String,
    /// The methods of a waterfall's stages, in their order; none where only rates are known.
    pub stages: Vec<Option<RunMethod>>,
}

impl RunMethod {
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
            engine: self.method.engine(),
            card: format!("method-{}-{}.toml", place + 1, crate::dataset::slug(&card.name)),
            extra_fields: BTreeMap::new(),
            service: None,
            claimed_times: None,
        }
    }

    /// Adds to `record` what went to services.
    pub(super) fn count(&self, record: &mut MethodRecord) {
        record.service = self.method.traffic().map(service);
        for (stage, record) in self.stages.iter().zip(&mut record.stages) {
            record.service = stage.as_ref().and_then(|stage| stage.method.traffic()).map(service);
        }
    }

    /// What run.json says of this method as the stage at `number` of the method at `place`.
    fn stage_record(&self, place: usize, number: usize) -> StageRecord {
        let card = self.method.card();
        StageRecord {
            name: card.name.clone(),
            adapter: card.adapter.word().to_owned(),
            digest: Some(self.digest),
            card: format!("method-{}-stage-{}-{}.toml", place + 1, number + 1, crate::dataset::slug(&card.name)),
            ..StageRecord::default()
        }
    }
}

fn service(traffic: Traffic) -> ServiceRecord {
    let Traffic { address, tls, requests, redirects, sent, received } = traffic;
    ServiceRecord { address, tls, requests, redirects, bytes_sent: sent, bytes_received: received }
}
