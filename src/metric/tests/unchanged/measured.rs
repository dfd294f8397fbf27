//! Rows that take a measurement: curves, latency, waterfalls, the footprint and what cards declare, of numbers that are made up.

use super::people::{aged, asked};
use crate::age::AgeLimit;
use crate::metric::footprint::{self, Figure};
use crate::metric::latency::{self, LatencyFacts, LatencyInput, Starts, Timing};
use crate::metric::tests::*;
use crate::metric::{
    CurveStep, Declaration, Ended, InformationInput, Least, Margins, Measured, Scores, StageFacts, StageRates,
    catalogue, curve, declared, information, rules, waterfall,
};
use crate::outcome::{Decision, LimitAnswer, Outcome, StageUse, Stages, Status};
use crate::table::{Context, Group, Table, Variant};
use crate::tally::{Answers, Information, ScoreRows, Tally, Truth, TruthBuilder, TruthRow};

pub(super) fn cases() -> Vec<(&'static str, Table)> {
    let (context, protocol) = (Context::default(), asked("groups = ['sex']"));
    let mut cases = vec![
        ("curve", curved(false, 900)),
        ("curve-weighted", curved(true, 900)),
        ("curve-few", curved(false, 60)),
        ("stages", staged(&[StageFacts::default(); 2])),
    ];
    let of_others = StageRates { under_age_passes: [12, 300], adult_denials: [40, 500] };
    cases.push(("stages-of-others", staged(&[StageFacts::default(), StageFacts { rates: Some(of_others) }])));
    for (name, input) in
        [("latency", timed(400, false)), ("latency-late", timed(380, true)), ("latency-few", timed(9, false))]
    {
        cases.push((name, Table { rows: latency::rows(&context, &protocol, &input) }));
    }
    let spread = |age: f64, spread| Outcome::answered(Answer::Age { age: Age::new(age).unwrap(), spread });
    let ages: Vec<Outcome> = (0..90).map(|number| spread(f64::from(number % 37) / 2.0 + 10.0, None)).collect();
    let spreads: Vec<Outcome> =
        (0..60).map(|number| spread(f64::from(number % 11) + 15.0, Some(f64::from(number % 4) + 0.5))).collect();
    let decided: Vec<Outcome> =
        (0..50).map(|number| Outcome::answered(Answer::Limits(vec![at_18(number % 3 == 0, number % 5)]))).collect();
    for (name, outcomes, bands) in [
        ("ages", ages, None),
        ("spreads-told", spreads, Some(5)),
        ("decisions", decided, None),
        ("no-answers", Vec::new(), None),
    ] {
        let mut answers = Answers::new(&protocol.limits);
        outcomes.iter().chain([&Outcome::failed("x")]).for_each(|outcome| answers.push(Some(outcome)));
        let extra_fields = [("gender".to_owned(), 3), ("mood".to_owned(), 1)].into();
        let input =
            InformationInput { answers: Information::of(&answers), claimed_ages: [0.0, 120.0], bands, extra_fields };
        cases.push((name, Table { rows: information(&context, &protocol, &input) }));
    }
    cases.push(("footprint", Table { rows: footprint::rows(&context, &protocol, &figures()) }));
    cases.push(("declared", Table { rows: declared(&context, &protocol, &declarations()) }));
    cases
}

fn at_18(passes: bool, score: u32) -> LimitAnswer {
    let decision = Some(if passes { Decision::Pass } else { Decision::Deny });
    LimitAnswer { limit: AgeLimit::new(18).unwrap(), score: Some(f64::from(score) / 4.0), decision }
}

/// Two steps of a curve over `count` attempts of half as many people: the second fails and errs more.
fn curved(weighted: bool, count: u32) -> Table {
    let protocol = asked("groups = ['sex']");
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let [mut full, mut first, mut second] = [(); 3].map(|()| Answers::new(&protocol.limits));
    for number in 0..count {
        let (subject, age) = (number / 2, 12 + number / 2 % 14);
        let row = TruthRow::of(subject, year(age), &["female"]);
        truth.push(&TruthRow { weight: weighted.then(|| 1.0 + f64::from(subject % 3)), ..row });
        let years = f64::from(age + number % 4) - 1.0;
        full.push(Some(&answered(years)));
        first.push(Some(&answered(if number % 61 == 5 { years + 2.0 } else { years })));
        let worse =
            if number % 23 == 0 { Outcome::failed("too small") } else { answered(years + f64::from(number % 5)) };
        second.push(Some(&worse));
    }
    let truth = truth.finish().unwrap();
    let step = |number: u32, answers: &Answers| {
        let margins = Margins { rate: 0.05, years: 0.5 };
        let found = rules(&truth, &full, answers, &protocol, margins, 0.95).unwrap();
        (
            CurveStep { number, axis: "pixels".to_owned(), left: 64.0 / f64::from(number), bytes: 1000, samples: 4 },
            found,
        )
    };
    let ended =
        [("pixels", "32: the mean error", true), ("quality", "75; more", true), ("margin", "no face box", false)];
    let least = Least {
        left: vec![("pixels".to_owned(), 64.0)],
        bytes: 250.0,
        full_bytes: 1000.0,
        ended: ended.map(|(axis, why, tried)| Ended { axis: axis.to_owned(), why: why.to_owned(), tried }).to_vec(),
    };
    Table { rows: curve(&Context::default(), &protocol, &[step(1, &first), step(2, &second)], &least) }
}

