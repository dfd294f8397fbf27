//! Methods that are a model file: prepared by the photo pipeline, run by an engine in this process, read by a head.

mod card;
mod detector;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

pub use card::{HeadCard, OnnxCard};
pub use detector::{Detector, DetectorCard, DetectorState, Whose};

use crate::clock::Clock;
use crate::digest::Digest;
use crate::engine::{Engine, EngineError, Model, State, Tensor};
use crate::method::adapter::named::read_named;
use crate::method::head::Head;
use crate::method::{Ask, Method, MethodCard, MethodError, Sample, Session};
use crate::outcome::{Outcome, Status};
use crate::photo::{Decoder, PIXEL_LIMIT, Preparer, Recipe};

/// A model file made ready: loaded once, shared by all sessions.
pub struct OnnxMethod {
    card: MethodCard,
    engine: String,
    digest: Digest,
    /// The model's file and the detector's, with their bytes.
    files: Vec<(String, u64)>,
    shared: Arc<Shared>,
}

/// What every session reads and none changes.
struct Shared {
    model: Box<dyn Model>,
    decoder: Decoder,
    recipe: Recipe,
    head: Head,
    detector: Option<Detector>,
}

impl OnnxMethod {
    /// Loads the model that `onnx`, the adapter table of `card`, describes, and tries it once on a black picture, so
    /// that what does not fit is told before any work.
    ///
    /// # Errors
    /// [`MethodError`]: no such file, another digest than stated, not a model, another input or output than described.
    pub fn load(
        card: MethodCard,
        onnx: &OnnxCard,
        read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
        engine: &dyn Engine,
        decoder: Decoder,
    ) -> Result<Self, MethodError> {
        let file = onnx.file.clone();
        let (bytes, digest) = read_named(&file, onnx.sha256, read)?;
        let shape = onnx.recipe.shape();
        let wanted: Vec<&str> = onnx.output.iter().map(String::as_str).collect();
        let load = |source| MethodError::Engine { file: file.clone(), source };
        let model = engine.load(&bytes, Some(&shape), &wanted).map_err(load)?;
        let tried = model.state().and_then(|mut state| state.run(&Tensor::zeros(&shape))).map_err(load)?;
        let output = tried.first().map_or(&[][..], Tensor::shape);
        // The batch of one is the first axis, where there is one.
        let sample = output.split_first().filter(|(batch, _)| **batch == 1).map_or(output, |(_, rest)| rest);
        let head = onnx.head.head(sample).map_err(|source| MethodError::Head { file: file.clone(), source })?;
        let detector = onnx.detector.as_ref().map(|card| Detector::load(card, read, engine)).transpose()?;
        let of_detector = detector.as_ref().map(Detector::file);
        let files = std::iter::once((file.clone(), bytes.len() as u64)).chain(of_detector).collect();
        let shared = Arc::new(Shared { model, decoder, recipe: onnx.recipe.clone(), head, detector });
        let engine = format!("{}; {}", engine.name(), decoder.name());
        Ok(Self { card, engine, digest, files, shared })
    }

    /// The detector, where the card has one.
    #[must_use]
    pub fn detector(&self) -> Option<&Detector> {
        self.shared.detector.as_ref()
    }
}

impl Method for OnnxMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        self.engine.clone()
    }

    /// Every head turns numbers into an age.
    fn answers_ages_only(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<(String, u64)> {
        self.files.clone()
    }

    /// SHA-256 of the model file, then of the detector's.
    fn file_digests(&self) -> Vec<Digest> {
        std::iter::once(self.digest).chain(self.shared.detector.as_ref().map(Detector::digest)).collect()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        let shared = Arc::clone(&self.shared);
        let broken = |file: &str| {
            let file = file.to_owned();
            move |source| MethodError::Engine { file, source }
        };
        let state = shared.model.state().map_err(broken(MODEL))?;
        let detector = shared.detector.as_ref().map(Detector::state).transpose().map_err(broken(DETECTOR))?;
        let preparer = Preparer::new(shared.recipe.clone());
        let tensor = Tensor::zeros(&shared.recipe.shape());
        Ok(Box::new(OnnxSession { shared, state, detector, preparer, tensor, clock: Arc::clone(&ask.clock) }))
    }
}

/// One worker's share: the engine's scratch and the room for one tensor.
struct OnnxSession {
    shared: Arc<Shared>,
    state: Box<dyn State>,
    detector: Option<DetectorState>,
    preparer: Preparer,
    tensor: Tensor,
    clock: Arc<dyn Clock>,
}

