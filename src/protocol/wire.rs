//! The TOML form of a protocol. Nothing outside this room sees `Wire`; [`KEYS`] is for "did you mean".

use serde::{Deserialize, Serialize};

use super::between::{self, FIXED_KEYS};
use super::buffer;
use super::check::{Problem, ProtocolError};
use super::scores;
use super::{ChallengeGrid, EvidenceRule, Groups, Levels, Protocol, Tie, Windows};
use crate::age::AgeLimit;
use crate::table::{FailurePolicy, SELECT_KEYS, Select};

/// Every default, written out.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// Every key of a protocol, sections with a dot. Lists of tables have keys of their own.
pub const KEYS: &[&str] = &[
    "schema",
    "name",
    "limits",
    "tie",
    "failure_policy",
    "groups",
    "crossings",
    "straddling_share",
    "seed",
    "fixed_thresholds",
    "challenge",
    "challenge.span",
    "challenge.step",
    "challenge.headline",
    "windows",
    "windows.under",
    "windows.over",
    "evidence",
    "evidence.subjects",
    "evidence.n_star",
    "evidence.width",
    "evidence.small_width",
    "evidence.width_share",
    "levels",
    "levels.display",
    "levels.claim",
    "buffer",
    "buffer.target",
    "buffer.span",
    "buffer.step",
    "buffer.failure_policy",
    "buffer.groups",
    "buffer.confirm",
    "buffer.post_hoc",
    "between_groups",
    "between_groups.alpha",
    "between_groups.ratio_event_subjects",
    "between_groups.error_windows",
    "between_groups.raw_p",
    "between_groups.replicates",
    "scores",
    "scores.targets",
    "scores.set_on_group",
    "scores.set_on_years",
    "scores.det_points",
    "scores.bins",
    "scores.redraws",
];

/// The keys whose value is a list of tables, with the keys of those.
const LISTS: [(&str, &[&str]); 3] =
    [("primary", &SELECT_KEYS), ("family", &SELECT_KEYS), ("fixed_thresholds", &FIXED_KEYS)];

