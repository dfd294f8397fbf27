//! Label files and folders that were damaged on their way: what `agebench import` says, and that it writes nothing then.

use std::fs;
use std::path::Path;

use crate::import::{copy, fixture, import};
use crate::support::{run, text};

/// FairFace whose training labels are `labels`, imported.
fn with_labels(labels: &[u8], parts: &[&str]) {
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    copy(&fixture("fairface"), &data);
    fs::write(data.join("fairface_label_train.csv"), labels).unwrap();
    import("fairface", &data, &out).ended(2).told(&["cannot import", "fairface_label_train.csv"]).told(parts);
    assert!(!out.exists(), "something was written");
}

const HEADER: &str = "file,age,gender,race,service_test\n";

#[test]
fn a_date_that_a_spreadsheet_made_of_a_band_is_an_error_and_no_loss_of_minors() {
    for (cell, band) in [
        ("9-Mar", "3-9"),
        ("19-Oct", "10-19"),
        ("19-October", "10-19"),
        ("Mar-09", "3-9"),
        ("2021-03-09 00:00:00", "3-9"),
        ("19/10/2021", "10-19"),
        ("09-03", "3-9"),
    ] {
        let labels = format!("{HEADER}train/1.jpg,50-59,Male,White,True\ntrain/2.jpg,{cell},Male,White,True\n");
        let said = format!("row 3, column `age`: `{cell}` is a date that a spreadsheet made of the ages {band}");
        with_labels(labels.as_bytes(), &[&said, "as it was published"]);
    }
}

#[test]
fn other_encodings_are_named_with_the_remedy() {
    let labels = format!("{HEADER}train/1.jpg,50-59,Male,White,True\n");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(labels.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    with_labels(&utf16, &["utf-16", "CSV UTF-8"]);
    let latin = [HEADER.as_bytes(), b"train/1.jpg,50-59,Male,M\xe9tis,True\n"].concat();
    with_labels(&latin, &["row 2", "utf-8"]);
    with_labels(labels.replace(',', ";").as_bytes(), &["semicolons"]);
}

#[test]
fn a_row_with_too_few_cells_and_a_missing_column_are_errors() {
    with_labels(format!("{HEADER}train/1.jpg,50-59\n").as_bytes(), &["row 2"]);
    with_labels(b"file,age,sex,race,service_test\ntrain/1.jpg,50-59,Male,White,True\n", &["`gender` is missing"]);
    with_labels(b"", &["empty"]);
}

#[test]
fn an_archive_in_place_of_the_folder_is_told_to_be_unpacked() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    for (name, magic, what) in [
        ("a.zip", &b"PK\x03\x04rest"[..], "a zip archive"),
        ("a.tar.gz", b"\x1f\x8b\x08rest", "a gzip archive"),
        ("a.tar", b"x", "a tar archive"),
    ] {
        fs::write(place.path().join(name), magic).unwrap();
        for format in ["auto", "utkface", "csv"] {
            import(format, &place.path().join(name), &out).ended(2).told(&[what, "unpack it"]);
        }
    }
    let only = place.path().join("only");
    fs::create_dir(&only).unwrap();
    fs::write(only.join("UTKFace.zip"), "PK").unwrap();
    import("utkface", &only, &out).ended(2).told(&["unpack `UTKFace.zip` first"]);
    import("utkface", &place.path().join("gone"), &out).ended(2).told(&["cannot read", "unpacked"]);
}

#[cfg(unix)]
#[test]
fn a_file_name_in_latin_1_and_a_link_to_a_folder_are_left_out_with_the_reason() {
    use std::os::unix::ffi::OsStrExt;
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    copy(&fixture("utkface"), &data);
    let name = std::ffi::OsStr::from_bytes(b"30_0_0_2017\xe9.jpg");
    if fs::copy(data.join("cover.jpg"), data.join(name)).is_err() {
        println!("skipped: this file system takes no such name");
        return;
    }
    std::os::unix::fs::symlink(fixture("fg-net"), data.join("linked")).unwrap();
    let told = import("utkface", &data, &out).ended(0).out;
    let left = fs::read_to_string(out.join("left-out.csv")).unwrap();
    assert!(left.contains("30_0_0_2017\u{fffd}.jpg,,30_0_0_2017\u{fffd}.jpg,the name is not utf-8"), "{left}");
    assert!(left.contains("linked,,linked,a symbolic link to a folder is not followed"), "{left}");
    assert!(told.contains("the name is not utf-8"), "{told}");
}

#[test]
fn copies_of_a_dataset_within_its_folder_are_not_read_twice() {
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    copy(&fixture("utkface"), &data.join("UTKFace"));
    copy(&fixture("utkface"), &data.join("crop_part1"));
    import("utkface", &data, &out).ended(2).told(&["`./UTKFace` and `./crop_part1`", "--images"]);
    run(&["import", "utkface", text(&data), "--images", "crop_part1", "--out", text(&out)]).ended(0);
    let rows = |out: &Path| fs::read_to_string(out.join("manifest.csv")).unwrap();
    assert!(rows(&out).lines().skip(1).all(|row| row.starts_with("crop_part1/")));
    // The pictures in the wild come in three parts, which belong together.
    let wild = place.path().join("wild");
    copy(&fixture("utkface"), &wild.join("part1"));
    copy(&fixture("utkface"), &wild.join("part3"));
    import("utkface", &wild, &place.path().join("wild-out")).ended(0);
    assert_eq!(rows(&place.path().join("wild-out")).lines().count(), 17);
}

