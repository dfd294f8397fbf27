//! A study in words: what was done of each part, and how it stands to the plan on record.

use comfy_table::{CellAlignment, Table, presets};

use super::super::Exit;
use super::parts::{Done, Line};
use crate::finding::counted;
use crate::study::{Plan, Registration, Standing};

/// What a study plans, in one line.
fn head(plan: &Plan) -> String {
    format!(
        "study `{}`: {} x {} under the protocol `{}`\n",
        plan.name,
        counted(plan.methods.len(), "method"),
        counted(plan.datasets.len(), "dataset"),
        plan.protocol.name
    )
}

/// The parts and what was done about each.
pub(super) fn parts(plan: &Plan, lines: &[Line], standing: Option<&Standing>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["part", "", "attempts", "failed"]);
    for line in lines {
        let (attempts, failed) = match line.counts {
            Some((attempts, failed)) => (attempts.to_string(), failed.to_string()),
            None => (String::new(), String::new()),
        };
        table.add_row([line.folder.clone(), state(line), attempts, failed]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    format!("{}\n{table}\n{}\n", head(plan), Standing::sentence(standing))
}

fn state(line: &Line) -> String {
    let word = match line.done {
        Done::Kept => "kept",
        Done::Made => "made",
        Done::WentOn => "went on, finished",
        Done::Unfinished => "unfinished",
        Done::NotYet => "missing",
        Done::Broke => "not made",
    };
    if line.exit == Exit::Done { word.to_owned() } else { format!("{word} (exit code {})", line.exit.code()) }
}

/// What is on record now.
pub(super) fn registration(registration: &Registration) -> String {
    let content = &registration.content;
    let plan = &content.plan;
    let mut text = head(plan);
    let mut line = |name: &str, what: String| text.push_str(&format!("  {name:<12} {what}\n"));
    line("date", content.date.clone());
    if !content.signed_off_by.is_empty() {
        line("by", content.signed_off_by.join(", "));
    }
    line("protocol", format!("{} {}", plan.protocol.name, plan.protocol.digest.short()));
    for method in &plan.methods {
        line("method", format!("{} version {} {}", method.name, method.version, method.digest.short()));
    }
    for dataset in &plan.datasets {
        let (samples, subjects) = (counted(dataset.samples, "sample"), counted(dataset.subjects, "subject"));
        let manifest = dataset.manifest_digest.short();
        line("dataset", format!("{} version {} {manifest}, {samples} of {subjects}", dataset.name, dataset.version));
    }
    for measurement in &plan.measurements {
        line(&measurement.verb, format!("{} on {}", measurement.method, measurement.dataset));
    }
    let primary = plan.protocol.effective.get("primary").and_then(|rows| rows.as_array());
    match primary.map(Vec::as_slice) {
        None | Some([]) => line("primary", "no rows: all results will be exploratory".to_owned()),
        Some(rows) => rows.iter().for_each(|row| line("primary", row.to_string())),
    }
    line("digest", registration.digest.hex());
    text
}
