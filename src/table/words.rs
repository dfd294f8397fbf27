//! The closed vocabularies of `metrics.csv`: one enum a column, each with its word.

use super::WordError;

/// An enum whose values are words of a column: `word`, `parse`, `Display`, `FromStr`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $expected:literal, { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $value,)+ }

        impl $name {
            /// All values, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];

            /// The word in files and messages.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.word()) }
        }

        impl std::str::FromStr for $name {
            type Err = WordError;

            fn from_str(word: &str) -> Result<Self, WordError> {
                Self::ALL.iter().copied().find(|value| value.word() == word).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| format!("`{value}`")).collect();
                    WordError::new(word, format!(concat!($expected, ": expected one of {}"), known.join(", ")))
                })
            }
        }
    };
}

words! {
    /// What an attempt without a decision counts as in a rate.
    FailurePolicy, "a failure policy", {
        /// Only attempts that ended in pass or deny are in the denominator.
        Conditional = "conditional",
        /// Every attempt is in the denominator; whoever got no decision does not pass.
        FailClosed = "fail_closed",
        /// Every attempt is in the denominator; whoever got no decision passes.
        FailOpen = "fail_open",
    }
}

words! {
    /// Whether every subject or every attempt weighs the same.
    Weighting, "a weighting", {
        /// The mean of the subjects' own shares or means.
        Subject = "subject",
        /// The pooled share or mean over attempts.
        Attempt = "attempt",
    }
}

words! {
    /// What a row's value is, or why it has none.
    RowStatus, "a row status", {
        /// A value on which a claim can rest.
        Value = "value",
        /// Withheld by disclosure control.
        Suppressed = "suppressed",
        /// The denominator is empty.
        Empty = "empty",
        /// The method gives no answer of this kind.
        NotApplicable = "not_applicable",
        /// It could not be measured here.
        NotMeasurable = "not_measurable",
        /// No challenge age reaches the target.
        NotAchievable = "not_achievable",
        /// Too few subjects or too wide an interval for a claim; value and counts stay where they exist.
        InsufficientEvidence = "insufficient_evidence",
        /// The computation broke.
        Failed = "failed",
    }
}

words! {
    /// Which direction of a value is the better one.
    Better, "a direction", {
        /// Less is better.
        Lower = "lower",
        /// More is better.
        Higher = "higher",
        /// Nearer to zero is better.
        Zero = "zero",
        /// Neither.
        None = "none",
    }
}

words! {
    /// The unit of a value.
    Unit, "a unit", {
        /// A share of 1.
        Share = "share",
        /// Years.
        Years = "years",
        /// A number of samples or attempts.
        Attempts = "attempts",
        /// A number of subjects.
        Subjects = "subjects",
        /// Years answered per year of true age.
        YearsPerYear = "years_per_year",
        /// A share of 1 per year of true age.
        SharePerYear = "share_per_year",
        /// Of 1,000 visitors.
        PerThousand = "per_1000",
        /// A pure number.
        One = "1",
        /// Bits.
        Bits = "bits",
        /// Bytes.
        Bytes = "bytes",
        /// Milliseconds.
        Milliseconds = "ms",
        /// A number a second.
        PerSecond = "per_s",
        /// A number of things.
        Count = "count",
        /// A probability.
        Probability = "probability",
    }
}

words! {
    /// The method of the display interval (METRICS M15). Claims are always one-sided Clopper-Pearson for rates.
    Interval, "the name of an interval", {
        /// Wilson's score interval on (p, n*), two-sided.
        Wilson = "wilson",
        /// Clopper-Pearson on the real-valued (p n*, n*), two-sided.
        ClopperPearson = "clopper_pearson",
        /// Linearised variance over subjects, Student's t with subjects - 1 degrees of freedom.
        T = "t",
        /// Standard errors of the share below the quantile, inverted (Woodruff 1952).
        Woodruff = "woodruff",
        /// Order statistics.
        OrderStatistic = "order_statistic",
        /// Newcombe's MOVER for differences and sums.
        Mover = "mover",
        /// Tango's score interval of a paired difference.
        Tango = "tango",
        /// Poisson bootstrap over subjects, percentiles of the replicates.
        Bootstrap = "bootstrap",
        /// Value +- z standard errors.
        Normal = "normal",
        /// Normal on the logit scale.
        Logit = "logit",
        /// Fieller's for a ratio, on a covariance clustered by subject.
        Fieller = "fieller",
        /// Bounds that hold whatever the unknown is; no level.
        Bounds = "bounds",
    }
}
