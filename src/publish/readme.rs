//! README.md of a release: for people who never saw agebench. Every number in it is read from a released row.

use std::collections::BTreeSet;

use serde_json::Value;

use super::about::{PackageRecord, RunEntry};
use super::disclosure::Rule;
use super::package::Package;
use super::sums::SIGNATURE;
use crate::folder::names;
use crate::study::said;
use crate::table::{FailurePolicy, Population, Row, Variant, twelve_digits};

/// A published card, for its texts.
pub(super) struct Card(toml::Table);

impl Card {
    /// The card `file` among `cards`.
    pub(super) fn of(cards: &[(String, String)], file: &str) -> Self {
        let text = cards.iter().find(|(name, _)| name == file).map_or("", |(_, text)| text);
        Self(text.parse().unwrap_or_default())
    }

    /// The text of `key`, or a word that it is not stated.
    pub(super) fn text(&self, key: &str) -> String {
        match self.0.get(key) {
            Some(toml::Value::String(text)) if !text.is_empty() => text.clone(),
            Some(toml::Value::Array(list)) => {
                let texts = list.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                texts.collect::<Vec<_>>().join(" to ")
            }
            _ => "not stated".to_owned(),
        }
    }
}

/// Foreign text in Markdown: one line, nothing of it markup.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            _ if letter.is_control() => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~' | '!' => {
                plain.push('\\');
                plain.push(letter);
            }
            _ => plain.push(letter),
        }
    }
    plain
}

/// How a rule protects people, in plain words.
fn rule_in_words(rule: Rule) -> &'static str {
    match rule {
        Rule::None => {
            "Counts are published as they are (rule `none`). This is right for data that are about nobody, or where everybody in \
             them agreed to it."
        }
        Rule::Uk7_5 => {
            "Counts of people up to 7 are withheld, 0 among them, and all others rounded to the nearest 5 (rule `uk_7_5`). Where a \
             withheld count would follow from other numbers, more is withheld. Rates and intervals are computed again from \
             what is published, so they are less exact than those of the study itself."
        }
        Rule::Midpoint6 => {
            "Every count of people but 0 is published as the middle of its six: 3 stands for 1 to 6, 9 for 7 to 12, and so on (rule \
             `midpoint6`). Rates and intervals are computed again from what is published, so they are less exact than \
             those of the study itself."
        }
        Rule::Threshold10 => {
            "Counts of people below 10 are withheld (rule `threshold_10`). Where a withheld count would follow from other \
             numbers, more is withheld."
        }
    }
}

/// The README of a release.
pub(super) fn readme(
    record: &PackageRecord,
    title: &str,
    cards: &[(String, String)],
    rows: &[Row],
    package: &Package,
    signed: bool,
) -> String {
    let mut text = format!("# {}\n\n", plain(title));
    if let Some(date) = &record.date {
        text.push_str(&format!("Released on {}. ", plain(date)));
    }
    text.push_str(&format!(
        "Made by agebench {}, which measures age-assurance methods where they are used: at legal ages, in both directions.\n\n",
        record.tool_version
    ));
    text.push_str("## What was measured\n\n");
    for method in &record.methods {
        let card = Card::of(cards, &method.card);
        text.push_str(&format!(
            "- **{}** {} ({}): {} Claimed for ages {}. Licence: {}.\n",
            plain(&method.name),
            plain(&method.version),
            plain(&method.kind),
            sentence(&plain(&card.text("intended_use"))),
            plain(&card.text("claimed_ages")),
            plain(&card.text("licence")),
        ));
    }
    text.push_str("\n## On whom\n\n");
    for dataset in &record.datasets {
        let card = Card::of(cards, &dataset.card);
        text.push_str(&format!(
            "- **{}** {}: sampled by `{}`, ages `{}`, known to the `{}`.{}{} Source: {}. Consent: {}. Licence: {}.\n",
            plain(&dataset.name),
            plain(&dataset.version),
            plain(&or(card.text("sampling"), "volunteer")),
            plain(&card.text("label_kind")),
            plain(&dataset.age_precision),
            people(rows, &dataset.manifest_digest),
            if dataset.filtered { " A part of it was used." } else { "" },
            plain(&card.text("source")),
            plain(&card.text("consent")),
            plain(&card.text("licence")),
        ));
    }
    let studies: BTreeSet<String> = record.runs.iter().filter_map(study).collect();
    let studies: Vec<String> = studies.into_iter().collect();
    if !studies.is_empty() {
        text.push_str(&format!("\n## What was planned\n\n{}\n", studies.join("\n")));
    }
    let rule = record.disclosure.rule().unwrap_or(Rule::None);
    text.push_str(&format!("\n## How people are protected\n\n{}\n", rule_in_words(rule)));
    if !record.disclosure.earlier.is_empty() {
        text.push_str("Earlier releases of the same data were taken into account, so that no count follows from their difference.\n");
    }
    text.push_str(
        "No row is about a single person, and no file holds an answer, an identifier, a picture, a file name, a name of a machine \
         or an address of a service.\n",
    );
    text.push_str("\n## What it does not say\n\n");
    text.push_str(
        "- It speaks of these people, these methods in these versions, under this protocol. Rows with the flag `sample_only` come \
         from people who were not drawn at random: their intervals say nothing about anybody else.\n\
         - A row with the status `insufficient_evidence` supports no claim, however good its value looks. An empty value is \
         unknown, never 0.\n\
         - Rows with different `manifest_digest` were measured on different people and cannot be compared.\n\
         - It certifies nothing and recommends nothing.\n",
    );
    text.push_str(&how_to_read(rows, package));
    text.push_str(&how_to_check(signed));
    text
}

