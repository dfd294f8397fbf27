//! What is sent to a service, as a card says it: `json`, `[[http.parts]]` or `bytes`.

use super::super::body::{Body, Json, Part, literal_secret};
use super::super::secret::carries_a_secret;
use super::super::template::Template;
use crate::keys::Keys;

/// The one kind of body that the card has.
pub(super) fn body(keys: &mut Keys<'_>) -> Option<Body> {
    let given: Vec<&str> = ["json", "parts", "bytes"].into_iter().filter(|key| keys.has(key)).collect();
    let row = keys.row_of_key("json");
    let json = keys.take::<String>("json", "JSON as a text, '''{\"image\": \"{base64}\"}'''").and_then(|text| {
        let problems = match Json::parse(&text) {
            Ok(json) => return Some(Body::Json(json)),
            Err(problems) => problems,
        };
        for problem in problems {
            keys.wrong("json", row, problem, None);
        }
        None
    });
    let parts = if keys.has("parts") {
        parts(keys).map(Body::Parts)
    } else {
        keys.take::<bool>("parts", "") // known, so that a slip of the finger is told
            .and(None)
    };
    let bytes = keys.take::<bool>("bytes", "true or false").unwrap_or(false).then_some(Body::Bytes);
    match given.as_slice() {
        [] => Some(Body::None),
        ["bytes"] => Some(bytes.unwrap_or(Body::None)),
        [_] => json.or(parts),
        several => {
            let text = format!("a request has one body: keep one of {}", crate::finding::listed(several));
            keys.wrong(several.first().copied().unwrap_or("json"), None, text, None);
            None
        }
    }
}

fn parts(keys: &mut Keys<'_>) -> Option<Vec<Part>> {
    let tables = keys.require_tables("parts", "a `name` each, and a `value` or `file = true`")?;
    let mut parts = Vec::new();
    let count = tables.len();
    for mut table in tables {
        let name = table.require::<String>("name", "the name of the field");
        if name.as_ref().is_some_and(|name| {
            name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\%".contains(&byte))
        }) {
            table.wrong("name", None, "expected visible characters of ASCII without quotes", None);
        }
        let row = table.row_of_key("value");
        let value = table.take::<String>("value", "a text with places to fill in");
        let file = table.take::<bool>("file", "true or false").unwrap_or(false);
        if file == value.is_some() {
            table.wrong("value", row, "a part has either a `value` or `file = true`", None);
        }
        let value = value.map(|text| Template::parse(&text)).transpose().unwrap_or_else(|problem| {
            table.wrong("value", row, problem, None);
            None
        });
        if let (Some(name), Some(value)) = (&name, &value)
            && carries_a_secret(name)
            && value.is_literal()
        {
            table.wrong("value", row, literal_secret(name), Some("write `value = \"${NAME}\"`".to_owned()));
        }
        parts.extend(name.map(|name| Part { name, value }));
        keys.absorb(table);
    }
    if count == 0 {
        keys.wrong("parts", None, "the form has no part", None);
    }
    (parts.len() == count).then_some(parts)
}
