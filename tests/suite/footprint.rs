//! `agebench footprint`: rows that follow from the raw file, what of every kind of method is seen, and what is refused.

use std::collections::BTreeMap;
use std::fs;
#[cfg(feature = "tract")]
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::resume;
use crate::support::{Ran, agebench, bmp, column, dataset, jpeg, package, run, text};

/// A card of `fixtures/plugins/takes.py`, which takes more than it needs in this way.
pub fn takes(place: &Path, way: &str, args: &[&str]) -> PathBuf {
    let folder = place.join(way);
    fs::create_dir_all(&folder).unwrap();
    let script = package().join("fixtures/plugins/takes.py");
    let args: Vec<String> = [text(&script), way].iter().chain(args).map(|argument| format!("{argument:?}")).collect();
    let card = format!(
        "name = \"{way}\"\nkind = \"estimation\"\nversion = \"1\"\n\n[command]\nprogram = \"python3\"\nargs = [{}]\n",
        args.join(", ")
    );
    fs::write(folder.join("method.toml"), card).unwrap();
    folder
}

/// A dataset of `count` of the bundled faces.
pub fn faces(place: &Path, count: usize) -> PathBuf {
    let face = |number: usize| {
        let name = format!("s{:04}.jpg", number + 1);
        let content = fs::read(package().join("fixtures/faces/images").join(&name)).unwrap();
        (name, content)
    };
    let faces: Vec<(String, Vec<u8>)> = (0..count).map(face).collect();
    let pictures: Vec<(&str, &[u8])> = faces.iter().map(|(name, content)| (name.as_str(), &content[..])).collect();
    dataset(place, &pictures, "")
}

/// The rows of metrics.csv about the footprint: metric and variant, then value (or nothing) and status.
pub fn rows(out: &Path) -> BTreeMap<String, (Option<f64>, String)> {
    let csv = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let (metrics, variants) = (column(&csv, "metric"), column(&csv, "variant"));
    let (values, statuses) = (column(&csv, "value"), column(&csv, "status"));
    let mut found = BTreeMap::new();
    for (place, metric) in metrics.iter().enumerate() {
        let entry = agebench::metric::catalogue::find(metric).unwrap();
        if entry.family == "footprint" {
            let name = [metric.as_str(), variants[place].as_str()].join(" ");
            found.insert(name.trim().to_owned(), (values[place].parse().ok(), statuses[place].clone()));
        }
    }
    found
}

/// What every run without a box says of what only a box shows.
pub const ONLY_IN_A_BOX: [&str; 16] = [
    "media_opened_share",
    "files_created",
    "files_changed",
    "files_left phase=end",
    "files_left phase=after_exit",
    "bytes_left phase=end",
    "bytes_left phase=after_exit",
    "processes_left phase=end",
    "processes_left phase=after_exit",
    "connections_tried",
    "names_resolved",
    "unix_sockets",
    "canary_hits",
    "persistent_identifiers",
    "works_offline",
    "peak_memory",
];

#[cfg(feature = "tract")]
#[test]
fn of_a_model_the_input_is_measured_the_rest_is_not_and_the_rows_are_verified() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let data = faces(&place.path().join("faces"), 4);
    run(&["footprint", "drawn-even", "--dataset", text(&data), "--out", text(&out), "--keep-ids"]).ended(0);
    assert_eq!(fs::metadata(out.join("footprint.csv")).unwrap().permissions().mode() & 0o777, 0o600);
    let found = rows(&out);
    let sizes: Vec<u64> =
        (1..=4).map(|number| fs::metadata(data.join(format!("s{number:04}.jpg"))).unwrap().len()).collect();
    let sum = sizes.iter().sum::<u64>() as f64;
    assert_eq!(found["input_bytes of=sum"].0, Some(sum));
    assert_eq!(found["input_bytes"].0, Some(sum / 4.0));
    let pixels = (1..=4).map(|number| {
        let (width, height) = image::image_dimensions(data.join(format!("s{number:04}.jpg"))).unwrap();
        f64::from(width * height)
    });
    assert_eq!(found["input_pixels"].0, Some(pixels.sum::<f64>() / 4.0));
    assert!(found["peak_memory"].0.unwrap() > 0.0);
    let model = fs::metadata(package().join("models/drawn-even/drawn-even.onnx")).unwrap().len();
    assert_eq!(found["method_bytes"].0, Some(model as f64));
    for name in ONLY_IN_A_BOX.iter().filter(|name| **name != "peak_memory") {
        assert_eq!(found[*name], (None, "not_measurable".to_owned()), "{name}");
    }
    run(&["verify", text(&out)]).ended(0);
    for form in ["table", "markdown", "html"] {
        run(&["report", text(&out), "--format", form]).ended(0);
    }
    // The attempts are those of a run.
    let again = place.path().join("run");
    run(&["run", "drawn-even", "--dataset", text(&data), "--out", text(&again), "--keep-ids", "--no-timings"]).ended(0);
    let ages = |out: &Path| column(&fs::read_to_string(out.join("outcomes.csv")).unwrap(), "age");
    assert_eq!(ages(&out), ages(&again));
}

