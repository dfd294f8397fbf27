//! What the rows of a release say, and that they are made of published counts alone.

use agebench::age::{Age, AgeLimit, AgeRange};
use agebench::metric::{Errors, Facts, PERCENTILE_SHARES, rows};
use agebench::outcome::{Answer, Decision, LimitAnswer, Outcome};
use agebench::protocol::Protocol;
use agebench::publish::disclosure::{Rule, flag, protect};
use agebench::table::{Context, Row, RowStatus};
use agebench::tally::{Answers, ErrorRows, Tally, TruthBuilder, TruthRow};

use super::drawn::{Draw, Drawn, drawn};
use super::protected;

/// The answers of the method in the group, as they are published.
fn answers(rows: &[Row], of: &Row) -> Option<u64> {
    let mut same = rows.iter().filter(|row| row.method == of.method && row.group == of.group);
    same.find(|row| row.metric == "mae")?.n_attempts
}

#[test]
fn where_hardly_anything_failed_answers_are_published_and_how_few_failures_there_can_be() {
    let failed = |drawn: &Drawn| {
        let without = drawn.rows.iter().filter(|row| row.metric == "involuntary_failure_rate" && row.group.is_whole());
        without.filter_map(|row| row.n_events).sum::<u64>()
    };
    // People with one attempt each, two methods that answer with ages.
    let mut seeds = (0..100).filter(|seed| seed % 3 != 2 && seed % 7 != 3 && seed % 5 != 0);
    let drawn =
        seeds.find_map(|seed| Some(drawn(seed)).filter(|drawn| failed(drawn) == 0 && drawn.undecided.is_empty()));
    let drawn = drawn.unwrap();
    let published = protected(&drawn, Rule::Uk7_5, &[]).rows;
    let whole = |metric: &str| {
        published.iter().filter(|row| row.metric == metric && row.group.is_whole()).cloned().collect::<Vec<_>>()
    };
    for row in whole("flow_attempted") {
        assert!(row.status == RowStatus::Suppressed && row.n_attempts.is_none(), "{row:?}");
    }
    let means = whole("mae");
    assert!(means.len() == 2 && means.iter().all(|row| row.value.is_some() && row.n_attempts.is_some()), "{means:?}");
    let few = whole("involuntary_failure_rate");
    assert_eq!(few.len(), 2);
    for row in few {
        let (n, high) = (answers(&published, &row).unwrap(), row.high.unwrap());
        assert!(row.has(flag::REDACTED) && row.value.is_none() && row.n_attempts.is_none(), "{row:?}");
        // Clopper and Pearson (1934): at the bound, 7 or fewer of n are seen with a probability of 5 %.
        let (mut term, mut sum) = ((1.0 - high).powi(n as i32), 0.0);
        for events in 0..=7_u32 {
            sum += term;
            term *= (n as f64 - f64::from(events)) / f64::from(events + 1) * high / (1.0 - high);
        }
        assert!((sum - 0.05).abs() < 1e-9, "{sum}: {row:?}");
    }
}

#[test]
fn a_denominator_is_its_own_count_rounded_or_says_that_it_is_a_sum() {
    // Number 38 gave answers that are a sum as if they had been rounded themselves: an attacker would have drawn false conclusions.
    let (mut own, mut sums) = (0, 0);
    for drawn in [0, 1, 2, 3, 38].map(drawn) {
        for row in protected(&drawn, Rule::Uk7_5, &[]).rows {
            let Some(n) = row.n_attempts.filter(|_| row.limit.is_none()) else { continue };
            let is_same = |other: &&Row| {
                (&other.method, &other.group, &other.metric) == (&row.method, &row.group, &row.metric)
                    && other.variant.is_none()
                    && other.n_attempts.is_some()
            };
            let exact = drawn.rows.iter().find(is_same).and_then(|other| other.n_attempts).unwrap();
            if row.has(flag::N_SUMMED) {
                assert!(row.group.is_whole(), "{row:?}");
                sums += u32::from(n != (exact + 2) / 5 * 5);
            } else {
                assert_eq!(n, (exact + 2) / 5 * 5, "{exact}: {row:?}");
                own += 1;
            }
        }
    }
    assert!(own > 100 && sums > 3, "{own} {sums}");
}

