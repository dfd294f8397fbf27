//! The table `[declared]` of a method card: how many people of each age say that they are old enough.

use serde::Serialize;

use crate::age::AgeLimit;
use crate::keys::Keys;

/// The table `[declared]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeclaredCard {
    /// What the ages of `table` are.
    pub ages: Ages,
    /// The limit that `table` is about; none where its ages are counted from whatever limit is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Pairs of an age in years and the share of the people from this age on, up to the next, who pass. Ascending.
    pub table: Vec<(f64, f64)>,
}

/// What the ages of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ages {
    /// Years of life.
    Years,
    /// Years of life less the limit: -1 is the last year below it.
    FromLimit,
}

impl Ages {
    const WORDS: [(&'static str, Self); 2] = [("years", Self::Years), ("from_limit", Self::FromLimit)];
}

impl DeclaredCard {
    /// Reads the table, noting all that is wrong with it.
    pub(crate) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let ages = keys.word("ages", &Ages::WORDS).unwrap_or(Ages::Years);
        let row = keys.row_of_key("limit");
        let limit = keys.take::<i64>("limit", "a legal age in years");
        let valid = limit.and_then(|years| AgeLimit::new(years).ok());
        match (ages, limit, valid) {
            (Ages::Years, None, _) => {
                let help =
                    "say which limit the table is about, or count its ages from the limit: ages = \"from_limit\"";
                keys.wrong("limit", None, "the key is missing: expected a legal age in years", Some(help.to_owned()));
            }
            (Ages::FromLimit, Some(_), _) => {
                keys.wrong("limit", row, "ages that are counted from the limit are about every limit", None);
            }
            (_, Some(years), None) => keys.wrong("limit", row, format!("{years} is not a legal age in years"), None),
            _ => {}
        }
        let row = keys.row_of_key("table");
        let table: Vec<(f64, f64)> = keys.require("table", "a list of pairs: [age, share who pass]")?;
        if let Some(problem) = problem(&table) {
            keys.wrong("table", row, problem, None);
        }
        Some(Self { ages, limit: valid.map(AgeLimit::years), table })
    }

    /// The share of people of `age` completed years who pass at `limit`; `None` where the table says nothing of this
    /// limit. Below the first age of the table it is the first share.
    #[must_use]
    pub fn share(&self, age: f64, limit: AgeLimit) -> Option<f64> {
        let age = match (self.ages, self.limit) {
            (Ages::FromLimit, _) => age - f64::from(limit.years()),
            (Ages::Years, Some(own)) if own == limit.years() => age,
            (Ages::Years, _) => return None,
        };
        let from = self.table.iter().rev().find(|(from, _)| *from <= age).or(self.table.first());
        from.map(|(_, share)| *share)
    }
}

fn problem(table: &[(f64, f64)]) -> Option<String> {
    if table.is_empty() {
        return Some("the table is empty: expected pairs of an age and the share who pass".to_owned());
    }
    if let Some((age, _)) = table.iter().find(|(age, _)| !age.is_finite() || age.abs() > 120.0) {
        return Some(format!("{age} is not an age in years"));
    }
    if let Some((age, share)) = table.iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
        return Some(format!("the share {share} at age {age} is not a number from 0 to 1"));
    }
    table.windows(2).find_map(|pair| match pair {
        [(one, _), (next, _)] if one >= next => Some(format!("age {next} stands after {one}: expected rising ages")),
        _ => None,
    })
}
