//! A TOML file that people write, read key by key, so that all its problems are found in one pass, each with its line.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::finding::{Finding, Findings, did_you_mean, quoted};

/// The keys of one TOML file or of one table in it, and the findings so far.
#[derive(Debug)]
pub struct Keys<'t> {
    file: String,
    /// The path of this table in the file, with a dot at its end; empty for the file's own.
    path: String,
    text: &'t str,
    table: DeTable<'t>,
    known: BTreeSet<&'static str>,
    findings: Findings,
}

impl<'t> Keys<'t> {
    /// The top keys of `text`, the content of `file`.
    ///
    /// # Errors
    /// A [`Finding`] with the row when `text` is not TOML.
    pub fn parse(file: &str, text: &'t str) -> Result<Self, Finding> {
        let table = DeTable::parse(text).map_err(|error| {
            let finding = Finding::error(file, format!("not toml: {}", one_line(error.message())));
            match error.span() {
                Some(span) => finding.row(row_of(text, span.start)),
                None => finding,
            }
        })?;
        Ok(Self {
            file: file.to_owned(),
            path: String::new(),
            text,
            table: table.into_inner(),
            known: BTreeSet::new(),
            findings: Findings::new(),
        })
    }

    /// The value of `key`, or `None` with a finding when it is not what was `expected`; `None` when absent.
    pub fn take<T: DeserializeOwned>(&mut self, key: &'static str, expected: &str) -> Option<T> {
        self.known.insert(key);
        let (row, value) = self.remove(key)?;
        let found = shown(&value);
        match T::deserialize(toml::de::ValueDeserializer::from(value)) {
            Ok(parsed) => Some(parsed),
            Err(_) => {
                self.wrong(key, row, format!("{found} is not {expected}"), None);
                None
            }
        }
    }

    /// As [`Keys::take`], with a finding when the key is absent.
    pub fn require<T: DeserializeOwned>(&mut self, key: &'static str, expected: &str) -> Option<T> {
        if !self.has(key) {
            self.known.insert(key);
            let text = format!("the key is missing: expected {expected}");
            self.findings.push(Finding::error(&self.file, text).column(self.full(key)));
            return None;
        }
        self.take(key, expected)
    }

