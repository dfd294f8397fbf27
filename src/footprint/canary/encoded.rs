//! A text that is looked for in foreign bytes, as it is and as others may have written it: in hexadecimal digits, and in
//! base64 at each of the three ways that it can fall into groups.

use memchr::memmem;

use crate::base64::base64;
use crate::footprint::report::{hex, unhex};

/// Bytes behind the prefix that are looked at.
pub(super) const AFTER: usize = 16;

/// A prefix and its encodings.
#[derive(Debug)]
pub(super) struct Wanted {
    prefix: Vec<u8>,
    digits: [Vec<u8>; 2],
    /// The part of the base64 text that depends on the prefix alone, and how many letters of its first group are before it.
    groups: [(Vec<u8>, usize); 3],
}

impl Wanted {
    pub fn new(prefix: &str) -> Self {
        let digits = hex(prefix.as_bytes());
        let group = |shift: usize| {
            let shifted = [&vec![0; shift], prefix.as_bytes()].concat();
            let text = base64(&shifted);
            // A letter is six bits: those of the first `shift` bytes are not the prefix's, nor all of the last letter's.
            let (before, bits) = ((8 * shift).div_ceil(6), 8 * shifted.len());
            (text.get(before..bits / 6).unwrap_or_default().as_bytes().to_vec(), before)
        };
        Self {
            prefix: prefix.as_bytes().to_vec(),
            digits: [digits.to_ascii_uppercase().into_bytes(), digits.into_bytes()],
            groups: [group(0), group(1), group(2)],
        }
    }

    /// The [`AFTER`] bytes behind each prefix in `bytes`, however it is written.
    pub fn find(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut found = plain(&self.prefix, bytes);
        for digits in &self.digits {
            for at in memmem::find_iter(bytes, digits) {
                let rest = bytes.get(at..).unwrap_or_default();
                let decoded = unhex(rest.get(..2 * (self.prefix.len() + AFTER)).unwrap_or(rest));
                found.extend(plain(&self.prefix, &decoded));
            }
        }
        for (group, before) in &self.groups {
            for at in memmem::find_iter(bytes, group) {
                let rest = bytes.get(at.saturating_sub(*before)..).unwrap_or_default();
                let letters = 4 * (self.prefix.len() + AFTER + 2).div_ceil(3);
                found.extend(plain(&self.prefix, &unbase64(rest, letters)));
            }
        }
        found
    }
}

fn plain(prefix: &[u8], bytes: &[u8]) -> Vec<Vec<u8>> {
    let after = |at: usize| bytes.get(at + prefix.len()..at + prefix.len() + AFTER).map(<[u8]>::to_vec);
    memmem::find_iter(bytes, prefix).filter_map(after).collect()
}

/// The bytes that the first `most` letters of base64 in `text` write, of either alphabet; line breaks, as they are and as
/// JSON writes them, are passed over.
pub(super) fn unbase64(text: &[u8], most: usize) -> Vec<u8> {
    let (mut bits, mut held, mut bytes, mut letters) = (0_u32, 0, Vec::new(), 0);
    let mut rest = text.iter().copied().peekable();
    while let Some(letter) = rest.next() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\r' | b'\n' => continue,
            b'\\' if rest.next_if(|next| matches!(next, b'r' | b'n' | b'/')) == Some(b'/') => 63,
            b'\\' => continue,
            _ => break,
        };
        (bits, held, letters) = (bits << 6 | u32::from(value), held + 6, letters + 1);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
        if letters == most {
            break;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_marker_is_found_in_whatever_it_stands_and_however_it_is_written(
            before in prop::collection::vec(any::<u8>(), 0..40),
            after in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let wanted = Wanted::new("prefix-of-a-run");
            let whole = [&before[..], b"prefix-of-a-run0123456789abcdef", &after[..]].concat();
            let expected = vec![b"0123456789abcdef".to_vec()];
            for text in [whole.clone(), hex(&whole).into_bytes(), hex(&whole).to_uppercase().into_bytes(), base64(&whole).into_bytes()] {
                prop_assert_eq!(wanted.find(&text), expected.clone());
            }
            let url: String = base64(&whole).chars().map(|c| match c { '+' => '-', '/' => '_', c => c }).collect();
            prop_assert_eq!(wanted.find(url.as_bytes()), expected);
        }

        #[test]
        fn base64_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
            prop_assert_eq!(unbase64(base64(&bytes).as_bytes(), usize::MAX), bytes);
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let wanted = Wanted::new("prefix-of-a-run");
        assert!(wanted.find(b"prefix-of-a-ru").is_empty());
        assert!(wanted.find(&[0xAA; 4096]).is_empty());
    }

    #[test]
    fn line_breaks_within_base64_are_passed_over() {
        assert_eq!(unbase64(b"aGVs\nbG8=", 99), b"hello");
        assert_eq!(unbase64(br"aGVs\nbG8=", 99), b"hello");
        assert_eq!(unbase64(br"\/\/79", 99), [0xFF, 0xFE, 0xFD]);
    }
}
