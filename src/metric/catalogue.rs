//! Every metric: name, unit, better, family, meaning. `agebench list metrics` prints it; rows take their words from it.

use crate::table::{Better, Measure, Unit};

/// One metric as people are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Name, unit and better direction, as rows carry them.
    pub measure: Measure,
    /// The family: `flow`, `not_answered`, `threshold`, `both`, `band`, `error`, `repeatability`, `retry`, `score`,
    /// `spread`, `buffer`, `attack`, `group`, `waterfall`, `probe`, `latency`, `footprint`, `information`, `declared`,
    /// `curve`, `comparison`.
    pub family: &'static str,
    /// The section of the metric definitions.
    pub section: &'static str,
    /// What it says, in a sentence, with its denominator.
    pub meaning: &'static str,
}

/// What design weights of the manifest do to a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// It is a weighted number.
    Used,
    /// It is a count, of people or attempts, and stays one.
    Counted,
    /// It is the same without them, and says so.
    NotUsed,
}

impl Entry {
    /// What design weights do to the metric.
    #[must_use]
    pub fn weights(&self) -> Weights {
        match (self.measure.unit, self.family) {
            (Unit::Attempts | Unit::Subjects | Unit::Count, _) => Weights::Counted,
            (_, "repeatability" | "retry" | "latency" | "footprint" | "information" | "probe") => Weights::NotUsed,
            _ if UNWEIGHTED.contains(&self.measure.name) => Weights::NotUsed,
            _ => Weights::Used,
        }
    }
}

/// Metrics of families that are weighted which are not themselves: bins of equal mass and their redraws.
const UNWEIGHTED: [&str; 3] =
    ["expected_calibration_error", "expected_calibration_error_if_calibrated", "share_over_by_score"];

const fn entry(
    name: &'static str,
    unit: Unit,
    better: Better,
    family: &'static str,
    section: &'static str,
    meaning: &'static str,
) -> Entry {
    Entry { measure: Measure { name, unit, better }, family, section, meaning }
}

macro_rules! catalogue {
    ($($constant:ident = $name:literal, $unit:ident, $better:ident, $family:literal, $section:literal, $meaning:literal;)+) => {
        $(#[doc = $meaning] pub const $constant: Entry =
            entry($name, Unit::$unit, Better::$better, $family, $section, $meaning);)+

        /// All metrics, in the order of the rows.
        pub const ALL: &[Entry] = &[$($constant),+];
    };
}

