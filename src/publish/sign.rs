//! Signatures of releases, in the format of the minisign tool: one over SHA256SUMS, which names every other file.

use std::io::Cursor;

use minisign::{PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};

/// A secret key and how to open it.
#[derive(Clone, Copy)]
pub struct Signer<'k> {
    /// The text of the key file that `minisign -G` wrote.
    pub key: &'k str,
    /// Its password; none for a key without one (`minisign -G -W`).
    pub password: Option<&'k str>,
}

impl std::fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// Why something is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The file holds no secret key.
    #[error("the file is no secret key of minisign: {0}")]
    NoSecretKey(String),
    /// The key has a password, and none was given.
    #[error("the secret key has a password")]
    NeedsPassword,
    /// The password does not open the key.
    #[error("the password does not open the secret key: {0}")]
    WrongPassword(String),
    /// The text is no public key.
    #[error("`{0}` is no public key of minisign: expected the file that `minisign -G` wrote, or its second line")]
    NoPublicKey(String),
    /// The signature could not be made.
    #[error("cannot sign: {0}")]
    Failed(String),
}

impl SignError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoSecretKey(_) => Some("make a pair of keys with `minisign -G -s release.key -p release.pub`"),
            Self::NeedsPassword => {
                Some("name a file that holds it with --password-file, or make a key without one: `minisign -G -W`")
            }
            Self::WrongPassword(_) | Self::NoPublicKey(_) | Self::Failed(_) => None,
        }
    }
}

/// The signature of `sums` by `signer`: the text of `SHA256SUMS.minisig`. `comment` is signed with it.
pub(super) fn sign(sums: &[u8], signer: Signer<'_>, comment: &str) -> Result<String, SignError> {
    let no_key = |error: minisign::PError| SignError::NoSecretKey(error.to_string());
    let key = match signer.password {
        Some(password) => {
            let boxed = SecretKeyBox::from_string(signer.key).map_err(no_key)?;
            SecretKey::from_box(boxed, Some(password.to_owned()))
                .map_err(|error| SignError::WrongPassword(error.to_string()))?
        }
        None => {
            // Read here: the tool leaves the checksum of a key without a password empty, which the crate takes for damage.
            let line = signer.key.lines().nth(1).and_then(|line| decoded(line.trim()));
            let line = line.ok_or_else(|| SignError::NoSecretKey("its second line is no base64".to_owned()))?;
            let raw = SecretKey::from_bytes(&line).map_err(no_key)?;
            if raw.is_encrypted() {
                return Err(SignError::NeedsPassword);
            }
            raw
        }
    };
    // Without a comment of our own the crate would put the time of signing there.
    let signed = minisign::sign(None, &key, Cursor::new(sums), Some(comment), Some("signature of an agebench release"));
    signed.map(|signature| signature.to_string()).map_err(|error| SignError::Failed(error.to_string()))
}

/// The public key in `text`: a key file, or its second line.
fn public_key(text: &str) -> Result<PublicKey, SignError> {
    let refused = |_| SignError::NoPublicKey(text.chars().take(60).collect());
    match PublicKeyBox::from_string(text) {
        Ok(boxed) => PublicKey::from_box(boxed).map_err(refused),
        Err(_) => PublicKey::from_base64(text.trim()).map_err(refused),
    }
}

/// Holds `signature`, a minisig file, against `sums` and the public key in `key`. Gives the signed comment, or in words
/// why it does not hold.
///
/// # Errors
/// [`SignError::NoPublicKey`].
pub(super) fn verify(sums: &[u8], signature: &str, key: &str) -> Result<Result<String, String>, SignError> {
    let key = public_key(key)?;
    let checked = SignatureBox::from_string(signature).and_then(|signature| {
        minisign::verify(&key, &signature, Cursor::new(sums), true, false, false)?;
        signature.trusted_comment()
    });
    Ok(checked.map_err(|error| error.to_string()))
}

/// The bytes behind base64 with padding; none where it is not that.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let body = text.trim_end_matches('=');
    if text.is_empty() || !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in body.bytes() {
        (bits, held) = ((bits << 6) | digit(byte)?, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
