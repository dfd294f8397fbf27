//! What is said about the differences between groups: the choices that METRICS M11 leaves open.

use serde::{Deserialize, Serialize};

use super::{Groups, Protocol, Standard};
use crate::age::AgeLimit;

/// The keys of one of the `fixed_thresholds`.
pub const FIXED_KEYS: [&str; 6] = ["name", "limit", "group_by", "group", "population", "under_age_pass_rate"];

/// Rules for differences between groups.
#[derive(Debug, Clone, PartialEq)]
pub struct BetweenGroups {
    /// The weight of the under-age pass rate in `fairness_discrepancy_rate` and `garbe`.
    pub alpha: f64,
    /// Ratios are given only when every group has at least so many subjects with an event.
    pub ratio_event_subjects: u64,
    /// Windows of completed years, first and last, over whose single years errors are averaged for groups.
    pub error_windows: Vec<(u32, u32)>,
    /// Whether the p-values before Holm's adjustment are rows as well.
    pub raw_p: bool,
    /// Draws of a permutation null.
    pub replicates: u32,
}

/// A challenge age set on one group and used for all.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedThreshold {
    /// Name, for the variant of its rows.
    pub name: String,
    /// The limit.
    pub limit: AgeLimit,
    /// The column or crossing of the group, as the cell `group_by` writes it.
    pub by: String,
    /// The group, as the cell `group` writes it.
    pub level: String,
    /// Whether it is set on the under-age window (its single years pooled) and not on everybody below the limit.
    pub window: bool,
    /// The under-age pass rate that the group may have at most.
    pub rate: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    alpha: f64,
    ratio_event_subjects: u32,
    error_windows: Vec<(u32, u32)>,
    raw_p: bool,
    replicates: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireFixed {
    name: String,
    limit: i64,
    group_by: String,
    group: String,
    population: String,
    under_age_pass_rate: f64,
}

impl Wire {
    pub fn read(self) -> BetweenGroups {
        BetweenGroups {
            alpha: self.alpha,
            ratio_event_subjects: u64::from(self.ratio_event_subjects),
            error_windows: self.error_windows,
            raw_p: self.raw_p,
            replicates: self.replicates,
        }
    }
}

impl From<&BetweenGroups> for Wire {
    fn from(rules: &BetweenGroups) -> Self {
        Self {
            alpha: rules.alpha,
            ratio_event_subjects: u32::try_from(rules.ratio_event_subjects).unwrap_or(u32::MAX),
            error_windows: rules.error_windows.clone(),
            raw_p: rules.raw_p,
            replicates: rules.replicates,
        }
    }
}

impl WireFixed {
    pub fn read(self, wrong: &mut impl FnMut(&str, String)) -> Option<FixedThreshold> {
        let key = "fixed_thresholds";
        let limit = AgeLimit::new(self.limit).map_err(|error| wrong(key, error.to_string())).ok()?;
        let window = match self.population.as_str() {
            "window" => true,
            "under" => false,
            other => {
                wrong(key, format!("`{other}` is not a population here: expected `window` or `under`"));
                return None;
            }
        };
        Some(FixedThreshold {
            name: self.name,
            limit,
            by: self.group_by,
            level: self.group,
            window,
            rate: self.under_age_pass_rate,
        })
    }
}

impl From<&FixedThreshold> for WireFixed {
    fn from(fixed: &FixedThreshold) -> Self {
        Self {
            name: fixed.name.clone(),
            limit: i64::from(fixed.limit.years()),
            group_by: fixed.by.clone(),
            group: fixed.level.clone(),
            population: if fixed.window { "window" } else { "under" }.to_owned(),
            under_age_pass_rate: fixed.rate,
        }
    }
}

impl Protocol {
    /// The error windows as required cells, one a single year. Their names are none that a standard can have.
    #[must_use]
    pub fn error_standards(&self) -> Vec<Standard> {
        let standard = |(from, to): &(u32, u32)| Standard {
            name: format!("window={from}-{to}"),
            column: None,
            levels: Vec::new(),
            from: *from,
            to: *to,
            rates: false,
        };
        self.between_groups.error_windows.iter().map(standard).collect()
    }

    /// Whether rows are grouped by the column or crossing `by`, as far as the protocol alone says: a column may be one
    /// that the dataset declares.
    pub(super) fn groups_by(&self, by: &str) -> bool {
        let crossed = |crossing: &Vec<String>| {
            let parts = crossing.iter().map(|column| (column.as_str(), ""));
            crate::table::Group::of(parts).by() == by
        };
        match &self.groups {
            Groups::Declared if !by.contains('*') => true,
            Groups::Columns(columns) if columns.iter().any(|column| column == by) => true,
            _ => self.crossings.iter().any(crossed),
        }
    }
}

/// What the types alone do not rule out.
pub(super) fn problems(protocol: &Protocol, wrong: &mut impl FnMut(&str, String)) {
    let rules = &protocol.between_groups;
    if !(0.0..=1.0).contains(&rules.alpha) {
        wrong("between_groups.alpha", format!("{} is not a share between 0 and 1", rules.alpha));
    }
    if !(99..=1_000_000).contains(&rules.replicates) {
        wrong("between_groups.replicates", format!("{}: expected 99 to 1,000,000", rules.replicates));
    }
    for (index, (first, last)) in rules.error_windows.iter().enumerate() {
        if rules.error_windows[..index].contains(&(*first, *last)) {
            wrong("between_groups.error_windows", format!("[{first}, {last}] is given twice"));
        }
        if first > last || *last > 120 {
            wrong(
                "between_groups.error_windows",
                format!("[{first}, {last}] is not a first and a last completed year"),
            );
        }
    }
    let key = "fixed_thresholds";
    for (index, fixed) in protocol.fixed_thresholds.iter().enumerate() {
        let name = &fixed.name;
        let odd = |c: char| c.is_control() || c == ';' || c == '=';
        if name.trim().is_empty() || name.chars().any(odd) {
            wrong(key, format!("`{name}` is not a name: expected characters other than `;` and `=`"));
        }
        if protocol.fixed_thresholds[..index].iter().any(|other| other.name == *name) {
            wrong(key, format!("two are named `{name}`"));
        }
        if !protocol.limits.contains(&fixed.limit) {
            wrong(key, format!("`{name}`: {} is not among `limits`", fixed.limit));
        }
        if !(0.0..1.0).contains(&fixed.rate) {
            wrong(key, format!("`{name}`: {} is not a share from 0 to below 1", fixed.rate));
        }
        if !protocol.groups_by(&fixed.by) {
            wrong(key, format!("`{name}`: rows are not grouped by `{}`: add it to `groups` or `crossings`", fixed.by));
        }
    }
}
