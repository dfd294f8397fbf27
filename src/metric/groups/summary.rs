//! Summaries over the groups of a column: how far their rates and mean errors lie apart, over the groups that have
//! enough people. They have no interval; beside those declared in advance stands their permutation null.

use std::collections::BTreeMap;

use super::super::catalogue::{self, Entry};
use super::super::frame::{FEW_HOLD_MOST, Frame, THIN_CELL, flag};
use super::super::threshold::Side;
use super::apart::{Apart, Noise, Statistic};
use super::groups_of;
use super::null::{self, EXPECTED, Request};
use crate::age::AgeLimit;
use crate::table::{
    Counts, Evidence, Group, Place, Population, Quantity, Row, RowStatus, Variant, Weighting, twelve_digits,
};
use crate::tally::Measured;

/// The metrics whose groups are summarised.
const SUMMARISED: [Entry; 4] = [catalogue::UNDER_AGE_PASS, catalogue::ADULT_DENIAL, catalogue::MAE, catalogue::BIAS];

/// What all groups come to at one place: their rows.
struct Column<'r> {
    rows: BTreeMap<&'r Group, &'r Row>,
    whole: Option<&'r Row>,
}

/// A summary about to become a row.
struct Summary {
    entry: Entry,
    place: Place,
    value: Option<f64>,
    reasons: Vec<String>,
    status: RowStatus,
    counts: Counts,
    left_out: bool,
    request: Request,
}

/// The rows of one column or crossing.
pub(super) fn rows(frame: &mut Frame<'_>, by: &str) {
    let groups: Vec<&Group> = groups_of(frame, by).into_iter().map(|(group, _)| group).collect();
    let (made, left_out) = {
        let columns = columns(frame, by);
        let mut made = Vec::new();
        let mut left_out = Vec::new();
        for ((metric, place), column) in &columns {
            let Some(entry) = SUMMARISED.get(*metric) else { continue };
            let kept = Kept::of(frame, &[column], &groups);
            let statistics: &[Statistic] =
                if *entry == catalogue::BIAS { &Statistic::OF_SIGNED } else { &Statistic::OF_ONE };
            for statistic in statistics {
                made.push(one(frame, *statistic, *entry, place, column, &kept));
            }
            left_out.push((*entry, place.clone(), kept));
        }
        for ((metric, place), passes) in columns.iter().filter(|((metric, _), _)| *metric == 0) {
            if let Some((combined, denials)) = other_side(frame, place)
                .and_then(|(combined, place)| Some((combined, columns.get(&(metric + 1, place))?)))
            {
                let kept = Kept::of(frame, &[passes, denials], &groups);
                for statistic in Statistic::OF_BOTH {
                    made.push(two(frame, statistic, &combined, [passes, denials], &kept));
                }
            }
        }
        (made, left_out)
    };
    for (entry, place, kept) in left_out {
        told_left_out(frame, entry, &place, &kept);
    }
    let mut requests = Vec::new();
    for summary in made {
        let Summary { entry, place, value, reasons, status, counts, left_out, request } = summary;
        match value {
            Some(value) => {
                let evidence = Some(Evidence::of(reasons.clone()));
                frame.quantity(place, entry, Quantity { value, bounds: None, counts, evidence });
            }
            None => frame.nothing(place, entry, status, counts, &reasons.join(", ")),
        }
        if left_out {
            frame.flag_last(flag::GROUPS_LEFT_OUT);
        }
        if frame.last_is_primary() {
            requests.push(Request { reasons, left_out, ..request });
        }
    }
    null::rows(frame, by, &requests);
}

