//! A writer of SVG elements.

use std::fmt::Write as _;

/// One picture under construction. Coordinates are in the units of its viewBox and written with two decimals.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// A picture with a title and a description for those who do not see it; `id` is unique in the page.
    pub(super) fn described(id: &str, size: (f64, f64), title: &str, description: &str) -> Self {
        let id = escape(id);
        let mut svg = Self { text: String::new() };
        let _ = write!(
            svg.text,
            "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             xmlns=\"http://www.w3.org/2000/svg\"><title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
            number(size.0),
            number(size.1),
            escape(title),
            escape(description)
        );
        svg
    }

    /// A picture that says nothing that does not stand beside it in words.
    pub(super) fn decoration(size: (f64, f64)) -> Self {
        let (width, height) = (number(size.0), number(size.1));
        Self {
            text: format!(
                "<svg class=\"mark\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
                 aria-hidden=\"true\" xmlns=\"http://www.w3.org/2000/svg\">"
            ),
        }
    }

    /// Opens a group; `keys` are data attributes that say what is drawn.
    pub(super) fn open(&mut self, class: &str, keys: &[(&str, &str)]) {
        let _ = write!(self.text, "<g class=\"{class}\"");
        for (name, value) in keys {
            let _ = write!(self.text, " data-{name}=\"{}\"", escape(value));
        }
        self.text.push('>');
    }

    /// What a pointer that rests on the open group is told.
    pub(super) fn title(&mut self, text: &str) {
        let _ = write!(self.text, "<title>{}</title>", escape(text));
    }

    /// A closed shape.
    pub(super) fn polygon(&mut self, class: &str, points: &[(f64, f64)]) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
        let _ = write!(self.text, "<polygon class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    /// Closes the innermost group.
    pub(super) fn close(&mut self) {
        self.text.push_str("</g>");
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = write!(
            self.text,
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        );
    }

    /// A line through all points.
    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
        let _ = write!(self.text, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    /// A disc or a ring.
    pub(super) fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        let _ = write!(
            self.text,
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            number(centre.0),
            number(centre.1),
            number(radius)
        );
    }

    /// An upright rectangle.
    pub(super) fn rectangle(&mut self, class: &str, corner: (f64, f64), size: (f64, f64)) {
        let _ = write!(
            self.text,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            number(corner.0),
            number(corner.1),
            number(size.0),
            number(size.1)
        );
    }

    /// A text, escaped.
    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.text,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            number(at.0),
            number(at.1),
            escape(text)
        );
    }

    /// The finished picture.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// Two decimals, without zeros that say nothing.
fn number(value: f64) -> String {
    let text = format!("{:.2}", (value * 100.0).round() / 100.0 + 0.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// At most `most` characters of `text`, the cut marked.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(std::iter::once('\u{2026}')).collect()
}

/// `text` inside an element or an attribute; what XML forbids altogether becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_have_at_most_two_decimals_and_no_negative_zero() {
        assert_eq!([1.0, 1.5, 2.0 / 3.0, -0.001, 100.0].map(number), ["1", "1.5", "0.67", "0", "100"]);
    }

    #[test]
    fn foreign_text_cannot_leave_its_element() {
        let mut svg = Svg::described("a\"b", (1.0, 1.0), "<script>", "x & y");
        svg.text("label", (0.0, 0.0), Anchor::End, "</text><script>alert(1)</script>\u{1b}");
        let text = svg.finish();
        assert!(!text.contains("<script") && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("a&quot;b-title") && text.contains("x &amp; y"), "{text}");
    }
}
