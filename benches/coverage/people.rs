//! Drawn people put through tallies and rows as `score` makes them.

use agebench::age::AgeRange;
use agebench::metric::{self, Errors, Facts};
use agebench::outcome::Outcome;
use agebench::protocol::Protocol;
use agebench::table::{Context, Row};
use agebench::tally::{Answers, Tally, TruthBuilder, TruthRow};

/// People of single years of age, as far as they are drawn.
pub struct People {
    truth: TruthBuilder,
    answers: Answers,
    count: u32,
}

impl People {
    /// Nobody yet; of everybody a level in each of these columns is known.
    pub fn new(protocol: &Protocol, columns: &[&str]) -> Self {
        let columns: Vec<(&str, bool)> = columns.iter().map(|column| (*column, true)).collect();
        Self { truth: TruthBuilder::new(&columns), answers: Answers::new(&protocol.limits), count: 0 }
    }

    /// One more person: completed years and answer of each attempt.
    pub fn add<'o>(&mut self, levels: &[&str], attempts: impl IntoIterator<Item = (u32, &'o Outcome)>) {
        self.add_each(None, attempts.into_iter().map(|(year, outcome)| (levels, year, outcome)));
    }

    /// One more person, each attempt with its own levels; `weight` is that of all of them.
    pub fn add_each<'o>(
        &mut self,
        weight: Option<f64>,
        attempts: impl IntoIterator<Item = (&'o [&'o str], u32, &'o Outcome)>,
    ) {
        for (levels, year, outcome) in attempts {
            self.truth.push(&TruthRow {
                subject_rank: self.count,
                subject_known: true,
                cluster_rank: None,
                weight,
                age: AgeRange::whole_years(year).ok(),
                attack: false,
                levels,
            });
            self.answers.push(Some(outcome));
        }
        self.count += 1;
    }

    /// Every row that is a function of sums.
    pub fn rows(self, protocol: &Protocol) -> Option<Vec<Row>> {
        let truth = self.truth.finish().ok()?;
        let tally = Tally::of(&truth, &self.answers, protocol).ok()?;
        let facts = Facts { chronological: true, random_sample: true };
        Some(metric::rows(&Context::default(), protocol, facts, &tally, Errors::NotKept))
    }
}
