//! What may be published together: comparisons with their runs, measurements of time, waterfalls, and a release after another.

use std::fs;
use std::path::Path;

use super::{recorded, recorded_of, release};
use crate::stages;
use crate::support::{column, package, run, text};

#[test]
fn a_comparison_is_published_with_the_runs_that_were_compared() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let two = recorded(place.path(), "two", |person| i64::from(person % 7));
    let compared = place.path().join("compared");
    run(&["compare", text(&one), text(&two), "--out", text(&compared)]).ended(0);
    release(place.path(), &[&compared], "none", &[]).1.ended(2).told(&["name the run folders"]);
    release(place.path(), &[&one, &compared], "none", &[]).1.ended(2).told(&["not among the folders"]);
    release(place.path(), &[&one, &one], "none", &[]).1.ended(2).told(&["leave one of them out"]);
    let (out, ran) = release(place.path(), &[&one, &two, &compared], "none", &[]);
    ran.ended(0);
    run(&["verify", text(&out)]).ended(0);
    assert!(out.join("comparison.csv").exists() && out.join("leaderboard.csv").exists());
    release(place.path(), &[&out], "none", &[]).1.ended(2).told(&["not empty"]);
    let other = place.path().join("other");
    run(&["publish", text(&out), "--out", text(&other), "--disclosure", "none"]).ended(2).told(&["a release already"]);
    for form in ["table", "markdown"] {
        let ran = run(&["report", text(&out), "--format", form]).ended(0);
        assert!(ran.out.contains("one") && ran.out.contains("two"), "{}", ran.out);
    }
    // A folder of packages is reported as one.
    let ran = run(&["report", text(place.path())]).ended(0);
    assert!(ran.out.contains("one") && ran.out.contains("two"), "{}", ran.out);
}

#[test]
fn a_comparison_that_its_runs_do_not_give_is_not_published_and_a_card_of_another_neither() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let two = recorded(place.path(), "two", |person| i64::from(person % 7));
    let compared = place.path().join("compared");
    run(&["compare", text(&one), text(&two), "--out", text(&compared)]).ended(0);
    let refused = |told: &[&str]| release(place.path(), &[&two, &one, &compared], "none", &[]).1.ended(2).told(told);
    // Places of the leaderboard, and a difference, of somebody's choice.
    for file in ["leaderboard.csv", "comparison.csv"] {
        let path = compared.join(file);
        let whole = fs::read_to_string(&path).unwrap();
        let ranked = whole.lines().find(|line| line.ends_with(",2"));
        let forged = match ranked {
            Some(line) => whole.replacen(line, &format!("{},1", line.strip_suffix(",2").unwrap()), 1),
            None => whole.replacen(",tango,", ",wilson,", 1),
        };
        assert_ne!(forged, whole, "{file}");
        fs::write(&path, forged).unwrap();
        refused(&["compared", "compare the run folders again"]);
        fs::write(&path, whole).unwrap();
    }
    let card = fs::read_dir(one.join("cards")).unwrap().map(|entry| entry.unwrap().path());
    let card = card.into_iter().find(|path| !path.ends_with("dataset.toml")).unwrap();
    let whole = fs::read_to_string(&card).unwrap();
    fs::write(&card, whole.replace("name = \"one\"", "name = \"another maker\"")).unwrap();
    refused(&["the card of `one` is of `another maker`, and run.json says that `one` ran"]);
    fs::write(&card, whole).unwrap();
    // In whatever order the runs are named.
    release(place.path(), &[&two, &one, &compared], "none", &[]).1.ended(0);
}

#[test]
fn several_comparisons_are_published_together_and_one_over_a_common_mix_of_ages_is_not() {
    let place = tempfile::tempdir().unwrap();
    let [one, two, three] =
        [("one", 5), ("two", 7), ("three", 3)].map(|(name, by)| recorded(place.path(), name, |at| i64::from(at % by)));
    let compared = |name: &str, folders: [&Path; 2], more: &[&str]| {
        let out = place.path().join(name);
        run(&[&["compare", text(folders[0]), text(folders[1]), "--out", text(&out)], more].concat()).ended(0);
        out
    };
    let [first, second] =
        [("first", [&*one, &*two]), ("second", [&*one, &*three])].map(|(name, folders)| compared(name, folders, &[]));
    let (out, ran) = release(place.path(), &[&three, &two, &one, &first, &second], "none", &[]);
    ran.ended(0);
    run(&["verify", text(&out)]).ended(0);
    // The rows of a common mix of ages are in no run folder.
    let mixed =
        fs::read_to_string(first.join("comparison.csv")).unwrap().replacen("sample_only", "sample_only;unpaired", 1);
    fs::write(first.join("comparison.csv"), mixed).unwrap();
    let (_, ran) = release(&place.path().join("mixed"), &[&one, &two, &first], "none", &[]);
    ran.ended(2).told(&["common mix of ages"]);
}

