//! Figures with their standard errors, rules that they must keep, and tables: in full as CSV, folded in Markdown.

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
    /// Something that is no share.
    Said(String),
    /// A share, drawn or exact.
    Share {
        /// The share itself.
        share: f64,
        /// Of so many drawn data sets; none where it was computed.
        sets: Option<u64>,
        /// What it must keep.
        rule: Rule,
    },
}

impl Figure {
    /// A drawn share; empty without a data set.
    pub fn drawn(tally: Tally, rule: Rule) -> Self {
        if tally.sets == 0 {
            return Self::Empty;
        }
        Self::Share { share: tally.share(), sets: Some(tally.sets), rule }
    }

    /// A share that was computed.
    pub fn exact(share: f64, rule: Rule) -> Self {
        Self::Share { share, sets: None, rule }
    }

    /// Whether it breaks its rule.
    pub fn broken(&self) -> bool {
        matches!(self, Self::Share { share, sets, rule } if rule.broken(*share, *sets))
    }

    /// Its standard error as a share.
    fn error(share: f64, sets: u64) -> f64 {
        // Where nothing or everything was hit, what one more or less would have said.
        ((share * (1.0 - share)).max(1.0 / sets as f64) / sets as f64).sqrt()
    }

    /// In per cent, a drawn one with its standard error in units of the last digit, `95.12(15)`.
    fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Said(text) => text.clone(),
            Self::Share { share, sets: None, .. } => format!("{:.4}", 100.0 * share),
            Self::Share { share, sets: Some(sets), .. } => {
                format!("{:.2}({:.0})", 100.0 * share, (1e4 * Self::error(*share, *sets)).max(1.0))
            }
        }
    }
}

/// A table of the page, and what its figures made of their rules.
#[derive(Debug, Default)]
pub struct Table {
    /// The name of its place in the page and of its file.
    pub name: &'static str,
    about: Vec<String>,
    measures: Vec<String>,
    folded: Vec<&'static str>,
    rows: Vec<(Vec<String>, Vec<Figure>)>,
    /// Figures held against a rule.
    pub held: usize,
    /// Those that broke it, in words.
    pub broken: Vec<String>,
}

impl Table {
    /// An empty table: what a row is about, and what is measured. The page shows rows that differ in the `folded`
    /// columns only as one, from the least figure to the greatest.
    pub fn new<A: ToString, M: ToString>(
        name: &'static str,
        about: impl IntoIterator<Item = A>,
        folded: impl IntoIterator<Item = &'static str>,
        measures: impl IntoIterator<Item = M>,
    ) -> Self {
        Self {
            name,
            about: about.into_iter().map(|cell| cell.to_string()).collect(),
            folded: folded.into_iter().collect(),
            measures: measures.into_iter().map(|cell| cell.to_string()).collect(),
            ..Self::default()
        }
    }

    /// Adds a row: what it is about, and its figures.
    pub fn row(&mut self, about: &[String], figures: impl IntoIterator<Item = Figure>) {
        let figures: Vec<Figure> = figures.into_iter().collect();
        for (figure, measure) in figures.iter().zip(&self.measures) {
            let Figure::Share { rule, .. } = figure else { continue };
            self.held += usize::from(*rule != Rule::Told);
            if figure.broken() {
                let (about, text) = (about.join(", "), figure.text());
                self.broken.push(format!("{}: {about}, {measure}: {text} %, {rule:?}", self.name));
            }
        }
        self.rows.push((about.to_vec(), figures));
    }

