//! What the numbers do not say, and what others call them: the same for every report, but for what the rows show.

use super::find::Source;
use crate::table::Population;

/// Sentences on what must not be read into the numbers.
pub(crate) fn sentences(sources: &[Source<'_>]) -> Vec<String> {
    let rows = || sources.iter().flat_map(|source| &source.rows);
    let has = |metric: &str| sources.iter().any(|source| source.of(metric).any(|row| row.value.is_some()));
    let mut told = vec![
        "How a method does on other people, cameras, lights or countries than those in the data.".to_owned(),
        "What another version of a method does, or the same one with other settings than its card's.".to_owned(),
    ];
    // A package says nothing of attacks, whether there were any or not.
    let nobody_cheated = |source: &Source<'_>| source.whole("flow_attacks").any(|row| row.value == Some(0.0));
    told.push(if has("attack_pass_rate") {
        "How a method withstands attacks other than those in the data: the rates above are of people who showed themselves.".to_owned()
    } else if sources.iter().all(nobody_cheated) {
        "How a method withstands people who cheat: nobody in the data did.".to_owned()
    } else {
        "How a method withstands people who cheat: these results hold nothing about attacks.".to_owned()
    });
    if !rows().any(|row| matches!(row.population, Population::Projected(_))) {
        told.push(
            "How many minors will be among those let through on a given service: that depends on who visits it."
                .to_owned(),
        );
    }
    told.push(
        "Whether a method is lawful, proportionate or wanted: these are measurements, not a judgement.".to_owned(),
    );
    told
}

/// A term, what it means, and what others call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// The term as it stands in the report.
    pub(crate) term: &'static str,
    /// What it means.
    pub(crate) means: &'static str,
    /// Names of the same number elsewhere; perhaps none.
    pub(crate) elsewhere: &'static str,
}

/// The terms of the report. docs/methodology.md has all metrics.
pub(crate) const GLOSSARY: [Term; 12] = [
    Term { term: "limit", means: "the legal age in question", elsewhere: "threshold age" },
    Term {
        term: "challenge age",
        means: "the answered age from which a person is let through without more ado",
        elsewhere: "buffer age; Challenge 25",
    },
    Term {
        term: "under-age pass",
        means: "somebody under the limit is let through",
        elsewhere: "false positive (NIST: FPR), false accept, bypass",
    },
    Term {
        term: "adult denial",
        means: "somebody at or above the limit is turned away",
        elsewhere: "false negative (NIST: FNR), false reject, friction",
    },
    Term {
        term: "safe challenge age",
        means: "the least challenge age at which the protocol's rule on under-age passes is shown to be kept",
        elsewhere: "its distance from the limit is the safe buffer",
    },
    Term { term: "bias", means: "mean of answered age minus true age", elsewhere: "mean error, signed error" },
    Term {
        term: "mean absolute error",
        means: "mean distance of answered from true age, in either direction",
        elsewhere: "MAE; \"accurate to ± x years\" mostly means it",
    },
    Term {
        term: "within 5 years",
        means: "the share of answered ages at most five years from the true one",
        elsewhere: "CS(5), accuracy@5",
    },
    Term {
        term: "attempt, person",
        means: "one sample put to the method once; everybody's attempts together weigh as one person",
        elsewhere: "image, transaction; subject",
    },
    Term {
        term: "interval, bound for claims",
        means: "the values that the people seen leave possible: two-sided for reading, one-sided for claims",
        elsewhere: "confidence interval, confidence limit",
    },
    Term {
        term: "area under the curve",
        means: "the chance that somebody over the limit scores higher than somebody under it",
        elsewhere: "AUC, AUROC, c statistic",
    },
    Term {
        term: "effective challenge age",
        means: "the true age at which half of the people pass a gate that only passes or denies",
        elsewhere: "point of subjective equality",
    },
];
