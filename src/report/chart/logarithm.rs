//! A scale by powers of ten.

/// Whole powers of ten around some values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Powers {
    least: i32,
    most: i32,
}

impl Powers {
    /// The least scale of at least one power that holds all of `values` above 0.
    #[expect(clippy::cast_possible_truncation, reason = "exponents of f64 lie within 400")]
    pub(super) fn around(values: impl Iterator<Item = f64> + Clone) -> Self {
        let logs = values.filter(|value| value.is_finite() && *value > 0.0).map(f64::log10);
        let least = logs.clone().fold(f64::INFINITY, f64::min);
        let most = logs.fold(f64::NEG_INFINITY, f64::max);
        if least > most {
            return Self { least: 0, most: 1 };
        }
        let least = least.floor() as i32;
        Self { least, most: (most.ceil() as i32).max(least + 1) }
    }

    /// The same, ending at `most` if it would go further or not so far.
    pub(super) fn up_to(self, most: i32) -> Self {
        Self { least: self.least.min(most - 1), most }
    }

    /// Where `value` lies, from 0 to 1; what is not above the least power stands at 0.
    pub(super) fn place(self, value: f64) -> f64 {
        if value <= 0.0 {
            return 0.0;
        }
        ((value.log10() - f64::from(self.least)) / f64::from(self.most - self.least)).clamp(0.0, 1.0)
    }

    /// The powers themselves.
    pub(super) fn ticks(self) -> impl Iterator<Item = f64> {
        (self.least..=self.most).map(|power| 10_f64.powi(power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_powers_hold_every_value() {
        let scale = Powers::around([0.03, 0.0, 0.4].into_iter());
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [0.01, 0.1, 1.0]);
        assert!((scale.place(0.1) - 0.5).abs() < 1e-12);
        assert_eq!([scale.place(0.0), scale.place(5.0)], [0.0, 1.0]);
        assert_eq!(Powers::around(std::iter::empty()).ticks().count(), 2);
        assert_eq!(Powers::around([10.0].into_iter()).ticks().collect::<Vec<_>>(), [10.0, 100.0]);
    }
}
