//! M13, the part about answers: of which class they are, how much they can tell and do tell, beyond the decision that a
//! limit needs, and what comes back beside them.

use std::collections::BTreeMap;

use super::catalogue::{self, Entry};
use super::frame::marked;
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Protocol;
use crate::stats::entropy_miller_madow;
use crate::table::{Context, Counts, Evidence, Place, Quantity, Row, RowStatus, Variant};
use crate::tally::Information;

/// What is known of the answers of one method.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InformationInput {
    /// The answers.
    pub answers: Information,
    /// The ages that the maker claims to tell, years.
    pub claimed_ages: [f64; 2],
    /// How many bands it answers with, where its card says so.
    pub bands: Option<usize>,
    /// Fields that came back beyond the answer, by name, with the attempts that had them.
    pub extra_fields: BTreeMap<String, u64>,
}

/// A decision is one of two.
const DECISION_BITS: f64 = 1.0;

/// The rows of one method, of the whole dataset.
#[must_use]
pub fn information(context: &Context, protocol: &Protocol, input: &InformationInput) -> Vec<Row> {
    let answered = input.answers.answered();
    let counts = Counts { attempts: Some(answered), ..Counts::default() };
    let mut maker = Maker { context, counts, rows: Vec::new() };
    for (class, attempts) in input.answers.classes() {
        let place = Place { variant: Variant::of("class", class.word()), ..Place::of_all() };
        maker.value(place, catalogue::ANSWERS_OF_CLASS, attempts as f64);
    }
    for (name, attempts) in &input.extra_fields {
        let place = Place { variant: Variant::of("field", name), ..Place::of_all() };
        maker.value(place, catalogue::EXTRA_FIELD, *attempts as f64);
    }
    if answered == 0 {
        for entry in [catalogue::DISTINCT_ANSWERS, catalogue::ANSWER_CAPACITY, catalogue::ANSWER_ENTROPY] {
            maker.nothing(Place::of_all(), entry, RowStatus::Empty, "no answer");
        }
        return maker.finish(protocol);
    }
    let kinds = input.answers.counts();
    maker.value(Place::of_all(), catalogue::DISTINCT_ANSWERS, kinds.len() as f64);
    if let Some(ages) = input.answers.ages(input.claimed_ages) {
        maker.value(Place::of_all(), catalogue::ANSWER_RESOLUTION, ages.step);
    }
    let unknown = if input.answers.has_spreads_that_are_none() { NO_SPREAD } else { NO_RANGE };
    let capacity = input.answers.expressible_answers(input.claimed_ages, input.bands).map(f64::log2);
    match capacity {
        Some(bits) => maker.value(Place::of_all(), catalogue::ANSWER_CAPACITY, bits),
        None => maker.nothing(Place::of_all(), catalogue::ANSWER_CAPACITY, RowStatus::NotMeasurable, unknown),
    }
    let entropy = entropy_miller_madow(&kinds).map(|bits| capacity.map_or(bits, |most| bits.min(most)));
    match entropy {
        Some(bits) => maker.value(Place::of_all(), catalogue::ANSWER_ENTROPY, bits),
        None => maker.short(Place::of_all(), catalogue::ANSWER_ENTROPY, &too_few(&kinds)),
    }
    for limit in &protocol.limits {
        let place = Place { limit: Some(*limit), ..Place::of_all() };
        let entry = catalogue::BITS_BEYOND_DECISION;
        match capacity {
            _ if !input.answers.speaks_of(*limit) => {
                maker.nothing(place, entry, RowStatus::NotApplicable, "no answer is about the limit");
                continue;
            }
            Some(bits) => maker.value(place, entry, (bits - DECISION_BITS).max(0.0)),
            None => maker.nothing(place, entry, RowStatus::NotMeasurable, unknown),
        }
        for challenge in challenges(&input.answers, protocol, *limit) {
            let variant = Variant::of("of", "observed");
            let place = Place { limit: Some(*limit), challenge, variant, ..Place::of_all() };
            let decisions = input.answers.decisions(*limit, challenge, protocol.tie);
            // The decision is a function of the answer, so what is left of the answer's entropy is the rest.
            match entropy.zip(entropy_miller_madow(&decisions)) {
                Some((answers, decision)) => maker.value(place, entry, (answers - decision).max(0.0)),
                None => maker.short(place, entry, &too_few(&kinds)),
            }
        }
    }
    maker.finish(protocol)
}

