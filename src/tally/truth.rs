//! What is known of the listed samples, by column.

use std::collections::{BTreeMap, BTreeSet};

use super::TallyError;
use crate::age::AgeRange;
use crate::table::Group;

/// The most levels a group column or a crossing may have.
pub const MOST_LEVELS: usize = 1000;

/// One listed sample as it is pushed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruthRow<'a> {
    /// Rank of the subject among all listed subjects.
    pub subject_rank: u32,
    /// Whether the manifest names the subject; if not, the rank is the sample's own.
    pub subject_known: bool,
    /// Rank of the cluster, where the manifest has one for this sample.
    pub cluster_rank: Option<u32>,
    /// Weight of the sample, where the manifest has one.
    pub weight: Option<f64>,
    /// The true age; none when unknown.
    pub age: Option<AgeRange>,
    /// Whether this is an attack (a sample with a species).
    pub attack: bool,
    /// The cells of the group and condition columns, in the order of the builder; an empty one is `unknown`.
    pub levels: &'a [&'a str],
}

#[cfg(test)]
impl<'a> TruthRow<'a> {
    /// A bona fide sample of a subject with a name, without cluster and weight.
    pub(crate) fn of(subject_rank: u32, age: AgeRange, levels: &'a [&'a str]) -> Self {
        let (cluster_rank, weight) = (None, None);
        Self { subject_rank, subject_known: true, cluster_rank, weight, age: Some(age), attack: false, levels }
    }
}

/// A group or condition column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the manifest.
    pub name: String,
    /// Whether the dataset's card declares it as a group column.
    pub declared: bool,
    /// Its levels, sorted; an empty cell is the level `unknown`.
    pub levels: Vec<String>,
    /// The level of each sample.
    pub(super) codes: Vec<u32>,
}

/// All listed samples, in manifest order.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    pub(super) units: Vec<u32>,
    /// The subjects, where clusters stand for them as units; else empty.
    subjects: Vec<u32>,
    /// Whether each column says how a sample was taken.
    conditions: Vec<bool>,
    /// The condition of each sample, where there may be more combinations of levels than a number holds; else empty.
    ranked_conditions: Vec<u64>,
    /// Ends of the known age; NaN when unknown.
    pub(super) ages: Vec<(f64, f64)>,
    pub(super) attacks: Vec<bool>,
    /// For each sample 0, or 1 + the place of its species; empty where none has a named one.
    pub(super) species: Vec<u32>,
    /// Names of the species, sorted.
    pub(super) species_names: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) subjects_unknown: bool,
    pub(super) clustered: bool,
    /// The weights as integers, see [`super::weights`]; empty where everybody weighs the same.
    weights: Vec<i64>,
}

impl Truth {
    /// Number of listed samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether nothing is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The group and condition columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether samples weigh differently.
    pub(super) fn is_weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    /// What sample `index` weighs; none where everybody weighs the same.
    pub(super) fn weight(&self, index: usize) -> Option<i64> {
        self.weights.get(index).copied()
    }

    /// The subject of sample `index`.
    pub(super) fn subject(&self, index: usize) -> u32 {
        self.subjects.get(index).copied().unwrap_or(self.units[index])
    }

    /// The condition under which sample `index` was taken, as a number.
    pub(super) fn condition(&self, index: usize) -> u64 {
        if let Some(ranked) = self.ranked_conditions.get(index) {
            return *ranked;
        }
        let level = |key: u64, column: &Column| key * column.levels.len() as u64 + u64::from(column.codes[index]);
        self.condition_columns().fold(0, level)
    }

