//! From a network's output to an answer: the decoding that a method card declares under `[onnx.output]`.
//!
//! A head is part of the model: the same numbers read as an expectation or as the most probable age differ by years.

mod arithmetic;

use crate::age::OLDEST;
use crate::outcome::Outcome;
use arithmetic::{distribution, expectation, largest, median, no_distribution, ordinal, range};

/// How the probabilities of an [`Head::Ordinal`] become an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrdinalRule {
    /// `first_age` + the sum of the probabilities.
    Sum,
    /// `first_age` + how many probabilities are above one half (CORAL, and Niu et al.).
    Count,
}

impl OrdinalRule {
    /// Both rules.
    pub const ALL: &'static [Self] = &[Self::Sum, Self::Count];

    /// The word in cards and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
        }
    }

    /// The rule that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.word() == word)
    }
}

/// How the numbers of an output become an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Head {
    /// One number: years.
    Years,
    /// One number: years = number x `scale` + `offset`.
    ScaledYears {
        /// Years per unit.
        scale: f64,
        /// Years at 0.
        offset: f64,
    },
    /// One number per age: the mean age of the distribution, with its standard deviation as spread.
    Expectation {
        /// The stated ages in years.
        ages: Vec<f64>,
        /// Whether the numbers are logits (softmax is applied) or probabilities (divided by their sum).
        logits: bool,
    },
    /// One number per age: the first age at which the distribution reaches one half.
    Median {
        /// The stated ages in years, rising.
        ages: Vec<f64>,
        /// Logits or probabilities.
        logits: bool,
    },
    /// One number per age: the most probable age, the youngest of equals.
    Argmax {
        /// The stated ages in years.
        ages: Vec<f64>,
    },
    /// "Older than age k" for K ages a year apart.
    Ordinal {
        /// The age, in years, of somebody who is older than none of them.
        first_age: f64,
        /// The number of questions, K.
        steps: usize,
        /// Whether the numbers are logits. One column: sigmoid. Two columns: softmax of each pair.
        logits: bool,
        /// How probabilities become an age.
        rule: OrdinalRule,
    },
    /// One number per bin: the range `[edges[k], edges[k + 1])` of the most probable bin, the youngest of equals.
    Bins {
        /// K + 1 edges in years, rising.
        edges: Vec<f64>,
    },
}

/// Why numbers are not a head, or an output cannot be decoded by it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HeadError {
    /// The output has another length than the head reads.
    #[error("the output has {found} numbers where head `{head}` reads {expected}")]
    Length {
        /// The head's word.
        head: &'static str,
        /// Numbers found.
        found: usize,
        /// What the head reads.
        expected: String,
    },
    /// A head without ages, steps or bins.
    #[error("head `{0}` states no ages")]
    NoAges(&'static str),
    /// An age or edge that is not an age.
    #[error("head `{head}` states {value}, which is not an age between 0 and 120 years")]
    NotAnAge {
        /// The head's word.
        head: &'static str,
        /// The number in question.
        value: f64,
    },
    /// Ages or edges that do not rise.
    #[error("head `{head}` needs rising ages, but {after} follows {before}")]
    NotRising {
        /// The head's word.
        head: &'static str,
        /// The earlier age, years.
        before: f64,
        /// The later one, years.
        after: f64,
    },
    /// A scale of 0 or one that is not finite, or an offset that is not finite.
    #[error("scale {scale} with offset {offset} gives no ages")]
    Scale {
        /// Years per unit.
        scale: f64,
        /// Years at 0.
        offset: f64,
    },
}

