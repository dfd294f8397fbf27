//! What must add up before anything is protected or rounded (METRICS M19), with weights and without.

use super::weighted::{attempts, protocol, weighing};
use super::*;
use crate::table::FailurePolicy;

fn both() -> [Table; 2] {
    let (protocol, attempts) = (protocol(), attempts());
    [false, true].map(|weighted| {
        let (truth, answers) = weighing(&attempts, &protocol, |drawn| weighted.then_some(drawn.weight));
        table_of(&truth, &answers, &protocol, FACTS)
    })
}

#[test]
fn passes_denials_and_attempts_without_a_decision_are_all_attempts_on_either_side() {
    for table in both() {
        let mut seen = 0;
        for undecided in table.rows.iter().filter(|row| row.metric == "no_decision_rate") {
            let rate = |policy: FailurePolicy| {
                table.rows.iter().find(|row| {
                    ["under_age_pass_rate", "adult_denial_rate"].contains(&row.metric.as_str())
                        && row.failure_policy == Some(policy)
                        && (row.limit, row.challenge, &row.population)
                            == (undecided.limit, undecided.challenge, &undecided.population)
                        && row.weighting == undecided.weighting
                        && row.group == undecided.group
                        && row.variant == undecided.variant
                })
            };
            let (Some(decided), Some(all)) = (rate(FailurePolicy::Conditional), rate(FailurePolicy::FailClosed)) else {
                continue;
            };
            seen += 1;
            assert_eq!(decided.n_attempts.unwrap() + undecided.n_events.unwrap(), all.n_attempts.unwrap());
            assert_eq!(undecided.n_attempts, all.n_attempts);
        }
        assert!(seen > 20, "{seen}");
    }
}

#[test]
fn groups_of_a_column_add_up_to_the_whole() {
    for table in both() {
        let mut seen = 0;
        for metric in ["flow_listed", "flow_attempted", "flow_answered", "flow_decided", "under_age_pass_rate", "mae"] {
            for whole in table.rows.iter().filter(|row| row.metric == metric && row.group.is_whole()) {
                let same = |row: &&Row| {
                    row.metric == metric
                        && row.group.by() == "sex"
                        && (row.limit, row.challenge, &row.population)
                            == (whole.limit, whole.challenge, &whole.population)
                        && (row.failure_policy, row.weighting, &row.variant)
                            == (whole.failure_policy, whole.weighting, &whole.variant)
                };
                let parts: Vec<&Row> = table.rows.iter().filter(same).collect();
                if parts.is_empty() || whole.value.is_none() {
                    continue;
                }
                seen += 1;
                for of in [|row: &Row| row.n_attempts, |row: &Row| row.n_events] {
                    let sum: u64 = parts.iter().filter_map(|row| of(row)).sum();
                    assert_eq!(sum, of(whole).unwrap_or(0), "{metric} {:?}", whole.population);
                }
            }
        }
        assert!(seen > 20, "{seen}");
    }
}

#[test]
fn the_parts_of_a_band_add_up_to_one() {
    for table in both() {
        for weighting in ["subject", "attempt"] {
            for band in ["band:-13", "band:13-16", "band:16-18", "band:18-21", "band:21-"] {
                let parts = ["band_recall", "band_down", "band_up", "band_undecided", "band_not_answered"];
                let value = |metric: &str| {
                    let select = format!("metric = '{metric}'\npopulation = '{band}'\nweighting = '{weighting}'");
                    only(&table, &select).value.unwrap()
                };
                let sum: f64 = parts.into_iter().map(value).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{band} by {weighting}: {sum}");
            }
        }
    }
}
