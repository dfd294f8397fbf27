//! Methods without a model: recorded answers played back, declarations drawn from a table, and waterfalls of them. What a
//! waterfall comes to is held against sums made by hand below.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, run, text};

/// A dataset of records: 12 people under 18 and 12 over, one sample each, and no file.
pub fn people(place: &Path) -> PathBuf {
    let folder = place.join("people");
    fs::create_dir_all(&folder).unwrap();
    let mut manifest = "sample_id,subject_id,age\n".to_owned();
    for number in 0..24 {
        let age = if number < 12 { 14 + number % 4 } else { 18 + number % 6 };
        manifest.push_str(&format!("r{number},p{number},{age}\n"));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let card = "name = 'people'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\n";
    fs::write(folder.join("dataset.toml"), card).unwrap();
    folder
}

/// A card below `place` with `table`.
pub fn card(place: &Path, name: &str, table: &str) -> PathBuf {
    let folder = place.join(name);
    fs::create_dir_all(&folder).unwrap();
    let head = format!("name = '{name}'\nkind = 'estimation'\nversion = '1'\n");
    fs::write(folder.join("method.toml"), head + table).unwrap();
    folder
}

/// What the estimator of the tests answers of person `number`, in years, or nothing.
fn estimate(number: usize) -> Option<f64> {
    // Under 18: four are clearly young, five in the buffer, two pass for 26 and one got no answer. Over 18: four in the
    // buffer, one is taken for 13, six pass and one got no answer.
    let years = [
        12.0,
        13.0,
        14.0,
        14.5,
        16.0,
        18.0,
        20.0,
        22.0,
        24.0,
        26.0,
        26.5,
        f64::NAN, //
        17.0,
        19.0,
        21.0,
        23.0,
        13.0,
        25.0,
        27.0,
        28.0,
        29.0,
        30.0,
        31.0,
        f64::NAN,
    ][number];
    (!years.is_nan()).then_some(years)
}

/// A recorded estimator and a recorded document check; the second was done for those who came to it, but for `without`.
pub fn recorded(place: &Path, without: &[usize]) {
    let mut estimates = "file,predicted,took,size\n".to_owned();
    for number in 0..24 {
        let years = estimate(number).map_or_else(String::new, |years| years.to_string());
        estimates.push_str(&format!("r{number},{years},2000000,1000\n"));
    }
    let estimator = card(
        place,
        "estimator",
        "[replay]\nfile = 'answers.csv'\n[replay.columns]\nsample_id = 'file'\nage = 'predicted'\nanswer_ns = 'took'\n\
         bytes_in = 'size'\n",
    );
    fs::write(estimator.join("answers.csv"), estimates).unwrap();
    // In the buffer, or not answered: 5 + 1 under 18 and 4 + 1 over.
    let mut documents = "id,pass_18,answer_ns,bytes_in\n".to_owned();
    for number in [4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 23].into_iter().filter(|number| !without.contains(number)) {
        // One of the young passes with somebody else's document, one of the older has none that counts.
        let word = if number == 8 || (number >= 12 && number != 15) { "pass" } else { "deny" };
        documents.push_str(&format!("r{number},{word},30000000,500000\n"));
    }
    let check = card(place, "document", "[replay]\nfile = 'checks.csv'\ncolumns = { sample_id = 'id' }\n");
    fs::write(check.join("checks.csv"), documents).unwrap();
}

pub const STAGES: &str =
    "[[waterfall.stages]]\nmethod = '../estimator'\nbuffer = [-3, 7]\n[[waterfall.stages]]\nmethod = '../document'\n";

/// Value and interval of the row with these cells.
pub fn row<'m>(metrics: &'m str, cells: &[(&str, &str)]) -> Vec<(&'m str, &'m str)> {
    let mut lines = metrics.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let found: Vec<Vec<&str>> = lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|line| {
            cells.iter().all(|(name, cell)| {
                let place = names.iter().position(|one| one == name).unwrap();
                line.get(place) == Some(cell)
            })
        })
        .collect();
    assert_eq!(found.len(), 1, "{cells:?}: {} rows", found.len());
    names.into_iter().zip(found.into_iter().next().unwrap()).collect()
}

