//! The dense form of a cell while it is filled: no map for the common subjects of few attempts.

use std::collections::BTreeMap;

use super::cell::{Cell, Combo, Steps};
use super::weights::{PartWeights, add, length, of_parts};

/// Up to so many attempts of one subject in one cell are counted in dense tables.
const SMALL: usize = 6;

/// Binomial coefficients `n` over `k` for n up to SMALL + 4 and k up to 4.
const fn binomials() -> [[usize; 5]; SMALL + 5] {
    let mut table = [[0; 5]; SMALL + 5];
    let mut n = 0;
    while n < SMALL + 5 {
        table[n][0] = 1;
        let mut k = 1;
        while k < 5 && n > 0 {
            table[n][k] = table[n - 1][k - 1] + table[n - 1][k];
            k += 1;
        }
        n += 1;
    }
    table
}

const BINOMIAL: [[usize; 5]; SMALL + 5] = binomials();

/// Place of a combination among all of as many attempts, by the combinatorial number system: the four separators
/// between five parts are a 4-subset of (attempts + 4) places. Source: Knuth, TAOCP 7.2.1.3.
fn rank(combo: Combo) -> usize {
    let mut place = 0;
    let mut rank = 0;
    for (index, part) in combo.0.iter().take(4).enumerate() {
        place += *part as usize;
        rank += BINOMIAL[place + index][index + 1];
    }
    rank
}

/// All combinations of `attempts` attempts by their rank.
fn combos(attempts: u32) -> Vec<Combo> {
    let mut all = vec![Combo::default(); BINOMIAL[attempts as usize + 4][4]];
    for a in 0..=attempts {
        for b in 0..=attempts - a {
            for c in 0..=attempts - a - b {
                for d in 0..=attempts - a - b - c {
                    let combo = Combo([a, b, c, d, attempts - a - b - c - d]);
                    all[rank(combo)] = combo;
                }
            }
        }
    }
    all
}

/// What a stretch of columns holds for one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub combo: Combo,
    pub start: usize,
    pub end: usize,
}

/// The stretches of one subject, and what it weighs in each part of each; no weights where everybody weighs the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs<'a> {
    pub runs: &'a [Run],
    pub weights: &'a [PartWeights],
}

impl<'a> Runs<'a> {
    pub fn each(self) -> impl Iterator<Item = (&'a Run, Option<&'a PartWeights>)> {
        self.runs.iter().enumerate().map(move |(place, run)| (run, self.weights.get(place)))
    }
}

/// A cell while it is filled.
#[derive(Debug, Clone, Default)]
pub(super) struct HotCell {
    /// Subjects of one attempt whose outcome is one of the numbered step functions.
    codes: Vec<u64>,
    /// For each small number of attempts: differences by rank of the combination and column.
    small: Vec<Vec<i32>>,
    large: BTreeMap<Combo, Vec<i64>>,
    /// For each step function the sums of the weights of its subjects and of their squares; empty where everybody weighs
    /// the same.
    code_weights: Vec<[i128; 2]>,
    /// Sums of the weights of all others.
    weights: BTreeMap<Combo, Vec<i128>>,
}

impl HotCell {
    /// Counts one subject of one attempt with step function `code` of `codes`.
    pub fn add_code(&mut self, code: usize, codes: usize, weight: Option<i64>) {
        if self.codes.is_empty() {
            self.codes = vec![0; codes];
        }
        self.codes[code] += 1;
        if let Some(weight) = weight {
            self.code_weights.resize(codes, [0; 2]);
            add(&mut self.code_weights[code], &[weight], 1);
        }
    }

