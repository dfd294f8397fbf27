use super::*;
use crate::age::AgeLimit;
use crate::method::Media;
use crate::method::adapter::http::secret::Secrets;
use crate::photo::FaceBox;

const CONTENT: &[u8] = b"\xFF\xD8\xFFphoto";

fn filled(body: &Body) -> Result<(Vec<u8>, Option<String>), String> {
    let secrets = Secrets::gather(["KEY"], &|_| Some("s\"3cret".to_owned())).unwrap();
    body.filled(&Filling {
        content: Some((CONTENT, Media::of(CONTENT))),
        face_box: FaceBox::new(1.0, 2.0, 30.5, 40.0).ok(),
        columns: &[("days", "412"), ("empty", ""), ("word", "a\"b")],
        limits: &[13, 18].map(|years| AgeLimit::new(years).unwrap()),
        secrets: &secrets,
    })
}

#[test]
fn json_is_filled_in_and_stays_json() {
    let template = r#"{"image":"{base64}","url":"{data_url}","limits":"{limits}","box":"{box}","n":1.50,"deep":[{"days":"{number:days}",
        "none":"{number:empty}","text":"<{column:word}>","key":"${KEY}","braces":"{{x}"}],"yes":true,"no":null}"#;
    let (bytes, media_type) = filled(&Body::Json(Json::parse(template).unwrap())).unwrap();
    let found: Value = serde_json::from_slice(&bytes).unwrap();
    // base64.b64encode(b"\xff\xd8\xffphoto") of Python.
    let expected: Value = serde_json::from_str(
        r#"{"image":"/9j/cGhvdG8=","url":"data:image/jpeg;base64,/9j/cGhvdG8=","limits":[13,18],"box":[1,2,30.5,40],
        "n":1.5,"deep":[{"days":412,"none":null,"text":"<a\"b>","key":"s\"3cret","braces":"{x}"}],"yes":true,"no":null}"#,
    )
    .unwrap();
    // Numbers are compared as numbers: 1 of the template's box is 1 here too.
    assert_eq!(found.to_string().replace("1.0", "1"), expected.to_string().replace("1.0", "1"));
    assert_eq!(media_type.as_deref(), Some("application/json"));
}

#[test]
fn a_form_has_a_neutral_name_and_a_boundary_that_stands_in_no_part() {
    let parts = vec![
        Part { name: "image".to_owned(), value: None },
        Part { name: "limits".to_owned(), value: Some(Template::parse("{limits}").unwrap()) },
    ];
    let (bytes, media_type) = filled(&Body::Parts(parts.clone())).unwrap();
    let boundary = media_type.unwrap().strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
    let expected = [
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"sample.jpg\"\r\n")
            .as_bytes(),
        b"Content-Type: image/jpeg\r\n\r\n\xFF\xD8\xFFphoto\r\n",
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"limits\"\r\n\r\n13,18\r\n--{boundary}--\r\n")
            .as_bytes(),
    ]
    .concat();
    assert_eq!(bytes, expected);
    assert_eq!(filled(&Body::Parts(parts)).unwrap().0, expected, "the same bytes every time");
    let (first, clash) = (b"x".as_slice(), boundary_of(b"x"));
    assert_ne!(super::boundary([first, clash.as_bytes()].into_iter()), clash);
}

fn boundary_of(value: &[u8]) -> String {
    super::boundary([value].into_iter())
}

#[test]
fn every_problem_of_a_template_is_found_and_no_value_is_repeated() {
    let problems = Json::parse(r#"{"a":"{bas64}","b":["{"],"api_key":"sk-live-1234","token":"${KEY}"}"#).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(problems[0].contains("did you mean `base64`?"), "{problems:#?}");
    assert!(problems.iter().any(|it| it.contains("`api_key` carries a secret")), "{problems:#?}");
    assert!(problems.iter().all(|it| !it.contains("sk-live")), "{problems:#?}");
    assert!(Json::parse("{\"a\":1,\n\"b\":}").unwrap_err()[0].contains("line 2"));
}

#[test]
fn what_is_not_there_fails_the_attempt_with_the_reason() {
    let json = |text: &str| Body::Json(Json::parse(text).unwrap());
    assert!(filled(&json(r#"{"a":"{number:word}"}"#)).unwrap_err().contains("is no number"));
    assert!(filled(&json(r#"{"a":"{column:absent}"}"#)).unwrap_err().contains("was not lent"));
    let nobody = Secrets::default();
    let nothing = Filling { content: None, face_box: None, columns: &[], limits: &[], secrets: &nobody };
    assert_eq!(json(r#"{"a":"{base64}"}"#).filled(&nothing).unwrap_err(), NO_FILE);
    assert_eq!(Body::Bytes.filled(&nothing).unwrap_err(), NO_FILE);
    assert!(json(r#"{"a":"{box}"}"#).filled(&nothing).unwrap().0 == br#"{"a":null}"#);
}
