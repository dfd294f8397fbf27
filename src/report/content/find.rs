//! The rows of each method, and the choices that the report makes once: policy, limits, challenge ages.

use std::collections::{BTreeMap, BTreeSet};

use super::form::Form;
use super::names;
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{
    ChallengeSelect, FailurePolicy, Group, GroupSelect, Population, PopulationSelect, Row, RowStatus, Select, Table,
};

/// Offsets above the limit, in thousandths of a year, that a table shows unless all are asked for.
const USUAL_OFFSETS: [u32; 5] = [0, 2_000, 5_000, 7_000, 10_000];

/// One method's rows.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// Its name, with its digest where two methods share a name.
    pub(crate) label: String,
    /// Its rows, in the table's order; at least one.
    pub(crate) rows: Vec<&'a Row>,
    /// The same by metric and group, so that a report of many methods and groups does not walk all rows for each cell.
    placed: BTreeMap<&'a str, BTreeMap<&'a Group, Vec<&'a Row>>>,
    /// The failure policy of its tables.
    pub(crate) policy: FailurePolicy,
    /// What its rates are shares of.
    pub(crate) form: Form,
}

/// The methods of `table` in the order of their first rows.
pub(crate) fn sources(table: &Table) -> Vec<Source<'_>> {
    let key = |row: &Row| (row.method.clone(), row.method_digest.clone(), row.manifest_digest.clone());
    let mut order = Vec::new();
    let mut rows_of: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
    for row in &table.rows {
        let rows = rows_of.entry(key(row)).or_default();
        if rows.is_empty() {
            order.push(key(row));
        }
        rows.push(row);
    }
    let named = |name: &str| order.iter().filter(|(other, ..)| other == name).count();
    let short = |digest: &str| digest.chars().take(8).collect::<String>();
    // One method on several datasets is told apart by these: by name, and where two bear one name by digest.
    let dataset = |key: &(String, String, String)| {
        let name = |key| rows_of.get(key).and_then(|rows| rows.first()).map_or("", |row| row.dataset.as_str());
        let own = name(key);
        let twins = order.iter().filter(|other| name(*other) == own && other.2 != key.2).count();
        if twins == 0 { own.to_owned() } else { format!("{own} {}", short(&key.2)) }
    };
    let label = |key: &(String, String, String)| {
        let (name, digest, _) = key;
        let same = order.iter().filter(|other| other.0 == *name && other.1 == *digest).count();
        let digests: BTreeSet<&String> = order.iter().filter(|other| other.0 == *name).map(|other| &other.1).collect();
        match (named(name), digests.len(), same) {
            (1, ..) => name.clone(),
            (_, 1, _) => format!("{name} on {}", dataset(key)),
            (_, _, 1) => format!("{name} ({})", short(digest)),
            _ => format!("{name} ({}) on {}", short(digest), dataset(key)),
        }
    };
    let labels: BTreeMap<_, String> = order.iter().map(|key| (key.clone(), label(key))).collect();
    order
        .iter()
        .map(|key| {
            let rows = rows_of.remove(key).unwrap_or_default();
            let mut placed: BTreeMap<&str, BTreeMap<&Group, Vec<&Row>>> = BTreeMap::new();
            for row in &rows {
                placed.entry(&row.metric).or_default().entry(&row.group).or_default().push(row);
            }
            let label = labels.get(key).cloned().unwrap_or_default();
            Source { label, policy: policy(&rows), form: Form::of(&rows), rows, placed }
        })
        .collect()
}

/// The policy of the primary rows; failing that, of the rows by single year, which have only the protocol's own.
fn policy(rows: &[&Row]) -> FailurePolicy {
    let of = |wanted: &dyn Fn(&Row) -> bool| {
        rows.iter().filter(|row| row.metric == names::UNDER_AGE_PASS && wanted(row)).find_map(|row| row.failure_policy)
    };
    of(&|row| row.has(names::PRIMARY))
        .or_else(|| of(&|row| matches!(row.population, Population::Age(_))))
        .unwrap_or(FailurePolicy::Conditional)
}

