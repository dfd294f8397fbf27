//! The least data that serves: the dataset put again with less and less of each picture, until it shows in the errors.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::{FootprintError, Request};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::folder::{
    AttemptKey, FolderError, OutcomeWriter, Pseudonyms, RunFolder, RunRecord, StepRecord, Timings, Truth,
    create_private, step_file, write_steps,
};
use crate::method::{Ask, Sample};
use crate::photo::{Decoder, PIXEL_LIMIT, Reduction, decode};
use crate::run::{Attempted, End, Places, Sink, Work};

/// What is taken away, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Pixels of the longer side.
    Pixels,
    /// Quality of the JPEG.
    Quality,
    /// Colour.
    Gray,
    /// What surrounds the face.
    Margin,
}

impl Axis {
    /// Every axis with its word, in their order.
    pub const WORDS: [(&'static str, Self); 4] =
        [("pixels", Self::Pixels), ("quality", Self::Quality), ("gray", Self::Gray), ("margin", Self::Margin)];

    /// The word in files and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, axis)| *axis == self).map_or("", |(word, _)| *word)
    }

    /// The steps along it, each less than the one before: what is left, and the reduction beside what `before` takes away.
    fn steps(self, before: Reduction) -> Vec<(f64, Reduction)> {
        match self {
            Self::Pixels => SIDES.map(|side| (f64::from(side), Reduction { side: Some(side), ..before })).to_vec(),
            Self::Quality => {
                QUALITIES.map(|quality| (f64::from(quality), Reduction { quality: Some(quality), ..before })).to_vec()
            }
            Self::Gray => vec![(0.0, Reduction { gray: true, ..before })],
            Self::Margin => MARGINS.map(|margin| (margin, Reduction { margin: Some(margin), ..before })).to_vec(),
        }
    }
}

/// Pixels of the longer side.
const SIDES: [u32; 11] = [512, 384, 256, 192, 128, 96, 64, 48, 32, 24, 16];
/// Qualities of JPEG, as libjpeg counts them.
const QUALITIES: [u8; 6] = [75, 50, 30, 20, 10, 5];
/// Shares of the face box's longer side that stay on each side of it.
const MARGINS: [f64; 5] = [1.0, 0.5, 0.25, 0.1, 0.0];

/// How inputs are to be reduced.
#[derive(Debug, Clone)]
pub struct CurvePlan {
    /// Along which axes, in their order.
    pub axes: Vec<Axis>,
    /// How much higher both rates may be, as a share.
    pub margin_rate: f64,
    /// How much higher the mean absolute error may be, years.
    pub margin_years: f64,
    /// Workers of methods in this process.
    pub jobs: std::num::NonZeroUsize,
}

/// What is told of a step when its attempts were made.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDone<'a> {
    /// The step.
    pub step: &'a StepRecord,
    /// The step before any.
    pub full: &'a StepRecord,
}

/// Makes the attempts of each step and writes them into `folder`, in which a footprint was written. `accepted` says whether a
/// step is shown not to be worse than the full input: the first along an axis that is not ends it, and what was
/// accepted stays taken away along the next. False when the work was stopped from outside.
///
/// # Errors
/// [`FootprintError`], or what `accepted` answers.
pub fn curve<E: From<FootprintError>>(
    request: &Request<'_>,
    plan: &CurvePlan,
    folder: &RunFolder,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
    sink: &Sink<'_>,
    accepted: &mut dyn FnMut(&StepDone<'_>) -> Result<bool, E>,
) -> Result<bool, E> {
    let truth = Truth::of(request.dataset, &Pseudonyms::of(request.dataset, request.keep_ids));
    let maker = Maker { request, plan, folder, truth, clock, stop, sink };
    maker.settled(false)?;
    let (mut steps, mut taken, mut seen) = (Vec::new(), Reduction::default(), Seen::default());
    let first = StepRecord::default();
    let Some(full) = maker.step(first, taken, &mut seen)? else { return Ok(false) };
    if seen.longest == 0 {
        return Err(FootprintError::NoPicture.into());
    }
    // The last step whose reduction stays.
    let mut base = full.clone();
    steps.push(full.clone());
    write_steps(folder, &steps).map_err(FootprintError::from)?;
    for axis in &plan.axes {
        for (left, reduction) in axis.steps(taken) {
            let nothing = match axis {
                Axis::Pixels => f64::from(seen.longest) <= left,
                Axis::Margin => !seen.boxes,
                Axis::Quality | Axis::Gray => false,
            };
            if nothing {
                continue;
            }
            let wanted = StepRecord {
                step: steps.len() as u64,
                axis: axis.word().to_owned(),
                left: Some(left),
                side: reduction.side.map(u64::from),
                quality: reduction.quality.map(u64::from),
                gray: reduction.gray,
                margin: reduction.margin,
                ..StepRecord::default()
            };
            let Some(step) = maker.step(wanted, reduction, &mut Seen::default())? else { return Ok(false) };
            let same = |before: &StepRecord| (before.bytes, before.changed) == (step.bytes, step.changed);
            if same(&base) || steps.last().is_some_and(same) {
                // No file was changed any further: nothing more was taken away.
                let path = folder.file(&step_file(step.step));
                std::fs::remove_file(&path)
                    .map_err(|source| FootprintError::from(FolderError::Write { path, source }))?;
                continue;
            }
            steps.push(step.clone());
            write_steps(folder, &steps).map_err(FootprintError::from)?;
            if !accepted(&StepDone { step: &step, full: &full })? {
                break;
            }
            (taken, base) = (reduction, step);
        }
    }
    maker.settled(true)?;
    Ok(true)
}

/// What was seen of the full input.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// The longest side of any picture, in pixels; 0 without one.
    longest: u32,
    /// Whether the dataset knows where some face is.
    boxes: bool,
    samples: u64,
    changed: u64,
    bytes: u64,
}

