//! What of the holders' own evidence still holds of a number that is made of theirs.

use crate::metric::{FEW_EVENT_SUBJECTS, flag};
use crate::table::{Evidence, Row};

/// The reasons against a claim on `row` of `holder` that no number of other people mends, each with the holder's name.
pub(super) fn that_stays(holder: &str, row: &Row) -> Vec<String> {
    let Some(Evidence::Short(reasons)) = &row.evidence else { return Vec::new() };
    let stays = reasons.iter().filter(|reason| !is_mended_by_more(reason));
    stays.map(|reason| format!("{holder}: {reason}").replace(';', ",")).collect()
}

/// Whether a holder's reason against a claim is one that more people mend: too few subjects, too small an effective sample,
/// too wide an interval. These are asked of the pooled row anew.
fn is_mended_by_more(reason: &str) -> bool {
    let few = || {
        let (there, rest) = reason.split_once('<')?;
        let (floor, noun) = rest.split_once(' ')?;
        let counts = [there, floor].iter().all(|count| count.parse::<u64>().is_ok());
        Some(counts && noun == "subjects")
    };
    reason.starts_with("n* ") || reason.starts_with("width ") || few().unwrap_or(false)
}

/// Whether fewer than 30 subjects have an event among the holders of `rows`; events where not all publish how many subjects,
/// and where not all publish these either, unless one of those with a value says that it has enough. Rows that are no
/// shares have no events.
pub(super) fn few_events(rows: &[&Row]) -> bool {
    let sum = |of: fn(&Row) -> Option<u64>| rows.iter().map(|row| of(row)).sum::<Option<u64>>();
    let mut valued = rows.iter().filter(|row| row.value.is_some()).peekable();
    match sum(|row| row.n_event_subjects).or_else(|| sum(|row| row.n_events)) {
        _ if valued.peek().is_none() => false,
        Some(events) => events < FEW_EVENT_SUBJECTS,
        None => valued.all(|row| row.has(flag::UNDER_30_EVENTS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Better, Context, Counts, Measure, Place, Quantity, Unit};

    fn row(reasons: &[&str]) -> Row {
        let measure = Measure { name: "under_age_pass_rate", unit: Unit::Share, better: Better::Lower };
        let evidence = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        let quantity =
            Quantity { value: 0.1, bounds: None, counts: Counts::default(), evidence: Some(Evidence::Short(evidence)) };
        Row::quantity(&Context::default(), Place::of_all(), measure, quantity)
    }

    #[test]
    fn more_people_mend_what_is_short_of_people_and_nothing_else() {
        let mended = ["12<30 subjects", "n* 9.5<30", "width 0.310>0.3", "width 0.060>0.05 and >130% of the value"];
        assert_eq!(that_stays("north", &row(&mended)), Vec::<String>::new());
        let stays = ["straddling 50.0%>5%", "few subjects hold most attempts", "12<30 subjects under the limit"];
        assert_eq!(that_stays("north", &row(&stays)).len(), 3);
        assert_eq!(that_stays("north", &row(&["12<30 subjects", "a; b"])), ["north: a, b"]);
    }

    #[test]
    fn events_are_few_until_together_there_are_thirty_people_with_one() {
        let of = |events: Option<u64>, subjects: Option<u64>| {
            let mut row = row(&[]).flagged(flag::UNDER_30_EVENTS);
            (row.n_events, row.n_event_subjects) = (events, subjects);
            row
        };
        let [one, two, three] =
            [(Some(40), Some(14)), (Some(15), Some(15)), (Some(16), Some(16))].map(|(e, s)| of(e, s));
        assert!(few_events(&[&one, &two]) && !few_events(&[&one, &three]) && !few_events(&[]));
        // Photos of people whose number is not published; one that is redacted has no value.
        let (photos, mut redacted) = (of(Some(29), None), of(None, None));
        redacted.value = None;
        assert!(few_events(&[&photos]) && !few_events(&[&photos, &two]));
        assert!(few_events(&[&photos, &redacted]) && !few_events(&[&row(&[]), &redacted]) && !few_events(&[&redacted]));
    }
}
