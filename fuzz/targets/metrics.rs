//! Tables of published rows: what is read is written to bytes that are read to the same rows.
#![no_main]

use agebench::table::{Compared, Ranked, Table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(table) = Table::read(data) {
        let mut first = Vec::new();
        table.write(&mut first).expect("memory takes all");
        let again = Table::read(first.as_slice()).expect("what was written is read");
        let mut second = Vec::new();
        again.write(&mut second).expect("memory takes all");
        assert_eq!(first, second);
    }
    let _ = Compared::read(data);
    let _ = Ranked::read(data);
});
