//! results/: every package holds, and is made again byte for byte where what it was made of is here; and what
//! docs/python.md tells a Python user runs as it stands there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(feature = "tract")]
use crate::support::column;
use crate::support::{package, python_with, recorded_answers, run, text};

/// The packages of results/.
fn packages() -> Vec<PathBuf> {
    let found = agebench::publish::Package::all_in(&package().join("results"));
    assert!(found.len() >= 2, "results/ has its packages");
    found
}

#[test]
fn every_published_package_holds_and_stands_in_the_leaderboard() {
    let all = fs::read_to_string(package().join("results/leaderboard.csv")).unwrap();
    for folder in packages() {
        let ran = run(&["verify", text(&folder)]).ended(0);
        assert!(ran.out.contains("0 problems"), "{}", ran.out);
        for line in fs::read_to_string(folder.join("leaderboard.csv")).unwrap().lines() {
            assert!(all.lines().any(|other| other == line), "{line} of {} is not in leaderboard.csv", folder.display());
        }
    }
}

#[test]
fn a_validator_that_we_did_not_write_accepts_every_published_package() {
    let Some(python) = python_with("frictionless") else { return };
    for folder in packages() {
        let program = "import sys, frictionless; report = frictionless.validate('datapackage.json', type='package'); print(report.flatten(['type', 'message'])); sys.exit(not report.valid)";
        let ran = Command::new(&python).args(["-c", program]).current_dir(&folder).output().unwrap();
        assert!(ran.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&ran.stdout));
    }
}

#[test]
fn the_python_lines_of_the_documentation_run_as_they_stand_there() {
    let page = fs::read_to_string(package().join("docs/python.md")).unwrap();
    let blocks: Vec<&str> = page.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        assert_eq!(block.lines().count(), 3, "three lines: {block}");
        let module = block.split_whitespace().nth(1).unwrap();
        let Some(python) = python_with(module) else { continue };
        let ran = Command::new(python).args(["-c", block]).current_dir(package()).output().unwrap();
        let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{block}\n{}", String::from_utf8_lossy(&ran.stderr));
        for method in ["drawn-cautious", "drawn-even"] {
            assert!(printed.contains(method), "{module} prints no row of {method}: {printed}");
        }
    }
}

