//! Sums of errors, as integers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::{Answers, Said};
use super::cell::{Cell, Combo};
use super::class::point_age;
use super::hot::{Run, Runs};
use super::own_errors::OwnErrors;
use super::truth::Truth;
use super::weighted_errors::{WeightedErrors, WeightedMoments, WeightedSums};
use super::weights::{PartWeights, UNIT};
use crate::age::{NANOS_PER_YEAR, nanos};
use crate::stats::SubjectSums;

/// Sum and sum of squares over subjects of one quantity, each subject with its own sum over its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MomentSums {
    /// Sum of the subjects' sums.
    pub sum: i128,
    /// Sum of the squared subjects' sums.
    pub square: i128,
}

/// Sums over the subjects that have the same number of attempts in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moments {
    /// Number of these subjects.
    pub subjects: u64,
    /// Signed errors, nanoyears.
    pub signed: MomentSums,
    /// Absolute errors, nanoyears.
    pub absolute: MomentSums,
    /// Sum of squared errors, squared nanoyears.
    pub squared: i128,
    /// Squares of the subjects' sums of squared errors, each rounded to millionths of a squared year: 10^-12 years^4.
    pub fourth: i128,
}

impl Moments {
    fn merge(&mut self, other: &Self) {
        self.subjects += other.subjects;
        self.signed.sum += other.signed.sum;
        self.signed.square += other.signed.square;
        self.absolute.sum += other.absolute.sum;
        self.absolute.square += other.absolute.square;
        self.squared += other.squared;
        self.fourth += other.fourth;
    }

    /// Takes the sums of `part` away, all of whose subjects are counted here.
    pub(super) fn take_away(&mut self, part: &Self) {
        self.subjects -= part.subjects.min(self.subjects);
        self.signed.sum -= part.signed.sum;
        self.signed.square -= part.signed.square;
        self.absolute.sum -= part.absolute.sum;
        self.absolute.square -= part.absolute.square;
        self.squared -= part.squared;
        self.fourth -= part.fourth;
    }
}

/// Sums of a straight line of answered on true age, over attempts, in nanoyears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSums {
    /// Attempts.
    pub n: i128,
    /// Sum of true ages.
    pub x: i128,
    /// Sum of answered ages.
    pub y: i128,
    /// Sum of squared true ages.
    pub xx: i128,
    /// Sum of products.
    pub xy: i128,
    /// Sum of squared answered ages.
    pub yy: i128,
}

/// The errors of one population.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorTally {
    /// By number of attempts of a subject.
    pub moments: BTreeMap<u32, Moments>,
    /// Subjects by attempts beyond and within x years, for x = 1 to 10 in columns 0 to 9 ([`super::Combo::ABOVE`] is
    /// beyond). Empty where shares are not asked for.
    pub beyond: Cell,
    /// The straight line; zero where it is not asked for.
    pub line: LineSums,
    /// The same sums weighted; empty where everybody weighs the same.
    #[serde(default, skip_serializing_if = "WeightedErrors::is_empty")]
    pub weighted: WeightedErrors,
}

/// One answered attempt with a known point age.
#[derive(Debug, Clone, Copy)]
pub(super) struct Error {
    /// Answered less true age, nanoyears.
    pub signed: i64,
    /// True age, nanoyears.
    pub age: i64,
    /// What the attempt weighs; none where everybody weighs the same.
    pub weight: Option<i64>,
}

impl Error {
    /// The error of sample `index`, if it was answered with an age and its age is known to the year.
    pub fn of(truth: &Truth, answers: &Answers, index: usize, middle: bool) -> Option<Self> {
        let Said::Age(years) = answers.said(index) else { return None };
        let age = point_age(truth.age(index)?, middle)?.nanos();
        Some(Self { signed: nanos(years) - age, age, weight: truth.weight(index) })
    }

    /// How many of x = 1..=10 years the absolute error exceeds.
    pub fn exceeds(self) -> usize {
        (1..=10).filter(|years| self.signed.abs() > years * NANOS_PER_YEAR).count()
    }
}

/// Columns of the shares beyond x years.
pub(super) const BEYOND: usize = 10;

