//! What the rows of a release say, and that they are made of published counts alone.

use agebench::age::{AgeLimit, AgeRange};
use agebench::metric::{Errors, Facts, rows};
use agebench::outcome::{Answer, Decision, LimitAnswer, Outcome};
use agebench::protocol::Protocol;
use agebench::publish::disclosure::{Rule, flag, protect};
use agebench::table::{Context, RowStatus};
use agebench::tally::{Answers, Tally, TruthBuilder, TruthRow};

use super::drawn::{Draw, drawn};
use super::protected;

#[test]
fn what_is_published_is_made_of_published_counts_alone() {
    let drawn = drawn(12);
    for rule in [Rule::Uk7_5, Rule::Midpoint6, Rule::Threshold10] {
        let published = protected(&drawn, rule, &[]);
        let mut rates = 0;
        for row in &published.rows {
            assert!(row.has(rule.word()), "{row:?}");
            assert!(row.group.parts().len() < 2 && row.n_undecided.is_none() && row.n_ties.is_none());
            let counts = [row.n_attempts, row.n_subjects, row.n_events, row.n_event_subjects];
            if rule == Rule::Uk7_5 {
                assert!(counts.into_iter().flatten().all(|count| count >= 10 && count % 5 == 0), "{row:?}");
            }
            if let (Some(value), Some(events), Some(all)) = (row.value, row.n_events, row.n_attempts) {
                assert!((value - events as f64 / all as f64).abs() < 1e-15);
                assert_eq!(row.n_star, Some(all as f64 / row.deff.unwrap()));
                rates += 1;
            }
            if row.has(flag::REDACTED) {
                // Clopper and Pearson at 7 or 9 of n: the beta quantile lies above the share itself.
                let most = rule.redacted_up_to().unwrap() as f64 / row.n_attempts.unwrap() as f64;
                assert!(row.status == RowStatus::Suppressed && row.value.is_none() && row.low == Some(0.0));
                assert!(row.high.unwrap() > most.min(0.999), "{row:?}");
            }
            if let (agebench::table::Unit::Years, Some(years)) = (row.unit, row.value) {
                let tenths = years * 10.0;
                assert!((tenths - tenths.round()).abs() < 1e-9 && row.n_attempts >= Some(30), "{row:?}");
            }
        }
        assert!(rates > 10, "{rule}: {rates}");
        let total: usize = published.done.iter().map(|done| done.rows).sum();
        assert_eq!(total, drawn.rows.len());
    }
    assert_eq!(protected(&drawn, Rule::None, &[]).rows, drawn.rows);
}

#[test]
fn a_method_that_decides_itself_is_published_at_its_own_decisions() {
    let protocol = Protocol::from_toml("limits = [16, 18]\n[between_groups]\nreplicates = 99\n").unwrap();
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    let mut draw = Draw(1);
    for subject in 0..400 {
        let age = 8 + draw.below(24) as u32;
        truth.push(&TruthRow {
            subject_rank: subject,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::whole_years(age).unwrap()),
            attack: false,
            levels: &[if subject % 2 == 0 { "female" } else { "male" }],
        });
        let mut decide = |limit: u32| {
            let over = (age >= limit) != (draw.below(5) == 0);
            let decision = if over { Decision::Pass } else { Decision::Deny };
            LimitAnswer { limit: AgeLimit::new(limit.into()).unwrap(), score: None, decision: Some(decision) }
        };
        let limits = vec![decide(16), decide(18)];
        answers.push(Some(&Outcome::answered(Answer::Limits(limits))));
    }
    let (truth, facts) = (truth.finish().unwrap(), Facts { chronological: true, random_sample: true });
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let made = rows(&Context::default(), &protocol, facts, &tally, Errors::NotKept);
    let published = protect(&protocol, &made, Rule::Uk7_5, &[]).unwrap().rows;
    let rates = |group: &str| {
        let own = published.iter().filter(|row| row.challenge.is_none() && row.limit.is_some() && row.value.is_some());
        own.filter(|row| row.group.level() == group).count()
    };
    assert_eq!(rates(""), 8, "two limits, two sides, everybody and the window");
    assert!(rates("male") > 0);
    assert!(published.iter().any(|row| row.status == RowStatus::NotApplicable && row.challenge.is_some()));
}
