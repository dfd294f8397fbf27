//! Published rows of several data holders put together, who cannot share faces: one mean for all, and a mean over holders
//! that differ, with how far they lie apart. Every holder's own row stands beside.
//!
//! Folders with `metrics.csv` go in (release packages, or run folders), `pooled.csv` comes out. Rows are put together where the
//! methods, the protocol and the place agree; another protocol, another method or the same people twice is refused.

mod combine;
mod error;
mod holder;
mod out;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::folder::Existing;
use crate::table::Pooled;

pub use error::PoolError;

use holder::Holders;

/// The flags of pooled rows, beside those of metrics.
pub mod flag {
    /// A holder whose row has no value is not in the number.
    pub const HOLDERS_LEFT_OUT: &str = "holders_left_out";
    /// Half an event was added to a holder without one, or with nothing else.
    pub const HALF_EVENT_ADDED: &str = "half_event_added";
    /// Some holder's counts were rounded or redacted before they were published.
    pub const DISCLOSURE_CONTROLLED: &str = "disclosure_controlled";
}

/// What to put together.
#[derive(Debug, Clone, Copy)]
pub struct PoolRequest<'r> {
    /// Release packages or run folders, one a holder; their order does not matter.
    pub packages: &'r [PathBuf],
    /// Where `pooled.csv` goes; none to write nothing.
    pub out: Option<(&'r Path, Existing)>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The holders by their names in the rows, in the order of their manifests' digests.
    pub holders: Vec<String>,
    /// The rows of `pooled.csv`: of each place the holders' own, then the fixed and the random effect.
    pub rows: Vec<Pooled>,
}

/// Puts the packages of `request` together, and writes `pooled.csv`.
///
/// # Errors
/// [`PoolError`]: fewer than two packages, one that cannot be read, another protocol or method, people who are in two of
/// them, a folder that cannot be written.
pub fn pool(request: &PoolRequest<'_>) -> Result<Pool, PoolError> {
    if let Some((path, existing)) = request.out {
        out::check(path, existing)?;
    }
    let holders = Holders::read(request.packages)?;
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    // In the order of the first holder's rows; then what only later ones have.
    for (at, holder) in holders.each.iter().enumerate() {
        for row in holder.rows.iter().filter(|row| combine::is_poolable(row)) {
            let key = holder::place_of(row);
            if seen.insert(key.clone()) {
                rows.extend(combine::rows(&holders, &key, at));
            }
        }
    }
    if rows.is_empty() {
        return Err(PoolError::Nothing);
    }
    let pool = Pool { holders: holders.each.into_iter().map(|holder| holder.name).collect(), rows };
    if let Some((path, existing)) = request.out {
        out::write(&pool, path, existing)?;
    }
    Ok(pool)
}
