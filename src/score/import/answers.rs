//! What a recorded row says the method answered, and whether a method's answers can be ages at all.

use super::mapping::Mapping;
use crate::finding::Finding;
use crate::folder::{joined, read_answer, read_status};
use crate::outcome::{Answer, Outcome, Status};
use crate::sheet::Row;

/// The outcome of a recorded row.
///
/// Without a status, a row with an empty answer is `failed`: no answer was recorded. A number that is no age is
/// `failed` with its reason; a cell that is no number at all is an error, since nobody can say what it means.
pub(super) fn read(row: &Row<'_>, mapping: &Mapping) -> Result<Outcome, Finding> {
    let leave_empty = "leave the cell empty where there is no answer";
    let answer = read_answer(row, mapping.answer, &mapping.limits)
        .map_err(|finding| if finding.help.is_none() { finding.help(leave_empty) } else { finding })?;
    let status = match mapping.status {
        Some(place) if !row.bytes(place).is_empty() => Some(read_status(row, place)?),
        _ => None,
    };
    let reason = mapping.reason.map_or(Ok(""), |place| row.text(place))?;
    match (status, answer) {
        (None, Ok(None)) => Ok(Outcome::failed(if reason.is_empty() { "no answer was recorded" } else { reason })),
        (None, answer) => joined(Status::Answered, answer, reason).map_err(|text| wrong(row, mapping, text)),
        (Some(status), answer) => joined(status, answer, reason).map_err(|text| wrong(row, mapping, text)),
    }
}

fn wrong(row: &Row<'_>, mapping: &Mapping, text: String) -> Finding {
    row.wrong(mapping.status.or(mapping.answer.iter().flatten().next().copied()).unwrap_or(0), text)
}

/// What the ages that one method answered look like.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    answers: u64,
    different: Vec<u64>,
    only_zero_or_one: bool,
}

impl Look {
    /// Fewer different answers than this over more than [`Self::MANY`] are no ages.
    const FEW: usize = 5;
    const MANY: u64 = 500;
    /// From this many answers on, zeros and ones only are no ages.
    const SOME: u64 = 20;

    /// Takes in an outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        let Some(Answer::Age { age, .. }) = &outcome.answer else { return };
        let years = age.years();
        self.only_zero_or_one = (self.answers == 0 || self.only_zero_or_one) && (years == 0.0 || years == 1.0);
        self.answers += 1;
        if self.different.len() < Self::FEW && !self.different.contains(&years.to_bits()) {
            self.different.push(years.to_bits());
        }
    }

    /// Why these answers are no ages, if so (METRICS M0).
    pub fn problem(&self) -> Option<String> {
        let few = self.different.len() < Self::FEW && self.answers > Self::MANY;
        let binary = self.only_zero_or_one && self.answers >= Self::SOME;
        (few || binary).then(|| {
            let mut values: Vec<f64> = self.different.iter().map(|bits| f64::from_bits(*bits)).collect();
            values.sort_by(f64::total_cmp);
            let values: Vec<String> = values.iter().map(f64::to_string).collect();
            format!("{} answers with only {} different values ({})", self.answers, values.len(), values.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(answers: impl Iterator<Item = f64>) -> Option<String> {
        let mut look = Look::default();
        answers.for_each(|years| look.add(&Outcome::of_years(years)));
        look.problem()
    }

    #[test]
    fn four_values_over_more_than_500_answers_are_no_ages_and_five_are() {
        assert!(problem((0..501).map(|at| f64::from(at % 4) + 20.0)).is_some());
        assert!(problem((0..500).map(|at| f64::from(at % 4) + 20.0)).is_none());
        assert!(problem((0..501).map(|at| f64::from(at % 5) + 20.0)).is_none());
    }

    #[test]
    fn twenty_zeros_and_ones_are_no_ages_and_nineteen_may_be_babies() {
        assert_eq!(
            problem((0..20).map(|at| f64::from(at % 2))).unwrap(),
            "20 answers with only 2 different values (0, 1)"
        );
        assert!(problem((0..19).map(|at| f64::from(at % 2))).is_none());
        assert!(problem((0..20).map(|at| f64::from(at % 3))).is_none());
    }
}
