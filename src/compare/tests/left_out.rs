//! What is in no pair: answers that only one gave, ages that straddle the limit, groups of one side, people of one manifest.

use super::*;

#[test]
fn errors_and_areas_say_that_only_one_of_the_two_answered() {
    let place = tempfile::tempdir().unwrap();
    let answers = |age: u32, person: u32| (age + person % 5).to_string();
    let all = folder(place.path(), "all", &people(60, answers), &eighteen());
    let some = people(60, |age, person| if person % 3 == 0 { String::new() } else { answers(age, person) });
    let some = folder(place.path(), "some", &some, &eighteen());
    let flagged = |folders: [&PathBuf; 2]| {
        let comparison = of(&folders.map(Clone::clone)).unwrap();
        ["mae", "rmse", "auc"].map(|metric| {
            let row = comparison.rows.iter().find(|compared| compared.row.metric == metric).unwrap();
            assert_eq!(row.row.n_attempts, Some(80), "{metric}");
            row.row.has(flag::COVERAGE_DIFFERS)
        })
    };
    assert_eq!((flagged([&all, &some]), flagged([&some, &all])), ([true; 3], [true; 3]));
    // A gate is told of what the baseline alone answered.
    let lost = |folder: &Path, baseline: &Path| {
        let pairs = hold(folder, baseline).unwrap();
        ["mae", "auc", "under_age_pass_rate"].map(|metric| {
            pairs[0].differences.iter().find(|held| held.row.metric == metric).map(|held| held.lost).unwrap()
        })
    };
    assert_eq!((lost(&some, &all), lost(&all, &some)), ([40, 40, 0], [0, 0, 0]));
}

#[test]
fn too_many_straddling_ages_speak_against_a_claim_here_too() {
    let place = tempfile::tempdir().unwrap();
    let scored = |name: &str, straddling: u32| {
        let mut csv = "sample_id,subject_id,true_age_low,true_age_high,age\n".to_owned();
        for person in 0..95 {
            csv.push_str(&format!("u{person},u{person},17,18,{}\n", 12 + person % 5));
        }
        for person in 0..straddling {
            csv.push_str(&format!("b{person},b{person},17,20,{}\n", 12 + person % 5));
        }
        recorded(place.path(), name, &csv, &eighteen())
    };
    let evidence = |name: &str, straddling: u32| {
        let folders = ["one", "other"].map(|side| scored(&format!("{name}-{side}"), straddling));
        let comparison = of(&folders).unwrap();
        let row = &rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional).row;
        (row.status, row.evidence.as_ref().unwrap().cell())
    };
    assert_eq!(evidence("few", 5), (RowStatus::Value, "sufficient".to_owned()));
    // 6 of 101 attempts.
    assert_eq!(evidence("many", 6), (RowStatus::InsufficientEvidence, "straddling 5.9%>5%".to_owned()));
}

#[test]
fn a_group_with_nobody_on_one_side_has_its_place_and_halves_of_people_have_none() {
    let place = tempfile::tempdir().unwrap();
    let protocol = "limits = [18]\n[buffer]\ntarget = 0.05\nconfirm = true\n";
    let protocol = Protocol::from_toml(protocol).unwrap();
    let scored = |name: &str| {
        let mut csv = "sample_id,subject_id,true_age,age,region\n".to_owned();
        for person in 0..80_u32 {
            let (age, region) = if person % 2 == 0 { (17, "hill") } else { (20, "isle") };
            csv.push_str(&format!("{person},{person},{age},{},{region}\n", age + person % 5));
        }
        let file = place.path().join(format!("{name}.csv"));
        fs::write(&file, csv).unwrap();
        let out = place.path().join(name);
        recorded_with(&file, &out, &["region".to_owned()], &protocol)
    };
    let comparison = of(&["one", "other"].map(scored)).unwrap();
    let status = |metric: &str, level: &str| {
        let mut rows = comparison.rows.iter().map(|compared| &compared.row);
        let row = rows.find(|row| {
            row.metric == metric && row.group.level() == level && row.challenge.is_some_and(|age| age.years() == 18.0)
        });
        row.map(|row| row.status)
    };
    assert_eq!(status("under_age_pass_rate", "hill"), Some(RowStatus::Value));
    assert_eq!(status("under_age_pass_rate", "isle"), Some(RowStatus::Empty));
    assert_eq!(status("adult_denial_rate", "hill"), Some(RowStatus::Empty));
    let mut levels: Vec<&str> = comparison.rows.iter().map(|compared| compared.row.group.level()).collect();
    levels.sort_unstable();
    levels.dedup();
    assert_eq!(levels, ["", "hill", "isle"]);
}

#[test]
fn methods_of_one_manifest_are_not_taken_for_different_people() {
    let place = tempfile::tempdir().unwrap();
    let answers = |age: u32, person: u32| (age + person % 5).to_string();
    let rows = people(60, answers);
    let one = folder(place.path(), "one", &rows, &eighteen());
    let same = folder(place.path(), "same", &people(60, |age, person| (age + person % 3).to_string()), &eighteen());
    let others = folder(place.path(), "others", &rows[20..], &eighteen());
    let folders = [one, same, others];
    let comparison = compare(&CompareRequest { folders: &folders, restandardise: true, out: None }).unwrap();
    let of_pair = |baseline: &str, method: &str| {
        let pair = |row: &&Compared| row.baseline_method == baseline && row.row.method == method;
        comparison.rows.iter().filter(pair).collect::<Vec<_>>()
    };
    let within = of_pair("one", "same");
    assert!(
        !within.is_empty() && within.iter().all(|row| row.row.status == RowStatus::NotApplicable && row.p.is_none())
    );
    assert!(within.iter().all(|row| !row.row.has(flag::UNPAIRED)));
    assert!(within[0].row.evidence.as_ref().unwrap().cell().contains("without --restandardise"));
    for pair in [of_pair("one", "others"), of_pair("same", "others")] {
        assert!(pair.iter().any(|row| row.row.status == RowStatus::Value) && pair[0].row.has(flag::UNPAIRED));
    }
}
