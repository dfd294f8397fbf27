//! A pass is shown at 95 % one-sided, whatever the protocol's own levels are.

use super::*;

/// Verdict and sentence of one rule on a row of a protocol whose bounds for claims have `claim_level`.
fn at(claim_level: f64, rule: &str, row: Row) -> (Verdict, String) {
    of(Some(claim_level), rule, row)
}

/// The same where the level may not be known.
fn of(known_level: Option<f64>, rule: &str, row: Row) -> (Verdict, String) {
    let table = Table { rows: vec![row] };
    let evidence = Protocol::default_protocol().evidence;
    let kept = Kept { claim_level: known_level.unwrap_or(0.95), known_level, evidence };
    let judged = judge(&policy(&[rule]), &table, &methods(&table), &[], kept);
    (judged[0].verdict, judged[0].checks[0].says.clone())
}

#[test]
fn a_symmetric_interval_below_95_percent_is_made_anew() {
    let mae = Measure { name: "mae", unit: Unit::Years, better: Better::Lower };
    // 50 subjects, mean 3, standard error 0.2: scipy.stats.t.ppf(.75, 49) = 0.679530, t.ppf(.95, 49) = 1.676551: the upper
    // bound is 3.33531.
    let half = 0.679_529_645_3 * 0.2;
    let bounds = Bounds { interval: Interval::T, level: 0.5, low: 3.0 - half, high: 3.0 + half };
    let counts = Counts { subjects: Some(50), ..Counts::default() };
    let verdict = |rule: &str| at(0.95, rule, quantity(mae, 3.0, Some(bounds), counts));
    assert_eq!(verdict("metric = 'mae'\nat_most = 3.3").0, Verdict::Inconclusive);
    let (found, says) = verdict("metric = 'mae'\nat_most = 3.336");
    assert_eq!(found, Verdict::Pass);
    assert!(says.contains("upper bound (t, one-sided 95 %) 3.335 years"), "{says}");
}

#[test]
fn an_end_that_cannot_be_made_anew_passes_nothing_below_95_percent() {
    let median = Measure { name: "median_absolute_error", unit: Unit::Years, better: Better::Lower };
    let counts = Counts { subjects: Some(50), ..Counts::default() };
    let verdict = |level: f64| {
        let bounds = Bounds { interval: Interval::Woodruff, level, low: 2.0, high: 3.5 };
        at(0.95, "metric = 'median_absolute_error'\nat_most = 4", quantity(median, 3.0, Some(bounds), counts))
    };
    assert_eq!([0.95, 0.9].map(|level| verdict(level).0), [Verdict::Pass; 2]);
    let (found, says) = verdict(0.5);
    assert_eq!(found, Verdict::Inconclusive);
    assert!(says.contains("shown at 75 % one-sided only, and a pass asks for 95 %"), "{says}");
}

#[test]
fn bounds_for_claims_below_95_percent_pass_only_where_they_can_be_made_anew() {
    // Bounds of a protocol at 50 %: those of the counts themselves are made at 95 %, others not.
    let rule = "metric = 'under_age_pass_rate'\nat_most = 0.05";
    let mut row = rate(place(), 11, 400, Evidence::Sufficient);
    row.claim_low = Some(crate::stats::lower_claim(11.0, 400.0, 0.5));
    row.claim_high = Some(crate::stats::upper_claim(11.0, 400.0, 0.5));
    let (found, says) = at(0.5, rule, row.clone());
    assert_eq!(found, Verdict::Pass);
    assert!(says.contains("one-sided 95 %) 0.04511"), "{says}");
    row.claim_high = Some(0.04);
    let (found, says) = at(0.5, rule, row.clone());
    assert_eq!(found, Verdict::Inconclusive);
    assert!(says.contains("at 50 % one-sided only"), "{says}");
    assert_eq!(at(0.95, rule, row.clone()).0, Verdict::Pass);
    let (found, says) = of(None, rule, row);
    assert!(found == Verdict::Inconclusive && says.contains("nobody knows without protocol.toml"), "{says}");
    // The search for a safe buffer has its claims inside.
    let buffer = Measure { name: "safe_buffer", unit: Unit::Years, better: Better::Lower };
    let row = quantity(buffer, 5.0, None, Counts::default());
    let verdict = |level| of(level, "metric = 'safe_buffer'\nat_most = 7", row.clone()).0;
    let wanted = [Verdict::Pass, Verdict::Inconclusive, Verdict::Inconclusive];
    assert_eq!([Some(0.95), Some(0.5), None].map(verdict), wanted);
    // So has the search for the least input.
    let least = Measure { name: "least_input_bytes", unit: Unit::Bytes, better: Better::Lower };
    let row = quantity(least, 900.0, None, Counts::default());
    let verdict = |level| of(level, "metric = 'least_input_bytes'\nat_most = 1000", row.clone()).0;
    assert_eq!([Some(0.95), Some(0.5), None].map(verdict), wanted);
}
