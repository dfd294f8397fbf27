//! Foreign words without anything that a reader does not see.

/// `text` with control characters, and marks that are invisible or turn the direction of writing, as U+FFFD: names
/// come from other people's files, and a terminal obeys some of these.
pub(crate) fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_turned_writing_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb\r\n\u{202e}c\u{9b}"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}");
        assert_eq!(visible("naïve Ω 年"), "naïve Ω 年");
    }
}