pub fn number(metrics: &str, name: &str, cells: &[(&str, &str)]) -> f64 {
    let row = row(metrics, cells);
    let cell = row.iter().find(|(one, _)| *one == name).unwrap().1;
    cell.parse().unwrap_or_else(|_| panic!("{name} of {cells:?} is `{cell}`"))
}

/// Runs `method` over the people with a protocol for 18 alone, and gives outcomes and metrics.
fn ran(place: &Path, method: &Path, out: &str) -> (String, String) {
    fs::write(place.join("protocol.toml"), "limits = [18]\n").unwrap();
    let data = people(place);
    let out = place.join(out);
    let protocol = place.join("protocol.toml");
    let rest = ["--protocol", text(&protocol), "--keep-ids", "--max-failed", "5"];
    let all = [&["run", text(method), "--dataset", text(&data), "--out", text(&out)][..], &rest].concat();
    run(&all).ended(0);
    run(&["verify", text(&out)]).ended(0);
    let read = |name| fs::read_to_string(out.join(name)).unwrap();
    (read("outcomes.csv"), read("metrics.csv"))
}

#[test]
fn a_waterfall_of_two_recorded_methods_is_the_sum_made_by_hand() {
    let place = tempfile::tempdir().unwrap();
    recorded(place.path(), &[]);
    let waterfall = card(place.path(), "both", STAGES);
    let (outcomes, metrics) = ran(place.path(), &waterfall, "out");
    // Under 18: 2 pass at once (26, 26.5), 1 of the 6 who go on. Over 18: 1 is denied at once (13), 1 of the 5 who go on.
    let under = [("metric", "end_to_end_under_age_pass_rate"), ("population", "under"), ("weighting", "subject")];
    let over = [("metric", "end_to_end_adult_denial_rate"), ("population", "over"), ("weighting", "subject")];
    assert!((number(&metrics, "value", &under) - 3.0 / 12.0).abs() < 1e-11);
    assert!((number(&metrics, "value", &over) - 2.0 / 12.0).abs() < 1e-11);
    // Wilson's interval of 3 among 12, by statsmodels 0.15.0: proportion_confint(3, 12, method="wilson").
    assert!((number(&metrics, "low", &under) - 0.088_941_668).abs() < 1e-8);
    assert!((number(&metrics, "high", &under) - 0.532_305_335).abs() < 1e-8);
    for (population, share) in [("under", 6.0 / 12.0), ("over", 5.0 / 12.0), ("all", 11.0 / 24.0)] {
        let on = [
            ("metric", "escalation_rate"),
            ("population", population),
            ("variant", "stage=2"),
            ("weighting", "subject"),
        ];
        assert!((number(&metrics, "value", &on) - share).abs() < 1e-11, "{population}");
    }
    // Everybody gives 1,000 bytes and 2 ms, the eleven 500,000 bytes and 30 ms more.
    let all = |metric, variant| [("metric", metric), ("population", "all"), ("variant", variant)];
    assert!(
        (number(&metrics, "value", &all("bytes_per_attempt", "bytes=given")) - (1000.0 + 11.0 * 500e3 / 24.0)).abs()
            < 1e-5
    );
    assert!((number(&metrics, "value", &all("time_per_attempt", "")) - (2.0 + 11.0 * 30.0 / 24.0)).abs() < 1e-9);
    // Nobody recorded what came back.
    let returned = row(&metrics, &all("bytes_per_attempt", "bytes=returned"));
    assert!(returned.contains(&("status", "not_measurable")) && returned.contains(&("value", "")));
    // The rows of decisions say the same.
    let plain = [("metric", "under_age_pass_rate"), ("population", "under"), ("failure_policy", "fail_closed")];
    let plain =
        [&plain[..], &[("weighting", "subject"), ("group_by", ""), ("variant", ""), ("challenge", "")]].concat();
    assert!((number(&metrics, "value", &plain) - 3.0 / 12.0).abs() < 1e-11);
    let [stages, statuses] = ["stage_18", "status"].map(|name| column(&outcomes, name));
    assert_eq!(stages.iter().filter(|stage| *stage == "2").count(), 11);
    assert!(statuses.iter().all(|status| status == "answered"));
}

