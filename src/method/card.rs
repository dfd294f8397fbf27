//! The method card, `method.toml`: what a method is and how it is reached. The table of each adapter is read by the
//! adapter itself.

use serde::Serialize;

use crate::age::AgeLimit;
use crate::finding::{Finding, Findings};
use crate::keys::Keys;
use crate::method::adapter::AdapterCard;
use crate::method::declared_footprint::DeclaredFootprint;

/// The name of a method's card in its folder.
pub const CARD_FILE: &str = "method.toml";

/// The four ways to assure an age (the terms of ISO/IEC 27566).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// From what a person looks, sounds or moves like.
    Estimation,
    /// From a trusted record of the birth date.
    Verification,
    /// From other facts about the person.
    Inference,
    /// From what the person says.
    Declaration,
}

impl Kind {
    /// Every kind with its word.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("estimation", Self::Estimation),
        ("verification", Self::Verification),
        ("inference", Self::Inference),
        ("declaration", Self::Declaration),
    ];

    /// The word in files and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| *word)
    }
}

/// What a method says of itself. Serialised, with every default filled in, it enters the method digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodCard {
    /// 1 to 200 characters, the name in every row.
    pub name: String,
    /// How it assures an age.
    pub kind: Kind,
    /// The maker's version.
    pub version: String,
    /// Terms of use, empty when not stated.
    pub licence: String,
    /// What the maker says it is for, empty when not stated.
    pub intended_use: String,
    /// Ages the maker claims to tell, `[from, to]` in years.
    pub claimed_ages: [f64; 2],
    /// The challenge ages that the maker claims, each with its limit, years; empty when not stated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claimed_challenge_ages: Vec<(u32, f64)>,
    /// What the maker says that the method takes, keeps and passes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_footprint: Option<DeclaredFootprint>,
    /// How the method is reached.
    #[serde(flatten)]
    pub adapter: AdapterCard,
}

impl MethodCard {
    /// What is assumed of a card that does not state `claimed_ages`.
    pub const ANY_AGES: [f64; 2] = [0.0, 100.0];

    /// The challenge age that the maker claims at `limit`.
    #[must_use]
    pub fn claimed_challenge_age(&self, limit: AgeLimit) -> Option<f64> {
        self.claimed_challenge_ages.iter().find(|(years, _)| *years == limit.years()).map(|(_, age)| *age)
    }

    /// Reads the card in `text`, the content of the file that users know as `file`, and finds everything that is wrong
    /// with it in one pass. No other file is read. The card is `None` exactly when a finding is an error.
    #[must_use]
    pub fn read(file: &str, text: &str) -> (Option<Self>, Findings) {
        let mut keys = match Keys::parse(file, text) {
            Ok(keys) => keys,
            Err(finding) => return (None, finding.into()),
        };
        let card = read(&mut keys, file);
        let findings = keys.finish();
        (card.filter(|_| findings.errors() == 0), findings)
    }
}