    /// Every figure, a row each.
    pub fn csv(&self) -> String {
        let cell = |text: &String| {
            if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
        };
        let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| format!("{:.2}", 100.0 * bound));
        let mut text = String::new();
        let header: Vec<String> = self.about.iter().map(cell).collect();
        let _ = writeln!(text, "{},measure,percent,standard_error,data_sets,at_least,at_most,kept", header.join(","));
        for (about, figures) in &self.rows {
            let about: Vec<String> = about.iter().map(cell).collect();
            for (figure, measure) in figures.iter().zip(&self.measures) {
                let Figure::Share { share, sets, rule } = figure else { continue };
                let (low, high) = rule.bounds();
                let error = sets.map(|sets| format!("{:.4}", 100.0 * Figure::error(*share, sets)));
                let cells = [
                    cell(measure),
                    format!("{:.4}", 100.0 * share),
                    error.unwrap_or_default(),
                    sets.map(|sets| sets.to_string()).unwrap_or_default(),
                    bound(low),
                    bound(high),
                    if *rule == Rule::Told { String::new() } else { (!figure.broken()).to_string() },
                ];
                let _ = writeln!(text, "{},{}", about.join(","), cells.join(","));
            }
        }
        text
    }

    /// The folded table in Markdown, with how many figures kept their rule.
    pub fn markdown(&self) -> String {
        let kept_columns: Vec<usize> =
            (0..self.about.len()).filter(|at| !self.folded.contains(&self.about[*at].as_str())).collect();
        let pick = |about: &[String]| -> Vec<String> { kept_columns.iter().map(|at| about[*at].clone()).collect() };
        let mut lots: Vec<(Vec<String>, Vec<Vec<&Figure>>)> = Vec::new();
        for (about, figures) in &self.rows {
            let key = pick(about);
            let at = lots.iter().position(|(other, _)| *other == key).unwrap_or_else(|| {
                lots.push((key, vec![Vec::new(); self.measures.len()]));
                lots.len() - 1
            });
            lots[at].1.iter_mut().zip(figures).for_each(|(lot, figure)| lot.push(figure));
        }
        let mut text = String::new();
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let header: Vec<String> = pick(&self.about).into_iter().chain(self.measures.iter().cloned()).collect();
        let _ = writeln!(text, "{}", line(&header));
        let _ = writeln!(text, "|{}", "---|".repeat(header.len()));
        for (about, lots) in lots {
            let cells: Vec<String> = about.into_iter().chain(lots.iter().map(|lot| folded(lot))).collect();
            let _ = writeln!(text, "{}", line(&cells));
        }
        let sets = |pick: fn(u64, u64) -> u64| {
            let figures = self.rows.iter().flat_map(|(_, figures)| figures);
            figures.filter_map(|figure| if let Figure::Share { sets, .. } = figure { *sets } else { None }).reduce(pick)
        };
        let kept = self.held - self.broken.len();
        let drawn = sets(u64::min).map_or_else(String::new, |least| format!("; {least} data sets or more a figure"));
        let _ = writeln!(text, "\n{kept} of {} figures that have a rule keep it{drawn}.", self.held);
        text
    }
}

/// One figure as it is, several from the least to the greatest; bold when one breaks its rule.
fn folded(lot: &[&Figure]) -> String {
    let shares: Vec<(f64, Option<u64>)> = lot
        .iter()
        .filter_map(|figure| if let Figure::Share { share, sets, .. } = figure { Some((*share, *sets)) } else { None })
        .collect();
    let text = match (lot, shares.as_slice()) {
        ([figure], _) => figure.text(),
        (_, []) => String::new(),
        (_, [(_, sets), ..]) => {
            let (low, high) = shares
                .iter()
                .fold((f64::INFINITY, 0.0_f64), |(low, high), (share, _)| (low.min(*share), high.max(*share)));
            let digits = if sets.is_some() { 2 } else { 4 };
            let [low, high] = [low, high].map(|share| format!("{:.digits$}", 100.0 * share));
            if low == high { low } else { format!("{low} to {high}") }
        }
    };
    if lot.iter().any(|figure| figure.broken()) { format!("**{text}**") } else { text }
}

/// `page` with the text between `<!-- coverage: NAME -->` and `<!-- end -->` replaced; `None` without such a place.
pub fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- coverage: {name} -->\n");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}{begin}\n{text}\n<!-- end -->{after}"))
}