/// What a release needs of a card, put before the text of the one in `folder`.
fn complete(folder: &Path, name: &str, more: &str) {
    let card = fs::read_to_string(folder.join(name)).unwrap();
    fs::write(folder.join(name), format!("{more}{card}")).unwrap();
}

#[test]
fn a_waterfall_is_published_with_its_stages_and_under_a_rule_without_its_rows() {
    let place = tempfile::tempdir().unwrap();
    stages::recorded(place.path(), &[]);
    let waterfall = stages::card(place.path(), "both", stages::STAGES);
    for name in ["estimator", "document", "both"] {
        let said = "licence = 'none'\nintended_use = 'tests'\nclaimed_ages = [10, 30]\n";
        complete(&place.path().join(name), "method.toml", said);
    }
    let people = stages::people(place.path());
    complete(&people, "dataset.toml", "licence = 'none'\nconsent = 'made up'\nsource = 'a test'\n");
    let (out, protocol) = (place.path().join("out"), place.path().join("protocol.toml"));
    fs::write(&protocol, "limits = [18]\n").unwrap();
    let arguments = ["run", text(&waterfall), "--dataset", text(&people), "--protocol", text(&protocol)];
    run(&[&arguments[..], &["--out", text(&out), "--max-failed", "5"]].concat()).ended(0);
    let (released, ran) = release(place.path(), &[&out], "none", &[]);
    ran.ended(0);
    let metrics = fs::read_to_string(released.join("metrics.csv")).unwrap();
    assert!(column(&metrics, "metric").contains(&"end_to_end_under_age_pass_rate".to_owned()));
    let record = fs::read_to_string(released.join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let methods = record["methods"].as_array().unwrap();
    let named: Vec<&str> = methods.iter().map(|method| method["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["estimator", "document", "both"], "every stage has its card in the release");
    let digest = |place: usize| methods[place]["digest"].as_str().unwrap();
    assert_eq!(methods[2]["stages"], serde_json::json!([digest(0), digest(1)]));
    for method in methods {
        assert!(released.join("cards").join(method["card"].as_str().unwrap()).is_file(), "{method}");
    }
    run(&["verify", text(&released)]).ended(0);
    run(&["report", text(&released), "--format", "markdown"]).ended(0);

    // Twelve people on each side: under a rule stages would tell the few who go on.
    let (released, ran) = release(place.path(), &[&out], "uk_7_5", &[]);
    ran.ended(0);
    let metrics = fs::read_to_string(released.join("metrics.csv")).unwrap();
    let left: Vec<String> =
        column(&metrics, "metric").into_iter().filter(|metric| metric.contains("end_to_end")).collect();
    assert!(left.is_empty(), "{left:?}");
    run(&["verify", text(&released)]).ended(0);
}

#[test]
fn times_are_published_beside_the_run_with_the_machine_and_without_the_longest() {
    let place = tempfile::tempdir().unwrap();
    let example = package().join("examples/plugins/record");
    let (method, people) = (place.path().join("method"), place.path().join("people"));
    for (folder, from, names) in [
        (&method, example.clone(), ["method.toml", "plugin.py"]),
        (&people, example.join("accounts"), ["dataset.toml", "manifest.csv"]),
    ] {
        fs::create_dir_all(folder).unwrap();
        for name in names {
            fs::copy(from.join(name), folder.join(name)).unwrap();
        }
    }
    let (answers, times) = (place.path().join("answers"), place.path().join("times"));
    run(&["run", text(&method), "--dataset", text(&people), "--out", text(&answers)]).ended(0);
    let arguments = ["latency", text(&method), "--dataset", text(&people), "--starts", "1", "--attempts", "80"];
    run(&[&arguments[..], &["--out", text(&times)]].concat()).ended(0);
    for rule in ["none", "uk_7_5"] {
        let (released, ran) = release(place.path(), &[&answers, &times], rule, &[]);
        ran.ended(0);
        run(&["verify", text(&released)]).ended(0);
        let metrics = fs::read_to_string(released.join("metrics.csv")).unwrap();
        let [names, values, attempts] = ["metric", "value", "n_attempts"].map(|name| column(&metrics, name));
        let median = names.iter().position(|name| name == "latency_median").expect("times are published");
        assert!(values[median].parse::<f64>().unwrap() > 0.0);
        assert_eq!(attempts[median].is_empty(), rule != "none", "the count of samples is one of people");
        assert_eq!(names.iter().any(|name| name == "latency_max"), rule == "none", "the longest time is one person's");
        let record = fs::read_to_string(released.join("run.json")).unwrap();
        assert!(record.contains("\"latency\"") && record.contains("cpu_model"), "{record}");
        let ran = run(&["report", text(&released), "--format", "table"]).ended(0);
        assert!(ran.out.contains("How long does an answer take?"), "{}", ran.out);
    }
    // Times alone are a release, too.
    let (released, ran) = release(place.path(), &[&times], "midpoint6", &[]);
    ran.ended(0);
    run(&["verify", text(&released)]).ended(0);
}

#[test]
fn an_earlier_release_is_named_in_the_next_and_one_without_a_rule_cannot_be_taken_back() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (first, ran) = release(place.path(), &[&one], "uk_7_5", &[]);
    ran.ended(0);
    let second = place.path().join("second");
    let next = |out: &Path, earlier: &Path| {
        run(&["publish", text(&one), "--out", text(out), "--disclosure", "uk_7_5", "--earlier", text(earlier)])
    };
    next(&second, &first).ended(0);
    run(&["verify", text(&second)]).ended(0);
    let sums = fs::read(first.join("SHA256SUMS")).unwrap();
    let record = fs::read_to_string(second.join("run.json")).unwrap();
    assert!(record.contains(&agebench::digest::Digest::of(&sums).to_string()), "{record}");
    // The same rows under the same rule tell nothing new.
    let metrics = |folder: &Path| fs::read_to_string(folder.join("metrics.csv")).unwrap();
    assert_eq!(metrics(&second), metrics(&first));

    let (open, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let third = place.path().join("third");
    next(&third, &open).ended(2).told(&["no rule was applied to", "cannot be taken back"]);
    next(&third, &one).ended(2);
    assert!(!third.exists());
}

#[test]
fn parts_of_one_dataset_are_not_released_together_and_an_earlier_release_of_other_people_is_not_taken_for_one() {
    let place = tempfile::tempdir().unwrap();
    let off = |person: u32| i64::from(person % 5) - 2;
    let (all, part) = (recorded(place.path(), "all", off), recorded_of(place.path(), "part", 397, off));
    // Of the three people between them everything would follow.
    let (_, ran) = release(place.path(), &[&all, &part], "uk_7_5", &[]);
    ran.ended(2).told(&["two manifests of `people`", "publish one of them"]);
    release(place.path(), &[&all, &part], "none", &[]).1.ended(0);
    let (earlier, ran) = release(place.path(), &[&part], "uk_7_5", &[]);
    ran.ended(0);
    let out = place.path().join("next");
    run(&["publish", text(&all), "--out", text(&out), "--disclosure", "uk_7_5", "--earlier", text(&earlier)])
        .ended(2)
        .told(&["no manifest of it is published now", "leave this one out"]);
    assert!(!out.exists());
}

#[test]
fn check_of_a_package_tells_what_does_not_hold_and_what_its_reader_should_know() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let (open, ran) = release(place.path(), &[&one], "none", &[]);
    ran.ended(0);
    let ran = run(&["check", text(&open)]).ended(0);
    for part in ["not signed", "count of 1 to 7 people", "metrics.csv"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let (out, ran) = release(place.path(), &[&one], "uk_7_5", &[]);
    ran.ended(0);
    let ran = run(&["check", text(&out)]).ended(0);
    assert!(ran.out.contains("held back to protect people") && !ran.out.contains("1 to 7 people"), "{}", ran.out);
    let readme = out.join("README.md");
    fs::write(&readme, fs::read_to_string(&readme).unwrap().replacen("people", "persons", 1)).unwrap();
    let ran = run(&["check", text(&out), "--format", "csv"]).ended(2);
    assert!(ran.out.lines().any(|line| line.contains("error") && line.contains("README.md")), "{}", ran.out);
}

#[test]
fn what_is_no_package_is_not_replaced_by_one_though_its_files_have_such_names() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let two = recorded(place.path(), "two", |person| i64::from(person % 7));
    let (compared, project) = (place.path().join("compared"), place.path().join("project"));
    run(&["compare", text(&one), text(&two), "--out", text(&compared)]).ended(0);
    fs::remove_file(compared.join("report.html")).unwrap(); // which no package holds
    fs::create_dir(&project).unwrap();
    fs::write(project.join("README.md"), "mine").unwrap();
    let publish =
        |out: &Path| run(&["publish", text(&one), text(&two), "--out", text(out), "--disclosure", "none", "--replace"]);
    for (out, held) in [(&compared, "comparison.csv"), (&project, "README.md")] {
        publish(out).ended(2).told(&[held, "name another folder"]);
        assert!(out.join(held).is_file(), "{held}");
    }
    // An empty folder, a package, and what is left of one are.
    let out = place.path().join("out");
    fs::create_dir(&out).unwrap();
    publish(&out).ended(0);
    publish(&out).ended(0);
    fs::remove_file(out.join("datapackage.json")).unwrap();
    publish(&out).ended(0);
    run(&["verify", text(&out)]).ended(0);
}
