//! Pictures that look alike, found without holding each against each.
//!
//! Near likenesses differ by at most [`Likeness::REACH`] in each of their waves. So the pictures are cut into strips of that
//! width along the first wave, and only those of one strip and of its neighbour are held against each other, after the same
//! has been done along the second wave, and so on. Nothing near is missed.

use rayon::prelude::*;

use crate::photo::Likeness;

/// Fewer pairs than this are looked at one by one.
const FEW: usize = 512;
/// Pictures of a strip along the first wave that are worth a task.
const WAVES: usize = 8;

/// Two places in the list, the earlier first, and how far apart they look.
pub(super) type Pair = (u32, u32, f64);

/// Every pair of `likenesses` that is near, sorted.
pub(super) fn pairs(likenesses: &[&Likeness]) -> Vec<Pair> {
    let waves: Vec<[f32; WAVES]> = likenesses.par_iter().map(|likeness| likeness.waves()).collect();
    // Waves of unit vectors are -1 to 1: at most 21 strips.
    #[expect(clippy::cast_possible_truncation, reason = "at most 21 strips")]
    let number = |wave: f32| ((wave + 1.0) / Likeness::REACH).floor() as i8;
    let numbers = waves.iter().map(|waves| waves.map(number)).collect();
    let search = Search { likenesses, waves, numbers };
    let all: Vec<u32> = (0..u32::try_from(likenesses.len()).unwrap_or(u32::MAX)).collect();
    let strips = search.strips(all, 0);
    let mut found: Vec<Pair> = (0..strips.len())
        .into_par_iter()
        .flat_map_iter(|at| {
            let mut found = Vec::new();
            if let Some((number, strip)) = strips.get(at) {
                search.within(strip, 1, &mut found);
                if let Some((_, next)) = strips.get(at + 1).filter(|(next, _)| *next == number + 1) {
                    search.between(strip, next, 1, &mut found);
                }
            }
            found
        })
        .collect();
    found.par_sort_unstable_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    found
}

struct Search<'l> {
    likenesses: &'l [&'l Likeness],
    waves: Vec<[f32; WAVES]>,
    /// The strip along each wave in which a picture lies.
    numbers: Vec<[i8; WAVES]>,
}

impl Search<'_> {
    /// `places` in strips along `wave`, ascending, each with its number; none is empty.
    fn strips(&self, mut places: Vec<u32>, wave: usize) -> Vec<(i8, Vec<u32>)> {
        let number = |place: u32| {
            self.numbers.get(place as usize).and_then(|numbers| numbers.get(wave)).copied().unwrap_or_default()
        };
        places.sort_by_key(|place| number(*place));
        places
            .chunk_by(|one, other| number(*one) == number(*other))
            .map(|strip| (strip.first().map_or(0, |first| number(*first)), strip.to_vec()))
            .collect()
    }

    fn within(&self, places: &[u32], wave: usize, found: &mut Vec<Pair>) {
        if wave == WAVES || places.len() * places.len() <= FEW {
            for (at, one) in places.iter().enumerate() {
                places.iter().skip(at + 1).for_each(|other| self.hold(*one, *other, found));
            }
            return;
        }
        let strips = self.strips(places.to_vec(), wave);
        for (at, (number, strip)) in strips.iter().enumerate() {
            self.within(strip, wave + 1, found);
            if let Some((_, next)) = strips.get(at + 1).filter(|(next, _)| *next == number + 1) {
                self.between(strip, next, wave + 1, found);
            }
        }
    }

    fn between(&self, ones: &[u32], others: &[u32], wave: usize, found: &mut Vec<Pair>) {
        if wave == WAVES || ones.len() * others.len() <= FEW {
            for one in ones {
                others.iter().for_each(|other| self.hold(*one, *other, found));
            }
            return;
        }
        let (ones, others) = (self.strips(ones.to_vec(), wave), self.strips(others.to_vec(), wave));
        for (number, strip) in &ones {
            let near = others.iter().filter(|(other, _)| (other - number).abs() <= 1);
            near.for_each(|(_, other)| self.between(strip, other, wave + 1, found));
        }
    }

    fn hold(&self, one: u32, other: u32, found: &mut Vec<Pair>) {
        let (Some(waves), Some(others)) = (self.waves.get(one as usize), self.waves.get(other as usize)) else {
            return;
        };
        if waves.iter().zip(others).any(|(wave, other)| (wave - other).abs() > Likeness::REACH) {
            return;
        }
        let (Some(a), Some(b)) = (self.likenesses.get(one as usize), self.likenesses.get(other as usize)) else {
            return;
        };
        let distance = a.distance(b);
        if distance <= Likeness::NEAR {
            found.push((one.min(other), one.max(other), distance));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{Decoder, PIXEL_LIMIT, look};

    #[test]
    fn the_pairs_are_those_that_holding_each_against_each_finds() {
        let folder = format!("{}/fixtures/faces/images", env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut looks: Vec<Likeness> = Vec::new();
        for file in files.iter().take(400) {
            let bytes = std::fs::read(file).unwrap();
            looks.extend(look(&bytes, Decoder::Own, PIXEL_LIMIT).unwrap().likeness);
            if looks.len().is_multiple_of(3) {
                // A copy: half as large.
                let picture = image::load_from_memory(&bytes).unwrap();
                let small = picture.resize_exact(80, 80, image::imageops::FilterType::Triangle);
                let mut again = std::io::Cursor::new(Vec::new());
                small.write_to(&mut again, image::ImageFormat::Jpeg).unwrap();
                looks.extend(look(again.get_ref(), Decoder::Own, PIXEL_LIMIT).unwrap().likeness);
            }
        }
        let likenesses: Vec<&Likeness> = looks.iter().collect();
        let mut expected = Vec::new();
        for (at, one) in likenesses.iter().enumerate() {
            for (other_at, other) in likenesses.iter().enumerate().skip(at + 1) {
                if one.distance(other) <= Likeness::NEAR {
                    expected.push((at as u32, other_at as u32, one.distance(other)));
                }
            }
        }
        assert!(expected.len() > 90, "{}", expected.len());
        assert_eq!(pairs(&likenesses), expected);
    }
}
