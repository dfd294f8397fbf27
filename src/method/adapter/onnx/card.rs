//! The table `[onnx]` of a method card: the model file, how a picture becomes its input, how its output becomes an
//! answer.

use serde::Serialize;

use super::detector::DetectorCard;
use crate::digest::Digest;
use crate::keys::Keys;
use crate::method::adapter::named::stated_digest;
use crate::method::head::{Head, HeadError, OrdinalRule};
use crate::photo::{Border, Channels, Filter, Fit, Layout, Recipe, RecipeFields};

/// The table `[onnx]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OnnxCard {
    /// The model file, relative to the card, or absolute. Its content, not its name, enters the method digest.
    #[serde(skip)]
    pub file: String,
    /// What the file's SHA-256 must be; checked when given.
    #[serde(skip)]
    pub sha256: Option<Digest>,
    /// How a picture becomes the input.
    #[serde(rename = "input")]
    pub recipe: Recipe,
    /// The name of the output to read; the model's first one when not given.
    pub output: Option<String>,
    /// How the output becomes an answer.
    pub head: HeadCard,
    /// The detector that finds the face; without one, the face is where the dataset says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detector: Option<Box<DetectorCard>>,
}

/// A head as the card states it. Where a card gives only the first age, the model's output says how many there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadCard {
    word: &'static str,
    scale: f64,
    offset: f64,
    ages: Option<Vec<f64>>,
    first_age: f64,
    edges: Vec<f64>,
    logits: bool,
    rule: &'static str,
}

impl OnnxCard {
    /// Reads the table, noting all that is wrong with it.
    pub(crate) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let Network { file, sha256, recipe } = Network::read(keys, Part::Model);
        let output = keys.require_table("output", "head").map(|mut output| {
            let name = output.take::<String>("name", "the name of an output of the model");
            let head = HeadCard::read(&mut output);
            keys.absorb(output);
            (name, head)
        });
        let detector = keys.table("detector").map(|mut table| {
            let card = DetectorCard::read(&mut table);
            keys.absorb(table);
            card
        });
        let (output, head) = output?;
        // A detector with a mistake in it is no card without a detector.
        let detector = match detector {
            Some(card) => Some(Box::new(card?)),
            None => None,
        };
        Some(Self { file: file?, sha256, recipe: recipe?, output, head: head?, detector })
    }
}

/// What the card says of a network whatever it is for: its file, and how a picture becomes its input.
pub(super) struct Network {
    pub(super) file: Option<String>,
    pub(super) sha256: Option<Digest>,
    pub(super) recipe: Option<Recipe>,
}

impl Network {
    /// Reads the keys `file` and `sha256` and the table `input` of a network.
    pub(super) fn read(keys: &mut Keys<'_>, part: Part) -> Self {
        let file = keys.require::<String>("file", "the name of an onnx file beside the card");
        let sha256 = stated_digest(keys);
        let recipe = keys.require_table("input", "size, layout, channels and resize").and_then(|mut input| {
            let recipe = read_recipe(&mut input, part);
            keys.absorb(input);
            recipe
        });
        Self { file, sha256, recipe }
    }
}

/// Whose input a recipe describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The model's: the face.
    Model,
    /// The detector's: the whole picture, so that there is no margin and nothing beyond an edge.
    Detector,
}

/// The table `input` of a network.
fn read_recipe(keys: &mut Keys<'_>, part: Part) -> Option<Recipe> {
    let size = keys.require::<[u32; 2]>("size", "[width, height] in pixels");
    let layout = keys.require_word("layout", &words(Layout::ALL, Layout::word));
    let channels = keys.require_word("channels", &words(Channels::ALL, Channels::word));
    let filter = keys.require_word("resize", &words(Filter::ALL, Filter::word));
    let fit = keys.word("fit", &words(Fit::ALL, Fit::word)).unwrap_or(Fit::Stretch);
    for key in ["margin", "border"] {
        if part == Part::Detector && keys.has(key) {
            let help = format!("say it in [onnx.input]: {key} is about the face that the model is given");
            keys.wrong(key, keys.row_of_key(key), "a detector is given the whole picture", Some(help));
        }
    }
    let margin = keys.take("margin", "a share of the face box's longer side").unwrap_or(0.0);
    let border = keys.word("border", &words(Border::ALL, Border::word)).unwrap_or(Border::Replicate);
    let divide = keys.take("divide", "a number").unwrap_or(1.0);
    let mean = keys.take("mean", "a list of numbers").unwrap_or_default();
    let std = keys.take("std", "a list of numbers").unwrap_or_default();
    // What is missing was noted above; the rest is checked all the same, so that one pass finds everything.
    let [width, height] = size.unwrap_or([1, 1]);
    let fields = RecipeFields {
        size: (width, height),
        layout: layout.unwrap_or(Layout::Nchw),
        channels: channels.unwrap_or(Channels::Rgb),
        filter: filter.unwrap_or(Filter::BilinearAntialias),
        fit,
        margin,
        border,
        divide,
        mean: if channels.is_some() { mean } else { Vec::new() },
        std: if channels.is_some() { std } else { Vec::new() },
    };
    for error in fields.problems() {
        keys.wrong(error.key(), None, error.to_string(), None);
    }
    let recipe = Recipe::new(fields).ok();
    let complete = size.is_some() && layout.is_some() && channels.is_some() && filter.is_some();
    recipe.filter(|_| complete)
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|&value| (word(value), value)).collect()
}

impl HeadCard {
    /// How many bands it answers with, where the card says so.
    #[must_use]
    pub fn bands(&self) -> Option<usize> {
        (self.word == "bins").then(|| self.edges.len().saturating_sub(1)).filter(|bands| *bands > 0)
    }

    fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let words: Vec<(&'static str, &'static str)> = Head::WORDS.iter().map(|(word, _)| (*word, *word)).collect();
        let word = keys.require_word("head", &words);
        let rules = words_of_rules();
        let mut card = Self {
            word: word.unwrap_or("years"),
            scale: 1.0,
            offset: 0.0,
            ages: None,
            first_age: 0.0,
            edges: Vec::new(),
            logits: true,
            rule: OrdinalRule::Sum.word(),
        };
        let allowed = keys_of(word?);
        for key in ["scale", "offset", "ages", "first_age", "edges", "logits", "rule"] {
            if keys.has(key) && !allowed.contains(&key) {
                let help = format!("head `{}` reads {}", card.word, listed_or_nothing(allowed));
                keys.wrong(key, keys.row_of_key(key), format!("head `{}` has no such key", card.word), Some(help));
            }
        }
        card.scale = keys.take("scale", "years per unit").unwrap_or(1.0);
        card.offset = keys.take("offset", "years at 0").unwrap_or(0.0);
        card.ages = keys.take("ages", "a list of ages in years");
        card.first_age = keys.take("first_age", "an age in years").unwrap_or(0.0);
        card.edges = keys.take("edges", "a list of ages in years").unwrap_or_default();
        card.logits = keys.take("logits", "`true` or `false`").unwrap_or(true);
        card.rule = keys.word("rule", &rules).unwrap_or(OrdinalRule::Sum.word());
        if card.word == "bins" && card.edges.is_empty() {
            keys.wrong(
                "edges",
                None,
                "the key is missing: expected the edges of the bins in years, one more than bins",
                None,
            );
        }
        Some(card)
    }

    /// The head for a model whose output for one sample has `shape` (the batch left out).
    ///
    /// # Errors
    /// [`HeadError`] when the card states what cannot be, or another number of ages than the output has.
    pub fn head(&self, shape: &[usize]) -> Result<Head, HeadError> {
        let length = shape.iter().product();
        let ages = || match &self.ages {
            Some(ages) => ages.clone(),
            None => (0..length).map(|year| self.first_age + year as f64).collect(),
        };
        let head = match self.word {
            "scaled_years" => Head::ScaledYears { scale: self.scale, offset: self.offset },
            "expectation" => Head::Expectation { ages: ages(), logits: self.logits },
            "median" => Head::Median { ages: ages(), logits: self.logits },
            "argmax" => Head::Argmax { ages: ages() },
            "ordinal" => {
                // K x 2 has the pairs in its last axis; a flat output is K x 1.
                let steps = if matches!(shape, [.., _, 2]) { length / 2 } else { length };
                let rule = OrdinalRule::parse(self.rule).unwrap_or(OrdinalRule::Sum);
                Head::Ordinal { first_age: self.first_age, steps, logits: self.logits, rule }
            }
            "bins" => Head::Bins { edges: self.edges.clone() },
            _ => Head::Years,
        };
        head.check()?;
        head.fits(length)?;
        Ok(head)
    }
}

fn words_of_rules() -> Vec<(&'static str, &'static str)> {
    OrdinalRule::ALL.iter().map(|rule| (rule.word(), rule.word())).collect()
}

/// The keys that belong to each head, beside `head` and `name`.
fn keys_of(head: &str) -> &'static [&'static str] {
    match head {
        "scaled_years" => &["scale", "offset"],
        "expectation" | "median" => &["ages", "first_age", "logits"],
        "argmax" => &["ages", "first_age"],
        "ordinal" => &["first_age", "logits", "rule"],
        "bins" => &["edges"],
        _ => &[],
    }
}

fn listed_or_nothing(keys: &[&str]) -> String {
    if keys.is_empty() { "no key of its own".to_owned() } else { crate::finding::listed(keys) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodCard;
    use crate::method::adapter::AdapterCard;

    /// What a card says for each key of a head, and an output that every head reads with it.
    const STATED: [(&str, &str); 7] = [
        ("scale", "100.0"),
        ("offset", "0.0"),
        ("ages", "[20, 40]"),
        ("first_age", "20"),
        ("edges", "[0, 18, 120]"),
        ("logits", "true"),
        ("rule", "\"sum\""),
    ];

    #[test]
    fn every_head_that_a_card_can_name_is_the_one_that_reads_the_output_and_stands_in_the_documents() {
        let card = "name = 'x'\nkind = 'estimation'\nversion = '1'\n[onnx]\nfile = 'x.onnx'\n[onnx.input]\nsize = [8, 8]\n\
                    layout = 'nhwc'\nchannels = 'rgb'\nresize = 'nearest'\n[onnx.output]\nhead = ";
        let pages = [include_str!("../../../../docs/cards.md"), include_str!("../../../../docs/pictures.md")];
        for (word, _) in Head::WORDS {
            let keys: String = keys_of(word)
                .iter()
                .flat_map(|key| STATED.iter().filter(move |(stated, _)| stated == key))
                .fold(String::new(), |text, (key, value)| format!("{text}\n{key} = {value}"));
            let (read, findings) = MethodCard::read("method.toml", &format!("{card}\"{word}\"{keys}\n"));
            let Some(AdapterCard::Onnx(onnx)) = read.map(|card| card.adapter) else { panic!("{word}: {findings}") };
            let head = [1, 2].iter().find_map(|length| onnx.head.head(&[*length]).ok());
            assert_eq!(head.unwrap().word(), *word);
            for page in pages {
                assert!(page.contains(&format!("| `{word}` |")), "docs/cards.md and docs/pictures.md: `{word}`");
            }
        }
    }
}
