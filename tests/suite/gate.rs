//! `agebench gate` as a program: verdicts on recorded pairs, exit codes, files, and what it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, package, recorded_answers, run, text};

/// A run folder made of a recorded file below `place`: `people` minors of 17, each passing at 18 where `passes` says so,
/// and as many adults who all pass.
fn recorded(place: &Path, name: &str, people: u32, passes: impl Fn(u32) -> bool, more: &[&str]) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age,sex\n".to_owned();
    for person in 0..people {
        // Several answers: two different ones among many are refused as classes.
        let answer = if passes(person) { 30 } else { 12 } + person % 6;
        let sex = if person % 2 == 0 { "female" } else { "male" };
        csv.push_str(&format!("m{person},m{person},17,{answer},{sex}\na{person},a{person},20,30,{sex}\n"));
    }
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    let mut arguments = vec!["score", text(&file), "--dataset-name", "people", "--groups", "sex", "--out", text(&out)];
    arguments.extend(more);
    run(&arguments).ended(0);
    out
}

fn policy(place: &Path, rules: &str) -> PathBuf {
    let file = place.join("policy.toml");
    fs::write(&file, format!("name = 'small'\nsource = 'ours'\n{rules}")).unwrap();
    file
}

const PASSES: &str = "[[rule]]\nname = 'passes'\nmetric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 18\n\
                      failure_policy = 'conditional'\npopulation = 'under'\nweighting = 'subject'\n";

#[test]
fn verdicts_on_recorded_pairs_are_those_of_hand_computation_and_the_exit_code_says_them() {
    let place = tempfile::tempdir().unwrap();
    // Of 200 minors the baseline passes 15, the worse method 35: 30 whom the baseline denies, 10 the other way round.
    let baseline = recorded(place.path(), "baseline", 200, |person| person < 15, &[]);
    let worse = recorded(place.path(), "worse", 200, |person| (10..45).contains(&person), &[]);
    let same = recorded(place.path(), "same", 200, |person| person < 15, &[]);
    let close = recorded(place.path(), "close", 200, |person| person < 16, &[]);
    // scripts/validation/comparison.py, tango_30_10_200 (numerical maximum likelihood): 90 % interval of the difference of 0.1.
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/golden/comparison.json")).unwrap();
    let low = golden["tango_30_10_200"]["low90"].as_f64().unwrap();
    let gate = |folder: &Path, margin: f64, code: i32| {
        let policy = policy(place.path(), &format!("{PASSES}margin = {margin}\n"));
        run(&["gate", text(folder), "--policy", text(&policy), "--baseline", text(&baseline), "--format", "csv"])
            .ended(code)
    };
    let failed = gate(&worse, 0.02, 1);
    assert_eq!(column(&failed.out, "verdict"), ["fail"]);
    let judged: f64 = column(&failed.out, "judged")[0].parse().unwrap();
    assert!((judged - low).abs() < 1e-7, "{judged} is not {low}");
    assert_eq!(column(&gate(&worse, 0.2, 0).out, "verdict"), ["pass"]);
    assert_eq!(column(&gate(&worse, 0.1, 3).out, "verdict"), ["inconclusive"]);
    let identical = gate(&same, 0.0, 0);
    assert!(identical.out.contains("identical") && identical.err.contains("Passed"), "{}", identical.out);
    // One more in 200: 0.005, Tango's upper bound 0.022097 (scipy.optimize.brentq on the score equation).
    let open = gate(&close, 0.01, 3);
    assert!(open.out.contains("more subjects like these would show it"), "{}", open.out);
    gate(&close, 0.03, 0);
}

#[test]
fn a_rule_that_finds_no_row_is_inconclusive_and_the_policy_is_what_to_mend() {
    let place = tempfile::tempdir().unwrap();
    let folder = recorded(place.path(), "a", 60, |_| false, &[]);
    // The answers are ages: there is no decision of the method's own.
    let rules = "[[rule]]\nmetric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 'own'\nat_most = 0.5\n";
    let file = policy(place.path(), rules);
    run(&["gate", text(&folder), "--policy", text(&file)]).ended(3).told(&["some rules find no row. Next: mend them"]);
}

