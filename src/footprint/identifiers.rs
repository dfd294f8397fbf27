//! Identifiers that persist: texts that the same sample gives again in another session, and other samples do not give.

use std::collections::{BTreeMap, BTreeSet};

/// Letters from which on a text may tell somebody from somebody else.
const SHORTEST: usize = 6;

/// Samples whose texts must come again: of one it may be chance, such as a number that counts attempts.
const FEWEST: usize = 2;

/// The texts of one attempt, by where they stood.
pub(super) type Texts = BTreeMap<String, BTreeSet<String>>;

/// Adds `value`, which stood at `place`, to `texts`, where it may be an identifier.
pub(super) fn add(texts: &mut Texts, place: &str, value: &str) {
    if is_opaque(value) {
        texts.entry(place.to_owned()).or_default().insert(value.to_owned());
    }
}

/// Whether a text says nothing by itself: long enough, and no number of the kind that a measurement gives.
fn is_opaque(value: &str) -> bool {
    let plain = value.trim_matches('"');
    let is_measure = plain.parse::<f64>().is_ok() && (plain.contains('.') || plain.len() < 10);
    plain.chars().count() >= SHORTEST && !is_measure
}

/// The places whose texts came again: `first` and `again` hold the texts of the same samples in two sessions, by sample. A text
/// that several samples gave tells nobody from anybody, and of a single sample that cannot be known.
pub(super) fn persistent(first: &BTreeMap<usize, Texts>, again: &BTreeMap<usize, Texts>) -> Vec<(String, usize)> {
    let mut givers: BTreeMap<(&str, &str), BTreeSet<usize>> = BTreeMap::new();
    for (sample, texts) in first.iter().chain(again) {
        for (place, values) in texts {
            for value in values {
                givers.entry((place, value)).or_default().insert(*sample);
            }
        }
    }
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (sample, texts) in again {
        let Some(before) = first.get(sample) else { continue };
        for (place, values) in texts {
            let same = values.iter().filter(|value| before.get(place).is_some_and(|before| before.contains(*value)));
            let own =
                same.filter(|value| givers.get(&(place.as_str(), value.as_str())).is_some_and(|of| of.len() == 1));
            if own.count() > 0 {
                *found.entry(place.clone()).or_default() += 1;
            }
        }
    }
    found.into_iter().filter(|(_, samples)| *samples >= FEWEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(texts: &[(usize, &str, &str)]) -> BTreeMap<usize, Texts> {
        let mut found: BTreeMap<usize, Texts> = BTreeMap::new();
        for (sample, place, value) in texts {
            add(found.entry(*sample).or_default(), place, value);
        }
        found
    }

    #[test]
    fn a_text_that_comes_again_with_its_sample_alone_is_an_identifier() {
        let first = session(&[(0, "id", "\"a1b2c3d4\""), (1, "id", "\"e5f6a7b8\""), (2, "id", "\"00000001\"")]);
        let again = session(&[(0, "id", "\"a1b2c3d4\""), (1, "id", "\"e5f6a7b8\""), (2, "id", "\"00000002\"")]);
        assert_eq!(persistent(&first, &again), [("id".to_owned(), 2)]);
    }

    #[test]
    fn words_that_all_samples_give_numbers_and_random_texts_are_none() {
        let first =
            session(&[(0, "v", "\"model-7\""), (1, "v", "\"model-7\""), (0, "q", "0.123456789"), (0, "n", "17")]);
        assert_eq!(persistent(&first, &first), []);
        let random = [
            session(&[(0, "r", "abcdefgh"), (1, "r", "ijklmnop")]),
            session(&[(0, "r", "qrstuvwx"), (1, "r", "yzabcdef")]),
        ];
        assert_eq!(persistent(&random[0], &random[1]), []);
    }

    #[test]
    fn of_a_single_sample_nothing_can_be_said() {
        let one = session(&[(0, "id", "a1b2c3d4")]);
        assert_eq!(persistent(&one, &one), []);
    }
}
