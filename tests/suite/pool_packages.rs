//! `agebench pool` of what `publish` made under a rule: rounded counts are used as they are published, redacted ones bound
//! the sum, and every row says so.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, rows, run, text};

/// Answers what the manifest's column says: one method, by its digest, at every holder.
const PLUGIN: &str = r#"
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "hello":
        reply = {"type": "ready", "agebench": 1, "version": "1", "media": "none", "answers": ["age"]}
    elif request["type"] == "attempt":
        reply = {"type": "answer", "n": request["n"], "status": "answered", "age": float(request["columns"]["guess"])}
    else:
        break
    print(json.dumps(reply), flush=True)
"#;

/// The package of a holder of 600 people of 12 to 23, half of them under 18: `passed` of the young are taken for adults, and
/// `denied` of the adults for children. Errors vary with the person.
fn holder(place: &Path, name: &str, passed: usize, denied: usize) -> PathBuf {
    holder_of(place, name, [300, 1], [passed, denied])
}

/// The same with as many people on either side of 18, and as many photos of each, all answered alike.
fn holder_of(place: &Path, name: &str, [side, photos]: [usize; 2], [passed, denied]: [usize; 2]) -> PathBuf {
    let (method, people) = (place.join("method"), place.join(format!("people-{name}")));
    for folder in [&method, &people] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(method.join("plugin.py"), PLUGIN).unwrap();
    let card = "name = 'reader'\nkind = 'estimation'\nversion = '1'\nlicence = 'none'\nintended_use = 'tests'\n\
                claimed_ages = [0, 99]\n[command]\nprogram = 'python3'\nargs = ['plugin.py']\ncolumns = ['guess']\n";
    fs::write(method.join("method.toml"), card).unwrap();
    let card = format!(
        "name = '{name}'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\nsampling = 'random'\n\
         licence = 'none'\nconsent = 'made up'\nsource = 'a test'\n"
    );
    fs::write(people.join("dataset.toml"), card).unwrap();
    let mut manifest = "sample_id,subject_id,age,guess\n".to_owned();
    for person in 0..2 * side {
        let (young, place) = (person < side, person % side);
        let age = if young { 12 } else { 18 } + place % 6;
        let wrong = place < if young { passed } else { denied };
        let guess = if young == wrong { 19.0 + (place % 7) as f64 } else { 11.0 + (place % 7) as f64 };
        for photo in 0..photos {
            manifest.push_str(&format!("{name}{person}-{photo},{name}{person},{age},{guess}\n"));
        }
    }
    fs::write(people.join("manifest.csv"), manifest).unwrap();
    let (answers, package) = (place.join(format!("run-{name}")), place.join(format!("package-{name}")));
    let protocol = place.join("protocol.toml");
    fs::write(&protocol, "limits = [18]\n").unwrap();
    let arguments = ["run", text(&method), "--dataset", text(&people), "--protocol", text(&protocol)];
    run(&[&arguments[..], &["--out", text(&answers)]].concat()).ended(0);
    run(&["publish", text(&answers), "--out", text(&package), "--disclosure", "uk_7_5"]).ended(0);
    package
}

fn at<'a>(metric: &'a str, population: &'a str, effect: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("metric", metric),
        ("population", population),
        ("effect", effect),
        ("limit", "18"),
        ("challenge", "18"),
        ("group_by", ""),
    ]
}

#[test]
fn rounded_counts_are_added_as_published_and_a_redacted_one_bounds_the_sum() {
    let place = tempfile::tempdir().unwrap();
    // Passes 42 and 61 are published as 40 and 60, denials 51 as 50; 3 denials are redacted.
    let packages = [holder(place.path(), "north", 42, 51), holder(place.path(), "south", 61, 3)];
    for package in &packages {
        run(&["verify", text(package)]).ended(0);
    }
    let out = place.path().join("pooled");
    run(&["pool", text(&packages[0]), text(&packages[1]), "--out", text(&out)]).ended(0);
    let csv = fs::read_to_string(out.join("pooled.csv")).unwrap();

    let own = rows(&csv, &at("under_age_pass_rate", "under", "holder"), &["holder", "n_events", "n_attempts"]);
    let mut own: Vec<Vec<&str>> = own.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    own.sort_unstable();
    assert_eq!(own, [["north", "40", "300"], ["south", "60", "300"]]);
    let columns = ["value", "n_events", "n_attempts", "low", "high", "status", "flags"];
    let fixed = rows(&csv, &at("under_age_pass_rate", "under", "fixed"), &columns);
    assert_eq!(fixed.len(), 1);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    assert!((number(&fixed[0][0]) - 100.0 / 600.0).abs() < 1e-9, "{fixed:?}");
    assert_eq!(fixed[0][1..3], ["100", "600"]);
    // SciPy 1.17.1: binomtest(100, 600).proportion_ci(method="wilson").
    assert!((number(&fixed[0][3]) - 0.138_986_79).abs() < 1e-7, "{fixed:?}");
    assert!((number(&fixed[0][4]) - 0.198_587_68).abs() < 1e-7, "{fixed:?}");
    for flag in ["disclosure_controlled", "rounded", "uk_7_5"] {
        assert!(fixed[0][6].split(';').any(|own| own == flag), "{flag}: {fixed:?}");
    }

    // 50 and 0 to 7 of 600: no value, and no claim.
    let columns = ["value", "n_events", "low", "high", "status", "interval", "evidence", "flags", "holders_left_out"];
    let fixed = rows(&csv, &at("adult_denial_rate", "over", "fixed"), &columns);
    assert_eq!((fixed[0][0].as_str(), fixed[0][1].as_str()), ("", ""), "{fixed:?}");
    assert!((number(&fixed[0][2]) - 50.0 / 600.0).abs() < 1e-9 && (number(&fixed[0][3]) - 57.0 / 600.0).abs() < 1e-9);
    assert_eq!((fixed[0][4].as_str(), fixed[0][5].as_str()), ("suppressed", "bounds"));
    assert!(fixed[0][6].contains("redacted") && fixed[0][7].contains("disclosure_controlled"), "{fixed:?}");
    assert_eq!(fixed[0][8], "1");

    // Means are to 0.1 year, their bounds rounded outward: the pooled one is no surer than they are.
    let mean = |metric: &str, effect: &str| {
        let at = [("metric", metric), ("effect", effect), ("group_by", ""), ("population", "all")];
        rows(&csv, &at, &["value", "low", "high", "flags"])
    };
    let (holders, fixed) = (mean("mae", "holder"), mean("mae", "fixed"));
    assert_eq!(holders.len(), 2, "each holder publishes its mean error");
    let ends = holders.iter().map(|row| number(&row[0]));
    let (least, most) = (ends.clone().fold(f64::MAX, f64::min), ends.fold(0.0, f64::max));
    assert!((least..=most).contains(&number(&fixed[0][0])), "{fixed:?}");
    assert!(fixed[0][3].contains("disclosure_controlled"));
}

