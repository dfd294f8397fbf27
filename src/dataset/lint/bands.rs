//! Bands that look as if their upper end belonged to them.

use std::collections::BTreeSet;

use super::super::{Dataset, MANIFEST_FILE, Precision};
use super::Code;
use crate::finding::{Finding, Findings};

/// Warns when bands leave a gap of one year after each: `0,2 3,9 10,19` was meant to be `0,3 3,10 10,20`.
pub(super) fn look(dataset: &Dataset, findings: &mut Findings) {
    if dataset.precision != Precision::Band {
        return;
    }
    let bands: BTreeSet<(u64, u64)> = dataset
        .samples
        .iter()
        .filter_map(|sample| sample.age)
        .filter(|age| age.low().fract() == 0.0 && age.high().fract() == 0.0)
        .map(|age| (whole(age.low()), whole(age.high())))
        .collect();
    let starts = |year: u64| bands.iter().any(|(low, _)| *low == year);
    let gaps = bands.iter().filter(|(_, high)| starts(high + 1) && !starts(*high)).count();
    if gaps * 2 >= bands.len() && gaps > 0 {
        let text = format!("{gaps} of {} bands end one year before the next begins", bands.len());
        let help = "age_high is the first age that is no longer in the band: 25 to 32 completed years are 25,33";
        findings.push(
            Finding::warning(MANIFEST_FILE, text).column("age_high").help(help).code(Code::BandsLeaveGaps.word()),
        );
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ages are 0 to 121")]
fn whole(years: f64) -> u64 {
    years as u64
}
