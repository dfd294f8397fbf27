//! What several verbs do with results: read a protocol, score a folder, write and show its report.

use std::path::Path;

use serde_json::Value;

use super::exit::{Exit, Failure};
use super::output::{print, tell, word};
use crate::bundled;
use crate::finding::{counted, did_you_mean, listed, quoted};
use crate::folder::{FolderError, RunFolder, names};
use crate::metric::catalogue;
use crate::protocol::{Around, Files, Protocol, ProtocolError};
use crate::report::{self, Options};
use crate::score::{self, ScoreError, ScoreRequest, Scored};
use crate::study;
use crate::table::{Row, Table};

/// How results are shown.
pub(super) struct Shown {
    /// Every challenge age of the protocol, instead of a few.
    pub(super) all_challenges: bool,
    /// Sentences at the top of every form.
    pub(super) notices: Vec<String>,
    /// Columns of the terminal, when there is one.
    pub(super) width: Option<u16>,
}

impl Shown {
    /// The options of a report.
    pub(super) fn options(&self) -> Options {
        Options {
            notices: self.notices.clone(),
            all_challenges: self.all_challenges,
            width: self.width,
            ..Options::default()
        }
    }
}

/// The protocol in `file`, or the bundled one of that name where there is no such file; without any, the default one.
pub(super) fn protocol(file: Option<&Path>) -> Result<Protocol, Failure> {
    let Some(file) = file else { return Ok(Protocol::default_protocol()) };
    let embedded = if file.exists() { None } else { file.to_str().and_then(bundled::protocol) };
    let text = embedded.map_or_else(|| crate::foreign::text(file), |text| Ok(text.to_owned()));
    let text = text.map_err(|source| {
        let unreadable = super::methods::Unreadable { file: file.display().to_string(), source };
        let names = bundled::protocols();
        let near = file.to_str().and_then(|name| did_you_mean(name, names.iter().copied()));
        let known = || format!("give a protocol.toml or a bundled protocol: {}", listed(&names));
        Failure::unusable(unreadable).with_help(near.unwrap_or_else(known))
    })?;
    read_protocol(&text, &beside(file))
        .map_err(|source| Failure::unusable(UnusableProtocol { file: file.display().to_string(), source }))
}

/// The protocol in `text`, in which every metric is one that agebench knows.
pub(super) fn read_protocol(text: &str, files: Files<'_>) -> Result<Protocol, ProtocolError> {
    let metric = |name: &str| match catalogue::find(name) {
        Some(_) => Ok(()),
        None => {
            let near = did_you_mean(name, catalogue::ALL.iter().map(|entry| entry.measure.name));
            let help = near.unwrap_or_else(|| "`agebench list metrics` names them".to_owned());
            Err(format!("{} is not the name of a metric: {help}", quoted(name)))
        }
    };
    Protocol::from_toml_around(text, &Around { files, metric: &metric })
}

/// Reads the files that the protocol in `file` names.
pub(super) fn beside(file: &Path) -> impl Fn(&str) -> Result<String, String> {
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    move |name| crate::foreign::text(&folder.join(name)).map_err(|error| error.to_string())
}

/// A protocol that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the protocol {file}")]
struct UnusableProtocol {
    file: String,
    source: ProtocolError,
}

/// Scores a run folder, writes `metrics.csv` and `report.html`, and prints the tables.
pub(super) fn score_and_show(request: &ScoreRequest<'_>, shown: &Shown) -> Result<(), Failure> {
    show(&score::score(request).map_err(score_failure)?, shown)
}

/// Writes `report.html` of what was scored, and prints the tables.
pub(super) fn show(scored: &Scored, shown: &Shown) -> Result<(), Failure> {
    let Scored { folder, table, .. } = scored;
    write_and_show(folder, table, shown)?;
    // A latency measurement has its observations instead.
    let private =
        [names::OUTCOMES, names::LATENCY].map(|name| folder.file(name)).into_iter().find(|file| file.is_file());
    let private = private.map(|file| format!("{} is about people: keep it. ", file.display())).unwrap_or_default();
    tell(&format!("{private}Next: agebench report {} --all\n", word(folder.path())));
    Ok(())
}

/// What a reader of the rows in `folder` must know first: what the drawn faces are, and how the study that the folder is a part
/// of, or a package's folders were, stands to the plan on record.
pub(super) fn notices(folder: &Path, rows: &[Row]) -> Vec<String> {
    let is_drawn = |row: &Row| row.dataset == bundled::DATASET;
    let notice = if rows.iter().all(is_drawn) { bundled::NOTICE } else { bundled::NOTICE_AMONG_OTHERS };
    let drawn = rows.iter().any(is_drawn).then(|| notice.to_owned());
    let record = crate::foreign::text(&folder.join(names::RUN)).ok();
    let record: Value = record.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let of_package = record.get("runs").and_then(Value::as_array).into_iter().flatten();
    let studies = std::iter::once(&record).chain(of_package).filter_map(|run| run.pointer("/settings/study"));
    let mut notices: Vec<String> = Vec::new();
    for notice in studies.filter_map(study::said).chain(drawn) {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    notices
}

/// Writes `report.html` beside the rows in `folder`, and prints the tables.
pub(super) fn write_and_show(folder: &RunFolder, table: &Table, shown: &Shown) -> Result<(), Failure> {
    let mut options = shown.options();
    for notice in notices(folder.path(), &table.rows) {
        if !options.notices.contains(&notice) {
            options.notices.push(notice);
        }
    }
    write_page(folder, table, &options)?;
    print(&report::terminal(table, &options))?;
    let file = |name| folder.file(name).display().to_string();
    tell(&format!(
        "\nWrote {} to {} and a page to {}.\n",
        counted(table.rows.len(), "row"),
        file(names::METRICS),
        file(names::REPORT),
    ));
    Ok(())
}

/// Writes `report.html` of the rows in `folder`.
pub(super) fn write_page(folder: &RunFolder, table: &Table, options: &Options) -> Result<(), Failure> {
    let page = report::html(table, options).map_err(Failure::unusable)?;
    folder.write(names::REPORT, page.as_bytes(), false).map_err(folder_failure)
}

/// A failure about a run folder, with its exit code and remedy.
pub(super) fn folder_failure(error: FolderError) -> Failure {
    let help = error.help().map(str::to_owned);
    let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
    Failure { exit, error: Box::new(error), help }
}

/// A failure to score, with its exit code and remedy.
pub(super) fn score_failure(error: ScoreError) -> Failure {
    let help = error.help().map(str::to_owned);
    let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
    Failure { exit, error: Box::new(error), help }
}
