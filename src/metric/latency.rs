//! M12: latency, from the raw observations of several starts of the process.

use super::catalogue::{self, Entry};
use super::frame::{flag, marked};
use crate::protocol::Protocol;
use crate::stats::{MeanSums, order_statistic_ranks, quantile, subjects_for_percentile};
use crate::table::{Bounds, Context, Counts, Evidence, Group, Interval, Place, Quantity, Row, RowStatus, Variant};

/// Starts from which on a mean has an interval worth the name.
pub const LEAST_STARTS: usize = 5;

/// A share of the processors in use by others above which a measurement is invalid.
const BUSY: f64 = 0.10;

/// A change of the calibration time within a start, as a share, above which a measurement is invalid.
const DRIFT: f64 = 0.10;

/// Why a mean is none.
const AT_THE_LIMIT: &str = "some attempts ended at the time limit";

/// Steps of the clock that a median must hold.
const CLOCK_STEPS: f64 = 20.0;

/// The percentiles, with their shares.
const PERCENTILES: [(Entry, f64); 4] = [
    (catalogue::LATENCY_MEDIAN, 0.5),
    (catalogue::LATENCY_P90, 0.9),
    (catalogue::LATENCY_P95, 0.95),
    (catalogue::LATENCY_P99, 0.99),
];

/// One attempt of a stream; times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Timing {
    /// The start of the process, from 0.
    pub start: usize,
    /// From giving the sample (or from its arrival) to the answer.
    pub latency: f64,
    /// Decoding and preparing.
    pub prepare: Option<f64>,
    /// The answer itself.
    pub answer: Option<f64>,
    /// On the way there and back.
    pub transfer: Option<f64>,
    /// Whether the time limit ended it: the true time is `latency` or more.
    pub censored: bool,
}

/// What is observed once a start, by start; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Starts {
    /// Loading the method.
    pub load: Vec<f64>,
    /// The first attempt, each with whether the time limit ended it.
    pub first: Vec<(f64, bool)>,
    /// The calibration before and after everything else.
    pub calibration: Vec<(f64, f64)>,
    /// Attempts a second of all workers at once.
    pub offline: Vec<f64>,
    /// An attempt of the method that does nothing.
    pub null: Vec<f64>,
}

/// What was set, and what was seen of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LatencyFacts {
    /// Arrivals a second of the offered load.
    pub rate: Option<f64>,
    /// Share of the processors that others used before the measurement; none where it cannot be seen.
    pub busy: Option<f64>,
    /// The least step of the clock, in milliseconds.
    pub clock_step: f64,
}

/// Everything observed of one method.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LatencyInput {
    /// Once a start.
    pub starts: Starts,
    /// The single stream: the whole dataset first, then every group. Failed attempts are left out.
    pub single: Vec<(Group, Vec<Timing>)>,
    /// The offered load, where there was one.
    pub offered: Vec<Timing>,
    /// Attempts of the streams that failed.
    pub failed: u64,
    /// Attempts of the single stream that ended in time.
    pub ended: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Settings and machine.
    pub facts: LatencyFacts,
}

/// The rows of one method: load, first answer, the streams with their parts and groups, throughput, and the harness.
#[must_use]
pub fn rows(context: &Context, protocol: &Protocol, input: &LatencyInput) -> Vec<Row> {
    let mut maker = Maker { context, level: protocol.levels.display, invalid: invalid(input), rows: Vec::new() };
    let place = Place::of_all();
    maker.starts(place.clone(), catalogue::CALIBRATION, &calibrations(&input.starts));
    maker.starts(place.clone(), catalogue::LOAD, &input.starts.load);
    maker.first(place.clone(), &input.starts.first);
    for (group, timings) in &input.single {
        let place = Place { group: group.clone(), variant: Variant::of("stream", "single"), ..place.clone() };
        if group.is_whole() {
            maker.stream(&place, timings);
        } else {
            maker.percentiles(&place, timings, |timing| Some(timing.latency), &PERCENTILES[..3]);
        }
    }
    if let Some(rate) = input.facts.rate {
        let overload = overload(rate, input);
        let before = maker.invalid.len();
        maker.invalid.extend(overload);
        let variant = Variant::of("stream", "offered").with("rate", rate);
        maker.stream(&Place { variant, ..place.clone() }, &input.offered);
        maker.invalid.truncate(before);
    }
    maker.starts(
        Place { variant: Variant::of("stream", "offline"), ..place.clone() },
        catalogue::THROUGHPUT,
        &input.starts.offline,
    );
    maker.starts(place, catalogue::OVERHEAD, &input.starts.null);
    maker.rows.into_iter().map(|row| marked(protocol, row)).collect()
}

