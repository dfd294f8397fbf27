//! Which column of a recorded file is what: `OURS=THEIRS`.

use crate::age::AgeLimit;
use crate::dataset::{TrueAge, TruthColumns, is_own_column};
use crate::finding::{Finding, Findings, did_you_mean, listed, quoted};

/// The names that a user may map, but for `score_T` and `pass_T`.
pub(crate) const OURS: [&str; 23] = {
    let mut all = [SAMPLE_ID; 23];
    let (before, rest) = all.split_at_mut(1 + TRUTH.len());
    before.split_at_mut(1).1.copy_from_slice(&TRUTH);
    rest.copy_from_slice(&ANSWER);
    all
};

/// Which sample a row is about.
const SAMPLE_ID: &str = "sample_id";

/// The names that speak of the truth, or of whose sample it is.
const TRUTH: [&str; 10] = [
    "subject_id",
    "cluster_id",
    "weight",
    "split",
    "species",
    "true_age",
    "true_age_low",
    "true_age_high",
    "birth_date",
    "captured_on",
];

/// The names that speak of the answer.
const ANSWER: [&str; 12] = [
    "age",
    "spread",
    "answer_low",
    "answer_high",
    "status",
    "reason",
    "method",
    "bytes_in",
    "bytes_out",
    "prepare_ns",
    "answer_ns",
    "transfer_ns",
];

/// Score and decision of a limit, as places.
pub(crate) type LimitPlaces = (AgeLimit, Option<usize>, Option<usize>);

/// Where everything stands in a recorded file.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    /// The truth; `None` when the file has no true age.
    pub truth: Option<TruthColumns>,
    pub sample_id: Option<usize>,
    pub species: Option<usize>,
    /// `age`, `spread`, `answer_low`, `answer_high`.
    pub answer: [Option<usize>; 4],
    pub limits: Vec<LimitPlaces>,
    pub status: Option<usize>,
    pub reason: Option<usize>,
    pub method: Option<usize>,
    /// `bytes_in`, `bytes_out`, `prepare_ns`, `answer_ns`, `transfer_ns`.
    pub taken: [Option<usize>; 5],
}

/// Where a user says which column is what: it decides how a remedy is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// In the flag `--columns`.
    Flag,
    /// In the table `[replay.columns]` of a card.
    Card,
}

impl Said {
    /// How to say that `ours` is `theirs`.
    fn pair(self, ours: &str, theirs: &str) -> String {
        match self {
            Self::Flag => format!("--columns {ours}={theirs}"),
            Self::Card => format!("[replay.columns] {ours} = \"{theirs}\""),
        }
    }
}

/// What the user said, held against the file's header.
struct Lookup<'l> {
    place: Said,
    file: &'l str,
    header: &'l [String],
    said: &'l [(String, String)],
    findings: Findings,
}

impl Mapping {
    /// Finds every column. What the user did not map is found under its own name, unless that column serves for
    /// something else already; `OURS=` with nothing after it leaves a column out. With the truth elsewhere, `age_low`
    /// and `age_high` are an answered range, as in outcomes.csv.
    ///
    /// # Errors
    /// Every name that is unknown, every column that is missing.
    pub(crate) fn find(
        place: Said,
        file: &str,
        header: &[String],
        said: &[(String, String)],
        groups: &[String],
        limits: &[AgeLimit],
        truth_elsewhere: bool,
    ) -> Result<Self, Findings> {
        let mut lookup = Lookup { place, file, header, said, findings: Findings::new() };
        lookup.check_names();
        let mut place = |ours: &str| lookup.place(ours);
        let [sample_id, subject_id, cluster_id, weight, split, species] =
            ["sample_id", "subject_id", "cluster_id", "weight", "split", "species"].map(&mut place);
        let [years, low, high, birth, captured] =
            ["true_age", "true_age_low", "true_age_high", "birth_date", "captured_on"].map(&mut place);
        let mut answer = ["age", "spread", "answer_low", "answer_high"].map(&mut place);
        if let [_, _, low @ None, high @ None] = &mut answer
            && truth_elsewhere
        {
            // An outcomes.csv of ours: its age_low and age_high are answers.
            [*low, *high] = ["age_low", "age_high"].map(&mut place);
        }
        let [status, reason, method] = ["status", "reason", "method"].map(&mut place);
        let taken = ["bytes_in", "bytes_out", "prepare_ns", "answer_ns", "transfer_ns"].map(&mut place);
        let limits_found = lookup.limits(limits);
        let age = match (years, low.zip(high), birth.zip(captured)) {
            (Some(years), None, None) => Some(TrueAge::Years(years)),
            (None, Some((low, high)), None) => Some(TrueAge::Band(low, high)),
            (None, None, Some((birth, captured))) => Some(TrueAge::Dates(birth, captured)),
            (None, None, None) => {
                let halves =
                    [("true_age_low", low, "true_age_high", high), ("birth_date", birth, "captured_on", captured)];
                for (first, at, second, other) in halves {
                    if at.is_some() != other.is_some() {
                        lookup.wrong(format!("`{first}` and `{second}` go together: one of them is missing"), None);
                    }
                }
                None
            }
            _ => {
                lookup.wrong("two kinds of true age: expected one".to_owned(), None);
                None
            }
        };
        let none = answer.iter().flatten().next().is_none() && limits_found.is_empty();
        if none && lookup.findings.is_empty() {
            lookup.no_answer();
        }
        let mut carried: Vec<(usize, String)> = split.map(|place| (place, "split".to_owned())).into_iter().collect();
        let answers = answer.iter().chain(&taken).chain([&species, &status, &reason, &method]).flatten();
        let truths = [sample_id, subject_id, cluster_id, weight, split, years, low, high, birth, captured];
        let of_limits = limits_found.iter().flat_map(|(_, score, pass)| [score, pass]).flatten();
        let meant: Vec<usize> = answers.chain(truths.iter().flatten()).chain(of_limits).copied().collect();
        for group in groups {
            let place = header.iter().position(|name| name == group);
            if is_own_column(group) || place.is_some_and(|place| meant.contains(&place)) {
                lookup.wrong(
                    format!("the column {} has a meaning of its own and cannot be a group", quoted(group)),
                    None,
                );
            } else if let Some(place) = lookup.in_header(group) {
                carried.push((place, group.clone()));
            }
        }
        carried.extend(species.and_then(|place| header.get(place).map(|name| (place, name.clone()))));
        carried.sort_unstable();
        carried.dedup_by_key(|(place, _)| *place);
        if lookup.findings.errors() > 0 {
            return Err(lookup.findings);
        }
        let several_rows = method.is_some();
        let truth =
            age.map(|age| TruthColumns { sample_id, age, subject_id, cluster_id, weight, carried, several_rows });
        Ok(Self { truth, sample_id, species, answer, limits: limits_found, status, reason, method, taken })
    }
}

