//! `check --fix` and `--ignore`: what is left out and why, that nothing else is touched, and exit codes for pipelines.

use std::fs;
use std::path::Path;

use image::ImageFormat;

use crate::check_datasets::{check, dataset, encoded, face, of};
use crate::support::{package, run, text};

/// Every file below `place`, with its content.
fn all(place: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(place)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

const MANIFEST: &str = "sample_id,subject_id,age,path,note\n\
    a,p,17,a.jpg,\"one, two\"\nb,q,18,b.jpg,\nc,r,30,c.jpg,\nd,s,200,d.jpg,\ne,t,30,gone.jpg,\nf,u,31,f.jpg,\nf,u,32,f.jpg,\ng,r,30,c.jpg,\n";

fn with_defects() -> tempfile::TempDir {
    let jpeg = |number| encoded(&face(number), ImageFormat::Jpeg);
    let files = [("a.jpg", jpeg(1)), ("b.jpg", jpeg(1)), ("c.jpg", jpeg(2)), ("d.jpg", jpeg(3)), ("f.jpg", jpeg(4))];
    dataset("", MANIFEST, &files)
}

#[test]
fn the_new_manifest_is_without_the_rows_that_cannot_be_right_and_nothing_else_is_touched() {
    let place = with_defects();
    let before = all(place.path());
    let out = place.path().join("mended.csv");
    let (code, rows) = check(place.path(), &["--fix", "--out", out.to_str().unwrap()]);
    assert_eq!(code, 0, "what is left has no error: {rows:?}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let after: Vec<_> = all(place.path()).into_iter().filter(|(name, _)| name != "mended.csv").collect();
    assert_eq!(before, after);
    let left: Vec<(String, String)> = rows
        .iter()
        .filter(|row| row["severity"] == "left_out")
        .map(|row| (row["row"].clone(), row["code"].clone()))
        .collect();
    let expected = [
        ("2", "duplicate_limit"),
        ("3", "duplicate_limit"),
        ("5", "age_out_of_range"),
        ("6", "file_missing"),
        ("7", "sample_twice"),
        ("8", "sample_twice"),
        ("9", "duplicate"),
    ];
    let said =
        |row: &str| rows.iter().find(|it| it["severity"] == "left_out" && it["row"] == row).unwrap()["text"].clone();
    assert!(said("7").contains("row 8 says so beside this one: "), "{}", said("7"));
    assert!(said("8").contains("stands also in row 7"), "{}", said("8"));
    let found: Vec<(&str, &str)> = left.iter().map(|(row, code)| (row.as_str(), code.as_str())).collect();
    assert_eq!(found, expected);
    assert_eq!(fs::read_to_string(&out).unwrap(), "sample_id,subject_id,age,path,note\nc,r,30,c.jpg,\n");
}

#[test]
fn what_is_left_is_copied_cell_by_cell_and_passes_the_next_check() {
    let jpeg = |number| encoded(&face(number), ImageFormat::Jpeg);
    let manifest = "sample_id,age,path,,note\na,17,a.jpg,x,\"one, \"\"two\"\"\"\nb,30,b.jpg,,\nc,25-32,b.jpg,,\n";
    let place = dataset("", manifest, &[("a.jpg", jpeg(1)), ("b.jpg", jpeg(2))]);
    let out = place.path().join("mended.csv");
    let ran = run(&["check", place.path().to_str().unwrap(), "--fix", "--out", out.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("left out: row 4, `c`: `25-32` is not an age in years [manifest_value]"), "{}", ran.out);
    assert!(ran.err.contains("with 2 rows; 1 row left out"), "{}", ran.err);
    let text = fs::read_to_string(&out).unwrap();
    assert_eq!(text, "sample_id,age,path,,note\na,17,a.jpg,x,\"one, \"\"two\"\"\"\nb,30,b.jpg,,\n");
    fs::rename(&out, place.path().join("manifest.csv")).unwrap();
    assert_eq!(check(place.path(), &[]).0, 0);
    let again = run(&[
        "check",
        place.path().to_str().unwrap(),
        "--fix",
        "--out",
        place.path().join("manifest.csv").to_str().unwrap(),
    ]);
    assert!(again.code == 2 && again.err.contains("is already there"), "{}", again.err);
}

#[test]
fn a_kind_of_finding_is_ignored_with_a_reason_that_is_told_and_errors_of_run_are_not() {
    let jpeg = encoded(&face(1), ImageFormat::Jpeg);
    let manifest = "sample_id,age,path\na,17,a.jpg\nb,18,b.jpg\n";
    let place = dataset("", manifest, &[("a.jpg", jpeg.clone()), ("b.jpg", jpeg)]);
    let folder = place.path().to_str().unwrap();
    assert_eq!(run(&["check", folder]).code, 2);
    let ran = run(&["check", folder, "--ignore", "duplicate_limit=twins with one photo"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("ignored: 1 finding of `duplicate_limit`: twins with one photo"), "{}", ran.out);
    assert!(ran.out.contains("can be used: 0 errors"), "{}", ran.out);
    let (_, rows) = check(place.path(), &["--ignore", "duplicate_limit=twins"]);
    let row = rows.iter().find(|row| row["code"] == "duplicate_limit").unwrap();
    assert_eq!((row["severity"].as_str(), row["ignored"].as_str()), ("error", "twins"), "it stays in the list");
    for (given, told) in [
        ("duplicate_limit", "the reason is missing"),
        ("duplicate_limits=x", "did you mean `duplicate_limit`?"),
        ("manifest_value=x", "`run` refuses a dataset with such an error"),
    ] {
        let ran = run(&["check", folder, "--ignore", given]);
        assert!(ran.code == 2 && ran.err.contains(told), "{given}: {}", ran.err);
    }
}

#[test]
fn every_code_that_is_found_stands_in_the_page_about_checks() {
    let page = fs::read_to_string(package().join("docs/check.md")).unwrap();
    for word in agebench::dataset::lint::Code::words() {
        assert!(page.contains(&format!("| `{word}` |")), "{word}");
        assert_eq!(agebench::dataset::lint::Code::parse(word).unwrap().word(), word);
    }
}

#[test]
fn the_manifest_alone_is_looked_at_without_opening_a_picture() {
    let manifest = "sample_id,age,path\na,17,a.jpg\nb,30,gone.jpg\n";
    let place = dataset("", manifest, &[("a.jpg", b"no picture".to_vec())]);
    let (code, rows) = check(place.path(), &["--manifest-only"]);
    assert_eq!(code, 2);
    assert_eq!(of(&rows, "file_missing"), ["3  the file `gone.jpg` is missing"]);
    assert_eq!(of(&rows, "picture_unreadable"), Vec::<String>::new());
}

/// The manifest that `--fix` makes of the dataset at `place`, the exit code, and the rows that were left out with their codes.
fn fixed(place: &Path, more: &[&str]) -> (i32, String, Vec<String>) {
    let out = place.join("mended.csv");
    let (code, rows) = check(place, &[&["--fix", "--out", out.to_str().unwrap()], more].concat());
    let left =
        rows.iter().filter(|row| row["severity"] == "left_out").map(|row| format!("{} {}", row["row"], row["code"]));
    let left = left.collect();
    let mended = fs::read_to_string(&out).unwrap();
    fs::remove_file(out).unwrap();
    (code, mended, left)
}

#[test]
fn rows_of_a_kind_that_is_ignored_stay_in_and_do_not_count() {
    let jpeg = encoded(&face(1), ImageFormat::Jpeg);
    let manifest = "sample_id,age,path\na,17,a.jpg\nb,18,b.jpg\nc,200,c.jpg\n";
    let place = dataset(
        "",
        manifest,
        &[("a.jpg", jpeg.clone()), ("b.jpg", jpeg), ("c.jpg", encoded(&face(2), ImageFormat::Jpeg))],
    );
    let (code, mended, left) = fixed(place.path(), &["--ignore", "duplicate_limit=twins with one photo"]);
    assert_eq!((code, mended.as_str()), (0, "sample_id,age,path\na,17,a.jpg\nb,18,b.jpg\n"));
    assert_eq!(left, ["4 age_out_of_range"]);
}

#[test]
fn of_rows_with_one_picture_the_one_with_a_label_stays() {
    let [one, two] = [1, 2].map(|number| encoded(&face(number), ImageFormat::Jpeg));
    let manifest = "sample_id,subject_id,age,path\na,,,a.jpg\nb,p,17,b.jpg\nc,,30,c.jpg\nd,q,,d.jpg\n";
    let files = [("a.jpg", one.clone()), ("b.jpg", one), ("c.jpg", two.clone()), ("d.jpg", two)];
    let place = dataset("", manifest, &files);
    let (code, mended, left) = fixed(place.path(), &[]);
    assert_eq!((code, mended.as_str()), (0, "sample_id,subject_id,age,path\nb,p,17,b.jpg\nc,,30,c.jpg\n"));
    assert_eq!(left, ["2 duplicate", "5 duplicate"]);
    let (_, rows) = check(place.path(), &[]);
    assert_eq!(of(&rows, "duplicate")[0], "2 3 the file has the same content as that of row 3");
}

#[test]
fn a_copy_of_a_row_that_goes_for_another_reason_stays_unless_its_label_is_in_doubt() {
    let [one, two, three] = [1, 2, 3].map(|number| encoded(&face(number), ImageFormat::Jpeg));
    // Row 2 has an id twice, as row 5 has: one of its copies stays, with the person. Of the second picture nothing tells which age is
    // right. Of the third nobody knows the person; the age is certain.
    let manifest = "sample_id,subject_id,age,path\na,p,17,a.jpg\nb,,17,b.jpg\nc,p,17,c.jpg\na,q,40,z.jpg\n\
        e,r,20,e.jpg\nf,r,26,f.jpg\ng,r,20,g.jpg\nh,s,30,h.jpg\ni,t,30,i.jpg\nj,,30,j.jpg\n";
    let files = [
        ("a.jpg", one.clone()),
        ("b.jpg", one.clone()),
        ("c.jpg", one),
        ("z.jpg", encoded(&face(4), ImageFormat::Jpeg)),
        ("e.jpg", two.clone()),
        ("f.jpg", two.clone()),
        ("g.jpg", two),
        ("h.jpg", three.clone()),
        ("i.jpg", three.clone()),
        ("j.jpg", three),
    ];
    let place = dataset("", manifest, &files);
    let (code, mended, left) = fixed(place.path(), &[]);
    assert_eq!((code, mended.as_str()), (0, "sample_id,subject_id,age,path\nc,p,17,c.jpg\nj,,30,j.jpg\n"));
    let expected = [
        "2 sample_twice",
        "3 duplicate",
        "5 sample_twice",
        "6 duplicate_limit",
        "7 duplicate_limit",
        "8 duplicate",
        "9 duplicate_subject",
        "10 duplicate_subject",
    ];
    assert_eq!(left, expected);
}

#[test]
fn no_row_goes_for_weights_that_lie_too_far_apart_and_the_error_stays() {
    let place = dataset("", "sample_id,age,weight\na,17,1\nb,18,1\nc,30,1\nd,200,1\ne,31,5000000\n", &[]);
    let (code, mended, left) = fixed(place.path(), &[]);
    assert_eq!(code, 2, "what is wrong is still wrong");
    assert_eq!(left, ["5 age_out_of_range"]);
    assert!(mended.contains("a,17,1\n") && mended.contains("e,31,5000000\n"), "{mended}");
    let (_, rows) = check(place.path(), &[]);
    let said = "  the weight 1 of row 2 is less than a millionth of the largest, 5000000 of row 6";
    assert_eq!(of(&rows, "manifest_value"), [said]);
}

#[test]
fn what_is_no_dataset_is_not_mended_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("new.csv");
    let ran = run(&["check", "drawn-even", "--fix", "--out", text(&new)]).ended(2);
    ran.told(&["--fix mends the manifest of a dataset, and this is a method"]);
    assert!(!new.exists());
}

#[test]
fn a_file_of_another_kind_is_told_what_check_knows() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str, content: &str| {
        let file = place.path().join(name);
        fs::write(&file, content).unwrap();
        file
    };
    let knows = "`check` knows datasets, methods, protocols, policies and studies";
    for (name, content) in [("report.html", "<html></html>"), ("broken.toml", "name = \n[[")] {
        run(&["check", text(&at(name, content))]).ended(2).told(&["is nothing that can be checked", knows]);
    }
    run(&["check", text(&at("answers.csv", "sample_id,age\n"))]).ended(2).told(&["agebench score FILE"]);
}
