//! The main job as a user runs it: demo, run, score, report, list, and what they leave behind.

use std::fs;

use crate::support::{column, package, run, text};

/// The demo in a folder of its own; the same for every test of this file.
fn demo() -> (tempfile::TempDir, std::path::PathBuf, crate::support::Ran) {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("results");
    let ran = run(&["demo", "--out", text(&out)]).ended(0);
    (place, out, ran)
}

#[test]
fn a_demo_into_a_folder_that_holds_something_names_a_remedy_that_it_has() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("mine.txt"), "keep").unwrap();
    let refused = run(&["demo", "--out", text(place.path())]).ended(2).told(&["not empty", "--out"]);
    assert!(!refused.err.contains("--resume") && !refused.err.contains("--replace"), "{}", refused.err);
    let link = place.path().join("link");
    std::os::unix::fs::symlink(place.path().join("nowhere"), &link).unwrap();
    run(&["run", "drawn-even", "--dataset", "drawn-faces", "--out", text(&link)]).ended(2).told(&["is not a folder"]);
}

#[test]
fn the_demo_leaves_a_whole_run_folder_and_says_that_the_faces_are_drawn() {
    let (_place, out, ran) = demo();
    let files =
        ["outcomes.csv", "truth.csv", "metrics.csv", "run.json", "protocol.toml", "report.html", "cards/dataset.toml"];
    for file in files {
        assert!(fs::metadata(out.join(file)).unwrap().len() > 100, "{file}");
    }
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for text in [&ran.out, &page] {
        assert!(text.contains("drawn faces"), "every form says what the faces are");
    }
    for word in ["drawn-even", "drawn-cautious", "18"] {
        assert!(ran.out.contains(word), "{word} is not in\n{}", ran.out);
    }
    assert!(ran.err.contains("metrics.csv") && ran.err.contains("Next:"), "{}", ran.err);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let manifest = fs::read_to_string(package().join("fixtures/faces/manifest.csv")).unwrap();
    assert_eq!(outcomes.lines().count() - 1, 2 * (manifest.lines().count() - 1), "two methods on every sample");
    assert!(column(&outcomes, "status").iter().all(|status| status == "answered"));
}

#[test]
fn both_errors_stand_in_the_metrics_with_counts_and_intervals() {
    let (_place, out, _) = demo();
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    for metric in ["under_age_pass_rate", "adult_denial_rate"] {
        let rows: Vec<&str> = metrics
            .lines()
            .filter(|row| row.contains(&format!(",{metric},")) && row.contains(",18,25,fail_closed,"))
            .collect();
        assert!(rows.len() >= 8, "{metric}: {} rows", rows.len());
    }
    let [even, cautious] = ["drawn-even", "drawn-cautious"].map(|method| rate(&metrics, method, "under_age_pass_rate"));
    let [even_denied, cautious_denied] =
        ["drawn-even", "drawn-cautious"].map(|method| rate(&metrics, method, "adult_denial_rate"));
    assert!(even > 2.0 * cautious && cautious_denied > even_denied, "a visibly different trade-off");
}

/// The rate at T = C = 18 over all people on its side, by subject, conditional.
fn rate(metrics: &str, method: &str, metric: &str) -> f64 {
    let population = if metric == "under_age_pass_rate" { "under" } else { "over" };
    let place = format!(",18,18,conditional,{population},,,{metric},subject,,");
    let row = metrics.lines().find(|row| row.contains(&format!(",{method},")) && row.contains(&place)).unwrap();
    let names: Vec<&str> = metrics.lines().next().unwrap().split(',').collect();
    let value = names.iter().position(|name| *name == "value").unwrap();
    row.split(',').nth(value).unwrap().parse().unwrap()
}

#[test]
fn without_timings_all_but_run_json_is_the_same_for_any_number_of_jobs() {
    let place = tempfile::tempdir().unwrap();
    let folders = ["1", "2", "8"].map(|jobs| {
        let out = place.path().join(jobs);
        let methods = ["drawn-even", "drawn-cautious"];
        let rest = ["--dataset", "drawn-faces", "--out", text(&out), "--jobs", jobs, "--no-timings"];
        run(&[&["run"][..], &methods, &rest].concat()).ended(0);
        out
    });
    for file in ["outcomes.csv", "truth.csv", "metrics.csv", "protocol.toml", "report.html"] {
        let [one, two, eight] = folders.each_ref().map(|folder| fs::read(folder.join(file)).unwrap());
        assert!(one == two && two == eight, "{file} differs");
    }
}

#[test]
fn ids_are_pseudonyms_unless_they_are_kept_and_no_file_names_a_picture() {
    let (_place, out, _) = demo();
    for file in ["outcomes.csv", "truth.csv", "metrics.csv", "report.html", "run.json"] {
        let content = fs::read_to_string(out.join(file)).unwrap();
        assert!(!content.contains("s0001") && !content.contains("images/"), "{file}");
    }
    let kept = out.with_file_name("kept");
    run(&["run", "drawn-even", "--dataset", "drawn-faces", "--out", text(&kept), "--keep-ids"]).ended(0);
    assert!(fs::read_to_string(kept.join("outcomes.csv")).unwrap().contains("\ns0001,"));
}

