//! Published answers on MORPH-II. The files are about people and are not part of this repository: the test looks for them
//! where `AGEBENCH_OUTCOMES` says or beside the checkout, and says when it skips.

use std::path::PathBuf;

use super::*;

fn file(name: &str) -> Option<PathBuf> {
    let folders = [
        std::env::var_os("AGEBENCH_OUTCOMES").map(PathBuf::from),
        Some(PathBuf::from("../shared/outcomes")),
        Some(PathBuf::from("../../shared/outcomes")),
    ];
    folders.into_iter().flatten().map(|folder| folder.join(name)).find(|file| file.exists())
}

/// What the authors of the answers print of them, and passes of minors and denials of adults at 18, 21 and 25 as counted
/// from the file with pandas; nobody is below 16.
struct Published {
    file: &'static str,
    mae: &'static str,
    rmse: &'static str,
    /// Mean absolute error, root mean squared error, bias and the share within 5 years, computed with NumPy.
    exact: [f64; 4],
    wrong: [(u64, u64); 3],
}

const SETS: [Published; 2] = [
    Published {
        file: "morph2_coral_seed0.csv",
        mae: "2.66",
        rmse: "3.69",
        exact: [2.661897863093082, 3.689874748686247, -0.16570083303151031, 0.8851865266207896],
        wrong: [(395, 116), (486, 314), (414, 488)],
    },
    Published {
        file: "morph2_ordinal_seed0.csv",
        mae: "2.87",
        rmse: "4.08",
        exact: [2.866081130025353, 4.0836175914382515, -0.03920680912712785, 0.8438971387178559],
        wrong: [(387, 177), (269, 668), (546, 475)],
    },
];
/// Photos of people below and from 18, 21 and 25 on.
const SIDES: [(u64, u64); 3] = [(657, 10_387), (1_901, 9_143), (3_319, 7_725)];

#[test]
fn both_recorded_sets_give_the_authors_errors_and_the_counts_at_five_limits() {
    for set in SETS {
        let Some(file) = file(set.file) else {
            println!("skipped: no recorded answers (set AGEBENCH_OUTCOMES to their folder)");
            return;
        };
        let protocol = Protocol::from_toml("limits = [13, 16, 18, 21, 25]").unwrap();
        let mut reader = csv::Reader::from_path(file).unwrap();
        let mut truth = TruthBuilder::new(&[("sex", true), ("race", true)]);
        let mut answers = Answers::new(&protocol.limits);
        for record in reader.records() {
            let record = record.unwrap();
            truth.push(&TruthRow::of(
                record[1].parse().unwrap(),
                year(record[2].parse().unwrap()),
                &[&record[4], &record[5]],
            ));
            answers.push(Some(&answered(record[3].parse().unwrap())));
        }
        let table = table_of(&truth.finish().unwrap(), &answers, &protocol, FACTS);
        let attempts = |metric: &str| {
            let row = only(&table, &format!("metric = '{metric}'\npopulation = 'all'\nweighting = 'attempt'"));
            (row.value.unwrap(), row.n_attempts)
        };
        for (metric, wanted) in [("mae", set.mae), ("rmse", set.rmse)] {
            let (value, n) = attempts(metric);
            assert_eq!((format!("{value:.2}").as_str(), n), (wanted, Some(11_044)), "{} {metric}", set.file);
        }
        for (metric, wanted) in ["mae", "rmse", "bias", "within_5_years"].into_iter().zip(set.exact) {
            assert!((attempts(metric).0 - wanted).abs() < 1e-12, "{} {metric}", set.file);
        }
        assert_eq!(attempts("median_absolute_error").0, 2.0);
        let minors = "metric = 'under_age_pass_rate'\npopulation = 'under'\nlimit = 18\nchallenge = 18\n\
                      failure_policy = 'conditional'\nweighting = 'subject'";
        assert_eq!(only(&table, minors).n_subjects, Some(509));
        let at = |limit: u32, metric: &str, population: &str| {
            let select = format!(
                "metric = '{metric}'\nlimit = {limit}\nchallenge = {limit}\nfailure_policy = 'conditional'\n\
                 population = '{population}'\nweighting = 'attempt'"
            );
            let row = only(&table, &select);
            (row.n_events, row.n_attempts)
        };
        for (limit, wrong, sides) in
            [(18, set.wrong[0], SIDES[0]), (21, set.wrong[1], SIDES[1]), (25, set.wrong[2], SIDES[2])]
        {
            assert_eq!(
                at(limit, "under_age_pass_rate", "under"),
                (Some(wrong.0), Some(sides.0)),
                "{} {limit}",
                set.file
            );
            assert_eq!(at(limit, "adult_denial_rate", "over"), (Some(wrong.1), Some(sides.1)), "{} {limit}", set.file);
        }
        for limit in [13, 16] {
            assert_eq!(at(limit, "under_age_pass_rate", "under"), (Some(0), Some(0)), "{} {limit}", set.file);
            assert_eq!(at(limit, "adult_denial_rate", "over"), (Some(0), Some(11_044)), "{} {limit}", set.file);
        }
    }
}
