//! Datasets as people write them: what is read, what is refused, and what the user is told.

use std::fs;
use std::path::Path;

use agebench::age::AgeLimit;
use agebench::dataset::lint::Depth;
use agebench::dataset::{Dataset, DatasetError, FilesDigest, Pick, Precision};
use agebench::digest::Digest;
use agebench::folder::{Pseudonyms, Truth};
use agebench::photo::Decoder;
use tempfile::TempDir;

const CARD: &str = "name = \"small\"\nversion = \"1\"\n";

fn folder(card: &str, manifest: impl AsRef<[u8]>) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("dataset.toml"), card).unwrap();
    fs::write(place.path().join("manifest.csv"), manifest).unwrap();
    place
}

fn open(card: &str, manifest: &str) -> Dataset {
    Dataset::open(folder(card, manifest).path(), &Pick::all()).unwrap()
}

/// The problems of a dataset, one a line, and the common remedy.
fn refused(card: &str, manifest: impl AsRef<[u8]>) -> String {
    let error = Dataset::open(folder(card, manifest).path(), &Pick::all()).unwrap_err();
    let DatasetError::Unusable { source, .. } = &error else { panic!("{error}") };
    let helps: Vec<_> = source.kept().iter().filter_map(|finding| finding.help.clone()).collect();
    format!("{source}\nhelp: {}", helps.join("; "))
}

fn age(card: &str, manifest: &str) -> (f64, f64) {
    let dataset = open(card, manifest);
    let age = dataset.samples().get(0).unwrap().age.unwrap();
    (age.low(), age.high())
}

#[test]
fn an_age_is_read_as_the_card_says() {
    let card = |precision: &str| format!("{CARD}age_precision = \"{precision}\"\n");
    assert_eq!(age(CARD, "sample_id,age\na,17\n"), (17.0, 18.0));
    assert_eq!(age(&card("day"), "sample_id,age\na,17.25\n"), (17.25, 17.25));
    assert_eq!(age(&card("month"), "sample_id,age\na,17.5\n"), (17.5, 211.0 / 12.0));
    assert_eq!(age(CARD, "sample_id,age_low,age_high\na,25,33\n"), (25.0, 33.0));
    let dates = "sample_id,birth_date,captured_on\na,2006-11-30,2024-11-29\n";
    let day_before = 17.0 + 365.0 / 366.0;
    assert_eq!(age(CARD, dates), (day_before, day_before));
    assert_eq!(age(&card("year"), dates), (17.0, 18.0));
    assert_eq!(open(CARD, dates).precision(), Precision::Day);
    assert_eq!(open(CARD, "sample_id,age\na,\nb,17\n").samples().get(0).unwrap().age, None);
}

