//! Means over required cells, such as two sexes by 18 to 30: errors, and where asked for pass and denial rates.

use super::catalogue::{self, Entry};
use super::cells::{self, Keyed};
use super::error::{counts, estimate};
use super::frame::{Frame, Share, flag, weigh};
use super::threshold::Side;
use super::{Extent, error};
use crate::protocol::Standard;
use crate::stats::{
    self, JointDesign, JointSums, MeanCell, MeanJoint, MeanSums, SubjectSums, Weigh, is_dominated, standardised_mean,
};
use crate::table::{
    Bounds, Counts, Evidence, Group, Interval, Place, Population, Quantity, RowStatus, Variant, Weighting,
};
use crate::tally::{CellKey, CellPair, Combo, ErrorTally, GroupTally, JointMoments, Products, StandardTally};

/// The rows of one group: all means and shares for the whole dataset, bias and mean absolute error for groups.
pub(super) fn rows(frame: &mut Frame<'_>, name: &Group, group: &GroupTally, extent: Extent) {
    let plain = |standard: Standard| (Population::Standardised, Variant::of("standard", &standard.name), standard);
    let window = |standard: Standard| (Population::Window(standard.from, standard.to), Variant::none(), standard);
    let standards = frame.protocol.standards.clone().into_iter().map(plain);
    for (population, variant, standard) in standards.chain(frame.protocol.error_standards().into_iter().map(window)) {
        let place = Place { group: name.clone(), population, variant, ..Place::of_all() };
        let nobody = StandardTally::default();
        let tally = group.families.standards.get(&standard.name).unwrap_or(&nobody);
        let whole = extent == Extent::Whole;
        let weightings: &[Weighting] = if whole { Weighting::ALL } else { &[Weighting::Subject] };
        let means: &[Entry] = if whole { &catalogue::MEANS } else { &catalogue::MEANS[..2] };
        match required(frame, &standard, name, tally) {
            Ok(keys) if group.errors.attempts() > 0 => {
                let cells = Cells::of(&keys, tally);
                for present in [false, true].into_iter().take(if cells.missing.is_empty() { 1 } else { 2 }) {
                    let variant =
                        if present { place.variant.clone().with("cells", "present") } else { place.variant.clone() };
                    let place = Place { variant, ..place.clone() };
                    cells.means(frame, &place, means, weightings, present);
                    if whole && place.population == Population::Standardised {
                        cells.shares(frame, &place, weightings, present);
                    }
                }
            }
            // Without an age answered the row of all ages says so for the windows too.
            _ if place.population != Population::Standardised && group.errors.attempts() == 0 => {}
            found => {
                // In the words of the rows that are not standardised, where it is not the cells that are missing.
                let (status, reason) = found.err().unwrap_or_else(|| error::without(group));
                for entry in means {
                    let place = Place { weighting: Some(Weighting::Subject), ..place.clone() };
                    frame.nothing(place, *entry, status, Counts::default(), &reason);
                }
            }
        }
        if standard.rates
            && let Ok(keys) = required(frame, &standard, name, tally)
        {
            rates(frame, &place, &keys, tally, weightings);
        }
    }
}

/// The mean of errors over the single years of a window, subjects weighing the same; or the years that have nobody.
pub(super) fn over_years(
    tally: &StandardTally,
    (first, last): (u32, u32),
    entry: &Entry,
) -> Result<OverYears, Vec<u32>> {
    let keys: Vec<CellKey> = (first..=last).map(|year| (String::new(), year)).collect();
    let cells = Cells::of(&keys, tally);
    let mean = cells.mean(entry, Weigh::Subjects).filter(|_| cells.missing.is_empty());
    let found = mean.map(|mean| (mean, counts(&cells.pooled), cells.reasons_of_mean()));
    found.ok_or_else(|| cells.missing.iter().map(|(_, year)| *year).collect())
}

/// A mean with its counts, and what speaks against a claim on it.
pub(super) type OverYears = (MeanSums, Counts, Vec<String>);