const NO_RANGE: &str = "nobody says from where to where the scores go";
const NO_SPREAD: &str = "some spreads are negative or infinite: they are no standard deviations";

/// The challenge ages of `limit` at which answers decide; none in the place of one where they are decisions themselves.
fn challenges(answers: &Information, protocol: &Protocol, limit: AgeLimit) -> Vec<Option<ChallengeAge>> {
    let decided = |challenge: &Option<ChallengeAge>| {
        let [pass, deny, _] = answers.decisions(limit, *challenge, protocol.tie);
        pass + deny > 0
    };
    let ages = protocol.headline_ages(limit).into_iter().map(Some);
    std::iter::once(None).chain(ages).filter(decided).collect()
}

/// Why an entropy cannot be told from `counts`.
fn too_few(counts: &[u64]) -> Vec<String> {
    let (n, kinds) = (counts.iter().sum::<u64>(), counts.len() as u64);
    let single = counts.iter().filter(|count| **count == 1).count() as u64;
    let few = (n < 10 * kinds).then(|| format!("{n}<10 answers for each of {kinds} different ones"));
    let rare = (20 * single > n).then(|| format!("{single} of {n} answers given once>5%"));
    few.into_iter().chain(rare).collect()
}

struct Maker<'a> {
    context: &'a Context,
    counts: Counts,
    rows: Vec<Row>,
}