/// The exact least numbers of people of a mean and of percentiles are 30, 36 and 72: a group of 72 shown as 70 would be
/// known by its P95, one of 36 shown as 35 by its P90 but for one person, one of 30 to 32 by its mean.
#[test]
fn a_mean_or_a_percentile_is_published_where_the_published_number_of_people_tells_that_there_are_enough() {
    let sizes = [("a", 72), ("b", 73), ("c", 36), ("d", 38), ("e", 30), ("f", 32)];
    let protocol = Protocol::from_toml("limits = [18]\n[between_groups]\nreplicates = 99\n").unwrap();
    let mut truth = TruthBuilder::new(&[("site", true)]);
    let mut answers = Answers::new(&protocol.limits);
    let mut draw = Draw(7);
    for (subject, (site, _)) in sizes.into_iter().flat_map(|one| vec![one; one.1]).enumerate() {
        let age = 12 + draw.below(16) as u32;
        truth.push(&TruthRow {
            subject_rank: subject as u32,
            subject_known: true,
            cluster_rank: None,
            weight: None,
            age: Some(AgeRange::whole_years(age).unwrap()),
            attack: false,
            levels: &[site],
        });
        let years = Age::new(f64::from(age) + draw.below(90) as f64 / 10.0 - 4.0).unwrap();
        answers.push(Some(&Outcome::answered(Answer::Age { age: years, spread: None })));
    }
    let (truth, facts) = (truth.finish().unwrap(), Facts { chronological: true, random_sample: true });
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let errors = ErrorRows::of(&truth, &answers, &protocol, &PERCENTILE_SHARES);
    let made = rows(&Context::default(), &protocol, facts, &tally, Errors::Rows(&errors));
    let published = protect(&protocol, &made, Rule::Uk7_5, &[]).unwrap().rows;
    let of = |metric: &str| -> String {
        let own = published.iter().filter(|row| row.metric == metric && row.value.is_some() && !row.group.is_whole());
        own.map(|row| row.group.level()).collect()
    };
    assert_eq!(["mae", "p90_absolute_error", "p95_absolute_error"].map(of), ["abcd", "abd", "b"]);
}

/// A published share is one of attempts: of 650 attempts of a group 250 are one person's, who is always denied.
#[test]
fn a_group_in_which_one_person_has_most_attempts_carries_no_claim_and_is_not_told_apart_otherwise() {
    let protocol = Protocol::from_toml("limits = [18]\n[between_groups]\nreplicates = 99\n").unwrap();
    let mut truth = TruthBuilder::new(&[("site", true)]);
    let mut answers = Answers::new(&protocol.limits);
    let mut draw = Draw(3);
    let people = [("even", 600, 2), ("young", 60, 1), ("few", 400, 1), ("few", 1, 250)];
    let people = people.into_iter().flat_map(|(site, people, each)| vec![(site, each); people]);
    for (subject, (site, each)) in people.enumerate() {
        for _ in 0..each {
            let age = if site == "young" && subject % 2 == 0 { 15 } else { 20 };
            truth.push(&TruthRow {
                subject_rank: subject as u32,
                subject_known: true,
                cluster_rank: None,
                weight: None,
                age: Some(AgeRange::whole_years(age).unwrap()),
                attack: false,
                levels: &[site],
            });
            let denied = each > 2 || draw.below(10) < 3;
            let years = Age::new(if denied { 15.0 } else { 40.0 } + draw.below(20) as f64 / 10.0).unwrap();
            answers.push(Some(&Outcome::answered(Answer::Age { age: years, spread: None })));
        }
    }
    let (truth, facts) = (truth.finish().unwrap(), Facts { chronological: true, random_sample: true });
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let made = rows(&Context::default(), &protocol, facts, &tally, Errors::NotKept);
    let published = protect(&protocol, &made, Rule::Uk7_5, &[]).unwrap().rows;
    assert!(published.iter().all(|row| !row.has("attempts_dominated") && !row.has("dominated")));
    let evidence = |group: &str| {
        let wanted =
            |row: &&Row| row.metric == "adult_denial_rate" && row.group.level() == group && row.value.is_some();
        let mut found = published.iter().filter(wanted).map(|row| row.evidence.clone().unwrap().reasons());
        let first = found.next().unwrap();
        assert!(found.all(|other| other == first), "{group}");
        first
    };
    assert_eq!(evidence("even"), Vec::<String>::new());
    assert_eq!(evidence("few"), ["few subjects hold most attempts"]);
}

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
                // Clopper and Pearson at 7 or 9 of n: the beta quantile lies above the share itself. Few attempts without
                // an answer are among the answers, because the attempts are not published.
                let n = row.n_attempts.or_else(|| answers(&published.rows, row)).unwrap();
                let most = rule.redacted_up_to().unwrap() as f64 / n as f64;
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
