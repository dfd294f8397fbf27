//! A policy as people write it, in TOML: every problem found in one pass, each with its line.

use std::collections::BTreeSet;

use crate::finding::{Findings, did_you_mean, quoted};
use crate::keys::Keys;
use crate::metric::catalogue::{self, Entry};
use crate::table::{Better, FailurePolicy, SELECT_KEYS, Select, Unit, Weighting};

/// Rules, with a name and where their bounds come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name, in every output.
    pub name: String,
    /// Where its bounds come from: a standard, a contract, or that they are the author's own.
    pub source: String,
    /// At least one.
    pub rules: Vec<Rule>,
}

/// Which rows, and what is asked of each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The name, which no other rule of the policy has.
    pub name: String,
    /// Where its bound comes from, where it is not from where the policy's do.
    pub source: String,
    /// The only method that it is about; none: every method of the folder.
    pub method: Option<String>,
    /// The rows.
    pub select: Select,
    /// What is asked of each.
    pub test: Test,
}

/// What is asked of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Test {
    /// The upper bound is no higher.
    AtMost(f64),
    /// The lower bound is no lower.
    AtLeast(f64),
    /// Shown to be worse than the baseline by less.
    Margin(f64),
}

impl Test {
    /// The key in a policy.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::AtMost(_) => "at_most",
            Self::AtLeast(_) => "at_least",
            Self::Margin(_) => "margin",
        }
    }

    /// The number in a policy.
    #[must_use]
    pub fn number(self) -> f64 {
        match self {
            Self::AtMost(number) | Self::AtLeast(number) | Self::Margin(number) => number,
        }
    }
}

/// The keys of a rule: those of a [`Select`], and its own.
pub const RULE_KEYS: [&str; 16] = [
    "name",
    "source",
    "method",
    "metric",
    "limit",
    "challenge",
    "failure_policy",
    "population",
    "every_group",
    "group_by",
    "group",
    "weighting",
    "variant",
    "at_most",
    "at_least",
    "margin",
];

/// Metrics of which the differences to a baseline are known on the same people.
const PAIRED: [Entry; 5] =
    [catalogue::UNDER_AGE_PASS, catalogue::ADULT_DENIAL, catalogue::MAE, catalogue::RMSE, catalogue::AUC];

/// What a list of rules needs, for messages.
const NEEDS: &str = "one or more [[rule]] with `metric` and one of `at_most`, `at_least`, `margin`";

impl Policy {
    /// The policy in `text`, the content of the file that users know as `file`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(file: &str, text: &str) -> Result<Self, Findings> {
        let mut keys = Keys::parse(file, text)?;
        keys.schema();
        let name = named(&mut keys, "name", true);
        let source = named(&mut keys, "source", true);
        let mut rules = Vec::new();
        let mut names = BTreeSet::new();
        let row = keys.row_of_key("rule");
        let tables = keys.require_tables("rule", NEEDS);
        if tables.as_ref().is_some_and(Vec::is_empty) {
            keys.wrong("rule", row, format!("no rule: expected {NEEDS}"), None);
        }
        for mut table in tables.unwrap_or_default() {
            let row = table.first_row();
            let rule = rule(&mut table);
            if let Some(rule) = &rule
                && !names.insert(rule.name.clone())
            {
                let text = format!("another rule is called {}", quoted(&rule.name));
                let help = "give each rule a `name` of its own, or leave out the rule that is there twice";
                table.wrong("name", row, text, Some(help.to_owned()));
            }
            keys.absorb(table);
            rules.extend(rule);
        }
        let findings = keys.finish();
        match (name, source) {
            (Some(name), Some(source)) if findings.errors() == 0 => Ok(Self { name, source, rules }),
            _ => Err(findings),
        }
    }
}

/// A text of one line.
fn named(keys: &mut Keys<'_>, key: &'static str, required: bool) -> Option<String> {
    let row = keys.row_of_key(key);
    let expected =
        if key == "source" { "where the bounds come from, such as \"ISO/IEC ...\" or \"our own\"" } else { "a text" };
    let text: String = if required { keys.require(key, expected)? } else { keys.take(key, expected)? };
    if text.trim().is_empty() || text.chars().count() > 500 || text.chars().any(char::is_control) {
        keys.wrong(key, row, "expected 1 to 500 characters without control characters", None);
        return None;
    }
    Some(text)
}

