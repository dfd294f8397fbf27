//! The golden values, for tests.

use serde_json::Value;

/// The section `name` of `fixtures/golden/statistics.json`.
pub(crate) fn section(name: &str) -> Value {
    let text = include_str!("../../fixtures/golden/statistics.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all[name].clone()
}

/// The section `name` of `fixtures/golden/stats.json`, which `scripts/validation/stats.py` makes.
pub(crate) fn own(name: &str) -> Value {
    let text = include_str!("../../fixtures/golden/stats.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all[name].clone()
}

/// The section `name` of `fixtures/golden/plan.json`, which `scripts/validation/plan.py` makes.
pub(crate) fn plan(name: &str) -> Value {
    let text = include_str!("../../fixtures/golden/plan.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all[name].clone()
}

/// The section `name` of `fixtures/golden/pool.json`, which `scripts/validation/pool.py` makes.
pub(crate) fn pool(name: &str) -> Value {
    let text = include_str!("../../fixtures/golden/pool.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all[name].clone()
}

/// The number at `key`.
pub(crate) fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// Panics unless `found` is `wanted` within 1e-9 relative or 1e-15 absolute (1e-6 relative where n > 1e5).
pub(crate) fn agree(found: f64, wanted: f64, n: f64, what: &str) {
    let relative = if n > 1e5 { 1e-6 } else { 1e-9 };
    let distance = (found - wanted).abs();
    assert!(distance <= 1e-15 || distance <= relative * wanted.abs(), "{what}: {found:e} is not {wanted:e}");
}

/// The mean absolute errors of twelve groups, of the published table that NIST's coefficient is checked with.
pub(crate) const TWELVE_ERRORS: [f64; 12] = [
    3.791674485737346,
    4.035735339350964,
    4.134003726494649,
    3.848659263956534,
    3.494183703722561,
    2.972882592610884,
    3.800534443520062,
    3.721792443002679,
    3.87089225316928,
    3.693926590579681,
    3.981611961421834,
    3.779721767530782,
];
