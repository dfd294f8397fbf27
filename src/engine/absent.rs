//! The embedded engine of a build without one: it loads no network, and says so. Programs, services and recorded answers
//! need none.

use super::{Declared, Engine, EngineError, Model, Whole};

/// An engine that loads nothing.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

impl Engine for Absent {
    fn name(&self) -> String {
        String::new()
    }

    fn declared_whole(&self, _onnx: Whole<'_>) -> Result<Declared, EngineError> {
        Err(EngineError::Absent)
    }

    fn load_whole(
        &self,
        _onnx: Whole<'_>,
        _shape: Option<&[usize]>,
        _wanted: &[&str],
    ) -> Result<Box<dyn Model>, EngineError> {
        Err(EngineError::Absent)
    }
}
