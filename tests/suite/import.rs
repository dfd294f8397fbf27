//! `agebench import`: every fixture, in its dataset's exact layout, against the manifest that was written for it by hand.

use std::fs;
use std::path::{Path, PathBuf};

use agebench::dataset::import::{IMPORTERS, Importer};
use agebench::dataset::{Dataset, DatasetCard, Pick};

use crate::support::{Ran, package, run, text};

/// The folder of a fixture.
pub fn fixture(name: &str) -> PathBuf {
    package().join("fixtures/import").join(name).join("data")
}

/// What must come of it.
fn expected(name: &str, file: &str) -> String {
    let path = package().join("fixtures/import").join(name).join("expected").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Imports `place` to `out` as `format`.
pub fn import(format: &str, place: &Path, out: &Path) -> Ran {
    run(&["import", format, text(place), "--out", text(out)])
}

/// Importers whose fixture is one file of its folder, and which.
fn place_of(name: &str) -> PathBuf {
    match name {
        "csv" => fixture(name).join("labels.csv"),
        "parquet" => fixture(name).join("labels.parquet"),
        _ => fixture(name),
    }
}

/// The importers that this build has.
fn importers() -> impl Iterator<Item = &'static Importer> {
    IMPORTERS.iter().copied().filter(|importer| importer.name != "parquet" || cfg!(feature = "parquet"))
}

#[test]
fn every_layout_becomes_the_manifest_that_was_written_for_it_by_hand() {
    let place = tempfile::tempdir().unwrap();
    for importer in importers() {
        let name = importer.name;
        let out = place.path().join(name);
        import(name, &place_of(name), &out).ended(0).told(&["manifest.csv", "agebench check"]);
        for file in ["manifest.csv", "left-out.csv"] {
            assert_eq!(fs::read_to_string(out.join(file)).unwrap(), expected(name, file), "{name}: {file}");
        }
        // What is written is a dataset, and every file of it is there.
        let dataset = Dataset::open(&out, &Pick::all()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for sample in dataset.samples().iter() {
            dataset.read_sample(&sample).unwrap_or_else(|error| panic!("{name}, {}: {error}", sample.sample_id));
        }
        let card = fs::read_to_string(out.join("dataset.toml")).unwrap();
        let card = DatasetCard::parse("dataset.toml", &card).unwrap();
        if !["csv", "parquet", "croissant", "frictionless"].contains(&name) {
            assert_eq!((card.label_kind, card.licence.as_str()), (importer.label_kind, importer.licence), "{name}");
            assert!(!card.licence.is_empty() && !card.source.is_empty(), "{name}");
        }
    }
}

#[test]
fn every_layout_is_told_from_its_folder_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    for importer in importers() {
        let name = importer.name;
        let out = place.path().join(name);
        let told = import("auto", &place_of(name), &out).ended(0).out;
        assert!(told.contains(&format!("(`{name}`), for ")), "{name}: {told}");
        assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), expected(name, "manifest.csv"), "{name}");
    }
}

#[test]
fn a_folder_above_or_below_is_answered_with_the_folder_to_give() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let above = place.path().join("download");
    copy(&fixture("fairface"), &above.join("FairFace"));
    for format in ["auto", "fairface"] {
        let given = text(&above.join("FairFace")).to_owned();
        import(format, &above, &out).ended(2).told(&["further down", &given]);
        let inner = above.join("FairFace/fairface-img-margin025-trainval/train");
        import(format, &inner, &out).ended(2).told(&["a part of FairFace", "give the folder above", &given]);
        let file = above.join("FairFace/fairface_label_val.csv");
        if format == "fairface" {
            import(format, &file, &out).ended(2).told(&["give the folder, ", &given]);
        }
    }
    assert!(!out.exists());
}