#[test]
fn what_cannot_be_measured_is_refused_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let out = place.path().join("out");
    let asked = ["footprint", "drawn-even", "--dataset", text(&data), "--out", text(&out)];
    run(&[&asked[..], &["--allow-host", "192.0.2.1"]].concat()).ended(2).told(&["not the name of a host"]);
    run(&[&asked[..], &["--allow-host", "a:b"]].concat()).ended(2).told(&["has no port"]);
    run(&["footprint", "no-such", "--dataset", text(&data), "--out", text(&out)]).ended(2);
    assert!(!out.exists());
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine.txt"), "keep").unwrap();
    run(&asked).ended(2).told(&["--replace"]);
}

/// A folder with the programs that the tests need and no others, to stand for `PATH`.
fn without_bubblewrap(place: &Path) -> PathBuf {
    let bin = place.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(output.unwrap().stdout).unwrap();
    let _ = symlink(python.trim(), bin.join("python3"));
    bin
}

#[test]
fn without_bubblewrap_nothing_of_the_box_is_zero_and_the_run_says_so() {
    let place = tempfile::tempdir().unwrap();
    let data = faces(&place.path().join("faces"), 2);
    let bin = without_bubblewrap(place.path());
    for way in ["clean", "extra_ignored", "resolves"] {
        let out = place.path().join(format!("out-{way}"));
        let method = takes(place.path(), way, &[]);
        let mut command = agebench();
        command.env("PATH", &bin).args(["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)]);
        Ran::of(command.output().unwrap()).ended(0).told(&["bubblewrap", "not installed", "not_measurable"]);
        let found = rows(&out);
        for name in ONLY_IN_A_BOX.iter().chain(&["hosts", "bytes_sent", "bytes_received"]) {
            assert_eq!(found[*name], (None, "not_measurable".to_owned()), "{way}: {name}");
        }
        assert!(found["input_bytes"].0.unwrap() > 0.0);
        let raw = fs::read_to_string(out.join("footprint.csv")).unwrap();
        let unknown = raw.lines().filter(|line| line.contains(",not_measurable,"));
        assert!(unknown.clone().count() >= ONLY_IN_A_BOX.len());
        assert!(unknown.clone().all(|line| line.split(',').nth(5) == Some("")), "unknown is empty: {raw}");
        run(&["verify", text(&out)]).ended(0);
    }
}

#[test]
fn of_a_waterfall_of_programs_it_is_said_that_its_stages_are_in_no_box() {
    let place = tempfile::tempdir().unwrap();
    let (out, both) = (place.path().join("out"), place.path().join("both.toml"));
    let mut card = "name = 'both'\nkind = 'estimation'\nversion = '1'\n".to_owned();
    for way in ["clean", "blind"] {
        let stage = takes(place.path(), way, &[]);
        card += &format!("[[waterfall.stages]]\nmethod = {:?}\nbuffer = [-9, 9]\n", text(&stage));
    }
    fs::write(&both, card).unwrap();
    let data = faces(&place.path().join("faces"), 2);
    run(&["footprint", text(&both), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    let raw = fs::read_to_string(out.join("footprint.csv")).unwrap();
    let unknown: Vec<&str> = raw.lines().filter(|line| line.contains(",not_measurable,")).collect();
    assert!(unknown.len() >= ONLY_IN_A_BOX.len());
    let said = "its stages are not put into boxes: measure them one by one";
    assert!(unknown.iter().all(|line| line.contains(said)), "{unknown:#?}");
}

#[test]
fn a_measurement_that_was_broken_off_is_no_result_however_it_ended() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = resume::slow(place.path(), 40, 0.1);
    let policy = place.path().join("policy.toml");
    let rules = "name = 'small'\nsource = 'ours'\n[[rule]]\nmetric = 'mae'\nweighting = 'subject'\nat_most = 100\n";
    fs::write(&policy, rules).unwrap();
    let readers = |out: &Path| {
        let folder = text(out).to_owned();
        let gate = vec!["gate".to_owned(), folder.clone(), "--policy".to_owned(), text(&policy).to_owned()];
        [gate].into_iter().chain(["score", "verify", "report"].map(|verb| vec![verb.to_owned(), folder.clone()]))
    };
    let refused = |out: &Path, help: &str| {
        for reader in readers(out) {
            let reader: Vec<&str> = reader.iter().map(String::as_str).collect();
            run(&reader).ended(2).told(&["is not finished", help]);
        }
    };
    for signal in ["TERM", "KILL"] {
        let out = place.path().join(signal);
        let mut command = agebench();
        command.args(["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while !out.join("outcomes.csv.part").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
            sleep(Duration::from_millis(5));
        }
        sleep(Duration::from_millis(500));
        assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
        let ran = Ran::of(child.wait_with_output().unwrap());
        if signal == "TERM" {
            ran.ended(130).told(&["of 40 attempts are in", "outcomes.csv.part", "--replace"]);
        }
        assert!(!out.join("outcomes.csv").exists());
        refused(&out, "--replace");
        // Rows under their final name do not make it whole.
        fs::rename(out.join("outcomes.csv.part"), out.join("outcomes.csv")).unwrap();
        run(&["score", text(&out)]).ended(2).told(&["is not finished", "--replace"]);
    }
    let data = resume::slow(&place.path().join("few"), 6, 0.0).1;
    let out = place.path().join("KILL");
    let again = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out), "--replace"];
    run(&again).ended(0);
    assert!(!out.join("outcomes.csv.part").exists());
    run(&["verify", text(&out)]).ended(0);
    let record = fs::read_to_string(out.join("run.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(json["outcomes"]["rows"], 6, "{record}");
    // Nor do all files of a run whose record has no end.
    for (verb, help) in [("footprint", "--replace"), ("run", "--resume")] {
        let mut json = json.clone();
        json["verb"] = verb.into();
        json["ended"] = serde_json::Value::Null;
        fs::write(out.join("run.json"), json.to_string()).unwrap();
        refused(&out, help);
    }
    // Rows that were lost later are found, as those of a run.
    fs::write(out.join("run.json"), record).unwrap();
    let rows = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let fewer: Vec<&str> = rows.lines().take(4).collect();
    fs::write(out.join("outcomes.csv"), fewer.join("\n") + "\n").unwrap();
    run(&["score", text(&out)]).ended(2).told(&["is not the one of 6 rows"]);
}

#[test]
fn a_step_that_changes_no_file_beyond_the_last_accepted_one_is_left_out_of_the_curve() {
    let place = tempfile::tempdir().unwrap();
    let method = takes(place.path(), "clean", &[]);
    // Gray already; and two people show no step not to be worse.
    let gray = |level: u8| bmp(40, &vec![level; 40 * 40 * 3]);
    let data = dataset(&place.path().join("data"), &[("a.bmp", &gray(9)), ("b.bmp", &gray(200))], "");
    let out = place.path().join("out");
    let measure = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out), "--curve=pixels,gray"];
    run(&measure).ended(0);
    let steps = fs::read_to_string(out.join("curve/steps.csv")).unwrap();
    assert_eq!(column(&steps, "axis"), ["", "pixels"], "{steps}");
    assert!(!out.join("curve/02.csv").exists());
    run(&["verify", text(&out)]).ended(0);
}

#[test]
fn a_footprint_with_a_curve_is_published_and_the_package_verifies() {
    let place = tempfile::tempdir().unwrap();
    let method = takes(place.path(), "clean", &[]);
    let [out, package] = ["out", "package"].map(|name| place.path().join(name));
    let data = faces(&place.path().join("faces"), 40);
    let measure = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out), "--curve=pixels"];
    run(&[&measure[..], &["--margin-rate", "0.99", "--margin-years", "50"]].concat()).ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let [metric, status, evidence] = ["metric", "status", "evidence"].map(|name| column(&metrics, name));
    let of_curve = (0..metric.len()).filter(|at| metric[*at] == "least_input_left" && status[*at] == "value");
    assert!(of_curve.clone().count() > 0 && of_curve.clone().all(|at| !evidence[at].is_empty()), "{metrics}");
    for entry in fs::read_dir(out.join("cards")).unwrap() {
        let path = entry.unwrap().path();
        let card = fs::read_to_string(&path).unwrap();
        let more = if path.ends_with("dataset.toml") {
            "licence = \"CC0\"\nconsent = \"drawn\"\nsource = \"drawn\"\n"
        } else {
            "licence = \"none\"\nintended_use = \"tests\"\nclaimed_ages = [0, 120]\n"
        };
        fs::write(&path, format!("{more}{card}")).unwrap();
    }
    run(&["score", text(&out)]).ended(0);
    run(&["publish", text(&out), "--disclosure", "none", "--out", text(&package)]).ended(0);
    run(&["verify", text(&package)]).ended(0);
}
