//! A share over clustered attempts: its value, linearised variance and effective sample size.

use std::collections::BTreeMap;

use super::design::{PairWeights, Triple};
use super::special::{normal_quantile, t_quantile};

/// Which unit weighs the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weigh {
    /// Every subject: the mean of the subjects' own shares.
    Subjects,
    /// Every attempt: the pooled share.
    Attempts,
}

/// How many subjects have which (events, attempts) pair; attempts are at least 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clusters {
    /// (events, attempts, subjects), sorted by events and attempts, each pair once.
    pairs: Vec<(u64, u64, u64)>,
    /// Sums of design weights for each pair; empty where everybody weighs the same.
    weights: Vec<PairWeights>,
}

/// A share with what its intervals need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effective {
    /// The share.
    pub p: f64,
    /// Its linearised variance over subjects; 0 for fewer than 2 subjects.
    pub v: f64,
    /// Effective sample size: the number of independent attempts that would tell as much.
    pub n_star: f64,
    /// Attempts / n*.
    pub deff: f64,
    /// Whether few subjects hold most attempts, so that no claim may rest on the attempt weighting.
    pub dominated: bool,
    /// Whether the bound of one cell alone, in which few subjects have an event or none, reaches further than that of the mean over
    /// all cells, so that no claim may rest on it.
    pub thin: bool,
}

/// Below so many subjects with an event, or without, the variance is not trusted to lift n* above its cap.
pub(super) const TRUSTED: u64 = 15;

impl Clusters {
    /// From (events, attempts, subjects) in any order; pairs without an attempt or a subject are left out.
    #[must_use]
    pub fn of(pairs: impl IntoIterator<Item = (u64, u64, u64)>) -> Self {
        let mut pairs: Vec<_> =
            pairs.into_iter().filter(|(_, attempts, subjects)| *attempts > 0 && *subjects > 0).collect();
        pairs.sort_unstable();
        pairs.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        Self { pairs, weights: Vec::new() }
    }

    /// From triples in any order, of which either all have weights or none has.
    #[must_use]
    pub fn of_triples(triples: impl IntoIterator<Item = Triple>) -> Self {
        let triples: Vec<Triple> = triples.into_iter().filter(|one| one.attempts > 0 && one.subjects > 0).collect();
        if triples.iter().all(|triple| triple.weights.is_none()) {
            return Self::of(triples.into_iter().map(|one| (one.events, one.attempts, one.subjects)));
        }
        let mut sums: BTreeMap<(u64, u64), (u64, PairWeights)> = BTreeMap::new();
        for Triple { events, attempts, subjects, weights } in triples {
            let own = sums.entry((events, attempts)).or_default();
            own.0 += subjects;
            own.1.merge(&weights.unwrap_or_default());
        }
        let pairs = sums.iter().map(|((events, attempts), (subjects, _))| (*events, *attempts, *subjects)).collect();
        Self { pairs, weights: sums.into_values().map(|(_, weights)| weights).collect() }
    }

    /// From `added` without `taken`, who are all among them; of either all have weights, or nobody has.
    #[must_use]
    pub fn of_difference(added: impl IntoIterator<Item = Triple>, taken: impl IntoIterator<Item = Triple>) -> Self {
        let mut left: BTreeMap<(u64, u64), Triple> = BTreeMap::new();
        for triple in added {
            let fresh = Triple { subjects: 0, weights: triple.weights.map(|_| PairWeights::default()), ..triple };
            let own = left.entry((triple.events, triple.attempts)).or_insert(fresh);
            own.subjects += triple.subjects;
            own.weights.iter_mut().zip(&triple.weights).for_each(|(own, added)| own.merge(added));
        }
        for triple in taken {
            if let Some(own) = left.get_mut(&(triple.events, triple.attempts)) {
                own.subjects = own.subjects.saturating_sub(triple.subjects);
                own.weights.iter_mut().zip(&triple.weights).for_each(|(own, taken)| own.take_away(taken));
            }
        }
        Self::of_triples(left.into_values())
    }

    /// Whether subjects weigh differently.
    #[must_use]
    pub fn weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    /// The (events, attempts, subjects) triples, sorted.
    #[must_use]
    pub fn pairs(&self) -> &[(u64, u64, u64)] {
        &self.pairs
    }

    /// Subjects with at least one attempt.
    #[must_use]
    pub fn subjects(&self) -> u64 {
        self.pairs.iter().map(|(_, _, subjects)| subjects).sum()
    }