/// The rows of the groups of `by` that are summarised, by metric and place (without the group), with that of the whole.
fn columns<'r>(frame: &'r Frame<'_>, by: &str) -> BTreeMap<(usize, Place), Column<'r>> {
    let mut columns: BTreeMap<(usize, Place), Column<'r>> = BTreeMap::new();
    let headline: Vec<(AgeLimit, Vec<_>)> =
        frame.protocol.limits.iter().map(|limit| (*limit, frame.challenges(*limit, true))).collect();
    let wanted = |row: &Row| {
        let metric = SUMMARISED.iter().position(|entry| row.metric == entry.measure.name)?;
        let plain =
            row.variant.is_none() || (row.population == Population::Standardised && row.variant.get("cells").is_none());
        let at_headline = metric > 1
            || headline.iter().any(|(limit, ages)| row.limit == Some(*limit) && ages.contains(&row.challenge));
        let subject = row.weighting == Some(Weighting::Subject);
        (plain && at_headline && subject && !matches!(row.population, Population::Age(_) | Population::Answered(_)))
            .then(|| (metric, Place { group: Group::all_of(by), ..row.place() }))
    };
    for row in frame.made().iter().filter(|row| row.group.by() == by) {
        if let Some(key) = wanted(row) {
            let none = || Column { rows: BTreeMap::new(), whole: None };
            columns.entry(key).or_insert_with(none).rows.insert(&row.group, row);
        }
    }
    for row in frame.made().iter().filter(|row| row.group.is_whole()) {
        if let Some(column) = wanted(row).and_then(|key| columns.get_mut(&key)) {
            column.whole = Some(row);
        }
    }
    columns
}

/// Who is in a summary, and who is not.
struct Kept {
    /// Places of the groups that are in it.
    groups: Vec<Group>,
    /// The others, each with why.
    left_out: Vec<String>,
    counts: Counts,
    left_out_subjects: u64,
    /// Why nothing can be said of any group.
    nothing: Option<(RowStatus, String)>,
}

impl Kept {
    fn of(frame: &Frame<'_>, columns: &[&Column<'_>], groups: &[&Group]) -> Self {
        let floor = frame.protocol.evidence.subjects;
        let mut kept = Self {
            groups: Vec::new(),
            left_out: Vec::new(),
            counts: Counts {
                attempts: Some(0),
                subjects: Some(0),
                events: Some(0),
                event_subjects: Some(0),
                ..Counts::default()
            },
            left_out_subjects: 0,
            nothing: None,
        };
        for group in groups {
            let rows = columns.iter().map(|column| column.rows.get(group).copied());
            let rows: Vec<Option<&Row>> = rows.collect();
            let short = rows.iter().find_map(|row| why_left_out(*row, floor));
            let subjects: u64 = rows.iter().flatten().filter_map(|row| row.n_subjects).sum();
            match short {
                None => {
                    kept.groups.push((*group).clone());
                    for row in rows.into_iter().flatten() {
                        let add = |own: &mut Option<u64>, more: Option<u64>| *own = own.zip(more).map(|(a, b)| a + b);
                        add(&mut kept.counts.attempts, row.n_attempts);
                        add(&mut kept.counts.subjects, row.n_subjects);
                        add(&mut kept.counts.events, row.n_events);
                        add(&mut kept.counts.event_subjects, row.n_event_subjects);
                    }
                }
                Some((status, why)) => {
                    kept.left_out.push(format!("{} ({why})", group.level().replace(';', ",")));
                    kept.left_out_subjects += subjects;
                    if status == RowStatus::NotApplicable {
                        kept.nothing = Some((status, why));
                    }
                }
            }
        }
        if !kept.groups.is_empty() {
            kept.nothing = None;
        }
        kept
    }

    /// Why a summary says nothing: fewer than two groups.
    fn short(&self) -> Option<(RowStatus, String)> {
        match (&self.nothing, self.groups.len()) {
            (Some(nothing), _) => Some(nothing.clone()),
            (None, 0) => Some((RowStatus::InsufficientEvidence, "no group has enough people".to_owned())),
            (None, 1) => Some((RowStatus::InsufficientEvidence, "only one group has enough people".to_owned())),
            _ => None,
        }
    }
}

/// Why a group is not in a summary: it has no value, or too few people.
fn why_left_out(row: Option<&Row>, floor: u64) -> Option<(RowStatus, String)> {
    let Some(row) = row else { return Some((RowStatus::Empty, "no row".to_owned())) };
    let subjects = row.n_subjects.unwrap_or(0);
    if row.value.is_none() {
        let reason = match &row.evidence {
            Some(Evidence::Short(reasons)) => reasons.join(", "),
            _ => "nobody to count".to_owned(),
        };
        return Some((row.status, reason));
    }
    (subjects < floor).then(|| (RowStatus::InsufficientEvidence, format!("{subjects}<{floor} subjects")))
}

