//! What there is to validate, family by family. The bench target `coverage` runs all of it, the test suite a small part.

mod bootstraps;
mod buffer;
mod draw;
mod exact;
mod means;
mod nulls;
pub mod page;
mod paired;
mod people;
mod probed;
mod ranked;
mod rates;
pub mod report;
mod tests;
mod together;
mod unpaired;
mod windows;

use report::Table;

/// How much is drawn.
pub struct Effort {
    /// Datasets of a cell.
    pub sets: u64,
    /// Whether only a few cells are computed.
    pub few: bool,
}

/// Makes the tables of a family.
pub type Make = fn(&Effort) -> Vec<Table>;

/// The families by the names of the command line, in the order of the page.
pub const ALL: [(&str, Make); 16] = [
    ("exact", exact::tables),
    ("rates", rates::tables),
    ("dominated", rates::dominated),
    ("windows", windows::tables),
    ("means", means::tables),
    ("percentiles", means::percentiles),
    ("bootstraps", bootstraps::tables),
    ("rare", bootstraps::rare),
    ("gate", paired::tables),
    ("buffer", buffer::tables),
    ("unpaired", unpaired::tables),
    ("together", together::tables),
    ("probed", probed::tables),
    ("areas", ranked::tables),
    ("tests", tests::tables),
    ("nulls", nulls::tables),
];
