//! Recorded answers scored, rescored and verified; the published ones give the published numbers.

use super::*;
use crate::support::recorded_answers;

const MORPH: &str = "sample_id=file,age=predicted_age";

#[test]
fn a_published_log_that_holds_no_ages_is_refused() {
    let Some(file) = recorded_answers("broken_morph2_ce_seed0.log") else { return };
    let recorded = Recorded::new("", MORPH);
    let error = recorded.with(&file, None, import).unwrap_err();
    assert!(matches!(error, ScoreError::NoTable { .. }));
    assert!(error.help().unwrap().contains("no table"));
}

#[test]
fn published_answers_become_a_run_folder_of_11044_attempts() {
    let Some(file) = recorded_answers("morph2_coral_seed0.csv") else { return };
    let recorded = Recorded::new("", MORPH).groups(&["sex", "race"]);
    let made = recorded.with(&file, None, import).unwrap();
    assert_eq!(made.attempts, 11_044);
    let truth = Truth::read(names::TRUTH, made.folder.read(names::TRUTH).unwrap()).unwrap();
    let (mut sum, mut squares) = (0.0, 0.0);
    for ((_, _, outcome), row) in attempts(&made.folder).iter().zip(truth.rows()) {
        let error = years(outcome).unwrap() - row.age.unwrap().low();
        sum += error.abs();
        squares += error * error;
    }
    // expected_metrics.json, from the published logs: MAE 2.661897863093082, RMSE 3.689874748686247
    assert!((sum / 11_044.0 - 2.661_897_863_093_082).abs() < 1e-9);
    assert!(((squares / 11_044.0_f64).sqrt() - 3.689_874_748_686_247).abs() < 1e-9);
}

/// The one row that `change` narrows the search to.
fn row(table: &Table, metric: &str, change: impl FnOnce(&mut Select)) -> Row {
    let mut select = Select::metric(metric);
    change(&mut select);
    let rows: Vec<&Row> = table.find(&select).collect();
    assert_eq!(rows.len(), 1, "{metric}: {rows:#?}");
    rows[0].clone()
}

fn at(limit: i64, population: Population) -> impl FnOnce(&mut Select) {
    move |select| {
        let limit = agebench::age::AgeLimit::new(limit).unwrap();
        select.limit = Some(limit);
        select.challenge = Some(agebench::table::ChallengeSelect::At(limit.into()));
        select.population = Some(PopulationSelect::Exactly(population));
        select.weighting = Some(Weighting::Attempt);
        select.failure_policy = Some(FailurePolicy::Conditional);
    }
}

#[test]
fn published_answers_score_to_the_published_numbers_and_to_395_of_657_minors_passing() {
    for (name, mae, rmse, passed, denied) in [
        ("morph2_coral_seed0.csv", 2.661_897_863_093_082, 3.689_874_748_686_247, 395, 116),
        ("morph2_ordinal_seed0.csv", 2.866_081_130_025_353, 4.083_617_591_438_251_5, 387, 177),
    ] {
        let Some(file) = recorded_answers(name) else { return };
        let recorded = Recorded::new("", MORPH).groups(&["sex"]);
        let made = recorded.with(&file, None, import).unwrap();
        let table = score(&ScoreRequest { folder: &made.folder, protocol: None, out: None }).unwrap().table;
        let by_attempt = |select: &mut Select| {
            select.weighting = Some(Weighting::Attempt);
            select.population = Some(PopulationSelect::Exactly(Population::All));
        };
        assert!((row(&table, "mae", by_attempt).value.unwrap() - mae).abs() < 1e-9);
        assert!((row(&table, "rmse", by_attempt).value.unwrap() - rmse).abs() < 1e-9);
        let under = row(&table, "under_age_pass_rate", at(18, Population::Under));
        assert_eq!((under.n_events, under.n_attempts, under.n_subjects), (Some(passed), Some(657), Some(509)));
        let over = row(&table, "adult_denial_rate", at(18, Population::Over));
        assert_eq!((over.n_events, over.n_attempts), (Some(denied), Some(10_387)));
        assert_eq!(read_metrics(&made.folder).unwrap().rows.len(), table.rows.len());
        assert!(verify(&made.folder).unwrap().differences.is_empty());
    }
}

