//! Ages that are missing, on one side of a limit only, too round, or said to be finer than they are.

use super::super::{Dataset, LABEL_COLUMNS, MANIFEST_FILE, NOBODY_ELIGIBLE_HELP, Precision};
use super::{Code, rows_in_error};
use crate::age::{AgeLimit, AgeRange, Side};
use crate::finding::{Finding, Findings, counted};
use crate::stats::{RoundAges, round_ages, spikes};

/// Whipple's index from which on ages are "approximate" and not "fairly accurate" (United Nations, 1955).
const HEAPED: f64 = 110.0;
/// Fewer samples do not show that all ages are whole by chance.
const WHOLE_AT_LEAST: usize = 20;

pub(super) fn look(dataset: &Dataset, rows: &[u32], limits: &[AgeLimit], findings: &mut Findings) {
    let samples = dataset.samples.len();
    let wrong = rows_in_error(findings, &LABEL_COLUMNS);
    let unknown = dataset.samples.iter().zip(rows).filter(|(sample, row)| {
        sample.age.is_none() && !wrong.contains(&u64::from(**row)) // beyond those kept, errors count as unknown
    });
    let unknown = unknown.count();
    if samples > 0 && wrong.is_empty() && !(0..samples).any(|place| dataset.is_eligible(place)) {
        let text = "no sample is eligible: none has both a known age and no attack species";
        let finding = Finding::error(MANIFEST_FILE, text).help(NOBODY_ELIGIBLE_HELP);
        findings.push(finding.code(Code::NobodyEligible.word()));
    }
    // An attack is no person, and its age nobody's.
    let people = dataset.samples.iter().enumerate().filter(|(place, _)| dataset.is_eligible(*place));
    let ages: Vec<AgeRange> = people.filter_map(|(_, sample)| sample.age).collect();
    if unknown > 0 {
        let text = format!("{unknown} of {} without an age: listed, and not eligible", counted(samples, "sample"));
        findings.push(Finding::warning(MANIFEST_FILE, text).column("age").code(Code::AgeMissing.word()));
    }
    limits.iter().for_each(|limit| look_at_limit(*limit, &ages, findings));
    look_at_precision(dataset, &ages, findings);
    look_at_heaps(dataset, findings);
}

fn look_at_limit(limit: AgeLimit, ages: &[AgeRange], findings: &mut Findings) {
    let count = |side: Side| ages.iter().filter(|age| age.side(limit) == side).count();
    let (under, over, straddling) = (count(Side::Under), count(Side::Over), count(Side::Straddling));
    let text = format!("limit {limit}: {} under, {over} over, {straddling} straddling", counted(under, "sample"));
    findings.push(if straddling * 20 > ages.len() {
        let help = "the bands do not tell on which side these people stand: no claim at this limit is possible";
        Finding::warning(MANIFEST_FILE, text).help(help).code(Code::LimitStraddled.word())
    } else if under == 0 || over == 0 {
        Finding::warning(MANIFEST_FILE, format!("{text}: one error rate cannot be measured"))
            .code(Code::LimitOneSided.word())
    } else {
        Finding::note(MANIFEST_FILE, text).code(Code::LimitCounts.word())
    });
}

fn look_at_precision(dataset: &Dataset, ages: &[AgeRange], findings: &mut Findings) {
    let fine = matches!(dataset.precision, Precision::Day | Precision::Month);
    if fine && ages.len() >= WHOLE_AT_LEAST && ages.iter().all(|age| age.low().fract() == 0.0) {
        let word = dataset.precision.word();
        let text = format!("all {} ages are whole years, though they are said to be known to the {word}", ages.len());
        let help = "write age_precision = \"year\" in dataset.toml: else errors are half a year off on average";
        findings.push(
            Finding::warning(MANIFEST_FILE, text).column("age").help(help).code(Code::PrecisionOverstated.word()),
        );
    }
}

/// Heaps among completed years; a person counts once a year of age, so that nobody's many photos make a heap.
fn look_at_heaps(dataset: &Dataset, findings: &mut Findings) {
    let year = |age: Option<AgeRange>| age.and_then(AgeRange::completed_years);
    let mut once: Vec<(u32, u32)> = Vec::new();
    let mut counts = [0_u64; 122];
    for (_, sample) in dataset.samples.iter().enumerate().filter(|(place, _)| dataset.is_eligible(*place)) {
        match (year(sample.age), sample.subject) {
            (Some(year), Some(subject)) => once.push((subject, year)),
            (Some(year), None) => add(&mut counts, year),
            (None, _) => {}
        }
    }
    once.sort_unstable();
    once.dedup();
    once.iter().for_each(|(_, year)| add(&mut counts, *year));
    let whom = if once.is_empty() { "samples" } else { "people" };
    if let Some(RoundAges { index, low, round, all }) = round_ages(&counts)
        && index >= HEAPED
        && low > 105.0
    {
        let text = format!(
            "ages end in 0 or 5 too often: Whipple's index is {index:.0} ({round} of {all} {whom} from 23 to 62; 100 is none, \
             at least {low:.0} with 95 % confidence)"
        );
        let help = "such ages were rounded, not read from documents: say so with label_kind, and trust no error below five years";
        findings.push(Finding::warning(MANIFEST_FILE, text).column("age").help(help).code(Code::AgesHeap.word()));
    }
    for (year, count, others) in spikes(&counts) {
        let text = format!("{count} {whom} of age {year}, and {others:.0} of each of the years around it on average");
        let help = "look at some of them: an age that stands for `unknown`, or the least age that a site lets in?";
        findings.push(Finding::note(MANIFEST_FILE, text).column("age").help(help).code(Code::AgeSpike.word()));
    }
}

fn add(counts: &mut [u64; 122], year: u32) {
    if let Some(count) = counts.get_mut(year as usize) {
        *count += 1;
    }
}
