//! What `agebench plan` says on a terminal: tables and sentences.

use std::collections::BTreeMap;

use super::super::list::{Listing, table};
use crate::dataset::Dataset;
use crate::finding::counted;
use crate::plan::{self, Planned, Question, Rate, Standing};
use crate::report::number::{count, percent, points};
use crate::table::Population;

/// Tables and sentences.
pub(super) fn shown(rows: &[Planned], dataset: Option<&Dataset>, all: bool, width: Option<u16>) -> String {
    let mut text = String::new();
    let mut part = |heading: String, listing: Option<Listing>, sentences: Vec<String>| {
        if let Some(listing) = listing.filter(|listing| !listing.lines.is_empty()) {
            text.push_str(&format!("{heading}\n\n{}\n", table(&listing, width)));
            sentences.iter().for_each(|sentence| text.push_str(&format!("- {sentence}\n")));
            text.push('\n');
        }
    };
    let first = |question| rows.iter().find(|row| row.question == question);
    if let Some(row) = first(Question::Claim) {
        let heading = format!("People needed, {}", claimed(row));
        part(heading, Some(needed(rows, row)), plan::claims(rows));
    }
    if let Some(row) = first(Question::Comparison) {
        let heading = format!(
            "People needed to show that a method is worse by less than {} than another on the same people (power {}, one-sided level {})",
            row.margin.map(points).unwrap_or_default(),
            percent(row.power),
            percent(row.level)
        );
        part(heading, Some(compared(rows, row)), plan::comparisons(rows));
    }
    if let (Some(row), Some(dataset)) = (first(Question::Dataset), dataset) {
        let heading = format!("What `{}` can show, {}", dataset.card().name, claimed(row));
        let rates: Vec<String> = rows
            .iter()
            .filter(|one| {
                one.question == Question::Dataset
                    && (one.limit, &one.population, &one.group) == (row.limit, &row.population, &row.group)
            })
            .map(|row| share(row.true_rate))
            .collect();
        let mut sentences = vec![format!(
            "`best bound` is what a method without an error gets; `shows` and `more people` are for true rates of {}; `target` says up to which of them it can be shown.",
            rates.join(" / ")
        )];
        sentences.extend(plan::reaches(rows));
        part(heading, Some(reached(rows, all)), sentences);
        let straddling: BTreeMap<_, _> = rows
            .iter()
            .filter(|row| row.group.is_whole())
            .filter_map(|row| Some((row.limit?.years(), row.n_straddling.filter(|samples| *samples > 0)?)))
            .collect();
        for (limit, samples) in straddling {
            let samples = counted(samples, "sample");
            text.push_str(&format!("{samples} left out at {limit}: the known age is a band with the limit inside.\n"));
        }
    }
    text
}

/// The claim in words.
fn claimed(row: &Planned) -> String {
    let what = if row.metric == Rate::UnderAgePass.metric() { "under-age pass rate" } else { "adult denial rate" };
    let at = row.challenge.map(|challenge| format!(" at challenge age {}", challenge.years())).unwrap_or_default();
    format!(
        "{what}{at} of at most {} (power {}, one-sided level {})",
        row.target.map(percent).unwrap_or_default(),
        percent(row.power),
        percent(row.level)
    )
}

fn whole(value: Option<u64>) -> String {
    value.map_or_else(|| "-".to_owned(), count)
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), percent)
}

/// The claim's rows of one limit; the others hold the same numbers.
fn needed(rows: &[Planned], first: &Planned) -> Listing {
    let lines = rows.iter().filter(|row| row.question == Question::Claim && row.limit == first.limit);
    let line = |row: &Planned| {
        let subjects =
            if row.standing == Standing::NotAchievable { row.reasons.join(", ") } else { whole(row.subjects_needed) };
        let most = whole(row.allowed_events);
        vec![
            share(row.true_rate),
            subjects,
            whole(row.attempts_needed),
            whole(row.n_star_needed),
            whole(row.n_star_for_bound),
            most,
            share(row.power_there),
        ]
    };
    Listing {
        columns: vec![
            "true rate",
            "people",
            "attempts",
            "independent",
            "for the bound alone",
            "events at most",
            "chance",
        ],
        lines: lines.map(line).collect(),
    }
}

fn compared(rows: &[Planned], first: &Planned) -> Listing {
    let lines = rows.iter().filter(|row| row.question == Question::Comparison && row.limit == first.limit);
    let line = |row: &Planned| {
        let subjects =
            if row.standing == Standing::NotAchievable { row.reasons.join(", ") } else { whole(row.subjects_needed) };
        vec![share(row.discordance), subjects, whole(row.n_star_needed)]
    };
    Listing { columns: vec!["decided differently", "people", "independent"], lines: lines.map(line).collect() }
}

/// A line for each population and group, with what it shows at every true rate.
fn reached(rows: &[Planned], all: bool) -> Listing {
    let own: Vec<&Planned> = rows.iter().filter(|row| row.question == Question::Dataset).collect();
    let is_shown = |row: &Planned| {
        all || !matches!((&row.population, row.limit), (Some(Population::Age(year)), Some(limit)) if year + 1 != limit.years())
    };
    let line = |of_rates: &[&Planned]| {
        let first = of_rates.first()?;
        let group = if first.group.is_whole() {
            "everyone".to_owned()
        } else {
            format!("{}={}", first.group.by(), first.group.level())
        };
        let can: Vec<String> =
            of_rates.iter().filter(|row| row.standing == Standing::CanShow).map(|row| share(row.true_rate)).collect();
        let can = if can.is_empty() {
            "no".to_owned()
        } else {
            format!("yes, up to {}", can.last().cloned().unwrap_or_default())
        };
        let more = of_rates.iter().map(|row| whole(row.more_subjects)).collect::<Vec<_>>().join(" / ");
        Some(vec![
            first.limit.map(|limit| limit.years().to_string()).unwrap_or_default(),
            first.population.as_ref().map(ToString::to_string).unwrap_or_default(),
            group,
            whole(first.n_subjects),
            share(first.least_without_event),
            of_rates.iter().map(|row| share(row.least_target)).collect::<Vec<_>>().join(" / "),
            can,
            more,
            first.reasons.join(", "),
        ])
    };
    let lines = own
        .chunk_by(|one, other| {
            (one.limit, &one.population, &one.group) == (other.limit, &other.population, &other.group)
        })
        .filter(|of_rates| of_rates.first().is_some_and(|row| is_shown(row)))
        .filter_map(line)
        .collect();
    Listing {
        columns: vec![
            "limit",
            "population",
            "group",
            "people",
            "best bound",
            "shows",
            "target",
            "more people",
            "against",
        ],
        lines,
    }
}
