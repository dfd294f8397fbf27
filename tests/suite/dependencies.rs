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
    let features = ["--no-default-features", "--features", "tract,http,parquet"];
    let Some(packages) = packages(&features) else { return };
    let bill = |target: &str| {
        let mut command = Command::new(&python);
        command.arg(package().join("scripts/release/sbom.py")).arg(target).args(features);
        let made = command.env("CARGO_NET_OFFLINE", "true").output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    };
    let purls = |bill: &[u8]| -> BTreeSet<String> {
        let bill: Value = serde_json::from_slice(bill).unwrap();
        let components = bill["components"].as_array().unwrap();
        let is_digest = |sum: &Value| sum.as_str().is_some_and(|sum| sum.len() == 64);
        assert!(components.iter().all(|it| is_digest(&it["hashes"][0]["content"])));
        let names: BTreeSet<_> = components.iter().map(|it| it["purl"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.len(), components.len());
        names
    };
    // `cargo metadata` names what tests alone switch on in a dependency, too.
    let all = packages
        .values()
        .map(|it| format!("pkg:cargo/{}@{}", it["name"].as_str().unwrap(), it["version"].as_str().unwrap()));
    let all: BTreeSet<String> = all.collect();
    let glibc = purls(&bill("x86_64-unknown-linux-gnu"));
    assert!(glibc.is_subset(&all) && glibc.len() * 10 > all.len() * 9, "{:?}", glibc.difference(&all));
    // The program that is released has its allocator, and no ONNX Runtime.
    let made = bill("x86_64-unknown-linux-musl");
    let released = purls(&made);
    let names = |name: &str| released.iter().any(|purl| purl.starts_with(&format!("pkg:cargo/{name}@")));
    assert!(names("mimalloc") && names("tract-onnx") && names("ureq") && names("parquet"), "{released:?}");
    assert!(!names("ort") && !names("tempfile") && !names("agebench"), "{released:?}");
    let build = std::fs::read_to_string(package().join("scripts/release/build.sh")).unwrap();
    assert!(build.contains(&format!("flags=\"{}\"", features.join(" "))), "what is built is what is listed here");
    // The schema of CycloneDX 1.6, as `cyclonedx-python-lib` carries it.
    let validate = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(wrong) if wrong else 0)";
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("bill.json");
    std::fs::write(&file, &made).unwrap();
    let judged = Command::new(&python).args(["-c", validate]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&judged.stderr);
    if said.contains("No module named") {
        assert!(!is_needed("cyclonedx"), "{said}");
        return eprintln!("skipped: pip install 'cyclonedx-python-lib[json-validation]' holds it against the schema");
    }
    assert!(judged.status.success(), "{said}");
}

#[test]
fn when_one_of_two_builds_fails_the_other_ends_before_its_folder_is_removed() {
    use std::os::unix::fs::PermissionsExt as _;
    if !package().join(".git").exists() {
        return eprintln!("skipped: no checkout");
    }
    let place = tempfile::tempdir().unwrap();
    let (cargo, went_on) = (place.path().join("cargo"), place.path().join("went-on"));
    let text = "#!/bin/bash\ncase $PWD in */another/*) sleep 0.5; exit 7 ;; esac\nsleep 2\ntouch \"$WENT_ON\"\n";
    std::fs::write(&cargo, text).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", place.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg(package().join("scripts/release/reproducible.sh")).env("TMPDIR", place.path());
    let ended = command.env("PATH", path).env("WENT_ON", &went_on).output().unwrap();
    assert_eq!(ended.status.code(), Some(7), "{}", String::from_utf8_lossy(&ended.stderr));
    let left = std::fs::read_dir(place.path()).unwrap().count();
    assert_eq!(left, 1, "its folder is gone");
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert!(!went_on.exists());
}