catalogue! {
    LISTED = "flow_listed", Attempts, None, "flow", "M0", "Samples listed in the manifest.";
    ATTACKS = "flow_attacks", Attempts, None, "flow", "M0", "Listed samples with a species: in no row but the attacks'.";
    AGE_UNKNOWN = "flow_age_unknown", Attempts, None, "flow", "M0", "Bona fide samples without a known age.";
    ELIGIBLE = "flow_eligible", Attempts, None, "flow", "M0", "Bona fide samples with a known age.";
    ATTEMPTED = "flow_attempted", Attempts, None, "flow", "M0", "Eligible samples that were put to the method.";
    ANSWERED = "flow_answered", Attempts, None, "flow", "M0", "Attempts that were answered.";
    STRADDLING = "flow_straddling", Attempts, None, "flow", "M0",
        "Attempts whose known age range holds ages on both sides of the limit: left out of that limit.";
    DECIDED = "flow_decided", Attempts, None, "flow", "M0", "Attempts that ended in pass or deny.";
    INVOLUNTARY = "involuntary_failure_rate", Share, Lower, "not_answered", "M2",
        "Attempts that failed, timed out or found no subject, of all attempts.";
    REFUSED = "refusal_rate", Share, Lower, "not_answered", "M2", "Attempts that the method refused, of all attempts.";
    ABSTAINED = "abstention_rate", Share, Lower, "not_answered", "M2",
        "Attempts on which the method would not commit itself, of all attempts.";
    NEVER_ANSWERED = "never_answered_rate", Share, Lower, "not_answered", "M2",
        "Subjects with no answer in any attempt, of all attempted subjects.";
    UNDECIDED = "undecided_rate", Share, Lower, "not_answered", "M2",
        "Attempts answered without a decision at this challenge age, of all attempts.";
    NO_DECISION = "no_decision_rate", Share, Lower, "not_answered", "M2",
        "Attempts not answered, or answered without a decision at this challenge age, of all attempts on that side of the limit.";
    UNDER_AGE_PASS = "under_age_pass_rate", Share, Lower, "threshold", "M3",
        "People below the limit who pass, of those decided (conditional) or attempted (fail_closed, fail_open).";
    ADULT_DENIAL = "adult_denial_rate", Share, Lower, "threshold", "M4",
        "People at or above the limit who are denied, of those decided (conditional) or attempted.";
    FAR_PASSES = "far_under_age_pass_share", Share, Lower, "threshold", "M3",
        "Passes by people more than x years below the limit, of all under-age passes.";
    BALANCED = "balanced_error", Share, Lower, "both", "M5", "Mean of under-age pass rate and adult denial rate.";
    MINORS_PASSED = "minors_passed_per_1000", PerThousand, Lower, "both", "M5",
        "People below the limit who pass, of 1,000 visitors of the stated ages.";
    ADULTS_DENIED = "adults_denied_per_1000", PerThousand, Lower, "both", "M5",
        "People at or above the limit who are denied, of 1,000 visitors of the stated ages.";
    PPV = "positive_predictive_value", Share, Higher, "both", "M5",
        "People at or above the limit, of the visitors of the stated ages who pass.";
    BAND_CONFUSION = "band_confusion", Share, None, "band", "M7",
        "Attempts answered in this band, of all attempts of people of the true band.";
    BAND_RECALL = "band_recall", Share, Higher, "band", "M7", "Attempts answered in the true band, of all of that band.";
    BAND_DOWN = "band_down", Share, Lower, "band", "M7", "Attempts answered in a lower band, of all of the true band.";
    BAND_UP = "band_up", Share, Lower, "band", "M7", "Attempts answered in a higher band, of all of the true band.";
    BAND_UNDECIDED = "band_undecided", Share, Lower, "band", "M7",
        "Attempts answered, but not within one band, of all of the true band.";
    BAND_NOT_ANSWERED = "band_not_answered", Share, Lower, "band", "M7",
        "Attempts not answered, of all of the true band.";
    BIAS = "bias", Years, Zero, "error", "M1", "Mean of answered less true age.";
    MAE = "mae", Years, Lower, "error", "M1", "Mean absolute error of answered ages.";
    MEDIAN = "median_absolute_error", Years, Lower, "error", "M1", "Median absolute error of answered ages.";
    RMSE = "rmse", Years, Lower, "error", "M1", "Root of the mean squared error of answered ages.";
    SD = "sd", Years, Lower, "error", "M1", "Standard deviation (n - 1) of the errors over attempts.";
    P90 = "p90_absolute_error", Years, Lower, "error", "M1", "90th percentile of the absolute error (type 7).";
    P95 = "p95_absolute_error", Years, Lower, "error", "M1", "95th percentile of the absolute error (type 7).";
    P99 = "p99_absolute_error", Years, Lower, "error", "M1", "99th percentile of the absolute error (type 7).";
    ANSWERED_PERCENTILE = "answered_age_percentile", Years, None, "error", "M1",
        "Percentile of the ages that people of one year of true age were answered (type 7).";
    WITHIN_1 = "within_1_year", Share, Higher, "error", "M1", "Answered ages within 1 year of the true age.";
    WITHIN_2 = "within_2_years", Share, Higher, "error", "M1", "Answered ages within 2 years of the true age.";
    WITHIN_3 = "within_3_years", Share, Higher, "error", "M1", "Answered ages within 3 years of the true age.";
    WITHIN_4 = "within_4_years", Share, Higher, "error", "M1", "Answered ages within 4 years of the true age.";
    WITHIN_5 = "within_5_years", Share, Higher, "error", "M1", "Answered ages within 5 years of the true age.";
    WITHIN_6 = "within_6_years", Share, Higher, "error", "M1", "Answered ages within 6 years of the true age.";
    WITHIN_7 = "within_7_years", Share, Higher, "error", "M1", "Answered ages within 7 years of the true age.";
    WITHIN_8 = "within_8_years", Share, Higher, "error", "M1", "Answered ages within 8 years of the true age.";
    WITHIN_9 = "within_9_years", Share, Higher, "error", "M1", "Answered ages within 9 years of the true age.";
    WITHIN_10 = "within_10_years", Share, Higher, "error", "M1", "Answered ages within 10 years of the true age.";
    BEYOND_10 = "beyond_10_years", Share, Lower, "error", "M1", "Answered ages more than 10 years off.";
    SLOPE = "slope", YearsPerYear, None, "error", "M1", "Slope of the line of answered on true age.";
    R_SQUARED = "r_squared", One, Higher, "error", "M1", "Squared Pearson correlation of answered and true age.";
    NOISE = "answer_noise", Years, Lower, "repeatability", "M9",
        "Mean over subjects of the mean absolute deviation of their answers about their own mean.";
    NOISE_CORRECTED = "answer_noise_corrected", Years, Lower, "repeatability", "M9",
        "The same, each subject's part times sqrt(m / (m - 1)) for m answers.";
    WITHIN_SUBJECT_SD = "within_subject_sd", Years, Lower, "repeatability", "M9",
        "Pooled standard deviation of answers about the subject's own mean.";
    FLIPS = "decision_flip_rate", Share, Lower, "repeatability", "M9",
        "Mean over subjects of the share of pairs of their decisions that differ.";
    RETRY_PASS = "pass_within_tries", Share, Lower, "retry", "M10",
        "Mean over people below the limit with enough attempts of the chance of at least one pass in so many of them.";
    UNDER_AGE_PASS_DIFFERENCE = "under_age_pass_rate_difference", Share, Zero, "group", "M11",
        "Under-age pass rate of the group less that of everybody else.";
    ADULT_DENIAL_DIFFERENCE = "adult_denial_rate_difference", Share, Zero, "group", "M11",
        "Adult denial rate of the group less that of everybody else.";
    BIAS_DIFFERENCE = "bias_difference", Years, Zero, "group", "M11", "Bias of the group less that of everybody else.";
    MAE_DIFFERENCE = "mae_difference", Years, Zero, "group", "M11",
        "Mean absolute error of the group less that of everybody else.";
    DIFFERENCE_P = "difference_p", Probability, None, "group", "M11",
        "How likely a difference from everybody else at least as large is where there is none; by `adjusted`, for all groups of the column.";
    MAX_MINUS_MIN = "max_minus_min", Share, Lower, "group", "M11", "Largest less smallest rate of the groups with enough people.";
    MAX_MINUS_MIN_YEARS = "max_minus_min_years", Years, Lower, "group", "M11",
        "Largest less smallest mean error of the groups with enough people.";
    MAX_OVER_MIN = "max_over_min", One, Lower, "group", "M11",
        "Largest over smallest value of the groups with enough people and enough events.";
    MAX_OVER_GEOMETRIC_MEAN = "max_over_geometric_mean", One, Lower, "group", "M11",
        "Largest value over the geometric mean of the groups with enough people and enough events.";
    GINI = "gini", One, Lower, "group", "M11",
        "Gini coefficient of the groups with enough people, times n / (n - 1): 0 when all are equal.";
    FAIRNESS_DISCREPANCY_RATE = "fairness_discrepancy_rate", One, Higher, "group", "M11",
        "1 - (alpha x largest difference of under-age pass rates + (1 - alpha) x largest difference of adult denial rates).";
    GARBE = "garbe", One, Lower, "group", "M11",
        "alpha x Gini of the under-age pass rates + (1 - alpha) x Gini of the adult denial rates.";
    PARITY_GAP = "parity_gap", Share, Lower, "group", "M11", "Largest distance of a group's rate from that of everybody.";
    PARITY_GAP_YEARS = "parity_gap_years", Years, Lower, "group", "M11",
        "Largest distance of a group's mean error from that of everybody.";
    BETWEEN_GROUP_SD = "between_group_sd", Share, Lower, "group", "M11",
        "Standard deviation of the groups' true rates, the noise of each taken out (DerSimonian and Laird).";
    BETWEEN_GROUP_SD_YEARS = "between_group_sd_years", Years, Lower, "group", "M11",
        "Standard deviation of the groups' true mean errors, the noise of each taken out (DerSimonian and Laird).";
    LEFT_OUT = "groups_left_out", Count, Lower, "group", "M11",
        "Groups of the column that are in no summary, for want of people; the evidence cell names them.";
    PERMUTATION_P = "permutation_p", Probability, None, "group", "M11",
        "How likely groups lie at least as far apart as by `summary` when labels are dealt to people of one age by chance.";
    FIXED_CHALLENGE_AGE = "fixed_challenge_age", Years, None, "group", "M11",
        "Least challenge age at which the under-age pass rate of one group is no higher than asked for; used for all groups.";
    RETRY_LEFT_OUT = "retry_not_eligible", Subjects, None, "retry", "M10",
        "People below the limit with fewer attempts than tries.";
    AUC = "auc", One, Higher, "score", "M8",
        "P(score of somebody over the limit > that of somebody under it) + P(equal) / 2, over attempts.";
    EQUAL_ERROR = "equal_error_rate", Share, Lower, "score", "M8",
        "Mean of both errors at the distinct score where they are closest, the higher one on a tie.";
    EQUAL_ERROR_THRESHOLD = "equal_error_threshold", One, None, "score", "M8", "The score of the equal error rate.";
    THRESHOLD = "threshold", One, None, "score", "M8",
        "Least score at which no larger share of the people below the limit passes than `target`.";
    SCORES_MISSING = "scores_missing", Attempts, None, "score", "M8", "Attempts without a score for the limit.";
    DET_PASS = "det_under_age_pass_rate", Share, Lower, "score", "M8",
        "People below the limit with a score at or above one point of the curve.";
    DET_DENIAL = "det_adult_denial_rate", Share, Lower, "score", "M8",
        "People at or above the limit with a score below one point of the curve.";
    BRIER = "brier_score", One, Lower, "score", "M8", "Mean of (probability of being over - outcome) squared.";
    LOG_LOSS = "log_loss", One, Lower, "score", "M8",
        "Mean of -ln of the probability given to what was true, held 1e-15 from 0 and 1; events are those held.";
    CALIBRATION_ERROR = "expected_calibration_error", Share, Lower, "score", "M8",
        "Mean over attempts of |share over - mean probability| of their bin of equal mass.";
    CALIBRATION_ERROR_REDRAWN = "expected_calibration_error_if_calibrated", Share, None, "score", "M8",
        "The same on average if every probability were right: the mean of 1,000 redraws.";
    RELIABILITY = "share_over_by_score", Share, None, "score", "M8",
        "People over the limit among those with scores in one bin of the reliability table.";
    COVERAGE_68 = "coverage_68", Share, None, "spread", "M8",
        "True ages within 0.9945 standard deviations of the answered age; 68 % if spreads are right.";
    COVERAGE_95 = "coverage_95", Share, None, "spread", "M8",
        "True ages within 1.96 standard deviations of the answered age; 95 % if spreads are right.";
    CRPS = "crps", Years, Lower, "spread", "M8", "Mean continuous ranked probability score of a normal spread.";
    SPREADS_LEFT_OUT = "spreads_left_out", Attempts, None, "spread", "M8",
        "Attempts answered with an age whose spread is missing, negative or not finite.";
    END_PASS = "end_to_end_under_age_pass_rate", Share, Lower, "waterfall", "M14",
        "People below the limit who pass in the end, of all attempts; whoever comes to no later stage is counted both ways.";
    END_DENIAL = "end_to_end_adult_denial_rate", Share, Lower, "waterfall", "M14",
        "People at or above the limit who are denied in the end, of all attempts; whoever comes to no later stage is counted both ways.";
    ESCALATION = "escalation_rate", Share, Lower, "waterfall", "M14",
        "Attempts that the stages before this one left undecided, of all attempts.";
    BYTES_A_PERSON = "bytes_per_attempt", Bytes, Lower, "waterfall", "M14",
        "Bytes given to, or returned by, the stages that an attempt came to, summed: the mean over people.";
    TIME_A_PERSON = "time_per_attempt", Milliseconds, Lower, "waterfall", "M14",
        "Time of the stages that an attempt came to, summed: the mean over people, of this run or as recorded.";
    EFFECTIVE_CHALLENGE_AGE = "effective_challenge_age", Years, None, "probe", "probe",
        "The true age at which half of the people pass the method's own gate at this limit.";
    SHARPNESS = "sharpness", SharePerYear, Higher, "probe", "probe",
        "How fast the share who pass rises with true age at the effective challenge age.";
    CALIBRATION = "calibration_time", Milliseconds, None, "latency", "M12",
        "A fixed calculation, mean over starts of the process: times of machines where it differs cannot be compared.";
    LOAD = "load_time", Milliseconds, Lower, "latency", "M12",
        "From the card to a session that is ready, mean over starts of the process.";
    FIRST = "first_answer_time", Milliseconds, Lower, "latency", "M12",
        "The first attempt of a session, mean over starts of the process.";
    LATENCY_MEDIAN = "latency_median", Milliseconds, Lower, "latency", "M12",
        "Median time of an attempt in the steady state, of attempts that did not fail.";
    LATENCY_P90 = "latency_p90", Milliseconds, Lower, "latency", "M12",
        "90th percentile (type 7) of the time of an attempt, of attempts that did not fail.";
    LATENCY_P95 = "latency_p95", Milliseconds, Lower, "latency", "M12",
        "95th percentile (type 7) of the time of an attempt, of attempts that did not fail.";
    LATENCY_P99 = "latency_p99", Milliseconds, Lower, "latency", "M12",
        "99th percentile (type 7) of the time of an attempt, of attempts that did not fail.";
    LATENCY_MEAN = "latency_mean", Milliseconds, Lower, "latency", "M12",
        "Mean over starts of the process of the mean time of an attempt.";
    LATENCY_MAX = "latency_max", Milliseconds, Lower, "latency", "M12", "The longest attempt; it has no interval.";
    THROUGHPUT = "attempts_per_second", PerSecond, Higher, "latency", "M12",
        "Attempts a second with all workers at once, mean over starts of the process.";
    OVERHEAD = "harness_overhead", Milliseconds, None, "latency", "M12",
        "An attempt of a method that does nothing, reading the sample included: what the harness itself takes.";
    INPUT_BYTES = "input_bytes", Bytes, Lower, "footprint", "M13",
        "Bytes of the sample's file as it lies in the dataset: mean over attempts with a file; by `of=sum`, all of them.";
    INPUT_PIXELS = "input_pixels", Count, Lower, "footprint", "M13",
        "Pixels of the sample's picture, before any crop or resizing: mean over attempts with a picture.";
    FIELDS_GIVEN = "fields_given", Count, Lower, "footprint", "M13",
        "Different columns of the dataset, and the face box, that were given with the samples.";
    MEDIA_OPENED = "media_opened_share", Share, None, "footprint", "M13",
        "Attempts in which the program opened the copy of the sample that it was given.";
    METHOD_BYTES = "method_bytes", Bytes, Lower, "footprint", "M13",
        "Bytes of the files that the card names: model, program, arguments.";
    PEAK_MEMORY = "peak_memory", Bytes, Lower, "footprint", "M13",
        "The most memory that the method held, above the harness's own.";
    OUTPUT_BYTES = "output_bytes", Bytes, Lower, "footprint", "M13",
        "Bytes that the method returned: mean over attempts; by `of=sum`, all of them.";
    EXTRA_FIELDS = "extra_fields", Count, Lower, "footprint", "M13",
        "Different fields that the method returned beyond its answer.";
    FILES_CREATED = "files_created", Count, Lower, "footprint", "M13",
        "Files that the method made, those that it removed again included where they were seen.";
    FILES_CHANGED = "files_changed", Count, Lower, "footprint", "M13",
        "Files that the method made and then changed.";
    FILES_LEFT = "files_left", Count, Lower, "footprint", "M13",
        "Files that were there after the last answer (`phase=end`) and when everything of the method had ended (`phase=after_exit`).";
    BYTES_LEFT = "bytes_left", Bytes, Lower, "footprint", "M13", "Bytes of the files that were left.";
    PROCESSES_LEFT = "processes_left", Count, Lower, "footprint", "M13",
        "Processes alive when the program had ended (`phase=end`) and two seconds later (`phase=after_exit`).";
    CONNECTIONS = "connections_tried", Count, Lower, "footprint", "M13",
        "Connections that the method tried, whether anybody answered or not.";
    HOSTS = "hosts", Count, Lower, "footprint", "M13", "Different hosts that the method spoke to.";
    REQUESTS = "requests", Count, Lower, "footprint", "M13", "Requests made of a service, or connections that a host took.";
    NAMES_RESOLVED = "names_resolved", Count, Lower, "footprint", "M13", "Different names that the method looked up.";
    BYTES_SENT = "bytes_sent", Bytes, Lower, "footprint", "M13",
        "Bytes sent to hosts, headers included: mean over attempts; by `of=sum`, all of them.";
    BYTES_RECEIVED = "bytes_received", Bytes, Lower, "footprint", "M13",
        "Bytes received from hosts, headers included: mean over attempts; by `of=sum`, all of them.";
    REDIRECTS = "redirects", Count, Lower, "footprint", "M13", "Redirects of a service that were followed.";
    COOKIES_OFFERED = "cookies_offered", Count, Lower, "footprint", "M13",
        "Different cookies that a service offered; none is ever sent back.";
    HOSTS_WITHOUT_TLS = "hosts_without_tls", Count, Lower, "footprint", "M13", "Hosts that were not spoken to over TLS.";
    UNIX_SOCKETS = "unix_sockets", Count, Lower, "footprint", "M13",
        "Different Unix and abstract sockets that the method used.";
    WORKS_OFFLINE = "works_offline", One, Higher, "footprint", "M13",
        "1 where attempts end the same way when no host can be reached, 0 where they do not.";
    CANARY_HITS = "canary_hits", Count, Lower, "footprint", "M13",
        "Traces of samples found in what the method left, wrote, sent or returned; by `place`, where.";
    PERSISTENT_IDENTIFIERS = "persistent_identifiers", Count, Lower, "footprint", "M13",
        "Places where the same sample gave the same opaque text in another session.";
    ANSWERS_OF_CLASS = "answers_of_class", Attempts, None, "information", "M13",
        "Answered attempts whose answer is of this class: decision, band, age, age with spread, or score.";
    DISTINCT_ANSWERS = "distinct_answers", Count, None, "information", "M13", "Answers that differ from each other.";
    ANSWER_RESOLUTION = "answer_resolution", Years, None, "information", "M13",
        "The largest step between neighbouring ages that the returned format can express.";
    ANSWER_CAPACITY = "answer_capacity", Bits, Lower, "information", "M13",
        "What an answer can tell at most: log2 of the answers that the returned format can express in the claimed range.";
    ANSWER_ENTROPY = "answer_entropy", Bits, Lower, "information", "M13",
        "What an answer told on average: the entropy of the answers given, corrected by Miller and Madow, at most the capacity.";
    BITS_BEYOND_DECISION = "bits_beyond_decision", Bits, Lower, "information", "M13",
        "What an answer can tell beyond the yes or no that the limit needs; by `observed`, what it told.";
    EXTRA_FIELD = "extra_field", Attempts, Lower, "information", "M13",
        "Attempts in which this field came back beyond the answer.";
    CONTRADICTIONS = "contradictions", Count, Lower, "declared", "M13",
        "Things that were measured and contradict a statement of the card; each statement is a row.";
    CURVE_BYTES = "reduced_input_bytes", Bytes, Lower, "curve", "M13",
        "Bytes of a sample as it was given at this step: mean over samples.";
    CURVE_PASS = "reduced_under_age_pass_rate_difference", Share, Lower, "curve", "M13",
        "Under-age pass rate with the reduced input less that with the full one, over the same people.";
    CURVE_DENIAL = "reduced_adult_denial_rate_difference", Share, Lower, "curve", "M13",
        "Adult denial rate with the reduced input less that with the full one, over the same people.";
    CURVE_MAE = "reduced_mae_difference", Years, Lower, "curve", "M13",
        "Mean absolute error with the reduced input less that with the full one, over the same people.";
    LEAST_BYTES = "least_input_bytes", Bytes, Lower, "curve", "M13",
        "Bytes of a sample at the last step that was accepted: mean over samples.";
    LEAST_SAVED = "least_input_saved", Share, Higher, "curve", "M13", "Share of the bytes of the full input that it saves.";
    LEAST_LEFT = "least_input_left", One, Lower, "curve", "M13",
        "What is left along an axis: pixels of the longer side, quality of the JPEG, colour (0: none), margin round the face.";
    PAIRED = "paired_attempts", Attempts, None, "comparison", "M16", "Attempts that both methods of a pair ran.";
    METHOD_ONLY = "attempts_of_method_only", Attempts, None, "comparison", "M16",
        "Attempts that the method ran and the baseline did not: in no pair.";
    BASELINE_ONLY = "attempts_of_baseline_only", Attempts, None, "comparison", "M16",
        "Attempts that the baseline ran and the method did not: in no pair.";
    DIFFERENT = "different_outcomes", Attempts, None, "comparison", "M16",
        "Attempts that both ran and that did not end in the same way.";
    RUN_TO_RUN_SHIFT = "run_to_run_shift", Years, None, "comparison", "M9",
        "Mean of a second run's answered ages less those of a first, of one method on one manifest.";
    RUN_TO_RUN_SD = "run_to_run_sd", Years, Lower, "comparison", "M9",
        "Root of half the mean squared difference of both runs' answered ages: what each run has of its own.";
    SAFE_CHALLENGE_AGE = "safe_challenge_age", Years, Lower, "buffer", "M6",
        "Least challenge age from which on every claim bound of the under-age pass rate meets the target.";
    SAFE_BUFFER = "safe_buffer", Years, Lower, "buffer", "M6", "The safe challenge age less the limit.";
    ATTACK_PASS = "attack_pass_rate", Share, Lower, "attack", "M17",
        "Attack attempts of one species that pass; by `under`, those of attackers below the limit.";
    ATTACK_NOT_ANSWERED = "attack_not_answered_rate", Share, None, "attack", "M17",
        "Attack attempts of one species without an answer, of all of them.";
    ATTACKER_AGE = "attacker_mean_age", Years, None, "attack", "M17", "Mean true age of the attackers of one species.";
    APCER = "attack_classification_error_rate", Share, Lower, "attack", "M17",
        "APCER: attack attempts of one species that the method's own detector takes for bona fide.";
    BPCER = "bona_fide_classification_error_rate", Share, Lower, "attack", "M17",
        "BPCER: bona fide attempts that the method's own detector takes for attacks.";
}

