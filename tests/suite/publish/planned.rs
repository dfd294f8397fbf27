//! What a release says of how a study stands to its plan.

use std::fs;

use super::{files, seal};
use crate::study::study;
use crate::support::{run, text};

#[test]
fn a_deviation_tells_no_number_of_people_and_no_address_and_two_runs_of_a_study_say_the_same() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let file = study(place.path(), "answer", "");
    for (card, more) in [
        ("one/method.toml", "licence = 'none'\nintended_use = 'tests'\nclaimed_ages = [10, 30]\n"),
        ("two/method.toml", "licence = 'none'\nintended_use = 'tests'\nclaimed_ages = [10, 30]\n"),
        ("young/dataset.toml", "licence = 'none'\nconsent = 'made up'\nsource = 'a test'\n"),
        ("old/dataset.toml", "licence = 'none'\nconsent = 'made up'\nsource = 'a test'\n"),
    ] {
        let whole = fs::read_to_string(at(card)).unwrap();
        let kept = |line: &&str| {
            !["licence", "intended_use", "claimed_ages", "consent", "source"].iter().any(|key| line.starts_with(key))
        };
        let kept: String = whole.lines().filter(kept).map(|line| format!("{line}\n")).collect();
        fs::write(at(card), more.to_owned() + &kept).unwrap();
    }
    let whole = fs::read_to_string(&file).unwrap();
    let footprint = "[[footprint]]\nmethod = 'one'\ndataset = 'young'\nallow_hosts = ['ageapi.internal.corp']\n";
    fs::write(&file, format!("{whole}{footprint}")).unwrap();
    run(&["study", text(&file), "--register", "--date", "2026-11-30", "--by", "planted-name"]).ended(0);
    let manifest = fs::read_to_string(at("young/manifest.csv")).unwrap();
    let fewer: Vec<&str> = manifest.lines().collect();
    fs::write(at("young/manifest.csv"), format!("{}\n", fewer[..fewer.len() - 1].join("\n"))).unwrap();
    fs::write(&file, whole).unwrap();
    run(&["study", text(&file)]).ended(0);
    let (out, runs) = (at("package"), at("study-results/runs"));
    let [young, old] = ["young", "old"].map(|name| runs.join(name));
    let publish = || run(&["publish", text(&young), text(&old), "--out", text(&out), "--disclosure", "uk_7_5"]);
    publish().ended(0);
    for (name, bytes) in files(&out) {
        let content = String::from_utf8_lossy(&bytes).into_owned();
        for word in ["ageapi", "samples of", "subjects of", "planted-name"] {
            assert!(!content.contains(word), "{word} in {name}");
        }
    }
    let readme = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(readme.contains("dataset \\`young\\`, manifest: "), "{readme}");
    assert!(readme.contains("footprint of \\`one\\` on \\`young\\`: left out"), "{readme}");
    run(&["verify", text(&out)]).ended(0);

    let record = fs::read_to_string(out.join("run.json")).unwrap();
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    for (from, to, told) in [
        ("\"follows\": false", "\"follows\": true", "names deviations, or the reverse"),
        ("2026-11-30", "2026-11-29", "two runs of one study say otherwise"),
        ("\"signed_off_by\": []", "\"signed_off_by\": [\"planted-name\"]", "is not what is published of one"),
    ] {
        fs::write(out.join("run.json"), record.replacen(from, to, 1)).unwrap();
        seal(&out, &metrics);
        run(&["verify", text(&out)]).ended(1).told(&[told]);
    }
    fs::remove_dir_all(&out).unwrap();
    let own = fs::read_to_string(old.join("run.json")).unwrap();
    let other = own.replacen("\"follows\": false", "\"follows\":  false", 1).replace("two programs", "two programs ");
    fs::write(old.join("run.json"), other).unwrap();
    publish().ended(2).told(&["name of the study: it is not as it was registered"]);
}