#[test]
fn who_has_no_later_stage_leaves_bounds_from_all_denied_to_all_passed() {
    let place = tempfile::tempdir().unwrap();
    // Nobody did a check of two of the young (one of them the one who would pass) and of one of the older.
    recorded(place.path(), &[7, 8, 12]);
    let waterfall = card(place.path(), "both", STAGES);
    let (_, metrics) = ran(place.path(), &waterfall, "out");
    let of = |metric, population, variant| {
        [("metric", metric), ("population", population), ("variant", variant), ("weighting", "subject")]
    };
    let (under, over) = ("end_to_end_under_age_pass_rate", "end_to_end_adult_denial_rate");
    // Under 18, 2 of 12 pass surely and 2 more may; over 18, 2 are denied surely and 1 more may be.
    for (metric, population, denied, passed) in [(under, "under", 2.0, 4.0), (over, "over", 3.0, 2.0)] {
        let value = |variant| number(&metrics, "value", &of(metric, population, variant));
        assert!((value("unresolved=denied") - denied / 12.0).abs() < 1e-11);
        assert!((value("unresolved=passed") - passed / 12.0).abs() < 1e-11);
        let both = row(&metrics, &of(metric, population, ""));
        assert!(both.contains(&("status", "not_measurable")) && both.contains(&("value", "")));
        let end = |name, variant| number(&metrics, name, &of(metric, population, variant));
        let mut ends = ["unresolved=denied", "unresolved=passed"];
        if denied > passed {
            ends.reverse();
        }
        assert_eq!(end("low", ""), end("low", ends[0]));
        assert_eq!(end("high", ""), end("high", ends[1]));
    }
    // They came to the second stage all the same.
    let on = of("escalation_rate", "under", "stage=2");
    assert!((number(&metrics, "value", &on) - 6.0 / 12.0).abs() < 1e-11);
}

#[test]
fn a_last_stage_known_by_its_rates_gives_a_number_if_independent_between_bounds_that_hold_anyway() {
    let place = tempfile::tempdir().unwrap();
    recorded(place.path(), &[]);
    let stages = STAGES.replace(
        "method = '../document'",
        "[waterfall.stages.marginal]\nunder_age_passes = [40, 400]\nadult_denials = [30, 600]",
    );
    let waterfall = card(place.path(), "both", &stages);
    let (_, metrics) = ran(place.path(), &waterfall, "out");
    let of = |metric, population| [("metric", metric), ("population", population), ("variant", "last_stage=rates")];
    // Under 18: 2 of 12 pass, 6 of 12 go on, a tenth passes there. Over 18: 1 of 12 denied, 5 of 12 go on, a twentieth is denied.
    let cases = [
        ("end_to_end_under_age_pass_rate", "under", 2.0 / 12.0, 6.0 / 12.0, 4.0 / 12.0, 0.1),
        ("end_to_end_adult_denial_rate", "over", 1.0 / 12.0, 5.0 / 12.0, 6.0 / 12.0, 0.05),
    ];
    for (metric, population, error, open, right, last) in cases {
        let found = row(&metrics, &of(metric, population));
        assert!(found.iter().any(|(name, cell)| *name == "flags" && cell.contains("independence_assumed")));
        let value = |name| number(&metrics, name, &of(metric, population));
        assert!((value("value") - (error + open * last)).abs() < 1e-11);
        // Fréchet: from max(error, last - right) to min(error + open, error + last), and sampling widens both.
        let (low, high) = (f64::max(error, last - right), f64::min(error + open, error + last));
        assert!(value("low") < low && value("high") > high, "{metric}");
        assert!(value("low") > 0.0 && value("high") < 0.7, "{metric}");
    }
}