#[test]
fn every_level_of_a_column_must_meet_a_rule_and_the_files_say_what_the_terminal_says() {
    let place = tempfile::tempdir().unwrap();
    // All who pass are female: 40 of 200, and none of 200.
    let folder = recorded(place.path(), "run", 400, |person| person % 10 == 0, &[]);
    let rules = format!("{PASSES}every_group = 'sex'\nat_most = 0.1\n");
    let file = policy(place.path(), &rules);
    let (junit, markdown) = (place.path().join("gate.xml"), place.path().join("gate.md"));
    let arguments =
        ["gate", text(&folder), "--policy", text(&file), "--junit", text(&junit), "--markdown", text(&markdown)];
    let ran = run(&arguments).ended(1);
    ran.told(&["gate.xml", "gate.md", "Failed"]);
    let [xml, markdown_text] = [&junit, &markdown].map(|file| fs::read_to_string(file).unwrap());
    assert!(xml.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{xml}");
    assert!(xml.contains("sex = female") && xml.contains("classname=\"passes\""), "{xml}");
    assert!(
        markdown_text.starts_with("## Gate failed: small") && markdown_text.contains("**fail**"),
        "{markdown_text}"
    );
    let json = run(&["gate", text(&folder), "--policy", text(&file), "--format", "json"]).ended(1);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json["verdict"].as_str(), json["schema"].as_str()), (Some("fail"), Some("agebench-verdicts/1")));
    let checks = json["rules"][0]["checks"].as_array().unwrap();
    let of =
        |check: &serde_json::Value| (check["group"].clone(), check["verdict"].clone(), check["n_subjects"].clone());
    assert_eq!(of(&checks[0]), ("female".into(), "fail".into(), 200.into()));
    assert_eq!(of(&checks[1]), ("male".into(), "pass".into(), 200.into()));
    // A policy that cannot be read leaves no old verdict behind.
    policy(place.path(), &rules.replace("at_most", "at_msot"));
    run(&arguments).ended(2).told(&["policy.toml, row 12", "did you mean `at_most`?"]);
    assert!(!junit.exists() && !markdown.exists());
}

#[test]
fn a_baseline_of_another_manifest_or_protocol_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let folder = recorded(place.path(), "run", 200, |_| false, &[]);
    let others = recorded(place.path(), "others", 201, |_| false, &[]);
    let ruled = recorded(place.path(), "ruled", 200, |_| false, &["--protocol", "check-18"]);
    let file = policy(place.path(), &format!("{PASSES}margin = 0.05\n"));
    let gate =
        |baseline: &Path| run(&["gate", text(&folder), "--policy", text(&file), "--baseline", text(baseline)]).ended(2);
    gate(&others).told(&["their manifests differ", "run both on one manifest"]);
    gate(&ruled).told(&["their protocols differ", "score both under one protocol first"]);
    gate(&folder).told(&["the same folder", "name the earlier run"]);
    gate(&place.path().join("nowhere")).told(&["nowhere"]);
    run(&["gate", text(&folder), "--policy", text(&file)])
        .ended(2)
        .told(&["the rule `passes` has a margin", "--baseline"]);
    run(&["gate", text(place.path()), "--policy", text(&file)]).ended(2).told(&["cannot gate", "agebench score"]);
    // It is refused as well where no rule needs it.
    let file = policy(place.path(), &format!("{PASSES}at_most = 0.5\n"));
    let gate = |baseline: &Path| run(&["gate", text(&folder), "--policy", text(&file), "--baseline", text(baseline)]);
    gate(&others).ended(2).told(&["their manifests differ"]);
    let renamed = recorded(place.path(), "renamed", 200, |_| false, &["--method-name", "other"]);
    let ran = gate(&renamed).ended(0);
    assert!(ran.out.contains("the baseline was read and decides nothing"), "{}", ran.out);
    let names = recorded(place.path(), "third", 200, |_| false, &[]);
    let margin = policy(place.path(), &format!("{PASSES}margin = 0.05\nmethod = 'nobody'\n"));
    let ran = run(&["gate", text(&folder), "--policy", text(&margin), "--baseline", text(&names)]).ended(3);
    assert!(ran.out.contains("no method `nobody` in the folder"), "{}", ran.out);
}

#[test]
fn rows_are_judged_by_the_protocol_that_made_them_or_a_note_says_by_which() {
    let place = tempfile::tempdir().unwrap();
    let folder = recorded(place.path(), "run", 200, |_| false, &[]);
    let file = policy(place.path(), &format!("{PASSES}at_most = 0.5\n"));
    let gate = || run(&["gate", text(&folder), "--policy", text(&file)]);
    assert!(!gate().ended(0).out.contains("default protocol"));
    let own = folder.join("protocol.toml");
    let written = fs::read_to_string(&own).unwrap();
    fs::write(&own, written.replace("claim = 0.95", "claim = 0.5")).unwrap();
    gate().ended(2).told(&["under another protocol than protocol.toml", "put protocol.toml back"]);
    fs::write(&own, "limits = 18").unwrap();
    gate().ended(2).told(&["its protocol.toml cannot be used"]);
    fs::remove_file(&own).unwrap();
    let ran = gate().ended(0);
    assert!(ran.out.contains("held against the default protocol"), "{}", ran.out);
}

