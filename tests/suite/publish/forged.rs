//! Packages that somebody changed and sealed again: what follows from elsewhere in them is found without a signature.

use std::fs;
use std::path::Path;

use agebench::stats::wilson;

use super::{recorded, release, seal};
use crate::support::{run, text};

/// A table of text, by column names.
#[derive(Clone)]
struct Cells {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cells {
    fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        Self { header, rows }
    }

    fn text(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.header).unwrap();
        self.rows.iter().for_each(|row| writer.write_record(row).unwrap());
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    fn place(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).unwrap()
    }

    fn cell(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.place(column)]
    }

    fn set(&mut self, row: usize, column: &str, cell: impl ToString) {
        let place = self.place(column);
        self.rows[row][place] = cell.to_string();
    }

    /// The first row with these cells.
    fn find(&self, wanted: &[(&str, &str)]) -> usize {
        let fits = |row: &usize| wanted.iter().all(|(column, cell)| self.cell(*row, column) == *cell);
        (0..self.rows.len()).find(fits).unwrap()
    }
}

fn found(out: &Path, cells: &Cells, told: &str) {
    seal(out, &cells.text());
    run(&["verify", text(out)]).ended(1).told(&[told]);
}

#[test]
fn a_rate_whose_interval_level_or_sample_size_was_chosen_anew_is_found() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let whole = Cells::read(&fs::read_to_string(out.join("metrics.csv")).unwrap());
    let wanted =
        [("metric", "adult_denial_rate"), ("population", "over"), ("challenge", "18"), ("weighting", "attempt")];
    let rate =
        whole.find(&[&wanted[..], &[("group", ""), ("failure_policy", "conditional"), ("variant", "")]].concat());
    let number = |column: &str| whole.cell(rate, column).parse::<f64>().unwrap();
    let mut other = whole.clone();
    for (column, cell) in [
        ("interval", "clopper_pearson"),
        ("low", "0.0001"),
        ("high", "0.0002"),
        ("claim_low", "0"),
        ("claim_high", "0.0002"),
    ] {
        other.set(rate, column, cell);
    }
    found(&out, &other, "a rate has the interval `wilson`");
    let mut other = whole.clone();
    let (low, high) = wilson(number("value"), number("n_star"), 0.5);
    for (column, cell) in [("level", 0.5), ("low", low), ("high", high)] {
        other.set(rate, column, cell);
    }
    found(&out, &other, "the protocol's is 0.95");
    let mut other = whole.clone();
    other.set(rate, "n_star", number("n_attempts") * 100.0);
    found(&out, &other, "it is more than the attempts");
    let mut other = whole.clone();
    for column in ["n_star", "deff", "claim_low", "claim_high"] {
        other.set(rate, column, "");
    }
    found(&out, &other, "it is empty, and a rate with a value has it");
}

#[test]
fn evidence_and_flags_that_do_not_follow_are_found() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let whole = Cells::read(&fs::read_to_string(out.join("metrics.csv")).unwrap());
    let of_rates = |row: &usize| whole.cell(*row, "metric") == "under_age_pass_rate";
    let short = |row: &usize| of_rates(row) && whole.cell(*row, "evidence").contains("subjects");
    let short = (0..whole.rows.len()).find(short).unwrap();
    let mut other = whole.clone();
    other.set(short, "evidence", "sufficient");
    found(&out, &other, "it is not that of the status `insufficient_evidence`");
    other.set(short, "status", "value");
    found(&out, &other, "for `sufficient`");
    let flags = whole.cell(short, "flags").to_owned();
    let marked = if flags.contains("exploratory") { ("exploratory", "primary") } else { ("primary", "exploratory") };
    for (from, to, told) in [
        (marked.0, marked.1, "is not what the protocol declares"),
        (";sample_only", "", "`sample_only` must be there"),
        ("sample_only", "labels_not_chronological;sample_only", "`labels_not_chronological` must not be there"),
    ] {
        assert!(flags.contains(from), "{from}: {flags}");
        let mut other = whole.clone();
        other.set(short, "flags", flags.replacen(from, to, 1));
        found(&out, &other, told);
    }
}

#[test]
fn rows_that_no_rule_was_applied_to_are_found_in_a_package_that_says_so() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (open, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let record = fs::read_to_string(open.join("run.json")).unwrap();
    fs::write(open.join("run.json"), record.replacen("\"rule\": \"none\"", "\"rule\": \"uk_7_5\"", 1)).unwrap();
    let mut cells = Cells::read(&fs::read_to_string(open.join("metrics.csv")).unwrap());
    found(&open, &cells, "the rule was not applied to the row");
    for row in 0..cells.rows.len() {
        let flags = format!("{};uk_7_5", cells.cell(row, "flags"));
        cells.set(row, "flags", flags);
    }
    found(&open, &cells, "it is not published under `uk_7_5`");

    let (out, ran) = release(place.path(), &[&one], "uk_7_5", &[]);
    ran.ended(0);
    let whole = Cells::read(&fs::read_to_string(out.join("metrics.csv")).unwrap());
    let shown = (0..whole.rows.len()).find(|row| !whole.cell(*row, "n_subjects").is_empty()).unwrap();
    for (column, cell, told) in [
        ("n_attempts", "201", "it is not rounded as `uk_7_5` rounds"),
        ("n_subjects", "7", "a count up to 7 is withheld under `uk_7_5`, and it is here"),
        ("n_ties", "20", "it is not published under `uk_7_5`"),
    ] {
        let mut other = whole.clone();
        other.set(shown, column, cell);
        found(&out, &other, told);
    }
    found_none(&out, &whole);
}

fn found_none(out: &Path, cells: &Cells) {
    seal(out, &cells.text());
    run(&["verify", text(out)]).ended(0);
}

#[test]
fn files_in_which_something_stands_that_publish_does_not_write_are_found() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (out, ran) = release(place.path(), &[&one], "none", &["--title", "A title"]);
    ran.ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    for (file, from, to, told) in [
        ("README.md", "# A title", "# Certified", "README.md: it is not what publish writes of these files"),
        ("run.json", "{", "{ \"host_name\": \"planted-host\",", "run.json: it has other keys than publish writes"),
        (
            "run.json",
            "\"runs\": [\n    {",
            "\"runs\": [\n    { \"host\": 1,",
            "run.json: it has other keys than publish writes",
        ),
        ("protocol.toml", "", "# by planted-name\n", "protocol.toml: it is not what publish writes of a protocol"),
        (
            "datapackage.json",
            "{",
            "{ \"author\": \"planted-name\",",
            "datapackage.json: it has other keys than publish writes",
        ),
        ("datapackage.json", "A title", "Another title", "datapackage.json: its title is not that of run.json"),
    ] {
        let whole = fs::read_to_string(out.join(file)).unwrap();
        assert!(whole.contains(from), "{from}: {whole}");
        fs::write(out.join(file), whole.replacen(from, to, 1)).unwrap();
        seal(&out, &metrics);
        run(&["verify", text(&out)]).ended(1).told(&[told]);
        fs::write(out.join(file), whole).unwrap();
    }
    seal(&out, &metrics);
    run(&["verify", text(&out)]).ended(0);
}
