//! Two recorded files scored and held against each other.

mod decisions;
mod folders;
mod left_out;
mod means;

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::protocol::Protocol;
use crate::score::{Recording, import};
use crate::table::{FailurePolicy, Population, Row, RowStatus, Weighting};

/// A run folder below `place` made of a recorded file: sample, subject, true age, answer (empty: none).
fn folder(place: &Path, name: &str, rows: &[(String, String, u32, String)], protocol: &Protocol) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
    for (sample, subject, age, answer) in rows {
        csv.push_str(&format!("{sample},{subject},{age},{answer}\n"));
    }
    recorded(place, name, &csv, protocol)
}

fn recorded(place: &Path, name: &str, csv: &str, protocol: &Protocol) -> PathBuf {
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    recorded_with(&file, &place.join(name), &[], protocol)
}

fn recorded_with(file: &Path, out: &Path, groups: &[String], protocol: &Protocol) -> PathBuf {
    let recording = Recording {
        file,
        columns: &[],
        groups,
        dataset: None,
        method_name: None,
        method_kind: None,
        method_version: None,
        dataset_name: Some("people"),
        label_kind: None,
        age_precision: None,
        protocol,
        keep_ids: false,
        out,
        existing: Existing::Refuse,
        now: None,
    };
    import(&recording).unwrap();
    out.to_owned()
}

/// `count` people of 17 and as many of 20 with one photo each; `answer` gives each person's answer.
fn people(count: u32, answer: impl Fn(u32, u32) -> String) -> Vec<(String, String, u32, String)> {
    let row =
        |age: u32, person: u32| (format!("s{age}-{person}"), format!("p{age}-{person}"), age, answer(age, person));
    (0..count).flat_map(|person| [row(17, person), row(20, person)]).collect()
}

fn eighteen() -> Protocol {
    Protocol::from_toml("limits = [18]").unwrap()
}

fn of(folders: &[PathBuf]) -> Result<Comparison, CompareError> {
    compare(&CompareRequest { folders, restandardise: false, out: None })
}

/// The row of a rate at 18 under `policy`, whole dataset.
fn rate<'c>(comparison: &'c Comparison, metric: &str, policy: FailurePolicy) -> &'c Compared {
    let found: Vec<&Compared> = comparison
        .rows
        .iter()
        .filter(|compared| {
            let Row { challenge, failure_policy, population, group, .. } = &compared.row;
            compared.row.metric == metric
                && challenge.is_some_and(|challenge| challenge.years() == 18.0)
                && *failure_policy == Some(policy)
                && matches!(population, Population::Under | Population::Over)
                && group.is_whole()
        })
        .collect();
    assert_eq!(found.len(), 1, "{metric}");
    found[0]
}

fn near(found: Option<f64>, wanted: f64) {
    assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?} is not {wanted}");
}

/// The values of scripts/validation/comparison.py.
fn golden() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../fixtures/golden/comparison.json")).unwrap()
}