#[test]
fn a_table_is_read_by_its_usual_names_or_as_the_user_says() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let table = place.path().join("t.csv");
    fs::write(&table, "who,years\na,17\nb,40\n").unwrap();
    import("csv", &table, &out).ended(2).told(&["no column holds the age", "`who` and `years`", "--columns age=NAME"]);
    let said = ["import", "csv", text(&table), "--out", text(&out), "--columns"];
    run(&[&said[..], &["age=year"]].concat()).ended(2).told(&["no such column", "did you mean `years`?"]);
    run(&[&said[..], &["age=years,sample_id=who"]].concat()).ended(0).told(&["written as `estimated`", "--label-kind"]);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), "sample_id,age\na,17\nb,40\n");
    let again = [&said[..], &["age=years,sample_id=who", "--label-kind", "declared", "--replace"]].concat();
    run(&again).ended(0);
    let card = fs::read_to_string(out.join("dataset.toml")).unwrap();
    assert!(card.contains("label_kind = \"declared\"") && card.contains("age_precision = \"year\""), "{card}");
    fs::write(&table, "id,birth_date,captured_on\na,2006-11-30,2024-11-29\nb,2006-11-30,2001-01-01\n").unwrap();
    let told = run(&["import", "csv", text(&table), "--out", text(&out), "--replace"]).ended(0).out;
    assert!(told.contains("its dates are no dates such as 2006-11-30, or run backwards"), "{told}");
    let manifest = fs::read_to_string(out.join("manifest.csv")).unwrap();
    assert_eq!(manifest, "sample_id,birth_date,captured_on\na,2006-11-30,2024-11-29\n");
}

#[test]
fn lists_of_different_lengths_and_damaged_matlab_and_json_files_are_errors() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let damaged = |name: &str, file: &str, content: &[u8]| {
        let data = place.path().join(name);
        let _ = fs::remove_dir_all(&data);
        copy(&fixture(name), &data);
        fs::write(data.join(file), content).unwrap();
        import(name, &data, &out).ended(2)
    };
    damaged("megaage-asian", "list/train_age.txt", b"0\n17\n").told(&["2 lines where list/train_name.txt has 4"]);
    damaged("megaage-asian", "list/train_age.txt", b"0\n17\n\xff\n4\n").told(&["not utf-8"]);
    let whole = fs::read(fixture("imdb-wiki").join("imdb.mat")).unwrap();
    damaged("imdb-wiki", "imdb.mat", &whole[..whole.len() - 100]).told(&["imdb.mat", "breaks off"]);
    damaged("imdb-wiki", "imdb.mat", b"\x89HDF").told(&["shorter than the header"]);
    let newer = [&b"MATLAB 7.3 MAT-file"[..], &[b' '; 200]].concat();
    damaged("imdb-wiki", "imdb.mat", &newer).told(&["HDF5", "-v7"]);
    let other = fs::read(fixture("cacd2000").join("celebrity2000_meta.mat")).unwrap();
    damaged("imdb-wiki", "imdb.mat", &other).told(&["no variable `imdb`", "`celebrityImageData`"]);
    damaged("casual-conversations-v2", "CasualConversationsV2.json", b"[{\"age\": 3}]")
        .told(&["entry 1 has no `subject_id`"]);
    damaged("casual-conversations-v2", "CasualConversationsV2.json", b"[").told(&["not json"]);
    damaged("adience", "fold_0_data.txt", b"user_id,original_image\n").told(&["fold_0_data.txt", "missing"]);
    assert!(!out.exists());
}

#[test]
fn descriptions_without_a_bottom_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    for (format, file, begin, level) in [
        ("croissant", "croissant.json", "{\"recordSet\":", "["),
        ("croissant", "croissant.json", "", "{\"recordSet\":"),
        ("frictionless", "datapackage.json", "{\"resources\":", "["),
        ("casual-conversations-v2", "CasualConversationsV2.json", "", "["),
    ] {
        let data = place.path().join("deep");
        let _ = fs::remove_dir_all(&data);
        copy(&fixture(format), &data);
        let deep = [begin, &level.repeat(100_000), "1"].concat();
        fs::write(data.join(file), deep).unwrap();
        // As the layout of the folder, and as the file that was meant.
        for from in [data.clone(), data.join(file)] {
            let ran = import(format, &from, &out).ended(2).told(&[file]);
            // A description may be named itself; of another layout the folder is meant.
            let is_meant = from == data || !format.starts_with("casual");
            assert_eq!(ran.err.contains("not json"), is_meant, "{format}: {}", ran.err);
            assert!(!ran.err.contains("panicked"), "{format}: {}", ran.err);
            assert!(ran.err.len() < 4096 && !out.exists(), "{format}: {}", ran.err);
        }
    }
}
