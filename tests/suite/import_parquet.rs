//! `agebench import parquet`: tables that polars and DuckDB wrote, against the CSV that they write of the same table; what is no table of cells; and a
//! build that reads no Parquet.
//!
//! polars and DuckDB are those of the Python that `AGEBENCH_PYTHON` names, or of `python3`: with `AGEBENCH_NEEDS=polars,duckdb`, which CI sets,
//! their absence is a failure. The fixture of the importer was written by pyarrow.

#[cfg(feature = "parquet")]
use std::{fs, path::Path};

use crate::import::{fixture, import};
#[cfg(feature = "parquet")]
use crate::support::{python_in, run, text};

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_so_and_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    for format in ["auto", "parquet"] {
        import(format, &fixture("parquet").join("labels.parquet"), &out).ended(2).told(&[
            "this build reads no Parquet",
            "the feature `parquet`",
            "save the table as CSV",
        ]);
    }
    assert!(!out.exists());
}

/// Runs `program` in `place`; false, after saying that a test skips, where Python has no `module`.
#[cfg(feature = "parquet")]
fn python(place: &Path, module: &str, program: &str) -> bool {
    let Some(ran) = python_in(place, module, program) else { return false };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    true
}

/// The table in the three forms; 5,000 rows are several groups and many pages.
#[cfg(feature = "parquet")]
const POLARS: &str = r#"
import datetime, decimal, polars
n = 5000
day = lambda at: datetime.date(1990, 1, 1) + datetime.timedelta(days=at)
every = lambda at, value: None if at % 7 == 3 else value
table = polars.DataFrame({
    "id": [f"s{at}" for at in range(n)],
    "person": polars.Series([at // 3 for at in range(n)], dtype=polars.UInt64),
    "age": polars.Series([every(at, at % 90 + at % 4 / 4) for at in range(n)], dtype=polars.Float32),
    "region": polars.Series([every(at, ["North", "Süd", "a, b"][at % 3]) for at in range(n)], dtype=polars.Categorical),
    "small": polars.Series([every(at, at % 256 - 128) for at in range(n)], dtype=polars.Int8),
    "unsigned": polars.Series([2**32 - 1 - at for at in range(n)], dtype=polars.UInt32),
    "large": polars.Series([-(2**62) + at for at in range(n)], dtype=polars.Int64),
    "share": [every(at, at / 8) for at in range(n)],
    "born": [every(at, day(at)) for at in range(n)],
    "seen": [every(at, datetime.datetime(2001, 2, 3, at % 24, at % 60, at % 59)) for at in range(n)],
    "paid": polars.Series([every(at, decimal.Decimal(at - 2500) / 100) for at in range(n)], dtype=polars.Decimal(10, 2)),
    "indoors": [every(at, at % 2 == 0) for at in range(n)],
    "nothing": [None] * n,
})
table.write_csv("polars.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
for compression in ["uncompressed", "snappy", "gzip", "zstd", "lz4", "brotli"]:
    table.write_parquet(f"{compression}.parquet", compression=compression, row_group_size=1999)
"#;

#[cfg(feature = "parquet")]
const DUCKDB: &str = r#"
import duckdb
duckdb.sql("""
    CREATE TABLE people AS SELECT 'd' || n AS sample_id, n // 2 AS person,
        CASE WHEN n % 5 > 0 THEN (n % 900 / 10)::DECIMAL(5, 1) END AS age,
        CASE WHEN n % 3 > 0 THEN 'land ' || n % 4 END AS region,
        DATE '1980-01-01' + n::INTEGER AS born, TIMESTAMP '2001-02-03 00:00:00' + INTERVAL (n) DAY AS seen,
        n % 2 = 0 AS indoors, (n * 1000000007)::HUGEINT::DECIMAL(30, 0) AS large, n::UTINYINT AS small, uuid() AS number
    FROM range(250) AS r(n)
""")
duckdb.sql("COPY people TO 'duckdb.csv' (HEADER, DATEFORMAT '%Y-%m-%d', TIMESTAMPFORMAT '%Y-%m-%d')")
for version in ["v1", "v2"]:
    for compression in ["snappy", "gzip", "zstd", "uncompressed"]:
        duckdb.sql(f"COPY people TO '{version}-{compression}.parquet' (FORMAT parquet, COMPRESSION {compression}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
"#;

/// The manifest of `file`, whose ages are written as exact.
#[cfg(feature = "parquet")]
fn manifest(format: &str, file: &Path) -> String {
    let out = file.with_extension(format!("{format}-out"));
    run(&["import", format, text(file), "--age-precision", "day", "--out", text(&out)]).ended(0);
    fs::read_to_string(out.join("manifest.csv")).unwrap()
}

/// As numbers where they are: polars writes 17.0 and 17.50 where a manifest has 17 and 17.5.
#[cfg(feature = "parquet")]
fn cells(manifest: &str) -> Vec<Vec<String>> {
    let mut rows = csv::Reader::from_reader(manifest.as_bytes());
    let header = rows.headers().unwrap().iter().map(str::to_owned).collect();
    let number = |cell: &str| match cell.parse::<f64>() {
        Ok(number) if cell.contains('.') => number.to_string(),
        _ => cell.to_owned(),
    };
    let rows = rows.records().map(|row| row.unwrap().iter().map(number).collect());
    std::iter::once(header).chain(rows).collect()
}

#[cfg(feature = "parquet")]
#[test]
fn tables_of_polars_in_every_compression_that_is_read_are_the_csv_that_it_writes() {
    let place = tempfile::tempdir().unwrap();
    if !python(place.path(), "polars", POLARS) {
        return;
    }
    let expected = cells(&manifest("csv", &place.path().join("polars.csv")));
    assert!(expected.len() == 5001 && expected[0].len() == 13, "{:?}", expected[0]);
    for compression in ["uncompressed", "snappy", "gzip", "zstd"] {
        let found = cells(&manifest("parquet", &place.path().join(format!("{compression}.parquet"))));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{compression}");
        }
        assert_eq!(found.len(), expected.len());
    }
    for compression in ["lz4", "brotli"] {
        let out = place.path().join("never");
        let said = format!("compressed with {compression}");
        import("parquet", &place.path().join(format!("{compression}.parquet")), &out).ended(2).told(&[&said, "snappy"]);
        assert!(!out.exists());
    }
}

#[cfg(feature = "parquet")]
#[test]
fn tables_of_duckdb_with_decimals_and_days_are_the_csv_that_it_writes() {
    let place = tempfile::tempdir().unwrap();
    if !python(place.path(), "duckdb", DUCKDB) {
        return;
    }
    let expected = cells(&manifest("csv", &place.path().join("duckdb.csv")));
    assert_eq!(expected.len(), 251);
    let files = ["v1", "v2"]
        .into_iter()
        .flat_map(|version| ["snappy", "gzip", "zstd", "uncompressed"].map(|codec| format!("{version}-{codec}")));
    for file in files {
        assert_eq!(cells(&manifest("parquet", &place.path().join(format!("{file}.parquet")))), expected, "{file}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn pictures_within_a_table_are_an_error_that_says_what_to_do_and_lists_are_told_of() {
    let place = tempfile::tempdir().unwrap();
    // As the `datasets` library of Hugging Face writes them.
    let program = r#"
import polars
polars.DataFrame({
    "image": [{"bytes": b"\xff\xd8\xff\xe0", "path": "1.jpg"}, {"bytes": None, "path": "2.jpg"}], "age": [17, 40],
}).write_parquet("hub.parquet", compression="snappy")
polars.DataFrame({"id": ["a", "b"], "age": [17, 40], "picture": [b"\xff\xd8", b"x"], "note": [b"one", b"two"], "at": [{"x": 1}, {"x": 2}]}).write_parquet(
    "other.parquet", compression="snappy")
"#;
    if !python(place.path(), "polars", program) {
        return;
    }
    let out = place.path().join("out");
    for format in ["auto", "parquet"] {
        import(format, &place.path().join("hub.parquet"), &out).ended(2).told(&[
            "`image` holds the pictures themselves",
            "to a file of its own",
            "docs/import.md",
        ]);
    }
    assert!(!out.exists());
    import("parquet", &place.path().join("other.parquet"), &out).ended(0).told(&[
        "the column `picture` is not carried: it holds bytes that are no text",
        "the column `at` is not carried: it holds lists or structs",
    ]);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), "sample_id,age,note\na,17,one\nb,40,two\n");
}

#[cfg(feature = "parquet")]
#[test]
fn what_is_no_parquet_file_or_breaks_off_is_an_error_and_several_are_asked_about() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let whole = fs::read(fixture("parquet").join("labels.parquet")).unwrap();
    let file = place.path().join("broken.parquet");
    for (content, said) in
        [(&b"sample_id,age\n"[..], "Parquet"), (b"", "Parquet"), (&whole[..whole.len() / 2], "Parquet")]
    {
        fs::write(&file, content).unwrap();
        import("parquet", &file, &out).ended(2).told(&["broken.parquet", said, "again"]);
    }
    fs::write(&file, &whole).unwrap();
    fs::write(place.path().join("other.parquet"), &whole).unwrap();
    import("auto", place.path(), &out).ended(2).told(&["several Parquet files: `broken.parquet` and `other.parquet`"]);
    assert!(!out.exists());
}

#[cfg(feature = "parquet")]
#[test]
fn descriptions_of_a_parquet_table_are_read_and_a_set_of_files_is_an_error_that_says_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let write = "import polars
polars.DataFrame({'who': ['a', 'b'], 'years': [17, 18], 'note': ['x', 'y']}).write_parquet('people.parquet')";
    if !python(place, "polars", write) {
        return;
    }
    let column = |source: &str, name: &str, column: &str| serde_json::json!({ "@id": format!("people/{name}"), "name": name, "source": { source: { "@id": "table" }, "extract": { "column": column } } });
    let described = |source: &str, table: serde_json::Value| {
        let fields =
            [column(source, "subject_id", "who"), column(source, "age", "years"), column(source, "note", "note")];
        let about = serde_json::json!({
            "name": "people", "distribution": [table], "recordSet": [{ "@id": "people", "field": fields }],
        });
        fs::write(place.join("croissant.json"), about.to_string()).unwrap();
    };
    let expected = "sample_id,subject_id,age,note\n1,a,17,x\n2,b,18,y\n";
    described("fileObject", serde_json::json!({ "@id": "table", "contentUrl": "people.parquet" }));
    let out = place.join("croissant");
    import("croissant", &place.join("croissant.json"), &out).ended(0);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), expected);
    // As most datasets of the Hugging Face hub are described.
    described("fileSet", serde_json::json!({ "@id": "table", "includes": "default/*/*.parquet" }));
    import("croissant", &place.join("croissant.json"), &place.join("never")).ended(2).told(&["a set of files", "join"]);
    let package = serde_json::json!({ "name": "people", "resources": [{ "path": "people.parquet" }] });
    fs::write(place.join("datapackage.json"), package.to_string()).unwrap();
    import("frictionless", &place.join("datapackage.json"), &place.join("never"))
        .ended(2)
        .told(&["no column holds the age", "--columns"]);
    let out = place.join("frictionless");
    let columns = ["--columns", "age=years,subject_id=who"];
    run(&[&["import", "frictionless", text(&place.join("datapackage.json")), "--out", text(&out)][..], &columns]
        .concat())
    .ended(0);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), expected);
}
