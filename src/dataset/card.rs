//! dataset.toml: what a dataset is, how its ages were come by, and which columns may be grouped by.

use serde::Serialize;
use toml::de::DeTable;

use super::names::is_own_column;
use crate::digest::{Digest, DigestError};
use crate::finding::{Finding, Findings, quoted};
use crate::keys::Keys;

/// How the ages of a dataset were come by. Only [`LabelKind::Chronological`] ages can support a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// From documents or registers.
    Chronological,
    /// As the person stated it.
    Declared,
    /// As other people judged it.
    Apparent,
    /// As a method answered it.
    Estimated,
}

impl LabelKind {
    const WORDS: [(&'static str, Self); 4] = [
        ("chronological", Self::Chronological),
        ("declared", Self::Declared),
        ("apparent", Self::Apparent),
        ("estimated", Self::Estimated),
    ];

    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }

    /// The kind that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::WORDS, word)
    }
}

/// How finely the ages of a dataset are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Exact: `17.25` is 17.25 years.
    Day,
    /// An age `a` means `[a, a + 1/12)`.
    Month,
    /// Whole completed years: `17` means `[17, 18)`.
    Year,
    /// Each row has its own range.
    Band,
}

impl Precision {
    const WORDS: [(&'static str, Self); 4] =
        [("day", Self::Day), ("month", Self::Month), ("year", Self::Year), ("band", Self::Band)];

    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }

    /// The precision that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::WORDS, word)
    }
}

/// How the subjects came into the dataset. Anything but [`Sampling::Random`] speaks for its own sample only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Drawn at random from a stated population.
    Random,
    /// Volunteers.
    Volunteer,
    /// Whoever was at hand.
    Convenience,
    /// Chosen by a vendor.
    Vendor,
}

impl Sampling {
    const WORDS: [(&'static str, Self); 4] = [
        ("random", Self::Random),
        ("volunteer", Self::Volunteer),
        ("convenience", Self::Convenience),
        ("vendor", Self::Vendor),
    ];

    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }
}

/// On which day a person born on 29 February has the birthday in other years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum LeapBirthday {
    /// 1 March, the default.
    #[serde(rename = "1 march")]
    FirstOfMarch,
    /// 28 February.
    #[serde(rename = "28 february")]
    LastOfFebruary,
}

/// A dataset.toml with its defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatasetCard {
    /// 1 to 200 characters, no control characters.
    pub name: String,
    /// The holder's own version.
    pub version: String,
    /// How the ages were come by.
    pub label_kind: LabelKind,
    /// How finely the ages are known; `None` when the card is silent: then dates mean day, `age_low` and `age_high`
    /// mean band, and `age` means year.
    pub age_precision: Option<Precision>,
    /// How the subjects came into the dataset.
    pub sampling: Sampling,
    /// Columns of the manifest that may be grouped by.
    pub groups: Vec<String>,
    /// Columns of the manifest that describe how a sample was taken.
    pub conditions: Vec<String>,
    /// The column that names the species of an attack; an empty cell is a bona fide sample.
    pub attack_species: Option<String>,
    /// The terms under which the data may be used; empty is unknown.
    pub licence: String,
    /// What the subjects consented to; empty is unknown.
    pub consent: String,
    /// Where the data come from; empty is unknown.
    pub source: String,
    /// The birthday of those born on 29 February.
    pub leap_birthday: LeapBirthday,
    /// The folder of the files, relative to the card or absolute; `None` is the card's own. Where files lie on a machine is
    /// nobody else's business: it is in no digest and in no run folder.
    #[serde(skip)]
    pub files: Option<String>,
}

