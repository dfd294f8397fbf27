use super::*;
use crate::age::{AgeLimit, ChallengeAge};

fn context() -> Context {
    Context {
        tool_version: "0.1.0".into(),
        method: "m, \"quoted\"".into(),
        method_digest: "ab".into(),
        ..Context::default()
    }
}

fn place(challenge: Option<f64>) -> Place {
    Place {
        limit: Some(AgeLimit::new(18).unwrap()),
        challenge: challenge.map(|years| ChallengeAge::new(years).unwrap()),
        failure_policy: Some(FailurePolicy::Conditional),
        population: Population::Window(13, 17),
        group: Group::whole(),
        weighting: Some(Weighting::Subject),
        variant: Variant::none(),
    }
}

const MEASURE: Measure = Measure { name: "under_age_pass_rate", unit: Unit::Share, better: Better::Lower };

fn rate(evidence: Evidence) -> Rate {
    Rate {
        value: 1.0 / 3.0,
        attempts: 90,
        subjects: 60,
        events: 30,
        event_subjects: 25,
        undecided: Some(0),
        ties: None,
        bounds: Bounds { interval: Interval::Wilson, level: 0.95, low: 0.25, high: 0.44 },
        claim: Claim { low: 0.26, high: 0.43 },
        n_star: 75.5,
        deff: 90.0 / 75.5,
        evidence,
    }
}

fn table() -> Table {
    let short = Evidence::Short(vec!["12<30 subjects".into(), "n* 9.5<30".into()]);
    let by_sex = Place { group: Group::of([("sex", "female")]), ..place(Some(23.0)) };
    Table {
        rows: vec![
            Row::rate(&context(), place(Some(18.0)), MEASURE, rate(Evidence::Sufficient)).flagged("b").flagged("a"),
            Row::rate(&context(), place(Some(23.0)), MEASURE, rate(short)),
            Row::rate(&context(), by_sex, MEASURE, rate(Evidence::Sufficient)),
            Row::without_value(&context(), place(None), MEASURE, RowStatus::NotApplicable, Counts::default(), ""),
            Row::rate(
                &context(),
                Place { variant: Variant::of("tie", "above"), ..place(Some(18.0)) },
                MEASURE,
                rate(Evidence::Sufficient),
            ),
        ],
    }
}

fn select(toml: &str) -> Select {
    toml::from_str(toml).unwrap()
}

#[test]
fn a_table_reads_back_as_written_but_for_digits_beyond_the_twelfth() {
    let mut bytes = Vec::new();
    table().write(&mut bytes).unwrap();
    let read = Table::read(bytes.as_slice()).unwrap();
    assert_eq!(read.rows[1].evidence, table().rows[1].evidence);
    assert_eq!(read.rows[1].status, RowStatus::InsufficientEvidence);
    assert_eq!(read.rows[0].value, Some(0.333333333333));
    assert_eq!(read.rows[3].value, None);
    let mut again = Vec::new();
    read.write(&mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(bytes).unwrap());
}

#[test]
fn columns_of_a_later_minor_schema_are_ignored_and_missing_ones_named() {
    let mut bytes = Vec::new();
    table().write(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let wider: String = text.lines().map(|line| format!("x,{line}\n")).collect();
    assert_eq!(Table::read(wider.as_bytes()).unwrap().rows.len(), 5);
    assert!(matches!(Table::read("schema,value\n".as_bytes()), Err(TableError::MissingColumn("tool_version"))));
    let bad = text.replace("0.333333333333", "many");
    assert!(Table::read(bad.as_bytes()).unwrap_err().to_string().contains("column `value`"));
    assert!(Table::read(text.replace(SCHEMA, "agebench-metrics/2").as_bytes()).is_err());
}

#[test]
fn a_selection_means_the_whole_data_set_and_the_plain_row_unless_it_says_otherwise() {
    let table = table();
    let found = |toml: &str| table.find(&select(toml)).count();
    assert_eq!(found("metric = 'under_age_pass_rate'"), 3);
    assert_eq!(found("challenge = 18"), 1);
    assert_eq!(found("challenge = 'T+5'"), 1);
    assert_eq!(found("challenge = 'own'"), 1);
    assert_eq!(found("group_by = '*'\nvariant = '*'"), 5);
    assert_eq!(found("group_by = 'sex'"), 1);
    assert_eq!(found("group_by = 'sex'\ngroup = 'male'"), 0);
    assert_eq!(found("variant = 'tie=above'"), 1);
    assert_eq!(found("population = 'window'"), 3);
    assert_eq!(found("population = 'window:13-17'\nlimit = 18\nweighting = 'subject'"), 3);
    assert_eq!(found("population = 'age'"), 0);
    assert!(toml::from_str::<Select>("metrics = 'mae'").is_err());
    assert!(toml::from_str::<Select>("group = 'female'").is_err());
}

#[test]
fn a_selection_reads_back_from_its_toml() {
    for text in ["metric = 'mae'\nchallenge = 25.5", "challenge = 'T+5'\ngroup_by = 'sex'\ngroup = 'f'\nvariant = '*'"]
    {
        let select = select(text);
        assert_eq!(toml::from_str::<Select>(&toml::to_string(&select).unwrap()).unwrap(), select);
    }
}

#[test]
fn rows_that_differ_only_in_version_share_their_identity() {
    let mut other = context();
    other.tool_version = "9".into();
    let row = |context: &Context| Row::rate(context, place(None), MEASURE, rate(Evidence::Sufficient));
    assert_eq!(row(&context()).identity(), row(&other).identity());
    assert_ne!(row(&context()).identity(), table().rows[0].identity());
}
