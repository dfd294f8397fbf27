//! `agebench demo`: the main job with everything embedded, so that it works in any folder.

use std::path::{Path, PathBuf};

use clap::Args;

use super::engines::Means;
use super::environment::Environment;
use super::job::Job;
use super::output::tell;
use super::results::folder_failure;
use super::run::Running;
use super::{Exit, Failure, methods};
use crate::bundled;
use crate::dataset::{CARD_FILE, Dataset, Pick};
use crate::folder::{Existing, RunFolder, Timings};
use crate::protocol::Protocol;

/// Run the bundled methods over the bundled drawn faces.
///
/// Writes a run folder with metrics.csv and report.html. The faces are drawn: they prove the tool and say nothing about
/// any person.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The run folder [default: agebench-demo, or the first free agebench-demo-N]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    running: Running,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let means = Means::embedded();
    let protocol = Protocol::default_protocol();
    let dataset =
        Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, &Pick::all()).map_err(Failure::unusable)?;
    let load = |name: &&str| methods::load(name, &means, &|| None, environment);
    // The methods that look at faces; a declaration is a baseline for real ones.
    let mut methods = bundled::methods().iter().map(load).collect::<Result<Vec<_>, _>>()?;
    methods.retain(|it| it.method.looks());
    tell(&format!("{} {} methods, {} pictures.\n", bundled::NOTICE, methods.len(), dataset.samples().len()));
    let out = arguments.out.clone().unwrap_or_else(|| free(Path::new("agebench-demo")));
    RunFolder::check(&out, Existing::Refuse).map_err(|error| {
        folder_failure(error).with_help("name a folder that does not exist yet, or leave --out out")
    })?;
    let job = Job {
        methods: &methods,
        dataset: &dataset,
        rows: true,
        shard: None,
        protocol: &protocol,
        out: &out,
        existing: Existing::Refuse,
        keep_ids: false,
        timings: Timings::Written,
        pick: String::new(),
        footprint: true,
        further: Vec::new(),
        notices: vec![bundled::NOTICE.to_owned()],
    };
    job.run(&arguments.running, environment)
}

/// `wanted`, or the first of `wanted-2`, `wanted-3`, ... that does not exist.
fn free(wanted: &Path) -> PathBuf {
    let mut free = wanted.to_owned();
    let mut number = 1;
    while free.exists() {
        number += 1;
        free = PathBuf::from(format!("{}-{number}", wanted.display()));
    }
    free
}
