//! What the first program in the box tells the harness, a line of JSON each.

use serde::{Deserialize, Serialize};

/// One thing that was seen in the box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Report {
    /// Everything stands; the method is about to be started.
    Ready {
        /// Whether system calls are traced.
        traced: bool,
    },
    /// A connection was tried.
    Connection {
        /// Address or name, and port.
        to: String,
    },
    /// A name was looked up.
    Name {
        /// The name.
        name: String,
    },
    /// Bytes were sent over the network of the box.
    Sent {
        /// Address or name, and port.
        to: String,
        /// The bytes, in hexadecimal digits.
        payload: String,
    },
    /// A Unix socket was used.
    UnixSocket {
        /// Its path; `@name` for an abstract one.
        name: String,
    },
    /// Everything that was seen before `sync` has been told.
    Synced {
        /// The number that came with it.
        number: u64,
        /// The most memory that the processes of the method have held, in bytes.
        memory: Option<u64>,
    },
    /// The processes that were alive when the method had ended.
    Left {
        /// Whether it is the second look.
        later: bool,
        /// Their names.
        processes: Vec<String>,
    },
    /// All is over.
    Ended,
}

/// `bytes` in hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The bytes that `text` writes in hexadecimal digits, up to the first pair that is none.
#[must_use]
pub fn unhex(text: &[u8]) -> Vec<u8> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    text.chunks_exact(2).map_while(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_told_and_bytes_come_back_from_their_digits() {
        let report = Report::Sent { to: "a:1".to_owned(), payload: hex(&[0, 127, 255]) };
        let line = serde_json::to_string(&report).unwrap();
        assert_eq!(line, r#"{"what":"sent","to":"a:1","payload":"007fff"}"#);
        assert_eq!(serde_json::from_str::<Report>(&line).unwrap(), report);
        assert_eq!(unhex(b"007fFFzz"), [0, 127, 255]);
    }
}
