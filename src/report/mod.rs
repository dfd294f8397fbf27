//! Rows as text for people: terminal tables, Markdown, one HTML page. Computes nothing.