fn rule(keys: &mut Keys<'_>) -> Option<Rule> {
    let row = keys.first_row();
    keys.know(RULE_KEYS);
    let name = named(keys, "name", false);
    let source = named(keys, "source", false).unwrap_or_default();
    let method = named(keys, "method", false);
    let entry = metric(keys, row);
    let select = select(keys);
    let test = test(keys, row, entry);
    let (Some(entry), Some(mut select), Some(test)) = (entry, select, test) else { return None };
    select.metric = Some(entry.measure.name.to_owned());
    let name = name.unwrap_or_else(|| in_words(&select, method.as_deref(), test));
    Some(Rule { name, source, method, select, test })
}

/// The metric, which a rule must name and the catalogue must know.
fn metric(keys: &mut Keys<'_>, rule: Option<u64>) -> Option<Entry> {
    let row = keys.row_of_key("metric");
    if row.is_none() {
        keys.wrong("metric", rule, "the key is missing: expected the name of a metric", Some(LIST.to_owned()));
    }
    let name: String = keys.take("metric", "the name of a metric")?;
    let found = catalogue::ALL.iter().find(|entry| entry.measure.name == name).copied();
    if found.is_none() {
        let near = did_you_mean(&name, catalogue::ALL.iter().map(|entry| entry.measure.name));
        let text = format!("{} is not the name of a metric", quoted(&name));
        keys.wrong("metric", row, text, Some(near.unwrap_or_else(|| LIST.to_owned())));
    }
    found
}

const LIST: &str = "`agebench list metrics` names them";

/// Which rows of the metric: the keys of a [`Select`], each looked at alone so that all that is wrong is told.
fn select(keys: &mut Keys<'_>) -> Option<Select> {
    let mut given = toml::Table::new();
    let mut sound = true;
    if let Some(by) = every_group(keys, &mut sound) {
        given.insert("group_by".to_owned(), by.into());
    }
    for key in SELECT_KEYS.into_iter().filter(|key| *key != "metric") {
        let row = keys.row_of_key(key);
        let Some(value) = keys.take::<toml::Value>(key, "a value") else { continue };
        let mut alone = toml::Table::from_iter([(key.to_owned(), value.clone())]);
        if key == "group"
            && let Some(by) = given.get("group_by")
        {
            alone.insert("group_by".to_owned(), by.clone());
        }
        if let Err(error) = alone.try_into::<Select>() {
            let near = value.as_str().and_then(|word| did_you_mean(word, words_of(key)));
            let message = one_line(error.message());
            let text = if message.starts_with("invalid type") {
                format!("{} is not {}", quoted(&value.to_string()).replace("\\\"", "\""), expected(key))
            } else {
                message
            };
            keys.wrong(key, row, text, near);
            sound = false;
        }
        given.insert(key.to_owned(), value);
    }
    if sound { given.try_into().ok() } else { None }
}

/// `every_group = "sex"`: a readable `group_by` without a `group`.
fn every_group(keys: &mut Keys<'_>, sound: &mut bool) -> Option<String> {
    let row = keys.row_of_key("every_group")?;
    let Some(by) = keys.take::<String>("every_group", "the name of a column, such as \"sex\", or \"*\" for all") else {
        *sound = false;
        return None;
    };
    let both: Vec<&str> = ["group_by", "group"].into_iter().filter(|key| keys.has(key)).collect();
    if let [other, ..] = both.as_slice() {
        let text = format!("`every_group` and `{other}` exclude each other");
        let help = "`every_group` asks it of each level of a column, `group_by` with `group` of one level";
        keys.wrong("every_group", Some(row), text, Some(help.to_owned()));
        *sound = false;
    } else if by.is_empty() {
        keys.wrong("every_group", Some(row), "expected the name of a column", None);
        *sound = false;
    }
    Some(by)
}

/// The words that a key takes, for "did you mean".
fn words_of(key: &str) -> Vec<&'static str> {
    match key {
        "failure_policy" => FailurePolicy::ALL.iter().map(|policy| policy.word()).collect(),
        "weighting" => Weighting::ALL.iter().map(|weighting| weighting.word()).collect(),
        "population" => vec!["all", "under", "over", "window", "age", "standardised"],
        "challenge" => vec!["own"],
        _ => Vec::new(),
    }
}

