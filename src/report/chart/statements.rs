//! What cards declare against what was measured: a line a statement, with a mark for whether they agree.

use super::super::content::figure::{Figure, Statement, Verdict};
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const LINE: f64 = 24.0;
const HEADING: f64 = 28.0;
const TOP: f64 = 24.0;
const DECLARED: f64 = 190.0;
const MARK: f64 = 430.0;
const MEASURED: f64 = 450.0;

/// The picture.
pub(super) fn draw(figure: &Figure, statements: &[Statement]) -> String {
    let headings = statements.iter().filter(|statement| !statement.heading.is_empty()).map(|_| HEADING).sum::<f64>();
    let height = TOP + headings + statements.iter().map(|_| LINE).sum::<f64>() + 8.0;
    let mut svg = Svg::described(&figure.id, (WIDTH, height), &figure.title, &figure.caption);
    svg.text("axis-name", (DECLARED, 14.0), Anchor::Start, "declared");
    svg.text("axis-name", (MEASURED, 14.0), Anchor::Start, "measured");
    let mut y = TOP;
    let mut open = false;
    for statement in statements {
        if !statement.heading.is_empty() {
            if open {
                svg.close();
            }
            svg.open("panel", &[("method", &statement.heading)]);
            open = true;
            svg.text("panel-title", (0.0, y + 18.0), Anchor::Start, &shortened(&statement.heading, 90));
            y += HEADING;
        }
        let middle = y + LINE / 2.0;
        svg.text("legend", (10.0, middle + 4.0), Anchor::Start, &shortened(&statement.label, 26));
        svg.text("legend", (DECLARED, middle + 4.0), Anchor::Start, &shortened(&statement.declared, 34));
        // Told apart by shape as well as by colour: a disc agrees, a square contradicts, a ring could not be measured.
        let class = match statement.verdict {
            Verdict::Upheld => "full over",
            Verdict::Contradicted => "full wrong",
            Verdict::NotMeasured => "open weak",
        };
        svg.open(class, &[]);
        svg.title(&format!("{}: declared {}; measured: {}", statement.label, statement.declared, statement.measured));
        super::by_age::dot(&mut svg, (MARK, middle), statement.verdict != Verdict::Contradicted);
        svg.close();
        svg.text("legend", (MEASURED, middle + 4.0), Anchor::Start, &shortened(&statement.measured, 66));
        y += LINE;
    }
    if open {
        svg.close();
    }
    svg.finish()
}
