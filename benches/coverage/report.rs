//! Figures with their standard errors, rules that they must keep, and tables of them as CSV.

use std::fmt::Write as _;

/// The columns of a figure, behind those that say what it is about.
pub const FIGURE: [&str; 8] =
    ["measure", "percent", "standard_error", "data_sets", "at_least", "at_most", "kept", "at"];

/// How often something was true among independent datasets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub hits: u64,
    /// Datasets.
    pub sets: u64,
}

impl Tally {
    /// Counts one dataset.
    pub fn count(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.sets += 1;
    }

    /// Adds the counts of other datasets.
    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.sets += other.sets;
    }

    fn share(self) -> f64 {
        self.hits as f64 / self.sets as f64
    }
}

/// Adds up several tallies of two lots of datasets, place by place.
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
    /// Least and greatest share.
    fn bounds(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::AtLeast(low) => (Some(low), None),
            Self::AtMost(high) => (None, Some(high)),
            Self::Within(low, high) => (Some(low), Some(high)),
            Self::Told => (None, None),
        }
    }

    /// Whether `share` breaks the rule by more than three standard errors, those of a share at the rule's own bound.
    fn broken(self, share: f64, sets: Option<u64>) -> bool {
        let slack = |bound: f64| sets.map_or(1e-9, |sets| 3.0 * (bound * (1.0 - bound) / sets as f64).sqrt());
        let (low, high) = self.bounds();
        low.is_some_and(|low| share < low - slack(low)) || high.is_some_and(|high| share > high + slack(high))
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// Nothing was drawn.
    Empty,
    /// A share, drawn or exact.
    Share {
        /// The share itself.
        share: f64,
        /// Of so many drawn datasets; none where it was computed.
        sets: Option<u64>,
        /// What it must keep.
        rule: Rule,
        /// Where a least or greatest share was found.
        at: String,
    },
}

impl Figure {
    /// A drawn share; empty without a dataset.
    pub fn drawn(tally: Tally, rule: Rule) -> Self {
        if tally.sets == 0 {
            return Self::Empty;
        }
        Self::Share { share: tally.share(), sets: Some(tally.sets), rule, at: String::new() }
    }

    /// A share that was computed.
    pub fn exact(share: f64, rule: Rule) -> Self {
        Self::exact_at(share, rule, String::new())
    }

    /// The least or greatest of several that were computed, and where it was found.
    pub fn exact_at(share: f64, rule: Rule, at: String) -> Self {
        Self::Share { share, sets: None, rule, at }
    }

    /// Whether it breaks its rule.
    pub fn broken(&self) -> bool {
        matches!(self, Self::Share { share, sets, rule, .. } if rule.broken(*share, *sets))
    }
}

/// The standard error of a drawn share.
fn standard_error(share: f64, sets: u64) -> f64 {
    // Where nothing or everything was hit, what one more or less would have said.
    ((share * (1.0 - share)).max(1.0 / sets as f64) / sets as f64).sqrt()
}

/// The figures of a family that are about the same, and what they made of their rules.
#[derive(Debug, Default)]
pub struct Table {
    /// The name of its file, and of its line in the page.
    pub name: &'static str,
    about: Vec<String>,
    measures: Vec<String>,
    rows: Vec<(Vec<String>, Vec<Figure>)>,
    /// Figures held against a rule.
    pub held: usize,
    /// Those that broke it, in words.
    pub broken: Vec<String>,
}

impl Table {
    /// An empty table: what a row is about, and what is measured.
    pub fn new<A: ToString, M: ToString>(
        name: &'static str,
        about: impl IntoIterator<Item = A>,
        measures: impl IntoIterator<Item = M>,
    ) -> Self {
        Self {
            name,
            about: about.into_iter().map(|cell| cell.to_string()).collect(),
            measures: measures.into_iter().map(|cell| cell.to_string()).collect(),
            ..Self::default()
        }
    }

    /// Adds a row: what it is about, and its figures.
    pub fn row(&mut self, about: &[String], figures: impl IntoIterator<Item = Figure>) {
        let figures: Vec<Figure> = figures.into_iter().collect();
        for (figure, measure) in figures.iter().zip(&self.measures) {
            let Figure::Share { share, sets, rule, .. } = figure else { continue };
            self.held += usize::from(*rule != Rule::Told);
            if figure.broken() {
                let (about, share) = (about.join(", "), 100.0 * share);
                let error = sets.map_or(0.0, |sets| 100.0 * standard_error(share / 100.0, sets));
                self.broken.push(format!("{}: {about}, {measure}: {share:.4} % ± {error:.4}, {rule:?}", self.name));
            }
        }
        self.rows.push((about.to_vec(), figures));
    }

    /// Every figure, a row each, as [`super::page`] reads them.
    pub fn csv(&self) -> String {
        let cell = |text: &String| {
            if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
        };
        let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| format!("{:.2}", 100.0 * bound));
        let mut text = String::new();
        let header: Vec<String> = self.about.iter().map(cell).collect();
        let _ = writeln!(text, "{},{}", header.join(","), FIGURE.join(","));
        for (about, figures) in &self.rows {
            let about: Vec<String> = about.iter().map(cell).collect();
            for (figure, measure) in figures.iter().zip(&self.measures) {
                let Figure::Share { share, sets, rule, at } = figure else { continue };
                let (low, high) = rule.bounds();
                let error = sets.map(|sets| format!("{:.4}", 100.0 * standard_error(*share, sets)));
                let cells = [
                    cell(measure),
                    format!("{:.4}", 100.0 * share),
                    error.unwrap_or_default(),
                    sets.map(|sets| sets.to_string()).unwrap_or_default(),
                    bound(low),
                    bound(high),
                    if *rule == Rule::Told { String::new() } else { (!figure.broken()).to_string() },
                    cell(at),
                ];
                let _ = writeln!(text, "{},{}", about.join(","), cells.join(","));
            }
        }
        text
    }
}
