//! `agebench check`: everything that is wrong with a dataset, a method card, a protocol, a policy, a study or a release package, in one pass.

mod cards;
mod named;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use serde_json::json;

use named::{What, card_file, kind, read, what_is_in};

use super::agree::{self, Difference};
use super::decoders::DecoderOptions;
use super::engines::RuntimeOptions;
use super::environment::Environment;
use super::findings::{COLUMNS, Ignored, Told};
use super::output::{print, tell, word};
use super::progress;
use super::run::unusable_dataset;
use super::{Exit, Failure, conformance, packages, results};
use crate::age::AgeLimit;
use crate::bundled;
use crate::dataset::lint::{self, Checked, Code, Depth};
use crate::dataset::{self, DatasetError};
use crate::finding::{Findings, counted};
use crate::folder::write_whole;
use crate::photo::Decoder;
use crate::protocol::Protocol;
use crate::publish::Package;
use crate::sheet::RowWriter;

/// Look for everything that is wrong with a dataset, a method card, a protocol, a policy, a study or a package.
///
/// Of a dataset every file is read: duplicates and copies that look alike, people who change sex or split, ages that
/// cannot be or were rounded, unreadable pictures, and how many people each limit, year and group has. Limits are those of
/// a protocol that is checked beside it, else of the default one.
///
/// `agebench check faces/ --format csv > findings.csv` for a spreadsheet,
/// `agebench check faces/ --ignore "subject_in_splits=only the test split is used"` for what is known,
/// `agebench check faces/ --fix --out faces/manifest-mended.csv` for a manifest without what is wrong.
///
/// Of a release package everything is looked at that `verify` looks at, and what whoever passes it on should know.
///
/// Exit code 2 when there are errors that are not ignored, 0 when there are warnings and notes only, so that a pipeline can
/// rest on it. What every code in brackets means, and what to do, stands in docs/check.md. With --engines or --decoders a
/// method is also put to the samples of a dataset with both of them.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("compared").multiple(true))]
pub(super) struct Arguments {
    /// A dataset.toml, method.toml, protocol.toml, policy.toml or study.toml, or the folder of one; the name of a bundled dataset, method, protocol or policy; or a release package
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// How to print the findings
    #[arg(long, default_value = "table")]
    format: Format,

    /// Do not count findings of this kind, and say why; they are listed all the same
    #[arg(long, value_name = "CODE=REASON", help_heading = "Datasets")]
    ignore: Vec<String>,

    /// Look at the manifest, and only whether its files are there
    #[arg(long, conflicts_with = "fix", help_heading = "Datasets")]
    manifest_only: bool,

    /// Write a new manifest without the rows that cannot be right, and say which; nothing else is touched
    #[arg(long, requires = "out", help_heading = "Datasets")]
    fix: bool,

    /// The new manifest: a file that is not there yet
    #[arg(long, value_name = "NEW", requires = "fix", help_heading = "Datasets")]
    out: Option<PathBuf>,

    /// Put samples to a method that go wrong, and tell which rules for methods it keeps
    #[arg(long)]
    conformance: bool,

    /// Put a dataset's samples to a method with both engines, and tell how far apart the answers are
    #[arg(long, requires = "dataset", group = "compared", help_heading = "Engines and decoders")]
    engines: bool,

    /// Put a dataset's samples to a method with our decoder of JPEG and with another (zune-jpeg), and tell how far apart the answers are
    #[arg(long, requires = "dataset", group = "compared", help_heading = "Engines and decoders")]
    decoders: bool,

    /// The samples for them: a dataset's folder, its dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D", requires = "compared", help_heading = "Engines and decoders")]
    dataset: Option<String>,

    #[command(flatten, next_help_heading = "Engines and decoders")]
    runtime: RuntimeOptions,

    #[command(flatten, next_help_heading = "Engines and decoders")]
    decoder: DecoderOptions,
}

