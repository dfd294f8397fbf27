use super::*;
use crate::finding::Findings;
use crate::method::MethodCard;
use crate::method::adapter::AdapterCard;

const HEAD: &str = "name = 'x'\nkind = 'estimation'\nversion = '1'\nlicence = 'none'\nintended_use = 'a test'\n\
                    claimed_ages = [0, 100]\n[http]\n";

/// The card whose table `[http]` is `text`, and what is wrong with it.
fn read(text: &str) -> (Option<HttpCard>, Findings) {
    let (card, findings) = MethodCard::read("method.toml", &format!("{HEAD}{text}"));
    let http = card.map(|card| match card.adapter {
        AdapterCard::Http(http) => *http,
        other => panic!("{other:?}"),
    });
    (http, findings)
}

/// Everything that is wrong with it, with the remedies.
fn problems(text: &str) -> String {
    let (card, findings) = read(text);
    assert!(card.is_none(), "{text}");
    let lines = findings.kept().iter().map(|it| format!("{it} ({})\n", it.help.as_deref().unwrap_or_default()));
    lines.collect()
}

const FULL: &str = r#"
url = "https://api.example.com/v1/age?tier=2&days={number:days}"
headers = { Authorization = "Bearer ${CAM_KEY}", X-Customer = "bench" }
json = '''{"image": "{base64}", "user": "${CAM_USER}"}'''
columns = ["days"]
requests_per_second = 4
codes = { 404 = "no_subject", 422 = "refused" }
[http.answer]
age = "/result/age"
"#;

#[test]
fn a_card_is_read_with_the_stated_defaults() {
    let (card, findings) = read(FULL);
    assert_eq!(findings.total(), 0, "{findings}");
    let card = card.unwrap();
    assert_eq!((card.method, card.instances.get(), card.retries, card.reply_bytes), (Verb::Post, 1, 3, 1 << 20));
    assert_eq!((card.backoff, card.longest_wait), (Duration::from_secs(1), Duration::from_secs(60)));
    assert_eq!(card.interval, Duration::from_millis(250));
    assert_eq!(card.variables().collect::<Vec<_>>(), ["CAM_KEY", "CAM_USER"]);
    assert_eq!((card.status_of(404), card.status_of(500)), (Some(Status::NoSubject), None));
    assert!(card.looks());
    let (record, _) =
        read("url = 'https://a/x?d={column:d}'\nmethod = 'GET'\ncolumns = ['d']\n[http.answer]\nage = '/a'");
    assert!(!record.unwrap().looks(), "no file is read for a service that is sent none");
}