/// What a key takes, where it is given something of another type.
fn expected(key: &str) -> &'static str {
    match key {
        "limit" => "a limit in whole years, such as 18",
        "challenge" => "a challenge age: expected years, `T+5` or `own`",
        _ => "a text",
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number that is asked for: exactly one of the three keys.
fn test(keys: &mut Keys<'_>, rule: Option<u64>, entry: Option<Entry>) -> Option<Test> {
    type Made = fn(f64) -> Test;
    const TESTS: [(&str, Made); 3] = [("at_most", Test::AtMost), ("at_least", Test::AtLeast), ("margin", Test::Margin)];
    let given: Vec<&str> = TESTS.iter().map(|(key, _)| *key).filter(|key| keys.has(key)).collect();
    match given.as_slice() {
        [] => {
            let text = "nothing is asked: expected one of `at_most`, `at_least`, `margin`";
            keys.wrong("at_most", rule, text, Some("write `at_most = 0.05`, for example".to_owned()));
            return None;
        }
        [_] => {}
        [first, others @ ..] => {
            let row = keys.row_of_key(first);
            let text = format!("`{first}` and `{}` in one rule: expected one of them", others.join("`, `"));
            keys.wrong(first, row, text, Some("write two rules: both must be met".to_owned()));
        }
    }
    let mut found = None;
    for (key, of) in TESTS {
        let row = keys.row_of_key(key);
        let Some(number) = keys.take::<f64>(key, "a number, such as 0.05") else { continue };
        if let Some((text, help)) = entry.and_then(|entry| unfit(of(number), entry)) {
            keys.wrong(key, row, text, help);
        } else if !number.is_finite() {
            keys.wrong(key, row, format!("{number} is not a finite number"), None);
        } else if given.len() == 1 {
            found = Some(of(number));
        }
    }
    found
}

/// Why a number cannot be asked of a metric, and what to do.
fn unfit(test: Test, entry: Entry) -> Option<(String, Option<String>)> {
    let (number, measure) = (test.number(), entry.measure);
    let is_share = matches!(measure.unit, Unit::Share | Unit::Probability);
    if let Test::Margin(margin) = test {
        if !PAIRED.contains(&entry) {
            let names: Vec<&str> = PAIRED.iter().map(|entry| entry.measure.name).collect();
            let text = format!("`{}` is not held against a baseline on the same people", measure.name);
            let help = format!("a margin is for {}; ask `at_most` or `at_least` of others", names.join(", "));
            return Some((text, Some(help)));
        }
        if margin < 0.0 {
            return Some((format!("{margin} is below 0: a margin is how much worse may be"), None));
        }
        if (is_share || measure.unit == Unit::One) && margin >= 1.0 {
            return Some((format!("{margin} is not a share below 1"), percent(margin)));
        }
        return None;
    }
    // Differences of shares lie below 0 too.
    let least = if measure.better == Better::Zero || entry.family == "curve" { -1.0 } else { 0.0 };
    if is_share && !(least..=1.0).contains(&number) {
        return Some((format!("{number} is not a share from {least} to 1"), percent(number)));
    }
    None
}

/// Percent where a share is asked for.
fn percent(number: f64) -> Option<String> {
    (number > 1.0 && number <= 100.0)
        .then(|| format!("for {number} % write {}", crate::table::twelve_digits(number / 100.0)))
}

/// What a rule without a name is called: what it asks, in its own words.
fn in_words(select: &Select, method: Option<&str>, test: Test) -> String {
    let table = toml::Table::try_from(select).unwrap_or_default();
    let bare = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut parts: Vec<String> = Vec::new();
    parts.extend(method.map(str::to_owned));
    for key in SELECT_KEYS {
        let Some(value) = table.get(key).map(bare) else { continue };
        parts.push(match key {
            "metric" | "population" | "failure_policy" | "variant" => value,
            "group_by" if !table.contains_key("group") => format!("every {value}"),
            "group_by" => continue,
            "group" => format!("{} = {value}", table.get("group_by").map(bare).unwrap_or_default()),
            "weighting" => format!("by {value}"),
            key => format!("{key} {value}"),
        });
    }
    parts.push(format!("{} {}", test.key().replace('_', " "), crate::table::twelve_digits(test.number())));
    parts.join(", ")
}
