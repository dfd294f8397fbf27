//! Cards as a release holds them: the keys that describe what was measured, and none that say where or how it was reached.
//!
//! Every key is decided by name: [`PUBLIC`] goes out, [`PRIVATE`] does not, and a key in neither list does not either. A
//! comment of the file never does.

use toml::{Table, Value};

use crate::finding::{Finding, Findings};

/// Keys that are published, with the path of their table. A key of a list of tables has the path of the list.
pub const PUBLIC: &[&str] = &[
    // dataset.toml and method.toml
    "name",
    "version",
    "licence",
    "schema",
    // dataset.toml
    "label_kind",
    "age_precision",
    "sampling",
    "groups",
    "conditions",
    "attack_species",
    "leap_birthday",
    "consent",
    "source",
    // method.toml
    "kind",
    "intended_use",
    "claimed_ages",
    "claimed_challenge_ages",
    // What the maker says for the public.
    "declared_footprint.source",
    "declared_footprint.date",
    "declared_footprint.keeps",
    "declared_footprint.hosts",
    "declared_footprint.works_offline",
    "declared_footprint.returns",
    "declared_footprint.extra_fields",
    "declared_footprint.retention",
    "declared_footprint.place_of_processing",
    "declared_footprint.lawful_basis",
    "declared_footprint.secondary_use",
    "declared_footprint.sub_processors",
    // Preprocessing and decoding are part of the model: they are published whole.
    "onnx.sha256",
    "onnx.input.size",
    "onnx.input.layout",
    "onnx.input.channels",
    "onnx.input.resize",
    "onnx.input.fit",
    "onnx.input.margin",
    "onnx.input.border",
    "onnx.input.divide",
    "onnx.input.mean",
    "onnx.input.std",
    "onnx.output.name",
    "onnx.output.head",
    "onnx.output.scale",
    "onnx.output.offset",
    "onnx.output.ages",
    "onnx.output.first_age",
    "onnx.output.edges",
    "onnx.output.logits",
    "onnx.output.rule",
    "onnx.detector.sha256",
    "onnx.detector.choose",
    "onnx.detector.face_box",
    "onnx.detector.input.size",
    "onnx.detector.input.layout",
    "onnx.detector.input.channels",
    "onnx.detector.input.resize",
    "onnx.detector.input.fit",
    "onnx.detector.input.divide",
    "onnx.detector.input.mean",
    "onnx.detector.input.std",
    "onnx.detector.output.head",
    "onnx.detector.output.score_threshold",
    "onnx.detector.output.iou_threshold",
    "onnx.detector.output.scores",
    "onnx.detector.output.boxes",
    "onnx.detector.output.face_column",
    // Which facts about a person a method was given is what a footprint is about.
    "command.columns",
    "http.columns",
    "replay.sha256",
    "declared.table",
    "declared.ages",
    "declared.limit",
    "waterfall.stages.buffer",
    "waterfall.stages.scores",
    "waterfall.stages.denied",
    "waterfall.stages.abstained",
    "waterfall.stages.not_answered",
];

/// Keys that are not published: places of files, command lines, addresses, secrets, what a service looks like from
/// inside, and counts of people that no rule has seen.
pub const PRIVATE: &[&str] = &[
    "files",
    "onnx.file",
    "onnx.detector.file",
    "command.program",
    "command.args",
    "command.instances",
    "command.start_seconds",
    "http.url",
    "http.method",
    "http.headers",
    "http.json",
    "http.parts",
    "http.parts.name",
    "http.parts.value",
    "http.parts.file",
    "http.bytes",
    "http.codes",
    "http.retries",
    "http.reply_bytes",
    "http.ca_file",
    "http.plain_http",
    "http.proxy",
    "http.instances",
    "http.requests_per_second",
    "http.backoff_seconds",
    "http.longest_wait_seconds",
    "http.answer",
    "http.answer.age",
    "http.answer.age_low",
    "http.answer.age_high",
    "http.answer.decisions",
    "http.answer.scores",
    "http.answer.spread",
    "http.answer.status",
    "http.answer.statuses",
    "http.answer.reason",
    "http.answer.faces",
    "http.answer.pass",
    "http.answer.deny",
    "http.answer.absent",
    "replay.file",
    "replay.columns",
    "replay.rows_of",
    "waterfall.stages.method",
    "waterfall.stages.marginal",
];

