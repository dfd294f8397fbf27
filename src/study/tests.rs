//! Plans on record, what deviates from them, and that a record cannot be changed unnoticed.

use std::fs;

use serde_json::json;

use super::*;
use crate::digest::Digest;
use crate::protocol::Protocol;

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

/// A plan of two methods on one dataset.
fn plan(change: impl Fn(&mut serde_json::Value)) -> Plan {
    let effective = Protocol::from_toml("name = 'p'\nlimits = [18]\n").unwrap().canonical_json();
    let method = |name: &str| {
        json!({
            "name": name, "kind": "estimation", "version": "1", "adapter": "command", "digest": digest(name),
            "engine": "",
        })
    };
    let mut plan = json!({
        "name": "study",
        "protocol": { "name": "p", "digest": Digest::of_parsed("protocol", &effective, &[]).unwrap(), "effective": effective },
        "methods": [method("a"), method("b")],
        "datasets": [{
            "name": "faces", "version": "1", "card_digest": digest("card"), "manifest_digest": digest("manifest"),
            "files_digest": digest("files"), "samples": 10, "subjects": 5, "pick": "",
        }],
        "settings": { "timeout_seconds": 60.0, "engine": "tract" },
        "compare": true,
        "measurements": [],
    });
    change(&mut plan);
    serde_json::from_value(plan).unwrap()
}

fn same(_: &mut serde_json::Value) {}

fn told(change: impl Fn(&mut serde_json::Value)) -> Vec<String> {
    deviations(&plan(same), &plan(change)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_study_as_planned_deviates_in_nothing() {
    assert_eq!(told(same), Vec::<String>::new());
}

#[test]
fn each_item_that_is_not_as_planned_is_named_with_what_was_planned() {
    assert_eq!(
        told(|plan| plan["methods"][0]["digest"] = json!(digest("other"))),
        [format!(
            "method `a`: version 1, card {}, planned was version 1, card {}",
            digest("other").short(),
            digest("a").short()
        )]
    );
    let left_out = told(|plan| drop(plan["methods"].as_array_mut().unwrap().pop()));
    assert_eq!(left_out, [format!("method `b`: left out; planned was version 1, card {}", digest("b").short())]);
    let added = told(|plan| {
        let mut more = plan["methods"][0].clone();
        more["name"] = json!("c");
        plan["methods"].as_array_mut().unwrap().push(more);
    });
    assert_eq!(added, [format!("method `c`: added, not in the plan: version 1, card {}", digest("a").short())]);
    let limits = told(|plan| {
        let effective = Protocol::from_toml("name = 'p'\nlimits = [16, 18]\n").unwrap().canonical_json();
        plan["protocol"]["digest"] = json!(Digest::of_parsed("protocol", &effective, &[]).unwrap());
        plan["protocol"]["effective"] = effective;
    });
    assert_eq!(limits, ["protocol, `limits`: [16,18], planned was [18]"]);
    assert_eq!(
        told(|plan| plan["settings"]["timeout_seconds"] = json!(5.0)),
        ["setting `timeout_seconds`: 5.0, planned was 60.0"]
    );
    assert_eq!(told(|plan| plan["compare"] = json!(false)), ["comparison: not made, planned was made"]);
    assert_eq!(
        told(|plan| plan["datasets"][0]["pick"] = json!("split=test")),
        ["dataset `faces`, filter: split=test, planned was all samples"]
    );
    assert_eq!(told(|plan| plan["datasets"][0]["files_digest"] = json!(digest("new"))).len(), 1);
    let unread = told(|plan| plan["datasets"][0]["files_digest"] = json!(null));
    assert_eq!(unread, Vec::<String>::new(), "files that are not read yet are no others");
    let measured = told(|plan| {
        plan["measurements"] =
            json!([{ "verb": "latency", "method": "a", "dataset": "faces", "settings": { "starts": 5 } }]);
    });
    assert_eq!(measured, ["latency of `a` on `faces`: added, not in the plan: {\"starts\":5}"]);
}

#[test]
fn a_registration_is_the_same_bytes_again_and_a_changed_one_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let by = ["A. Researcher".to_owned()];
    let registration = Registration::new(plan(same), "2026-11-30", &by).unwrap();
    let path = registration.write(place.path()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(Registration::new(plan(same), "2026-11-30", &by).unwrap().to_text().unwrap(), text);
    let read = Registration::read(place.path()).unwrap().unwrap();
    assert_eq!(read, registration);
    assert!(read.standing(&plan(same)).follows);
    assert!(matches!(registration.write(place.path()), Err(RegistrationError::Registered { .. })));
    fs::write(&path, text.replace("2026-11-30", "2026-11-29")).unwrap();
    assert!(matches!(Registration::read(place.path()), Err(RegistrationError::Changed { .. })));
    fs::write(&path, text.replace("agebench-registration/1", "agebench-registration/2")).unwrap();
    assert!(matches!(Registration::read(place.path()), Err(RegistrationError::Schema { .. })));
    for date in ["30.11.2026", "2026-02-30", "", " 2026-11-30"] {
        assert!(matches!(Registration::new(plan(same), date, &[]), Err(RegistrationError::Date(_))), "{date}");
    }
    assert!(matches!(Registration::new(plan(same), "2026-11-30", &[" ".to_owned()]), Err(RegistrationError::Name(_))));
}

#[test]
fn nothing_is_registered_where_answers_may_have_been_seen() {
    let registration = Registration::new(plan(same), "2026-11-30", &[]).unwrap();
    for name in names::RESULTS {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join(name).join("faces")).unwrap();
        assert!(matches!(registration.write(place.path()), Err(RegistrationError::Results(_))), "{name}");
        assert!(!place.path().join(names::REGISTRATION).exists());
    }
}

#[test]
fn a_deviation_is_said_in_one_sentence_and_so_is_that_there_is_no_plan() {
    let registration = Registration::new(plan(same), "2026-11-30", &["A".to_owned(), "B".to_owned()]).unwrap();
    let short = registration.digest.short();
    let follows = Standing::sentence(Some(&registration.standing(&plan(same))));
    assert_eq!(
        follows,
        format!("This study follows the plan registered on 2026-11-30, signed off by A, B (digest {short}).")
    );
    let standing = registration.standing(&plan(|plan| plan["compare"] = json!(false)));
    assert!(Standing::sentence(Some(&standing)).ends_with(": comparison: not made, planned was made."));
    assert!(Standing::sentence(None).starts_with("No plan of this study was registered"));
}
