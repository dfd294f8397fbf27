//! The sums of permutation nulls, and of subjects on both sides of a group, counted subject by subject from the definition.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::cell::Combo;
use super::*;
use crate::age::NANOS_PER_YEAR;
use crate::protocol::Tie;
use crate::stats::REAL_UNDER;
use crate::table::Group;

/// Subject, age, outcome, levels of two columns, weight.
type Drawn = (u32, AgeRange, Outcome, [&'static str; 2], f64);

fn drawn() -> impl Strategy<Value = Drawn> {
    let age = prop_oneof![
        8 => (15_u32..19).prop_map(|years| AgeRange::whole_years(years).unwrap()),
        1 => Just(AgeRange::new(15.0, 20.0).unwrap()),
        1 => Just(AgeRange::new(12.0, 15.0).unwrap()),
        1 => (14.0_f64..25.0).prop_map(|years| AgeRange::exact(Age::new(years).unwrap())),
    ];
    let levels = prop_oneof![
        12 => (0_u32..2).prop_map(|sex| [["female", "male"][sex as usize], "north"]),
        1 => Just(["female", "south"]),
        1 => Just(["", "north"]),
    ];
    (age, super::attempt(), levels, 1_u32..5)
        .prop_map(|(age, attempt, levels, weight)| (attempt.0, age, attempt.2, levels, f64::from(weight) / 4.0))
}

/// Most subjects have one attempt, or several with the same levels; few have several labels.
fn people() -> impl Strategy<Value = Vec<Drawn>> {
    let steady = proptest::collection::vec((drawn(), 0_u32..4), 0..260).prop_map(|all| {
        let repeated = |(rank, (drawn, more)): (u32, (Drawn, u32))| {
            let times = if more == 0 { 2 } else { 1 };
            std::iter::repeat_n((100 + rank, drawn.1, drawn.2, drawn.3, drawn.4), times)
        };
        (0..).zip(all).flat_map(repeated).collect::<Vec<Drawn>>()
    });
    (steady, proptest::collection::vec(drawn(), 0..40)).prop_map(|(steady, mixed)| [steady, mixed].concat())
}

fn counted(attempts: &[Drawn], protocol: &Protocol, weighted: bool) -> Tally {
    let mut truth = TruthBuilder::new(&[("sex", true), ("region", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, age, outcome, levels, weight) in attempts {
        truth.push(&TruthRow { weight: weighted.then_some(*weight), ..TruthRow::of(*subject, *age, levels) });
        answers.push(Some(outcome));
    }
    Tally::of(&truth.finish().unwrap(), &answers, protocol).unwrap()
}

/// The label of an attempt in a column or crossing.
type Label = fn(&Drawn) -> Group;

/// By the cell `group_by`.
fn dimensions() -> [(&'static str, Label); 3] {
    fn named(level: &'static str) -> &'static str {
        if level.is_empty() { Group::UNKNOWN } else { level }
    }
    [
        ("sex", |drawn| Group::of([("sex", named(drawn.3[0]))])),
        ("region", |drawn| Group::of([("region", named(drawn.3[1]))])),
        ("sex*region", |drawn| Group::of([("sex", named(drawn.3[0])), ("region", named(drawn.3[1]))])),
    ]
}

/// What of the outcome at a column of a limit: [`part`] at a challenge age, else the method's own decision at 18.
pub(super) fn part_at(outcome: &Outcome, limit: AgeLimit, challenge: Option<f64>) -> usize {
    match (challenge, &outcome.answer) {
        (Some(challenge), _) => part(outcome, challenge),
        (None, None) => Combo::UNANSWERED,
        (None, Some(Answer::Limits(answers))) => {
            match answers.iter().find(|one| one.limit == limit).and_then(|one| one.decision) {
                Some(Decision::Pass) => Combo::ABOVE,
                Some(Decision::Deny) => Combo::DENY,
                None => Combo::UNDECIDED,
            }
        }
        (None, Some(_)) => Combo::UNDECIDED,
    }
}

/// `numerator` times `unit` over `denominator`, halves up.
fn nearest(numerator: i128, unit: i64, denominator: i128) -> i64 {
    let (numerator, denominator) = (2 * numerator * i128::from(unit) + denominator, 2 * denominator);
    i64::try_from(numerator.div_euclid(denominator)).unwrap()
}

/// The error of an attempt that was answered with an age and whose age is known to the year, nanoyears.
fn error(drawn: &Drawn) -> Option<i128> {
    let Some(Answer::Age { age, .. }) = drawn.2.answer else { return None };
    drawn.1.completed_years()?;
    Some(i128::from(age.nanos()) - i128::from(Age::new(drawn.1.low()).unwrap().nanos()))
}

/// A weight as an integer: the largest of the dataset is brought from 1 to below 10.
fn whole(weight: f64, largest: f64) -> i64 {
    (weight * if largest < 1.0 { 10.0 } else { 1.0 } * 1e9).round() as i64
}

/// The values of the attempts of one subject.
fn values(own: &[&Drawn], tally: &Tally, protocol: &Protocol, weighted: bool, largest: f64) -> Vec<Value> {
    let weight = |drawn: &Drawn| if weighted { i128::from(whole(drawn.4, largest)) } else { 1_000_000_000 };
    let mut all = Vec::new();
    for (index, measured) in (0_u16..).zip(Measured::all(&tally.grid, protocol)) {
        let mut components: BTreeMap<u16, Vec<&Drawn>> = BTreeMap::new();
        for drawn in own {
            if let Some(component) = measured.component(AgeClass::of(drawn.1), &tally.grid, protocol) {
                components.entry(component).or_default().push(drawn);
            }
        }
        for (component, own) in components {
            let (mut sum, mut weighs, mut m) = (0, 0, 0);
            for drawn in own {
                let (value, counts) = match measured {
                    Measured::Errors { absolute, .. } => match error(drawn) {
                        Some(error) => (if absolute { error.abs() } else { error }, true),
                        None => (0, false),
                    },
                    Measured::Rates { limit, column, .. } => {
                        let limit = protocol.limits[limit];
                        let ages = protocol.headline_ages(limit).into_iter().map(Some).chain([None]);
                        let challenge =
                            ages.into_iter().find(|it| tally.grid.column(limit, *it) == Some(column)).unwrap();
                        let part = part_at(&drawn.2, limit, challenge.map(|challenge| challenge.years()));
                        let passes = part == Combo::ABOVE || (part == Combo::TIE && protocol.tie == Tie::AtOrAbove);
                        let over = measured.over(component, &tally.grid, protocol);
                        (i128::from(passes != over), part < Combo::UNDECIDED)
                    }
                };
                if counts {
                    (sum, weighs, m) = (sum + value * weight(drawn), weighs + weight(drawn), m + 1);
                }
            }
            if m > 0 {
                let unit = if matches!(measured, Measured::Errors { .. }) { 1000 } else { SHARE_UNIT };
                let whole = m * 1_000_000_000;
                all.push((index, component, nearest(sum, unit, whole), nearest(weighs, SHARE_UNIT, whole)));
            }
        }
    }
    all
}

fn strata(subjects: &BTreeMap<u32, Vec<&Drawn>>, label: Label, values: &dyn Fn(&[&Drawn]) -> Vec<Value>) -> Strata {
    let mut strata = Strata::default();
    for own in subjects.values() {
        let begins = |class: &AgeClass| match class {
            AgeClass::Year(year) => i64::from(*year) * NANOS_PER_YEAR,
            AgeClass::Band(low, _) => *low,
        };
        let classes = own.iter().map(|drawn| AgeClass::of(drawn.1));
        let youngest = classes.min_by_key(|class| (begins(class), *class)).unwrap();
        let stratum = strata.strata.entry(youngest).or_default();
        let labels: std::collections::BTreeSet<Group> = own.iter().map(|drawn| label(drawn)).collect();
        if labels.len() > 1 {
            stratum.split += 1;
            for one in labels {
                let part: Vec<&Drawn> = own.iter().copied().filter(|drawn| label(drawn) == one).collect();
                for (measure, component, number, weight) in values(&part) {
                    let kept = strata.kept.entry((one.clone(), measure, component)).or_default();
                    (kept[0], kept[1]) = (kept[0] + i128::from(number), kept[1] + i128::from(weight));
                }
            }
            continue;
        }
        *stratum.sizes.entry(label(own[0])).or_default() += 1;
        let own = values(own);
        for (measure, component, number, weight) in &own {
            let sums = stratum.sums.entry((*measure, *component)).or_default();
            (sums[0], sums[1]) = (sums[0] + i128::from(*number), sums[1] + i128::from(*weight));
            for (_, other, a, b) in own.iter().filter(|other| other.0 == *measure && other.1 >= *component) {
                let products = stratum.products.entry((*measure, *component, *other)).or_default();
                let of = |one: &i64, other: &i64| i128::from(*one) * i128::from(*other);
                let more = [of(number, a), of(number, b), of(weight, a), of(weight, b)];
                products.iter_mut().zip(more).for_each(|(own, more)| *own += more);
            }
        }
        *stratum.each.entry(own).or_default() += 1;
    }
    for stratum in strata.strata.values_mut().filter(|stratum| stratum.sizes.values().sum::<u64>() >= REAL_UNDER) {
        stratum.each.clear();
    }
    strata
}

fn check(attempts: &[Drawn], protocol: &Protocol, weighted: bool) {
    let tally = counted(attempts, protocol, weighted);
    let largest = attempts.iter().map(|drawn| drawn.4).fold(0.0, f64::max);
    let weighted = tally.weighted;
    let mut subjects: BTreeMap<u32, Vec<&Drawn>> = BTreeMap::new();
    for drawn in attempts {
        subjects.entry(drawn.0).or_default().push(drawn);
    }
    let families = &tally.whole().unwrap().families;
    for (by, label) in dimensions() {
        let wanted = strata(&subjects, label, &|own| values(own, &tally, protocol, weighted, largest));
        assert!(families.strata[by] == wanted, "{by}: {:#?} is not {wanted:#?}", families.strata[by]);
        assert_eq!(wanted.is_split(), wanted.strata.values().any(|stratum| stratum.split > 0));
    }
    if protocol.tie == Tie::AtOrAbove {
        assert!(together(&subjects, &tally, protocol, largest) == families.together);
    }
}

/// What those with attempts on both sides of a group did at the headline challenge ages on either side.
fn together(subjects: &BTreeMap<u32, Vec<&Drawn>>, tally: &Tally, protocol: &Protocol, largest: f64) -> ByGroup {
    let found = &tally.whole().unwrap().families.together;
    let mut all = ByGroup::new();
    for (_, label) in dimensions() {
        for own in subjects.values() {
            let labels: std::collections::BTreeSet<Group> = own.iter().map(|drawn| label(drawn)).collect();
            for one in labels.iter().filter(|_| labels.len() > 1) {
                // Sums of errors are tested by themselves: they are taken over.
                let group = all.entry(one.clone()).or_insert_with(|| Together {
                    outcomes: BTreeMap::new(),
                    ..found.get(one).cloned().unwrap_or_default()
                });
                for limit in &protocol.limits {
                    for slot in [Slot::Under, Slot::Over, Slot::UnderWindow, Slot::OverWindow] {
                        let here = |drawn: &&&Drawn| AgeClass::of(drawn.1).belongs(slot, *limit, protocol);
                        let inside = own.iter().filter(here).filter(|drawn| label(drawn) == *one).count();
                        if inside == 0 || inside == own.iter().filter(here).count() {
                            continue;
                        }
                        let ages = protocol.headline_ages(*limit).into_iter().map(Some).chain([None]);
                        for challenge in ages {
                            let (mut combos, mut weights) = ([Combo::default(); 2], [[0; 5]; 2]);
                            for drawn in own.iter().filter(here) {
                                let years = challenge.map(|challenge| challenge.years());
                                let side = usize::from(label(drawn) != *one);
                                let part = part_at(&drawn.2, *limit, years);
                                combos[side].0[part] += 1;
                                weights[side][part] += whole(drawn.4, largest);
                            }
                            let column = tally.grid.column(*limit, challenge).unwrap();
                            let counted = group.outcomes.entry((*limit, slot, column)).or_default();
                            // Of the parts that somebody has, those in the group first.
                            let parts = combos.iter().zip(&weights);
                            let parts = parts.flat_map(|(combo, weights)| combo.0.iter().zip(weights));
                            let vector = parts.filter(|(count, _)| **count > 0).map(|(_, weight)| *weight);
                            let vector: Vec<i64> = if tally.weighted { vector.collect() } else { Vec::new() };
                            counted.entry((combos[0], combos[1])).or_default().add(&vector);
                        }
                    }
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn strata_hold_what_moving_labels_needs_subject_by_subject(attempts in people(), weighted in any::<bool>()) {
        prop_assume!(!attempts.is_empty());
        let text = "crossings = [['sex', 'region']]\n[between_groups]\nerror_windows = [[15, 17]]\n";
        check(&attempts, &Protocol::from_toml(text).unwrap(), weighted);
        check(&attempts, &Protocol::from_toml(&format!("tie = 'above'\nlimits = [18]\n{text}")).unwrap(), weighted);
    }
}

#[test]
fn components_are_sides_or_single_years() {
    let protocol = Protocol::from_toml(
        "limits = [16, 18]\n[windows]\nunder = 2\nover = 3\n[between_groups]\nerror_windows = [[15, 17]]\n",
    )
    .unwrap();
    let grid = Grid::of(&protocol);
    let all = Measured::all(&grid, &protocol);
    // Two limits at three columns each, by sides and by years; errors of all ages and of the window, absolute first.
    assert_eq!(all.len(), 2 * 3 * 2 + 2 * 2);
    assert_eq!(
        all[12..],
        [(true, None), (false, None), (true, Some(0)), (false, Some(0))]
            .map(|(absolute, window)| Measured::Errors { absolute, window })
    );
    let eighteen = protocol.limits[1];
    let column = grid.column(eighteen, None).unwrap();
    let sides = Measured::Rates { limit: 1, column, window: false };
    let window = Measured::Rates { limit: 1, column, window: true };
    assert!(all.contains(&sides) && all.contains(&window));
    let errors = |window| Measured::Errors { absolute: true, window };
    let component = |measured: Measured, class| measured.component(class, &grid, &protocol);
    let band = |low: i64, high: i64| AgeClass::Band(low * NANOS_PER_YEAR, high * NANOS_PER_YEAR);
    for (class, side, year, windowed) in [
        (AgeClass::Year(14), Some(0), None, None),
        (AgeClass::Year(15), Some(0), None, Some(0)),
        (AgeClass::Year(16), Some(0), Some(0), Some(1)),
        (AgeClass::Year(17), Some(0), Some(1), Some(2)),
        (AgeClass::Year(18), Some(1), Some(2), None),
        (AgeClass::Year(20), Some(1), Some(4), None),
        (AgeClass::Year(21), Some(1), None, None),
        (band(16, 18), Some(0), None, None),
        (band(18, 20), Some(1), None, None),
        (band(17, 19), None, None, None),
    ] {
        assert_eq!(component(sides, class), side, "{class:?}");
        assert_eq!(component(window, class), year, "{class:?}");
        assert_eq!(component(errors(Some(0)), class), windowed, "{class:?}");
        assert_eq!(component(errors(None), class), Some(0), "{class:?}");
    }
    let components = |measured: Measured| measured.components(&grid, &protocol);
    assert_eq!([sides, window, errors(None), errors(Some(0))].map(components), [2, 5, 1, 3]);
    let over = |measured: Measured| (0..5).map(|it| measured.over(it, &grid, &protocol)).collect::<Vec<_>>();
    assert_eq!(over(window), [false, false, true, true, true]);
    assert_eq!(over(sides)[..2], [false, true]);
    assert_eq!(over(errors(None)), [false; 5]);
    assert_eq!((sides.unit(), errors(None).unit()), (SHARE_UNIT, ERROR_UNIT));
    // Without the one window the years are those of the other; without both there are none.
    for (under, over, years, count) in [(2, 0, Some((16, 17)), 2), (0, 3, Some((18, 20)), 3), (0, 0, None, 0)] {
        let text = format!("limits = [16, 18]\n[windows]\nunder = {under}\nover = {over}\n");
        let protocol = Protocol::from_toml(&text).unwrap();
        let grid = Grid::of(&protocol);
        assert_eq!(window.years(&grid, &protocol), years);
        assert_eq!(window.components(&grid, &protocol), count);
        assert_eq!(window.over(0, &grid, &protocol), years == Some((18, 20)));
    }
}