    /// Counts one subject of `attempts` attempts with these runs over `columns` columns.
    pub fn add_runs(&mut self, attempts: usize, runs: Runs<'_>, columns: usize) {
        let width = columns + 1;
        for (run, weights) in runs.each() {
            let Some(weights) = weights else { break };
            let vector: Vec<i64> = of_parts(run.combo, weights).collect();
            let size = length(vector.len());
            let sums = self.weights.entry(run.combo).or_insert_with(|| vec![0; size * width]);
            add(&mut sums[size * run.start..size * (run.start + 1)], &vector, 1);
            add(&mut sums[size * run.end..size * (run.end + 1)], &vector, -1);
        }
        let runs = runs.runs;
        if attempts <= SMALL {
            if self.small.is_empty() {
                self.small = vec![Vec::new(); SMALL + 1];
            }
            let table = &mut self.small[attempts];
            if table.is_empty() {
                *table = vec![0; BINOMIAL[attempts + 4][4] * width];
            }
            for run in runs {
                let row = rank(run.combo) * width;
                table[row + run.start] += 1;
                table[row + run.end] -= 1;
            }
        } else {
            for run in runs {
                let differences = self.large.entry(run.combo).or_insert_with(|| vec![0; width]);
                differences[run.start] += 1;
                differences[run.end] -= 1;
            }
        }
    }

    /// The finished cell; `runs_of` gives the runs of a step function.
    pub fn finish(self, columns: usize, runs_of: impl Fn(usize) -> Vec<Run>) -> Cell {
        let width = columns + 1;
        let mut differences = self.large;
        for (code, count) in self.codes.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            for run in runs_of(code) {
                let own = differences.entry(run.combo).or_insert_with(|| vec![0; width]);
                own[run.start] += count;
                own[run.end] -= count;
            }
        }
        for (attempts, table) in (0_u32..).zip(self.small).filter(|(_, table)| !table.is_empty()) {
            for (combo, row) in combos(attempts).into_iter().zip(table.chunks(width)) {
                if row.iter().any(|difference| *difference != 0) {
                    let own = differences.entry(combo).or_insert_with(|| vec![0; width]);
                    own.iter_mut().zip(row).for_each(|(own, other)| *own += i64::from(*other));
                }
            }
        }
        let mut weights = self.weights;
        for (code, [sum, square]) in self.code_weights.into_iter().enumerate().filter(|(_, sums)| sums[0] > 0) {
            for run in runs_of(code) {
                let own = weights.entry(run.combo).or_insert_with(|| vec![0; 2 * width]);
                for (column, sign) in [(run.start, 1), (run.end, -1)] {
                    own[2 * column] += sign * sum;
                    own[2 * column + 1] += sign * square;
                }
            }
        }
        differences.retain(|_, row| row.iter().any(|difference| *difference != 0));
        Cell { steps: Steps { differences, weights } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_up_to_six_attempts_has_its_own_rank() {
        for attempts in 0..=6 {
            let all = combos(attempts);
            for (index, combo) in all.iter().enumerate() {
                assert_eq!((rank(*combo), combo.attempts()), (index, u64::from(attempts)));
            }
        }
    }

    #[test]
    fn dense_and_sparse_counts_are_the_same_cell() {
        let run = |parts, start, end| Run { combo: Combo(parts), start, end };
        let mut hot = HotCell::default();
        let two = [run([2, 0, 0, 0, 0], 0, 1), run([1, 0, 1, 0, 0], 1, 4)];
        hot.add_runs(2, Runs { runs: &two, weights: &[] }, 4);
        hot.add_runs(9, Runs { runs: &[run([9, 0, 0, 0, 0], 0, 4)], weights: &[] }, 4);
        hot.add_code(0, 2, None);
        let cell = hot.finish(4, |_| vec![run([0, 0, 1, 0, 0], 0, 4)]);
        let at = |column| cell.at(column).collect::<Vec<_>>();
        assert_eq!(at(0), [(Combo([0, 0, 1, 0, 0]), 1), (Combo([2, 0, 0, 0, 0]), 1), (Combo([9, 0, 0, 0, 0]), 1)]);
        assert_eq!(at(3), [(Combo([0, 0, 1, 0, 0]), 1), (Combo([1, 0, 1, 0, 0]), 1), (Combo([9, 0, 0, 0, 0]), 1)]);
    }
}
