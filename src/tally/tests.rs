mod ages;
mod answers;
mod drawn;
mod errors;
mod families;
mod moved;
mod paired;
mod recount;
mod rows;
mod sides;
mod standards;
mod sums;

use proptest::prelude::*;

use super::*;
use crate::age::{Age, AgeLimit, AgeRange};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};
use crate::protocol::Protocol;
use crate::table::Group;

/// Subject, age class, outcome and level of a drawn attempt.
fn attempt() -> impl Strategy<Value = (u32, AgeRange, Outcome, u8)> {
    let age = prop_oneof![
        6 => (8_u32..40).prop_map(|years| AgeRange::whole_years(years).unwrap()),
        1 => (8_u32..40).prop_map(|years| AgeRange::new(f64::from(years), f64::from(years + 6)).unwrap()),
        1 => (8.0_f64..40.0).prop_map(|years| AgeRange::exact(Age::new(years).unwrap())),
    ];
    let years = |tenths: u32| Age::new(f64::from(tenths) / 2.0).unwrap();
    let outcome = prop_oneof![
        6 => (10_u32..80).prop_map(move |half| Outcome::answered(Answer::Age { age: years(half), spread: None })),
        1 => (10_u32..80).prop_map(move |half| {
            Outcome::answered(Answer::Range { low: years(half), high: years(half + 9) })
        }),
        1 => (0_u32..3).prop_map(|kind| {
            let decision = [Some(Decision::Pass), Some(Decision::Deny), None][kind as usize];
            let limit = AgeLimit::new(18).unwrap();
            Outcome::answered(Answer::Limits(vec![LimitAnswer { limit, score: None, decision }]))
        }),
        1 => Just(Outcome::unanswered(Status::Refused, "")),
        1 => Just(Outcome::failed("")),
    ];
    (0_u32..12, age, outcome, 0_u8..3)
}