impl Head {
    /// The words of all heads, as cards have them, each with what the head makes of an output.
    pub const WORDS: &'static [(&'static str, &'static str)] = &[
        ("years", "one number: years"),
        ("scaled_years", "one number: years = number x scale + offset"),
        ("expectation", "one number an age: the mean of the distribution, its standard deviation as spread"),
        ("median", "one number an age: the first age at which the distribution reaches one half"),
        ("argmax", "one number an age: the most probable age"),
        ("ordinal", "\"older than age k\", K x 1 or K x 2: the first age plus the sum (or count) of probabilities"),
        ("bins", "one number a bin: the range of the most probable bin"),
    ];

    /// The word in cards and messages.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Years => "years",
            Self::ScaledYears { .. } => "scaled_years",
            Self::Expectation { .. } => "expectation",
            Self::Median { .. } => "median",
            Self::Argmax { .. } => "argmax",
            Self::Ordinal { .. } => "ordinal",
            Self::Bins { .. } => "bins",
        }
    }

    /// Checks what the card states, before any work.
    ///
    /// # Errors
    /// [`HeadError`] for missing, impossible or unsorted ages, and for a useless scale.
    pub fn check(&self) -> Result<(), HeadError> {
        let head = self.word();
        let stated: &[f64] = match self {
            Self::Years => return Ok(()),
            Self::ScaledYears { scale, offset } => {
                let useful = scale.is_finite() && *scale != 0.0 && offset.is_finite();
                return if useful { Ok(()) } else { Err(HeadError::Scale { scale: *scale, offset: *offset }) };
            }
            Self::Ordinal { first_age, steps, .. } => {
                if *steps == 0 {
                    return Err(HeadError::NoAges(head));
                }
                std::slice::from_ref(first_age)
            }
            Self::Expectation { ages, .. } | Self::Median { ages, .. } | Self::Argmax { ages } => ages,
            Self::Bins { edges } if edges.len() < 2 => return Err(HeadError::NoAges(head)),
            Self::Bins { edges } => edges,
        };
        if stated.is_empty() {
            return Err(HeadError::NoAges(head));
        }
        if let Some(&value) = stated.iter().find(|age| !(0.0..=OLDEST).contains(*age)) {
            return Err(HeadError::NotAnAge { head, value });
        }
        let fall = stated.windows(2).find_map(|pair| match pair {
            [before, after] if before >= after => Some((*before, *after)),
            _ => None,
        });
        fall.map_or(Ok(()), |(before, after)| Err(HeadError::NotRising { head, before, after }))
    }

    /// The lengths of one sample's output that this head reads: one, or two for `ordinal` (K and K x 2).
    #[must_use]
    pub fn expected_lengths(&self) -> Vec<usize> {
        match self {
            Self::Years | Self::ScaledYears { .. } => vec![1],
            Self::Expectation { ages, .. } | Self::Median { ages, .. } | Self::Argmax { ages } => vec![ages.len()],
            Self::Ordinal { steps, .. } => vec![*steps, steps.saturating_mul(2)],
            Self::Bins { edges } => vec![edges.len().saturating_sub(1)],
        }
    }

    /// Checks the length of one sample's output, before any work.
    ///
    /// # Errors
    /// [`HeadError::Length`] naming both lengths.
    pub fn fits(&self, length: usize) -> Result<(), HeadError> {
        let lengths = self.expected_lengths();
        if lengths.contains(&length) {
            return Ok(());
        }
        let expected: Vec<String> = lengths.iter().map(usize::to_string).collect();
        Err(HeadError::Length { head: self.word(), found: length, expected: expected.join(" or ") })
    }

    /// The outcome that one sample's output stands for. Numbers that are not finite, probabilities that sum to
    /// nothing and ages outside 0 to 120 years are a failed attempt with the reason, never an answer.
    ///
    /// # Errors
    /// [`HeadError::Length`] when `output` has another length than the head reads.
    ///
    /// ```
    /// use agebench::method::head::Head;
    /// use agebench::outcome::{Outcome, Status};
    ///
    /// let head = Head::ScaledYears { scale: 100.0, offset: 0.0 };
    /// assert_eq!(head.decode(&[0.25])?, Outcome::of_years(25.0));
    /// assert_eq!(head.decode(&[7.0])?.status, Status::Failed);
    /// # Ok::<(), agebench::method::head::HeadError>(())
    /// ```
    pub fn decode(&self, output: &[f32]) -> Result<Outcome, HeadError> {
        self.fits(output.len())?;
        let numbers: Vec<f64> = output.iter().map(|number| f64::from(*number)).collect();
        if let Some(bad) = numbers.iter().find(|number| !number.is_finite()) {
            return Ok(Outcome::failed(format!("the method's answer: {bad} is not a finite number")));
        }
        Ok(self.decode_finite(&numbers))
    }

    fn decode_finite(&self, numbers: &[f64]) -> Outcome {
        match self {
            Self::Years => Outcome::of_years(numbers.iter().sum()),
            Self::ScaledYears { scale, offset } => Outcome::of_years(numbers.iter().sum::<f64>() * scale + offset),
            Self::Expectation { ages, logits } => match distribution(numbers, *logits) {
                Some(shares) => expectation(ages, &shares),
                None => no_distribution(),
            },
            Self::Median { ages, logits } => match distribution(numbers, *logits) {
                Some(shares) => Outcome::of_years(median(ages, &shares)),
                None => no_distribution(),
            },
            Self::Argmax { ages } => Outcome::of_years(ages.get(largest(numbers)).copied().unwrap_or(f64::NAN)),
            Self::Ordinal { first_age, steps, logits, rule } => ordinal(numbers, *first_age, *steps, *logits, *rule),
            Self::Bins { edges } => {
                let bin = largest(numbers);
                match (edges.get(bin), edges.get(bin + 1)) {
                    (Some(&low), Some(&high)) => range(low, high),
                    _ => no_distribution(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
