//! Secondary suppression: whether a small count that is not published follows from what is, and what else to hold back
//! until it does not.

use std::collections::{BTreeMap, BTreeSet};

use super::DisclosureError;
use super::counts::{Key, Pair, Stand, What};
use super::model::{Model, Shape};
use super::programme::{Goal, Known, solve};
use super::rule::{Rule, Shown};
use crate::age::AgeLimit;
use crate::table::{FailurePolicy, Group, Population};

/// How much of a count is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its number.
    Shown,
    /// That it is small.
    Small,
    /// Nothing.
    Withheld,
}

/// A count as it is and what is published of it.
#[derive(Debug, Clone)]
struct Count {
    key: Key,
    exact: u64,
    state: State,
    /// Whether it must keep its whole range.
    guarded: bool,
    /// Whether any row publishes it.
    published: bool,
    /// The denominator that it is published with.
    of: Option<usize>,
}

/// A part of what is known, with a model of its own: the fewer variables, the sooner it tells what must be held back.
#[derive(Debug)]
struct View {
    model: Model,
    /// The one method that it is about.
    only: Option<usize>,
}

impl View {
    /// From the smallest to everything. What a part exposes, the whole does too; only the last one tells that nothing is.
    fn all(shape: &Shape, policy: FailurePolicy) -> Vec<Self> {
        let mut views = vec![Self { model: Model::of(shape.without_decisions(), policy), only: None }];
        if shape.methods.len() > 1 {
            let of = |method| Self { model: Model::of(shape.of_method(method), policy), only: Some(method) };
            views.extend((0..shape.methods.len()).map(of));
        }
        views.push(Self { model: Model::of(shape.clone(), policy), only: None });
        views
    }

    fn terms(&self, key: &Key) -> Option<Vec<usize>> {
        match self.only {
            Some(method) if method != key.method => None,
            Some(_) => self.model.terms(&Key { method: 0, ..key.clone() }),
            None => self.model.terms(key),
        }
    }
}

/// All counts of a release. A count that several rows speak of is one.
#[derive(Debug)]
pub struct Counts {
    model: Model,
    views: Vec<View>,
    rule: Rule,
    /// Whether people have several attempts, so that a larger number of attempts may be of few people.
    several: bool,
    counts: Vec<Count>,
    place: BTreeMap<Vec<usize>, usize>,
    /// What earlier releases tell, for good.
    earlier: Vec<(Key, u64, Option<u64>)>,
}

/// How far a value of a world may be from the one wanted: the solver keeps to 1e-7.
const NEAR: f64 = 1e-5;

impl Counts {
    /// No counts yet.
    pub fn new(shape: Shape, policy: FailurePolicy, rule: Rule, several: bool) -> Self {
        let views = View::all(&shape, policy);
        let model = Model::of(shape, policy);
        Self { model, views, rule, several, counts: Vec::new(), place: BTreeMap::new(), earlier: Vec::new() }
    }

    fn add(&mut self, key: &Key, exact: u64) -> Option<usize> {
        let terms = self.model.terms(key)?;
        if let Some(found) = self.place.get(&terms) {
            return Some(*found);
        }
        let index = self.counts.len();
        self.place.insert(terms, index);
        let count = Count { key: key.clone(), exact, state: State::Shown, guarded: false, published: false, of: None };
        self.counts.push(count);
        Some(index)
    }

    /// Whether a count is small, by its attempts or by the people behind them.
    pub fn is_small(&self, exact: u64, subjects: u64) -> bool {
        matches!(self.rule.show(exact.min(subjects)), Shown::Redacted)
    }

    /// A count that is published alone; `subjects` have an attempt in it.
    pub fn alone(&mut self, key: &Key, exact: u64, subjects: u64) {
        let small = self.is_small(exact, subjects);
        if let Some(index) = self.add(key, exact) {
            self.publish(index, small, if small { State::Withheld } else { State::Shown }, None);
        }
    }

    fn publish(&mut self, index: usize, guarded: bool, state: State, of: Option<usize>) {
        let count = &mut self.counts[index];
        count.state = if count.published { count.state.max(state) } else { state };
        count.published = true;
        count.guarded |= guarded;
        count.of = of.or(count.of);
    }

    /// Holds a count back whatever the audit says: see [`super::table`].
    pub fn unsaid(&mut self, key: &Key) {
        if let Some(index) = self.model.terms(key).and_then(|terms| self.place.get(&terms).copied()) {
            self.counts[index].state = State::Withheld;
        }
    }

    /// Holds back, of everybody and of every group, how many are under and how many over a limit with hardly anybody on one
    /// side: the larger number is that of everybody, a few less.
    pub fn hold_back_thin_limits(&mut self) {
        let thin = self.thin();
        for count in &mut self.counts {
            if let What::Decided(Stand { limit, population: Population::Under | Population::Over, .. }) =
                &count.key.what
                && thin.contains(limit)
            {
                count.state = State::Withheld;
            }
        }
    }

