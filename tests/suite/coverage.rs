//! The validation of the methods themselves in small: a few cells and datasets of what `benches/coverage` draws for
//! docs/validation.md, so that neither the program nor the page can rot.

use std::fs;
use std::path::Path;

#[path = "../../benches/coverage/families.rs"]
mod families;

use families::{Effort, page};

/// Families that an unoptimised build draws slowly.
const LONG: [&str; 7] = ["bootstraps", "rare", "buffer", "together", "areas", "tests", "nulls"];
/// Datasets of a figure: of most families, and of those.
const SETS: [u64; 2] = [1000, 120];

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

#[test]
fn intervals_bounds_and_tests_keep_their_levels_in_a_few_drawn_cells() {
    let page = fs::read_to_string(docs().join("validation.md")).unwrap();
    for (family, tables) in families::ALL {
        let effort = Effort { sets: SETS[usize::from(LONG.contains(&family))], few: true };
        for table in tables(&effort) {
            assert!(table.held > 0, "{family}: nothing is held against a rule");
            assert!(table.broken.is_empty(), "{family}: {:#?}", table.broken);
            let drawn = table.csv();
            assert!(drawn.lines().count() > table.held, "a row for each figure");
            assert!(page.contains(&format!("](validation/{}.csv)", table.name)), "{} is not on the page", table.name);
            let kept = fs::read_to_string(docs().join(format!("validation/{}.csv", table.name))).unwrap();
            assert_eq!(drawn.lines().next(), kept.lines().next(), "{}: other columns than its file", table.name);
        }
    }
}

#[test]
fn the_page_of_validation_says_what_its_files_say() {
    let page = fs::read_to_string(docs().join("validation.md")).unwrap();
    let made = page::made(&docs()).unwrap();
    assert!(page == made, "make it anew: cargo bench --no-default-features --bench coverage -- --page");
    let families = fs::read_to_string(docs().join("validation").join(page::TIMES)).unwrap();
    assert_eq!(families.lines().count(), 1 + families::ALL.len(), "a time of each family");
    assert!(!page.contains("not yet drawn") && !page.contains("Not yet drawn"));
}
