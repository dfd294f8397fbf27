//! Policies: what is wrong with one is told at once, and the worked ones can be used.

use std::fs;

use crate::support::{package, run, text};

fn told(policy: &str, parts: &[&str]) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("policy.toml");
    fs::write(&file, policy).unwrap();
    run(&["gate", text(place.path()), "--policy", text(&file)]).ended(2).told(parts);
}

const HEAD: &str = "name = 'x'\nsource = 'ours'\n";

#[test]
fn every_bad_key_has_its_line_and_what_was_perhaps_meant() {
    let policy = "nmae = 'x'\nsource = 'ours'\n\n[[rule]]\nmetrics = 'mae'\nat_most = 3\n\n[[rule]]\nmetric = 'mea'\nat_mots = 3\n\n\
                  [[rule]]\nmetric = 'under_age_pass_rate'\nlimt = 18\nlimit = 'x'\nchallenge = 'T-5'\nfailure_policy = 'fail_close'\n\
                  population = 'undr'\nweighting = 'subjects'\ngroup = 'male'\nat_most = 5\nat_least = 0.1\n\n\
                  [[rule]]\nmetric = 'latency_p95'\nmargin = 5\n\n[[rule]]\nmetric = 'mae'\nmargin = -1\nevery_group = 'sex'\ngroup_by = 'sex'\n";
    told(
        policy,
        &[
            "row 1, column `nmae`: the key is unknown",
            "did you mean `name`?",
            "column `name`: the key is missing",
            "row 5, column `rule[1].metrics`: the key is unknown",
            "did you mean `metric`?",
            "row 9, column `rule[2].metric`: `mea` is not the name of a metric",
            "did you mean `mae`?",
            "row 10, column `rule[2].at_mots`: the key is unknown",
            "did you mean `at_most`?",
            "row 14, column `rule[3].limt`: the key is unknown",
            "row 15, column `rule[3].limit`: `\"x\"` is not a limit in whole years, such as 18",
            "row 16, column `rule[3].challenge`: `T-5` is not a challenge age",
            "row 17, column `rule[3].failure_policy`: `fail_close` is not a failure policy",
            "did you mean `fail_closed`?",
            "row 18, column `rule[3].population`: `undr` is not a population",
            "did you mean `under`?",
            "row 19, column `rule[3].weighting`",
            "did you mean `subject`?",
            "row 20, column `rule[3].group`",
            "row 21, column `rule[3].at_most`",
            "for 5 % write 0.05",
            "`at_most` and `at_least` in one rule",
            "row 26, column `rule[4].margin`: `latency_p95` is not held against a baseline on the same people",
        ],
    );
}

#[test]
fn policies_without_a_rule_or_with_two_of_one_name_are_errors() {
    told(HEAD, &["column `rule`: the list is missing: expected one or more [[rule]]"]);
    told(&format!("{HEAD}rule = []\n"), &["no rule: expected one or more [[rule]]"]);
    told(&format!("{HEAD}[[rule]]\nmetric = 'mae'\n"), &["nothing is asked", "at_most"]);
    let rule = "[[rule]]\nmetric = 'mae'\nat_most = 3\n";
    told(&format!("{HEAD}{rule}{rule}"), &["row 7, column `rule[2].name`: another rule is called `mae, at most 3`"]);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("p.toml");
    fs::write(&file, format!("{HEAD}[[rule]]\nmetric = 'mae'\nat_mots = 3\n")).unwrap();
    assert!(run(&["check", text(&file)]).ended(2).out.contains("did you mean `at_most`?"));
    told(&format!("{HEAD}[rule]\nmetric = 'mae'\n"), &["not a list of tables"]);
    told("name = 'x'\nsource = ''\n[[rule]\n", &["row 3", "not toml"]);
    told(
        &format!("schema = 2\nname = 'x'\nsource = ' '\n{rule}"),
        &["schema 2 is not known", "row 3, column `source`"],
    );
    let place = tempfile::tempdir().unwrap();
    run(&["gate", text(place.path()), "--policy", "challenge-52"])
        .ended(2)
        .told(&["challenge-52", "did you mean `challenge-25`?"]);
}

#[test]
fn the_worked_policies_are_read_listed_and_described() {
    let listed = run(&["list", "policies"]).ended(0).out;
    let described = fs::read_to_string(package().join("protocols/policies/README.md")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let mut count = 0;
    for file in fs::read_dir(package().join("protocols/policies")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        count += 1;
        assert!(listed.contains(&name) && described.contains(&format!("[{name}]({name}.toml)")), "{name}");
        run(&["check", &name]).ended(0);
        assert!(run(&["check", text(&path)]).ended(0).out.contains("the policy can be used"));
        // Read whole: what is missing is the results, not the policy.
        let ran = run(&["gate", text(place.path()), "--policy", &name]).ended(2);
        assert!(!ran.err.contains("cannot use the policy") && ran.err.contains("cannot gate"), "{}", ran.err);
        let policy = fs::read_to_string(&path).unwrap();
        assert!(policy.starts_with("# ") && policy.contains("Source"), "{name} says where its numbers come from");
    }
    assert_eq!(count, 5);
}
