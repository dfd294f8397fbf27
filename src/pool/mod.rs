//! Published rows of several data holders put together, who cannot share faces: one mean for all, and a mean over holders
//! that differ, with how far they lie apart. Every holder's own row stands beside.
//!
//! Folders with `metrics.csv` go in (release packages, or run folders), `pooled.csv` comes out. Rows are put together where the
//! methods, the protocol and the place agree; another protocol, another method or the same people twice is refused.

mod combine;
mod error;
mod evidence;
mod holder;
mod out;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::folder::Existing;
use crate::protocol::Protocol;
use crate::table::Pooled;

pub use error::PoolError;

use holder::Holders;

/// The flags of pooled rows, beside those of metrics.
pub mod flag {
    /// A holder whose row has no value is not in the number.
    pub const HOLDERS_LEFT_OUT: &str = "holders_left_out";
    /// Half an event was added to a holder without one, or with nothing else.
    pub const HALF_EVENT_ADDED: &str = "half_event_added";
    /// That holders ran one method is what they state: their answers were recorded, and no digest is of what gave them.
    pub const METHOD_AS_STATED: &str = "method_as_stated";
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

/// One place of one method, of all holders.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledPlace {
    /// The digest that the method has at every holder; of recorded answers one of what holders state.
    pub method_digest: String,
    /// The holders' own rows, then the fixed and the random effect, where there are any.
    pub rows: Vec<Pooled>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The holders by their names in the rows, in the order of their manifests' digests.
    pub holders: Vec<String>,
    /// Methods that are one because their holders state the same name and version.
    pub stated: Vec<String>,
    /// The protocol; none where no package holds it and it is not the default one.
    pub protocol: Option<Protocol>,
    /// The rows of `pooled.csv` by place.
    pub places: Vec<PooledPlace>,
}

impl Pool {
    /// All rows of `pooled.csv`.
    pub fn rows(&self) -> impl Iterator<Item = &Pooled> {
        self.places.iter().flat_map(|place| &place.rows)
    }
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
    let mut places = Vec::new();
    let mut seen = BTreeSet::new();
    // In the order of the first holder's rows; then what only later ones have.
    for (at, holder) in holders.each.iter().enumerate() {
        for row in holder.rows.iter().filter(|row| combine::is_poolable(row)) {
            let key = holder.place_of(row);
            if seen.insert(key.clone()) {
                let method_digest = holder.method_of(row).0;
                places.push(PooledPlace { method_digest, rows: combine::rows(&holders, &key, at) });
            }
        }
    }
    if places.is_empty() {
        return Err(PoolError::Nothing);
    }
    let stated = holders.stated();
    let names = holders.each.into_iter().map(|holder| holder.name).collect();
    let pool = Pool { holders: names, stated, protocol: holders.protocol, places };
    if let Some((path, existing)) = request.out {
        out::write(&pool, path, existing)?;
    }
    Ok(pool)
}