/// The keys of the required cells, or why there are none.
fn required(
    frame: &Frame<'_>,
    standard: &Standard,
    group: &Group,
    tally: &StandardTally,
) -> Result<Vec<CellKey>, (RowStatus, String)> {
    let years = standard.from..=standard.to;
    let of = |levels: Vec<String>| -> Vec<CellKey> {
        levels.iter().flat_map(|level| years.clone().map(|year| (level.clone(), year))).collect()
    };
    let Some(column) = &standard.column else { return Ok(of(vec![String::new()])) };
    // The whole dataset knows the column, whoever is in the group.
    let whole = frame.tally.whole().and_then(|whole| whole.families.standards.get(&standard.name)).unwrap_or(tally);
    if !whole.column {
        return Err((RowStatus::NotApplicable, format!("the dataset has no column `{column}`")));
    }
    let mut levels: Vec<String> = whole.levels.iter().cloned().collect();
    if standard.levels.is_empty() && levels.len() < 2 {
        let found = levels.first().map_or("no level".to_owned(), |level| format!("the level `{level}` only"));
        return Err((RowStatus::InsufficientEvidence, format!("the column `{column}` has {found}").replace(';', ",")));
    }
    if let Some((_, own)) = group.parts().into_iter().find(|(name, _)| name == column) {
        levels.retain(|level| *level == own);
        if levels.is_empty() {
            let reason = format!("`{own}` is none of the required levels").replace(';', ",");
            return Err((RowStatus::NotApplicable, reason));
        }
    }
    Ok(of(levels))
}

/// A required cell with fewer subjects leaves a mean without a claim.
const FEWEST_IN_CELL: u64 = 10;

/// The required cells with their errors.
struct Cells<'a> {
    present: Vec<(CellKey, ErrorTally)>,
    missing: Vec<CellKey>,
    pairs: Vec<(usize, usize, &'a CellPair)>,
    pooled: ErrorTally,
}

impl<'a> Cells<'a> {
    fn of(keys: &[CellKey], tally: &'a StandardTally) -> Self {
        let (mut present, mut missing, mut pooled) = (Vec::new(), Vec::new(), tally.pooled.clone());
        for key in keys {
            let mut cell = tally.single.get(key).cloned().unwrap_or_default();
            pooled.merge(&cell);
            if let Some(several) = tally.several.get(key) {
                cell.merge(several);
            }
            if cell.attempts() == 0 {
                missing.push(key.clone());
            } else {
                present.push((key.clone(), cell));
            }
        }
        let place = |key: &CellKey| present.iter().position(|(own, _)| own == key);
        let pairs = tally.pairs.iter();
        let pairs = pairs.filter_map(|((one, other), pair)| Some((place(one)?, place(other)?, pair))).collect();
        Self { present, missing, pairs, pooled }
    }

    /// What stands for a value that would be the mean of too few cells.
    fn nothing(&self, frame: &mut Frame<'_>, place: &Place, entry: Entry, weighting: Weighting) {
        let place = Place { weighting: Some(weighting), ..place.clone() };
        let reason = cells::no_subject(&self.missing, self.present.len());
        frame.nothing(place, entry, RowStatus::InsufficientEvidence, counts(&self.pooled), &reason);
    }

    fn reasons(&self) -> Vec<String> {
        cells::reasons(&self.missing, self.present.iter().map(|(key, cell)| (key, cell.subjects())))
    }

    /// The same of a mean: Student's interval has as many degrees of freedom as all subjects, and holds 73 % where one of five
    /// cells has two of them, 88 % with five.
    fn reasons_of_mean(&self) -> Vec<String> {
        let few = |(_, cell): &&(CellKey, ErrorTally)| (2..FEWEST_IN_CELL).contains(&cell.subjects());
        let few: Vec<CellKey> = self.present.iter().filter(few).map(|(key, _)| key.clone()).collect();
        let few = (!few.is_empty()).then(|| format!("fewer than {FEWEST_IN_CELL} subjects in {}", cells::list(&few)));
        self.reasons().into_iter().chain(few).collect()
    }

