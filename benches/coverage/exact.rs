//! Coverage by exact enumeration: one attempt each, every number of events weighed with its binomial probability.

use agebench::stats::{lower_claim, upper_claim, wilson};
use rayon::prelude::*;
use statrs::function::gamma::ln_gamma;

use super::Effort;
use super::report::{Figure, Rule, Table};

/// Rates from 0.001 to 0.5, equally spaced.
const RATES: usize = 4001;

/// The least and the mean coverage over the rates.
struct Coverage {
    least: f64,
    at: f64,
    mean: f64,
}

/// P(k events) for k = 0 to n at a rate, from the mode outwards.
fn binomial(n: usize, rate: f64) -> Vec<f64> {
    let mode = ((n + 1) as f64 * rate) as usize;
    let (size, k) = (n as f64, mode as f64);
    let log = ln_gamma(size + 1.0) - ln_gamma(k + 1.0) - ln_gamma(size - k + 1.0)
        + k * rate.ln()
        + (size - k) * f64::ln_1p(-rate);
    let mut mass = vec![0.0; n + 1];
    mass[mode] = log.exp();
    for k in mode..n {
        mass[k + 1] = mass[k] * (n - k) as f64 / (k + 1) as f64 * rate / (1.0 - rate);
    }
    for k in (1..=mode).rev() {
        mass[k - 1] = mass[k] * k as f64 / (n - k + 1) as f64 * (1.0 - rate) / rate;
    }
    let total: f64 = mass.iter().sum();
    mass.iter_mut().for_each(|mass| *mass /= total);
    mass
}

/// Coverage of each of several bounds: `covered` says, for a rate, which first and last number of events cover it.
fn coverage(n: usize, bounds: &[Vec<(f64, f64)>]) -> Vec<Coverage> {
    let each: Vec<Vec<f64>> = (0..RATES)
        .into_par_iter()
        .map(|step| {
            let rate = rate(step);
            let mass = binomial(n, rate);
            let share = |bounds: &Vec<(f64, f64)>| {
                // Both ends rise with the number of events.
                let first = bounds.partition_point(|(_, high)| *high < rate);
                let last = bounds.partition_point(|(low, _)| *low <= rate);
                mass[first..last.max(first)].iter().sum::<f64>()
            };
            bounds.iter().map(share).collect()
        })
        .collect();
    (0..bounds.len())
        .map(|place| {
            let column = |step: usize| each[step][place];
            let least = (0..RATES).min_by(|one, other| column(*one).total_cmp(&column(*other))).unwrap_or(0);
            let mean = (0..RATES).map(column).sum::<f64>() / RATES as f64;
            Coverage { least: column(least), at: rate(least), mean }
        })
        .collect()
}

fn rate(step: usize) -> f64 {
    0.001 + 0.499 * step as f64 / (RATES - 1) as f64
}

/// Clopper-Pearson and Wilson for each number of people.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let mut table = Table::new(
        "exact",
        ["people"],
        [
            "Clopper-Pearson upper 95 %: least",
            "lower 95 %: least",
            "two-sided 95 %: least",
            "Wilson two-sided 95 %: mean",
            "Wilson: least",
        ],
    );
    let sizes: &[usize] =
        if effort.few { &[30, 100] } else { &[30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 10_000, 30_000] };
    for n in sizes {
        let size = *n as f64;
        let bounds = |of: &(dyn Fn(f64) -> (f64, f64) + Sync)| -> Vec<(f64, f64)> {
            (0..=*n).into_par_iter().map(|k| of(k as f64)).collect()
        };
        let found = coverage(
            *n,
            &[
                bounds(&|k| (0.0, upper_claim(k, size, 0.95))),
                bounds(&|k| (lower_claim(k, size, 0.95), 1.0)),
                bounds(&|k| (lower_claim(k, size, 0.975), upper_claim(k, size, 0.975))),
                bounds(&|k| wilson(k / size, size, 0.95)),
            ],
        );
        let mut figures: Vec<Figure> =
            found[..3].iter().map(|found| Figure::exact(found.least, Rule::AtLeast(0.95))).collect();
        figures.push(Figure::exact(found[3].mean, Rule::Within(0.949, 0.953)));
        figures.push(Figure::exact_at(found[3].least, Rule::Told, format!("rate {:.6}", found[3].at)));
        table.row(&[n.to_string()], figures);
    }
    vec![table]
}