#[test]
fn a_folder_that_fits_several_layouts_or_none_is_answered_with_what_fits_and_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let (out, both) = (place.path().join("out"), place.path().join("both"));
    copy(&fixture("fairface"), &both);
    copy(&fixture("utkface"), &both.join("utk"));
    import("auto", &both, &out).ended(2).told(&[
        "fits several layouts",
        "`fairface`, for the label file",
        "`utkface`, for pictures",
    ]);
    import("utkface", &both, &out).ended(0);
    let none = place.path().join("none");
    fs::create_dir(&none).unwrap();
    fs::write(none.join("a.txt"), "x").unwrap();
    import("auto", &none, &out).ended(2);
    import("auto", &none, &place.path().join("out2"))
        .ended(2)
        .told(&["no layout that agebench knows", "list importers"]);
    import("utkfaces", &none, &place.path().join("out2"))
        .ended(2)
        .told(&["no importer `utkfaces`", "did you mean `utkface`?"]);
    import("utkface", &none, &place.path().join("out2"))
        .ended(2)
        .told(&["not laid out as UTKFace", "AGE_SEX_RACE_DATE"]);
}

#[test]
fn pictures_are_referenced_from_anywhere_and_where_they_lie_stays_at_home() {
    let place = tempfile::tempdir().unwrap();
    copy(&fixture("utkface"), &place.path().join("UTKFace"));
    // Relative as the user named both folders: they move together.
    let ran = crate::support::agebench()
        .current_dir(place.path())
        .args(["import", "utkface", "UTKFace", "--out", "cards/utk"])
        .output()
        .unwrap();
    Ran::of(ran).ended(0);
    let card = fs::read_to_string(place.path().join("cards/utk/dataset.toml")).unwrap();
    assert!(card.contains("files = \"../../UTKFace\""), "{card}");
    let method = place.path().join("method.toml");
    fs::write(&method, "name = \"d\"\nkind = \"declaration\"\nversion = \"1\"\n[declared]\nages = \"from_limit\"\ntable = [[-120, 0.5]]\n").unwrap();
    let results = place.path().join("results");
    let data = place.path().join("cards/utk");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&results)]).ended(0);
    let kept = fs::read_to_string(results.join("cards/dataset.toml")).unwrap();
    assert!(!kept.contains("files") && kept.contains("label_kind = \"estimated\""), "{kept}");
    run(&["verify", text(&results)]).ended(0);
    // No file of the run folder says where they lie.
    for entry in fs::read_dir(&results).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!content.contains("../../UTKFace"), "{}", path.display());
        }
    }
    import("csv", &data.join("manifest.csv"), &place.path().join("never")).ended(2).told(&[
        "is the manifest of dataset.toml",
        "its pictures lie in `../../UTKFace`",
        "--describe",
    ]);
    fs::rename(place.path().join("UTKFace"), place.path().join("elsewhere")).unwrap();
    run(&["check", text(&data)]).ended(2).told(&[]);
    let told = run(&["check", text(&data)]).out;
    assert!(told.contains("the folder of the files `../../UTKFace` cannot be used"), "{told}");
}

#[test]
fn an_import_is_written_anew_only_when_asked_and_other_files_are_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    import("fg-net", &fixture("fg-net"), &out).ended(0);
    import("fg-net", &fixture("fg-net"), &out).ended(2).told(&["is not empty", "--replace"]);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |name: &str| fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(["manifest.csv", "left-out.csv"].map(mode), [0o600; 2], "they are about people");
    // What lay there open to others does not stay so.
    fs::set_permissions(out.join("manifest.csv"), fs::Permissions::from_mode(0o644)).unwrap();
    let again = ["import", "fg-net", text(&fixture("fg-net")), "--out", text(&out), "--replace"].map(str::to_owned);
    run(&again.iter().map(String::as_str).collect::<Vec<_>>()).ended(0);
    assert_eq!(mode("manifest.csv"), 0o600);
    fs::write(out.join("mine.txt"), "x").unwrap();
    run(&again.iter().map(String::as_str).collect::<Vec<_>>()).ended(2).told(&["holds `mine.txt`", "no others"]);
}

