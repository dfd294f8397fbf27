//! `scripts/nist-fate/`: a library with the interface of NIST's track as a method, with a library written for this test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ran, bmp, column, dataset, is_needed, package, run, text};

/// The program, built with the library of the test by CMake as its README says; `None` after saying that a test skips.
fn built(place: &Path) -> Option<PathBuf> {
    let has = |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if let Some(missing) = ["cmake", "c++"].into_iter().find(|tool| !has(tool)) {
        assert!(!is_needed("cmake"), "there is no {missing}");
        eprintln!("skipped: no {missing}");
        return None;
    }
    let source = package().join("scripts/nist-fate");
    let cmake = |source: &Path, build: &Path, settings: &[String]| {
        let ran = |command: &mut Command| {
            let output = command.output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
            String::from_utf8_lossy(&said).into_owned()
        };
        ran(Command::new("cmake").arg("-S").arg(source).arg("-B").arg(build).args(settings));
        let said = ran(Command::new("cmake").arg("--build").arg(build));
        assert!(!said.contains("warning"), "{said}");
    };
    let library = place.join("library");
    cmake(&source.join("test"), &library, &[]);
    let include = format!("-DFATE_INCLUDE={}", source.join("test/include").display());
    let dummy = library.join(if cfg!(target_os = "macos") { "libdummy.dylib" } else { "libdummy.so" });
    let program = place.join("program");
    cmake(&source, &program, &[include, format!("-DFATE_LIBRARY={}", dummy.display())]);
    Some(program.join("agebench-nist-fate"))
}

/// A method of `program` whose library does what `behaviour` says.
fn method(place: &Path, program: &Path, behaviour: &str, more: &[&str]) -> PathBuf {
    let config = place.join("config");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("behaviour.txt"), behaviour).unwrap();
    let args: Vec<String> = ["--config", text(&config)].iter().chain(more).map(|it| format!("{it:?}")).collect();
    let card = format!(
        "name = \"nist-fate\"\nkind = \"estimation\"\nversion = \"1\"\n\n[command]\nprogram = {:?}\nargs = [{}]\n",
        text(program),
        args.join(", ")
    );
    fs::write(place.join("method.toml"), card).unwrap();
    place.to_owned()
}

/// A picture of 3 x 2 pixels that tells the library of the test what to do (`test/dummy.cpp`).
fn picture(code: u8, age: u8, scored: u8) -> Vec<u8> {
    bmp(3, &[code, 0, 0, 9, 9, 9, 77, 0, 0, 0, 0, scored, 9, 9, 9, 0, age, 0])
}

fn measured(method: &Path, data: &Path, out: &Path) -> (Ran, String) {
    let more = ["--keep-ids", "--no-timings", "--max-failed", "99"];
    let ran = run(&[&["run", text(method), "--dataset", text(data), "--out", text(out)][..], &more].concat());
    (ran, crate::support::outcomes(out))
}