#[test]
fn the_package_of_recorded_answers_is_made_again_byte_for_byte() {
    let Some(of_coral) = recorded_answers("morph2_coral_seed0.csv") else { return };
    let Some(of_ordinal) = recorded_answers("morph2_ordinal_seed0.csv") else { return };
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("results");
    let (coral, ordinal) = ("morph2/coral", "morph2/ordinal");
    let work = place.path().join("work");
    copy(&package().join("scripts/results/morph2"), &work.join("morph2"));
    fs::copy(of_coral, work.join(coral).join("answers.csv")).unwrap();
    fs::copy(of_ordinal, work.join(ordinal).join("answers.csv")).unwrap();
    let answers = fs::read_to_string(work.join(coral).join("answers.csv")).unwrap();
    let manifest: String = answers
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.trim_end().split(',').collect();
            format!("{},{},{},{},{}\n", cells[0], cells[1], cells[2], cells[4], cells[5])
        })
        .collect();
    fs::write(work.join("morph2/manifest.csv"), format!("sample_id,subject_id,age,sex,race\n{manifest}")).unwrap();
    let (dataset, folder, compared) = (work.join("morph2"), work.join("run"), work.join("compared"));
    let methods = [work.join(coral), work.join(ordinal)];
    let arguments = ["run", text(&methods[0]), text(&methods[1]), "--dataset", text(&dataset), "--no-timings", "--out"];
    run(&[&arguments[..], &[text(&folder)]].concat()).ended(0);
    run(&["compare", text(&folder), "--out", text(&compared)]).ended(0);
    // As results/README.md says.
    let said = ["--title", "Two published models on MORPH-II", "--licence", "CC-BY-4.0"];
    let arguments = ["publish", text(&folder), text(&compared), "--disclosure", "uk_7_5", "--out", text(&out)];
    run(&[&arguments[..], &said].concat()).ended(0);
    for name in ["metrics.csv", "leaderboard.csv", "run.json", "README.md", "datapackage.json", "SHA256SUMS"] {
        let (ours, published) =
            (fs::read(out.join(name)).unwrap(), fs::read(package().join("results/morph2").join(name)));
        assert!(published.is_ok_and(|bytes| bytes == ours), "{name} of results/morph2 is not what is made today");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Far more than answers differ between processors, in years: in the last bits of an f32 (docs/performance.md).
#[cfg(feature = "tract")]
const PROCESSORS: f64 = 1e-4;

#[cfg(feature = "tract")]
#[test]
fn the_package_of_drawn_faces_is_made_again_byte_for_byte_and_would_be_on_another_processor() {
    let place = tempfile::tempdir().unwrap();
    let (demo, made) = (place.path().join("demo"), place.path().join("results"));
    run(&["demo", "--out", text(&demo)]).ended(0);
    copy(&package().join("results"), &made);
    fs::remove_dir_all(made.join("drawn-faces")).unwrap();
    let ran = Command::new("bash")
        .arg(package().join("scripts/results.sh"))
        .args(["--demo", text(&demo), "--out", text(&made)])
        .env("AGEBENCH", env!("CARGO_BIN_EXE_agebench"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let published = package().join("results");
    for name in ["metrics.csv", "leaderboard.csv", "run.json", "README.md", "datapackage.json", "SHA256SUMS"] {
        let name = Path::new("drawn-faces").join(name);
        let (ours, theirs) = (fs::read(made.join(&name)).unwrap(), fs::read(published.join(&name)));
        assert!(theirs.is_ok_and(|bytes| bytes == ours), "results/{}: run scripts/results.sh", name.display());
    }
    let leaderboard = |folder: &Path| fs::read(folder.join("leaderboard.csv")).unwrap();
    assert!(leaderboard(&made) == leaderboard(&published), "results/leaderboard.csv: run scripts/results.sh");

    // A count changes where an answer crosses a whole year, which all challenge ages of the protocol's headline are.
    let answers = column(&fs::read_to_string(demo.join("outcomes.csv")).unwrap(), "age");
    let years: Vec<f64> = answers.iter().filter_map(|cell| cell.parse().ok()).collect();
    assert!(years.len() > 400, "{}", years.len());
    let nearest = years.iter().map(|years| (years - years.round()).abs()).fold(f64::MAX, f64::min);
    assert!(
        nearest > PROCESSORS,
        "an answer lies {nearest} from a challenge age: another processor may count otherwise"
    );
    // A mean changes where it crosses the half of a tenth, its bounds where they cross a tenth.
    let table =
        |folder: &Path| agebench::table::Table::read(fs::File::open(folder.join("metrics.csv")).unwrap()).unwrap().rows;
    let (exact, mut numbers) = (table(&demo), 0);
    for row in table(&published.join("drawn-faces")) {
        let Some(own) = exact.iter().find(|own| row.value.is_some() && own.identity() == row.identity()) else {
            continue;
        };
        if row.unit != agebench::table::Unit::Years {
            continue;
        }
        let beyond = |number: f64, edge: f64| ((number * 10.0 - edge) - (number * 10.0 - edge).round()).abs() / 10.0;
        let ends = own.low.into_iter().chain(own.high).map(|bound| beyond(bound, 0.0));
        for margin in ends.chain(own.value.map(|value| beyond(value, 0.5))) {
            assert!(
                margin > PROCESSORS,
                "{row:?} lies {margin} from its rounding: another processor may round otherwise"
            );
            numbers += 1;
        }
    }
    assert!(numbers > 30, "{numbers}");
}