    /// Attempts.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.pairs.iter().map(|(_, attempts, subjects)| attempts * subjects).sum()
    }

    /// Attempts that are events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.pairs.iter().map(|(events, _, subjects)| events * subjects).sum()
    }

    /// Subjects with at least one event.
    #[must_use]
    pub fn event_subjects(&self) -> u64 {
        self.pairs.iter().filter(|(events, _, _)| *events > 0).map(|(_, _, subjects)| subjects).sum()
    }

    /// Subjects with at least one attempt that is not an event.
    #[must_use]
    pub fn non_event_subjects(&self) -> u64 {
        self.pairs.iter().filter(|(events, attempts, _)| events < attempts).map(|(_, _, subjects)| subjects).sum()
    }

    /// Whether every subject has one attempt.
    #[must_use]
    pub fn one_attempt_each(&self) -> bool {
        self.pairs.iter().all(|(_, attempts, _)| *attempts == 1)
    }

    /// Whether all subjects weigh the same and have one share of events, told exactly from the counts: then v is 0, which
    /// a sum of rounded squares is not where that share is a third.
    pub(super) fn of_one_share(&self) -> bool {
        let product = |one: u64, other: u64| u128::from(one) * u128::from(other);
        let same = |(k, m, _): &(u64, u64, u64), (l, n, _): &(u64, u64, u64)| product(*k, *n) == product(*l, *m);
        !self.weighted() && self.pairs.first().is_none_or(|first| self.pairs.iter().all(|other| same(first, other)))
    }

    /// Sum of squared attempts over subjects, as a double: it only caps n*.
    pub(super) fn squared_attempts(&self) -> f64 {
        self.pairs.iter().map(|(_, attempts, subjects)| (*attempts as f64).powi(2) * *subjects as f64).sum()
    }

    /// The share of attempts that are events, pooled or as the mean of the subjects' own shares; `None` without a subject.
    ///
    /// Source: METRICS M3 and M15.
    #[must_use]
    pub fn share(&self, weigh: Weigh) -> Option<f64> {
        let subjects = self.subjects();
        if self.weighted() {
            return Some(self.weighted_share(weigh));
        }
        (subjects > 0).then(|| match weigh {
            Weigh::Attempts => self.events() as f64 / self.attempts() as f64,
            Weigh::Subjects => {
                let shares = self
                    .pairs
                    .iter()
                    .map(|(events, attempts, count)| *events as f64 / *attempts as f64 * *count as f64);
                // Exact ends: rounding must not turn "all" into 0.999.
                if self.event_subjects() == 0 {
                    0.0
                } else if self.non_event_subjects() == 0 {
                    1.0
                } else {
                    shares.sum::<f64>() / subjects as f64
                }
            }
        })
    }

    /// The share with its variance and effective sample size; `None` without a subject. `level` is that of the display
    /// interval, whose normal and Student quantiles correct n* for few subjects.
    ///
    /// Source: METRICS M15; Korn & Graubard (1998); NCHS Series 2, No. 175 (2017).
    #[must_use]
    pub fn effective(&self, weigh: Weigh, level: f64) -> Option<Effective> {
        self.measured(weigh, level, TRUSTED)
    }

    /// Whether few subjects hold most attempts, or most weight of them: what is `dominated` in [`Self::effective`] by attempts.
    #[must_use]
    pub fn attempts_are_dominated(&self) -> bool {
        !self.one_attempt_each() && self.cap(Weigh::Attempts) < self.subjects() as f64 / 2.0
    }

    /// n* of the attempts at or below a quantile: as in [`Self::effective`] by attempts, but the variance is trusted
    /// however few lie beyond. `None` without a subject.
    ///
    /// The cap keeps a rate that nobody knows from seeming surer than it is. Here the share is given and only the standard
    /// error at it is wanted; capped, bounds of P95 and P99 held up to 99.96 %, where these hold 93 to 96 %.
    ///
    /// Source: Woodruff (1952), JASA 47, who takes the variance as it is estimated; docs/validation.md.
    pub(super) fn n_star_at_quantile(&self, level: f64) -> Option<f64> {
        Some(self.measured(Weigh::Attempts, level, 0)?.n_star)
    }

    /// As [`Self::effective`], with the least number of subjects with an event, and without, whose variance is trusted.
    fn measured(&self, weigh: Weigh, level: f64, trusted: u64) -> Option<Effective> {
        let p = self.share(weigh)?;
        if self.weighted() {
            return Some(self.weighted_effective(weigh, p, level, trusted));
        }
        let (s, m) = (self.subjects() as f64, self.attempts() as f64);
        let squares: f64 = self
            .pairs
            .iter()
            .map(|(events, attempts, count)| {
                let (k, m) = (*events as f64, *attempts as f64);
                let residual = match weigh {
                    Weigh::Subjects => k / m - p,
                    Weigh::Attempts => k - p * m,
                };
                residual * residual * *count as f64
            })
            .sum();
        let v = match weigh {
            _ if s < 2.0 || self.of_one_share() => 0.0,
            Weigh::Subjects => squares / (s * (s - 1.0)),
            Weigh::Attempts => s / (s - 1.0) * squares / (m * m),
        };
        let cap = match weigh {
            Weigh::Subjects => s,
            Weigh::Attempts => m * m / self.squared_attempts(),
        };
        let n_star = if self.one_attempt_each() {
            s
        } else {
            let few = self.event_subjects() < trusted || self.non_event_subjects() < trusted;
            n_star(p, v, s, m, cap, few, level)
        };
        Some(Effective {
            p,
            v,
            n_star,
            deff: m / n_star,
            dominated: weigh == Weigh::Attempts && cap < s / 2.0,
            thin: false,
        })
    }
}

