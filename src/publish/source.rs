//! The folders that are published, read and held against each other.

use std::path::{Path, PathBuf};

use super::about::{DatasetEntry, MethodEntry, PackageRecord, RunEntry};
use super::cards::{CardKind, published};
use super::compared;
use super::error::PublishError;
use super::package::Package;
use super::planned;
use crate::dataset::slug;
use crate::digest::Digest;
use crate::finding::Findings;
use crate::folder::{RunFolder, RunRecord, names};
use crate::metric::catalogue;
use crate::protocol::Protocol;
use crate::score;
use crate::study::{Founded, founded};
use crate::table::{Compared, Evidence, Ranked, Row, RowStatus};

/// What all folders hold together.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The rows of every metrics.csv.
    pub rows: Vec<Row>,
    /// The rows of every comparison.csv.
    pub comparison: Vec<Compared>,
    /// The rows of every leaderboard.csv.
    pub leaderboard: Vec<Ranked>,
    /// The protocol of all of them, with its digest.
    pub protocol: Option<(Protocol, Digest)>,
    /// The datasets.
    pub datasets: Vec<DatasetEntry>,
    /// The methods.
    pub methods: Vec<MethodEntry>,
    /// What was done.
    pub runs: Vec<RunEntry>,
    /// The cards as they are published, by their names in the package.
    pub cards: Vec<(String, String)>,
    /// What the cards lack, or must not say.
    findings: Findings,
}

fn unfit(path: &Path, reason: impl Into<String>, help: impl Into<String>) -> PublishError {
    PublishError::Unfit { path: path.to_owned(), reason: reason.into(), help: help.into() }
}

impl Sources {
    /// Reads `folders`: run folders, those of `latency` and `footprint`, and comparisons.
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self, PublishError> {
        let mut sources = Self::default();
        for path in folders {
            if Package::is_at(path) {
                let help = "publish the run folders that it was made of, and name it with --earlier";
                return Err(unfit(path, "it is a release already", help));
            }
            if path.join(names::COMPARISON).is_file() && !path.join(names::RUN).is_file() {
                sources.add_comparison(path)?;
            } else {
                sources.add_run(path)?;
            }
        }
        if let Some(first) = folders.first()
            && sources.runs.is_empty()
        {
            let help = "name the run folders as well that were compared: their cards are part of the release";
            return Err(unfit(first, "there is no run folder beside the comparison", help));
        }
        if !sources.findings.is_empty() {
            return Err(PublishError::Cards(sources.findings));
        }
        sources.check_comparison(folders)?;
        Ok(sources)
    }

    /// A dataset of which there are two manifests: parts of it, or before and after a change.
    pub fn in_parts(&self) -> Option<&DatasetEntry> {
        let name = |entry: &DatasetEntry| (entry.name.clone(), entry.version.clone());
        self.datasets.iter().enumerate().find_map(|(at, entry)| {
            self.datasets.iter().take(at).any(|other| name(other) == name(entry)).then_some(entry)
        })
    }

    /// Whether an earlier release is about some manifest of this one.
    pub fn shares_a_manifest(&self, earlier: &PackageRecord) -> bool {
        let digest = |entry: &DatasetEntry| entry.manifest_digest.clone();
        earlier.datasets.iter().any(|other| self.datasets.iter().any(|entry| digest(entry) == digest(other)))
    }

