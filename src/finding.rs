//! What is wrong with a file that somebody wrote: where, what was found, what was expected, and the remedy.
//!
//! Readers of foreign files collect findings and go on, so that a user mends everything in one go.

use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and the user should know.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing to mend or to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The file, as the user knows it.
    pub file: String,
    /// The line that a text editor shows, counted from 1 (the header of a CSV file is row 1).
    pub row: Option<u64>,
    /// The column or key.
    pub column: Option<String>,
    /// What was found and what was expected: a lowercase fragment.
    pub text: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What kind of finding it is, in a word that stays the same from version to version; empty where nobody asks.
    pub code: &'static str,
    /// Another row that it is about, where it is about two.
    pub other_row: Option<u64>,
}

impl Finding {
    /// An error about a whole file.
    #[must_use]
    pub fn error(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Severity::Error, file, text)
    }

    /// A warning about a whole file.
    #[must_use]
    pub fn warning(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Severity::Warning, file, text)
    }

    /// A note about a whole file.
    #[must_use]
    pub fn note(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Severity::Note, file, text)
    }

    fn new(severity: Severity, file: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            severity,
            file: file.into(),
            row: None,
            column: None,
            text: text.into(),
            help: None,
            code: "",
            other_row: None,
        }
    }

    /// The same, at `row`.
    #[must_use]
    pub fn row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// The same, about `row` too.
    #[must_use]
    pub fn other_row(mut self, row: u64) -> Self {
        self.other_row = Some(row);
        self
    }

    /// The same, of the kind `code`.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The same, in `column`.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// The same, with its remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with its remedy where there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

impl fmt::Display for Finding {
    /// `manifest.csv, row 118, column `age`: `25-32` is not an age in years`, without the help.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Findings of one pass. Keeps the first [`Findings::KEPT`] in full, or as many as it is told, and counts the rest, so
/// that a million bad rows cost no memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    most: usize,
    errors: u64,
    warnings: u64,
    notes: u64,
}

impl Default for Findings {
    fn default() -> Self {
        Self { kept: Vec::new(), most: Self::KEPT, errors: 0, warnings: 0, notes: 0 }
    }
}

impl Findings {
    /// Findings kept in full.
    pub const KEPT: usize = 1000;
    /// Findings that the text of an error shows.
    pub const SHOWN: usize = 20;

    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on keeps `most` in full.
    pub fn keep(&mut self, most: usize) {
        self.most = most;
    }

    /// Those kept, to be given a code, or put in another order.
    pub fn kept_mut(&mut self) -> &mut [Finding] {
        &mut self.kept
    }

    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        *match finding.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        } += 1;
        if self.kept.len() < self.most {
            self.kept.push(finding);
        }
    }

    /// Adds all of `others`.
    pub fn append(&mut self, others: Self) {
        self.errors += others.errors;
        self.warnings += others.warnings;
        self.notes += others.notes;
        let room = self.most.saturating_sub(self.kept.len());
        self.kept.extend(others.kept.into_iter().take(room));
    }

    /// Those kept, in the order in which they were found.
    #[must_use]
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Errors found, kept or not.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Warnings found, kept or not.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.warnings
    }

    /// All findings, kept or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.errors + self.warnings + self.notes
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// The remedy, when all shown errors have the same one.
    #[must_use]
    pub fn common_help(&self) -> Option<&str> {
        let mut shown = self.shown();
        let first = shown.next()?.help.as_deref()?;
        shown.all(|finding| finding.help.as_deref() == Some(first)).then_some(first)
    }

    fn shown(&self) -> impl Iterator<Item = &Finding> {
        self.kept.iter().filter(|finding| finding.severity == Severity::Error).take(Self::SHOWN)
    }
}

impl FromIterator<Finding> for Findings {
    fn from_iter<I: IntoIterator<Item = Finding>>(all: I) -> Self {
        let mut findings = Self::new();
        all.into_iter().for_each(|finding| findings.push(finding));
        findings
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        std::iter::once(finding).collect()
    }
}