#[cfg(feature = "tract")]
#[test]
fn recorded_answers_run_beside_live_methods_and_join_by_id_or_pseudonym() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("live");
    run(&["run", "drawn-even", "--dataset", "drawn-faces", "--out", text(&out)]).ended(0);
    // The outcomes.csv of that run has pseudonyms, and is a recorded file like any other.
    let replay = card(place.path(), "again", "[replay]\nfile = 'outcomes.csv'\nrows_of = 'drawn-even'\n");
    fs::copy(out.join("outcomes.csv"), replay.join("outcomes.csv")).unwrap();
    run(&["check", text(&replay)]).ended(0);
    let both = place.path().join("both");
    let methods = ["run", "drawn-even", text(&replay)];
    run(&[&methods[..], &["--dataset", "drawn-faces", "--out", text(&both), "--no-timings"]].concat()).ended(0);
    let outcomes = fs::read_to_string(both.join("outcomes.csv")).unwrap();
    let [names, ages, statuses] = ["method", "age", "status"].map(|name| column(&outcomes, name));
    assert_eq!(names.len() % 2, 0);
    for at in (0..names.len()).step_by(2) {
        assert_eq!((names[at].as_str(), names[at + 1].as_str()), ("drawn-even", "again"));
        assert_eq!((&ages[at], &statuses[at]), (&ages[at + 1], &statuses[at + 1]));
    }
    run(&["verify", text(&both)]).ended(0);
}

#[test]
fn samples_without_a_recorded_answer_are_not_attempted_and_a_file_of_other_samples_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let data = people(place.path());
    let replay = card(place.path(), "some", "[replay]\nfile = 'a.csv'\n");
    fs::write(replay.join("a.csv"), "sample_id,age\nr3,21.5\nr20,30\n").unwrap();
    let out = place.path().join("out");
    let ran = run(&["run", text(&replay), "--dataset", text(&data), "--out", text(&out), "--keep-ids"]).ended(0);
    assert!(ran.err.contains("`some` has no recorded answer for 22 of 24 samples"), "{}", ran.err);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "sample_id"), ["r3", "r20"]);
    fs::write(replay.join("a.csv"), "sample_id,age\nx3,21.5\n").unwrap();
    let out = place.path().join("none");
    run(&["run", text(&replay), "--dataset", text(&data), "--out", text(&out)]).ended(2).told(&[
        "none of its recorded samples (such as `x3`) is one of dataset `people` (such as `r0`)",
        "[replay.columns]",
    ]);
}

#[test]
fn the_card_that_score_writes_can_be_checked_and_run() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vendor.csv");
    let rows: String = (0..24).map(|at| format!("r{at},{},{}\n", 14 + at % 10, 13.5 + f64::from(at))).collect();
    fs::write(&file, format!("sample_id,age,predicted\n{rows}")).unwrap();
    let out = place.path().join("scored");
    run(&["score", text(&file), "--columns", "true_age=age,age=predicted", "--out", text(&out)]).ended(0);
    let made = out.join("cards/method-1-vendor.toml");
    let ran = run(&["check", text(&made)]).ended(0);
    assert!(ran.out.contains("the recorded file `vendor.csv` is not here"), "{}", ran.out);
    let card = place.path().join("method.toml");
    fs::copy(&made, &card).unwrap();
    run(&["check", text(&card)]).ended(0);
    let data = people(place.path());
    let again = place.path().join("again");
    run(&["run", text(&card), "--dataset", text(&data), "--out", text(&again), "--keep-ids"]).ended(0);
    let outcomes = fs::read_to_string(again.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "age")[..3], ["13.5", "14.5", "15.5"]);
}

#[test]
fn every_mistake_in_these_cards_is_found_in_one_pass() {
    let place = tempfile::tempdir().unwrap();
    let wrong = [
        (
            "replays",
            "[replay]\nfil = 'a.csv'\nsha256 = 'xyz'\n[replay.columns]\nag = 'x'\ntrue_age = 'y'\n",
            &["the key is missing", "did you mean `file`", "64 hexadecimal", "did you mean `age`", "the truth is that"]
                [..],
        ),
        (
            "declares",
            "[declared]\ntable = [[18, 1.2], [17, 0.5]]\n",
            &["expected a legal age", "the share 1.2 at age 18"],
        ),
        (
            "falls",
            "[waterfall]\n[[waterfall.stages]]\nmetod = 'a'\nbuffer = [3, -3]\ndenied = 'nxt'\n",
            &["1 stage: expected 2 to 16", "did you mean `method`", "the lower first", "did you mean `next`"],
        ),
    ];
    for (name, table, parts) in wrong {
        let method = card(place.path(), name, table);
        let ran = run(&["check", text(&method)]).ended(2);
        for part in parts {
            assert!(ran.out.contains(part), "`{part}` is not in:\n{}", ran.out);
        }
    }
    let broken = card(place.path(), "broken", "[replay]\nfile = 'a.csv'\n");
    fs::write(broken.join("a.csv"), "sample_id,age,pass_18\nr1,x,\nr2,20,maybe\nr1,20,\n").unwrap();
    let ran = run(&["check", text(&broken)]).ended(2);
    for part in ["row 2", "`x` is not", "row 3", "`maybe` is not `pass` or `deny`"] {
        assert!(ran.out.contains(part), "`{part}` is not in:\n{}", ran.out);
    }
    let loops = card(place.path(), "loops", &STAGES.replace("../estimator", ".").replace("../document", "drawn-even"));
    let ran = run(&["check", text(&loops)]).ended(2);
    assert!(ran.out.contains("it is a waterfall itself"), "{}", ran.out);
}