/// The schema of a protocol; optional in what people write.
pub const SCHEMA: &str = "agebench-protocol/1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    schema: Option<String>,
    name: String,
    limits: Vec<i64>,
    tie: String,
    failure_policy: String,
    groups: WordOrList,
    crossings: Vec<Vec<String>>,
    straddling_share: f64,
    seed: u32,
    challenge: WireChallenge,
    windows: WireWindows,
    evidence: WireEvidence,
    levels: WireLevels,
    scores: scores::Wire,
    buffer: buffer::Wire,
    between_groups: between::Wire,
    fixed_thresholds: Vec<between::WireFixed>,
    primary: Vec<toml::Table>,
    family: Vec<toml::Table>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum WordOrList {
    Word(String),
    List(Vec<String>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireChallenge {
    span: f64,
    step: f64,
    headline: Vec<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireWindows {
    under: u32,
    over: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEvidence {
    subjects: u32,
    n_star: f64,
    width: f64,
    small_width: f64,
    width_share: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLevels {
    display: f64,
    claim: f64,
}

/// The protocol in `text` over the defaults.
///
/// # Errors
/// See [`Protocol::from_toml`].
pub(super) fn read(text: &str) -> Result<Protocol, ProtocolError> {
    let one = |problem: Problem| ProtocolError { problems: vec![problem] };
    let syntax = |error: toml::de::Error| one(Problem::Toml(error.to_string().trim_end().to_owned()));
    let mut given: toml::Table = text.parse().map_err(syntax)?;
    let mut problems = unknown_keys(&given);
    leave_out_unknown(&mut given);
    let mut full: toml::Table = DEFAULT_TOML.parse().map_err(syntax)?;
    overlay(&mut full, given);
    let wire: Result<Wire, toml::de::Error> = full.try_into();
    let protocol = wire.map_err(|error| one(Problem::Toml(error.message().to_owned()))).and_then(Wire::into_protocol);
    match protocol {
        Ok(protocol) if problems.is_empty() => Ok(protocol),
        Ok(_) => Err(ProtocolError { problems }),
        Err(error) => {
            problems.extend(error.problems);
            Err(ProtocolError { problems })
        }
    }
}

/// Takes the keys that are no protocol's out, so that the rest can still be looked at.
fn leave_out_unknown(given: &mut toml::Table) {
    given.retain(|key, value| match (key, value) {
        (key, toml::Value::Array(entries)) => {
            let inner = LISTS.iter().find(|(list, _)| *list == key).map(|(_, inner)| *inner);
            for entry in entries.iter_mut().filter_map(toml::Value::as_table_mut) {
                entry.retain(|key, _| inner.is_none_or(|inner| inner.contains(&key)));
            }
            inner.is_some() || KEYS.contains(&key)
        }
        (key, toml::Value::Table(section)) => {
            section.retain(|inner, _| KEYS.contains(&format!("{key}.{inner}").as_str()));
            KEYS.contains(&key)
        }
        (key, _) => KEYS.contains(&key) || matches!(key, "primary" | "family"),
    });
}

/// Puts `given` over `base`: sections key by key, everything else whole.
fn overlay(base: &mut toml::Table, given: toml::Table) {
    for (key, value) in given {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn unknown_keys(given: &toml::Table) -> Vec<Problem> {
    let mut problems = Vec::new();
    let unknown = |key: String, known: Vec<&'static str>| Problem::UnknownKey { key, known };
    for (key, value) in given {
        if let Some((list, inner)) = LISTS.iter().find(|(list, _)| list == key) {
            for entry in value.as_array().into_iter().flatten().filter_map(toml::Value::as_table) {
                let strange = entry.keys().filter(|key| !inner.contains(&key.as_str()));
                problems.extend(strange.map(|key| unknown(format!("{list}.{key}"), inner.to_vec())));
            }
        } else if !KEYS.contains(&key.as_str()) {
            let mut known: Vec<_> = KEYS.iter().copied().filter(|key| !key.contains('.')).collect();
            known.extend(["primary", "family"]);
            problems.push(unknown(key.clone(), known));
        } else if let Some(section) = value.as_table() {
            let known: Vec<_> =
                KEYS.iter().copied().filter_map(|known| known.strip_prefix(key)?.strip_prefix('.')).collect();
            let strange = section.keys().filter(|inner| !known.contains(&inner.as_str()));
            problems.extend(strange.map(|inner| unknown(format!("{key}.{inner}"), known.clone())));
        }
    }
    problems
}

impl Wire {
    fn into_protocol(self) -> Result<Protocol, ProtocolError> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, text: String| problems.push(Problem::Value { key: key.to_owned(), text });
        if let Some(schema) = self.schema.as_deref().filter(|schema| *schema != SCHEMA) {
            wrong("schema", format!("`{schema}` cannot be read here: expected `{SCHEMA}`"));
        }
        let mut limits = Vec::new();
        for limit in &self.limits {
            match AgeLimit::new(*limit) {
                Ok(limit) => limits.push(limit),
                Err(error) => wrong("limits", error.to_string()),
            }
        }
        let tie = match self.tie.as_str() {
            "at_or_above" => Tie::AtOrAbove,
            "above" => Tie::Above,
            other => {
                wrong("tie", format!("`{other}` is not a tie rule: expected `at_or_above` or `above`"));
                Tie::AtOrAbove
            }
        };
        let failure_policy = self.failure_policy.parse().unwrap_or_else(|error: crate::table::WordError| {
            wrong("failure_policy", error.to_string());
            FailurePolicy::Conditional
        });
        let groups = match self.groups {
            WordOrList::Word(word) => {
                if word != "declared" {
                    wrong("groups", format!("`{word}` is neither `declared` nor a list of columns"));
                }
                Groups::Declared
            }
            WordOrList::List(columns) => Groups::Columns(columns),
        };
        let challenge = ChallengeGrid {
            span: thousandths("challenge.span", self.challenge.span, &mut wrong),
            step: thousandths("challenge.step", self.challenge.step, &mut wrong),
            headline: self
                .challenge
                .headline
                .iter()
                .map(|years| thousandths("challenge.headline", *years, &mut wrong))
                .collect(),
        };
        let (mut primary, mut family) = (Vec::new(), Vec::new());
        let buffer = self.buffer.read(&mut wrong);
        let fixed_thresholds = self.fixed_thresholds.into_iter().filter_map(|fixed| fixed.read(&mut wrong)).collect();
        let mut protocol = Protocol {
            name: self.name,
            limits,
            challenge,
            tie,
            failure_policy,
            windows: Windows { under_years: self.windows.under, over_years: self.windows.over },
            groups,
            crossings: self.crossings,
            evidence: EvidenceRule {
                subjects: u64::from(self.evidence.subjects),
                n_star: self.evidence.n_star,
                width: self.evidence.width,
                small_width: self.evidence.small_width,
                width_share: self.evidence.width_share,
            },
            levels: Levels { display: self.levels.display, claim: self.levels.claim },
            straddling_share: self.straddling_share,
            buffer,
            between_groups: self.between_groups.read(),
            fixed_thresholds,
            seed: u64::from(self.seed),
            scores: self.scores.read(&mut wrong),
            primary: Vec::new(),
            family: Vec::new(),
        };
        for (list, entries) in [("primary", self.primary), ("family", self.family)] {
            for (index, entry) in entries.into_iter().enumerate() {
                let into = if list == "family" { &mut family } else { &mut primary };
                match selects(entry, &protocol) {
                    Ok(selects) => into.extend(selects),
                    Err(text) => problems.push(Problem::Value { key: format!("{list}, entry {}", index + 1), text }),
                }
            }
        }
        (protocol.primary, protocol.family) = (primary, family);
        problems.extend(super::check::problems(&protocol));
        if problems.is_empty() { Ok(protocol) } else { Err(ProtocolError { problems }) }
    }

    pub(super) fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// An offset in thousandths of a year; 0 and a problem where it is none.
pub(super) fn thousandths(key: &str, years: f64, wrong: &mut impl FnMut(&str, String)) -> u32 {
    let whole = (years * 1000.0).round();
    if !years.is_finite() || (whole / 1000.0 - years).abs() > 1e-9 || !(0.0..=119_000.0).contains(&whole) {
        let below = if years < 0.0 { ": a challenge age below its limit would let people under it pass" } else { "" };
        wrong(key, format!("{years} is not an offset of 0 to 119 years with at most three decimals{below}"));
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 119,000 by the line above")]
    let offset = whole as u32;
    offset
}

/// One `[[primary]]` or `[[family]]` entry as selections: `headline` becomes one for each headline offset.
fn selects(mut entry: toml::Table, protocol: &Protocol) -> Result<Vec<Select>, String> {
    let is = |entry: &toml::Table, key: &str, word: &str| entry.get(key).and_then(toml::Value::as_str) == Some(word);
    if is(&entry, "failure_policy", "protocol") {
        entry.insert("failure_policy".to_owned(), protocol.failure_policy.to_string().into());
    }
    let challenges: Vec<Option<toml::Value>> = if is(&entry, "challenge", "headline") {
        let offset = |thousandths: &u32| format!("T+{}", f64::from(*thousandths) / 1000.0);
        protocol.challenge.headline.iter().map(|thousandths| Some(offset(thousandths).into())).collect()
    } else {
        vec![entry.get("challenge").cloned()]
    };
    challenges
        .into_iter()
        .map(|challenge| {
            let mut entry = entry.clone();
            if let Some(challenge) = challenge {
                entry.insert("challenge".to_owned(), challenge);
            }
            entry.try_into::<Select>().map_err(|error| error.message().to_owned())
        })
        .collect()
}

impl From<&Protocol> for Wire {
    fn from(protocol: &Protocol) -> Self {
        let years = |thousandths: u32| f64::from(thousandths) / 1000.0;
        Self {
            schema: Some(SCHEMA.to_owned()),
            name: protocol.name.clone(),
            limits: protocol.limits.iter().map(|limit| i64::from(limit.years())).collect(),
            tie: match protocol.tie {
                Tie::AtOrAbove => "at_or_above",
                Tie::Above => "above",
            }
            .to_owned(),
            failure_policy: protocol.failure_policy.to_string(),
            groups: match &protocol.groups {
                Groups::Declared => WordOrList::Word("declared".to_owned()),
                Groups::Columns(columns) => WordOrList::List(columns.clone()),
            },
            crossings: protocol.crossings.clone(),
            straddling_share: protocol.straddling_share,
            seed: u32::try_from(protocol.seed).unwrap_or(u32::MAX),
            challenge: WireChallenge {
                span: years(protocol.challenge.span),
                step: years(protocol.challenge.step),
                headline: protocol.challenge.headline.iter().copied().map(years).collect(),
            },
            windows: WireWindows { under: protocol.windows.under_years, over: protocol.windows.over_years },
            evidence: WireEvidence {
                subjects: u32::try_from(protocol.evidence.subjects).unwrap_or(u32::MAX),
                n_star: protocol.evidence.n_star,
                width: protocol.evidence.width,
                small_width: protocol.evidence.small_width,
                width_share: protocol.evidence.width_share,
            },
            levels: WireLevels { display: protocol.levels.display, claim: protocol.levels.claim },
            buffer: (&protocol.buffer).into(),
            between_groups: (&protocol.between_groups).into(),
            fixed_thresholds: protocol.fixed_thresholds.iter().map(Into::into).collect(),
            scores: scores::Wire::from(&protocol.scores),
            primary: protocol.primary.iter().filter_map(|select| toml::Table::try_from(select).ok()).collect(),
            family: protocol.family.iter().filter_map(|select| toml::Table::try_from(select).ok()).collect(),
        }
    }
}
