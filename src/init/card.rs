//! The text of a method card that is drafted from a network: every key with its value, and above each guess its reason.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::finder::{Found, Progress, Said, Search, search};
use super::heads::{HeadGuess, heads_of};
use super::network::{InputGuess, Tried, USUAL_SIDE, try_once};
use super::scaling::SCALINGS;
use super::{InitError, Row};
use crate::dataset::Dataset;
use crate::digest::Digest;
use crate::engine::{Declared, Engine, TensorInfo};
use crate::photo::{Channels, Decoder, Filter, Layout, RecipeFields};

/// What to draft a card from.
pub struct MethodDraft<'r> {
    /// The method's name.
    pub name: &'r str,
    /// The model file as the card is to name it.
    pub file: &'r str,
    /// Its bytes.
    pub onnx: &'r [u8],
    /// What reads it and tries it once: with a time limit, for a network may have no end.
    pub trial: &'r dyn Engine,
    /// What runs it on samples.
    pub engine: &'r dyn Engine,
    /// What reads pictures.
    pub decoder: Decoder,
    /// Width and height, where the file leaves them open and the user knows them.
    pub size: Option<(u32, u32)>,
    /// Labelled samples to try preparations on, and how many of them at most.
    pub samples: Option<(&'r Dataset, usize)>,
    /// Threads.
    pub jobs: NonZeroUsize,
    /// Set when the work is to end.
    pub stop: &'r AtomicBool,
    /// Told how far the search is.
    pub progress: &'r (dyn Fn(Progress) + Sync),
}

/// A drafted card.
#[derive(Debug)]
pub struct Drafted {
    /// The card.
    pub text: String,
    /// What the search found, where there were samples.
    pub found: Option<Found>,
    /// The heads, by their places in the rows of the search.
    pub heads: Vec<HeadGuess>,
    /// How many guesses the card holds.
    pub guesses: usize,
}

/// Drafts a card from what a network declares, and, with samples, from how its answers follow their labels.
///
/// # Errors
/// [`InitError`]: the network takes no picture, cannot be run, or gives nothing that can be an age; too few samples.
pub fn from_network(draft: &MethodDraft<'_>) -> Result<Drafted, InitError> {
    let declared = draft.trial.declared(draft.onnx).map_err(InitError::of_engine)?;
    let input = InputGuess::of(&declared)?;
    let tried = try_once(draft.onnx, &declared, &input, draft.size, draft.trial)?;
    let (heads, passed) = heads_of(&tried);
    if heads.is_empty() {
        return Err(InitError::NoHead { found: passed.join("; ") });
    }
    let found = draft.samples.map(|(dataset, most)| {
        search(&Search {
            onnx: draft.onnx,
            engine: draft.engine,
            decoder: draft.decoder,
            input: &input,
            size: draft.size,
            heads: &heads,
            dataset,
            most,
            jobs: draft.jobs,
            stop: draft.stop,
            progress: draft.progress,
        })
    });
    let found = found.transpose()?;
    let mut writer = Writer { text: String::new(), guesses: 0 };
    writer.head(draft, &declared);
    match found.as_ref().and_then(|found| Some((found, found.rows.first()?))) {
        Some((found, best)) => writer.input_found(draft, &input, found, best),
        None => writer.input_guessed(draft, &input, &tried),
    }
    writer.output(&heads, &passed, found.as_ref());
    Ok(Drafted { text: writer.text, found, heads, guesses: writer.guesses })
}

struct Writer {
    text: String,
    guesses: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A comment, wrapped.
    fn comment(&mut self, text: &str) {
        let mut line = String::from("#");
        for word in text.split_whitespace() {
            if line.len() + word.len() > 118 && line.len() > 1 {
                self.line(&line);
                "#".clone_into(&mut line);
            }
            let _ = write!(line, " {word}");
        }
        self.line(&line);
    }

    fn guess(&mut self, reason: &str) {
        self.guesses += 1;
        self.comment(&format!("guess: {reason}"));
    }

