//! Decoding and resizing, held against Pillow 13 and OpenCV 5 on drawn pictures (fixtures/golden/pipeline).

use std::fs;
use std::path::{Path, PathBuf};

use agebench::photo::{
    Border, Channels, Decoder, FaceBox, Filter, Fit, Layout, PIXEL_LIMIT, PhotoError, Picture, Preparer, Recipe,
    RecipeFields, decode,
};
use serde_json::Value;

pub fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/pipeline")
}

pub fn expected() -> Value {
    serde_json::from_str(&fs::read_to_string(golden().join("expected.json")).unwrap()).unwrap()
}

pub fn picture(name: &str) -> Picture {
    picture_by(name, Decoder::default())
}

pub fn picture_by(name: &str, decoder: Decoder) -> Picture {
    decode(&fs::read(golden().join(name)).unwrap(), decoder, PIXEL_LIMIT).unwrap()
}

/// Names of the golden pictures with their expectations.
fn pictures() -> Vec<(String, Value)> {
    expected()["images"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn square(side: u32, filter: Filter, channels: Channels, layout: Layout) -> RecipeFields {
    RecipeFields::new((side, side), layout, channels, filter)
}

fn resized(picture: &Picture, side: u32, filter: Filter) -> Vec<u8> {
    let recipe = Recipe::new(square(side, filter, Channels::Rgb, Layout::Nhwc)).unwrap();
    Preparer::new(recipe).pixels(picture, None).unwrap().to_vec()
}

fn means(rgb: &[u8]) -> [f64; 3] {
    let mean = |channel: usize| {
        rgb.iter().skip(channel).step_by(3).map(|level| f64::from(*level)).sum::<f64>() / (rgb.len() / 3) as f64
    };
    [mean(0), mean(1), mean(2)]
}

#[test]
fn every_golden_picture_comes_upright_with_the_size_and_mean_colour_that_pillow_gives() {
    for (name, expected) in pictures() {
        let picture = picture(&name);
        let size = serde_json::json!([picture.width(), picture.height()]);
        assert_eq!(size, expected["upright_size"], "{name}");
        // The file has three decimals.
        for (found, wanted) in means(picture.rgb()).iter().zip(expected["upright_mean_rgb"].as_array().unwrap()) {
            assert!((found - wanted.as_f64().unwrap()).abs() <= 0.0006, "{name}: {found} for {wanted}");
        }
    }
}

#[test]
fn png_pictures_are_resized_to_the_very_bytes_of_pillow_and_opencv() {
    let mut compared = 0;
    for file in fs::read_dir(golden().join("resized")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let [picture_name, filter, size, _] = name.split('.').collect::<Vec<_>>().try_into().unwrap();
        let side: u32 = size.split('x').next().unwrap().parse().unwrap();
        let filter = Filter::parse(filter).unwrap();
        let picture = picture(&format!("{picture_name}.png"));
        let found = resized(&picture, side, filter);
        let wanted = fs::read(&path).unwrap();
        let differing = found.iter().zip(&wanted).filter(|(a, b)| a != b).count();
        let most = found.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        let enlarged = filter == Filter::Bilinear && picture.width().min(picture.height()) < side;
        if enlarged {
            assert!(most <= 1 && differing * 100 <= wanted.len(), "{name}: {differing} values differ, by up to {most}");
        } else {
            assert_eq!(differing, 0, "{name}: up to {most} levels");
        }
        assert_eq!(found.len(), wanted.len(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 42);
}

/// Red, green / blue, yellow corners on 4 x 2 pixels: tells height from width, rows from columns, red from blue.
fn corners() -> Picture {
    let (red, green, blue, yellow) = ([250, 10, 20], [10, 240, 30], [20, 30, 230], [240, 230, 10]);
    Picture::new(4, 2, [red, red, green, green, blue, blue, yellow, yellow].concat()).unwrap()
}

#[test]
fn a_picture_that_is_not_square_keeps_its_four_corners_in_every_layout_and_colour_order() {
    for layout in Layout::ALL.iter().copied() {
        for channels in [Channels::Rgb, Channels::Bgr] {
            let mut fields = RecipeFields::new((4, 2), layout, channels, Filter::Nearest);
            fields.divide = 10.0;
            let recipe = Recipe::new(fields).unwrap();
            let shape = recipe.shape();
            assert_eq!(shape, if layout == Layout::Nhwc { [1, 2, 4, 3] } else { [1, 3, 2, 4] });
            let mut tensor = vec![0.0; recipe.numbers()];
            Preparer::new(recipe).prepare(&corners(), None, &mut tensor).unwrap();
            let at = |y: usize, x: usize| -> Vec<f32> {
                let place = |channel| match layout {
                    Layout::Nhwc => (y * 4 + x) * 3 + channel,
                    Layout::Nchw => (channel * 2 + y) * 4 + x,
                };
                let colours = (0..3).map(|channel| tensor[place(channel)] * 10.0);
                if channels == Channels::Bgr { colours.rev().collect() } else { colours.collect() }
            };
            assert_eq!(at(0, 0), [250.0, 10.0, 20.0], "{layout} {channels}");
            assert_eq!(at(0, 3), [10.0, 240.0, 30.0], "{layout} {channels}");
            assert_eq!(at(1, 0), [20.0, 30.0, 230.0], "{layout} {channels}");
            assert_eq!(at(1, 3), [240.0, 230.0, 10.0], "{layout} {channels}");
        }
    }
}

#[test]
fn tensor_numbers_are_those_of_numpy_float32() {
    // NumPy 2.4.6: x = np.arange(0, 256, 51, dtype=np.float32)
    // ((x / np.float32(1) - np.float32(122.782)) / np.float32(256)).view(np.uint32), and with 255, 0.485, 0.229.
    let cases: [(f64, f64, f64, [u32; 6]); 4] = [
        (1.0, 122.782, 256.0, [0xbef59062, 0xbe8f9062, 0xbda64188, 0x3df1be78, 0x3ea26f9e, 0x3f0437cf]),
        (255.0, 0.485, 0.229, [0xc0078bbd, 0xbf9f4d24, 0xbebe0b2f, 0x3f008f18, 0x3fb011e3, 0x400fee1d]),
        (127.5, 1.0, 1.0, [0xbf800000, 0xbf19999a, 0xbe4ccccc, 0x3e4cccd0, 0x3f19999a, 0x3f800000]),
        (1.0, 0.0, 1.0, [0x00000000, 0x424c0000, 0x42cc0000, 0x43190000, 0x434c0000, 0x437f0000]),
    ];
    for (divide, mean, std, wanted) in cases {
        let mut fields = RecipeFields::new((6, 1), Layout::Nhwc, Channels::Gray, Filter::Nearest);
        (fields.divide, fields.mean, fields.std) = (divide, vec![mean], vec![std]);
        let levels = (0..=5_u8).flat_map(|step| [step * 51; 3]).collect();
        let mut tensor = [0.0; 6];
        let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
        preparer.prepare(&Picture::new(6, 1, levels).unwrap(), None, &mut tensor).unwrap();
        assert_eq!(tensor.map(f32::to_bits), wanted, "{divide} {mean} {std}");
    }
}

#[test]
fn gray_is_the_luma_of_pillow() {
    // Pillow 13.0.0: Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
    for (colour, luma) in [([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([12, 200, 77], 130)] {
        let fields = RecipeFields::new((1, 1), Layout::Nchw, Channels::Gray, Filter::Bilinear);
        let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
        let picture = Picture::new(1, 1, colour.to_vec()).unwrap();
        assert_eq!(preparer.pixels(&picture, None).unwrap(), [luma], "{colour:?}");
    }
}

#[test]
fn a_face_box_beyond_the_edge_is_filled_with_edge_pixels_or_black() {
    for (border, upper_left) in [(Border::Replicate, [250, 10, 20]), (Border::Black, [0, 0, 0])] {
        let mut fields = RecipeFields::new((4, 4), Layout::Nhwc, Channels::Rgb, Filter::Nearest);
        (fields.border, fields.margin) = (border, 0.5);
        let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
        // [0, 2) x [0, 2) with 50 % of 2 pixels on each side: [-1, 3) x [-1, 3).
        let face = FaceBox::new(0.0, 0.0, 2.0, 2.0).unwrap();
        let pixels = preparer.pixels(&corners(), Some(face)).unwrap();
        assert_eq!(pixels[..3], upper_left, "{border}");
        assert_eq!(pixels[(4 + 1) * 3..][..3], [250, 10, 20], "{border}"); // the picture's own first pixel
        assert_eq!(pixels[(2 * 4 + 3) * 3..][..3], [240, 230, 10], "{border}");
    }
}

#[test]
fn padding_stands_on_black_and_a_crop_takes_the_middle() {
    let mut fields = RecipeFields::new((4, 4), Layout::Nhwc, Channels::Rgb, Filter::Nearest);
    fields.fit = Fit::Pad;
    let mut preparer = Preparer::new(Recipe::new(fields.clone()).unwrap());
    let pixels = preparer.pixels(&corners(), None).unwrap();
    assert_eq!(pixels[..12], [0; 12]);
    assert_eq!(pixels[12..15], [250, 10, 20]);
    assert_eq!(pixels[36..], [0; 12]);
    (fields.fit, fields.size) = (Fit::Crop, (2, 2));
    let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
    let pixels = preparer.pixels(&corners(), None).unwrap();
    assert_eq!(pixels, [[250, 10, 20], [10, 240, 30], [20, 30, 230], [240, 230, 10]].concat());
}

#[test]
fn a_tensor_of_another_length_and_a_box_beside_the_picture_or_far_beyond_it_are_errors() {
    let fields = RecipeFields::new((4, 4), Layout::Nhwc, Channels::Rgb, Filter::Nearest);
    let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
    let error = preparer.prepare(&corners(), None, &mut [0.0; 47]).unwrap_err();
    assert_eq!(error, PhotoError::WrongLength { found: 47, expected: 48 });
    let beside = FaceBox::new(10.0, 0.0, 12.0, 2.0).unwrap();
    let error = preparer.pixels(&corners(), Some(beside)).unwrap_err();
    assert_eq!(error.to_string(), "the face box 10 0 12 2 holds no pixel of the 4 x 2 picture");
    let vast = FaceBox::new(-5000.0, 0.0, 5001.0, 10_000.0).unwrap();
    let error = preparer.pixels(&corners(), Some(vast)).unwrap_err();
    assert_eq!(error.to_string(), "10001 x 10000 pixels are more than the limit of 100000000");
}

#[test]
fn every_other_format_is_read_to_the_bytes_that_pillow_reads() {
    use sha2::{Digest, Sha256};
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pictures");
    let expected = fs::read_to_string(folder.join("expected.csv")).unwrap();
    let mut wrong = Vec::new();
    for row in expected.lines().skip(1) {
        let [name, width, height, digest] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
        let picture = decode(&fs::read(folder.join(name)).unwrap(), Decoder::default(), PIXEL_LIMIT)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (picture.width().to_string().as_str(), picture.height().to_string().as_str()),
            (width, height),
            "{name}"
        );
        let found: String = Sha256::digest(picture.rgb()).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != digest {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn all_eight_exif_orientations_of_a_jpeg_come_upright() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pictures");
    let read = |tag: u32| {
        let bytes = fs::read(folder.join(format!("turned_{tag}.jpg"))).unwrap();
        decode(&bytes, Decoder::default(), PIXEL_LIMIT).unwrap()
    };
    let stored = read(1);
    let pixel = |picture: &Picture, x: u32, y: u32| {
        let at = ((y * picture.width() + x) * 3) as usize;
        [picture.rgb()[at], picture.rgb()[at + 1], picture.rgb()[at + 2]]
    };
    let (right, lower) = (stored.width() - 1, stored.height() - 1);
    // EXIF 2.3, tag 0x0112: the stored corner that becomes the upper left one, and whether the sides change places.
    for (tag, corner, swapped) in [
        (2, (right, 0), false),
        (3, (right, lower), false),
        (4, (0, lower), false),
        (5, (0, 0), true),
        (6, (0, lower), true),
        (7, (right, lower), true),
        (8, (right, 0), true),
    ] {
        let upright = read(tag);
        let size = if swapped { (stored.height(), stored.width()) } else { (stored.width(), stored.height()) };
        assert_eq!((upright.width(), upright.height()), size, "orientation {tag}");
        assert_eq!(pixel(&upright, 0, 0), pixel(&stored, corner.0, corner.1), "orientation {tag}");
    }
}