/// Tables of a card that are kept, also where nothing in them is published: they say how a method was reached.
const TABLES: &[&str] = &[
    "declared_footprint",
    "onnx",
    "onnx.input",
    "onnx.output",
    "onnx.detector",
    "onnx.detector.input",
    "onnx.detector.output",
    "command",
    "http",
    "replay",
    "declared",
    "waterfall",
    "waterfall.stages",
];

/// Tables that one statement of `[declared_footprint]` may be: what it says, and where and when that was said.
const STATEMENT: [&str; 3] = ["says", "source", "date"];

/// What a card describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CardKind {
    Dataset,
    Method,
}

/// The card in `text` as it is published; what it lacks or must not say is added to `findings`, under the name `file`.
pub(super) fn published(file: &str, text: &str, kind: CardKind, findings: &mut Findings) -> Option<String> {
    let card: Table = match text.parse() {
        Ok(card) => card,
        Err(error) => {
            let error: toml::de::Error = error;
            findings.push(Finding::error(file, format!("not toml: {}", error.message().replace('\n', " "))));
            return None;
        }
    };
    gaps(file, &card, kind, findings);
    let kept = kept(file, "", &card, findings);
    match toml::to_string(&kept) {
        Ok(text) => Some(text),
        Err(error) => {
            findings.push(Finding::error(file, error.to_string()));
            None
        }
    }
}

/// What a release must say of a dataset or a method (docs/publish.md).
fn gaps(file: &str, card: &Table, kind: CardKind, findings: &mut Findings) {
    let empty = |table: &Table, key: &str| match table.get(key) {
        None => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    };
    let needed: &[(&str, &str)] = match kind {
        CardKind::Dataset => &[
            ("licence", "say under which terms the data may be used"),
            ("consent", "say what the people consented to, or on which legal ground the data are used"),
            ("source", "say where the data come from: an address, a contract, a collection"),
        ],
        CardKind::Method => &[
            ("licence", "say under which terms the method may be used"),
            ("intended_use", "say what the maker says it is for"),
            ("claimed_ages", "say which ages the maker claims to tell: [from, to]"),
        ],
    };
    for (key, help) in needed.iter().filter(|(key, _)| empty(card, key)) {
        findings.push(Finding::error(file, "not stated: a release needs it").column(*key).help(*help));
    }
    let onnx = card.get("onnx").and_then(Value::as_table);
    let detector = onnx.and_then(|onnx| onnx.get("detector")?.as_table());
    for (key, table) in [("onnx.sha256", onnx), ("onnx.detector.sha256", detector)] {
        if table.is_some_and(|table| empty(table, "sha256")) {
            let help = "`sha256sum MODEL.onnx` prints it: without it nobody can tell which model this was";
            findings.push(Finding::error(file, "not stated: a release needs it").column(key).help(help));
        }
    }
}

/// The published part of `table`, whose path is `path`.
fn kept(file: &str, path: &str, table: &Table, findings: &mut Findings) -> Table {
    let mut kept_keys = Table::new();
    for (key, value) in table {
        let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let statement = path.starts_with("declared_footprint.") && STATEMENT.contains(&key.as_str());
        let value = match value {
            _ if PUBLIC.contains(&full.as_str()) || statement => plain(file, &full, value, findings),
            Value::Table(inner) if TABLES.contains(&full.as_str()) => {
                Some(Value::Table(kept(file, &full, inner, findings)))
            }
            Value::Array(list) if TABLES.contains(&full.as_str()) => {
                let tables = list.iter().filter_map(Value::as_table);
                Some(Value::Array(tables.map(|inner| Value::Table(kept(file, &full, inner, findings))).collect()))
            }
            _ => None,
        };
        if let Some(value) = value {
            kept_keys.insert(key.clone(), value);
        }
    }
    kept_keys
}

/// A published value: its texts without keys in addresses, and without paths of a machine, which are findings.
fn plain(file: &str, path: &str, value: &Value, findings: &mut Findings) -> Option<Value> {
    Some(match value {
        Value::String(text) => {
            if let Some(found) = text.split_whitespace().find(|word| is_path(word)) {
                let text = format!("holds a path of a machine: {}", crate::finding::quoted(found));
                findings
                    .push(Finding::error(file, text).column(path).help("say it in words, or give a public address"));
                return None;
            }
            Value::String(without_keys(text))
        }
        Value::Array(list) => {
            Value::Array(list.iter().filter_map(|value| plain(file, path, value, findings)).collect())
        }
        // Only a statement of `[declared_footprint]` may be a table here.
        Value::Table(table) => Value::Table(kept(file, path, table, findings)),
        other => other.clone(),
    })
}

