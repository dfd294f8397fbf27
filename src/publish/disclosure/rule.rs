//! The rules of disclosure control by name, and what each makes of a count.

use std::fmt;
use std::str::FromStr;

/// A rule for counts of people. Every count is of subjects, of attempts, or of either that are events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Counts are released as they are: for data that is about nobody, such as drawn faces.
    None,
    /// Counts up to 7 are redacted, others rounded to the nearest 5.
    Uk7_5,
    /// 0 stays 0, any other count becomes the middle of its six: 3, 9, 15, ... Nothing is redacted.
    Midpoint6,
    /// Counts below 10 are redacted, others released as they are.
    Threshold10,
}

/// What is published of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// This number stands for it.
    Number(u64),
    /// That it is small, and no more.
    Redacted,
}

impl Rule {
    /// All rules, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::None, Self::Uk7_5, Self::Midpoint6, Self::Threshold10];

    /// The word on the command line, in packages and in the flags of released rows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Uk7_5 => "uk_7_5",
            Self::Midpoint6 => "midpoint6",
            Self::Threshold10 => "threshold_10",
        }
    }

    /// The largest count that is redacted; none where nothing is.
    #[must_use]
    pub fn redacted_up_to(self) -> Option<u64> {
        match self {
            Self::None | Self::Midpoint6 => None,
            Self::Uk7_5 => Some(7),
            Self::Threshold10 => Some(9),
        }
    }

    /// What is published of `count`.
    ///
    /// Source: METRICS M18; the 7 and 5 of NHS England's Hospital Episode Statistics, the midpoint of six of OpenSAFELY.
    #[must_use]
    pub fn show(self, count: u64) -> Shown {
        if self.redacted_up_to().is_some_and(|most| count <= most) {
            return Shown::Redacted;
        }
        Shown::Number(match self {
            Self::None | Self::Threshold10 => count,
            Self::Uk7_5 => (count + 2) / 5 * 5,
            Self::Midpoint6 if count == 0 => 0,
            Self::Midpoint6 => count.div_ceil(6) * 6 - 3,
        })
    }

    /// The least and the largest count that `shown` may stand for.
    #[must_use]
    pub fn behind(self, shown: u64) -> (u64, u64) {
        match self {
            Self::None | Self::Threshold10 => (shown, shown),
            Self::Uk7_5 => (shown.saturating_sub(2).max(8), shown + 2),
            Self::Midpoint6 if shown == 0 => (0, 0),
            Self::Midpoint6 => (shown.saturating_sub(2), shown + 3),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rule of disclosure control: expected one of `none`, `uk_7_5`, `midpoint6`, `threshold_10`")]
pub struct RuleError(pub String);

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(word: &str) -> Result<Self, RuleError> {
        Self::ALL.into_iter().find(|rule| rule.word() == word).ok_or_else(|| RuleError(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_shows_what_the_definition_says() {
        let shown = |rule: Rule, counts: &[u64]| -> Vec<Option<u64>> {
            let number = |shown| match shown {
                Shown::Number(number) => Some(number),
                Shown::Redacted => None,
            };
            counts.iter().map(|count| number(rule.show(*count))).collect()
        };
        let counts = [0, 1, 6, 7, 8, 9, 10, 12, 13, 18];
        let some = |numbers: &[u64]| -> Vec<Option<u64>> { numbers.iter().map(|number| Some(*number)).collect() };
        assert_eq!(shown(Rule::None, &counts), some(&counts));
        assert_eq!(shown(Rule::Midpoint6, &counts), some(&[0, 3, 3, 9, 9, 9, 9, 9, 15, 15]));
        assert_eq!(shown(Rule::Uk7_5, &counts[4..]), some(&[10, 10, 10, 10, 15, 20]));
        assert_eq!(shown(Rule::Uk7_5, &counts[..4]), [None; 4]);
        assert_eq!(shown(Rule::Threshold10, &counts[6..]), some(&[10, 12, 13, 18]));
        assert_eq!(shown(Rule::Threshold10, &counts[..6]), [None; 6]);
    }

    #[test]
    fn what_is_behind_a_number_are_the_counts_that_are_shown_so() {
        for rule in Rule::ALL {
            for count in 0..500 {
                if let Shown::Number(number) = rule.show(count) {
                    let (low, high) = rule.behind(number);
                    assert!((low..=high).contains(&count), "{rule} {count}");
                    assert!((low..=high).all(|other| rule.show(other) == Shown::Number(number)), "{rule} {count}");
                }
            }
        }
    }

    #[test]
    fn a_word_reads_back_and_another_is_refused_with_the_choices() {
        for rule in Rule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        assert!("uk".parse::<Rule>().unwrap_err().to_string().contains("`uk_7_5`"));
    }
}
