//! Any table with a row a sample: what becomes of each of its columns and rows.

use std::collections::BTreeMap;

use super::labels::face;
use super::rows::Gathered;
use super::sample::{Origin, Sample, Shape};
use super::words;
use super::{Flag, ImportError, Importer, Source};
use crate::dataset::dates::parse_date;
use crate::dataset::{CARD_FILE, LabelKind, MANIFEST_FILE, Precision, Sampling};
use crate::finding::{Finding, Findings, counted, listed, quoted};

mod ages;
mod columns;

use ages::Ages;
use columns::{AGES, CORNERS, NAMES, Places};
pub(super) use columns::{has_age, is_dataset};

/// What importers of any dataset have in common: nothing is known of the dataset but what the user or its description says.
pub(super) const IMPORTER: Importer = Importer {
    name: "",
    title: "",
    layout: "",
    label_kind: LabelKind::Estimated,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject", "split", "face"],
    groups: &[],
    further: &[],
    splits: "as its column says",
    licence: "",
    source: "",
    defects: "",
    flags: &[Flag::Images, Flag::Columns, Flag::Labels],
    is_general: true,
    fits: |_| None,
    read: |_, _| Ok(()),
};

/// Columns in which a word for unknown is no value: people of whom it stands there would be one person, or one group.
const MAY_BE_UNKNOWN: [&str; 5] = ["subject_id", "cluster_id", "split", "sex", "race"];

/// A table: its columns, and a way through its rows that can be gone twice.
pub(super) struct Table<'t> {
    pub file: &'t str,
    pub header: &'t [String],
    /// Gives each row with its number; what is wrong with the file goes to the findings.
    #[expect(clippy::type_complexity, reason = "a way through rows, named nowhere else")]
    pub each: &'t dyn Fn(&mut Findings, &mut dyn FnMut(u64, &[&str])) -> Result<(), ImportError>,
}

/// Reads `table` into `gathered`.
pub(super) fn read(source: &Source<'_>, table: &Table<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let places = Places::find(table, &source.options.columns, &mut gathered.findings);
    let ages = Ages::of(&places);
    let Some(ages) = ages else {
        let text = format!("no column holds the age: there are {}", listed(table.header));
        let help = "say which with --columns age=NAME, age_low=NAME,age_high=NAME, or birth_date=NAME,captured_on=NAME";
        gathered.findings.push(Finding::error(table.file, text).row(1).help(help));
        return Ok(());
    };
    if gathered.findings.errors() > 0 {
        return Ok(());
    }
    set_card(source, table, ages, gathered)?;
    let [id, path, subject, split] = ["sample_id", "path", "subject_id", "split"].map(|ours| places.of(ours));
    if path.is_none() {
        let text = "no column holds the pictures: methods that read them will fail on every sample";
        let help =
            "say which with --columns path=NAME; recorded answers, and methods that are given columns, need none";
        gathered.findings.push(Finding::warning(table.file, text).help(help));
    }
    let corners = CORNERS.map(|ours| places.of(ours));
    // A part of a box is none: its columns are told of below.
    let face_at = match corners {
        [Some(a), Some(b), Some(c), Some(d)] => Some([a, b, c, d]),
        _ => None,
    };
    // What has a place in every manifest, and columns that only this table has.
    let mut taken: Vec<usize> =
        [id, path, subject, split].into_iter().flatten().chain(face_at.into_iter().flatten()).collect();
    taken.extend(ages.taken());
    let mut further: Vec<(usize, String)> = Vec::new();
    // Ages of another kind than those that are read, and the first row that holds one.
    let mut other_ages: Vec<(usize, Option<u64>)> = Vec::new();
    for (at, column) in table.header.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
        let ours = NAMES.iter().map(|(ours, _)| *ours).find(|ours| places.of(ours) == Some(at));
        let said = places.said.iter().find(|(_, place)| *place == at).map(|(ours, _)| ours.as_str());
        let name = said.or(ours).unwrap_or(column.trim());
        let is_read = ages.are_dates() && name == "birth_date";
        if AGES.contains(&name) && !is_read {
            other_ages.push((at, None));
        } else if name.is_empty() || CORNERS.contains(&name) || further.iter().any(|(_, other)| other == name) {
            let text = format!(
                "the column {} is not carried: its name has another meaning in a manifest, or none",
                quoted(column)
            );
            gathered.findings.push(Finding::warning(table.file, text));
        } else {
            further.push((at, name.to_owned()));
        }
    }
    let names: Vec<String> = further.iter().map(|(_, name)| name.clone()).collect();
    gathered.card.groups = ["sex", "race"]
        .iter()
        .filter(|group| names.iter().any(|name| name == *group))
        .map(|group| (*group).to_owned())
        .collect();
    gathered.card.attack_species = attacks(source, table, &further);
    gathered.shape(Shape {
        path: path.is_some(),
        subject: subject.is_some(),
        split: split.is_some(),
        face: face_at.is_some(),
        age: !ages.are_dates(),
        further: names,
    });
    let before = match path {
        Some(at) => {
            let mut first: Vec<String> = Vec::new();
            (table.each)(&mut Findings::new(), &mut |_, cells| {
                let path = cells.get(at).copied().unwrap_or_default().trim_start_matches("./");
                if first.len() < 20 && !path.is_empty() {
                    first.push(path.to_owned());
                }
            })?;
            source
                .tree
                .locate_any(table.file, &first, source.options)
                .map_err(|error| imported_already(source, table.file).unwrap_or(error))?
        }
        None => String::new(),
    };
    let mut findings = Findings::new();
    let mut unknown: BTreeMap<usize, (u64, String)> = BTreeMap::new();
    (table.each)(&mut findings, &mut |row, cells| {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).copied().unwrap_or_default();
        for (at, first) in &mut other_ages {
            *first = first.or(Some(row).filter(|_| !cell(Some(*at)).trim().is_empty()));
        }
        let at = Origin { file: table.file, row: Some(row) };
        let name = cell(path).trim_start_matches("./");
        let full = if name.is_empty() { String::new() } else { format!("{before}{name}") };
        let Some(age) = ages.read(gathered, at, &full, table, cells) else { return };
        let face = match face_at.map(|places| face(places.map(|place| cell(Some(place))))) {
            None => None,
            Some(Ok(face)) => face,
            Some(Err(found)) => return gathered.leave_out(at, &full, "its face box cannot be read", &found),
        };
        let number = row.to_string();
        let id = if id.is_none() && full.is_empty() { number.as_str() } else { cell(id) };
        let mut value = |at: Option<usize>, name: &str| match (cell(at), at) {
            (text, Some(at)) if MAY_BE_UNKNOWN.contains(&name) && words::is_unknown(text) => {
                if !text.trim().is_empty() {
                    unknown.entry(at).or_insert_with(|| (0, text.to_owned())).0 += 1;
                }
                ""
            }
            (text, _) if ["birth_date", "captured_on"].contains(&name) => day(text),
            (text, _) => text,
        };
        let (subject, split) = (value(subject, "subject_id"), value(split, "split"));
        let further: Vec<&str> = further.iter().map(|(at, name)| value(Some(*at), name)).collect();
        gathered.add(source.tree, at, &Sample { id, path: &full, subject, age, split, face, further: &further });
    })?;
    gathered.findings.append(findings);
    let column = |at: usize| quoted(table.header.get(at).map_or("", String::as_str));
    for (at, (count, word)) in unknown {
        let text = format!(
            "the column {} holds a word for unknown in {}, such as {}: left empty",
            column(at),
            counted(count, "row"),
            quoted(&word)
        );
        gathered.findings.push(Finding::warning(table.file, text));
    }
    for (at, first) in other_ages {
        let column = column(at);
        gathered.findings.push(match first {
            None => Finding::warning(table.file, format!("the column {column} is not carried: it is empty")),
            Some(row) => {
                let text =
                    format!("the column {column} says the age once more: a manifest has one kind of age columns");
                let help = "carry the kind that shall not count under other names: --columns stated_age=age";
                Finding::error(table.file, text).row(row).help(help)
            }
        });
    }
    Ok(())
}

