//! The table `[onnx.detector]` of a method card, and the detector at work: the face that the model is given, found in the
//! picture by a network of its own.

use std::io;

use serde::Serialize;

use super::card::{Network, Part};
use crate::digest::Digest;
use crate::engine::{Engine, EngineError, Model, State, Tensor};
use crate::keys::Keys;
use crate::method::MethodError;
use crate::method::adapter::named::read_named;
use crate::method::detector::{Choice, Face, Rules};
use crate::photo::{FaceBox, PhotoError, Picture, Preparer, Recipe};

/// The table `[onnx.detector]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DetectorCard {
    /// The detector's file. Its content, not its name, enters the method digest.
    #[serde(skip)]
    pub file: String,
    /// What the file's SHA-256 must be; checked when given.
    #[serde(skip)]
    pub sha256: Option<Digest>,
    /// How the whole picture becomes the input.
    #[serde(rename = "input")]
    pub recipe: Recipe,
    /// How scores and boxes are read.
    pub head: &'static str,
    /// The name of the output with the scores.
    pub scores: String,
    /// The name of the output with the boxes.
    pub boxes: String,
    /// The column of the scores that says "face"; the last when not given.
    pub face_column: Option<usize>,
    /// Which candidates are faces.
    #[serde(flatten)]
    pub rules: Rules,
    /// Which face of several is the sample's.
    pub choose: Choice,
    /// Whose box the model is given.
    pub face_box: Whose,
}

/// Whose box the model is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The detector's, also where the dataset has one.
    Detector,
    /// The dataset's where it has one, and the detector's elsewhere.
    Dataset,
}

impl Whose {
    const WORDS: [(&'static str, Self); 2] = [("detector", Self::Detector), ("dataset", Self::Dataset)];
}

/// Ways to read scores and boxes: `corners` are the two corners of each box, as shares of the input.
const HEADS: [(&str, &str); 1] = [("corners", "corners")];

impl DetectorCard {
    /// Reads the table, noting all that is wrong with it.
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let Network { file, sha256, recipe } = Network::read(keys, Part::Detector);
        let output = keys.require_table("output", "head, score_threshold and iou_threshold").map(|mut output| {
            let head = output.require_word("head", &HEADS);
            let named = |keys: &mut Keys<'_>, key| keys.take(key, "the name of an output of the detector");
            let scores: Option<String> = named(&mut output, "scores");
            let boxes: Option<String> = named(&mut output, "boxes");
            let face_column = output.take("face_column", "the number of a column, from 0");
            let score_threshold = share(&mut output, "score_threshold");
            let iou_threshold = share(&mut output, "iou_threshold");
            keys.absorb(output);
            (head, scores, boxes, face_column, score_threshold.zip(iou_threshold))
        });
        let choose = keys.require_word("choose", &Choice::WORDS);
        let face_box = keys.word("face_box", &Whose::WORDS).unwrap_or(Whose::Detector);
        let (head, scores, boxes, face_column, thresholds) = output?;
        let (score_threshold, iou_threshold) = thresholds?;
        Some(Self {
            file: file?,
            sha256,
            recipe: recipe?,
            head: head?,
            scores: scores.unwrap_or_else(|| "scores".to_owned()),
            boxes: boxes.unwrap_or_else(|| "boxes".to_owned()),
            face_column,
            rules: Rules { score_threshold, iou_threshold },
            choose: choose?,
            face_box,
        })
    }
}

fn share(keys: &mut Keys<'_>, key: &'static str) -> Option<f64> {
    let row = keys.row_of_key(key);
    let share: f64 = keys.require(key, "a number from 0 to 1")?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    keys.wrong(key, row, format!("{share} is not a number from 0 to 1"), None);
    None
}

/// A detector made ready; shared by all sessions.
pub struct Detector {
    model: Box<dyn Model>,
    card: DetectorCard,
    /// Numbers a candidate in the output of scores.
    columns: usize,
    /// The one that says "face".
    column: usize,
    digest: Digest,
    /// Bytes of the file.
    size: u64,
}

impl Detector {
    /// Loads the network and tries it once on a black picture.
    pub(super) fn load(
        card: &DetectorCard,
        read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
        engine: &dyn Engine,
    ) -> Result<Self, MethodError> {
        let file = &card.file;
        let (bytes, digest) = read_named(file, card.sha256, read)?;
        let shape = card.recipe.shape();
        let load = |source| MethodError::Engine { file: file.clone(), source };
        let model = engine.load(&bytes, Some(&shape), &[&card.scores, &card.boxes]).map_err(load)?;
        let tried = model.state().and_then(|mut state| state.run(&Tensor::zeros(&shape))).map_err(load)?;
        let wrong = |text: String| MethodError::Detector { file: file.clone(), text };
        let [scores, boxes] = tried.as_slice() else {
            return Err(wrong(format!("gave {} outputs for `{}` and `{}`", tried.len(), card.scores, card.boxes)));
        };
        let candidates = boxes.numbers().len() / 4;
        if candidates == 0 || boxes.shape().last() != Some(&4) {
            return Err(wrong(format!("`{}` has the shape {:?}: expected 4 numbers a box", card.boxes, boxes.shape())));
        }
        let columns = scores.numbers().len() / candidates;
        if columns == 0 || columns * candidates != scores.numbers().len() {
            let (found, shape) = (candidates, scores.shape());
            return Err(wrong(format!("`{}` has the shape {shape:?} for {found} boxes", card.scores)));
        }
        let column = card.face_column.unwrap_or(columns - 1);
        if column >= columns {
            return Err(wrong(format!("face_column {column} of `{}`, which has {columns} from 0", card.scores)));
        }
        Ok(Self { model, card: card.clone(), columns, column, digest, size: bytes.len() as u64 })
    }

