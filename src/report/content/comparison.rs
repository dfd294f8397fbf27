//! What the report of a comparison says: ranks that are intervals, and differences with whether they are shown.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Weak, first_reason, people, share};
use super::figure::{Drawing, Figure, Line, Scale, Value, Whiskers};
use super::grid::{Cell, Grid, Mark, Tone};
use super::number::{count, years};
use super::{DENIALS, PASSES, caveat, find, names};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Better, Compared, Place, Population, Ranked, Row, RowStatus, Weighting};

/// Everything that the report of a comparison says, in its order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    /// The title.
    pub(crate) title: String,
    /// What was compared, and what was left out.
    pub(crate) sentences: Vec<String>,
    /// Ranks, differences of both rates, differences of errors; those without a line are left out.
    pub(crate) grids: Vec<Grid>,
    /// The differences as a picture; none where there is none, or where there are too many for one.
    pub(crate) figure: Option<Figure>,
    /// How to read the tables.
    pub(crate) reading: Vec<String>,
}

/// Lines that a picture of differences holds.
const MOST_LINES: usize = 60;

impl Sheet {
    /// The report of `rows` and `leaderboard`, at every challenge age with `all`.
    pub(crate) fn of(rows: &[Compared], leaderboard: &[Ranked], all: bool) -> Self {
        let headline = headline(rows.iter().map(|it| &it.row).chain(leaderboard.iter().map(|ranked| &ranked.row)));
        let usual = |row: &Row| match (row.limit, row.challenge) {
            (Some(limit), Some(_)) => headline.get(&limit).is_none_or(|ages| ages.contains(&row.challenge)),
            _ => true,
        };
        let shown = |row: &Row| row.group.is_whole() && (all || usual(row));
        let rows: Vec<&Compared> = rows.iter().filter(|compared| shown(&compared.row)).collect();
        let leaderboard: Vec<&Ranked> = leaderboard.iter().filter(|ranked| shown(&ranked.row)).collect();
        let (apart, lines) = differences(&rows);
        let figure = (!lines.is_empty() && lines.len() <= MOST_LINES).then(|| picture(lines, apart.clone()));
        let grids = [ranks(&leaderboard), apart, errors(&rows)];
        let mut methods: Vec<&str> = Vec::new();
        for Compared { row, baseline_method, .. } in &rows {
            for name in [baseline_method, &row.method] {
                if !methods.contains(&name.as_str()) {
                    methods.push(name);
                }
            }
        }
        let unpaired = rows.iter().any(|compared| compared.row.has(names::UNPAIRED));
        let title = match rows.first().filter(|_| !unpaired) {
            Some(compared) => format!("{} methods compared on {}", methods.len(), compared.row.dataset),
            None => format!("{} methods compared, each on people of its own", methods.len()),
        };
        Self {
            title,
            sentences: [sentences(&rows), caveat::of_comparison(rows.iter().map(|compared| &compared.row))].concat(),
            grids: grids.into_iter().filter(|grid| !grid.lines.is_empty()).collect(),
            figure,
            reading: reading(&rows),
        }
    }
}

/// The challenge ages that are shown unless all are asked for, by limit: those that a report of one run shows first.
fn headline<'r>(rows: impl Iterator<Item = &'r Row>) -> BTreeMap<AgeLimit, Vec<Option<ChallengeAge>>> {
    let mut at: BTreeMap<AgeLimit, [BTreeSet<Option<ChallengeAge>>; 2]> = BTreeMap::new();
    for row in rows.filter(|row| row.group.is_whole() && names::BOTH_ERRORS.contains(&row.metric.as_str())) {
        let Some(limit) = row.limit else { continue };
        let [all, declared] = at.entry(limit).or_default();
        all.insert(row.challenge);
        if row.has(names::HEADLINE) {
            declared.insert(row.challenge);
        }
    }
    at.into_iter().map(|(limit, [all, declared])| (limit, find::chosen(limit, &all, &declared))).collect()
}

/// What each pair has in common.
fn sentences(rows: &[&Compared]) -> Vec<String> {
    let mut told = Vec::new();
    for paired in rows.iter().filter(|compared| compared.row.metric == names::PAIRED) {
        let (method, baseline) = (&paired.row.method, &paired.baseline_method);
        let of = |metric: &str| {
            let found = rows.iter().find(|compared| {
                compared.row.metric == metric && compared.row.method == *method && compared.baseline_method == *baseline
            });
            found.and_then(|compared| compared.row.n_attempts).unwrap_or(0)
        };
        let both = paired.row.n_attempts.unwrap_or(0);
        let of_people = paired.row.n_subjects.map_or(String::new(), |number| format!(" of {}", people(number)));
        let mut text = format!("{baseline} and {method} both ran {} attempts{of_people}", count(both));
        for (metric, name) in [(names::BASELINE_ONLY, baseline), (names::METHOD_ONLY, method)] {
            match of(metric) {
                0 => {}
                only => text.push_str(&format!("; {} that only {name} ran are left out", count(only))),
            }
        }
        if paired.row.has(names::IDENTICAL) {
            text.push_str("; every outcome is the same");
        }
        told.push(format!("{text}."));
    }
    if rows.iter().any(|compared| compared.row.has(names::UNPAIRED)) {
        told.push(
            "The methods were run on different manifests: nothing is paired. Each rate is the mean over single years of \
             age that all of them have, every year weighing the same."
                .to_owned(),
        );
    }
    told
}

