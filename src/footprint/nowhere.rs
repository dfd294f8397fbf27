//! The box where there can be none: everything that only a box shows is `not_measurable`.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::identifiers::Texts;
use super::sandbox::Tools;
use crate::folder::{Observed, Phase};
use crate::method::adapter::command::CommandMethod;
use crate::method::{Ask, MethodError, Scratch, Session};
use crate::outcome::Outcome;

/// A box that nobody can have.
pub(super) struct Boxed<'a>(Infallible, std::marker::PhantomData<&'a ()>);

#[expect(clippy::unused_self, reason = "it has the shape of the box on Linux")]
impl<'a> Boxed<'a> {
    pub fn prepare(_: &'a CommandMethod, _: &Tools, _: &Scratch, _: &[(String, u16)], _: &str) -> Result<Self, String> {
        Err("a box can only be made on Linux".to_owned())
    }

    pub fn is_traced(&self) -> bool {
        match self.0 {}
    }

    pub fn open(&mut self, _: &Ask, _: bool) -> Result<Box<dyn Session>, MethodError> {
        match self.0 {}
    }

    pub fn mark(&mut self, _: usize, _: &[u8]) -> Vec<u8> {
        match self.0 {}
    }

    pub fn answered(&mut self, _: usize, _: &Outcome, _: bool) -> Vec<Observed> {
        match self.0 {}
    }

    pub fn between(&mut self, _: Phase) -> Vec<Observed> {
        match self.0 {}
    }

    pub fn before_end(&mut self) -> Vec<Observed> {
        match self.0 {}
    }

    pub fn after_exit(&mut self) -> Vec<Observed> {
        match self.0 {}
    }

    pub fn ended(&mut self) -> Vec<Observed> {
        match self.0 {}
    }

    pub fn next_session(&mut self) -> BTreeMap<usize, Texts> {
        match self.0 {}
    }

    pub fn texts(&self) -> &BTreeMap<usize, Texts> {
        match self.0 {}
    }

    pub fn around(&self) -> Vec<Observed> {
        match self.0 {}
    }
}
