//! The TOML form of a protocol. Nothing outside this room sees `Wire`.

use serde::{Deserialize, Serialize};

use super::between;
use super::buffer;
use super::check::{Found, Problem, ProtocolError};
use super::keys::leave_out_unknown;
use super::lines::Lines;
use super::populations::{Standard, WireProjection, WireStandard};
use super::scores;
use super::{Around, ChallengeGrid, EvidenceRule, Groups, Levels, Protocol, Tie, Windows};
use crate::age::AgeLimit;
use crate::table::{FailurePolicy, Select};

/// Every default, written out.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

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
    retries: Vec<u32>,
    bands: Vec<u32>,
    challenge: WireChallenge,
    windows: WireWindows,
    evidence: WireEvidence,
    levels: WireLevels,
    scores: scores::Wire,
    buffer: buffer::Wire,
    between_groups: between::Wire,
    fixed_thresholds: Vec<between::WireFixed>,
    standard: Vec<WireStandard>,
    #[serde(default)]
    projection: Vec<WireProjection>,
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
pub(super) fn read(text: &str, around: &Around<'_>) -> Result<Protocol, ProtocolError> {
    let lines = Lines::of(text).map_err(|found| ProtocolError { problems: vec![found] })?;
    let syntax = |error: toml::de::Error| Found { row: None, problem: Problem::Toml(error.message().to_owned()) };
    let table = |text: &str| text.parse().map_err(|error| ProtocolError { problems: vec![syntax(error)] });
    let mut given: toml::Table = table(text)?;
    let mut problems = lines.unknown_keys();
    leave_out_unknown(&mut given);
    let defaults: toml::Table = table(DEFAULT_TOML)?;
    // Values of another type are told one by one, and left out so that the rest can be looked at.
    problems.extend(leave_out_untyped(&mut given, &defaults).into_iter().map(|problem| lines.place(problem)));
    let mut full = defaults;
    overlay(&mut full, given);
    let wire: Result<Wire, toml::de::Error> = full.try_into();
    let protocol = wire
        .map_err(|error| vec![Problem::Toml(error.message().to_owned())])
        .and_then(|wire| wire.into_protocol(around))
        .map_err(|found| problems.extend(found.into_iter().map(|problem| lines.place(problem))));
    match protocol {
        Ok(protocol) if problems.is_empty() => Ok(protocol),
        _ => Err(ProtocolError { problems }),
    }
}

/// Takes out of `given` what has a type that its key does not take: keys of sections and entries of lists one by one.
fn leave_out_untyped(given: &mut toml::Table, defaults: &toml::Table) -> Vec<Problem> {
    let typed = |one: toml::Table| -> Result<Wire, toml::de::Error> {
        let mut full = defaults.clone();
        overlay(&mut full, one);
        full.try_into()
    };
    if typed(given.clone()).is_ok() {
        return Vec::new();
    }
    let table = |key: &str, value: toml::Value| toml::Table::from_iter([(key.to_owned(), value)]);
    let mut problems = Vec::new();
    let mut wrong = |key: String, one: toml::Table| match typed(one) {
        Ok(_) => false,
        Err(error) => {
            problems.push(Problem::Value { key, text: error.message().replace('\n', " ") });
            true
        }
    };
    for (key, value) in given.iter_mut() {
        match value {
            toml::Value::Table(section) if defaults.get(key).is_some_and(toml::Value::is_table) => {
                section.retain(|inner, value| {
                    let one = table(key, table(inner, value.clone()).into());
                    !wrong(format!("{key}.{inner}"), one)
                });
            }
            toml::Value::Array(entries) if entries.first().is_some_and(toml::Value::is_table) => {
                let mut at = 0;
                entries.retain(|entry| {
                    at += 1;
                    !wrong(format!("{key}, entry {at}"), table(key, vec![entry.clone()].into()))
                });
            }
            _ => {}
        }
    }
    given.retain(|key, value| !wrong(key.to_owned(), table(key, value.clone())));
    problems
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

impl Wire {
    fn into_protocol(self, around: &Around<'_>) -> Result<Protocol, Vec<Problem>> {
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
            retries: self.retries,
            bands: self.bands,
            standards: self.standard.into_iter().map(Standard::from).collect(),
            projections: Vec::new(),
            scores: self.scores.read(&mut wrong),
            primary: Vec::new(),
            family: Vec::new(),
        };
        for (index, entry) in self.projection.into_iter().enumerate() {
            match entry.read(around.files) {
                Ok(projection) => protocol.projections.push(projection),
                Err(text) => problems.push(Problem::Value { key: format!("projection, entry {}", index + 1), text }),
            }
        }
        for (list, entries) in [("primary", self.primary), ("family", self.family)] {
            for (index, entry) in entries.into_iter().enumerate() {
                let into = if list == "family" { &mut family } else { &mut primary };
                let found = selects(entry, &protocol).and_then(|selects| {
                    let names = selects.first().and_then(|select| select.metric.as_deref());
                    names.map_or(Ok(()), around.metric)?;
                    let below = selects.iter().find_map(|select| super::check::below_its_limit(select, &protocol));
                    below.map_or(Ok(selects), Err)
                });
                match found {
                    Ok(selects) => into.extend(selects),
                    Err(text) => problems.push(Problem::Value { key: format!("{list}, entry {}", index + 1), text }),
                }
            }
        }
        (protocol.primary, protocol.family) = (primary, family);
        problems.extend(super::check::problems(&protocol));
        if problems.is_empty() { Ok(protocol) } else { Err(problems) }
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
            retries: protocol.retries.clone(),
            bands: protocol.bands.clone(),
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
            standard: protocol.standards.iter().map(WireStandard::from).collect(),
            projection: protocol.projections.iter().map(WireProjection::from).collect(),
            buffer: (&protocol.buffer).into(),
            between_groups: (&protocol.between_groups).into(),
            fixed_thresholds: protocol.fixed_thresholds.iter().map(Into::into).collect(),
            scores: scores::Wire::from(&protocol.scores),
            primary: protocol.primary.iter().filter_map(|select| toml::Table::try_from(select).ok()).collect(),
            family: protocol.family.iter().filter_map(|select| toml::Table::try_from(select).ok()).collect(),
        }
    }
}