    /// The equal mean of the cells that are there; none without any.
    fn mean(&self, entry: &Entry, weigh: Weigh) -> Option<MeanSums> {
        if self.present.is_empty() {
            return None;
        }
        let (of, weight) = (Moment::of(entry), 1.0 / self.present.len() as f64);
        let cell = |(_, cell): &(CellKey, ErrorTally)| MeanCell { weight, parts: (of.parts)(cell) };
        let cells: Vec<MeanCell> = self.present.iter().map(cell).collect();
        let joint = |(first, second, pair): &(usize, usize, &CellPair)| {
            let part = |(attempts, sums): (&(u32, u32), &JointMoments)| {
                let [one, other, product] = (of.products)(sums).map(|sum| sum as f64);
                if cells.iter().any(|cell| cell.parts.iter().any(|part| part.design.is_some())) {
                    return weighted_joint(*attempts, sums, of.place);
                }
                JointSums {
                    attempts: (u64::from(attempts.0), u64::from(attempts.1)),
                    subjects: sums.subjects,
                    sums: (one / of.scale, other / of.scale),
                    product: product / (of.scale * of.scale),
                    design: None,
                }
            };
            MeanJoint { first: *first, second: *second, parts: pair.moments.iter().map(part).collect() }
        };
        let joint: Vec<MeanJoint> = self.pairs.iter().map(joint).collect();
        standardised_mean(&cells, &joint, self.pooled.subjects(), weigh)
    }

    fn means(&self, frame: &mut Frame<'_>, place: &Place, entries: &[Entry], by: &[Weighting], present: bool) {
        for weighting in by {
            for entry in entries {
                if self.present.is_empty() || (!self.missing.is_empty() && !present) {
                    self.nothing(frame, place, *entry, *weighting);
                    continue;
                }
                let subjects = self.pooled.subjects();
                let Some(mean) = self.mean(entry, weigh(*weighting)) else { continue };
                let level = frame.protocol.levels.display;
                let found = estimate(mean, entry, level);
                let bounds = found.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
                let dominated = is_dominated(&(Moment::of(entry).parts)(&self.pooled), weigh(*weighting));
                let mut reasons = self.reasons_of_mean();
                reasons.extend(frame.evidence_of(subjects, 0, dominated).reasons());
                let evidence = Evidence::of(reasons);
                let place = Place { weighting: Some(*weighting), ..place.clone() };
                let counts = counts(&self.pooled);
                frame.quantity(
                    place,
                    *entry,
                    Quantity { value: found.point, bounds, counts, evidence: Some(evidence) },
                );
            }
        }
    }

    fn shares(&self, frame: &mut Frame<'_>, place: &Place, by: &[Weighting], present: bool) {
        let within: [usize; 2] = [Combo::DENY, Combo::ABOVE];
        let entries = catalogue::WITHIN.into_iter().zip(0..).map(|(entry, column)| (entry, column, within[0]));
        for (entry, column, part) in entries.chain([(catalogue::BEYOND_10, 9, within[1])]) {
            let pair = |combo: Combo| (combo.get(part), combo.attempts());
            for weighting in by {
                if self.present.is_empty() || (!self.missing.is_empty() && !present) {
                    self.nothing(frame, place, entry, *weighting);
                    continue;
                }
                let weight = 1.0 / self.present.len() as f64;
                let cell = |(_, cell): &(CellKey, ErrorTally)| stats::Cell {
                    weight,
                    clusters: cell.beyond.clusters(column, pair),
                };
                let joint = |(first, second, both): &(usize, usize, &CellPair)| {
                    stats::Joint::of(*first, *second, both.beyond.pairs(column, pair))
                };
                let cells: Vec<_> = self.present.iter().map(cell).collect();
                let joints: Vec<_> = self.pairs.iter().map(joint).collect();
                let clusters = self.pooled.beyond.clusters(column, pair);
                let level = frame.protocol.levels.display;
                let Some(effective) = stats::standardised(&cells, &joints, &clusters, weigh(*weighting), level) else {
                    continue;
                };
                let place = Place { weighting: Some(*weighting), ..place.clone() };
                let (undecided, ties, reasons) = (None, None, self.reasons());
                frame.share(Share { place, entry, clusters: &clusters, effective, undecided, ties, reasons });
            }
        }
    }
}

