//! Percentiles of answered ages by single year, against `numpy.quantile`.

use super::{Attempt, answered, only, table};
use crate::age::{Age, AgeRange};
use crate::protocol::Protocol;
use crate::table::RowStatus;

#[test]
fn percentiles_of_the_answers_of_a_year_are_those_of_numpy_and_of_that_year_alone() {
    let aged = |years: f64| AgeRange::exact(Age::new(years).unwrap());
    let mut attempts: Vec<Attempt> =
        (0_u32..80).map(|n| (n, aged(17.5), answered(10.0 + f64::from(n)), ["", ""])).collect();
    attempts.extend((80..83).map(|n| (n, aged(18.0), answered(f64::from(n)), ["", ""])));
    let table = table(&attempts, &Protocol::from_toml("limits = [18]\n").unwrap());
    let row = |year: u32, percentile: &str| {
        let select = "metric = 'answered_age_percentile'\nweighting = 'attempt'";
        only(&table, &format!("{select}\npopulation = 'age:{year}'\nvariant = 'percentile={percentile}'"))
    };
    // numpy.quantile(numpy.arange(10, 90), [0.05, 0.25, 0.5, 0.75, 0.95])
    for (percentile, value) in [("5", 13.95), ("25", 29.75), ("50", 49.5), ("75", 69.25), ("95", 85.05)] {
        let row = row(17, percentile);
        assert!((row.value.unwrap() - value).abs() < 1e-9, "{percentile}: {:?}", row.value);
        assert_eq!((row.status, row.n_subjects), (RowStatus::Value, Some(80)));
        assert!(row.low.unwrap() < value && value < row.high.unwrap());
    }
    // numpy.quantile([80, 81, 82], [0.05, 0.95]): three people are no interval.
    for (percentile, value) in [("5", 80.1), ("95", 81.9)] {
        let row = row(18, percentile);
        assert!((row.value.unwrap() - value).abs() < 1e-9);
        assert_eq!((row.status, row.low, row.high), (RowStatus::InsufficientEvidence, None, None));
    }
}
