//! The subjects of one place of a pair of methods, and what they decided differently.

use std::collections::BTreeMap;

use super::weighted_pairs::WeightedPairs;

/// The subjects of one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairCell {
    /// (passes of the baseline, passes of the method, attempts of the subject) with how many subjects have them.
    pub subjects: BTreeMap<(u32, u32, u32), u64>,
    /// Attempts that both ran, whether or not they are in the denominator.
    pub ran: u64,
    /// Attempts on which exactly one of the two passed.
    pub discordant: u64,
    /// Attempts that both ran and exactly one of the two decided.
    pub one_decided: u64,
    /// What weights make of it; none where everybody weighs the same.
    pub weighted: Option<WeightedPairs>,
}

impl PairCell {
    /// Attempts in the denominator.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.subjects.iter().map(|((_, _, attempts), count)| u64::from(*attempts) * count).sum()
    }

    /// What the subjects decided differently: events are passes of people below the limit, where `under` says so, else
    /// denials.
    #[must_use]
    pub fn differing(&self, under: bool) -> Differing {
        let mut found = Differing { single: true, ..Differing::default() };
        for ((baseline, method, attempts), subjects) in &self.subjects {
            found.subjects += subjects;
            found.single &= *attempts == 1;
            // An event is a pass below the limit and a denial above it, so there the two change sides.
            let (events, of_baseline) = if under { (method, baseline) } else { (baseline, method) };
            let share = events.abs_diff(*of_baseline) as f64 / f64::from(*attempts);
            let sum = share * *subjects as f64;
            if events > of_baseline {
                (found.b, found.more) = (found.b + sum, found.more + subjects);
            } else if events < of_baseline {
                (found.c, found.fewer) = (found.c + sum, found.fewer + subjects);
            } else {
                continue;
            }
            let signed = if events > of_baseline { share } else { -share };
            let count = usize::try_from(*subjects).unwrap_or(usize::MAX);
            found.differences.resize(found.differences.len() + count, signed);
        }
        found.people = found.subjects as f64;
        if let Some(weighted) = &self.weighted {
            // The sums of both directions as shares of an effective number of people: with equal weights those of the people
            // themselves. It is Kish's, and no more than that with which Tango's variance, (b + c) / n^2, is the linearised
            // one: where heavy people are those who differ it is larger than their number says.
            let weight = weighted.weight as f64;
            let kish = weight * weight / weighted.weight_square as f64;
            let differing = (weighted.more + weighted.fewer) as f64;
            let linear = if weighted.square > 0 { differing * weight / weighted.square as f64 } else { kish };
            found.people = kish.min(linear);
            found.dominated = kish < found.subjects as f64 / 2.0;
            let of = |sum: i128| found.people * sum as f64 / weight;
            let (more, fewer) = (of(weighted.more), of(weighted.fewer));
            (found.b, found.c) = if under { (more, fewer) } else { (fewer, more) };
        }
        found
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (key, count) in &other.subjects {
            *self.subjects.entry(*key).or_default() += count;
        }
        self.ran += other.ran;
        self.discordant += other.discordant;
        self.one_decided += other.one_decided;
        if let Some(weighted) = &other.weighted {
            self.weighted.get_or_insert_default().merge(weighted);
        }
    }
}

/// What subjects decided differently: the real-valued counts of a paired comparison of shares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differing {
    /// Sum over subjects of the shares of events that the method has more.
    pub b: f64,
    /// Sum over subjects of those that it has fewer, without sign.
    pub c: f64,
    /// People that stand behind them: under design weights an effective number, Kish's at most.
    pub people: f64,
    /// Whether few of them hold most weight.
    pub dominated: bool,
    /// Subjects.
    pub subjects: u64,
    /// Subjects with more events of the method.
    pub more: u64,
    /// Subjects with fewer.
    pub fewer: u64,
    /// Whether everybody has one attempt.
    pub single: bool,
    /// The difference of each subject with any, unweighted, in no order.
    pub differences: Vec<f64>,
}
