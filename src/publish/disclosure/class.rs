//! Which metrics may be published when counts are protected: every entry of the catalogue has a class, and what has none
//! is left out.

use crate::metric::catalogue::{ALL, Entry};

/// What becomes of the rows of a metric under a rule other than `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A share of people, computed again from protected counts.
    Share,
    /// A number of attempts, protected.
    Count,
    /// A mean or a percentile of people's errors, from 30 subjects on and to 0.1 year.
    Years,
    /// A mean over samples of what is no age: from 30 samples on, to two digits.
    Sampled,
    /// A fact of the method or the machine, as it is, without the counts of samples beside it.
    Machine,
    /// Not published.
    LeftOut,
}

/// The metrics that are published.
const PUBLISHED: &[(Class, &[&str])] = &[
    (
        Class::Share,
        &["under_age_pass_rate", "adult_denial_rate", "involuntary_failure_rate", "refusal_rate", "abstention_rate"],
    ),
    (Class::Count, &["flow_attempted"]),
    (
        Class::Years,
        &[
            "bias",
            "mae",
            "rmse",
            "median_absolute_error",
            "p90_absolute_error",
            "p95_absolute_error",
            "p99_absolute_error",
        ],
    ),
    (Class::Sampled, &["input_bytes", "input_pixels", "output_bytes", "bytes_sent", "bytes_received"]),
    (
        Class::Machine,
        &[
            "calibration_time",
            "load_time",
            "first_answer_time",
            "latency_median",
            "latency_p90",
            "latency_p95",
            "latency_p99",
            "latency_mean",
            "attempts_per_second",
            "harness_overhead",
            "fields_given",
            "method_bytes",
            "peak_memory",
            "extra_fields",
            "hosts",
            "names_resolved",
            "cookies_offered",
            "hosts_without_tls",
            "unix_sockets",
            "works_offline",
            "persistent_identifiers",
            "answer_resolution",
            "answer_capacity",
            "contradictions",
        ],
    ),
];

/// Families of which nothing else is published, and why.
pub const LEFT_OUT_FAMILIES: &[(&str, &str)] = &[
    ("flow", "differences of its stages are counts of few people"),
    ("not_answered", "each further share of the same attempts ties the others down"),
    ("threshold", "shares of single ages and of passes alone are of few people"),
    ("both", "a function of the two rates, and projections are made of single years"),
    ("band", "its cells are counts of single bands, most of them small"),
    ("error", "shares within x years, single years and moments tie down single errors"),
    ("repeatability", "made of the few people with several answers"),
    ("retry", "made of the few people with several attempts"),
    ("score", "points of a curve and bins are counts of few people"),
    ("spread", "shares over the same errors as the error rows"),
    ("buffer", "the chosen challenge age says what the counts at it are"),
    ("attack", "attackers are few and known to each other"),
    ("group", "functions of the groups' rates: compute them from those published"),
    ("waterfall", "stages differ by the few people who go on"),
    ("probe", "a line through the decisions of few people"),
    ("latency", "the longest attempt is one person's"),
    ("footprint", "counts over few samples, and sums over all of them, which tell how many there are"),
    ("information", "how many different answers there were tells about rare ones"),
    ("declared", "nothing else is in it"),
    ("curve", "differences over the same people"),
    ("comparison", "differences over the same people"),
];

/// The class of `metric`; an unknown one is left out.
#[must_use]
pub fn class(metric: &str) -> Class {
    PUBLISHED.iter().find(|(_, names)| names.contains(&metric)).map_or(Class::LeftOut, |(class, _)| *class)
}

/// The catalogue's entry of `metric`.
pub fn entry(metric: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.measure.name == metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_published_by_name_or_of_a_family_that_says_why_the_rest_is_not() {
        for entry in ALL {
            let said = LEFT_OUT_FAMILIES.iter().any(|(family, _)| *family == entry.family);
            assert!(class(entry.measure.name) != Class::LeftOut || said, "{}: decide its class", entry.measure.name);
        }
        for name in PUBLISHED.iter().flat_map(|(_, names)| names.iter()) {
            assert!(entry(name).is_some(), "{name} is no metric");
        }
        assert_eq!(class("something_new"), Class::LeftOut);
    }

    /// A service that redirects each request was redirected as often as there were samples.
    #[test]
    fn a_sum_over_samples_is_no_fact_of_a_machine() {
        for sum in ["redirects", "connections_tried", "processes_left", "requests"] {
            assert_eq!(class(sum), Class::LeftOut, "{sum}");
        }
    }
}
