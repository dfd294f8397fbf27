//! The statements of a method's card, held against what footprint.csv and the answers of the folder say.

use std::collections::BTreeSet;

use crate::folder::{Basis, Observed, Thing};
use crate::method::{DeclaredFootprint, Keeps, Statement};
use crate::metric::{CONTRADICTED, Declaration, Measured};
use crate::table::Row;
use crate::tally::Information;

/// What was measured of one method.
pub(super) struct Seen<'a> {
    /// Its observations.
    pub observed: &'a [&'a Observed],
    /// Its name.
    pub method: &'a str,
    /// The measured rows of all methods, which are flagged where they contradict a statement.
    pub rows: &'a mut [Row],
    /// Its answers.
    pub answers: &'a Information,
}

/// Every statement of `card` with what was measured of it, in the order of docs/cards.md.
pub(super) fn declarations(card: &DeclaredFootprint, seen: &mut Seen<'_>) -> Vec<Declaration> {
    let mut found = Vec::new();
    let mut add = |statement, says: String, source: &str, date: &str, measured| {
        let (source, date) = (source.to_owned(), date.to_owned());
        found.push(Declaration { statement, says, source, date, measured });
    };
    if let Some(Statement { says, source, date }) = &card.keeps {
        add("keeps", says.word().to_owned(), source, date, seen.kept(*says));
    }
    if let Some(Statement { says, source, date }) = &card.hosts {
        add("hosts", list(says), source, date, seen.hosts(says));
    }
    if let Some(Statement { says, source, date }) = &card.works_offline {
        let words = if *says { "yes" } else { "no" };
        add("works_offline", words.to_owned(), source, date, seen.offline(*says));
    }
    if let Some(Statement { says, source, date }) = &card.returns {
        add("returns", list(says), source, date, seen.returned(says));
    }
    if let Some(Statement { says, source, date }) = &card.extra_fields {
        add("extra_fields", list(says), source, date, seen.extra(says));
    }
    if let Some(Statement { says, source, date }) = &card.retention {
        add("retention", says.clone(), source, date, Measured::Never);
    }
    if let Some(Statement { says, source, date }) = &card.place_of_processing {
        add("place_of_processing", says.clone(), source, date, Measured::Never);
    }
    if let Some(Statement { says, source, date }) = &card.sub_processors {
        add("sub_processors", list(says), source, date, Measured::Never);
    }
    if let Some(Statement { says, source, date }) = &card.lawful_basis {
        add("lawful_basis", says.clone(), source, date, Measured::Never);
    }
    if let Some(Statement { says, source, date }) = &card.secondary_use {
        add("secondary_use", says.clone(), source, date, Measured::Never);
    }
    found
}

fn list(texts: &[String]) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