    fn head(&mut self, draft: &MethodDraft<'_>, declared: &Declared) {
        let list = |infos: &[TensorInfo]| infos.iter().map(TensorInfo::to_string).collect::<Vec<_>>().join(", ");
        let (inputs, outputs) = (list(&declared.inputs), list(&declared.outputs));
        self.comment(&format!(
            "Drafted by `agebench init method` from the network's own words: input {inputs}; output {outputs}."
        ));
        self.comment(
            "A line that begins with `guess:` says why the key below it is one: hold it against the code that the network was trained with. docs/cards.md says what every key means.",
        );
        self.line(&format!("name = {}", quoted(draft.name)));
        self.line("kind = \"estimation\"");
        self.line("version = \"1\"");
        self.comment("`publish` asks for these two.");
        self.line("licence = \"\"");
        self.line("intended_use = \"\"");
        self.comment("The ages that the maker claims to tell.");
        self.line("claimed_ages = [0, 100]");
        self.line("");
        self.line("[onnx]");
        self.line(&format!("file = {}", quoted(draft.file)));
        self.line(&format!("sha256 = \"{}\"", Digest::of(draft.onnx)));
        self.line("");
        self.line("[onnx.input]");
    }

    fn size_and_layout(&mut self, input: &InputGuess, fields: &RecipeFields) {
        let declared = &input.declared;
        if input.size.is_some() {
            self.comment(&format!("Width and height, as the input {declared} says."));
        }
        let (width, height) = fields.size;
        self.line(&format!("size = [{width}, {height}]"));
        if input.layouts.len() == 1 {
            self.comment(&format!("As the input says: {}.", input.layout_reason));
        }
        self.line(&format!("layout = \"{}\"", fields.layout));
    }

    fn scale(&mut self, fields: &RecipeFields) {
        if fields.divide != 1.0 {
            self.line(&format!("divide = {:?}", fields.divide));
        }
        for (key, numbers) in [("mean", &fields.mean), ("std", &fields.std)] {
            if !numbers.is_empty() {
                let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
                self.line(&format!("{key} = [{}]", numbers.join(", ")));
            }
        }
    }

    /// The input as it may be, with nothing to go by but the shape.
    fn input_guessed(&mut self, draft: &MethodDraft<'_>, input: &InputGuess, tried: &Tried) {
        let channels = if input.channels == 1 { Channels::Gray } else { Channels::Rgb };
        let mut fields = RecipeFields::new(tried.size, tried.layout, channels, Filter::BilinearAntialias);
        if input.size.is_none() && draft.size.is_none() {
            self.guess(&format!(
                "the input leaves width and height open; {USUAL_SIDE} is the most usual side, and {} x {} was taken",
                tried.size.0, tried.size.1
            ));
        }
        if input.layouts.len() > 1 {
            self.guess(&format!("{}; this one was taken when it was tried", input.layout_reason));
        }
        self.size_and_layout(input, &fields);
        if channels == Channels::Gray {
            self.comment("One channel.");
        } else {
            self.guess(
                "the order of colours stands in no file; most networks are trained on rgb, those that read pictures with OpenCV on bgr",
            );
        }
        self.line(&format!("channels = \"{channels}\""));
        self.guess(
            "the filter stands in no file; Pillow's and torchvision's is bilinear_antialias, OpenCV's is bilinear: years lie between them",
        );
        self.line(&format!("resize = \"{}\"", fields.filter));
        self.guess("`pad` and `crop` keep the shape of what is cut out");
        self.line(&format!("fit = \"{}\"", fields.fit));
        self.guess(
            "share of the face box's longer side added on each side; means nothing for samples without a face box",
        );
        self.line("margin = 0.0");
        let usual = if tried.layout == Layout::Nchw { "imagenet" } else { "0..1" };
        let scaling = SCALINGS.iter().find(|scaling| scaling.name == usual).copied();
        if let Some(scaling) = scaling {
            scaling.into_fields(&mut fields);
            self.guess(&format!(
                "tensor = (pixel / divide - mean) / std, means and deviations in the order of `channels`; `{usual}` ({}) is usual for {}, and others are as usual: {}",
                scaling.known_from,
                tried.layout,
                SCALINGS.iter().filter(|it| it.name != usual).take(4).map(|it| it.name).collect::<Vec<_>>().join(", ")
            ));
        }
        self.scale(&fields);
        self.comment("`agebench init method --from ... --samples DATASET` finds out which of these the network was trained with.");
    }

