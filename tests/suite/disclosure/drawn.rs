//! Small datasets that are drawn from a number, and all rows of two methods on them.

use agebench::age::{Age, AgeLimit, AgeRange};
use agebench::metric::{Errors, Facts, PERCENTILE_SHARES, rows};
use agebench::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};
use agebench::protocol::Protocol;
use agebench::table::{Context, Row};
use agebench::tally::{Answers, ErrorRows, Tally, TruthBuilder, TruthRow};

/// Numbers that look drawn: Steele, Lea and Flood's SplitMix64.
pub struct Draw(pub u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Roughly normal, which is near enough for a face.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Rows of two methods on a small drawn dataset, and the protocol.
pub struct Drawn {
    pub protocol: Protocol,
    pub rows: Vec<Row>,
    /// Methods whose answers can leave a challenge age undecided.
    pub undecided: Vec<String>,
    /// Methods that decide themselves.
    pub deciding: Vec<String>,
}

/// Every third has people with up to three attempts, every seventh a method that decides itself, every fourth many people.
/// In half of them nothing or hardly anything stays without an answer, and in every fifth nobody is a child.
pub fn drawn(seed: u64) -> Drawn {
    let mut draw = Draw(seed);
    // In every fourth two limits, and up to 940 people.
    let large = seed.is_multiple_of(4);
    let limits = [[16, 18], [13, 18], [18, 21]][draw.below(3) as usize];
    let limits = if large { &limits[..] } else { &limits[1..] };
    let text = format!(
        "limits = {limits:?}\ncrossings = [['sex', 'region']]\n[between_groups]\nreplicates = 99\n[challenge]\nspan = 5.0\n"
    );
    let protocol = Protocol::from_toml(&text).unwrap();
    let people = 40 + draw.below(if large { 900 } else { 260 });
    let (sexes, regions, lights) = (1 + draw.below(3), 1 + draw.below(4), draw.below(3));
    let all = [["female", "male", "other"].as_slice(), &["north", "south", "east", "west"], &["day", "night"]];
    let mut columns = vec![("sex", true), ("region", true)];
    if lights > 0 {
        columns.push(("light", true));
    }
    let mut truth = TruthBuilder::new(&columns);
    let mut given: Vec<Answers> = vec![Answers::new(&protocol.limits), Answers::new(&protocol.limits)];
    let (spread, failing, ranges) =
        (1.0 + 4.0 * draw.uniform(), draw.below(12).saturating_sub(5) * 2, draw.below(4) == 0);
    let deciding = seed % 7 == 3;
    let youngest = if seed % 5 == 4 { 14 } else { 8 };
    let most_attempts = if seed % 3 == 2 { 3 } else { 1 };
    for subject in (0..people).flat_map(|subject| vec![subject; 1 + (subject % most_attempts) as usize]) {
        let mut person = Draw(seed.wrapping_mul(0x1_0001) ^ (subject << 20));
        let age = youngest + person.below(24) as u32;
        // Groups of very different sizes.
        let mut level = |many: u64, names: &[&'static str]| {
            let place = (person.uniform().powi(2) * many as f64) as usize;
            names[place.min(names.len() - 1)]
        };
        let mut levels = vec![level(sexes, all[0]), level(regions, all[1])];
        if lights > 0 {
            levels.push(level(lights, all[2]));
        }
        truth.push(&TruthRow {
            subject_rank: subject as u32,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::whole_years(age).unwrap()),
            attack: false,
            levels: &levels,
        });
        for (method, answers) in given.iter_mut().enumerate() {
            let outcome = if draw.below(100) < failing {
                Outcome::unanswered([Status::Refused, Status::NoSubject][draw.below(2) as usize], "")
            } else {
                let error = draw.bell() * spread * (1.0 + method as f64) - 0.5;
                let years = (f64::from(age) + 0.5 + error).clamp(0.0, 90.0);
                let exact = |years: f64| Age::new(years).unwrap();
                let decide = |limit: &AgeLimit| LimitAnswer {
                    limit: *limit,
                    score: None,
                    decision: Some(if years >= f64::from(limit.years()) { Decision::Pass } else { Decision::Deny }),
                };
                Outcome::answered(if deciding && method == 1 {
                    Answer::Limits(protocol.limits.iter().map(decide).collect())
                } else if ranges && method == 1 {
                    Answer::Range { low: exact(years.floor()), high: exact(years.floor() + 1.5) }
                } else {
                    Answer::Age { age: exact(years), spread: None }
                })
            };
            answers.push(Some(&outcome));
        }
    }
    let truth = truth.finish().unwrap();
    let facts = Facts { chronological: true, random_sample: true };
    let mut made = Vec::new();
    for (method, answers) in given.iter().enumerate() {
        let context = Context {
            method: format!("m{method}"),
            method_digest: format!("{method}"),
            manifest_digest: "d".to_owned(),
            ..Context::default()
        };
        let tally = Tally::of(&truth, answers, &protocol).unwrap();
        let errors = ErrorRows::of(&truth, answers, &protocol, &PERCENTILE_SHARES);
        made.extend(rows(&context, &protocol, facts, &tally, Errors::Rows(&errors)));
    }
    let second = |is: bool| if is { vec!["m1".to_owned()] } else { Vec::new() };
    Drawn { protocol, rows: made, undecided: second(ranges && !deciding), deciding: second(deciding) }
}
