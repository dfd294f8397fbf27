//! How many people a claim needs, before anybody is asked; and what an existing dataset can show, whatever a method answers.
//!
//! A claim is "the rate is at most the target", shown when the one-sided bound for claims of METRICS M15 is at most the
//! target *and* the protocol's evidence rule lets the value carry a claim. So a plan promises what `gate` and the safe buffer
//! will accept, and not only what a formula says. Numbers come from [`crate::stats`], exact by the binomial distribution.

mod claim;
mod dataset;
mod row;
mod said;

use crate::age::{AgeLimit, ChallengeAge};
use crate::dataset::Dataset;
use crate::protocol::Protocol;
use crate::score::ScoreError;
use crate::stats::Presentable;
use crate::tally::TallyError;

pub use dataset::of_dataset;
pub use row::{PLAN_COLUMNS, PLAN_SCHEMA, Planned, Question, Standing, write_csv, write_json};
pub use said::{claims, comparisons, reaches};

/// More subjects than this are not planned for: the answer is that it takes more.
pub const MOST: u64 = 10_000_000;

/// The rate that a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Of people below the limit, the share who pass.
    UnderAgePass,
    /// Of people at or above the limit, the share who are denied.
    AdultDenial,
}

impl Rate {
    /// The metric's name.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Self::UnderAgePass => "under_age_pass_rate",
            Self::AdultDenial => "adult_denial_rate",
        }
    }
}

/// Several attempts a subject, and subjects that are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// So many subjects tell as much as one independent one; at least 1.
    pub effect: f64,
    /// Attempts of each subject.
    pub attempts: u64,
    /// Intra-subject correlation of its attempts.
    pub correlation: f64,
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The limits.
    pub limits: Vec<AgeLimit>,
    /// The challenge age; it names the claim and changes no number.
    pub challenge: Option<ChallengeAge>,
    /// The rate.
    pub rate: Rate,
    /// The rate is to be shown to be at most this.
    pub target: f64,
    /// With what probability the claim shall be shown where the true rate is one of `true_rates`.
    pub power: f64,
    /// True rates, ascending.
    pub true_rates: Vec<f64>,
    /// The design.
    pub design: Design,
}

/// A paired comparison: two methods on the same people, shown to differ by less than a margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The margin.
    pub margin: f64,
    /// Shares of subjects whom the two decide differently, ascending.
    pub discordant: Vec<f64>,
}

/// What to plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'r> {
    /// The claim.
    pub claim: &'r Claim,
    /// A comparison beside it.
    pub margin: Option<&'r Margin>,
    /// The protocol under which it will be scored: levels, evidence rule, windows, groups.
    pub protocol: &'r Protocol,
    /// A dataset to look at.
    pub dataset: Option<&'r Dataset>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A number that is not what it should be.
    #[error("{name} {found} is no {expected}")]
    Number {
        /// Which.
        name: &'static str,
        /// As given.
        found: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// The samples of the dataset cannot be taken.
    #[error("cannot look at the dataset")]
    Dataset(#[from] ScoreError),
    /// They cannot be counted.
    #[error("cannot count the dataset")]
    Tally(#[from] TallyError),
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Number { .. } => Some("rates and levels are shares: write 1 % as 0.01"),
            Self::Dataset(ScoreError::Tally(error)) | Self::Tally(error) => match error {
                TallyError::NoColumn { .. } => Some(
                    "give --protocol with groups that the dataset has, or add the column to its manifest and to `columns` of its card",
                ),
                _ => None,
            },
            Self::Dataset(error) => error.help(),
        }
    }
}

/// The rows of a plan: those of the claim, one a limit and true rate; those of the comparison; those of the dataset.
///
/// # Errors
/// [`PlanError`]: a number that is no share or level, or a dataset that cannot be counted.
pub fn plan(request: &PlanRequest<'_>) -> Result<Vec<Planned>, PlanError> {
    let PlanRequest { claim, margin, protocol, dataset } = *request;
    checked(claim, margin, protocol)?;
    let mut rows = claim::rows(claim, protocol);
    if let Some(margin) = margin {
        rows.extend(claim::paired(claim, margin, protocol));
    }
    if let Some(dataset) = dataset {
        rows.extend(of_dataset(dataset, protocol, claim)?);
    }
    Ok(rows)
}

/// The protocol's evidence rule.
fn presentable(protocol: &Protocol) -> Presentable {
    let rule = protocol.evidence;
    Presentable {
        least: rule.n_star,
        width: rule.width,
        small_width: rule.small_width,
        width_share: rule.width_share,
        level: protocol.levels.display,
    }
}

fn checked(claim: &Claim, margin: Option<&Margin>, protocol: &Protocol) -> Result<(), PlanError> {
    let number = |name, found, expected, sound: bool| {
        if sound { Ok(()) } else { Err(PlanError::Number { name, found, expected }) }
    };
    let open = |name, found: f64| number(name, found, "share strictly between 0 and 1", found > 0.0 && found < 1.0);
    open("the target", claim.target)?;
    open("the power", claim.power)?;
    let level = protocol.levels.claim;
    number("the level", level, "level from 0.5 to 1, ends left out", level > 0.5 && level < 1.0)?;
    for rate in &claim.true_rates {
        number("the true rate", *rate, "share from 0 on, below 1", (0.0..1.0).contains(rate))?;
    }
    let Design { effect, attempts, correlation } = claim.design;
    number("the design effect", effect, "number of 1 or more", (1.0..=1e6).contains(&effect))?;
    number("the number of attempts", attempts as f64, "number of 1 or more", (1..=1_000_000).contains(&attempts))?;
    number(
        "the intra-subject correlation",
        correlation,
        "correlation from 0 to 1",
        (0.0..=1.0).contains(&correlation),
    )?;
    if let Some(Margin { margin, discordant }) = margin {
        open("the margin", *margin)?;
        for share in discordant {
            number("the discordance", *share, "share from 0 on, below 1", (0.0..1.0).contains(share))?;
        }
    }
    Ok(())
}
