//! Errors and outcomes in the required cells of standardised means, attempt by attempt from the definitions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::errors::{BEYOND, Error};
use super::super::weighted_errors::WeightedOwn;
use super::drawn::{Drawn, Set, counted, level, steps};
use super::families::vector;
use super::recount::{beyond, error, errors};
use super::*;
use crate::protocol::Standard;
use crate::table::Group;

/// Errors and outcomes in the required cells.
pub(super) fn standard(set: &Set, units: &[Vec<&Drawn>], standard: &Standard, whole: bool) -> StandardTally {
    let weighted = set.tally.weighted;
    let known = standard.column.as_ref().is_none_or(|column| column != "region");
    let there: BTreeSet<&str> = match &standard.column {
        Some(column) => set.drawn.iter().map(|drawn| level(drawn, column)).filter(|it| *it != Group::UNKNOWN).collect(),
        None => [""].into(),
    };
    let levels: Vec<String> = match (&standard.column, standard.levels.is_empty()) {
        (Some(_), false) => standard.levels.clone(),
        _ => there.into_iter().map(str::to_owned).collect(),
    };
    if !known {
        return StandardTally::default();
    }
    // In the order of the required levels.
    let cell = |drawn: &Drawn| -> Option<(usize, u32)> {
        let year = drawn.age?.completed_years().filter(|year| (standard.from..=standard.to).contains(year))?;
        let own = standard.column.as_ref().map_or("", |column| level(drawn, column));
        Some((levels.iter().position(|level| level == own)?, year))
    };
    let key = |(level, year): (usize, u32)| -> CellKey { (levels[level].clone(), year) };
    let mut tally =
        StandardTally { column: true, levels: levels.iter().cloned().collect(), ..StandardTally::default() };
    let mut single: BTreeMap<CellKey, Vec<Vec<Error>>> = BTreeMap::new();
    let (mut several, mut pooled) = (single.clone(), Vec::new());
    let mut pairs: BTreeMap<(CellKey, CellKey), Vec<[Vec<Error>; 2]>> = BTreeMap::new();
    let mut outcomes: BTreeMap<CellKey, Vec<Vec<&Drawn>>> = BTreeMap::new();
    let mut vectors: Vec<Vec<(CellKey, Vec<&Drawn>)>> = Vec::new();
    for own in units {
        let (mut cells, mut of) = (BTreeMap::<_, Vec<&Drawn>>::new(), BTreeMap::<_, Vec<Error>>::new());
        for drawn in own {
            let Some(cell) = cell(drawn) else { continue };
            cells.entry(cell).or_default().push(drawn);
            of.entry(cell).or_default().extend(error(drawn, weighted, false));
        }
        of.retain(|_, errors| !errors.is_empty());
        let of: Vec<((usize, u32), Vec<Error>)> = of.into_iter().collect();
        if let [(cell, errors)] = &of[..] {
            single.entry(key(*cell)).or_default().push(errors.clone());
        } else if !of.is_empty() {
            pooled.push(of.iter().flat_map(|(_, errors)| errors.clone()).collect());
        }
        for (place, (one, errors)) in of.iter().enumerate().filter(|_| of.len() > 1) {
            several.entry(key(*one)).or_default().push(errors.clone());
            for (other, more) in &of[place + 1..] {
                pairs.entry((key(*one), key(*other))).or_default().push([errors.clone(), more.clone()]);
            }
        }
        let cells: Vec<_> = cells.into_iter().map(|(cell, own)| (key(cell), own)).collect();
        match &cells[..] {
            [] => {}
            [(cell, own)] => outcomes.entry(cell.clone()).or_default().push(own.clone()),
            _ => vectors.push(cells),
        }
    }
    let summed = |all: BTreeMap<CellKey, Vec<Vec<Error>>>| -> BTreeMap<CellKey, ErrorTally> {
        all.into_iter().map(|(key, own)| (key, errors(&own, whole, false))).collect()
    };
    (tally.single, tally.several, tally.pooled) = (summed(single), summed(several), errors(&pooled, whole, false));
    for (key, subjects) in pairs {
        let mut pair = CellPair::default();
        for [one, other] in &subjects {
            add_pair(pair.moments.entry((one.len() as u32, other.len() as u32)).or_default(), one, other, weighted);
        }
        if whole {
            let joint = |column: usize, [one, other]: &[Vec<Error>; 2]| {
                let ((first, weights), (second, more)) = (beyond(one, column), beyond(other, column));
                ((first, second), [weights, more].concat())
            };
            pair.beyond.steps = steps(BEYOND, |column| subjects.iter().map(|both| joint(column, both)).collect());
        }
        tally.pairs.insert(key, pair);
    }
    if standard.rates {
        tally.outcomes = outcomes.into_iter().map(|(key, units)| (key, set.cell(&units))).collect();
        let at = |column: usize| counted(vectors.iter().map(|cells| vector(set, cells, column)).collect());
        let columns = set.headline().into_iter().map(|column| (column, at(column)));
        tally.vectors = Vectors { columns: columns.filter(|(_, found)| !found.is_empty()).collect() };
    }
    tally
}

/// Adds one subject's sums in two cells and their products.
fn add_pair(sums: &mut JointMoments, one: &[Error], other: &[Error], weighted: bool) {
    let sum = |errors: &[Error], of: &dyn Fn(i128) -> i128| -> i128 {
        errors.iter().map(|error| of(i128::from(error.signed))).sum()
    };
    let add = |own: &mut [i128; 3], more: [i128; 3]| own.iter_mut().zip(more).for_each(|(own, more)| *own += more);
    let products = |of: &dyn Fn(&[Error]) -> i128| [of(one), of(other), of(one) * of(other)];
    sums.subjects += 1;
    add(&mut sums.signed, products(&|errors| sum(errors, &|error| error)));
    add(&mut sums.absolute, products(&|errors| sum(errors, &i128::abs)));
    add(
        &mut sums.squared,
        products(&|errors| (sum(errors, &|it| it * it) + 500_000_000_000).div_euclid(1_000_000_000_000)),
    );
    if weighted {
        let [a, b] = [one, other].map(|errors| WeightedOwn::of(errors.iter().copied()));
        sums.design.weights += a.weight * b.weight;
        let quantities = [(a.signed, b.signed), (a.absolute, b.absolute), (a.squared, b.squared)];
        for (own, (x, y)) in sums.design.products.iter_mut().zip(quantities) {
            add(own, [x * y, x * b.weight, a.weight * y]);
        }
    }
}
