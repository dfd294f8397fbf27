//! Sums of errors, as integers; and the errors themselves, sorted, for what sums cannot give.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::answers::{Answers, Said};
use super::cell::Cell;
use super::class::point_age;
use super::truth::Truth;
use crate::age::{NANOS_PER_YEAR, nanos};
use crate::stats::{Clusters, SubjectSums, quantile, woodruff};

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
}

/// One answered attempt with a known point age.
#[derive(Debug, Clone, Copy)]
pub(super) struct Error {
    /// Answered less true age, nanoyears.
    pub signed: i64,
    /// True age, nanoyears.
    pub age: i64,
}

impl Error {
    /// The error of sample `index`, if it was answered with an age and its age is known to the year.
    pub fn of(truth: &Truth, answers: &Answers, index: usize, middle: bool) -> Option<Self> {
        let Said::Age(years) = answers.said(index) else { return None };
        let age = point_age(truth.age(index)?, middle)?.nanos();
        Some(Self { signed: nanos(years) - age, age })
    }

    /// How many of x = 1..=10 years the absolute error exceeds.
    pub fn exceeds(self) -> usize {
        (1..=10).filter(|years| self.signed.abs() > years * NANOS_PER_YEAR).count()
    }
}

impl ErrorTally {
    /// Adds the sums of one subject.
    pub(super) fn add(&mut self, errors: impl Iterator<Item = Error>) {
        let (mut attempts, mut signed, mut absolute, mut squared) = (0_u32, 0_i128, 0_i128, 0_i128);
        for error in errors {
            attempts += 1;
            let signed_one = i128::from(error.signed);
            signed += signed_one;
            absolute += signed_one.abs();
            squared += signed_one * signed_one;
        }
        if attempts == 0 {
            return;
        }
        // From 10^-18 to 10^-6 squared years, half up, so that its square over all subjects fits.
        let millionths = (squared + 500_000_000_000) / 1_000_000_000_000;
        self.moments.entry(attempts).or_default().merge(&Moments {
            subjects: 1,
            signed: MomentSums { sum: signed, square: signed * signed },
            absolute: MomentSums { sum: absolute, square: absolute * absolute },
            squared,
            fourth: millionths * millionths,
        });
    }

    /// Adds one attempt to the straight line.
    pub(super) fn add_line(&mut self, error: Error) {
        let (x, y) = (i128::from(error.age), i128::from(error.age + error.signed));
        let line = &mut self.line;
        line.n += 1;
        line.x += x;
        line.y += y;
        line.xx += x * x;
        line.xy += x * y;
        line.yy += y * y;
    }

    /// Adds the sums of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (attempts, moments) in &other.moments {
            self.moments.entry(*attempts).or_default().merge(moments);
        }
        self.beyond.merge(&other.beyond);
        let (own, line) = (&mut self.line, &other.line);
        own.n += line.n;
        own.x += line.x;
        own.y += line.y;
        own.xx += line.xx;
        own.xy += line.xy;
        own.yy += line.yy;
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

    fn sums(&self, of: impl Fn(&Moments) -> (f64, f64)) -> Vec<SubjectSums> {
        let part = |(attempts, moments): (&u32, &Moments)| {
            let (sum, square) = of(moments);
            SubjectSums { attempts: u64::from(*attempts), subjects: moments.subjects, sum, square }
        };
        self.moments.iter().map(part).collect()
    }

    /// Signed errors in years, for [`crate::stats::mean_of_subjects`].
    #[must_use]
    pub fn signed(&self) -> Vec<SubjectSums> {
        self.sums(|moments| (moments.signed.sum as f64 / 1e9, moments.signed.square as f64 / 1e18))
    }

    /// Absolute errors in years.
    #[must_use]
    pub fn absolute(&self) -> Vec<SubjectSums> {
        self.sums(|moments| (moments.absolute.sum as f64 / 1e9, moments.absolute.square as f64 / 1e18))
    }

    /// Squared errors in squared years.
    #[must_use]
    pub fn squared(&self) -> Vec<SubjectSums> {
        self.sums(|moments| (moments.squared as f64 / 1e18, moments.fourth as f64 / 1e12))
    }

    /// Standard deviation (n - 1) of the signed errors over attempts, years; `None` below two attempts.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        let n = i128::from(self.attempts());
        let sum: i128 = self.moments.values().map(|moments| moments.signed.sum).sum();
        let squares: i128 = self.moments.values().map(|moments| moments.squared).sum();
        // About the mean before leaving the integers: the difference would cancel as doubles.
        (n > 1).then(|| ((squares - sum * sum / n) as f64 / (n - 1) as f64).max(0.0).sqrt() / 1e9)
    }
}

impl LineSums {
    /// Slope of answered on true age, and the squared Pearson correlation; `None` when all true ages are equal, and no
    /// correlation when all answers are.
    #[must_use]
    pub fn slope_and_r_squared(&self) -> Option<(f64, Option<f64>)> {
        if self.n == 0 {
            return None;
        }
        let centred = |product: i128, one: i128, other: i128| (product - one * other / self.n) as f64;
        let (xx, xy, yy) =
            (centred(self.xx, self.x, self.x), centred(self.xy, self.x, self.y), centred(self.yy, self.y, self.y));
        // The integer division leaves less than one squared nanoyear.
        (xx > 1.0).then(|| (xy / xx, (yy > 1.0).then(|| (xy / xx) * (xy / yy))))
    }
}

/// The absolute errors of one population, for medians and percentiles: about people, never written.
#[derive(Debug, Clone, Default)]
pub struct ErrorRows {
    /// Absolute errors in years, ascending.
    sorted: Vec<f64>,
    /// (unit, absolute error), sorted by unit.
    by_unit: Vec<(u32, f64)>,
}

/// A percentile with its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    /// The type-7 quantile over attempts, years.
    pub value: f64,
    /// Woodruff's bounds, years.
    pub bounds: (f64, f64),
}

impl ErrorRows {
    /// The absolute errors of all eligible, answered attempts with a point age.
    #[must_use]
    pub fn of(truth: &Truth, answers: &Answers, middle: bool) -> Self {
        let length = truth.len().min(answers.len());
        let error = |index: usize| {
            let error = (!truth.attacks[index]).then(|| Error::of(truth, answers, index, middle)).flatten()?;
            Some((truth.units[index], error.signed.unsigned_abs() as f64 / 1e9))
        };
        let mut by_unit: Vec<_> = (0..length).into_par_iter().filter_map(error).collect();
        by_unit.par_sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut sorted: Vec<_> = by_unit.par_iter().map(|(_, error)| *error).collect();
        sorted.par_sort_unstable_by(f64::total_cmp);
        Self { sorted, by_unit }
    }

    /// Number of errors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The percentile at `share` over attempts, with Woodruff's interval at `level` over subjects.
    #[must_use]
    pub fn percentile(&self, share: f64, level: f64) -> Option<Percentile> {
        let value = quantile(&self.sorted, share)?;
        let mut pairs: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for subject in self.by_unit.chunk_by(|one, other| one.0 == other.0) {
            let below = subject.iter().filter(|(_, error)| *error <= value).count() as u64;
            *pairs.entry((below, subject.len() as u64)).or_default() += 1;
        }
        let below = Clusters::of(pairs.into_iter().map(|((k, m), subjects)| (k, m, subjects)));
        Some(Percentile { value, bounds: woodruff(&self.sorted, share, &below, level)? })
    }
}
