//! `agebench import`, then `agebench check`: the defects that published datasets are known for are found on fixtures that have them.

use std::fs;

use crate::check_datasets::{check, of};
use crate::import::{copy, fixture, import};
use crate::support::{run, text};

#[test]
fn malformed_names_of_utkface_and_its_pictures_with_two_ages_are_found() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("utkface");
    // Names without sex or race, with an empty or unknown one: the published ones that DATASETS lists.
    let left = import("utkface", &fixture("utkface"), &out).ended(0).out;
    assert!(left.contains("3: its name is not AGE_SEX_RACE_DATE: sex, race or date is missing"), "{left}");
    let left = fs::read_to_string(out.join("left-out.csv")).unwrap();
    for name in [
        "39_1_20170116174525125.jpg.chip.jpg",
        "61_1_20170109142408075.jpg.chip.jpg",
        "61_3_1_20170109150557335.jpg.chip.jpg",
        "53__0_20170116184028385.jpg",
    ] {
        assert!(left.contains(&format!("\n{name},,{name},")), "{left}");
    }
    let (code, rows) = check(&out, &[]);
    // The picture of ages 20 and 26: one limit of the default protocol lies between, 21.
    let twice: Vec<String> = rows
        .iter()
        .filter(|row| row["code"].starts_with("duplicate"))
        .map(|row| format!("{} {} {} {}", row["code"], row["row"], row["other_row"], row["text"]))
        .collect();
    assert_eq!(twice.len(), 1, "{twice:?}");
    assert!(
        twice[0].contains("9 7 the file has the same content as that of row 7, with another age: 20 and 26"),
        "{twice:?}"
    );
    assert!(twice[0].starts_with("duplicate_limit "), "{twice:?}");
    assert_eq!(code, 2);
    let without = of(&rows, "file_without_row");
    assert!(without.len() == 1 && without[0].contains("7 files have no row"), "{without:?}");
    assert_eq!(of(&rows, "label_kind"), ["  the ages are estimated: no row can support a claim"]);
    assert!(of(&rows, "subject_missing")[0].contains("no subject is known"));
    // Nothing tells which of the two ages is right: both go.
    let mended = place.path().join("mended.csv");
    run(&["check", text(&out), "--fix", "--out", text(&mended)]);
    let mended = fs::read_to_string(&mended).unwrap();
    assert!(!mended.contains("20_1_3_") && !mended.contains("26_1_3_") && mended.contains("17_1_2_"), "{mended}");
}

#[test]
fn subjects_of_morph_whose_sex_or_race_changes_from_booking_to_booking_are_found() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("morph2");
    import("morph2", &fixture("morph2"), &out)
        .ended(0)
        .told(&["morph_2008_nonCommercial.csv, row 6: says male, 31, where the photo's name says male, 30"]);
    let doubtful = fs::read_to_string(out.join("doubtful.csv")).unwrap();
    assert!(doubtful.starts_with("file,row,found\n"), "{doubtful}");
    assert!(
        doubtful.contains("morph_2008_nonCommercial.csv,6,\"says male, 31, where the photo's name says male, 30\"\n"),
        "{doubtful}"
    );
    // An import that replaces this one, and has no doubtful row, has no such file.
    run(&["import", "utkface", text(&fixture("utkface")), "--out", text(&out), "--replace"]).ended(0);
    assert!(!out.join("doubtful.csv").exists());
    run(&["import", "morph2", text(&fixture("morph2")), "--out", text(&out), "--replace"]).ended(0);
    let (code, rows) = check(&out, &[]);
    assert_eq!(code, 0, "warnings only: {rows:?}");
    assert_eq!(
        of(&rows, "subject_attribute_changes"),
        [
            "5 4 the subject `000002` has several levels: `male` in 1, `female` in 1 rows",
            "5 4 the subject `000002` has several levels: `white` in 1, `hispanic` in 1 rows"
        ]
    );
    let columns: Vec<&str> = rows
        .iter()
        .filter(|row| row["code"] == "subject_attribute_changes")
        .map(|row| row["column"].as_str())
        .collect();
    assert_eq!(columns, ["sex", "race"]);
}

