//! Rows by hand: what a method with a given bias and spread would do to so many people of every age. The counts are
//! the expected ones, so no chance is in them; the intervals are Wilson's at one sample a person.

use agebench::age::{AgeLimit, ChallengeAge};
use agebench::table::{
    Better, Bounds, Claim, Context, Counts, Evidence, FailurePolicy, Group, Interval, Measure, Place, Population,
    Quantity, Rate, Row, RowStatus, Table, Unit, Variant, Weighting,
};

/// A method and the people it meets.
#[derive(Clone, Copy)]
pub struct Case {
    pub method: &'static str,
    pub bias: f64,
    pub spread: f64,
    /// People in each year of age from 8 to 40.
    pub people: u64,
    /// The youngest year of age.
    pub from: u32,
    /// Levels of the group column `sex`.
    pub levels: &'static [&'static str],
    pub limits: &'static [u32],
}

impl Case {
    pub const GOOD: Self = Self {
        method: "drawn-near",
        bias: 0.3,
        spread: 2.9,
        people: 60,
        from: 8,
        levels: &["female", "male"],
        limits: &[13, 16, 18, 21],
    };
    pub const YOUNG: Self = Self { method: "drawn-young", bias: -3.5, spread: 4.5, ..Self::GOOD };
}

const UNDER: Measure = Measure { name: "under_age_pass_rate", unit: Unit::Share, better: Better::Lower };
const NO_DECISION: Measure = Measure { name: "no_decision_rate", unit: Unit::Share, better: Better::Lower };
const OVER: Measure = Measure { name: "adult_denial_rate", unit: Unit::Share, better: Better::Lower };

/// The table of these methods.
pub fn table(cases: &[Case]) -> Table {
    Table { rows: cases.iter().flat_map(rows).collect() }
}

fn rows(case: &Case) -> Vec<Row> {
    let mut rows = Vec::new();
    for &limit in case.limits {
        for offset in 0..=12 {
            at(case, limit, limit + offset, &mut rows);
        }
    }
    let all = |measure| (Place { weighting: Some(Weighting::Subject), ..Place::of_all() }, measure);
    let n = case.people * u64::from(41 - case.from);
    for (name, value, better) in
        [("mae", case.spread * 0.8 + case.bias.abs() * 0.3, Better::Lower), ("bias", case.bias, Better::Zero)]
    {
        let (place, measure) = all(Measure { name, unit: Unit::Years, better });
        let bounds = Bounds { interval: Interval::T, level: 0.95, low: value - 0.2, high: value + 0.2 };
        let counts = Counts { attempts: Some(n), subjects: Some(n), ..Counts::default() };
        let evidence = Some(Evidence::Sufficient);
        rows.push(Row::quantity(
            &context(case),
            place,
            measure,
            Quantity { value, bounds: Some(bounds), counts, evidence },
        ));
    }
    let shares = [
        ("within_5_years", 0.9),
        ("involuntary_failure_rate", 0.01),
        ("refusal_rate", 0.0),
        ("abstention_rate", 0.0),
        ("never_answered_rate", 0.01),
    ];
    for name in ["flow_listed", "flow_attacks", "flow_age_unknown", "flow_eligible", "flow_attempted", "flow_answered"]
    {
        let samples = if name.ends_with("attacks") || name.ends_with("unknown") { 0 } else { n };
        let counts = Counts { attempts: Some(samples), subjects: Some(samples), ..Counts::default() };
        let quantity = Quantity { value: samples as f64, bounds: None, counts, evidence: None };
        let measure = Measure { name, unit: Unit::Attempts, better: Better::None };
        rows.push(Row::quantity(&context(case), Place::of_all(), measure, quantity));
    }
    for (name, share) in shares {
        let (place, measure) = all(Measure { name, unit: Unit::Share, better: Better::Lower });
        rows.push(Row::rate(&context(case), place, measure, rate(expected(share, n), n)));
    }
    rows.into_iter().map(|row| row.flagged("sample_only")).collect()
}

