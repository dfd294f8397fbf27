//! Methods that are a model file: prepared by the photo pipeline, run by an engine in this process, read by a head.

mod card;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

pub use card::{HeadCard, OnnxCard};

use crate::clock::Clock;
use crate::digest::Digest;
use crate::engine::{Engine, Model, State, Tensor};
use crate::method::head::Head;
use crate::method::{Ask, Method, MethodCard, MethodError, Sample, Session};
use crate::outcome::Outcome;
use crate::photo::{Decoder, Preparer, Recipe};

/// A model file made ready: loaded once, shared by all sessions.
pub struct OnnxMethod {
    card: MethodCard,
    engine: String,
    digest: Digest,
    shared: Arc<Shared>,
}

/// What every session reads and none changes.
struct Shared {
    model: Box<dyn Model>,
    decoder: Decoder,
    recipe: Recipe,
    head: Head,
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
        let bytes = read(&file).map_err(|source| MethodError::Read { file: file.clone(), source })?;
        let digest = Digest::of(&bytes);
        if let Some(stated) = onnx.sha256.filter(|stated| *stated != digest) {
            return Err(MethodError::Digest { file, found: digest, stated });
        }
        let shape = onnx.recipe.shape();
        let wanted: Vec<&str> = onnx.output.iter().map(String::as_str).collect();
        let load = |source| MethodError::Engine { file: file.clone(), source };
        let model = engine.load(&bytes, Some(&shape), &wanted).map_err(load)?;
        let tried = model.state().and_then(|mut state| state.run(&Tensor::zeros(&shape))).map_err(load)?;
        let output = tried.first().map_or(&[][..], Tensor::shape);
        // The batch of one is the first axis, where there is one.
        let sample = output.split_first().filter(|(batch, _)| **batch == 1).map_or(output, |(_, rest)| rest);
        let head = onnx.head.head(sample).map_err(|source| MethodError::Head { file: file.clone(), source })?;
        let shared = Arc::new(Shared { model, decoder, recipe: onnx.recipe.clone(), head });
        let engine = format!("{}; {}", engine.name(), decoder.name());
        Ok(Self { card, engine, digest, shared })
    }

    /// SHA-256 of the model file.
    #[must_use]
    pub fn model_digest(&self) -> Digest {
        self.digest
    }
}

impl Method for OnnxMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        self.engine.clone()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        let shared = Arc::clone(&self.shared);
        let state =
            shared.model.state().map_err(|source| MethodError::Engine { file: "the model".to_owned(), source })?;
        let preparer = Preparer::new(shared.recipe.clone());
        let tensor = Tensor::zeros(&shared.recipe.shape());
        Ok(Box::new(OnnxSession { shared, state, preparer, tensor, clock: Arc::clone(&ask.clock) }))
    }
}

/// One worker's share: the engine's scratch and the room for one tensor.
struct OnnxSession {
    shared: Arc<Shared>,
    state: Box<dyn State>,
    preparer: Preparer,
    tensor: Tensor,
    clock: Arc<dyn Clock>,
}

impl Session for OnnxSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let face_box = sample.face_box();
        let bytes_in = sample.bytes().map(|bytes| bytes.len() as u64);
        let decoded = sample.picture(self.shared.decoder);
        let (picture, decoding) = match decoded {
            Ok(decoded) => decoded,
            Err(reason) => return Ok(Outcome { bytes_in, ..Outcome::failed(reason) }),
        };
        let begun = self.clock.monotonic();
        if let Err(error) = self.preparer.prepare(picture, face_box, self.tensor.numbers_mut()) {
            return Ok(Outcome { bytes_in, ..Outcome::failed(error.to_string()) });
        }
        let prepared = self.clock.monotonic();
        let outputs = self.state.run(&self.tensor);
        let answered = self.clock.monotonic();
        let broken = |source| MethodError::Engine { file: "the model".to_owned(), source };
        let outputs = outputs.map_err(broken)?;
        let output = outputs.first().map_or(&[][..], Tensor::numbers);
        let outcome = self.shared.head.decode(output);
        let outcome = outcome.map_err(|source| MethodError::Head { file: "the model".to_owned(), source })?;
        Ok(Outcome {
            bytes_in,
            prepare: Some(decoding + prepared.saturating_sub(begun)),
            answer_time: Some(answered.saturating_sub(prepared)),
            ..outcome
        })
    }
}
