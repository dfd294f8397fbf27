//! Published answers on MORPH-II. The file is about people and is not part of this repository: the test looks for it
//! where `AGEBENCH_OUTCOMES` says or beside the checkout, and says when it skips.

use std::path::PathBuf;

use super::*;

fn file() -> Option<PathBuf> {
    let folders = [
        std::env::var_os("AGEBENCH_OUTCOMES").map(PathBuf::from),
        Some(PathBuf::from("../shared/outcomes")),
        Some(PathBuf::from("../../shared/outcomes")),
    ];
    folders.into_iter().flatten().map(|folder| folder.join("morph2_coral_seed0.csv")).find(|file| file.exists())
}

#[test]
fn the_published_coral_model_passes_395_of_657_minors_at_18_with_an_mae_of_2_66() {
    let Some(file) = file() else {
        println!("skipped: no recorded answers (set AGEBENCH_OUTCOMES to their folder)");
        return;
    };
    let protocol = Protocol::default_protocol();
    let mut reader = csv::Reader::from_path(file).unwrap();
    let mut truth = TruthBuilder::new(&[("sex", true), ("race", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for record in reader.records() {
        let record = record.unwrap();
        truth.push(&TruthRow {
            subject_rank: record[1].parse().unwrap(),
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(year(record[2].parse().unwrap())),
            attack: false,
            levels: &[&record[4], &record[5]],
        });
        answers.push(Some(&answered(record[3].parse().unwrap())));
    }
    let (truth, answers) = (truth.finish().unwrap(), answers);
    let table = table_of(&truth, &answers, &protocol, FACTS);
    if let Some(out) = std::env::var_os("AGEBENCH_DUMP") {
        table.write(std::fs::File::create(out).unwrap()).unwrap();
    }
    let mae = only(&table, "metric = 'mae'\npopulation = 'all'\nweighting = 'attempt'");
    assert!((mae.value.unwrap() - 2.661897863093082).abs() < 1e-12);
    let rmse = only(&table, "metric = 'rmse'\npopulation = 'all'\nweighting = 'attempt'");
    assert!((rmse.value.unwrap() - 3.689874748686247).abs() < 1e-12);
    let bias = only(&table, "metric = 'bias'\npopulation = 'all'\nweighting = 'attempt'");
    assert!((bias.value.unwrap() + 0.16570083303151031).abs() < 1e-12);
    assert_eq!(only(&table, "metric = 'median_absolute_error'").value, Some(2.0));
    let within = only(&table, "metric = 'within_5_years'\nweighting = 'attempt'");
    assert!((within.value.unwrap() - 0.8851865266207896).abs() < 1e-12);
    for (limit, passes, minors, denials, adults) in [(18, 395, 657, 116, 10387), (21, 486, 1901, 314, 9143)] {
        let at =
            format!("limit = {limit}\nchallenge = {limit}\nfailure_policy = 'conditional'\nweighting = 'attempt'\n");
        let upr = only(&table, &format!("metric = 'under_age_pass_rate'\npopulation = 'under'\n{at}"));
        assert_eq!((upr.n_events, upr.n_attempts), (Some(passes), Some(minors)));
        assert_eq!(upr.value, Some(passes as f64 / minors as f64));
        let adr = only(&table, &format!("metric = 'adult_denial_rate'\npopulation = 'over'\n{at}"));
        assert_eq!((adr.n_events, adr.n_attempts), (Some(denials), Some(adults)));
    }
    let subjects = only(
        &table,
        "metric = 'under_age_pass_rate'\npopulation = 'under'\nlimit = 18\nchallenge = 18\nfailure_policy = 'conditional'\nweighting = 'subject'",
    );
    assert_eq!(subjects.n_subjects, Some(509));
    let empty = only(
        &table,
        "metric = 'under_age_pass_rate'\npopulation = 'under'\nlimit = 13\nchallenge = 13\nfailure_policy = 'conditional'\nweighting = 'subject'",
    );
    assert_eq!(empty.status, crate::table::RowStatus::Empty);
}
