//! Answers of every kind, from a recorded file through outcomes.csv and the rows to the report: an age with a spread, a
//! range, a score for a limit, a decision for a limit.

use std::fs;

use crate::stages::card;
use crate::support::{column, run, text};

/// People of each age from 10 to 29.
const PEOPLE: usize = 800;

fn age(at: usize) -> usize {
    10 + at % 20
}

/// What a perfect method of each kind would say of somebody, but for every tenth, who is taken for ten years older.
fn seems(at: usize) -> usize {
    age(at) + if at % 10 == 3 { 10 } else { 0 }
}

#[test]
fn every_kind_of_answer_comes_through_outcomes_and_rows_to_the_report() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    fs::create_dir_all(&data).unwrap();
    let manifest: String = (0..PEOPLE).map(|at| format!("s{at},p{at},{}\n", age(at))).collect();
    fs::write(data.join("manifest.csv"), format!("sample_id,subject_id,age\n{manifest}")).unwrap();
    let about = "name = 'all'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\n";
    fs::write(data.join("dataset.toml"), about).unwrap();
    let protocol = place.path().join("protocol.toml");
    fs::write(&protocol, "limits = [18]\nbands = [13, 18, 25]\n").unwrap();

    let band = |years: usize| match years {
        0..13 => "0,12.9",
        13..18 => "13,17.9",
        18..25 => "18,24.9",
        _ => "25,60",
    };
    type Answer<'a> = (&'a str, &'a str, &'a dyn Fn(usize) -> String);
    let methods: [Answer<'_>; 4] = [
        ("spreads", "age,spread", &|at| format!("{}.5,{}", seems(at), 1 + at % 3)),
        ("ranges", "answer_low,answer_high", &|at| band(seems(at)).to_owned()),
        ("scores", "score_18", &|at| format!("{}", 1.0 / (1.0 + (18.5 - seems(at) as f64).exp()))),
        ("gates", "pass_18", &|at| if seems(at) >= 18 { "pass" } else { "deny" }.to_owned()),
    ];
    let mut arguments = vec!["run".to_owned()];
    for (name, columns, answer) in methods {
        let folder = card(place.path(), name, "[replay]\nfile = 'a.csv'\n");
        let rows: String = (0..PEOPLE).map(|at| format!("s{at},{}\n", answer(at))).collect();
        fs::write(folder.join("a.csv"), format!("sample_id,{columns}\n{rows}")).unwrap();
        run(&["check", text(&folder)]).ended(0);
        arguments.push(text(&folder).to_owned());
    }
    let out = place.path().join("out");
    let rest = ["--dataset", text(&data), "--protocol", text(&protocol), "--out", text(&out), "--keep-ids"];
    arguments.extend(rest.map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&arguments).ended(0);
    run(&["verify", text(&out)]).ended(0);

    // Sample s3 is 13 and taken for 23; each method's answer stands in the columns of its kind and in no other.
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let names = ["age", "spread", "age_low", "age_high", "score_18", "pass_18"];
    let cells = names.map(|name| column(&outcomes, name)[12..16].to_vec());
    assert_eq!(cells[0], ["23.5", "", "", ""]);
    assert_eq!(cells[1], ["1", "", "", ""]);
    assert_eq!(
        (&cells[2], &cells[3]),
        (&vec!["".into(), "18".into(), "".into(), "".into()], &vec!["".into(), "24.9".into(), "".into(), "".into()])
    );
    assert!(cells[4][2].starts_with("0.98") && cells[4][0].is_empty() && cells[4][3].is_empty());
    assert_eq!(cells[5], ["", "", "", "pass"]);

    // Of the 320 under 18, 10 to 17, a tenth is 13 (taken for 23): 40 of 320 pass at 18 with every kind but the scores.
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let rate = |method: &str, challenge: &str| {
        let wanted = [",18,", challenge, ",conditional,under,,,under_age_pass_rate,subject,,"].concat();
        let line = metrics.lines().find(|line| line.contains(&format!(",{method},")) && line.contains(&wanted));
        let line = line.unwrap_or_else(|| panic!("{method}: no row with {wanted}"));
        line.split(',').nth(20).unwrap().to_owned()
    };
    assert_eq!(rate("spreads", "18"), "0.125");
    assert_eq!(rate("ranges", "18"), "0.125");
    assert_eq!(rate("gates", ""), "0.125");

    // The report has a table of each kind, with a line of the methods that give it.
    let ran = run(&["report", text(&out), "--format", "markdown"]).ended(0);
    let table = |caption: &str| {
        let from = ran.out.find(caption).unwrap_or_else(|| panic!("no `{caption}` in:\n{}", ran.out));
        let rest = &ran.out[from..];
        // The caption, a blank line, the table, a blank line.
        rest[..rest.match_indices("\n\n").nth(1).map_or(rest.len(), |(at, _)| at)].to_owned()
    };
    for (caption, with, without) in [
        ("Ages with a spread", "spreads", "ranges"),
        ("Scores: the area under the curve", "scores", "gates"),
        ("Age bands: where people", "ranges", "scores"),
        ("The gate that a method keeps", "gates", "spreads"),
    ] {
        let table = table(caption);
        assert!(table.contains(&format!("| {with} |")), "{with} is not in:\n{table}");
        assert!(!table.contains(&format!("| {without} |")), "{without} is in:\n{table}");
    }
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("Ages with a spread") && page.contains("The gate that a method keeps"));
}
