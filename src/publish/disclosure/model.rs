//! Everything that could be behind a release: numbers of attempts by group, age and what came of them, for every method.
//!
//! Ages are cut at every edge of a published population. An answer is the number of challenge ages that it passes and the
//! number at which it is denied: who passes at one passes at every lower one. The groups of every column add up to the
//! whole in each of these classes, and all methods were asked about the same people.

use super::counts::{Key, What, Without, counts};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{FailurePolicy, Group, Population};

/// Decisions that are tied to each other.
#[derive(Debug, Clone, PartialEq)]
pub enum System {
    /// By answered age, at ascending challenge ages.
    Ages(Vec<ChallengeAge>),
    /// The method's own at one limit.
    Own(AgeLimit),
}

/// What is published of one method.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MethodShape {
    /// Its decisions.
    pub systems: Vec<System>,
    /// Whether an answer can leave a challenge age undecided.
    pub undecided: bool,
}

/// What a release speaks of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// The methods.
    pub methods: Vec<MethodShape>,
    /// Each column's groups.
    pub columns: Vec<Vec<Group>>,
    /// Ages at which a published population begins or ends, ascending, the first one 0.
    pub edges: Vec<u32>,
    /// Whether all methods have the same attempts.
    pub linked: bool,
    /// Whether decisions are left out: what is spoken of are attempts, answers and denominators alone.
    pub plain: bool,
}

impl Shape {
    /// The same without decisions.
    pub fn without_decisions(&self) -> Self {
        let method = |method: &MethodShape| MethodShape { systems: vec![System::Ages(Vec::new())], ..method.clone() };
        Self { methods: self.methods.iter().map(method).collect(), plain: true, ..self.clone() }
    }

    /// What is said of one method.
    pub fn of_method(&self, method: usize) -> Self {
        let methods = self.methods.get(method).cloned().into_iter().collect();
        Self { methods, linked: false, ..self.clone() }
    }
}

/// The variables of a shape and what holds between them. Every variable is at least 0.
#[derive(Debug)]
pub struct Model {
    shape: Shape,
    policy: FailurePolicy,
    levels: Vec<Group>,
    classes: Vec<Vec<(usize, usize, usize)>>,
    first: Vec<usize>,
    /// How many variables there are.
    pub variables: usize,
    /// Sums that are equal: those on the left to those on the right.
    pub equal: Vec<(Vec<usize>, Vec<usize>)>,
}

impl Model {
    /// The model of `shape` where rates are under `policy`.
    pub fn of(shape: Shape, policy: FailurePolicy) -> Self {
        let mut levels = vec![Group::whole()];
        levels.extend(shape.columns.iter().flatten().cloned());
        let classes: Vec<_> = shape.methods.iter().map(classes).collect();
        let mut model = Self { policy, levels, first: Vec::new(), variables: 0, equal: Vec::new(), classes, shape };
        for method in 0..model.shape.methods.len() {
            model.first.push(model.variables);
            model.variables += model.levels.len() * (model.segments() * model.width(method) + Without::ALL.len());
        }
        model.relate();
        model
    }

    fn segments(&self) -> usize {
        self.shape.edges.len()
    }

    /// Variables of one method, level and segment: not answered, then the classes of all systems.
    fn width(&self, method: usize) -> usize {
        1 + self.classes[method].len()
    }

    fn not_answered(&self, method: usize, level: usize, segment: usize) -> usize {
        self.first[method] + (level * self.segments() + segment) * self.width(method)
    }

    fn without(&self, method: usize, level: usize, kind: Without) -> usize {
        let after = self.levels.len() * self.segments() * self.width(method);
        self.first[method] + after + level * Without::ALL.len() + kind as usize
    }

    /// The variables of one system in one level and segment.
    fn answered(&self, method: usize, level: usize, segment: usize, system: usize) -> impl Iterator<Item = usize> {
        let first = self.not_answered(method, level, segment) + 1;
        let own = self.classes[method].iter().enumerate();
        own.filter(move |(_, (of, ..))| *of == system).map(move |(index, _)| first + index)
    }

