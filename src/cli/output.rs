//! The two streams: results on the output stream, everything else on the error stream.

use std::io::{self, IsTerminal, Write};

use super::Failure;
use crate::report::visible;

/// Writes a result to the output stream: to a file or a program byte by byte, to a terminal without what would steer it.
///
/// # Errors
/// When the stream cannot be written; a reader that went away is told apart by the caller.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stream = io::stdout().lock();
    let text = if stream.is_terminal() { for_people(text) } else { text.to_owned() };
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).map_err(Failure::cannot_write)
}

/// Tells the user something. Nothing depends on whether it is heard.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(for_people(text).as_bytes());
}

/// `text` with its lines and tabs, and nothing else that a terminal obeys: names and cells come from other people's files.
fn for_people(text: &str) -> String {
    text.split_inclusive(['\n', '\t'])
        .map(|part| match part.strip_suffix(['\n', '\t']) {
            Some(words) => format!("{}{}", visible(words), part.get(words.len()..).unwrap_or_default()),
            None => visible(part),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_tabs_stay_and_what_steers_a_terminal_does_not() {
        assert_eq!(for_people("one\n\ttwo\n\nthree"), "one\n\ttwo\n\nthree");
        assert_eq!(for_people("a\u{1b}]0;title\u{7}b\r\n\u{202e}c"), "a\u{fffd}]0;title\u{fffd}b\u{fffd}\n\u{fffd}c");
    }
}
