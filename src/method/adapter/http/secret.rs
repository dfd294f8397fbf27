//! Secrets: which parts of a card may carry one, their values from the environment, and their removal from every text
//! that is kept.

use std::collections::BTreeMap;
use std::fmt;

use self::within::Within;
use crate::base64::base64;

mod within;

/// What stands in a kept text in place of a secret.
pub const REMOVED: &str = "(secret)";

/// The values of the environment variables that a card names. They are sent, and never shown: not as debug output either.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeMap<String, String>,
    /// Forms in which a value may come back, the longest first.
    forms: Vec<String>,
    /// What may come back as it is or percent-encoded in part, the longest first.
    plain: Vec<String>,
    /// How these look within longer texts in base64, the longest first.
    within: Vec<Within>,
}

/// Why secrets are of no use.
#[derive(Debug, PartialEq, Eq)]
pub enum Unusable {
    /// These variables are not set, or empty.
    Missing(Vec<String>),
    /// The value of this one holds what no header can carry.
    Control(String),
}

impl Secrets {
    /// The values of the variables `names`, as `look_up` knows them.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn gather<'a>(
        names: impl IntoIterator<Item = &'a str>,
        look_up: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Unusable> {
        let (mut values, mut missing) = (BTreeMap::new(), Vec::new());
        for name in names {
            match look_up(name).filter(|value| !value.is_empty()) {
                Some(value) if value.chars().any(char::is_control) => return Err(Unusable::Control(name.to_owned())),
                Some(value) => drop(values.insert(name.to_owned(), value)),
                None if missing.iter().any(|it| it == name) => {}
                None => missing.push(name.to_owned()),
            }
        }
        if !missing.is_empty() {
            return Err(Unusable::Missing(missing));
        }
        let of_value = |value: &str| {
            let quoted = |text: &str| {
                let json = serde_json::Value::from(text).to_string();
                json.get(1..json.len() - 1).unwrap_or_default().to_owned()
            };
            let json = quoted(value);
            // An error of one service within that of another.
            let twice = quoted(&json);
            let padded = base64(value.as_bytes());
            let of_addresses = padded.replace('+', "-").replace('/', "_");
            let bare = |text: &String| text.trim_end_matches('=').to_owned();
            let slashed = json.replace('/', "\\/");
            [slashed, in_ascii(&json), bare(&padded), bare(&of_addresses), json, padded, of_addresses, twice]
        };
        // The address of a proxy has its password in it.
        let password = |value: &'_ String| -> Option<String> {
            let (who, _) = value.split_once("://")?.1.rsplit_once('@')?;
            who.split_once(':').map(|(_, password)| password.to_owned()).filter(|password| !password.is_empty())
        };
        let by_length = |mut forms: Vec<String>| {
            forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            forms.dedup();
            forms
        };
        let plain = by_length(values.values().cloned().chain(values.values().filter_map(password)).collect());
        let forms = by_length(plain.iter().flat_map(|value| of_value(value)).collect());
        let mut within: Vec<Within> = plain.iter().flat_map(|value| Within::of(value.as_bytes())).collect();
        within.sort_by(|a, b| b.digits().len().cmp(&a.digits().len()).then_with(|| a.cmp(b)));
        Ok(Self { values, forms, plain, within })
    }

    /// The value of the variable `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// `text` without any of the values.
    #[must_use]
    pub fn removed_from(&self, text: &str) -> String {
        // First what is longer than the value: a short secret that stands in it by chance would part it.
        let text = self.within.iter().fold(text.to_owned(), |text, way| {
            without(text, way.digits(), |bytes, start, end| way.around(bytes, start, end))
        });
        let text = self.forms.iter().fold(text, |text, form| {
            if text.contains(form.as_str()) { text.replace(form.as_str(), REMOVED) } else { text }
        });
        self.plain.iter().fold(text, |text, value| without(text, value.as_bytes(), |_, start, end| (start, end)))
    }
}

