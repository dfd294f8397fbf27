//! Which samples of a manifest are listed: the user's filter, before anything is counted.

use super::error::DatasetError;

/// The samples whose column has one of the values, for every rule; all samples without a rule.
///
/// What the filter leaves out is in no denominator and in no digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pick {
    /// Column and allowed cells.
    pub rules: Vec<(String, Vec<String>)>,
}

impl Pick {
    /// All samples.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The samples of one split.
    #[must_use]
    pub fn split(split: impl Into<String>) -> Self {
        Self { rules: vec![("split".to_owned(), vec![split.into()])] }
    }

    /// The rules' columns as places in `header`.
    pub(super) fn places(&self, name: &str, header: &[String]) -> Result<Vec<(usize, &[String])>, DatasetError> {
        let place = |column: &str| header.iter().position(|candidate| candidate == column);
        self.rules
            .iter()
            .map(|(column, values)| match place(column) {
                Some(place) => Ok((place, values.as_slice())),
                None => Err(DatasetError::NoColumn {
                    name: name.to_owned(),
                    column: column.clone(),
                    help: crate::finding::did_you_mean(column, header.iter().map(String::as_str))
                        .unwrap_or_else(|| format!("the manifest has {}", crate::finding::listed(header))),
                }),
            })
            .collect()
    }

    /// The filter in words, for messages and run.json.
    #[must_use]
    pub fn words(&self) -> String {
        let rule = |(column, values): &(String, Vec<String>)| format!("{column} = {}", values.join(" or "));
        self.rules.iter().map(rule).collect::<Vec<_>>().join(", ")
    }
}
