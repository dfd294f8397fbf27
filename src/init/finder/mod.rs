//! The preparation that a network was trained for, found on labelled samples: colour order, scaling, filter, fit, margin, layout,
//! size and head are tried, coarse first and fine then, and each choice is told with what speaks for it.
//!
//! Weights say nothing of the pixels they were trained on, and the wrong ones still answer: the same network has a mean error of
//! 8 or of 20 years. Variants are ranked by the squared error among those that follow the labels (`fit.rs` says why). What is
//! picked is held against every other variant that was tried on all samples, person by person; a choice that the samples do not
//! tell is said to be open.

mod faces;
mod fit;
mod found;
mod trial;
mod variant;
mod verdict;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

pub use fit::Follows;
pub use variant::{Axis, Space, Variant};
pub use verdict::{Against, Said, TOLD_APART};

use super::InitError;
use super::heads::HeadGuess;
use super::network::InputGuess;
use super::scaling::SCALINGS;
use crate::dataset::Dataset;
use crate::engine::Engine;
use crate::photo::{Decoder, Filter, RecipeFields};
use faces::Faces;
use fit::{Ranking, Read};
use trial::{Answers, Trial};

/// Samples that are tried at most, unless asked for more: enough to tell a year apart.
pub const MOST_SAMPLES: usize = 300;
/// The fewest samples that a search makes sense on.
const FEWEST: usize = 5;
/// Samples of the first, coarse stage and of the second.
const COARSE: usize = 48;
const MIDDLE: usize = 96;
/// Variants that go on from the first stage and from the second.
const FROM_COARSE: usize = 10;
const FROM_MIDDLE: usize = 4;
/// Rounds at most in which one choice at a time is changed on all samples.
const ROUNDS: usize = 6;

/// What to search, and on what.
pub struct Search<'s> {
    /// The network.
    pub onnx: &'s [u8],
    /// What runs it.
    pub engine: &'s dyn Engine,
    /// What reads pictures.
    pub decoder: Decoder,
    /// What its input says.
    pub input: &'s InputGuess,
    /// Width and height, where they were said.
    pub size: Option<(u32, u32)>,
    /// The ways to read its outputs.
    pub heads: &'s [HeadGuess],
    /// The labelled samples.
    pub dataset: &'s Dataset,
    /// Samples that are tried at most.
    pub most: usize,
    /// Threads.
    pub jobs: NonZeroUsize,
    /// Set when it is to end.
    pub stop: &'s AtomicBool,
    /// Told of each stage how many answers it takes, and of answers that were made.
    pub progress: &'s (dyn Fn(Progress) + Sync),
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A stage begins that takes so many answers.
    Stage(usize),
    /// So many answers more.
    Answered(usize),
}

/// One variant that was tried on all samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its recipe.
    pub fields: RecipeFields,
    /// The scaling's word.
    pub scaling: String,
    /// Its head: a place among those of the search.
    pub head: usize,
    /// The first age that suits the samples, where the head leaves it open.
    pub first_age: Option<u32>,
    /// How its answers follow the labels.
    pub follows: Follows,
    /// How it stands to the best one; `None` of the best one itself.
    pub against: Option<Against>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Samples that were tried, of how many people, and how many the dataset has.
    pub samples: usize,
    /// People.
    pub subjects: usize,
    /// Eligible samples of the dataset with a file.
    pub eligible: usize,
    /// Samples that were picked and could not be read.
    pub unreadable: usize,
    /// Whether face boxes were there.
    pub has_boxes: bool,
    /// Variants that were tried at all.
    pub tried: usize,
    /// Variants tried on all samples, the best first.
    pub rows: Vec<Row>,
    /// What the samples say of each choice.
    pub said: Vec<Said>,
    /// Why the pick may be wrong altogether.
    pub doubts: Vec<String>,
}

