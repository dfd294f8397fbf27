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

#[cfg(test)]
mod tests {
    use super::*;

    /// A subject with these sums of weights.
    fn of(k: i128, m: i128) -> PairWeights {
        PairWeights { events: k, all: m, events_square: k * k, product: k * m, all_square: m * m }
    }

    #[test]
    fn sums_of_disjoint_subjects_add_up_and_can_be_taken_away() {
        let mut both = of(2, 5);
        both.merge(&of(3, 7));
        let wanted = PairWeights { events: 5, all: 12, events_square: 13, product: 31, all_square: 74 };
        assert_eq!(both, wanted);
        both.take_away(&of(3, 7));
        assert_eq!(both, of(2, 5));
    }

    #[test]
    fn subjects_without_their_events_keep_their_weights() {
        assert_eq!(of(3, 7).without_events(), of(0, 7));
    }

    #[test]
    fn as_one_attempt_a_subject_has_the_mean_weight_of_its_attempts_rounded_to_the_unit() {
        assert_eq!(of(0, 12).of_whole_subjects(4, true), of(3, 3));
        assert_eq!(of(5, 12).of_whole_subjects(4, false), of(0, 3));
        // 11 / 2 and 121 / 4, halves up.
        let found = of(0, 11).of_whole_subjects(2, true);
        assert_eq!((found.all, found.all_square, found.product), (6, 30, 30));
        assert_eq!(of(1, 9).of_whole_subjects(1, true), of(9, 9));
    }

    #[test]
    fn products_of_subjects_in_two_cells_add_up() {
        let mut both = CrossWeights { events: 1, events_all: 2, all_events: 3, all: 4 };
        both.merge(&CrossWeights { events: 10, events_all: 20, all_events: 30, all: 40 });
        assert_eq!(both, CrossWeights { events: 11, events_all: 22, all_events: 33, all: 44 });
    }
}
