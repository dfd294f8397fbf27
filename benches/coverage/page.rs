//! The parts of docs/validation.md that are made of the files in docs/validation/: the verdict, and how long it takes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::report::FIGURE;

type Failure = Box<dyn std::error::Error>;

/// The tables with what is tried in them, in the order of the page.
const TRIED: [(&str, &str); 24] = [
    ("exact", "a rate, one attempt each, exactly"),
    ("rates-display", "a rate, several attempts: display interval"),
    ("rates-upper", "a rate, several attempts: upper bound for claims"),
    ("rates-lower", "a rate, several attempts: lower bound for claims"),
    ("dominated", "one person with a third of the attempts"),
    ("windows", "windows: the mean of five years' rates"),
    ("windows-thin", "the same where the last year has few people"),
    ("standardised-means", "mean errors over 26 cells"),
    ("means", "mean errors"),
    ("percentiles", "medians and percentiles of errors"),
    ("bootstrap-differences", "differences of two methods' mean errors"),
    ("bootstrap-sides", "balanced error, positive predictive value"),
    ("bootstrap-rare", "the same where errors are rare: the worse end"),
    ("gate-one-sided", "gate: a baseline that passes nobody alone, exactly"),
    ("gate-exact", "gate: one attempt each, exactly"),
    ("gate-clustered", "gate: several attempts"),
    ("buffer", "the safe challenge age, without and with `confirm`"),
    ("mover", "difference and mean of two independent rates"),
    ("groups-together", "a group beside a rest that shares people: difference of rates"),
    ("probed", "the age that a method keeps"),
    ("areas", "areas under the curve"),
    ("sign-flips", "McNemar's test, sign flips"),
    ("holm", "Holm's family of 13 tests"),
    ("nulls", "the permutation null of groups"),
];

/// A figure as its file has it; shares in per cent.
struct Line {
    /// Columns and cells of what it is about, then what was measured, then where a least one was found.
    about: String,
    measure: String,
    share: f64,
    error: Option<f64>,
    sets: Option<f64>,
    at_least: Option<f64>,
    at_most: Option<f64>,
    kept: Option<bool>,
}

impl Line {
    fn read(header: &csv::StringRecord, cells: &csv::StringRecord) -> Result<Self, Failure> {
        let first = header.len().checked_sub(FIGURE.len()).ok_or("too few columns")?;
        let cell = |at: usize| cells.get(first + at).unwrap_or_default();
        let number = |at: usize| Some(cell(at)).filter(|cell| !cell.is_empty()).map(str::parse::<f64>).transpose();
        let mut about: Vec<String> =
            header.iter().zip(cells).take(first).map(|(column, cell)| format!("{column} {cell}")).collect();
        about.extend([cell(0), cell(7)].into_iter().filter(|cell| !cell.is_empty()).map(str::to_owned));
        Ok(Self {
            about: about.join("; "),
            measure: cell(0).to_owned(),
            share: number(1)?.ok_or("a figure without a share")?,
            error: number(2)?,
            sets: number(3)?,
            at_least: number(4)?,
            at_most: number(5)?,
            kept: Some(cell(6)).filter(|cell| !cell.is_empty()).map(str::parse::<bool>).transpose()?,
        })
    }

    fn rule(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(low), Some(high)) => format!("{low} to {high} %"),
            (Some(low), None) => format!("at least {low} %"),
            (None, Some(high)) => format!("at most {high} %"),
            (None, None) => "none".to_owned(),
        }
    }

    /// How far it is from breaking its rule: in standard errors, or in per cent where it is exact.
    fn margin(&self) -> f64 {
        let unit = |bound: f64| self.sets.map_or(1.0, |sets| (bound * (100.0 - bound) / sets).sqrt());
        let low = self.at_least.map(|low| (self.share - low) / unit(low).max(1e-9));
        let high = self.at_most.map(|high| (high - self.share) / unit(high).max(1e-9));
        low.into_iter().chain(high).reduce(f64::min).unwrap_or(f64::INFINITY)
    }

    fn text(&self) -> String {
        self.error
            .map_or_else(|| format!("{:.4}", self.share), |error| format!("{:.2} ± {:.2}", self.share, error.max(0.01)))
    }
}

fn lines(folder: &Path, table: &str) -> Result<Vec<Line>, Failure> {
    let mut file = csv::Reader::from_path(folder.join(format!("{table}.csv")))?;
    let header = file.headers()?.clone();
    file.records().map(|cells| Line::read(&header, &cells?)).collect()
}

