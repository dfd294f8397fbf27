//! Pseudonyms: the first 16 hexadecimal digits of HMAC-SHA-256(K, id), with K from the manifest.
//!
//! Nothing is kept and nothing can be lost: the same manifest gives the same pseudonyms in every run, shard and replay,
//! and only who holds the manifest can link them to its ids.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::PrintedId;
use crate::dataset::Dataset;

/// Makes ids for the run folder.
#[derive(Clone)]
pub struct Pseudonyms {
    key: Hmac<Sha256>,
    keep: bool,
}

impl std::fmt::Debug for Pseudonyms {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pseudonyms").field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl Pseudonyms {
    /// The pseudonyms of `dataset`; with `keep`, ids are written as they are.
    #[must_use]
    pub fn of(dataset: &Dataset, keep: bool) -> Self {
        Self::with_key(dataset.ids_key(), keep)
    }

    /// As [`Pseudonyms::of`], with the key itself.
    #[must_use]
    pub fn with_key(key: &[u8; 32], keep: bool) -> Self {
        // A key of 32 bytes is shorter than SHA-256's block of 64, so it is padded with zeros.
        let mut block = hmac::digest::common::Key::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self { key: Hmac::new(&block), keep }
    }

    /// The whole code of `id`, by which ids are ranked whether they are kept or not.
    #[must_use]
    pub fn code(&self, id: &str) -> [u8; 32] {
        let mut mac = self.key.clone();
        mac.update(id.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The first eight bytes of the code of `id`, as the number that the pseudonym's digits write.
    #[must_use]
    pub fn head(&self, id: &str) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.code(id);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Whether ids are written as they are.
    #[must_use]
    pub fn keeps_ids(&self) -> bool {
        self.keep
    }

    /// `id` as it stands in the run folder; empty stays empty.
    #[must_use]
    pub fn printed<'i>(&self, id: &'i str) -> PrintedId<'i> {
        if self.keep || id.is_empty() { PrintedId::of(id) } else { PrintedId::Code(self.head(id)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_are_those_that_python_computes() {
        // python3 -c "import hmac,hashlib; k=hashlib.sha256(b'k').digest();
        //   print(hmac.new(k,'Zoë'.encode(),hashlib.sha256).hexdigest()[:16])"
        let key = *crate::digest::Digest::of(b"k").bytes();
        assert_eq!(Pseudonyms::with_key(&key, false).printed("Zoë").to_string(), "26ec17ee0d852e3d");
        assert_eq!(Pseudonyms::with_key(&key, true).printed("Zoë").to_string(), "Zoë");
        assert_eq!(Pseudonyms::with_key(&key, false).printed("").to_string(), "");
    }
}