    fn add_run(&mut self, path: &Path) -> Result<(), PublishError> {
        let folder = RunFolder::open(path)?;
        let record = RunRecord::read(&folder)?;
        let verified = score::verify(&folder)?;
        // First: rows that follow from another card differ, too.
        if let Some(reason) = verified.cards.wrong.into_iter().next() {
            let help = "put back the card of what ran: `licence` and the like may be added to it, nothing changed";
            return Err(unfit(path, reason, help));
        }
        if !verified.differences.is_empty() {
            let found = crate::finding::counted(verified.differences.len(), "row");
            let reason = format!("metrics.csv does not follow from its records: {found} differ");
            let help =
                format!("agebench verify {0} says which; agebench score {0} makes metrics.csv anew", path.display());
            return Err(unfit(path, reason, help));
        }
        self.check_plan(&folder, &record)?;
        let text = folder.read_text(names::PROTOCOL)?;
        let protocol = Protocol::from_toml(&text)
            .map_err(|source| PublishError::Protocol { path: folder.file(names::PROTOCOL), source })?;
        let digest = score::digest(&protocol)?;
        match &self.protocol {
            Some((_, other)) if *other != digest => {
                let help = "score all folders under one protocol (`agebench score DIR --protocol P --out DIR2`), or publish them apart";
                return Err(unfit(path, "its protocol is not that of the folders before it", help));
            }
            _ => self.protocol = Some((protocol, digest)),
        }
        self.add_dataset(&folder, &record)?;
        for method in &record.methods {
            let stages = method.stages.iter().filter(|stage| !stage.card.is_empty());
            for stage in stages.clone() {
                let Some(digest) = stage.digest else { continue };
                let entry = (stage.name.as_str(), stage.adapter.as_str(), stage.card.as_str());
                self.add_method(&folder, digest, entry, "", "", Vec::new())?;
            }
            let parts = stages.filter_map(|stage| stage.digest).collect();
            let entry = (method.name.as_str(), method.adapter.as_str(), method.card.as_str());
            self.add_method(&folder, method.digest, entry, &method.kind, &method.engine, parts)?;
        }
        for row in score::read_metrics(&folder)?.rows {
            let row = without_words(row);
            // A measurement of a footprint scores again what a run of the same methods has scored.
            if record.verb != "footprint" || !self.rows.iter().any(|other| other.identity() == row.identity()) {
                self.rows.push(row);
            }
        }
        self.runs.push(RunEntry::of(&record));
        self.check_twice(path)
    }

    /// What a folder says of a registered plan is so, and is what the folders before it say of the same study.
    fn check_plan(&self, folder: &RunFolder, record: &RunRecord) -> Result<(), PublishError> {
        let Founded { wrong, unchecked } = founded(folder, record);
        if let Some(reason) = wrong.into_iter().chain(unchecked).next() {
            let help =
                "`agebench study` writes both into each of its folders: run the study again, or put back what it wrote";
            return Err(unfit(folder.path(), reason, help));
        }
        match record.settings.get("study").and_then(planned::published) {
            Some(own)
                if !planned::is_one(self.runs.iter().filter_map(|run| run.settings.get("study")).chain([&own])) =>
            {
                let reason = "it says otherwise than a folder before it how their study stands to its plan";
                Err(unfit(
                    folder.path(),
                    reason,
                    "run the study again: `agebench study` says the same in all of its folders",
                ))
            }
            _ => Ok(()),
        }
    }

    /// No row may stand in two folders: which of them would be the published one?
    fn check_twice(&self, path: &Path) -> Result<(), PublishError> {
        let mut seen = std::collections::BTreeSet::new();
        match self.rows.iter().find(|row| !seen.insert(row.identity())) {
            Some(row) => {
                let reason = format!("it holds `{}` of `{}`, as a folder before it does", row.metric, row.method);
                Err(unfit(path, reason, "a release holds one result of a method on a dataset: leave one of them out"))
            }
            None => Ok(()),
        }
    }

    fn add_dataset(&mut self, folder: &RunFolder, record: &RunRecord) -> Result<(), PublishError> {
        let dataset = &record.dataset;
        let digest = dataset.manifest_digest.short();
        if let Some(entry) = self.datasets.iter().find(|entry| entry.manifest_digest == digest) {
            if entry.name == dataset.name {
                return Ok(());
            }
            let reason = format!("its dataset is `{}`, and `{}` in a folder before it", dataset.name, entry.name);
            return Err(unfit(folder.path(), reason, "a release has one name of a dataset: run or score it under one"));
        }
        let name = format!("dataset-{}-{}.toml", self.datasets.len() + 1, slug(&dataset.name));
        self.add_card(folder, names::DATASET_CARD, &name, CardKind::Dataset)?;
        self.datasets.push(DatasetEntry {
            name: dataset.name.clone(),
            version: dataset.version.clone(),
            manifest_digest: digest,
            age_precision: dataset.age_precision.clone(),
            filtered: !dataset.pick.is_empty(),
            card: name,
        });
        Ok(())
    }

    fn add_method(
        &mut self,
        folder: &RunFolder,
        digest: Digest,
        (name, adapter, card): (&str, &str, &str),
        kind: &str,
        engine: &str,
        stages: Vec<Digest>,
    ) -> Result<(), PublishError> {
        if self.methods.iter().any(|entry| entry.digest == digest) {
            return Ok(());
        }
        let file = format!("method-{}-{}.toml", self.methods.len() + 1, slug(name));
        let text = self.add_card(folder, card, &file, CardKind::Method)?;
        let word = |key: &str| {
            text.parse::<toml::Table>()
                .ok()
                .and_then(|card| Some(card.get(key)?.as_str()?.to_owned()))
                .unwrap_or_default()
        };
        self.methods.push(MethodEntry {
            name: name.to_owned(),
            kind: if kind.is_empty() { word("kind") } else { kind.to_owned() },
            version: word("version"),
            adapter: adapter.to_owned(),
            digest,
            engine: engine.to_owned(),
            card: file,
            stages,
        });
        Ok(())
    }

