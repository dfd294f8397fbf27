//! The ways to reach a method, one room each. To add one: a room here with its card table and its method, a variant of
//! [`AdapterCard`], and a line in `AdapterCard::read` and [`open`].

pub mod onnx;

use std::sync::Arc;

use serde::Serialize;

use crate::digest::Digest;
use crate::engine::Engine;
use crate::finding::{Finding, listed};
use crate::keys::Keys;
use crate::method::{Method, MethodCard, MethodError};
use crate::photo::Decoder;

/// The adapters, as the names of their tables in a card.
pub const ADAPTERS: &[&str] = &["onnx"];

/// How a method is reached: the one adapter table of its card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterCard {
    /// A model file, run in this process.
    Onnx(Box<onnx::OnnxCard>),
}

impl AdapterCard {
    /// The name of the adapter's table.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Onnx(_) => "onnx",
        }
    }

    /// Reads the adapter table of a card, noting all that is wrong with it.
    pub(super) fn read(keys: &mut Keys<'_>, file: &str) -> Option<Self> {
        let onnx = keys.table("onnx").map(|mut table| {
            let card = onnx::OnnxCard::read(&mut table);
            keys.absorb(table);
            card
        });
        if onnx.is_none() {
            let tables: Vec<String> = ADAPTERS.iter().map(|name| format!("[{name}]")).collect();
            let help = format!("add a table that says how the method is reached: {}", listed(&tables));
            keys.note(Finding::error(file, "the card has no adapter").help(help));
        }
        onnx.flatten().map(|card| Self::Onnx(Box::new(card)))
    }
}

/// Makes the method of `card` ready; `read` gives the bytes of a file that the card names, `engine` runs its model on what
/// `decoder` makes of a JPEG.
///
/// # Errors
/// [`MethodError`] when a file is missing or another than stated, or the model does not fit the card.
pub fn open(
    card: MethodCard,
    read: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    engine: &dyn Engine,
    decoder: Decoder,
) -> Result<(Arc<dyn Method>, Digest), MethodError> {
    match card.adapter.clone() {
        AdapterCard::Onnx(onnx) => {
            let method = onnx::OnnxMethod::load(card, &onnx, read, engine, decoder)?;
            let digest = Digest::of_parsed("method", method.card(), &[method.model_digest()])?;
            Ok((Arc::new(method), digest))
        }
    }
}
