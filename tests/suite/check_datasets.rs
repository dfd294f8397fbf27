//! `agebench check DATASET`: a small dataset for each defect, what it is told, and that a sound one is left in peace.

use std::fs;
use std::path::Path;

use image::{DynamicImage, ImageFormat, RgbImage};
use tempfile::TempDir;

use crate::support::{package, run};

const CARD: &str = "name = \"small\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nlicence = \"x\"\nconsent = \"x\"\nsource = \"x\"\n";

/// A dataset; `files` are (name, content).
pub fn dataset(card: &str, manifest: &str, files: &[(&str, Vec<u8>)]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("dataset.toml"), format!("{CARD}{card}")).unwrap();
    fs::write(place.path().join("manifest.csv"), manifest).unwrap();
    for (name, content) in files {
        let file = place.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    place
}

/// A row of `check --format csv`, by column.
pub type Found = std::collections::BTreeMap<String, String>;

/// The exit code and the rows of a check.
pub fn check(place: &Path, more: &[&str]) -> (i32, Vec<Found>) {
    let arguments = [&["check", place.to_str().unwrap(), "--format", "csv"], more].concat();
    let ran = run(&arguments);
    let mut rows = csv::Reader::from_reader(ran.out.as_bytes());
    let header = rows.headers().unwrap().clone();
    let of_row = |row: csv::StringRecord| header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect();
    (ran.code, rows.records().map(|row| of_row(row.unwrap())).collect())
}

/// The rows of a kind: `row other_row text`.
pub fn of(rows: &[Found], code: &str) -> Vec<String> {
    let of_kind = rows.iter().filter(|row| row["code"] == code && row["severity"] != "left_out");
    of_kind.map(|row| format!("{} {} {}", row["row"], row["other_row"], row["text"])).collect()
}

pub fn face(number: u32) -> RgbImage {
    let file = package().join(format!("fixtures/faces/images/s{number:04}.jpg"));
    image::open(file).unwrap().to_rgb8()
}

pub fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn half(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let small =
        DynamicImage::from(picture.clone()).resize_exact(width / 2, height / 2, image::imageops::FilterType::Triangle);
    encoded(&small.to_rgb8(), ImageFormat::Jpeg)
}

#[test]
fn copies_are_told_by_what_their_rows_say_differently() {
    let jpeg = |number| encoded(&face(number), ImageFormat::Jpeg);
    let manifest = "sample_id,subject_id,age,split,path\n\
        a,p,17,test,a.jpg\nb,p,17,test,b.jpg\nc,p,18,test,c.jpg\nd,q,17,train,d.jpg\n\
        e,r,30,test,e.jpg\nf,r,31,test,f.png\ng,s,40,test,g.jpg\nh,s,40,train,h.jpg\n\
        i,t,12,test,i.jpg\nj,u,12,test,j.jpg\nk,v,12,test,k.jpg\nl,v,14,test,l.jpg\n";
    let files = [
        ("a.jpg", jpeg(1)),
        ("b.jpg", jpeg(1)),
        ("c.jpg", jpeg(1)),
        ("d.jpg", jpeg(1)),
        ("e.jpg", jpeg(2)),
        ("f.png", encoded(&face(2), ImageFormat::Png)),
        ("g.jpg", jpeg(3)),
        ("h.jpg", half(&face(3))),
        ("i.jpg", jpeg(4)),
        ("j.jpg", half(&face(4))),
        ("k.jpg", jpeg(5)),
        ("l.jpg", half(&face(5))),
    ];
    let place = dataset("", manifest, &files);
    let (code, rows) = check(place.path(), &[]);
    assert_eq!(code, 2, "one photo on both sides of a limit is an error");
    assert_eq!(of(&rows, "duplicate"), ["3 2 the file has the same content as that of row 2"]);
    assert_eq!(
        of(&rows, "duplicate_limit"),
        ["4 2 the file has the same content as that of row 2, with another age: 17 and 18, on both sides of limit 18"]
    );
    assert_eq!(
        of(&rows, "duplicate_split"),
        ["5 2 the file has the same content as that of row 2, in another split: `test` and `train`"]
    );
    assert_eq!(
        of(&rows, "duplicate_subject"),
        ["5 2 the file has the same content as that of row 2, of another subject: `p` and `q`"]
    );
    let begins = |code: &str, beginning: &str, more: &str| {
        let found = of(&rows, code);
        assert!(matches!(&found[..], [one] if one.starts_with(beginning) && one.ends_with(more)), "{code}: {found:?}");
    };
    begins("near_duplicate_age", "7 6 the picture looks like that of row 6 (", "apart), with another age: 30 and 31");
    begins("near_duplicate_split", "9 8 the picture", ", in another split: `test` and `train`");
    begins("near_duplicate_subject", "11 10 the picture", ", of another subject: `t` and `u`");
    begins("near_duplicate_limit", "13 12 the picture", ", with another age: 12 and 14, on both sides of limit 13");
    assert_eq!(of(&rows, "near_duplicate"), Vec::<String>::new());
}

