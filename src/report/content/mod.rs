//! What a report says, before any form is chosen: the same tables and sentences go to the terminal, to Markdown and
//! to the page. Reads rows, formats numbers, computes none.

pub(crate) mod ages;
mod caveat;
mod cells;
pub(crate) mod comparison;
pub(crate) mod curve;
mod explore;
pub(crate) mod fan;
pub(crate) mod figure;
mod find;
mod form;
pub(crate) mod grid;
mod groups;
mod latency;
mod limit;
mod names;
pub(crate) mod number;
mod overall;
mod provenance;
mod safe;
mod scores;
mod sentence;
pub(crate) mod silence;
mod stages;
mod taken;
pub(crate) mod trade;
pub(crate) mod verdicts;
mod visible;
pub(crate) mod years;

use std::collections::BTreeSet;

use figure::Figure;
use find::Source;
use grid::Grid;
use limit::People;
pub(crate) use limit::challenge_name;
pub(crate) use sentence::Sentence;
pub(crate) use visible::visible;

use super::Options;
use crate::age::AgeLimit;
use crate::table::{Interval, Row, Table};

/// The tables beside those of a limit, in their order; one without a line is left out.
const BESIDE_ERRORS: [fn(&[Source<'_>]) -> Grid; 8] = [
    overall::errors,
    scores::spreads,
    scores::scores,
    scores::bands,
    overall::unanswered,
    stages::waterfalls,
    stages::gates,
    overall::flow,
];

/// The head of the columns of under-age passes.
pub(crate) const PASSES: &str = "under-age passes";
/// The head of the columns of adult denials.
pub(crate) const DENIALS: &str = "adult denials";

/// Everything that a report says, in its order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    /// The title.
    pub(crate) title: String,
    /// Datasets and number of methods.
    pub(crate) subject: String,
    /// What the caller wants to be read first.
    pub(crate) notices: Vec<String>,
    /// What was measured and contradicts a card.
    pub(crate) contradictions: Vec<String>,
    /// The question of the first screen: `Who gets through at 18?`; none where no method was held against a limit.
    pub(crate) lead: Option<Lead>,
    /// What the columns mean.
    pub(crate) reading: Vec<String>,
    /// One a limit.
    pub(crate) limits: Vec<Part>,
    /// What stands beside the limits.
    pub(crate) beside: Vec<Beside>,
    /// What to bear in mind.
    pub(crate) caveats: Vec<String>,
    /// What must not be read into it.
    pub(crate) silence: Vec<String>,
    /// What the page's script moves; null where there is nothing.
    pub(crate) explore: serde_json::Value,
    /// Where it comes from.
    pub(crate) provenance: Grid,
}

/// What is about no limit or about all of them: safe challenge ages; errors in years, attempts without an answer, the flow of
/// samples; or times.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Beside {
    /// Its name, unique in a report.
    pub(crate) id: &'static str,
    /// Its heading.
    pub(crate) heading: String,
    /// The heading in a word or two, for a list of contents.
    pub(crate) link: String,
    /// What is said of it first.
    pub(crate) sentences: Vec<Sentence>,
    /// The tables; perhaps none.
    pub(crate) grids: Vec<Grid>,
    /// The pictures; perhaps none.
    pub(crate) figures: Vec<Figure>,
}

impl Beside {
    fn is_empty(&self) -> bool {
        self.sentences.is_empty() && self.grids.is_empty() && self.figures.is_empty()
    }
}

/// The first screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lead {
    /// The question.
    pub(crate) question: String,
    /// The answer as a table.
    pub(crate) grid: Grid,
    /// The answer as sentences.
    pub(crate) sentences: Vec<Sentence>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// The limit.
    pub(crate) limit: AgeLimit,
    /// Whether a form that must be short shows more than the tables of people near the limit.
    pub(crate) wide: bool,
    /// Methods that say nothing about the limit, one sentence each.
    pub(crate) silent: Vec<Sentence>,
    /// One table for each other method: people near the limit.
    pub(crate) near: Vec<Grid>,
    /// The same for everyone, at the headline challenge ages.
    pub(crate) everyone: Vec<Grid>,
    /// One sentence a method and headline challenge age; none where the first screen has them.
    pub(crate) sentences: Vec<Sentence>,
    /// By single year, one error against the other, by group.
    pub(crate) figures: Vec<Figure>,
    /// By group.
    pub(crate) groups: Vec<Grid>,
}