#[test]
fn every_problem_of_card_and_manifest_is_told_in_one_pass() {
    let card = "name = \"\"\nversion = 3\nlabel_kind = \"aparent\"\nlicense = \"MIT\"\ngroups = [\"sexx\", \"age\"]\n";
    let manifest = "sample_id,age,sex,path,x0,y0,x1,y1,sha256,weight\n\
        a,25-32,F,a.jpg,,,,,,\n\
        a,200,F,../b.jpg,,,,,,\n\
        c,-1,F,/c.jpg,,,,,,\n\
        d,NaN,F,d\\e.jpg,,,,,,\n\
        e,17.5,F,e.jpg,5,5,4,9,,\n\
        f,17,F,f.jpg,1,,,,,\n\
        ,17,F,g.jpg,,,,,xyz,0\n\
        h,17\n";
    let told = refused(card, manifest);
    for expected in [
        "dataset.toml, row 1, column `name`: empty",
        "dataset.toml, row 2, column `version`: `3` is not a text",
        "dataset.toml, row 3, column `label_kind`: `aparent` is not one of chronological, declared, apparent",
        "did you mean `apparent`?",
        "dataset.toml, row 4, column `license`: the key is unknown",
        "did you mean `licence`?",
        "column `groups`: names `sexx`, which is no column of manifest.csv",
        "did you mean `sex`?",
        "column `groups`: the column `age` has a meaning of its own",
        "manifest.csv, row 2, column `age`: `25-32` is not an age in years",
        "age_low and age_high",
        "manifest.csv, row 3, column `sample_id`: `a` stands also in row 2",
        "manifest.csv, row 3, column `age`: `200` is not an age between 0 and 120 years",
        "manifest.csv, row 3, column `path`: the path `../b.jpg` leads out of the dataset's folder",
        "manifest.csv, row 4, column `age`: `-1` is not an age",
        "leave the cell empty when the age is unknown",
        "manifest.csv, row 4, column `path`: the path `/c.jpg` is absolute",
        "manifest.csv, row 5, column `age`: `NaN` is not an age",
        "has a backslash",
        "manifest.csv, row 6, column `age`: 17.5 is not a whole number",
        "manifest.csv, row 6, column `x1`: the box has no area",
        "manifest.csv, row 7, column `x0`: the box is incomplete",
        "manifest.csv, row 8, column `sample_id`: empty",
        "manifest.csv, row 8, column `sha256`: `xyz` is not a sha-256 digest",
        "manifest.csv, row 8, column `weight`: 0 is not a weight",
        "manifest.csv, row 9: 2 cells: expected 10",
    ] {
        let all = Dataset::open(folder(card, manifest).path(), &Pick::all()).unwrap_err();
        let DatasetError::Unusable { source, .. } = all else { panic!() };
        let whole: String =
            source.kept().iter().map(|f| format!("{f} {}\n", f.help.as_deref().unwrap_or(""))).collect();
        assert!(whole.contains(expected), "`{expected}` is missing from:\n{whole}");
    }
    assert!(told.contains("and "), "the rest is counted: {told}");
}

#[test]
fn files_that_are_no_manifest_are_refused_with_the_reason() {
    assert!(refused(CARD, "").contains("the file is empty"));
    assert!(refused(CARD, "sample_id,age\n").contains("no rows"));
    assert!(refused(CARD, "id,years\na,17\n").contains("the column `sample_id` is missing"));
    assert!(refused(CARD, "Sample_ID,age\na,17\n").contains("did you mean `Sample_ID`?"));
    assert!(refused(CARD, "sample_id,sex\na,F\n").contains("no column holds the true age"));
    assert!(refused(CARD, "sample_id,age,age_low,age_high\na,17,17,18\n").contains("two kinds of age columns"));
    assert!(refused(CARD, "sample_id,age_low\na,17\n").contains("`age_low` stands without `age_high`"));
    assert!(refused(CARD, "sample_id,age,x0\na,17,1\n").contains("some are missing"));
    assert!(refused(CARD, b"sample_id,age\n\xe4,17\n").contains("row 2, column `sample_id`: `\u{fffd}` is not utf-8"));
    assert!(refused(CARD, "sample_id;age\na;17\n").contains("semicolons"));
    assert!(refused(CARD, "sample_id,age,age\na,17,17\n").contains("stands twice"));
    assert!(refused(CARD, "sample_id,age_low,age_high\na,33,25\n").contains("runs backwards"));
    assert!(refused(CARD, "sample_id,age_low,age_high\na,25,25\n").contains("holds no age"));
    assert!(refused(CARD, "sample_id,birth_date,captured_on\na,30/11/2006,2024-01-01\n").contains("not a date"));
    assert!(refused(CARD, "sample_id,birth_date,captured_on\na,2006-11-30,2004-01-01\n").contains("before the birth"));
    assert!(refused("name = \"x\nversion = 1", "sample_id,age\na,17\n").contains("not toml"));
}

#[test]
fn a_column_to_group_by_has_at_most_a_thousand_levels() {
    let rows = |count: usize| {
        let lines: String = (0..count).map(|at| format!("s{at},17,level{at}\n")).collect();
        format!("sample_id,age,site\n{lines}")
    };
    let card = format!("{CARD}groups = [\"site\"]\n");
    assert_eq!(open(&card, &rows(1000)).column("site").unwrap().levels().len(), 1000);
    assert!(refused(&card, rows(1001)).contains("1001 different cells"));
    assert_eq!(open(CARD, &rows(1001)).samples().len(), 1001);
}

