//! What the finder of `agebench init method --samples` found, as a table for people and as CSV.

use super::super::list::{Listing, table};
use crate::finding::counted;
use crate::init::{Drafted, Found, HeadGuess, Row};

/// The columns of the table.
const COLUMNS: [&str; 15] = [
    "channels",
    "scaling",
    "resize",
    "fit",
    "margin",
    "border",
    "layout",
    "head",
    "agreement",
    "rmse",
    "mae",
    "spearman",
    "slope",
    "failed",
    "further from the labels than the first, years",
];

/// A row of the table.
fn cells(row: &Row, drafted: &Drafted) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
    let fields = &row.fields;
    let head = drafted.heads.get(row.head).map(HeadGuess::label).unwrap_or_default();
    let first = row.first_age.map_or_else(String::new, |first| format!(" first_age={first}"));
    let against = row.against.as_ref().map_or_else(String::new, |against| {
        if against.is_same {
            return "the same answers".to_owned();
        }
        let bounds = against.bounds.map_or_else(String::new, |(low, high)| format!(" ({low:.2} to {high:.2})"));
        let open = if against.is_told_apart() { "" } else { ", not told apart" };
        format!("{:.2}{bounds}{open}", against.further)
    });
    vec![
        fields.channels.to_string(),
        row.scaling.clone(),
        fields.filter.to_string(),
        fields.fit.to_string(),
        fields.margin.to_string(),
        fields.border.to_string(),
        fields.layout.to_string(),
        format!("{head}{first}"),
        format!("{:.3}", row.follows.agreement),
        format!("{:.2}", row.follows.rmse),
        format!("{:.2}", row.follows.mae),
        number(row.follows.spearman),
        number(row.follows.slope),
        row.follows.failed.to_string(),
        against,
    ]
}

/// The first `rows` variants as a table.
pub(super) fn told(found: &Found, drafted: &Drafted, rows: usize, width: Option<u16>) -> String {
    let lines: Vec<Vec<String>> = found.rows.iter().take(rows).map(|row| cells(row, drafted)).collect();
    // A column in which nothing was tried says nothing.
    let varies = |column: usize| {
        column >= 7
            || found
                .rows
                .iter()
                .any(|row| cells(row, drafted).get(column) != lines.first().and_then(|it| it.get(column)))
    };
    let kept: Vec<usize> = (0..COLUMNS.len()).filter(|column| varies(*column)).collect();
    let keep = |line: &Vec<String>| kept.iter().filter_map(|column| line.get(*column).cloned()).collect();
    let listing = Listing {
        columns: kept.iter().filter_map(|column| COLUMNS.get(*column).copied()).collect(),
        lines: lines.iter().map(keep).collect(),
    };
    let unreadable = if found.unreadable == 0 { String::new() } else { format!(", {} unreadable", found.unreadable) };
    format!(
        "{} of {}, {}{unreadable}; {} ways to prepare them were tried, {} of these on all samples\n\n{}",
        found.samples,
        counted(found.eligible as u64, "sample"),
        counted(found.subjects as u64, "subject"),
        found.tried,
        found.rows.len(),
        table(&listing, width)
    )
}

/// All variants that were tried on all samples, a row each.
pub(super) fn csv(found: &Found, drafted: &Drafted) -> String {
    let quote = |cell: &String| {
        if cell.contains([',', '"', ' ']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let header = "channels,scaling,resize,fit,margin,border,layout,head,agreement,rmse,mae,spearman,slope,failed,further,low,high,p,samples\n";
    let row = |row: &Row| {
        let mut line = cells(row, drafted);
        line.pop();
        let against = row.against.as_ref();
        let bounds = against.and_then(|against| against.bounds);
        let optional = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
        line.push(optional(against.map(|against| against.further)));
        line.push(optional(bounds.map(|bounds| bounds.0)));
        line.push(optional(bounds.map(|bounds| bounds.1)));
        line.push(optional(against.map(|against| against.p)));
        line.push(row.follows.samples.to_string());
        line.iter().map(quote).collect::<Vec<_>>().join(",") + "\n"
    };
    header.to_owned() + &found.rows.iter().map(row).collect::<String>()
}

/// What the samples say of each choice.
pub(super) fn said(found: &Found) -> String {
    let mut text = "\nWhat the samples say of the first row:\n".to_owned();
    for said in &found.said {
        let shown = if said.is_shown() { "shown" } else { "open " };
        text.push_str(&format!("  {shown}  {} = {}: {}\n", said.word, said.value, said.text()));
    }
    if !found.has_boxes {
        text.push_str("  open   margin: the samples have no face boxes, so whole pictures were given\n");
    }
    let aside = found.eligible.saturating_sub(found.samples + found.unreadable);
    if aside > 0 && found.said.iter().any(|said| !said.open.is_empty() || !said.same.is_empty()) {
        let are = if aside == 1 { "1 more sample is" } else { &format!("{aside} more samples are") };
        text.push_str(&format!("{are} there: --most {} may tell what is open\n", found.eligible));
    }
    for doubt in &found.doubts {
        text.push_str(&format!("warning: {doubt}\n"));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Said;

    fn found(samples: usize, same: &[&str]) -> Found {
        let same = same.iter().map(|value| (*value).to_owned()).collect();
        let (word, value) = ("border", "black".to_owned());
        let said = vec![Said { word, value, same, open: Vec::new(), beaten: None, compared: 3, follows: true }];
        let (eligible, has_boxes, rows, doubts) = (895, true, Vec::new(), Vec::new());
        Found { samples, subjects: samples, eligible, unreadable: 0, has_boxes, tried: 4, rows, said, doubts }
    }

    #[test]
    fn samples_that_were_left_aside_are_told_where_a_choice_is_open() {
        assert!(
            said(&found(300, &["gray"])).contains("595 more samples are there: --most 895 may tell what is open\n")
        );
        for nothing_more in [found(895, &["gray"]), found(300, &[])] {
            assert!(!said(&nothing_more).contains("--most"));
        }
    }
}
