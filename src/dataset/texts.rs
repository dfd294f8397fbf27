//! Many texts in one piece of memory, and each text once.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use hashbrown::HashTable;

/// Texts in order, end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds `text`.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    /// Adds all of `other`.
    pub fn append(&mut self, other: &Self) {
        let before = self.all.len();
        self.all.push_str(&other.all);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    /// The text at `place`; empty beyond the last.
    #[must_use]
    pub fn get(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        start.zip(self.ends.get(place)).and_then(|(start, end)| self.all.get(start..*end)).unwrap_or_default()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }
}

/// Texts in the order in which they were first met, each once.
#[derive(Debug, Clone, Default)]
pub struct Distinct {
    texts: Texts,
    /// Places in `texts`, found by hash; their order is never asked for.
    places: HashTable<u32>,
    hasher: RandomState,
    /// The place that was asked for last: neighbouring rows are often alike.
    last: u32,
}

impl Distinct {
    /// The place of `text`, and whether it is new. `None` beyond 2³² texts.
    pub fn place(&mut self, text: &str) -> Option<(u32, bool)> {
        let Self { texts, places, hasher, last } = self;
        if (*last as usize) < texts.len() && texts.get(*last as usize) == text {
            return Some((*last, false));
        }
        let hash = hasher.hash_one(text);
        if let Some(place) = places.find(hash, |place| texts.get(*place as usize) == text) {
            *last = *place;
            return Some((*place, false));
        }
        let place = u32::try_from(texts.len()).ok().filter(|place| *place < u32::MAX)?;
        *last = place;
        texts.push(text);
        places.insert_unique(hash, place, |place| hasher.hash_one(texts.get(*place as usize)));
        Some((place, true))
    }

    /// The texts, in the order of their places.
    #[must_use]
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The texts, in the order of their places.
    #[must_use]
    pub fn into_texts(self) -> Texts {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_in_order_and_each_distinct_one_once() {
        let words = ["a", "", "bc", "a", "ü", "bc", ""];
        let mut texts = Texts::default();
        let mut distinct = Distinct::default();
        words.iter().for_each(|word| texts.push(word));
        let places: Vec<_> = words.iter().map(|word| distinct.place(word).unwrap()).collect();
        let twice = Texts {
            all: texts.all.repeat(2),
            ends: texts.ends.iter().copied().chain(texts.ends.iter().map(|end| end + texts.all.len())).collect(),
        };
        assert_eq!(texts.iter().collect::<Vec<_>>(), words);
        assert_eq!(texts.get(7), "");
        assert_eq!(places, [(0, true), (1, true), (2, true), (0, false), (3, true), (2, false), (1, false)]);
        let copy = texts.clone();
        texts.append(&copy);
        assert_eq!(texts, twice);
        assert_eq!(distinct.into_texts().iter().collect::<Vec<_>>(), ["a", "", "bc", "ü"]);
    }
}