/// A waterfall of two stages, the second of which is asked of every third.
fn staged(stages: &[StageFacts]) -> Table {
    let protocol = asked("groups = ['sex']");
    let limits = [16, 18].map(|years| AgeLimit::new(years).unwrap());
    let attempts: Vec<Attempt> = aged(13, 24, 600)
        .into_iter()
        .map(|(subject, age, _, levels)| {
            let passes = u32::from(subject % 12 > 3) + subject % 5 > 2;
            let asks = subject % 3 == 0;
            let first = StageUse {
                bytes_in: Some(1000 + u64::from(subject)),
                bytes_out: Some(20),
                nanos: Some(5_000_000),
                ..StageUse::default()
            };
            let second = StageUse {
                bytes_in: Some(30),
                bytes_out: None,
                nanos: (subject % 9 > 0).then_some(90_000_000),
                ..StageUse::default()
            };
            let asked = [first, second][..if asks { 2 } else { 1 }].to_vec();
            let reached = limits.map(|limit| (limit, if asks { 2 } else { 1 })).to_vec();
            let outcome = if subject % 29 == 0 {
                Outcome::unanswered(Status::Refused, "")
            } else {
                let at = |limit| LimitAnswer { limit, ..at_18(passes, 1) };
                Outcome::answered(Answer::Limits(limits.map(at).to_vec()))
            };
            let stages = Some(Box::new(Stages { reached, asked, broke: Vec::new() }));
            (subject, age, Outcome { stages, ..outcome }, levels)
        })
        .collect();
    let (truth, answers): (Truth, Answers) = columns(&attempts, &protocol);
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let kept = Scores::Rows(ScoreRows::of(&truth, &answers));
    Table { rows: waterfall(&Context::default(), &protocol, FACTS, &tally, kept, stages) }
}

/// So many attempts in five starts, also of a group and under an offered load; `late` ones end at the time limit.
fn timed(attempts: usize, late: bool) -> LatencyInput {
    let one = |number: usize| Timing {
        start: number % 5,
        latency: 20.0 + (number * 7 % 31) as f64,
        prepare: Some(2.0 + (number % 3) as f64),
        answer: (!number.is_multiple_of(11)).then_some(15.0 + (number % 13) as f64),
        transfer: None,
        censored: late && number % 40 == 7,
    };
    let all: Vec<Timing> = (0..attempts).map(one).collect();
    let starts = [11.0, 12.5, 10.0, 13.0, 12.0];
    LatencyInput {
        starts: Starts {
            load: starts.to_vec(),
            first: starts.map(|time| (2.0 * time, late && time > 12.9)).to_vec(),
            calibration: starts.map(|time| (time / 3.0, time / 3.1)).to_vec(),
            offline: starts.map(|time| 40.0 - time).to_vec(),
            null: starts.map(|time| time / 100.0).to_vec(),
        },
        single: vec![
            (Group::whole(), all.clone()),
            (Group::from_cells("sex", "female"), all.iter().step_by(2).copied().collect()),
        ],
        offered: all.iter().skip(3).copied().collect(),
        failed: 3,
        ended: attempts as u64 - 1,
        answered: attempts as u64 - 2,
        facts: LatencyFacts { rate: Some(if late { 60.0 } else { 5.0 }), busy: Some(0.01), clock_step: 1e-5 },
    }
}

fn figures() -> Vec<Figure> {
    let figure = |variant: Variant, value, attempts, declared| Figure {
        entry: catalogue::UNIX_SOCKETS,
        variant,
        value,
        attempts,
        declared,
    };
    vec![
        figure(Variant::none(), Ok(2.0), Some(7), false),
        figure(Variant::of("part", "exit"), Err("strace is not installed; nor looked for".to_owned()), Some(7), false),
        figure(Variant::of("part", "said"), Ok(0.0), None, true),
        figure(Variant::of("part", "unsaid"), Err("nobody says".to_owned()), None, true),
    ]
}

fn declarations() -> Vec<Declaration> {
    let all = [
        Measured::Agrees("no file; none".to_owned()),
        Measured::Contradicts(12, "12 files".to_owned()),
        Measured::Unknown("no sandbox".to_owned()),
        Measured::Never,
    ];
    let one = |measured| Declaration {
        statement: "keeps",
        says: "nothing".to_owned(),
        source: "notice".to_owned(),
        date: "2026-05-01".to_owned(),
        measured,
    };
    all.map(one)
        .into_iter()
        .enumerate()
        .map(|(at, one)| Declaration { date: format!("2026-05-0{at}"), ..one })
        .collect()
}
