//! Scores arrays in memory: true ages, answered ages and people in, rows with intervals out; no file and no folder.
//!
//! `cargo run --example score_arrays`

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use agebench::age::AgeRange;
use agebench::metric::{self, Errors, Facts};
use agebench::outcome::Outcome;
use agebench::protocol::Protocol;
use agebench::table::{Context, Select, Table};
use agebench::tally::{Answers, ErrorRows, Tally, TruthBuilder, TruthRow};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 600 photos of 200 people from 10 to 29, answered a little too old. Yours come from where you have them.
    let photos: Vec<(u32, u32, f64)> =
        (0..600).map(|n| (n / 3, 10 + n / 3 % 20, f64::from(10 + n / 3 % 20) + f64::from(n * 37 % 11) - 3.5)).collect();

    // Only what differs from the default protocol is said.
    let protocol = Protocol::from_toml("name = \"example\"\nlimits = [18]\n")?;

    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for (person, age, answered) in photos {
        truth.push(&TruthRow {
            subject_rank: person,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::whole_years(age)?),
            attack: false,
            levels: &[if person % 2 == 0 { "female" } else { "male" }],
        });
        answers.push(Some(&Outcome::of_years(answered)));
    }
    let truth = truth.finish()?;

    let tally = Tally::of(&truth, &answers, &protocol)?;
    let errors = ErrorRows::of(&truth, &answers, &protocol, &metric::PERCENTILE_SHARES);
    let context = Context { method: "mine".to_owned(), dataset: "in memory".to_owned(), ..Context::default() };
    let facts = Facts { chronological: true, random_sample: false };
    let rows = metric::rows(&context, &protocol, facts, &tally, Errors::Rows(&errors));
    let table = Table { rows };

    // A published row is found by what it is about, never by its place.
    for name in ["under_age_pass_rate", "adult_denial_rate", "mae"] {
        let row = table.find(&Select::metric(name)).next().ok_or("no such row")?;
        println!(
            "{name}: {:?} [{:?}, {:?}], {:?} attempts of {:?} people",
            row.value, row.low, row.high, row.n_attempts, row.n_subjects
        );
    }
    assert!(table.rows.len() > 100, "{} rows", table.rows.len());
    Ok(())
}
