//! Columns with few different cells: each cell is a number into the list of levels.

use std::collections::HashMap;
use std::sync::Arc;

use crate::age::AgeRange;

/// Texts in the order in which they were first met, each once.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    texts: Vec<Arc<str>>,
    places: HashMap<Arc<str>, u32>,
    /// The place that was asked for last: neighbouring rows are often alike.
    last: u32,
}

impl Levels {
    /// The place of `text`, added when new. `None` beyond 2³² levels.
    pub fn place(&mut self, text: &str) -> Option<u32> {
        if self.texts.get(self.last as usize).is_some_and(|last| **last == *text) {
            return Some(self.last);
        }
        if let Some(place) = self.places.get(text) {
            self.last = *place;
            return Some(*place);
        }
        let place = u32::try_from(self.texts.len()).ok()?;
        self.last = place;
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.places.insert(text, place);
        Some(place)
    }

    /// The text at `place`; empty beyond the last.
    #[must_use]
    pub fn text(&self, place: u32) -> &str {
        self.texts.get(place as usize).map_or("", |text| text)
    }

    /// The texts, in the order of their places.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// The texts, in the order of their places.
    #[must_use]
    pub fn into_texts(self) -> Vec<Arc<str>> {
        self.texts
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// A column of texts, one cell a listed sample. An empty cell is an unknown one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    name: String,
    levels: Vec<Arc<str>>,
    cells: Vec<u32>,
}

impl Column {
    /// The column `name` whose cells are places in `levels`.
    #[must_use]
    pub fn new(name: impl Into<String>, levels: Vec<Arc<str>>, cells: Vec<u32>) -> Self {
        Self { name: name.into(), levels, cells }
    }

    /// The column's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The different cells, in the order in which they were first met.
    #[must_use]
    pub fn levels(&self) -> &[Arc<str>] {
        &self.levels
    }

    /// The level of each sample, as a place in [`Column::levels`].
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.cells
    }

    /// The cell of the sample at `place`; empty is unknown.
    #[must_use]
    pub fn cell(&self, place: usize) -> &str {
        let level = self.cells.get(place).and_then(|level| usize::try_from(*level).ok());
        level.and_then(|level| self.levels.get(level)).map_or("", |text| text)
    }
}

/// A column most of whose rows hold one usual value: no memory until another value comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rare<T> {
    usual: T,
    len: usize,
    values: Vec<T>,
}

impl<T: Copy + PartialEq> Rare<T> {
    /// No rows yet.
    pub fn new(usual: T) -> Self {
        Self { usual, len: 0, values: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, value: T) {
        if !self.values.is_empty() || value != self.usual {
            self.values.resize(self.len, self.usual);
            self.values.push(value);
        }
        self.len += 1;
    }

    /// The value at `place`; the usual one beyond the last.
    #[must_use]
    pub fn get(&self, place: usize) -> T {
        self.values.get(place).copied().unwrap_or(self.usual)
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether every row holds the usual value.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.values.iter().all(|value| *value == self.usual)
    }

    /// Adds the rows of `other`, each as `change` makes it; the usual value stays what it is.
    pub fn append_with(&mut self, other: &Self, change: impl Fn(T) -> T) {
        if !other.values.is_empty() {
            self.values.resize(self.len, self.usual);
            let usual = self.usual;
            self.values.extend(other.values.iter().map(|value| if *value == usual { usual } else { change(*value) }));
        } else if !self.values.is_empty() {
            self.values.resize(self.len + other.len, self.usual);
        }
        self.len += other.len;
    }
}

/// Known ages, as their two ends; NaN where unknown.
#[derive(Debug, Clone, Default)]
pub struct Ages(Vec<(f64, f64)>);

impl PartialEq for Ages {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && (0..self.0.len()).all(|place| self.get(place) == other.get(place))
    }
}

impl Ages {
    /// Adds a row.
    pub fn push(&mut self, age: Option<AgeRange>) {
        self.0.push(age.map_or((f64::NAN, f64::NAN), |age| (age.low(), age.high())));
    }

    /// The age at `place`; `None` when unknown.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<AgeRange> {
        self.0.get(place).filter(|(low, _)| !low.is_nan()).and_then(|(low, high)| AgeRange::new(*low, *high).ok())
    }

    /// Adds the rows of `other`.
    pub fn append(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// Makes every exact age that is a whole number a label of that year of life, if all known ages are such; says
    /// whether they were.
    pub(super) fn label_whole_years(&mut self) -> bool {
        let whole = self.0.iter().all(|(low, high)| low.is_nan() || (low == high && low.fract() == 0.0));
        if whole {
            self.0.iter_mut().for_each(|(low, high)| *high = *low + 1.0);
        }
        whole
    }
}
