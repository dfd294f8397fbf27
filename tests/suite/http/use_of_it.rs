//! What a vendor does first: the example of the documentation, as it stands there; and where services are listed.

use std::fs;

use super::server::{Act, Got, Server, code, json};
use super::{command, ran, run_json, service};
use crate::command::orders;
use crate::documents::examples;
use crate::support::{Ran, agebench, column, package, run, text};

/// The card that docs/http.md shows first.
fn example() -> String {
    let mut cards = examples().into_iter().filter(|it| it.page == "docs/http.md" && it.is_method_card());
    cards.next().expect("docs/http.md has no card").text
}

/// The reply that the page shows.
const REPLY: &str = r#"{"status":"ok","faces":[{}],"result":{"age":23.4,"sigma":3.1}}"#;

/// The service that the page describes.
fn documented(got: &Got, _: usize) -> Act {
    if got.header("authorization") != Some("Bearer k-4711") {
        return code(401, "{\"message\":\"unknown key\"}");
    }
    let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert!(body["image"].as_str().is_some_and(|image| image.starts_with("/9j/")), "a JPEG as base64");
    match body["image"].as_str().map(str::len).unwrap_or(0) % 3 {
        0 => json(REPLY),
        1 => json("{\"status\":\"no_face\",\"faces\":[]}"),
        _ => code(422, "{\"message\":\"too dark\"}"),
    }
}

#[test]
fn the_example_of_the_documentation_runs_as_it_stands_there() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("cam-3");
    fs::create_dir_all(&folder).unwrap();
    let card = example();
    fs::write(folder.join("method.toml"), &card).unwrap();
    let mut check = agebench();
    let checked = Ran::of(check.args(["check", text(&folder)]).env("CAM3_KEY", "k-4711").output().unwrap()).ended(0);
    assert!(checked.out.contains("0 errors, 0 warnings"), "{}", checked.out);

    let server = Server::start(documented);
    let url = "https://api.example.com/v1/age";
    assert!(card.contains(url), "{card}");
    fs::write(folder.join("method.toml"), card.replace(url, &server.url("/v1/age"))).unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    fs::create_dir_all(&data).unwrap();
    let faces = package().join("fixtures/faces");
    let manifest: String = (1..=12)
        .map(|number| {
            let name = format!("s{number:04}.jpg");
            fs::copy(faces.join("images").join(&name), data.join(&name)).unwrap();
            format!("f{number},{name},p{number},{}\n", 12 + number)
        })
        .collect();
    fs::write(data.join("manifest.csv"), format!("sample_id,path,subject_id,age\n{manifest}")).unwrap();
    let about = "name = \"faces\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(data.join("dataset.toml"), about).unwrap();
    let ran = Ran::of(command(&folder, &data, &out, &[]).env("CAM3_KEY", "k-4711").output().unwrap());
    ran.ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let status = column(&outcomes, "status");
    assert!(status.iter().all(|status| ["answered", "no_subject", "refused"].contains(&status.as_str())), "{outcomes}");
    let page = fs::read_to_string(package().join("docs/http.md")).unwrap().replace('\n', " ");
    let says = format!("`{REPLY}` as an age of 23.4 with a standard deviation of 3.1 and one face");
    assert!(page.contains(&says), "{says}");
    let read = ["status", "age", "spread", "faces"].map(|name| column(&outcomes, name));
    let first = status.iter().position(|status| status == "answered").unwrap();
    assert_eq!(read.map(|cells| cells[first].clone()), ["answered", "23.4", "3.1", "1"]);
    assert_eq!(run_json(&out)["methods"][0]["service"]["requests"], 12);
}

#[test]
fn a_service_is_a_stage_of_a_waterfall() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20", "nobody", "answer 40"]);
    let server = Server::start(|got, before| super::server::obey(got, before, "/"));
    service(&place.path().join("first"), &server.url("/"), "");
    let second = Server::start(|_, _| json("{\"state\":\"ok\",\"result\":{\"age\":50}}"));
    service(&place.path().join("second"), &second.url("/"), "");
    let both = "name = 'both'\nkind = 'estimation'\nversion = '1'\n[[waterfall.stages]]\nmethod = 'first'\nbuffer = [-3, 7]\n\
                [[waterfall.stages]]\nmethod = 'second'\n";
    fs::write(place.path().join("method.toml"), both).unwrap();
    let out = place.path().join("out");
    let (ended, outcomes) = ran(&place.path().join("method.toml"), &dataset, &out, &[]);
    ended.ended(0);
    assert_eq!(column(&outcomes, "pass_18"), ["pass", "pass", "pass"], "{outcomes}");
    let stages = run_json(&out)["methods"][0]["stages"].clone();
    assert_eq!(
        (&stages[0]["service"]["requests"], &stages[1]["service"]["requests"]),
        (&3.into(), &2.into()),
        "{stages:#}"
    );
}

#[test]
fn a_service_is_timed_over_several_starts_and_what_went_over_the_wire_is_their_sum() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20", "answer 30"]);
    let server = Server::start(|got, before| super::server::obey(got, before, "/"));
    let (address, _) = super::server::proxy();
    let lines = format!("plain_http = true\nproxy = \"http://{address}\"");
    let url = format!("http://0.0.0.0:{}/", server.address.port());
    let (method, out) = (service(&place.path().join("method"), &url, &lines), place.path().join("out"));
    let asked = ["latency", text(&method), "--dataset", text(&dataset), "--starts", "2", "--attempts", "20"];
    let ran = run(&[&asked[..], &["--out", text(&out)]].concat()).ended(0);
    assert_eq!(ran.err.matches("warning: `remote` is reached over plain http").count(), 1, "{}", ran.err);
    let sent = run_json(&out)["methods"][0]["service"].clone();
    // In each start the first attempt, 10 to warm up, 20 one after the other, 20 offline.
    assert_eq!((&sent["requests"], &sent["tls"]), (&102.into(), &false.into()), "{sent:#}");
    assert_eq!(server.got().len(), 102);
}

#[test]
fn services_are_listed_among_the_ways_to_reach_a_method() {
    let listed = run(&["list", "adapters"]).ended(0);
    let line = listed.out.lines().find(|line| line.trim_start().starts_with("http")).unwrap();
    assert!(line.contains("ready") && line.contains("service"), "{line}");
    for adapter in ["onnx", "command", "replay", "declared", "waterfall"] {
        assert!(listed.out.contains(adapter), "{adapter}");
    }
}
