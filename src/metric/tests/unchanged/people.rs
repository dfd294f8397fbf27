//! Drawn people: those of the files that other computations have seen too, and some that are made up here.

use crate::age::{Age, AgeLimit, AgeRange};
use crate::metric::tests::*;
use crate::metric::{Facts, Scores, probe, scores};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};
use crate::protocol::Protocol;
use crate::table::{Context, Table};
use crate::tally::{Answers, ScoreRows, Tally, Truth, TruthBuilder, TruthRow};

/// Everything that a protocol can ask for, of few limits and with few draws.
const ALL: &str = "
limits = [16, 18]
bands = [13, 16, 18, 21]
[challenge]
span = 5.0
step = 2.5
[windows]
under = 3
over = 4
[[projection]]
name = 'shop'
ages = [[14, 1.0], [15, 1.25], [16, 1.5], [17, 1.75], [18, 1.0], [19, 2.0], [20, 0.5]]
[[standard]]
name = 'sex_18_24'
column = 'sex'
from = 18
to = 24
[[standard]]
name = 'years'
from = 14
to = 20
rates = true
[buffer]
target = 0.10
span = 8.0
step = 1.0
groups = [{ group_by = 'sex' }]
confirm = true
[between_groups]
raw_p = true
replicates = 199
error_windows = [[13, 17]]
[scores]
det_points = 5
set_on_group = ['sex', 'female']
[[fixed_thresholds]]
name = 'males'
limit = 18
group_by = 'sex'
group = 'male'
population = 'under'
under_age_pass_rate = 0.10
";

pub(super) fn asked(more: &str) -> Protocol {
    Protocol::from_toml(&format!("{more}{ALL}")).unwrap()
}

/// All rows of these people under `protocol`, but for those that take the rows of a measurement.
fn rows_of(protocol: &Protocol, facts: Facts, (truth, answers): (Truth, Answers)) -> Table {
    let mut table = table_of(&truth, &answers, protocol, facts);
    let tally = Tally::of(&truth, &answers, protocol).unwrap();
    let at_hand = || Scores::Rows(ScoreRows::of(&truth, &answers));
    table.rows.extend(scores(&Context::default(), protocol, facts, &tally, at_hand()));
    table.rows.extend(probe(&Context::default(), protocol, facts, &tally, at_hand()));
    table
}

/// The attempts of the files beside, of some subjects.
pub(super) fn cases() -> Vec<(&'static str, Table)> {
    let open = asked("crossings = [['sex', 'light']]");
    let families: Vec<_> = families::attempts().into_iter().filter(|attempt| attempt.0 % 2 == 0).collect();
    let closed = asked("failure_policy = 'fail_closed'\ntie = 'above'\nretries = [2]");
    let clustered: Vec<_> = clustered::attempts().into_iter().filter(|attempt| attempt.0 % 2 == 0).collect();
    let weighted: Vec<_> = weighted::attempts().into_iter().filter(|drawn| drawn.subject % 2 == 0).collect();
    let groups: Vec<_> = groups::golden::drawn().into_iter().filter(|attempt| attempt.0 % 4 == 0).collect();
    let no_sample = Facts { chronological: false, random_sample: false };
    let own = asked("groups = ['sex']");
    let both = asked("groups = ['sex', 'region']\nfailure_policy = 'fail_open'");
    // What is settled after results had been seen, with a target that few people can show.
    let late = ALL.replace("target = 0.10", "target = 0.20\npost_hoc = ['target']");
    let late = Protocol::from_toml(&format!("groups = ['sex']{late}")).unwrap();
    vec![
        ("families", rows_of(&open, FACTS, families::columns(&families, &open))),
        ("clustered", rows_of(&closed, no_sample, columns(&clustered, &closed))),
        ("weighted", rows_of(&own, FACTS, weighted::weighing(&weighted, &own, |drawn| Some(drawn.weight)))),
        ("groups", rows_of(&closed, FACTS, groups::golden::columns(&groups, &closed))),
        ("probabilities", rows_of(&own, FACTS, columns(&crate::metric::tests::scores::drawn(false), &own))),
        ("spreads", rows_of(&own, FACTS, columns(&crate::metric::tests::scores::drawn(true), &own))),
        ("decided", rows_of(&own, FACTS, columns(&decided(), &own))),
        ("grown", rows_of(&own, FACTS, columns(&grown(), &own))),
        ("returned", rows_of(&both, no_sample, columns(&grown(), &both))),
        ("attacked", rows_of(&own, FACTS, attacked(&own))),
        ("minors", rows_of(&own, FACTS, columns(&aged(13, 17, 60), &own))),
        ("adults", rows_of(&own, FACTS, columns(&aged(18, 24, 60), &own))),
        ("thirty", rows_of(&late, FACTS, columns(&aged(17, 18, 60), &late))),
        ("banded", rows_of(&late, FACTS, banded(&late))),
        ("sites", rows_of(&own, FACTS, in_sites(&own))),
        ("nobody", rows_of(&own, FACTS, columns(&[], &own))),
    ]
}

