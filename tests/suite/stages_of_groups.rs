//! Waterfalls and gates by group, and waterfalls of people who weigh differently, against sums made by hand.

use std::fs;
use std::path::{Path, PathBuf};

use crate::stages::{STAGES, card, number, recorded, row};
use crate::support::{run, text};

/// The people of `stages`, with a group and a weight: an even number is `f`, and one that 4 divides weighs three times.
fn people(place: &Path, weighted: bool) -> PathBuf {
    let folder = place.join(if weighted { "weighted" } else { "people" });
    fs::create_dir_all(&folder).unwrap();
    let mut manifest = format!("sample_id,subject_id,age,sex{}\n", if weighted { ",weight" } else { "" });
    for number in 0..24 {
        let age = if number < 12 { 14 + number % 4 } else { 18 + number % 6 };
        let sex = if number % 2 == 0 { "f" } else { "m" };
        let weight = if weighted { format!(",{}", if number % 4 == 0 { 3 } else { 1 }) } else { String::new() };
        manifest.push_str(&format!("r{number},p{number},{age},{sex}{weight}\n"));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let about =
        "name = 'people'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\ngroups = ['sex']\n";
    fs::write(folder.join("dataset.toml"), about).unwrap();
    folder
}

/// metrics.csv of `method` over `data`, with a protocol for 18 alone.
fn metrics(place: &Path, method: &Path, data: &Path) -> String {
    let (protocol, out) = (place.join("protocol.toml"), place.join("out"));
    fs::write(&protocol, "limits = [18]\n").unwrap();
    let rest = ["--protocol", text(&protocol), "--max-failed", "5", "--replace"];
    run(&[&["run", text(method), "--dataset", text(data), "--out", text(&out)][..], &rest].concat()).ended(0);
    run(&["verify", text(&out)]).ended(0);
    fs::read_to_string(out.join("metrics.csv")).unwrap()
}

#[test]
fn the_way_through_a_waterfall_of_each_group_is_the_sum_made_by_hand() {
    let place = tempfile::tempdir().unwrap();
    recorded(place.path(), &[]);
    let waterfall = card(place.path(), "both", STAGES);
    let metrics = metrics(place.path(), &waterfall, &people(place.path(), false));
    // Under 18, 8, 9 and 10 pass; over 18, 15 and 16 are denied (see `stages`). 4 to 8 and 11, 12 to 15 and 23 go on.
    for (sex, under, over, on) in [("f", 2.0, 1.0, 5.0), ("m", 1.0, 1.0, 6.0)] {
        let of = |metric, population, variant| {
            let group = [("group_by", "sex"), ("group", sex)];
            [&group[..], &[("metric", metric), ("population", population), ("variant", variant)]].concat()
        };
        let value = |metric, population, variant| number(&metrics, "value", &of(metric, population, variant));
        assert!((value("end_to_end_under_age_pass_rate", "under", "") - under / 6.0).abs() < 1e-11, "{sex}");
        assert!((value("end_to_end_adult_denial_rate", "over", "") - over / 6.0).abs() < 1e-11, "{sex}");
        assert!((value("escalation_rate", "all", "stage=2") - on / 12.0).abs() < 1e-11, "{sex}");
        let bytes = value("bytes_per_attempt", "all", "bytes=given");
        assert!((bytes - (1000.0 + on * 500e3 / 12.0)).abs() < 1e-5, "{sex}: {bytes}");
        assert_eq!(
            row(&metrics, &of("escalation_rate", "all", "stage=2"))
                .iter()
                .find(|(name, _)| *name == "weighting")
                .unwrap()
                .1,
            "subject"
        );
    }
}

#[test]
fn people_of_a_waterfall_who_weigh_three_times_count_three_times() {
    let place = tempfile::tempdir().unwrap();
    recorded(place.path(), &[]);
    let waterfall = card(place.path(), "both", STAGES);
    let metrics = metrics(place.path(), &waterfall, &people(place.path(), true));
    let of = |metric, population, variant| {
        let whole = [("group_by", ""), ("weighting", "subject"), ("metric", metric), ("population", population)];
        [&whole[..], &[("variant", variant)]].concat()
    };
    // Of 12 under 18 three weigh 3: 18 in all, of which 8 (3), 9 and 10 pass; of those over 18 16 (3) and 15 are denied.
    for (metric, population, variant, expected) in [
        ("end_to_end_under_age_pass_rate", "under", "", 5.0 / 18.0),
        ("end_to_end_adult_denial_rate", "over", "", 4.0 / 18.0),
        ("escalation_rate", "all", "stage=2", 17.0 / 36.0),
        ("bytes_per_attempt", "all", "bytes=given", 1000.0 + 17.0 / 36.0 * 500e3),
    ] {
        let cells = of(metric, population, variant);
        let value = number(&metrics, "value", &cells);
        assert!((value / expected - 1.0).abs() < 1e-10, "{metric}: {value}, not {expected}");
        let flags = row(&metrics, &cells).into_iter().find(|(name, _)| *name == "flags").unwrap().1.to_owned();
        assert!(flags.contains("weighted") && !flags.contains("weights_not_used"), "{flags}");
    }
}

#[test]
fn the_gate_of_each_group_is_found_where_it_was_put() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    fs::create_dir_all(&data).unwrap();
    let mut manifest = "sample_id,subject_id,age,site\n".to_owned();
    let mut answers = "sample_id,pass_18\n".to_owned();
    for at in 0..3000 {
        let (age, site) = (10 + at / 2 % 25, if at % 2 == 0 { "a" } else { "b" });
        manifest.push_str(&format!("s{at},p{at},{age},{site}\n"));
        // An eye that errs evenly by up to three years, and a gate of 19 at one site and of 22 at the other.
        let looks = age as f64 + 0.5 + 6.0 * ((at as f64 * 0.618_033_988_75).fract() - 0.5);
        let gate = if site == "a" { 19.0 } else { 22.0 };
        answers.push_str(&format!("s{at},{}\n", if looks >= gate { "pass" } else { "deny" }));
    }
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let about = "name = 'd'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\ngroups = ['site']\n";
    fs::write(data.join("dataset.toml"), about).unwrap();
    let method = card(place.path(), "gate", "[replay]\nfile = 'a.csv'\n");
    fs::write(method.join("a.csv"), answers).unwrap();
    let out = place.path().join("probed");
    let verb = ["probe", text(&method), "--limit", "18", "--dataset", text(&data), "--out", text(&out)];
    let ran = run(&verb).ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    for (site, gate) in [("a", 19.0), ("b", 22.0)] {
        let cells = [("metric", "effective_challenge_age"), ("group_by", "site"), ("group", site), ("variant", "")];
        let end = |name| number(&metrics, name, &cells);
        assert!(
            (end("value") - gate).abs() < 0.15 && end("low") < gate && end("high") > gate,
            "{site}: {}",
            end("value")
        );
        assert!(ran.out.contains(&format!("  site {site}: behaves like {:.1} [", end("value"))), "{}", ran.out);
    }
}