#[test]
fn a_manifest_is_described_for_other_tools_and_read_back_from_what_they_read() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let data = fixture("csv");
    let said = ["--label-kind", "apparent", "--describe", "croissant,frictionless"];
    run(&[&["import", "csv", text(&data.join("labels.csv")), "--out", text(&out)][..], &said].concat()).ended(0);
    let manifest = fs::read_to_string(out.join("manifest.csv")).unwrap();
    for (format, file) in [("croissant", "croissant.json"), ("frictionless", "datapackage.json")] {
        // The description and its table, above the pictures.
        let moved = place.path().join(format);
        copy(&data.join("faces"), &moved.join("faces"));
        fs::write(moved.join("manifest.csv"), &manifest).unwrap();
        fs::copy(out.join(file), moved.join(file)).unwrap();
        let again = place.path().join(format!("{format}-again"));
        import(format, &moved, &again).ended(0);
        assert_eq!(fs::read_to_string(again.join("manifest.csv")).unwrap(), manifest, "{format}");
        let card = fs::read_to_string(again.join("dataset.toml")).unwrap();
        assert!(card.contains("label_kind = \"apparent\"") && card.contains("name = \"labels\""), "{card}");
        // Another table than the one that was described.
        fs::write(moved.join("manifest.csv"), manifest.replace("South", "North")).unwrap();
        import(format, &moved, &place.path().join("never")).ended(2).told(&["the sha-256", "it has"]);
        let about = fs::read_to_string(moved.join(file)).unwrap();
        fs::write(moved.join(file), about.replace("\"manifest.csv\"", "\"../manifest.csv\"")).unwrap();
        import(format, &moved, &place.path().join("never")).ended(2).told(&["leads out of the dataset's folder"]);
        fs::write(moved.join(file), about.replace("\"manifest.csv\"", "\"https://example.com/manifest.csv\"")).unwrap();
        import(format, &moved, &place.path().join("never")).ended(2);
        fs::write(moved.join(file), &about[..about.len() / 2]).unwrap();
        import(format, &moved, &place.path().join("never")).ended(2);
    }
    assert!(!place.path().join("never").exists());
}

#[test]
fn the_other_ages_of_a_dataset_are_read_when_asked_and_the_card_says_so() {
    let place = tempfile::tempdir().unwrap();
    for (name, which, ages, words) in [
        (
            "appa-real",
            "apparent",
            &["5.0556", "18.3684", "79.975", "24.25", "54.2821", "12.5"][..],
            "label_kind = \"apparent\"",
        ),
        ("cacd2000", "published", &["14", "18", "40", "62"], "age_precision = \"year\""),
        ("imdb-wiki", "published", &["29", "18", "17"], "age_precision = \"year\""),
    ] {
        let out = place.path().join(name);
        run(&["import", name, text(&fixture(name)), "--out", text(&out), "--ages", which]).ended(0);
        let manifest = fs::read_to_string(out.join("manifest.csv")).unwrap();
        assert_eq!(crate::support::column(&manifest, "age"), ages, "{name}");
        let card = fs::read_to_string(out.join("dataset.toml")).unwrap();
        assert!(card.contains(words), "{card}");
        Dataset::open(&out, &Pick::all()).unwrap();
        let other = if which == "apparent" { "published" } else { "apparent" };
        let never = place.path().join("never");
        run(&["import", name, text(&fixture(name)), "--out", text(&never), "--ages", other]).ended(2).told(&["--ages"]);
    }
    let never = place.path().join("never");
    let told = ["no use for --ages", "appa-real, cacd2000, imdb-wiki"];
    run(&["import", "fg-net", text(&fixture("fg-net")), "--out", text(&never), "--ages", "published"])
        .ended(2)
        .told(&told);
}

#[test]
fn importers_are_listed_and_documented() {
    let listed: serde_json::Value =
        serde_json::from_str(&run(&["list", "importers", "--format", "json"]).ended(0).out).unwrap();
    let listed: Vec<&str> = listed.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(listed, IMPORTERS.iter().map(|importer| importer.name).collect::<Vec<_>>());
    let page = fs::read_to_string(package().join("docs/import.md")).unwrap();
    for importer in IMPORTERS {
        assert!(page.contains(&format!("| `{}` |", importer.name)), "docs/import.md has no row for {}", importer.name);
        assert!(package().join("fixtures/import").join(importer.name).is_dir(), "{}", importer.name);
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
