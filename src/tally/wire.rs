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

/// A map of maps as a list of pairs of a key and a list of pairs: `#[serde(with = "wire::nested")]`.
pub(super) mod nested {
    use std::collections::BTreeMap;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the pairs.
    pub fn serialize<K: Serialize, P: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, BTreeMap<P, V>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter().map(|(key, inner)| (key, inner.iter().collect::<Vec<_>>())))
    }

    /// Reads the pairs; keys ascend on both levels.
    pub fn deserialize<'de, K, P, V, D>(deserializer: D) -> Result<BTreeMap<K, BTreeMap<P, V>>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        P: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<(K, Vec<(P, V)>)>::deserialize(deserializer)?;
        let ascend = pairs.is_sorted_by(|one, other| one.0 < other.0)
            && pairs.iter().all(|(_, inner)| inner.is_sorted_by(|one, other| one.0 < other.0));
        if !ascend {
            return Err(D::Error::custom("the keys of a map do not ascend"));
        }
        Ok(pairs.into_iter().map(|(key, inner)| (key, inner.into_iter().collect())).collect())
    }
}

/// Counts and weights over columns as a list of `[key, differences]`, or `[key, differences, sums of weights]` where there
/// are any.
pub(super) mod steps {
    use std::collections::BTreeMap;
    use std::marker::PhantomData;

    use serde::de::{Error, SeqAccess, Visitor};
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the list.
    pub fn serialize<K: Ord + Serialize, S: Serializer>(
        differences: &BTreeMap<K, Vec<i64>>,
        weights: &BTreeMap<K, Vec<i128>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(differences.len()))?;
        for (key, row) in differences {
            match weights.get(key) {
                None => list.serialize_element(&(key, row))?,
                Some(sums) => list.serialize_element(&(key, row, sums))?,
            }
        }
        list.end()
    }

    /// One entry of the list.
    struct Entry<K>(K, Vec<i64>, Option<Vec<i128>>);

    impl<'de, K: Deserialize<'de>> Deserialize<'de> for Entry<K> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Form<K>(PhantomData<K>);
            impl<'de, K: Deserialize<'de>> Visitor<'de> for Form<K> {
                type Value = Entry<K>;

                fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    text.write_str("a key, its differences, and sums of weights where there are any")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entry<K>, A::Error> {
                    let key = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                    let differences = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                    Ok(Entry(key, differences, seq.next_element()?))
                }
            }
            deserializer.deserialize_seq(Form(PhantomData))
        }
    }

    type Maps<K> = (BTreeMap<K, Vec<i64>>, BTreeMap<K, Vec<i128>>);

    /// Reads the list; keys ascend, and there are as many sums for each column.
    pub fn deserialize<'de, K: Ord + Copy + Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Maps<K>, D::Error> {
        let entries = Vec::<Entry<K>>::deserialize(deserializer)?;
        if !entries.is_sorted_by(|one, other| one.0 < other.0) {
            return Err(D::Error::custom("the keys of a map do not ascend"));
        }
        let (mut differences, mut weights) = Maps::default();
        for Entry(key, row, sums) in entries {
            if let Some(sums) = sums {
                if row.is_empty() || sums.is_empty() || sums.len() % row.len() != 0 {
                    return Err(D::Error::custom("sums of weights that are not as many for each column"));
                }
                weights.insert(key, sums);
            }
            differences.insert(key, row);
        }
        Ok((differences, weights))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Flat(#[serde(with = "super::pairs")] BTreeMap<u32, u32>);

    #[derive(Debug, Deserialize)]
    struct Nested(#[serde(with = "super::nested")] BTreeMap<u32, BTreeMap<u32, u32>>);

    type Maps = (BTreeMap<u32, Vec<i64>>, BTreeMap<u32, Vec<i128>>);

    #[test]
    fn a_map_has_each_key_once_and_in_order() {
        let flat =
            |text: &str| serde_json::from_str::<Flat>(text).map(|map| map.0.len()).map_err(|error| error.to_string());
        let nested =
            |text: &str| serde_json::from_str::<Nested>(text).map(|map| map.0.len()).map_err(|error| error.to_string());
        assert_eq!((flat("[[1,5],[2,5]]"), nested("[[1,[[1,5],[2,5]]],[2,[]]]")), (Ok(2), Ok(2)));
        for text in ["[[1,5],[1,5]]", "[[2,5],[1,5]]"] {
            assert!(flat(text).unwrap_err().contains("ascend"), "{text}");
        }
        for text in ["[[1,[]],[1,[]]]", "[[2,[]],[1,[]]]", "[[1,[[3,5],[3,5]]]]", "[[1,[[3,5],[2,5]]]]"] {
            assert!(nested(text).unwrap_err().contains("ascend"), "{text}");
        }
    }

    #[test]
    fn steps_have_as_many_sums_for_each_column() {
        let read = |text: &str| -> Result<Maps, String> {
            super::steps::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| error.to_string())
        };
        let (differences, weights) = read("[[1,[1,-1],[5,25,-5,-25]],[2,[1,-1]]]").unwrap();
        assert_eq!((differences.len(), weights[&1].len(), weights.len()), (2, 4, 1));
        for text in ["[[1,[1,-1],[5]]]", "[[1,[],[5]]]", "[[1,[1,-1],[]]]"] {
            assert!(read(text).unwrap_err().contains("as many for each column"), "{text}");
        }
        for text in ["[[1,[1,-1]],[1,[1,-1]]]", "[[2,[1,-1]],[1,[1,-1]]]"] {
            assert!(read(text).unwrap_err().contains("ascend"), "{text}");
        }
    }
}