/// The faster of the two calibrations of each start.
fn calibrations(starts: &Starts) -> Vec<f64> {
    starts.calibration.iter().map(|(before, after)| before.min(*after)).collect()
}

/// Why the measurement as a whole is invalid; empty when it is valid.
fn invalid(input: &LatencyInput) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(busy) = input.facts.busy.filter(|busy| *busy > BUSY) {
        reasons.push(format!("invalid: others used {:.0}% of the processors", busy * 100.0));
    }
    let drift = |(before, after): &(f64, f64)| (after / before - 1.0).abs();
    let worst = input.starts.calibration.iter().map(drift).fold(0.0, f64::max);
    if input.starts.calibration.iter().any(|(before, _)| *before <= 0.0) {
        reasons.push("invalid: the calibration took no time that the clock can tell".to_owned());
    } else if worst > DRIFT {
        reasons.push(format!("invalid: the processor's speed changed by {:.0}% within a start", worst * 100.0));
    }
    if input.ended > 0 && input.answered == 0 {
        reasons.push(format!("invalid: all {} attempts that ended in time ended without an answer", input.ended));
    }
    let mut latencies: Vec<f64> =
        input.single.iter().take(1).flat_map(|(_, timings)| timings.iter().map(|timing| timing.latency)).collect();
    latencies.sort_by(f64::total_cmp);
    if let Some(median) = quantile(&latencies, 0.5).filter(|median| *median < CLOCK_STEPS * input.facts.clock_step) {
        let (median, step) = (median * 1e6, input.facts.clock_step * 1e6);
        reasons.push(format!("invalid: a clock with steps of {step:.0} ns cannot resolve a median of {median:.0} ns"));
    }
    reasons
}

/// Whether more was offered than one session can serve, as the single stream shows.
fn overload(rate: f64, input: &LatencyInput) -> Option<String> {
    let (_, single) = input.single.first().filter(|(_, single)| !single.is_empty())?;
    let mean = single.iter().map(|timing| timing.latency).sum::<f64>() / single.len() as f64;
    let served = 1000.0 / mean;
    (rate >= served).then(|| format!("invalid: {rate}/s were offered and one session serves {served:.1}/s"))
}

struct Maker<'a> {
    context: &'a Context,
    level: f64,
    invalid: Vec<String>,
    rows: Vec<Row>,
}

