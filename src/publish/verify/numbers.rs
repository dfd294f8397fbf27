//! Numbers that follow from other numbers of the release, computed again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checked, Problem};
use crate::folder::names;
use crate::metric::{catalogue, flag};
use crate::protocol::Protocol;
use crate::publish::about::PackageRecord;
use crate::publish::disclosure::Rule;
use crate::stats::{lower_claim, upper_claim, wilson};
use crate::table::{Compared, Interval, Place, Population, Ranked, Row, RowStatus, Variant, Weighting, twelve_digits};

/// Numbers are equal up to this share of them: they have 12 digits, and so have those that they are computed from.
const CLOSE: f64 = 1e-9;
/// And up to this much near zero.
const NEAR_ZERO: f64 = 1e-12;

/// The flag of a row whose events are few.
const REDACTED: &str = "redacted";

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= NEAR_ZERO.max(CLOSE * a.abs().max(b.abs()))
}

/// Every row is of a method, on a dataset and under the protocol that run.json names.
pub(super) fn known(file: &str, rows: &[Row], record: &PackageRecord, checked: &mut Checked) {
    let methods: Vec<String> = record.methods.iter().map(|method| method.digest.short()).collect();
    let datasets: Vec<&str> = record.datasets.iter().map(|dataset| dataset.manifest_digest.as_str()).collect();
    let protocol = record.protocol_digest.short();
    for (place, row) in rows.iter().enumerate() {
        let mut wrong = |column: &str, text: &str| checked.problems.push(Problem::at(file, place, column, text));
        let method = record.methods.iter().zip(&methods).find(|(_, digest)| **digest == row.method_digest);
        match method {
            None => wrong("method_digest", "no method of run.json"),
            // Methods of one name are told apart by their digests in a comparison.
            Some((entry, _)) if !same_method(file, &row.method, &entry.name) => {
                wrong("method", "run.json has another name of the method with this digest");
            }
            Some(_) => {}
        }
        if !row.manifest_digest.split('+').all(|digest| datasets.contains(&digest)) {
            wrong("manifest_digest", "no dataset of run.json");
        }
        let dataset = record.datasets.iter().find(|dataset| dataset.manifest_digest == row.manifest_digest);
        if dataset.is_some_and(|dataset| dataset.name != row.dataset) {
            wrong("dataset", "run.json has another name of the dataset with this digest");
        }
        if let Some(entry) = catalogue::find(&row.metric).filter(|entry| entry.measure.unit != row.unit) {
            wrong("unit", &format!("the metric is in `{}`", entry.measure.unit));
        }
        if row.protocol_digest != protocol {
            wrong("protocol_digest", "not that of protocol.toml");
        }
    }
}

/// Whether `found` is the name of a method, or in a comparison that with the digest or the number which tells it from another.
fn same_method(file: &str, found: &str, name: &str) -> bool {
    found == name || file != names::METRICS && found.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '))
}

/// What each row of `rows` says must follow from its own counts, or from other rows.
pub(super) fn check(file: &str, rows: &[Row], protocol: &Protocol, rule: Rule, checked: &mut Checked) {
    let mut seen = BTreeSet::new();
    for (place, row) in rows.iter().enumerate() {
        if !seen.insert(row.identity()) {
            checked.problems.push(Problem::at(file, place, "metric", "a row with this identity stands above"));
        }
        let mut found = OneRow { file, place, row, checked };
        found.counts(rule);
        found.value();
        found.bounds();
        found.claims(protocol);
        found.redacted(protocol, rule);
        found.design();
    }
    balanced(file, rows, checked);
}

/// One row being checked.
struct OneRow<'c> {
    file: &'c str,
    place: usize,
    row: &'c Row,
    checked: &'c mut Checked,
}

