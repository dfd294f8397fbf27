//! The columns of a manifest that have a meaning of their own, and file-safe names.

/// Columns with a meaning of their own, in the manifest or in the run folder. None of them can be a group.
pub const OWN_COLUMNS: [&str; 25] = [
    "sample_id",
    "path",
    "subject_id",
    "age",
    "age_low",
    "age_high",
    "birth_date",
    "captured_on",
    "split",
    "x0",
    "y0",
    "x1",
    "y1",
    "sha256",
    "weight",
    "cluster_id",
    "subject_rank",
    "cluster_rank",
    "manifest_place",
    "species",
    "method",
    "status",
    "all",
    "unknown",
    "group",
];

/// Columns that hold the label, or from which it follows: no method ever sees them.
pub const LABEL_COLUMNS: [&str; 5] = ["age", "age_low", "age_high", "birth_date", "captured_on"];

/// Columns that say who or where: no method ever sees them either.
pub const IDENTITY_COLUMNS: [&str; 6] = ["sample_id", "subject_id", "path", "sha256", "cluster_id", "split"];

/// Whether `column` has a meaning of its own.
#[must_use]
pub fn is_own_column(column: &str) -> bool {
    OWN_COLUMNS.contains(&column)
}

/// Whether a method may be given `column`: neither the label nor an identity.
#[must_use]
pub fn is_for_methods(column: &str) -> bool {
    !LABEL_COLUMNS.contains(&column) && !IDENTITY_COLUMNS.contains(&column)
}

/// `name` as a file's name: small ASCII letters, digits and single hyphens, at most 80 characters, never empty.
#[must_use]
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 80 {
            break;
        }
    }
    let trimmed = slug.trim_end_matches('-');
    if trimmed.is_empty() { "unnamed".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_safe_as_a_file_name_whatever_the_name() {
        assert_eq!(slug("Adience val (2014)"), "adience-val-2014");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("年齢"), "unnamed");
        assert!(slug(&"x".repeat(500)).len() <= 80);
    }
}