#[test]
fn hostile_names_stay_text_in_every_form() {
    let place = tempfile::tempdir().unwrap();
    let mut csv = "sample_id,subject_id,true_age,age,sex\n".to_owned();
    let level = "a|b<script>&\"'\u{1b}[31m\u{202e}`x` =1+1 ]]>";
    for person in 0..400 {
        csv.push_str(&format!("m{person},m{person},17,12,\"{}\"\n", level.replace('"', "\"\"")));
    }
    let (file, out) = (place.path().join("a.csv"), place.path().join("run"));
    fs::write(&file, csv).unwrap();
    run(&[
        "score",
        text(&file),
        "--dataset-name",
        "p",
        "--groups",
        "sex",
        "--method-name",
        "<m>|&\"",
        "--out",
        text(&out),
    ])
    .ended(0);
    let rules = format!("{}every_group = 'sex'\nat_most = 0.5\n", PASSES.replace("'passes'", "'<r>|`x`'"));
    let file = policy(place.path(), &rules);
    let (junit, markdown) = (place.path().join("g.xml"), place.path().join("g.md"));
    let ran =
        run(&["gate", text(&out), "--policy", text(&file), "--junit", text(&junit), "--markdown", text(&markdown)])
            .ended(0);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\u{202e}'), "{}", ran.out);
    let xml = fs::read_to_string(&junit).unwrap();
    assert!(!xml.contains('\u{1b}') && !xml.contains("<script>") && !xml.contains("<m>"), "{xml}");
    let markdown = fs::read_to_string(&markdown).unwrap();
    assert!(!markdown.contains('\u{1b}') && !markdown.contains("<script>") && !markdown.contains("<r>"), "{markdown}");
    let row = markdown.lines().find(|line| line.contains("script")).unwrap();
    assert_eq!(row.matches('|').count(), 5, "four cells: {row}");
    let csv = run(&["gate", text(&out), "--policy", text(&file), "--format", "csv"]).ended(0).out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let record = reader.records().next().unwrap().unwrap();
    assert_eq!((record.len(), &record[3], &record[11]), (25, "<m>|&\"", level));
    super::gate_junit::validate(&junit);
}

#[test]
fn recorded_answers_of_a_published_model_get_the_verdicts_of_their_published_counts() {
    let Some(recorded) = recorded_answers("morph2_coral_seed0.csv") else { return };
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("coral");
    let columns = "sample_id=file,age=predicted_age";
    let named = ["--columns", columns, "--dataset-name", "morph2", "--method-name", "coral", "--out", text(&out)];
    run(&[&["score", text(&recorded)], &named[..]].concat()).ended(0);
    // 395 of 657 photos of 509 people under 18 pass as 18: 0.601.
    let rule = PASSES.replace("'subject'", "'attempt'");
    let gate = |bound: f64| {
        let file = policy(place.path(), &format!("{rule}at_most = {bound}\n"));
        run(&["gate", text(&out), "--policy", text(&file), "--format", "csv"])
    };
    let failed = gate(0.5).ended(1);
    let value: f64 = column(&failed.out, "value")[0].parse().unwrap();
    assert!((value - 395.0 / 657.0).abs() < 1e-9);
    gate(0.7).ended(0);
    gate(0.61).ended(3);
}

#[test]
fn folders_of_latency_and_footprint_are_gated_by_the_worked_policies() {
    let place = tempfile::tempdir().unwrap();
    let (method, dataset) =
        (package().join("examples/plugins/record"), package().join("examples/plugins/record/accounts"));
    for (verb, policy, unknown) in
        [("latency", "answers-in-time", "invalid: "), ("footprint", "takes-little", "not measurable")]
    {
        let out = place.path().join(verb);
        run(&[verb, text(&method), "--dataset", text(&dataset), "--out", text(&out)]).ended(0);
        let ran = run(&["gate", text(&out), "--policy", policy, "--format", "csv"]);
        // A busy machine makes a latency invalid, a missing sandbox a footprint unknown: neither passes then.
        let known = !ran.out.contains(unknown);
        assert_eq!(ran.code, if known { 0 } else { 3 }, "{verb}: {}", ran.out);
        let verdicts = column(&ran.out, "verdict");
        assert!(verdicts.len() >= 2 && verdicts.iter().all(|verdict| verdict != "fail"), "{}", ran.out);
    }
    // One of the other's folder finds nothing, and says which verb makes the rows.
    let ran = run(&["gate", text(&place.path().join("footprint")), "--policy", "answers-in-time"]).ended(3);
    assert!(ran.out.contains("`agebench latency` makes them"), "{}", ran.out);
}