#[test]
fn ages_come_from_the_upright_pixels_and_every_return_code_has_its_status() {
    let place = tempfile::tempdir().unwrap();
    let Some(program) = built(place.path()) else { return };
    // The numbers are those of ReturnCode in NIST's frvt_structs.h 3.1.
    let refused = ["3", "6"];
    let codes: Vec<u8> = (0..=17).chain([200, 201]).collect();
    let pictures: Vec<(String, Vec<u8>)> =
        codes.iter().map(|code| (format!("{code}.bmp"), picture(*code, 20 + code % 50, 0))).collect();
    let mut listed: Vec<(&str, &[u8])> = pictures.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    listed.push(("no-picture.bmp", b"no picture"));
    let data = dataset(&place.path().join("data"), &listed, "");
    let method = method(&place.path().join("method"), &program, "", &[]);
    let (ran, outcomes) = measured(&method, &data, &place.path().join("out"));
    ran.ended(0);
    let rows: Vec<&str> = outcomes.lines().skip(1).collect();
    assert_eq!(rows.len(), codes.len() + 1);
    for (code, row) in codes.iter().zip(&rows) {
        let code = code.to_string();
        let (status, part) = match code.as_str() {
            "0" => ("answered", ",20,".to_owned()),
            "8" => ("no_subject", "estimateAge gave code 8".to_owned()),
            "3" => ("refused", "estimateAge gave code 3: too dark??".to_owned()),
            code if refused.contains(&code) => ("refused", format!("estimateAge gave code {code}")),
            "200" => ("failed", "the library threw: by order of the picture".to_owned()),
            "201" => ("failed", "estimateAge gave no finite number".to_owned()),
            code => ("failed", format!("estimateAge gave code {code}")),
        };
        assert!(row.contains(&format!(",nist-fate,{status},")) && row.contains(&part), "{code}: {row}");
    }
    assert_eq!(column(&outcomes, "status").last().unwrap(), "failed");
    let words = fs::read_to_string(place.path().join("out/stderr/method-1-nist-fate.txt")).unwrap();
    assert!(words.contains("the library prints on standard output"), "{words}");
    let run_json = fs::read_to_string(place.path().join("out/run.json")).unwrap();
    assert!(run_json.contains("\"engine\": \"jpeg of agebench"), "what decoded the pictures is said: {run_json}");
}

#[test]
fn scores_are_given_for_every_limit_where_the_library_does_not_estimate_or_the_card_says_so() {
    let place = tempfile::tempdir().unwrap();
    let Some(program) = built(place.path()) else { return };
    let data = dataset(&place.path().join("data"), &[("a.bmp", &picture(0, 30, 16)), ("b.bmp", &picture(6, 0, 0))], "");
    for (name, behaviour, more) in [("without", "no-estimate", &[][..]), ("asked", "", &["--answer", "scores"])] {
        let method = method(&place.path().join(name), &program, behaviour, more);
        let (ran, outcomes) = measured(&method, &data, &place.path().join(format!("out-{name}")));
        ran.ended(0);
        let score = |limit: u32| column(&outcomes, &format!("score_{limit}"))[0].parse::<f64>().unwrap();
        for limit in [13, 16, 18, 21] {
            assert!((score(limit) - (0.5 + (16.0 - f64::from(limit)) / 100.0)).abs() < 1e-12, "{outcomes}");
        }
        assert_eq!(column(&outcomes, "status"), ["answered", "refused"]);
    }
    let cannot = |name: &str, behaviour: &str, more: &[&str], expected: &str| {
        let method = method(&place.path().join(name), &program, behaviour, more);
        measured(&method, &data, &place.path().join(format!("out-{name}"))).0.ended(2).told(&[expected]);
    };
    cannot("c1", "no-estimate no-verify", &[], "the library does not implement verifyAge");
    cannot("c2", "no-estimate", &["--answer", "age"], "the library does not implement estimateAge");
    cannot("c3", "fail", &[], "initialize gave code 2: no \"weights\"");
    cannot("c4", "", &["--answer", "years"], "`--answer` is not understood");
}

#[test]
fn a_library_behind_the_program_keeps_every_rule_and_one_that_dies_costs_its_own_attempt() {
    let place = tempfile::tempdir().unwrap();
    let Some(program) = built(place.path()) else { return };
    let method = method(&place.path().join("method"), &program, "", &[]);
    let examined = run(&["check", text(&method), "--conformance"]).ended(0);
    assert!(examined.out.contains("media pixels, answers age, 1 in flight"), "{}", examined.out);
    let pictures = [("a.bmp", picture(0, 30, 0)), ("b.bmp", picture(202, 0, 0)), ("c.bmp", picture(0, 31, 0))];
    let listed: Vec<(&str, &[u8])> = pictures.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    let data = dataset(&place.path().join("data"), &listed, "");
    let (ran, outcomes) = measured(&method, &data, &place.path().join("out"));
    ran.ended(0);
    assert_eq!(column(&outcomes, "status"), ["answered", "failed", "answered"]);
    assert!(outcomes.contains("ended with exit code 9"), "{outcomes}");
}
