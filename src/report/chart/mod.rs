//! Pictures as SVG text: own, small, the same bytes for the same numbers. Classes instead of colours, so that the
//! page decides on light and dark; a title and a description in each picture that is more than decoration.

mod by_age;
mod curve;
mod svg;
mod whisker;

pub(super) use by_age::by_age;
pub(super) use curve::curve;
pub(super) use whisker::whisker;
