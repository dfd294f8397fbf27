//! The inverse cosine transform of a block, to the bit as libjpeg's accurate integer one (`islow`; Loeffler, Ligtenberg &
//! Moschytz 1989).
//!
//! That algorithm is a chain of integer sums and products that is rounded only at the end of each pass, so a pass *is* the
//! product with a matrix of integers: [`MATRIX`], which is what the algorithm makes of unit vectors. As products of pairs of
//! 16-bit numbers it needs no transposing.

use multiversion::multiversion;
use multiversion::target::match_target;

/// Fraction bits of the matrix.
const MATRIX_BITS: u32 = 13;
/// Fraction bits that are kept between the passes.
const BETWEEN_BITS: u32 = 2;
/// What the first pass cuts off.
const FIRST_SHIFT: u32 = MATRIX_BITS - BETWEEN_BITS;
/// What the second pass cuts off, a division by 8 among it.
const SECOND_SHIFT: u32 = MATRIX_BITS + BETWEEN_BITS + 3;
/// Added to every sample, so that 0 becomes the middle level.
const MIDDLE: i32 = 128;
/// Rows and columns in the order that puts partners side by side: 0 and 2, 4 and 6 of the even half, 1 and 3, 5 and 7 of the odd.
const PARTNERS: [usize; 8] = [0, 2, 4, 6, 1, 3, 5, 7];
/// The last place in zigzag order up to which only the first four rows and columns are used.
const LAST_OF_QUARTER: usize = 9;

/// Coefficients of a block where [`PLACES`] puts them.
pub(super) type Block = [i16; 64];

/// Where the coefficients of a block stand, in zigzag order: rows in pairs of partners, their numbers interleaved, and
/// columns in the order of partners too.
pub(super) const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut step = 0;
    while step < 64 {
        places[step] = place_of(row, column) as u8;
        if (row + column).is_multiple_of(2) {
            (row, column) = if column == 7 {
                (row + 1, 7)
            } else if row == 0 {
                (0, column + 1)
            } else {
                (row - 1, column + 1)
            };
        } else {
            (row, column) = if row == 7 {
                (7, column + 1)
            } else if column == 0 {
                (row + 1, 0)
            } else {
                (row + 1, column - 1)
            };
        }
        step += 1;
    }
    places
};

/// Where the coefficient of `row` and `column` stands in a [`Block`].
pub(super) const fn place_of(row: usize, column: usize) -> usize {
    partner(row) / 2 * 16 + partner(column) * 2 + partner(row) % 2
}

/// The place of `index` in [`PARTNERS`].
const fn partner(index: usize) -> usize {
    if index.is_multiple_of(2) { index / 2 } else { 4 + index / 2 }
}

/// libjpeg's one-dimensional transform, before rounding.
const fn islow(input: [i32; 8]) -> [i32; 8] {
    let shared = (input[2] + input[6]) * 4433; // 0.541196100
    let low = shared - input[6] * 15137; // 1.847759065
    let high = shared + input[2] * 6270; // 0.765366865
    let (sum, difference) = ((input[0] + input[4]) << MATRIX_BITS, (input[0] - input[4]) << MATRIX_BITS);
    let even = [sum + high, difference + low, difference - low, sum - high];
    let [a, b, c, d] = [input[7], input[5], input[3], input[1]];
    let all = (a + c + b + d) * 9633; // 1.175875602
    let ad = (a + d) * -7373; // 0.899976223
    let bc = (b + c) * -20995; // 2.562915447
    let ac = (a + c) * -16069 + all; // 1.961570560
    let bd = (b + d) * -3196 + all; // 0.390180644
    let odd = [d * 12299 + ad + bd, c * 25172 + bc + ac, b * 16819 + bc + bd, a * 2446 + ad + ac];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}

/// `MATRIX[partner][output]`: the weight of each input (in the order of [`PARTNERS`]) in the first four outputs. The last
/// four are even minus odd half.
const MATRIX: [[i16; 4]; 8] = {
    let mut matrix = [[0; 4]; 8];
    let mut input = 0;
    while input < 8 {
        let mut unit = [0; 8];
        unit[PARTNERS[input]] = 1;
        let outputs = islow(unit);
        let mut output = 0;
        while output < 4 {
            assert!(outputs[output] as i16 as i32 == outputs[output], "fits 16 bits");
            matrix[input][output] = outputs[output] as i16;
            output += 1;
        }
        input += 1;
    }
    matrix
};

/// Writes the 8 x 8 samples of `block` to the start of `samples`, rows `stride` apart. `last` is the last coefficient in
/// zigzag order that is not 0.
pub(super) fn transform(block: &Block, last: usize, samples: &mut [u8], stride: usize) {
    if last == 0 {
        let level = flat(block[0]);
        for row in samples.chunks_mut(stride).take(8) {
            row[..8].fill(level);
        }
    } else {
        full(block, last, samples, stride);
    }
}

