//! The table `[declared_footprint]` of a method card: what the maker says that the method takes, keeps and passes on, each
//! statement with its source and date. What can be held against a measurement is typed; the rest is text.

use serde::{Deserialize, Serialize};

use crate::finding::{did_you_mean, quoted};
use crate::keys::Keys;

/// How long what was given is kept, as a statement that a measurement can contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeps {
    /// Nothing is left once an answer was given.
    Nothing,
    /// Something may lie about between answers, and nothing is left when the method has ended.
    UntilExit,
    /// Something is left; `retention` says for how long.
    Something,
}

impl Keeps {
    /// Every value with its word.
    pub const WORDS: [(&'static str, Self); 3] =
        [("nothing", Self::Nothing), ("until_exit", Self::UntilExit), ("something", Self::Something)];

    /// The word in files and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, keeps)| *keeps == self).map_or("", |(word, _)| *word)
    }
}

/// One statement, and where and when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement<T> {
    /// What is said.
    pub says: T,
    /// Where it is said.
    pub source: String,
    /// When it was said or read, `YYYY-MM-DD`.
    pub date: String,
}

/// What the maker says; a statement that was not made is none. It enters the method digest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DeclaredFootprint {
    /// What is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps: Option<Statement<Keeps>>,
    /// The hosts that it speaks to; an empty list: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Statement<Vec<String>>>,
    /// Whether it answers without a network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub works_offline: Option<Statement<bool>>,
    /// The classes of its answers, as METRICS M13 names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<Statement<Vec<String>>>,
    /// The fields that come back beyond the answer; an empty list: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_fields: Option<Statement<Vec<String>>>,
    /// For how long data is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Statement<String>>,
    /// Where data is processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_of_processing: Option<Statement<String>>,
    /// Who else processes it; an empty list: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_processors: Option<Statement<Vec<String>>>,
    /// The basis in law on which it is processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lawful_basis: Option<Statement<String>>,
    /// What else it is used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_use: Option<Statement<String>>,
}

/// Answer classes as a card may name them.
const CLASSES: [&str; 5] = ["decision", "band", "age", "age_and_spread", "score"];

