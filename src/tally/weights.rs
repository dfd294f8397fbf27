//! Design weights as integers, and sums of them over subjects: of each entry of a subject's vector of weights, and of the
//! product of each two entries. From these any share of the vector and its variance follow.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cell::Combo;
use crate::stats::{CrossWeights, Pair, PairWeights, Triple};

/// A design weight of 1, once the largest of the dataset lies from 1 to below 10.
pub(super) const UNIT: f64 = 1e9;

/// What a subject weighs in each part of a [`Combo`].
pub(super) type PartWeights = [i64; 5];

/// The weights as integers in 10^-9, after a shift by a power of ten that puts the largest from 1 to below 10: only
/// ratios count. None where all are the same.
pub(super) fn integers(weights: &[f64]) -> Vec<i64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if weights.iter().all(|weight| *weight == largest) { Vec::new() } else { integers_of(weights, largest) }
}

/// The same of a part of the weights, the largest of all of which is given.
pub(super) fn integers_of(weights: &[f64], largest: f64) -> Vec<i64> {
    if !largest.is_finite() {
        return Vec::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a decimal exponent")]
    let mut exponent = largest.log10().floor() as i32;
    let scaled = |weight: f64, exponent: i32| {
        // Divided and multiplied by exact powers of ten where there are any.
        if exponent >= 0 { weight / 10_f64.powi(exponent) } else { weight * 10_f64.powi(-exponent) }
    };
    exponent += i32::from(scaled(largest, exponent) >= 10.0) - i32::from(scaled(largest, exponent) < 1.0);
    #[expect(clippy::cast_possible_truncation, reason = "below 10^10")]
    let whole = |weight: &f64| ((scaled(*weight, exponent) * UNIT).round() as i64).max(1);
    weights.iter().map(whole).collect()
}

/// Sums that vectors of so many entries have.
pub(super) const fn length(entries: usize) -> usize {
    entries + entries * (entries + 1) / 2
}

/// Adds `times` the entries and their products.
pub(super) fn add(sums: &mut [i128], vector: &[i64], times: i128) {
    let (entries, products) = sums.split_at_mut(vector.len());
    for (sum, weight) in entries.iter_mut().zip(vector) {
        *sum += times * i128::from(*weight);
    }
    let pairs = vector.iter().enumerate().flat_map(|(at, one)| vector[at..].iter().map(move |other| (one, other)));
    for (sum, (one, other)) in products.iter_mut().zip(pairs) {
        *sum += times * i128::from(*one) * i128::from(*other);
    }
}

/// The weights of the parts that a combination has.
pub(super) fn of_parts(combo: Combo, weights: &PartWeights) -> impl Iterator<Item = i64> {
    let parts = combo.0.into_iter().zip(*weights);
    parts.filter(|(count, _)| *count > 0).map(|(_, weight)| weight)
}

/// How many parts a combination has.
pub(super) fn parts(combo: Combo) -> usize {
    combo.0.iter().filter(|count| **count > 0).count()
}

/// For each part that `combo` has: whether its attempts are events, and whether they are in the denominator. `pair` is
/// a sum over attempts.
fn members(combo: Combo, pair: impl Fn(Combo) -> Pair) -> (Vec<bool>, Vec<bool>) {
    let present = combo.0.iter().enumerate().filter(|(_, count)| **count > 0);
    let of_one = present.map(|(part, _)| {
        let mut one = Combo::default();
        one.0[part] = 1;
        let (events, attempts) = pair(one);
        (events > 0, attempts > 0)
    });
    of_one.unzip()
}

/// How many subjects are alike, and sums of their weights; none where everybody weighs the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// How many subjects.
    pub subjects: u64,
    pub(super) sums: Vec<i128>,
}

