//! Statistics: numbers in, numbers out. Knows no age and no file, and could leave the crate.
//!
//! The unit of every interval is the subject. A rate is described by how many subjects have which (events, attempts)
//! pair ([`Clusters`]); from that come its value, its effective sample size and its two intervals (`proportion`).

mod agreement;
mod arrivals;
mod auc;
mod beta;
mod bootstrap;
mod calibration;
mod chances;
mod clusters;
mod design;
mod det;
mod entropy;
mod flip;
mod heaping;
mod holm;
mod intra;
mod mean;
mod meta;
mod mover;
mod paired;
mod paired_power;
mod permutation;
mod power;
mod predictive;
mod presented;
mod probit;
mod proportion;
mod quantile;
mod random;
mod ranks;
mod special;
mod spread;
mod standardised;
mod standardised_mean;
mod tails;

pub use agreement::{concordance, slope, spearman};
pub use arrivals::poisson_arrivals;
pub use auc::{Area, Ranked, Scored, auc, auc_difference, auc_of_ranked};
pub use bootstrap::{Alike, Bootstrap, FEWEST_UNITS, LARGEST_VALUE, Sums, percentile_bounds, percentile_p};
pub use calibration::{Bin, REDRAWS, Reliability};
pub use chances::mean_of_chances;
pub use clusters::{Clusters, Effective, Weigh};
pub use design::{CrossWeights, PairWeights, Triple};
pub use det::{Det, DetPoint, Weighted};
pub use entropy::{entropy_miller_madow, entropy_plug_in};
pub use flip::{FLIPS, mcnemar, sign_flip, sign_flip_normal};
pub use heaping::{RoundAges, round_ages, spikes};
pub use holm::holm;
pub use intra::{design_effect, share_with_event, subjects_of_attempts};
pub use mean::{DesignSums, Estimate, MeanSums, SubjectSums, is_dominated, mean_of_subjects};
pub use meta::{Combined, Heterogeneity, fixed_effect, heterogeneity, logit_of, random_effects, share_of_logit};
pub use mover::{Bounded, mover_difference, mover_difference_correlated, mover_mean, mover_ratio, p_at_zero};
pub use paired::{Discordance, GateBounds, Verdict};
pub use paired_power::{paired_power, paired_subjects_needed};
pub use permutation::{Drawn, Null, Permutation, REAL_UNDER, Stratum, Values, null_of};
pub use power::{
    allowed_events, largest_rate_that_passes, least_limit_to_show, power, subjects_for_mean, subjects_needed,
    with_design_effect, zero_event_trials,
};
pub use predictive::{CLIP, Z_68, Z_95, brier, covered, crps_normal, log_loss};
pub use presented::Presentable;
pub use probit::{Answered, NoLine, Probit, probit, rising_half};
pub use proportion::{clopper_pearson, lower_claim, upper_claim, wilson};
pub use quantile::{WeightedSample, order_statistic_ranks, quantile, subjects_for_percentile, woodruff};
pub use random::key;
pub use ranks::Ranks;
pub use special::{beta_quantile, normal_quantile, normal_two_sided, t_quantile};
pub use spread::{between_group_sd, gini, max_distance, max_minus_min, max_over_geometric_mean, max_over_min};
pub use standardised::{Cell, Joint, Pair, standardised};
pub use standardised_mean::{JointDesign, JointSums, MeanCell, MeanJoint, standardised_mean};

#[cfg(test)]
pub(crate) mod golden;
