//! Row numbers, encodings and quotes, as foreign files have them.

use super::*;

fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
    let mut sheet = Sheet::open("t.csv", text.as_bytes()).unwrap();
    let width = sheet.header().len();
    let mut rows = Vec::new();
    while let Some(row) = sheet.next_row().unwrap() {
        rows.push((row.number(), (0..width).map(|place| row.text(place).unwrap().to_owned()).collect()));
    }
    rows
}

#[test]
fn row_numbers_are_those_of_a_text_editor_whatever_the_line_ends() {
    for end in ["\n", "\r\n"] {
        for last in ["", end] {
            let lines = ["a,b", "1,x", "", "", "2,\"p", "q\"", "3,z"];
            let found = rows(&format!("{}{last}", lines.join(end)));
            let numbers: Vec<u64> = found.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers, [2, 5, 7], "{end:?} {last:?}");
            assert_eq!(found[1].1, ["2", "p\nq"]);
            assert_eq!(found[2].1, ["3", "z"]);
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_column() {
    let sheet = Sheet::open("t.csv", "\u{feff}sample_id,age\n".as_bytes()).unwrap();
    assert_eq!(sheet.place("sample_id"), Some(0));
}

#[test]
fn files_that_are_not_comma_separated_utf_8_are_refused_with_the_remedy() {
    let refused = |bytes: &[u8]| Sheet::open("t.csv", bytes).unwrap_err();
    assert!(refused(b"").to_string().contains("empty"));
    assert!(refused(b"\xff\xfea\0b\0").to_string().contains("utf-16"));
    assert!(refused(b"a;b;c\n1;2;3\n").to_string().contains("semicolons"));
    assert!(refused(b"a\xe4,b\n").to_string().contains("not utf-8"));
    assert!(refused(b"a,a\n").to_string().contains("twice"));
    assert!(refused(b"PK\x03\x04rest").to_string().contains("spreadsheet"));
    assert!(refused(b"a,b\n\0\0").help().is_some());
}

#[test]
fn a_quote_that_is_not_closed_is_an_error_in_the_row_that_opens_it() {
    let last = |text: &str| {
        let mut sheet = Sheet::open("t.csv", text.as_bytes())?;
        loop {
            match sheet.next_row() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    };
    for (text, row) in [
        ("a,b\n1,x\n2,\"oops\n3,y\n4,z\n", 3),
        ("a,b\n1,\"oops", 2),
        ("a,b\n1,\"", 2),
        ("a,b\r\n\r\n1,\"oops\r\n", 3),
        ("a,b\n\"two\nlines\",\"oops\n3,y\n", 3),
        ("a,b\n1,\"said \"\"x\"\"\n", 2),
        ("a,\"b\n1,2\n", 1),
    ] {
        let error = last(text).unwrap_err();
        assert!(error.to_string().starts_with(&format!("t.csv, row {row}: the file ends within")), "{error}");
        assert!(error.help().unwrap().contains("close"));
    }
    for closed in ["a,b\n1,\"x\n\"\n", "a,b\n1,\"\"", "a,b\n1,\"x\"", "a,b\n", "a,b", "a,b\n1,x\"\n\n\n"] {
        last(closed).unwrap();
    }
}

#[test]
fn a_missing_column_lists_those_there_are_and_suggests_one() {
    let sheet = Sheet::open("t.csv", "file,predicted_age\n".as_bytes()).unwrap();
    let finding = sheet.require("predicted_ages").unwrap_err();
    assert_eq!(
        finding.to_string(),
        "t.csv: the column `predicted_ages` is missing: there are `file` and `predicted_age`"
    );
    assert_eq!(finding.help.as_deref(), Some("did you mean `predicted_age`?"));
}
