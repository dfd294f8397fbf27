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

/// The code of a file: without comments, and without what only tests compile, which may join rooms.
fn code(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut kept = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push(line);
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let is_whole = |line: &str| line.trim_end().ends_with(';') || line == end;
        let item = lines.find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
        if !is_whole(item) {
            lines.find(|line| *line == end);
        }
    }
    kept.join("\n")
}

/// The names behind each `crate::`, also those of a list in braces.
fn names_used(code: &str) -> BTreeSet<String> {
    let name = |text: &str| {
        text.trim()
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
            .collect::<String>()
    };
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        let mut depth = 1;
        for part in list.split_inclusive(['{', '}', ',']) {
            if depth == 1 {
                found.insert(name(part));
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn rooms_use_the_rooms_that_the_map_gives_them_and_no_others() {
    let rooms = may_use();
    let mut wrong = Vec::new();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in all(&["src"]) {
        let room = room(&path);
        if ["cli", "lib", "main"].contains(&room.as_str()) || is_test(&relative(&path)) {
            continue;
        }
        let Some(may) = rooms.get(&room) else {
            wrong.push(format!("{room} is no room of the map: add it to the table of rooms in docs/design.md"));
            continue;
        };
        for name in names_used(&code(&fs::read_to_string(&path).unwrap())) {
            if name == room || !(rooms.contains_key(&name) || name == "cli") {
                continue;
            }
            if !may.contains(&name) {
                wrong.push(format!("{} uses {name}", relative(&path)));
            }
            used.entry(room.clone()).or_default().insert(name);
        }
    }
    for (room, may) in &rooms {
        let unused = may.iter().filter(|name| !used.get(room).is_some_and(|used| used.contains(*name)));
        wrong.extend(unused.map(|name| format!("{room} may use {name} and does not")));
    }
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
