//! The validation of the methods themselves in small: a few cells and data sets of what `benches/coverage` draws for
//! docs/validation.md, so that neither the program nor the page can rot.

use std::fs;
use std::path::Path;

#[path = "../../benches/coverage/families.rs"]
mod families;

use families::{Effort, report};

/// Families that only the program runs: their small parts are not small enough for an unoptimised build.
const LONG: [&str; 4] = ["buffer", "areas", "tests", "nulls"];

#[test]
fn intervals_bounds_and_tests_keep_their_levels_in_a_few_drawn_cells() {
    let effort = Effort { sets: 1000, few: true };
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md")).unwrap();
    for (family, tables) in families::ALL.into_iter().filter(|(family, _)| !LONG.contains(family)) {
        for table in tables(&effort) {
            assert!(table.held > 0, "{family}: nothing is held against a rule");
            assert!(table.broken.is_empty(), "{family}: {:#?}", table.broken);
            assert!(table.csv().lines().count() > table.held, "a row for each figure");
            assert!(report::replaced(&page, table.name, &table.markdown()).is_some(), "{} is not there", table.name);
        }
    }
}