impl fmt::Display for Findings {
    /// The first errors, one a line, each with its help on the next, and how many more there are. A help that all share is left to
    /// [`Findings::common_help`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let together = self.common_help().is_some();
        let mut shown = 0;
        for finding in self.shown() {
            if shown > 0 {
                writeln!(f)?;
            }
            write!(f, "{finding}")?;
            if let (Some(help), false) = (&finding.help, together) {
                write!(f, "\n   help: {help}")?;
            }
            shown += 1;
        }
        match self.errors - shown {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Findings {}

/// ``did you mean `age`?`` when `word` is close to one of `known`.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            // One slip of a finger counts however short the word is, where the share of equal letters is small.
            let slip = strsim::damerau_levenshtein(&word, &other) == 1 && other.chars().count() > 2;
            (strsim::jaro_winkler(&word, &other) + if slip { 0.3 } else { 0.0 }, candidate)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// `` `a`, `b` and `c` ``, for messages.
#[must_use]
pub fn listed<S: AsRef<str>>(words: &[S]) -> String {
    // Foreign words may be of any length and number: the columns of a file that is none.
    const LONGEST: usize = 200;
    const MOST: usize = 200;
    let word = |word: &S| match word.as_ref().char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", word.as_ref().get(..end).unwrap_or_default()),
        None => format!("`{}`", word.as_ref()),
    };
    match words {
        [] => "none".to_owned(),
        [one] => word(one),
        [first @ .., last] if words.len() <= MOST => {
            format!("{} and {}", first.iter().map(word).collect::<Vec<_>>().join(", "), word(last))
        }
        many => {
            let first: Vec<String> = many.iter().take(MOST).map(word).collect();
            format!("{} and {} more", first.join(", "), many.len() - MOST)
        }
    }
}

/// `1 error`, `2 errors`, for messages. `noun` is one that takes an s.
#[must_use]
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// `text` for a message: at most 60 characters, control characters escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_are_listed_in_a_message_that_can_be_read() {
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(&["ä".repeat(100_000)]), format!("`{}…`", "ä".repeat(200)));
        let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        assert!(listed(&many).ends_with("`199` and 800 more"), "{}", listed(&many));
    }

    #[test]
    fn a_finding_names_file_row_and_column() {
        let finding = Finding::error("manifest.csv", "`25-32` is not an age").row(118).column("age");
        assert_eq!(finding.to_string(), "manifest.csv, row 118, column `age`: `25-32` is not an age");
    }

    #[test]
    fn a_million_findings_are_counted_and_twenty_are_shown() {
        let findings: Findings = (0..1_000_000).map(|row| Finding::error("m.csv", "bad").row(row)).collect();
        assert_eq!(findings.kept().len(), Findings::KEPT);
        assert_eq!(findings.to_string().lines().count(), Findings::SHOWN + 1);
        assert!(findings.to_string().ends_with("and 999980 more"));
    }

    #[test]
    fn warnings_are_not_shown_as_errors() {
        let findings: Findings =
            [Finding::warning("c", "empty"), Finding::error("c", "wrong").help("mend it")].into_iter().collect();
        assert_eq!(findings.to_string(), "c: wrong");
        assert_eq!(findings.common_help(), Some("mend it"));
        assert_eq!((findings.errors(), findings.warnings()), (1, 1));
    }

    #[test]
    fn one_is_counted_without_an_s() {
        assert_eq!([0_u64, 1, 2].map(|number| counted(number, "error")), ["0 errors", "1 error", "2 errors"]);
    }

    #[test]
    fn close_words_are_suggested_and_far_ones_are_not() {
        assert_eq!(did_you_mean("licence", ["license", "name"]).unwrap(), "did you mean `license`?");
        assert_eq!(did_you_mean("rbg", ["gray", "bgr", "rgb"]).unwrap(), "did you mean `rgb`?");
        assert_eq!(did_you_mean("zebra", ["license", "name"]), None);
    }

    #[test]
    fn foreign_text_is_shortened_and_escaped_in_messages() {
        assert_eq!(quoted("a\u{1b}[31m"), "`a\\u{1b}[31m`");
        assert!(quoted(&"x".repeat(10_000)).chars().count() < 70);
    }
}