impl Lookup<'_> {
    fn wrong(&mut self, text: String, help: Option<String>) {
        self.findings.push(Finding::error(self.file, text).maybe_help(help));
    }

    fn check_names(&mut self) {
        for (at, (ours, _)) in self.said.iter().enumerate() {
            if self.said.iter().skip(at + 1).any(|(other, _)| other == ours) {
                self.wrong(format!("{} is mapped twice", quoted(ours)), None);
            }
            if OURS.contains(&ours.as_str()) || limit_of(ours).is_some() {
                continue;
            }
            let help = match ours.as_str() {
                "age_low" | "age_high" => {
                    Some("say true_age_low or answer_low, true_age_high or answer_high".to_owned())
                }
                other => did_you_mean(other, OURS)
                    .or_else(|| Some(format!("known are {}, score_18 and pass_18 (any limit)", listed(&OURS)))),
            };
            self.wrong(format!("{} is no column that can be named", quoted(ours)), help);
        }
    }

    /// The place of `ours`: as the user said, or under its own name.
    fn place(&mut self, ours: &str) -> Option<usize> {
        match self.said.iter().find(|(name, _)| name == ours) {
            Some((_, theirs)) if theirs.is_empty() => None,
            Some((_, theirs)) => self.in_header(theirs),
            None if self.said.iter().any(|(_, theirs)| theirs == ours) => None,
            None => self.header.iter().position(|name| name == ours),
        }
    }

    fn in_header(&mut self, theirs: &str) -> Option<usize> {
        let found = self.header.iter().position(|name| name == theirs);
        if found.is_none() {
            let text = format!("the column {} is missing: there are {}", quoted(theirs), listed(self.header));
            let help = did_you_mean(theirs, self.header.iter().map(String::as_str));
            self.wrong(text, help);
        }
        found
    }

    /// `score_T` and `pass_T`, said or under their own names, for the protocol's limits.
    fn limits(&mut self, wanted: &[AgeLimit]) -> Vec<LimitPlaces> {
        let said = self.said.iter().map(|(ours, _)| ours.clone());
        let names: Vec<String> = said.chain(self.header.iter().cloned()).collect();
        let mut others: Vec<AgeLimit> =
            names.iter().filter_map(|name| limit_of(name)).filter(|limit| !wanted.contains(limit)).collect();
        others.sort_unstable();
        others.dedup();
        for limit in others {
            let columns = ["score", "pass"].map(|kind| format!("{kind}_{limit}"));
            if columns.iter().any(|column| self.place(column).is_some()) {
                let out = match self.place {
                    Said::Flag => format!("--columns pass_{limit}=,score_{limit}="),
                    Said::Card => format!("[replay.columns] pass_{limit} = \"\", score_{limit} = \"\""),
                };
                let help = format!("add {limit} to `limits` in the protocol, or leave it out: {out}");
                self.wrong(format!("answers for the limit {limit}, which the protocol does not have"), Some(help));
            }
        }
        let both = wanted
            .iter()
            .map(|limit| (*limit, self.place(&format!("score_{limit}")), self.place(&format!("pass_{limit}"))));
        both.filter(|(_, score, pass)| score.is_some() || pass.is_some()).collect()
    }

    fn no_answer(&mut self) {
        let candidates = self.header.iter().filter(|name| {
            let name = name.to_lowercase();
            ["pred", "estim", "answer", "output"].iter().any(|part| name.contains(part))
        });
        let help = match candidates.collect::<Vec<_>>().first() {
            Some(name) => format!("name it: {}", self.place.pair("age", name)),
            None => {
                format!(
                    "name it: {}, or answer_low and answer_high, pass_18, score_18",
                    self.place.pair("age", "COLUMN")
                )
            }
        };
        let text = format!("no column holds the answers: there are {}", listed(self.header));
        self.wrong(text, Some(help));
    }
}

/// Whether `ours` is a column of an answer, or says whose it is.
pub(crate) fn is_of_answer(ours: &str) -> bool {
    limit_of(ours).is_some() || ours == SAMPLE_ID || ANSWER.contains(&ours)
}

/// The limit of a name `score_T` or `pass_T`.
pub(crate) fn limit_of(name: &str) -> Option<AgeLimit> {
    let years = name.strip_prefix("score_").or_else(|| name.strip_prefix("pass_"))?;
    AgeLimit::new(years.parse().ok()?).ok()
}