struct Maker<'a> {
    request: &'a Request<'a>,
    plan: &'a CurvePlan,
    folder: &'a RunFolder,
    truth: Truth,
    clock: &'a Arc<dyn Clock>,
    stop: &'a Arc<AtomicBool>,
    sink: &'a Sink<'a>,
}

impl Maker<'_> {
    /// Notes in run.json what was settled before the first step, and whether the last one was made.
    fn settled(&self, finished: bool) -> Result<(), FootprintError> {
        let mut record = RunRecord::read(self.folder)?;
        let plan = self.plan;
        let axes: Vec<&str> = plan.axes.iter().map(|axis| axis.word()).collect();
        let (rate, years) = (plan.margin_rate, plan.margin_years);
        let curve = json!({ "axes": axes, "margin_rate": rate, "margin_years": years, "finished": finished });
        record.settings.insert("curve".to_owned(), curve);
        record.ended = Some(self.clock.wall().to_string());
        record.write(self.folder)?;
        Ok(())
    }

    /// Makes the attempts of one step, and gives it with what its inputs came to; none when the work was stopped.
    fn step(
        &self,
        step: StepRecord,
        reduction: Reduction,
        seen: &mut Seen,
    ) -> Result<Option<StepRecord>, FootprintError> {
        if step.step == 0 {
            // Made before the first file is written into it.
            write_steps(self.folder, &[])?;
        }
        let counted = Mutex::new(Seen::default());
        let given = |sample: &mut Sample<'_>| reduced(sample, &reduction, step.step == 0, &counted);
        let name = step_file(step.step);
        let path = self.folder.file(&name);
        let failed = |source| FolderError::Write { path: path.clone(), source };
        let file = create_private(&path)?;
        let limits = &self.request.protocol.limits;
        let mut writer = OutcomeWriter::new(file, limits, Timings::Left).map_err(failed)?;
        let methods = [Arc::clone(&self.request.method.method)];
        let method = methods.iter().map(|method| method.card().name.as_str()).next().unwrap_or_default();
        let work = Work {
            methods: &methods,
            dataset: self.request.dataset,
            places: &Places::all(self.request.dataset),
            from: 0,
            roster: None,
            ask: Ask {
                limits: limits.clone(),
                time_limit: self.request.time_limit,
                seed: self.request.protocol.seed,
                scratch: self.request.scratch.clone(),
                clock: Arc::clone(self.clock),
                stop: Arc::clone(self.stop),
            },
            jobs: self.plan.jobs,
            clock: &**self.clock,
            stop: self.stop,
            sink: self.sink,
            given: Some(&given),
        };
        let mut rows = self.truth.rows();
        let end = work.attempt_all(|attempted: Attempted| {
            let Some(row) = rows.next() else { return Ok(()) };
            let (sample_id, subject_id) = (row.sample_id.to_string(), row.subject_id.to_string());
            let digest = attempted.content.map(|content| content.short());
            for outcome in attempted.outcomes.iter().flatten() {
                let key = AttemptKey { sample_id: &sample_id, subject_id: &subject_id, method };
                writer.write(&key, outcome, digest.as_deref())?;
            }
            Ok(())
        });
        let end = end.map_err(|error| match error {
            Ok(error) => FootprintError::Method(error),
            Err(source) => failed(source).into(),
        })?;
        writer.finish().map_err(failed)?;
        match end {
            // Before the step is told of: each is one of the method that was loaded.
            End::Done => super::unchanged(self.request)?,
            End::Interrupted => return Ok(None),
            End::GaveUp(method, reason) => return Err(crate::method::MethodError::Broken { method, reason }.into()),
        }
        *seen = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(StepRecord { samples: seen.samples, changed: seen.changed, bytes: seen.bytes, ..step }))
    }
}

/// Reduces `sample`, and gives the digest of the file that it now has; none where it stays as it is, as what is no picture
/// does. With `look` the picture is looked at and nothing else.
fn reduced(sample: &mut Sample<'_>, reduction: &Reduction, look: bool, counted: &Mutex<Seen>) -> Option<Digest> {
    let bytes = sample.bytes()?;
    let mut own = Seen { samples: 1, bytes: bytes.len() as u64, ..Seen::default() };
    let mut made = None;
    if look {
        own.boxes = sample.face_box().is_some();
        let picture = decode(bytes, Decoder::default(), PIXEL_LIMIT);
        own.longest = picture.map_or(0, |picture| picture.width().max(picture.height()));
    } else if let Ok(Some(reduced)) = reduction.apply(bytes, sample.face_box(), Decoder::default()) {
        (own.bytes, own.changed) = (reduced.bytes.len() as u64, 1);
        made = Some(reduced);
    }
    {
        let mut all = counted.lock().unwrap_or_else(PoisonError::into_inner);
        all.samples += own.samples;
        all.changed += own.changed;
        all.bytes += own.bytes;
        all.longest = all.longest.max(own.longest);
        all.boxes |= own.boxes;
    }
    let made = made?;
    let digest = Digest::of(&made.bytes);
    sample.replace(made.bytes, made.face);
    Some(digest)
}
