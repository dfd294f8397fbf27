//! A probit line through yes and no on one number, with a covariance clustered by unit: where half say yes, and how fast
//! the share rises there.

use std::collections::BTreeMap;

use super::special::{normal_quantile, t_quantile};
use super::tails::{log_cdf, mills};

/// One yes or no.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answered {
    /// The unit that several may share.
    pub unit: u32,
    /// What the share of yes depends on.
    pub x: f64,
    /// Whether it is a yes.
    pub yes: bool,
}

/// P(yes | x) = Φ(slope (x - half)).
#[derive(Debug, Clone, PartialEq)]
pub struct Probit {
    /// Where half say yes, with Fieller's bounds; none where the slope is not shown to differ from zero.
    pub half: f64,
    /// Fieller's bounds of `half`.
    pub half_bounds: Option<(f64, f64)>,
    /// Probits per unit of x.
    pub slope: f64,
    /// Student's bounds of the slope.
    pub slope_bounds: (f64, f64),
    /// Intercept of the line, at x = 0.
    pub intercept: f64,
    /// Covariance of intercept and slope, clustered by unit.
    pub covariance: [[f64; 2]; 2],
    /// Units.
    pub units: u64,
}

/// Why there is no line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoLine {
    /// Nobody.
    Empty,
    /// All say yes.
    AllYes,
    /// All say no.
    AllNo,
    /// Every no lies at or below `last_no`, every yes at or above `first_yes`, so that no slope is too steep.
    Separated {
        /// The largest x of a no.
        last_no: f64,
        /// The smallest x of a yes.
        first_yes: f64,
    },
    /// Every yes lies at or below every no.
    Reversed,
    /// Everybody is of one unit, or of one x.
    TooFew,
    /// No maximum was found.
    NotConverged,
}

/// Steps at most.
const STEPS: usize = 100;

/// Yes and no at one x.
#[derive(Default, Clone, Copy)]
struct At {
    x: f64,
    yes: f64,
    no: f64,
}

/// The line of greatest likelihood through `answers`, with two-sided bounds at `level`: Student's with units - 1 degrees
/// of freedom. `answers` may stand in any order.
///
/// The covariance is the sandwich of the observed information and the sums of scores by unit, times
/// G / (G - 1) (n - 1) / (n - 2) for G units and n answers.
///
/// # Errors
/// [`NoLine`] when the likelihood has no maximum, or nothing to estimate its error from.
///
/// Source: Liang & Zeger (1986), Biometrika 73; Fieller (1954), JRSS B 16; as statsmodels' `Probit` with
/// `cov_type="cluster"`.
pub fn probit(answers: &[Answered], level: f64) -> Result<Probit, NoLine> {
    let mut sorted: Vec<&Answered> = answers.iter().collect();
    sorted
        .sort_by(|one, other| one.x.total_cmp(&other.x).then(one.unit.cmp(&other.unit)).then(one.yes.cmp(&other.yes)));
    let mut points: Vec<At> = Vec::new();
    for one in &sorted {
        if points.last().is_none_or(|last| last.x != one.x) {
            points.push(At { x: one.x, ..At::default() });
        }
        if let Some(last) = points.last_mut() {
            *if one.yes { &mut last.yes } else { &mut last.no } += 1.0;
        }
    }
    overlap(&points)?;
    let count = answers.len() as f64;
    let centre = points.iter().map(|at| at.x * (at.yes + at.no)).sum::<f64>() / count;
    points.iter_mut().for_each(|at| at.x -= centre);
    let (a, b) = maximum(&points).ok_or(NoLine::NotConverged)?;
    let bread = inverse(information(&points, a, b)).ok_or(NoLine::NotConverged)?;
    let mut scores: BTreeMap<u32, [f64; 2]> = BTreeMap::new();
    for one in &sorted {
        let x = one.x - centre;
        let (sign, line) = if one.yes { (1.0, a + b * x) } else { (-1.0, -(a + b * x)) };
        let score = sign * mills(line);
        let own = scores.entry(one.unit).or_default();
        *own = [own[0] + score, own[1] + score * x];
    }
    let units = scores.len() as f64;
    // Answers that overlap are at least three.
    if units < 2.0 {
        return Err(NoLine::TooFew);
    }
    let meat = scores.values().fold([[0.0; 2]; 2], |sum, [one, other]| {
        [[sum[0][0] + one * one, sum[0][1] + one * other], [sum[1][0] + one * other, sum[1][1] + other * other]]
    });
    let factor = units / (units - 1.0) * (count - 1.0) / (count - 2.0);
    let centred = product(product(bread, meat), bread).map(|row| row.map(|value| value * factor));
    let t = t_quantile(0.5 + level / 2.0, units - 1.0);
    let half_bounds = fieller(a, b, centred, t).map(|(low, high)| (low + centre, high + centre));
    let slope_error = centred[1][1].sqrt();
    // From the centred intercept to that at x = 0.
    let shift = [[1.0, -centre], [0.0, 1.0]];
    let transposed = [[1.0, 0.0], [-centre, 1.0]];
    Ok(Probit {
        half: centre - a / b,
        half_bounds,
        slope: b,
        slope_bounds: (b - t * slope_error, b + t * slope_error),
        intercept: a - b * centre,
        covariance: product(product(shift, centred), transposed),
        units: scores.len() as u64,
    })
}

