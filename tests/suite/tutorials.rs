//! The tutorials, gone through as a reader goes: every command as it is written, every file as it is shown, and what a command
//! prints is what the page shows.
//!
//! In a block `console`, a line that begins with `$ ` is a command for `sh`; what follows it is what it prints, both streams as they
//! come, and a line `...` stands for any number of lines. A block such as `python plugin.py` is the file of that name, written before
//! the next command. Versions, digests, dates and durations may be others than those shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::package;

/// What a page does, in order.
#[derive(Debug, PartialEq)]
enum Step {
    /// A file, and what it holds.
    File(String, String),
    /// A command, and the lines that it prints.
    Command { line: usize, command: String, shown: Vec<String> },
}

/// The steps of a page.
fn steps(text: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((_, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| *line != "```").collect();
        if info == "console" {
            for (line, text) in block {
                match (text.strip_prefix("$ "), found.last_mut()) {
                    (Some(command), _) => {
                        found.push(Step::Command { line, command: command.to_owned(), shown: Vec::new() });
                    }
                    (None, Some(Step::Command { command, shown, .. }))
                        if command.ends_with('\\') && shown.is_empty() =>
                    {
                        command.push('\n');
                        command.push_str(text);
                    }
                    (None, Some(Step::Command { shown, .. })) => shown.push(text.to_owned()),
                    (None, _) => panic!("line {line}: output without a command"),
                }
            }
        } else if let Some((_, name)) = info.split_once(' ') {
            let content: String = block.iter().map(|(_, line)| format!("{line}\n")).collect();
            found.push(Step::File(name.to_owned(), content));
        }
    }
    found
}

/// A line without what may differ: versions, digests, dates, durations, and spaces at its end.
fn normal(line: &str) -> String {
    let mut words = Vec::new();
    for word in line.trim_end().split(' ') {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_hex = bare.len() >= 12 && bare.chars().all(|c| c.is_ascii_hexdigit());
        let parts: Vec<&str> = bare.split('.').collect();
        let is_version = parts.len() == 3 && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
        let date: Vec<&str> = bare.split('-').collect();
        let is_date =
            date.len() == 3 && date[0].len() == 4 && date.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
        if ["s", "ms", "µs"].contains(&bare)
            && let Some(number) =
                words.last_mut().filter(|before: &&mut String| before.chars().any(|c| c.is_ascii_digit()))
        {
            "#".clone_into(number);
        }
        words.push(if is_hex || is_version || is_date { word.replace(bare, "#") } else { word.to_owned() });
    }
    words.join(" ")
}

/// Whether `printed` is what `shown` shows.
fn is_as_shown(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((dots, rest)) if dots == "..." => {
            (0..=printed.len()).any(|skipped| is_as_shown(rest, &printed[skipped..]))
        }
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| first == line && is_as_shown(rest, others))
        }
    }
}

/// Goes through the page `name`, and says what differs.
fn gone_through(name: &str) {
    let text = fs::read_to_string(package().join("docs/tutorials").join(name)).unwrap();
    let place = tempfile::tempdir().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_agebench"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let search: Vec<PathBuf> =
        std::iter::once(program.parent().unwrap().to_owned()).chain(std::env::split_paths(&path)).collect();
    let mut differ = Vec::new();
    let mut commands = 0;
    for step in steps(&text) {
        match step {
            Step::File(file, content) => write(&place.path().join(file), &content),
            Step::Command { line, command, shown } => {
                commands += 1;
                let output = Command::new("sh")
                    .arg("-c")
                    .arg(format!("exec 2>&1\n{command}"))
                    .current_dir(place.path())
                    .env("PATH", std::env::join_paths(&search).unwrap())
                    .env("HOME", place.path())
                    .env("PACKAGE", package())
                    .output()
                    .unwrap();
                let printed = String::from_utf8(output.stdout).unwrap();
                let trimmed = |lines: &mut Vec<String>| {
                    let kept = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
                    lines.truncate(kept);
                };
                let mut shown: Vec<String> = shown.iter().map(|line| normal(line)).collect();
                let mut lines: Vec<String> = printed.lines().map(normal).collect();
                trimmed(&mut shown);
                trimmed(&mut lines);
                if !is_as_shown(&shown, &lines) {
                    differ.push(format!(
                        "{name}:{line}: $ {command}\n{printed}\n--- but the page shows\n{}",
                        shown.join("\n")
                    ));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
    assert!(commands >= 8, "{commands} commands");
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn the_researchers_tutorial_goes_as_it_is_written() {
    gone_through("researcher.md");
}

#[test]
fn the_vendors_tutorial_goes_as_it_is_written() {
    gone_through("vendor.md");
}

#[test]
fn the_regulators_tutorial_goes_as_it_is_written() {
    gone_through("regulator.md");
}

#[test]
fn a_page_that_shows_something_else_is_found_out() {
    let page = "# X\n\n```console\n$ echo one; \\\n  echo two\none\n...\n```\n\n```sh a.sh\necho\n```\n";
    let found = steps(page);
    assert_eq!(
        found,
        [
            Step::Command {
                line: 4,
                command: "echo one; \\\n  echo two".to_owned(),
                shown: vec!["one".to_owned(), "...".to_owned()]
            },
            Step::File("a.sh".to_owned(), "echo\n".to_owned()),
        ]
    );
    let lines = |text: &str| text.lines().map(normal).collect::<Vec<_>>();
    assert!(is_as_shown(&lines("one\n..."), &lines("one\ntwo")));
    assert!(!is_as_shown(&lines("two\n..."), &lines("one\ntwo")));
    assert!(!is_as_shown(&lines("one"), &lines("one\ntwo")));
    assert_eq!(
        normal("agebench 0.1.0 took 3.2 s, digest 0123456789abcdef."),
        normal("agebench 9.0.1 took 11 s, digest ffff456789abcdef.")
    );
    assert_ne!(normal("5 of 895"), normal("6 of 895"));
}