fn reading(rows: &[&Compared]) -> Vec<String> {
    let level = rows.iter().find_map(|compared| compared.row.level).unwrap_or(0.95);
    let percent = (level * 100.0).round();
    vec![
        format!(
            "A difference is the first method's share less the second's, in percentage points, with its two-sided \
             {percent} % interval. It is shown (\"more\", \"fewer\") when its p-value, adjusted for all rates of the \
             protocol's family, is at most {:.2}.",
            1.0 - level
        ),
        "A rank is an interval: from 1 + the methods shown to be better, to the last place less those shown to be worse. \
         Methods that no difference separates share it."
            .to_owned(),
        "Not separated does not mean equal: the interval says how large the difference may be.".to_owned(),
    ]
}

/// Limit, challenge age and population words of a row.
fn keys(row: &Row) -> [Cell; 2] {
    let limit = row.limit.map_or(String::new(), |limit: AgeLimit| limit.to_string());
    let challenge = row.challenge.map_or_else(|| "own decision".to_owned(), |challenge| challenge.to_string());
    [Cell::plain(limit), Cell::plain(challenge)]
}

/// The same place on the other side of the limit.
fn partner(place: &Place) -> Place {
    let population = match place.population {
        Population::Under => Population::Over,
        ref other => other.clone(),
    };
    Place { population, ..place.clone() }
}

/// Whether two rows stand at one place but for the side of the limit.
fn beside(one: &Row, other: &Row) -> bool {
    let sides = match (&one.population, &other.population) {
        (Population::Window(..), Population::Window(..)) => true,
        _ => partner(&one.place()).population == other.population,
    };
    let key = |row: &Row| (row.limit, row.challenge, row.failure_policy, row.weighting);
    other.metric == names::ADULT_DENIAL
        && sides
        && key(one) == key(other)
        && one.variant.get("mix") == other.variant.get("mix")
}

fn ranks(leaderboard: &[&Ranked]) -> Grid {
    let heads = ["limit", "challenge", "method", PASSES, "rank", DENIALS, "rank"];
    let mut grid = Grid::new("Both errors at each limit, and the ranks that the differences show", 3, &heads);
    for passes in leaderboard.iter().filter(|ranked| ranked.row.metric == names::UNDER_AGE_PASS) {
        let denials = leaderboard
            .iter()
            .find(|other| other.row.method == passes.row.method && beside(&passes.row, &other.row))
            .copied();
        let [limit, challenge] = keys(&passes.row);
        let cells = [Some(*passes), denials].map(|ranked| match ranked {
            Some(ranked) => [share(Some(&ranked.row), Weak::Hidden), Cell::plain(rank(ranked))],
            None => [Cell::absent(""), Cell::absent("")],
        });
        let mut line = vec![limit, challenge, Cell::plain(passes.row.method.clone())];
        line.extend(cells.into_iter().flatten());
        grid.lines.push(line);
    }
    grid
}

fn rank(ranked: &Ranked) -> String {
    match (ranked.rank_low, ranked.rank_high) {
        (Some(low), Some(high)) if low == high => format!("{low} of {}", ranked.ranked),
        (Some(low), Some(high)) => format!("{low} to {high} of {}", ranked.ranked),
        _ => "not ranked".to_owned(),
    }
}

/// The differences as a picture: right of the middle the first method has more of the error.
fn picture(lines: Vec<Line>, grid: Grid) -> Figure {
    Figure {
        id: "differences".to_owned(),
        title: "Differences of both errors, in percentage points".to_owned(),
        caption: "The first method's share less the second's, in percentage points, with its interval: right of the middle the \
                  first has more of the error. Grey: too little evidence."
            .to_owned(),
        drawing: Drawing::Whiskers(Whiskers {
            heads: vec![PASSES.to_owned(), DENIALS.to_owned()],
            scale: Scale::Differences,
            lines,
        }),
        grid,
    }
}

