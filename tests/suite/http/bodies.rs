//! What a service is sent: JSON, a form, the file itself, a query; and never a name of the dataset.

use std::fs;
use std::path::{Path, PathBuf};

use super::server::{Act, Got, Server, json};
use super::{card, ran};
use crate::support::{column, jpeg, run, text};

/// Two photos with names that tell ages, and a column; the second has no box and an empty cell.
fn dataset(place: &Path) -> PathBuf {
    fs::create_dir_all(place).unwrap();
    for name in ["anna-age-17.jpg", "bert-age-34.jpg"] {
        fs::write(place.join(name), jpeg()).unwrap();
    }
    let manifest = "sample_id,path,subject_id,age,days,x0,y0,x1,y1\nanna-17,anna-age-17.jpg,anna,17,412,1,2,30,40\n\
                    bert-34,bert-age-34.jpg,bert,34,,,,,\n";
    fs::write(place.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"people-17-34\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(place.join("dataset.toml"), card).unwrap();
    place.to_owned()
}

fn answers() -> impl Fn(&Got, usize) -> Act + Send + Sync {
    |_, _| json("{\"age\":20.5}")
}

/// What the service gets when the card has these lines, and outcomes.csv.
fn sent(lines: &str, query: &str) -> (Vec<Got>, String) {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(answers());
    let url = server.url(&format!("/v1/age{query}"));
    let method =
        card(&place.path().join("m"), &format!("[http]\nurl = \"{url}\"\n{lines}\n[http.answer]\nage = \"/age\"\n"));
    let (ended, outcomes) = ran(&method, &dataset(&place.path().join("d")), &place.path().join("out"), &[]);
    ended.ended(0);
    assert_eq!(column(&outcomes, "age"), ["20.5", "20.5"]);
    let got = server.got();
    assert_eq!(got.len(), 2);
    for got in &got {
        let all = format!("{}\n{}", got.head, String::from_utf8_lossy(&got.body));
        for word in ["anna", "bert", "age-", "people", "-34", "-17"] {
            assert!(!all.contains(word), "the service was told `{word}`: {}", got.head);
        }
    }
    (got, outcomes)
}

#[test]
fn json_carries_the_photo_as_base64_with_fields_and_columns() {
    let lines = "json = '''{\"image\":\"{data_url}\",\"at\":\"{box}\",\"limits\":\"{limits}\",\"days\":\"{number:days}\"}'''\ncolumns = [\"days\"]";
    let (got, outcomes) = sent(lines, "");
    let first: serde_json::Value = serde_json::from_slice(&got[0].body).unwrap();
    let image = first["image"].as_str().unwrap().strip_prefix("data:image/jpeg;base64,").unwrap();
    assert_eq!(decoded(image), jpeg(), "the very bytes of the file");
    assert_eq!(first["at"], serde_json::json!([1, 2, 30, 40]));
    assert_eq!((&first["limits"], &first["days"]), (&serde_json::json!([13, 16, 18, 21]), &412.into()));
    let second: serde_json::Value = serde_json::from_slice(&got[1].body).unwrap();
    assert!(second["at"].is_null() && second["days"].is_null(), "{second}");
    assert_eq!(got[0].header("content-type"), Some("application/json"));
    assert_eq!(got[0].header("accept"), Some("application/json"));
    assert_eq!(got[0].header("accept-encoding"), None);
    let bytes: Vec<String> = got.iter().map(|got| got.body.len().to_string()).collect();
    assert_eq!(column(&outcomes, "bytes_in"), bytes);
    assert_eq!(column(&outcomes, "bytes_out"), ["12", "12"]);
}

#[test]
fn a_form_has_neutral_names() {
    let lines = "headers = { User-Agent = \"somebody\" }\n[[http.parts]]\nname = \"photo\"\nfile = true\n[[http.parts]]\nname = \"tier\"\nvalue = \"2\"";
    let (got, _) = sent(lines, "");
    let media_type = got[0].header("content-type").unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let parts = split(&got[0].body, format!("--{boundary}").as_bytes());
    assert_eq!(parts.len(), 4, "nothing, two parts, the end");
    let head = b"\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"sample.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
    assert_eq!(parts[1], [head.as_slice(), &jpeg(), b"\r\n"].concat());
    assert_eq!(parts[2], b"\r\nContent-Disposition: form-data; name=\"tier\"\r\n\r\n2\r\n");
    assert_eq!(got[0].header("user-agent"), Some("somebody"));
}

#[test]
fn the_file_itself_can_be_the_body_and_columns_a_query() {
    let (got, _) = sent("bytes = true", "");
    assert_eq!((got[0].header("content-type"), &got[0].body), (Some("image/jpeg"), &jpeg()));
    let (got, outcomes) = sent("method = \"GET\"\ncolumns = [\"days\"]", "?days={column:days}");
    assert!(got[0].head.starts_with("GET /v1/age?days=412 HTTP/1.1"), "{}", got[0].head);
    assert!(got[1].head.starts_with("GET /v1/age?days= HTTP/1.1"), "{}", got[1].head);
    assert_eq!(column(&outcomes, "bytes_in"), ["8", "5"]);
    assert_eq!(column(&outcomes, "input_digest"), ["", ""], "no file is read for it");
}

#[test]
fn an_examination_finds_no_planted_name_and_a_service_that_keeps_the_rules() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(answers());
    let lines = format!(
        "[http]\nurl = \"{}\"\njson = '''{{\"image\":\"{{base64}}\"}}'''\ninstances = 3\n[http.answer]\nage = \"/age\"\n",
        server.url("/")
    );
    let method = card(&place.path().join("m"), &lines);
    let ran = run(&["check", text(&method), "--conformance"]).ended(0);
    for rule in [
        "pass  opens:",
        "pass  survives a file of 20 MiB:",
        "pass  survives a record without a file:",
        "pass  opens again after it was closed:",
        "pass  is sent no name, id, path or label of the dataset: the mark is in none of",
        "pass  sends no secret back: in no reply",
        "pass  answers as many attempts at once as the card says: 3 at once",
        ", 0 broken",
    ] {
        assert!(ran.out.contains(rule), "{rule}\n{}", ran.out);
    }
    // The mark of `src/conformance/planted.rs`, searched for in what came.
    let got = server.got();
    assert!(got.len() > 15);
    for got in got {
        let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
        let content = String::from_utf8_lossy(&decoded(body["image"].as_str().unwrap())).into_owned();
        assert!(!got.head.contains("7391846205") && !content.contains("7391846205"));
    }
}

fn split<'a>(bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        parts.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    parts.push(rest);
    parts
}

/// base64 read back, by the tables of RFC 4648 and not by the crate's.
fn decoded(text: &str) -> Vec<u8> {
    let value = |digit: u8| match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is no digit"),
    };
    let digits: Vec<u8> = text.trim_end_matches('=').bytes().map(value).collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit)) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