fn tally(attempts: &[(u32, AgeRange, Outcome, u8)], protocol: &Protocol) -> Tally {
    let mut truth = TruthBuilder::new(&[("light", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, age, outcome, level) in attempts {
        truth.push(&TruthRow::of(*subject, *age, &[["dark", "bright", ""][usize::from(*level)]]));
        answers.push(Some(outcome));
    }
    Tally::of(&truth.finish().unwrap(), &answers, protocol).unwrap()
}

/// Above, tie, deny, undecided or unanswered, straight from the definition.
fn part(outcome: &Outcome, challenge: f64) -> usize {
    match &outcome.answer {
        None => Combo::UNANSWERED,
        Some(Answer::Age { age, .. }) if age.years() > challenge => Combo::ABOVE,
        Some(Answer::Age { age, .. }) if age.years() == challenge => Combo::TIE,
        Some(Answer::Age { .. }) => Combo::DENY,
        Some(Answer::Range { low, .. }) if low.years() >= challenge => Combo::ABOVE,
        Some(Answer::Range { high, .. }) if high.years() <= challenge => Combo::DENY,
        Some(Answer::Range { .. } | Answer::Limits(_)) => Combo::UNDECIDED,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_cell_holds_what_counting_subject_by_subject_gives(
        attempts in proptest::collection::vec(attempt(), 1..120),
    ) {
        let protocol = Protocol::default_protocol();
        let tally = tally(&attempts, &protocol);
        let whole = tally.whole().unwrap();
        for limit in &protocol.limits {
            for slot in Slot::OF_LIMIT {
                let cell = whole.slot(Some(*limit), slot, &protocol);
                for challenge in protocol.challenge_ages(*limit).into_iter().step_by(4) {
                    let mut subjects = std::collections::BTreeMap::<u32, Combo>::new();
                    for (subject, age, outcome, _) in &attempts {
                        if AgeClass::of(*age).belongs(slot, *limit, &protocol) {
                            subjects.entry(*subject).or_default().0[part(outcome, challenge.years())] += 1;
                        }
                    }
                    let mut wanted = std::collections::BTreeMap::<Combo, u64>::new();
                    subjects.into_values().for_each(|combo| *wanted.entry(combo).or_default() += 1);
                    let column = tally.grid.column(*limit, Some(challenge)).unwrap();
                    let found: std::collections::BTreeMap<Combo, u64> = cell.at(column).collect();
                    prop_assert_eq!(found, wanted);
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_tallied_is_refused_with_the_reason() {
    let protocol = Protocol::from_toml("groups = ['sex']").unwrap();
    let mut truth = TruthBuilder::new(&[("light", true)]);
    let row = TruthRow {
        subject_rank: 0,
        subject_known: true,
        cluster_rank: None,
        weight: None,
        age: None,
        attack: false,
        levels: &[],
    };
    truth.push(&row);
    let truth = truth.finish().unwrap();
    let mut answers = Answers::new(&protocol.limits);
    assert_eq!(Tally::of(&truth, &answers, &protocol), Err(TallyError::Lengths { listed: 1, answers: 0 }));
    answers.push(None);
    let error = Tally::of(&truth, &answers, &protocol).unwrap_err();
    assert!(error.to_string().contains("`sex`") && error.to_string().contains("light"), "{error}");
    let mut many = TruthBuilder::new(&[("light", true)]);
    for level in 0..=MOST_LEVELS {
        many.push(&TruthRow { levels: &[&level.to_string()], ..row });
    }
    let mut answers = Answers::new(&[]);
    (0..=MOST_LEVELS).for_each(|_| answers.push(None));
    let error = Tally::of(&many.finish().unwrap(), &answers, &Protocol::default_protocol()).unwrap_err();
    assert_eq!(error, TallyError::TooManyLevels { column: "light".into() });
}

#[test]
fn what_one_shard_knows_of_its_people_the_whole_knows_and_other_columns_do_not_add_up() {
    let protocol = Protocol::default_protocol();
    let person = (0, AgeRange::whole_years(20).unwrap(), Outcome::failed(""), 0);
    let plain = tally(&[person], &protocol);
    let flags =
        |tally: &Tally| [tally.subjects_unknown, tally.clustered, tally.weighted, tally.labelled_years, tally.bands];
    let with = |flag: Option<usize>| {
        let mut tally = plain.clone();
        let Tally { subjects_unknown, clustered, weighted, labelled_years, bands, .. } = &mut tally;
        let all = [subjects_unknown, clustered, weighted, labelled_years, bands];
        all.into_iter().enumerate().for_each(|(index, own)| *own = flag == Some(index));
        tally
    };
    for flag in 0..5 {
        for (one, other) in [(Some(flag), None), (None, Some(flag))] {
            let mut merged = with(one);
            merged.merge(&with(other)).unwrap();
            assert_eq!(flags(&merged), flags(&with(Some(flag))));
        }
    }
    let mut merged = with(None);
    merged.merge(&with(None)).unwrap();
    assert_eq!(flags(&merged), [false; 5]);
    let mut other_groups = plain.clone();
    other_groups.group_order.push("sex".to_owned());
    let other_grid = Tally { grid: Grid::of(&Protocol::from_toml("limits = [13]").unwrap()), ..plain.clone() };
    for other in [other_groups, other_grid] {
        assert_eq!(plain.clone().merge(&other), Err(TallyError::OtherGrid));
    }
}

#[test]
fn subjects_of_two_ages_are_found_under_both_and_half_of_the_people_is_a_half_of_every_group() {
    let protocol = Protocol::from_toml(
        "limits = [18]\ngroups = ['light']\n[buffer]\nconfirm = true\n\
         groups = [{ group_by = 'light', group = 'dark' }, { group_by = 'light', group = 'bright' }]\n",
    )
    .unwrap();
    let whole_years = |years: u32| AgeRange::whole_years(years).unwrap();
    let passes = || Outcome::answered(Answer::Age { age: Age::new(40.0).unwrap(), spread: None });
    let one = |subject: u32, years: u32, level: u8| (subject, whole_years(years), passes(), level);
    let all = [one(0, 16, 0), one(0, 17, 0), one(1, 17, 1)];
    let many: Vec<_> = (0..40).map(|subject| one(2 + subject, 17, (subject % 2) as u8)).collect();
    let tally = tally(&[&all[..], &many[..]].concat(), &protocol);
    let whole = tally.whole().unwrap();
    let classes = [16, 17].map(|years| AgeClass::of(whole_years(years)));
    assert_eq!(
        whole.joint(classes[0], classes[1]).map(|joints| joints.pairs(0, |combo| (0, combo.attempts())).count()),
        Some(1)
    );
    assert!(whole.joint(classes[1], classes[1]).is_none());
    // Every group of the column has two halves, and everybody two: together they are the group.
    let count = |group: &GroupTally| group.slot(None, Slot::All, &protocol).total(0, |_| 1);
    for level in [None, Some("dark"), Some("bright")] {
        let group = level.map_or_else(Group::whole, |level| Group::of([("light", level)]));
        let halves = Half::BOTH.map(|half| tally.groups.get(&half.group(&group)).map_or(0, count));
        assert_eq!(halves[0] + halves[1], count(&tally.groups[&group]), "{group:?}: {halves:?}");
        assert!(halves.iter().all(|half| *half > 0), "{halves:?}");
    }
}

#[test]
fn a_class_spans_an_edge_where_it_lies_on_both_of_its_sides() {
    for (low, high, spans) in [(14.0, 16.0, false), (13.0, 15.0, true), (16.0, 30.0, false), (10.0, 30.0, true)] {
        let class = AgeClass::of(AgeRange::new(low, high).unwrap());
        assert_eq!(spans_an_edge(class, &[14, 16]), spans, "{low} to {high}");
    }
}

#[test]
fn where_all_ages_are_labels_of_years_the_middle_of_the_year_is_half_a_year_off() {
    let protocol = Protocol::default_protocol();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    for subject in 0..3 {
        truth.push(&TruthRow::of(subject, AgeRange::whole_years(20).unwrap(), &[]));
        answers.push(Some(&Outcome::answered(Answer::Age { age: Age::new(24.0).unwrap(), spread: None })));
    }
    let truth = truth.finish().unwrap();
    let rows = ErrorRows::of(&truth, &answers, &protocol, &[0.5]);
    let value = |middle| rows.percentile(&Group::whole(), 0.5, middle).unwrap().value;
    assert_eq!((value(false), value(true)), (4.0, 3.5));
    answers.push(None);
    let mut more = TruthBuilder::new(&[]);
    (0..4).for_each(|subject| more.push(&TruthRow::of(subject, AgeRange::whole_years(20).unwrap(), &[])));
    let more = more.finish().unwrap();
    let rows = ScoreRows::of(&more, &answers);
    assert_eq!([0, 3].map(|sample| rows.ran(sample)), [true, false]);
    assert!(!rows.has_stages());
}

#[test]
fn a_shard_counts_its_own_attempts_and_whether_they_came_to_anything() {
    let protocol = Protocol::default_protocol();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    let late = Outcome::unanswered(Status::TimedOut, "");
    for (subject, outcome) in [
        (0, Some(Outcome::failed(""))),
        (1, Some(late)),
        (2, None),
        (2, Some(Outcome::unanswered(Status::Refused, ""))),
    ] {
        truth.push(&TruthRow::of(subject, AgeRange::whole_years(20).unwrap(), &[]));
        answers.push(outcome.as_ref());
    }
    let truth = truth.finish().unwrap();
    let of = |index| Shard::new(index, 2).unwrap().attempts(&truth, &answers);
    assert_eq!((of(0), of(1), Shard::WHOLE.attempts(&truth, &answers)), ([2, 1], [1, 1], [3, 2]));
    assert_eq!(Tally::fits(&truth, &protocol), Ok(()));
    assert!(Tally::fits(&truth, &Protocol::from_toml("groups = ['sex']").unwrap()).is_err());
}

#[test]
fn a_part_weighs_as_it_does_in_the_whole_and_who_is_in_no_cluster_is_in_none_of_them() {
    let row = TruthRow::of(0, AgeRange::whole_years(20).unwrap(), &[]);
    let mut part = TruthBuilder::new(&[]).of_part(Some(40.0));
    part.push(&TruthRow { weight: Some(2.0), cluster_rank: Some(0), ..row });
    part.push(&row);
    let part = part.finish().unwrap();
    assert_eq!((part.weight(0), part.weight(1)), (Some(200_000_000), Some(100_000_000)));
    assert_ne!(part.units[0], part.units[1]);
    let mut alike = TruthBuilder::new(&[]).of_part(None);
    alike.push(&TruthRow { weight: Some(2.0), ..row });
    assert_eq!(alike.finish().unwrap().weight(0), None);
}

#[test]
fn errors_of_those_on_both_sides_are_of_those_who_answered_on_both() {
    let protocol = Protocol::from_toml("groups = ['light']\n[between_groups]\n").unwrap();
    let age = AgeRange::whole_years(20).unwrap();
    let says = |years: f64| Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread: None });
    // Twice in the dark and once in the light; then one who failed in the light.
    let attempts = [
        (0, age, says(21.0), 0),
        (0, age, says(23.0), 0),
        (0, age, says(27.0), 1),
        (1, age, says(30.0), 0),
        (1, age, Outcome::failed(""), 1),
    ];
    let tally = tally(&attempts, &protocol);
    let together = &tally.whole().unwrap().families.together;
    let keys = |level| together[&Group::of([("light", level)])].joint.keys().copied().collect::<Vec<_>>();
    assert_eq!((keys("dark"), keys("bright")), (vec![(2, 1)], vec![(1, 2)]));
}

#[test]
fn as_many_levels_as_are_allowed_are_counted() {
    let of = |levels: usize, protocol: &Protocol| {
        let mut truth = TruthBuilder::new(&[("light", true), ("sex", true)]);
        let row = TruthRow::of(0, AgeRange::whole_years(20).unwrap(), &[]);
        (0..levels).for_each(|level| {
            truth.push(&TruthRow { levels: &[&(level % 500).to_string(), &(level / 500).to_string()], ..row })
        });
        Tally::fits(&truth.finish().unwrap(), protocol)
    };
    let crossed = Protocol::from_toml("crossings = [['light', 'sex']]").unwrap();
    assert_eq!(MOST_LEVELS % 500, 0);
    assert_eq!(of(MOST_LEVELS, &crossed), Ok(()));
    assert!(of(MOST_LEVELS + 1, &crossed).is_err());
    let mut truth = TruthBuilder::new(&[("light", true)]);
    let row = TruthRow::of(0, AgeRange::whole_years(20).unwrap(), &[]);
    (0..MOST_LEVELS).for_each(|level| truth.push(&TruthRow { levels: &[&level.to_string()], ..row }));
    assert_eq!(Tally::fits(&truth.finish().unwrap(), &Protocol::default_protocol()), Ok(()));
}