#[test]
fn people_whose_number_is_not_published_are_at_least_the_effective_ones_and_never_none() {
    let place = tempfile::tempdir().unwrap();
    // Two photos of each of 600 people: attempts are published, and people are not.
    let packages = [("north", [42, 51]), ("south", [61, 30])].map(|(name, events)| {
        let package = holder_of(place.path(), name, [300, 2], events);
        let metrics = fs::read_to_string(package.join("metrics.csv")).unwrap();
        let wanted = [("metric", "under_age_pass_rate"), ("limit", "18"), ("challenge", "18"), ("population", "under")];
        let own = rows(&metrics, &wanted, &["group_by", "n_attempts", "n_subjects", "n_star", "weighting"]);
        assert_eq!(own, [["", "600", "", "240", "attempt"]], "what this test is about");
        package
    });
    let out = place.path().join("pooled");
    let ran = run(&["pool", text(&packages[0]), text(&packages[1]), "--out", text(&out)]).ended(0);
    let csv = fs::read_to_string(out.join("pooled.csv")).unwrap();
    let fixed = rows(&csv, &at("under_age_pass_rate", "under", "fixed"), &["value", "n_star", "n_subjects", "status"]);
    assert_eq!(fixed.len(), 1, "{}", ran.out);
    // 40 of 300 and 60 of 300 people are published as 85 and 120 of 600 photos.
    assert!((fixed[0][0].parse::<f64>().unwrap() - 205.0 / 1200.0).abs() < 1e-9, "{fixed:?}");
    assert_eq!(fixed[0][1..], ["480", "", "value"], "{fixed:?}");
    assert!(!csv.contains("0<30 subjects"), "nobody is a number of people");
    // The table holds the row although it is by attempts, and the windows although their years are pooled.
    let line = |what: &str| ran.out.lines().find(|line| line.contains(what)).map(str::to_owned).unwrap_or_default();
    for what in ["under_age_pass_rate", "window:13-17"] {
        assert!(line(what).contains("at least "), "{what}: {}", ran.out);
    }
    // The means enter, with a variance by the normal quantile: a little larger than that of 599 degrees of freedom.
    let at = [("metric", "mae"), ("group_by", ""), ("population", "all")];
    let all = rows(&csv, &at, &["effect", "value", "low", "high", "holders", "status"]);
    let fixed: Vec<&Vec<String>> = all.iter().filter(|row| row[0] == "fixed").collect();
    assert_eq!(fixed.len(), 1, "{all:?}");
    assert_eq!(fixed[0][4..], ["2", "value"]);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let half = |row: &[String]| (number(&row[3]) - number(&row[2])) / 2.0;
    // Of two means of variances a and b by inverse variances, the variance is ab / (a + b), and halves go as its root.
    let [one, other] = [&all[0], &all[1]].map(|row| half(row).powi(2));
    assert!((half(fixed[0]) - (one * other / (one + other)).sqrt()).abs() < 1e-9, "{all:?}");
}

#[test]
fn a_table_of_what_every_holder_withholds_says_so_in_its_place() {
    let place = tempfile::tempdir().unwrap();
    let packages = ["north", "south"].map(|name| holder_of(place.path(), name, [12, 1], [2, 3]));
    let out = place.path().join("pooled");
    let ran = run(&["pool", text(&packages[0]), text(&packages[1]), "--out", text(&out)]).ended(0);
    let csv = fs::read_to_string(out.join("pooled.csv")).unwrap();
    let made = column(&csv, "effect").into_iter().filter(|effect| effect != "holder").count();
    let withheld = ran.out.lines().filter(|line| line.contains("withheld by every holder")).count();
    assert!(withheld > 0 && ran.out.contains("a count of people is small there"), "{made} {}", ran.out);
    assert!(ran.out.lines().any(|line| line.contains("mae") && line.contains("0 of 2")), "{}", ran.out);
}