/// The values come from Python's hashlib and hmac: see the comment below for the lines that were hashed.
const GOLDEN_CARD: &str = "name = \"golden\"\nversion = \"1\"\ngroups = [\"sex\"]\nconditions = [\"region\"]\n\
    attack_species = \"kind\"\n";
const GOLDEN_MANIFEST: &str = "kind,region,sex,sample_id,path,age,subject_id,split,weight,x0,y0,x1,y1,note\n\
    ,north,F,b2,b.jpg,17,s1,test,,,,,,anything\n\
    ,south,M,a1,a.jpg,20,s2,test,1,1,2,3.5,4,\n\
    mask,north,,\"a,3\",,,,,0.5,,,,,\n";

#[test]
fn digests_and_pseudonyms_are_those_that_python_computes() {
    // import hashlib, hmac
    // c = (b'sample_id,subject_id,cluster_id,weight,age_low,age_high,split,sex,region,species\n'
    //      b'"a,3",,,0.5,,,,,north,mask\na1,s2,,1,20,21,test,M,south,\nb2,s1,,1,17,18,test,F,north,\n')
    // hashlib.sha256(b'agebench manifest/1\n' + c).hexdigest()
    // k = hashlib.sha256(b'agebench ids/1\n' + c).digest()
    // hmac.new(k, b's1', hashlib.sha256).hexdigest()[:16]
    let place = folder(GOLDEN_CARD, GOLDEN_MANIFEST);
    let dataset = Dataset::open(place.path(), &Pick::all()).unwrap();
    assert_eq!(dataset.manifest_digest().hex(), "9e226a28876a3a8a0249c9e03982341be3b90527ea6b13774538590371d4c304");
    let truth = Truth::of(&dataset, &Pseudonyms::of(&dataset, false));
    let ids: Vec<_> =
        truth.rows().map(|row| (row.sample_id.to_string(), row.subject_id.to_string(), row.subject_rank)).collect();
    let ids: Vec<_> = ids.iter().map(|(sample, subject, rank)| (&**sample, &**subject, *rank)).collect();
    assert_eq!(
        ids,
        [
            ("e39a99d81d5910a5", "53609a8024f5dfde", 0),
            ("b694834a75928457", "b8e50261b85f885b", 2),
            ("6bfb64d58515ae50", "", 1)
        ]
    );
    // print(hashlib.sha256(b'agebench files/1\n' + f'a1,{sha(b"picture")},1,2,3.5,4\n"a,3",,,,,\nb2,{sha(b"other")},,,,\n'))
    // with the lines sorted by id: "a,3", a1, b2
    let mut files = FilesDigest::new(&dataset);
    files.add(1, Digest::of(b"picture"));
    files.add(0, Digest::of(b"other"));
    assert_eq!(files.finish(&dataset).hex(), "767ed4aa3e13d487ccd89b4c967b0206be0025572ec72aa2c703e797abef84cc");
}

#[test]
fn paths_notes_and_the_order_of_rows_and_columns_are_no_part_of_the_manifest_digest_and_labels_are() {
    let digest = |manifest: &str| open(GOLDEN_CARD, manifest).manifest_digest();
    let golden = digest(GOLDEN_MANIFEST);
    assert_eq!(digest(&GOLDEN_MANIFEST.replace("b.jpg", "moved/b.jpg").replace("anything", "else")), golden);
    assert_eq!(digest(&GOLDEN_MANIFEST.replace('\n', "\r\n")), golden);
    let mut lines: Vec<&str> = GOLDEN_MANIFEST.lines().collect();
    lines[1..].reverse();
    assert_eq!(digest(&lines.join("\n")), golden);
    assert_ne!(digest(&GOLDEN_MANIFEST.replace("b.jpg,17", "b.jpg,18")), golden);
    assert_ne!(digest(&GOLDEN_MANIFEST.replace(",south,M", ",south,F")), golden);
}

