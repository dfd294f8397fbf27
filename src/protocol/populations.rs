//! Populations that a protocol states: the required cells of a standardised mean, and the ages of visitors.

use serde::{Deserialize, Serialize};

use super::Protocol;
use super::check::Problem;

/// Required cells: every level of a column by every completed year of a range, all weighing the same. Without a
/// column the cells are the years.
///
/// Source: METRICS M1; NIST IR 8525 (FATE AEV), whose mean absolute error is over 26 cells, two sexes by 18..=30.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// Its name, as the rows' `variant standard=NAME` has it.
    pub name: String,
    /// The column of the manifest; none for years alone.
    pub column: Option<String>,
    /// The required levels; empty for all levels that the dataset has, but `unknown`.
    pub levels: Vec<String>,
    /// First completed year.
    pub from: u32,
    /// Last completed year.
    pub to: u32,
    /// Whether pass and denial rates are standardised too, not only errors.
    pub rates: bool,
}

/// A stated distribution of visitors over completed years of age.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Its name, as the population `projected:NAME` has it.
    pub name: String,
    /// Completed year and weight, ascending by year; weights are above 0 and need not add up to anything.
    pub ages: Vec<(u32, f64)>,
}

/// The keys of a `[[standard]]`.
pub(super) const STANDARD_KEYS: [&str; 6] = ["name", "column", "levels", "from", "to", "rates"];
/// The keys of a `[[projection]]`.
pub(super) const PROJECTION_KEYS: [&str; 3] = ["name", "file", "ages"];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireStandard {
    name: String,
    #[serde(default)]
    column: String,
    #[serde(default)]
    levels: Vec<String>,
    from: u32,
    to: u32,
    #[serde(default)]
    rates: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireProjection {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ages: Option<Vec<(u32, f64)>>,
}

/// Gives the text of a file that a protocol names, or why it cannot be read.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

impl From<WireStandard> for Standard {
    fn from(wire: WireStandard) -> Self {
        let column = Some(wire.column).filter(|column| !column.is_empty());
        Self { name: wire.name, column, levels: wire.levels, from: wire.from, to: wire.to, rates: wire.rates }
    }
}

impl From<&Standard> for WireStandard {
    fn from(standard: &Standard) -> Self {
        Self {
            name: standard.name.clone(),
            column: standard.column.clone().unwrap_or_default(),
            levels: standard.levels.clone(),
            from: standard.from,
            to: standard.to,
            rates: standard.rates,
        }
    }
}

impl From<&Projection> for WireProjection {
    /// Always the distribution itself: whoever has the protocol needs no further file.
    fn from(projection: &Projection) -> Self {
        Self { name: projection.name.clone(), file: None, ages: Some(projection.ages.clone()) }
    }
}

impl WireProjection {
    /// The distribution, from the file where one is named.
    pub fn read(self, files: Files<'_>) -> Result<Projection, String> {
        let ages = match (self.ages, self.file) {
            (Some(ages), None) => ages,
            (None, Some(file)) => {
                let text = files(&file).map_err(|error| format!("cannot read `{file}`: {error}"))?;
                distribution(&text).map_err(|error| format!("`{file}`, {error}"))?
            }
            _ => return Err("expected either `file`, a CSV file, or `ages`, a list of [age, weight]".to_owned()),
        };
        Ok(Projection { name: self.name, ages })
    }
}

/// Reads `age,weight` rows.
fn distribution(text: &str) -> Result<Vec<(u32, f64)>, String> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        header.iter().position(|cell| cell == name).ok_or_else(|| format!("row 1: the column `{name}` is missing"))
    };
    let (age, weight) = (column("age")?, column("weight")?);
    let mut ages = Vec::new();
    for (row, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|error| format!("row {row}: {error}"))?;
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let years =
            cell(age).parse().map_err(|_| format!("row {row}: `{}` is not an age in whole years", cell(age)))?;
        let share = cell(weight).parse().map_err(|_| format!("row {row}: `{}` is not a weight", cell(weight)))?;
        ages.push((years, share));
    }
    ages.sort_by_key(|(years, _): &(u32, f64)| *years);
    Ok(ages)
}

/// What the types alone do not rule out of the lists of numbers.
pub(super) fn lists(protocol: &Protocol, wrong: &mut impl FnMut(&str, String)) {
    let ascends = |list: &[u32]| list.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascends(&protocol.retries) || protocol.retries.iter().any(|tries| !(1..=100).contains(tries)) {
        wrong("retries", "expected ascending numbers of tries from 1 to 100, each once".to_owned());
    }
    if protocol.bands.len() == 1 || !ascends(&protocol.bands) {
        wrong("bands", "expected no edge or at least two, ascending, each once".to_owned());
    }
    if protocol.bands.iter().any(|edge| *edge > 120) {
        wrong("bands", "expected edges of 0 to 120 years".to_owned());
    }
}