impl Content {
    /// What a report of `table` says; of one without rows, why there is nothing.
    pub(crate) fn of(table: &Table, options: &Options) -> Self {
        let sources = find::sources(table);
        if sources.is_empty() {
            return Self::empty(options);
        }
        let is_timed = sources.iter().any(|source| source.of("latency_median").next().is_some());
        let only_times = latency::is_measured(&sources);
        let limits = find::limits(&sources);
        let main = find::main_limit(&sources, &limits);
        let title = match (options.title.as_str(), only_times) {
            ("", true) => "Latency",
            ("", false) => "Age assurance at the threshold",
            (title, _) => title,
        };
        let accuracy = || Beside {
            id: "errors",
            heading: "Errors in years, and attempts without an answer".to_owned(),
            link: "Errors in years".to_owned(),
            sentences: Vec::new(),
            grids: BESIDE_ERRORS
                .map(|table| table(&sources))
                .into_iter()
                .filter(|grid| !grid.lines.is_empty())
                .collect(),
            figures: [
                fan::figure(&sources).into_iter().collect(),
                years::figures(&sources),
                [scores::coverage(&sources), scores::reliability(&sources), stages::flow(&sources)]
                    .into_iter()
                    .flatten()
                    .collect(),
            ]
            .concat(),
        };
        let mut beside = if only_times { Vec::new() } else { vec![safe::beside(&sources), accuracy()] };
        if is_timed {
            beside.push(latency::beside(&sources, only_times));
        }
        beside.push(taken::beside(&sources));
        beside.retain(|beside| !beside.is_empty());
        let mut readings = if only_times { Vec::new() } else { reading(&sources) };
        if is_timed {
            readings.extend(latency::reading());
        }
        let lead = main.map(|limit| Lead {
            question: format!("Who gets through at {limit}?"),
            grid: overall::lead(&sources, limit),
            sentences: {
                let of_hundred = sentence::of_hundred(&sources, limit);
                // Rows without single years cannot speak of people of one age.
                let said = if of_hundred.is_empty() { sentence::sentences(&sources, limit) } else { of_hundred };
                [said, sentence::silent(&sources, limit)].concat()
            },
        });
        Self {
            title: title.to_owned(),
            subject: subject(&sources),
            notices: options.notices.clone(),
            contradictions: taken::told(&sources),
            lead: if only_times { Some(latency::lead(&sources)) } else { lead },
            reading: readings,
            explore: explore::data(&sources, &limits),
            limits: limits.into_iter().map(|limit| part(&sources, limit, main, options)).collect(),
            beside,
            caveats: caveat::sentences(&sources),
            silence: if only_times { Vec::new() } else { silence::sentences(&sources) },
            provenance: provenance::table(&sources),
        }
    }

    fn empty(options: &Options) -> Self {
        let mut notices = options.notices.clone();
        notices.push(EMPTY.to_owned());
        Self {
            title: if options.title.is_empty() { "No results".to_owned() } else { options.title.clone() },
            subject: subject(&[]),
            notices,
            contradictions: Vec::new(),
            lead: None,
            reading: Vec::new(),
            limits: Vec::new(),
            beside: Vec::new(),
            caveats: Vec::new(),
            silence: Vec::new(),
            explore: serde_json::Value::Null,
            provenance: provenance::table(&[]),
        }
    }
}

/// Why a report holds nothing.
const EMPTY: &str = "The table holds no rows: no method was scored, so there is nothing to report. A run that was interrupted, or \
                     whose dataset lists nobody of known age, ends like this.";

fn part(sources: &[Source<'_>], limit: AgeLimit, main: Option<AgeLimit>, options: &Options) -> Part {
    let said = main == Some(limit);
    let speaking = || sources.iter().filter(|source| source.speaks_of(limit));
    let each = |table: &dyn Fn(&Source<'_>) -> Grid| speaking().map(table).collect();
    Part {
        limit,
        wide: said || options.all_challenges,
        silent: sentence::silent(sources, limit),
        near: each(&|source| {
            let challenges = source.challenges(limit, options.all_challenges);
            limit::table(source, limit, &People::near(source, limit), &challenges)
        }),
        everyone: each(&|source| limit::table(source, limit, &People::everyone(limit), &source.headline(limit))),
        sentences: if said && sentence::of_hundred(sources, limit).is_empty() {
            Vec::new()
        } else {
            sentence::sentences(sources, limit)
        },
        figures: [
            ages::figure(sources, limit).into_iter().collect(),
            trade::figures(sources, limit),
            groups::figures(sources, limit),
        ]
        .concat(),
        groups: groups::tables(sources, limit),
    }
}

/// What a picture says about methods that it has no room for.
fn left_out(methods: usize, most: usize) -> String {
    if methods > most {
        format!(" The picture shows the first {most} of {methods} methods; the numbers behind it are of all.")
    } else {
        String::new()
    }
}

/// `2 methods on adience-val`.
fn subject(sources: &[Source<'_>]) -> String {
    let mut data: Vec<&str> = Vec::new();
    for row in sources.iter().filter_map(|source| source.rows.first()) {
        if !data.contains(&row.dataset.as_str()) {
            data.push(&row.dataset);
        }
    }
    if data.is_empty() {
        return "no method".to_owned();
    }
    // One method on several datasets is one.
    let key = |row: &&Row| (row.method.clone(), row.method_digest.clone());
    let methods: BTreeSet<_> = sources.iter().filter_map(|source| source.rows.first()).map(key).collect();
    let methods = if methods.len() == 1 { "1 method".to_owned() } else { format!("{} methods", methods.len()) };
    format!("{methods} on {}", data.join(", "))
}

/// How the tables are to be read.
fn reading(sources: &[Source<'_>]) -> Vec<String> {
    let rows = || sources.iter().flat_map(|source| &source.rows);
    let level = rows()
        .find(|row| row.metric == names::UNDER_AGE_PASS && row.interval == Some(Interval::Wilson))
        .and_then(|row| row.level)
        .map(|level| {
            format!("{} two-sided Wilson intervals over people", number::percent(level).replace(".0 %", " %"))
        });
    vec![
        "Under-age passes: the share of people under the limit who were let through. Adult denials: the share of \
         people at or above the limit who were turned away. The challenge age is the answered age from which a \
         person is let through."
            .to_owned(),
        format!(
            "k of n counts attempts (one sample put to the method once). {} No answer: attempts that ended in neither pass \
             nor deny, of all attempts on that side of the limit.",
            form::reading(sources)
        ),
        format!(
            "Brackets hold {}. \"At most\" and \"at least\" are one-sided bounds at the protocol's claim level, shown \
             where nobody or everybody was counted. \"(wide)\" means that the interval is too wide for a claim, \"n/a\" that \
             there is too little evidence, with the reason.",
            level.as_deref().unwrap_or("intervals over people")
        ),
    ]
}
