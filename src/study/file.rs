//! study.toml: which methods are put to which datasets under which protocol, and what else is measured.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::finding::{Findings, did_you_mean, listed, quoted};
use crate::keys::Keys;

/// The engines that a study may name.
pub const ENGINES: [&str; 2] = ["tract", "onnxruntime"];
/// The execution providers that a study may name.
pub const PROVIDERS: [&str; 8] = ["cpu", "cuda", "tensorrt", "openvino", "xnnpack", "coreml", "directml", "migraphx"];
/// The decoders that a study may name.
pub const DECODERS: [&str; 3] = ["own", "zune", "libjpeg"];
/// Along what a footprint may reduce inputs.
pub const AXES: [&str; 4] = ["pixels", "quality", "gray", "margin"];

/// A study as its file says it: names and paths, nothing opened yet.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyFile {
    /// Its name, for people.
    pub name: String,
    /// Cards, their folders, or names of bundled methods; each once.
    pub methods: Vec<String>,
    /// Datasets as `--dataset` takes them; each once.
    pub datasets: Vec<String>,
    /// A protocol.toml or a bundled protocol's name; none for the default protocol.
    pub protocol: Option<String>,
    /// Whether the methods are held against each other on each dataset.
    pub compare: bool,
    /// How everything is run.
    pub run: RunSettings,
    /// The latency measurements.
    pub latency: Vec<Latency>,
    /// The footprint measurements.
    pub footprint: Vec<Footprint>,
}

/// How everything is run: the flags of `agebench run`.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSettings {
    /// Workers at most; none for the processors of the machine.
    pub jobs: Option<NonZeroUsize>,
    /// An answer later than this is `timed_out`.
    pub timeout: Duration,
    /// Failed and timed-out attempts of one run that are allowed.
    pub max_failed: usize,
    /// One of [`ENGINES`].
    pub engine: &'static str,
    /// One of [`PROVIDERS`].
    pub provider: &'static str,
    /// One of [`DECODERS`].
    pub decoder: &'static str,
    /// Only the samples of this split.
    pub split: Option<String>,
    /// Whether ids are written as they are.
    pub keep_ids: bool,
    /// Whether time columns are filled.
    pub timings: bool,
}

/// One latency measurement: the flags of `agebench latency`.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    /// One of [`StudyFile::methods`].
    pub method: String,
    /// One of [`StudyFile::datasets`].
    pub dataset: String,
    /// Offered attempts a second.
    pub rate: Option<f64>,
    /// Starts of the process.
    pub starts: NonZeroU32,
    /// Attempts of each stream in each start.
    pub attempts: NonZeroUsize,
    /// Attempts before the steady state.
    pub warm_up: usize,
}

/// One footprint measurement: the flags of `agebench footprint`.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// One of [`StudyFile::methods`].
    pub method: String,
    /// One of [`StudyFile::datasets`].
    pub dataset: String,
    /// Hosts that a program in the box may reach, `NAME` or `NAME:PORT`.
    pub allow_hosts: Vec<String>,
    /// Along what inputs are reduced; empty for not at all.
    pub curve: Vec<&'static str>,
    /// How much higher both rates may be with less input, as a share.
    pub margin_rate: f64,
    /// How much higher the mean absolute error may be with less input, years.
    pub margin_years: f64,
}

impl StudyFile {
    /// Reads the study in `text`, the content of the file that users know as `file`.
    ///
    /// # Errors
    /// Everything that is wrong with it, in one pass.
    pub fn read(file: &str, text: &str) -> Result<Self, Findings> {
        let mut keys = Keys::parse(file, text)?;
        keys.schema();
        let study = read(&mut keys);
        let findings = keys.finish();
        study.filter(|_| findings.errors() == 0).ok_or(findings)
    }
}

fn read(keys: &mut Keys<'_>) -> Option<StudyFile> {
    let row = keys.row_of_key("name");
    let name: Option<String> = keys.require("name", "a text");
    if name
        .as_ref()
        .is_some_and(|name| !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control))
    {
        keys.wrong("name", row, "expected 1 to 200 characters without control characters", None);
    }
    let methods = places(keys, "methods", "a list of method cards, their folders, or names of bundled methods");
    let datasets = places(keys, "datasets", "a list of datasets' folders or dataset.toml files");
    let protocol = keys.take("protocol", "a protocol.toml or a bundled protocol's name");
    let several = methods.as_ref().is_none_or(|methods| methods.len() > 1);
    let row = keys.row_of_key("compare");
    let compare: Option<bool> = keys.take("compare", "true or false");
    if compare == Some(true) && !several {
        keys.wrong("compare", row, "one method is compared with nothing", Some("add a method".to_owned()));
    }
    let run = run_settings(keys);
    let (methods, datasets) = (methods.unwrap_or_default(), datasets.unwrap_or_default());
    let among = Among { methods: &methods, datasets: &datasets };
    let latency = entries(keys, "latency", &among, latency);
    let footprint = entries(keys, "footprint", &among, footprint);
    Some(StudyFile {
        name: name?,
        compare: compare.unwrap_or(several),
        protocol,
        run,
        latency,
        footprint,
        methods,
        datasets,
    })
}

