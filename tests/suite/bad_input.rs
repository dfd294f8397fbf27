//! Bad samples become rows, bad cards and manifests end with exit code 2 before any work, and nothing is lost.

use std::fs;
use std::path::Path;

use crate::shards::files;
use crate::support::{Ran, agebench, column, dataset, jpeg, package, run, text, tiny_method};

/// The same card.
fn as_is(card: String) -> String {
    card
}

/// A PNG whose header promises 30,000 x 30,000 pixels.
fn bomb() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0]);
    png.extend(0xe945_6fed_u32.to_be_bytes());
    png.extend(b"\0\0\0\x08IDAT\x78\x9c\x03\0\0\0\0\x01\x48\x06\x89\xd2");
    png.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

#[test]
fn every_bad_sample_becomes_a_failed_row_with_its_reason_and_the_good_ones_are_answered() {
    let place = tempfile::tempdir().unwrap();
    let good = jpeg();
    let pictures: [(&str, &[u8]); 6] = [
        ("good.jpg", &good),
        ("truncated.jpg", &good[..good.len() / 2]),
        ("empty.jpg", b""),
        ("text.jpg", b"this is no picture"),
        ("bomb.png", &bomb()),
        ("good2.jpg", &good),
    ];
    let data = dataset(&place.path().join("data"), &pictures, "gone,gone.jpg,p9,30\n");
    let method = tiny_method(place.path(), "mean", as_is);
    let out = place.path().join("out");
    let ran = run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--keep-ids"]).ended(4);
    assert!(ran.err.contains("5 of 7 attempts failed"), "{}", ran.err);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "status"), ["answered", "failed", "failed", "failed", "failed", "answered", "failed"]);
    let reasons = column(&outcomes, "reason");
    for (place, expected) in
        [(1, "jpeg"), (2, "empty"), (3, "not a picture"), (4, "30000 x 30000"), (6, "the file is not there")]
    {
        assert!(reasons[place].to_lowercase().contains(expected), "{expected}: {}", reasons[place]);
    }
    assert!(!outcomes.contains("gone.jpg"), "a reason names no file of the dataset");
    assert!(out.join("metrics.csv").exists());
    let allowed = place.path().join("allowed");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&allowed), "--max-failed", "5"]).ended(0);
}

#[test]
fn an_answer_of_nan_is_a_failed_row() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let method = tiny_method(place.path(), "nan", as_is);
    let out = place.path().join("out");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(4);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "status"), ["failed"]);
    assert!(column(&outcomes, "reason")[0].contains("NaN"));
}

#[test]
fn a_network_of_a_fixed_batch_answers_as_the_one_without() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let ages = ["mean", "batch4"].map(|model| {
        let method = tiny_method(place.path(), model, as_is);
        let out = place.path().join(format!("out-{model}"));
        run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
        column(&fs::read_to_string(out.join("outcomes.csv")).unwrap(), "age")[0].parse::<f64>().unwrap()
    });
    assert!((ages[0] - ages[1]).abs() < 1e-5, "{ages:?}");
}

/// Runs the tiny method `model` with a changed card over one good picture; nothing may be written.
fn refused(model: &str, change: impl Fn(String) -> String) -> Ran {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let method = tiny_method(place.path(), model, change);
    let out = place.path().join("out");
    let ran = run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(2);
    assert!(!out.exists(), "nothing is written before everything is known to work");
    ran
}

#[test]
fn a_card_that_names_an_output_the_model_lacks_is_told_those_that_exist() {
    refused("mean", |card| card.replace("head =", "name = \"years\"\nhead =")).told(&["`years`", "`age`"]);
}

#[test]
fn a_card_with_another_input_shape_is_told_the_models() {
    refused("mean", |card| card.replace("[8, 8]", "[16, 16]")).told(&["[1, 3, 16, 16]", "[1, 3, 8, 8]"]);
    refused("mean", |card| card.replace("nchw", "nhwc")).told(&["[1, 8, 8, 3]", "[1, 3, 8, 8]"]);
}

#[test]
fn a_head_that_reads_another_length_than_the_output_has_is_refused_with_both_lengths() {
    refused("wide", as_is).told(&["5 numbers", "reads 1"]);
    refused("mean", |card| card.replace("\"years\"", "\"expectation\"\nages = [1, 2, 3]"))
        .told(&["1 numbers", "reads 3"]);
}