    /// The counts of a row of a share: `exact` are attempts in the denominator and events, `subjects` the same in people.
    pub fn pair(&mut self, method: usize, group: &Group, pair: &Pair, exact: [u64; 2], subjects: [u64; 2]) {
        let key = |what: &What| Key { method, group: group.clone(), what: what.clone() };
        let (Some(all), Some(events)) = (self.add(&key(&pair.all), exact[0]), self.add(&key(&pair.events), exact[1]))
        else {
            return;
        };
        let few = self.is_small(exact[0], subjects[0]);
        let few_events = self.is_small(exact[1], subjects[1]);
        let rest = exact[0].saturating_sub(exact[1]);
        let few_others = !few && !few_events && self.is_small(rest, rest);
        self.publish(all, few, if few { State::Withheld } else { State::Shown }, None);
        let state = match (few, few_events) {
            (false, true) if self.rule.show(exact[1]) == Shown::Redacted => State::Small,
            (false, false) if !few_others => State::Shown,
            _ => State::Withheld,
        };
        self.publish(events, few_events, state, Some(all));
        let others = pair.others.as_ref().filter(|_| few_others).and_then(|others| self.add(&key(others), rest));
        if let Some(others) = others {
            self.counts[others].guarded = true;
        }
    }

    /// A count that no row speaks of.
    pub fn unspoken(&mut self, key: &Key, exact: u64) {
        if let (true, Some(index)) = (self.is_small(exact, exact), self.add(key, exact)) {
            self.counts[index].guarded = true;
        }
    }

    /// What an earlier release says of `key`.
    pub fn told(&mut self, key: &Key, low: u64, high: Option<u64>) {
        self.earlier.push((key.clone(), low, high));
    }

    fn of(&self, key: &Key) -> Option<&Count> {
        self.place.get(&self.model.terms(key)?).and_then(|index| self.counts.get(*index))
    }

    /// What is published of `key`; a count that nothing is known of is withheld.
    pub fn state(&self, key: &Key) -> State {
        self.of(key).map_or(State::Withheld, |count| count.state)
    }

    /// The number that is published of `key` on its own.
    pub fn number(&self, key: &Key) -> Option<u64> {
        let count = self.of(key).filter(|count| count.state == State::Shown)?;
        match self.rule.show(count.exact) {
            Shown::Number(number) => Some(number),
            Shown::Redacted => None,
        }
    }

    /// Limits with hardly anybody on one side of them: their rows say little, and their denominators are nearly those of
    /// everybody.
    fn thin(&self) -> BTreeSet<AgeLimit> {
        let few = |count: &&Count| count.key.group.is_whole() && self.is_small(count.exact, count.exact);
        let limits = self.counts.iter().filter(few).filter_map(|count| match &count.key.what {
            What::Decided(stand) if !matches!(stand.population, Population::Window(..)) => Some(stand.limit),
            _ => None,
        });
        limits.collect()
    }

    /// What is published, as bounds of counts, and whose they are.
    fn known(&self, view: &View) -> (Vec<Known>, Vec<usize>) {
        let small = self.rule.redacted_up_to().unwrap_or(0);
        let thin = self.thin();
        let earlier = self.earlier.iter().filter_map(|(key, low, high)| {
            let (low, high) = (*low as f64, high.map_or(f64::INFINITY, |high| high as f64));
            Some(Known { terms: view.terms(key)?, low, high, cost: None, softest: low })
        });
        let mut known: Vec<Known> = earlier.collect();
        let mut whose = vec![usize::MAX; known.len()];
        for (index, count) in self.counts.iter().enumerate() {
            let Some(terms) = view.terms(&count.key).filter(|_| count.published) else { continue };
            let withheld_row = count.of.is_some_and(|all| self.counts[all].state == State::Withheld);
            // That few attempts have no answer is said without their denominator, too.
            let few_unanswered = count.state == State::Small && matches!(count.key.what, What::Without(_));
            let withheld_row = withheld_row && !few_unanswered;
            // Of the whole dataset's events it would be said that they are small.
            let least = match count.of {
                Some(_) if count.key.group.is_whole() && !self.several && !withheld_row && count.exact > small => {
                    small + 1
                }
                _ => 0,
            };
            let (low, high) = match (count.state, self.rule.show(count.exact)) {
                _ if withheld_row => continue,
                (State::Shown, Shown::Number(number)) => {
                    let (low, high) = self.rule.behind(number);
                    (low, high as f64)
                }
                (State::Small, _) => (0, small as f64),
                _ => (least, f64::INFINITY),
            };
            let cost = (count.state != State::Withheld).then(|| cost(count, &thin));
            let softest = if count.state == State::Small { 0.0 } else { least as f64 };
            known.push(Known { terms, low: low as f64, high, cost, softest });
            whose.push(index);
        }
        (known, whose)
    }