/// Where the share of yes first reaches one half, when it may only rise with x: the middle between the last x below one
/// half and the first at or above it. `None` when it never is on both sides.
///
/// Source: pool adjacent violators, Barlow et al. (1972).
#[must_use]
pub fn rising_half(answers: &[Answered]) -> Option<f64> {
    let mut of_x: BTreeMap<u64, (f64, u64, u64)> = BTreeMap::new();
    for one in answers {
        // The bits of numbers that are not negative stand in their order.
        let own = of_x.entry(one.x.max(0.0).to_bits()).or_insert((one.x, 0, 0));
        (own.1, own.2) = (own.1 + u64::from(one.yes), own.2 + 1);
    }
    // First and last x, yes and all of a block.
    let mut blocks: Vec<(f64, f64, u64, u64)> = Vec::new();
    for (x, yes, all) in of_x.into_values() {
        let mut block = (x, x, yes, all);
        while let Some(last) = blocks.last().copied() {
            if u128::from(last.2) * u128::from(block.3) < u128::from(block.2) * u128::from(last.3) {
                break;
            }
            blocks.pop();
            block = (last.0, block.1, last.2 + block.2, last.3 + block.3);
        }
        blocks.push(block);
    }
    let first = blocks.iter().position(|(_, _, yes, all)| 2 * yes >= *all)?;
    let below = blocks.get(first.checked_sub(1)?)?;
    let above = blocks.get(first)?;
    Some(if 2 * above.2 == above.3 { f64::midpoint(above.0, above.1) } else { f64::midpoint(below.1, above.0) })
}

/// Whether yes and no overlap, so that there is a maximum.
fn overlap(points: &[At]) -> Result<(), NoLine> {
    let ends = |of: fn(&At) -> f64| {
        let mut some = points.iter().filter(|at| of(at) > 0.0).map(|at| at.x);
        some.next().map(|first| (first, some.next_back().unwrap_or(first)))
    };
    match (ends(|at| at.yes), ends(|at| at.no)) {
        (None, None) => Err(NoLine::Empty),
        (Some(_), None) => Err(NoLine::AllYes),
        (None, Some(_)) => Err(NoLine::AllNo),
        _ if points.len() < 2 => Err(NoLine::TooFew),
        (Some((first_yes, _)), Some((_, last_no))) if last_no <= first_yes => {
            Err(NoLine::Separated { last_no, first_yes })
        }
        (Some((_, last_yes)), Some((first_no, _))) if last_yes <= first_no => Err(NoLine::Reversed),
        _ => Ok(()),
    }
}

