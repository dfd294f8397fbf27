//! What a report says, before any form is chosen: the same tables and sentences go to the terminal, to Markdown and
//! to the page. Reads rows, formats numbers, computes none.

pub(crate) mod ages;
mod caveat;
mod cells;
pub(crate) mod comparison;
pub(crate) mod curve;
mod find;
mod footprint;
pub(crate) mod grid;
mod groups;
mod latency;
mod limit;
mod names;
mod number;

mod overall;
mod provenance;
mod scores;
mod sentence;
mod stages;
pub(crate) mod taken;
mod visible;

use ages::ByAge;
use find::Source;
use grid::Grid;
use limit::People;
pub(crate) use limit::challenge_name;
pub(crate) use visible::visible;

use super::{Options, ReportError};
use crate::age::AgeLimit;
use crate::table::{Interval, Table};

/// The tables beside those of a limit, in their order; one without a line is left out.
const BESIDE_ERRORS: [fn(&[Source<'_>]) -> Grid; 9] = [
    overall::errors,
    scores::spreads,
    scores::scores,
    scores::bands,
    overall::unanswered,
    stages::waterfalls,
    stages::gates,
    footprint::footprint,
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
    /// Data sets and number of methods.
    pub(crate) subject: String,
    /// What the caller wants to be read first.
    pub(crate) notices: Vec<String>,
    /// The question of the first screen: `Who gets through at 18?`; none where no method was held against a limit.
    pub(crate) lead: Option<Lead>,
    /// What the columns mean.
    pub(crate) reading: Vec<String>,
    /// One a limit.
    pub(crate) limits: Vec<Part>,
    /// What stands beside the limits.
    pub(crate) beside: Beside,
    /// What methods take; nothing where no footprint was measured.
    pub(crate) taken: taken::Taken,
    /// What to bear in mind.
    pub(crate) caveats: Vec<String>,
    /// Where it comes from.
    pub(crate) provenance: Grid,
}

/// The tables that are about no limit: errors in years, attempts without an answer, the flow of samples; or times by group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Beside {
    /// Their heading.
    pub(crate) heading: String,
    /// The heading in a word or two, for a list of contents.
    pub(crate) link: String,
    /// The tables; perhaps none.
    pub(crate) grids: Vec<Grid>,
}

/// The first screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lead {
    /// The question.
    pub(crate) question: String,
    /// The answer as a table.
    pub(crate) grid: Grid,
    /// The answer as sentences.
    pub(crate) sentences: Vec<String>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// The limit.
    pub(crate) limit: AgeLimit,
    /// Whether a form that must be short shows more than the tables of people near the limit.
    pub(crate) wide: bool,
    /// Methods that say nothing about the limit, one sentence each.
    pub(crate) silent: Vec<String>,
    /// One table for each other method: people near the limit.
    pub(crate) near: Vec<Grid>,
    /// The same for everyone, at the headline challenge ages.
    pub(crate) everyone: Vec<Grid>,
    /// One sentence a method and headline challenge age; none for the limit of the first screen, which has them.
    pub(crate) sentences: Vec<String>,
    /// By single year.
    pub(crate) by_age: Option<ByAge>,
    /// By group.
    pub(crate) groups: Vec<Grid>,
}

impl Content {
    /// What a report of `table` says.
    ///
    /// # Errors
    /// [`ReportError::Empty`] for a table without rows.
    pub(crate) fn of(table: &Table, options: &Options) -> Result<Self, ReportError> {
        let sources = find::sources(table);
        if sources.is_empty() {
            return Err(ReportError::Empty);
        }
        if latency::is_measured(&sources) {
            return Ok(latency::content(&sources, options));
        }
        let limits = find::limits(&sources);
        let main = find::main_limit(&sources, &limits);
        let title = if options.title.is_empty() { "Age assurance at the threshold" } else { &options.title };
        Ok(Self {
            title: title.to_owned(),
            subject: subject(&sources),
            notices: options.notices.clone(),
            lead: main.map(|limit| Lead {
                question: format!("Who gets through at {limit}?"),
                grid: overall::lead(&sources, limit),
                sentences: [sentence::sentences(&sources, limit), sentence::silent(&sources, limit)].concat(),
            }),
            reading: reading(&sources),
            limits: limits.into_iter().map(|limit| part(&sources, limit, main, options)).collect(),
            beside: Beside {
                heading: "Errors in years, and attempts without an answer".to_owned(),
                link: "Errors in years".to_owned(),
                grids: BESIDE_ERRORS
                    .map(|table| table(&sources))
                    .into_iter()
                    .filter(|grid| !grid.lines.is_empty())
                    .collect(),
            },
            taken: taken::taken(&sources),
            caveats: caveat::sentences(&sources),
            provenance: provenance::table(&sources),
        })
    }
}

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
        sentences: if said { Vec::new() } else { sentence::sentences(sources, limit) },
        by_age: ages::by_age(sources, limit),
        groups: groups::tables(sources, limit),
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
    let methods = if sources.len() == 1 { "1 method".to_owned() } else { format!("{} methods", sources.len()) };
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
        "k of n counts attempts (one sample put to the method once). The rates are shares of people: a person with \
         many samples weighs as much as one with a single sample, and near a limit each year of age as much as \
         another, so a rate need not equal k / n. No answer: attempts \
         that ended in neither pass nor deny, of all attempts on that side of the limit."
            .to_owned(),
        format!(
            "Brackets hold {}. \"At most\" and \"at least\" are one-sided bounds at the protocol's claim level, shown \
             where nobody or everybody was counted. \"(wide)\" means that the interval is too wide for a claim, \"n/a\" that \
             there is too little evidence, with the reason.",
            level.as_deref().unwrap_or("intervals over people")
        ),
    ]
}