    /// The name of its file, and its bytes.
    pub(super) fn file(&self) -> (String, u64) {
        (self.card.file.clone(), self.size)
    }

    /// SHA-256 of the file.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether the model is given the box `of_dataset`, where there is one.
    pub(super) fn leaves(&self, of_dataset: Option<FaceBox>) -> bool {
        self.card.face_box == Whose::Dataset && of_dataset.is_some()
    }

    /// One worker's share.
    ///
    /// # Errors
    /// [`EngineError::Run`] when the engine cannot set it up.
    pub fn state(&self) -> Result<DetectorState, EngineError> {
        let state = self.model.state()?;
        let tensor = Tensor::zeros(&self.card.recipe.shape());
        Ok(DetectorState { state, preparer: Preparer::new(self.card.recipe.clone()), tensor })
    }

    /// The faces in the picture that was prepared last, in its pixels, the surest first.
    ///
    /// # Errors
    /// [`EngineError`] when the network fails.
    pub fn faces(&self, state: &mut DetectorState, picture: &Picture) -> Result<Vec<Face>, EngineError> {
        let outputs = state.state.run(&state.tensor)?;
        let [scores, boxes] = outputs.as_slice() else { return Ok(Vec::new()) };
        let faces = self.card.rules.faces(scores.numbers(), self.columns, self.column, boxes.numbers());
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let in_pixels = |face: Face| Face { ends: state.preparer.of_whole(picture, face.ends), ..face };
        // Where the input has bars beside the picture, a box may lie on these alone.
        let on_picture = |face: &Face| {
            let [x0, y0, x1, y1] = face.ends;
            x0 < width && y0 < height && x1 > 0.0 && y1 > 0.0
        };
        Ok(faces.into_iter().map(in_pixels).filter(on_picture).collect())
    }

    /// The sample's face among `faces`.
    #[must_use]
    pub fn choose(&self, faces: &[Face], picture: &Picture) -> Option<FaceBox> {
        let middle = [f64::from(picture.width()) / 2.0, f64::from(picture.height()) / 2.0];
        let [x0, y0, x1, y1] = self.card.choose.of(faces, middle)?.ends;
        FaceBox::new(x0, y0, x1, y1).ok()
    }
}

/// A worker's detector: the engine's scratch and the room for one tensor.
pub struct DetectorState {
    state: Box<dyn State>,
    preparer: Preparer,
    tensor: Tensor,
}

impl DetectorState {
    /// Prepares the whole picture.
    ///
    /// # Errors
    /// As [`Preparer::prepare`].
    pub fn prepare(&mut self, picture: &Picture) -> Result<(), PhotoError> {
        self.preparer.prepare(picture, None, self.tensor.numbers_mut())
    }
}
