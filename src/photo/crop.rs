//! Which part of the picture a face box, its margin and the fit ask for.

use super::{Fit, PIXEL_LIMIT, PhotoError};

/// A face box in pixels of the upright picture: `[x0, x1)` by `[y0, y1)`; may reach beyond the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceBox {
    x0: f64,
    y0: f64,
    x1: f64,
    y1: f64,
}

impl FaceBox {
    /// The box from (`x0`, `y0`) to (`x1`, `y1`).
    ///
    /// # Errors
    /// [`PhotoError::NotABox`] when a number is not finite or an end does not lie beyond its start.
    pub fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Result<Self, PhotoError> {
        let finite = [x0, y0, x1, y1].iter().all(|value| value.is_finite());
        if finite && x0 < x1 && y0 < y1 {
            Ok(Self { x0, y0, x1, y1 })
        } else {
            Err(PhotoError::NotABox { x0, y0, x1, y1 })
        }
    }

    /// Left, upper, right and lower end in pixels.
    #[must_use]
    pub fn ends(self) -> [f64; 4] {
        [self.x0, self.y0, self.x1, self.y1]
    }
}

/// A rectangle of whole pixels, possibly beyond the picture's edges. Sides are at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Rect {
    /// The whole of a picture of `width` x `height`.
    pub(super) fn whole(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// `face` widened on each side by `margin` x its longer side, each end rounded by floor(v + 0.5).
    ///
    /// `None` when no whole pixel is left, when it does not touch a picture of `width` x `height`, or when it is more
    /// than [`WIDEST`] pixels wide or high, which no picture needs.
    pub(super) fn of_face(face: FaceBox, margin: f64, width: u32, height: u32) -> Option<Self> {
        let [x0, y0, x1, y1] = face.ends();
        let wider = margin * (x1 - x0).max(y1 - y0);
        let (x, across) = ends(x0 - wider, x1 + wider, width)?;
        let (y, down) = ends(y0 - wider, y1 + wider, height)?;
        Some(Self { x, y, width: across, height: down })
    }

    /// Whether the picture holds all of it.
    pub(super) fn within(self, width: u32, height: u32) -> bool {
        self.x >= 0
            && self.y >= 0
            && self.x + i64::from(self.width) <= i64::from(width)
            && self.y + i64::from(self.height) <= i64::from(height)
    }

    /// Whether it may be cut out of a picture of `width` x `height`: all of it is there, or it is at most [`PIXEL_LIMIT`]
    /// pixels, since those beyond the edges must be made.
    pub(super) fn may_be_cut(self, width: u32, height: u32) -> bool {
        self.within(width, height) || u64::from(self.width) * u64::from(self.height) <= PIXEL_LIMIT
    }

    /// The largest centred part with the shape `width` : `height`; the side that is cut is rounded half up, an odd
    /// remainder leaves one pixel more at the right or below. At least one pixel.
    pub(super) fn centred(self, width: u32, height: u32) -> Self {
        let (own, asked) = (u64::from(self.width) * u64::from(height), u64::from(self.height) * u64::from(width));
        if own > asked {
            let across = part(self.height, width, height).min(self.width);
            Self { x: self.x + i64::from((self.width - across) / 2), width: across, ..self }
        } else if own < asked {
            let down = part(self.width, height, width).min(self.height);
            Self { y: self.y + i64::from((self.height - down) / 2), height: down, ..self }
        } else {
            self
        }
    }
}

/// The widest crop, in pixels.
const WIDEST: f64 = 32_768.0;

/// Start and length of the pixels from `low` to `high`, when they touch an axis of `length` pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to ±2^31 before the cast")]
fn ends(low: f64, high: f64, length: u32) -> Option<(i64, u32)> {
    let (low, high) = ((low + 0.5).floor(), (high + 0.5).floor());
    let usable = high > low && high - low <= WIDEST && low < f64::from(length) && high > 0.0;
    usable.then_some((low as i64, (high - low) as u32))
}

/// `side` x `numerator` / `denominator`, rounded half up, at least 1.
fn part(side: u32, numerator: u32, denominator: u32) -> u32 {
    let doubled = u64::from(side) * u64::from(numerator) * 2 + u64::from(denominator);
    u32::try_from(doubled / (u64::from(denominator) * 2)).unwrap_or(u32::MAX).max(1)
}

/// Where the resized pixels stand in the tensor: their size, and how far they are from its left and upper edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) left: u32,
    pub(super) top: u32,
}

