use super::*;
use crate::keys::Keys;

fn card(text: &str) -> AnswerCard {
    let mut keys = Keys::parse("method.toml", text).unwrap();
    let card = AnswerCard::read(&mut keys);
    let findings = keys.finish();
    assert_eq!(findings.errors(), 0, "{findings}");
    card.unwrap()
}

fn read(card: &AnswerCard, reply: &str, code: Option<Status>) -> Outcome {
    let limits = [13, 18].map(|years| AgeLimit::new(years).unwrap());
    let secrets = Secrets::gather(["KEY"], &|_| Some("sk-live-0123456789".to_owned())).unwrap();
    Reading { card, limits: &limits, secrets: &secrets }.outcome(reply.as_bytes(), code)
}

fn answer(text: &str, reply: &str) -> Answer {
    let outcome = read(&card(text), reply, None);
    outcome.answer.clone().unwrap_or_else(|| panic!("{outcome:?}"))
}

fn age(years: f64) -> Age {
    Age::new(years).unwrap()
}

#[test]
fn each_kind_of_answer_is_found_where_the_card_points() {
    let one = "age = '/result/years'\nspread = '/result/sd'";
    assert_eq!(answer(one, r#"{"result":{"years":23.4,"sd":2}}"#), Answer::Age { age: age(23.4), spread: Some(2.0) });
    assert_eq!(answer(one, r#"{"result":{"years":"23.4"}}"#), Answer::Age { age: age(23.4), spread: None });
    let range = "age_low = '/faces/0/AgeRange/Low'\nage_high = '/faces/0/AgeRange/High'";
    let reply = r#"{"faces":[{"AgeRange":{"Low":18,"High":25}}]}"#;
    assert_eq!(answer(range, reply), Answer::Range { low: age(18.0), high: age(25.0) });
    let limit = |years| AgeLimit::new(years).unwrap();
    let of = |years, score, decision| LimitAnswer { limit: limit(years), score, decision };
    let each = "decisions = '/over/{limit}'\nscores = '/p/{limit}'\npass = ['yes']\ndeny = ['no', '0']";
    let reply = r#"{"over":{"13":"yes","18":0},"p":{"18":0.2,"21":0.1}}"#;
    let expected = vec![of(13, None, Some(Decision::Pass)), of(18, Some(0.2), Some(Decision::Deny))];
    assert_eq!(answer(each, reply), Answer::Limits(expected));
    let named = "decisions = { 18 = '/adult', 21 = '/drinks' }";
    let expected = vec![of(18, None, Some(Decision::Pass))];
    assert_eq!(answer(named, r#"{"adult":true,"drinks":false}"#), Answer::Limits(expected));
}

#[test]
fn the_services_words_and_codes_become_statuses() {
    let text = "age = '/age'\nstatus = '/state'\nreason = '/why'\nfaces = '/faces'\nstatuses = { ok = 'answered', none = 'no_subject', 3 = 'refused' }";
    let found = |reply: &str, code| {
        let outcome = read(&card(text), reply, code);
        (outcome.status, outcome.reason.unwrap_or_default(), outcome.faces)
    };
    assert_eq!(found(r#"{"state":"ok","age":20,"faces":[1,2]}"#, None), (Status::Answered, String::new(), Some(2)));
    let none = (Status::NoSubject, "nobody there".to_owned(), Some(0));
    assert_eq!(found(r#"{"state":"none","why":"nobody\n there","faces":0}"#, None), none);
    assert_eq!(found(r#"{"state":3}"#, None).0, Status::Refused);
    assert_eq!(found(r#"{"state":"abstained","age":20}"#, None).0, Status::Abstained, "our own words need no entry");
    assert_eq!(found("<html>", Some(Status::Refused)), (Status::Refused, String::new(), None));
    assert_eq!(found(r#"{"why":"too dark"}"#, Some(Status::Refused)).1, "too dark");
    // A code that is mapped to `answered` is read like 200.
    assert_eq!(found(r#"{"state":"ok","age":20}"#, Some(Status::Answered)).0, Status::Answered);
}

#[test]
fn a_reply_without_an_answer_is_what_the_card_says_of_it() {
    let absent = card("age = '/faces/0/age'\nabsent = 'no_subject'");
    assert_eq!(read(&absent, r#"{"faces":[]}"#, None).status, Status::NoSubject);
    assert_eq!(read(&absent, r#"{"faces":[{"age":null}]}"#, None).status, Status::NoSubject);
    let outcome = read(&card("age = '/faces/0/age'"), r#"{"faces":[]}"#, None);
    assert_eq!(outcome.reason.as_deref(), Some("the reply has nothing at `/faces/0/age`"));
}

#[test]
fn a_reply_that_makes_no_sense_is_a_failed_attempt_with_the_reason() {
    let years = "age = '/age'\nstatus = '/state'";
    let range = "age_low = '/low'\nage_high = '/high'";
    let limits = "decisions = '/{limit}'";
    for (text, reply, expected) in [
        (years, "", "the reply is empty"),
        (years, "<html>busy</html>", "the reply is not json (line 1, column 1): `<html>busy</html>`"),
        (years, r#"{"state":"answered","age":20"#, "not json"),
        (years, "NaN", "not json"),
        (years, r#"{"age":20}"#, "no status at `/state`"),
        (years, r#"{"age":20,"state":"fine"}"#, "the status `fine` at `/state` has no meaning"),
        (years, r#"{"age":20,"state":"timed_out"}"#, "no meaning"),
        (years, r#"{"age":"young","state":"answered"}"#, "`young` at `/age` is not a number"),
        (years, r#"{"age":"inf","state":"answered"}"#, "not a number"),
        (years, r#"{"age":[20],"state":"answered"}"#, "`[20]` at `/age` is not a number"),
        (years, r#"{"age":-3,"state":"answered"}"#, "not an age"),
        (years, r#"{"state":"answered"}"#, "nothing at `/age`"),
        (years, r#"[{"state":"answered"}]"#, "no status"),
        (range, r#"{"low":20,"high":18}"#, "runs backwards"),
        (range, r#"{"low":20}"#, "nothing at `/high`"),
        (limits, r#"{"18":"maybe"}"#, "the decision `maybe` at `/18`"),
        (limits, r#"{"21":"pass"}"#, "nothing at `/13`, `/18`"),
    ] {
        let outcome = read(&card(text), reply, None);
        assert_eq!(outcome.status, Status::Failed, "{reply}");
        assert!(outcome.reason.as_ref().unwrap().contains(expected), "{reply}: {outcome:?}");
        // Nothing where a card expects no status is what it means by a failure.
        assert_eq!(outcome.is_breach, text != limits || expected.contains("maybe"), "{reply}");
    }
    let limits = [AgeLimit::new(18).unwrap()];
    let secrets = Secrets::default();
    let outcome =
        Reading { card: &card(years), limits: &limits, secrets: &secrets }.outcome(b"{\"age\":\"\xFF\"}", None);
    assert_eq!(outcome.reason.as_deref(), Some("the reply is not utf-8"));
    assert_eq!(read(&card(years), "\u{FEFF}{\"age\":20,\"state\":\"answered\"}", None).status, Status::Answered);
    let deep = "[".repeat(100_000);
    assert_eq!(read(&card(years), &deep, None).status, Status::Failed);
}

#[test]
fn what_stands_beyond_the_answer_is_kept_apart_and_within_bounds() {
    let found = read(&card("age = '/age'"), r#"{"age":20,"faces":[{"mood":"calm"},{"mood":"sad"}],"id":7}"#, None);
    let expected = [("/faces/*/mood", "calm"), ("/id", "7")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found.extra, expected);
    let many: String = (0..500).map(|number| format!(",\"f{number}\":\"{}\"", "ä".repeat(900))).collect();
    let found = read(&card("age = '/age'"), &format!("{{\"age\":20{many}}}"), None);
    assert_eq!(found.extra.len(), MOST_EXTRA);
    assert!(found.extra.iter().all(|(_, value)| value.chars().count() <= LONGEST_EXTRA));
    // Whatever may be content of the picture is no name.
    let photo = "/9j/4AAQSkZJRgAB".repeat(60);
    let found = read(&card("age = '/age'"), &format!("{{\"age\":20,\"of\":{{\"{photo}\":7}},\"{photo}\":[8]}}"), None);
    assert_eq!(found.extra, ["8", "7"].map(|value| (UNNAMED.to_owned(), value.to_owned())));
}

#[test]
fn no_kept_text_holds_a_secret_that_the_service_sends_back_however_it_is_cut() {
    let text = "age = '/age'\nreason = '/why'\nstatus = '/state'";
    let secret = "sk-live-0123456789";
    let long = "x".repeat(50);
    for reply in [
        format!("{long}{secret}"),
        format!("{{\"state\":\"{long}{secret}\"}}"),
        format!("{{\"state\":\"refused\",\"why\":\"{}{secret}\",\"{secret}\":\"{secret}\"}}", "y".repeat(495)),
        format!("{{\"state\":\"answered\",\"age\":\"{long}{secret}\"}}"),
        // Parted by what no line keeps.
        "{\"state\":\"refused\",\"why\":\"sk-live-01\\n234\\u00005\\t6789\"}".to_owned(),
    ] {
        let kept = format!("{:?}", read(&card(text), &reply, None));
        assert!(!kept.contains("sk-live"), "{kept}");
        assert!(kept.contains(&REMOVED[..5]), "{kept}");
    }
}

#[test]
fn a_secret_in_the_name_of_a_field_is_removed_before_the_name_is_escaped() {
    let secrets = Secrets::gather(["KEY"], &|_| Some("key+a/b~c=0123".to_owned())).unwrap();
    let limits = [AgeLimit::new(18).unwrap()];
    let card = card("age = '/age'");
    let reading = Reading { card: &card, limits: &limits, secrets: &secrets };
    // The third is base64 of `u:KEY` as Python's b64encode writes it, the fourth is parted by what no line keeps, and the last is too
    // long to be repeated.
    let names = [
        "key+a/b~c=0123",
        "my key+a/b~c=0123",
        "dTprZXkrYS9ifmM9MDEyMw==",
        "key+a\\u0007/b~c=0123",
        "key%2ba/b%7Ec=0123",
        &format!("key+a/b~c=0123{}", "x".repeat(70)),
    ];
    for name in names {
        for reply in [format!("{{\"age\":20,\"{name}\":1}}"), format!("{{\"age\":20,\"of\":[{{\"{name}\":1}}]}}")] {
            let kept = format!("{:?}", reading.outcome(reply.as_bytes(), None).extra);
            assert!(kept.contains(REMOVED) && !kept.contains("0123") && !kept.contains("rYS9ifm"), "{name}: {kept}");
        }
    }
}

#[test]
fn a_reply_that_can_be_read_in_two_ways_is_failed() {
    let reply = r#"{"age":30,"age":16}"#;
    let outcome = read(&card("age = '/age'"), reply, None);
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(outcome.reason.as_deref(), Some("the reply has a key twice in one object (line 1, column 15)"));
}