#[test]
fn truth_has_no_path_no_box_and_no_name_and_reads_back_as_it_was() {
    let place = folder(GOLDEN_CARD, GOLDEN_MANIFEST);
    let dataset = Dataset::open(place.path(), &Pick::all()).unwrap();
    let truth = Truth::of(&dataset, &Pseudonyms::of(&dataset, false));
    let mut bytes = Vec::new();
    truth.write(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        text,
        "sample_id,subject_id,subject_rank,cluster_rank,weight,age_low,age_high,split,sex,region,species\n\
         e39a99d81d5910a5,53609a8024f5dfde,0,,1,17,18,test,F,north,\n\
         b694834a75928457,b8e50261b85f885b,2,,1,20,21,test,M,south,\n\
         6bfb64d58515ae50,,1,,0.5,,,,,north,mask\n"
    );
    assert_eq!(Truth::read("truth.csv", text.as_bytes()).unwrap(), truth);
    let kept = Truth::of(&dataset, &Pseudonyms::of(&dataset, true));
    assert_eq!(kept.sample_id(2).to_string(), "a,3");
    let ranks = |truth: &Truth| truth.rows().map(|row| row.subject_rank).collect::<Vec<_>>();
    assert_eq!(ranks(&kept), ranks(&truth), "ranks do not depend on --keep-ids");
}

#[test]
fn a_cluster_replaces_the_subject_and_an_empty_one_is_the_subject_itself() {
    let manifest = "sample_id,age,subject_id,cluster_id\na,17,p,site1\nb,18,q,site1\nc,19,r,\nd,20,r,\ne,21,,\n";
    let dataset = open(CARD, manifest);
    let truth = Truth::of(&dataset, &Pseudonyms::of(&dataset, false));
    let ranks: Vec<u32> = truth.rows().map(|row| row.cluster_rank.unwrap()).collect();
    assert_eq!((ranks[0], ranks[2]), (ranks[1], ranks[3]));
    let mut different = vec![ranks[0], ranks[2], ranks[4]];
    different.sort_unstable();
    assert_eq!(different, [0, 1, 2]);
}

#[test]
fn what_the_filter_leaves_out_is_in_no_digest() {
    let both = "sample_id,age,split\na,17,train\nb,18,test\n";
    let place = folder(CARD, both);
    let test = Dataset::open(place.path(), &Pick::split("test")).unwrap();
    assert_eq!(test.samples().len(), 1);
    assert_eq!(test.manifest_digest(), open(CARD, "sample_id,age,split\nb,18,test\n").manifest_digest());
    let none = Dataset::open(place.path(), &Pick::split("tests")).unwrap_err();
    assert!(matches!(none, DatasetError::NothingLeft { .. }), "{none}");
    let pick = Pick { rules: vec![("splits".to_owned(), vec!["test".to_owned()])] };
    let no_column = Dataset::open(place.path(), &pick).unwrap_err();
    assert_eq!(no_column.help(), Some("did you mean `split`?"));
}

#[test]
fn a_file_that_is_not_what_the_manifest_says_is_not_given_to_a_method() {
    let right = Digest::of(b"picture");
    let place =
        folder(CARD, format!("sample_id,age,path,sha256\na,17,a.jpg,{right}\nb,18,b.jpg,{right}\nc,19,c.jpg,\n"));
    fs::write(place.path().join("a.jpg"), b"picture").unwrap();
    fs::write(place.path().join("b.jpg"), b"another").unwrap();
    let dataset = Dataset::open(place.path(), &Pick::all()).unwrap();
    let read = |at: usize| dataset.read_sample(&dataset.samples().get(at).unwrap());
    assert_eq!(read(0).unwrap().unwrap().sha256, right);
    assert!(read(1).unwrap_err().to_string().contains("another sha-256"));
    let missing = read(2).unwrap_err().to_string();
    assert!(missing.contains("the file is not there") && !missing.contains("c.jpg"), "{missing}");
}