/// The place of a crop of `from` pixels in a tensor of `to` pixels.
///
/// `pad` is Pillow's `ImageOps.pad`: the other side is scaled in f64 and rounded half to even, as is the distance from the
/// edge. (face-api.js pads first and resizes then; its result differs at the seam.)
pub(super) fn place(fit: Fit, from: (u32, u32), to: (u32, u32)) -> Placed {
    let whole = Placed { width: to.0, height: to.1, left: 0, top: 0 };
    if fit != Fit::Pad {
        return whole;
    }
    let (wide, high) = (f64::from(from.0), f64::from(from.1));
    let (ratio, asked) = (wide / high, f64::from(to.0) / f64::from(to.1));
    if ratio > asked {
        let height = rounded(high / wide * f64::from(to.0), to.1);
        Placed { height, top: rounded_half(to.1 - height), ..whole }
    } else if ratio < asked {
        let width = rounded(wide / high * f64::from(to.1), to.0);
        Placed { width, left: rounded_half(to.0 - width), ..whole }
    } else {
        whole
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=most")]
fn rounded(side: f64, most: u32) -> u32 {
    side.round_ties_even().clamp(1.0, f64::from(most)) as u32
}

/// Half of `gap`, a half pixel rounded to even.
fn rounded_half(gap: u32) -> u32 {
    let half = gap / 2;
    if gap % 2 == 1 { half + half % 2 } else { half }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rect(x: i64, y: i64, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_margin_is_a_share_of_the_longer_side_and_ends_are_rounded_half_up() {
        let face = FaceBox::new(10.0, 20.0, 30.0, 60.0).unwrap();
        // 0.4 x 40 = 16 pixels on each side.
        assert_eq!(Rect::of_face(face, 0.4, 100, 100), Some(rect(-6, 4, 52, 72)));
        let face = FaceBox::new(1.5, 2.49, 3.5, 4.51).unwrap();
        assert_eq!(Rect::of_face(face, 0.0, 100, 100), Some(rect(2, 2, 2, 3)));
    }

    #[test]
    fn a_box_beside_the_picture_or_without_a_whole_pixel_is_no_crop() {
        for (x0, y0, x1, y1) in [(100.0, 0.0, 120.0, 20.0), (-30.0, 0.0, 0.0, 20.0), (5.1, 5.0, 5.3, 9.0)] {
            let face = FaceBox::new(x0, y0, x1, y1).unwrap();
            assert_eq!(Rect::of_face(face, 0.0, 100, 100), None, "{x0} {y0} {x1} {y1}");
        }
        assert!(FaceBox::new(f64::NAN, 0.0, 1.0, 1.0).is_err());
        assert!(FaceBox::new(2.0, 0.0, 2.0, 1.0).is_err());
        let huge = FaceBox::new(-1e300, 0.0, 1e300, 10.0).unwrap();
        assert_eq!(Rect::of_face(huge, 0.0, 100, 100), None);
    }

    #[test]
    fn a_centred_crop_has_the_asked_shape() {
        assert_eq!(rect(0, 0, 161, 97).centred(64, 64), rect(32, 0, 97, 97));
        assert_eq!(rect(5, 7, 97, 161).centred(64, 64), rect(5, 39, 97, 97));
        assert_eq!(rect(0, 0, 100, 50).centred(320, 240), rect(16, 0, 67, 50)); // 66.67 rounds to 67
        assert_eq!(rect(0, 0, 10, 10).centred(5, 5), rect(0, 0, 10, 10));
    }

    #[test]
    fn padding_places_a_picture_where_pillow_places_it() {
        // Pillow 13.0.0: ImageOps.pad of white pictures, the bounding box of what is not black.
        for (from, to, expected) in [
            ((161, 97), (64, 64), (64, 39, 0, 12)),
            ((97, 161), (64, 64), (39, 64, 12, 0)),
            ((200, 150), (112, 112), (112, 84, 0, 14)),
            ((90, 60), (320, 240), (320, 213, 0, 14)),
            ((100, 63), (64, 64), (64, 40, 0, 12)),
            ((100, 67), (50, 50), (50, 34, 0, 8)),
            ((50, 50), (64, 64), (64, 64, 0, 0)),
        ] {
            let placed = place(Fit::Pad, from, to);
            assert_eq!((placed.width, placed.height, placed.left, placed.top), expected, "{from:?} in {to:?}");
        }
    }

    #[test]
    fn a_crop_beyond_the_picture_has_no_more_pixels_than_a_picture_may_have() {
        assert!(rect(-1, 0, 10_000, 10_000).may_be_cut(100, 100));
        assert!(!rect(-1, 0, 10_000, 10_001).may_be_cut(100, 100));
        assert!(rect(0, 0, 10_000, 10_001).may_be_cut(10_000, 10_001), "all of it is there");
        assert!(!rect(-100, -100, 32_768, 32_768).may_be_cut(100, 100));
    }

    proptest! {
        #[test]
        fn every_crop_touches_the_picture_and_every_centred_part_lies_within_it(
            x0 in -500.0..500.0_f64, y0 in -500.0..500.0_f64, across in 0.01..400.0_f64, down in 0.01..400.0_f64,
            margin in 0.0..2.0_f64, width in 1_u32..300, height in 1_u32..300, to in (1_u32..300, 1_u32..300),
        ) {
            let face = FaceBox::new(x0, y0, x0 + across, y0 + down).unwrap();
            if let Some(crop) = Rect::of_face(face, margin, width, height) {
                prop_assert!(crop.width >= 1 && crop.height >= 1);
                prop_assert!(crop.x < i64::from(width) && crop.x + i64::from(crop.width) > 0);
                prop_assert!(crop.y < i64::from(height) && crop.y + i64::from(crop.height) > 0);
                let part = crop.centred(to.0, to.1);
                prop_assert!(part.x >= crop.x && part.x + i64::from(part.width) <= crop.x + i64::from(crop.width));
                prop_assert!(part.y >= crop.y && part.y + i64::from(part.height) <= crop.y + i64::from(crop.height));
                prop_assert!(part.width == crop.width || part.height == crop.height);
            }
        }

        #[test]
        fn a_padded_picture_lies_within_the_tensor_and_touches_two_sides(
            from in (1_u32..5000, 1_u32..5000), to in (1_u32..400, 1_u32..400),
        ) {
            let placed = place(Fit::Pad, from, to);
            prop_assert!(placed.left + placed.width <= to.0 && placed.top + placed.height <= to.1);
            prop_assert!(placed.width == to.0 || placed.height == to.1);
        }
    }
}
