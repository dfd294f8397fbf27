//! `agebench import csv`: what a cell of any table becomes, so that nobody is lost, made twice or taken for another.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check_datasets::{check, of};
use crate::import::import;
use crate::support::{Ran, run, text};

/// Imports the CSV file `table` with `more` flags, and gives what was said and the folder that was written.
fn imported(place: &Path, table: &str, more: &[&str]) -> (Ran, PathBuf) {
    let (file, out) = (place.join("table.csv"), place.join("out"));
    fs::write(&file, table).unwrap();
    let command = ["import", "csv", text(&file), "--out", text(&out), "--replace"];
    (run(&[&command[..], more].concat()), out)
}

/// What was written by an import that went well.
fn manifest(place: &Path, table: &str, more: &[&str]) -> String {
    let (ran, out) = imported(place, table, more);
    ran.ended(0);
    fs::read_to_string(out.join("manifest.csv")).unwrap()
}

#[test]
fn attacks_of_a_table_stay_attacks_and_count_as_no_people() {
    let place = tempfile::tempdir().unwrap();
    let table = "sample_id,subject_id,age,captured_on,status,species\n\
        a,p,17,2024-11-29,x,\nb,q,30,2024-11-29,x,\nc,r,40,2024-11-29,x,silicone mask\n";
    let (ran, out) = imported(place.path(), table, &[]);
    ran.ended(0);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), table);
    assert!(fs::read_to_string(out.join("dataset.toml")).unwrap().contains("attack_species = \"species\"\n"));
    let (_, rows) = check(&out, &[]);
    assert_eq!(of(&rows, "species_not_named"), Vec::<String>::new());
    // A column of another name, which the user says.
    let table = "id,age,kind\na,17,\nb,30,mask\n";
    let (ran, out) = imported(place.path(), table, &["--columns", "species=kind"]);
    ran.ended(0);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), "sample_id,age,species\na,17,\nb,30,mask\n");
    assert!(fs::read_to_string(out.join("dataset.toml")).unwrap().contains("attack_species = \"species\"\n"));
}

#[test]
fn a_manifest_that_is_imported_and_described_has_the_attacks_that_its_card_names() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("faces");
    fs::create_dir(&folder).unwrap();
    let manifest = "sample_id,age,kind\na,17,\nb,30,mask\n";
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"x\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nattack_species = \"kind\"\n";
    fs::write(folder.join("dataset.toml"), card).unwrap();
    let out = place.path().join("out");
    let describe = ["--describe", "croissant,frictionless", "--out", text(&out)];
    run(&[&["import", "csv", text(&folder.join("manifest.csv"))][..], &describe].concat()).ended(0);
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), manifest);
    assert!(fs::read_to_string(out.join("dataset.toml")).unwrap().contains("attack_species = \"kind\"\n"));
    for (format, file) in [("croissant", "croissant.json"), ("frictionless", "datapackage.json")] {
        let moved = place.path().join(format);
        fs::create_dir(&moved).unwrap();
        fs::copy(out.join("manifest.csv"), moved.join("manifest.csv")).unwrap();
        fs::copy(out.join(file), moved.join(file)).unwrap();
        let again = place.path().join(format!("{format}-again"));
        import(format, &moved, &again).ended(0);
        assert!(fs::read_to_string(again.join("dataset.toml")).unwrap().contains("attack_species = \"kind\"\n"));
        let about = fs::read_to_string(moved.join(file)).unwrap();
        fs::write(moved.join(file), about.replace("\"attack_species\": \"kind\"", "\"attack_species\": \"sort\""))
            .unwrap();
        import(format, &moved, &place.path().join("never")).ended(2).told(&["`sort` as the species of attacks"]);
    }
}

#[test]
fn a_second_kind_of_ages_is_an_error_unless_it_is_empty_or_has_another_name() {
    let place = tempfile::tempdir().unwrap();
    let table = "id,age,birth_date,captured_on\na,17,2006-11-30,2024-11-29\nb,30,,\n";
    let (ran, _) = imported(place.path(), table, &[]);
    ran.ended(2).told(&["row 2: the column `birth_date` says the age once more", "--columns stated_age=age"]);
    let with_dates = manifest(place.path(), table, &["--columns", "stated_age=age"]);
    assert_eq!(with_dates, "sample_id,stated_age,birth_date,captured_on\na,17,2006-11-30,2024-11-29\nb,30,,\n");
    let empty = manifest(place.path(), "id,age,birth_date\na,17,\n", &[]);
    assert_eq!(empty, "sample_id,age\na,17\n");
}

#[test]
fn dates_that_count_as_years_or_months_keep_everybody_and_not_those_photographed_on_their_birthday() {
    let place = tempfile::tempdir().unwrap();
    let table =
        "sample_id,birth_date,captured_on\na,2006-11-30,2024-11-29\nb,2006-11-30,2024-11-30\nc,2006-02-03,2024-11-30\n";
    for precision in ["year", "month", "day"] {
        let (ran, out) = imported(place.path(), table, &["--age-precision", precision, "--describe", "croissant"]);
        ran.ended(0);
        assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), table, "{precision}");
        // The description says the precision itself.
        let again = place.path().join(format!("again-{precision}"));
        import("croissant", &out.join("croissant.json"), &again).ended(0);
        assert_eq!(fs::read_to_string(again.join("manifest.csv")).unwrap(), table, "{precision}");
        let card = fs::read_to_string(again.join("dataset.toml")).unwrap();
        assert!(card.contains(&format!("age_precision = \"{precision}\"")), "{card}");
    }
}

