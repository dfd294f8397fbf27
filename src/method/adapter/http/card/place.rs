//! Where a service is, as a card says it: `url` and `proxy`.

use super::super::address::Address;
use super::super::body::literal_secret;
use super::super::secret::carries_a_secret;
use super::super::template::{Piece, Template};
use crate::keys::Keys;

/// The address, and what stands after its `?`.
pub(super) fn url(keys: &mut Keys<'_>, plain_http: bool) -> Option<(Address, Option<Template>)> {
    let row = keys.row_of_key("url");
    let text: String = keys.require("url", "the address of the service, such as \"https://api.example.com/v1/age\"")?;
    let (address, query) = match Address::parse(&text) {
        Ok(found) => found,
        Err(problem) => {
            let help = if text.contains('{') { "places are filled in after a `?` only" } else { "" };
            let help = if problem.contains("password") {
                "put it into a header: headers = { Authorization = \"Basic ${NAME}\" }"
            } else {
                help
            };
            keys.wrong("url", row, problem, Some(help.to_owned()).filter(|help| !help.is_empty()));
            return None;
        }
    };
    if !address.is_tls() && !address.is_loopback() && !plain_http {
        let text = "over plain http everybody on the way can read the faces and the keys";
        let help = "write `https://`, or `plain_http = true`, which every run then tells".to_owned();
        keys.wrong("url", row, text, Some(help));
    }
    for pair in query.unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if carries_a_secret(name) && !value.is_empty() && !value.contains('{') {
            let help = format!("write `{name}=${{NAME}}` and set the variable NAME");
            keys.wrong("url", row, literal_secret(name), Some(help));
        }
    }
    let query = match query.map(Template::parse).transpose() {
        Ok(query) => query,
        Err(problem) => {
            keys.wrong("url", row, problem, None);
            return None;
        }
    };
    for piece in query.iter().flat_map(Template::pieces) {
        match piece {
            Piece::Base64 | Piece::DataUrl => {
                keys.wrong("url", row, "a whole file does not fit into an address: send it in the body", None);
            }
            Piece::Text(text)
                if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte)) =>
            {
                keys.wrong("url", row, "a character after the `?` must be written as %XX", None);
            }
            _ => {}
        }
    }
    Some((address, query))
}

/// The proxy, if any; `None` when it is wrong.
pub(super) fn proxy(keys: &mut Keys<'_>) -> Option<Option<Template>> {
    let row = keys.row_of_key("proxy");
    let Some(text) = keys.take::<String>("proxy", "the address of a proxy, or \"${HTTPS_PROXY}\"") else {
        return Some(None);
    };
    let template = Template::parse(&text).and_then(|template| {
        let is_known = |piece: &Piece| matches!(piece, Piece::Text(_) | Piece::Variable(_));
        if !template.pieces().iter().all(is_known) {
            return Err("only environment variables are filled in here".to_owned());
        }
        match template.is_literal().then(|| Address::parse(&text)) {
            Some(Err(problem)) => Err(problem),
            Some(Ok((address, _))) if address.is_tls() => Err("a proxy is reached as `http://host:port`".to_owned()),
            _ => Ok(template),
        }
    });
    match template {
        Ok(template) => Some(Some(template)),
        Err(problem) => {
            keys.wrong("proxy", row, problem, None);
            None
        }
    }
}
