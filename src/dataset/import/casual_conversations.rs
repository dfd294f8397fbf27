//! Casual Conversations v2: one JSON file about the videos, and frames by subject.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rows::Gathered;
use super::sample::{Known, Origin, Sample};
use super::tree::Tree;
use super::{ImportError, Importer, Source, words};
use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::{Finding, counted};

pub(super) static IMPORTER: Importer = Importer {
    name: "casual-conversations-v2",
    title: "Casual Conversations v2",
    layout: "CasualConversationsV2.json (an entry a video: subject_id, age, gender, geo_location, fitzpatrick_skin_tone, \
             monk_skin_tone) above ccv2-frames-part-1/SUBJECT/ to ccv2-frames-part-5/SUBJECT/",
    label_kind: LabelKind::Declared,
    precision: Precision::Year,
    sampling: Sampling::Volunteer,
    has: &["subject"],
    groups: &["gender", "country", "fitzpatrick", "monk"],
    further: &[],
    splits: "",
    licence: "for evaluation only; look for what it says of age models before you use it",
    source: "Casual Conversations v2",
    defects: "ages as people stated them, which some declined; adults only, so it says nothing of minors",
    flags: &[],
    is_general: false,
    fits,
    read,
};

const FILE: &str = "CasualConversationsV2.json";

fn fits(tree: &Tree) -> Option<String> {
    (tree.has(FILE) && tree.chosen().is_none()).then(|| format!("the label file `{FILE}`"))
}

/// What is said of a subject, the same in every entry.
#[derive(PartialEq)]
struct Subject {
    age: Result<Known, String>,
    further: [String; 4],
}

/// A text or a number as text; empty where there is none.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A subject's id as the folders write it: four digits.
fn padded(id: &str) -> String {
    format!("{id:0>4}")
}

fn subject(entry: &Value) -> Subject {
    let said = text(entry.get("age"));
    let is_declined = said.bytes().all(|byte| !byte.is_ascii_digit());
    let age = if is_declined { Ok(Known::Unknown) } else { words::age(&said).map_err(|_| said) };
    let inner = |outer: &str, key: &str| text(entry.get(outer).and_then(|outer| outer.get(key)));
    let further = [
        text(entry.get("gender")),
        inner("geo_location", "country"),
        inner("fitzpatrick_skin_tone", "type"),
        inner("monk_skin_tone", "scale"),
    ];
    Subject { age, further }
}

/// What two entries of a subject both say; `differ` counts what they do not.
fn agreed(mut known: Subject, said: Subject, differ: &mut [u64; 4]) -> Subject {
    for ((known, said), count) in known.further.iter_mut().zip(said.further).zip(differ) {
        if *known != said && !known.is_empty() {
            known.clear();
            *count += 1;
        }
    }
    known
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let content = tree.content(FILE)?;
    let wrong = |text: String| ImportError::from(Finding::error(FILE, text).help("take the file as it was published"));
    let parsed: Value = serde_json::from_slice(&content).map_err(|error| wrong(format!("not json: {error}")))?;
    let Value::Array(entries) = parsed else {
        return Err(wrong("expected an array with an entry a video".to_owned()));
    };
    let mut differ = [0_u64; 4];
    let mut subjects: BTreeMap<String, Option<Subject>> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        let id = text(entry.get("subject_id"));
        if id.is_empty() {
            return Err(wrong(format!("entry {} has no `subject_id`", place + 1)));
        }
        if entry.get("age").is_none() {
            return Err(wrong(format!("entry {} has no `age`", place + 1)));
        }
        let said = subject(entry);
        match subjects.get_mut(&padded(&id)) {
            // Two entries that differ: nothing says which of them a frame belongs to.
            Some(slot) => {
                *slot = slot.take().filter(|known| known.age == said.age).map(|known| agreed(known, said, &mut differ));
            }
            None => drop(subjects.insert(padded(&id), Some(said))),
        }
    }
    for (column, count) in IMPORTER.groups.iter().zip(differ).filter(|(_, count)| *count > 0) {
        let text = format!(
            "{} whose entries give different values of {column}: the cell is left empty",
            counted(count, "subject")
        );
        gathered.doubt(Origin { file: FILE, row: None }, text);
    }
    for path in tree.pictures() {
        let at = Origin { file: path, row: None };
        let mut parts = path.split('/');
        let (part, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !part.starts_with("ccv2-frames-part-") || parts.next().is_none() {
            gathered.leave_out(at, path, "it does not lie in ccv2-frames-part-N/SUBJECT/", "");
            continue;
        }
        match subjects.get(&padded(id)) {
            None => gathered.leave_out(at, path, "no entry names its subject", id),
            Some(None) => gathered.leave_out(at, path, "the entries of its subject give different ages", id),
            Some(Some(Subject { age: Err(said), .. })) => gathered.leave_out(at, path, "its age cannot be read", said),
            Some(Some(Subject { age: Ok(age), further })) => {
                let further = further.each_ref().map(String::as_str);
                let subject = padded(id);
                gathered.add(tree, at, &Sample { subject: &subject, further: &further, ..Sample::of(path, *age) });
            }
        }
    }
    Ok(())
}
