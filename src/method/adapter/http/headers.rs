//! The headers of a card: their names, and that no secret stands in one as it is.

use std::collections::BTreeMap;

use super::body::literal_secret;
use super::secret::carries_a_secret;
use super::template::{Piece, Template};
use crate::finding::quoted;
use crate::keys::Keys;

/// Headers that say how a message is sent, and are never a card's.
const OURS: [&str; 10] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "expect",
    "te",
    "trailer",
    "upgrade",
    "accept-encoding",
];

/// Reads the table `headers`; `form` says that the body is a form, whose media type has the boundary in it.
pub(super) fn read(keys: &mut Keys<'_>, form: bool) -> Option<BTreeMap<String, Template>> {
    let row = keys.row_of_key("headers");
    let given: BTreeMap<String, String> =
        keys.take("headers", "a table of texts such as { Authorization = \"Bearer ${NAME}\" }").unwrap_or_default();
    let (mut headers, mut seen, mut fine) = (BTreeMap::new(), Vec::new(), true);
    for (name, value) in given {
        let (lower, shown) = (name.to_ascii_lowercase(), quoted(&name));
        let (found, help) = match problem(&lower, &value, form) {
            None if seen.contains(&lower) => (Err(format!("{shown} is given twice")), None),
            None => (Template::parse(&value).map_err(|problem| format!("in {shown}: {problem}")), None),
            Some((problem, help)) => (Err(format!("{shown}{problem}")), help),
        };
        seen.push(lower.clone());
        let found = found.and_then(|template| {
            let is_known = |piece: &Piece| matches!(piece, Piece::Text(_) | Piece::Variable(_));
            if !template.pieces().iter().all(is_known) {
                return Err(format!("in {shown}: only environment variables are filled into headers"));
            }
            if template.is_literal() && !value.is_empty() && carries_a_secret(&lower) {
                return Err(literal_secret(&name));
            }
            Ok(template)
        });
        match found {
            Ok(template) => drop(headers.insert(name, template)),
            Err(problem) => {
                let a_literal = problem.contains("carries a secret");
                let scheme = if lower.ends_with("authorization") { "Bearer " } else { "" };
                let remedy = a_literal
                    .then(|| format!("write `{name} = \"{scheme}${{NAME}}\"` and set the environment variable NAME"));
                keys.wrong("headers", row, problem, help.map(str::to_owned).or(remedy));
                fine = false;
            }
        }
    }
    fine.then_some(headers)
}

/// What is wrong with a header of this name, in small letters, and what to do.
fn problem(lower: &str, value: &str, form: bool) -> Option<(&'static str, Option<&'static str>)> {
    // RFC 9110, section 5.6.2: a token.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if lower.is_empty() || !lower.bytes().all(is_token) {
        return Some((" is no name of a header", None));
    }
    if OURS.contains(&lower) {
        return Some((" says how a message is sent: agebench sets it", Some("leave it out")));
    }
    if lower == "content-type" && form {
        return Some((" of a form has its boundary in it: agebench sets it", Some("leave it out")));
    }
    if value.chars().any(char::is_control) {
        return Some((" holds a control character", None));
    }
    None
}
