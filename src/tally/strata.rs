//! Sums for the permutation nulls of METRICS M11: labels are moved between subjects with all their attempts, within
//! strata of the completed age at the first eligible attempt, which is the youngest age of the subject here.
//!
//! Only the labels' numbers and the sums of everybody in a stratum are kept: what the groups' sums would be by chance
//! follows from them. Strata of few subjects keep the subjects' values, without their labels, as long as they are few.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::class::AgeClass;
use super::wire;
use crate::stats::REAL_UNDER;
use crate::table::Group;

/// A value of a subject: place in [`super::Measured::all`], component, its number in the unit of the measure, and its
/// weight in the unit of shares.
pub type Value = (u16, u16, i64, i64);

/// The subjects of one stratum who have one label.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// How many of them have which label.
    #[serde(with = "wire::pairs")]
    pub sizes: BTreeMap<Group, u64>,
    /// Subjects of several labels, who keep them.
    pub split: u64,
    /// By measure and component: sums of numbers and of weights.
    #[serde(with = "wire::pairs")]
    pub sums: BTreeMap<(u16, u16), [i128; 2]>,
    /// By measure and two components, the first not behind the second: sums of the products number x number, number x
    /// weight, weight x number, weight x weight.
    #[serde(with = "wire::pairs")]
    pub products: BTreeMap<(u16, u16, u16), [i128; 4]>,
    /// The values of each subject, with how many have them; empty from [`REAL_UNDER`] subjects on.
    #[serde(with = "wire::pairs")]
    pub each: BTreeMap<Vec<Value>, u64>,
}

/// The strata of one column or crossing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strata {
    /// By class of the youngest age.
    #[serde(with = "wire::pairs")]
    pub strata: BTreeMap<AgeClass, Stratum>,
    /// Sums of numbers and weights, by label, measure and component, of the subjects of several labels: no label of
    /// theirs is moved.
    #[serde(with = "wire::pairs")]
    pub kept: BTreeMap<(Group, u16, u16), [i128; 2]>,
}

impl Stratum {
    /// The subjects with one label.
    #[must_use]
    pub fn subjects(&self) -> u64 {
        self.sizes.values().sum()
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (group, subjects) in &other.sizes {
            *self.sizes.entry(group.clone()).or_default() += subjects;
        }
        self.split += other.split;
        for (key, sums) in &other.sums {
            add(self.sums.entry(*key).or_default(), sums);
        }
        for (key, products) in &other.products {
            add(self.products.entry(*key).or_default(), products);
        }
        if self.subjects() < REAL_UNDER {
            for (values, subjects) in &other.each {
                *self.each.entry(values.clone()).or_default() += subjects;
            }
        } else {
            self.each.clear();
        }
    }
}

impl Strata {
    pub(super) fn merge(&mut self, other: &Self) {
        for (class, stratum) in &other.strata {
            self.strata.entry(*class).or_default().merge(stratum);
        }
        for (key, sums) in &other.kept {
            add(self.kept.entry(key.clone()).or_default(), sums);
        }
    }

    /// Whether some subject has several labels.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.strata.values().any(|stratum| stratum.split > 0)
    }
}

pub(super) fn add<const N: usize>(own: &mut [i128; N], other: &[i128; N]) {
    own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
}