#[test]
fn two_faces_of_one_photo_are_no_duplicates_and_one_face_in_two_sizes_is() {
    let photo = face(6);
    let manifest = "sample_id,subject_id,age,path,x0,y0,x1,y1\n\
        a,p,17,a.jpg,5,5,60,60\nb,q,40,a.jpg,70,70,150,150\nc,q,17,c.jpg,35,35,75,75\nd,p,17,c.jpg,3,3,29,30\n";
    let place = dataset("", manifest, &[("a.jpg", encoded(&photo, ImageFormat::Jpeg)), ("c.jpg", half(&photo))]);
    let (_, rows) = check(place.path(), &[]);
    let near = |code: &str| of(&rows, code).iter().map(|text| text[..4].trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(near("near_duplicate_limit"), ["4 3"]);
    assert_eq!(near("near_duplicate"), ["5 2"]);
    assert!(rows.iter().all(|row| !row["code"].starts_with("duplicate")));
}

#[test]
fn drawn_faces_have_no_duplicates_and_all_their_pictures_are_sound() {
    let (code, rows) = check(&package().join("fixtures/faces"), &[]);
    assert_eq!(code, 0);
    // Blank pictures show a wall: they may look alike.
    for row in rows.iter().filter(|row| row["code"].contains("duplicate") || row["code"].contains("picture")) {
        let manifest = fs::read_to_string(package().join("fixtures/faces/manifest.csv")).unwrap();
        let line = manifest.lines().nth(row["row"].parse::<usize>().unwrap() - 1).unwrap();
        assert!(line.contains(",blank,"), "{row:?}: {line}");
    }
    assert_eq!(of(&rows, "subject_attribute_changes"), Vec::<String>::new());
    assert!(!rows.iter().any(|row| row["severity"] == "error"));
}

#[test]
fn people_who_change_sex_race_or_split_are_named() {
    // As in MORPH II: booked twice, with another sex or race.
    let manifest = "sample_id,subject_id,age,sex,race,split\n\
        a,009055,54,m,black,train\nb,009055,55,f,black,train\nc,009055,55,m,,train\n\
        d,010001,20,f,white,train\ne,010001,21,f,hispanic,test\nf,010002,30,f,white,test\n";
    let place = dataset("groups = [\"sex\", \"race\"]\n", manifest, &[]);
    let (code, rows) = check(place.path(), &[]);
    assert_eq!(code, 0, "warnings only");
    assert_eq!(
        of(&rows, "subject_attribute_changes"),
        [
            "3 2 the subject `009055` has several levels: `m` in 2, `f` in 1 rows",
            "6 5 the subject `010001` has several levels: `white` in 1, `hispanic` in 1 rows"
        ]
    );
    assert_eq!(
        of(&rows, "subject_in_splits"),
        ["6 5 the subject `010001` is in several splits: `train` in 1, `test` in 1 rows"]
    );
    assert_eq!(of(&rows, "group_unknown"), ["  1 of 6 samples have no race"]);
}

#[test]
fn births_that_cannot_all_be_true_are_named() {
    let dates = "sample_id,subject_id,birth_date,captured_on\n\
        a,p,1990-05-01,2010-01-01\nb,p,1990-05-01,2012-01-01\nc,q,1980-01-01,2010-01-01\nd,q,1981-01-01,2010-01-01\n";
    let (_, rows) = check(dataset("", dates, &[]).path(), &[]);
    assert_eq!(
        of(&rows, "subject_birth_changes"),
        ["5 4 the subject `q` was born on 1981-01-01 here, and on 1980-01-01 in row 4"]
    );
    // p: 19 on 1 January 2010 is a birth from 2 January 1990 to 1 January 1991, 22 two years later one to 1 January 1990.
    let ages = "sample_id,subject_id,age,captured_on\n\
        a,p,19,2010-01-01\nb,p,22,2012-01-05\nc,q,19,2010-01-01\nd,q,20,2010-06-01\ne,q,21,2011-12-31\n\
        f,r,30,2000-03-01\ng,r,20,2005-03-01\n";
    let (_, rows) = check(dataset("", ages, &[]).path(), &[]);
    let found = of(&rows, "subject_ages_disagree");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("8 7 the subject `r` was born on 1984-03-01 or later by row 8"), "{found:?}");
}

