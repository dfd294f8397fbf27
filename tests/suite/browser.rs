//! The page in a real browser (headless Chromium, driven by `tests/browser/page.mjs`): it renders without an error, what is
//! moved shows the numbers of metrics.csv, nothing leaves it, axe-core finds no violation, and hostile names are inert.
//!
//! Needs Node, Chromium, and AGEBENCH_NODE_MODULES: a folder with playwright-core and axe-core.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use agebench::report::{self, Options};
use agebench::table::{Row, Table};

use crate::reports::rows::{Case, table};
use crate::support::{is_needed, package};

/// What drives the browser; none where something is not here.
struct Browser {
    chromium: PathBuf,
    modules: OsString,
}

impl Browser {
    fn find() -> Option<Self> {
        let along = std::env::var_os("PATH").unwrap_or_default();
        let program =
            |name: &str| std::env::split_paths(&along).map(|folder| folder.join(name)).find(|file| file.is_file());
        let modules = std::env::var_os("AGEBENCH_NODE_MODULES");
        match (program("node"), program("chromium"), modules) {
            (Some(_), Some(chromium), Some(modules)) => Some(Self { chromium, modules }),
            _ => {
                assert!(!is_needed("chromium"), "Node, Chromium and AGEBENCH_NODE_MODULES are needed");
                eprintln!("skipped: no Node, no Chromium, or no AGEBENCH_NODE_MODULES");
                None
            }
        }
    }

    /// Opens the page of `table`, made with `name`; what is wrong fails the test.
    fn holds(&self, table: &Table, name: &str, options: &[&str]) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(name);
        fs::create_dir_all(&folder).unwrap();
        let (page, metrics) = (folder.join("report.html"), folder.join("metrics.csv"));
        fs::write(&page, report::html(table, &Options::default()).unwrap()).unwrap();
        table.write(fs::File::create(&metrics).unwrap()).unwrap();
        let output = Command::new("node")
            .arg(package().join("tests/browser/page.mjs"))
            .args([&page, &metrics, &folder])
            .args(options)
            .env("NODE_MODULES", &self.modules)
            .env("CHROMIUM", &self.chromium)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        eprintln!("{name}: {said}");
        for picture in ["wide.png", "dark.png", "narrow.png", "page.pdf"] {
            assert!(fs::metadata(folder.join(picture)).unwrap().len() > 1_000, "{picture}");
        }
    }
}

#[test]
fn the_page_of_two_methods_holds_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let young = Case { limits: &[16, 18], ..Case::YOUNG };
    browser.holds(&table(&[Case { limits: &[16, 18], ..Case::GOOD }, young]), "two-methods", &[]);
}

#[test]
fn hostile_names_are_inert_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let long: &'static str = Box::leak("x".repeat(10_000).into_boxed_str());
    let hostile = [
        "<script>window.pwned = 1</script>",
        "\"><img src=x onerror=\"window.pwned = 1\">",
        "=cmd()",
        long,
        "\u{202e}\u{5d0}\u{5d1}\u{5d2} \u{0627}\u{0628}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} ${window.pwned = 1} {{7*7}}",
        "</script><script>window.pwned = 1</script>",
    ];
    let cases = hostile.map(|method| Case {
        method,
        limits: &[18],
        people: 40,
        levels: &["a<b>", "=1+1", "'\"`"],
        ..Case::GOOD
    });
    let mut table = table(&cases);
    for row in &mut table.rows {
        row.dataset = "</title><script>window.pwned = 1</script>".to_owned();
    }
    let page = report::html(&table, &Options::default()).unwrap();
    assert_eq!(page.matches("<script").count(), 2, "the rows and our own");
    browser.holds(&table, "hostile", &["--hostile"]);
}

#[test]
fn fifty_methods_and_two_hundred_groups_stay_small_and_open() {
    let Some(browser) = Browser::find() else { return };
    let names: Vec<&'static str> = (0..50).map(|at| &*Box::leak(format!("method {at:02}").into_boxed_str())).collect();
    let levels: Vec<&'static str> = (0..200).map(|at| &*Box::leak(format!("group {at:03}").into_boxed_str())).collect();
    let levels: &'static [&'static str] = Box::leak(levels.into_boxed_slice());
    let cases: Vec<Case> =
        names.iter().map(|method| Case { method, limits: &[18], people: 6_000, levels, ..Case::GOOD }).collect();
    let mut table = table(&cases);
    // As many rows of groups as a protocol makes: at the challenge ages that it names.
    let is_usual =
        |row: &Row| row.group.is_whole() || row.challenge.is_some_and(|age| [18.0, 23.0].contains(&age.years()));
    table.rows.retain(is_usual);
    let page = report::html(&table, &Options::default()).unwrap();
    assert!(page.len() < 10_000_000, "{}", page.len());
    browser.holds(&table, "many", &["--large"]);
}
