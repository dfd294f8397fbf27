//! Where a row stands: limit, challenge age, policy, population, group, weighting and variant.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{FailurePolicy, Weighting, WordError};
use crate::age::{AgeLimit, ChallengeAge};

/// What a row speaks of. With the metric and the context it is the identity of the row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The legal age in question, where there is one.
    pub limit: Option<AgeLimit>,
    /// The challenge age; none where the method's own decision is meant or no limit is.
    pub challenge: Option<ChallengeAge>,
    /// The failure policy, for rates that have one.
    pub failure_policy: Option<FailurePolicy>,
    /// Who is counted, by age.
    pub population: Population,
    /// Who is counted, by group.
    pub group: Group,
    /// How subjects weigh.
    pub weighting: Option<Weighting>,
    /// What is unusual about the row.
    pub variant: Variant,
}

impl Place {
    /// The whole dataset, no limit, no weighting.
    #[must_use]
    pub fn of_all() -> Self {
        Self {
            limit: None,
            challenge: None,
            failure_policy: None,
            population: Population::All,
            group: Group::whole(),
            weighting: None,
            variant: Variant::none(),
        }
    }
}

/// Who is counted, by true age (or, for one kind, by answered age).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Population {
    /// Everyone: `all`.
    All,
    /// Everyone surely below the limit: `under`.
    Under,
    /// Everyone surely at or above the limit: `over`.
    Over,
    /// One completed year of life: `age:17`.
    Age(u32),
    /// This completed year and all later ones: `age:31-`.
    AgeFrom(u32),
    /// Completed years from the first to the last, both included: `window:13-17`.
    Window(u32, u32),
    /// Answered ages within one year, `[k, k + 1)`: `answered:25`.
    Answered(u32),
    /// Within the n-th month before the limit's birthday, a month being a twelfth of the year: `months_before:1`.
    MonthsBefore(u32),
    /// True ages from the first edge up to, not including, the second; an end is open below the first edge of all and
    /// from the last: `band:13-16`, `band:-13`, `band:18-`.
    Band(Option<u32>, Option<u32>),
    /// The mean over required cells: `standardised`.
    Standardised,
    /// Weighted to a stated distribution of visitors: `projected:NAME`.
    Projected(String),
}

impl fmt::Display for Population {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Under => f.write_str("under"),
            Self::Over => f.write_str("over"),
            Self::Age(year) => write!(f, "age:{year}"),
            Self::AgeFrom(year) => write!(f, "age:{year}-"),
            Self::Window(first, last) => write!(f, "window:{first}-{last}"),
            Self::Answered(year) => write!(f, "answered:{year}"),
            Self::MonthsBefore(month) => write!(f, "months_before:{month}"),
            Self::Band(low, high) => {
                let edge = |edge: &Option<u32>| edge.map(|years| years.to_string()).unwrap_or_default();
                write!(f, "band:{}-{}", edge(low), edge(high))
            }
            Self::Standardised => f.write_str("standardised"),
            Self::Projected(name) => write!(f, "projected:{name}"),
        }
    }
}

impl FromStr for Population {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let error = || WordError::new(text, "a population, such as `under`, `age:17` or `window:13-17`");
        let year = |digits: &str| -> Result<u32, WordError> {
            if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(error());
            }
            digits.parse().map_err(|_| error())
        };
        match (text, text.split_once(':')) {
            ("all", _) => Ok(Self::All),
            ("under", _) => Ok(Self::Under),
            ("over", _) => Ok(Self::Over),
            ("standardised", _) => Ok(Self::Standardised),
            (_, Some(("age", rest))) => match rest.strip_suffix('-') {
                Some(from) => Ok(Self::AgeFrom(year(from)?)),
                None => Ok(Self::Age(year(rest)?)),
            },
            (_, Some(("answered", rest))) => Ok(Self::Answered(year(rest)?)),
            (_, Some(("window", rest))) => {
                let (first, last) = rest.split_once('-').ok_or_else(error)?;
                Ok(Self::Window(year(first)?, year(last)?))
            }
            (_, Some(("months_before", rest))) => Ok(Self::MonthsBefore(year(rest)?)),
            (_, Some(("band", rest))) => {
                let edge = |digits: &str| if digits.is_empty() { Ok(None) } else { year(digits).map(Some) };
                let (low, high) = rest.split_once('-').ok_or_else(error)?;
                match (edge(low)?, edge(high)?) {
                    (None, None) => Err(error()),
                    (low, high) => Ok(Self::Band(low, high)),
                }
            }
            (_, Some(("projected", name))) if !name.is_empty() => Ok(Self::Projected(name.to_owned())),
            _ => Err(error()),
        }
    }
}

