//! Whether an ONNX file holds all of its weights. Looked at before any engine gets its bytes: a tensor may name another file as the
//! place of its numbers, any file of the machine, and ONNX Runtime reads it.
//!
//! The walk follows protobuf to every place of onnx.proto where a tensor can stand, and copies nothing. What it cannot follow to the
//! end is refused: an engine might find a tensor behind it. So an engine sees nothing that the walk has not seen.

#[cfg(test)]
mod tests;
mod wire;

use self::wire::{Broken, Value, next};
use super::EngineError;
use crate::finding::quoted;

/// The bytes of an ONNX file, none of whose tensors lies in another file.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'b>(&'b [u8]);

impl<'b> Whole<'b> {
    /// `bytes`, when that is so. Whether they are a network is for an engine to say.
    ///
    /// # Errors
    /// [`EngineError::Elsewhere`] when a tensor names another file; [`EngineError::NotOnnx`] when they are no protobuf messages to
    /// their end, or a model in another format that ONNX Runtime would take.
    pub fn of(bytes: &'b [u8]) -> Result<Self, EngineError> {
        // What `InferenceSession` of ONNX Runtime looks at, and then reads as a flatbuffer.
        if bytes.get(4..8) == Some(b"ORTM") {
            let found = "a model in ONNX Runtime's own format, where the ONNX file that it was made from is expected";
            return Err(EngineError::NotOnnx(found.to_owned()));
        }
        walk(bytes).map(|()| Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(self) -> &'b [u8] {
        self.0
    }
}

/// The messages of onnx.proto in which a tensor can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    Model,
    Training,
    Function,
    Graph,
    Node,
    Attribute,
    Sparse,
    Tensor,
}

/// A field that holds such a message: its number, its name, and which.
type Inner = (u32, &'static str, Message);

impl Message {
    /// Source: onnx.proto of ONNX 1.23 (IR version 13).
    fn inner(self) -> &'static [Inner] {
        use Message::{Attribute, Function, Graph, Node, Sparse, Tensor, Training};
        match self {
            Self::Model => &[(7, "graph", Graph), (20, "training_info", Training), (25, "functions", Function)],
            Self::Training => &[(1, "initialization", Graph), (2, "algorithm", Graph)],
            Self::Function => &[(7, "node", Node), (11, "attribute_proto", Attribute)],
            Self::Graph => &[(1, "node", Node), (5, "initializer", Tensor), (15, "sparse_initializer", Sparse)],
            Self::Node => &[(5, "attribute", Attribute)],
            Self::Attribute => &[
                (5, "t", Tensor),
                (6, "g", Graph),
                (10, "tensors", Tensor),
                (11, "graphs", Graph),
                (22, "sparse_tensor", Sparse),
                (23, "sparse_tensors", Sparse),
            ],
            Self::Sparse => &[(1, "values", Tensor), (2, "indices", Tensor)],
            Self::Tensor => &[],
        }
    }
}

/// Messages within messages that are followed. Protobuf itself follows 100; a graph within a graph takes three.
const DEEPEST: usize = 200;

/// Fields of `TensorProto`.
const NAME: u32 = 8;
const EXTERNAL_DATA: u32 = 13;
const DATA_LOCATION: u32 = 14;

/// A message that is being walked through.
struct Frame<'b> {
    message: Message,
    /// All of it, and what is still to come.
    all: &'b [u8],
    rest: &'b [u8],
    /// Where it begins, in bytes of the file.
    begin: usize,
    /// The field that it is, and which one of these in the message around it.
    field: &'static str,
    number: usize,
    /// How many of each inner field there were so far.
    seen: [usize; 6],
}

impl<'b> Frame<'b> {
    fn new(message: Message, all: &'b [u8], begin: usize, field: &'static str, number: usize) -> Self {
        Self { message, all, rest: all, begin, field, number, seen: [0; 6] }
    }

    /// Where it is read on, in bytes of the file.
    fn at(&self) -> usize {
        self.begin + self.all.len() - self.rest.len()
    }
}

fn walk(bytes: &[u8]) -> Result<(), EngineError> {
    let mut stack = vec![Frame::new(Message::Model, bytes, 0, "", 0)];
    while let Some(frame) = stack.last_mut() {
        let at = frame.at();
        let Some((number, value)) = next(&mut frame.rest).map_err(|broken| unreadable(at, broken))? else {
            stack.pop();
            continue;
        };
        if frame.message == Message::Tensor {
            let is_elsewhere = match (number, value) {
                // Any number but that of DEFAULT: what else there may be one day is not here either. Engines read 32 bits of it.
                (DATA_LOCATION, Value::Number(location)) => location & 0xffff_ffff != 0,
                (EXTERNAL_DATA, Value::Bytes(_)) => true,
                _ => false,
            };
            if is_elsewhere {
                return Err(elsewhere(&stack));
            }
            continue;
        }
        let Value::Bytes(inner) = value else { continue };
        let mut fields = frame.message.inner().iter().zip(&mut frame.seen);
        let Some((&(_, field, message), seen)) = fields.find(|((number_of, ..), _)| *number_of == number) else {
            continue;
        };
        let before = std::mem::replace(seen, *seen + 1);
        let begin = frame.at() - inner.len();
        if stack.len() > DEEPEST {
            return Err(unreadable(at, Broken("messages lie deeper in each other than protobuf reads them")));
        }
        stack.push(Frame::new(message, inner, begin, field, before));
    }
    Ok(())
}

fn unreadable(at: usize, Broken(why): Broken) -> EngineError {
    EngineError::NotOnnx(format!("byte {at}: {why}"))
}

/// The last steps of a place that are told.
const STEPS: usize = 6;

/// Bytes of a foreign text that are looked at, of which fewer are told.
const TEXT: usize = 400;

/// What is wrong with the tensor that `stack` leads to.
fn elsewhere(stack: &[Frame<'_>]) -> EngineError {
    let steps = stack.get(1..).unwrap_or_default();
    let more = steps.len().saturating_sub(STEPS);
    let mut place = if more > 0 { "….".to_owned() } else { String::new() };
    let shown: Vec<String> =
        steps.iter().skip(more).map(|frame| format!("{}[{}]", frame.field, frame.number)).collect();
    place.push_str(&shown.join("."));
    let tensor = stack.last().map_or(&[][..], |frame| frame.all);
    let name = texts(tensor, NAME).last().map(|name| format!("{} at ", told(name))).unwrap_or_default();
    let entry = |entry| {
        let of = |number| texts(entry, number).last();
        (of(1) == Some(b"location")).then(|| of(2)).flatten()
    };
    let file = texts(tensor, EXTERNAL_DATA).find_map(entry).map_or_else(|| "not named".to_owned(), told);
    EngineError::Elsewhere { tensor: format!("{name}{place}"), file }
}

/// The contents of the fields `number` of a message, as far as it can be read.
fn texts(mut message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    let fields = std::iter::from_fn(move || next(&mut message).ok().flatten());
    fields.filter_map(move |(found, value)| match value {
        Value::Bytes(text) if found == number => Some(text),
        _ => None,
    })
}

/// A foreign text as it is told: short, and on one line.
fn told(text: &[u8]) -> String {
    quoted(&String::from_utf8_lossy(text.get(..TEXT).unwrap_or(text)))
}
