//! What `latency` and `footprint` are asked alike: on which data, and where to; and what they measure.

use std::path::PathBuf;

use clap::Args;

use super::engines::{EngineOptions, Means};
use super::environment::Environment;
use super::output::tell;
use super::run::open_dataset;
use super::spared::Read;
use super::{Failure, methods, results};
use crate::dataset::{Dataset, Pick};
use crate::folder::{Existing, RunFolder};
use crate::run::RunMethod;

/// On which data.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(super) struct Data {
    /// A dataset's folder, its dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D")]
    pub dataset: String,

    /// Only the samples of this split
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    /// A protocol.toml or a bundled protocol's name
    #[arg(long, value_name = "FILE")]
    pub protocol: Option<PathBuf>,
}

/// Where to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// The run folder; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Remove the run that the folder holds
    #[arg(long)]
    pub replace: bool,

    /// Write ids as they are, instead of pseudonyms
    #[arg(long)]
    pub keep_ids: bool,
}

impl Data {
    /// The dataset, of which only the split that was asked for is listed.
    pub(super) fn open(&self) -> Result<Dataset, Failure> {
        open_dataset(&self.dataset, &self.split.as_ref().map_or_else(Pick::all, Pick::split))
    }

    /// What of the dataset was asked for, as run.json has it.
    pub(super) fn pick(&self) -> String {
        self.split.as_ref().map_or_else(String::new, |split| format!("split={split}"))
    }
}

impl Output {
    /// What happens to a folder that holds something.
    pub(super) fn existing(&self) -> Existing {
        if self.replace { Existing::Replace } else { Existing::Refuse }
    }
}

/// The method `name`, where it can be measured on `data` and the result be written to `output`; what it has to be told of before is
/// told. `told` is what a method is refused with whose answers are recorded or drawn, and what to measure instead.
pub(super) fn method(
    name: &str,
    (data, output): (&Data, &Output),
    (means, engine): (&Means, &EngineOptions),
    told: (&str, &'static str),
    environment: &Environment,
) -> Result<RunMethod, Failure> {
    let existing = output.existing();
    RunFolder::check(&output.out, existing).map_err(results::folder_failure)?;
    let method = methods::load(name, means, &|| engine.other(environment), environment)?;
    let read = Read { dataset: &data.dataset, protocol: data.protocol.as_deref(), methods: vec![(name, &method)] };
    read.spared(&output.out, existing)?;
    if method.method.is_told() {
        let text = format!("`{}` {}: its answers are recorded or drawn", method.method.card().name, told.0);
        return Err(Failure::unusable(text).with_help(told.1));
    }
    for notice in method.method.notices() {
        tell(&format!("warning: {notice}\n"));
    }
    Ok(method)
}
