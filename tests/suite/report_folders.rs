//! `agebench report` over several folders, over a comparison, and where that makes no sense.

use std::fs;

use crate::support::{package, run, text};

#[test]
fn accuracy_latency_and_footprint_of_a_method_stand_on_one_first_screen() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let (accuracy, latency, footprint, page) = (path("run"), path("latency"), path("footprint"), path("report.html"));
    let faces = ["drawn-even", "--dataset", "drawn-faces", "--out"];
    run(&[&["run"], &faces[..], &[text(&accuracy)]].concat()).ended(0);
    let short = ["--starts", "2", "--attempts", "3", "--warm-up", "0"];
    run(&[&["latency"], &faces[..], &[text(&latency)], &short[..]].concat()).ended(0);
    run(&[&["footprint"], &faces[..], &[text(&footprint)]].concat()).ended(0);
    let folders = [text(&footprint), text(&latency), text(&accuracy)];
    let ran = run(&[&["report"], &folders[..], &["--out", text(&page)]].concat()).ended(0);
    assert!(ran.err.contains(&format!("are in {} as well and are taken from there", text(&accuracy))), "{}", ran.err);
    let page = fs::read_to_string(&page).unwrap();
    let lead = page.split_once("<tbody").unwrap().0;
    assert!(lead.contains("answer in (p95)") && lead.contains("what it takes"), "{lead}");
    for part in ["<h2 id=\"times\">How long does an answer take?", "<h2 id=\"taken\">", "id=\"percentiles-title\""] {
        assert!(page.contains(part), "{part}");
    }
    let text_of = run(&[&["report"], &folders[..]].concat()).ended(0).out;
    assert!(text_of.contains("answer in (p95)") && text_of.contains("What a method takes"), "{text_of}");
}

#[test]
fn two_results_of_one_method_are_refused_and_the_form_follows_the_ending() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let (one, again, other) = (path("one"), path("again"), path("other"));
    for (method, out) in [("drawn-even", &one), ("drawn-even", &again), ("drawn-cautious", &other)] {
        run(&["run", method, "--dataset", "drawn-faces", "--out", text(out)]).ended(0);
    }
    let refused = run(&["report", text(&one), text(&again)]).ended(2);
    assert!(refused.err.contains("both hold") && refused.err.contains("agebench compare"), "{}", refused.err);
    let unknown = run(&["report", text(&one), "--out", text(&path("report.doc"))]).ended(2);
    assert!(unknown.err.contains("the ending says no form"), "{}", unknown.err);
    let rows = run(&["report", text(&one), text(&other), "--format", "csv"]).ended(2);
    assert!(rows.err.contains("are no metrics.csv"), "{}", rows.err);
    let both = path("both.md");
    run(&["report", text(&one), text(&other), "--out", text(&both)]).ended(0);
    let said = fs::read_to_string(&both).unwrap();
    assert!(said.contains("drawn-even") && said.contains("drawn-cautious") && said.contains("2 methods"), "{said}");

    let compared = path("compared");
    let ran = run(&["compare", text(&one), text(&other), "--out", text(&compared)]).ended(0);
    assert!(ran.err.contains("a page to"), "{}", ran.err);
    let page = fs::read_to_string(compared.join("report.html")).unwrap();
    assert!(page.contains("id=\"differences-title\"") && page.contains("<caption>Both errors at each limit"), "{page}");
    let anew = path("anew.html");
    run(&["report", text(&compared), "--out", text(&anew)]).ended(0);
    assert_eq!(fs::read_to_string(&anew).unwrap(), page, "the page is a function of the files");
    run(&["report", text(&compared), text(&one)]).ended(2);
    run(&["compare", text(&one), text(&other), "--out", text(&compared), "--replace"]).ended(0);
}

/// Runs of white space as one blank.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_package_with_protected_counts_shows_its_shares_of_attempts_and_calls_them_that() {
    let results = package().join("results");
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("report.html");
    run(&["report", text(&results.join("morph2")), "--out", text(&page)]).ended(0);
    let page = flat(&fs::read_to_string(&page).unwrap().replace('\u{a0}', " "));
    let of_terminal = flat(&run(&["report", text(&results.join("morph2"))]).ended(0).out);
    for told in [&page, &of_terminal] {
        for said in [
            "60.3 % [55.6, 64.8]",
            "Rates are shares of attempts, the years of a window pooled; k of n counts attempts that got a decision",
            "of attempts of people aged 13 to 17 (years pooled), 60.3 % [55.6, 64.8] were let through as 18 (395 of 655 attempts)",
            "rates are shares of attempts",
            "withheld (at most 0.41 %)",
        ] {
            assert!(told.contains(said), "{said}: {told}");
        }
        for untrue in [
            "the results say nothing",
            "shares of people",
            "each year of age weighing the same",
            "have nobody in the data",
        ] {
            assert!(!told.contains(untrue), "{untrue}: {told}");
        }
    }
    let lead = of_terminal.split_once("Limit 13").unwrap().0;
    assert!(lead.contains("395 of 655") && !lead.contains("not in the results"), "{lead}");

    // Of a page of several datasets the notice names the one that it speaks of.
    let both = flat(&run(&["report", text(&results)]).ended(0).out);
    assert!(both.contains("NOTE: The faces of drawn-faces are drawn."), "{both}");
    let drawn = flat(&run(&["report", text(&results.join("drawn-faces"))]).ended(0).out);
    assert!(drawn.contains("NOTE: These are drawn faces."), "{drawn}");
}

#[test]
fn what_chance_would_show_between_groups_is_n_a_where_the_protocol_did_not_ask_for_it() {
    let place = tempfile::tempdir().unwrap();
    let rows = (0..720).map(|at| format!("s{at},{},{},{}\n", 13 + at % 12, 14 + at % 12, ["f", "m"][at / 12 % 2]));
    let file = place.path().join("people.csv");
    fs::write(&file, format!("sample_id,true_age,age,sex\n{}", rows.collect::<String>())).unwrap();
    let table = |protocol: &[&str], name: &str| {
        let out = place.path().join(name);
        let score = ["score", text(&file), "--groups", "sex", "--out", text(&out)];
        let told = run(&[&score, protocol].concat()).ended(0).out;
        let of_18 = told.split_once("How far groups by sex lie apart, limit 18").unwrap().1;
        flat(of_18.split_once("\n\n\n").map_or(of_18, |(table, _)| table))
    };
    let said = "n/a where the protocol does not declare the difference primary";
    let undeclared = table(&["--protocol", "check-18"], "check");
    assert!(undeclared.contains(said) && undeclared.contains(" n/a n/a "), "{undeclared}");
    let declared = table(&[], "default");
    // It asks for that of the errors that it declares: of passes.
    assert!(declared.contains(" 0.0 points 0.0 (95 %: 0.0) 1.000 0.0 points n/a n/a "), "{declared}");
}
