//! The three forms of the report.

mod rows;

use agebench::report::{self, Options};
use rows::{Case, table};

fn options() -> Options {
    Options {
        notices: vec!["Drawn faces prove the tool and nothing about any person.".into()],
        width: Some(120),
        ..Options::default()
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let table = table(&[Case::GOOD, Case::YOUNG]);
    assert_eq!(report::terminal(&table, &options()).unwrap(), report::terminal(&table, &options()).unwrap());
    assert_eq!(report::markdown(&table, &options()).unwrap(), report::markdown(&table, &options()).unwrap());
}
