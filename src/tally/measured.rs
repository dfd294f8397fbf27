//! What is summed of each subject so that labels of groups can be moved between subjects: shares and mean errors, each
//! over one or several components whose equal mean is the value of a group.

use super::class::AgeClass;
use super::grid::Grid;
use crate::age::{AgeLimit, ChallengeAge, Side};
use crate::protocol::Protocol;

/// The unit of shares, and of the weight of a subject: a multiple of 1 to 16, so that shares of up to 16 attempts are
/// whole, and fine enough for any other.
pub const SHARE_UNIT: i64 = 720_720 << 20;
/// The unit of errors: 10^-12 years.
pub const ERROR_UNIT: i64 = 1_000_000_000_000;

/// One thing that is summed of each subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// Events of both sides of a limit at a column of the grid. Components: below and above the limit, or the single
    /// years of both windows.
    Rates {
        /// Place of the limit in the grid.
        limit: usize,
        /// The column.
        column: usize,
        /// Whether the components are the single years of the windows.
        window: bool,
    },
    /// Errors of answered ages. Components: all of them, or the single years of a window.
    Errors {
        /// Whether they are taken without their sign.
        absolute: bool,
        /// Place in the protocol's error windows; none for all ages.
        window: Option<usize>,
    },
}

impl Measured {
    /// Everything that is measured, in an order that depends on the protocol alone.
    #[must_use]
    pub fn all(grid: &Grid, protocol: &Protocol) -> Vec<Self> {
        let mut all = Vec::new();
        for (limit, years) in grid.limits().iter().enumerate() {
            for column in columns(grid, *years, protocol) {
                all.extend([false, true].map(|window| Self::Rates { limit, column, window }));
            }
        }
        for window in std::iter::once(None).chain((0..protocol.between_groups.error_windows.len()).map(Some)) {
            all.extend([true, false].map(|absolute| Self::Errors { absolute, window }));
        }
        all
    }

    /// The completed years of the components, first and last; none where the components are no single years.
    #[must_use]
    pub fn years(self, grid: &Grid, protocol: &Protocol) -> Option<(u32, u32)> {
        match self {
            Self::Rates { limit, window: true, .. } => {
                let limit = *grid.limits().get(limit)?;
                let first = protocol.under_window(limit).map_or(limit.years(), |(first, _)| first);
                let last = protocol.over_window(limit).map_or(limit.years() - 1, |(_, last)| last);
                (first <= last).then_some((first, last))
            }
            Self::Errors { window: Some(window), .. } => protocol.between_groups.error_windows.get(window).copied(),
            _ => None,
        }
    }

    /// The component that attempts of a class of ages are in.
    #[must_use]
    pub fn component(self, class: AgeClass, grid: &Grid, protocol: &Protocol) -> Option<u16> {
        match self {
            Self::Rates { limit, window: false, .. } => match class.side(*grid.limits().get(limit)?) {
                Side::Under => Some(0),
                Side::Over => Some(1),
                Side::Straddling => None,
            },
            Self::Errors { window: None, .. } => Some(0),
            _ => {
                let (AgeClass::Year(year), (first, last)) = (class, self.years(grid, protocol)?) else { return None };
                (first..=last).contains(&year).then(|| u16::try_from(year - first).ok()).flatten()
            }
        }
    }

    /// How many components there are.
    #[must_use]
    pub fn components(self, grid: &Grid, protocol: &Protocol) -> usize {
        match self {
            Self::Rates { window: false, .. } => 2,
            Self::Errors { window: None, .. } => 1,
            _ => self.years(grid, protocol).map_or(0, |(first, last)| (last - first + 1) as usize),
        }
    }

    /// Whether a component is of people at or above the limit; false for errors.
    #[must_use]
    pub fn over(self, component: u16, grid: &Grid, protocol: &Protocol) -> bool {
        match self {
            Self::Rates { limit, window, .. } => {
                let limit = grid.limits().get(limit).map_or(0, |limit| limit.years());
                let first = self.years(grid, protocol).map_or(0, |(first, _)| first);
                if window { first + u32::from(component) >= limit } else { component == 1 }
            }
            Self::Errors { .. } => false,
        }
    }

    /// What a sum is divided by to be in shares or years.
    #[must_use]
    pub fn unit(self) -> i64 {
        if matches!(self, Self::Rates { .. }) { SHARE_UNIT } else { ERROR_UNIT }
    }
}

/// The columns of a limit's headline challenge ages and of the method's own decision.
fn columns(grid: &Grid, limit: AgeLimit, protocol: &Protocol) -> Vec<usize> {
    let ages = protocol.headline_ages(limit).into_iter().map(Some::<ChallengeAge>).chain([None]);
    ages.filter_map(|challenge| grid.column(limit, challenge)).collect()
}