/// The list `key`: at least one entry, each once.
fn places(keys: &mut Keys<'_>, key: &'static str, expected: &str) -> Option<Vec<String>> {
    let row = keys.row_of_key(key);
    let list: Vec<String> = keys.require(key, expected)?;
    if list.is_empty() {
        keys.wrong(key, row, format!("the list is empty: expected {expected}"), None);
    }
    let mut seen = BTreeSet::new();
    for twice in list.iter().filter(|name| !seen.insert(name.as_str())) {
        keys.wrong(key, row, format!("{} stands twice", quoted(twice)), None);
    }
    Some(list)
}

fn run_settings(keys: &mut Keys<'_>) -> RunSettings {
    let mut settings = RunSettings {
        jobs: None,
        timeout: Duration::from_secs(60),
        max_failed: 0,
        engine: "tract",
        provider: "cpu",
        decoder: "own",
        split: None,
        keep_ids: false,
        timings: true,
    };
    let Some(mut table) = keys.table("run") else { return settings };
    settings.jobs = table.take("jobs", "a number of workers from 1 on");
    let row = table.row_of_key("timeout");
    if let Some(seconds) = table.take::<f64>("timeout", "a number of seconds") {
        match Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()) {
            Some(time) => settings.timeout = time,
            None => table.wrong("timeout", row, format!("`{seconds}` is not a number of seconds above 0"), None),
        }
    }
    settings.max_failed = table.take("max_failed", "a number of attempts").unwrap_or(0);
    let row = table.row_of_key("provider");
    let word = |table: &mut Keys<'_>, key, words: &[&'static str]| {
        table.word(key, &words.iter().map(|word| (*word, *word)).collect::<Vec<_>>())
    };
    settings.engine = word(&mut table, "engine", &ENGINES).unwrap_or(settings.engine);
    settings.provider = word(&mut table, "provider", &PROVIDERS).unwrap_or(settings.provider);
    settings.decoder = word(&mut table, "decoder", &DECODERS).unwrap_or(settings.decoder);
    if settings.provider != "cpu" && settings.engine != "onnxruntime" {
        let help = "add `engine = \"onnxruntime\"`, or leave the provider away".to_owned();
        table.wrong("provider", row, format!("a provider does nothing for {}", settings.engine), Some(help));
    }
    settings.split = table.take("split", "the name of a split");
    settings.keep_ids = table.take("keep_ids", "true or false").unwrap_or(false);
    settings.timings = table.take("timings", "true or false").unwrap_or(true);
    keys.absorb(table);
    settings
}

/// What a measurement may name.
struct Among<'a> {
    methods: &'a [String],
    datasets: &'a [String],
}