impl Arguments {
    /// In what a method is run in two ways.
    fn differences(&self) -> impl Iterator<Item = Difference> {
        let asked = [(self.engines, Difference::Engines), (self.decoders, Difference::Decoders)];
        asked.into_iter().filter_map(|(asked, difference)| asked.then_some(difference))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: at most ten findings of a kind
    Table,
    /// Every finding, a row each
    Csv,
    /// Every finding, an object each
    Json,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let ignored = Ignored::parse(&arguments.ignore)?;
    let codes = ignored.codes();
    if let Some(out) = arguments.out.as_deref().filter(|out| out.exists()) {
        return Err(Failure::unusable(format!("{} is already there", out.display()))
            .with_help("give --out a name that is free: no file is written over"));
    }
    if arguments.fix && arguments.paths.len() > 1 {
        return Err(Failure::unusable("--fix mends one dataset at a time"));
    }
    let decoder = arguments.decoder.open()?;
    let limits = limits(&arguments.paths)?;
    let mut rows = RowWriter::new(Vec::new());
    COLUMNS.iter().for_each(|name| rows.cell(name));
    rows.end_row().map_err(Failure::cannot_write)?;
    let (mut text, mut objects, mut errors) = (String::new(), Vec::new(), 0);
    let kinds = arguments.paths.iter().map(|path| kind(path)).collect::<Result<Vec<_>, _>>()?;
    heeded(arguments, &kinds)?;
    for path in &arguments.paths {
        let (what, mut checked) = check(path, arguments, &limits, &codes, decoder, environment)?;
        let findings = &mut checked.findings;
        if let (What::Method, Some(dataset), 0) = (what, arguments.dataset.as_deref(), findings.errors()) {
            for difference in arguments.differences() {
                let (told, differences) =
                    agree::compare(difference, path, dataset, decoder, &arguments.runtime, environment)?;
                text.push_str(&told);
                findings.append(differences);
            }
        }
        if what == What::Method && arguments.conformance && findings.errors() == 0 {
            let (told, broken) = conformance::check(path, environment)?;
            text.push_str(&told);
            findings.append(broken);
        }
        let remaining = mended(path, arguments, &checked)?;
        let left_out = match &checked.fixed {
            Some(Ok(fixed)) => &fixed.left_out[..],
            _ => &[],
        };
        let absent = if what == What::Method { cards::absent(path)? } else { Vec::new() };
        let (findings, shows) = (&checked.findings, &checked.shows[..]);
        let told = Told { path, what: what.word(), absent, findings, shows, left_out };
        text.push_str(&told.table(&ignored));
        told.csv(&ignored, &mut rows);
        objects.extend(told.json(&ignored));
        errors += remaining.unwrap_or_else(|| told.errors(&ignored));
        if what == What::Study && told.findings.errors() == 0 {
            text.push_str(&format!(
                "   next: agebench study {} --dry-run opens what it names\n",
                word(Path::new(path))
            ));
        }
        if what == What::Method && !arguments.conformance && told.findings.errors() == 0 && cards::is_outside(path)? {
            text.push_str(&format!(
                "   next: agebench check {} --conformance starts it and puts samples to it\n",
                word(Path::new(path))
            ));
        }
    }
    match arguments.format {
        Format::Table => print(&text)?,
        Format::Csv => print(&String::from_utf8_lossy(&rows.finish().map_err(Failure::cannot_write)?))?,
        Format::Json => print(&format!("{:#}\n", json!(objects)))?,
    }
    Ok(if errors > 0 { Exit::Unusable } else { Exit::Done })
}

/// Whether every flag had something that it is for.
fn heeded(arguments: &Arguments, seen: &[What]) -> Result<(), Failure> {
    let flags = [
        ("--engines", arguments.engines, What::Method),
        ("--decoders", arguments.decoders, What::Method),
        ("--conformance", arguments.conformance, What::Method),
        ("--manifest-only", arguments.manifest_only, What::Dataset),
    ];
    if let (true, Some(what)) = (arguments.fix, seen.iter().find(|what| **what != What::Dataset)) {
        return Err(Failure::unusable(format!("--fix mends the manifest of a dataset, and this is a {}", what.word()))
            .with_help("name a dataset, or leave --fix and --out out"));
    }
    match flags.iter().find(|(_, given, what)| *given && !seen.contains(what)) {
        Some((flag, _, what)) => Err(Failure::unusable(format!("{flag}: no {} is checked", what.word()))
            .with_help(format!("name one beside it, or leave {flag} out"))),
        None => Ok(()),
    }
}

/// The limits of the one protocol among `paths`, else of the default one.
fn limits(paths: &[String]) -> Result<Vec<AgeLimit>, Failure> {
    for path in paths {
        let place = Path::new(path);
        let found = match (!place.exists()).then(|| bundled::protocol(path)).flatten() {
            Some(text) => results::read_protocol(text, &|_: &str| Err("a bundled protocol names no files".to_owned())),
            None => match card_file(place)? {
                Some(file) if what_is_in(&file)? == What::Protocol => {
                    results::read_protocol(&read(&file)?, &results::beside(&file))
                }
                _ => continue,
            },
        };
        // One with errors tells them when its turn comes.
        return Ok(found.map_or_else(|_| Protocol::default_protocol().limits, |protocol| protocol.limits));
    }
    Ok(Protocol::default_protocol().limits)
}

/// Writes the new manifest where one was asked for, and gives the errors that stay.
fn mended(path: &str, arguments: &Arguments, checked: &Checked) -> Result<Option<u64>, Failure> {
    let Some(out) = arguments.out.as_deref() else { return Ok(None) };
    let fixed = match &checked.fixed {
        Some(Ok(fixed)) => fixed,
        Some(Err(finding)) => {
            let failure = Failure::unusable(format!("no manifest was written: {finding}"));
            return Err(finding.help.iter().cloned().fold(failure, Failure::with_help));
        }
        None => {
            return Err(Failure::unusable(format!("no manifest was written: {path} has no manifest that can be read"))
                .with_help(format!("agebench check {path} tells what is wrong")));
        }
    };
    write_whole(out, &fixed.manifest, true).map_err(results::folder_failure)?;
    tell(&format!(
        "Wrote {} with {}; {} left out. Next: put it in the place of {}, and check again.\n",
        out.display(),
        counted(fixed.kept, "row"),
        counted(fixed.left_out.len(), "row"),
        dataset::MANIFEST_FILE,
    ));
    Ok(Some(fixed.remaining))
}

/// Checks what `path` names.
fn check(
    path: &str,
    arguments: &Arguments,
    limits: &[AgeLimit],
    ignored: &BTreeSet<Code>,
    decoder: Decoder,
    environment: &Environment,
) -> Result<(What, Checked), Failure> {
    let plain = |findings: Findings| Checked { findings, ..Checked::default() };
    let place = Path::new(path);
    if let Some(text) = (!place.exists()).then(|| bundled::protocol(path)).flatten() {
        let none = |_: &str| Err("a bundled protocol names no files".to_owned());
        return Ok((What::Protocol, plain(cards::of_protocol(path, results::read_protocol(text, &none)))));
    }
    if let Some(text) = (!place.exists()).then(|| bundled::policy(path)).flatten() {
        return Ok((What::Policy, plain(cards::of_policy(path, text))));
    }
    if Package::is_at(place) {
        return Ok((What::Package, plain(packages::check(place)?)));
    }
    let depth = Depth {
        limits: limits.to_vec(),
        read_files: (!arguments.manifest_only).then_some(decoder),
        fix: arguments.fix,
        ignored: ignored.clone(),
    };
    if path == bundled::DATASET && !place.exists() {
        let faces = Box::new(bundled::faces());
        return of_dataset(environment, |read| lint::check_files(faces, dataset::CARD_FILE, &depth, read));
    }
    let Some(file) = card_file(place)? else {
        return Ok((What::Method, plain(cards::method(path, &arguments.runtime, environment)?)));
    };
    match what_is_in(&file)? {
        What::Dataset => of_dataset(environment, |read| lint::check(&file, &depth, read)),
        What::Method => Ok((What::Method, plain(cards::method(path, &arguments.runtime, environment)?))),
        What::Protocol => Ok((What::Protocol, plain(cards::protocol(&file)?))),
        What::Study => Ok((What::Study, plain(cards::study(&file)?))),
        What::Policy | What::Package => {
            Ok((What::Policy, plain(cards::of_policy(&file.display().to_string(), &read(&file)?))))
        }
    }
}

/// Looks at a dataset, with a bar of the files that were read.
fn of_dataset(
    environment: &Environment,
    look: impl FnOnce(&dyn Fn(usize, usize)) -> Result<Checked, DatasetError>,
) -> Result<(What, Checked), Failure> {
    let bar = progress::files(environment.bars);
    let checked = look(&|files, all| {
        bar.set_length(all as u64);
        bar.inc(files as u64);
    });
    bar.finish_and_clear();
    Ok((What::Dataset, checked.map_err(unusable_dataset)?))
}
