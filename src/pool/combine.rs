//! The rows of one place put together.

use super::holder::{Holder, Holders};
use super::{evidence, flag};
use crate::metric::flag as known;
use crate::protocol::Protocol;
use crate::stats::{
    Combined, Heterogeneity, Presentable, fixed_effect, heterogeneity, logit_of, lower_claim, normal_quantile,
    random_effects, share_of_logit, t_quantile, upper_claim, wilson,
};
use crate::table::{Effect, Evidence, Interval, Pooled, Row, RowStatus, Unit, twelve_digits};

/// What one holder's row brings in.
enum Brought {
    /// Events among n*, both real-valued.
    Share { events: f64, n_star: f64 },
    /// Between two numbers of events among n*: the count was redacted.
    Redacted { least: f64, most: f64, n_star: f64 },
    /// A mean and its variance.
    Mean { value: f64, variance: f64 },
    /// Nothing.
    Nothing,
}

/// Whether rows like this one are put together: a rate with its effective sample size, or a mean error with Student's
/// interval; or either where a holder withholds it, so that its place says so. What was chosen by looking at results is not:
/// its place differs from holder to holder.
pub(super) fn is_poolable(row: &Row) -> bool {
    let chosen =
        row.has(known::SELECTED) || ["worst", "buffer", "confirm"].iter().any(|key| row.variant.get(key).is_some());
    let withheld = row.status == RowStatus::Suppressed;
    let is_mean = ["mae", "bias"].contains(&row.metric.as_str()) && (row.interval == Some(Interval::T) || withheld);
    !chosen && ((row.unit == Unit::Share && (row.n_star.is_some() || withheld)) || is_mean)
}

impl Brought {
    fn of(row: Option<&Row>, level: Option<f64>) -> Self {
        let Some(row) = row.filter(|row| row.status != RowStatus::Failed) else { return Self::Nothing };
        match (row.value, row.n_star) {
            (Some(value), Some(n_star)) if row.unit == Unit::Share && n_star > 0.0 => {
                Self::Share { events: value * n_star, n_star }
            }
            (None, Some(n_star)) if row.status == RowStatus::Suppressed && n_star > 0.0 => {
                match (row.low, row.high, level) {
                    (Some(low), Some(high), Some(level)) => Self::Redacted {
                        least: events_at(low, n_star, level, false),
                        most: events_at(high, n_star, level, true),
                        n_star,
                    },
                    _ => Self::Nothing,
                }
            }
            (Some(value), _) => Self::mean(row, value),
            _ => Self::Nothing,
        }
    }

    /// The variance is what the row's interval was made of.
    fn mean(row: &Row, value: f64) -> Self {
        match (row.low, row.high, row.level, row.n_subjects) {
            (Some(low), Some(high), Some(level), subjects)
                if subjects.is_none_or(|subjects| subjects >= 2) && row.interval == Some(Interval::T) =>
            {
                // Of people whose number is not published there are at least some: more make the quantile smaller and the
                // variance larger, so that of infinitely many is too large rather than too small.
                let at = 0.5 + level / 2.0;
                let times =
                    subjects.map_or_else(|| normal_quantile(at), |subjects| t_quantile(at, subjects as f64 - 1.0));
                let se = (high - low) / 2.0 / times;
                // Where nobody differs there is no variance to weigh by.
                if se > 0.0 { Self::Mean { value, variance: se * se } } else { Self::Nothing }
            }
            _ => Self::Nothing,
        }
    }
}

