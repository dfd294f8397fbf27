//! What the report of a gate says: the verdict of every rule, and of the rows that decide it.

use super::comparison::Sheet;
use super::grid::{Cell, Grid, Tone};
use crate::gate::{Check, Gated, Judged, Verdict, verdict_word};

/// Rows of one rule that are told one by one; of more, only those that are not met.
const EVERY: usize = 12;

/// Rows of one rule that are told at most.
const MOST: usize = 30;

/// The report of `gated`.
pub(crate) fn sheet(gated: &Gated) -> Sheet {
    let count = |verdict: Verdict| gated.rules.iter().filter(|judged| judged.verdict == verdict).count();
    let [passed, failed, open] = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive].map(count);
    let word = match gated.verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Inconclusive => "inconclusive",
    };
    let rules = crate::finding::counted(gated.rules.len(), "rule");
    let mut sentences = vec![
        format!("{rules}: {passed} passed, {failed} failed, {open} inconclusive."),
        format!("Bounds from: {}.", gated.source.trim_end_matches('.')),
    ];
    sentences.extend(gated.notes.iter().map(|note| format!("{}.", capital(note))));
    Sheet {
        title: format!("Gate {word}: {}", gated.policy),
        sentences,
        grids: vec![grid(gated)],
        figure: None,
        reading: vec![
            "A rule passes when the bound on the bad side of the value meets it, one-sided at 95 %; it fails when the bound \
             on the good side misses it, at 0.05 divided by the number of rows judged. Between the two it is inconclusive: \
             the people are too few to say."
                .to_owned(),
            "What was not measured, does not apply or rests on too few people never passes.".to_owned(),
        ],
    }
}

fn grid(gated: &Gated) -> Grid {
    let mut grid = Grid::new("Each rule, and the rows that it was held against", 4, &["verdict", "rule", "row", "why"]);
    for judged in &gated.rules {
        let few = judged.checks.len() <= EVERY;
        let told: Vec<&Check> =
            judged.checks.iter().filter(|check| few || check.verdict != Verdict::Pass).take(MOST).collect();
        grid.lines.extend(told.iter().map(|check| line(judged, check)));
        let rest = judged.checks.iter().filter(|check| !told.iter().any(|told| std::ptr::eq(*told, *check)));
        let (passed, others) = rest.fold((0_usize, 0_usize), |(passed, others), check| match check.verdict {
            Verdict::Pass => (passed + 1, others),
            _ => (passed, others + 1),
        });
        for (number, verdict) in [(others, "not met"), (passed, "pass")] {
            if number > 0 {
                let text = format!("{} more", crate::finding::counted(number, "row"));
                grid.lines.push(vec![
                    Cell::plain(verdict),
                    Cell::plain(judged.rule.name.clone()),
                    Cell::plain(text),
                    Cell::absent(""),
                ]);
            }
        }
    }
    grid
}

fn line(judged: &Judged, check: &Check) -> Vec<Cell> {
    let tone = match check.verdict {
        Verdict::Pass => Tone::Plain,
        Verdict::Fail => Tone::Wrong,
        Verdict::Inconclusive => Tone::Weak,
    };
    let verdict = Cell { text: verdict_word(check.verdict).to_owned(), tone, mark: None };
    let against = check.baseline.as_ref().filter(|baseline| **baseline != check.method);
    let against = against.map(|baseline| format!(" against {baseline}")).unwrap_or_default();
    let place = check.place();
    let place = if place.is_empty() { String::new() } else { format!(": {place}") };
    vec![
        verdict,
        Cell::plain(judged.rule.name.clone()),
        Cell::plain(format!("{}{against}{place}", check.method)),
        Cell::plain(check.says.clone()),
    ]
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
