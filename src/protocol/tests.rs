use super::*;
use crate::table::{ChallengeSelect, PopulationSelect, Weighting};

fn problems(text: &str) -> Vec<String> {
    Protocol::from_toml(text).unwrap_err().problems.iter().map(ToString::to_string).collect()
}

#[test]
fn default_toml_writes_out_every_key_and_is_the_documented_default() {
    let table: toml::Table = wire::DEFAULT_TOML.parse().unwrap();
    for key in keys::KEYS.iter().copied().filter(|key| *key != "schema") {
        let (section, inner) = key.split_once('.').unwrap_or((key, ""));
        let value = table.get(section).unwrap_or_else(|| panic!("{key}"));
        assert!(inner.is_empty() || value.get(inner).is_some(), "{key}");
    }
    let protocol = Protocol::default_protocol();
    assert_eq!(protocol.limits.iter().map(|limit| limit.years()).collect::<Vec<_>>(), [13, 16, 18, 21]);
    let ages = protocol.challenge_ages(protocol.limits[2]);
    assert_eq!((ages.len(), ages[0].years(), ages[12].years()), (13, 18.0, 30.0));
    assert_eq!(protocol.under_window(protocol.limits[2]), Some((13, 17)));
    assert_eq!(protocol.over_window(protocol.limits[2]), Some((18, 30)));
    assert_eq!(protocol.primary.len(), 12);
    assert_eq!(protocol.primary[1].challenge, Some(ChallengeSelect::AboveLimit(5000)));
    assert_eq!(protocol.primary[1].population, Some(PopulationSelect::AnyWindow));
    assert_eq!(protocol.primary[1].weighting, Some(Weighting::Subject));
}

#[test]
fn the_effective_protocol_reads_back_as_itself() {
    let text = "name = 'x'\ntie = 'above'\nfailure_policy = 'fail_closed'\ngroups = ['sex']\ncrossings = [['sex', 'region']]\n\
                [challenge]\nstep = 0.5\nheadline = [0, 2.5]\n[[primary]]\nmetric = 'mae'\nlimit = 18\nchallenge = 25.5\n\
                group_by = 'sex'\nvariant = '*'\n";
    for protocol in [Protocol::default_protocol(), Protocol::from_toml(text).unwrap()] {
        let written = protocol.to_toml();
        assert_eq!(Protocol::from_toml(&written).unwrap(), protocol, "{written}");
        assert!(protocol.canonical_json()["evidence"]["n_star"].is_number());
    }
    assert_eq!(Protocol::from_toml(text).unwrap().challenge_ages(AgeLimit::new(18).unwrap()).len(), 25);
}

#[test]
fn headline_offsets_move_the_primary_rows_that_name_them() {
    let protocol = Protocol::from_toml("[challenge]\nheadline = [7]\n").unwrap();
    assert_eq!(protocol.primary.len(), 6);
    assert_eq!(protocol.primary[0].challenge, Some(ChallengeSelect::AboveLimit(7000)));
}

#[test]
fn every_problem_is_named_at_once() {
    let found = problems("limits = [18, 16, 0]\nstraddling_share = 2\ntie = 'x'\n[levels]\ndisplay = 95\n");
    assert_eq!(found.len(), 5, "{found:?}");
    let found = problems("limts = [18]\n[chalenge]\nspan = 1\n[windows]\nundr = 3\n[[primary]]\nmetrics = 'mae'\n");
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.contains(&"row 5: unknown key `windows.undr`".to_owned()));
}

#[test]
fn a_metric_that_nobody_knows_is_refused_wherever_rows_are_named() {
    let metric = |name: &str| if name == "mea" { Err(format!("{name} is none")) } else { Ok(()) };
    let around = Around { files: &|_| Err(String::new()), metric: &metric };
    for list in ["primary", "family"] {
        let text = format!("[[{list}]]\nmetric = 'mae'\nchallenge = 'headline'\n[[{list}]]\nmetric = 'mea'\n");
        let [found] = &Protocol::from_toml_around(&text, &around).unwrap_err().problems[..] else { panic!("{list}") };
        assert_eq!(found.to_string(), format!("row 4: `{list}, entry 2`: mea is none"));
        // What was recorded under another version stays readable.
        assert!(Protocol::from_toml(&text).is_ok());
    }
}

#[test]
fn a_challenge_age_below_its_limit_is_refused_with_the_reason() {
    assert!(problems("[challenge]\nheadline = [-1]\n")[0].contains("below its limit"));
    let text = "[[primary]]\nmetric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 16\n";
    assert!(problems(text)[0].contains("challenge age 16 lies below the limit 18"), "{:?}", problems(text));
}

#[test]
fn a_slip_in_a_key_does_not_hide_the_other_problems() {
    let error = Protocol::from_toml("limts = [18]\nlimits = []\n[windows]\nundr = 3\n").unwrap_err();
    let text = error.to_string();
    for expected in ["limts", "windows.undr", "no limit"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}
