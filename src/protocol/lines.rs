//! On which line of a protocol's text stands what is wrong with it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{Found, Problem};
use super::keys::{KEYS, LISTS};
use crate::keys::row_of;

/// The text of a protocol, with the place of every key.
pub(super) struct Lines<'t> {
    text: &'t str,
    table: DeTable<'t>,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl<'t> Lines<'t> {
    /// Of `text`.
    ///
    /// # Errors
    /// It is not TOML.
    pub fn of(text: &'t str) -> Result<Self, Found> {
        let table = DeTable::parse(text).map_err(|error| {
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            let row = error.span().map(|span| row_of(text, span.start));
            Found { row, problem: Problem::Toml(format!("not toml: {message}")) }
        })?;
        Ok(Self { text, table: table.into_inner() })
    }

    /// A problem with its line.
    pub fn place(&self, problem: Problem) -> Found {
        let row = match &problem {
            Problem::Value { key, text } => self.row(key, text),
            Problem::Toml(_) | Problem::UnknownKey { .. } => None,
        };
        Found { row, problem }
    }

    /// The line of a key as problems name it: `limits`, `challenge.span`, `primary, entry 3`. Where the key itself is not
    /// written, that of its section; of a list, that of the entry whose name stands in `text`, or of its first.
    fn row(&self, key: &str, text: &str) -> Option<u64> {
        let (path, entry) = match key.split_once(", entry ") {
            Some((list, entry)) => (list, entry.parse::<usize>().ok()),
            None => (key, None),
        };
        let (first, inner) = path.split_once('.').unwrap_or((path, ""));
        let (start, value) = find(&self.table, first)?;
        let start = match value.get_ref() {
            DeValue::Table(section) => find(section, inner).map_or(start, |(start, _)| start),
            DeValue::Array(entries) => {
                let named = |one: &&Value<'t>| name_of(one).is_some_and(|name| text.contains(&format!("`{name}`")));
                let one = match entry {
                    Some(entry) => entry.checked_sub(1).and_then(|at| entries.get(at)),
                    None if LISTS.iter().any(|(list, _)| *list == first) => {
                        entries.iter().find(named).or_else(|| entries.first())
                    }
                    None => None,
                };
                one.map_or(start, |one| one.span().start)
            }
            _ => start,
        };
        Some(row_of(self.text, start))
    }

    /// The keys that no protocol has.
    pub fn unknown_keys(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut unknown = |at: usize, key: String, known: Vec<&'static str>| {
            found.push((at, Found { row: Some(row_of(self.text, at)), problem: Problem::UnknownKey { key, known } }));
        };
        for (key, value) in self.table.iter() {
            let (at, key) = (key.span().start, key.get_ref().as_ref());
            if let Some((list, inner)) = LISTS.iter().find(|(list, _)| *list == key) {
                let DeValue::Array(entries) = value.get_ref() else { continue };
                for (at, key) in entries.iter().filter_map(table_of).flat_map(keys_of) {
                    if !inner.contains(&key) {
                        unknown(at, format!("{list}.{key}"), inner.to_vec());
                    }
                }
            } else if !KEYS.contains(&key) {
                let top = KEYS.iter().copied().filter(|key| !key.contains('.'));
                let lists = LISTS.iter().map(|(list, _)| *list).filter(|list| !KEYS.contains(list));
                unknown(at, key.to_owned(), top.chain(lists).collect());
            } else if let Some(section) = table_of(value) {
                let known: Vec<_> =
                    KEYS.iter().copied().filter_map(|known| known.strip_prefix(key)?.strip_prefix('.')).collect();
                for (at, inner) in keys_of(section).filter(|(_, inner)| !known.contains(inner)) {
                    unknown(at, format!("{key}.{inner}"), known.clone());
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, found)| found).collect()
    }
}

fn find<'a, 't>(table: &'a DeTable<'t>, key: &str) -> Option<(usize, &'a Value<'t>)> {
    table.iter().find(|(one, _)| one.get_ref() == key).map(|(one, value)| (one.span().start, value))
}

fn table_of<'a, 't>(value: &'a Value<'t>) -> Option<&'a DeTable<'t>> {
    if let DeValue::Table(table) = value.get_ref() { Some(table) } else { None }
}

fn keys_of<'a>(table: &'a DeTable<'_>) -> impl Iterator<Item = (usize, &'a str)> {
    table.keys().map(|key| (key.span().start, key.get_ref().as_ref()))
}

fn name_of<'a>(value: &'a Value<'_>) -> Option<&'a str> {
    match find(table_of(value)?, "name")?.1.get_ref() {
        DeValue::String(name) => Some(name.as_ref()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::Protocol;

    /// The lines and texts of all problems.
    fn found(text: &str) -> Vec<(Option<u64>, String)> {
        let error = Protocol::from_toml(text).unwrap_err();
        error.problems.iter().map(|found| (found.row, found.problem.to_string())).collect()
    }

    fn rows(text: &str) -> Vec<Option<u64>> {
        found(text).into_iter().map(|(row, _)| row).collect()
    }

    #[test]
    fn every_problem_has_the_line_that_an_editor_shows() {
        let text = "# a comment\nname = 'x'\nlimits = [18, 16]\ntei = 'above'\n\n[challenge]\nspan = 3\nstep = 2\n\n\
                    [windows]\nundr = 3\n\n[[primary]]\nmetric = 'mae'\n\n[[primary]]\nmetric = 'mae'\nwieghting = 'subject'\n";
        let found = found(text);
        let row =
            |part: &str| found.iter().find(|(_, text)| text.contains(part)).unwrap_or_else(|| panic!("{found:?}")).0;
        assert_eq!([row("tei"), row("undr"), row("wieghting")], [Some(4), Some(11), Some(18)]);
        assert_eq!([row("ascending ages"), row("challenge.span")], [Some(3), Some(7)]);
    }

    #[test]
    fn entries_of_lists_have_their_own_line() {
        let text = "[[primary]]\nmetric = 'mae'\n\n[[primary]]\nmetric = 'mae'\nlimit = 'x'\n";
        assert_eq!(rows(text), [Some(4)]);
        let standard = "[[standard]]\nname = 'a'\nfrom = 1\nto = 2\n";
        assert_eq!(rows(&format!("{standard}{standard}")), [Some(5)]);
        let fixed = |name: &str, limit: u32| {
            format!(
                "[[fixed_thresholds]]\nname = '{name}'\nlimit = {limit}\ngroup_by = 'sex'\ngroup = 'male'\n\
                 population = 'under'\nunder_age_pass_rate = 0.1\n"
            )
        };
        assert_eq!(rows(&format!("{}{}", fixed("one", 18), fixed("other", 19))), [Some(8)]);
    }

    #[test]
    fn a_value_of_another_type_and_a_slip_in_the_syntax_have_theirs() {
        assert_eq!(rows("name = 'x'\n[levels]\nclaim = 0.9\ndisplay = 'high'\n"), [Some(4)]);
        let found = found("name = 'x'\nlimits = [18\ntie = 'above'\n");
        assert!(matches!(&found[..], [(Some(2 | 3), text)] if text.starts_with("not toml: ")), "{found:?}");
    }

    #[test]
    fn a_key_that_is_not_written_has_the_line_of_its_section() {
        // The default's span is no multiple of this step: the section is where to look.
        assert_eq!(rows("\n[challenge]\nstep = 0.7\n")[0], Some(2));
    }
}
