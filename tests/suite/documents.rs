//! What README and docs/ tell people to type: every `agebench` command in them runs as it is written.

use std::fs;
use std::path::Path;

use crate::support::{Ran, agebench, dataset, jpeg, onnxruntime_library, package, text, tiny_method};

/// The commands of a page, each on one line: without comments, continued lines joined, what is in brackets taken.
fn commands(page: &str) -> Vec<String> {
    let joined = page.replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| line.strip_prefix("    agebench "));
    lines.map(|line| line.split(" #").next().unwrap_or(line).replace(['[', ']'], "")).collect()
}

/// The folders and files that the pages speak of, below `place`.
fn prepared(place: &Path) {
    let photo = jpeg();
    let names: Vec<String> = (0..12).map(|number| format!("{number}.jpg")).collect();
    let pictures: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &photo[..])).collect();
    dataset(&place.join("faces"), &pictures, "");
    fs::rename(tiny_method(place, "mean", |card| card), place.join("model")).unwrap();
    for name in ["my-method", "my-product"] {
        fs::create_dir(place.join(name)).unwrap();
        for file in ["method.toml", "plugin.py"] {
            fs::copy(package().join("examples/plugins/python").join(file), place.join(name).join(file)).unwrap();
        }
    }
    #[cfg(feature = "http")]
    for name in ["cam-3", "my-service"] {
        crate::http::answering(&place.join(name));
    }
    let mut answers = "file,person,age,predicted,sex,region\n".to_owned();
    for number in 0..40 {
        let (age, sex) = (12 + number % 20, ["f", "m"][number % 2]);
        answers.push_str(&format!("{number}.jpg,p{number},{age},{}.5,{sex},north\n", age + number % 7));
    }
    fs::write(place.join("answers.csv"), answers).unwrap();
    for out in ["results-a", "results-b"] {
        let method = if out == "results-a" { "model" } else { "my-product" };
        ran(place, &format!("run {method} --dataset faces --out {out}")).ended(0);
    }
}

fn ran(place: &Path, command: &str) -> Ran {
    let output = agebench().args(command.split_whitespace()).current_dir(place).output().unwrap();
    Ran::of(output)
}

#[test]
fn every_command_in_readme_and_docs_runs_as_it_is_written() {
    let place = tempfile::tempdir().unwrap();
    prepared(place.path());
    let docs = fs::read_dir(package().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    pages.push(package().join("README.md"));
    pages.sort();
    let mut count = 0;
    for page in pages {
        for command in commands(&fs::read_to_string(&page).unwrap()) {
            count += 1;
            let needs_runtime = command.contains("onnxruntime") || command.contains("--engines");
            if needs_runtime && onnxruntime_library().is_none() {
                continue; // it has said so
            }
            let is_service = ["cam-3", "my-service"].iter().any(|name| command.contains(name));
            if is_service && cfg!(not(feature = "http")) {
                continue;
            }
            let needs_libjpeg = command.contains("--decoder libjpeg");
            let place = place.path();
            for out in ["results", "compared", "latency"] {
                let _ = fs::remove_dir_all(place.join(out));
            }
            let ran = ran(place, &command);
            let expected = if needs_libjpeg && cfg!(not(feature = "libjpeg")) { 2 } else { 0 };
            assert_eq!(ran.code, expected, "{}: {command}\n{}\n{}", text(&page), ran.out, ran.err);
            assert!(expected == 0 || ran.err.contains("libjpeg"), "{command}\n{}", ran.err);
        }
    }
    assert!(count >= 16, "{count} commands were found");
}