#[test]
fn a_declaration_draws_what_people_would_say_and_says_the_same_of_a_person_every_time() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("many");
    fs::create_dir_all(&data).unwrap();
    let row = |at: usize| format!("s{at},p{},{}\n", at / 2, 10 + (at / 2) % 20);
    let manifest: String = (0..8000).map(row).collect();
    fs::write(data.join("manifest.csv"), format!("sample_id,subject_id,age\n{manifest}")).unwrap();
    let about = "name = 'many'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\n";
    fs::write(data.join("dataset.toml"), about).unwrap();
    let table = "[declared]\nages = 'from_limit'\ntable = [[-120, 0.05], [-5, 0.3], [-1, 0.6], [0, 0.98]]\n";
    let method = card(place.path(), "asked", table);
    let run_to = |out: &str, jobs: &str| {
        let out = place.path().join(out);
        let rest = ["--keep-ids", "--no-timings", "--jobs", jobs];
        run(&[&["run", text(&method), "declared", "--dataset", text(&data), "--out", text(&out)][..], &rest].concat())
            .ended(0);
        run(&["verify", text(&out)]).ended(0);
        fs::read_to_string(out.join("outcomes.csv")).unwrap()
    };
    let outcomes = run_to("one", "1");
    assert!(outcomes == run_to("two", "2"));
    let [names, samples] = ["method", "sample_id"].map(|name| column(&outcomes, name));
    let [at_13, at_16, at_18] = ["pass_13", "pass_16", "pass_18"].map(|name| column(&outcomes, name));
    let (mut passed, mut asked) = ([0_u32; 30], [0_u32; 30]);
    for at in (0..names.len()).filter(|at| names[*at] == "asked") {
        let sample: usize = samples[at][1..].parse().unwrap();
        let age = 10 + (sample / 2) % 20;
        asked[age] += 1;
        passed[age] += u32::from(at_18[at] == "pass");
        // Two samples of a person are two rows, with a row of the other method after each.
        if sample.is_multiple_of(2) {
            assert_eq!(at_18[at], at_18[at + 2], "{sample}");
        }
        // Whoever says to be 18 says to be 16 and 13.
        assert!(at_18[at] == "deny" || (at_16[at] == "pass" && at_13[at] == "pass"));
    }
    for (age, share) in [(11, 0.05), (14, 0.3), (17, 0.6), (20, 0.98)] {
        // 200 people, 4 standard errors.
        let found = f64::from(passed[age]) / f64::from(asked[age]);
        let error = (share * (1.0_f64 - share) / 200.0).sqrt();
        assert!((found - share).abs() < 4.0 * error, "{age}: {found} for {share}");
    }
    let metrics = fs::read_to_string(place.path().join("one/metrics.csv")).unwrap();
    assert!(metrics.lines().skip(1).all(|line| line.contains("simulated")));
    assert!(metrics.lines().any(|line| line.contains(",declared,declaration,")));
}

#[test]
fn latency_of_recorded_answers_and_declarations_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let data = people(place.path());
    let out = place.path().join("out");
    run(&["latency", "declared", "--dataset", text(&data), "--out", text(&out)])
        .ended(2)
        .told(&["has no time of its own"]);
}