/// The entries of the list `key`, each read by `read`; two of one method on one dataset are an error.
fn entries<T>(
    keys: &mut Keys<'_>,
    key: &'static str,
    among: &Among<'_>,
    read: impl Fn(&mut Keys<'_>, String, String) -> T,
) -> Vec<T> {
    if !keys.has(key) {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let expected = format!("`[[{key}]]` with `method`, and `dataset` where the study has several");
    for mut table in keys.require_tables(key, &expected).unwrap_or_default() {
        let row = table.row_of_key("method");
        let method = one_of(&mut table, "method", among.methods);
        let dataset = match among.datasets {
            [only] if !table.has("dataset") => {
                table.take::<String>("dataset", "a dataset"); // known, and not needed
                Some(only.clone())
            }
            datasets => one_of(&mut table, "dataset", datasets),
        };
        let (method, dataset) = (method.unwrap_or_default(), dataset.unwrap_or_default());
        if !method.is_empty() && !dataset.is_empty() && !seen.insert((method.clone(), dataset.clone())) {
            let text = format!("{} on {} is measured twice", quoted(&method), quoted(&dataset));
            table.wrong("method", row, text, None);
        }
        found.push(read(&mut table, method, dataset));
        keys.absorb(table);
    }
    found
}

/// The value of `key`, which is one of `known`.
fn one_of(table: &mut Keys<'_>, key: &'static str, known: &[String]) -> Option<String> {
    let row = table.row_of_key(key);
    let value: String = table.require(key, &format!("one of the study's {key}s: {}", listed(known)))?;
    if known.contains(&value) {
        return Some(value);
    }
    let help = did_you_mean(&value, known.iter().map(String::as_str));
    let text = format!("{} is not one of the study's {key}s: {}", quoted(&value), listed(known));
    table.wrong(key, row, text, help);
    None
}

fn latency(table: &mut Keys<'_>, method: String, dataset: String) -> Latency {
    let row = table.row_of_key("rate");
    let rate: Option<f64> = table.take("rate", "a number of attempts a second");
    if rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
        table.wrong("rate", row, "expected a number of attempts a second above 0", None);
    }
    let starts = table.take("starts", "a number of starts from 1 on");
    let attempts = table.take("attempts", "a number of attempts from 1 on");
    let warm_up = table.take("warm_up", "a number of attempts");
    Latency {
        method,
        dataset,
        rate,
        starts: starts.unwrap_or(NonZeroU32::MIN.saturating_add(4)),
        attempts: attempts.unwrap_or(NonZeroUsize::MIN.saturating_add(99)),
        warm_up: warm_up.unwrap_or(10),
    }
}

fn footprint(table: &mut Keys<'_>, method: String, dataset: String) -> Footprint {
    let allow_hosts = table.take("allow_hosts", "a list of hosts: \"NAME\" or \"NAME:PORT\"").unwrap_or_default();
    let row = table.row_of_key("curve");
    let asked: Vec<String> = table.take("curve", "a list of what is taken away").unwrap_or_default();
    for wrong in asked.iter().filter(|axis| !AXES.contains(&axis.as_str())) {
        let text = format!("{} is nothing that can be taken away: expected some of {}", quoted(wrong), AXES.join(", "));
        table.wrong("curve", row, text, did_you_mean(wrong, AXES));
    }
    let curve = AXES.into_iter().filter(|axis| asked.iter().any(|word| word == axis)).collect();
    let mut margin = |key: &'static str, most: f64, otherwise: f64| {
        let row = table.row_of_key(key);
        let margin = table.take(key, "a number above 0").unwrap_or(otherwise);
        if !(margin > 0.0 && margin <= most) {
            table.wrong(key, row, format!("`{margin}` is not above 0 and at most {most}"), None);
        }
        margin
    };
    let (margin_rate, margin_years) = (margin("margin_rate", 0.999, 0.05), margin("margin_years", 100.0, 0.5));
    Footprint { method, dataset, allow_hosts, curve, margin_rate, margin_years }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str = "name = 'two'\nmethods = ['a/', 'drawn-even']\ndatasets = ['faces/']\n";

    #[test]
    fn a_short_study_has_the_defaults_of_the_verbs() {
        let study = StudyFile::read("study.toml", STUDY).unwrap();
        assert_eq!((study.compare, study.run.timeout, study.run.max_failed), (true, Duration::from_secs(60), 0));
        assert_eq!((study.run.engine, study.run.timings, study.protocol), ("tract", true, None));
        let more =
            format!("{STUDY}[[latency]]\nmethod = 'a/'\n[[footprint]]\nmethod = 'a/'\ncurve = ['gray', 'pixels']\n");
        let study = StudyFile::read("study.toml", &more).unwrap();
        assert_eq!((study.latency[0].dataset.as_str(), study.latency[0].starts.get()), ("faces/", 5));
        assert_eq!((study.latency[0].attempts.get(), study.latency[0].warm_up), (100, 10));
        assert_eq!(study.footprint[0].curve, ["pixels", "gray"]);
        let one = StudyFile::read("study.toml", "name = 'x'\nmethods = ['a']\ndatasets = ['b']\n").unwrap();
        assert!(!one.compare, "one method is not compared");
    }

    #[test]
    fn every_mistake_is_found_at_once_with_its_line_and_a_suggestion() {
        let text = "nmae = 'x'\nmethods = ['a/', 'a/']\ndatasets = []\n[run]\nenigne = 'tract'\ntimeout = 0\n\
                    decoder = 'zuna'\nprovider = 'cuda'\n[[latency]]\nmethod = 'b/'\nrate = -1\n\
                    [[footprint]]\nmethod = 'a/'\ncurve = ['pixel']\nmargin_rate = 2\n";
        let found = StudyFile::read("study.toml", text).unwrap_err();
        let lines: Vec<String> =
            found.kept().iter().map(|it| format!("{it} ({})", it.help.as_deref().unwrap_or_default())).collect();
        for expected in [
            "column `name`: the key is missing",
            "row 1, column `nmae`: the key is unknown (did you mean `name`?)",
            "row 2, column `methods`: `a/` stands twice",
            "row 3, column `datasets`: the list is empty",
            "row 5, column `run.enigne`: the key is unknown (did you mean `engine`?)",
            "row 6, column `run.timeout`: `0` is not a number of seconds above 0",
            "did you mean `zune`?",
            "row 8, column `run.provider`: a provider does nothing for tract",
            "row 10, column `latency[1].method`: `b/` is not one of the study's methods",
            "row 11, column `latency[1].rate`",
            "row 14, column `footprint[1].curve`: `pixel` is nothing that can be taken away",
            "row 15, column `footprint[1].margin_rate`: `2` is not above 0",
        ] {
            assert!(lines.iter().any(|line| line.contains(expected)), "{expected} in {lines:#?}");
        }
    }

    #[test]
    fn one_measurement_stands_once() {
        let twice = format!("{STUDY}[[latency]]\nmethod = 'a/'\n[[latency]]\nmethod = 'a/'\nrate = 3\n");
        let found = StudyFile::read("study.toml", &twice).unwrap_err();
        assert!(found.to_string().contains("`a/` on `faces/` is measured twice"), "{found}");
    }
}
