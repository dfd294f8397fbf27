//! The two streams: results on the output stream, everything else on the error stream.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

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

/// `path` as a shell takes it for one word: in quotes where it would be several, or something else.
pub(super) fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./+:,=@%".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_shell_would_take_apart_is_quoted() {
        for (path, told) in [
            ("out/a-1_b.csv", "out/a-1_b.csv"),
            ("kind faces/ü", "'kind faces/ü'"),
            ("it's", "'it'\\''s'"),
            ("a$(b)", "'a$(b)'"),
            ("", "''"),
        ] {
            assert_eq!(word(Path::new(path)), told);
        }
    }

    #[test]
    fn lines_and_tabs_stay_and_what_steers_a_terminal_does_not() {
        assert_eq!(for_people("one\n\ttwo\n\nthree"), "one\n\ttwo\n\nthree");
        assert_eq!(for_people("a\u{1b}]0;title\u{7}b\r\n\u{202e}c"), "a\u{fffd}]0;title\u{fffd}b\u{fffd}\n\u{fffd}c");
    }
}