/// A summary of one metric.
fn one(
    frame: &Frame<'_>,
    statistic: Statistic,
    entry: Entry,
    place: &Place,
    column: &Column<'_>,
    kept: &Kept,
) -> Summary {
    let years = entry == catalogue::MAE || entry == catalogue::BIAS;
    let variant = place.variant.clone().with("of", entry.measure.name);
    let place = Place { variant, ..place.clone() };
    made(frame, statistic, statistic.entry(years), place, &[column], kept, years)
}

/// A summary of both rates.
fn two(frame: &Frame<'_>, statistic: Statistic, place: &Place, columns: [&Column<'_>; 2], kept: &Kept) -> Summary {
    let alpha = twelve_digits(frame.protocol.between_groups.alpha);
    let place = Place { variant: place.variant.clone().with("alpha", alpha), ..place.clone() };
    made(frame, statistic, statistic.entry(false), place, &columns, kept, false)
}

fn made(
    frame: &Frame<'_>,
    statistic: Statistic,
    entry: Entry,
    place: Place,
    columns: &[&Column<'_>],
    kept: &Kept,
    years: bool,
) -> Summary {
    let rows: Vec<Vec<&Row>> = columns
        .iter()
        .map(|column| kept.groups.iter().filter_map(|group| column.rows.get(group).copied()).collect())
        .collect();
    let values: Vec<Vec<f64>> = rows.iter().map(|rows| rows.iter().filter_map(|row| row.value).collect()).collect();
    let apart = Apart {
        statistic,
        alpha: frame.protocol.between_groups.alpha,
        reference: columns.first().and_then(|column| column.whole).and_then(|row| row.value),
        noise: rows.first().map(|rows| rows.iter().map(|row| Noise::of(row)).collect()).unwrap_or_default(),
    };
    let mut reasons: Vec<String> = Vec::new();
    let (mut status, mut value) = (RowStatus::InsufficientEvidence, None);
    if let Some((why, reason)) = kept.short() {
        (status, reasons) = (why, vec![reason]);
    } else if let Some(few) = too_few_events(frame, statistic, &rows, years) {
        reasons.push(few);
    } else if let Some(found) = apart.of(&values) {
        value = Some(found);
        reasons.extend(against(columns, &rows));
    } else {
        (status, reasons) = (RowStatus::NotApplicable, vec![undefined(statistic).to_owned()]);
    }
    let denial = Side::AdultDenial.entry().measure.name;
    let request = Request {
        entry,
        place: place.clone(),
        apart,
        groups: kept.groups.clone(),
        observed: value,
        measured: measured(frame, &place),
        over: rows.iter().map(|rows| rows.iter().any(|row| row.metric == denial)).collect(),
        reasons: Vec::new(),
        few: if years { None } else { rows.iter().find_map(|rows| few_expected(rows)) },
        left_out: false,
    };
    Summary { entry, place, value, reasons, status, counts: kept.counts, left_out: !kept.left_out.is_empty(), request }
}

/// Too few events in some group for a ratio to be stable.
fn too_few_events(frame: &Frame<'_>, statistic: Statistic, rows: &[Vec<&Row>], years: bool) -> Option<String> {
    if years || !statistic.is_ratio() {
        return None;
    }
    let least = frame.protocol.between_groups.ratio_event_subjects;
    rows.iter().flatten().find_map(|row| {
        let events = row.n_event_subjects.filter(|events| *events < least)?;
        Some(format!("{events}<{least} subjects with an event in {}", row.group.level().replace(';', ",")))
    })
}

/// Too few events, or attempts that are none, are to be expected in some group for a normal distribution of its sums: were
/// all groups alike. Subjects who weigh differently are as many as their effective number.
fn few_expected(rows: &[&Row]) -> Option<String> {
    let size = |row: &Row| {
        let subjects = row.n_subjects.unwrap_or(0) as f64;
        row.n_star.map_or(subjects, |n_star| n_star.min(subjects))
    };
    let all: f64 = rows.iter().map(|row| size(row)).sum();
    let rate = rows.iter().map(|row| size(row) * row.value.unwrap_or_default()).sum::<f64>() / all;
    let smallest = rows.iter().min_by(|one, other| size(one).total_cmp(&size(other)))?;
    let (events, others) = (size(smallest) * rate, size(smallest) * (1.0 - rate));
    let (expected, of_what) = if events < others { (events, "events") } else { (others, "attempts without one") };
    (expected < EXPECTED).then(|| {
        let group = smallest.group.level().replace(';', ",");
        format!("{expected:.1}<{EXPECTED:.0} {of_what} expected in {group}")
    })
}

/// What speaks against a claim on the whole dataset's row, or on that of a group in the summary, and is no want of people:
/// ages that straddle the limit or are bands of years, few people with most attempts.
fn against(columns: &[&Column<'_>], rows: &[Vec<&Row>]) -> Option<String> {
    let of = |row: &Row| match &row.evidence {
        Some(Evidence::Short(reasons)) => reasons.iter().find(|reason| stays(reason)).cloned(),
        _ => None,
    };
    let whole = columns.iter().find_map(|column| of(column.whole?));
    whole.or_else(|| {
        let of_group = |row: &&Row| Some(format!("{} in {}", of(row)?, row.group.level().replace(';', ",")));
        rows.iter().flatten().find_map(of_group)
    })
}

fn stays(reason: &str) -> bool {
    reason.starts_with("straddling ")
        || reason.starts_with("bands of years ")
        || [FEW_HOLD_MOST, THIN_CELL].contains(&reason)
}

fn undefined(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::BetweenGroupSd => "the values of some group do not vary",
        Statistic::ParityGap => "the whole dataset has no value",
        _ => "some group has no events",
    }
}

/// The place of both rates together, and that of the adult denials that belong to these under-age passes.
fn other_side(frame: &Frame<'_>, place: &Place) -> Option<(Place, Place)> {
    let limit = place.limit?;
    let (together, over) = match &place.population {
        Population::Under => (Population::All, Population::Over),
        Population::Window(first, _) => {
            let (from, to) = frame.protocol.over_window(limit)?;
            (Population::Window(*first, to), Population::Window(from, to))
        }
        Population::Standardised => (Population::Standardised, Population::Standardised),
        _ => return None,
    };
    Some((Place { population: together, ..place.clone() }, Place { population: over, ..place.clone() }))
}

/// What is summed of the subjects for a place; none for required cells.
fn measured(frame: &Frame<'_>, place: &Place) -> Option<Measured> {
    let window = matches!(place.population, Population::Window(..));
    match (place.limit, &place.population) {
        (_, Population::Standardised) => None,
        (Some(limit), _) => Some(Measured::Rates {
            limit: frame.protocol.limits.iter().position(|one| *one == limit)?,
            column: frame.tally.grid.column(limit, place.challenge)?,
            window,
        }),
        (None, population) => {
            let window = match population {
                Population::Window(first, last) => {
                    let windows = &frame.protocol.between_groups.error_windows;
                    Some(windows.iter().position(|one| one == &(*first, *last))?)
                }
                _ => None,
            };
            Some(Measured::Errors { absolute: place.variant.get("of") == Some(catalogue::MAE.measure.name), window })
        }
    }
}

/// How many groups are in no summary of this metric, by name.
fn told_left_out(frame: &mut Frame<'_>, entry: Entry, place: &Place, kept: &Kept) {
    let variant: Variant = place.variant.clone().with("of", entry.measure.name);
    let place = Place { variant, ..place.clone() };
    let evidence = Evidence::of(kept.left_out.clone());
    let counts = Counts { subjects: Some(kept.left_out_subjects), ..Counts::default() };
    let quantity = Quantity { value: kept.left_out.len() as f64, bounds: None, counts, evidence: Some(evidence) };
    frame.quantity(place, catalogue::LEFT_OUT, quantity);
}
