//! Linear programmes over a model: a world that keeps to what is published and has given counts where they are wanted.

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem, SolveOptions, Variable};

use super::model::Model;

/// What is known of one count.
#[derive(Debug, Clone)]
pub struct Known {
    /// The variables whose sum it is.
    pub terms: Vec<usize>,
    /// At least this.
    pub low: f64,
    /// At most this.
    pub high: f64,
    /// What it costs to publish less of it: to lower its low end down to `softest`, or to raise its high end; nothing where
    /// it cannot be taken back.
    pub cost: Option<f64>,
    /// The lowest low end there can be.
    pub softest: f64,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// These counts, given by their terms, as large as possible together, but none counts for more than this.
    Up(&'a [&'a [usize]], f64),
    /// These counts as small as possible together.
    Down(&'a [&'a [usize]]),
    /// The first of these counts at this value, at the least cost, and the others as near to it as that allows.
    At(&'a [&'a [usize]], f64),
}

/// A world: the values of the wanted counts, and how far each known count is beyond what is known of it.
#[derive(Debug)]
pub struct World {
    /// Values of the counts of the goal, in their order.
    pub wanted: Vec<f64>,
    /// For each [`Known`], how far it is outside.
    pub beyond: Vec<f64>,
}

/// What a count at its end is worth beside what it costs to publish less.
const FAVOUR: f64 = 1e-4;

/// The world that serves `goal` best; none where there is none.
///
/// # Errors
/// What the solver says when it cannot tell.
pub fn solve(model: &Model, known: &[Known], goal: Goal<'_>) -> Result<Option<World>, String> {
    let direction = match goal {
        Goal::Up(..) => OptimizationDirection::Maximize,
        Goal::Down(_) | Goal::At(..) => OptimizationDirection::Minimize,
    };
    let mut problem = Problem::new(direction);
    let variables: Vec<Variable> = (0..model.variables).map(|_| problem.add_var(0.0, (0.0, f64::INFINITY))).collect();
    let sum = |terms: &[usize]| -> Vec<(Variable, f64)> { terms.iter().map(|at| (variables[*at], 1.0)).collect() };
    for (left, right) in &model.equal {
        let mut row = sum(left);
        row.extend(right.iter().map(|at| (variables[*at], -1.0)));
        problem.add_constraint(row, ComparisonOp::Eq, 0.0);
    }
    let elastic = matches!(goal, Goal::At(..));
    let mut slack: Vec<Vec<Variable>> = Vec::new();
    for one in known {
        let value = problem.add_var(0.0, (one.low, one.high));
        let mut row = sum(&one.terms);
        row.push((value, -1.0));
        let mut own = Vec::new();
        if let (true, Some(cost)) = (elastic, one.cost) {
            let above = problem.add_var(cost, (0.0, f64::INFINITY));
            row.push((above, -1.0));
            own.push(above);
            if one.low > one.softest {
                let below = problem.add_var(cost, (0.0, one.low - one.softest));
                row.push((below, 1.0));
                own.push(below);
            }
        }
        slack.push(own);
        problem.add_constraint(row, ComparisonOp::Eq, 0.0);
    }
    let mut wanted: Vec<Variable> = Vec::new();
    let (counts, most) = match goal {
        Goal::Up(counts, most) | Goal::At(counts, most) => (counts, most),
        Goal::Down(counts) => (counts, 0.0),
    };
    for (index, terms) in counts.iter().enumerate() {
        let up = most > 0.0;
        let (weight, bounds) = match (goal, up) {
            (Goal::At(..), _) if index == 0 => (0.0, (most, most)),
            (Goal::At(..), true) => (-FAVOUR, (0.0, most)),
            (Goal::At(..), false) => (FAVOUR, (0.0, f64::INFINITY)),
            (_, true) => (1.0, (0.0, most)),
            (_, false) => (1.0, (0.0, f64::INFINITY)),
        };
        let value = problem.add_var(weight, bounds);
        let mut row = sum(terms);
        row.push((value, -1.0));
        let exact = !up || index == 0 && matches!(goal, Goal::At(..));
        problem.add_constraint(row, if exact { ComparisonOp::Eq } else { ComparisonOp::Ge }, 0.0);
        wanted.push(value);
    }
    let solved = match problem.solve() {
        Err(Error::InternalError(_)) => problem.solve_with(plainly(SolveOptions::default())),
        other => other,
    };
    let outcome = match solved {
        Ok(outcome) => outcome,
        Err(Error::Infeasible) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let Some(solution) = outcome.solution() else { return Err("stopped early".to_owned()) };
    Ok(Some(World {
        wanted: wanted.iter().map(|value| solution.var_value(*value)).collect(),
        beyond: slack.iter().map(|own| own.iter().map(|value| solution.var_value(*value)).sum()).collect(),
    }))
}

/// The programme as it is, without the solver's rewriting of it.
fn plainly(mut options: SolveOptions) -> SolveOptions {
    options.presolve = false;
    options
}
