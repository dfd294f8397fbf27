//! Two independent rates: MOVER bounds of their difference and of their mean (the balanced error).

use agebench::stats::{Bounded, Clusters, Weigh, mover_difference, mover_mean, wilson};

use super::Effort;
use super::draw::over_sets;
use super::rates::{DESIGNS, Population, Sizes};
use super::report::{Figure, Rule, Table, Tally, add_all};

fn bounded(clusters: &Clusters) -> Option<Bounded> {
    let found = clusters.effective(Weigh::Subjects, 0.95)?;
    let (low, high) = wilson(found.p, found.n_star, 0.95);
    Bounded::new(found.p, low, high)
}

/// How often both hold their truths at two rates.
fn covered(label: &str, sizes: Sizes, rho: f64, people: [u64; 2], rates: [f64; 2], sets: u64) -> [Tally; 2] {
    let [one, other] = rates.map(|rate| Population::of(sizes, rho, rate));
    over_sets(sets, &format!("{label} {rates:?}"), |random| {
        let sides = [(&one, people[0]), (&other, people[1])];
        let [first, second] = sides.map(|(population, people)| bounded(&population.draw(random, people)));
        let Some((first, second)) = first.zip(second) else { return [None; 2] };
        let (difference, mean) = (mover_difference(first, second), mover_mean(first, second));
        let holds = |found: Bounded, truth: f64| Some(found.low <= truth && truth <= found.high);
        [holds(difference, rates[0] - rates[1]), holds(mean, f64::midpoint(rates[0], rates[1]))]
    })
}

/// Coverage of both.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let about = ["attempts", "ρ", "people", "rates"];
    let mut table = Table::new("mover", about, ["difference", "balanced error"]);
    let sizes: &[[u64; 2]] = if effort.few { &[[100, 100]] } else { &[[30, 30], [50, 200], [300, 300], [3000, 1000]] };
    for (design, rho) in [(0, 0.0), (1, 0.0), (1, 0.5), (1, 0.8)] {
        let (name, design_sizes) = DESIGNS[design];
        for people in sizes {
            for rates in [[0.02, 0.02], [0.05, 0.02], [0.1, 0.3], [0.3, 0.3], [0.5, 0.2]] {
                let label = format!("mover {design} {rho} {people:?} {rates:?}");
                let [one, other] = rates.map(|rate| Population::of(design_sizes, rho, rate));
                let enough = [&one, &other]
                    .iter()
                    .zip(people)
                    .all(|(population, people)| population.event_people(*people).iter().all(|count| *count >= 30.0));
                // The mean over rates where few are expected, as for one rate.
                let found = if enough {
                    covered(&label, design_sizes, rho, *people, rates, effort.sets)
                } else {
                    let factor = |at: u32| 0.5 + (f64::from(at) + 0.5) / 16.0;
                    (0..16)
                        .map(|at| rates.map(|rate| rate * factor(at)))
                        .map(|rates| covered(&label, design_sizes, rho, *people, rates, effort.sets.div_ceil(16)))
                        .reduce(add_all)
                        .unwrap_or_default()
                };
                let about = [
                    name.to_owned(),
                    rho.to_string(),
                    format!("{} and {}", people[0], people[1]),
                    format!("{} and {}", rates[0], rates[1]),
                ];
                let rule = if enough { Rule::Within(0.94, 0.97) } else { Rule::AtLeast(0.92) };
                table.row(&about, found.map(|tally| Figure::drawn(tally, rule)));
            }
        }
    }
    vec![table]
}