    fn condition_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().zip(&self.conditions).filter(|(_, condition)| **condition).map(|(column, _)| column)
    }

    /// The rank of each sample's condition among those that there are, in the order of the levels; nothing where the
    /// combinations of levels can be counted.
    fn rank_conditions(&self) -> Vec<u64> {
        let combinations = |count: u64, column: &Column| count.checked_mul(column.levels.len() as u64);
        if self.condition_columns().try_fold(1, combinations).is_some() {
            return Vec::new();
        }
        self.condition_columns().fold(vec![0; self.len()], |ranks, column| {
            let both = || ranks.iter().copied().zip(column.codes.iter().copied());
            let there: BTreeSet<(u64, u32)> = both().collect();
            let place: BTreeMap<(u64, u32), u64> = there.into_iter().zip(0..).collect();
            both().map(|key| place[&key]).collect()
        })
    }

    /// The same samples, those outside of these completed years with an unknown age: in no denominator.
    #[must_use]
    pub fn of_years(&self, years: &BTreeSet<u32>) -> Self {
        let mut truth = self.clone();
        for index in 0..truth.len() {
            let year = truth.age(index).and_then(AgeRange::completed_years);
            if !year.is_some_and(|year| years.contains(&year)) {
                truth.ages[index] = (f64::NAN, f64::NAN);
            }
        }
        truth
    }

    /// The known age of sample `index`.
    pub(super) fn age(&self, index: usize) -> Option<AgeRange> {
        let (low, high) = self.ages[index];
        if low.is_nan() { None } else { AgeRange::new(low, high).ok() }
    }
}

/// Takes listed samples one by one.
#[derive(Debug, Clone, Default)]
pub struct TruthBuilder {
    subjects: Vec<u32>,
    clusters: Vec<Option<u32>>,
    weights: Vec<f64>,
    truth: Truth,
    seen: Vec<BTreeMap<String, u32>>,
    /// Columns that were given whole.
    filled: Vec<bool>,
    species: BTreeMap<String, u32>,
    /// Of a part of the samples: the largest weight of all, where they differ.
    largest_weight: Option<Option<f64>>,
}

impl TruthBuilder {
    /// A builder for samples with these columns: name, and whether the card declares it as a group column.
    #[must_use]
    pub fn new(columns: &[(&str, bool)]) -> Self {
        let column = |(name, declared): &(&str, bool)| Column {
            name: (*name).to_owned(),
            declared: *declared,
            levels: Vec::new(),
            codes: Vec::new(),
        };
        let truth = Truth { columns: columns.iter().map(column).collect(), ..Truth::default() };
        let filled = vec![false; columns.len()];
        Self { seen: vec![BTreeMap::new(); columns.len()], filled, truth, ..Self::default() }
    }

    /// The same, where these columns say how a sample was taken: the dataset's conditions.
    #[must_use]
    pub fn with_conditions(mut self, names: &[String]) -> Self {
        self.truth.conditions = self.truth.columns.iter().map(|column| names.contains(&column.name)).collect();
        self
    }

    /// The same for a part of the samples, whose tally is to add up with those of the other parts: the largest weight of all
    /// samples is this, none where all weigh the same.
    #[must_use]
    pub fn of_part(mut self, largest_weight: Option<f64>) -> Self {
        self.largest_weight = Some(largest_weight);
        self
    }

    /// Adds the next sample; a missing level is `unknown`.
    pub fn push(&mut self, row: &TruthRow<'_>) {
        self.subjects.push(row.subject_rank);
        self.truth.subjects_unknown |= !row.subject_known;
        if !self.weights.is_empty() || row.weight.is_some_and(|weight| weight != 1.0) {
            self.weights.resize(self.subjects.len() - 1, 1.0);
            self.weights.push(row.weight.unwrap_or(1.0));
        }
        if let Some(cluster) = row.cluster_rank {
            self.truth.clustered = true;
            self.clusters.resize(self.subjects.len() - 1, None);
            self.clusters.push(Some(cluster));
        }
        self.truth.ages.push(row.age.map_or((f64::NAN, f64::NAN), |age| (age.low(), age.high())));
        self.truth.attacks.push(row.attack);
        for (index, (column, seen)) in self.truth.columns.iter_mut().zip(&mut self.seen).enumerate() {
            if self.filled[index] {
                continue;
            }
            let level = row.levels.get(index).copied().filter(|level| !level.is_empty()).unwrap_or(Group::UNKNOWN);
            let code = match seen.get(level) {
                Some(code) => *code,
                None => {
                    let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
                    seen.insert(level.to_owned(), next);
                    next
                }
            };
            column.codes.push(code);
        }
    }

