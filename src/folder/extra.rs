//! What methods returned beyond their answers, counted by name for run.json.

use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::{Outcome, UNNAMED};

/// Names that are counted of one method; whatever comes under further ones is counted as [`UNNAMED`].
const MOST: usize = 256;

/// Counts in `fields` what `outcome` has beyond its answer: each name once an attempt; all under [`UNNAMED`] where none is to
/// be kept.
pub fn count_extra(fields: &mut BTreeMap<String, u64>, outcome: &Outcome, keeps_names: bool) {
    let names: BTreeSet<&str> = outcome.extra.iter().map(|(name, _)| name.as_str()).collect();
    let mut is_unnamed = false;
    for name in names {
        let named = fields.len() - usize::from(fields.contains_key(UNNAMED));
        if keeps_names && name != UNNAMED && (named < MOST || fields.contains_key(name)) {
            *fields.entry(name.to_owned()).or_default() += 1;
        } else {
            is_unnamed = true;
        }
    }
    if is_unnamed {
        *fields.entry(UNNAMED.to_owned()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(attempts: &[&[&str]], keeps_names: bool) -> Vec<(String, u64)> {
        let mut fields = BTreeMap::new();
        for names in attempts {
            let extra = names.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect();
            count_extra(&mut fields, &Outcome { extra, ..Outcome::failed("") }, keeps_names);
        }
        fields.into_iter().collect()
    }

    #[test]
    fn a_field_is_counted_once_an_attempt_and_without_its_name_where_none_is_kept() {
        let attempts: [&[&str]; 4] = [&["mood", UNNAMED, UNNAMED], &[], &["mood", "sex"], &[UNNAMED]];
        let expected = [(UNNAMED, 2), ("mood", 2), ("sex", 1)].map(|(name, count)| (name.to_owned(), count));
        assert_eq!(counted(&attempts, true), expected);
        assert_eq!(counted(&attempts, false), [(UNNAMED.to_owned(), 3)]);
    }

    #[test]
    fn names_that_are_too_many_are_counted_without_them() {
        let names: Vec<String> = (0..MOST + 9).map(|number| format!("f{number:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = counted(&[&names, &names[..1], &names[MOST..]], true);
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(found[..2], [(UNNAMED.to_owned(), 2), ("f000".to_owned(), 2)]);
    }
}