/// A text within JSON with everything but ASCII as `\u` escapes.
fn in_ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::new(), |mut text, letter| {
        if letter.is_ascii() {
            text.push(letter);
        } else {
            letter.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
        text
    })
}

/// `text` without `value`, each byte of which may be percent-encoded, with digits of any case; `around` says how much of the
/// text goes with what was found from one place to another.
fn without(text: String, value: &[u8], around: impl Fn(&[u8], usize, usize) -> (usize, usize)) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    let end_of = |start: usize| {
        value.iter().try_fold(start, |at, wanted| {
            let found = *bytes.get(at)?;
            let encoded = || Some(hex(at + 1)? * 16 + hex(at + 2)?);
            match found {
                b'%' if encoded() == Some(u32::from(*wanted)) => Some(at + 3),
                found => (found == *wanted).then_some(at + 1),
            }
        })
    };
    let (mut kept, mut from, mut start) = (String::new(), 0, 0);
    while !value.is_empty() && start < bytes.len() {
        match end_of(start).filter(|end| text.is_char_boundary(start) && text.is_char_boundary(*end)) {
            Some(end) => {
                let (first, end) = around(bytes, start, end);
                kept.push_str(text.get(from..first).unwrap_or_default());
                kept.push_str(REMOVED);
                (from, start) = (end, end);
            }
            None => start += 1,
        }
    }
    if from == 0 {
        return text;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("names", &self.values.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// Whether a header or a field of this name is known to carry a secret.
#[must_use]
pub fn carries_a_secret(name: &str) -> bool {
    const WHOLE: [&str; 9] =
        ["authorization", "cookie", "token", "password", "passwd", "secret", "apikey", "credential", "credentials"];
    const PARTS: [&str; 10] = [
        "authorization",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "subscriptionkey",
        "functionskey",
        "authkey",
        "clientsecret",
        "authtoken",
    ];
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    WHOLE.contains(&plain.as_str()) || PARTS.iter().any(|part| plain.contains(part)) || plain.ends_with("token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let look_up = |name: &str| (name == "KEY").then(|| "pa\"ss/wörd".to_owned());
        Secrets::gather(["KEY"], &look_up).unwrap()
    }

    #[test]
    fn a_secret_is_removed_in_every_form_in_which_it_may_come_back() {
        let secrets = secrets();
        // Forms made by Python: json.dumps(s, ensure_ascii=False), urllib.parse.quote(s, safe=''), base64.b64encode.
        // Then what others write: JSON of PHP and of json.dumps(s), quote(s), HttpUtility.UrlEncode, base64 without padding.
        let forms = [
            "pa\"ss/wörd",
            "pa\\\"ss/wörd",
            "pa%22ss%2Fw%C3%B6rd",
            "cGEic3Mvd8O2cmQ=",
            "pa\\\"ss\\/wörd",
            "pa\\\"ss/w\\u00f6rd",
            "pa%22ss/w%C3%B6rd",
            "pa%22ss%2fw%c3%b6rd",
            "cGEic3Mvd8O2cmQ",
            // json.dumps(json.dumps(s)[1:-1], ensure_ascii=False)
            "pa\\\\\\\"ss/wörd",
        ];
        for form in forms {
            let text = format!("the key {form} is not known, {form}");
            assert_eq!(secrets.removed_from(&text), "the key (secret) is not known, (secret)", "{form}");
        }
        assert_eq!(secrets.removed_from("the key is not known"), "the key is not known");
        for other in ["pa%22ss%2Fw%C3%B6r", "pa%2", "%", "pa%22ss%2Fw%C3", "ö%C3%B6"] {
            assert_eq!(secrets.removed_from(other), other);
        }
        // base64.urlsafe_b64encode(bytes([0x3e, 0x3f, 0x7e, 0x7f])) of Python, and b64encode.
        let odd = Secrets::gather(["KEY"], &|_| Some(">?~>?~x".to_owned())).unwrap();
        for form in ["Pj9-Pj9-eA==", "Pj9-Pj9-eA", "Pj9+Pj9+eA==", "%3e?%7E%3E%3F~x"] {
            assert_eq!(odd.removed_from(form), "(secret)", "{form}");
        }
        let proxy = Secrets::gather(["PROXY"], &|_| Some("http://bob:hunter22@proxy:8080".to_owned())).unwrap();
        assert_eq!(proxy.removed_from("hunter22 at http://bob:hunter22@proxy:8080"), "(secret) at (secret)");
    }

    #[test]
    fn a_secret_within_a_longer_text_in_base64_is_removed_wherever_it_begins() {
        // base64.b64encode((before + key + behind).encode()) of Python, and urlsafe_b64encode, with key = "k>?~y>?\u00ff!".
        let key = Secrets::gather(["KEY"], &|_| Some("k>?~y>?\u{ff}!".to_owned())).unwrap();
        for (text, expected) in [
            ("az4/fnk+P8O/IQ==", "(secret)"),
            ("az4/fnk+P8O/IXg=", "(secret)g="),
            ("az4_fnk-P8O_IXg=", "(secret)g="),
            ("YjprPj9+eT4/w78h", "Yj(secret)"),
            ("YjprPj9-eT4_w78h", "Yj(secret)"),
            ("YmprPj9+eT4/w78hOnh4", "Ym(secret)Onh4"),
            ("YjprPj9%2BeT4%2fw78h", "Yj(secret)"),
            ("dTprPj9+eT4/w78h at dTprPj9+eT4/w78h", "dT(secret) at dT(secret)"),
            ("YWI6az4/fnk+P8O/ITo=", "YWI6(secret)o="),
            ("YWJjOms+P355Pj/DvyE=", "YWJjO(secret)"),
        ] {
            assert_eq!(key.removed_from(text), expected, "{text}");
        }
        // Four bytes are few: b64encode("u:abcd") and b64encode("abcd").
        let short = Secrets::gather(["KEY"], &|_| Some("abcd".to_owned())).unwrap();
        assert_eq!(short.removed_from("dTphYmNk YWJjZA=="), "dTphYmNk (secret)");
        // A short secret that stands in the digits of a long one by chance.
        let look_up = |name: &str| Some(if name == "KEY" { "sk-live-0123456789" } else { "xpd" }.to_owned());
        let both = Secrets::gather(["KEY", "USER"], &look_up).unwrap();
        assert_eq!(both.removed_from("Ym9iOnNrLWxpdmUtMDEyMzQ1Njc4OQ=="), "Ym9iO(secret)");
    }

    #[test]
    fn debug_output_names_the_variable_and_not_its_value() {
        let shown = format!("{:?} {:#?}", secrets(), secrets());
        assert!(shown.contains("KEY") && !shown.contains("ss/"), "{shown}");
    }

    #[test]
    fn every_variable_that_cannot_be_used_is_named_once() {
        let look_up = |name: &str| match name {
            "EMPTY" => Some(String::new()),
            "LINES" => Some("a\r\nHost: b".to_owned()),
            "SET" => Some("x".to_owned()),
            _ => None,
        };
        let unusable = |names: &[&'static str]| Secrets::gather(names.iter().copied(), &look_up).unwrap_err();
        let missing = Unusable::Missing(vec!["EMPTY".to_owned(), "ABSENT".to_owned()]);
        assert_eq!(unusable(&["SET", "EMPTY", "ABSENT", "ABSENT"]), missing);
        assert_eq!(unusable(&["SET", "LINES", "SET"]), Unusable::Control("LINES".to_owned()));
    }

    #[test]
    fn names_that_are_known_to_carry_a_secret_are_told_from_others() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "X-API-Key",
            "api_key",
            "apikey",
            "Ocp-Apim-Subscription-Key",
            "X-Auth-Token",
            "token",
            "access_token",
            "client_secret",
            "x-functions-key",
            "password",
        ] {
            assert!(carries_a_secret(name), "{name}");
        }
        for name in ["Accept", "X-Customer", "key", "image", "max_tokens", "User-Agent", "Content-Type"] {
            assert!(!carries_a_secret(name), "{name}");
        }
    }
}