#[test]
fn rounded_ages_spikes_and_whole_years_that_claim_days_are_told() {
    // UTKFace's two: age 1 far too often, and fives.
    let rows = |of: &dyn Fn(u32) -> u32| -> String {
        let lines = (0..80).flat_map(|age| (0..of(age)).map(move |at| format!("s{age}-{at},{age}\n")));
        format!("sample_id,age\n{}", lines.collect::<String>())
    };
    let heaped = rows(&|age| {
        if age == 1 {
            200
        } else if age % 5 == 0 {
            40
        } else {
            20
        }
    });
    let (_, found) = check(dataset("age_precision = \"day\"\n", &heaped, &[]).path(), &[]);
    // 8 round years of 40 among 40 years: 320 of 960, a third instead of a fifth: 166.7.
    let heap = of(&found, "ages_heap");
    assert!(heap.len() == 1 && heap[0].contains("index is 167 (320 of 960 samples"), "{heap:?}");
    // Ages 0, 2 and 3 have 40, 20 and 20.
    assert_eq!(of(&found, "age_spike"), ["  200 samples of age 1, and 27 of each of the years around it on average"]);
    assert_eq!(of(&found, "precision_overstated").len(), 1);
    let even = rows(&|_| 20);
    let (_, found) = check(dataset("", &even, &[]).path(), &[]);
    for code in ["ages_heap", "age_spike", "precision_overstated"] {
        assert_eq!(of(&found, code), Vec::<String>::new());
    }
}

#[test]
fn unreadable_tiny_and_boxless_pictures_are_told_apart() {
    let picture = encoded(&face(7), ImageFormat::Jpeg);
    let small = DynamicImage::from(face(8)).resize_exact(40, 20, image::imageops::FilterType::Triangle).to_rgb8();
    let manifest = "sample_id,age,path,x0,y0,x1,y1\n\
        a,17,a.jpg,,,,\nb,17,b.jpg,,,,\nc,17,c.png,,,,\nd,17,a.jpg,10,10,30,90\ne,17,gone.jpg,,,,\nf,17,,,,,\n";
    let files = [
        ("a.jpg", picture.clone()),
        ("b.jpg", picture[..picture.len() / 2].to_vec()),
        ("c.png", encoded(&small, ImageFormat::Png)),
        ("d/39_1_20170116174525125.jpg", picture.clone()),
    ];
    let (code, rows) = check(dataset("", manifest, &files).path(), &[]);
    assert_eq!(code, 2);
    assert_eq!(of(&rows, "picture_unreadable"), ["3  broken JPEG data: truncated"]);
    assert_eq!(
        of(&rows, "picture_tiny"),
        [
            "4  the shorter side of the picture has 20 pixels: expected 32 or more",
            "5  the shorter side of the face box has 20 pixels: expected 32 or more"
        ]
    );
    assert_eq!(of(&rows, "file_missing"), ["6  the file `gone.jpg` is missing"]);
    assert_eq!(of(&rows, "row_without_file"), ["7  1 of 6 samples have no file, this one first"]);
    assert_eq!(
        of(&rows, "file_without_row"),
        ["  1 files have no row, such as `d/39_1_20170116174525125.jpg`"],
        "a name of UTKFace without a race, which an importer passes over"
    );
}