/// A statement as a card has it: alone, or with a source and date of its own.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said<T> {
    Sourced(Sourced<T>),
    Plain(T),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sourced<T> {
    says: T,
    source: Option<String>,
    date: Option<String>,
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Several {
    One(String),
    Many(Vec<String>),
}

impl Several {
    /// The texts; `none` is an empty list.
    fn list(self) -> Vec<String> {
        match self {
            Self::One(text) if text == "none" => Vec::new(),
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// Source and date that stand for every statement without its own.
struct Common {
    source: Option<String>,
    date: Option<String>,
}

impl DeclaredFootprint {
    /// Reads the table of a card, noting all that is wrong with it.
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let source: Option<String> = keys.take("source", "a text");
        let row = keys.row_of_key("date");
        let date: Option<String> = keys.take("date", "a date in quotes: \"2026-11-30\"");
        let common = Common { source, date: date.filter(|date| is_date(keys, "date", row, date)) };
        let row = keys.row_of_key("keeps");
        let keeps = statement::<String>(keys, "keeps", "one of nothing, until_exit, something", &common);
        let keeps = keeps.and_then(|Statement { says, source, date }| {
            let found = Keeps::WORDS.iter().find(|(word, _)| *word == says).map(|(_, keeps)| *keeps);
            if found.is_none() {
                let text = format!("{} is not one of nothing, until_exit, something", quoted(&says));
                keys.wrong("keeps", row, text, did_you_mean(&says, Keeps::WORDS.map(|(word, _)| word)));
            }
            Some(Statement { says: found?, source, date })
        });
        let list = |keys: &mut Keys<'_>, key, what: &str| {
            let found = statement::<Several>(keys, key, &format!("\"none\" or a list of {what}"), &common)?;
            Some(Statement { says: found.says.list(), source: found.source, date: found.date })
        };
        let hosts = list(keys, "hosts", "host names");
        let row = keys.row_of_key("returns");
        let returns = list(keys, "returns", "answer classes");
        for class in returns.iter().flat_map(|returns| &returns.says) {
            if !CLASSES.contains(&class.as_str()) {
                let text = format!("{} is not one of {}", quoted(class), CLASSES.join(", "));
                keys.wrong("returns", row, text, did_you_mean(class, CLASSES));
            }
        }
        let extra_fields = list(keys, "extra_fields", "names of fields");
        let sub_processors = list(keys, "sub_processors", "names");
        Self {
            keeps,
            hosts,
            works_offline: statement(keys, "works_offline", "true or false", &common),
            returns,
            extra_fields,
            retention: statement(keys, "retention", "a text", &common),
            place_of_processing: statement(keys, "place_of_processing", "a text", &common),
            sub_processors,
            lawful_basis: statement(keys, "lawful_basis", "a text", &common),
            secondary_use: statement(keys, "secondary_use", "a text", &common),
        }
    }
}

/// The statement `key`, with its own source and date or the common ones; none without them, with a finding.
fn statement<T: serde::de::DeserializeOwned>(
    keys: &mut Keys<'_>,
    key: &'static str,
    what: &str,
    common: &Common,
) -> Option<Statement<T>> {
    let row = keys.row_of_key(key);
    let expected = format!("{what}, alone or as {{ says = ..., source = \"...\", date = \"...\" }}");
    let sourced = match keys.take::<Said<T>>(key, &expected)? {
        Said::Plain(says) => Sourced { says, source: None, date: None },
        Said::Sourced(sourced) => sourced,
    };
    let own = sourced.date.filter(|date| is_date(keys, key, row, date));
    let source = sourced.source.or_else(|| common.source.clone()).filter(|source| !source.trim().is_empty());
    let (Some(source), Some(date)) = (source, own.or_else(|| common.date.clone())) else {
        let help = "add `source = \"...\"` and `date = \"2026-11-30\"` to [declared_footprint], or to the statement";
        keys.wrong(key, row, "a statement needs its source and date", Some(help.to_owned()));
        return None;
    };
    Some(Statement { says: sourced.says, source, date })
}

/// Whether `date` is one, with a finding about `key` where it is none.
fn is_date(keys: &mut Keys<'_>, key: &str, row: Option<u64>, date: &str) -> bool {
    let known = crate::dataset::is_date(date);
    if !known {
        keys.wrong(key, row, format!("{} is not a date: expected one like 2026-11-30", quoted(date)), None);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::method::MethodCard;

    const CARD: &str = "name = 'x'\nkind = 'declaration'\nversion = '1'\nlicence = 'none'\nintended_use = 'a test'\n\
                        [declared]\nages = 'from_limit'\ntable = [[-120, 0.1]]\n";

    fn read(table: &str) -> Result<DeclaredFootprint, Vec<String>> {
        let text = format!("{CARD}[declared_footprint]\n{table}");
        let (card, findings) = MethodCard::read("method.toml", &text);
        let told = |finding: &crate::finding::Finding| format!("{finding} ({:?})", finding.help);
        card.map(|card| card.declared_footprint.unwrap()).ok_or(findings.kept().iter().map(told).collect())
    }

    #[test]
    fn a_statement_has_the_common_source_and_date_or_its_own() {
        let found = read(
            "source = 'privacy notice 4'\ndate = '2026-05-01'\nkeeps = 'nothing'\nhosts = 'none'\nworks_offline = true\n\
             returns = ['age']\nextra_fields = 'none'\nsub_processors = ['A Ltd', 'B Ltd']\n\
             retention = { says = '24 hours', source = 'a letter', date = '2026-06-02' }\n\
             place_of_processing = { says = 'Dublin', date = '2026-06-03' }\n",
        )
        .unwrap();
        let source = "privacy notice 4".to_owned();
        let keeps = Statement { says: Keeps::Nothing, source: source.clone(), date: "2026-05-01".to_owned() };
        assert_eq!(found.keeps, Some(keeps));
        assert_eq!(found.hosts.unwrap().says, [""; 0]);
        assert_eq!(found.sub_processors.unwrap().says, ["A Ltd", "B Ltd"]);
        let retention = found.retention.unwrap();
        assert_eq!((&*retention.says, &*retention.source, &*retention.date), ("24 hours", "a letter", "2026-06-02"));
        let place = found.place_of_processing.unwrap();
        assert_eq!((place.source, &*place.date), (source, "2026-06-03"));
        assert_eq!((found.lawful_basis, found.works_offline.unwrap().says), (None, true));
    }

    #[test]
    fn every_mistake_of_the_table_is_found_in_one_pass_with_a_remedy() {
        let found = read(
            "date = '1 May'\nkeeps = 'nothin'\nhosts = 3\nreturns = ['ages']\nretention = { sayz = 'x' }\nretains = 'x'\n\
             lawful_basis = { says = 'consent', source = 's' }\nsecondary_use = { says = 'x', source = 's', date = '2026-13-01' }",
        )
        .unwrap_err();
        for expected in [
            "`1 May` is not a date",
            "`keeps`: a statement needs its source and date (Some(\"add `source",
            "`declared_footprint.hosts`: `3` is not \"none\" or a list of host names, alone or as {",
            "`retention`: this table is not a text",
            "`declared_footprint.retains`: the key is unknown",
            "lawful_basis`: a statement needs its source and date",
            "`2026-13-01` is not a date",
        ] {
            let expected = expected.trim_start_matches("`keeps`: ").trim_start_matches("`retention`: ");
            assert!(found.iter().any(|line| line.contains(expected)), "{expected} in {found:#?}");
        }
        let found = read("source = 's'\ndate = '2026-05-01'\nkeeps = 'nothin'\nreturns = ['ages']\n").unwrap_err();
        assert!(found.iter().any(|line| line.contains("did you mean `nothing`")), "{found:#?}");
        assert!(found.iter().any(|line| line.contains("did you mean `age`")), "{found:#?}");
    }

    #[test]
    fn what_is_declared_enters_the_digest_and_a_card_without_it_has_the_digest_it_had() {
        let digest = |text: &str| {
            let card = MethodCard::read("method.toml", text).0.unwrap();
            (Digest::of_parsed("method", &card, &[]).unwrap(), serde_json::to_string(&card).unwrap())
        };
        let (plain, json) = digest(CARD);
        assert!(!json.contains("footprint"), "{json}");
        let with = |keeps: &str| {
            digest(&format!("{CARD}[declared_footprint]\nsource = 's'\ndate = '2026-05-01'\nkeeps = '{keeps}'\n")).0
        };
        assert!(plain != with("nothing") && with("nothing") != with("something"));
    }
}
