//! The gate that a method keeps: Fieller's bounds of the age at which half of the people pass, Student's of the slope.

use agebench::stats::{Answered, probit};
use rand_distr::{Distribution as _, StandardNormal};

use super::Effort;
use super::draw::{over_sets, uniform};
use super::report::{Figure, Rule, Table};

/// The age that the drawn gates keep.
const GATE: f64 = 20.4;

/// Coverage of both, of attempts that follow the model: a person of age a passes an attempt when slope (a - gate) and two
/// normal errors, one the person's own in all attempts, add up to more than 0.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let about = ["people", "attempts", "person's error", "slope"];
    let mut table = Table::new("probed", about, ["age", "slope held"]);
    let people: &[u32] = if effort.few { &[100] } else { &[30, 100, 300, 1000] };
    for people in people {
        for (attempts, person) in [(1, 0.0), (3, 0.0), (3, 1.0)] {
            for slope in [0.25, 0.6] {
                let label = format!("probed {people} {attempts} {person} {slope}");
                // Over people the share is a probit line too, flatter by the persons' own errors.
                let truth = slope / (1.0_f64 + person * person).sqrt();
                let [age, steep] = over_sets(effort.sets, &label, |random| {
                    let mut answered = Vec::new();
                    for unit in 0..*people {
                        // Completed years from 10 to 34, known to the year.
                        let x = 10.5 + (uniform(random) * 25.0).floor();
                        let own: f64 = StandardNormal.sample(random);
                        for _ in 0..attempts {
                            let error: f64 = StandardNormal.sample(random);
                            answered.push(Answered { unit, x, yes: slope * (x - GATE) + person * own + error > 0.0 });
                        }
                    }
                    let Ok(line) = probit(&answered, 0.95) else { return [None; 2] };
                    let holds = |(low, high): (f64, f64), truth: f64| low <= truth && truth <= high;
                    [line.half_bounds.map(|bounds| holds(bounds, GATE)), Some(holds(line.slope_bounds, truth))]
                });
                let about = [people.to_string(), attempts.to_string(), person.to_string(), slope.to_string()];
                let rule = if *people >= 100 { Rule::Within(0.925, 0.965) } else { Rule::Told };
                table.row(&about, [Figure::drawn(age, rule), Figure::drawn(steep, Rule::Told)]);
            }
        }
    }
    vec![table]
}