impl Seen<'_> {
    /// The measured value of `metric` with `variant`: none where there is no such row, or why it is not known.
    fn value(&self, metric: &str, variant: &str) -> Option<Result<f64, String>> {
        let own = |row: &&Row| row.method == self.method && row.metric == metric && row.variant.to_string() == variant;
        let row = self.rows.iter().find(own)?;
        Some(row.value.ok_or_else(|| match &row.evidence {
            Some(crate::table::Evidence::Short(reasons)) => reasons.join(", "),
            _ => "not measured".to_owned(),
        }))
    }

    /// Flags the measured rows of `metric` whose value is not 0 (with `variant`, those alone).
    fn flag(&mut self, metric: &str, variant: Option<&str>) {
        for row in self.rows.iter_mut().filter(|row| row.method == self.method) {
            let meant = variant.is_none_or(|variant| row.variant.to_string() == variant);
            if row.metric == metric && meant && row.value.is_some() {
                row.flags.insert(CONTRADICTED.to_owned());
            }
        }
    }

    /// What is left at the moments of which the statement speaks: files, their bytes, and processes.
    fn kept(&mut self, keeps: Keeps) -> Measured {
        let moments: &[(&str, &str)] = match keeps {
            Keeps::Nothing => &[("phase=end", "after the last answer"), ("phase=after_exit", "after exit")],
            Keeps::UntilExit => &[("phase=after_exit", "after exit")],
            Keeps::Something => &[],
        };
        let (mut words, mut unknown) = (Vec::new(), None);
        let (mut most, mut measured) = (0, false);
        for (variant, moment) in moments {
            let mut said = Vec::new();
            let mut things = 0;
            for (metric, one, many) in [("files_left", "file", "files"), ("processes_left", "process", "processes")] {
                // A process that has answered and lives on is the method itself.
                if metric == "processes_left" && *variant == "phase=end" {
                    continue;
                }
                let value = match self.value(metric, variant) {
                    Some(Ok(value)) => whole(value),
                    Some(Err(why)) => {
                        unknown.get_or_insert(why);
                        continue;
                    }
                    None => {
                        unknown.get_or_insert("not observed".to_owned());
                        continue;
                    }
                };
                measured = true;
                if value == 0 {
                    continue;
                }
                self.flag(metric, Some(variant));
                things += value;
                said.push(format!("{value} {}", if value == 1 { one } else { many }));
                if metric == "files_left"
                    && let Some(Ok(bytes)) = self.value("bytes_left", variant)
                {
                    self.flag("bytes_left", Some(variant));
                    said.push(size(bytes));
                }
            }
            if !said.is_empty() {
                words.push(format!("{} {moment}", said.join(", ")));
            }
            most = most.max(things);
        }
        match unknown {
            _ if most > 0 => Measured::Contradicts(most, words.join(", ")),
            _ if keeps == Keeps::Something => Measured::Agrees("whatever is left, it is said to be".to_owned()),
            Some(why) => Measured::Unknown(why),
            None if measured => Measured::Agrees("nothing was left".to_owned()),
            None => Measured::Unknown("not observed".to_owned()),
        }
    }

    /// The names under which `things` were measured; none where they were not looked for, or why they are not known.
    fn names(&self, things: &[Thing]) -> Result<BTreeSet<String>, String> {
        let mut names = BTreeSet::new();
        let mut known = false;
        let mut why = None;
        for one in self.observed.iter().filter(|one| things.contains(&one.thing)) {
            match one.basis {
                Basis::Measured => {
                    known = true;
                    if one.value != Some(0.0) && !one.name.is_empty() {
                        names.insert(one.name.clone());
                    }
                }
                Basis::NotMeasurable => {
                    why.get_or_insert(one.source.clone());
                }
                Basis::Declared => {}
            }
        }
        match why {
            _ if known => Ok(names),
            Some(why) => Err(why),
            None => Err("not observed".to_owned()),
        }
    }

    fn hosts(&mut self, declared: &[String]) -> Measured {
        let spoken = match self.names(&[Thing::Host, Thing::NameResolved]) {
            Ok(names) => names,
            Err(why) => return Measured::Unknown(why),
        };
        let known = |name: &&String| declared.iter().any(|host| same_host(host, name));
        let others: Vec<&String> = spoken.iter().filter(|name| !known(name)).collect();
        if others.is_empty() {
            // A connection to an address that no name led to.
            let tried = self.value("connections_tried", "").and_then(Result::ok).map_or(0, whole);
            if declared.is_empty() && tried > 0 {
                self.flag("connections_tried", None);
                return Measured::Contradicts(tried, format!("{tried} connections tried"));
            }
            let words = if spoken.is_empty() { "no host".to_owned() } else { join(spoken.iter()) };
            return Measured::Agrees(words);
        }
        let words = join(others.iter().copied());
        let count = others.len() as u64;
        self.flag("hosts", None);
        self.flag("names_resolved", None);
        Measured::Contradicts(count, words)
    }

    fn offline(&mut self, declared: bool) -> Measured {
        match self.value("works_offline", "") {
            Some(Ok(share)) if share < 1.0 && declared => {
                self.flag("works_offline", None);
                Measured::Contradicts(1, "it ends otherwise when no host can be reached".to_owned())
            }
            Some(Ok(share)) => {
                let words = if share < 1.0 { "it ends otherwise" } else { "it ends the same way" };
                Measured::Agrees(format!("{words} when no host can be reached"))
            }
            Some(Err(why)) => Measured::Unknown(why),
            None => Measured::Unknown("not observed".to_owned()),
        }
    }

    fn returned(&self, declared: &[String]) -> Measured {
        let classes = self.answers.classes();
        if classes.is_empty() {
            return Measured::Unknown("no answer".to_owned());
        }
        let known = |word: &str| declared.iter().any(|class| class == word);
        let words: Vec<String> = classes.keys().map(|class| class.word().to_owned()).collect();
        let others: Vec<&String> = words.iter().filter(|word| !known(word)).collect();
        if others.is_empty() {
            return Measured::Agrees(join(words.iter()));
        }
        Measured::Contradicts(others.len() as u64, join(others.iter().copied()))
    }

    fn extra(&mut self, declared: &[String]) -> Measured {
        // Where no field came back beyond the answer there is no observation of one.
        let names = self.names(&[Thing::ExtraField]).unwrap_or_default();
        let others: Vec<&String> = names.iter().filter(|name| !declared.contains(name)).collect();
        if others.is_empty() {
            let words = if names.is_empty() { "none".to_owned() } else { join(names.iter()) };
            return Measured::Agrees(words);
        }
        self.flag("extra_fields", None);
        Measured::Contradicts(others.len() as u64, join(others.iter().copied()))
    }
}

/// How many names a cell has room for.
const NAMED: usize = 8;

fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    let left = names.len().saturating_sub(NAMED);
    let shown = names.get(..names.len() - left).unwrap_or_default().join(", ");
    if left == 0 { shown } else { format!("{shown}, and {left} more") }
}

/// Whether `name`, perhaps with a port or as the address of a service, is the host `declared` or one below it where that begins with `*.`.
fn same_host(declared: &str, name: &str) -> bool {
    let clean = |host: &str| {
        let host = host.trim();
        let host = host.split_once("://").map_or(host, |(_, rest)| rest).split('/').next().unwrap_or_default();
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match host.rsplit_once(':') {
            Some((before, port)) if !before.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => {
                before.to_owned()
            }
            _ => host,
        }
    };
    let (declared, name) = (clean(declared), clean(name));
    declared.strip_prefix("*.").map_or(declared == name, |parent| {
        name.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of things, at least 0")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

/// `48 kB`: a thousand bytes are a kilobyte.
fn size(bytes: f64) -> String {
    match bytes {
        small if small < 1e3 => format!("{small:.0} bytes"),
        middle if middle < 1e6 => format!("{:.0} kB", middle / 1e3),
        large => format!("{:.1} MB", large / 1e6),
    }
}

#[cfg(test)]
#[path = "tests/declared.rs"]
mod tests;