fn read(keys: &mut Keys<'_>, file: &str) -> Option<MethodCard> {
    keys.schema();
    let name = keys.require::<String>("name", "a text");
    if name
        .as_ref()
        .is_some_and(|name| !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control))
    {
        keys.wrong("name", None, "expected 1 to 200 characters without control characters", None);
    }
    let kind = keys.require_word("kind", &Kind::WORDS);
    let version = keys.require::<String>("version", "a text");
    let [licence, intended_use] = ["licence", "intended_use"].map(|key| {
        let value: String = keys.take(key, "a text").unwrap_or_default();
        if value.is_empty() {
            let help = format!("add `{key} = \"...\"`: a published result needs it");
            keys.note(Finding::warning(file, "not stated").column(key).help(help));
        }
        value
    });
    if !keys.has("claimed_ages") {
        let help = "add `claimed_ages = [FROM, TO]`: a published result needs it; 0 to 100 is assumed";
        keys.note(Finding::warning(file, "not stated").column("claimed_ages").help(help));
    }
    let claimed_ages =
        keys.take::<[f64; 2]>("claimed_ages", "two ages, the lower first").unwrap_or(MethodCard::ANY_AGES);
    let [low, high] = claimed_ages;
    if !(0.0 <= low && low < high && high <= 120.0) {
        keys.wrong("claimed_ages", None, "expected two ages from 0 to 120, the lower first", None);
    }
    let row = keys.row_of_key("claimed_challenge_ages");
    let expected = "a list of pairs: [limit, challenge age], years";
    let claimed_challenge_ages: Vec<(u32, f64)> = keys.take("claimed_challenge_ages", expected).unwrap_or_default();
    for (limit, age) in &claimed_challenge_ages {
        let known = AgeLimit::new(i64::from(*limit)).is_ok() && (f64::from(*limit)..=120.0).contains(age);
        if !known {
            let text = format!("[{limit}, {age}] is no limit with a challenge age at or above it");
            keys.wrong("claimed_challenge_ages", row, text, None);
        }
    }
    let declared_footprint = keys.table("declared_footprint").map(|mut table| {
        let declared = DeclaredFootprint::read(&mut table);
        keys.absorb(table);
        declared
    });
    let adapter = AdapterCard::read(keys, file);
    Some(MethodCard {
        name: name?,
        kind: kind?,
        version: version?,
        licence,
        intended_use,
        claimed_ages,
        claimed_challenge_ages,
        declared_footprint,
        adapter: adapter?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = r#"
name = "x"
kind = "estimation"
version = "1"
licence = "none"
intended_use = "a test"
claimed_ages = [10, 90]
[onnx]
file = "x.onnx"
[onnx.input]
size = [64, 48]
layout = "nhwc"
channels = "bgr"
resize = "bilinear_antialias"
[onnx.output]
head = "years"
"#;

    #[test]
    fn a_card_with_the_required_keys_is_read_with_the_stated_defaults() {
        let (card, findings) = MethodCard::read("method.toml", CARD);
        assert!(findings.is_empty(), "{findings}");
        let AdapterCard::Onnx(onnx) = card.unwrap().adapter else { panic!() };
        let fields = onnx.recipe.fields();
        assert_eq!((fields.size, fields.margin, fields.divide), ((64, 48), 0.0, 1.0));
        assert_eq!((&fields.mean[..], &fields.std[..]), (&[0.0; 3][..], &[1.0; 3][..]));
        assert_eq!(onnx.output, None);
    }

    #[test]
    fn every_mistake_of_a_card_is_found_in_one_pass_with_a_remedy() {
        let text = CARD
            .replace("kind = \"estimation\"", "kind = \"estimator\"")
            .replace("licence", "license")
            .replace("layout = \"nhwc\"", "layout = \"nhcw\"")
            .replace("resize", "resise")
            .replace("head = \"years\"", "head = \"yers\"");
        let (card, findings) = MethodCard::read("method.toml", &text);
        assert!(card.is_none());
        let text: Vec<String> = findings
            .kept()
            .iter()
            .map(|finding| format!("{finding} ({})", finding.help.as_deref().unwrap_or_default()))
            .collect();
        for expected in [
            "`estimator` is not",
            "did you mean `licence`",
            "did you mean `nhwc`",
            "did you mean `resize`",
            "did you mean `years`",
        ] {
            assert!(text.iter().any(|line| line.contains(expected)), "{expected} in {text:#?}");
        }
    }

    #[test]
    fn a_card_without_an_adapter_is_told_which_there_are() {
        let (card, findings) = MethodCard::read("m", "name = 'a'\nkind = 'estimation'\nversion = '1'\n");
        assert!(card.is_none());
        assert!(
            findings.kept().iter().any(|finding| finding.help.as_deref().is_some_and(|help| help.contains("[onnx]")))
        );
    }
}
