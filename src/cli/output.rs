//! The two streams: results on the output stream, everything else on the error stream.

use std::io::{self, Write};

use super::Failure;

/// Writes a result to the output stream.
///
/// # Errors
/// When the stream cannot be written; a reader that went away is told apart by the caller.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stream = io::stdout().lock();
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).map_err(Failure::cannot_write)
}

/// Tells the user something. Nothing depends on whether it is heard.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
