//! How many people each limit, year and group has, and the least rate that they could show if a method made no error.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Dataset, MANIFEST_FILE};
use super::Code;
use crate::age::{AgeLimit, AgeRange};
use crate::finding::{Finding, Findings, counted};
use crate::stats::upper_claim;

/// Years below a limit, and from it on, that its windows hold (METRICS M3, M4).
const BELOW: u32 = 5;
const ABOVE: u32 = 13;
/// Fewer people than this show nothing (METRICS M15).
const FLOOR: u64 = 30;

/// People of some ages.
#[derive(Debug, Clone, PartialEq)]
pub struct Shows {
    /// The limit.
    pub limit: AgeLimit,
    /// `age:17` or `window:13-17`.
    pub population: String,
    /// The column of the group; empty for everybody.
    pub group_by: String,
    /// The level; empty for everybody.
    pub group: String,
    /// Units: subjects, or clusters where the manifest has them.
    pub subjects: u64,
    /// Samples.
    pub samples: u64,
    /// The one-sided 95 % bound of a rate without an event among as many units; none without a unit.
    pub least_rate: Option<f64>,
}

/// The rows of every limit: single years below it, the window below and the window from it on, of all and of each group.
pub(super) fn count(dataset: &Dataset, limits: &[AgeLimit], findings: &mut Findings) -> Vec<Shows> {
    // Of each group, of each completed year: samples and units.
    type Years = BTreeMap<u32, (u64, BTreeSet<u64>)>;
    let mut groups: Vec<(String, String, Years)> = vec![(String::new(), String::new(), Years::new())];
    let columns: Vec<_> = dataset.card.groups.iter().filter_map(|name| dataset.column(name)).collect();
    let mut starts = Vec::new();
    for column in &columns {
        starts.push(groups.len());
        let level =
            |level: &std::sync::Arc<str>| if level.is_empty() { "unknown".to_owned() } else { level.to_string() };
        groups.extend(column.levels().iter().map(|text| (column.name().to_owned(), level(text), Years::new())));
    }
    for (place, sample) in dataset.samples.iter().enumerate().filter(|(place, _)| dataset.is_eligible(*place)) {
        let Some(year) = sample.age.and_then(AgeRange::completed_years) else { continue };
        let unit = match (sample.cluster.filter(|_| dataset.has_clusters), sample.subject) {
            (Some(cluster), _) => u64::from(cluster),
            (None, Some(subject)) => 1 << 40 | u64::from(subject),
            (None, None) => 1 << 41 | place as u64,
        };
        let of_columns = columns
            .iter()
            .zip(&starts)
            .filter_map(|(column, start)| Some(start + *column.codes().get(place)? as usize));
        for group in std::iter::once(0).chain(of_columns) {
            if let Some((_, _, years)) = groups.get_mut(group) {
                let (samples, units) = years.entry(year).or_default();
                *samples += 1;
                units.insert(unit);
            }
        }
    }
    let mut shown = Vec::new();
    for limit in limits {
        let years = limit.years();
        let (from, until) = (years.saturating_sub(BELOW), years + ABOVE);
        let singles = (from..years).map(|year| (format!("age:{year}"), year..year + 1));
        let windows = [(from, years), (years, until)].map(|(a, b)| (format!("window:{a}-{}", b - 1), a..b));
        for (population, range) in singles.chain(windows) {
            for (group_by, group, by_year) in &groups {
                let parts = || by_year.range(range.clone()).map(|(_, part)| part);
                let units: BTreeSet<u64> = parts().flat_map(|(_, units)| units).copied().collect();
                let subjects = units.len() as u64;
                shown.push(Shows {
                    limit: *limit,
                    population: population.clone(),
                    group_by: group_by.clone(),
                    group: group.clone(),
                    subjects,
                    samples: parts().map(|(samples, _)| samples).sum(),
                    least_rate: (subjects > 0).then(|| upper_claim(0.0, subjects as f64, 0.95)),
                });
            }
        }
    }
    warn(&shown, findings);
    shown
}

/// Warns of limits for which the year before it, or a window, has too few people, and notes the groups for which that is so.
fn warn(shown: &[Shows], findings: &mut Findings) {
    for row in shown.iter().filter(|row| row.subjects < FLOOR) {
        let year_before = row.population == format!("age:{}", row.limit.years() - 1);
        if !year_before && !row.population.starts_with("window") {
            continue;
        }
        let of = if row.group_by.is_empty() { String::new() } else { format!(", {} {}", row.group_by, row.group) };
        let least = row.least_rate.map_or_else(
            || "nothing can be shown".to_owned(),
            |rate| format!("without any error a rate of {:.0} % could still not be ruled out", rate * 100.0),
        );
        let text =
            format!("limit {}, {}{of}: {}: {least}", row.limit, row.population, counted(row.subjects, "subject"));
        let finding = if row.group_by.is_empty() {
            Finding::warning(MANIFEST_FILE, text)
                .help("rates are shown from 30 subjects on: `agebench plan` tells how many a claim needs")
        } else {
            Finding::note(MANIFEST_FILE, text).column(&row.group_by)
        };
        findings.push(finding.code(Code::FewSubjects.word()));
    }
}
