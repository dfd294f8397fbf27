//! Variables of the environment that hold keys of services, which programs of the same process are not given.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// From now on no program is started with the variables `names`.
#[cfg(feature = "http")]
pub(crate) fn withhold<'a>(names: impl IntoIterator<Item = &'a str>) {
    let mut known = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(names.into_iter().map(str::to_owned));
}

/// The variables that are withheld.
pub(crate) fn withheld() -> Vec<String> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}