/// How many of one subject's errors are beyond x years, as runs over x.
pub(super) struct Profiled {
    pub attempts: usize,
    runs: [Run; BEYOND],
    length: usize,
    /// What the subject weighs in each run; empty where everybody weighs the same.
    weights: Vec<PartWeights>,
}

impl Profiled {
    pub fn of(errors: impl Iterator<Item = Error>) -> Self {
        let (mut attempts, mut exceeding) = (0_u32, [0_u32; BEYOND + 1]);
        let mut weights: Vec<[i64; BEYOND + 1]> = Vec::new();
        for error in errors {
            attempts += 1;
            exceeding[error.exceeds()] += 1;
            if let Some(weight) = error.weight {
                weights.resize(1, [0; BEYOND + 1]);
                weights[0][error.exceeds()] += weight;
            }
        }
        let mut runs = [Run { combo: Combo::default(), start: 0, end: 0 }; BEYOND];
        let (mut beyond, mut length) = (attempts - exceeding[0], 0);
        for (x, fall) in exceeding.into_iter().take(BEYOND).enumerate() {
            if x > 0 && fall > 0 {
                beyond -= fall;
                length += 1;
            }
            let start = if runs[length].end == 0 { x } else { runs[length].start };
            runs[length] = Run { combo: Combo([beyond, 0, attempts - beyond, 0, 0]), start, end: x + 1 };
        }
        let of_run = |exceeding: &[i64; BEYOND + 1]| {
            let all: i64 = exceeding.iter().sum();
            let within = |run: &Run| -> i64 { exceeding[..=run.start].iter().sum() };
            runs[..=length].iter().map(|run| [all - within(run), 0, within(run), 0, 0]).collect()
        };
        let weights = weights.first().map_or_else(Vec::new, of_run);
        Self { attempts: attempts as usize, runs, length: length + 1, weights }
    }

    /// The runs over x = 1 to 10 in columns 0 to 9.
    pub fn runs(&self) -> Runs<'_> {
        Runs { runs: &self.runs[..self.length], weights: &self.weights }
    }
}

impl ErrorTally {
    /// Adds the errors of one subject.
    pub(super) fn add(&mut self, errors: impl Iterator<Item = Error> + Clone) {
        self.add_own(&OwnErrors::of(errors));
    }

    /// Adds the sums of one subject.
    pub(super) fn add_own(&mut self, own: &OwnErrors) {
        if own.attempts == 0 {
            return;
        }
        self.moments.entry(own.attempts).or_default().merge(&own.moments());
        if let Some(weighted) = &own.weighted {
            self.weighted.add(own.attempts, weighted);
        }
    }

    /// Adds attempts, whose own sums are `line`, to the straight line.
    pub(super) fn add_lines(&mut self, line: &LineSums, errors: impl Iterator<Item = Error>) {
        self.line.add(line);
        for (error, weight) in errors.filter_map(|error| Some((error, error.weight?))) {
            self.weighted.add_line(error, weight);
        }
    }

