//! The shape of the code: which room may use which, how long a file may be, and that the map names every file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::package;

/// What each room of the crate may use: the table of docs/design.md. `cli` may use all, and nobody uses `cli`.
fn may_use() -> BTreeMap<String, BTreeSet<String>> {
    let map = fs::read_to_string(package().join("docs/design.md")).unwrap();
    let table = map.split("\n| room | may use |\n").nth(1).expect("docs/design.md has a table of rooms");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let mut rooms = BTreeMap::new();
    for row in rows {
        let mut names = row.split('`').skip(1).step_by(2).map(str::to_owned);
        let room = names.next().unwrap();
        assert!(rooms.insert(room.clone(), names.collect()).is_none(), "docs/design.md names the room {room} twice");
    }
    rooms
}

/// Lines of a file at most.
const LONGEST: usize = 600;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders.iter().map(|folder| package().join(folder)).filter(|folder| folder.exists()) {
        sources(&folder, &mut found);
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(package()).unwrap().to_str().unwrap().to_owned()
}

/// Whether a file of `src` holds tests only.
fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

/// The room of a file of `src`.
fn room(path: &Path) -> String {
    let first = path.strip_prefix(package().join("src")).unwrap().iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let rooms = may_use();
    let mut wrong = Vec::new();
    for path in all(&["src"]) {
        let room = room(&path);
        if ["cli", "lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let Some(may) = rooms.get(&room) else {
            wrong.push(format!("{room} is no room of the map: add it to the table of rooms in docs/design.md"));
            continue;
        };
        if is_test(&relative(&path)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // Tests beside the code may join rooms.
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let text = code.join("\n");
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let used: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let names: Vec<String> = if rest.starts_with('{') {
                let list = &rest[1..rest.find('}').unwrap()];
                list.split(',').map(|name| name.trim().split("::").next().unwrap().to_owned()).collect()
            } else {
                vec![used]
            };
            for used in names.iter().filter(|used| !used.is_empty() && **used != room) {
                let is_room = rooms.contains_key(used) || used == "cli";
                if is_room && !may.contains(used) {
                    wrong.push(format!("{} uses {used}", relative(&path)));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long: Vec<String> = all(&["src", "tests", "benches", "examples"])
        .iter()
        .map(|path| (relative(path), fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_map_names_every_file_and_no_other() {
    let map = fs::read_to_string(package().join("docs/design.md")).unwrap();
    let named: BTreeSet<&str> =
        map.lines().filter_map(|line| line.strip_prefix("| `src/")?.split_once('`')).map(|(path, _)| path).collect();
    let files: Vec<String> = all(&["src"]).iter().map(|path| relative(path)["src/".len()..].to_owned()).collect();
    let there: BTreeSet<&str> = files.iter().map(String::as_str).filter(|path| !is_test(path)).collect();
    let missing: Vec<_> = there.difference(&named).collect();
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in docs/design.md: {missing:?}; no such file: {gone:?}");
}