#[test]
fn words_for_unknown_join_no_strangers_into_one_person_or_group() {
    let place = tempfile::tempdir().unwrap();
    let table = "id,person,cluster_id,age,split,gender,race,note\n\
        a,None,-1,17,none,unknown,NA,None\nb,nan,x,18,test,female,x,-1\nc,-1,x,19,,,,\n";
    let (ran, out) = imported(place.path(), table, &[]);
    ran.ended(0).told(&["the column `person` holds a word for unknown in 3 rows, such as `None`: left empty"]);
    let expected = "sample_id,subject_id,age,split,cluster_id,sex,race,note\n\
        a,,17,,,,,None\nb,,18,test,x,female,x,-1\nc,,19,,x,,,\n";
    assert_eq!(fs::read_to_string(out.join("manifest.csv")).unwrap(), expected);
}

#[test]
fn decimal_commas_are_an_error_of_the_file_and_no_bands() {
    let place = tempfile::tempdir().unwrap();
    let (ran, out) = imported(place.path(), "id,age\na,\"17,25\"\nb,\"16,5\"\n", &[]);
    ran.ended(2).told(&["row 2, column `age`: `17,25` has a decimal comma, or is a band", "decimal points"]);
    assert!(!out.exists());
    let bands = manifest(place.path(), "id,age\na,\"(17,25)\"\nb,\"17, 25\"\n", &[]);
    assert_eq!(bands, "sample_id,age_low,age_high\na,17,26\nb,17,26\n");
}

#[test]
fn an_age_beside_bands_is_the_band_of_its_completed_year() {
    let place = tempfile::tempdir().unwrap();
    let bands = manifest(place.path(), "id,age\na,60+\nb,17.4\nc,17\n", &[]);
    assert_eq!(bands, "sample_id,age_low,age_high\na,60,121\nb,17,18\nc,17,18\n");
    for table in ["id,age\na,60+\nb,17\n", "id,age_low,age_high\na,60,121\nb,17,18\n"] {
        for precision in ["day", "month", "year"] {
            let (ran, _) = imported(place.path(), table, &["--age-precision", precision]);
            ran.ended(2).told(&[&format!("its ages are bands: they cannot be known to the {precision}")]);
        }
        manifest(place.path(), table, &["--age-precision", "band"]);
    }
}

#[test]
fn what_is_left_out_for_its_age_is_left_out_for_the_true_reason() {
    let place = tempfile::tempdir().unwrap();
    let (ran, _) = imported(place.path(), "id,age_low,age_high\na,25,25\nb,25,26\n", &[]);
    let ran = ran.ended(0);
    assert!(ran.out.contains("1: its band holds no age: the upper end is the first age"), "{}", ran.out);
    let (ran, _) = imported(place.path(), "id,age\na,17.4\nb,18\n", &["--age-precision", "year"]);
    let ran = ran.ended(0);
    assert!(ran.out.contains("1: its age is no whole number of years"), "{}", ran.out);
}

#[test]
fn names_of_columns_may_have_spaces_hyphens_and_any_case() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("a.jpg"), "x").unwrap();
    let (ran, out) = imported(place.path(), "Image Name,Age,Gender,Person-ID\na.jpg,17,m,p\n", &[]);
    assert!(!ran.err.contains("no column holds the pictures"), "{}", ran.err);
    ran.ended(0);
    let written = fs::read_to_string(out.join("manifest.csv")).unwrap();
    assert_eq!(written, "sample_id,path,subject_id,age,sex\na.jpg,a.jpg,p,17,m\n");
}

#[test]
fn a_table_without_pictures_is_told_at_import_and_by_check() {
    let place = tempfile::tempdir().unwrap();
    let (ran, out) = imported(place.path(), "id,face shot,age\na,a.jpg,17\nb,b.jpg,30\n", &[]);
    ran.ended(0).told(&["no column holds the pictures", "--columns path=NAME"]);
    let (code, rows) = check(&out, &[]);
    assert_eq!(code, 0, "recorded answers need no pictures");
    assert_eq!(of(&rows, "no_files"), ["  no row names a file: methods that read pictures will fail on every sample"]);
}

#[test]
fn a_table_of_which_nothing_is_left_is_told_why_with_examples() {
    let place = tempfile::tempdir().unwrap();
    let (ran, out) = imported(place.path(), "id,age\na,17 years\nb,18y\nc,~20\nd,20s\n", &[]);
    ran.ended(2).told(&[
        "holds no sample that can be imported",
        "4: its age cannot be read",
        "table.csv, row 2: `17 years`",
        "table.csv, row 4: `~20`",
        "ages are numbers such as 17",
    ]);
    assert!(!out.exists());
}

#[test]
fn a_date_of_birth_in_the_place_of_an_age_is_told_what_to_say() {
    let place = tempfile::tempdir().unwrap();
    imported(place.path(), "id,age\na,1990-01-01\n", &[]).0.ended(2).told(&[
        "`1990-01-01` is a date of birth, or a date that a spreadsheet made of the ages 1-1",
        "--columns birth_date=NAME",
    ]);
    let short = imported(place.path(), "id,age\na,9-Mar\n", &[]).0.ended(2);
    assert!(!short.err.contains("birth"), "{}", short.err);
}
