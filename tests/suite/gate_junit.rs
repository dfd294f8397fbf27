//! The JUnit file of a gate against the schema that Jenkins' xUnit plugin validates it with.
//!
//! `fixtures/junit/junit-10.xsd` is that schema (MIT, Gregory Boissinot), as pytest's own tests carry it. The validator is
//! libxml2's, through lxml of the Python that `AGEBENCH_PYTHON` names, or of `python3`: with `AGEBENCH_NEEDS=lxml` its absence
//! is a failure.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{package, python_with, run, text};

const VALIDATE: &str = "import sys\nfrom lxml import etree\n\
    schema = etree.XMLSchema(etree.parse(sys.argv[1]))\n\
    sys.exit(0 if schema.validate(etree.parse(sys.argv[2])) else str(schema.error_log))\n";

/// What the schema says of `file`.
fn accepted(python: &str, file: &Path) -> Result<(), String> {
    let schema = package().join("fixtures/junit/junit-10.xsd");
    let ran = Command::new(python).args(["-c", VALIDATE, text(&schema), text(file)]).output().unwrap();
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into_owned()) }
}

/// Fails unless the schema accepts `file`; does nothing where there is no validator.
pub fn validate(file: &Path) {
    if let Some(python) = python_with("lxml") {
        accepted(&python, file).unwrap();
    }
}

#[test]
fn passes_failures_and_errors_are_what_the_schema_wants_and_another_file_is_not() {
    let Some(python) = python_with("lxml") else { return };
    let place = tempfile::tempdir().unwrap();
    let mut csv = "sample_id,true_age,age\n".to_owned();
    (0..400).for_each(|person| csv.push_str(&format!("s{person},17,{}\n", if person < 40 { 30 } else { 12 })));
    let (file, out) = (place.path().join("a.csv"), place.path().join("run"));
    fs::write(&file, csv).unwrap();
    run(&["score", text(&file), "--dataset-name", "p", "--out", text(&out)]).ended(0);
    let rule = |name: &str, bound: f64| {
        format!(
            "[[rule]]\nname = '{name}'\nmetric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 18\n\
             failure_policy = 'conditional'\npopulation = 'under'\nweighting = 'subject'\nat_most = {bound}\n"
        )
    };
    let rules = [rule("pass", 0.2), rule("open", 0.11), rule("fail", 0.05)].concat();
    let policy = place.path().join("policy.toml");
    fs::write(&policy, format!("name = 'three'\nsource = 'ours'\n{rules}")).unwrap();
    let junit = place.path().join("gate.xml");
    run(&["gate", text(&out), "--policy", text(&policy), "--junit", text(&junit)]).ended(1);
    let xml = fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("<failure") && xml.contains("<error") && xml.contains("type=\"inconclusive\""), "{xml}");
    accepted(&python, &junit).unwrap();
    // The validator is one: it refuses an attribute that the schema has not.
    fs::write(&junit, xml.replacen("<testsuites ", "<testsuites skipped=\"0\" ", 1)).unwrap();
    assert!(accepted(&python, &junit).unwrap_err().contains("skipped"));
}
