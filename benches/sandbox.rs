//! What the box of `footprint` costs a method of five milliseconds: the same attempts in the box and outside of it, in turns.
//! `cargo bench --no-default-features --bench sandbox`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may panic")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const SAMPLES: usize = 200;
const ROUNDS: usize = 7;

/// The sorted times of the answers of one measurement in milliseconds, and of an attempt with all around it.
fn measured(place: &Path, path: Option<&Path>, out: &str) -> (Vec<f64>, f64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agebench"));
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let out = place.join(out);
    let begun = Instant::now();
    let ran = command
        .arg("footprint")
        .arg(place.join("method"))
        .arg("--dataset")
        .arg(place.join("data"))
        .args(["--replace", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let taken = begun.elapsed().as_secs_f64() * 1e3;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut reader = csv::Reader::from_path(out.join("outcomes.csv")).unwrap();
    let column = reader.headers().unwrap().iter().position(|name| name == "answer_ns").unwrap();
    let mut times: Vec<f64> = reader.records().map(|row| row.unwrap()[column].parse::<f64>().unwrap() / 1e6).collect();
    times.sort_by(f64::total_cmp);
    (times, taken / SAMPLES as f64)
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    for folder in ["method", "data", "empty", "only-bubblewrap"] {
        fs::create_dir(place.join(folder)).unwrap();
    }
    let built = Command::new("cc")
        .args(["-O2", "-o"])
        .arg(place.join("method/spins"))
        .arg(root.join("fixtures/plugins/spins.c"))
        .status();
    assert!(built.unwrap().success());
    let card = "name = \"spins\"\nkind = \"estimation\"\nversion = \"1\"\n\n[command]\nprogram = \"spins\"\n";
    fs::write(place.join("method/method.toml"), card).unwrap();
    let mut manifest = "sample_id,path,age\n".to_owned();
    for number in 0..SAMPLES {
        let name = format!("s{:04}.jpg", number % 40 + 1);
        fs::copy(root.join("fixtures/faces/images").join(&name), place.join("data").join(&name)).unwrap();
        manifest.push_str(&format!("{number},{name},{}\n", 12 + number % 30));
    }
    fs::write(place.join("data/manifest.csv"), manifest).unwrap();
    let card = "name = \"faces\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(place.join("data/dataset.toml"), card).unwrap();
    let bubblewrap = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("bwrap"))
        .find(|path| path.is_file())
        .unwrap(); // bubblewrap is not installed
    symlink(bubblewrap, place.join("only-bubblewrap/bwrap")).unwrap();

    let (empty, plain) = (place.join("empty"), place.join("only-bubblewrap"));
    let sides: [(&str, Option<&Path>); 3] =
        [("outside", Some(&empty)), ("box", Some(&plain)), ("box and strace", None)];
    let mut medians = vec![Vec::new(); sides.len()];
    for round in 0..ROUNDS {
        for ((name, path), medians) in sides.iter().zip(&mut medians) {
            let (times, whole) = measured(place, *path, "out");
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            medians.push(at(0.5));
            println!(
                "round {round}, {name}: median {:.4} ms, p90 {:.4} ms, {whole:.1} ms an attempt with start and end",
                at(0.5),
                at(0.9)
            );
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let outside = median(&mut medians[0]);
    for (place, (name, _)) in sides.iter().enumerate().skip(1) {
        let inside = median(&mut medians[place]);
        println!("{name}: {:+.2} % of {outside:.4} ms", (inside / outside - 1.0) * 100.0);
    }
}