    /// Reads the card `card` of `folder`, and keeps what is published of it under the name `file`. Gives that text.
    fn add_card(&mut self, folder: &RunFolder, card: &str, file: &str, kind: CardKind) -> Result<String, PublishError> {
        let text = folder.read_text(&format!("{}/{card}", names::CARDS))?;
        let place = folder.card(card).display().to_string();
        let text = published(&place, &text, kind, &mut self.findings).unwrap_or_default();
        self.cards.push((file.to_owned(), text.clone()));
        Ok(text)
    }

    fn add_comparison(&mut self, path: &Path) -> Result<(), PublishError> {
        let (rows, ranked) = compared::read(path)?;
        self.comparison.extend(rows);
        self.leaderboard.extend(ranked);
        Ok(())
    }

    /// What was compared must be what is published: the same methods on the same people under the same protocol, and in
    /// the leaderboard the same rows.
    fn check_comparison(&self, folders: &[PathBuf]) -> Result<(), PublishError> {
        let path = folders.iter().find(|path| path.join(names::COMPARISON).is_file());
        let Some(path) = path else { return Ok(()) };
        let digests: Vec<String> = self.methods.iter().map(|method| method.digest.short()).collect();
        let manifests: Vec<&str> = self.datasets.iter().map(|one| one.manifest_digest.as_str()).collect();
        let protocol = self.protocol.as_ref().map(|(_, digest)| digest.short()).unwrap_or_default();
        let known = |row: &Row| {
            digests.contains(&row.method_digest)
                && row.manifest_digest.split('+').all(|digest| manifests.contains(&digest))
                && row.protocol_digest == protocol
        };
        let compared = self.comparison.iter().map(|one| (&one.row, Some(&one.baseline_digest)));
        for (row, baseline) in compared.chain(self.leaderboard.iter().map(|one| (&one.row, None))) {
            if !known(row) || baseline.is_some_and(|digest| !digests.contains(digest)) {
                let reason = format!("`{}` was compared on a run that is not among the folders", row.method);
                return Err(unfit(path, reason, "name the run folders as well that were compared"));
            }
        }
        if self.comparison.iter().any(|one| one.row.has(crate::compare::flag::UNPAIRED)) {
            let reason = "it is over a common mix of ages, whose rows no run folder holds";
            return Err(unfit(
                path,
                reason,
                "publish the runs; a comparison of methods on one manifest can be published with them",
            ));
        }
        for one in &self.leaderboard {
            let own = self.rows.iter().find(|row| row.identity() == one.row.identity());
            if !own.is_some_and(|row| row.cells().iter().skip(4).eq(one.row.cells().iter().skip(4))) {
                let reason = format!("`{}` of `{}` is not the row of its run folder", one.row.metric, one.row.method);
                return Err(unfit(path, reason, "compare the run folders again: `agebench compare ... --replace`"));
            }
        }
        for path in folders.iter().filter(|path| path.join(names::COMPARISON).is_file()) {
            if let Some(why) = compared::differs(path, folders)? {
                return Err(unfit(path, why, "compare the run folders again: `agebench compare ... --replace`"));
            }
        }
        Ok(())
    }
}

/// `row` without free words of a measurement: what was observed of a footprint may name files, hosts and samples.
fn without_words(mut row: Row) -> Row {
    let family = catalogue::ALL.iter().find(|entry| entry.measure.name == row.metric).map(|entry| entry.family);
    let free = matches!(family, None | Some("footprint" | "information" | "declared" | "curve" | "latency"));
    if free && matches!(row.evidence, Some(Evidence::Short(_))) {
        let why = match row.status {
            RowStatus::NotMeasurable => "not measurable there: the reason stands in the run folder",
            RowStatus::InsufficientEvidence => "insufficient evidence: the reason stands in the run folder",
            _ => "what was seen stands in the run folder",
        };
        row.evidence = Some(Evidence::Short(vec![why.to_owned()]));
    }
    row
}
