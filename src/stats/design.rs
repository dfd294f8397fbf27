//! Design weights of subjects as integer sums, in any unit: what a weighted share and its variance are made of.

/// Sums over the subjects who have as many events and as many attempts. A subject's k is the weight of its events, its
/// m that of all its attempts in the denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairWeights {
    /// Sum of k.
    pub events: i128,
    /// Sum of m.
    pub all: i128,
    /// Sum of k squared.
    pub events_square: i128,
    /// Sum of k times m.
    pub product: i128,
    /// Sum of m squared.
    pub all_square: i128,
}

impl PairWeights {
    /// Adds the sums of other subjects.
    pub fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.all += other.all;
        self.events_square += other.events_square;
        self.product += other.product;
        self.all_square += other.all_square;
    }

    /// Takes away the sums of `part`, whose subjects are all in here.
    pub fn take_away(&mut self, part: &Self) {
        self.events -= part.events;
        self.all -= part.all;
        self.events_square -= part.events_square;
        self.product -= part.product;
        self.all_square -= part.all_square;
    }

    /// The same subjects with the same attempts, none of which is an event.
    #[must_use]
    pub fn without_events(&self) -> Self {
        Self { all: self.all, all_square: self.all_square, ..Self::default() }
    }

    /// The same subjects with one attempt each, of the mean weight of their `attempts` attempts, all of them events or
    /// none. Rounded to the unit.
    #[must_use]
    pub fn of_whole_subjects(&self, attempts: u64, event: bool) -> Self {
        let m = i128::from(attempts.max(1));
        let rounded = |sum: i128, by: i128| (sum + by / 2).div_euclid(by);
        let (all, all_square) = (rounded(self.all, m), rounded(self.all_square, m * m));
        let if_event = |sum| if event { sum } else { 0 };
        Self {
            events: if_event(all),
            all,
            events_square: if_event(all_square),
            product: if_event(all_square),
            all_square,
        }
    }
}

/// Sums over subjects who are in two cells, of the products of their k and m in the one and in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrossWeights {
    /// k in the one times k in the other.
    pub events: i128,
    /// k in the one times m in the other.
    pub events_all: i128,
    /// m in the one times k in the other.
    pub all_events: i128,
    /// m in the one times m in the other.
    pub all: i128,
}

impl CrossWeights {
    /// Adds the sums of other subjects.
    pub fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.events_all += other.events_all;
        self.all_events += other.all_events;
        self.all += other.all;
    }
}

/// How many subjects have so many events and attempts, and their weights where there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triple {
    /// Events of each.
    pub events: u64,
    /// Attempts of each.
    pub attempts: u64,
    /// How many subjects.
    pub subjects: u64,
    /// Sums of their weights; none where everybody weighs the same.
    pub weights: Option<PairWeights>,
}

impl From<(u64, u64, u64)> for Triple {
    fn from((events, attempts, subjects): (u64, u64, u64)) -> Self {
        Self { events, attempts, subjects, weights: None }
    }
}
