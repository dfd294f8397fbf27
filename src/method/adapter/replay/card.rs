//! The table `[replay]` of a method card: a file of recorded answers, and which of its columns is what.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::finding::{did_you_mean, listed, quoted};
use crate::keys::Keys;
use crate::method::adapter::named::stated_digest;
use crate::recorded::{OURS, is_of_answer};

/// The table `[replay]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayCard {
    /// The CSV file, relative to the card. Its content, not its name, enters the method digest.
    #[serde(skip)]
    pub file: String,
    /// What the file's SHA-256 must be; checked when given.
    #[serde(skip)]
    pub sha256: Option<Digest>,
    /// Our name of a column: theirs; an empty text leaves a column out.
    pub columns: BTreeMap<String, String>,
    /// The cells of the column `method` whose rows are this method's; the card's name when not given.
    pub rows_of: Option<String>,
}

impl ReplayCard {
    /// Reads the table, noting all that is wrong with it.
    pub(crate) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let file = keys.require::<String>("file", "the name of a csv file beside the card");
        let sha256 = stated_digest(keys);
        let row = keys.row_of_key("columns");
        let columns: BTreeMap<String, String> =
            keys.take("columns", "a table of names: ours = \"theirs\"").unwrap_or_default();
        let usable: Vec<&str> = OURS.iter().copied().filter(|ours| is_of_answer(ours)).collect();
        for ours in columns.keys() {
            let help = if is_of_answer(ours) {
                continue;
            } else if OURS.contains(&ours.as_str()) {
                Some("leave it out: the truth is that of the dataset".to_owned())
            } else {
                let known = || format!("known are {}, score_18 and pass_18 (any limit)", listed(&usable));
                Some(did_you_mean(ours, usable.iter().copied()).unwrap_or_else(known))
            };
            keys.wrong("columns", row, format!("{} is no column of an answer", quoted(ours)), help);
        }
        let rows_of = keys.take("rows_of", "a cell of the column `method`");
        Some(Self { file: file?, sha256, columns, rows_of })
    }
}