/// Shares of subjects who weigh differently. A subject's own share x is that of its weights, and it counts with the mean
/// weight W of its attempts in the denominator (subject weighting) or with their sum (attempt weighting):
/// p = sum W x / sum W, v = S / (S - 1) sum W^2 (x - p)^2 / (sum W)^2, cap = (sum W)^2 / sum W^2.
///
/// Source: METRICS M0, "weight enters every mean"; Kish (1965), Survey Sampling, 11.7; Korn & Graubard (1999), Analysis of
/// Health Surveys, 2.2 (one stratum, subjects as primary sampling units drawn with replacement).
impl Clusters {
    /// Sum over pairs of `of`, which is divided by the attempts, or their square, where subjects weigh the same.
    fn sum(&self, weigh: Weigh, power: i32, of: impl Fn(&PairWeights) -> f64) -> f64 {
        let each = self.pairs.iter().zip(&self.weights);
        each.map(|((_, attempts, _), weights)| match weigh {
            Weigh::Subjects => of(weights) / (*attempts as f64).powi(power),
            Weigh::Attempts => of(weights),
        })
        .sum()
    }

    fn weighted_share(&self, weigh: Weigh) -> f64 {
        if self.event_subjects() == 0 {
            0.0
        } else if self.non_event_subjects() == 0 {
            1.0
        } else {
            self.sum(weigh, 1, |weights| weights.events as f64) / self.denominator(weigh)
        }
    }

    /// The sum of what subjects weigh: of `weigh` and of their design weights.
    pub(super) fn denominator(&self, weigh: Weigh) -> f64 {
        match weigh {
            _ if self.weighted() => self.sum(weigh, 1, |weights| weights.all as f64),
            Weigh::Subjects => self.subjects() as f64,
            Weigh::Attempts => self.attempts() as f64,
        }
    }

    /// Sum over subjects of the squared, weighted difference of their share from `p`; weighted subjects only.
    pub(super) fn squared_residuals(&self, weigh: Weigh, p: f64) -> f64 {
        let squares = self.sum(weigh, 2, |weights| {
            let (k, km, m) = (weights.events_square as f64, weights.product as f64, weights.all_square as f64);
            (k - p * (2.0 * km - p * m)).max(0.0)
        });
        // Squares that cancel leave a rest of rounding.
        let most = self.sum(weigh, 2, |weights| weights.all_square as f64);
        if squares <= 1e-13 * most { 0.0 } else { squares }
    }

    /// As many subjects of the same weight would tell as much: Kish's effective number of subjects.
    pub(super) fn cap(&self, weigh: Weigh) -> f64 {
        match weigh {
            _ if self.weighted() => {
                self.denominator(weigh).powi(2) / self.sum(weigh, 2, |weights| weights.all_square as f64)
            }
            Weigh::Subjects => self.subjects() as f64,
            Weigh::Attempts => (self.attempts() as f64).powi(2) / self.squared_attempts(),
        }
    }

    /// Whether all attempts of subjects of one attempt each weigh the same.
    fn one_equal_attempt_each(&self) -> bool {
        let total = |of: fn(&PairWeights) -> i128| self.weights.iter().map(of).sum::<i128>();
        let (sum, squares) = (total(|weights| weights.all), total(|weights| weights.all_square));
        self.one_attempt_each() && i128::from(self.subjects()) * squares == sum * sum
    }

    fn weighted_effective(&self, weigh: Weigh, p: f64, level: f64, trusted: u64) -> Effective {
        let (s, m) = (self.subjects() as f64, self.attempts() as f64);
        let v = if s < 2.0 {
            0.0
        } else {
            s / (s - 1.0) * self.squared_residuals(weigh, p) / self.denominator(weigh).powi(2)
        };
        let cap = self.cap(weigh);
        let n_star = if self.one_equal_attempt_each() {
            s
        } else {
            let few = self.event_subjects() < trusted || self.non_event_subjects() < trusted;
            n_star(p, v, s, m, cap, few, level)
        };
        Effective { p, v, n_star, deff: m / n_star, dominated: cap < s / 2.0, thin: false }
    }
}

/// n* of a share `p` with variance `v` over `subjects`: at most `most`, and at most `cap`, which is no more, where `v`
/// cannot be trusted.
pub(super) fn n_star(p: f64, v: f64, subjects: f64, most: f64, cap: f64, few: bool, level: f64) -> f64 {
    let binomial = p * (1.0 - p);
    if v <= 0.0 || binomial <= 0.0 {
        return cap;
    }
    let quantile = 0.5 + level / 2.0;
    let correction = (normal_quantile(quantile) / t_quantile(quantile, subjects - 1.0)).powi(2);
    let n = most.min(binomial / v * correction);
    if few { n.min(cap) } else { n }
}

#[cfg(test)]
mod tests;