#[test]
fn labels_that_can_carry_no_claim_and_bands_that_straddle_a_limit_are_warned_of() {
    let manifest = "sample_id,age_low,age_high\na,0,3\nb,10,20\nc,20,30\n";
    let place = dataset("", manifest, &[]);
    fs::write(place.path().join("dataset.toml"), CARD.replace("chronological", "apparent")).unwrap();
    let (code, rows) = check(place.path(), &[]);
    assert_eq!(code, 0);
    assert_eq!(of(&rows, "label_kind"), ["  the ages are apparent: no row can support a claim"]);
    assert!(of(&rows, "limit_straddled").contains(&"  limit 18: 1 sample under, 1 over, 1 straddling".to_owned()));
    assert!(of(&rows, "limit_one_sided").is_empty() || !of(&rows, "limit_one_sided")[0].contains("limit 18"));
}

#[test]
fn people_of_each_limit_year_and_group_are_counted_with_what_they_can_show() {
    // 59 people of 17 show 5 % without an error: 0.05^(1/59) (METRICS M15, Clopper & Pearson).
    let mut manifest = String::from("sample_id,subject_id,age,sex\n");
    for at in 0..59 {
        let sex = if at < 20 { "f" } else { "m" };
        manifest.push_str(&format!("a{at},p{at},17,{sex}\nb{at},p{at},17,{sex}\nc{at},p{at},20,{sex}\n"));
    }
    let place = dataset("groups = [\"sex\"]\n", &manifest, &[]);
    let (_, rows) = check(place.path(), &[]);
    let row = |limit: &str, population: &str, group: &str| {
        let at = |row: &&Found| {
            (row["code"].as_str(), row["limit"].as_str(), row["population"].as_str(), row["group"].as_str())
                == ("subjects", limit, population, group)
        };
        let row = rows.iter().find(at).unwrap();
        (row["subjects"].clone(), row["samples"].clone(), row["least_rate"].parse::<f64>().unwrap_or(f64::NAN))
    };
    let (subjects, samples, least) = row("18", "age:17", "");
    assert_eq!((subjects.as_str(), samples.as_str()), ("59", "118"));
    assert!((least - (1.0 - 0.05_f64.powf(1.0 / 59.0))).abs() < 1e-9, "{least}");
    assert_eq!(row("18", "window:13-17", "f").0, "20");
    assert_eq!(row("18", "window:18-30", "").1, "59");
    assert_eq!(row("18", "age:16", "").0, "0");
    let few = of(&rows, "few_subjects");
    assert!(few.iter().any(|text| text.contains("limit 18, age:17, sex f: 20 subjects")), "{few:?}");
    assert!(!few.iter().any(|text| text.contains("limit 18, age:17: ")), "{few:?}");
    let table = run(&["check", place.path().to_str().unwrap()]).out;
    assert!(table.contains("limit 18: subjects") && table.contains("59 (5.0 %)"), "{table}");
}

#[test]
fn the_limits_are_those_of_a_protocol_that_is_checked_beside() {
    let place = dataset("", "sample_id,age\na,14\nb,15\n", &[]);
    let protocol = place.path().join("protocol.toml");
    fs::write(&protocol, "limits = [15]\n").unwrap();
    let card = place.path().join("dataset.toml");
    let ran = run(&["check", card.to_str().unwrap(), protocol.to_str().unwrap()]);
    assert!(ran.out.contains("limit 15: 1 sample under, 1 over"), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("limit 18"), "{}", ran.out);
}

