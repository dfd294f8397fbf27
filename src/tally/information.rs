//! How much a set of answers tells: which classes of answers there are, how often each different one was given, and how
//! many the returned format can express.

use std::collections::BTreeMap;

use super::answers::{Answers, Said};
use crate::age::{AgeLimit, ChallengeAge, OLDEST};
use crate::outcome::Decision;
use crate::protocol::Tie;

/// The class of an answer, from what tells least to what tells most (METRICS M13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerClass {
    /// Pass or deny, at one limit or several.
    Decision,
    /// An age range.
    Band,
    /// An age.
    Age,
    /// An age with its standard deviation.
    AgeAndSpread,
    /// A score at one limit or several, with or without a decision.
    Score,
}

impl AnswerClass {
    /// The word in files and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Band => "band",
            Self::Age => "age",
            Self::AgeAndSpread => "age_and_spread",
            Self::Score => "score",
        }
    }
}

/// One answer, by the bits of its numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Age(u64, Option<u64>),
    Range(u64, u64),
    /// By limit, in the order of the limits.
    Limits(Vec<(Option<Decision>, Option<u64>)>),
}

/// The bits of a number, with one zero: -0 tells nothing that 0 does not.
fn bits(number: f64) -> u64 {
    (number + 0.0).to_bits()
}

impl Told {
    fn class(&self) -> AnswerClass {
        match self {
            Self::Age(_, None) => AnswerClass::Age,
            Self::Age(_, Some(_)) => AnswerClass::AgeAndSpread,
            Self::Range(..) => AnswerClass::Band,
            Self::Limits(limits) if limits.iter().any(|(_, score)| score.is_some()) => AnswerClass::Score,
            Self::Limits(_) => AnswerClass::Decision,
        }
    }
}

/// The form in which numbers are returned, as far as the numbers themselves show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NumberFormat {
    /// So many decimals at most.
    Decimals(u32),
    /// Numbers of 32-bit floating point.
    Float32,
    /// Numbers of 64-bit floating point.
    Float64,
}

/// What a format can express: how many values, and the largest step from one to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expressible {
    /// The format with the fewest values of those that hold all numbers seen.
    pub format: NumberFormat,
    /// Values from the lowest to the highest, both included.
    pub values: f64,
    /// The largest step between two neighbours, in the unit of the numbers.
    pub step: f64,
}

/// The answers of one method, counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Information {
    limits: Vec<AgeLimit>,
    answers: BTreeMap<Told, u64>,
}

impl Information {
    /// The answered attempts among `answers`, on anybody: attacks and people of unknown age are told about as well.
    #[must_use]
    pub fn of(answers: &Answers) -> Self {
        let mut found = Self { limits: answers.limits().to_vec(), answers: BTreeMap::new() };
        for index in 0..answers.len() {
            let told = match answers.said(index) {
                Said::Nothing => continue,
                Said::Age(years) => Told::Age(bits(years), answers.spread(index).map(bits)),
                Said::Range(low, high) => Told::Range(bits(low), bits(high)),
                Said::Limits => Told::Limits(
                    (0..answers.limits().len())
                        .map(|limit| (answers.decision(limit, index), answers.score(limit, index).map(bits)))
                        .collect(),
                ),
            };
            *found.answers.entry(told).or_default() += 1;
        }
        found
    }

