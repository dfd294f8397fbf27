//! Tallies as a file: a run folder, or a shard of its people, as sums without a person in them; read, merged, scored.
//!
//! The format is described in `docs/files.md`. What is made of the tallies alone lacks what needs rows: such metrics are
//! `not_measurable`, reason `needs_rows` (METRICS M19).

mod error;
mod folder;
mod gathered;
mod of_run;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::ScoreError;
use super::folder::{context_of, decision_rows, digest, flag_simulated};
use super::inputs::Inputs;
use crate::digest::Digest;
use crate::folder::{MethodRecord, RunFolder, StageRecord};
use crate::metric::{self, Errors, Facts, Scores};
use crate::protocol::Protocol;
use crate::table::Table;
use crate::tally::{Shard, Tally};

use of_run::OfRun;

pub use error::TalliedError;
pub use gathered::Gathered;

/// The schema of tally files.
pub const TALLY_SCHEMA: &str = "agebench-tally/2";

/// The first line of a tally file: what was tallied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: String,
    tool_version: String,
    dataset: String,
    manifest_digest: Digest,
    chronological: bool,
    random_sample: bool,
    protocol_digest: Digest,
    /// The effective protocol, as TOML.
    protocol: String,
    methods: Vec<MethodRecord>,
    /// Into how many shards the people were dealt.
    shards: u32,
    /// Which of them are in, from 1, ascending.
    held: Vec<u32>,
    /// Of a run: what else is the same in all shards of it. None of files before it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<OfRun>,
    /// Of a run: attempts on people of any age, and how many of them failed or were late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempts: Option<[u64; 2]>,
}

/// The last line: the digest of all lines before it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    sha256: Digest,
}

/// The tallies of all methods of a run, or of some of its shards.
#[derive(Debug, Clone, PartialEq)]
pub struct Tallied {
    head: Head,
    protocol: Protocol,
    tallies: Vec<Tally>,
}

impl Tallied {
    /// Tallies the people of `shard`, from 1, of `shards`; `(1, 1)` are all. `protocol` stands in for the folder's own.
    ///
    /// # Errors
    /// A file of the folder is not as it should be, or there is no such shard.
    pub fn of(
        folder: &RunFolder,
        protocol: Option<&Protocol>,
        (shard, shards): (u32, u32),
    ) -> Result<Self, ScoreError> {
        let inputs = Inputs::read_any(folder, protocol)?;
        let Some(part) = inputs.record.shard.as_ref().map(|part| part.shard) else {
            return Self::of_inputs(inputs, (shard, shards));
        };
        if (shard, shards) != (1, 1) {
            return Err(TalliedError::IsShard { shard: part }.into());
        }
        Self::of_inputs(inputs, (1, 1)).map(|tallied| tallied.of_part(part))
    }

    /// The same of what was read of a folder, or gathered. A run that is a shard itself is tallied whole.
    fn of_inputs(inputs: Inputs, (shard, shards): (u32, u32)) -> Result<Self, ScoreError> {
        let which = shard.checked_sub(1).and_then(|index| Shard::new(index, shards));
        let which = which.ok_or(TalliedError::NoShard { shard, shards })?;
        let Inputs { record, facts, protocol, truth, answers, .. } = inputs;
        let run = OfRun::of(&record);
        let made = answers.iter().map(|answers| which.attempts(&truth, answers));
        let attempts = run.as_ref().map(|_| made.fold([0, 0], sum));
        if record.shard.as_ref().is_some_and(|part| part.clustered) {
            return Err(TalliedError::Clustered.into());
        }
        let tally = |answers| Tally::of_shard(&truth, answers, &protocol, which);
        let tallies = answers.iter().map(tally).collect::<Result<_, _>>()?;
        let head = Head {
            schema: TALLY_SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            dataset: record.dataset.name,
            manifest_digest: record.dataset.manifest_digest,
            chronological: facts.chronological,
            random_sample: facts.random_sample,
            protocol_digest: digest(&protocol)?,
            protocol: protocol.to_toml(),
            methods: record.methods.into_iter().map(of_any_run).collect(),
            shards,
            held: vec![shard],
            run,
            attempts,
        };
        Ok(Self { head, protocol, tallies })
    }

    /// The same as those of a part of a run: of `shard`.
    fn of_part(mut self, shard: crate::folder::Shard) -> Self {
        (self.head.shards, self.head.held) = (shard.of(), vec![shard.index()]);
        self
    }