/// Searches.
///
/// # Errors
/// [`InitError::FewSamples`] with fewer than 5 usable samples, [`InitError::Engine`] when the network loads with none of
/// the shapes, [`InitError::Stopped`].
pub fn search(search: &Search<'_>) -> Result<Found, InitError> {
    let faces = Faces::pick(search.dataset, search.most, search.decoder, search.jobs.get());
    if faces.all.len() < FEWEST {
        let (found, unreadable, most) = (faces.all.len(), faces.unreadable, search.most);
        return Err(InitError::FewSamples { found, unreadable, needed: FEWEST, most });
    }
    let space = Space::of(search.input, search.size, faces.have_boxes());
    let mut outputs: Vec<String> = search.heads.iter().map(|head| head.output.clone()).collect();
    outputs.dedup();
    let progress = |answers| (search.progress)(Progress::Answered(answers));
    let trial = Trial::new(search.onnx, search.engine, outputs, &space, &faces, search.jobs, search.stop, &progress);
    let mut seeker = Seeker { search, space: &space, faces: &faces, trial, full: BTreeMap::new(), tried: 0 };
    let best = seeker.seek()?;
    Ok(seeker.found(best))
}

/// The place of `wanted` among `all`.
fn place_of<T: PartialEq>(all: &[T], wanted: T) -> u8 {
    all.iter().position(|it| *it == wanted).and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
}

/// A variant and a head.
type Choice = (Variant, usize);

struct Seeker<'s> {
    search: &'s Search<'s>,
    space: &'s Space,
    faces: &'s Faces<'s>,
    trial: Trial<'s>,
    /// Variants that were tried on all samples, with what each head reads.
    full: BTreeMap<Variant, Vec<(Read, Follows)>>,
    tried: usize,
}

