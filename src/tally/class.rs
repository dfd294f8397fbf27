//! Classes of known ages, and the populations of a limit that they belong to.

use serde::{Deserialize, Serialize};

use crate::age::{Age, AgeLimit, AgeRange, NANOS_PER_YEAR, Side, nanos};
use crate::protocol::Protocol;

/// What tallies keep of a known age: the completed year of life, or the edges of a band that spans more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeClass {
    /// Completed years.
    Year(u32),
    /// A band `[low, high)`, in nanoyears.
    Band(i64, i64),
}

/// A population of one limit, or everybody. Four also hold the attempts whose known age straddles the limit, for the
/// bounds of METRICS M0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// Every eligible attempt; no limit.
    All,
    /// Surely below the limit.
    Under,
    /// Surely at or above the limit.
    Over,
    /// The under-age window.
    UnderWindow,
    /// The adult window.
    OverWindow,
    /// Older than the adult window.
    OverRest,
    /// Below the limit or straddling it.
    UnderOrStraddling,
    /// Above the limit or straddling it.
    OverOrStraddling,
    /// In the under-age window or straddling the limit.
    UnderWindowOrStraddling,
    /// In the adult window or straddling the limit.
    OverWindowOrStraddling,
    /// Straddling the limit.
    Straddling,
    /// In the under-age window by completed year, without its bands of several years: whom the mean of its years counts.
    UnderWindowYears,
    /// The same of the adult window.
    OverWindowYears,
}

impl Slot {
    /// The slots of a limit.
    pub const OF_LIMIT: [Self; 12] = [
        Self::Under,
        Self::Over,
        Self::UnderWindow,
        Self::OverWindow,
        Self::OverRest,
        Self::UnderOrStraddling,
        Self::OverOrStraddling,
        Self::UnderWindowOrStraddling,
        Self::OverWindowOrStraddling,
        Self::Straddling,
        Self::UnderWindowYears,
        Self::OverWindowYears,
    ];

    /// Slots with the one that holds the same people where no age is a band of several years.
    pub(super) const SAME_WITHOUT_BANDS: [(Self, Self); 6] = [
        (Self::UnderOrStraddling, Self::Under),
        (Self::OverOrStraddling, Self::Over),
        (Self::UnderWindowOrStraddling, Self::UnderWindow),
        (Self::OverWindowOrStraddling, Self::OverWindow),
        (Self::UnderWindowYears, Self::UnderWindow),
        (Self::OverWindowYears, Self::OverWindow),
    ];
}

impl AgeClass {
    /// The class of a known age.
    #[must_use]
    pub fn of(age: AgeRange) -> Self {
        age.completed_years().map_or_else(|| Self::Band(nanos(age.low()), nanos(age.high())), Self::Year)
    }

    /// First and one past the last age, in nanoyears.
    pub(super) fn ends(self) -> (i64, i64) {
        match self {
            Self::Year(year) => (i64::from(year) * NANOS_PER_YEAR, (i64::from(year) + 1) * NANOS_PER_YEAR),
            Self::Band(low, high) => (low, high),
        }
    }

    /// On which side of `limit` the class lies.
    #[must_use]
    pub fn side(self, limit: AgeLimit) -> Side {
        let (low, high) = self.ends();
        let limit = i64::from(limit.years()) * NANOS_PER_YEAR;
        if low >= limit {
            Side::Over
        } else if high <= limit {
            Side::Under
        } else {
            Side::Straddling
        }
    }

    fn within(self, window: Option<(u32, u32)>) -> bool {
        let (low, high) = self.ends();
        window.is_some_and(|(first, last)| {
            low >= i64::from(first) * NANOS_PER_YEAR && high <= (i64::from(last) + 1) * NANOS_PER_YEAR
        })
    }

    /// Whether the class belongs to `slot` of `limit` (any limit, for [`Slot::All`]). A band that crosses the outer
    /// edge of a window is in no window.
    #[must_use]
    pub fn belongs(self, slot: Slot, limit: AgeLimit, protocol: &Protocol) -> bool {
        let side = self.side(limit);
        let straddles = side == Side::Straddling;
        let year = matches!(self, Self::Year(_));
        let rest = || protocol.over_window(limit).map_or(limit.years(), |(_, last)| last + 1);
        match slot {
            Slot::All => true,
            Slot::Under => side == Side::Under,
            Slot::Over => side == Side::Over,
            Slot::UnderWindow => self.within(protocol.under_window(limit)),
            Slot::OverWindow => self.within(protocol.over_window(limit)),
            Slot::OverRest => self.ends().0 >= i64::from(rest()) * NANOS_PER_YEAR,
            Slot::UnderOrStraddling => straddles || side == Side::Under,
            Slot::OverOrStraddling => straddles || side == Side::Over,
            Slot::UnderWindowOrStraddling => straddles || self.within(protocol.under_window(limit)),
            Slot::OverWindowOrStraddling => straddles || self.within(protocol.over_window(limit)),
            Slot::Straddling => straddles,
            Slot::UnderWindowYears => year && self.within(protocol.under_window(limit)),
            Slot::OverWindowYears => year && self.within(protocol.over_window(limit)),
        }
    }
}

/// The age that errors are held against: the completed label as published, or the middle of the labelled year. An
/// exact age is both. `None` for a band of more than one year of life.
///
/// Source: METRICS M0, `variant age=mid`.
pub(super) fn point_age(age: AgeRange, middle: bool) -> Option<Age> {
    age.completed_years()?;
    Age::new(if middle { age.middle() } else { age.low() }).ok()
}
