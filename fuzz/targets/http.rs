//! The card of a service and a reply of it, divided by a zero byte. What is kept of a reply never holds the secret.
#![no_main]

use agebench::age::AgeLimit;
use agebench::method::MethodCard;
use agebench::method::adapter::AdapterCard;
use agebench::method::adapter::http::reply::Reading;
use agebench::method::adapter::http::secret::Secrets;
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "hunter2hunter2";

fuzz_target!(|data: &[u8]| {
    let Some(at) = data.iter().position(|byte| *byte == 0) else { return };
    let (card, body) = (&data[..at], &data[at + 1..]);
    let Ok(card) = std::str::from_utf8(card) else { return };
    let (Some(card), _) = MethodCard::read("method.toml", card) else { return };
    let AdapterCard::Http(card) = card.adapter else { return };
    // Messages name places that the card names: a card that holds the secret itself told it before.
    if format!("{:?}", card.answer).contains(SECRET) {
        return;
    }
    let limits: Vec<AgeLimit> = [13, 18].iter().map(|years| AgeLimit::new(*years).expect("a limit")).collect();
    let Ok(secrets) = Secrets::gather(["KEY"], &|_| Some(SECRET.to_owned())) else { return };
    let reading = Reading { card: &card.answer, limits: &limits, secrets: &secrets };
    for code in [None, card.status_of(200), card.status_of(404)] {
        let outcome = reading.outcome(body, code);
        assert!(outcome.reason.is_none_or(|reason| !reason.contains(SECRET)));
        assert!(outcome.extra.iter().all(|(name, value)| !name.contains(SECRET) && !value.contains(SECRET)));
    }
    let _ = reading.reason_in(body);
});
