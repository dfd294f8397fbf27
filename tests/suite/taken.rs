//! What a method takes, the parts without a sandbox: how much answers tell, what a card declares beside what was measured, and
//! the least input that serves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::footprint::{faces, takes};
use crate::footprint_box::has_boxes;
use crate::support::{bmp, column, dataset, jpeg, package, run, text, tiny_method};

/// The value of the row of `metric` whose variant is `variant`, as it is written.
fn value(metrics: &str, metric: &str, variant: &str) -> Option<String> {
    let rows = column(metrics, "metric").into_iter().zip(column(metrics, "variant")).zip(column(metrics, "value"));
    let mut found = rows.filter(|((one, other), _)| one == metric && other == variant).map(|(_, value)| value);
    found.next()
}

fn metrics(out: &Path) -> String {
    fs::read_to_string(out.join("metrics.csv")).unwrap()
}

/// A bundled method in a folder of its own, with `lines` added to its card.
fn declaring(place: &Path, lines: &str) -> std::path::PathBuf {
    fs::create_dir_all(place).unwrap();
    let from = package().join("models/drawn-even");
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), place.join(entry.file_name())).unwrap();
    }
    let card = fs::read_to_string(place.join("method.toml")).unwrap();
    fs::write(place.join("method.toml"), format!("{card}\n[declared_footprint]\n{lines}")).unwrap();
    place.to_owned()
}