/// Who is counted, by the columns of the manifest. Both texts are empty for the whole dataset.
///
/// A crossing joins names and levels with `*`: `sex*region`, `female*north`; `*` and `\` inside a name or a level
/// are escaped with `\` (also where nothing is crossed, so that one rule reads every cell).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    by: String,
    level: String,
}

impl Group {
    /// The level of an empty manifest cell.
    pub const UNKNOWN: &'static str = "unknown";

    /// The whole dataset.
    #[must_use]
    pub fn whole() -> Self {
        Self { by: String::new(), level: String::new() }
    }

    /// The group with these levels of these columns, as named in the manifest; an empty level is `unknown`. Levels
    /// without a column and columns without a level are left out.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut by, mut level) = (Vec::new(), Vec::new());
        for (column, value) in parts {
            by.push(escape(column));
            level.push(escape(if value.is_empty() { Self::UNKNOWN } else { value }));
        }
        Self { by: by.join("*"), level: level.join("*") }
    }

    /// The group as its two cells hold it.
    #[must_use]
    pub fn from_cells(by: &str, level: &str) -> Self {
        Self { by: by.to_owned(), level: level.to_owned() }
    }

    /// All groups of a column or crossing at once, as rows about their differences name them: without a level.
    #[must_use]
    pub fn all_of(by: &str) -> Self {
        Self { by: by.to_owned(), level: String::new() }
    }

    /// A part of this group that no row speaks of, such as one half of its subjects: a crossing with a column whose
    /// name is empty, which no manifest has.
    #[must_use]
    pub fn part(&self, word: &str) -> Self {
        Self { by: format!("*{}", self.by), level: format!("{}*{}", escape(word), self.level) }
    }

    /// The cell `group_by`.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// The cell `group`.
    #[must_use]
    pub fn level(&self) -> &str {
        &self.level
    }

    /// Whether this is the whole dataset.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.by.is_empty()
    }

    /// The (column, level) pairs, unescaped.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, String)> {
        split(&self.by).into_iter().zip(split(&self.level)).collect()
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*")
}

fn split(cell: &str) -> Vec<String> {
    if cell.is_empty() {
        return Vec::new();
    }
    let mut parts = vec![String::new()];
    let mut characters = cell.chars();
    while let Some(character) = characters.next() {
        match (character, parts.last_mut()) {
            ('*', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(characters.next()),
            (other, Some(part)) => part.push(other),
            (_, None) => {}
        }
    }
    parts
}

/// What sets a row apart from the plain one: sorted `key=value` pairs, `age=mid;tie=above`. Keys and values hold no
/// `=` and no `;`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Variant(BTreeMap<String, String>);

impl Variant {
    /// The plain row.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One pair.
    #[must_use]
    pub fn of(key: &str, value: impl fmt::Display) -> Self {
        Self::none().with(key, value)
    }

    /// This variant with one more pair; `;` and `=` inside become `_`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        let clean = |text: String| text.replace([';', '='], "_");
        self.0.insert(clean(key.to_owned()), clean(value.to_string()));
        self
    }

    /// Whether this is the plain row.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.0.iter().enumerate() {
            write!(f, "{}{key}={value}", if index == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

impl FromStr for Variant {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        text.split(';').filter(|pair| !pair.is_empty()).try_fold(Self::none(), |variant, pair| {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| WordError::new(text, "a variant: expected `key=value;...`"))?;
            Ok(variant.with(key, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_population_reads_back_and_other_words_are_refused() {
        for text in [
            "all",
            "under",
            "over",
            "age:17",
            "age:31-",
            "window:13-17",
            "answered:25",
            "projected:uk shop",
            "months_before:3",
            "band:13-16",
            "band:-13",
            "band:18-",
        ] {
            assert_eq!(text.parse::<Population>().unwrap().to_string(), text);
        }
        for text in ["", "age", "age:", "age:x", "window:13", "window:-13", "projected:", "Under", "age:+5", "band:-"] {
            assert!(text.parse::<Population>().is_err(), "{text}");
        }
    }

    #[test]
    fn stars_and_backslashes_in_a_level_do_not_look_like_a_crossing() {
        let group = Group::of([("sex", "a*b\\"), ("region", "")]);
        assert_eq!((group.by(), group.level()), ("sex*region", "a\\*b\\\\*unknown"));
        assert_eq!(group.parts(), [("sex".into(), "a*b\\".into()), ("region".into(), "unknown".into())]);
        assert_eq!(Group::of([("sex", "female")]).level(), "female");
    }

    #[test]
    fn a_variant_is_sorted_whatever_the_order_it_was_made_in() {
        let variant = Variant::of("x", 5).with("age", "mid");
        assert_eq!(variant.to_string(), "age=mid;x=5");
        assert_eq!("x=5;age=mid".parse::<Variant>().unwrap(), variant);
        assert!("x".parse::<Variant>().is_err());
    }
}