    /// Adds the sums of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (attempts, moments) in &other.moments {
            self.moments.entry(*attempts).or_default().merge(moments);
        }
        self.beyond.merge(&other.beyond);
        self.line.add(&other.line);
        self.weighted.merge(&other.weighted);
    }

    /// Attempts.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.moments.iter().map(|(attempts, moments)| u64::from(*attempts) * moments.subjects).sum()
    }

    /// Subjects.
    #[must_use]
    pub fn subjects(&self) -> u64 {
        self.moments.values().map(|moments| moments.subjects).sum()
    }

    fn sums(
        &self,
        of: impl Fn(&Moments) -> (f64, f64),
        weighted: impl Fn(&WeightedMoments) -> &WeightedSums,
    ) -> Vec<SubjectSums> {
        let part = |(attempts, moments): (&u32, &Moments)| {
            let (attempts_each, subjects) = (u64::from(*attempts), moments.subjects);
            match self.weighted.moments.get(attempts) {
                None => {
                    let (sum, square) = of(moments);
                    SubjectSums { attempts: attempts_each, subjects, sum, square, design: None }
                }
                Some(moments) => {
                    let sums = weighted(moments);
                    let (sum, square) = (sums.sum as f64 / UNIT, sums.square as f64 / (UNIT * UNIT));
                    let design = Some(moments.design(sums));
                    SubjectSums { attempts: attempts_each, subjects, sum, square, design }
                }
            }
        };
        self.moments.iter().map(part).collect()
    }

    /// Signed errors in years, for [`crate::stats::mean_of_subjects`].
    #[must_use]
    pub fn signed(&self) -> Vec<SubjectSums> {
        self.sums(|moments| (moments.signed.sum as f64 / 1e9, moments.signed.square as f64 / 1e18), |it| &it.signed)
    }

    /// Absolute errors in years.
    #[must_use]
    pub fn absolute(&self) -> Vec<SubjectSums> {
        self.sums(
            |moments| (moments.absolute.sum as f64 / 1e9, moments.absolute.square as f64 / 1e18),
            |it| &it.absolute,
        )
    }

    /// Squared errors in squared years.
    #[must_use]
    pub fn squared(&self) -> Vec<SubjectSums> {
        self.sums(|moments| (moments.squared as f64 / 1e18, moments.fourth as f64 / 1e12), |it| &it.squared)
    }

    /// Standard deviation (n - 1) of the signed errors over attempts, years; `None` below two attempts. With weights
    /// the weighted mean square about the weighted mean, times n / (n - 1).
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        let n = i128::from(self.attempts());
        if !self.weighted.is_empty() {
            return (n > 1).then(|| (self.weighted.line.error_variance() * n as f64 / (n - 1) as f64).sqrt());
        }
        let sum: i128 = self.moments.values().map(|moments| moments.signed.sum).sum();
        let squares: i128 = self.moments.values().map(|moments| moments.squared).sum();
        // About the mean before leaving the integers: the difference would cancel as doubles.
        (n > 1).then(|| ((squares - product_over(sum, sum, n)) as f64 / (n - 1) as f64).max(0.0).sqrt() / 1e9)
    }
}

impl ErrorTally {
    /// Slope of answered on true age, and the squared correlation, weighted where samples weigh differently; `None` when
    /// all true ages are equal, and no correlation when all answers are.
    #[must_use]
    pub fn slope_and_r_squared(&self) -> Option<(f64, Option<f64>)> {
        let found = self.line.slope_and_r_squared()?;
        if self.weighted.is_empty() {
            return Some(found);
        }
        let (slope, r_squared) = self.weighted.line.slope_and_r_squared();
        Some((slope, found.1.map(|_| r_squared)))
    }
}

/// one * other / n without the whole product, which half a billion people's sums are too large for; less than 2 off.
pub(super) fn product_over(one: i128, other: i128, n: i128) -> i128 {
    let (quotient, rest) = (one.div_euclid(n), one.rem_euclid(n));
    let (of_other, rest_of_other) = (other.div_euclid(n), other.rem_euclid(n));
    // (q n + r)(p n + s) / n = q p n + q s + r p + r s / n
    quotient * of_other * n + quotient * rest_of_other + rest * of_other + rest * rest_of_other / n
}

impl LineSums {
    /// The sums of these errors.
    pub(super) fn of(errors: impl Iterator<Item = Error>) -> Self {
        let mut line = Self::default();
        for error in errors {
            let (x, y) = (i128::from(error.age), i128::from(error.age + error.signed));
            line.add(&Self { n: 1, x, y, xx: x * x, xy: x * y, yy: y * y });
        }
        line
    }

    fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.xy += other.xy;
        self.yy += other.yy;
    }

    /// Slope of answered on true age, and the squared Pearson correlation; `None` when all true ages are equal, and no
    /// correlation when all answers are.
    fn slope_and_r_squared(&self) -> Option<(f64, Option<f64>)> {
        if self.n == 0 {
            return None;
        }
        let centred = |product: i128, one: i128, other: i128| (product - product_over(one, other, self.n)) as f64;
        let (xx, xy, yy) =
            (centred(self.xx, self.x, self.x), centred(self.xy, self.x, self.y), centred(self.yy, self.y, self.y));
        // The integer division leaves less than one squared nanoyear.
        (xx > 1.0).then(|| (xy / xx, (yy > 1.0).then(|| (xy / xx) * (xy / yy))))
    }
}