/// The column that names the species of attacks: the one that a card beside the manifest names, else the one that is ours.
fn attacks(source: &Source<'_>, table: &Table<'_>, further: &[(usize, String)]) -> Option<String> {
    let card = card_beside(source, table.file);
    let named = card.as_ref().and_then(|card| card.get("attack_species")?.as_str());
    let carried = |is_it: &dyn Fn(&(usize, String)) -> bool| further.iter().find(|one| is_it(one));
    let by_card = named.and_then(|named| carried(&|(at, _)| table.header.get(*at).is_some_and(|name| name == named)));
    by_card.or_else(|| carried(&|(_, name)| name == "species")).map(|(_, name)| name.clone())
}

/// The card beside `file`, where that is a manifest with one.
fn card_beside(source: &Source<'_>, file: &str) -> Option<toml::Table> {
    let card = source.tree.content(CARD_FILE).ok().filter(|_| file == MANIFEST_FILE)?;
    toml::from_str(std::str::from_utf8(&card).ok()?).ok()
}

/// Why the pictures of `file` are not here, where it is the manifest of a card that says where they are.
fn imported_already(source: &Source<'_>, file: &str) -> Option<ImportError> {
    let card = card_beside(source, file)?;
    let files = card.get("files")?.as_str()?;
    let text = format!("is the manifest of {CARD_FILE}, which says that its pictures lie in {}", quoted(files));
    let help = "`run` and `check` take its folder as it is; for a description, import the pictures' own folder anew, with --describe and --replace";
    Some(Finding::error(file, text).help(help).into())
}

/// The day of a date that may have a time of day behind it: `2006-11-30 12:30:45`, `2006-11-30T12:30:45`.
fn day(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(['T', ' ']) {
        Some((day, _)) if parse_date(day).is_some() => day,
        _ => text,
    }
}

/// What the card says of the ages: as the user says, else as the cells show.
fn set_card(source: &Source<'_>, table: &Table<'_>, ages: Ages, gathered: &mut Gathered) -> Result<(), ImportError> {
    let stem = table.file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let name: String = stem.trim().chars().filter(|letter| !letter.is_control()).take(200).collect();
    gathered.card.name = if name.is_empty() { "dataset".to_owned() } else { name };
    match source.options.label_kind {
        Some(kind) => gathered.card.label_kind = kind,
        None => {
            gathered.card.label_kind = LabelKind::Estimated;
            let text = "how the ages were come by is not said: written as `estimated`, the kind that supports no claim";
            let help = "say --label-kind chronological, declared, apparent or estimated";
            gathered.findings.push(Finding::warning(table.file, text).help(help));
        }
    }
    let found = ages.precision(table)?;
    let precision = source.options.age_precision.unwrap_or(found);
    if found == Precision::Band && precision != Precision::Band {
        let text = format!("its ages are bands: they cannot be known to the {}", precision.word());
        let help = "leave --age-precision out; of a description, it says so itself: say --age-precision band";
        gathered.findings.push(Finding::error(table.file, text).help(help));
    }
    gathered.card.age_precision = Some(precision);
    Ok(())
}
