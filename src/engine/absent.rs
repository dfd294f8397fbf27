//! The embedded engine of a build without one: it loads no network, and says so. Programs, services and recorded answers
//! need none.

use super::{Declared, Engine, EngineError, Model};

/// An engine that loads nothing.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

impl Engine for Absent {
    fn name(&self) -> String {
        String::new()
    }

    fn declared(&self, _onnx: &[u8]) -> Result<Declared, EngineError> {
        Err(EngineError::Absent)
    }

    fn load(&self, _onnx: &[u8], _shape: Option<&[usize]>, _wanted: &[&str]) -> Result<Box<dyn Model>, EngineError> {
        Err(EngineError::Absent)
    }
}