    fn relate(&mut self) {
        let mut equal = Vec::new();
        for method in 0..self.shape.methods.len() {
            let mut level = 1;
            for column in &self.shape.columns {
                let here = level..level + column.len();
                level = here.end;
                for offset in 0..self.segments() * self.width(method) {
                    let at = |level: usize| self.not_answered(method, level, 0) + offset;
                    equal.push((here.clone().map(at).collect(), vec![at(0)]));
                }
                for kind in Without::ALL {
                    let parts = here.clone().map(|level| self.without(method, level, kind)).collect();
                    equal.push((parts, vec![self.without(method, 0, kind)]));
                }
            }
            for level in 0..self.levels.len() {
                let kinds = Without::ALL.into_iter().map(|kind| self.without(method, level, kind)).collect();
                let ages = (0..self.segments()).map(|segment| self.not_answered(method, level, segment)).collect();
                equal.push((kinds, ages));
                for segment in 0..self.segments() {
                    let everybody = |method: usize, system: usize| -> Vec<usize> {
                        let mut all = vec![self.not_answered(method, level, segment)];
                        all.extend(self.answered(method, level, segment, system));
                        all
                    };
                    for system in 1..self.shape.methods[method].systems.len() {
                        let answered = |system| self.answered(method, level, segment, system).collect();
                        equal.push((answered(system), answered(0)));
                    }
                    if method > 0 && self.shape.linked {
                        equal.push((everybody(method, 0), everybody(0, 0)));
                    }
                }
            }
        }
        self.equal = equal;
    }

    /// The variables whose sum `key` is; none where the shape does not speak of it.
    pub fn terms(&self, key: &Key) -> Option<Vec<usize>> {
        let level = self.levels.iter().position(|group| *group == key.group)?;
        let method = key.method;
        if method >= self.shape.methods.len() {
            return None;
        }
        let everywhere = 0..self.segments();
        match &key.what {
            What::Without(kind) => Some(vec![self.without(method, level, *kind)]),
            What::Answered => Some(everywhere.flat_map(|at| self.answered(method, level, at, 0)).collect()),
            What::Attempted => {
                let all = everywhere.flat_map(|at| {
                    std::iter::once(self.not_answered(method, level, at)).chain(self.answered(method, level, at, 0))
                });
                Some(all.collect())
            }
            What::Decided(stand) if self.shape.plain => {
                let decided = stand.challenge.is_some() && !self.shape.methods[method].undecided;
                let unanswered = counts(&key.what, self.policy, false, false);
                let of = |segment| {
                    let none = unanswered.then(|| self.not_answered(method, level, segment));
                    none.into_iter().chain(self.answered(method, level, segment, 0))
                };
                decided.then(|| self.range(&stand.population, stand.limit).flat_map(of).collect())
            }
            What::Decided(stand) | What::Events(stand) | What::Others(stand) => {
                let (system, place) =
                    self.shape.methods[method].systems.iter().enumerate().find_map(|(index, system)| match system {
                        System::Own(limit) => {
                            (stand.challenge.is_none() && *limit == stand.limit).then_some((index, 0))
                        }
                        System::Ages(ages) => {
                            let at = stand.challenge.and_then(|one| ages.iter().position(|other| *other == one));
                            at.map(|at| (index, at))
                        }
                    })?;
                let columns = match &self.shape.methods[method].systems[system] {
                    System::Ages(ages) => ages.len(),
                    System::Own(_) => 1,
                };
                let mut terms = Vec::new();
                for segment in self.range(&stand.population, stand.limit) {
                    let first = self.not_answered(method, level, segment);
                    if counts(&key.what, self.policy, false, false) {
                        terms.push(first);
                    }
                    for (index, (of, passes, denials)) in self.classes[method].iter().enumerate() {
                        let (passed, denied) = (place < *passes, place + denials >= columns);
                        if *of == system && counts(&key.what, self.policy, passed, denied) {
                            terms.push(first + 1 + index);
                        }
                    }
                }
                Some(terms)
            }
        }
    }

    fn range(&self, population: &Population, limit: AgeLimit) -> std::ops::Range<usize> {
        let (from, to) = ages(population, limit);
        let at = |age: u32| self.shape.edges.iter().filter(|edge| **edge < age).count();
        at(from)..to.map_or(self.segments(), at)
    }
}

/// The first age of a population and the first one beyond it.
pub fn ages(population: &Population, limit: AgeLimit) -> (u32, Option<u32>) {
    match population {
        Population::Under => (0, Some(limit.years())),
        Population::Window(first, last) => (*first, Some(last + 1)),
        _ => (limit.years(), None),
    }
}

/// The classes of answers of a method: of which system, at how many challenge ages they pass, at how many they are denied.
fn classes(method: &MethodShape) -> Vec<(usize, usize, usize)> {
    let mut classes = Vec::new();
    for (index, system) in method.systems.iter().enumerate() {
        let (ages, open) = match system {
            System::Ages(ages) => (ages.len(), method.undecided),
            System::Own(_) => (1, true),
        };
        for passes in 0..=ages {
            for denials in 0..=ages - passes {
                if open || passes + denials == ages {
                    classes.push((index, passes, denials));
                }
            }
        }
    }
    classes
}
