//! How rows are found: by terminal, report, gate rules, comparisons, sentences, and the protocol's primary rows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{FailurePolicy, Group, Population, Row, Variant, Weighting, WordError};
use crate::age::{AgeLimit, ChallengeAge};

/// Finds rows. A field that is not given matches any row, with two exceptions that keep the usual question short:
/// without a group the whole dataset is meant, and without a variant the plain row.
///
/// In TOML: `{ metric = "under_age_pass_rate", limit = 18, challenge = 25, population = "window" }`; `challenge` also
/// takes `"T+5"` (relative to the row's own limit) and `"own"` (the method's own decision), `population` a bare `age`
/// or `window` for all of their kind, `group_by` and `group` the words of those columns or `"*"` for any, `variant`
/// the words of that column or `"*"` for any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "super::select::Wire", into = "super::select::Wire")]
pub struct Select {
    /// Name of the metric.
    pub metric: Option<String>,
    /// The limit.
    pub limit: Option<AgeLimit>,
    /// The challenge age.
    pub challenge: Option<ChallengeSelect>,
    /// The failure policy.
    pub failure_policy: Option<FailurePolicy>,
    /// The population.
    pub population: Option<PopulationSelect>,
    /// The group.
    pub group: GroupSelect,
    /// The weighting.
    pub weighting: Option<Weighting>,
    /// The variant.
    pub variant: VariantSelect,
}

/// Which challenge ages are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeSelect {
    /// This one.
    At(ChallengeAge),
    /// The limit of the row plus this many thousandths of a year.
    AboveLimit(u32),
    /// None: the method's own decision.
    Own,
}

/// Which populations are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PopulationSelect {
    /// This one.
    Exactly(Population),
    /// Every window: `window`.
    AnyWindow,
    /// Every single year, and the years after the last one: `age`.
    AnyAge,
}

/// Which groups are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GroupSelect {
    /// The whole dataset.
    #[default]
    Whole,
    /// The whole and every group: `group_by = "*"`.
    Any,
    /// Every group of this column or crossing, as written in the cell `group_by`.
    By(String),
    /// This group.
    Exactly(Group),
}

/// Which variants are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum VariantSelect {
    /// The plain row.
    #[default]
    Plain,
    /// Any: `variant = "*"`.
    Any,
    /// This one.
    Exactly(Variant),
}

impl Select {
    /// Rows of `metric`: the whole dataset, plain variant, anything else.
    ///
    /// ```
    /// use agebench::table::{Select, Table};
    ///
    /// let table = Table::default();
    /// assert_eq!(table.find(&Select::metric("mae")).count(), 0);
    /// ```
    #[must_use]
    pub fn metric(name: &str) -> Self {
        Self { metric: Some(name.to_owned()), ..Self::default() }
    }

    /// Whether this finds `row`.
    #[must_use]
    pub fn matches(&self, row: &Row) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        fits(self.metric.as_ref(), Some(&row.metric))
            && fits(self.limit.as_ref(), row.limit.as_ref())
            && fits(self.failure_policy.as_ref(), row.failure_policy.as_ref())
            && fits(self.weighting.as_ref(), row.weighting.as_ref())
            && self.challenge.is_none_or(|wanted| wanted.matches(row.limit, row.challenge))
            && self.population.as_ref().is_none_or(|wanted| wanted.matches(&row.population))
            && self.group.matches(&row.group)
            && match &self.variant {
                VariantSelect::Plain => row.variant.is_none(),
                VariantSelect::Any => true,
                VariantSelect::Exactly(variant) => *variant == row.variant,
            }
    }
}

impl ChallengeSelect {
    fn matches(self, limit: Option<AgeLimit>, challenge: Option<ChallengeAge>) -> bool {
        match (self, challenge) {
            (Self::Own, found) => found.is_none(),
            (Self::At(wanted), Some(found)) => wanted == found,
            (Self::AboveLimit(thousandths), Some(found)) => limit.is_some_and(|limit| {
                ChallengeAge::new(f64::from(limit.years()) + f64::from(thousandths) / 1000.0) == Ok(found)
            }),
            (Self::At(_) | Self::AboveLimit(_), None) => false,
        }
    }
}

impl PopulationSelect {
    fn matches(&self, population: &Population) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == population,
            Self::AnyWindow => matches!(population, Population::Window(..)),
            Self::AnyAge => matches!(population, Population::Age(_) | Population::AgeFrom(_)),
        }
    }
}

impl GroupSelect {
    fn matches(&self, group: &Group) -> bool {
        match self {
            Self::Whole => group.is_whole(),
            Self::Any => true,
            Self::By(by) => group.by() == by,
            Self::Exactly(wanted) => wanted == group,
        }
    }
}

impl fmt::Display for ChallengeSelect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(challenge) => challenge.fmt(f),
            Self::AboveLimit(thousandths) => write!(f, "T+{}", f64::from(*thousandths) / 1000.0),
            Self::Own => f.write_str("own"),
        }
    }
}