#[test]
fn a_random_split_of_photos_instead_of_people_is_found_after_an_import() {
    // As most readers of MORPH II split it: 94 % of the people of the test are also trained on.
    let place = tempfile::tempdir().unwrap();
    let table = place.path().join("split.csv");
    fs::write(&table, "id,person,age,split\na,p1,17,train\nb,p1,18,test\nc,p2,30,train\nd,p2,31,train\n").unwrap();
    let out = place.path().join("out");
    import("csv", &table, &out).ended(0);
    let (_, rows) = check(&out, &[]);
    assert_eq!(
        of(&rows, "subject_in_splits"),
        ["3 2 the subject `p1` is in several splits: `train` in 1, `test` in 1 rows"]
    );
}

#[test]
fn a_word_for_a_sex_that_nobody_knows_is_told_with_how_often_it_stands_there() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    copy(&fixture("morph2"), &data);
    let file = data.join("morph_2008_nonCommercial.csv");
    let labels = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        labels.replace(",W,F,0,16", ",W,W,0,16").replace(",O,F,0,77", ",O,,0,77").replace(",B,M,1,55", ",B,X,1,55"),
    )
    .unwrap();
    let out = place.path().join("out");
    import("morph2", &data, &out)
        .ended(0)
        .told(&["the sex is neither `F` nor `M` in 2 rows, and is left empty: `W` in 1, `X` in 1"]);
    let manifest = fs::read_to_string(out.join("manifest.csv")).unwrap();
    assert_eq!(crate::support::column(&manifest, "sex"), ["male", "", "", "male", "male", ""]);
}

#[test]
fn label_files_that_are_passed_over_and_splits_that_are_not_there_are_told_of() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("fairface");
    copy(&fixture("fairface"), &data);
    fs::remove_file(data.join("fairface_label_train.csv")).unwrap();
    import("fairface", &data, &place.path().join("one"))
        .ended(0)
        .told(&["fairface_label_train.csv: is not there: the split is left out"]);
    let data = place.path().join("imdb");
    copy(&fixture("imdb-clean"), &data);
    fs::rename(data.join("imdb_test_new.csv"), data.join("imdb_test_new_1024.csv")).unwrap();
    fs::copy(data.join("imdb/03/x.jpg"), data.join("imdb/03/nm0000009_rm9.jpg")).unwrap();
    let ran = import("imdb-clean", &data, &place.path().join("two")).ended(0).told(&[
        "imdb_test_new.csv: is not there: the split is left out",
        "imdb_test_new_1024.csv: is passed over, for the files that end in `_new.csv`",
    ]);
    assert!(ran.out.contains("no row of the labels names it"), "{}", ran.out);
}

#[test]
fn a_name_that_is_not_ours_a_part_of_a_box_and_times_of_day_are_not_passed_over_in_silence() {
    let place = tempfile::tempdir().unwrap();
    let table = place.path().join("t.csv");
    let out = place.path().join("out");
    fs::write(&table, "id,who,birth_date,captured_on,x_min,y_min\na,p,2006-11-30,2024-11-30 12:30:45,1,2\nb,p,2006-11-30T00:00:00,2024-11-29,1,2\n").unwrap();
    run(&["import", "csv", text(&table), "--columns", "subject=who", "--out", text(&out)])
        .ended(2)
        .told(&["in a manifest that column is called `subject_id`", "write subject_id=who"]);
    run(&["import", "csv", text(&table), "--columns", "subject_id=who", "--out", text(&out)])
        .ended(0)
        .told(&["the column `x_min` is not carried", "the column `y_min` is not carried"]);
    let manifest = fs::read_to_string(out.join("manifest.csv")).unwrap();
    assert_eq!(
        manifest,
        "sample_id,subject_id,birth_date,captured_on\na,p,2006-11-30,2024-11-30\nb,p,2006-11-30,2024-11-29\n"
    );
}