impl Session for OnnxSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let mut face_box = sample.face_box();
        let bytes_in = sample.bytes().map(|bytes| bytes.len() as u64);
        if let Some(bytes) = sample.unshared()
            && self.shared.detector.as_ref().is_none_or(|detector| detector.leaves(face_box))
        {
            let (begun, tensor) = (self.clock.monotonic(), self.tensor.numbers_mut());
            let prepared = self.preparer.prepare_file(bytes, self.shared.decoder, PIXEL_LIMIT, face_box, tensor);
            return match prepared {
                Ok(()) => self.answer(Spent::default(), begun, bytes_in, None),
                Err(error) => Ok(Outcome { bytes_in, ..Outcome::failed(error.to_string()) }),
            };
        }
        let decoded = sample.picture(self.shared.decoder);
        let (picture, decoding) = match decoded {
            Ok(decoded) => decoded,
            Err(reason) => return Ok(Outcome { bytes_in, ..Outcome::failed(reason) }),
        };
        let mut spent = Spent { prepare: decoding, answer: Duration::ZERO };
        let mut faces = None;
        if let (Some(detector), Some(state)) = (&self.shared.detector, &mut self.detector)
            && !detector.leaves(face_box)
        {
            let begun = self.clock.monotonic();
            if let Err(error) = state.prepare(picture) {
                return Ok(Outcome { bytes_in, ..Outcome::failed(error.to_string()) });
            }
            let prepared = self.clock.monotonic();
            let found = detector.faces(state, picture);
            spent.add(begun, prepared, self.clock.monotonic());
            let found = found.map_err(|source| broke(DETECTOR, source, &spent, bytes_in))?;
            faces = Some(u32::try_from(found.len()).unwrap_or(u32::MAX));
            face_box = detector.choose(&found, picture);
            if face_box.is_none() {
                let none = Outcome::unanswered(Status::NoSubject, "the detector found no face");
                return Ok(Outcome { bytes_in, faces, ..spent.on(none) });
            }
        }
        let begun = self.clock.monotonic();
        if let Err(error) = self.preparer.prepare(picture, face_box, self.tensor.numbers_mut()) {
            return Ok(Outcome { bytes_in, faces, ..Outcome::failed(error.to_string()) });
        }
        self.answer(spent, begun, bytes_in, faces)
    }
}

impl OnnxSession {
    /// Puts the tensor, whose making began at `begun`, to the network.
    fn answer(
        &mut self,
        mut spent: Spent,
        begun: Duration,
        bytes_in: Option<u64>,
        faces: Option<u32>,
    ) -> Result<Outcome, MethodError> {
        let prepared = self.clock.monotonic();
        let outputs = self.state.run(&self.tensor);
        let answered = self.clock.monotonic();
        spent.add(begun, prepared, answered);
        let outputs = outputs.map_err(|source| broke(MODEL, source, &spent, bytes_in))?;
        let output = outputs.first().map_or(&[][..], Tensor::numbers);
        let outcome = self.shared.head.decode(output);
        let outcome = outcome.map_err(|source| MethodError::Head { file: MODEL.to_owned(), source })?;
        Ok(Outcome { bytes_in, faces, ..spent.on(outcome) })
    }
}

/// What a session calls its networks, whose files it no longer knows.
const MODEL: &str = "the model";
const DETECTOR: &str = "the detector";

/// What a network's end means for the session: an answer that was too late is an outcome, but the network is gone with it.
fn broke(file: &str, source: EngineError, spent: &Spent, bytes_in: Option<u64>) -> MethodError {
    match source {
        EngineError::Stopped => MethodError::Stopped,
        EngineError::Late(limit) => {
            let late = Outcome { bytes_in, ..Outcome::timed_out(limit) };
            MethodError::Ended(Box::new(Outcome {
                prepare: Some(spent.prepare),
                answer_time: Some(spent.answer),
                ..late
            }))
        }
        source => MethodError::Engine { file: file.to_owned(), source },
    }
}

/// Time so far: decoding and preparing, and the networks themselves.
#[derive(Default)]
struct Spent {
    prepare: Duration,
    answer: Duration,
}

impl Spent {
    fn add(&mut self, begun: Duration, prepared: Duration, answered: Duration) {
        self.prepare += prepared.saturating_sub(begun);
        self.answer += answered.saturating_sub(prepared);
    }

    fn on(self, outcome: Outcome) -> Outcome {
        Outcome { prepare: Some(self.prepare), answer_time: Some(self.answer), ..outcome }
    }
}
