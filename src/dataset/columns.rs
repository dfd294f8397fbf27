//! Columns with few different cells: each cell is a number into the list of levels.

use std::collections::HashMap;
use std::sync::Arc;

/// Texts in the order in which they were first met, each once.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    texts: Vec<Arc<str>>,
    places: HashMap<Arc<str>, u32>,
}

impl Levels {
    /// The place of `text`, added when new. `None` beyond 2³² levels.
    pub fn place(&mut self, text: &str) -> Option<u32> {
        if let Some(place) = self.places.get(text) {
            return Some(*place);
        }
        let place = u32::try_from(self.texts.len()).ok()?;
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
