//! The labelled samples that variants are tried on: picked so that ages are spread, each decoded once.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::dataset::{Dataset, Precision};
use crate::photo::{Decoder, FaceBox, PIXEL_LIMIT, Picture, decode};

/// Bytes of decoded pictures that are kept; those beyond are decoded each time that they are wanted.
const KEPT: usize = 512 << 20;

/// One labelled sample.
pub(super) struct Face {
    /// The label in years: the completed years where no more is known, the middle of a band.
    pub(super) years: f64,
    /// Whose: equal for photos of one person.
    pub(super) subject: u64,
    pub(super) face_box: Option<FaceBox>,
    place: usize,
    picture: Option<Picture>,
}

/// The samples, ascending by age.
pub(super) struct Faces<'d> {
    dataset: &'d Dataset,
    decoder: Decoder,
    pub(super) all: Vec<Face>,
    /// Eligible samples of the dataset that have a file.
    pub(super) eligible: usize,
    /// Picked samples that could not be read or decoded.
    pub(super) unreadable: usize,
}

impl<'d> Faces<'d> {
    /// At most `most` samples of `dataset`, spread over its ages; decoded by `jobs` threads.
    pub(super) fn pick(dataset: &'d Dataset, most: usize, decoder: Decoder, jobs: usize) -> Self {
        let whole_years = dataset.precision() == Precision::Year;
        let mut found: Vec<Face> = (0..dataset.samples().len())
            .filter(|place| dataset.is_eligible(*place))
            .filter_map(|place| {
                let sample = dataset.samples().get(place).filter(|sample| sample.path.is_some())?;
                let age = sample.age?;
                let face_box = sample.face_box.and_then(|face| FaceBox::new(face.x0, face.y0, face.x1, face.y1).ok());
                // Without a subject the sample is its own; the numbers of subjects never reach those of samples beside them.
                let subject = sample.subject.map_or_else(|| u64::from(u32::MAX) + place as u64, u64::from);
                let years = if whole_years { age.low() } else { age.middle() };
                Some(Face { years, subject, face_box, place, picture: None })
            })
            .collect();
        let eligible = found.len();
        found.sort_by(|one, other| one.years.total_cmp(&other.years).then(one.place.cmp(&other.place)));
        let picked = spread(eligible, most);
        let mut places = picked.into_iter().peekable();
        let mut number = 0;
        found.retain(|_| {
            let wanted = places.next_if_eq(&number).is_some();
            number += 1;
            wanted
        });
        let mut faces = Self { dataset, decoder, all: found, eligible, unreadable: 0 };
        faces.decode_all(jobs);
        faces
    }

    /// Decodes what may be kept, and leaves out what cannot be read.
    fn decode_all(&mut self, jobs: usize) {
        let (mut kept, mut readable) = (0, Vec::new());
        let all = std::mem::take(&mut self.all);
        let mut rest = all.into_iter();
        loop {
            let part: Vec<Face> = rest.by_ref().take(jobs.max(1) * 8).collect();
            if part.is_empty() {
                break;
            }
            let next = Mutex::new(part.iter().enumerate());
            let pictures = Mutex::new(Vec::new());
            std::thread::scope(|scope| {
                for _ in 0..jobs.max(1) {
                    scope.spawn(|| {
                        loop {
                            let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                            let Some((number, face)) = taken else { return };
                            let picture = self.read(face.place);
                            pictures.lock().unwrap_or_else(PoisonError::into_inner).push((number, picture));
                        }
                    });
                }
            });
            let mut pictures = pictures.into_inner().unwrap_or_else(PoisonError::into_inner);
            pictures.sort_by_key(|(number, _)| *number);
            for (mut face, (_, picture)) in part.into_iter().zip(pictures) {
                let Some(picture) = picture else {
                    self.unreadable += 1;
                    continue;
                };
                let bytes = picture.rgb().len();
                if kept + bytes <= KEPT {
                    kept += bytes;
                    face.picture = Some(picture);
                }
                readable.push(face);
            }
        }
        self.all = readable;
    }

    fn read(&self, place: usize) -> Option<Picture> {
        let sample = self.dataset.samples().get(place)?;
        let bytes = self.dataset.read_sample(&sample).ok()??;
        decode(&bytes.bytes, self.decoder, PIXEL_LIMIT).ok()
    }

    /// Gives the picture of the sample at `number` to `use_it`; `None` when it can no longer be read.
    pub(super) fn with_picture<T>(&self, number: usize, use_it: impl FnOnce(&Face, &Picture) -> T) -> Option<T> {
        let face = self.all.get(number)?;
        match &face.picture {
            Some(picture) => Some(use_it(face, picture)),
            None => self.read(face.place).map(|picture| use_it(face, &picture)),
        }
    }

    /// Whether nearly all have a face box, so that a margin means something.
    pub(super) fn have_boxes(&self) -> bool {
        let boxed = self.all.iter().filter(|face| face.face_box.is_some()).count();
        boxed > 0 && boxed * 10 >= self.all.len() * 9
    }

    /// Places of at most `most` samples, spread over the ages.
    pub(super) fn spread(&self, most: usize) -> Vec<usize> {
        spread(self.all.len(), most)
    }

    /// How many people.
    pub(super) fn subjects(&self) -> usize {
        let mut subjects: Vec<u64> = self.all.iter().map(|face| face.subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects.len()
    }
}

/// At most `most` of `count` places, evenly apart, ascending.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most { (0..count).collect() } else { (0..most).map(|number| number * count / most).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_and_none_is_taken_twice() {
        assert_eq!(spread(3, 10), [0, 1, 2]);
        assert_eq!(spread(10, 4), [0, 2, 5, 7]);
        assert_eq!(spread(0, 4), [0; 0]);
        assert_eq!(spread(5, 0), [0; 0]);
    }
}