#[test]
fn every_published_row_is_computed_again_and_a_changed_one_is_found() {
    let rows: String = (0..200).map(|at| format!("{},{},{}\n", at, 10 + at % 20, 12 + at % 17)).collect();
    let recorded = Recorded::new(format!("sample_id,true_age,age\n{rows}"), "");
    let made = recorded.import().unwrap();
    let scored = score(&ScoreRequest { folder: &made.folder, protocol: None, out: None }).unwrap();
    assert_eq!(scored.attempts, 200);
    let verified = verify(&made.folder).unwrap();
    assert_eq!((verified.rows, verified.differences.len()), (scored.table.rows.len(), 0));
    let text = made.folder.read_text(names::METRICS).unwrap();
    let mae = text.lines().position(|line| line.contains(",mae,")).unwrap();
    let forged: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| if at == mae { line.replacen(",value,", ",suppressed,", 1) } else { line.to_owned() })
        .filter(|line| !line.contains(",rmse,"))
        .collect();
    assert_ne!(forged[mae], text.lines().nth(mae).unwrap());
    made.folder.write(names::METRICS, (forged.join("\n") + "\n").as_bytes(), false).unwrap();
    let found = verify(&made.folder).unwrap().differences;
    assert!(found.iter().any(|it| matches!(&it.what, Differs::Cell { column: "status", .. })), "{found:?}");
    assert!(found.iter().any(|it| it.what == Differs::NotPublished), "{found:?}");
}

#[test]
fn a_run_is_scored_under_another_protocol_into_another_folder() {
    let rows: String = (0..100).map(|at| format!("{},{},{}\n", at, 15 + at % 12, 14 + at % 11)).collect();
    let recorded = Recorded::new(format!("sample_id,true_age,age\n{rows}"), "");
    let made = recorded.import().unwrap();
    let protocol = Protocol::from_toml("limits = [20]\n").unwrap();
    let out = recorded.place.path().join("again");
    let request = ScoreRequest { folder: &made.folder, protocol: Some(&protocol), out: Some((&out, Existing::Refuse)) };
    let scored = score(&request).unwrap();
    assert!(!made.folder.file(names::METRICS).exists(), "the run itself stays as it was");
    assert_eq!(scored.folder.path(), out);
    assert!(scored.table.rows.iter().filter_map(|row| row.limit).all(|limit| limit.years() == 20));
    assert!(verify(&scored.folder).unwrap().differences.is_empty());
    let record = RunRecord::read(&scored.folder).unwrap();
    assert_ne!(record.protocol_digest, RunRecord::read(&made.folder).unwrap().protocol_digest);
    assert_eq!(record.protocol_digest.short(), scored.table.rows[0].protocol_digest);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(scored.folder.file(names::OUTCOMES)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn several_methods_of_one_folder_are_scored_each_with_its_own_digest() {
    let rows: String =
        (0..60).map(|at| format!("{at},{},x,{}\n{at},{},z,{}\n", 15 + at % 9, 16 + at % 7, 15 + at % 9, 30)).collect();
    let recorded = Recorded::new(format!("id,t,m,y\n{rows}"), "sample_id=id,true_age=t,method=m,age=y");
    let made = recorded.import().unwrap();
    let table = score_folder(&made.folder, None).unwrap();
    let digests: std::collections::BTreeSet<(&str, &str)> =
        table.rows.iter().map(|row| (row.method.as_str(), row.method_digest.as_str())).collect();
    assert_eq!(digests.iter().map(|(method, _)| *method).collect::<Vec<_>>(), ["x", "z"]);
    let ids: std::collections::BTreeSet<Vec<String>> = table.rows.iter().map(Row::identity).collect();
    assert_eq!(ids.len(), table.rows.len(), "no two rows say where they stand in the same way");
}

#[test]
fn groups_of_a_recorded_file_have_rows_and_an_empty_cell_is_unknown() {
    let rows: String =
        (0..90).map(|at| format!("{at},{},{},{}\n", 15 + at % 9, 16 + at % 7, ["F", "M", ""][at % 3])).collect();
    let recorded = Recorded::new(format!("sample_id,true_age,age,sex\n{rows}"), "").groups(&["sex"]);
    let table = score_folder(&recorded.import().unwrap().folder, None).unwrap();
    for level in ["F", "M", "unknown"] {
        let found = row(&table, "mae", |select| {
            select.weighting = Some(Weighting::Subject);
            select.population = Some(PopulationSelect::Exactly(Population::All));
            select.group = GroupSelect::Exactly(Group::of([("sex", level)]));
        });
        assert_eq!(found.n_attempts, Some(30));
    }
}