/// Two attempts each of people from 13 to 32, whom a method lets through or not, by more and more.
fn decided() -> Vec<Attempt> {
    let one = |number: u32| {
        let (subject, age) = (number / 2, 13 + number / 2 % 20);
        let passes = age + number % 9 > 22;
        let of = |years: i64, passes: bool| LimitAnswer {
            limit: AgeLimit::new(years).unwrap(),
            score: number.is_multiple_of(4).then_some(f64::from(age) / 40.0),
            decision: Some(if passes { Decision::Pass } else { Decision::Deny }),
        };
        let outcome = match number % 11 {
            0 => Outcome::unanswered(Status::Refused, ""),
            1 => Outcome::failed("broken"),
            2 => Outcome::answered(Answer::Limits(vec![of(16, true)])),
            _ => Outcome::answered(Answer::Limits(vec![of(16, passes || number.is_multiple_of(3)), of(18, passes)])),
        };
        (subject, year(age), outcome, [["female", "male"][subject as usize % 2], ""])
    };
    (0..400).map(one).collect()
}

/// People of the ages from `first` to `last` in turn, one attempt each, who are taken for a little younger or older.
pub(super) fn aged(first: u32, last: u32, count: u32) -> Vec<Attempt> {
    let one = |subject: u32| {
        let age = first + subject % (last - first + 1);
        let years = f64::from(age) + f64::from(subject * 5 % 7) - 3.0;
        (subject, year(age), answered(years), [["female", "male"][subject as usize / 2 % 2], ""])
    };
    (0..count).map(one).collect()
}

/// People of 60 sites, which stand for them: a person's attempts are no unit of their own.
fn in_sites(protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, age, outcome, [sex, _]) in aged(13, 24, 480) {
        truth.push(&TruthRow { cluster_rank: Some(subject % 60), ..TruthRow::of(subject, age, &[sex]) });
        let refused = Outcome::unanswered(Status::Refused, "");
        answers.push(Some(if subject % 16 == 3 { &refused } else { &outcome }));
    }
    (truth.finish().unwrap(), answers)
}

/// People of whom a part is known by a band of years, in a window or across the limit, and of whom hardly one passes.
fn banded(protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for subject in 0..900 {
        let years = 12 + subject % 10;
        let age = match subject % 8 {
            0 => AgeRange::new(f64::from(years), f64::from(years + 2)).unwrap(),
            1 if subject % 3 == 0 => AgeRange::new(15.0, 21.0).unwrap(),
            _ => year(years),
        };
        truth.push(&TruthRow::of(subject, age, &[["female", "male"][subject as usize / 2 % 2]]));
        let taken = if subject % 40 == 3 { years + 4 } else { years - 3 + subject % 4 };
        answers.push(Some(&answered(f64::from(taken))));
    }
    (truth.finish().unwrap(), answers)
}

/// People who come back a year and two years later, in another region each time; some of them get no answer, some a range.
fn grown() -> Vec<Attempt> {
    let one = |number: u32| {
        let (subject, visit) = (number / 3, number % 3);
        let age = 14 + subject % 6 + visit;
        let years = f64::from(age) + f64::from(number * 7 % 11) - 4.0;
        let outcome = match number % 10 {
            0 => Outcome::unanswered(Status::Refused, ""),
            4 => Outcome::failed("broken"),
            7 => {
                Outcome::answered(Answer::Range { low: Age::new(years).unwrap(), high: Age::new(years + 3.0).unwrap() })
            }
            _ => answered(years),
        };
        let region = ["north", "south", "west"][(subject + visit) as usize % 3];
        (subject, year(age), outcome, [["female", "male"][subject as usize % 2], region])
    };
    (0..540).map(one).collect()
}

/// People with a mask, a beard or nothing on, some of whom are known to the month or to a band of years.
fn attacked(protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for number in 0..600 {
        let (subject, years) = (number / 3, f64::from(13 + number / 3 % 12));
        let age = match number % 5 {
            0 => AgeRange::new(years + 0.5, years + 0.5),
            1 => AgeRange::new(years, years + 4.0),
            _ => AgeRange::whole_years(13 + number / 3 % 12),
        };
        let species = ["", "mask", "beard"][number as usize % 3];
        let levels = [["female", "male"][subject as usize % 2]];
        truth.push(&TruthRow { attack: !species.is_empty(), ..TruthRow::of(subject, age.unwrap(), &levels) });
        if !species.is_empty() {
            truth.species(species);
        }
        let years = years + f64::from(number * 7 % 13) - 4.0 + if species == "mask" { 3.0 } else { 0.0 };
        let outcome = match number % 17 {
            0 => Outcome::unanswered(Status::Refused, ""),
            1 | 2 => {
                Outcome::answered(Answer::Range { low: Age::new(years).unwrap(), high: Age::new(years + 2.5).unwrap() })
            }
            _ => answered(years),
        };
        answers.push(Some(&outcome));
    }
    (truth.finish().unwrap(), answers)
}
