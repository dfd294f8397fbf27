//! A folder of tallies in place of rows: written, and scored anew.

use std::path::Path;

use super::{Tallied, TalliedError};
use crate::folder::{Existing, RunFolder, RunRecord, names};
use crate::protocol::Protocol;
use crate::score::folder::write_metrics;
use crate::score::{ScoreError, ScoreRequest, Scored};
use crate::table::Table;

impl Tallied {
    /// Writes the tallies into `folder`, readable by their owner only.
    ///
    /// # Errors
    /// What the folder answers.
    pub fn keep(&self, folder: &RunFolder) -> Result<(), ScoreError> {
        Ok(folder.write(names::TALLY, self.to_text()?.as_bytes(), true)?)
    }

    /// The tallies that `folder` holds.
    ///
    /// # Errors
    /// They cannot be read; `protocol` is given, and another one than theirs.
    pub fn kept(folder: &RunFolder, protocol: Option<&Protocol>) -> Result<Self, ScoreError> {
        let file = folder.file(names::TALLY).display().to_string();
        let tallied = Self::parse(&folder.read_text(names::TALLY)?);
        let tallied = tallied.map_err(|source| ScoreError::Tallied { file, source })?;
        match protocol {
            Some(other) if *other != tallied.protocol => Err(TalliedError::OtherProtocol.into()),
            _ => Ok(tallied),
        }
    }

    /// Attempts on people of known age that were tallied, of all methods.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.tallies.iter().filter_map(|tally| tally.whole()).map(|whole| whole.flow.attempted.samples).sum()
    }

    /// Scores the folder of these tallies anew, in place or into another one.
    pub(in crate::score) fn score_folder(&self, request: &ScoreRequest<'_>) -> Result<Scored, ScoreError> {
        let table = self.table()?;
        let (from, folder) = (
            request.folder,
            match request.out {
                None => request.folder.clone(),
                Some((path, existing)) => RunFolder::prepare(path, existing)?.claimed()?,
            },
        );
        if request.out.is_some() {
            from.copy(names::TALLY, &folder, true)?;
            from.copy(names::PROTOCOL, &folder, false)?;
            // Tallies that were joined from files have no run.
            if from.file(names::RUN).exists() {
                from.copy(names::RUN, &folder, false)?;
                if from.file(names::REGISTRATION).exists() {
                    from.copy(names::REGISTRATION, &folder, false)?;
                }
                let record = RunRecord::read(from)?;
                for card in record.cards() {
                    folder.write_card(card, &from.read_text(&format!("{}/{card}", names::CARDS))?)?;
                }
            }
        }
        Ok(Scored { table: write_metrics(&folder, &table)?, folder, attempts: self.attempts() })
    }

    /// Writes `metrics.csv`, the tallies and the protocol into the folder `out`, and gives the table that the file holds.
    ///
    /// # Errors
    /// As [`Tallied::table`], and what the folder answers.
    pub fn score(&self, out: &Path, existing: Existing) -> Result<(RunFolder, Table), ScoreError> {
        let table = self.table()?;
        let folder = RunFolder::prepare(out, existing)?;
        folder.write(names::PROTOCOL, self.head.protocol.as_bytes(), false)?;
        self.keep(&folder)?;
        let table = write_metrics(&folder, &table)?;
        Ok((folder, table))
    }
}
