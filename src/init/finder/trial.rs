//! Variants put to the network: each picture is cut and resized once for all scalings of it, and each worker keeps its states.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::faces::Faces;
use super::variant::{Axis, Space, Variant};
use crate::engine::{Engine, EngineError, Model, State, Tensor};
use crate::init::InitError;
use crate::photo::{Preparer, Recipe};

/// What the network gave for each sample: the numbers of every wanted output, or nothing where it failed.
pub(super) type Answers = Vec<Option<Vec<Vec<f32>>>>;

/// Which model: places on the axes that change the shape.
type Shaped = (u8, u8);

/// A network and the samples it is tried on.
pub(super) struct Trial<'t> {
    pub(super) onnx: &'t [u8],
    pub(super) engine: &'t dyn Engine,
    pub(super) outputs: Vec<String>,
    pub(super) space: &'t Space,
    pub(super) faces: &'t Faces<'t>,
    pub(super) jobs: NonZeroUsize,
    pub(super) stop: &'t AtomicBool,
    /// Told how many answers were added.
    pub(super) progress: &'t (dyn Fn(usize) + Sync),
    models: BTreeMap<Shaped, Result<Box<dyn Model>, EngineError>>,
    /// States of workers between calls.
    spare: Mutex<Vec<States>>,
}

type States = BTreeMap<Shaped, Box<dyn State>>;

/// What cuts and resizes a picture, and what makes the tensors of all variants that share it.
type Prepared = (Option<Preparer>, Vec<(Variant, Option<Preparer>)>);

impl<'t> Trial<'t> {
    #[expect(clippy::too_many_arguments, reason = "one call, names at its place")]
    pub(super) fn new(
        onnx: &'t [u8],
        engine: &'t dyn Engine,
        outputs: Vec<String>,
        space: &'t Space,
        faces: &'t Faces<'t>,
        jobs: NonZeroUsize,
        stop: &'t AtomicBool,
        progress: &'t (dyn Fn(usize) + Sync),
    ) -> Self {
        let (models, spare) = (BTreeMap::new(), Mutex::default());
        Self { onnx, engine, outputs, space, faces, jobs, stop, progress, models, spare }
    }

    /// Loads the models that `variants` need, and gives those variants whose model takes the shape.
    fn loaded(&mut self, variants: &[Variant]) -> Vec<Variant> {
        let mut usable = Vec::new();
        for &variant in variants {
            let shaped = shaped(variant);
            let model = self.models.entry(shaped).or_insert_with(|| {
                let recipe = Recipe::new(self.space.fields(variant)).map_err(|error| EngineError::Shape {
                    found: error.to_string(),
                    expected: "a recipe that can be followed".to_owned(),
                })?;
                let wanted: Vec<&str> = self.outputs.iter().map(String::as_str).collect();
                let model = self.engine.load(self.onnx, Some(&recipe.shape()), &wanted)?;
                // Some networks load with a shape and break on it.
                model.state()?.run(&Tensor::zeros(&recipe.shape()))?;
                Ok(model)
            });
            if model.is_ok() {
                usable.push(variant);
            }
        }
        usable
    }

    /// Why no model could be loaded, where none could.
    pub(super) fn refused(&self) -> Option<EngineError> {
        self.models.values().find_map(|model| model.as_ref().err().cloned())
    }

    /// The answers of each variant on the samples at `places`, in their order.
    ///
    /// # Errors
    /// [`InitError::Stopped`] when asked to end.
    pub(super) fn answers(
        &mut self,
        variants: &[Variant],
        places: &[usize],
    ) -> Result<BTreeMap<Variant, Answers>, InitError> {
        let mut by_geometry: BTreeMap<Variant, Vec<Variant>> = BTreeMap::new();
        for variant in self.loaded(variants) {
            by_geometry.entry(variant.geometry()).or_default().push(variant);
        }
        let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let this: &Self = self;
        std::thread::scope(|scope| {
            for _ in 0..this.jobs.get().min(places.len()) {
                scope.spawn(|| this.work(&by_geometry, places, &next, &rows));
            }
        });
        if self.stop.load(Ordering::Relaxed) {
            return Err(InitError::Stopped);
        }
        let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        rows.sort_by_key(|(number, _)| *number);
        let order: Vec<Variant> = by_geometry.into_values().flatten().collect();
        let mut found: BTreeMap<Variant, Answers> = order.iter().map(|variant| (*variant, Vec::new())).collect();
        for (_, row) in rows {
            for (variant, answer) in order.iter().zip(row) {
                found.entry(*variant).or_default().push(answer);
            }
        }
        Ok(found)
    }

    /// One worker: sample after sample, all variants of it.
    fn work(
        &self,
        by_geometry: &BTreeMap<Variant, Vec<Variant>>,
        places: &[usize],
        next: &AtomicUsize,
        rows: &Mutex<Vec<(usize, Answers)>>,
    ) {
        let mut states = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let preparer = |variant: Variant| Recipe::new(self.space.fields(variant)).ok().map(Preparer::new);
        let mut prepared: Vec<Prepared> = by_geometry
            .iter()
            .map(|(geometry, variants)| (preparer(*geometry), variants.iter().map(|it| (*it, preparer(*it))).collect()))
            .collect();
        while !self.stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(&place) = places.get(number) else { break };
            let count: usize = by_geometry.values().map(Vec::len).sum();
            let row = self.faces.with_picture(place, |face, picture| {
                let mut row = Answers::with_capacity(count);
                for (cutter, variants) in &mut prepared {
                    let cut = cutter.as_mut().is_some_and(|cutter| cutter.pixels(picture, face.face_box).is_ok());
                    for (variant, filler) in variants {
                        let both = cutter.as_ref().zip(filler.as_ref()).filter(|_| cut);
                        row.push(both.and_then(|(cutter, filler)| self.answer(*variant, cutter, filler, &mut states)));
                    }
                }
                row
            });
            let row = row.unwrap_or_else(|| vec![None; count]);
            rows.lock().unwrap_or_else(PoisonError::into_inner).push((number, row));
            (self.progress)(count);
        }
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(states);
    }

    fn answer(
        &self,
        variant: Variant,
        cutter: &Preparer,
        filler: &Preparer,
        states: &mut States,
    ) -> Option<Vec<Vec<f32>>> {
        let shaped = shaped(variant);
        let state = match states.entry(shaped) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(self.models.get(&shaped)?.as_ref().ok()?.state().ok()?)
            }
        };
        let mut tensor = Tensor::zeros(&filler.recipe().shape());
        cutter.fill_as(filler, tensor.numbers_mut()).ok()?;
        let outputs = state.run(&tensor).ok()?;
        Some(outputs.iter().map(|output| output.numbers().to_vec()).collect())
    }
}

fn shaped(variant: Variant) -> Shaped {
    (variant.at(Axis::Layout), variant.at(Axis::Size))
}