#[test]
fn the_bundled_dataset_is_checked_by_its_name_as_its_folder_is() {
    let (code, by_name) = check(Path::new("drawn-faces"), &[]);
    let (of_folder, folder) = check(&package().join("fixtures/faces"), &[]);
    assert_eq!((code, by_name.len()), (of_folder, folder.len()));
    let without_path = |rows: Vec<Found>| -> Vec<Found> {
        rows.into_iter().map(|row| row.into_iter().filter(|(column, _)| column != "path").collect()).collect()
    };
    assert_eq!(without_path(by_name), without_path(folder));
    assert_eq!(code, 0);
}

#[test]
fn one_file_with_two_boxes_of_one_face_or_none_and_other_ages_is_told() {
    let manifest = "sample_id,subject_id,age,path,x0,y0,x1,y1\na,p,17,a.jpg,20,20,90,90\nb,p,40,a.jpg,20,20,91,90\n\
        c,q,17,c.jpg,20,20,90,90\nd,q,30,d.jpg,,,,\n";
    let [one, two] = [6, 7].map(|number| encoded(&face(number), ImageFormat::Jpeg));
    let place = dataset("", manifest, &[("a.jpg", one), ("c.jpg", two.clone()), ("d.jpg", two)]);
    let (_, rows) = check(place.path(), &[]);
    let near = |code: &str| of(&rows, code).iter().map(|text| text[..4].trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(near("near_duplicate_limit"), ["3 2", "5 4"]);
}

#[test]
fn attacks_are_in_no_count_of_ages() {
    let people = (0..60).map(|at| format!("s{at},{},\n", 20 + at % 40)).collect::<String>();
    let attacks = (0..300).map(|at| format!("a{at},{},mask\n", 10 + at % 2 * 20)).collect::<String>();
    let manifest = format!("sample_id,age,species\n{people}{attacks}");
    let (_, rows) = check(dataset("attack_species = \"species\"\n", &manifest, &[]).path(), &[]);
    let one_sided = of(&rows, "limit_one_sided");
    assert!(one_sided[0].contains("limit 13: 0 samples under, 60 over, 0 straddling"), "{one_sided:?}");
    for code in ["ages_heap", "age_spike"] {
        assert_eq!(of(&rows, code), Vec::<String>::new());
    }
}

#[test]
fn a_header_with_an_error_hides_no_error_of_the_rows() {
    let manifest = "sample_id,age,x0\na,17,1\nb,eighteen,1\na,19,1\n";
    let (code, rows) = check(dataset("", manifest, &[]).path(), &[]);
    assert_eq!(code, 2);
    let found = of(&rows, "manifest_value");
    assert!(matches!(&found[..], [header, cell] if header.contains("`x0`") && cell.contains("eighteen")), "{found:?}");
    assert_eq!(of(&rows, "sample_twice"), ["4 2 `a` stands also in row 2: a sample has one row"]);
}

#[test]
fn of_a_manifest_without_ages_nothing_is_said_but_that() {
    let (code, rows) = check(dataset("", "sample_id,years\na,17\nb,18\n", &[]).path(), &[]);
    assert_eq!(code, 2);
    let said: Vec<&str> = rows.iter().map(|row| row["code"].as_str()).collect();
    assert_eq!(said, ["manifest_value"], "{rows:?}");
}

#[test]
fn levels_that_differ_only_by_case_or_outer_spaces_are_noted() {
    let manifest = "sample_id,subject_id,age,sex\na,p,17,Male\nb,q,18,male\nc,r,19,female\n";
    let (code, rows) = check(dataset("groups = [\"sex\"]\n", manifest, &[]).path(), &[]);
    assert_eq!(code, 0);
    let expected = "  `Male` and `male` differ only by case or outer spaces, and are groups of their own";
    assert_eq!(of(&rows, "group_spelling"), [expected]);
    let sound = manifest.replace("Male", "male");
    let (_, rows) = check(dataset("groups = [\"sex\"]\n", &sound, &[]).path(), &[]);
    assert_eq!(of(&rows, "group_spelling"), Vec::<String>::new());
}