#[test]
fn scoring_a_run_folder_anew_gives_the_same_metrics() {
    let (_place, out, _) = demo();
    let again = out.with_file_name("again");
    run(&["score", text(&out), "--out", text(&again)]).ended(0);
    assert!(fs::read(out.join("metrics.csv")).unwrap() == fs::read(again.join("metrics.csv")).unwrap());
    for form in ["table", "markdown", "html", "csv"] {
        assert!(run(&["report", text(&again), "--format", form]).ended(0).out.len() > 500, "{form}");
    }
}

#[test]
fn a_csv_with_truth_and_answers_is_scored_with_its_own_column_names() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("answers.csv");
    let mut csv = "photo,person,label,guess,sex\n".to_owned();
    for number in 0..400 {
        let (age, sex) = (10 + number % 20, if number % 3 == 0 { "f" } else { "m" });
        csv.push_str(&format!(
            "x{number},p{},{age},{},{sex}\n",
            number / 2,
            f64::from(age) + f64::from(number % 7) - 3.0
        ));
    }
    fs::write(&file, csv).unwrap();
    let out = place.path().join("out");
    let columns = "sample_id=photo,subject_id=person,true_age=label,age=guess";
    let ran = run(&["score", text(&file), "--columns", columns, "--groups", "sex", "--out", text(&out)]).ended(0);
    assert!(ran.out.contains("18"), "{}", ran.out);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(metrics.contains(",sex,f,under_age_pass_rate,"));
    for file in ["outcomes.csv", "truth.csv", "run.json", "protocol.toml"] {
        assert!(out.join(file).exists(), "{file}");
    }
}

#[test]
fn lists_say_what_there_is() {
    let names = |what: &str| {
        let json = run(&["list", what, "--format", "json"]).ended(0).out;
        let list: serde_json::Value = serde_json::from_str(&json).unwrap();
        list.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("methods"), ["declared", "drawn-cautious", "drawn-even"]);
    assert_eq!(names("engines"), ["tract", "onnxruntime"]);
    assert_eq!(names("datasets"), ["drawn-faces"]);
    assert!(names("heads").contains(&"ordinal".to_owned()));
    assert!(names("metrics").contains(&"under_age_pass_rate".to_owned()));
}

#[test]
fn help_fits_and_names_every_exit_code() {
    let short = run(&["-h"]).ended(0).out;
    assert!(short.lines().count() <= 34, "-h fits a screen:\n{short}");
    let long = run(&["--help"]).ended(0).out;
    let named: Vec<&str> =
        long.lines().filter_map(|line| line.trim_start().split_once("  ")).map(|(code, _)| code).collect();
    for code in ["0", "1", "2", "3", "4", "70", "74", "130"] {
        assert!(named.contains(&code), "{code}: {long}");
    }
}

#[test]
fn the_bundled_dataset_and_methods_pass_their_own_check() {
    for place in ["models/drawn-even", "models/drawn-cautious"] {
        let ran = run(&["check", text(&package().join(place))]).ended(0);
        assert!(ran.out.contains("0 errors, 0 warnings"), "{}", ran.out);
    }
    // Three of the drawn pictures hold no face, and look alike.
    let ran = run(&["check", text(&package().join("fixtures/faces"))]).ended(0);
    let warnings: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("warning")).collect();
    let blank = |line: &&str| {
        ["row 294 ", "row 757,", "row 757 ", "row 810,"].iter().filter(|row| line.contains(*row)).count() == 2
    };
    assert!(ran.out.contains("0 errors, 4 warnings") && warnings.len() == 4, "{}", ran.out);
    assert!(warnings.iter().all(|line| line.contains("[near_duplicate_") && blank(line)), "{warnings:#?}");
}

/// Ctrl-C: the rows on disk are whole, and the exit code says what happened.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_whole_rows_and_ends_with_130() {
    let place = tempfile::tempdir().unwrap();
    let mut manifest = "sample_id,path,subject_id,age\n".to_owned();
    let data = crate::support::dataset(&place.path().join("data"), &[("a.jpg", &crate::support::jpeg())], "");
    for number in 0..200_000 {
        manifest.push_str(&format!("r{number},a.jpg,p{number},20\n"));
    }
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let out = place.path().join("out");
    let mut child = crate::support::agebench()
        .args(["run", "drawn-even", "--dataset", text(&data), "--out", text(&out)])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let outcomes = out.join("outcomes.csv.part");
    while fs::metadata(&outcomes).map_or(0, |about| about.len()) < 20_000 {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let ended = crate::support::Ran::of(child.wait_with_output().unwrap()).ended(130);
    assert!(ended.err.contains("interrupted"), "{}", ended.err);
    let rows = fs::read_to_string(outcomes).unwrap();
    let cells = rows.lines().next().unwrap().split(',').count();
    assert!(rows.ends_with('\n') && rows.lines().all(|line| line.split(',').count() == cells));
    assert!(!out.join("metrics.csv").exists(), "an unfinished run has no metrics");
}