/// What the types alone do not rule out.
pub(super) fn problems(standards: &[Standard], projections: &[Projection]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |list: &str, index: usize, text: String| {
        found.push(Problem::Value { key: format!("{list}, entry {}", index + 1), text });
    };
    let bad = |name: &str| name.trim().is_empty() || name.chars().any(|c| c.is_control() || c == ';' || c == '=');
    let name =
        |text: &str| format!("`{text}` is no name: expected 1 or more characters, none of them `;`, `=` or control");
    for (index, standard) in standards.iter().enumerate() {
        if bad(&standard.name) {
            wrong("standard", index, name(&standard.name));
        }
        if standards[..index].iter().any(|other| other.name == standard.name) {
            wrong("standard", index, format!("the name `{}` is given twice", standard.name));
        }
        if standard.from > standard.to || standard.to > 120 {
            let text = format!("`from` {} to `to` {} are not ascending ages up to 120", standard.from, standard.to);
            wrong("standard", index, text);
        }
        if standard.column.is_none() && !standard.levels.is_empty() {
            wrong("standard", index, "`levels` without their `column`".to_owned());
        }
        let doubled = |(at, level): (usize, &String)| standard.levels[..at].contains(level) || level.is_empty();
        if standard.levels.iter().enumerate().any(doubled) {
            wrong("standard", index, "a level is empty or named twice".to_owned());
        }
    }
    for (index, projection) in projections.iter().enumerate() {
        if bad(&projection.name) {
            wrong("projection", index, name(&projection.name));
        }
        if projections[..index].iter().any(|other| other.name == projection.name) {
            wrong("projection", index, format!("the name `{}` is given twice", projection.name));
        }
        if projection.ages.is_empty() {
            wrong("projection", index, "no age: expected at least one".to_owned());
        }
        if projection.ages.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            wrong("projection", index, "expected ascending ages, each once".to_owned());
        }
        for (years, weight) in &projection.ages {
            if *years > 120 || !weight.is_finite() || *weight <= 0.0 {
                let text = format!("age {years}, weight {weight}: expected ages up to 120 and weights above 0");
                wrong("projection", index, text);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Protocol;

    fn problems(text: &str) -> Vec<String> {
        Protocol::from_toml(text).unwrap_err().problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_distribution_in_a_file_becomes_part_of_the_protocol() {
        let file = |name: &str| match name {
            "visitors.csv" => Ok("weight,age\n0.25,18\n0.75, 17\n".to_owned()),
            _ => Err("no such file".to_owned()),
        };
        let text = "[[projection]]\nname = 'shop'\nfile = 'visitors.csv'\n";
        let protocol = Protocol::from_toml_with(text, &file).unwrap();
        assert_eq!(protocol.projections[0].ages, [(17, 0.75), (18, 0.25)]);
        let written = protocol.to_toml();
        assert!(!written.contains("visitors.csv"), "{written}");
        assert_eq!(Protocol::from_toml(&written).unwrap(), protocol);
        let missing = Protocol::from_toml_with(&text.replace("visitors", "other"), &file).unwrap_err().to_string();
        assert!(missing.contains("projection, entry 1") && missing.contains("no such file"), "{missing}");
        assert!(problems(text)[0].contains("visitors.csv"), "{:?}", problems(text));
    }

    #[test]
    fn a_distribution_that_is_none_is_refused_with_the_row() {
        let of = |text: &str| {
            let text = text.to_owned();
            Protocol::from_toml_with("[[projection]]\nname = 'a'\nfile = 'f'\n", &|_| Ok(text.clone()))
                .unwrap_err()
                .to_string()
        };
        assert!(of("age,share\n1,2\n").contains("row 1: the column `weight`"));
        assert!(of("age,weight\n17.5,2\n").contains("row 2: `17.5`"));
        assert!(of("age,weight\n17,x\n").contains("row 2: `x`"));
        assert!(of("age,weight\n17,0\n").contains("weights above 0"));
        assert!(of("age,weight\n17,1\n17,2\n").contains("each once"));
        assert!(of("age,weight\n").contains("no age"));
        assert_eq!(problems("[[projection]]\nname = 'a'\n").len(), 1);
    }

    #[test]
    fn required_cells_that_cannot_be_are_refused() {
        let standard = "[[standard]]\nname = 'a'\n";
        assert!(problems(&format!("{standard}from = 30\nto = 18\n"))[0].contains("not ascending"));
        assert!(
            problems(&format!("{standard}from = 18\nto = 30\nlevels = ['f']\n"))[0].contains("without their `column`")
        );
        assert!(
            problems(&format!("{standard}from = 1\nto = 2\n{standard}from = 1\nto = 2\n"))[0].contains("given twice")
        );
        assert!(
            problems(&format!("{standard}from = 1\nto = 2\nlevel = 2\n"))[0].contains("unknown key `standard.level`")
        );
        assert!(problems("[[standard]]\nname = 'a;b'\nfrom = 1\nto = 2\n")[0].contains("is no name"));
        assert_eq!(Protocol::from_toml("standard = []").unwrap().standards, []);
    }
}
