//! Every row of the drawn people is as it was: of each metric its number of rows, and a digest of them.
//!
//! Whether a number is right is held against other computations, in the files beside this one. This test is for all that they do
//! not look at: counts, places, flags, reasons, and which rows there are. Where a number is meant to change,
//! `AGEBENCH_WRITE=1 cargo test --no-default-features --lib unchanged` writes the file anew, and CHANGELOG tells it under
//! *Numbers that change*.

mod measured;
mod people;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::digest::Digest;

/// The cell, a fraction with as many digits as every machine agrees on.
fn rounded(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(number) if cell.contains(['.', 'e']) => format!("{number:.6e}"),
        _ => cell.to_owned(),
    }
}

#[test]
fn every_row_of_drawn_people_is_as_it_was() {
    let mut made = String::from("data,metric,rows,sha256\n");
    for (data, table) in people::cases().into_iter().chain(measured::cases()) {
        let mut bytes = Vec::new();
        table.write(&mut bytes).unwrap();
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let metric = reader.headers().unwrap().iter().position(|column| column == "metric").unwrap();
        let mut of_metric: BTreeMap<String, (u32, String)> = BTreeMap::new();
        for record in reader.records().map(Result::unwrap) {
            let (rows, text) = of_metric.entry(record[metric].to_owned()).or_default();
            *rows += 1;
            record.iter().for_each(|cell| text.push_str(&(rounded(cell) + ",")));
            text.push('\n');
        }
        for (metric, (rows, text)) in of_metric {
            let _ = writeln!(made, "{data},{metric},{rows},{}", Digest::of(text.as_bytes()).short());
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/unchanged.csv");
    if std::env::var_os("AGEBENCH_WRITE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let held = std::fs::read_to_string(&path).unwrap();
    let differing: Vec<&str> = made.lines().filter(|line| !held.lines().any(|held| held == *line)).collect();
    assert!(held == made, "rows are not as they were: {differing:#?}");
}
