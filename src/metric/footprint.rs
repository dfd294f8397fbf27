//! M13: footprint, from what was observed of one method. Each number is measured, or the row says that it cannot be.

use super::catalogue::Entry;
use super::frame::marked;
use crate::protocol::Protocol;
use crate::table::{Context, Counts, Place, Quantity, Row, RowStatus, Variant};

/// The flag of a number that a card declares and nobody measured.
pub const DECLARED: &str = "declared";

/// One number about a method.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The metric.
    pub entry: Entry,
    /// What sets the row apart from the plain one.
    pub variant: Variant,
    /// The number, or why it is not known.
    pub value: Result<f64, String>,
    /// Attempts that it was observed in; none where it is about no attempts.
    pub attempts: Option<u64>,
    /// Whether it is only declared.
    pub declared: bool,
}

/// The rows of `figures`, in their order.
#[must_use]
pub fn rows(context: &Context, protocol: &Protocol, figures: &[Figure]) -> Vec<Row> {
    let row = |figure: &Figure| {
        let place = Place { variant: figure.variant.clone(), ..Place::of_all() };
        let counts = Counts { attempts: figure.attempts, ..Counts::default() };
        let row = match &figure.value {
            Ok(value) => {
                let quantity = Quantity { value: *value, bounds: None, counts, evidence: None };
                Row::quantity(context, place, figure.entry.measure, quantity)
            }
            Err(why) => {
                let why = why.replace(';', ",");
                Row::without_value(context, place, figure.entry.measure, RowStatus::NotMeasurable, counts, &why)
            }
        };
        let row = if figure.declared { row.flagged(DECLARED) } else { row };
        marked(protocol, row)
    };
    figures.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::catalogue;

    #[test]
    fn what_cannot_be_measured_is_a_row_without_a_value_and_says_why() {
        let figure = |value| Figure {
            entry: catalogue::UNIX_SOCKETS,
            variant: Variant::none(),
            value,
            attempts: None,
            declared: false,
        };
        let figures = [figure(Ok(0.0)), figure(Err("strace is not installed".to_owned()))];
        let rows = rows(&Context::default(), &Protocol::default_protocol(), &figures);
        assert_eq!((rows[0].value, rows[0].status), (Some(0.0), RowStatus::Value));
        assert_eq!((rows[1].value, rows[1].status), (None, RowStatus::NotMeasurable));
        assert!(format!("{:?}", rows[1].evidence).contains("strace is not installed"));
    }
}
