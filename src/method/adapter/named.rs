//! A file that a card names: the key with its digest, and its bytes, held against what the card states.

use std::io;

use crate::digest::Digest;
use crate::keys::Keys;
use crate::method::MethodError;

/// Reads the key `sha256`, noting what is wrong with it.
pub(super) fn stated_digest(keys: &mut Keys<'_>) -> Option<Digest> {
    let text = keys.take::<String>("sha256", "a text of 64 hexadecimal digits")?;
    Digest::parse(&text).map_err(|error| keys.wrong("sha256", None, error.to_string(), None)).ok()
}

/// The bytes of `file` and their digest, which is `stated` where the card states one.
///
/// # Errors
/// [`MethodError::Read`] and [`MethodError::Digest`].
pub(super) fn read_named(
    file: &str,
    stated: Option<Digest>,
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<(Vec<u8>, Digest), MethodError> {
    let bytes = read(file).map_err(|source| MethodError::Read { file: file.to_owned(), source })?;
    let found = Digest::of(&bytes);
    match stated {
        Some(stated) if stated != found => Err(MethodError::Digest { file: file.to_owned(), found, stated }),
        _ => Ok((bytes, found)),
    }
}
