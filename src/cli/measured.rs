//! What `latency` and `footprint` are asked alike: on which data, and where to.

use std::path::PathBuf;

use clap::Args;

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