#[test]
fn every_problem_of_a_card_is_told_at_once_with_its_remedy() {
    let told = problems(
        r#"
url = "http://api.example.com/v1/age?api_key=abc"
methd = "POST"
headers = { authorization = "Bearer sk-live-1234", Host = "a", "X Y" = "b" }
json = '''{"image": "{bas64}", "password": "hunter22"}'''
bytes = true
columns = ["age", "days"]
retries = -1
instances = 0
reply_bytes = 0
requests_per_second = 0
longest_wait_seconds = -2
codes = { 404 = "nobody", 99 = "refused" }
proxy = "https://bob:pw@proxy"
[http.answer]
age = "result.age"
spred = "/s"
"#,
    );
    for expected in [
        "everybody on the way can read",
        "`plain_http = true`",
        "`api_key` carries a secret",
        "did you mean `method`?",
        "`authorization` carries a secret, and a card is copied into every result",
        "write `authorization = \"Bearer ${NAME}\"`",
        "`Host` says how a message is sent",
        "`X Y` is no name of a header",
        "did you mean `base64`?",
        "`password` carries a secret",
        "a request has one body",
        "the column `age` holds the label",
        "`-1` is not a whole number",
        "0 is not from 1 to 256",
        "0 is not from 1 to 1073741824",
        "0 is not from 0.0001",
        "-2 is not a number of seconds",
        "`nobody` of `404` is not one of",
        "must not stand in a card",
        "did you mean `/result/age`?",
        "did you mean `spread`?",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    for secret in ["sk-live", "hunter22", "abc", "pw"] {
        assert!(!told.contains(secret), "{secret} is in:\n{told}");
    }
}

#[test]
fn what_does_not_fit_together_is_told() {
    let answer = "[http.answer]\nage = '/a'";
    for (text, expected) in [
        (format!("url = 'https://a/'\n{answer}"), "a POST request needs a body"),
        (format!("url = 'https://a/'\nmethod = 'GET'\nbytes = true\n{answer}"), "a GET request has no body"),
        (format!("url = 'https://a/'\nbytes = true\ncolumns = ['d']\n{answer}"), "the column `d` is never sent"),
        (format!("url = 'https://a/?d={{column:d}}'\nbytes = true\n{answer}"), "add it: columns = [\"d\"]"),
        (format!("url = 'https://a/{{column:d}}'\nbytes = true\n{answer}"), "filled in after a `?` only"),
        (format!("url = 'https://a/?i={{base64}}'\nbytes = true\n{answer}"), "does not fit into an address"),
        (format!("url = 'https://a/?i=a b'\nbytes = true\n{answer}"), "must be written as %XX"),
        ("url = 'https://a/'\nbytes = true".to_owned(), "`[http.answer]` with pointers"),
        ("url = 'https://a/'\nbytes = true\n[http.answer]".to_owned(), "no pointer to an answer"),
        (
            "url = 'https://a/'\nbytes = true\n[http.answer]\nage = '/a'\nscores = '/{limit}'".to_owned(),
            "more than one kind of answer",
        ),
        ("url = 'https://a/'\nbytes = true\n[http.answer]\nage_low = '/a'".to_owned(), "a range has both ends"),
        ("url = 'https://a/'\nbytes = true\n[http.answer]\nscores = '/a'".to_owned(), "one pointer for all limits"),
        ("url = 'https://a/'\nbytes = true\n[http.answer]\nage = '/a/{limit}'".to_owned(), "belongs into `decisions`"),
        (format!("url = 'https://a/'\n{answer}\n[[http.parts]]\nname = 'a'"), "either a `value` or `file = true`"),
        (
            format!("url = 'https://a/'\n{answer}\n[[http.parts]]\nname = 'a\"b'\nfile = true"),
            "visible characters of ASCII",
        ),
        (
            format!(
                "url = 'https://a/'\nheaders = {{ Content-Type = 'x' }}\n{answer}\n[[http.parts]]\nname = 'a'\nfile = true"
            ),
            "boundary in it",
        ),
        (format!("url = 'https://a/'\nbytes = true\nheaders = {{ A = '1', a = '2' }}\n{answer}"), "is given twice"),
        (
            format!("url = 'https://a/'\nbytes = true\nheaders = {{ A = '{{base64}}' }}\n{answer}"),
            "only environment variables",
        ),
    ] {
        let told = problems(&text);
        assert!(told.contains(expected), "{text}\n{expected} is not in:\n{told}");
    }
}

#[test]
fn the_digest_changes_with_what_is_asked_and_not_with_how_fast() {
    let json = |text: &str| serde_json::to_string(&read(text).0.unwrap()).unwrap();
    let whole = json(FULL);
    assert_eq!(whole, json(&FULL.replace("requests_per_second = 4", "requests_per_second = 9\ninstances = 8")));
    assert_ne!(whole, json(&FULL.replace("\"image\"", "\"photo\"")));
    assert_ne!(whole, json(&FULL.replace("/result/age", "/age")));
    assert!(whole.contains("${CAM_KEY}"), "{whole}");
    let limits = read("url = 'https://a/'\nbytes = true\n[http.answer]\nscores = { 18 = '/adult' }").0.unwrap();
    assert!(crate::digest::Digest::of_parsed("method", &limits, &[]).is_ok());
}