    /// Answered attempts.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.answers.values().sum()
    }

    /// How often each different answer was given.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        self.answers.values().copied().collect()
    }

    /// Answered attempts by class; classes without one are left out.
    #[must_use]
    pub fn classes(&self) -> BTreeMap<AnswerClass, u64> {
        let mut classes = BTreeMap::new();
        for (told, count) in &self.answers {
            *classes.entry(told.class()).or_default() += count;
        }
        classes
    }

    /// Whether some answer tells anything about `limit`: an age and a range do.
    #[must_use]
    pub fn speaks_of(&self, limit: AgeLimit) -> bool {
        let place = self.limits.iter().position(|one| *one == limit);
        let said = |limits: &[(Option<Decision>, Option<u64>)]| {
            place.and_then(|place| limits.get(place)).is_some_and(|(one, other)| one.is_some() || other.is_some())
        };
        self.answers.keys().any(|told| match told {
            Told::Limits(limits) => said(limits),
            Told::Age(..) | Told::Range(..) => true,
        })
    }

    /// How often answers come to pass, to deny and to neither at `limit` and `challenge` (none: the method's own decision).
    #[must_use]
    pub fn decisions(&self, limit: AgeLimit, challenge: Option<ChallengeAge>, tie: Tie) -> [u64; 3] {
        let place = self.limits.iter().position(|one| *one == limit);
        let challenge = challenge.map(ChallengeAge::years);
        let mut found = [0; 3];
        for (told, count) in &self.answers {
            let passed = match (told, challenge) {
                (Told::Age(years, _), Some(challenge)) => {
                    let years = f64::from_bits(*years);
                    Some(if tie == Tie::AtOrAbove { years >= challenge } else { years > challenge })
                }
                (Told::Range(low, _), Some(challenge)) if f64::from_bits(*low) >= challenge => Some(true),
                (Told::Range(_, high), Some(challenge)) if f64::from_bits(*high) <= challenge => Some(false),
                (Told::Limits(limits), None) => place
                    .and_then(|place| limits.get(place))
                    .and_then(|(decision, _)| decision.map(|decision| decision == Decision::Pass)),
                _ => None,
            };
            found[passed.map_or(2, |passed| usize::from(!passed))] += count;
        }
        found
    }

    /// The ages that the format of the answered ages and ranges can express from `claimed[0]` to `claimed[1]` years, or
    /// further where an answer lies further; none without such an answer.
    #[must_use]
    pub fn ages(&self, claimed: [f64; 2]) -> Option<Expressible> {
        let numbers = self.answers.keys().flat_map(|told| match told {
            Told::Age(years, _) => vec![*years],
            Told::Range(low, high) => vec![*low, *high],
            Told::Limits(_) => Vec::new(),
        });
        let numbers: Vec<f64> = numbers.map(f64::from_bits).collect();
        expressible(&numbers, claimed.map(|age| age.clamp(0.0, OLDEST)))
    }

    /// Whether some spread is no standard deviation: negative or infinite.
    #[must_use]
    pub fn has_spreads_that_are_none(&self) -> bool {
        let is_none = |spread: f64| !spread.is_finite() || spread < 0.0;
        self.answers.keys().any(|told| matches!(told, Told::Age(_, Some(bits)) if is_none(f64::from_bits(*bits))))
    }

    /// How many different answers the returned format can express: of each class that was seen, added up. Where the card says
    /// how many `bands` there are these are they, else two ages, the lower first, or twice the same. An age with a
    /// spread has every spread from 0 to half the claimed range, which no standard deviation within it exceeds
    /// (Popoviciu 1935). None where scores are no probabilities, because nobody knows from where to where they go, or a
    /// spread is negative or infinite.
    #[must_use]
    pub fn expressible_answers(&self, claimed: [f64; 2], bands: Option<usize>) -> Option<f64> {
        let ages = self.ages(claimed);
        let mut sum = 0.0;
        for class in self.classes().into_keys() {
            let of_class = || self.answers.keys().filter(|told| told.class() == class);
            sum += match class {
                AnswerClass::Age => ages?.values,
                AnswerClass::AgeAndSpread => {
                    let spreads = of_class().filter_map(|told| match told {
                        Told::Age(_, Some(spread)) => Some(f64::from_bits(*spread)),
                        _ => None,
                    });
                    let spreads: Vec<f64> = spreads.collect();
                    ages?.values * expressible(&spreads, [0.0, (claimed[1] - claimed[0]) / 2.0])?.values
                }
                AnswerClass::Band => match bands {
                    Some(bands) => bands as f64,
                    None => ages?.values * (ages?.values + 1.0) / 2.0,
                },
                AnswerClass::Decision | AnswerClass::Score => self.of_limits(&of_class().collect::<Vec<_>>())?,
            };
        }
        (sum > 0.0).then_some(sum)
    }

    /// How many answers about limits there can be: two decisions at each limit with one, times the scores of each limit
    /// with any, and one more for nothing where some answer leaves it out.
    fn of_limits(&self, told: &[&Told]) -> Option<f64> {
        let mut product = 1.0;
        for place in 0..self.limits.len() {
            let of = |told: &&Told| match told {
                Told::Limits(limits) => limits.get(place).copied().unwrap_or_default(),
                _ => (None, None),
            };
            let decisions: Vec<Option<Decision>> = told.iter().map(|told| of(told).0).collect();
            if decisions.iter().any(Option::is_some) {
                product *= if decisions.iter().any(Option::is_none) { 3.0 } else { 2.0 };
            }
            let scores: Vec<f64> = told.iter().filter_map(|told| of(told).1).map(f64::from_bits).collect();
            if scores.is_empty() {
                continue;
            }
            if scores.iter().any(|score| !(0.0..=1.0).contains(score)) {
                return None;
            }
            product *= expressible(&scores, [0.0, 1.0])?.values + if scores.len() < told.len() { 1.0 } else { 0.0 };
        }
        Some(product)
    }
}

/// What the format of `numbers` can express between the ends, or further where a number lies further: decimals as many as
/// the longest has, or floating point where that has fewer values and holds every number. None without a number, or
/// where one is negative.
fn expressible(numbers: &[f64], [low, high]: [f64; 2]) -> Option<Expressible> {
    let (low, high) = numbers.iter().fold((low, high), |(low, high), number| (low.min(*number), high.max(*number)));
    if numbers.is_empty() || low < 0.0 || !high.is_finite() {
        return None;
    }
    let decimals = numbers.iter().map(|number| decimals(*number)).max().unwrap_or(0);
    let unit = 10_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX));
    let decimal = Expressible {
        format: NumberFormat::Decimals(decimals),
        values: ((high - low) * unit + 1e-6).floor() + 1.0,
        step: 1.0 / unit,
    };
    // Numbers of one sign are ordered as their bits are.
    let all = Expressible {
        format: NumberFormat::Float64,
        values: (high.to_bits() - low.to_bits()) as f64 + 1.0,
        step: high - high.next_down(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "whether it loses anything is what is asked")]
    let short = |number: f64| number as f32;
    let fits = numbers.iter().all(|number| f64::from(short(*number)).to_bits() == number.to_bits());
    let single = fits.then(|| Expressible {
        format: NumberFormat::Float32,
        values: f64::from(short(high).to_bits() - short(low).to_bits()) + 1.0,
        step: f64::from(short(high) - short(high).next_down()),
    });
    [Some(decimal), single, Some(all)].into_iter().flatten().min_by(|one, other| one.values.total_cmp(&other.values))
}

/// The decimals of the shortest decimal number that reads back as `number`, as outcomes.csv writes it.
fn decimals(number: f64) -> u32 {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    u32::try_from(decimals).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