/// Where the sums of one mean stand, and what one year (or squared year) of the joint sums is.
struct Moment {
    parts: fn(&ErrorTally) -> Vec<SubjectSums>,
    products: fn(&JointMoments) -> Products,
    scale: f64,
    /// Where the weighted products stand.
    place: usize,
}

impl Moment {
    fn of(entry: &Entry) -> Self {
        match entry.measure.name {
            "bias" => Self { parts: ErrorTally::signed, products: |sums| sums.signed, scale: 1e9, place: 0 },
            "mae" => Self { parts: ErrorTally::absolute, products: |sums| sums.absolute, scale: 1e9, place: 1 },
            _ => Self { parts: ErrorTally::squared, products: |sums| sums.squared, scale: 1e6, place: 2 },
        }
    }
}

/// The joint sums of subjects who weigh differently, in the unit of their cells' sums: of signed (0), absolute (1) or
/// squared errors (2).
pub(super) fn weighted_joint(attempts: (u32, u32), sums: &JointMoments, place: usize) -> JointSums {
    const UNIT: f64 = 1e18;
    let [product, sum_weight, weight_sum] = sums.design.products[place].map(|sum| sum as f64 / UNIT);
    let design = JointDesign { weights: sums.design.weights as f64 / UNIT, sum_weight, weight_sum };
    JointSums {
        attempts: (u64::from(attempts.0), u64::from(attempts.1)),
        subjects: sums.subjects,
        sums: (0.0, 0.0),
        product,
        design: Some(design),
    }
}

/// Pass and denial rates over the required cells on the one and on the other side of each limit, at the headline
/// challenge ages under the protocol's policy.
fn rates(frame: &mut Frame<'_>, place: &Place, keys: &[CellKey], tally: &StandardTally, by: &[Weighting]) {
    let (policy, tie, level) = (frame.protocol.failure_policy, frame.protocol.tie, frame.protocol.levels.display);
    for side in [Side::UnderAgePass, Side::AdultDenial] {
        for limit in frame.protocol.limits.clone() {
            let under = side == Side::UnderAgePass;
            let keys: Vec<CellKey> =
                keys.iter().filter(|(_, year)| (*year < limit.years()) == under).cloned().collect();
            if keys.is_empty() {
                continue;
            }
            for challenge in frame.challenges(limit, true) {
                let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
                let cells = Keyed::of(
                    &keys,
                    |key| tally.outcomes.get(key),
                    &tally.vectors,
                    column,
                    |_, combo| side.pair(combo, policy, tie),
                );
                let counts = Counts {
                    undecided: Some(cells.undecided),
                    ties: challenge.map(|_| cells.ties),
                    ..Frame::counts(&cells.pooled)
                };
                for weighting in by {
                    let place = Place {
                        limit: Some(limit),
                        challenge,
                        failure_policy: Some(policy),
                        weighting: Some(*weighting),
                        ..place.clone()
                    };
                    let plain = place.variant.clone();
                    let found = cells.mean(|_| 1.0, weigh(*weighting), level);
                    if !cells.missing.is_empty() {
                        let reason = cells::no_subject(&cells.missing, cells.present.len());
                        let status = RowStatus::InsufficientEvidence;
                        frame.nothing(place.clone(), side.entry(), status, counts, &reason);
                    }
                    let Some(effective) = found else { continue };
                    let variant = if cells.missing.is_empty() { plain } else { plain.with("cells", "present") };
                    frame.share(Share {
                        place: Place { variant, ..place },
                        entry: side.entry(),
                        clusters: &cells.pooled,
                        effective,
                        undecided: counts.undecided,
                        ties: counts.ties,
                        reasons: cells.reasons(),
                    });
                    if frame.tally.bands {
                        frame.flag_last(flag::BANDS_LEFT_OUT);
                    }
                }
            }
        }
    }
}
