//! Statistics: numbers in, numbers out. Knows no age and no file, and could leave the crate.
//!
//! The unit of every interval is the subject. A rate is described by how many subjects have which (events, attempts)
//! pair ([`Clusters`]); from that come its value, its effective sample size and its two intervals (`proportion`).

mod clusters;
mod mean;
mod proportion;
mod quantile;
mod special;
mod standardised;
mod standardised_mean;

pub use clusters::{Clusters, Effective, Weigh};
pub use mean::{Estimate, MeanSums, SubjectSums, mean_of_subjects};
pub use proportion::{clopper_pearson, lower_claim, upper_claim, wilson};
pub use quantile::{order_statistic_ranks, quantile, subjects_for_percentile, woodruff};
pub use special::{beta_quantile, normal_quantile, t_quantile};
pub use standardised::{Cell, Joint, Pair, standardised};
pub use standardised_mean::{JointSums, MeanCell, MeanJoint, standardised_mean};

#[cfg(test)]
pub(crate) mod golden;
