//! JSON pointers (RFC 6901): where something stands in a reply.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::age::AgeLimit;

/// The part of a pointer that each limit takes the place of.
const LIMIT: &str = "{limit}";

/// A pointer, which may hold `{limit}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(String);

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Pointer {
    /// The pointer in `text`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!("a pointer begins with `/`: did you mean `/{}`?", text.replace('.', "/")));
        }
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('~') {
            if !after.starts_with(['0', '1']) {
                return Err("`~` in a pointer is written `~0`, and `/` in a name `~1`".to_owned());
            }
            rest = after;
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it holds `{limit}`.
    #[must_use]
    pub fn is_for_each_limit(&self) -> bool {
        self.0.contains(LIMIT)
    }

    /// The pointer for `limit`.
    #[must_use]
    pub fn at(&self, limit: AgeLimit) -> Self {
        Self(self.0.replace(LIMIT, &limit.years().to_string()))
    }

    /// What stands there in `reply`; nothing is nothing, and so is null.
    #[must_use]
    pub fn find<'a>(&self, reply: &'a Value) -> Option<&'a Value> {
        reply.pointer(&self.0).filter(|value| !value.is_null())
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Tells `see` of every value in `reply` that holds no other, in their order: its pointer, the same with `*` for places in lists and
/// every key as `clean` leaves it, and the value. It ends where `see` says `false`. Nothing is kept, so that a long name above many
/// values is no more than one name.
pub fn for_each_leaf(reply: &Value, clean: &dyn Fn(&str) -> String, see: &mut dyn FnMut(&str, &str, &Value) -> bool) {
    walk(reply, &mut String::new(), &mut String::new(), clean, see);
}

fn walk(
    value: &Value,
    pointer: &mut String,
    name: &mut String,
    clean: &dyn Fn(&str) -> String,
    see: &mut dyn FnMut(&str, &str, &Value) -> bool,
) -> bool {
    let (at, named) = (pointer.len(), name.len());
    let mut inside = |step: &str, shown: &str, value: &Value| {
        pointer.push_str(step);
        name.push_str(shown);
        let goes_on = walk(value, pointer, name, clean, see);
        pointer.truncate(at);
        name.truncate(named);
        goes_on
    };
    match value {
        Value::Array(items) => items.iter().enumerate().all(|(place, item)| inside(&format!("/{place}"), "/*", item)),
        Value::Object(fields) => fields.iter().all(|(key, field)| {
            // Cleaned before it is escaped: what is looked for may hold `~` or `/`.
            inside(&escaped(key), &escaped(&clean(key)), field)
        }),
        Value::Null => true,
        leaf => see(pointer, name, leaf),
    }
}

/// The step of a pointer to what `key` names.
fn escaped(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_6901_are_found() {
        // RFC 6901, section 5.
        let text = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        let document: Value = serde_json::from_str(text).unwrap();
        for (pointer, expected) in [
            ("/foo/0", "\"bar\""),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(Pointer::parse(pointer).unwrap().find(&document).unwrap().to_string(), expected, "{pointer}");
        }
        assert_eq!(Pointer::parse("").unwrap().find(&document), Some(&document));
        assert_eq!(Pointer::parse("/foo/2").unwrap().find(&document), None);
        assert_eq!(Pointer::parse("/foo/-").unwrap().find(&document), None);
    }

    #[test]
    fn what_is_no_pointer_is_told_with_what_was_meant() {
        assert!(Pointer::parse("result.age").unwrap_err().contains("did you mean `/result/age`?"));
        assert!(Pointer::parse("/a~b").unwrap_err().contains("`~0`"));
        assert!(Pointer::parse("/a~").is_err());
    }

    #[test]
    fn leaves_are_named_with_stars_for_places_in_lists_and_with_clean_keys() {
        let reply: Value = serde_json::from_str(r#"{"faces":[{"a/b":1},{"a/b":2}],"none":null}"#).unwrap();
        let seen = |most: usize| {
            let mut named = Vec::new();
            for_each_leaf(&reply, &str::to_uppercase, &mut |pointer, name, value| {
                named.push(format!("{pointer} {name} {value}"));
                named.len() < most
            });
            named
        };
        let expected = ["/faces/0/a~1b /FACES/*/A~1B 1", "/faces/1/a~1b /FACES/*/A~1B 2"];
        assert_eq!(seen(9), expected);
        assert_eq!(seen(1), expected[..1]);
    }
}
