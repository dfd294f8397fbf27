//! How tallies are written: JSON, its maps as lists of pairs, so that keys may be anything and the bytes are a function
//! of the counts.

/// A map as a list of pairs in the order of its keys: `#[serde(with = "wire::pairs")]`.
pub(super) mod pairs {
    use std::collections::BTreeMap;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the pairs.
    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    /// Reads the pairs; keys ascend, so that one tally has one form.
    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<(K, V)>::deserialize(deserializer)?;
        if !pairs.is_sorted_by(|one, other| one.0 < other.0) {
            return Err(D::Error::custom("the keys of a map do not ascend"));
        }
        Ok(pairs.into_iter().collect())
    }
}