#[test]
fn a_quote_that_is_not_closed_is_refused_with_its_row_instead_of_swallowing_the_rest() {
    let place = folder(CARD, "sample_id,age,note\na,17,\nb,20,\"oops\nc,30,\nd,40,\n");
    let error = Dataset::open(place.path(), &Pick::all()).unwrap_err();
    let told = std::error::Error::source(&error).unwrap().to_string();
    assert!(told.contains("manifest.csv, row 3: the file ends within a cell"), "{told}");
    assert!(error.help().unwrap().contains("close the cell"));
}

#[test]
fn a_dataset_in_which_nobody_is_eligible_is_refused_before_any_work() {
    let card = format!("{CARD}attack_species = \"species\"\n");
    for manifest in ["sample_id,age,species\na,,\nb,,\n", "sample_id,age,species\na,17,mask\nb,,\n"] {
        let place = folder(&card, manifest);
        let error = Dataset::open(place.path(), &Pick::all()).unwrap_err();
        assert!(matches!(error, DatasetError::NobodyEligible { .. }), "{error}");
        assert!(error.help().unwrap().contains("true ages"));
        let told = lint(&card, manifest, &[]);
        assert!(told.contains("error: manifest.csv: no sample is eligible"), "{told}");
    }
}

#[test]
fn a_check_does_not_count_ages_that_are_wrong_as_unknown_ones() {
    let wrong = lint(CARD, "sample_id,age\na,young\nb,25-32\n", &[]);
    assert!(wrong.contains("`young` is not an age") && !wrong.contains("without an age"), "{wrong}");
    assert!(!wrong.contains("no sample is eligible"), "{wrong}");
    let one = lint(CARD, "sample_id,age\na,young\nb,\nc,17\n", &[]);
    assert!(one.contains("1 of 3 samples without an age"), "{one}");
}

#[test]
fn a_check_decodes_every_picture_and_names_rows_without_a_file() {
    let mut png = Vec::new();
    image::RgbImage::new(60, 50).write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let mut jpeg = Vec::new();
    image::RgbImage::new(64, 64).write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    jpeg.truncate(jpeg.len() / 2);
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend([0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0]);
    bomb.extend(0xe945_6fed_u32.to_be_bytes());
    bomb.extend(b"\0\0\0\x08IDAT\x78\x9c\x03\0\0\0\0\x01\x48\x06\x89\xd2\0\0\0\0IEND\xae\x42\x60\x82");
    let manifest = "sample_id,age,path\na,17,a.png\nb,18,empty.jpg\nc,19,text.jpg\nd,20,bomb.png\ne,21,half.jpg\n\
        f,22,\ng,23,voice.wav\n";
    let files: [(&str, &[u8]); 6] = [
        ("a.png", &png),
        ("empty.jpg", b""),
        ("text.jpg", b"no picture"),
        ("bomb.png", &bomb),
        ("half.jpg", &jpeg),
        ("voice.wav", b"RIFF"),
    ];
    let told = lint(CARD, manifest, &files);
    for expected in [
        "warning: manifest.csv, row 3, column `path`: the picture file is empty (`run` will record it as failed",
        "warning: manifest.csv, row 4, column `path`: not a picture",
        "warning: manifest.csv, row 5, column `path`: 30000 x 30000 pixels",
        "warning: manifest.csv, row 6, column `path`: broken JPEG data",
        "warning: manifest.csv, row 7, column `path`: 1 of 7 samples have no file",
        "note: manifest.csv: 1 files are no pictures by their ending and were not decoded, such as `voice.wav`",
    ] {
        assert!(told.contains(expected), "`{expected}` is missing from:\n{told}");
    }
    assert!(!told.contains("row 2,") && !told.contains("row 8,"), "{told}");
    let none = lint(CARD, "sample_id,age,path\na,17,\n", &[]);
    assert!(!none.contains("have no file"), "records without files are no defect:\n{none}");
}

#[test]
fn a_dataset_that_is_not_there_is_told_apart_from_one_that_is_wrong() {
    let error = Dataset::open(Path::new("no/such/folder"), &Pick::all()).unwrap_err();
    assert!(error.to_string().contains("no/such/folder"));
    assert!(error.help().unwrap().contains("dataset.toml"));
}