    /// Gives all cells of column `index` at once: the level of each sample, as a place in `levels`. What is pushed says
    /// nothing of this column then.
    pub fn fill<'l>(&mut self, index: usize, levels: impl IntoIterator<Item = &'l str>, codes: &[u32]) {
        let (column, seen) = (&mut self.truth.columns[index], &mut self.seen[index]);
        let code = |level: &str| {
            let level = if level.is_empty() { Group::UNKNOWN } else { level };
            let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
            *seen.entry(level.to_owned()).or_insert(next)
        };
        let ours: Vec<u32> = levels.into_iter().map(code).collect();
        column.codes = codes.iter().map(|code| ours[*code as usize]).collect();
        self.filled[index] = true;
    }

    /// Names the species of the sample pushed last, an attack.
    pub fn species(&mut self, name: &str) {
        let next = u32::try_from(self.species.len() + 1).unwrap_or(u32::MAX);
        let code = *self.species.entry(name.to_owned()).or_insert(next);
        self.truth.species.resize(self.subjects.len().saturating_sub(1), 0);
        self.truth.species.push(code);
    }

    /// The samples pushed so far.
    ///
    /// # Errors
    /// [`TallyError::TooManyRows`].
    pub fn finish(mut self) -> Result<Truth, TallyError> {
        if self.subjects.len() >= u32::MAX as usize / 2 {
            return Err(TallyError::TooManyRows);
        }
        for (column, seen) in self.truth.columns.iter_mut().zip(self.seen) {
            // Codes in the order of the sorted levels, so that they do not depend on the order of the rows.
            let mut sorted = vec![0_u32; seen.len()];
            for (rank, code) in (0_u32..).zip(seen.values()) {
                sorted[*code as usize] = rank;
            }
            column.codes.iter_mut().for_each(|code| *code = sorted[*code as usize]);
            column.levels = seen.into_keys().collect();
        }
        if !self.species.is_empty() {
            let mut sorted = vec![0_u32; self.species.len() + 1];
            for (rank, code) in (1_u32..).zip(self.species.values()) {
                sorted[*code as usize] = rank;
            }
            self.truth.species.iter_mut().for_each(|code| *code = sorted[*code as usize]);
            self.truth.species_names = self.species.into_keys().collect();
        }
        self.truth.weights = match self.largest_weight {
            None => super::weights::integers(&self.weights),
            Some(None) => Vec::new(),
            Some(Some(largest)) => {
                self.weights.resize(self.subjects.len(), 1.0);
                super::weights::integers_of(&self.weights, largest)
            }
        };
        self.clusters.resize(self.subjects.len(), None);
        // Where clusters are named they are the unit; samples without one fall back on their subject.
        let after = self.clusters.iter().flatten().max().map_or(0, |last| last + 1);
        let units =
            self.subjects.iter().zip(&self.clusters).map(|(subject, cluster)| cluster.unwrap_or(after + subject));
        self.truth.units = units.collect();
        if self.truth.clustered {
            self.truth.subjects = self.subjects;
        }
        self.truth.ranked_conditions = self.truth.rank_conditions();
        Ok(self.truth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_more_levels_than_a_number_holds_are_told_apart() {
        // Eight columns of 300 levels each: 300^8 is more than 2^64.
        let names: Vec<String> = (0..8).map(|column| format!("c{column}")).collect();
        let columns: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), false)).collect();
        let truth_of = |levels: usize| {
            let mut builder = TruthBuilder::new(&columns).with_conditions(&names);
            let mut push = |place: usize, first: usize| {
                let own: Vec<String> =
                    (0..8).map(|column| format!("{:03}", if column == 0 { first } else { place })).collect();
                let own: Vec<&str> = own.iter().map(String::as_str).collect();
                builder.push(&TruthRow::of(0, AgeRange::new(17.0, 18.0).unwrap(), &own));
            };
            (0..levels).for_each(|place| push(place, place));
            // Those of the last sample, and those of the last but for the first column.
            push(levels - 1, levels - 1);
            push(levels - 1, 0);
            builder.finish().unwrap()
        };
        for levels in [3, 300] {
            let truth = truth_of(levels);
            assert_eq!(truth.ranked_conditions.is_empty(), levels == 3);
            let conditions: Vec<u64> = (0..truth.len()).map(|index| truth.condition(index)).collect();
            let different: BTreeSet<u64> = conditions.iter().copied().collect();
            assert_eq!((different.len(), conditions[levels]), (levels + 1, conditions[levels - 1]));
            // In the order of their levels, as counted so ranked.
            assert!(conditions[..levels].is_sorted() && conditions[levels + 1] < conditions[1]);
            assert!(conditions[levels + 1] > conditions[0]);
        }
    }
}