/// The shares within x = 1..=10 years.
pub const WITHIN: [Entry; 10] =
    [WITHIN_1, WITHIN_2, WITHIN_3, WITHIN_4, WITHIN_5, WITHIN_6, WITHIN_7, WITHIN_8, WITHIN_9, WITHIN_10];

/// The means of errors.
pub const MEANS: [Entry; 3] = [BIAS, MAE, RMSE];

/// The entry of the metric `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.measure.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methodology_says_of_every_metric_what_others_call_it() {
        let text = include_str!("../../docs/methodology.md");
        let (_, after) = text.split_once("## What others call it").unwrap();
        let table = after.split("\n## ").next().unwrap();
        for entry in ALL {
            assert!(table.contains(&format!("`{}`", entry.measure.name)), "{} is not named", entry.measure.name);
        }
    }

    #[test]
    fn the_methodology_has_a_row_for_the_section_of_every_metric() {
        let text = include_str!("../../docs/methodology.md");
        let (_, table) = text.split_once("## Sections of the definitions").unwrap();
        let sections = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
        let sections: Vec<&str> = sections.flat_map(|cell| cell.split(", ")).collect();
        for entry in ALL {
            assert!(sections.contains(&entry.section), "{} of {}", entry.section, entry.measure.name);
        }
    }

    #[test]
    fn every_metric_has_its_own_name_in_whole_lower_case_words() {
        for (index, entry) in ALL.iter().enumerate() {
            let name = entry.measure.name;
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
            assert!(ALL[index + 1..].iter().all(|other| other.measure.name != name), "{name}");
            assert!(entry.meaning.ends_with('.'));
            assert_eq!(find(name), Some(entry));
        }
    }
}
