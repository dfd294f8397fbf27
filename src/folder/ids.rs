//! Ids as they stand in a run folder: pseudonyms as the numbers that their digits write, or texts.

use std::fmt;

use crate::dataset::Texts;

/// Digits of a pseudonym.
const DIGITS: usize = 16;

/// The value of each byte as a small hexadecimal digit, 255 of any other.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// The empty id among numbers; the pseudonym of these digits is kept as a text.
const EMPTY: u64 = u64::MAX;

/// Ids in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids {
    codes: Vec<u64>,
    /// All ids as texts, from the first on that is neither a pseudonym nor empty; `codes` are empty then.
    texts: Option<Texts>,
}

/// One id.
#[derive(Debug, Clone, Copy)]
pub enum PrintedId<'i> {
    /// A pseudonym.
    Code(u64),
    /// Any other id, or none.
    Text(&'i str),
}

impl Ids {
    /// Adds an id.
    pub fn push(&mut self, id: PrintedId<'_>) {
        match id {
            PrintedId::Code(code) if self.texts.is_none() && code != EMPTY => self.codes.push(code),
            PrintedId::Text("") if self.texts.is_none() => self.codes.push(EMPTY),
            _ => self.as_texts().push(id.text(&mut [0; DIGITS])),
        }
    }

    /// Adds all of `other`.
    pub fn append(&mut self, other: Self) {
        match &other.texts {
            Some(texts) => self.as_texts().append(texts),
            None if self.texts.is_none() => self.codes.extend(other.codes),
            None => (0..other.len()).for_each(|place| self.push(other.get(place))),
        }
    }

    /// As texts from now on.
    fn as_texts(&mut self) -> &mut Texts {
        let Self { codes, texts } = self;
        let codes = std::mem::take(codes);
        texts.get_or_insert_with(|| {
            let mut texts = Texts::default();
            codes.iter().for_each(|code| texts.push(Self::printed(*code).text(&mut [0; DIGITS])));
            texts
        })
    }

    fn printed(code: u64) -> PrintedId<'static> {
        if code == EMPTY { PrintedId::Text("") } else { PrintedId::Code(code) }
    }

    /// The id at `place`; empty beyond the last.
    #[must_use]
    pub fn get(&self, place: usize) -> PrintedId<'_> {
        match &self.texts {
            Some(texts) => PrintedId::Text(texts.get(place)),
            None => Self::printed(self.codes.get(place).copied().unwrap_or(EMPTY)),
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.as_ref().map_or(self.codes.len(), Texts::len)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'i> PrintedId<'i> {
    /// The id that `text` is.
    #[must_use]
    pub fn of(text: &'i str) -> Self {
        let Ok(digits) = <[u8; DIGITS]>::try_from(text.as_bytes()) else { return Self::Text(text) };
        // All digits first and one look at the end: ids are most of what is read.
        let (mut code, mut wrong) = (0, 0);
        for digit in digits {
            let value = VALUES[usize::from(digit)];
            wrong |= value;
            code = code << 4 | u64::from(value & 15);
        }
        if wrong > 15 { Self::Text(text) } else { Self::Code(code) }
    }

    /// The id as it is printed; `digits` are room for it.
    pub fn text<'t>(&'t self, digits: &'t mut [u8; DIGITS]) -> &'t str {
        match self {
            Self::Text(text) => text,
            Self::Code(code) => {
                for (digit, at) in digits.iter_mut().zip((0..DIGITS as u32).rev()) {
                    let value = u8::try_from(code >> (4 * at) & 15).unwrap_or_default();
                    *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
                }
                std::str::from_utf8(digits).unwrap_or_default()
            }
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(""))
    }
}

impl PartialEq for PrintedId<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Code(one), Self::Code(other)) => one == other,
            _ => self.text(&mut [0; DIGITS]) == other.text(&mut [0; DIGITS]),
        }
    }
}

impl PartialEq<str> for PrintedId<'_> {
    fn eq(&self, other: &str) -> bool {
        self.text(&mut [0; DIGITS]) == other
    }
}

impl fmt::Display for PrintedId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; DIGITS]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn ids_read_back_as_they_were_whatever_they_are_and_however_they_came_together(
            words in proptest::collection::vec("[0-9a-f]{16}|[0-9a-fA]{15,17}|f{16}|ü?|", 0..12),
            cut in 0_usize..12,
        ) {
            let ids = |words: &[String]| {
                let mut ids = Ids::default();
                words.iter().for_each(|word| ids.push(PrintedId::of(word)));
                ids
            };
            let cut = cut.min(words.len());
            let mut both = ids(&words[..cut]);
            both.append(ids(&words[cut..]));
            proptest::prop_assert_eq!(&both, &ids(&words));
            for (place, word) in words.iter().enumerate() {
                proptest::prop_assert_eq!(&both.get(place).to_string(), word);
                proptest::prop_assert!(both.get(place) == *word.as_str() && both.get(place) == PrintedId::of(word));
            }
        }
    }
}
