//! Statements against measurements.

use super::*;
use crate::folder::Phase;
use crate::metric::catalogue::{self, Entry};
use crate::metric::footprint::{Figure, rows as measured_rows};
use crate::protocol::Protocol;
use crate::table::{Context, Variant};

fn figure(entry: Entry, variant: &str, value: Result<f64, &str>) -> Figure {
    let variant: Variant = variant.parse().unwrap();
    Figure { entry, variant, value: value.map_err(str::to_owned), attempts: None, declared: false }
}

fn saying<T>(says: T) -> Option<Statement<T>> {
    Some(Statement { says, source: "notice".to_owned(), date: "2026-05-01".to_owned() })
}

/// The one declaration of `card`, and the rows that were flagged, as `metric variant`.
fn held(card: &DeclaredFootprint, figures: &[Figure], observed: &[Observed]) -> (Measured, Vec<String>) {
    let context = Context { method: "m".to_owned(), ..Context::default() };
    let mut rows = measured_rows(&context, &Protocol::default_protocol(), figures);
    let other = Context { method: "other".to_owned(), ..Context::default() };
    rows.extend(measured_rows(&other, &Protocol::default_protocol(), figures));
    let observed: Vec<&Observed> = observed.iter().collect();
    let answers = Information::default();
    let mut seen = Seen { observed: &observed, method: "m", rows: &mut rows, answers: &answers };
    let found = declarations(card, &mut seen);
    let [one] = &found[..] else { panic!("{found:?}") };
    let flagged = rows.iter().filter(|row| row.has(CONTRADICTED));
    let words = flagged.map(|row| {
        assert_eq!(row.method, "m", "only its own rows");
        format!("{} {}", row.metric, row.variant)
    });
    (one.measured.clone(), words.collect())
}

fn left(end: f64, after: f64, bytes: f64, processes: f64) -> Vec<Figure> {
    vec![
        figure(catalogue::FILES_LEFT, "phase=end", Ok(end)),
        figure(catalogue::FILES_LEFT, "phase=after_exit", Ok(after)),
        figure(catalogue::BYTES_LEFT, "phase=after_exit", Ok(bytes)),
        figure(catalogue::PROCESSES_LEFT, "phase=end", Ok(1.0)),
        figure(catalogue::PROCESSES_LEFT, "phase=after_exit", Ok(processes)),
    ]
}

#[test]
fn nothing_kept_is_contradicted_by_files_and_processes_that_are_left() {
    let card = |keeps| DeclaredFootprint { keeps: saying(keeps), ..DeclaredFootprint::default() };
    let (measured, flagged) = held(&card(Keeps::Nothing), &left(0.0, 12.0, 48_000.0, 0.0), &[]);
    assert_eq!(measured, Measured::Contradicts(12, "12 files, 48 kB after exit".to_owned()));
    assert_eq!(flagged, ["files_left phase=after_exit", "bytes_left phase=after_exit"]);
    let (measured, _) = held(&card(Keeps::Nothing), &left(1.0, 0.0, 0.0, 0.0), &[]);
    assert_eq!(measured, Measured::Contradicts(1, "1 file after the last answer".to_owned()));
    // What lies about between answers is allowed until exit, a process that lives on is not.
    let (measured, flagged) = held(&card(Keeps::UntilExit), &left(1.0, 0.0, 0.0, 0.0), &[]);
    assert_eq!((measured, flagged.len()), (Measured::Agrees("nothing was left".to_owned()), 0));
    let (measured, _) = held(&card(Keeps::UntilExit), &left(0.0, 0.0, 0.0, 1.0), &[]);
    assert_eq!(measured, Measured::Contradicts(1, "1 process after exit".to_owned()));
    let (measured, _) = held(&card(Keeps::Something), &left(3.0, 3.0, 9.0, 0.0), &[]);
    assert!(matches!(measured, Measured::Agrees(_)));
}

#[test]
fn what_could_not_be_measured_neither_upholds_nor_contradicts_a_statement() {
    let card = DeclaredFootprint { keeps: saying(Keeps::Nothing), ..DeclaredFootprint::default() };
    let unknown = [figure(catalogue::FILES_LEFT, "phase=after_exit", Err("no sandbox"))];
    assert!(matches!(held(&card, &unknown, &[]).0, Measured::Unknown(_)));
    assert!(matches!(held(&card, &[], &[]).0, Measured::Unknown(_)));
    let card = DeclaredFootprint { hosts: saying(Vec::new()), ..DeclaredFootprint::default() };
    let unknown = [Observed::not_measurable(Phase::Whole, Thing::Host, "no sandbox")];
    assert_eq!(held(&card, &[], &unknown).0, Measured::Unknown("no sandbox".to_owned()));
    let card = DeclaredFootprint { works_offline: saying(true), ..DeclaredFootprint::default() };
    assert!(matches!(held(&card, &[], &[]).0, Measured::Unknown(_)));
    let card = DeclaredFootprint { retention: saying("a day".to_owned()), ..DeclaredFootprint::default() };
    assert_eq!(held(&card, &[], &[]).0, Measured::Never);
}

#[test]
fn hosts_and_fields_that_were_not_declared_contradict_by_name() {
    let host = |name: &str| Observed::measured(Phase::Whole, Thing::Host, name, 1.0);
    let card = |hosts: &[&str]| DeclaredFootprint {
        hosts: saying(hosts.iter().map(|&host| host.to_owned()).collect()),
        ..DeclaredFootprint::default()
    };
    let figures = [figure(catalogue::HOSTS, "", Ok(2.0)), figure(catalogue::CONNECTIONS, "", Ok(3.0))];
    let seen = [host("api.example.com:443"), host("stats.example.net")];
    let (measured, flagged) = held(&card(&["api.example.com"]), &figures, &seen);
    assert_eq!(measured, Measured::Contradicts(1, "stats.example.net".to_owned()));
    assert_eq!(flagged, ["hosts "]);
    let (measured, _) = held(&card(&["*.Example.com", "stats.example.net."]), &figures, &seen);
    assert!(matches!(measured, Measured::Agrees(_)), "{measured:?}");
    let none = [Observed::measured(Phase::Whole, Thing::Host, "", 0.0)];
    let (measured, flagged) = held(&card(&[]), &figures, &none);
    assert_eq!(measured, Measured::Contradicts(3, "3 connections tried".to_owned()));
    assert_eq!(flagged, ["connections_tried "]);
    assert!(same_host("api.example.com", "https://API.example.com:8443/v1/age"));
    assert!(!same_host("*.example.com", "example.com") && !same_host("a.com", "ba.com"));
    let card = DeclaredFootprint { extra_fields: saying(vec!["quality".to_owned()]), ..DeclaredFootprint::default() };
    let field = |name: &str| Observed::measured(Phase::Attempt, Thing::ExtraField, name, 4.0);
    let seen = [field("quality"), field("gender"), field("gender")];
    assert_eq!(held(&card, &[], &seen).0, Measured::Contradicts(1, "gender".to_owned()));
    assert_eq!(held(&card, &[], &seen[..1]).0, Measured::Agrees("quality".to_owned()));
}