impl FromStr for ChallengeSelect {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let error = || WordError::new(text, "a challenge age: expected years, `T+5` or `own`");
        if text == "own" {
            return Ok(Self::Own);
        }
        let years = |text: &str| text.parse::<f64>().ok().filter(|years| years.is_finite());
        match text.strip_prefix("T+") {
            Some(offset) => {
                let thousandths = years(offset).map(|years| (years * 1000.0).round());
                let exact = thousandths.filter(|whole| (0.0..=120_000.0).contains(whole));
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 to 120,000 by the filter"
                )]
                exact.map(|whole| Self::AboveLimit(whole as u32)).ok_or_else(error)
            }
            None => years(text).and_then(|years| ChallengeAge::new(years).ok()).map(Self::At).ok_or_else(error),
        }
    }
}

impl fmt::Display for PopulationSelect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(population) => population.fmt(f),
            Self::AnyWindow => f.write_str("window"),
            Self::AnyAge => f.write_str("age"),
        }
    }
}

impl FromStr for PopulationSelect {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "window" => Ok(Self::AnyWindow),
            "age" => Ok(Self::AnyAge),
            other => other.parse().map(Self::Exactly),
        }
    }
}

/// The TOML form of a [`Select`].
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<WordOrNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    population: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weighting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
}

/// `25`, `25.5` or `"T+5"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum WordOrNumber {
    /// A word.
    Word(String),
    /// Whole years.
    Whole(i64),
    /// Years.
    Number(f64),
}

/// The keys of a [`Select`] in TOML, for "did you mean".
pub const SELECT_KEYS: [&str; 9] =
    ["metric", "limit", "challenge", "failure_policy", "population", "group_by", "group", "weighting", "variant"];

impl fmt::Display for WordOrNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => word.fmt(f),
            Self::Whole(whole) => whole.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl TryFrom<Wire> for Select {
    type Error = WordError;

    fn try_from(wire: Wire) -> Result<Self, WordError> {
        fn word<T: FromStr<Err = WordError>>(word: Option<String>) -> Result<Option<T>, WordError> {
            word.map(|word| word.parse()).transpose()
        }
        let limit = wire.limit.map(|limit| {
            AgeLimit::new(limit).map_err(|_| WordError::new(&limit.to_string(), "an age limit, 1 to 100 whole years"))
        });
        let group = match (wire.group_by.as_deref(), wire.group.as_deref()) {
            (None | Some(""), None | Some("")) => GroupSelect::Whole,
            (None | Some(""), Some(level)) => {
                return Err(WordError::new(level, "a group without its column: give `group_by` as well"));
            }
            (Some("*"), None | Some("*")) => GroupSelect::Any,
            (Some(by), None | Some("*")) => GroupSelect::By(by.to_owned()),
            (Some(by), Some(level)) => GroupSelect::Exactly(Group::from_cells(by, level)),
        };
        Ok(Self {
            metric: wire.metric,
            limit: limit.transpose()?,
            challenge: wire.challenge.map(|challenge| challenge.to_string().parse()).transpose()?,
            failure_policy: word(wire.failure_policy)?,
            population: word(wire.population)?,
            group,
            weighting: word(wire.weighting)?,
            variant: match wire.variant.as_deref() {
                None | Some("") => VariantSelect::Plain,
                Some("*") => VariantSelect::Any,
                Some(variant) => VariantSelect::Exactly(variant.parse()?),
            },
        })
    }
}

impl From<Select> for Wire {
    fn from(select: Select) -> Self {
        let (group_by, group) = match select.group {
            GroupSelect::Whole => (None, None),
            GroupSelect::Any => (Some("*".to_owned()), None),
            GroupSelect::By(by) => (Some(by), None),
            GroupSelect::Exactly(group) => (Some(group.by().to_owned()), Some(group.level().to_owned())),
        };
        Self {
            metric: select.metric,
            limit: select.limit.map(|limit| i64::from(limit.years())),
            challenge: select.challenge.map(|challenge| match challenge {
                ChallengeSelect::At(age) if age.years().fract() != 0.0 => WordOrNumber::Number(age.years()),
                #[expect(clippy::cast_possible_truncation, reason = "1 to 120 and whole by the arm above")]
                ChallengeSelect::At(age) => WordOrNumber::Whole(age.years() as i64),
                other => WordOrNumber::Word(other.to_string()),
            }),
            failure_policy: select.failure_policy.map(|policy| policy.to_string()),
            population: select.population.map(|population| population.to_string()),
            group_by,
            group,
            weighting: select.weighting.map(|weighting| weighting.to_string()),
            variant: match select.variant {
                VariantSelect::Plain => None,
                VariantSelect::Any => Some("*".to_owned()),
                VariantSelect::Exactly(variant) => Some(variant.to_string()),
            },
        }
    }
}