/// Whether a word is a path of some machine.
pub(super) fn is_path(word: &str) -> bool {
    let word = word.trim_start_matches(['"', '\'', '(', '<', '[', '`', ',', ';']);
    let bytes = word.as_bytes();
    let drive = bytes.len() > 2 && bytes.first().is_some_and(u8::is_ascii_alphabetic) && {
        let rest = word.get(1..).unwrap_or_default();
        (rest.starts_with(":\\") || rest.starts_with(":/")) && !rest.starts_with("://")
    };
    let below_root = word.strip_prefix('/').is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_alphanumeric() || first == '.') && rest.contains('/')
    });
    drive || below_root || word.starts_with("~/") || word.starts_with("\\\\") || word.starts_with("file:")
}

/// `text` whose addresses end before a `?` or `#`, and name no user: keys stand there.
pub(super) fn without_keys(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
            let blank = word.len() - word.trim_end().len();
            let (rest, blank) = rest.split_at(rest.len() - blank.min(rest.len()));
            let end = rest.find(['?', '#']).unwrap_or(rest.len());
            let address = rest.get(..end).unwrap_or_default();
            let host_end = address.find('/').unwrap_or(address.len());
            let host_start = address.get(..host_end).and_then(|host| host.rfind('@')).map_or(0, |at| at + 1);
            format!("{scheme}://{}{blank}", address.get(host_start..).unwrap_or_default())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published_of(text: &str, kind: CardKind) -> (String, Vec<String>) {
        let mut findings = Findings::new();
        let text = published("card.toml", text, kind, &mut findings).unwrap_or_default();
        (text, findings.kept().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_service_is_published_without_its_address_its_secrets_and_its_way_to_ask() {
        let (text, findings) = published_of(
            r#"
            # the comment that names alice
            name = "gate"
            kind = "estimation"
            version = "3"
            licence = "commercial, see https://user:secret@example.com/terms?token=abc now"
            intended_use = "gates"
            claimed_ages = [13, 99]
            unknown_key = "alice"
            [http]
            url = "https://internal.example.com/v1"
            headers = { Authorization = "Bearer ${KEY}" }
            columns = ["country"]
            json = { image = "{base64}" }
            [http.answer]
            age = "/age"
            [declared_footprint]
            source = "notice, https://example.com/p?session=1"
            date = "2026-05-01"
            retention = { says = "24 hours", source = "letter", date = "2026-06-02", who = "alice" }
            "#,
            CardKind::Method,
        );
        assert!(findings.is_empty(), "{findings:?}");
        for gone in ["alice", "internal", "Bearer", "base64", "secret", "token", "session", "/age", "#"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        for there in ["see https://example.com/terms now", "country", "[http]", "24 hours", "letter"] {
            assert!(text.contains(there), "{there}: {text}");
        }
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let (_, findings) = published_of("name = \"d\"\nlicence = \" \"", CardKind::Dataset);
        assert_eq!(findings.len(), 3, "{findings:?}");
        let (_, findings) =
            published_of("name = \"m\"\n[onnx]\nfile = \"m.onnx\"\n[onnx.detector]\n", CardKind::Method);
        assert_eq!(findings.len(), 5, "{findings:?}");
        assert!(findings.iter().any(|finding| finding.contains("onnx.detector.sha256")));
    }

    #[test]
    fn paths_of_machines_are_found_and_words_with_slashes_are_not() {
        for path in ["/srv/data/faces", "~/faces", "C:\\faces", "d:/faces", "\\\\nas\\faces", "(/home/a/b", "file:///x"]
        {
            assert!(is_path(path), "{path}");
        }
        for word in ["and/or", "https://example.com/a/b", "/age", "18/25", "MIT", "/"] {
            assert!(!is_path(word), "{word}");
        }
        let card = "licence = \"/srv/data/faces\"\nconsent = \"c\"\nsource = \"s\"";
        assert!(published_of(card, CardKind::Dataset).1[0].contains("path of a machine"));
    }
}