#[test]
fn what_was_measured_otherwise_is_told_in_every_form_and_only_of_a_footprint() {
    let place = tempfile::tempdir().unwrap();
    let lines = "source = \"notice | <b>\"\ndate = \"2026-05-01\"\nreturns = [\"decision\"]\nextra_fields = \"none\"\n\
                 retention = { says = \"a day\", source = \"a letter\", date = \"2026-06-02\" }\n";
    let method = declaring(&place.path().join("method"), lines);
    run(&["check", text(&method)]).ended(0);
    let pictures: Vec<(String, Vec<u8>)> = (0..4).map(|number| (format!("{number}.jpg"), jpeg())).collect();
    let pictures: Vec<(&str, &[u8])> = pictures.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let data = dataset(&place.path().join("data"), &pictures, "");
    let out = place.path().join("out");
    let ran = run(&["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    let told = "declared: returns decision; measured: age";
    assert!(ran.out.contains(&format!("CONTRADICTION: drawn-even: {told}")), "{}", ran.out);
    run(&["verify", text(&out)]).ended(0);
    let rows = metrics(&out);
    let contradicted = "date=2026-05-01;says=decision;source=notice | <b>;statement=returns";
    assert_eq!(value(&rows, "contradictions", contradicted).as_deref(), Some("1"));
    let only_declared = "date=2026-06-02;says=a day;source=a letter;statement=retention";
    assert_eq!(value(&rows, "contradictions", only_declared).as_deref(), Some(""), "unknown is never 0");
    assert_eq!(value(&rows, "answers_of_class", "class=age").as_deref(), Some("4"));
    // Four equal answers: one bit is all that a decision needs, and single precision tells more.
    assert_eq!(value(&rows, "distinct_answers", "").as_deref(), Some("1"));
    assert!(value(&rows, "bits_beyond_decision", "").unwrap().parse::<f64>().unwrap() > 20.0);
    for (form, contradiction) in [
        ("table", format!("CONTRADICTION: drawn-even: {told}")),
        ("markdown", format!("> **CONTRADICTION:** drawn-even: {told}")),
        ("html", format!("<p class=\"notice contradiction\" role=\"note\">drawn-even: {told}</p>")),
    ] {
        let report = run(&["report", text(&out), "--format", form]).ended(0).out;
        assert!(report.contains(&contradiction), "{form}: {report}");
        for part in ["CONTRADICTED", "only declared", "a letter", "What an answer tells"] {
            assert!(report.contains(part), "{form}: {part} is not in\n{report}");
        }
        assert!(form == "table" || !report.contains("| <b>"), "{form}: foreign text is text");
    }
    // A run measures no footprint, so nothing is held against the card.
    let plain = place.path().join("plain");
    let ran = run(&["run", text(&method), "--dataset", text(&data), "--out", text(&plain)]).ended(0);
    assert!(!ran.out.contains("CONTRADICTION") && !ran.out.contains("What a method takes"));
    assert!(!metrics(&plain).contains("bits_beyond_decision"));
}

#[test]
fn a_program_that_keeps_a_file_contradicts_a_card_that_says_nothing_is_kept() {
    if !has_boxes() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let data = faces(&place.path().join("faces"), 3);
    let lines =
        "[declared_footprint]\nsource = \"notice\"\ndate = \"2026-05-01\"\nkeeps = \"nothing\"\nhosts = \"none\"\n";
    for (way, kept) in [("cache", "1"), ("blind", "0")] {
        let method = takes(place.path(), way, &[]);
        let card = fs::read_to_string(method.join("method.toml")).unwrap();
        fs::write(method.join("method.toml"), format!("{card}\n{lines}")).unwrap();
        let out = place.path().join(format!("out-{way}"));
        let ran = run(&["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
        let told = format!("CONTRADICTION: {way}: declared: keeps nothing; measured: ");
        assert_eq!(ran.out.contains(&told), kept == "1", "{}", ran.out);
        let rows = metrics(&out);
        let of = |says: &str, statement: &str| {
            let variant = format!("date=2026-05-01;says={says};source=notice;statement={statement}");
            value(&rows, "contradictions", &variant)
        };
        assert_eq!(of("nothing", "keeps").as_deref(), Some(kept), "{way}");
        assert_eq!(of("none", "hosts").as_deref(), Some("0"), "{way}");
        run(&["verify", text(&out)]).ended(0);
    }
}

#[test]
fn a_smaller_input_that_serves_is_found_shown_and_verified() {
    let place = tempfile::tempdir().unwrap();
    let out = |name: &str| place.path().join(name);
    let of = |out: &Path, jobs: &str| {
        let measure = ["footprint", "drawn-even", "--dataset", "drawn-faces", "--curve=pixels", "--jobs", jobs];
        run(&[&measure[..], &["--out", text(out)]].concat()).ended(0)
    };
    let ran = of(&out("two"), "2");
    assert!(ran.err.contains("128 pixels: ") && ran.err.contains("not worse"), "{}", ran.err);
    for part in ["The least input that is shown not to be worse than the full one", "the search ended at"] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    let rows = metrics(&out("two"));
    let number = |metric: &str, variant: &str| value(&rows, metric, variant).unwrap().parse::<f64>().unwrap();
    let side = number("least_input_left", "axis=pixels");
    assert!((16.0..160.0).contains(&side), "{side}");
    assert!((0.01..1.0).contains(&number("least_input_saved", "")));
    run(&["verify", text(&out("two"))]).ended(0);
    // The full input's bytes are those of the files, and steps.csv adds them up.
    let steps = fs::read_to_string(out("two").join("curve/steps.csv")).unwrap();
    let faces = fs::read_dir(package().join("fixtures/faces/images")).unwrap().flatten();
    let bytes: u64 = faces.map(|entry| entry.metadata().unwrap().len()).sum();
    assert_eq!(column(&steps, "bytes")[0], bytes.to_string());
    assert_eq!(column(&steps, "left")[1], "128", "pictures of 160 pixels have nothing to give away before");
    // The full input gives the answers of the footprint itself.
    let ages = |file: &str| column(&fs::read_to_string(out("two").join(file)).unwrap(), "age");
    assert_eq!(ages("curve/00.csv"), ages("outcomes.csv"));
    assert_ne!(ages("curve/01.csv"), ages("outcomes.csv"));
    // The same bytes for any number of workers.
    of(&out("one"), "1");
    for file in ["steps.csv", "00.csv", "01.csv"] {
        let read = |name: &str| fs::read(out(name).join("curve").join(file)).unwrap();
        assert!(read("one") == read("two"), "{file}");
        let about = fs::metadata(out("one").join("curve").join(file)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{file} is about people");
    }
    // The page has the picture, and a copy that is scored elsewhere the same rows.
    let page = fs::read_to_string(out("two").join("report.html")).unwrap();
    assert!(page.contains("data-step=\"128 pixels\"") && page.contains("<title id=\"curve-title\">"), "no picture");
    run(&["score", text(&out("two")), "--out", text(&out("copy"))]).ended(0);
    assert_eq!(metrics(&out("copy")), rows);
    // What replaces the folder removes the steps.
    let again = ["footprint", "drawn-even", "--dataset", "drawn-faces", "--replace"];
    run(&[&again[..], &["--out", text(&out("one"))]].concat()).ended(0);
    assert!(!out("one").join("curve").exists());
}

#[test]
fn what_cannot_be_reduced_is_refused_and_flags_say_what_they_take() {
    let place = tempfile::tempdir().unwrap();
    let method = tiny_method(place.path(), "mean", |card| card);
    let no_pictures = dataset(&place.path().join("texts"), &[("a.jpg", b"no picture"), ("b.jpg", b"none either")], "");
    let out = place.path().join("out");
    let measure = ["footprint", text(&method), "--dataset", text(&no_pictures), "--out", text(&out), "--curve"];
    run(&measure).ended(2).told(&["no sample of the dataset is a picture that can be read"]);
    let data = dataset(&place.path().join("data"), &[("a.bmp", &bmp(2, &[9; 12]))], "");
    let measure = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)];
    for (flag, told) in [
        ("--curve=pixel", "did you mean `pixels`"),
        ("--margin-rate=5", "`5` is not a share between 0 and 1"),
        ("--margin-years=none", "`none` is not a number of years above 0"),
    ] {
        run(&[&measure[..], &[flag]].concat()).ended(2).told(&[told]);
    }
}
