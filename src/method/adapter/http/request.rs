//! What is asked about one sample: address, headers and body, with every place filled in.

use super::address::Address;
use super::card::{HttpCard, Verb};
use super::template::Filling;

/// A request, ready to be sent. It holds secrets, so it has no debug output.
pub struct Request {
    /// Where to.
    pub address: Address,
    /// What stands after the `?`.
    pub query: Option<String>,
    /// How.
    pub verb: Verb,
    /// The headers, by name.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Request {
    /// The request of `card` about what `with` holds.
    ///
    /// # Errors
    /// Why the attempt fails: there is nothing to fill in.
    pub fn of(card: &HttpCard, with: &Filling<'_>) -> Result<Self, String> {
        let query = card.query.as_ref().map(|query| query.query(with)).transpose()?;
        let (body, media_type) = card.body.filled(with)?;
        let mut headers = Vec::with_capacity(card.headers.len() + 1);
        for (name, value) in &card.headers {
            headers.push((name.clone(), value.text(with)?));
        }
        if let Some(media_type) = media_type
            && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            headers.push(("Content-Type".to_owned(), media_type));
        }
        Ok(Self { address: card.address.clone(), query, verb: card.method, headers, body })
    }

    /// Everything that is sent but for what HTTP itself adds.
    #[must_use]
    pub fn written_out(&self) -> Vec<u8> {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut text = format!("{} {}{query}\n", self.verb.word(), self.address);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        [text.as_bytes(), b"\n", &self.body, b"\n"].concat()
    }
}
