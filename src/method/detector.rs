//! From a face detector's scores and boxes to the faces of a picture, and to the one that is the sample's.
//!
//! A detector here answers with a score and the two corners of a box for each of its candidates, as shares of its input
//! (UltraFace's exported networks do): nothing is left to decode against anchors. Networks that answer with offsets from
//! anchors (MediaPipe's, RetinaFace's) are not read.

use serde::Serialize;

/// One candidate: a box with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Left, upper, right and lower end: shares of the detector's input, or pixels of the picture.
    pub ends: [f64; 4],
    /// How surely it is a face.
    pub score: f64,
}

/// Which face of several is the sample's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The one with the largest area.
    Largest,
    /// The one whose centre is nearest to the picture's.
    Central,
}

impl Choice {
    /// Every choice with its word.
    pub const WORDS: [(&'static str, Self); 2] = [("largest", Self::Largest), ("central", Self::Central)];
}

/// Which candidates are faces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rules {
    /// A candidate counts when its score is above this.
    pub score_threshold: f64,
    /// Of two boxes whose intersection is more than this share of their union, the one with the higher score stays.
    pub iou_threshold: f64,
}

impl Rules {
    /// The faces among candidates: `scores` has `columns` numbers a candidate, of which the one at `column` says "face";
    /// `boxes` four. Higher scores come first, of equal ones the earlier candidate. Candidates whose numbers are not
    /// finite, whose ends are not in order, or that lie wholly outside the input are none.
    #[must_use]
    pub fn faces(self, scores: &[f32], columns: usize, column: usize, boxes: &[f32]) -> Vec<Face> {
        let (boxes, _) = boxes.as_chunks::<4>();
        let candidates = scores.chunks_exact(columns.max(1)).zip(boxes).filter_map(|(scores, ends)| {
            let face = Face { ends: ends.map(f64::from), score: f64::from(*scores.get(column)?) };
            (face.score > self.score_threshold && face.is_on_the_picture()).then_some(face)
        });
        let mut candidates: Vec<Face> = candidates.collect();
        candidates.sort_by(|one, other| other.score.total_cmp(&one.score));
        let mut kept: Vec<Face> = Vec::new();
        for face in candidates {
            if kept.iter().all(|better| face.overlap(better) <= self.iou_threshold) {
                kept.push(face);
            }
        }
        kept
    }
}

impl Choice {
    /// The sample's face among `faces`, whose ends are pixels of a picture with its centre at `middle`. Of equals, the
    /// one with the higher score.
    #[must_use]
    pub fn of(self, faces: &[Face], middle: [f64; 2]) -> Option<Face> {
        let better = |face: &Face| match self {
            Self::Largest => face.area(),
            Self::Central => -face.from(middle),
        };
        faces.iter().copied().reduce(|best, face| if better(&face) > better(&best) { face } else { best })
    }
}

impl Face {
    /// Whether the box has an area of which some lies on the picture.
    fn is_on_the_picture(&self) -> bool {
        let [x0, y0, x1, y1] = self.ends;
        let finite = self.ends.iter().all(|end| end.is_finite());
        finite && x0 < x1 && y0 < y1 && x0 < 1.0 && y0 < 1.0 && x1 > 0.0 && y1 > 0.0
    }

    fn area(&self) -> f64 {
        let [x0, y0, x1, y1] = self.ends;
        (x1 - x0) * (y1 - y0)
    }

    /// Intersection over union.
    fn overlap(&self, other: &Self) -> f64 {
        let ([x0, y0, x1, y1], [u0, v0, u1, v1]) = (self.ends, other.ends);
        let across = (x1.min(u1) - x0.max(u0)).max(0.0);
        let down = (y1.min(v1) - y0.max(v0)).max(0.0);
        let both = across * down;
        both / (self.area() + other.area() - both)
    }

    /// The square of the distance of its centre from `middle`.
    fn from(&self, middle: [f64; 2]) -> f64 {
        let [x0, y0, x1, y1] = self.ends;
        let (across, down) = ((x0 + x1) / 2.0 - middle[0], (y0 + y1) / 2.0 - middle[1]);
        across * across + down * down
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { score_threshold: 0.7, iou_threshold: 0.5 };

    fn faces(candidates: &[(f32, [f32; 4])]) -> Vec<Face> {
        let scores: Vec<f32> = candidates.iter().flat_map(|(score, _)| [1.0 - score, *score]).collect();
        let boxes: Vec<f32> = candidates.iter().flat_map(|(_, ends)| *ends).collect();
        RULES.faces(&scores, 2, 1, &boxes)
    }

    #[test]
    fn of_overlapping_boxes_the_surest_stays_and_what_is_unsure_or_no_box_is_none() {
        // Boxes 1 and 2 share 0.3 x 0.4 of 0.4 x 0.4 each: 0.12 / (0.16 + 0.16 - 0.12) = 0.6, above one half. Boxes 1 and 3
        // share half a box: 0.08 / 0.24 = 1/3.
        let found = faces(&[
            (0.8, [0.1, 0.1, 0.5, 0.5]),
            (0.9, [0.2, 0.1, 0.6, 0.5]),
            (0.75, [0.4, 0.1, 0.8, 0.5]),
            (0.7, [0.0, 0.6, 0.2, 0.9]),
            (0.99, [0.5, 0.5, 0.5, 0.9]),
            (0.99, [f32::NAN, 0.5, 0.6, 0.9]),
            (0.99, [1.1, 0.5, 1.6, 0.9]),
            (f32::NAN, [0.0, 0.6, 0.2, 0.9]),
        ]);
        let scores: Vec<f64> = found.iter().map(|face| (face.score * 100.0).round()).collect();
        assert_eq!(scores, [90.0, 75.0]);
    }

    #[test]
    fn the_largest_is_by_area_and_the_most_central_by_the_distance_of_its_centre() {
        let face = |ends| Face { ends, score: 0.9 };
        let found = [face([0.0, 0.0, 40.0, 40.0]), face([120.0, 60.0, 180.0, 100.0]), face([60.0, 75.0, 100.0, 85.0])];
        assert_eq!(Choice::Largest.of(&found, [100.0, 50.0]), Some(found[1]));
        // Centres (20, 20), (150, 80), (80, 80): 85.4, 58.3 and 36.1 from the centre of a picture of 200 x 100.
        assert_eq!(Choice::Central.of(&found, [100.0, 50.0]), Some(found[2]));
        assert_eq!(Choice::Central.of(&found, [20.0, 30.0]), Some(found[0]));
        let equal = [face([0.0, 0.0, 10.0, 10.0]), face([90.0, 0.0, 100.0, 10.0])];
        assert_eq!(Choice::Central.of(&equal, [50.0, 50.0]), Some(equal[0]));
        assert_eq!(Choice::Largest.of(&equal, [50.0, 50.0]), Some(equal[0]));
        assert_eq!(Choice::Largest.of(&[], [50.0, 50.0]), None);
    }

    #[test]
    fn a_detector_that_answers_one_score_a_box_is_read_from_column_zero() {
        let found = RULES.faces(&[0.6, 0.8], 1, 0, &[0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ends, [0.5, 0.5, 1.0, 1.0]);
    }
}