    /// Withholds counts until every guarded one can be anything from 0 to the largest that is redacted.
    ///
    /// # Errors
    /// [`DisclosureError`] where nothing helps.
    pub fn hold_back(&mut self) -> Result<(), DisclosureError> {
        let Some(most) = self.rule.redacted_up_to() else { return Ok(()) };
        for view in std::mem::take(&mut self.views) {
            for most in [most as f64, 0.0] {
                self.hold_back_in(&view, most)?;
            }
        }
        Ok(())
    }

    /// Withholds counts until every guarded one can be `most`, as far as `view` tells.
    fn hold_back_in(&mut self, view: &View, most: f64) -> Result<(), DisclosureError> {
        let guarded = |index: &usize| self.counts[*index].guarded && view.terms(&self.counts[*index].key).is_some();
        let mut open: Vec<usize> = (0..self.counts.len()).filter(guarded).collect();
        let mut before = usize::MAX;
        while !open.is_empty() {
            // All together while that settles some, then one after the other, whatever it costs.
            let one = open.len() == before;
            before = if one { before } else { open.len() };
            open = self.still_open(view, open, most, one)?;
            before = if one { open.len() } else { before };
        }
        Ok(())
    }

    /// Those of `open` that are not at their end in a world that has as many as possible there; with `one` in a world that
    /// has the first one there, for which counts are withheld.
    fn still_open(
        &mut self,
        view: &View,
        open: Vec<usize>,
        most: f64,
        one: bool,
    ) -> Result<Vec<usize>, DisclosureError> {
        let (known, whose) = self.known(view);
        let terms: Vec<Vec<usize>> = open.iter().filter_map(|index| view.terms(&self.counts[*index].key)).collect();
        let wanted: Vec<&[usize]> = terms.iter().map(Vec::as_slice).collect();
        let goal = match (one, most > 0.0) {
            (true, _) => Goal::At(&wanted, most),
            (false, true) => Goal::Up(&wanted, most),
            (false, false) => Goal::Down(&wanted),
        };
        let world = solve(&view.model, &known, goal).map_err(DisclosureError::Solver)?;
        let world = match (world, open.first()) {
            (Some(world), _) => world,
            (None, Some(first)) if one => return Err(DisclosureError::Exposed(self.counts[*first].key.clone())),
            (None, _) => return Err(DisclosureError::NoTable),
        };
        if one {
            for (whose, beyond) in whose.into_iter().zip(&world.beyond) {
                if *beyond > NEAR {
                    self.withhold(whose);
                }
            }
        }
        let at_end = |value: f64| if most > 0.0 { value >= most - NEAR } else { value <= NEAR };
        let settled = |(place, (_, value)): &(usize, (usize, f64))| at_end(*value) || one && *place == 0;
        let left = open.into_iter().zip(world.wanted).enumerate().filter(|one| !settled(one));
        Ok(left.map(|(_, (index, _))| index).collect())
    }

    /// Withholds a count, and with a group's the small ones beside it: which of them is small must not show.
    fn withhold(&mut self, index: usize) {
        self.counts[index].state = State::Withheld;
        let key = self.counts[index].key.clone();
        for count in &mut self.counts {
            let beside = count.key.method == key.method
                && count.key.what == key.what
                && count.key.group.by() == key.group.by()
                && count.state == State::Small;
            if beside {
                count.state = State::Withheld;
            }
        }
    }
}

/// What it costs a reader to lose a count: everybody's more than a group's; a denominator more than events of one rate, and
/// that of a window, which claims rest on, most; everybody's mean errors more than any rate, and a group's less; larger
/// events more than smaller ones; and least what is at a limit with hardly anybody on one side.
fn cost(count: &Count, thin: &BTreeSet<AgeLimit>) -> f64 {
    let what = match &count.key.what {
        What::Events(_) | What::Others(_) | What::Without(_) => 1.0,
        What::Attempted => 3.0,
        What::Decided(stand) if matches!(stand.population, Population::Window(..)) => 45.0,
        What::Decided(_) => 30.0,
        What::Answered if count.key.group.is_whole() => 60.0,
        What::Answered => 20.0,
    };
    let of_thin = match &count.key.what {
        What::Decided(stand) | What::Events(stand) | What::Others(stand) => thin.contains(&stand.limit),
        What::Attempted | What::Answered | What::Without(_) => false,
    };
    let whole = if count.key.group.is_whole() { 20.0 } else { 1.0 };
    let small = if count.state == State::Small { 0.5 } else { 1.0 };
    what * whole * small * if of_thin { 0.05 } else { 1.0 } * (1.0 + (1.0 + count.exact as f64).ln() / 4.0)
}