/// Intercept and slope of greatest likelihood, by Newton's steps, halved where they overshoot.
fn maximum(points: &[At]) -> Option<(f64, f64)> {
    let (yes, all) = points.iter().fold((0.0, 0.0), |(yes, all), at| (yes + at.yes, all + at.yes + at.no));
    let (mut a, mut b) = (normal_quantile(yes / all), 0.0);
    let mut best = likelihood(points, a, b);
    for _ in 0..STEPS {
        let mut gradient = [0.0; 2];
        for at in points {
            let line = a + b * at.x;
            let score = at.yes * mills(line) - at.no * mills(-line);
            gradient = [gradient[0] + score, gradient[1] + score * at.x];
        }
        let inverse = inverse(information(points, a, b))?;
        let step = [
            inverse[0][0] * gradient[0] + inverse[0][1] * gradient[1],
            inverse[1][0] * gradient[0] + inverse[1][1] * gradient[1],
        ];
        let mut factor = 1.0;
        let (mut next, mut found) = (likelihood(points, a + step[0], b + step[1]), false);
        for _ in 0..40 {
            // A step too small to be seen in the likelihood is the last one.
            if next >= best - best.abs() * 1e-15 {
                found = true;
                break;
            }
            factor /= 2.0;
            next = likelihood(points, a + factor * step[0], b + factor * step[1]);
        }
        if !found {
            return Some((a, b));
        }
        (a, b, best) = (a + factor * step[0], b + factor * step[1], next.max(best));
        let still = |step: f64, value: f64| step.abs() <= 1e-13 * (1.0 + value.abs());
        if factor == 1.0 && still(step[0], a) && still(step[1], b) {
            return Some((a, b));
        }
    }
    None
}

fn likelihood(points: &[At], a: f64, b: f64) -> f64 {
    points
        .iter()
        .map(|at| {
            let line = a + b * at.x;
            at.yes * log_cdf(line) + at.no * log_cdf(-line)
        })
        .sum()
}

/// The negative second derivatives of the log likelihood.
fn information(points: &[At], a: f64, b: f64) -> [[f64; 2]; 2] {
    points.iter().fold([[0.0; 2]; 2], |sum, at| {
        let line = a + b * at.x;
        let curve = |line: f64| mills(line) * (mills(line) + line);
        let weight = at.yes * curve(line) + at.no * curve(-line);
        [[sum[0][0] + weight, sum[0][1] + weight * at.x], [sum[1][0] + weight * at.x, sum[1][1] + weight * at.x * at.x]]
    })
}

/// Bounds of -a / b; `None` when they are not finite.
fn fieller(a: f64, b: f64, v: [[f64; 2]; 2], t: f64) -> Option<(f64, f64)> {
    let tt = t * t;
    let (square, middle, free) = (b * b - tt * v[1][1], a * b - tt * v[0][1], a * a - tt * v[0][0]);
    if square <= 0.0 {
        return None;
    }
    let root = (middle * middle - square * free).max(0.0).sqrt();
    Some(((-middle - root) / square, (-middle + root) / square))
}

fn inverse(m: [[f64; 2]; 2]) -> Option<[[f64; 2]; 2]> {
    let determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    (determinant.is_finite() && determinant > 0.0)
        .then(|| [[m[1][1] / determinant, -m[0][1] / determinant], [-m[1][0] / determinant, m[0][0] / determinant]])
}