    /// Whether the people of all shards are in it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.head.held.len() == self.head.shards as usize
    }

    /// Attempts on people of any age, and how many of them failed or were late; `None` of answers recorded elsewhere, and where
    /// a file is of a version that did not write it down.
    #[must_use]
    pub fn made(&self) -> Option<[u64; 2]> {
        self.head.attempts
    }

    /// The file: the same bytes for the same counts.
    ///
    /// # Errors
    /// [`TalliedError::Json`]; never in practice.
    pub fn to_text(&self) -> Result<String, TalliedError> {
        let json = |line: usize, source| TalliedError::Json { line, source };
        let mut text = serde_json::to_string(&self.head).map_err(|source| json(1, source))?;
        text.push('\n');
        for (tally, line) in self.tallies.iter().zip(2..) {
            text.push_str(&serde_json::to_string(tally).map_err(|source| json(line, source))?);
            text.push('\n');
        }
        let _ = writeln!(text, "{{\"sha256\":\"{}\"}}", Digest::of(text.as_bytes())); // a String takes everything
        Ok(text)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`TalliedError`]: another schema, a damaged file, a protocol that cannot be used.
    pub fn parse(text: &str) -> Result<Self, TalliedError> {
        fn line<'t, T: Deserialize<'t>>(text: &'t str, line: usize) -> Result<T, TalliedError> {
            serde_json::from_str(text).map_err(|source| TalliedError::Json { line, source })
        }
        #[derive(Deserialize)]
        struct Named {
            schema: String,
        }
        let lines: Vec<&str> = text.lines().collect();
        let [first, bodies @ .., last] = &lines[..] else { return Err(TalliedError::Short) };
        let Named { schema } = line(first, 1)?;
        if schema != TALLY_SCHEMA {
            return Err(TalliedError::Schema { found: schema });
        }
        let Seal { sha256 } = line(last, lines.len())?;
        let sealed = text.trim_end_matches('\n').len() - last.len();
        if text.get(..sealed).map(|before| Digest::of(before.as_bytes())) != Some(sha256) {
            return Err(TalliedError::Damaged);
        }
        let head: Head = line(first, 1)?;
        let protocol = Protocol::from_toml(&head.protocol).map_err(TalliedError::Protocol)?;
        let tallies: Vec<Tally> =
            bodies.iter().zip(2..).map(|(body, number)| line(body, number)).collect::<Result<_, _>>()?;
        if tallies.len() != head.methods.len() {
            return Err(TalliedError::Short);
        }
        Ok(Self { head, protocol, tallies })
    }

    /// Adds other shards of the same run.
    ///
    /// # Errors
    /// [`TalliedError::Other`] when something but the shard differs, [`TalliedError::Twice`] for a shard that is in both.
    pub fn merge(&mut self, other: &Self) -> Result<(), TalliedError> {
        let (own, their) = (&self.head, &other.head);
        let differs = [
            ("the manifest", own.manifest_digest != their.manifest_digest || own.dataset != their.dataset),
            ("the protocol", own.protocol_digest != their.protocol_digest || own.protocol != their.protocol),
            ("the methods", own.methods != their.methods),
            ("the number of shards", own.shards != their.shards),
            ("the version of agebench that tallied", own.tool_version != their.tool_version),
            (
                "the dataset's card",
                (own.chronological, own.random_sample) != (their.chronological, their.random_sample),
            ),
        ];
        if let Some((what, _)) = differs.into_iter().find(|(_, differs)| *differs) {
            return Err(TalliedError::Other { what });
        }
        match (&own.run, &their.run) {
            (Some(one), Some(other)) => {
                one.differs(other).map_or(Ok(()), |what| Err(TalliedError::Other { what }))?;
            }
            (None, None) => {}
            _ => return Err(TalliedError::OneSilent),
        }
        if let Some(shard) = their.held.iter().find(|shard| own.held.contains(shard)) {
            return Err(TalliedError::Twice { shard: *shard, shards: own.shards });
        }
        for (tally, other) in self.tallies.iter_mut().zip(&other.tallies) {
            tally.merge(other)?;
        }
        self.head.attempts = own.attempts.zip(their.attempts).map(|(one, other)| sum(one, other));
        self.head.held.extend(&their.held);
        self.head.held.sort_unstable();
        Ok(())
    }

    /// The rows of every method, from the tallies alone.
    ///
    /// # Errors
    /// [`TalliedError::Lacking`] unless every shard is in.
    pub fn table(&self) -> Result<Table, TalliedError> {
        // How many there should be is what a file says.
        let shards = self.head.shards;
        let held: BTreeSet<u32> = self.head.held.iter().copied().filter(|shard| (1..=shards).contains(shard)).collect();
        if let Some(first) = (1..=shards).find(|shard| !held.contains(shard)) {
            return Err(TalliedError::Lacking { first, lacking: shards as usize - held.len(), shards });
        }
        let head = &self.head;
        let facts = Facts { chronological: head.chronological, random_sample: head.random_sample };
        let mut table = Table::default();
        for (method, tally) in head.methods.iter().zip(&self.tallies) {
            let context = context_of(&head.dataset, head.manifest_digest, method, head.protocol_digest);
            let first = table.rows.len();
            table.rows.extend(metric::rows(&context, &self.protocol, facts, tally, Errors::NotKept));
            table.rows.extend(metric::scores(&context, &self.protocol, facts, tally, Scores::NotKept));
            table.rows.extend(decision_rows(&context, &self.protocol, facts, tally, Scores::NotKept, method));
            flag_simulated(method, table.rows.get_mut(first..).unwrap_or_default());
        }
        Ok(table)
    }
}

fn sum([all, failed]: [u64; 2], [more, more_failed]: [u64; 2]) -> [u64; 2] {
    [all.saturating_add(more), failed.saturating_add(more_failed)]
}

/// What run.json says of a method, without what differs from run to run of the same answers, and from shard to shard.
fn of_any_run(method: MethodRecord) -> MethodRecord {
    let stages = method.stages.into_iter().map(|stage| StageRecord { service: None, files: None, ..stage }).collect();
    let extra_fields = BTreeMap::new();
    MethodRecord { claimed_times: None, extra_fields, service: None, files: None, stages, ..method }
}

#[cfg(test)]
mod tests;