/// How the study that a folder was a part of stands to the plan on record; none where it was a part of none.
fn study(run: &RunEntry) -> Option<String> {
    let study = run.settings.get("study")?;
    let name = study.get("name").and_then(Value::as_str).unwrap_or_default();
    Some(format!("- {}: {}", plain(name), plain(&said(study)?)))
}

/// `text` with a full stop at its end.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn or(text: String, default: &str) -> String {
    if text == "not stated" { default.to_owned() } else { text }
}

/// How many people a released row says that there were.
fn people(rows: &[Row], manifest: &str) -> String {
    let own = |row: &&Row| row.manifest_digest == manifest && row.metric == "flow_attempted" && row.group.is_whole();
    match rows.iter().find(own).and_then(|row| row.n_subjects) {
        Some(people) => format!(" {people} people."),
        None => String::new(),
    }
}

/// Files, and one row in words.
fn how_to_read(rows: &[Row], package: &Package) -> String {
    let mut text = "\n## How to read it\n\n".to_owned();
    for (file, what) in [
        (names::METRICS, "one fact a row: value, interval, bounds for claims, counts, flags"),
        (names::COMPARISON, "differences between two methods on the same people"),
        (names::LEADERBOARD, "each method's own rows with the places that it may have among all"),
        (
            super::package::DATA_PACKAGE,
            "every column: its type, its meaning, and what a cell may be (Frictionless Table Schema)",
        ),
        (names::PROTOCOL, "everything that defines a number: limits, challenge ages, windows, groups, levels"),
        (names::RUN, "what was done, with digests and versions"),
    ] {
        if file.ends_with(".json") || file.ends_with(".toml") || package.file(file).is_some() {
            text.push_str(&format!("- `{file}`: {what}\n"));
        }
    }
    text.push_str("- `cards/`: what the methods and the datasets say of themselves, without file names, addresses and command lines\n\n");
    text.push_str(
        "A text that begins with `=`, `+`, `-` or `@` has an apostrophe before it, so that no spreadsheet runs it as a formula.\n",
    );
    if let Some(row) = example(rows) {
        text.push_str(&format!("\nFor example, one row says: {}\n", in_words(row)));
    }
    text
}

/// The row that is told in words: under-age passes of everybody just below a limit, 18 if there is one.
fn example(rows: &[Row]) -> Option<&Row> {
    let fits = |row: &&Row| {
        row.metric == "under_age_pass_rate"
            && matches!(row.population, Population::Window(..))
            && row.group.is_whole()
            && row.failure_policy == Some(FailurePolicy::Conditional)
            && (row.variant == Variant::none() || row.variant == Variant::of("window", "pooled"))
            && row.value.is_some()
            && row.low.is_some()
    };
    let of_18 = |row: &&Row| row.limit.is_some_and(|limit| limit.years() == 18);
    rows.iter().filter(fits).find(of_18).or_else(|| rows.iter().find(fits))
}

fn in_words(row: &Row) -> String {
    let percent = |share: Option<f64>| share.map_or("?".to_owned(), |share| format!("{:.1} %", share * 100.0));
    let number = |count: Option<u64>| count.map_or("an unpublished number of".to_owned(), |count| count.to_string());
    let limit = row.limit.map_or_else(String::new, |limit| limit.years().to_string());
    let gate = row.challenge.map_or_else(
        || "by its own decision".to_owned(),
        |age| format!("at the challenge age {} (who is estimated to be younger is denied)", twelve_digits(age.years())),
    );
    let years = match row.population {
        Population::Window(first, last) => format!("aged {first} to {last}"),
        _ => "below the limit".to_owned(),
    };
    let evidence = if row.status == crate::table::RowStatus::Value {
        ""
    } else {
        " The row is `insufficient_evidence`: no claim may rest on it."
    };
    let unit = if row.n_subjects.is_some() { "people" } else { "attempts of people" };
    format!(
        "**{}**, at the limit {limit} {gate}, let {} of the {unit} {years} through who got a decision; with {} % confidence \
         between {} and {}, from {} and {} attempts.{evidence}",
        plain(&row.method),
        percent(row.value),
        row.level.map_or_else(|| "95".to_owned(), |level| twelve_digits(level * 100.0)),
        percent(row.low),
        percent(row.high),
        row.n_subjects
            .map_or_else(|| "an unpublished number of people".to_owned(), |people| format!("{people} people")),
        number(row.n_attempts),
    )
}

fn how_to_check(signed: bool) -> String {
    let mut text = "\n## How to check it\n\n    sha256sum -c SHA256SUMS          # no file was changed\n".to_owned();
    if signed {
        text.push_str(&format!(
            "    minisign -Vm SHA256SUMS -P KEY   # {SIGNATURE} is by the holder of KEY, which you must have from elsewhere\n"
        ));
    }
    text.push_str(
        "    agebench verify .                # sums, columns, and every number that follows from others in the same row\n    \
         frictionless validate datapackage.json\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_no_markup() {
        assert_eq!(plain("a*b\n# <img src=x> [x](y)"), "a\\*b \\# \\<img src=x\\> \\[x\\](y)");
    }
}
