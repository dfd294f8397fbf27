//! Reduced pictures against Pillow 13.0.0.

use super::*;

const FACE: &[u8] = include_bytes!("../../../fixtures/faces/images/s0001.jpg");

/// The FNV-1a hash of pixels, as the comments below compute it in Python.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The pixels of a reduced picture whose coding loses nothing: that of a PNG of the same picture.
fn lossless(reduction: Reduction, face: Option<FaceBox>) -> Reduced {
    let picture = decode(FACE, Decoder::Own, PIXEL_LIMIT).unwrap();
    let png = encode(&picture, false, None).unwrap();
    reduction.apply(&png, face, Decoder::Own).unwrap().unwrap()
}

fn pixels(reduced: &Reduced) -> u64 {
    hash(decode(&reduced.bytes, Decoder::Own, PIXEL_LIMIT).unwrap().rgb())
}

/// Within 3 %: the entropy coder is the same, the rounding of the cosine transform need not be.
fn near(found: usize, pillow: f64) {
    assert!((found as f64 / pillow - 1.0).abs() < 0.03, "{found} bytes where Pillow writes {pillow}");
}

#[test]
fn a_smaller_picture_has_pillows_pixels_and_about_its_bytes() {
    // im.convert("RGB").resize((s, s), Image.BICUBIC), saved with quality=80, subsampling=0: 80 is the quality of the file.
    for (side, pixels_of, bytes) in
        [(128, 0x2998_b434_8134_6640, 3837.0), (64, 0x65bc_25da_f19b_5e93, 1780.0), (33, 0x0620_484c_c1f5_9fea, 1126.0)]
    {
        let reduction = Reduction { side: Some(side), ..Reduction::default() };
        let found = lossless(reduction, None);
        assert_eq!((pixels(&found), found.size), (pixels_of, (side, side)), "{side}");
        let jpeg = reduction.apply(FACE, None, Decoder::Own).unwrap().unwrap();
        assert!(jpeg::is(&jpeg.bytes) && quality_of(&jpeg.bytes) == Some(80));
        near(jpeg.bytes.len(), bytes);
    }
    assert_eq!(Reduction { side: Some(160), ..Reduction::default() }.apply(FACE, None, Decoder::Own), Ok(None));
}

#[test]
fn a_coarser_picture_has_about_the_bytes_that_pillow_writes() {
    for (quality, bytes) in [(50, 3110.0), (20, 2243.0)] {
        let reduction = Reduction { quality: Some(quality), ..Reduction::default() };
        let found = reduction.apply(FACE, None, Decoder::Own).unwrap().unwrap();
        near(found.bytes.len(), bytes);
        assert_eq!(quality_of(&found.bytes), Some(quality));
    }
    // A file of quality 80 has nothing to give away at 80 or 95; at 75 Pillow writes 4,778 bytes, more than the file's 4,636.
    for quality in [75, 80, 95] {
        let reduction = Reduction { quality: Some(quality), ..Reduction::default() };
        assert_eq!(reduction.apply(FACE, None, Decoder::Own), Ok(None));
    }
}

#[test]
fn colour_goes_as_pillow_takes_it_away_and_only_once() {
    let gray = Reduction { gray: true, ..Reduction::default() };
    let found = lossless(gray, None);
    let levels: Vec<u8> =
        decode(&found.bytes, Decoder::Own, PIXEL_LIMIT).unwrap().rgb().iter().step_by(3).copied().collect();
    assert_eq!(hash(&levels), 0xfeb5_7dc3_1892_36f8, "im.convert(\"L\")");
    near(gray.apply(FACE, None, Decoder::Own).unwrap().unwrap().bytes.len(), 3241.0);
    assert_eq!(gray.apply(&found.bytes, None, Decoder::Own), Ok(None), "a gray picture has no colour");
}

#[test]
fn surroundings_are_cut_off_and_the_face_stays_where_it_is() {
    // im.crop((10, 16, 130, 148)): the face box with a tenth of its longer side, 110 pixels, on each side.
    let face = FaceBox::new(21.0, 27.0, 119.0, 137.0).unwrap();
    let found = lossless(Reduction { margin: Some(0.1), ..Reduction::default() }, Some(face));
    assert_eq!((pixels(&found), found.size), (0x54eb_33af_14a3_6a71, (120, 132)));
    assert_eq!(found.face.unwrap().ends(), [11.0, 11.0, 109.0, 121.0]);
    let wide = Reduction { margin: Some(1.0), ..Reduction::default() };
    assert_eq!(wide.apply(FACE, Some(face), Decoder::Own), Ok(None), "there is no more than the picture");
    assert_eq!(wide.apply(FACE, None, Decoder::Own), Ok(None), "nobody knows where the face is");
    // Smaller first: half of the pixels, so half of the box.
    let both = Reduction { side: Some(80), margin: Some(0.0), ..Reduction::default() };
    let found = lossless(both, Some(face));
    assert_eq!(found.size, (49, 55), "10.5 to 59.5 and 13.5 to 68.5, rounded half up");
    let beside = FaceBox::new(500.0, 500.0, 600.0, 600.0).unwrap();
    let error = both.apply(FACE, Some(beside), Decoder::Own).unwrap_err();
    assert!(matches!(error, PhotoError::BoxOutside { .. }));
}

#[test]
fn what_is_no_picture_is_an_error_and_never_a_panic() {
    let all = Reduction { side: Some(32), quality: Some(20), gray: true, margin: Some(0.0) };
    for bytes in [&b""[..], b"no picture", &FACE[..400], &FACE[..FACE.len() / 2]] {
        assert!(all.apply(bytes, None, Decoder::Own).is_err());
        let _ = quality_of(bytes);
    }
    for at in 0..FACE.len().min(700) {
        let mut bytes = FACE.to_vec();
        bytes[at] ^= 0xFF;
        let _ = (all.apply(&bytes, None, Decoder::Own), quality_of(&bytes), quality_of(&bytes[..at]));
    }
}