impl Maker<'_> {
    fn value(&mut self, place: Place, entry: Entry, value: f64) {
        let quantity = Quantity { value, bounds: None, counts: self.counts, evidence: None };
        self.rows.push(Row::quantity(self.context, place, entry.measure, quantity));
    }

    fn nothing(&mut self, place: Place, entry: Entry, status: RowStatus, reason: &str) {
        self.rows.push(Row::without_value(self.context, place, entry.measure, status, self.counts, reason));
    }

    fn short(&mut self, place: Place, entry: Entry, reasons: &[String]) {
        let status = RowStatus::InsufficientEvidence;
        let mut row = Row::without_value(self.context, place, entry.measure, status, self.counts, "");
        row.evidence = Some(Evidence::Short(reasons.to_vec()));
        self.rows.push(row);
    }

    fn finish(self, protocol: &Protocol) -> Vec<Row> {
        self.rows.into_iter().map(|row| marked(protocol, row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::age::Age;
    use crate::outcome::{Answer, LimitAnswer, Outcome};
    use crate::tally::Answers;

    fn rows(ages: &[(f64, usize)]) -> Vec<Row> {
        let protocol = Protocol::default_protocol();
        let mut answers = Answers::new(&protocol.limits);
        for (age, times) in ages {
            let outcome = Outcome::answered(Answer::Age { age: Age::new(*age).unwrap(), spread: None });
            (0..*times).for_each(|_| answers.push(Some(&outcome)));
        }
        answers.push(Some(&Outcome::failed("x")));
        let extra_fields = [("gender".to_owned(), 3)].into();
        let answers = Information::of(&answers);
        let input = InformationInput { answers, claimed_ages: [0.0, 127.0], bands: None, extra_fields };
        information(&Context::default(), &protocol, &input)
    }

    fn value(rows: &[Row], metric: &str, limit: Option<u32>, challenge: Option<f64>, variant: &str) -> Option<f64> {
        let mut found = rows.iter().filter(|row| {
            row.metric == metric
                && row.limit.map(AgeLimit::years) == limit
                && row.challenge.map(ChallengeAge::years) == challenge
                && row.variant.to_string() == variant
        });
        let row = found.next().unwrap_or_else(|| panic!("no row {metric} {limit:?} {challenge:?} {variant}"));
        assert!(found.next().is_none(), "twice {metric} {variant}");
        row.value
    }

    #[test]
    fn what_answers_tell_beyond_the_decision_is_their_entropy_less_that_of_the_decision() {
        // scipy.stats.entropy([40, 30, 20, 10], base=2) is 1.8464393446710154, of [70, 30] 0.8812908992306927; Miller and
        // Madow add 3 / 200 and 1 / 200 nats.
        let rows = rows(&[(15.0, 40), (17.0, 30), (21.0, 20), (30.0, 10)]);
        let (answer, decision) = (1.846_439_344_671_015_4, 0.881_290_899_230_692_7);
        let nat = std::f64::consts::LOG2_E;
        let near = |found: Option<f64>, wanted: f64| assert!((found.unwrap() - wanted).abs() < 1e-12, "{found:?}");
        near(value(&rows, "answer_entropy", None, None, ""), answer + 3.0 / 200.0 * nat);
        let beyond = value(&rows, "bits_beyond_decision", Some(18), Some(18.0), "of=observed");
        near(beyond, answer - decision + 2.0 / 200.0 * nat);
        // Whole years from 0 to 120, the oldest age, are 121 values, and a yes or no is one bit of what they hold.
        near(value(&rows, "answer_capacity", None, None, ""), 121_f64.log2());
        near(value(&rows, "bits_beyond_decision", Some(18), None, ""), 121_f64.log2() - 1.0);
        near(value(&rows, "distinct_answers", None, None, ""), 4.0);
        near(value(&rows, "answers_of_class", None, None, "class=age"), 100.0);
        near(value(&rows, "answer_resolution", None, None, ""), 1.0);
        near(value(&rows, "extra_field", None, None, "field=gender"), 3.0);
    }

    #[test]
    fn an_entropy_is_not_told_from_answers_that_hardly_repeat() {
        let rows = rows(&[(15.0, 9), (17.0, 9), (21.0, 1)]);
        assert_eq!(value(&rows, "answer_entropy", None, None, ""), None);
        let row = rows.iter().find(|row| row.metric == "answer_entropy").unwrap();
        assert_eq!(row.status, RowStatus::InsufficientEvidence);
        let Some(Evidence::Short(reasons)) = &row.evidence else { panic!() };
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(value(&rows, "answer_capacity", None, None, "").is_some());
    }

    #[test]
    fn ten_answers_of_each_kind_are_enough_and_so_is_one_answer_in_twenty_given_once() {
        assert_eq!(too_few(&[19, 1]), Vec::<String>::new());
        assert_eq!(too_few(&[18, 1]), ["19<10 answers for each of 2 different ones", "1 of 19 answers given once>5%"]);
    }

    #[test]
    fn where_every_answer_denies_the_whole_entropy_is_beyond_the_decision() {
        let rows = rows(&[(10.0, 60), (12.0, 40)]);
        let beyond = value(&rows, "bits_beyond_decision", Some(18), Some(18.0), "of=observed");
        assert!(beyond.is_some() && beyond == value(&rows, "answer_entropy", None, None, ""));
    }

    #[test]
    fn a_capacity_that_nobody_can_tell_has_its_own_reason() {
        let reason = |answer: Answer| {
            let protocol = Protocol::default_protocol();
            let mut answers = Answers::new(&protocol.limits);
            answers.push(Some(&Outcome::answered(answer)));
            let answers = Information::of(&answers);
            let input = InformationInput { answers, claimed_ages: [0.0, 127.0], ..InformationInput::default() };
            let rows = information(&Context::default(), &protocol, &input);
            let row = rows.into_iter().find(|row| row.metric == "answer_capacity").unwrap();
            assert_eq!(row.status, RowStatus::NotMeasurable);
            row.evidence.unwrap().cell()
        };
        let age = |spread: f64| Answer::Age { age: Age::new(20.0).unwrap(), spread: Some(spread) };
        assert_eq!([age(-1.0), age(f64::INFINITY)].map(reason), [NO_SPREAD; 2]);
        let limits = vec![LimitAnswer { limit: AgeLimit::new(18).unwrap(), score: Some(7.0), decision: None }];
        assert_eq!(reason(Answer::Limits(limits)), NO_RANGE);
    }

    #[test]
    fn without_an_answer_nothing_is_told() {
        let rows = rows(&[]);
        assert!(rows.iter().all(|row| row.value.is_none() || row.metric == "extra_field"));
    }
}
