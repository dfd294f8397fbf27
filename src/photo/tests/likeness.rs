use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;

use super::*;
use crate::photo::PIXEL_LIMIT;

fn face(number: u32) -> Vec<u8> {
    let file = format!("{}/fixtures/faces/images/s{number:04}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(format!("{file}.jpg")).or_else(|_| std::fs::read(format!("{file}.png"))).unwrap()
}

fn likeness(bytes: &[u8]) -> Likeness {
    look(bytes, Decoder::Own, PIXEL_LIMIT).unwrap().likeness.unwrap()
}

fn compressed(picture: &image::DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

#[test]
fn copies_that_were_scaled_compressed_brightened_or_made_grey_are_near_and_other_faces_are_not() {
    for number in 1..=20 {
        let bytes = face(number);
        let own = likeness(&bytes);
        let picture = decode(&bytes, Decoder::Own, PIXEL_LIMIT).unwrap();
        let picture = image::RgbImage::from_raw(picture.width(), picture.height(), picture.rgb().to_vec()).unwrap();
        let picture = image::DynamicImage::from(picture);
        let (width, height) = (picture.width(), picture.height());
        for (what, copy) in [
            ("quality 60", compressed(&picture, 60)),
            ("half", compressed(&picture.resize_exact(width / 2, height / 2, FilterType::Triangle), 85)),
            ("double", compressed(&picture.resize_exact(width * 2, height * 2, FilterType::CatmullRom), 85)),
            ("squeezed", compressed(&picture.resize_exact(64, 64, FilterType::Triangle), 85)),
            ("grey", compressed(&picture.grayscale(), 85)),
            ("darker", compressed(&picture.brighten(-20), 85)),
        ] {
            let distance = likeness(&copy).distance(&own);
            assert!(distance <= Likeness::NEAR, "{number} {what}: {distance}");
        }
        for other in (21..=60).map(face) {
            assert!(likeness(&other).distance(&own) > 2.0 * Likeness::NEAR, "{number}");
        }
    }
}

#[test]
fn the_cells_are_the_means_that_numpy_computes() {
    // g = np.add.outer(np.arange(20) ** 2, 7.0 * np.arange(24)) % 251, averaged by the matrix of shares of
    // each sample in each part (numpy): A @ g @ B.T with A 16 x 20, B 16 x 24, rows summing to 1.
    let levels: Vec<f32> = (0..20_u32).flat_map(|y| (0..24_u32).map(move |x| ((y * y + 7 * x) % 251) as f32)).collect();
    let cells = averaged(&levels, 24, (24.0, 20.0)).unwrap();
    for (place, expected) in [(0, CELL_0), (17, CELL_17), (128, CELL_128), (255, CELL_255)] {
        assert!((cells[place] - expected).abs() < 1e-3, "{place}: {} {expected}", cells[place]);
    }
    assert!(averaged(&levels, 24, (24.0, 15.9)).is_none());
}

#[test]
fn a_jpeg_read_at_a_quarter_looks_like_its_pixels() {
    let folder = format!("{}/fixtures/jpegs", env!("CARGO_MANIFEST_DIR"));
    let mut read = 0;
    let faces = (1..=40).map(face);
    let others = std::fs::read_dir(folder).unwrap().filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
    for bytes in faces.chain(others).filter(|bytes| jpeg::is(bytes)) {
        let Ok(picture) = decode(&bytes, Decoder::Own, PIXEL_LIMIT) else {
            assert!(look(&bytes, Decoder::Own, PIXEL_LIMIT).is_err());
            continue;
        };
        let look = look(&bytes, Decoder::Own, PIXEL_LIMIT).unwrap();
        assert_eq!(look.size, (picture.width(), picture.height()));
        assert_eq!(look.likeness.is_some(), Likeness::of(&picture).is_some());
        if let (Some(one), Some(two)) = (look.likeness, Likeness::of(&picture)) {
            assert!(one.distance(&two) < Likeness::NEAR, "{}", one.distance(&two));
            read += 1;
        }
    }
    assert!(read > 30, "{read}");
}

#[test]
fn the_four_means_of_a_block_are_those_of_its_samples() {
    // A picture of which every 4 x 4 part has one level, at a quality that keeps it: the quarter is that level.
    let level = |x: u32, y: u32| ((x / 4 * 37 + y / 4 * 91) % 200 + 20) as u8;
    let drawn = image::GrayImage::from_fn(104, 96, |x, y| image::Luma([level(x, y)]));
    let mut bytes = Vec::new();
    drawn.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 100)).unwrap();
    let quarter = jpeg::Opened::new(&bytes, PIXEL_LIMIT).unwrap().quarter().unwrap();
    for y in 0..24 {
        for x in 0..26 {
            let (found, drawn) = (quarter.levels[y * quarter.stride + x], level(x as u32 * 4, y as u32 * 4));
            assert!((found - f32::from(drawn)).abs() < 1.5, "{x} {y}: {found} {drawn}");
        }
    }
}

#[test]
fn every_orientation_gives_the_look_of_the_upright_picture() {
    let plain = face(1);
    let own = likeness(&plain);
    for orientation in 1..=8_u8 {
        let exif = [
            &b"\xFF\xE1\x00\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..],
            &[orientation, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        let tagged = [&plain[..2], &exif, &plain[2..]].concat();
        let upright = decode(&tagged, Decoder::Own, PIXEL_LIMIT).unwrap();
        let look = look(&tagged, Decoder::Own, PIXEL_LIMIT).unwrap();
        assert_eq!(look.size, (upright.width(), upright.height()));
        assert!(look.likeness.as_ref().unwrap().distance(&Likeness::of(&upright).unwrap()) < Likeness::NEAR / 2.0);
        let same = look.likeness.unwrap().distance(&own) < Likeness::NEAR;
        assert_eq!(same, orientation == 1, "{orientation}");
    }
}

#[test]
fn what_is_flat_or_smaller_than_its_cells_looks_like_nothing() {
    let flat = image::RgbImage::from_pixel(64, 64, image::Rgb([90, 90, 90]));
    let png = |picture: &image::RgbImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        look(bytes.get_ref(), Decoder::Own, PIXEL_LIMIT).unwrap().likeness
    };
    assert_eq!(png(&flat), None);
    let lively = image::RgbImage::from_fn(15, 64, |x, y| image::Rgb([(x * 17) as u8, (y * 4) as u8, 0]));
    assert_eq!(png(&lively), None);
}

#[test]
fn near_likenesses_are_within_reach_in_every_wave() {
    let faces: Vec<Likeness> = (1..=150).map(|number| likeness(&face(number))).collect();
    for one in &faces {
        let copy = Likeness::of_bytes(one.cells.map(|cell| cell.saturating_add((cell % 3) * 2)));
        for other in faces.iter().chain([&copy]) {
            let apart = one.waves().iter().zip(other.waves()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let bound = (2.0 * one.distance(other).max(0.0)).sqrt();
            assert!(f64::from(apart) <= bound + 1e-4, "{apart} {bound}");
        }
    }
    assert!((2.0 * Likeness::NEAR).sqrt() < f64::from(Likeness::REACH));
}

const CELL_0: f32 = 2.5333;
const CELL_17: f32 = 13.8667;
const CELL_128: f32 = 106.5333;
const CELL_255: f32 = 60.4667;