#[test]
fn a_model_that_is_missing_changed_or_no_onnx_is_refused() {
    refused("mean", |card| card.replace("model.onnx", "other.onnx")).told(&["cannot read `other.onnx`"]);
    let zeros = "0".repeat(64);
    refused("mean", |card| card.replace("file =", &format!("sha256 = \"{zeros}\"\nfile ="))).told(&["sha-256", &zeros]);
    refused("mean", |card| card.replace("model.onnx", "method.toml")).told(&["not an ONNX network"]);
    let model = package().join("fixtures/models/mean.onnx");
    for verb in [&["check"][..], &["run", "--dataset", "drawn-faces", "--out", "nowhere"]] {
        run(&[verb, &[text(&model)]].concat()).ended(2).told(&["is a model", "agebench init method --from"]);
    }
}

#[test]
fn weights_may_lie_outside_the_cards_folder() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let elsewhere = package().join("fixtures/models/mean.onnx");
    for (name, file) in [("absolute", text(&elsewhere)), ("upwards", "../mean/model.onnx")] {
        tiny_method(place.path(), "mean", as_is);
        let method = tiny_method(place.path(), "nan", |card| card.replace("model.onnx", file));
        let out = place.path().join(name);
        run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    }
}

#[test]
fn every_mistake_of_a_method_card_is_told_at_once_with_remedies() {
    let broken = |card: String| {
        card.replace("layout", "layuot")
            .replace("\"rgb\"", "\"rbg\"")
            .replace("divide = 4.0", "divide = 0\nmargin = -1")
    };
    refused("mean", broken).told(&[
        "did you mean `layout`",
        "did you mean `rgb`",
        "`onnx.input.divide`",
        "`onnx.input.margin`",
    ]);
}

/// `check` and `run` of a dataset with these rows and this header; both must refuse it.
fn refused_manifest(manifest: &str) -> Ran {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(place.path(), &[("a.jpg", b"x")], "");
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let checked = run(&["check", text(&data)]).ended(2);
    assert!(checked.out.contains("cannot be used"), "{}", checked.out);
    let out = place.path().join("out");
    let ran = run(&["run", "drawn-even", "--dataset", text(&data), "--out", text(&out)]).ended(2);
    assert!(!out.exists());
    ran
}

#[test]
fn mistakes_of_a_manifest_name_file_row_and_column() {
    let age = |cell: &str| format!("sample_id,path,age\na,a.jpg,20\nb,a.jpg,{cell}\n");
    refused_manifest(&age("25-32")).told(&["manifest.csv, row 3, column `age`", "`25-32`", "age_low"]);
    refused_manifest(&age("200")).told(&["manifest.csv, row 3, column `age`", "200"]);
    refused_manifest(&age("-1")).told(&["row 3, column `age`"]);
    refused_manifest("sample_id,path,age\na,a.jpg,20\na,a.jpg,21\n").told(&["row 3, column `sample_id`", "`a`"]);
    refused_manifest("sample_id,path,age\na,../secret.jpg,20\n").told(&["row 2, column `path`", "out of"]);
    refused_manifest("sample_id,path,age\na,/etc/passwd,20\n").told(&["row 2, column `path`", "absolute"]);
    refused_manifest("sample,path,age\na,a.jpg,20\n").told(&["sample_id"]);
    refused_manifest("").told(&["manifest.csv"]);
}

#[test]
fn what_does_not_exist_is_named_and_the_nearest_name_is_offered() {
    run(&["run", "drawn-evn", "--dataset", "drawn-faces", "--out", "never"]).ended(2).told(&["drawn-even"]);
    run(&["report", "no/such/folder"]).ended(2).told(&["no/such/folder"]);
    run(&["score", "no/such/file.csv", "--out", "never"]).ended(2).told(&["no/such/file.csv"]);
    run(&["run"]).ended(2);
    run(&["demo", "--jobs", "0"]).ended(2);
}