impl Maker<'_> {
    fn evidence(&self, reason: Option<String>) -> Option<Evidence> {
        let reasons: Vec<String> = self.invalid.iter().cloned().chain(reason).collect();
        Some(Evidence::of(reasons))
    }

    fn nothing(&mut self, place: Place, entry: Entry, status: RowStatus, attempts: usize, reason: &str) {
        let counts = Counts { attempts: Some(attempts as u64), ..Counts::default() };
        self.rows.push(Row::without_value(self.context, place, entry.measure, status, counts, reason));
    }

    /// The mean of one value a start, with Student's interval over starts.
    fn starts(&mut self, place: Place, entry: Entry, values: &[f64]) {
        let Some(mean) = mean_of(values) else {
            return self.nothing(place, entry, RowStatus::Empty, 0, "no start was observed");
        };
        let short = (values.len() < LEAST_STARTS).then(|| format!("{}<{LEAST_STARTS} starts", values.len()));
        let bounds = mean.estimate(self.level).bounds;
        let quantity = Quantity {
            value: mean.mean,
            bounds: bounds.map(|(low, high)| Bounds { interval: Interval::T, level: self.level, low, high }),
            counts: Counts { attempts: Some(values.len() as u64), ..Counts::default() },
            evidence: self.evidence(short),
        };
        self.rows.push(Row::quantity(self.context, place, entry.measure, quantity));
    }

    /// The mean of the first attempts; none where the limit ended one: its true time is that or more.
    fn first(&mut self, place: Place, firsts: &[(f64, bool)]) {
        if firsts.iter().any(|(_, censored)| *censored) {
            return self.nothing(place, catalogue::FIRST, RowStatus::NotApplicable, firsts.len(), AT_THE_LIMIT);
        }
        let times: Vec<f64> = firsts.iter().map(|(time, _)| *time).collect();
        self.starts(place, catalogue::FIRST, &times);
    }

    /// A stream: percentiles, mean and maximum of the whole and of its parts.
    fn stream(&mut self, place: &Place, timings: &[Timing]) {
        type Part = fn(&Timing) -> Option<f64>;
        let parts: [(&str, Part); 4] = [
            ("", |timing| Some(timing.latency)),
            ("prepare", |timing| timing.prepare),
            ("answer", |timing| timing.answer),
            ("transfer", |timing| timing.transfer),
        ];
        for (part, of) in parts {
            let variant =
                if part.is_empty() { place.variant.clone() } else { place.variant.clone().with("part", part) };
            let place = Place { variant, ..place.clone() };
            self.percentiles(&place, timings, of, &PERCENTILES);
            self.mean(&place, timings, of);
            self.largest(&place, timings, of);
        }
    }

    fn percentiles(
        &mut self,
        place: &Place,
        timings: &[Timing],
        of: impl Fn(&Timing) -> Option<f64>,
        entries: &[(Entry, f64)],
    ) {
        let mut values: Vec<f64> = timings.iter().filter_map(&of).collect();
        values.sort_by(f64::total_cmp);
        let censored = censored(timings, of);
        for (entry, share) in entries {
            let Some(value) = quantile(&values, *share) else {
                self.nothing(place.clone(), *entry, RowStatus::NotApplicable, 0, "no attempt has this time");
                continue;
            };
            let least = subjects_for_percentile(*share, self.level).unwrap_or(u64::MAX);
            let n = values.len() as u64;
            let (low, high) = order_statistic_ranks(n, *share, self.level);
            let at = |rank: u64| usize::try_from(rank).ok().and_then(|rank| values.get(rank - 1)).copied();
            let ends = low.and_then(at).zip(high.and_then(at));
            let bounds = ends.map(|(low, high)| {
                let interval = Interval::OrderStatistic;
                Bounds { interval, level: self.level, low, high }
            });
            let short = (n < least).then(|| format!("{n}<{least} attempts"));
            let counts = Counts { attempts: Some(n), ..Counts::default() };
            let quantity = Quantity { value, bounds, counts, evidence: self.evidence(short) };
            let mut row = Row::quantity(self.context, place.clone(), entry.measure, quantity);
            // Timeouts are the longest: the percentile lies among them when fewer are below it than it asks for.
            let among = censored > 0 && share * (values.len() as f64 - 1.0) > (values.len() - censored) as f64 - 1.0;
            // So may the upper end of its interval alone.
            let end_among = ends.is_some() && high.is_some_and(|rank| rank > n - censored as u64);
            if among || end_among {
                row = row.flagged(flag::CENSORED);
            }
            self.rows.push(row);
        }
    }

    /// The mean over starts of the starts' own means.
    fn mean(&mut self, place: &Place, timings: &[Timing], of: impl Fn(&Timing) -> Option<f64>) {
        let entry = catalogue::LATENCY_MEAN;
        if timings.iter().any(|timing| timing.censored) {
            return self.nothing(place.clone(), entry, RowStatus::NotApplicable, timings.len(), AT_THE_LIMIT);
        }
        let mut by_start: std::collections::BTreeMap<usize, (f64, u64)> = std::collections::BTreeMap::new();
        for (start, value) in timings.iter().filter_map(|timing| of(timing).map(|value| (timing.start, value))) {
            let (sum, count) = by_start.entry(start).or_default();
            *sum += value;
            *count += 1;
        }
        let means: Vec<f64> = by_start.values().map(|(sum, count)| sum / *count as f64).collect();
        if means.is_empty() {
            return self.nothing(place.clone(), entry, RowStatus::NotApplicable, 0, "no attempt has this time");
        }
        self.starts(place.clone(), entry, &means);
    }

    /// The longest time; it has no interval.
    fn largest(&mut self, place: &Place, timings: &[Timing], of: impl Fn(&Timing) -> Option<f64>) {
        let entry = catalogue::LATENCY_MAX;
        let values: Vec<f64> = timings.iter().filter_map(&of).collect();
        let Some(value) = values.iter().copied().max_by(f64::total_cmp) else {
            return self.nothing(place.clone(), entry, RowStatus::NotApplicable, 0, "no attempt has this time");
        };
        let counts = Counts { attempts: Some(values.len() as u64), ..Counts::default() };
        let quantity = Quantity { value, bounds: None, counts, evidence: self.evidence(None) };
        let row = Row::quantity(self.context, place.clone(), entry.measure, quantity);
        self.rows.push(if censored(timings, of) > 0 { row.flagged(flag::CENSORED) } else { row });
    }
}

/// How many of the attempts that have this time were ended by the time limit: one that told nothing of its parts is among
/// no part's values.
fn censored(timings: &[Timing], of: impl Fn(&Timing) -> Option<f64>) -> usize {
    timings.iter().filter(|timing| timing.censored && of(timing).is_some()).count()
}

/// The mean of `values` and its variance; `None` without one.
fn mean_of(values: &[f64]) -> Option<MeanSums> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance =
        (values.len() > 1).then(|| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n * (n - 1.0)));
    (!values.is_empty()).then_some(MeanSums { mean, variance, subjects: values.len() as u64 })
}

#[cfg(test)]
#[path = "tests/latency.rs"]
mod tests;