    /// The input as the samples tell it.
    fn input_found(&mut self, draft: &MethodDraft<'_>, input: &InputGuess, found: &Found, best: &Row) {
        let of = |word: &str| found.said.iter().find(|said| said.word == word);
        let fields = &best.fields;
        self.comment(&format!(
            "Of {} ways to prepare a picture this one follows the labels best on {} samples of {} people: agreement {:.3}, root mean squared error {:.2} years.",
            found.tried, found.samples, found.subjects, best.follows.agreement, best.follows.rmse
        ));
        for doubt in &found.doubts {
            self.guess(doubt);
        }
        if input.size.is_none() && draft.size.is_none() {
            self.say(of("size"));
        }
        if input.layouts.len() > 1 {
            self.say(of("layout"));
        }
        self.size_and_layout(input, fields);
        self.say(of("channels"));
        self.line(&format!("channels = \"{}\"", fields.channels));
        self.say(of("resize"));
        self.line(&format!("resize = \"{}\"", fields.filter));
        self.say(of("fit"));
        self.line(&format!("fit = \"{}\"", fields.fit));
        if found.has_boxes {
            self.say(of("margin"));
            self.line(&format!("margin = {:?}", fields.margin));
            self.say(of("border"));
            self.line(&format!("border = \"{}\"", fields.border));
        } else {
            self.guess("the samples have no face boxes, so no margin was tried: whole pictures were given");
            self.line("margin = 0.0");
        }
        self.comment(&format!("tensor = (pixel / divide - mean) / std: `{}`.", best.scaling));
        self.say(of("scaling"));
        self.scale(fields);
    }

    /// What the samples say of a choice: shown, or a guess.
    fn say(&mut self, said: Option<&Said>) {
        match said {
            Some(said) if said.is_shown() => self.comment(&format!("Shown by the samples: {}.", said.text())),
            Some(said) => self.guess(&said.text()),
            None => {}
        }
    }

    fn output(&mut self, heads: &[HeadGuess], passed: &[String], found: Option<&Found>) {
        let best = found.and_then(|found| found.rows.first());
        let Some(head) = heads.get(best.map_or(0, |best| best.head)) else { return };
        self.line("");
        self.line("[onnx.output]");
        for output in passed {
            self.comment(&format!("Not read: {output}."));
        }
        self.line(&format!("name = {}", quoted(&head.output)));
        match found.and_then(|found| found.said.iter().find(|said| said.word == "head")) {
            Some(said) => {
                self.comment(&format!("The output has {}.", head.reason));
                self.say(Some(said));
            }
            None => {
                let others: Vec<String> = heads.iter().map(HeadGuess::label).filter(|it| *it != head.label()).collect();
                let or = if others.is_empty() { String::new() } else { format!("; or {}", others.join(", or ")) };
                self.guess(&format!("{}{or}", head.reason));
            }
        }
        self.line(&format!("head = \"{}\"", head.head.word()));
        for (key, value) in &head.keys {
            let fitted = best.and_then(|best| best.first_age).filter(|_| *key == "first_age");
            match fitted {
                Some(first) => {
                    self.guess("the first age is the one that brings the answers nearest to the labels of the samples");
                    self.line(&format!("first_age = {first}"));
                }
                None => {
                    if *key == "first_age" && head.first_age_is_open {
                        self.guess("the age of the first number stands in no file");
                    }
                    self.line(&format!("{key} = {value}"));
                }
            }
        }
    }
}

/// The model file as a card in `folder` names it: relative to it, where both can be found.
#[must_use]
pub fn file_for(folder: &Path, model: &Path) -> String {
    let name = || model.file_name().map(|name| name.to_string_lossy().into_owned());
    // A folder that is still to be made has a parent that is there.
    let real = |path: &Path| {
        let mut missing = Vec::new();
        let mut there = path;
        loop {
            let asked = if there.as_os_str().is_empty() { Path::new(".") } else { there };
            if let Ok(found) = asked.canonicalize() {
                return Some(missing.iter().rev().fold(found, |path, part| path.join(part)));
            }
            missing.push(there.file_name()?);
            there = there.parent()?;
        }
    };
    let (Some(folder), Some(model)) = (real(folder), real(model)) else {
        return name().unwrap_or_default();
    };
    let shared = folder.components().zip(model.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = model.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A TOML text.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