impl OneRow<'_> {
    fn expect(&mut self, column: &str, published: f64, computed: f64) {
        self.checked.numbers += 1;
        if !same(published, computed) {
            let text = format!("it is {}, computed again {}", twelve_digits(published), twelve_digits(computed));
            self.wrong(column, text);
        }
    }

    fn wrong(&mut self, column: &str, text: impl Into<String>) {
        self.checked.problems.push(Problem::at(self.file, self.place, column, text));
    }

    /// Parts are not larger than their wholes, and what is withheld has no value.
    fn counts(&mut self, rule: Rule) {
        let row = self.row;
        for (part, whole, column) in [
            (row.n_events, row.n_attempts, "n_events"),
            (row.n_event_subjects, row.n_subjects, "n_event_subjects"),
            (row.n_event_subjects, row.n_events, "n_event_subjects"),
        ] {
            // Counts that are rounded one by one may pass each other by as much as the rounding.
            let slack = if rule == Rule::None { 0 } else { 6 };
            if part.zip(whole).is_some_and(|(part, whole)| part > whole + slack) {
                self.wrong(column, "a part is larger than its whole");
            }
        }
        if row.status == RowStatus::Suppressed && row.value.is_some() {
            self.wrong("value", "it is withheld, and it is here");
        }
        if let (Some(low), Some(high)) = (row.low, row.high)
            && low > high
        {
            self.wrong("low", "it is above high");
        }
    }

    /// Whether the value is events / attempts: nobody weighs more than another.
    fn is_plain_share(&self) -> bool {
        let row = self.row;
        let each_once = row.n_attempts == row.n_subjects && row.n_attempts.is_some();
        let pooled = row.weighting == Some(Weighting::Attempt) || each_once;
        let straight = !matches!(row.population, Population::Standardised | Population::Projected(_));
        // The mean over the single years of a window, and rows over tries, are means of shares.
        let is_mean = matches!(row.population, Population::Window(..)) && row.variant.get("window") != Some("pooled");
        pooled
            && straight
            && !is_mean
            && row.claim_high.is_some()
            && row.variant.get("tries").is_none()
            && !row.has(flag::WEIGHTED)
    }

    fn value(&mut self) {
        let (Some(value), Some(events), Some(attempts)) = (self.row.value, self.row.n_events, self.row.n_attempts)
        else {
            return;
        };
        if attempts > 0 && self.is_plain_share() {
            self.expect("value", value, events as f64 / attempts as f64);
        }
    }

    fn bounds(&mut self) {
        let row = self.row;
        let (Some(value), Some(n), Some(level)) = (row.value, row.n_star, row.level) else { return };
        if row.interval == Some(Interval::Wilson) && n > 0.0 && (0.0..=1.0).contains(&value) {
            let (low, high) = wilson(value, n, level);
            for (column, published, computed) in [("low", row.low, low), ("high", row.high, high)] {
                if let Some(published) = published {
                    self.expect(column, published, computed);
                }
            }
        }
    }

    fn claims(&mut self, protocol: &Protocol) {
        let row = self.row;
        let (Some(value), Some(n), Some(low), Some(high)) = (row.value, row.n_star, row.claim_low, row.claim_high)
        else {
            return;
        };
        if n <= 0.0 || !(0.0..=1.0).contains(&value) || row.interval != Some(Interval::Wilson) {
            return;
        }
        let events = value * n;
        let at = |level: f64| (lower_claim(events, n, level), upper_claim(events, n, level));
        // The worst of k years or groups is claimed at a level that holds for all k of them; k stands in no cell.
        let most = if row.variant.get("worst").is_some() || row.variant.get("buffer").is_some() { 1000 } else { 1 };
        let claim = protocol.levels.claim;
        let holds = (1..=most)
            .map(|k| at(1.0 - (1.0 - claim) / f64::from(k)))
            .find(|found| same(found.0, low) && same(found.1, high));
        let (computed_low, computed_high) = holds.unwrap_or_else(|| at(claim));
        self.expect("claim_low", low, computed_low);
        self.expect("claim_high", high, computed_high);
    }

    /// Of redacted events it is known that they are at most so many: the bound is that at the most.
    fn redacted(&mut self, protocol: &Protocol, rule: Rule) {
        let row = self.row;
        let (Some(most), Some(n), Some(deff)) = (rule.redacted_up_to(), row.n_star, row.deff) else { return };
        let (Some(high), None) = (row.claim_high, row.value) else { return };
        if row.has(REDACTED) && n > 0.0 && deff > 0.0 {
            self.expect("claim_high", high, upper_claim(most as f64 / deff, n, protocol.levels.claim));
        }
    }

    /// Attempts are the effective ones times the design effect.
    fn design(&mut self) {
        let row = self.row;
        let (Some(deff), Some(n), Some(attempts)) = (row.deff, row.n_star, row.n_attempts) else { return };
        if n > 0.0 && row.claim_high.is_some() {
            self.expect("deff", deff, attempts as f64 / n);
        }
    }
}

