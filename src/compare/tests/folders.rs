//! Which folders may be compared, what is written, and how methods are ranked.

use super::*;

#[test]
fn the_same_answers_are_identical_and_methods_of_one_name_stay_apart() {
    let place = tempfile::tempdir().unwrap();
    let answers = people(40, |age, person| (age + person % 5).to_string());
    fs::create_dir(place.path().join("b")).unwrap();
    let one = folder(place.path(), "same", &answers, &eighteen());
    let other = folder(&place.path().join("b"), "same", &answers, &eighteen());
    let comparison = of(&[one, other]).unwrap();
    assert_eq!(comparison.methods.len(), 2);
    assert!(
        comparison.methods[0].starts_with("same ") && comparison.methods[1].ends_with(" #2"),
        "{:?}",
        comparison.methods
    );
    assert!(comparison.rows.iter().all(|row| row.row.has(flag::IDENTICAL)));
    let mae = comparison.rows.iter().find(|row| row.row.metric == "mae").unwrap();
    assert_eq!((mae.row.value, mae.row.low, mae.row.high, mae.p), (Some(0.0), Some(0.0), Some(0.0), Some(1.0)));
    assert!(comparison.leaderboard.iter().filter_map(|row| row.rank_high).all(|rank| rank == 2));
}

#[test]
fn folders_whose_rows_stand_in_another_order_are_paired_by_sample() {
    let place = tempfile::tempdir().unwrap();
    let answers = people(40, |age, person| (age + person % 5).to_string());
    let mut turned = answers.clone();
    turned.reverse();
    let one = folder(place.path(), "one", &answers, &eighteen());
    let other = folder(place.path(), "other", &turned, &eighteen());
    assert!(of(&[one, other]).unwrap().rows.iter().all(|row| row.row.has(flag::IDENTICAL)));
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let answers = people(40, |age, _| age.to_string());
    let one = folder(place.path(), "one", &answers, &eighteen());
    let fewer = folder(place.path(), "fewer", &answers[1..], &eighteen());
    let rules = folder(place.path(), "rules", &answers, &Protocol::from_toml("limits = [18]\ntie = 'above'").unwrap());
    let told = |folders: &[&PathBuf]| {
        let folders: Vec<PathBuf> = folders.iter().map(|path| (*path).clone()).collect();
        let error = of(&folders).unwrap_err();
        format!("{error} / {}", error.help().unwrap_or(""))
    };
    let manifests = told(&[&one, &fewer]);
    assert!(manifests.contains("their manifests differ") && manifests.contains("--restandardise"), "{manifests}");
    let protocols = told(&[&one, &rules]);
    assert!(protocols.contains("their protocols differ") && protocols.contains("--protocol"), "{protocols}");
    assert!(told(&[&one]).contains("holds one method, `one`"));
    assert!(
        told(&[&one, &place.path().join("../").join(place.path().file_name().unwrap()).join("one")])
            .contains("the same folder")
    );
    assert!(told(&[&one, &place.path().to_owned()]).contains("cannot compare"));
    assert!(told(&[]).contains("no folder"));
    fs::remove_file(fewer.join("outcomes.csv")).unwrap();
    let source = of(&[one, fewer]).unwrap_err();
    let source = std::error::Error::source(&source).unwrap().to_string();
    assert!(source.contains("outcomes.csv"), "{source}");
}

#[test]
fn both_files_read_back_as_they_were_written_and_other_files_are_never_replaced() {
    let place = tempfile::tempdir().unwrap();
    let one = folder(place.path(), "one", &people(40, |age, person| (age + person % 5).to_string()), &eighteen());
    let other = folder(place.path(), "other", &people(40, |age, person| (age + person % 3).to_string()), &eighteen());
    let (folders, out) = ([one.clone(), other], place.path().join("out"));
    let write =
        |existing| compare(&CompareRequest { folders: &folders, restandardise: false, out: Some((&out, existing)) });
    let made = write(Existing::Refuse).unwrap();
    let text = fs::read_to_string(out.join("comparison.csv")).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",evidence,flags,baseline_method,baseline_digest,p,p_adjusted"));
    let read = Compared::read(text.as_bytes()).unwrap();
    assert_eq!(read.len(), made.rows.len());
    let mut again = Vec::new();
    Compared::write(&read, &mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), text);
    let ranks = fs::read_to_string(out.join("leaderboard.csv")).unwrap();
    let mut again = Vec::new();
    Ranked::write(&Ranked::read(ranks.as_bytes()).unwrap(), &mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), ranks);
    assert!(write(Existing::Refuse).unwrap_err().to_string().contains("not empty"));
    write(Existing::Replace).unwrap();
    let onto_a_run =
        compare(&CompareRequest { folders: &folders, restandardise: false, out: Some((&one, Existing::Replace)) });
    assert!(onto_a_run.is_err() && one.join("outcomes.csv").exists());
}

#[test]
fn ranks_overlap_unless_the_difference_is_significant_and_few_people_are_not_ranked() {
    let place = tempfile::tempdir().unwrap();
    let passing =
        |count: u32| move |age: u32, person: u32| if age == 20 || person < count { "60" } else { "12" }.to_owned();
    let folders: Vec<PathBuf> = [("low", 20), ("middle", 24), ("high", 110)]
        .map(|(name, count)| folder(place.path(), name, &people(240, passing(count)), &eighteen()))
        .to_vec();
    let comparison = of(&folders).unwrap();
    let ranks: Vec<(String, Option<u64>, Option<u64>, u64)> = comparison
        .leaderboard
        .iter()
        .filter(|ranked| {
            ranked.row.metric == "under_age_pass_rate" && ranked.row.challenge.is_some_and(|age| age.years() == 25.0)
        })
        .map(|ranked| (ranked.row.method.clone(), ranked.rank_low, ranked.rank_high, ranked.ranked))
        .collect();
    let rank = |name: &str, low: u64, high: u64| (name.to_owned(), Some(low), Some(high), 3);
    assert_eq!(ranks, [rank("low", 1, 2), rank("middle", 1, 2), rank("high", 3, 3)]);
    let mae = comparison.leaderboard.iter().find(|ranked| ranked.row.metric == "mae").unwrap();
    assert_eq!((mae.row.status, mae.rank_low), (RowStatus::Value, None), "mean errors are outside of the family");
    let few = place.path().join("few");
    fs::create_dir(&few).unwrap();
    let folders =
        [("a", 1), ("b", 9)].map(|(name, count)| folder(&few, name, &people(12, passing(count)), &eighteen()));
    let comparison = of(&folders).unwrap();
    assert!(comparison.leaderboard.iter().all(|ranked| ranked.rank_low.is_none()));
    let row = &rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional).row;
    assert_eq!((row.status, row.value), (RowStatus::InsufficientEvidence, Some(8.0 / 12.0)));
}
