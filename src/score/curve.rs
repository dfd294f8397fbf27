//! The folder `curve/` of a footprint as the rows of M13 take it: each step's answers against those on the full input.

use super::ScoreError;
use super::folder::{context_of, digest};
use super::inputs::{own_protocol, tally_truth};
use crate::dataset::DatasetCard;
use crate::finding::Finding;
use crate::folder::{RunFolder, RunRecord, StepRecord, Truth, join_attempts, names, read_steps, step_file};
use crate::metric::{self, CurveStep, Ended, Least, Margins, Ruled};
use crate::protocol::Protocol;
use crate::table::Row;
use crate::tally::{self, Answers};

/// What was settled before the first step, as run.json has it.
#[derive(Debug, Clone)]
struct Settings {
    axes: Vec<String>,
    margins: Margins,
    finished: bool,
}

/// A folder with a curve: what its steps are held against.
#[derive(Debug)]
pub struct CurveJudge<'f> {
    folder: &'f RunFolder,
    record: RunRecord,
    protocol: Protocol,
    settings: Settings,
    truth: Truth,
    tally_truth: tally::Truth,
    full: Answers,
}

impl<'f> CurveJudge<'f> {
    /// Reads `folder`, in which step 0 has been written; `protocol` stands in for its own.
    ///
    /// # Errors
    /// A file of the folder is not as it should be.
    pub fn open(folder: &'f RunFolder, protocol: Option<&Protocol>) -> Result<Self, ScoreError> {
        let record = RunRecord::read(folder)?;
        let protocol = protocol.cloned().map_or_else(|| own_protocol(folder), Ok)?;
        let card_name = format!("{}/{}", names::CARDS, names::DATASET_CARD);
        let card = DatasetCard::parse(&card_name, &folder.read_text(&card_name)?)
            .map_err(|source| ScoreError::Unusable { file: card_name, source })?;
        let truth = record.read_truth(folder)?;
        let tally_truth = tally_truth(&truth, &card, None)?;
        let settings = settings(&record)?;
        let full = Answers::default();
        let mut judge = Self { folder, record, protocol, settings, truth, tally_truth, full };
        judge.full = judge.answers(0)?;
        Ok(judge)
    }

    /// The rules of step `number`, whose outcomes have been written.
    ///
    /// # Errors
    /// Its file is not as it should be.
    pub fn rules(&self, number: u64) -> Result<Vec<Ruled>, ScoreError> {
        let reduced = self.answers(number)?;
        let level = metric::axis_level(&self.protocol, self.settings.axes.len());
        let margins = self.settings.margins;
        Ok(metric::rules(&self.tally_truth, &self.full, &reduced, &self.protocol, margins, level)?)
    }

    /// The answers of one step, in the order of the truth.
    fn answers(&self, number: u64) -> Result<Answers, ScoreError> {
        let file = step_file(number);
        let methods: Vec<String> = self.record.methods.iter().map(|method| method.name.clone()).collect();
        let mut answers = Answers::new(&self.protocol.limits);
        join_attempts(&self.truth, &methods, &file, self.folder.read(&file)?, |attempt| {
            while answers.len() < attempt.sample {
                answers.push(None);
            }
            answers.push(Some(&attempt.outcome));
        })?;
        while answers.len() < self.truth.len() {
            answers.push(None);
        }
        Ok(answers)
    }
}

fn settings(record: &RunRecord) -> Result<Settings, ScoreError> {
    let curve = record.settings.get("curve");
    let number = |key: &str| curve.and_then(|curve| curve.get(key)).and_then(serde_json::Value::as_f64);
    let axes = curve.and_then(|curve| curve.get("axes")).and_then(serde_json::Value::as_array);
    let axes = axes.map(|axes| axes.iter().filter_map(|axis| axis.as_str().map(str::to_owned)).collect::<Vec<_>>());
    let (Some(axes), Some(rate), Some(years)) = (axes, number("margin_rate"), number("margin_years")) else {
        let text = "settings.curve has no axes and margins, though there is a folder `curve`";
        let finding = Finding::error(names::RUN, text);
        return Err(ScoreError::Unusable { file: names::RUN.to_owned(), source: finding.into() });
    };
    let finished = curve.and_then(|curve| curve.get("finished")).and_then(serde_json::Value::as_bool);
    Ok(Settings { axes, margins: Margins { rate, years }, finished: finished == Some(true) })
}

