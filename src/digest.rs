//! SHA-256 digests of what people wrote and of what was read. 64 hexadecimal digits in run.json, the first 16 in rows.

use std::fmt;
use std::io::{self, BufReader, Read, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// Why something has no digest or is none.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// Not 64 hexadecimal digits.
    #[error("`{0}` is not a sha-256 digest: expected 64 hexadecimal digits")]
    NotADigest(String),
    /// A value that JSON cannot hold.
    #[error("cannot write the parsed file as canonical json")]
    Json(#[source] serde_json::Error),
}

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a parsed card or protocol: SHA-256 of `agebench KIND/1\n`, the RFC 8785 JSON of `parsed` with all
    /// defaults filled in, and the 32 bytes of the SHA-256 of each file that it names, in the order given.
    ///
    /// # Errors
    /// [`DigestError::Json`] when `parsed` holds what JSON cannot, such as NaN.
    pub fn of_parsed<T: Serialize>(kind: &str, parsed: &T, files: &[Self]) -> Result<Self, DigestError> {
        let json = serde_json_canonicalizer::to_vec(parsed).map_err(DigestError::Json)?;
        let mut hasher = Hasher::of_kind(kind);
        hasher.update(&json);
        for file in files {
            hasher.update(&file.0);
        }
        Ok(hasher.finish())
    }

    /// The digest that 64 hexadecimal digits, small or capital, name.
    ///
    /// # Errors
    /// [`DigestError::NotADigest`] for anything else.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let wrong = || DigestError::NotADigest(text.chars().take(80).collect());
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0_u8; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 hexadecimal digits, for run.json.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// Of all that `from` gives, read piece by piece, and how many bytes that is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_all(from: impl Read) -> io::Result<(Self, u64)> {
        let mut from = BufReader::with_capacity(PIECE, Hashing::new(from));
        let bytes = io::copy(&mut from, &mut io::sink())?;
        Ok((from.into_inner().finish().1, bytes))
    }

    /// The first 16 hexadecimal digits, for rows.
    #[must_use]
    pub fn short(&self) -> String {
        let (head, _) = self.0.split_at(8);
        hex(head)
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Hashes what comes piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A hasher that begins with the line `agebench KIND/1`, so that digests of different things never meet.
    #[must_use]
    pub fn of_kind(kind: &str) -> Self {
        let mut hasher = Self::default();
        hasher.update(format!("agebench {kind}/1\n").as_bytes());
        hasher
    }

    /// Takes in `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that was taken in.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// A reader or a writer with the digest of all bytes that went through it.
#[derive(Debug)]
pub struct Hashing<T> {
    inner: T,
    hasher: Hasher,
}

impl<T> Hashing<T> {
    /// Nothing went through `inner` yet.
    #[must_use]
    pub fn new(inner: T) -> Self {
        Self { inner, hasher: Hasher::default() }
    }

    /// What the bytes went through, and their digest.
    #[must_use]
    pub fn finish(self) -> (T, Digest) {
        (self.inner, self.hasher.finish())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Small hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        // printf '' | sha256sum
        let known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").hex(), known);
        assert_eq!(Digest::of(b"").short(), "e3b0c44298fc1c14");
        assert_eq!(Digest::parse(&known.to_uppercase()).unwrap(), Digest::of(b""));
        assert!(Digest::parse("e3b0").is_err());
    }

    #[test]
    fn a_parsed_file_is_hashed_as_canonical_json_with_the_files_it_names() {
        // python3 -c "import hashlib; f=hashlib.sha256(b'weights').digest();
        //   print(hashlib.sha256(b'agebench method/1\n'+b'{\"a\":1.5,\"b\":[1,2],\"c\":\"x\"}'+f).hexdigest())"
        #[derive(Serialize)]
        struct Card {
            c: &'static str,
            b: [u8; 2],
            a: f64,
        }
        let digest =
            Digest::of_parsed("method", &Card { c: "x", b: [1, 2], a: 1.5 }, &[Digest::of(b"weights")]).unwrap();
        assert_eq!(digest.hex(), "1a74c113048fae4a721040520a6f46a47dd5c326d9a8d6264d627eef2fbff5a4");
    }
}