impl Counted {
    /// Counts one subject with this vector of weights (empty where everybody weighs the same).
    pub fn add(&mut self, vector: &[i64]) {
        self.subjects += 1;
        if !vector.is_empty() {
            self.sums.resize(length(vector.len()), 0);
            add(&mut self.sums, vector, 1);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.subjects += other.subjects;
        self.sums.resize(self.sums.len().max(other.sums.len()), 0);
        self.sums.iter_mut().zip(&other.sums).for_each(|(own, other)| *own += other);
    }

    /// The weights of subjects whose vector is (events, all attempts).
    #[must_use]
    pub fn pair_weights(&self) -> Option<PairWeights> {
        (!self.sums.is_empty()).then(|| View { entries: 2, sums: &self.sums }.pair(&[true, false], &[false, true]))
    }

    /// The weights of subjects whose vector is that of all their attempts, none of which is an event.
    #[must_use]
    pub fn without_events(&self) -> Option<PairWeights> {
        (!self.sums.is_empty()).then(|| View { entries: 1, sums: &self.sums }.pair(&[false], &[true]))
    }

    /// The weights of subjects by combinations in several cells, one after the other.
    pub(crate) fn view<'a>(&'a self, combos: impl Iterator<Item = Combo>) -> View<'a> {
        View { entries: combos.map(parts).sum(), sums: &self.sums }
    }
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.sums.is_empty() {
            self.subjects.serialize(serializer)
        } else {
            (self.subjects, &self.sums).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> serde::de::Visitor<'de> for Form {
            type Value = Counted;

            fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                text.write_str("a number of subjects, or that and sums of their weights")
            }

            fn visit_u64<E>(self, subjects: u64) -> Result<Counted, E> {
                Ok(Counted { subjects, sums: Vec::new() })
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Counted, A::Error> {
                let missing = |at| serde::de::Error::invalid_length(at, &"two entries");
                let subjects = seq.next_element()?.ok_or_else(|| missing(0))?;
                let sums = seq.next_element()?.ok_or_else(|| missing(1))?;
                Ok(Counted { subjects, sums })
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// Sums of the weights of some subjects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(super) entries: usize,
    pub(super) sums: &'a [i128],
}

impl View<'_> {
    /// Whether there are none: everybody weighs the same.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    fn product(&self, one: usize, other: usize) -> i128 {
        let (one, other) = (one.min(other), one.max(other));
        // Rows of the upper triangle, each one shorter than the one before.
        let before = one * self.entries - one * one.saturating_sub(1) / 2;
        self.sums.get(self.entries + before + other - one).copied().unwrap_or_default()
    }

    /// Sum of the products of the entries in `one` with those in `other`.
    fn dot(&self, one: &[bool], other: &[bool]) -> i128 {
        let places = |mask: &[bool]| -> Vec<usize> {
            mask.iter().enumerate().filter(|(_, held)| **held).map(|(place, _)| place).collect()
        };
        let others = places(other);
        places(one).into_iter().flat_map(|one| others.iter().map(move |other| self.product(one, *other))).sum()
    }

    fn total(&self, mask: &[bool]) -> i128 {
        self.sums.iter().zip(mask).filter(|(_, held)| **held).map(|(sum, _)| sum).sum()
    }

    fn pair(&self, events: &[bool], all: &[bool]) -> PairWeights {
        PairWeights {
            events: self.total(events),
            all: self.total(all),
            events_square: self.dot(events, events),
            product: self.dot(events, all),
            all_square: self.dot(all, all),
        }
    }

    /// The triple of subjects with these combinations in several cells, all their attempts taken together.
    pub fn triple(&self, cells: &[(Combo, &dyn Fn(Combo) -> Pair)], subjects: u64) -> Triple {
        let (mut events, mut attempts, mut masks) = (0, 0, (Vec::new(), Vec::new()));
        for (combo, pair) in cells {
            let (k, m) = pair(*combo);
            events += k;
            attempts += m;
            let (is_event, is_in) = members(*combo, pair);
            masks.0.extend(is_event);
            masks.1.extend(is_in);
        }
        let weights = (!self.is_empty()).then(|| self.pair(&masks.0, &masks.1));
        Triple { events, attempts, subjects, weights }
    }

    /// The triple of the same subjects in the cell at `place` alone.
    pub fn triple_of(&self, cells: &[(Combo, &dyn Fn(Combo) -> Pair)], place: usize, subjects: u64) -> Triple {
        let (events, attempts) = cells.get(place).map_or((0, 0), |(combo, pair)| pair(*combo));
        let weights = (!self.is_empty()).then(|| {
            let (is_event, is_in) = self.masks(cells, place);
            self.pair(&is_event, &is_in)
        });
        Triple { events, attempts, subjects, weights }
    }

    /// The products of what the subjects weigh in the cell at `one` and in the one at `other`.
    pub fn cross(&self, cells: &[(Combo, &dyn Fn(Combo) -> Pair)], one: usize, other: usize) -> Option<CrossWeights> {
        (!self.is_empty()).then(|| {
            let (first, second) = (self.masks(cells, one), self.masks(cells, other));
            CrossWeights {
                events: self.dot(&first.0, &second.0),
                events_all: self.dot(&first.0, &second.1),
                all_events: self.dot(&first.1, &second.0),
                all: self.dot(&first.1, &second.1),
            }
        })
    }

    /// The entries of the cell at `place` that are events, and that are in the denominator.
    fn masks(&self, cells: &[(Combo, &dyn Fn(Combo) -> Pair)], place: usize) -> (Vec<bool>, Vec<bool>) {
        let before: usize = cells.iter().take(place).map(|(combo, _)| parts(*combo)).sum();
        let mut masks = (vec![false; before], vec![false; before]);
        if let Some((combo, pair)) = cells.get(place) {
            let (is_event, is_in) = members(*combo, pair);
            masks.0.extend(is_event);
            masks.1.extend(is_in);
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_same_integers_in_any_unit_and_none_where_all_are_equal() {
        assert_eq!(integers(&[2.5, 2.5]), [0_i64; 0]);
        let wanted = [1_000_000_000, 2_500_000_000, 333_333_333];
        for unit in [1e-9, 0.001, 1.0, 1000.0, 1e12] {
            assert_eq!(integers(&[unit, 2.5 * unit, unit / 3.0]), wanted, "{unit}");
        }
        assert_eq!(integers(&[10.0, 1.0]), [1_000_000_000, 100_000_000]);
        // A power of ten that large is not exact: the largest weight may come out as 1 or as 10.
        assert_eq!(integers(&[1e300, 1e-300])[1], 1);
    }

    #[test]
    fn sums_of_products_give_the_squares_of_any_share() {
        let combo = Combo([2, 0, 1, 1, 0]);
        let subjects: [PartWeights; 2] = [[5, 0, 3, 2, 0], [7, 0, 1, 4, 0]];
        let mut counted = Counted::default();
        for weights in &subjects {
            counted.add(&of_parts(combo, weights).collect::<Vec<_>>());
        }
        let pass = |combo: Combo| (combo.get(Combo::ABOVE), combo.get(Combo::ABOVE) + combo.get(Combo::DENY));
        let found = counted.view([combo].into_iter()).triple(&[(combo, &pass)], 2);
        assert_eq!((found.events, found.attempts, found.subjects), (2, 3, 2));
        let wanted = PairWeights {
            events: 5 + 7,
            all: 8 + 8,
            events_square: 25 + 49,
            product: 5 * 8 + 7 * 8,
            all_square: 64 + 64,
        };
        assert_eq!(found.weights, Some(wanted));
        let text = serde_json::to_string(&counted).unwrap();
        assert_eq!(serde_json::from_str::<Counted>(&text).unwrap(), counted);
        assert_eq!(serde_json::from_str::<Counted>("3").unwrap(), Counted { subjects: 3, sums: Vec::new() });
    }
    #[test]
    fn a_part_is_scaled_as_the_whole_is_and_a_largest_weight_near_a_power_of_ten_stays_below_ten() {
        assert_eq!(integers_of(&[1.0, 2.5], 40.0), [100_000_000, 250_000_000]);
        // Its logarithm is 16, and it is less than 10^16.
        let below = 9_999_999_999_999_998_f64;
        assert_eq!(below.log10(), 16.0);
        assert_eq!(integers_of(&[below], below), [10_000_000_000]);
        assert_eq!(integers_of(&[1.0], f64::INFINITY), [0_i64; 0]);
    }

    #[test]
    fn subjects_without_events_have_the_squares_of_their_weights() {
        let mut counted = Counted::default();
        counted.add(&[4]);
        counted.add(&[6]);
        let wanted = PairWeights { events: 0, all: 10, events_square: 0, product: 0, all_square: 16 + 36 };
        assert_eq!(counted.without_events(), Some(wanted));
        assert_eq!(Counted { subjects: 2, sums: Vec::new() }.without_events(), None);
    }

    #[test]
    fn what_subjects_weigh_in_two_cells_is_multiplied_subject_by_subject() {
        // Denials are the events: (above, deny) in the one; above, deny, undecided in the other.
        let (one, other) = (Combo([1, 0, 1, 0, 0]), Combo([1, 0, 2, 1, 0]));
        let mut counted = Counted::default();
        counted.add(&[5, 3, 6, 4, 2]);
        counted.add(&[1, 2, 3, 5, 7]);
        let deny = |combo: Combo| (combo.get(Combo::DENY), combo.get(Combo::ABOVE) + combo.get(Combo::DENY));
        let cells: [(Combo, &dyn Fn(Combo) -> Pair); 2] = [(one, &deny), (other, &deny)];
        let view = counted.view([one, other].into_iter());
        let wanted = CrossWeights {
            events: 3 * 4 + 2 * 5,
            events_all: 3 * 10 + 2 * 8,
            all_events: 8 * 4 + 3 * 5,
            all: 8 * 10 + 3 * 8,
        };
        assert_eq!(view.cross(&cells, 0, 1), Some(wanted));
        let of_other = PairWeights {
            events: 4 + 5,
            all: 10 + 8,
            events_square: 16 + 25,
            product: 4 * 10 + 5 * 8,
            all_square: 100 + 64,
        };
        let found = view.triple_of(&cells, 1, 2);
        assert_eq!((found.events, found.attempts, found.weights), (2, 3, Some(of_other)));
        assert_eq!(View { entries: 5, sums: &[] }.cross(&cells, 0, 1), None);
    }
}