/// The rows of the curve of `folder`; none where inputs were not reduced.
pub(super) fn rows(folder: &RunFolder, protocol: &Protocol) -> Result<Vec<Row>, ScoreError> {
    if !folder.file(names::STEPS).is_file() {
        return Ok(Vec::new());
    }
    let steps = read_steps(names::STEPS, folder.read(names::STEPS)?)?;
    let judge = CurveJudge::open(folder, Some(protocol))?;
    let Some(method) = judge.record.methods.first() else { return Ok(Vec::new()) };
    let mut judged: Vec<(CurveStep, Vec<Ruled>)> = Vec::new();
    for step in steps.iter().skip(1) {
        judged.push((of_record(step), judge.rules(step.step)?));
    }
    let dataset = &judge.record.dataset;
    let context = context_of(&dataset.name, dataset.manifest_digest, method, digest(protocol)?);
    let least = least(&judge.settings, &steps, &judged);
    Ok(metric::curve(&context, protocol, &judged, &least))
}

fn of_record(step: &StepRecord) -> CurveStep {
    CurveStep {
        number: u32::try_from(step.step).unwrap_or(u32::MAX),
        axis: step.axis.clone(),
        left: step.left.unwrap_or_default(),
        bytes: step.bytes,
        samples: step.samples,
    }
}

/// The last step that was accepted with all that it takes away, and why the search along each axis ended.
fn least(settings: &Settings, steps: &[StepRecord], judged: &[(CurveStep, Vec<Ruled>)]) -> Least {
    let mean = |step: &StepRecord| step.bytes as f64 / step.samples.max(1) as f64;
    let full_bytes = steps.first().map_or(0.0, mean);
    let mut last = None;
    let mut ended = Vec::new();
    for axis in &settings.axes {
        let (mut why, mut tried) = ("nothing to take away".to_owned(), false);
        let of_axis = steps.iter().skip(1).zip(judged).filter(|(step, _)| step.axis == *axis);
        for (step, (_, rules)) in of_axis {
            tried = true;
            if !metric::accepted(rules) {
                why = missed(step, rules);
                break;
            }
            last = Some(step);
            why = if settings.finished { "the last step" } else { "the measurement was interrupted" }.to_owned();
        }
        ended.push(Ended { axis: axis.clone(), why, tried });
    }
    let left = last.map(left).unwrap_or_default();
    Least { left, bytes: last.map_or(full_bytes, mean), full_bytes, ended }
}

/// What is left along each axis at `step`.
fn left(step: &StepRecord) -> Vec<(String, f64)> {
    let found = [
        ("pixels", step.side.map(|side| side as f64)),
        ("quality", step.quality.map(|quality| quality as f64)),
        ("gray", step.gray.then_some(0.0)),
        ("margin", step.margin),
    ];
    found.into_iter().filter_map(|(axis, left)| Some((axis.to_owned(), left?))).collect()
}

/// Which rules a step does not meet: `48: the mean error`.
fn missed(step: &StepRecord, rules: &[Ruled]) -> String {
    let missed: Vec<String> = rules.iter().filter(|rule| rule.accepted() == Some(false)).map(Ruled::words).collect();
    let words = match missed.as_slice() {
        [] => "too few people to show anything".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [first, .., last] => format!("{first} and {} more, such as {last}", missed.len() - 1),
    };
    format!("{}: {words}", crate::table::twelve_digits(step.left.unwrap_or_default()))
}