/// The number of events whose bound at `level` is `bound`.
fn events_at(bound: f64, n: f64, level: f64, upper: bool) -> f64 {
    if bound <= 0.0 {
        return 0.0;
    }
    let of = |events: f64| if upper { upper_claim(events, n, level) } else { lower_claim(events, n, level) };
    let (mut low, mut high) = (0.0, n);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if of(middle) < bound {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The rows at `key`, which holder `first` has: each holder's own, the fixed effect, the random effects.
pub(super) fn rows(holders: &Holders, key: &[String], first: usize) -> Vec<Pooled> {
    let Some(holder) = holders.each.get(first) else { return Vec::new() };
    let Some(model) = holder.row(key) else { return Vec::new() };
    let protocol = holders.protocol.as_ref();
    let level = protocol.map(|protocol| protocol.levels.claim);
    let own: Vec<(&Holder, Option<&Row>, Brought)> =
        holders.each.iter().map(|holder| (holder, holder.row(key), Brought::of(holder.row(key), level))).collect();
    let all = Place { holders, model, method: holder.method_of(model), own: &own, protocol };
    let mut rows: Vec<Pooled> = Vec::new();
    let random = all.random();
    let mut weights = random.as_ref().map(|(_, combined)| combined.weights.clone()).unwrap_or_default().into_iter();
    for (holder, row, brought) in &own {
        let Some(row) = row else { continue };
        let enters = matches!(brought, Brought::Share { .. } | Brought::Mean { .. });
        let effect = Effect {
            holder: holder.name.clone(),
            weight: if enters { weights.next() } else { None },
            ..Effect::of("holder")
        };
        rows.push(Pooled { row: (*row).clone(), effect });
    }
    rows.extend(all.fixed());
    rows.extend(random.map(|(row, _)| row));
    rows
}

/// One place and what all holders bring in.
struct Place<'p> {
    holders: &'p Holders,
    model: &'p Row,
    /// The digest of the method, and whether it is of what holders state.
    method: (String, bool),
    own: &'p [(&'p Holder, Option<&'p Row>, Brought)],
    protocol: Option<&'p Protocol>,
}

impl Place<'_> {
    /// (value, variance) of the holders that enter, shares as logits; and whether half an event was added to one.
    fn studies(&self) -> (Vec<(f64, f64)>, bool) {
        let mut added = false;
        let study = |brought: &Brought| match *brought {
            Brought::Share { events, n_star } => {
                added |= events <= 0.0 || events >= n_star;
                Some(logit_of(events, n_star))
            }
            Brought::Mean { value, variance } => Some((value, variance)),
            Brought::Redacted { .. } | Brought::Nothing => None,
        };
        (self.own.iter().map(|(_, _, brought)| brought).filter_map(study).collect(), added)
    }

    /// A row with the counts of the holders that enter, and nothing said yet.
    fn bare(&self, redacted_too: bool) -> Row {
        let mut row = self.model.clone();
        row.dataset = "pooled".to_owned();
        row.manifest_digest = self.holders.manifests();
        row.method_digest.clone_from(&self.method.0);
        let entering: Vec<&Row> = self
            .own
            .iter()
            .filter(|(_, _, brought)| match brought {
                Brought::Share { .. } | Brought::Mean { .. } => true,
                Brought::Redacted { .. } => redacted_too,
                Brought::Nothing => false,
            })
            .filter_map(|(_, row, _)| *row)
            .collect();
        let sum = |of: fn(&Row) -> Option<u64>| entering.iter().map(|row| of(row)).sum::<Option<u64>>();
        row.n_attempts = sum(|row| row.n_attempts);
        row.n_subjects = sum(|row| row.n_subjects);
        row.n_events = sum(|row| row.n_events);
        row.n_event_subjects = sum(|row| row.n_event_subjects);
        row.n_undecided = sum(|row| row.n_undecided);
        row.n_ties = sum(|row| row.n_ties);
        (row.value, row.low, row.high, row.interval, row.level) = (None, None, None, None, None);
        (row.claim_low, row.claim_high, row.n_star, row.deff, row.evidence) = (None, None, None, None, None);
        row.flags.clear();
        // What is true of one holder's number is true of a number made of it.
        for (_, own, _) in self.own {
            let kept = |flag: &&String| *flag != known::UNDER_30_EVENTS;
            row.flags.extend(own.iter().flat_map(|own| own.flags.iter().filter(kept).cloned()));
        }
        if evidence::few_events(&entering) {
            row.flags.insert(known::UNDER_30_EVENTS.to_owned());
        }
        if ["uk_7_5", "midpoint6", "threshold_10"].iter().any(|rule| row.flags.contains(*rule)) {
            row.flags.insert(flag::DISCLOSURE_CONTROLLED.to_owned());
        }
        if self.method.1 {
            row.flags.insert(flag::METHOD_AS_STATED.to_owned());
        }
        if entering.len() < self.own.len() {
            row.flags.insert(flag::HOLDERS_LEFT_OUT.to_owned());
        }
        row
    }

    /// Holders that enter a mean, and those that do not.
    fn counted(&self) -> (u64, u64) {
        let enter =
            self.own.iter().filter(|(_, _, brought)| matches!(brought, Brought::Share { .. } | Brought::Mean { .. }));
        let enter = enter.count() as u64;
        (enter, self.own.len() as u64 - enter)
    }

    fn effect(&self, word: &'static str, apart: Option<Heterogeneity>) -> Effect {
        let (holders, left_out) = self.counted();
        Effect {
            holders: Some(holders),
            holders_left_out: Some(left_out),
            q: apart.map(|apart| apart.q),
            q_p: apart.map(|apart| apart.p),
            i_squared: apart.map(|apart| apart.i_squared),
            tau_squared: apart.map(|apart| apart.tau_squared),
            ..Effect::of(word)
        }
    }

    /// One true value for all holders: events and effective samples added up, and means weighted by inverse variances.
    fn fixed(&self) -> Option<Pooled> {
        let (studies, _) = self.studies();
        let apart = heterogeneity(&studies);
        let display = self.protocol.map_or(0.95, |protocol| protocol.levels.display);
        let effect = self.effect("fixed", apart);
        if self.model.unit == Unit::Share {
            return self.fixed_share(effect, display);
        }
        let combined = fixed_effect(&studies)?;
        let half = combined.half_width(display);
        let mut row = self.bare(false);
        self.between(
            &mut row,
            combined.mean,
            (combined.mean - half, combined.mean + half),
            (Interval::Normal, display),
        );
        self.judged(&mut row, self.few());
        Some(Pooled { row, effect })
    }

    fn fixed_share(&self, effect: Effect, display: f64) -> Option<Pooled> {
        let (mut least, mut most, mut n_star, mut redacted) = (0.0, 0.0, 0.0, false);
        for (_, _, brought) in self.own {
            match *brought {
                Brought::Share { events, n_star: n } => {
                    (least, most, n_star) = (least + events, most + events, n_star + n)
                }
                Brought::Redacted { least: low, most: high, n_star: n } => {
                    (least, most, n_star, redacted) = (least + low, most + high, n_star + n, true);
                }
                Brought::Mean { .. } | Brought::Nothing => {}
            }
        }
        if n_star <= 0.0 {
            return None;
        }
        let mut row = self.bare(true);
        row.n_star = Some(n_star);
        row.deff = row.n_attempts.map(|attempts| attempts as f64 / n_star);
        if let Some(protocol) = self.protocol {
            row.claim_low = Some(lower_claim(least, n_star, protocol.levels.claim));
            row.claim_high = Some(upper_claim(most, n_star, protocol.levels.claim));
        }
        if redacted {
            // Whatever was redacted, the pooled share lies between these.
            (row.n_events, row.n_event_subjects) = (None, None);
            (row.low, row.high, row.interval) = (Some(least / n_star), Some(most / n_star), Some(Interval::Bounds));
            row.status = RowStatus::Suppressed;
            row.evidence = Some(Evidence::Short(vec!["a holder's count is redacted".to_owned()]));
            return Some(Pooled { row, effect });
        }
        let p = least / n_star;
        self.between(&mut row, p, wilson(p, n_star, display), (Interval::Wilson, display));
        let mut against = self.few();
        if let Some(protocol) = self.protocol {
            let rule = protocol.evidence;
            let presentable = Presentable {
                least: rule.n_star,
                width: rule.width,
                small_width: rule.small_width,
                width_share: rule.width_share,
                level: protocol.levels.display,
            };
            if !presentable.fits(p, n_star) {
                against.push(format!("n* {n_star:.1}, or an interval too wide"));
            }
        }
        self.judged(&mut row, against);
        Some(Pooled { row, effect })
    }

    /// True values that differ from holder to holder.
    fn random(&self) -> Option<(Pooled, Combined)> {
        let (studies, added) = self.studies();
        let apart = heterogeneity(&studies)?;
        let combined = random_effects(&studies, apart.tau_squared)?;
        let display = self.protocol.map_or(0.95, |protocol| protocol.levels.display);
        let is_share = self.model.unit == Unit::Share;
        let back = |value: f64| if is_share { share_of_logit(value) } else { value };
        let half = combined.half_width(display);
        let mut row = self.bare(false);
        let interval = if is_share { Interval::Logit } else { Interval::T };
        self.between(
            &mut row,
            back(combined.mean),
            (back(combined.mean - half), back(combined.mean + half)),
            (interval, display),
        );
        if let (true, Some(protocol)) = (is_share, self.protocol) {
            let beyond = combined.beyond(protocol.levels.claim);
            row.claim_low = Some(back(combined.mean - beyond));
            row.claim_high = Some(back(combined.mean + beyond));
        }
        if added {
            row.flags.insert(flag::HALF_EVENT_ADDED.to_owned());
        }
        let mut against = self.few();
        if studies.len() < LEAST_HOLDERS {
            against.push(format!("{}<{LEAST_HOLDERS} holders", studies.len()));
        }
        self.judged(&mut row, against);
        let prediction = combined.prediction(apart.tau_squared, display);
        let effect = Effect {
            prediction_low: prediction.map(|(low, _)| back(low)),
            prediction_high: prediction.map(|(_, high)| back(high)),
            ..self.effect("random", Some(apart))
        };
        Some((Pooled { row, effect }, combined))
    }

    fn between(&self, row: &mut Row, value: f64, (low, high): (f64, f64), (interval, level): (Interval, f64)) {
        (row.value, row.low, row.high) = (Some(value), Some(low), Some(high));
        (row.interval, row.level) = (Some(interval), Some(level));
    }

    /// What speaks against a claim on any pooled value here.
    fn few(&self) -> Vec<String> {
        let mut against = Vec::new();
        let (_, left_out) = self.counted();
        if left_out > 0 {
            against.push(format!("{left_out} of {} holders left out", self.own.len()));
        }
        let enters = |brought: &Brought| matches!(brought, Brought::Share { .. } | Brought::Mean { .. });
        for (holder, row, _) in self.own.iter().filter(|(_, _, brought)| enters(brought)) {
            against.extend(row.iter().flat_map(|row| evidence::that_stays(&holder.name, row)));
        }
        match self.protocol {
            None => against.push("no package holds the protocol".to_owned()),
            Some(protocol) => {
                let least = protocol.evidence.subjects;
                let (subjects, hidden) = self.people(least);
                if subjects < least {
                    let least = twelve_digits(least as f64);
                    against.push(if hidden {
                        format!("at least {subjects} of {least} subjects: not all holders publish how many")
                    } else {
                        format!("{subjects}<{least} subjects")
                    });
                }
            }
        }
        against
    }

    /// How many people there are at least behind the holders that enter a mean, and whether some holder does not publish how
    /// many: then there are no fewer than its effective ones, and where its own row is evidence, no fewer than `floor`.
    fn people(&self, floor: u64) -> (u64, bool) {
        let mut hidden = false;
        let enter = |brought: &Brought| matches!(brought, Brought::Share { .. } | Brought::Mean { .. });
        let rows = self.own.iter().filter(|(_, _, brought)| enter(brought)).filter_map(|(_, row, _)| *row);
        let of = |row: &Row| {
            row.n_subjects.unwrap_or_else(|| {
                hidden = true;
                let effective = row.n_star.map_or(0, |n| n.floor() as u64);
                effective.max(if row.status == RowStatus::Value { floor } else { 0 })
            })
        };
        (rows.map(of).sum(), hidden)
    }

    fn judged(&self, row: &mut Row, against: Vec<String>) {
        row.status = if against.is_empty() { RowStatus::Value } else { RowStatus::InsufficientEvidence };
        row.evidence = Some(Evidence::of(against));
    }
}

/// With fewer holders nobody can tell how far holders lie apart.
const LEAST_HOLDERS: usize = 3;
