//! The table `[waterfall]` of a method card: methods in order, and what sends a person on to the next.

use serde::Serialize;

use super::rules::{Otherwise, Rules};
use crate::finding::counted;
use crate::keys::Keys;

/// The most stages of a waterfall.
const MOST_STAGES: usize = 16;

/// The table `[waterfall]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaterfallCard {
    /// The stages, in the order in which people come to them.
    pub stages: Vec<StageCard>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageCard {
    /// A method.toml or its folder, relative to the card, or a bundled method's name. Its digest, not its name, enters
    /// the digest of the waterfall. Empty where only rates are known.
    #[serde(skip)]
    pub method: String,
    /// What only is known of a stage that was measured on other people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marginal: Option<Marginal>,
    /// What ends here, and what goes on.
    #[serde(flatten)]
    pub rules: Rules,
}

/// The rates of a stage as measured elsewhere: events and subjects on either side of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Marginal {
    /// People below the limit who passed, of how many.
    pub under_age_passes: [u64; 2],
    /// People at or above the limit who were denied, of how many.
    pub adult_denials: [u64; 2],
}

impl WaterfallCard {
    /// Reads the table, noting all that is wrong with it.
    pub(crate) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let needs = "`[[waterfall.stages]]`, each with `method`";
        let tables = keys.require_tables("stages", needs)?;
        let count = tables.len();
        if !(2..=MOST_STAGES).contains(&count) {
            let text = format!("{}: expected 2 to {MOST_STAGES}", counted(count as u64, "stage"));
            keys.wrong("stages", None, text, None);
        }
        let mut stages = Vec::new();
        for (place, mut table) in tables.into_iter().enumerate() {
            let stage = StageCard::read(&mut table, place + 1 == count);
            keys.absorb(table);
            stages.push(stage);
        }
        Some(Self { stages: stages.into_iter().collect::<Option<_>>()? })
    }
}

impl StageCard {
    fn read(keys: &mut Keys<'_>, is_last: bool) -> Option<Self> {
        let marginal = keys.table("marginal").map(|mut table| {
            let marginal = Marginal::read(&mut table);
            keys.absorb(table);
            marginal
        });
        if marginal.is_some() {
            for key in ["method", "buffer", "scores", "denied", "abstained", "not_answered"] {
                if keys.has(key) {
                    let row = keys.row_of_key(key);
                    keys.wrong(key, row, "a stage of which only rates are known has no such key", None);
                }
            }
            if !is_last {
                let help = "put it last: nobody can be followed through rates that were measured on other people";
                keys.wrong("marginal", None, "only the last stage may be known by its rates", Some(help.to_owned()));
            }
        }
        let expected = "a method.toml, its folder, or a bundled method's name";
        let method: Option<String> = if marginal.is_some() {
            keys.take::<String>("method", expected);
            Some(String::new())
        } else {
            keys.require("method", expected)
        };
        let buffer = ends(keys, "buffer", "[years from the limit, years from the limit], the lower first");
        let scores = ends(keys, "scores", "[score, score], the lower first");
        let [denied, abstained, not_answered] =
            ["denied", "abstained", "not_answered"].map(|key| keys.word(key, &Otherwise::WORDS));
        let rules = Rules {
            buffer: buffer.unwrap_or([0.0, 0.0]),
            scores,
            denied: denied.unwrap_or(Otherwise::Deny),
            abstained: abstained.unwrap_or(Otherwise::Next),
            not_answered: not_answered.unwrap_or(Otherwise::Next),
        };
        let marginal = match marginal {
            Some(marginal) => Some(marginal?),
            None => None,
        };
        Some(Self { method: method?, marginal, rules })
    }
}

/// Two numbers, the lower first.
fn ends(keys: &mut Keys<'_>, key: &'static str, expected: &str) -> Option<[f64; 2]> {
    let row = keys.row_of_key(key);
    let [low, high]: [f64; 2] = keys.take(key, expected)?;
    if low.is_finite() && high.is_finite() && low <= high {
        return Some([low, high]);
    }
    keys.wrong(key, row, format!("[{low}, {high}] is not {expected}"), None);
    None
}

impl Marginal {
    fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let mut share = |key: &'static str| {
            let row = keys.row_of_key(key);
            let [events, people]: [u64; 2] = keys.require(key, "[people with the event, people]")?;
            if people == 0 || events > people {
                keys.wrong(key, row, format!("{events} of {people} people is no share"), None);
                return None;
            }
            Some([events, people])
        };
        let (under_age_passes, adult_denials) = (share("under_age_passes"), share("adult_denials"));
        Some(Self { under_age_passes: under_age_passes?, adult_denials: adult_denials? })
    }
}