impl DatasetCard {
    /// A card with nothing but a name and defaults.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: "1".to_owned(),
            label_kind: LabelKind::Chronological,
            age_precision: None,
            sampling: Sampling::Volunteer,
            groups: Vec::new(),
            conditions: Vec::new(),
            attack_species: None,
            licence: String::new(),
            consent: String::new(),
            source: String::new(),
            leap_birthday: LeapBirthday::FirstOfMarch,
            files: None,
        }
    }

    /// The card in `text`, the content of `file`.
    ///
    /// # Errors
    /// All problems of the card, found in one pass.
    pub fn parse(file: &str, text: &str) -> Result<Self, Findings> {
        let (card, findings) = Self::parse_on(file, text)?;
        if findings.errors() > 0 { Err(findings) } else { Ok(card) }
    }

    /// As [`DatasetCard::parse`], but a key with an error gets its default, so that the manifest can be looked at too.
    pub(super) fn parse_on(file: &str, text: &str) -> Result<(Self, Findings), Findings> {
        let mut keys = Keys::parse(file, text)?;
        let mut card = Self::named(String::new());
        keys.schema();
        let name_row = keys.row_of_key("name");
        if let Some(name) = keys.require::<String>("name", "a text of 1 to 200 characters") {
            if let Err(problem) = check_name(&name) {
                keys.wrong("name", name_row, problem, None);
            }
            card.name = name;
        }
        card.version = keys.require("version", "a text such as \"1\"").unwrap_or_default();
        card.label_kind = keys.word("label_kind", &LabelKind::WORDS).unwrap_or(card.label_kind);
        card.age_precision = keys.word("age_precision", &Precision::WORDS);
        card.sampling = keys.word("sampling", &Sampling::WORDS).unwrap_or(card.sampling);
        let rows = ["groups", "conditions", "attack_species"].map(|key| (key, keys.row_of_key(key)));
        card.groups = keys.take("groups", "a list of columns such as [\"sex\"]").unwrap_or_default();
        card.conditions = keys.take("conditions", "a list of columns such as [\"light\"]").unwrap_or_default();
        card.attack_species =
            keys.take::<String>("attack_species", "the name of a column").filter(|column| !column.is_empty());
        let leap = [("1 march", LeapBirthday::FirstOfMarch), ("28 february", LeapBirthday::LastOfFebruary)];
        card.leap_birthday = keys.word("leap_birthday", &leap).unwrap_or(card.leap_birthday);
        card.files = keys
            .take::<String>("files", "the folder of the files, such as \"../faces\"")
            .filter(|place| !place.is_empty());
        for (key, text) in
            [("licence", &mut card.licence), ("consent", &mut card.consent), ("source", &mut card.source)]
        {
            *text = keys.take(key, "a text").unwrap_or_default();
        }
        card.check_columns(&mut keys, rows);
        Ok((card, keys.finish()))
    }

    fn check_columns(&self, keys: &mut Keys<'_>, rows: [(&'static str, Option<u64>); 3]) {
        let named = [&self.groups[..], &self.conditions[..], self.attack_species.as_slice()];
        let mut seen: Vec<&str> = Vec::new();
        for ((key, row), columns) in rows.into_iter().zip(named) {
            for column in columns {
                if column.is_empty() {
                    keys.wrong(key, row, "a column's name is empty", None);
                } else if is_own_column(column) && key != "attack_species" {
                    let text = format!("the column {} has a meaning of its own", quoted(column));
                    keys.wrong(key, row, text, Some("give the column another name in the manifest".to_owned()));
                } else if seen.contains(&column.as_str()) {
                    keys.wrong(key, row, format!("the column {} is named twice", quoted(column)), None);
                }
                seen.push(column);
            }
        }
    }

    /// What is empty and should not be, for `check` and `publish`.
    #[must_use]
    pub fn gaps(&self, file: &str) -> Vec<Finding> {
        [("licence", &self.licence), ("consent", &self.consent), ("source", &self.source)]
            .into_iter()
            .filter(|(_, text)| text.trim().is_empty())
            .map(|(key, _)| {
                Finding::warning(file, "empty: `publish` requires it").column(key).help(match key {
                    "licence" => "say under which terms the data may be used",
                    "consent" => "say what the subjects consented to, or on which legal ground the data are used",
                    _ => "say where the data come from: an address, a contract, a collection",
                })
            })
            .collect()
    }

    /// The card's digest.
    ///
    /// # Errors
    /// Never in practice: every field can be written as JSON.
    pub fn digest(&self) -> Result<Digest, DigestError> {
        Digest::of_parsed("dataset", self, &[])
    }
}

/// `text`, a card, without its key `files`: that says where files lie on this machine.
pub(super) fn without_files(text: &str) -> String {
    let Ok(table) = DeTable::parse(text) else { return text.to_owned() };
    let found = table.get_ref().iter().find(|(key, _)| key.get_ref() == "files");
    let Some((key, value)) = found.map(|(key, value)| (key.span(), value.span())) else { return text.to_owned() };
    let begin = text.get(..key.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(value.end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| value.end + at + 1);
    format!("{}{}", text.get(..begin).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

/// Whether `name` may name a dataset or a method; the problem when not.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), String> {
    match name.chars().count() {
        0 => Err("empty: expected 1 to 200 characters".to_owned()),
        count if count > 200 => Err(format!("{count} characters long: expected 1 to 200")),
        _ if name.chars().any(char::is_control) => Err("holds a control character".to_owned()),
        _ if name.trim() != name => Err("begins or ends with a space".to_owned()),
        _ => Ok(()),
    }
}

fn word_of<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, candidate)| *candidate == value).map_or("", |(word, _)| word)
}

fn named<T: Copy>(words: &[(&'static str, T)], word: &str) -> Option<T> {
    words.iter().find(|(candidate, _)| *candidate == word).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_files_lie_is_in_no_digest_and_not_in_the_text_that_is_kept() {
        let plain = "name = \"x\"\nversion = \"1\"\nlabel_kind = \"apparent\"\nsource = \"files = 1\"\n";
        for line in ["files = \"/home/someone/faces\"", "  \"files\" = '''\n/home/someone/faces''' # mine"] {
            for text in [format!("{line}\n{plain}"), format!("{plain}{line}\n"), format!("{plain}{line}")] {
                let card = DatasetCard::parse("dataset.toml", &text).unwrap();
                assert_eq!(card.files.as_deref(), Some("/home/someone/faces"));
                assert_eq!(without_files(&text), plain);
                let other = DatasetCard::parse("dataset.toml", plain).unwrap();
                assert_eq!(card.digest().unwrap(), other.digest().unwrap());
            }
        }
        assert_eq!(without_files(plain), plain);
    }
}
