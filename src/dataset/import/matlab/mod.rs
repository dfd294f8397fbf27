//! MATLAB files of level 5, as far as datasets use them: a struct of columns, by its name.

mod reader;

use std::io::{self, BufReader};

#[cfg(fuzzing)]
pub use reader::fuzz_matlab;

use super::ImportError;
use super::tree::Tree;
use crate::finding::{Finding, listed};

/// A value of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// An array of numbers, column by column.
    Numbers(Vec<f64>),
    /// A text.
    Text(String),
    /// Cells, column by column.
    Cells(Vec<Value>),
    /// A struct, or an array of them: the fields' names, and for each of them its values.
    Struct(Vec<(String, Vec<Value>)>),
    /// Anything else: sparse, an object, complex.
    Other,
}

impl Value {
    /// The one value of the field `name` of a single struct.
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Struct(fields) = self else { return None };
        let (_, values) = fields.iter().find(|(field, _)| field == name)?;
        match values.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The numbers, if it is such an array.
    pub fn numbers(&self) -> Option<&[f64]> {
        if let Self::Numbers(numbers) = self { Some(numbers) } else { None }
    }

    /// The cells, if it has them.
    pub fn cells(&self) -> Option<&[Self]> {
        if let Self::Cells(cells) = self { Some(cells) } else { None }
    }

    /// The text, if it is one. MATLAB writes an empty text as an empty array.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Numbers(numbers) if numbers.is_empty() => Some(""),
            _ => None,
        }
    }
}

/// The struct `variable` of the file `file` as a table: the texts of the field `names`, and as many numbers of each of the fields `numbers`.
///
/// # Errors
/// When the file cannot be read, has no such struct or field, or a field has another type or number of values than expected.
pub(super) fn table<const N: usize>(
    tree: &Tree,
    file: &str,
    variable: &str,
    names: &'static str,
    numbers: [&'static str; N],
) -> Result<(Vec<String>, [Vec<f64>; N]), ImportError> {
    let about = read_variable(tree, file, variable)?;
    let texts = column(file, &about, names, |value| {
        let texts = value.cells()?.iter().map(|cell| cell.text().unwrap_or_default().to_owned());
        Some(texts.collect::<Vec<String>>())
    })?;
    let mut found = [const { Vec::new() }; N];
    for (slot, field) in found.iter_mut().zip(numbers) {
        *slot = column(file, &about, field, |value| value.numbers().map(<[f64]>::to_vec))?;
        if slot.len() != texts.len() {
            let text = format!("`{names}` has {} values and `{field}` has {}", texts.len(), slot.len());
            return Err(Finding::error(file, text).help("take the file as it was published").into());
        }
    }
    Ok((texts, found))
}

/// The variable `name` of the file `file`.
///
/// # Errors
/// When the file cannot be read, or has no such variable.
fn read_variable(tree: &Tree, file: &str, name: &str) -> Result<Value, ImportError> {
    let mut variables = reader::read(BufReader::new(tree.open(file)?)).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => ImportError::from(
            Finding::error(file, error.to_string())
                .help("take the file as it was published, and download it again if it is damaged"),
        ),
        _ => ImportError::Read { file: file.to_owned(), source: error },
    })?;
    match variables.iter().position(|(found, _)| found == name) {
        Some(at) => Ok(variables.swap_remove(at).1),
        None => {
            let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
            Err(Finding::error(file, format!("no variable `{name}`: there are {}", listed(&names))).into())
        }
    }
}

/// The values of the field `name` of the single struct `about`, as `take` sees them.
///
/// # Errors
/// When it has no such field, or one of another type.
fn column<T>(
    file: &str,
    about: &Value,
    name: &'static str,
    take: impl Fn(&Value) -> Option<T>,
) -> Result<T, ImportError> {
    let expected = |found: String| Finding::error(file, found).column(name);
    match about.field(name) {
        Some(value) => {
            take(value).ok_or_else(|| expected("the field is of another type than expected".to_owned()).into())
        }
        None => {
            let fields: Vec<&str> = match about {
                Value::Struct(fields) => fields.iter().map(|(field, _)| field.as_str()).collect(),
                _ => Vec::new(),
            };
            Err(expected(format!("no such field: there are {}", listed(&fields))).into())
        }
    }
}
