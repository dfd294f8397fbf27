//! Pictures as SVG: classes instead of colours, a title and a description, data keys, two decimals. The same rows make the
//! same bytes.

mod by_age;
mod curve;
mod errors;
mod fan;
mod flow;
mod logarithm;
mod reliability;
mod svg;
mod trade_off;
mod whisker;
mod whiskers;

pub(super) use whisker::whisker;

use super::content::figure::{Drawing, Figure};

/// The picture of `figure`.
pub(super) fn draw(figure: &Figure) -> String {
    match &figure.drawing {
        Drawing::ByAge(drawing) => by_age::draw(figure, drawing),
        Drawing::TradeOff(drawing) => trade_off::draw(figure, drawing),
        Drawing::Errors(drawing) => errors::draw(figure, drawing),
        Drawing::Whiskers(drawing) => whiskers::draw(figure, drawing),
        Drawing::Reliability(drawing) => reliability::draw(figure, drawing),
        Drawing::Fans(drawing) => fan::draw(figure, drawing),
        Drawing::Curve(drawing) => curve::draw(figure, drawing),
        Drawing::Flow(drawing) => flow::draw(figure, drawing),
    }
}

/// The class of the `place`th method: a colour and a dash pattern.
fn method_class(place: usize) -> String {
    format!("m{}", place % 8)
}