impl Seeker<'_> {
    fn seek(&mut self) -> Result<Choice, InitError> {
        let coarse = self.faces.spread(COARSE);
        let variants = self.first();
        let kept = self.ranked(&variants, &coarse, FROM_COARSE)?;
        let middle = self.faces.spread(MIDDLE);
        // With antialias and without: the other filters lie near one of these, and come later.
        let filters = [Filter::BilinearAntialias, Filter::Bilinear].map(|filter| place_of(Filter::ALL, filter));
        let mut variants: Vec<Variant> = kept
            .iter()
            .flat_map(|variant| filters.map(|filter| variant.with(Axis::Filter, filter)))
            .flat_map(|variant| self.space.over(variant, &[Axis::Fit]))
            .collect();
        variants.sort_unstable();
        variants.dedup();
        let kept = self.ranked(&variants, &middle, FROM_MIDDLE)?;
        self.try_in_full(&kept)?;
        let mut best = self.best();
        for _ in 0..ROUNDS {
            let mut near: Vec<Variant> =
                Axis::ALL.iter().flat_map(|axis| self.space.over(best.0, std::slice::from_ref(axis))).collect();
            // How much is cut out hangs on the fit, and wrong colours suit another margin than the right ones: one is not changed
            // for the better without the other.
            for other in [Axis::Fit, Axis::Channels] {
                near.extend(self.space.over(best.0, &[other, Axis::Margin]));
            }
            self.try_in_full(&near)?;
            let better = self.best();
            if better == best {
                break;
            }
            best = better;
        }
        Ok(best)
    }

    /// What is tried first: every order of colours, layout and size, scalings that differ from each other by more than others from
    /// them, and every other margin.
    fn first(&self) -> Vec<Variant> {
        let scalings = SCALINGS.iter().enumerate().filter(|(_, scaling)| scaling.is_coarse);
        let scalings: Vec<u8> = scalings.filter_map(|(place, _)| u8::try_from(place).ok()).collect();
        // Where sizes are open too, one margin alone.
        let margins: &[u8] = match (self.space.has_boxes, self.space.sizes.len()) {
            (false, _) => &[0],
            (true, 1) => &[0, 1, 2, 4, 6],
            (true, _) => &[2],
        };
        let mut found = Vec::new();
        for variant in self.space.over(Variant::FIRST, &[Axis::Layout, Axis::Size, Axis::Channels]) {
            for scaling in &scalings {
                let scaled = variant.with(Axis::Scaling, *scaling);
                found.extend(margins.iter().map(|margin| scaled.with(Axis::Margin, *margin)));
            }
        }
        found
    }

    /// The best `count` of `variants` on the samples at `places`.
    fn ranked(&mut self, variants: &[Variant], places: &[usize], count: usize) -> Result<Vec<Variant>, InitError> {
        (self.search.progress)(Progress::Stage(variants.len() * places.len()));
        let labels: Vec<f64> =
            places.iter().filter_map(|place| self.faces.all.get(*place)).map(|it| it.years).collect();
        let answers = self.trial.answers(variants, places)?;
        if answers.is_empty() {
            return Err(self.trial.refused().map_or(InitError::Stopped, InitError::Engine));
        }
        self.tried += answers.len();
        let read: Vec<(Variant, Vec<(Read, Follows)>)> =
            answers.iter().map(|(variant, answers)| (*variant, self.read(answers, &labels))).collect();
        let ranking = Ranking::of(read.iter().flat_map(|(_, heads)| heads.iter().map(|(_, follows)| follows)));
        let mut ranked: Vec<(Follows, Variant)> = read
            .iter()
            .filter_map(|(variant, heads)| {
                let suits = heads.iter().map(|(_, follows)| follows).min_by(|one, other| ranking.compare(one, other));
                Some((*suits?, *variant))
            })
            .collect();
        ranked.sort_by(|(one, a), (other, b)| ranking.compare(one, other).then(a.cmp(b)));
        Ok(ranked.into_iter().take(count).map(|(_, variant)| variant).collect())
    }

    /// What each head reads.
    fn read(&self, answers: &Answers, labels: &[f64]) -> Vec<(Read, Follows)> {
        let outputs = &self.trial.outputs;
        let one = |head: &HeadGuess| {
            let output = outputs.iter().position(|name| *name == head.output).unwrap_or(0);
            let read = Read::by(head, output, answers, labels);
            let follows = read.follows(labels);
            (read, follows)
        };
        self.search.heads.iter().map(one).collect()
    }

    fn try_in_full(&mut self, variants: &[Variant]) -> Result<(), InitError> {
        let mut new: Vec<Variant> = variants.iter().copied().filter(|it| !self.full.contains_key(it)).collect();
        new.sort_unstable();
        new.dedup();
        let places: Vec<usize> = (0..self.faces.all.len()).collect();
        (self.search.progress)(Progress::Stage(new.len() * places.len()));
        let labels = self.labels();
        let answers = self.trial.answers(&new, &places)?;
        self.tried += answers.len();
        for (variant, answers) in answers {
            let read = self.read(&answers, &labels);
            self.full.insert(variant, read);
        }
        Ok(())
    }

    fn labels(&self) -> Vec<f64> {
        self.faces.all.iter().map(|face| face.years).collect()
    }

    /// How variants that were tried on all samples are ranked.
    fn ranking(&self) -> Ranking {
        Ranking::of(self.full.values().flat_map(|heads| heads.iter().map(|(_, follows)| follows)))
    }

    /// The best variant and head among those tried on all samples; of equals the more usual.
    fn best(&self) -> Choice {
        let ranking = self.ranking();
        let mut best: Option<(Follows, Choice)> = None;
        for (variant, heads) in &self.full {
            for (head, (_, follows)) in heads.iter().enumerate() {
                if best.as_ref().is_none_or(|(held, _)| ranking.compare(follows, held).is_lt()) {
                    best = Some((*follows, (*variant, head)));
                }
            }
        }
        best.map_or((Variant::FIRST, 0), |(_, choice)| choice)
    }
}