fn product(one: [[f64; 2]; 2], other: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let cell = |row: usize, column: usize| one[row][0] * other[0][column] + one[row][1] * other[1][column];
    [[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> serde_json::Value {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/probit.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn answers(case: &serde_json::Value) -> Vec<Answered> {
        let rows = case["rows"].as_array().unwrap();
        let row = |row: &serde_json::Value| Answered {
            unit: u32::try_from(row[0].as_u64().unwrap()).unwrap(),
            x: row[1].as_f64().unwrap(),
            yes: row[2].as_u64().unwrap() == 1,
        };
        rows.iter().map(row).collect()
    }

    #[track_caller]
    fn near(found: f64, wanted: &serde_json::Value, what: &str) {
        let wanted = wanted.as_f64().unwrap();
        assert!((found - wanted).abs() <= 1e-7 * (1.0 + wanted.abs()), "{what}: {found} for {wanted}");
    }

    #[test]
    fn lines_and_their_clustered_covariance_are_those_of_statsmodels() {
        // scripts/peers/probit.py: statsmodels 0.15.0, Probit(...).fit(cov_type="cluster"); bounds by SciPy's t and Fieller's
        // formula written anew there.
        for case in golden()["fits"].as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let found = probit(&answers(case), 0.95).unwrap();
            near(found.intercept, &case["intercept"], name);
            near(found.slope, &case["slope"], name);
            for (row, wanted) in found.covariance.iter().zip(case["covariance"].as_array().unwrap()) {
                for (found, wanted) in row.iter().zip(wanted.as_array().unwrap()) {
                    near(*found, wanted, name);
                }
            }
            near(found.half, &case["half"], name);
            near(found.slope_bounds.0, &case["slope_bounds"][0], name);
            near(found.slope_bounds.1, &case["slope_bounds"][1], name);
            match found.half_bounds {
                Some((low, high)) => {
                    near(low, &case["half_bounds"][0], name);
                    near(high, &case["half_bounds"][1], name);
                }
                None => assert!(case["half_bounds"].is_null(), "{name}"),
            }
        }
    }

    #[test]
    fn where_a_rising_share_reaches_one_half_is_that_of_scikit_learn_s_isotonic_regression() {
        for case in golden()["fits"].as_array().unwrap() {
            let found = rising_half(&answers(case));
            match case["rising_half"].as_f64() {
                Some(wanted) => assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?} for {wanted}"),
                None => assert_eq!(found, None),
            }
        }
    }

    #[test]
    fn two_values_of_x_have_the_line_through_their_shares_and_three_answers_of_two_units_are_enough() {
        // One in four says yes at 1, three in four at 3: scipy 1.17.1, norm.ppf(0.75) = 0.6744897501960817.
        let rows: Vec<Answered> =
            (0..8).map(|i| Answered { unit: i, x: if i < 4 { 1.0 } else { 3.0 }, yes: i == 0 || i > 4 }).collect();
        let found = probit(&rows, 0.95).unwrap();
        assert!((found.half - 2.0).abs() < 1e-12 && (found.slope - 0.6744897501960817).abs() < 1e-12, "{found:?}");
        let three = [(0, 1.0, true), (1, 2.0, false), (0, 3.0, true)];
        assert!(probit(&three.map(|(unit, x, yes)| Answered { unit, x, yes }), 0.95).is_ok());
    }

    #[test]
    fn blocks_of_the_same_share_are_one_block() {
        // Half say yes at 2 and at 3: anywhere between is as good, and the middle is said.
        let rows = [(1.0, false), (2.0, false), (2.0, true), (3.0, true), (3.0, false), (4.0, true)];
        assert_eq!(rising_half(&rows.map(|(x, yes)| Answered { unit: 0, x, yes })), Some(2.5));
    }

    #[test]
    fn a_matrix_without_a_positive_determinant_has_no_inverse() {
        assert_eq!(inverse([[2.0, 1.0], [1.0, 1.0]]), Some([[1.0, -1.0], [-1.0, 2.0]]));
        assert_eq!((inverse([[1.0, 2.0], [2.0, 4.0]]), inverse([[1.0, 2.0], [2.0, 1.0]])), (None, None));
        assert_eq!(inverse([[f64::MAX, 0.0], [0.0, f64::MAX]]), None);
    }

    #[test]
    fn the_order_of_the_answers_does_not_show() {
        let case = &golden()["fits"][0];
        let forward = answers(case);
        let mut backward = forward.clone();
        backward.reverse();
        assert_eq!(probit(&forward, 0.95), probit(&backward, 0.95));
    }

    #[test]
    fn without_a_maximum_there_is_a_reason_and_no_line() {
        let of = |rows: &[(f64, bool)]| {
            let rows = (0..).zip(rows).map(|(unit, (x, yes))| Answered { unit, x: *x, yes: *yes });
            probit(&rows.collect::<Vec<_>>(), 0.95)
        };
        assert_eq!(of(&[]), Err(NoLine::Empty));
        assert_eq!(of(&[(17.5, true), (20.5, true)]), Err(NoLine::AllYes));
        assert_eq!(of(&[(17.5, false), (20.5, false)]), Err(NoLine::AllNo));
        let separated = NoLine::Separated { last_no: 17.5, first_yes: 18.5 };
        assert_eq!(of(&[(16.5, false), (17.5, false), (18.5, true), (30.5, true)]), Err(separated));
        assert_eq!(of(&[(16.5, true), (17.5, true), (17.5, false), (30.5, false)]), Err(NoLine::Reversed));
        assert_eq!(of(&[(17.5, true), (17.5, false)]), Err(NoLine::TooFew));
        let of_one = [(16.5, false), (17.5, true), (18.5, false), (19.5, true)];
        let of_one = of_one.map(|(x, yes)| Answered { unit: 0, x, yes });
        assert_eq!(probit(&of_one, 0.95), Err(NoLine::TooFew));
    }
}
