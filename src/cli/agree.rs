//! `check --engines` and `check --decoders`: one method run in two ways on the same samples, and how far apart the answers
//! are.

use std::sync::Arc;

use clap::ValueEnum;

use super::engines::{self, EngineChoice, Means, RuntimeOptions};
use super::environment::Environment;
use super::run::open_dataset;
use super::{Failure, methods};
use crate::dataset::Pick;
use crate::engine::Engine;
use crate::finding::{Finding, Findings, counted};
use crate::method::adapter::AdapterCard;
use crate::photo::Decoder;
use crate::run::{self, RunMethod};

/// Years from which on two engines do not agree: far below what any label says.
const SAME_YEARS: f64 = 1e-3;

/// In what two runs of a method differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Engines,
    Decoders,
}

impl Difference {
    /// Both ways to run a method, with the name of each; `decoder` reads JPEG for both engines.
    fn ways(
        self,
        decoder: Decoder,
        runtime: &RuntimeOptions,
        environment: &Environment,
    ) -> Result<Vec<(Means, String)>, Failure> {
        match self {
            Self::Engines => EngineChoice::value_variants()
                .iter()
                .map(|choice| {
                    let engine = engines::open(*choice, runtime, environment)?;
                    let name = engine.name();
                    Ok((Means { engine, decoder }, name))
                })
                .collect(),
            // libjpeg gives the same pixels as our own.
            Self::Decoders => [Decoder::Own, Decoder::Zune]
                .into_iter()
                .map(|decoder| Ok((Means { engine: engines::embedded()?, decoder }, decoder.name().to_owned())))
                .collect(),
        }
    }

    /// Whether both ways can differ for `method` or a stage of it: programs may be given pictures that were decoded here.
    fn shows_in(self, method: &RunMethod) -> bool {
        let shows = match &method.method.card().adapter {
            AdapterCard::Onnx(_) => true,
            AdapterCard::Command(_) => self == Self::Decoders,
            _ => false,
        };
        shows || method.stages.iter().flatten().any(|stage| self.shows_in(stage))
    }

    /// Of two engines, the one that is not called `name`: for saying which has what the other lacks.
    fn other(
        self,
        name: &str,
        runtime: &RuntimeOptions,
        environment: &Environment,
    ) -> Option<(&'static str, Arc<dyn Engine>)> {
        if self != Self::Engines {
            return None;
        }
        let engines = EngineChoice::value_variants().iter();
        let mut others = engines.filter_map(|choice| {
            let engine = engines::open(*choice, runtime, environment).ok()?;
            (engine.name() != name).then(|| (choice.word(), engine))
        });
        others.next()
    }
}

/// Puts the samples of `dataset` to `method` in both ways.
pub(super) fn compare(
    difference: Difference,
    method: &str,
    dataset: &str,
    decoder: Decoder,
    runtime: &RuntimeOptions,
    environment: &Environment,
) -> Result<(String, Findings), Failure> {
    let dataset = open_dataset(dataset, &Pick::all())?;
    let mut names = Vec::new();
    let mut loaded = Vec::new();
    for (means, name) in difference.ways(decoder, runtime, environment)? {
        let other = || difference.other(&name, runtime, environment);
        let ready = methods::load(method, &means, &other, environment)?;
        if !difference.shows_in(&ready) {
            let (flag, what) = match difference {
                Difference::Engines => ("--engines", "no model: it runs with no engine of this program"),
                Difference::Decoders => ("--decoders", "given no picture that this program decodes"),
            };
            return Err(Failure::unusable(format!("{flag}: `{method}` is {what}"))
                .with_help(format!("leave {flag} out, or name the method.toml of a model file")));
        }
        loaded.push(ready.method);
        names.push(name);
    }
    let [one, other] = loaded.as_slice() else { return Ok((String::new(), Findings::new())) };
    let Environment { processors, scratch, clock, stop, .. } = environment;
    let found = run::agree(one, other, &dataset, *processors, scratch, clock, stop).map_err(Failure::unusable)?;
    let mut findings = Findings::new();
    let both = names.join(" and ");
    if found.interrupted {
        findings.push(Finding::error(method, format!("{both}: stopped before the last sample")));
    }
    if !found.one_only.is_empty() {
        let (count, first) = (counted(found.one_only.len(), "sample"), &found.one_only[0]);
        let text = format!("{count} answered by only one of {both}; the first is `{first}`");
        findings.push(match difference {
            Difference::Engines => Finding::error(method, text),
            // A damaged file that one decoder reads and the other refuses says nothing against the method.
            Difference::Decoders => Finding::warning(method, text),
        });
    }
    if difference == Difference::Engines && found.largest > SAME_YEARS {
        let text = format!("{both} differ by up to {:.6} years, more than {SAME_YEARS}", found.largest);
        findings.push(Finding::warning(method, text).help("name the engine with every result"));
    }
    if found.compared == 0 {
        findings.push(Finding::error(method, format!("no sample was answered with an age by both {both}")));
        return Ok((String::new(), findings));
    }
    let at = found.largest_at.unwrap_or_default();
    let text = format!(
        "{method}: {both} on {} of `{}`: largest difference {:.6} years (`{at}`), on average {:.6}\n",
        counted(found.compared, "sample"),
        dataset.card().name,
        found.largest,
        found.mean,
    );
    Ok((text, findings))
}
