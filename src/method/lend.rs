//! What of a dataset is lent to a method: the one place where both meet.

use super::{Content, Method, MethodError, Sample};
use crate::clock::Clock;
use crate::dataset::{Column, Dataset, SampleRow, is_for_methods};
use crate::digest::Digest;
use crate::finding::{did_you_mean, quoted};
use crate::keys::Keys;
use crate::photo::FaceBox;

/// The sample of `row` as methods see it, without columns, and the SHA-256 of its content where that could be read.
#[must_use]
pub fn sample<'a>(dataset: &'a Dataset, row: &SampleRow<'_>, clock: &'a dyn Clock) -> (Sample<'a>, Option<Digest>) {
    let (content, digest) = match dataset.read_sample(row) {
        Ok(Some(read)) => (Content::File(read.bytes), Some(read.sha256)),
        Ok(None) => (Content::Record, None),
        Err(error) => (Content::Unreadable(error.to_string()), None),
    };
    let face_box = row.face_box.and_then(|it| FaceBox::new(it.x0, it.y0, it.x1, it.y1).ok());
    (Sample::new(content, face_box, clock), digest)
}

/// The columns of `dataset` that the card of `method` names.
///
/// # Errors
/// [`MethodError::Column`] for one that the dataset does not have, or that no method may be lent: the label, an identity,
/// and what says that a sample is an attack.
pub fn columns<'a>(method: &dyn Method, dataset: &'a Dataset) -> Result<Vec<&'a Column>, MethodError> {
    let find = |name: &String| {
        let wrong =
            |problem: String| MethodError::Column { method: method.card().name.clone(), column: name.clone(), problem };
        if let Some(problem) = column_problem(name) {
            return Err(wrong(problem.to_owned()));
        }
        if dataset.card().attack_species.as_ref() == Some(name) {
            return Err(wrong("says which samples are attacks: no method is ever lent it".to_owned()));
        }
        dataset.column(name).ok_or_else(|| {
            let help = did_you_mean(name, dataset.columns().iter().map(Column::name));
            let help = help.map(|help| format!(": {help}")).unwrap_or_default();
            wrong(format!("is not in the manifest of {}{help}", quoted(&dataset.card().name)))
        })
    };
    method.columns().iter().map(find).collect()
}

/// Notes what is wrong with the key `columns` of an adapter's table, which stands in `row`.
pub(super) fn check_columns(keys: &mut Keys<'_>, row: Option<u64>, columns: &[String]) {
    for (place, column) in columns.iter().enumerate() {
        if let Some(problem) = column_problem(column) {
            keys.wrong("columns", row, format!("the column {} {problem}", quoted(column)), None);
        } else if columns.iter().take(place).any(|before| before == column) {
            keys.wrong("columns", row, format!("the column {} is named twice", quoted(column)), None);
        }
    }
}

/// Why no method may be lent the column `name`, if so.
fn column_problem(name: &str) -> Option<&'static str> {
    (!is_for_methods(name)).then_some("holds the label or says who or where: no method is ever lent it")
}
