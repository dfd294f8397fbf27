//! What `agebench import --describe` writes, read by tools that we did not write: frictionless, and mlcroissant of MLCommons.
//!
//! Both are those of the Python that `AGEBENCH_PYTHON` names, or of `python3`: with `AGEBENCH_NEEDS=frictionless`, which CI sets, its absence is a
//! failure. mlcroissant takes 370 MB and minutes to install: CI goes without it, docs/import.md says how it is done by hand.

use std::fs;
use std::path::Path;

use crate::import::fixture;
use crate::support::{python_in, run, text};

/// Imports that are described: a table with boxes and accents, layouts with a licence, bands, subjects and splits, and dates.
fn described(place: &Path) -> Vec<std::path::PathBuf> {
    let dates = place.join("dates.csv");
    fs::write(
        &dates,
        "id,birth_date,captured_on,note\na,2006-11-30,2024-11-29,\"one, \"\"two\"\"\"\nb,2000-02-29,2024-02-28,\n",
    )
    .unwrap();
    let given = [
        ("csv", fixture("csv").join("labels.csv")),
        ("csv", dates),
        ("fg-net", fixture("fg-net")),
        ("fairface", fixture("fairface")),
        ("imdb-wiki", fixture("imdb-wiki")),
    ];
    let import = |(at, (format, from)): (usize, &(&str, std::path::PathBuf))| {
        let out = place.join(format!("{at}-{format}"));
        run(&["import", format, text(from), "--describe", "croissant,frictionless", "--out", text(&out)]).ended(0);
        out
    };
    given.iter().enumerate().map(import).collect()
}

#[test]
fn frictionless_accepts_the_description_and_its_table_and_finds_another_table_and_a_wrong_cell() {
    let place = tempfile::tempdir().unwrap();
    let validate = "import sys, frictionless; report = frictionless.validate('datapackage.json', type='package'); \
                    print(report.flatten(['type', 'message'])); sys.exit(not report.valid)";
    for out in described(place.path()) {
        let Some(ran) = python_in(&out, "frictionless", validate) else { return };
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{}: {said}{}", out.display(), String::from_utf8_lossy(&ran.stderr));
        let table = out.join("manifest.csv");
        let whole = fs::read_to_string(&table).unwrap();
        let row = whole.lines().nth(1).unwrap();
        // Another table than the one that was described: one id twice, too.
        fs::write(&table, format!("{whole}{row}\n")).unwrap();
        let said = String::from_utf8_lossy(&python_in(&out, "frictionless", validate).unwrap().stdout).into_owned();
        assert!(said.contains("hash-count") && said.contains("primary-key"), "{said}");
        fs::write(&table, whole).unwrap();
    }
}

#[test]
fn mlcroissant_reads_the_records_that_the_manifest_holds() {
    let place = tempfile::tempdir().unwrap();
    let program = r#"
import csv, sys, mlcroissant
dataset = mlcroissant.Dataset("croissant.json")
text = lambda value: value.decode() if isinstance(value, bytes) else value
records = [{key.split("/")[-1]: text(value) for key, value in record.items()} for record in dataset.records("samples")]
rows = list(csv.DictReader(open("manifest.csv", encoding="utf-8", newline="")))
assert len(records) == len(rows), (len(records), len(rows))
def same(found, cell):
    if not cell:
        return found is None or found == "" or found != found or str(found) == "NaT"
    if isinstance(found, float):
        return abs(found - float(cell)) < 1e-9
    # It reads the table with pandas, whose whole numbers have no zeros before them: of the id 001 it makes 1.
    return str(found)[:len(cell)].lstrip("0") == cell.lstrip("0")
for record, row in zip(records, rows):
    assert record.keys() == row.keys(), (record, row)
    assert all(same(record[key], row[key]) for key in row), (record, row)
"#;
    for out in described(place.path()) {
        let Some(ran) = python_in(&out, "mlcroissant", program) else { return };
        assert!(ran.status.success(), "{}: {}", out.display(), String::from_utf8_lossy(&ran.stderr));
    }
}