/// The balanced error is the mean of both rates at its place.
fn balanced(file: &str, rows: &[Row], checked: &mut Checked) {
    let mut rates: BTreeMap<(String, String, String, String), Vec<&Row>> = BTreeMap::new();
    let key = |row: &Row, place: &Place| {
        let gate = format!("{:?} {:?} {:?} {:?}", place.limit, place.challenge, place.failure_policy, place.weighting);
        (
            row.method_digest.clone(),
            row.manifest_digest.clone(),
            gate,
            format!("{}|{}", place.group.by(), place.group.level()),
        )
    };
    let is_side = |row: &&Row| {
        matches!(row.metric.as_str(), "under_age_pass_rate" | "adult_denial_rate") && row.variant == Variant::none()
    };
    for row in rows.iter().filter(is_side) {
        rates.entry(key(row, &row.place())).or_default().push(row);
    }
    for (place, row) in rows.iter().enumerate() {
        if row.metric != "balanced_error" || row.variant != Variant::none() {
            continue;
        }
        let Some(value) = row.value else { continue };
        let at = rates.get(&key(row, &row.place())).map(Vec::as_slice).unwrap_or_default();
        let side = |metric: &str, population: &Population| {
            at.iter().find(|row| row.metric == metric && row.population == *population).and_then(|row| row.value)
        };
        // Of everybody: everybody under the limit, and everybody over it.
        if row.population == Population::All
            && let (Some(under), Some(over)) =
                (side("under_age_pass_rate", &Population::Under), side("adult_denial_rate", &Population::Over))
        {
            checked.numbers += 1;
            let computed = f64::midpoint(under, over);
            if !same(value, computed) {
                let text = format!(
                    "it is {}, and the mean of both rates is {}",
                    twelve_digits(value),
                    twelve_digits(computed)
                );
                checked.problems.push(Problem::at(file, place, "value", text));
            }
        }
    }
}

/// A row of the leaderboard is the row of metrics.csv, and its places lie among all.
pub(super) fn leaderboard(ranked: &[Ranked], metrics: &[Row], rule: Rule, checked: &mut Checked) {
    // A rule may leave out rows of some methods.
    let released_in_part = rule != Rule::None;
    let by_identity: BTreeMap<Vec<String>, &Row> = metrics.iter().map(|row| (row.identity(), row)).collect();
    for (place, one) in ranked.iter().enumerate() {
        let mut wrong =
            |column: &str, text: &str| checked.problems.push(Problem::at(names::LEADERBOARD, place, column, text));
        match by_identity.get(&one.row.identity()) {
            None => wrong("metric", "metrics.csv has no such row"),
            Some(row) => {
                let columns = crate::table::COLUMNS.iter().zip(row.cells()).zip(one.row.cells());
                // Two methods of one name have longer names in a comparison.
                for ((column, theirs), ours) in columns.skip(3) {
                    if theirs != ours {
                        wrong(column, &format!("`{ours}`, and metrics.csv has `{theirs}`"));
                    }
                }
            }
        }
        // Rows of one place lie together, and several comparisons behind each other.
        let here = |other: &Ranked| other.row.metric == one.row.metric && other.row.place() == one.row.place();
        let (before, behind) = ranked.split_at(place);
        let block =
            before.iter().rev().take_while(|other| here(other)).chain(behind.iter().take_while(|other| here(other)));
        let able = block.filter(|other| other.rank_low.is_some()).count() as u64;
        if one.rank_low.is_some() && able < one.ranked && !released_in_part {
            wrong("ranked", &format!("{able} methods have places there"));
        }
        match (one.rank_low, one.rank_high) {
            (Some(low), Some(high)) if low < 1 || low > high || high > one.ranked => {
                wrong("rank_low", "the places do not lie among those that are ranked");
            }
            (Some(_), None) | (None, Some(_)) => wrong("rank_low", "one end of the places is missing"),
            _ => {}
        }
    }
}

/// A difference is against a method of run.json, and its p-values are in order.
pub(super) fn comparison(compared: &[Compared], record: &PackageRecord, checked: &mut Checked) {
    let methods: Vec<String> = record.methods.iter().map(|method| method.digest.short()).collect();
    for (place, one) in compared.iter().enumerate() {
        let mut wrong =
            |column: &str, text: &str| checked.problems.push(Problem::at(names::COMPARISON, place, column, text));
        if !methods.contains(&one.baseline_digest) {
            wrong("baseline_digest", "no method of run.json");
        }
        if one.p.zip(one.p_adjusted).is_some_and(|(p, adjusted)| adjusted < p && !same(adjusted, p)) {
            wrong("p_adjusted", "it is below p, which no adjustment for several tests makes");
        }
    }
}