impl<'a> Source<'a> {
    /// The first row that `select` finds, which names a metric.
    pub(crate) fn first(&self, select: &Select) -> Option<&'a Row> {
        let groups = self.placed.get(select.metric.as_deref()?)?;
        let first = |rows: &Vec<&'a Row>| rows.iter().copied().find(|row| select.matches(row));
        match &select.group {
            GroupSelect::Whole => first(groups.get(&Group::whole())?),
            GroupSelect::Exactly(group) => first(groups.get(group)?),
            _ => self.of(select.metric.as_deref()?).find(|row| select.matches(row)),
        }
    }

    /// The rows of `metric`, by group, in the table's order within each.
    pub(crate) fn of(&self, metric: &str) -> impl Iterator<Item = &'a Row> {
        self.placed.get(metric).into_iter().flat_map(|groups| groups.values().flatten().copied())
    }

    /// The rows of `metric` on the whole data, in the table's order.
    pub(crate) fn whole(&self, metric: &str) -> impl Iterator<Item = &'a Row> {
        let groups = self.placed.get(metric);
        groups.and_then(|groups| groups.get(&Group::whole())).into_iter().flatten().copied()
    }

    /// The rate `metric` at a limit and a challenge age (`None`: the method's own decision), under this source's
    /// policy and in its form.
    pub(crate) fn rate(
        &self,
        metric: &str,
        limit: AgeLimit,
        challenge: Option<ChallengeAge>,
        population: PopulationSelect,
        group: &Group,
    ) -> Option<&'a Row> {
        self.first(&Select {
            limit: Some(limit),
            challenge: Some(challenge.map_or(ChallengeSelect::Own, ChallengeSelect::At)),
            failure_policy: Some(self.policy),
            variant: self.form.variant(&population),
            population: Some(population),
            group: if group.is_whole() { GroupSelect::Whole } else { GroupSelect::Exactly(group.clone()) },
            weighting: Some(self.form.weighting),
            ..Select::metric(metric)
        })
    }

    /// The rows of both errors on the whole data at `limit`, of every policy and form; not those at a threshold of a score,
    /// which have no challenge age and are no decisions of the method either.
    fn errors(&self, limit: AgeLimit) -> impl Iterator<Item = &'a Row> {
        names::BOTH_ERRORS.into_iter().flat_map(|metric| self.whole(metric)).filter(move |row| {
            row.limit == Some(limit) && row.variant.get("target").is_none() && row.status != RowStatus::NotApplicable
        })
    }

    /// Whether there is anything to say of this method at `limit`: a rate, or why there is none at a challenge age.
    pub(crate) fn speaks_of(&self, limit: AgeLimit) -> bool {
        self.errors(limit).next().is_some()
    }

    /// The row that says why `metric` does not apply to this method at `limit`.
    pub(crate) fn not_applicable(&self, metric: &str, limit: AgeLimit) -> Option<&'a Row> {
        self.of(metric).find(|row| row.limit == Some(limit) && row.status == RowStatus::NotApplicable)
    }

    /// The window of completed years that `metric` is reported on at `limit`.
    pub(crate) fn window(&self, metric: &str, limit: AgeLimit) -> Option<(u32, u32)> {
        self.errors(limit).filter(|row| row.metric == metric).find_map(|row| match row.population {
            Population::Window(first, last) => Some((first, last)),
            _ => None,
        })
    }

    /// The method's own decision, where it makes one, and the challenge ages declared in advance, in order; failing
    /// those, the limit and five years above it as far as they are there; failing those, the least one.
    pub(crate) fn headline(&self, limit: AgeLimit) -> Vec<Option<ChallengeAge>> {
        let all: BTreeSet<_> = self.errors(limit).map(|row| row.challenge).collect();
        let primary: BTreeSet<_> =
            self.errors(limit).filter(|row| row.has(names::PRIMARY)).map(|row| row.challenge).collect();
        chosen(limit, &all, &primary)
    }

    /// The challenge ages of the table at `limit`: all, or the usual ones with the headline ones.
    pub(crate) fn challenges(&self, limit: AgeLimit, all: bool) -> Vec<Option<ChallengeAge>> {
        let headline = self.headline(limit);
        let usual = offsets(limit, &USUAL_OFFSETS);
        let found: BTreeSet<_> = self
            .errors(limit)
            .map(|row| row.challenge)
            .filter(|challenge| all || headline.contains(challenge) || challenge.is_none_or(|age| usual.contains(&age)))
            .collect();
        found.into_iter().collect()
    }
}

/// Of `all` challenge ages at `limit` those that a first screen shows: the method's own decision, and those declared in
/// advance, failing which the limit and five years above it; failing all of these, the least one.
pub(super) fn chosen(
    limit: AgeLimit,
    all: &BTreeSet<Option<ChallengeAge>>,
    primary: &BTreeSet<Option<ChallengeAge>>,
) -> Vec<Option<ChallengeAge>> {
    let usual = offsets(limit, &[0, 5_000]);
    let wanted = |challenge: &Option<ChallengeAge>| match challenge {
        None => true,
        Some(_) if !primary.is_empty() => primary.contains(challenge),
        Some(age) => usual.contains(age),
    };
    let found: Vec<_> = all.iter().copied().filter(wanted).collect();
    if found.is_empty() { all.iter().copied().take(1).collect() } else { found }
}

/// The limits that any of the sources has both errors for, ascending.
pub(crate) fn limits(sources: &[Source<'_>]) -> Vec<AgeLimit> {
    let rows = sources.iter().flat_map(|source| &source.rows);
    let found: BTreeSet<_> =
        rows.filter(|row| names::BOTH_ERRORS.contains(&row.metric.as_str())).filter_map(|row| row.limit).collect();
    found.into_iter().collect()
}

/// The limit of the first screen, of those that some method speaks of, failing that of all: 18, the commonest in law;
/// failing that, the highest.
pub(crate) fn main_limit(sources: &[Source<'_>], limits: &[AgeLimit]) -> Option<AgeLimit> {
    let spoken_of = |limit: &AgeLimit| sources.iter().any(|source| source.speaks_of(*limit));
    let spoken: Vec<_> = limits.iter().copied().filter(spoken_of).collect();
    let limits = if spoken.is_empty() { limits } else { &spoken };
    limits.iter().copied().find(|limit| limit.years() == 18).or_else(|| limits.last().copied())
}

fn offsets(limit: AgeLimit, thousandths: &[u32]) -> Vec<ChallengeAge> {
    let years = |offset: &u32| f64::from(limit.years()) + f64::from(*offset) / 1000.0;
    thousandths.iter().filter_map(|offset| ChallengeAge::new(years(offset)).ok()).collect()
}
