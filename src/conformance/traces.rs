//! Traces, as the system tells them: what this process has left around it, and what a program finds around itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::method::Scratch;

/// The processes below this one, and the private folders of this process, each in words; none where the system does not
/// tell of processes.
pub(super) fn left(scratch: &Scratch) -> Option<BTreeSet<String>> {
    let children = children("self")?;
    let mut left: BTreeSet<String> = children.iter().map(|id| format!("process {id} ({})", command(id))).collect();
    let own = format!("agebench-{}-", std::process::id());
    for entry in fs::read_dir(scratch.parent()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&own) {
            left.insert(entry.path().display().to_string());
        }
    }
    Some(left)
}

/// Everything that the process `id` and those below it can read about themselves without asking anybody: arguments,
/// environment, folder, program, open files; a line each. None where the system does not tell.
pub(super) fn around(id: u32) -> Option<Vec<String>> {
    let mut waiting = vec![id.to_string()];
    let mut found = Vec::new();
    while let Some(id) = waiting.pop() {
        let of = |name: &str| Path::new("/proc").join(&id).join(name);
        for name in ["cmdline", "environ"] {
            let bytes = fs::read(of(name)).ok()?;
            found.extend(bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()));
        }
        let links = fs::read_dir(of("fd")).ok()?.flatten().map(|entry| entry.path()).chain([of("cwd"), of("exe")]);
        found.extend(links.filter_map(|link| Some(fs::read_link(link).ok()?.display().to_string())));
        waiting.extend(children(&id)?);
    }
    Some(found)
}

/// The children of the process `id`.
fn children(id: &str) -> Option<Vec<String>> {
    let threads = fs::read_dir(Path::new("/proc").join(id).join("task")).ok()?;
    let lists = threads.flatten().map(|thread| fs::read_to_string(thread.path().join("children")));
    let lists = lists.collect::<Result<Vec<_>, _>>().ok()?;
    Some(lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_owned).collect())
}

fn command(id: &str) -> String {
    fs::read_to_string(Path::new("/proc").join(id).join("comm")).unwrap_or_default().trim().to_owned()
}
