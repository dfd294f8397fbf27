//! docs/reference: pages that are made from the program itself. Each test makes a page anew and compares; with AGEBENCH_WRITE set it
//! writes the page instead. What other pages hold by hand (keys of cards, policies and studies) is held against the code here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use agebench::gate::RULE_KEYS;
use agebench::publish::{Field, Kind};
use agebench::table::COLUMNS;
use serde_json::Value;

use crate::support::{package, run};

/// Holds the page `name` against `made`, or writes it.
fn is_the_page(name: &str, made: &str) {
    let path = package().join("docs/reference").join(name);
    if std::env::var_os("AGEBENCH_WRITE").is_some() {
        fs::write(&path, made).unwrap();
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    let differs = held.lines().zip(made.lines()).position(|(held, made)| held != made);
    let line = differs.unwrap_or_else(|| held.lines().count().min(made.lines().count()));
    assert!(
        held == made,
        "docs/reference/{name} is not what the program says, from line {}: {:?} for {:?}; write it anew with\n\
         AGEBENCH_WRITE=1 cargo test --test suite reference::",
        line + 1,
        held.lines().nth(line),
        made.lines().nth(line)
    );
}

/// How each of these pages begins.
fn head(title: &str, about: &str) -> String {
    format!("# {title}\n\n{about}\n\nMade from the program by `tests/suite/reference.rs`: change it there.\n")
}

/// A cell of a table in Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn listed(what: &str) -> Vec<Value> {
    serde_json::from_str::<Vec<Value>>(&run(&["list", what, "--format", "json"]).ended(0).out).unwrap()
}

/// A list of `agebench list` as a table: these columns, the first of them as code.
fn table(what: &str, columns: &[&str]) -> String {
    let mut made = format!("\n| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for line in listed(what) {
        let cells: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let text = cell(line[*column].as_str().unwrap_or_else(|| panic!("{what} has no column {column}")));
                if place == 0 { format!("`{text}`") } else { text }
            })
            .collect();
        let _ = writeln!(made, "| {} |", cells.join(" | "));
    }
    made
}

#[test]
fn the_catalogue_of_metrics_is_that_of_the_program() {
    let about = "Every metric that a row may have, as `agebench list metrics` prints them. How each is computed, and what others call \
                 it: [methodology](../methodology.md).";
    is_the_page("metrics.md", &(head("Metrics", about) + &table("metrics", &["name", "unit", "better", "meaning"])));
}

#[test]
fn the_ways_to_reach_and_read_a_method_are_those_of_the_program() {
    let about = "What `agebench list adapters`, `heads` and `importers` print. The keys of each adapter and head: [cards](../cards.md); \
                 what each importer reads: [import](../import.md).";
    let mut made = head("Adapters, heads, importers", about);
    for (title, what, columns) in [
        ("Adapters", "adapters", &["name", "meaning"][..]),
        ("Heads", "heads", &["name", "meaning"]),
        ("Importers", "importers", &["name", "dataset", "layout", "label_kind", "age_precision", "licence"]),
    ] {
        let _ = write!(made, "\n## {title}\n{}", table(what, columns));
    }
    is_the_page("lists.md", &made);
}

