//! Whether ages were rounded: Whipple's index, and single years with far more people than their neighbours.

use super::lower_claim;

/// Round ages among those from 23 to 62.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundAges {
    /// Whipple's index: 100 where a fifth of the ages ends in 0 or 5, 500 where all do.
    pub index: f64,
    /// Its one-sided lower bound at 95 % (Clopper-Pearson).
    pub low: f64,
    /// Ages that end in 0 or 5.
    pub round: u64,
    /// All of them.
    pub all: u64,
}

/// Whipple's index of `counts`, the number of people by completed year from 0 on. None without anybody from 23 to 62.
///
/// Source: United Nations (1955), Methods of appraisal of quality of basic data for population estimates, ch. III; Shryock &
/// Siegel (1976), The Methods and Materials of Demography, ch. 8.
#[must_use]
pub fn round_ages(counts: &[u64]) -> Option<RoundAges> {
    let within = || counts.iter().enumerate().skip(23).take(40);
    let all: u64 = within().map(|(_, count)| count).sum();
    let round: u64 = within().filter(|(age, _)| age % 5 == 0).map(|(_, count)| count).sum();
    (all > 0).then(|| RoundAges {
        index: 500.0 * round as f64 / all as f64,
        low: 500.0 * lower_claim(round as f64, all as f64, 0.95),
        round,
        all,
    })
}

/// Times as many people as in the years around it make a year a spike.
const SPIKE: f64 = 3.0;

/// Years with more than three times as many people as the mean of the two years before and the two after (those of them that there are), which
/// is shown: the lower bound of their share among these years, at 95 % over all years together (Bonferroni), is above that. The year, its
/// count, and the mean.
#[must_use]
pub fn spikes(counts: &[u64]) -> Vec<(usize, u64, f64)> {
    let level = 1.0 - 0.05 / counts.len().max(1) as f64;
    let spike = |(year, count): (usize, &u64)| {
        let from = year.saturating_sub(2);
        let around = counts.iter().enumerate().skip(from).take(year + 3 - from).filter(|(other, _)| *other != year);
        let (years, others) = around.fold((0.0, 0), |(years, sum), (_, count)| (years + 1.0, sum + count));
        let low = lower_claim(*count as f64, (count + others) as f64, level);
        (*count > 0 && low > SPIKE / (SPIKE + years)).then(|| (year, *count, others as f64 / years))
    };
    counts.iter().enumerate().filter_map(spike).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People by single year of age, as a census of a country holds them where many do not know their year of birth.
    const CENSUS: [u64; 71] = [
        9_544_406, 7_471_790, 11_590_109, 11_881_844, 11_872_503, 12_968_350, 11_993_151, 10_033_918, 14_312_222,
        8_111_523, 15_311_047, 6_861_510, 13_305_117, 7_454_575, 9_015_381, 10_325_432, 9_055_588, 5_519_173,
        12_546_779, 4_784_102, 13_365_429, 4_630_254, 9_595_545, 4_727_963, 5_195_032, 15_061_479, 5_467_392,
        4_011_539, 8_033_850, 1_972_327, 17_396_266, 1_647_397, 6_539_557, 2_233_521, 2_101_024, 16_768_198, 3_211_834,
        1_923_169, 4_472_854, 1_182_245, 15_874_081, 1_017_752, 3_673_865, 1_247_304, 1_029_243, 12_619_050, 1_499_847,
        1_250_321, 2_862_148, 723_195, 12_396_632, 733_501, 2_186_678, 777_379, 810_700, 7_298_270, 1_116_032, 650_402,
        1_465_209, 411_834, 9_478_824, 429_296, 1_190_060, 446_290, 362_767, 4_998_209, 388_753, 334_629, 593_906,
        178_133, 4_560_342,
    ];

    #[test]
    fn the_index_of_a_census_is_what_numpy_computes_from_its_definition() {
        // 500 * v[25:61:5].sum() / v[23:63].sum()
        let found = round_ages(&CENSUS).unwrap();
        assert!((found.index - 292.556_782_965_775_3).abs() < 1e-9, "{}", found.index);
        assert!(found.low > 292.0 && found.low < found.index);
        let even = round_ages(&[10; 100]).unwrap();
        assert_eq!((even.index, even.round, even.all), (100.0, 80, 400));
        assert!(even.low < 100.0);
        assert_eq!(round_ages(&[5; 20]), None);
    }

    #[test]
    fn a_year_is_a_spike_where_it_surely_has_three_times_its_neighbours() {
        let mut counts = [100; 80];
        assert_eq!(spikes(&counts), []);
        counts[26] = 500;
        counts[0] = 500;
        assert_eq!(spikes(&counts), [(0, 500, 100.0), (26, 500, 100.0)]);
        counts[26] = 310; // scipy.stats.beta.ppf(0.05 / 80, 310, 401) is 0.38, below 3 / 7
        counts[0] = 100;
        assert_eq!(spikes(&counts), []);
        // Twelve a year and 38 before a limit, as a study that needs people there has them.
        let mut study = [12; 30];
        study[17] = 38;
        assert_eq!(spikes(&study), []);
        assert_eq!(spikes(&[]), []);
    }
}