/// The level of a block that is its mean alone.
fn flat(mean: i16) -> u8 {
    let between = (i32::from(mean) << BETWEEN_BITS).clamp(i16::MIN.into(), i16::MAX.into());
    level(((between << MATRIX_BITS) + (1 << (SECOND_SHIFT - 1))) >> SECOND_SHIFT)
}

fn level(value: i32) -> u8 {
    (value + MIDDLE).clamp(0, 255) as u8
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn full(block: &Block, last: usize, samples: &mut [u8], stride: usize) {
    let quarter = last <= LAST_OF_QUARTER;
    match_target! {
        "x86_64+avx+avx2" => pairs::transform(block, quarter, samples, stride),
        _ => plain(block, quarter, samples, stride),
    }
}

/// For processors without AVX2.
#[inline(always)]
fn plain(block: &Block, quarter: bool, samples: &mut [u8], stride: usize) {
    let reach = if quarter { 2 } else { 4 };
    let mut between = [[0_i32; 8]; 8];
    for column in 0..8 {
        let input = |row: usize| i32::from(block[row / 2 * 16 + column * 2 + row % 2]);
        for row in 0..4 {
            let half = |first: usize| {
                (first..first + reach).map(|place| input(place) * i32::from(MATRIX[place][row])).sum::<i32>()
            };
            let (even, odd) = (half(0), half(4));
            let rounded = |sum: i32| {
                (sum.wrapping_add(1 << (FIRST_SHIFT - 1)) >> FIRST_SHIFT).clamp(i16::MIN.into(), i16::MAX.into())
            };
            between[row][column] = rounded(even.wrapping_add(odd));
            between[7 - row][column] = rounded(even.wrapping_sub(odd));
        }
    }
    for (input, line) in between.iter().zip(samples.chunks_mut(stride)) {
        for column in 0..4 {
            let half = |first: usize| {
                (first..first + reach)
                    .map(|place| input[place].wrapping_mul(MATRIX[place][column].into()))
                    .fold(0, i32::wrapping_add)
            };
            let (even, odd) = (half(0), half(4));
            let rounded = |sum: i32| level(sum.wrapping_add(1 << (SECOND_SHIFT - 1)) >> SECOND_SHIFT);
            line[column] = rounded(even.wrapping_add(odd));
            line[7 - column] = rounded(even.wrapping_sub(odd));
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod pairs {
    use std::arch::x86_64::*;

    use super::{Block, FIRST_SHIFT, MATRIX, MIDDLE, SECOND_SHIFT};

    /// The transform, as products of pairs of 16-bit numbers. `quarter` says that rows and columns 4 to 7 are zero.
    #[target_feature(enable = "avx2")]
    pub(super) fn transform(block: &Block, quarter: bool, samples: &mut [u8], stride: usize) {
        let (pairs, _) = block.as_chunks::<16>();
        let rows = if quarter {
            let [even, odd] = [load(&pairs[0]), load(&pairs[2])];
            std::array::from_fn(|row| (_mm256_madd_epi16(even, both(0, row)), _mm256_madd_epi16(odd, both(4, row))))
        } else {
            let [even, even_2, odd, odd_2] = [load(&pairs[0]), load(&pairs[1]), load(&pairs[2]), load(&pairs[3])];
            std::array::from_fn(|row| {
                let even =
                    _mm256_add_epi32(_mm256_madd_epi16(even, both(0, row)), _mm256_madd_epi16(even_2, both(2, row)));
                let odd =
                    _mm256_add_epi32(_mm256_madd_epi16(odd, both(4, row)), _mm256_madd_epi16(odd_2, both(6, row)));
                (even, odd)
            })
        };
        let half = _mm256_set1_epi32(1 << (FIRST_SHIFT - 1));
        // Rows `row` and `7 - row` in one vector: the even columns of both, then the odd ones.
        let [a, b, c, d] = rows.map(|(even, odd)| {
            let even = _mm256_add_epi32(even, half);
            let upper = _mm256_srai_epi32::<{ FIRST_SHIFT as i32 }>(_mm256_add_epi32(even, odd));
            let lower = _mm256_srai_epi32::<{ FIRST_SHIFT as i32 }>(_mm256_sub_epi32(even, odd));
            _mm256_packs_epi32(upper, lower)
        });
        let [a, b, c, d] = [second(a, quarter), second(b, quarter), second(c, quarter), second(d, quarter)];
        // 8 bytes a row: rows 0 and 1 (and 7 and 6 in the upper half), then 2 and 3 (5 and 4).
        let order = bytes([0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11, 15, 14, 13, 12]);
        let outer = _mm256_shuffle_epi8(_mm256_packus_epi16(a, b), order);
        let inner = _mm256_shuffle_epi8(_mm256_packus_epi16(c, d), order);
        let rows = [
            _mm256_extract_epi64::<0>(outer),
            _mm256_extract_epi64::<1>(outer),
            _mm256_extract_epi64::<0>(inner),
            _mm256_extract_epi64::<1>(inner),
            _mm256_extract_epi64::<3>(inner),
            _mm256_extract_epi64::<2>(inner),
            _mm256_extract_epi64::<3>(outer),
            _mm256_extract_epi64::<2>(outer),
        ];
        for (line, row) in samples.chunks_mut(stride).zip(rows) {
            if let Some(line) = line.first_chunk_mut::<8>() {
                *line = row.to_le_bytes();
            }
        }
    }

    /// The second pass over two rows: samples 0 to 3 and 7 to 4 of the first in the lower half, of the other in the upper.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn second(rows: __m256i, quarter: bool) -> __m256i {
        // Sums of even columns below, of odd ones above.
        let sums = |first: __m256i, other: __m256i| {
            let sums = _mm256_madd_epi16(first, columns(0));
            if quarter { sums } else { _mm256_add_epi32(sums, _mm256_madd_epi16(other, columns(2))) }
        };
        let one = sums(_mm256_shuffle_epi32::<0x00>(rows), _mm256_shuffle_epi32::<0x55>(rows));
        let other = sums(_mm256_shuffle_epi32::<0xAA>(rows), _mm256_shuffle_epi32::<0xFF>(rows));
        let even = _mm256_permute2x128_si256::<0x20>(one, other);
        let odd = _mm256_permute2x128_si256::<0x31>(one, other);
        let even = _mm256_add_epi32(even, _mm256_set1_epi32((MIDDLE << SECOND_SHIFT) + (1 << (SECOND_SHIFT - 1))));
        let left = _mm256_srai_epi32::<{ SECOND_SHIFT as i32 }>(_mm256_add_epi32(even, odd));
        let right = _mm256_srai_epi32::<{ SECOND_SHIFT as i32 }>(_mm256_sub_epi32(even, odd));
        _mm256_packs_epi32(left, right)
    }

    /// The weights of two inputs in one output, for each column.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn both(first: usize, output: usize) -> __m256i {
        _mm256_set1_epi32(pair(first, output))
    }

    /// The weights of two even inputs in four outputs, then of two odd ones.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn columns(first: usize) -> __m256i {
        let even = |output| pair(first, output);
        let odd = |output| pair(first + 4, output);
        _mm256_setr_epi32(even(0), even(1), even(2), even(3), odd(0), odd(1), odd(2), odd(3))
    }

    #[inline(always)]
    fn pair(first: usize, output: usize) -> i32 {
        i32::from(MATRIX[first][output].cast_unsigned()) | i32::from(MATRIX[first + 1][output]) << 16
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(numbers: &[i16; 16]) -> __m256i {
        let (fours, _) = numbers.as_chunks::<4>();
        let four = |place: usize| {
            let [a, b, c, d] = fours[place].map(|number| u64::from(number.cast_unsigned()));
            (a | b << 16 | c << 32 | d << 48).cast_signed()
        };
        _mm256_setr_epi64x(four(0), four(1), four(2), four(3))
    }

    /// The same 16 bytes in both halves.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn bytes(order: [u8; 16]) -> __m256i {
        let number = i128::from_le_bytes(order);
        let (low, high) = (number as i64, (number >> 64) as i64);
        _mm256_setr_epi64x(low, high, low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// libjpeg's transform as it is written there: columns, then rows.
    fn reference(natural: &[[i32; 8]; 8]) -> [[u8; 8]; 8] {
        let mut between = [[0; 8]; 8];
        for column in 0..8 {
            let pass = islow(std::array::from_fn(|row| natural[row][column]));
            (0..8).for_each(|row| between[row][column] = (pass[row] + 1024) >> 11);
        }
        between.map(|row| islow(row).map(|sum| level((sum + (1 << 17)) >> 18)))
    }

    #[test]
    fn every_version_is_the_algorithm_of_libjpeg() {
        let mut state = 1_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8).cast_signed()
        };
        for round in 0..4_000 {
            let last = usize::try_from(random()).unwrap() % if round % 2 == 0 { 10 } else { 64 };
            let reach = [8, 200, 1_000][round % 3];
            let (mut natural, mut block) = ([[0; 8]; 8], [0; 64]);
            let mut walk = (0..8).flat_map(|row| (0..8).map(move |column| (row, column))).collect::<Vec<_>>();
            walk.sort_by_key(|&(row, column): &(usize, usize)| {
                (row + column, if (row + column) % 2 == 0 { column } else { row })
            });
            for (step, &(row, column)) in walk.iter().enumerate().take(last + 1) {
                natural[row][column] = random() % reach;
                block[usize::from(PLACES[step])] = natural[row][column] as i16;
            }
            let wanted = reference(&natural);
            let mut samples = [0; 80];
            transform(&block, last, &mut samples, 10);
            let found = |samples: &[u8; 80]| {
                std::array::from_fn(|row| std::array::from_fn(|column| samples[row * 10 + column]))
            };
            assert_eq!(wanted, found(&samples), "{natural:?}");
            plain(&block, last <= LAST_OF_QUARTER, &mut samples, 10);
            assert_eq!(wanted, found(&samples), "{natural:?}");
        }
    }
}
