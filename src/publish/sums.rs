//! SHA256SUMS: a line a file, as `sha256sum -c` reads it.

use std::collections::BTreeMap;

use crate::digest::Digest;

/// The file of sums.
pub const SUMS: &str = "SHA256SUMS";
/// Its signature.
pub const SIGNATURE: &str = "SHA256SUMS.minisig";

/// The sums of `files`, but for themselves and their signature.
pub(super) fn write(files: &BTreeMap<String, Vec<u8>>) -> String {
    let own = |name: &str| [SUMS, SIGNATURE].contains(&name);
    files
        .iter()
        .filter(|(name, _)| !own(name))
        .map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes)))
        .collect()
}

/// The digest of each file that `text` names, or what is wrong with a line.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, Digest>, String> {
    let mut sums = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        // Two blanks, or a blank and a star: text and binary, which are the same here.
        let parts = line.split_once("  ").or_else(|| line.split_once(" *"));
        let known = parts.and_then(|(digest, name)| Some((name.to_owned(), Digest::parse(digest).ok()?)));
        let Some((name, digest)) = known else {
            return Err(format!("line {number} is no sum: expected 64 hexadecimal digits, two blanks and a file"));
        };
        if sums.insert(name.clone(), digest).is_some() {
            return Err(format!("line {number} names `{name}` a second time"));
        }
    }
    Ok(sums)
}