/// The table of differences, and the lines of its picture.
fn differences(rows: &[&Compared]) -> (Grid, Vec<Line>) {
    let heads = ["limit", "challenge", "methods", PASSES, DENIALS];
    let mut grid = Grid::new("Differences of both errors on the same people, in percentage points", 3, &heads);
    if rows.iter().any(|compared| compared.row.has(names::UNPAIRED)) {
        grid.caption = "Differences of both errors over a common mix of ages, in percentage points".to_owned();
    }
    let in_family = |compared: &&&Compared| {
        let row = &compared.row;
        row.metric == names::UNDER_AGE_PASS
            && (compared.p_adjusted.is_some() || row.status != RowStatus::Value)
            && row.variant.get("window").is_none()
    };
    let mut seen: Vec<(Place, &str, &str)> = Vec::new();
    let mut lines = Vec::new();
    for passes in rows.iter().filter(in_family) {
        let names = (passes.row.method.as_str(), passes.baseline_method.as_str());
        let place = Place { failure_policy: None, ..passes.row.place() };
        if seen.contains(&(place.clone(), names.0, names.1)) {
            continue;
        }
        seen.push((place, names.0, names.1));
        let same_pair = |other: &&&Compared| {
            other.row.method == names.0 && other.baseline_method == names.1 && beside(&passes.row, &other.row)
        };
        let denials = rows.iter().find(same_pair).copied();
        let [limit, challenge] = keys(&passes.row);
        let methods = Cell::plain(format!("{} against {}", names.0, names.1));
        let value = |compared: Option<&Compared>| {
            let Some(compared) = compared else { return Value::default() };
            let row = &compared.row;
            let said = format!("{}: {}", methods.text, points(compared).text);
            Value { mark: Mark::of(row), weak: row.status != RowStatus::Value, beside: None, said }
        };
        lines.push(Line {
            heading: String::new(),
            label: format!("{} / {}: {} less {}", limit.text, challenge.text, names.0, names.1),
            values: vec![value(Some(passes)), value(denials)],
        });
        let denied = denials.map_or_else(|| Cell::absent(""), points);
        grid.lines.push(vec![limit, challenge, methods, points(passes), denied]);
    }
    (grid, lines)
}

/// `+1.7 [0.2, 3.2] more`, `-0.4 [-1.9, 1.1] not separated`.
fn points(compared: &Compared) -> Cell {
    let row = &compared.row;
    let Some(value) = row.value else { return share(Some(row), Weak::Hidden) };
    let number = |share: f64| format!("{:.1}", (share * 1000.0).round() / 10.0 + 0.0);
    let bounds = match (row.low, row.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", number(low), number(high)),
        _ => String::new(),
    };
    let signed = format!("{:+.1}", (value * 1000.0).round() / 10.0 + 0.0);
    if row.status != RowStatus::Value {
        let text = format!("{signed}{bounds} ({})", first_reason(row));
        return Cell { text, tone: Tone::Weak, mark: None };
    }
    Cell::plain(format!("{signed}{bounds} {}", verdict(compared)))
}

fn verdict(compared: &Compared) -> &'static str {
    let row = &compared.row;
    let alpha = 1.0 - row.level.unwrap_or(0.95) + 1e-12;
    match (compared.p_adjusted, row.value) {
        _ if row.has(names::IDENTICAL) => "identical",
        (None, _) => "not tested",
        (Some(p), Some(value)) if p <= alpha && value > 0.0 => "more",
        (Some(p), Some(value)) if p <= alpha && value < 0.0 => "fewer",
        _ => "not separated",
    }
}

fn errors(rows: &[&Compared]) -> Grid {
    let mut grid = Grid::new(
        "Differences of errors in years, on the attempts that both answered with an age (people weigh the same)",
        1,
        &["methods", "mean absolute error", "root mean squared error"],
    );
    let by_subject = |row: &Row| row.weighting == Some(Weighting::Subject) && row.limit.is_none();
    for mae in rows.iter().filter(|compared| compared.row.metric == names::MAE && by_subject(&compared.row)) {
        let rmse = rows.iter().find(|other| {
            other.row.metric == names::RMSE
                && by_subject(&other.row)
                && other.row.method == mae.row.method
                && other.baseline_method == mae.baseline_method
        });
        let methods = Cell::plain(format!("{} against {}", mae.row.method, mae.baseline_method));
        let second = rmse.map_or_else(|| Cell::absent(""), |rmse| in_years(rmse));
        grid.lines.push(vec![methods, in_years(mae), second]);
    }
    grid
}

fn in_years(compared: &Compared) -> Cell {
    let row = &compared.row;
    let Some(value) = row.value else { return super::cells::in_years(Some(row), true) };
    let (Some(low), Some(high)) = (row.low, row.high) else {
        return Cell { text: format!("{} (no interval)", years(value, true)), tone: Tone::Weak, mark: None };
    };
    let apart = match (low > 0.0, high < 0.0) {
        (true, _) => " larger",
        (_, true) => " smaller",
        _ => " not separated",
    };
    let apart = if row.better == Better::Lower { apart } else { "" };
    Cell::plain(format!("{} [{}, {}]{apart}", years(value, true), years(low, true), years(high, true)))
}
