//! Every row of the independent computation of `scripts/validation/groups.py`, on the same drawn data: nulls against labels
//! that were really moved.

use serde_json::Value;

use super::few_draws;
use crate::metric::PERCENTILE_SHARES;
use crate::metric::tests::*;
use crate::outcome::Status;

pub(in crate::metric::tests) type Drawn = (u32, AgeRange, Outcome, [String; 3]);

pub(in crate::metric::tests) fn drawn() -> Vec<Drawn> {
    let text = include_str!("../../../../fixtures/golden/groups.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let one = |record: csv::StringRecord| {
        let age = |index: usize| Age::new(record[index].parse().unwrap()).unwrap();
        let outcome = match (Status::parse(&record[4]).unwrap(), record[6].is_empty()) {
            (Status::Answered, false) => Outcome::answered(Answer::Range { low: age(5), high: age(6) }),
            (Status::Answered, true) => answered(age(5).years()),
            (status, _) => Outcome::unanswered(status, ""),
        };
        let levels = [2, 3, 7].map(|column| record[column].to_owned());
        (record[0].parse().unwrap(), year(record[1].parse().unwrap()), outcome, levels)
    };
    reader.records().map(|record| one(record.unwrap())).collect()
}

fn protocol() -> Protocol {
    let primary = |metric: &str, limit: &str, challenge: &str| {
        format!("[[primary]]\nmetric = '{metric}'\n{limit}{challenge}group_by = '*'\nvariant = '*'\n")
    };
    let rates = ["max_minus_min", "gini", "garbe", "fairness_discrepancy_rate"].map(|metric| {
        [18, 23].map(|challenge| primary(metric, "limit = 18\n", &format!("challenge = {challenge}\n"))).concat()
    });
    let years = primary("max_minus_min_years", "", "");
    let errors = ["all", "window"].map(|population| {
        primary("gini", "", "").replace("group_by", &format!("population = '{population}'\ngroup_by"))
    });
    let text = format!(
        "limits = [16, 18]\ncrossings = [['sex', 'region']]\n\
         {}{}{years}\n[between_groups]\nraw_p = true\n\
         [[fixed_thresholds]]\nname = 'males'\nlimit = 18\ngroup_by = 'sex'\ngroup = 'male'\npopulation = 'window'\n\
         under_age_pass_rate = 0.1\n",
        rates.concat(),
        errors.concat(),
    );
    Protocol::from_toml(&text).unwrap()
}

pub(in crate::metric::tests) fn columns(attempts: &[Drawn], protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true), ("region", true), ("light", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, age, outcome, levels) in attempts {
        truth.push(&TruthRow::of(*subject, *age, &[levels[0].as_str(), levels[1].as_str(), levels[2].as_str()]));
        answers.push(Some(outcome));
    }
    (truth.finish().unwrap(), answers)
}

#[test]
fn every_row_of_the_independent_computation_of_groups_is_reproduced() {
    let (protocol, attempts) = (protocol(), drawn());
    let (truth, answers) = columns(&attempts, &protocol);
    let table = table_of(&truth, &answers, &protocol, FACTS);
    let wanted: Vec<Value> = serde_json::from_str(include_str!("../../../../fixtures/golden/groups.json")).unwrap();
    assert!(wanted.len() > 900);
    let mut nulls = 0;
    for row in &wanted {
        let found = only(&table, &independent::select(row).to_string());
        assert_eq!(independent::differences(found, row), [""; 0]);
        independent::bootstrap_agrees(found, row, 0.09);
        // In `light` most people have both labels and a handful in each stratum the rarer one alone: too few for the
        // normal form to be held to these tolerances.
        nulls += usize::from(row["group_by"] != "light" && independent::null_agrees(&table, row, 0.02));
    }
    assert!(nulls > 20);
}

#[test]
fn rows_about_groups_are_the_same_bytes_for_any_order_threads_and_sharding() {
    let protocol =
        Protocol::from_toml("limits = [18]\ncrossings = [['sex', 'region']]\n[between_groups]\nreplicates = 99\n");
    let (protocol, attempts) = (protocol.unwrap(), drawn());
    let (truth, answers) = columns(&attempts, &protocol);
    let whole = Tally::of(&truth, &answers, &protocol).unwrap();
    let rows = |tally: &Tally| rows(&Context::default(), &protocol, FACTS, tally, Errors::NotKept);
    let wanted = rows(&whole);
    let mut backwards = attempts.clone();
    backwards.reverse();
    let (truth, answers) = columns(&backwards, &protocol);
    assert!(Tally::of(&truth, &answers, &protocol).unwrap() == whole);
    let mut merged: Option<Tally> = None;
    for shard in (0..16).rev() {
        let part = Tally::of_shard(&truth, &answers, &protocol, crate::tally::Shard::new(shard, 16).unwrap()).unwrap();
        match &mut merged {
            None => merged = Some(part),
            Some(merged) => merged.merge(&part).unwrap(),
        }
    }
    let merged = merged.unwrap();
    assert!(merged == whole);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| rows(&merged)) == wanted, "{threads} threads");
    }
}

#[test]
fn no_two_rows_about_groups_share_their_identity_and_all_are_in_the_catalogue() {
    let (protocol, attempts) = (protocol(), drawn());
    let (truth, answers) = columns(&attempts[..900], &protocol);
    let mut seen = std::collections::BTreeSet::new();
    for row in &table_of(&truth, &answers, &protocol, FACTS).rows {
        assert!(seen.insert(row.identity()), "{row:?}");
        let entry = crate::metric::catalogue::find(&row.metric).unwrap_or_else(|| panic!("{}", row.metric));
        assert_eq!((entry.measure.unit, entry.measure.better), (row.unit, row.better), "{}", row.metric);
    }
}

#[test]
fn summaries_are_the_same_from_tallies_and_from_rows() {
    let (protocol, attempts) = (few_draws(), drawn());
    let (truth, answers) = columns(&attempts, &protocol);
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let errors = ErrorRows::of(&truth, &answers, &protocol, &PERCENTILE_SHARES);
    let of = |errors: Errors<'_>| {
        let family =
            |row: &Row| crate::metric::catalogue::find(&row.metric).is_some_and(|entry| entry.family == "group");
        let all = rows(&Context::default(), &protocol, FACTS, &tally, errors);
        all.into_iter().filter(family).collect::<Vec<_>>()
    };
    let (kept, not_kept) = (of(Errors::Rows(&errors)), of(Errors::NotKept));
    assert!(kept.len() > 300 && kept == not_kept);
}