#[test]
fn an_output_folder_that_holds_something_is_refused_and_replace_spares_foreign_files() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let method = tiny_method(place.path(), "mean", as_is);
    let out = place.path().join("out");
    let arguments = ["run", text(&method), "--dataset", text(&data), "--out", text(&out)];
    run(&arguments).ended(0);
    run(&arguments).ended(2).told(&["not empty", "--replace"]);
    run(&[&arguments[..], &["--replace"]].concat()).ended(0);
    fs::write(out.join("thesis.tex"), "precious").unwrap();
    run(&[&arguments[..], &["--replace"]].concat()).ended(2).told(&["thesis.tex"]);
    assert_eq!(fs::read_to_string(out.join("thesis.tex")).unwrap(), "precious");
}

#[test]
fn no_verb_removes_the_run_or_the_file_that_it_was_told_to_read() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let method = tiny_method(place.path(), "mean", as_is);
    let out = place.path().join("out");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--keep-ids"]).ended(0);
    let before = files(&out);
    let (other_name, by_a_detour) = (place.path().join("link"), out.join("cards/.."));
    std::os::unix::fs::symlink(&out, &other_name).unwrap();
    for to in [&out, &other_name, &by_a_detour] {
        for flags in [&[][..], &["--replace"]] {
            run(&[&["score", text(&out), "--out", text(to)][..], flags].concat()).ended(2).told(&[
                "would remove",
                "name another folder",
                "without --out",
            ]);
        }
        let read = out.join("outcomes.csv");
        run(&["score", text(&read), "--dataset", text(&data), "--out", text(to), "--replace"]).ended(2).told(&[
            "would remove",
            "out/outcomes.csv",
            "name another folder",
        ]);
    }
    for verb in ["compare", "publish", "pool"] {
        run(&[verb, text(&out), "--out", text(&out), "--replace"]).ended(2).told(&["out"]);
    }
    assert!(files(&out) == before);
    // In place, to a new folder, and over another run all is as ever.
    let copy = place.path().join("copy");
    run(&["score", text(&out)]).ended(0);
    run(&["score", text(&out), "--out", text(&copy)]).ended(0);
    run(&["score", text(&out), "--out", text(&copy), "--replace"]).ended(0);
    assert!(files(&copy) == before);
}

#[test]
fn a_place_that_cannot_be_written_ends_with_74() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let method = tiny_method(place.path(), "mean", as_is);
    let below_a_file = data.join("a.jpg/out");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&below_a_file)])
        .ended(74)
        .told(&["cannot write", "a.jpg/out"]);
}

/// A real full disk: a tmpfs of 200 kB, in a mount namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_74_and_leaves_whole_rows() {
    let place = tempfile::tempdir().unwrap();
    let disk = place.path().join("disk");
    let kept = place.path().join("kept.csv");
    fs::create_dir(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=200k tmpfs '{disk}' || exit 99; '{agebench}' demo --out '{disk}/out'; code=$?; \
         cp '{disk}/out/outcomes.csv.part' '{kept}'; exit $code",
        disk = text(&disk),
        agebench = text(Path::new(agebench().get_program())),
        kept = text(&kept),
    );
    let unshared = std::process::Command::new("unshare").args(["-rm", "sh", "-c", &script]).output();
    // Bubblewrap asks the system for the same: where it works, so does this.
    let Ok(output) = unshared else {
        assert!(!crate::support::is_needed("bubblewrap"), "there is no `unshare` to make a small disk");
        return eprintln!("skipped: there is no `unshare` to make a small disk");
    };
    let ran = Ran::of(output);
    if ran.code == 99 || ran.err.contains("unshare failed") {
        assert!(!crate::support::is_needed("bubblewrap"), "a test may not mount a small disk: {}", ran.err);
        return eprintln!("skipped: this machine does not let a test mount a small disk: {}", ran.err);
    }
    ran.ended(74).told(&["cannot write"]);
    let kept = fs::read_to_string(kept).unwrap();
    let whole = kept.rfind('\n').map_or("", |end| &kept[..=end]);
    let cells = kept.lines().next().map_or(0, |header| header.split(',').count());
    assert!(whole.lines().count() > 1, "{whole}");
    assert!(whole.lines().skip(1).all(|line| line.split(',').count() == cells), "every finished row is whole");
}
