//! Errors, areas, and rates over a common mix of ages: what is not a paired decision.

use super::*;

#[test]
fn errors_are_compared_by_subject_and_by_attempt() {
    let place = tempfile::tempdir().unwrap();
    let mut csv = "sample_id,subject_id,true_age,method,age\n".to_owned();
    for person in 0..90_u32 {
        for photo in 0..=person % 3 {
            let age = 16 + person % 7;
            csv.push_str(&format!("{person}-{photo},{person},{age},first,{}\n", age + 2));
            csv.push_str(&format!("{person}-{photo},{person},{age},second,{}\n", age + 1 + (person * 7 + photo) % 4));
        }
    }
    let comparison = of(&[recorded(place.path(), "both", &csv, &eighteen())]).unwrap();
    for weighting in Weighting::ALL {
        let (mut sum, mut weight) = (0.0, 0.0);
        for person in 0..90_u32 {
            let each = (0..=person % 3).map(|photo| f64::from(1 + (person * 7 + photo) % 4) - 2.0);
            let (own, m) = (each.sum::<f64>(), f64::from(person % 3 + 1));
            let counted = if *weighting == Weighting::Subject { (own / m, 1.0) } else { (own, m) };
            (sum, weight) = (sum + counted.0, weight + counted.1);
        }
        let found = comparison.rows.iter().find(|row| row.row.metric == "mae" && row.row.weighting == Some(*weighting));
        let found = found.unwrap();
        near(found.row.value, sum / weight);
        assert!(found.row.low < found.row.claim_low && found.row.claim_high < found.row.high);
        assert!(found.row.claim_low < found.row.value && found.row.value < found.row.claim_high);
        assert_eq!((found.row.n_attempts, found.row.n_subjects), (Some(180), Some(90)));
    }
}

#[test]
fn areas_are_compared_over_the_attempts_that_both_scored() {
    let place = tempfile::tempdir().unwrap();
    // The drawn data of scripts/validation/scores.py: probabilities against their coarser selves.
    let text = include_str!("../../../fixtures/golden/scores.csv");
    let mut csv = "sample_id,subject_id,true_age,method,score_18\n".to_owned();
    for (sample, record) in csv::Reader::from_reader(text.as_bytes()).records().enumerate() {
        let record = record.unwrap();
        let probability: f64 = record[3].parse().unwrap();
        let (subject, age) = (&record[0], &record[1]);
        csv.push_str(&format!("{sample},{subject},{age},fine,{probability}\n"));
        csv.push_str(&format!("{sample},{subject},{age},coarse,{}\n", (probability * 4.0).floor() / 4.0));
    }
    let comparison = of(&[recorded(place.path(), "both", &csv, &eighteen())]).unwrap();
    let found = comparison.rows.iter().find(|compared| compared.row.metric == "auc").unwrap();
    let case = &golden()["areas"];
    near(found.row.value, case["difference"].as_f64().unwrap());
    near(found.row.low, case["low95"].as_f64().unwrap());
    near(found.row.high, case["high95"].as_f64().unwrap());
    near(found.p, case["p"].as_f64().unwrap());
    assert_eq!(comparison.leaderboard.iter().filter(|ranked| ranked.row.metric == "auc").count(), 2);
    let rates = comparison.rows.iter().filter(|row| row.row.metric == "under_age_pass_rate");
    assert!(rates.into_iter().all(|row| row.row.status == RowStatus::NotApplicable));
}

#[test]
fn different_manifests_are_compared_unpaired_over_the_years_that_both_have() {
    let place = tempfile::tempdir().unwrap();
    // Ages 15 to 17 and 19 in the one, 16 to 20 in the other; common: 16, 17, 19.
    let rows = |name: &str, ages: &[u32], count: u32, passing: &dyn Fn(u32) -> u32| {
        let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
        for age in ages {
            for person in 0..count {
                let answer = if person < passing(*age) { 40 + person % 5 } else { 9 + person % 5 };
                csv.push_str(&format!("{name}{age}-{person},{name}{age}-{person},{age},{answer}\n"));
            }
        }
        recorded(place.path(), name, &csv, &eighteen())
    };
    let folders = [
        rows("one", &[15, 16, 17, 19], 100, &|age| [100, 10, 20, 0, 90][(age - 15) as usize]),
        rows("other", &[16, 17, 18, 19, 20], 80, &|age| [20, 36, 0, 60, 0][(age - 16) as usize]),
    ];
    assert!(of(&folders).unwrap_err().to_string().contains("manifests differ"));
    let comparison = compare(&CompareRequest { folders: &folders, restandardise: true, out: None }).unwrap();
    let found = |metric: &str| {
        comparison.rows.iter().find(|compared| {
            compared.row.metric == metric && compared.row.challenge.is_some_and(|age| age.years() == 18.0)
        })
    };
    let found = found("under_age_pass_rate").unwrap();
    let row = &found.row;
    assert!(comparison.rows.iter().all(|compared| compared.row.has(flag::UNPAIRED)));
    assert_eq!(row.variant.to_string(), "mix=equal_years;years=16 17");
    // (20/80 + 36/80) / 2 less (10/100 + 20/100) / 2.
    near(row.value, 0.35 - 0.15);
    // n* by hand: p (1 - p) / v with v the mean of the years' variances / 2, corrected by (z / t)^2.
    let case = &golden()["equal_years"];
    near(row.low, case["low95"].as_f64().unwrap());
    near(row.high, case["high95"].as_f64().unwrap());
    near(row.claim_high, case["high90"].as_f64().unwrap());
    assert!((found.p.unwrap() - case["p"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(comparison.leaderboard.iter().filter(|row| row.rank_low.is_some()).count(), 2 * 26);
    let mae = comparison.rows.iter().find(|compared| compared.row.metric == "mae").unwrap();
    assert_eq!(mae.row.status, RowStatus::NotApplicable);
}