/// A table of columns in Markdown.
fn fields(fields: &[Field]) -> String {
    let mut made = "\n| column | type | what | cells |\n|---|---|---|---|\n".to_owned();
    for field in fields {
        let may = &field.constraints;
        let mut cells = Vec::new();
        if !may.words.is_empty() {
            cells.push(may.words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "));
        }
        if let Some(pattern) = &may.pattern {
            cells.push(format!("`{pattern}`"));
        }
        match (&may.minimum, &may.maximum) {
            (Some(low), Some(high)) => cells.push(format!("{low} to {high}")),
            (Some(low), None) => cells.push(format!("{low} or more")),
            _ => {}
        }
        cells.push(if may.required { "never empty".to_owned() } else { "may be empty".to_owned() });
        let (name, kind, what) = (&field.name, &field.kind, cell(&field.description));
        let _ = writeln!(made, "| `{name}` | {kind} | {what} | {} |", cells.join("; "));
    }
    made
}

#[test]
fn the_columns_of_published_tables_are_those_of_the_program() {
    let about = "The tables that leave a run folder. Every other file and its columns: [files](../files.md).";
    let mut made = head("Columns", about);
    let _ = write!(made, "\n## metrics.csv\n{}", fields(&Kind::Metrics.fields()));
    for (kind, name) in [(Kind::Comparison, "comparison.csv"), (Kind::Leaderboard, "leaderboard.csv")] {
        let further = &kind.fields()[COLUMNS.len()..];
        let _ = write!(made, "\n## {name}\n\nThe columns of metrics.csv, then these.\n{}", fields(further));
    }
    is_the_page("columns.md", &made);
}

#[test]
fn the_keys_of_a_protocol_are_those_of_the_default_one() {
    let about = "`protocol.toml`, every key with what it means and its default. A protocol gives only what it changes; a run folder has \
                 the whole. Worked ones: [protocols](../../protocols/README.md).";
    let keys = fs::read_to_string(package().join("src/protocol/default.toml")).unwrap();
    is_the_page("protocol.md", &format!("{}\n```toml\n{keys}```\n", head("Keys of a protocol", about)));
}

#[cfg(all(feature = "tract", feature = "onnxruntime", feature = "http"))]
#[test]
fn the_commands_are_those_of_the_program() {
    let about =
        "What `--help` prints of each verb, and what its exit codes mean. `agebench man` writes the same as man pages.";
    let mut made = head("Commands", about);
    let pages = tempfile::tempdir().unwrap();
    run(&["man", "--out", crate::support::text(pages.path())]).ended(0);
    let names = fs::read_dir(pages.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let verb = name.trim_end_matches(".1").trim_start_matches("agebench").trim_start_matches('-');
        // What clap adds of its own.
        if verb.split('-').any(|word| word == "help") {
            continue;
        }
        let words: Vec<&str> = verb.split('-').filter(|word| !word.is_empty()).collect();
        let help = run(&[&words[..], &["--help"]].concat()).ended(0).out;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let (title, help) = (["agebench"].into_iter().chain(words).collect::<Vec<_>>().join(" "), help.join("\n"));
        let _ = write!(made, "\n## {title}\n\n```text\n{}\n```\n", help.trim_end());
    }
    is_the_page("commands.md", &made);
}

/// The keys that the code of `folder` reads: the first argument of the readers of `src/keys.rs`.
fn keys_read(folder: &Path, found: &mut BTreeSet<String>) {
    if folder.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            keys_read(&entry.unwrap().path(), found);
        }
        return;
    }
    let text = fs::read_to_string(folder).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    for reader in ["take", "require", "word", "require_word", "table", "require_table", "require_tables"] {
        for (at, whole) in code.match_indices(&format!(".{reader}")) {
            // A turbofish may stand between.
            let rest = &code[at + whole.len()..];
            let Some(rest) =
                rest.strip_prefix("::<").map_or(Some(rest), |typed| typed.split_once(">(").map(|(_, rest)| rest))
            else {
                continue;
            };
            let rest = rest.trim_start_matches('(').trim_start();
            if let Some((key, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                found.insert(key.to_owned());
            }
        }
    }
}

#[test]
fn every_key_that_the_code_reads_of_a_card_a_policy_or_a_study_stands_on_its_page() {
    for (code, pages, least) in [
        ("src/dataset/card.rs", &["docs/cards.md"][..], 8),
        ("src/method", &["docs/cards.md", "docs/http.md"], 50),
        ("src/gate", &["docs/gate.md"], 1),
        ("src/study/file.rs", &["docs/study.md"], 12),
    ] {
        let mut keys = BTreeSet::new();
        keys_read(&package().join(code), &mut keys);
        if code == "src/gate" {
            keys.extend(RULE_KEYS.map(str::to_owned));
        }
        assert!(keys.len() >= least, "{code}: {} keys: {keys:?}", keys.len());
        let pages: String = pages.iter().map(|page| fs::read_to_string(package().join(page)).unwrap()).collect();
        let words: BTreeSet<&str> =
            pages.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        let missing: Vec<&String> = keys.iter().filter(|key| !words.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "{code}: no page has {missing:?}");
    }
}
