//! docs/programs.md: its schemas hold for real messages, its conversation for the schemas.

use std::fs;

use agebench::age::AgeLimit;
use serde_json::Value;

use crate::command::{misbehaving, orders};
use crate::support::{package, run, text};

fn schema(name: &str) -> Value {
    let path = package().join("docs/schema").join(format!("{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Why `value` does not hold to `schema`, if so: the part of JSON Schema 2020-12 that our schemas use. A keyword that is
/// not known here stops the test, so none is passed over.
fn problem(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let wrong = |what: String| Some(format!("{at}: {value} {what}"));
    for (keyword, rule) in schema.as_object().unwrap() {
        let list = || rule.as_array().unwrap();
        let found = match keyword.as_str() {
            "$schema" | "title" => None,
            "const" if value != rule => wrong(format!("is not {rule}")),
            "enum" if !list().contains(value) => wrong(format!("is not one of {rule}")),
            "const" | "enum" => None,
            "type" => {
                let is = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("unknown type {other}"),
                };
                if is { None } else { wrong(format!("is no {rule}")) }
            }
            "minimum" | "maximum" => value.as_f64().and_then(|number| {
                let bound = rule.as_f64().unwrap();
                let fits = if keyword == "minimum" { number >= bound } else { number <= bound };
                if fits { None } else { wrong(format!("is beyond {rule}")) }
            }),
            "minItems" | "maxItems" => value.as_array().and_then(|items| {
                let bound = rule.as_u64().unwrap() as usize;
                let fits = if keyword == "minItems" { items.len() >= bound } else { items.len() <= bound };
                if fits { None } else { wrong(format!("has not {keyword} {rule}")) }
            }),
            "items" => value.as_array().and_then(|items| items.iter().find_map(|item| problem(rule, item, at))),
            "required" => value.as_object().and_then(|fields| {
                let missing = list().iter().find(|name| !fields.contains_key(name.as_str().unwrap()));
                missing.and_then(|name| wrong(format!("lacks {name}")))
            }),
            "properties" => value.as_object().and_then(|fields| {
                let of =
                    |(name, rule): (&String, &Value)| fields.get(name).and_then(|value| problem(rule, value, name));
                rule.as_object().unwrap().iter().find_map(of)
            }),
            "additionalProperties" => {
                value.as_object().and_then(|fields| fields.iter().find_map(|(name, value)| problem(rule, value, name)))
            }
            "propertyNames" => value
                .as_object()
                .and_then(|fields| fields.keys().find_map(|name| problem(rule, &Value::from(name.as_str()), at))),
            "pattern" => {
                assert_eq!(rule, "^([1-9][0-9]?|100)$", "the only pattern that this test knows is that of limits");
                let fits = value.as_str().is_some_and(|text| AgeLimit::written(text).is_some());
                if fits { None } else { wrong(format!("does not fit {rule}")) }
            }
            "not" if problem(rule, value, at).is_none() => wrong(format!("holds to {rule}, and must not")),
            "not" => None,
            "anyOf" | "oneOf" => {
                let held = list().iter().filter(|rule| problem(rule, value, at).is_none()).count();
                let fits = if keyword == "anyOf" { held > 0 } else { held == 1 };
                if fits { None } else { wrong(format!("holds to {held} of {keyword}")) }
            }
            other => panic!("the schema uses {other}, which this test does not know"),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Why the message in `line` does not hold to the schema that its `type` names, if so.
pub fn message_problem(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).unwrap();
    problem(&schema(message["type"].as_str().unwrap()), &message, "message")
}

#[test]
fn the_conversation_in_the_specification_holds_to_the_schemas() {
    let page = fs::read_to_string(package().join("docs/programs.md")).unwrap();
    let lines: Vec<&str> =
        page.lines().filter_map(|line| line.trim().strip_prefix("-> ").or(line.trim().strip_prefix("<- "))).collect();
    assert_eq!(lines.len(), 7);
    for line in lines {
        assert_eq!(message_problem(line), None, "{line}");
    }
}

#[test]
fn real_messages_hold_to_the_schemas() {
    let place = tempfile::tempdir().unwrap();
    let data = orders(&place.path().join("data"), &["answer 20", "refuse", "extra"]);
    let with_boxes =
        "sample_id,path,subject_id,age,x0,y0,x1,y1,kept\ns0,f0.txt,p0,20,1,2,3,4.5,a\ns1,f1.txt,p1,21,,,,,\n";
    fs::write(data.join("manifest.csv"), with_boxes).unwrap();
    for media in ["path", "base64", "bytes"] {
        let log = place.path().join(media);
        let method =
            misbehaving(&place.path().join(format!("m-{media}")), [media, "1", text(&log)], "columns = [\"kept\"]\n");
        let out = place.path().join(format!("out-{media}"));
        run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
        let log = fs::read_to_string(&log).unwrap();
        let requests: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("REQUEST ")).collect();
        assert_eq!(requests.len(), 4, "hello, two attempts, bye: {log}");
        for request in &requests {
            assert_eq!(message_problem(request), None, "{request}");
        }
        assert!(requests[1].contains("\"box\":[1.0,2.0,3.0,4.5]") && !requests[2].contains("box"), "{requests:?}");
    }
}

#[test]
fn the_schemas_refuse_what_the_harness_refuses() {
    for line in [
        r#"{"type":"answer","n":1,"status":"answered"}"#,
        r#"{"type":"answer","n":1,"status":"answered","age":20,"decisions":{"18":"pass"}}"#,
        r#"{"type":"answer","n":1,"status":"answered","age":-3}"#,
        r#"{"type":"answer","n":1,"status":"timed_out"}"#,
        r#"{"type":"answer","n":1,"status":"refused","age":20}"#,
        r#"{"type":"answer","status":"refused"}"#,
        r#"{"type":"answer","n":1,"status":"answered","decisions":{"18":"yes"}}"#,
        r#"{"type":"answer","n":1,"status":"answered","scores":{"018":0.5}}"#,
        r#"{"type":"ready","agebench":1,"media":"file","answers":["age"]}"#,
        r#"{"type":"ready","agebench":1,"media":"path","answers":[]}"#,
        r#"{"type":"ready","agebench":1,"media":"path","answers":["age"],"max_in_flight":65}"#,
    ] {
        assert!(message_problem(line).is_some(), "{line}");
    }
    for line in [
        r#"{"type":"answer","n":1,"status":"answered","decisions":{"18":"pass"},"scores":{"18":0.93}}"#,
        r#"{"type":"answer","n":1,"status":"answered","age_low":18,"age_high":25,"mood":"calm"}"#,
    ] {
        assert_eq!(message_problem(line), None, "{line}");
    }
}
