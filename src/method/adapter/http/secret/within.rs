//! A secret within a longer text that came back as base64, such as `user:KEY` of HTTP Basic: how its digits look depends on
//! how many bytes stand before it, so that there are three ways to write it in each alphabet.

use crate::base64::base64;

/// Shorter values leave so few digits that ordinary words would be taken for them.
const FEWEST_BYTES: usize = 5;

/// One way in which a value is written within base64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Within {
    /// The digits that depend on the value alone.
    digits: String,
    /// Whether the digit before them has bits of the value, too.
    before: bool,
    /// Whether the digit behind them has.
    behind: bool,
}

impl Within {
    /// The ways for `value`; none where it is too short.
    pub(super) fn of(value: &[u8]) -> Vec<Self> {
        if value.len() < FEWEST_BYTES {
            return Vec::new();
        }
        let mut ways = Vec::new();
        for bytes_before in 0..3 {
            let longer: Vec<u8> = std::iter::repeat_n(0, bytes_before).chain(value.iter().copied()).collect();
            // A digit has six bits.
            let (first, last) = ((8 * bytes_before).div_ceil(6), 8 * longer.len() / 6);
            let digits = base64(&longer).get(first..last).unwrap_or_default().to_owned();
            let (before, behind) = (bytes_before > 0, !longer.len().is_multiple_of(3));
            let of_addresses = digits.replace('+', "-").replace('/', "_");
            if of_addresses != digits {
                ways.push(Self { digits: of_addresses, before, behind });
            }
            ways.push(Self { digits, before, behind });
        }
        ways
    }

    /// The digits that are looked for.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.as_bytes()
    }

    /// From where to where `bytes` tell of the value, when the digits stand from `start` to `end`: the digits beside them that
    /// have bits of it, and the padding that belongs to those.
    pub(super) fn around(&self, bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
        let is = |at: usize, wanted: fn(&u8) -> bool| bytes.get(at).is_some_and(wanted);
        let (mut from, mut to) = (start, end);
        if self.before && start.checked_sub(1).is_some_and(|at| is(at, is_digit)) {
            from -= 1;
        }
        if self.behind && is(to, is_digit) {
            to += 1;
            to += (to..to + 2).take_while(|at| is(*at, |byte| *byte == b'=')).count();
        }
        (from, to)
    }
}

fn is_digit(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(byte)
}
