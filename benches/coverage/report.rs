//! Figures with their standard errors, rules that they must keep, and tables in Markdown.

use std::fmt::Write as _;

/// How often something was true among independent data sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub hits: u64,
    /// Data sets.
    pub sets: u64,
}

impl Tally {
    /// Counts one data set.
    pub fn count(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.sets += 1;
    }

    /// Adds the counts of other data sets.
    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.sets += other.sets;
    }

    fn share(self) -> f64 {
        self.hits as f64 / self.sets as f64
    }
}

/// Adds up several tallies of two lots of data sets, place by place.
pub fn add_all<const N: usize>(mut one: [Tally; N], other: [Tally; N]) -> [Tally; N] {
    one.iter_mut().zip(other).for_each(|(one, other)| one.add(other));
    one
}

/// What a share must keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    AtLeast(f64),
    AtMost(f64),
    Within(f64, f64),
    /// Nothing: the figure is there to be read.
    Told,
}

impl Rule {
    /// Whether `share` breaks the rule by more than `errors` standard errors, those of a share at the rule's own bound.
    fn broken(self, share: f64, sets: Option<u64>) -> bool {
        let slack = |bound: f64| sets.map_or(1e-9, |sets| 3.0 * (bound * (1.0 - bound) / sets as f64).sqrt());
        match self {
            Self::AtLeast(low) => share < low - slack(low),
            Self::AtMost(high) => share > high + slack(high),
            Self::Within(low, high) => share < low - slack(low) || share > high + slack(high),
            Self::Told => false,
        }
    }
}

/// A table of the page, and how many of its figures were held against a rule and broke it.
#[derive(Debug, Default)]
pub struct Table {
    /// The name of its place in the page.
    pub name: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Figures held against a rule.
    pub held: usize,
    /// Those that broke it, in words.
    pub broken: Vec<String>,
    /// Most data sets of a cell; 0 where all is exact.
    sets: u64,
}

impl Table {
    /// An empty table.
    pub fn new<T: ToString>(name: &'static str, header: impl IntoIterator<Item = T>) -> Self {
        Self { name, header: header.into_iter().map(|cell| cell.to_string()).collect(), ..Self::default() }
    }

    /// Adds a row: what it is about, and its figures.
    pub fn row(&mut self, about: &[String], figures: impl IntoIterator<Item = String>) {
        self.rows.push(about.iter().cloned().chain(figures).collect());
    }

    /// A simulated share in per cent with its standard error in units of the last digit, `95.12(15)`; bold when it breaks
    /// `rule`.
    pub fn simulated(&mut self, tally: Tally, rule: Rule, what: &str) -> String {
        if tally.sets == 0 {
            return String::new();
        }
        self.sets = self.sets.max(tally.sets);
        let share = tally.share();
        // Where nothing or everything was hit, what one more or less would have said.
        let spread = (share * (1.0 - share)).max(1.0 / tally.sets as f64);
        let error = 1e4 * (spread / tally.sets as f64).sqrt();
        let text = format!("{:.2}({:.0})", 100.0 * share, error.max(1.0));
        self.mark(text, share, Some(tally.sets), rule, what)
    }

    /// A share that was computed and not drawn, in per cent.
    pub fn exact(&mut self, share: f64, rule: Rule, what: &str) -> String {
        self.mark(format!("{:.4}", 100.0 * share), share, None, rule, what)
    }

    fn mark(&mut self, text: String, share: f64, sets: Option<u64>, rule: Rule, what: &str) -> String {
        self.held += usize::from(rule != Rule::Told);
        if !rule.broken(share, sets) {
            return text;
        }
        self.broken.push(format!("{}: {what}: {text} %, {rule:?}", self.name));
        format!("**{text}**")
    }

    /// The table in Markdown, with how many figures kept their rule.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let _ = writeln!(text, "{}", line(&self.header));
        let _ = writeln!(text, "|{}", "---|".repeat(self.header.len()));
        for row in &self.rows {
            let _ = writeln!(text, "{}", line(row));
        }
        let kept = self.held - self.broken.len();
        let drawn = if self.sets > 0 { format!("; {} data sets a cell", self.sets) } else { String::new() };
        let _ = writeln!(text, "\n{kept} of {} figures that have a rule keep it{drawn}.", self.held);
        text
    }
}

/// `page` with the text between `<!-- coverage: NAME -->` and `<!-- end -->` replaced; `None` without such a place.
pub fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- coverage: {name} -->\n");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}{begin}\n{text}\n<!-- end -->{after}"))
}