/// From the least share to the greatest.
fn range<'l>(lines: impl IntoIterator<Item = &'l Line>) -> String {
    let (least, greatest) = lines
        .into_iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), line| (low.min(line.share), high.max(line.share)));
    format!("{least:.2} to {greatest:.2}")
}

/// What was measured, each from the least share to the greatest.
fn by_measure(lines: &[&Line]) -> String {
    let mut measures: Vec<&String> = Vec::new();
    for line in lines {
        if !measures.contains(&&line.measure) {
            measures.push(&line.measure);
        }
    }
    let of = |measure: &&String| {
        let own = lines.iter().filter(|line| line.measure == **measure);
        format!("{measure}: {}", range(own.copied()))
    };
    measures.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// A line for each table and rule: how many figures keep it, and the one that is nearest to breaking it.
fn verdict(folder: &Path) -> Result<String, Failure> {
    let mut text = "| tried | rule | figures that keep it | least to greatest | nearest to breaking it |\n".to_owned();
    text += "|---|---|---|---|---|\n";
    let (mut all, mut all_kept) = (0, 0);
    for (table, tried) in TRIED {
        let lines = lines(folder, table).map_err(|error| format!("docs/validation/{table}.csv: {error}"))?;
        let mut rules: Vec<String> = Vec::new();
        for rule in lines.iter().map(Line::rule) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        rules.sort_by_key(|rule| rule == "none");
        for rule in rules {
            let own: Vec<&Line> = lines.iter().filter(|line| line.rule() == rule).collect();
            let kept = own.iter().filter(|line| line.kept == Some(true)).count();
            let Some(nearest) = own.iter().min_by(|one, other| one.margin().total_cmp(&other.margin())) else {
                continue;
            };
            let (told, worst) = if rule == "none" {
                (own.len().to_string(), by_measure(&own))
            } else {
                (all, all_kept) = (all + own.len(), all_kept + kept);
                let broken = if kept < own.len() { "**" } else { "" };
                let told = format!("{broken}{kept} of {}{broken}", own.len());
                (told, format!("{}: {}", nearest.text(), nearest.about))
            };
            let range = range(own.iter().copied());
            let _ = writeln!(text, "| [{tried}](validation/{table}.csv) | {rule} | {told} | {range} | {worst} |");
        }
    }
    let _ = writeln!(text, "\n**{all_kept} of {all} figures keep their rule.**");
    Ok(text)
}

/// The file of times.
pub const TIMES: &str = "times.csv";
/// Its header.
pub const TIMES_HEADER: &str = "family,processor_seconds,processor";

/// How long each family takes.
fn times(folder: &Path) -> Result<String, Failure> {
    let mut file = csv::Reader::from_path(folder.join(TIMES))?;
    if !file.headers()?.iter().eq(TIMES_HEADER.split(',')) {
        return Err(format!("docs/validation/{TIMES}: expected the columns {TIMES_HEADER}").into());
    }
    let mut told: Vec<(String, Vec<String>, f64)> = Vec::new();
    for cells in file.records() {
        let cells = cells?;
        let [family, seconds, processor] = [0, 1, 2].map(|at| cells.get(at).unwrap_or_default().to_owned());
        let seconds: f64 = seconds.parse()?;
        let one = format!("`{family}` {:.1}", seconds / 60.0);
        match told.iter_mut().find(|(other, ..)| *other == processor) {
            Some((_, families, sum)) => {
                families.push(one);
                *sum += seconds;
            }
            None => told.push((processor, vec![one], seconds)),
        }
    }
    let line = |(processor, families, sum): (String, Vec<String>, f64)| {
        format!("Processor minutes on {processor}: {}; together {:.0}.\n", families.join(" · "), sum / 60.0)
    };
    Ok(told.into_iter().map(line).collect())
}

/// docs/validation.md with its parts made anew.
pub fn made(docs: &Path) -> Result<String, Failure> {
    let folder = docs.join("validation");
    let mut page = fs::read_to_string(docs.join("validation.md"))?;
    for (name, text) in [("verdict", verdict(&folder)?), ("times", times(&folder)?)] {
        page = replaced(&page, name, &text).ok_or_else(|| format!("docs/validation.md has no place for {name}"))?;
    }
    Ok(page)
}

/// `page` with the text between `<!-- coverage: NAME -->` and `<!-- end -->` replaced; `None` without such a place.
fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- coverage: {name} -->\n");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}{begin}\n{text}\n<!-- end -->{after}"))
}
