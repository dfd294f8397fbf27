//! What the program is made of: no more packages than are known, and a Rust version that is the true floor. Both are asked of
//! `cargo metadata`; licences and sources are held by `deny.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::support::{is_needed, package};

/// Packages of a build, those that build it included. A larger number is a decision: say in the commit what it buys. A
/// smaller one is written here, so that it stays.
const LIGHT: usize = 179;
const WHOLE: usize = 271;

/// The packages that a build with `features` is made of, by id; `None` after saying that the test skips.
fn packages(features: &[&str]) -> Option<BTreeMap<String, Value>> {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.current_dir(package()).args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    let output = command.args(["--filter-platform", "x86_64-unknown-linux-gnu"]).args(features).output().ok()?;
    if !output.status.success() {
        assert!(!is_needed("examples"), "{}", String::from_utf8_lossy(&output.stderr));
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|it| (id(&it), it)).collect();
    let root = metadata["resolve"]["root"].as_str().unwrap().to_owned();
    let (mut reached, mut open) = (BTreeSet::new(), vec![root.clone()]);
    while let Some(next) = open.pop() {
        if !reached.insert(next.clone()) {
            continue;
        }
        for dependency in list(&nodes[&next]["deps"]) {
            // What only tests use is in no build.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                open.push(dependency["pkg"].as_str().unwrap().to_owned());
            }
        }
    }
    reached.remove(&root);
    let all = list(&metadata["packages"]).into_iter().map(|it| (id(&it), it));
    Some(all.filter(|(id, _)| reached.contains(id)).collect())
}

#[test]
fn the_program_is_made_of_no_more_packages_than_it_was() {
    for (features, most) in [(&["--no-default-features"][..], LIGHT), (&[], WHOLE)] {
        let Some(packages) = packages(features) else { return };
        assert_eq!(packages.len(), most, "with {features:?}: write the new number into this test, and say why");
    }
}

#[test]
fn the_stated_rust_version_is_the_highest_that_a_dependency_asks_for() {
    let version = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let Some(packages) = packages(&[]) else { return };
    let asked = packages.values().filter_map(|it| Some((it["rust_version"].as_str()?, it["name"].as_str()?)));
    let (highest, who) = asked.max_by_key(|(asked, _)| version(asked)).unwrap();
    let own = std::fs::read_to_string(package().join("Cargo.toml")).unwrap();
    let own =
        own.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap().trim_end_matches('"').to_owned();
    // The edition and the language of this package are held by CI's own compiler.
    assert!(version(&own) >= version(highest), "{who} needs Rust {highest}");
    assert_eq!(version(&own)[..2], version(highest)[..2], "the highest floor is {highest}, of {who}");
}

#[test]
fn the_bill_of_materials_names_every_package_once_and_keeps_to_the_schema() {
    let python = std::env::var("AGEBENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Some(packages) = packages(&[]) else { return };
    let script = package().join("scripts/release/sbom.py");
    let made = Command::new(&python).arg(script).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let bill: Value = serde_json::from_slice(&made.stdout).unwrap();
    let components = bill["components"].as_array().unwrap();
    let names: BTreeSet<_> = components.iter().map(|it| it["purl"].as_str().unwrap()).collect();
    assert_eq!((names.len(), components.len()), (packages.len(), packages.len()));
    assert!(components.iter().all(|it| it["hashes"][0]["content"].as_str().is_some_and(|sum| sum.len() == 64)));
    // The schema of CycloneDX 1.6, as `cyclonedx-python-lib` carries it.
    let validate = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(wrong) if wrong else 0)";
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("bill.json");
    std::fs::write(&file, &made.stdout).unwrap();
    let judged = Command::new(&python).args(["-c", validate]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&judged.stderr);
    if said.contains("No module named") {
        assert!(!is_needed("cyclonedx"), "{said}");
        return eprintln!("skipped: pip install 'cyclonedx-python-lib[json-validation]' holds it against the schema");
    }
    assert!(judged.status.success(), "{said}");
}