fn lint(card: &str, manifest: &str, files: &[(&str, &[u8])]) -> String {
    let place = folder(card, manifest);
    for (name, content) in files {
        fs::write(place.path().join(name), content).unwrap();
    }
    let depth =
        Depth { limits: vec![AgeLimit::new(18).unwrap()], read_files: Some(Decoder::default()), ..Depth::default() };
    let findings = agebench::dataset::lint::check(place.path(), &depth, &|_, _| {}).unwrap().findings;
    let line = |finding: &agebench::finding::Finding| {
        format!("{}: {finding} ({})\n", finding.severity.word(), finding.help.as_deref().unwrap_or(""))
    };
    findings.kept().iter().map(line).collect()
}

#[test]
fn a_check_names_missing_files_files_without_a_row_and_copies() {
    let mut png = Vec::new();
    image::RgbImage::new(60, 50).write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let mut other = Vec::new();
    image::RgbImage::new(61, 50).write_to(&mut std::io::Cursor::new(&mut other), image::ImageFormat::Png).unwrap();
    let manifest = "sample_id,age,path,x0,y0,x1,y1\n\
        a,17,a.png,,,,\nb,18,b.png,,,,\nc,19,gone.png,,,,\nd,20,d.png,5,5,45,45\ne,21,d.png,70,5,80,45\nf,22,f.png,1,1,2,2\n";
    let files: [(&str, &[u8]); 5] =
        [("a.png", &png), ("b.png", &png), ("d.png", &other), ("more.png", &png), ("f.png", b"no picture")];
    let told = lint(CARD, manifest, &files);
    for expected in [
        "error: manifest.csv, row 4, column `path`: the file `gone.png` is missing",
        "error: manifest.csv, row 3, column `path`: the file has the same content as that of row 2, with another age: 17 and 18, on both sides of limit 18",
        "error: manifest.csv, row 6, column `x0`: the box 70,5 to 80,45 lies outside the picture of 61 x 50 pixels",
        "warning: manifest.csv, row 7, column `path`: not a picture",
        "warning: manifest.csv: 1 files have no row, such as `more.png`",
        "warning: manifest.csv, column `subject_id`: no subject is known",
        "warning: dataset.toml, column `licence`: empty: `publish` requires it",
        "warning: dataset.toml, column `consent`: empty",
        "note: manifest.csv: limit 18: 1 sample under, 5 over, 0 straddling",
    ] {
        assert!(told.contains(expected), "`{expected}` is missing from:\n{told}");
    }
    assert!(!told.contains("row 5"), "a box within the picture is right:\n{told}");
}

#[test]
fn a_check_finds_bands_that_leave_gaps_and_limits_that_cannot_be_decided() {
    let inclusive = "sample_id,age_low,age_high\na,0,2\nb,3,9\nc,10,19\nd,20,29\n";
    let told = lint(CARD, inclusive, &[]);
    assert!(told.contains("3 of 4 bands end one year before the next begins"), "{told}");
    assert!(told.contains("limit 18: 2 samples under, 1 over, 1 straddling"), "{told}");
    let right = lint(CARD, "sample_id,age_low,age_high\na,0,3\nb,3,10\nc,10,20\nd,20,30\n", &[]);
    assert!(!right.contains("bands end"), "{right}");
}

proptest::proptest! {
    #[test]
    fn no_card_and_no_manifest_make_the_reader_panic(
        card in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        cells in proptest::collection::vec("[-+0-9.eEinfNaN/,\"\n a-z]{0,12}", 0..60),
        header in proptest::sample::select(vec!["age", "age_low,age_high", "birth_date,captured_on"]),
    ) {
        let text = format!("sample_id,{header},path,weight,x0,y0,x1,y1,sha256,sex\n{}", cells.join(","));
        let place = folder(CARD, text);
        let _ = Dataset::open(place.path(), &Pick::all());
        fs::write(place.path().join("dataset.toml"), card).unwrap();
        let _ = agebench::dataset::lint::check(place.path(), &Depth::default(), &|_, _| {});
    }
}