fn at(case: &Case, limit: u32, challenge: u32, rows: &mut Vec<Row>) {
    let mut no_decision = Vec::new();
    let mut push = |measure: Measure, population, group: Group, policy, people: u64, range: (u32, u32)| {
        let place = Place {
            limit: Some(AgeLimit::new(i64::from(limit)).unwrap()),
            challenge: Some(ChallengeAge::new(f64::from(challenge)).unwrap()),
            failure_policy: Some(policy),
            population,
            group,
            weighting: Some(Weighting::Subject),
            ..Place::of_all()
        };
        let ages: Vec<_> = (range.0.max(case.from)..=range.1).collect();
        // One in a hundred gets no decision.
        let answered = |people: u64| people - people / 100;
        let n: u64 =
            ages.iter().map(|_| if policy == FailurePolicy::Conditional { answered(people) } else { people }).sum();
        let events = ages.iter().map(|&age| {
            let passes = normal((f64::from(age) + 0.5 + case.bias - f64::from(challenge)) / case.spread);
            expected(if measure.name == UNDER.name { passes } else { 1.0 - passes }, answered(people))
        });
        let row = if n == 0 {
            let counts = Counts { attempts: Some(0), subjects: Some(0), ..Counts::default() };
            Row::without_value(&context(case), place, measure, RowStatus::Empty, counts, "")
        } else {
            Row::rate(&context(case), place, measure, rate(events.sum(), n))
        };
        let primary = matches!(row.population, Population::Window(..))
            && row.group.is_whole()
            && policy == FailurePolicy::Conditional
            && (challenge == limit || challenge == limit + 5);
        rows.push(row.flagged(if primary { "primary" } else { "exploratory" }));
    };
    let window = [(UNDER, limit.saturating_sub(5), limit - 1), (OVER, limit, limit + 12)];
    for policy in [FailurePolicy::Conditional, FailurePolicy::FailClosed] {
        for (measure, first, last) in window {
            push(measure, Population::Window(first, last), Group::whole(), policy, case.people, (first, last));
        }
        push(UNDER, Population::Under, Group::whole(), policy, case.people, (0, limit - 1));
        push(OVER, Population::Over, Group::whole(), policy, case.people, (limit, 40));
    }
    for (population, first, last) in [
        (Population::Window(limit.saturating_sub(5), limit - 1), limit.saturating_sub(5), limit - 1),
        (Population::Window(limit, limit + 12), limit, limit + 12),
        (Population::Under, 0, limit - 1),
        (Population::Over, limit, 40),
    ] {
        let years = u64::try_from((first.max(case.from)..=last).count()).unwrap();
        let place = Place {
            limit: Some(AgeLimit::new(i64::from(limit)).unwrap()),
            challenge: Some(ChallengeAge::new(f64::from(challenge)).unwrap()),
            population,
            weighting: Some(Weighting::Subject),
            ..Place::of_all()
        };
        if years > 0 {
            let rate = rate(years * (case.people / 100), years * case.people);
            no_decision.push(Row::rate(&context(case), place, NO_DECISION, rate));
        }
    }
    let policy = FailurePolicy::Conditional;
    for age in case.from..=limit + 12 {
        let measure = if age < limit { UNDER } else { OVER };
        push(measure, Population::Age(age), Group::whole(), policy, case.people, (age, age));
    }
    push(OVER, Population::AgeFrom(limit + 13), Group::whole(), policy, case.people, (limit + 13, 40));
    let shares = u64::try_from(case.levels.len()).unwrap().max(1);
    for level in case.levels {
        for (measure, first, last) in window {
            let group = Group::of([("sex", *level)]);
            push(measure, Population::Window(first, last), group, policy, case.people / shares, (first, last));
        }
    }
    rows.append(&mut no_decision);
}

/// The safe challenge age of `case` at 18 and its distance from the limit, of everybody or (`halves`) as one half chose it and the
/// other tested it; or why there is none.
pub fn safe(case: &Case, halves: bool, found: Result<f64, (RowStatus, &str)>, flag: &str) -> Vec<Row> {
    let place = Place {
        limit: Some(AgeLimit::new(18).unwrap()),
        failure_policy: Some(FailurePolicy::Conditional),
        population: Population::Under,
        weighting: Some(Weighting::Subject),
        variant: if halves { Variant::of("confirm", "halves") } else { Variant::none() },
        ..Place::of_all()
    };
    let row = |(name, above): (&'static str, f64)| {
        let measure = Measure { name, unit: Unit::Years, better: Better::Lower };
        let row = match found {
            Ok(years) => {
                let counts = Counts::default();
                let quantity = Quantity { value: years - above, bounds: None, counts, evidence: None };
                Row::quantity(&context(case), place.clone(), measure, quantity)
            }
            Err((status, reason)) => {
                Row::without_value(&context(case), place.clone(), measure, status, Counts::default(), reason)
            }
        };
        if flag.is_empty() { row } else { row.flagged(flag) }
    };
    [("safe_challenge_age", 0.0), ("safe_buffer", 18.0)].map(row).into()
}

fn context(case: &Case) -> Context {
    Context {
        tool_version: "0.1.0".into(),
        method: case.method.into(),
        method_kind: "estimation".into(),
        method_digest: format!("{:0>16}", case.method.len()),
        dataset: "drawn-faces".into(),
        manifest_digest: "a1b2c3d4e5f60718".into(),
        protocol_digest: "0f1e2d3c4b5a6978".into(),
        engine: "tract 0.23.9".into(),
    }
}

/// A rate at one sample a person.
pub fn rate(events: u64, n: u64) -> Rate {
    let (k, size) = (events as f64, n as f64);
    let (p, z) = (k / size, 1.959_963_984_540_054_f64);
    let middle = (p + z * z / (2.0 * size)) / (1.0 + z * z / size);
    let half = z / (1.0 + z * z / size) * (p * (1.0 - p) / size + z * z / (4.0 * size * size)).sqrt();
    let low = if events == 0 { 0.0 } else { middle - half };
    let high = if events == n { 1.0 } else { middle + half };
    let bound = 1.0 - 0.05_f64.powf(1.0 / size);
    let claim =
        Claim { low: if events == n { 1.0 - bound } else { low }, high: if events == 0 { bound } else { high } };
    let evidence = if n < 30 { Evidence::Short(vec![format!("{n}<30 subjects")]) } else { Evidence::Sufficient };
    Rate {
        value: p,
        attempts: n,
        subjects: n,
        events,
        event_subjects: events,
        undecided: Some(0),
        ties: Some(0),
        bounds: Bounds { interval: Interval::Wilson, level: 0.95, low, high },
        claim,
        n_star: size,
        deff: 1.0,
        evidence,
    }
}

fn expected(share: f64, n: u64) -> u64 {
    (share * n as f64).round() as u64
}

/// The share of a normal distribution below `z`, by the logistic approximation: good enough for a drawing.
fn normal(z: f64) -> f64 {
    1.0 / (1.0 + (-1.702 * z).exp())
}