    /// One word of `words`, by its place in them; absent is `None`.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let expected = format!("one of {}", names.join(", "));
        let row = self.row_of_key(key);
        let word: String = self.take(key, &expected)?;
        let found = words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        if found.is_none() {
            let text = format!("{} is not {expected}", quoted(&word));
            self.wrong(key, row, text, did_you_mean(&word, names));
        }
        found
    }

    /// As [`Keys::word`], with a finding when the key is absent.
    pub fn require_word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        if self.has(key) {
            return self.word(key, words);
        }
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        self.require::<String>(key, &format!("one of {}", names.join(", ")));
        None
    }

    /// The keys of the table `key`, to be read like this one and then given to [`Keys::absorb`]; `None` when absent,
    /// or with a finding when it is not a table.
    pub fn table(&mut self, key: &'static str) -> Option<Self> {
        self.known.insert(key);
        let (row, value) = self.remove(key)?;
        let found = shown(&value);
        if let DeValue::Table(table) = value.into_inner() {
            let (file, path) = (self.file.clone(), format!("{}{key}.", self.path));
            return Some(Self {
                file,
                path,
                text: self.text,
                table,
                known: BTreeSet::new(),
                findings: Findings::new(),
            });
        }
        self.wrong(key, row, format!("{found} is not a table"), Some(format!("write `[{}{key}]`", self.path)));
        None
    }

    /// As [`Keys::table`], with a finding that says which keys it needs when the table is absent.
    pub fn require_table(&mut self, key: &'static str, needs: &str) -> Option<Self> {
        if !self.has(key) {
            self.known.insert(key);
            self.wrong(key, None, format!("the table is missing: expected `[{}{key}]` with {needs}", self.path), None);
        }
        self.table(key)
    }

    /// The tables of the list `key`, each to be read like this one and then given to [`Keys::absorb`]; `None` with a
    /// finding when it is absent or no list of tables.
    pub fn require_tables(&mut self, key: &'static str, needs: &str) -> Option<Vec<Self>> {
        self.known.insert(key);
        let Some((row, value)) = self.remove(key) else {
            self.wrong(key, None, format!("the list is missing: expected {needs}"), None);
            return None;
        };
        let found = shown(&value);
        let DeValue::Array(list) = value.into_inner() else {
            self.wrong(key, row, format!("{found} is not a list of tables: expected {needs}"), None);
            return None;
        };
        let mut tables = Vec::new();
        for (place, one) in list.into_iter().enumerate() {
            let DeValue::Table(table) = one.into_inner() else {
                self.wrong(key, row, format!("the entry {} is no table: expected {needs}", place + 1), None);
                return None;
            };
            let (file, path) = (self.file.clone(), format!("{}{key}[{}].", self.path, place + 1));
            let (text, known, findings) = (self.text, BTreeSet::new(), Findings::new());
            tables.push(Self { file, path, text, table, known, findings });
        }
        Some(tables)
    }

    /// Takes over the findings of a table of this one, those about its unknown keys included.
    pub fn absorb(&mut self, table: Self) {
        self.findings.append(table.finish());
    }

    /// Adds a finding about the file.
    pub fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether `key` is there and not yet taken.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.keys().any(|spanned| spanned.get_ref() == key)
    }

    /// The row of the first key that is not yet taken: where a table of a list stands.
    #[must_use]
    pub fn first_row(&self) -> Option<u64> {
        self.table.keys().map(|spanned| spanned.span().start).min().map(|start| row_of(self.text, start))
    }

    /// Names keys that are known here, so that a slip is held against them.
    pub fn know(&mut self, keys: impl IntoIterator<Item = &'static str>) {
        self.known.extend(keys);
    }

    /// The row of `key`, while it is not yet taken.
    #[must_use]
    pub fn row_of_key(&self, key: &str) -> Option<u64> {
        self.table
            .keys()
            .find(|spanned| spanned.get_ref() == key)
            .map(|spanned| row_of(self.text, spanned.span().start))
    }

    /// The path of `key` in the file.
    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    /// Adds an error about `key`.
    pub fn wrong(&mut self, key: &str, row: Option<u64>, text: impl Into<String>, help: Option<String>) {
        let finding = Finding::error(&self.file, text).column(self.full(key)).maybe_help(help);
        self.findings.push(match row {
            Some(row) => finding.row(row),
            None => finding,
        });
    }

    /// All findings, those about unknown keys included.
    #[must_use]
    pub fn finish(mut self) -> Findings {
        let left: Vec<(String, u64)> =
            self.table.keys().map(|key| (key.get_ref().to_string(), row_of(self.text, key.span().start))).collect();
        for (key, row) in left {
            let help = did_you_mean(&key, self.known.iter().copied()).unwrap_or_else(|| {
                format!("known keys: {}", self.known.iter().copied().collect::<Vec<_>>().join(", "))
            });
            self.wrong(&key.escape_debug().to_string(), Some(row), "the key is unknown", Some(help));
        }
        self.findings
    }

    fn remove(&mut self, key: &str) -> Option<(Option<u64>, Spanned<DeValue<'t>>)> {
        let spanned = self.table.keys().find(|spanned| spanned.get_ref() == key)?.clone();
        let row = row_of(self.text, spanned.span().start);
        Some((Some(row), self.table.remove(&spanned)?))
    }
}

/// The line of byte `at` of `text`, counted from 1.
#[must_use]
pub fn row_of(text: &str, at: usize) -> u64 {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count() as u64
}

fn shown(value: &Spanned<DeValue<'_>>) -> String {
    match value.get_ref() {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => quoted(number.as_str()),
        DeValue::Float(number) => quoted(number.as_str()),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "this array".to_owned(),
        DeValue::Table(_) => "this table".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Keys<'_> {
    /// Takes the optional key `schema`, which is 1.
    pub fn schema(&mut self) {
        let row = self.row_of_key("schema");
        if let Some(schema) = self.take::<i64>("schema", "the whole number 1")
            && schema != 1
        {
            let text = format!("schema {schema} is not known: this agebench reads schema 1");
            self.wrong("schema", row, text, Some("use a newer agebench".to_owned()));
        }
    }
}
