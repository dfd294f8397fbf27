//! The report as Markdown (GitHub's dialect): first screen open, the rest folded. Single years stand on the page only;
//! a comment holds 65,536 characters.

use std::fmt::Write as _;

use super::content::comparison::Sheet;
use super::content::grid::{Grid, Tone};
use super::content::{Content, Sentence, visible};

/// Draws `content`.
pub(super) fn draw(content: &Content) -> String {
    let mut text = format!("## {}\n\n{}\n", escape(&content.title), escape(&content.subject));
    for notice in &content.notices {
        let _ = writeln!(text, "\n> **Note:** {}", escape(notice));
    }
    for contradiction in &content.contradictions {
        let _ = writeln!(text, "\n> **CONTRADICTION:** {}", escape(contradiction));
    }
    match &content.lead {
        Some(lead) => {
            let _ = writeln!(text, "\n### {}\n", escape(&lead.question));
            table(&mut text, &lead.grid);
            said(&mut text, &lead.sentences);
        }
        None => text.push_str("\nNo method was held against an age limit.\n"),
    }
    for part in &content.limits {
        let open = format!("Limit {}", part.limit);
        folded(&mut text, &open, |text| {
            if !part.silent.is_empty() {
                said(text, &part.silent);
                text.push('\n');
            }
            for grid in part.near.iter().chain(&part.everyone).chain(&part.groups) {
                captioned(text, grid);
            }
            said(text, &part.sentences);
        });
    }
    for beside in &content.beside {
        let _ = writeln!(text, "\n### {}\n", escape(&beside.heading));
        if !beside.sentences.is_empty() {
            said(&mut text, &beside.sentences);
            text.push('\n');
        }
        for grid in &beside.grids {
            captioned(&mut text, grid);
        }
    }
    list(&mut text, &content.caveats);
    if !content.silence.is_empty() {
        folded(&mut text, "What this does not say", |text| list(text, &content.silence));
    }
    folded(&mut text, "How to read this, and where it comes from", |text| {
        list(text, &content.reading);
        text.push('\n');
        table(text, &content.provenance);
    });
    text
}

/// Draws the tables and sentences of a comparison.
pub(super) fn draw_comparison(sheet: &Sheet) -> String {
    let mut text = format!("## {}\n", escape(&sheet.title));
    list(&mut text, &sheet.sentences);
    text.push('\n');
    for grid in &sheet.grids {
        captioned(&mut text, grid);
    }
    folded(&mut text, "How to read this", |text| list(text, &sheet.reading));
    text
}

fn folded(text: &mut String, summary: &str, inside: impl FnOnce(&mut String)) {
    let _ = writeln!(text, "\n<details><summary>{}</summary>\n", escape(summary));
    inside(text);
    text.push_str("\n</details>\n");
}

fn list(text: &mut String, sentences: &[String]) {
    if !sentences.is_empty() {
        text.push('\n');
    }
    for sentence in sentences {
        let _ = writeln!(text, "- {}", escape(sentence));
    }
}

fn said(text: &mut String, sentences: &[Sentence]) {
    list(text, &sentences.iter().map(|sentence| sentence.text.clone()).collect::<Vec<_>>());
}

fn captioned(text: &mut String, grid: &Grid) {
    let _ = writeln!(text, "**{}**\n", escape(&grid.caption));
    table(text, grid);
    text.push('\n');
}

fn table(text: &mut String, grid: &Grid) {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(grid.heads.iter().map(|head| escape(head)).collect()));
    let rule = |index| if index < grid.keys { "---" } else { "---:" };
    text.push_str(&line((0..grid.heads.len()).map(|index| rule(index).to_owned()).collect()));
    for cells in &grid.lines {
        let cell = |cell: &super::content::grid::Cell| match cell.tone {
            Tone::Plain => escape(&cell.text),
            Tone::Wrong => format!("**{}**", escape(&cell.text)),
            Tone::Weak | Tone::Absent if cell.text.is_empty() => String::new(),
            Tone::Weak | Tone::Absent => format!("_{}_", escape(&cell.text)),
        };
        text.push_str(&line(cells.iter().map(cell).collect()));
    }
}

/// `text` so that it is shown as it is: no markup, no mention of a user, no link to an issue, no line break.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '|' => escaped.push_str("&#124;"),
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '(' | '[' | ':' if before == ']' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '`' | '*' | '_' | '~' | '\\' | '!' | '$' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}
