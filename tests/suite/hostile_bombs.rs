//! Pictures of every format whose headers promise billions of pixels: refused from the header, before anything is made of them.

use std::time::Instant;

use agebench::photo::{
    Channels, Decoder, Filter, Layout, PIXEL_LIMIT, PhotoError, Preparer, Recipe, RecipeFields, decode, look,
};

/// A bitmap of 24 bits a pixel without a row.
fn bmp(side: u32) -> Vec<u8> {
    let side = side.to_le_bytes();
    let numbers = [&b"BM"[..], &[0; 8], &54_u32.to_le_bytes(), &40_u32.to_le_bytes(), &side, &side].concat();
    [&numbers[..], &1_u16.to_le_bytes(), &24_u16.to_le_bytes(), &[0; 24]].concat()
}

/// A GIF with one frame as large as its screen, of 20 bytes.
fn gif(side: u16) -> Vec<u8> {
    let side = side.to_le_bytes();
    let screen = [&b"GIF89a"[..], &side, &side, &[0x80, 0, 0], &[0, 0, 0, 255, 255, 255]].concat();
    let frame = [&[0x2c, 0, 0, 0, 0][..], &side, &side, &[0, 2, 2, 0x4c, 0x01, 0, 0x3b]].concat();
    [screen, frame].concat()
}

/// A lossless WebP, whose sides are 14 bits each.
fn webp_lossless(side: u32) -> Vec<u8> {
    let bits = ((side - 1) | (side - 1) << 14).to_le_bytes();
    let chunk = [&b"VP8L"[..], &10_u32.to_le_bytes(), &[0x2f], &bits, &[0; 5]].concat();
    riff(&chunk)
}

/// A WebP with a canvas, whose sides are 24 bits each, and an animation of nothing.
fn webp_canvas(side: u32) -> Vec<u8> {
    let side = (side - 1).to_le_bytes();
    let canvas = [&b"VP8X"[..], &10_u32.to_le_bytes(), &[0x02, 0, 0, 0], &side[..3], &side[..3]].concat();
    riff(&[&canvas[..], b"ANIM", &6_u32.to_le_bytes(), &[0; 6]].concat())
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    [&b"RIFF"[..], &length, b"WEBP", chunks].concat()
}

/// A TIFF of one strip, compressed with `compression`, that has no bytes to speak of.
fn tiff(side: u32, compression: u16) -> Vec<u8> {
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], &4_u16.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let entries = [
        (256, side),
        (257, side),
        (258, 8),
        (259, u32::from(compression)),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, side),
        (279, 4),
    ];
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let entries: Vec<u8> = entries.iter().flat_map(|(tag, value)| entry(*tag, *value)).collect();
    [&b"II*\0"[..], &8_u32.to_le_bytes(), &count, &entries, &[0; 4]].concat()
}

/// A JPEG that begins well, with one component.
fn jpeg(side: u16) -> Vec<u8> {
    let side = side.to_be_bytes();
    let frame = [&[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8][..], &side, &side, &[1, 1, 0x11, 0]].concat();
    [&frame[..], &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]].concat()
}

#[test]
fn a_picture_of_any_format_that_promises_billions_of_pixels_is_refused_at_once() {
    let bombs = [
        ("BMP", bmp(100_000)),
        ("GIF", gif(u16::MAX)),
        ("WebP", webp_lossless(16_384)),
        ("WebP", webp_canvas(1 << 24)),
        ("TIFF", tiff(100_000, 1)),
        ("TIFF", tiff(100_000, 5)),
        ("TIFF", tiff(u32::MAX, 32_773)),
        ("JPEG", jpeg(u16::MAX)),
    ];
    let fields = RecipeFields::new((8, 8), Layout::Nchw, Channels::Rgb, Filter::Bicubic);
    let recipe = Recipe::new(fields).unwrap();
    // One of these pictures, made, would be tens of gigabytes: more than a test machine has.
    let begun = Instant::now();
    for (format, bytes) in &bombs {
        for decoder in Decoder::ALL {
            let mut tensor = vec![0.0; recipe.numbers()];
            let read = Preparer::new(recipe.clone()).prepare_file(bytes, *decoder, PIXEL_LIMIT, None, &mut tensor);
            for error in [
                decode(bytes, *decoder, PIXEL_LIMIT).unwrap_err(),
                look(bytes, *decoder, PIXEL_LIMIT).unwrap_err(),
                read.unwrap_err(),
            ] {
                let known = matches!(error, PhotoError::TooManyPixels { .. } | PhotoError::Broken { .. });
                assert!(known && !error.to_string().contains('\n'), "{format}, {decoder:?}: {error}");
            }
        }
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn the_bombs_are_pictures_but_for_their_size() {
    // Small ones of the same make are read as far as they go: what is refused above is the size, and not the make.
    let limit = |bytes: &[u8]| decode(bytes, Decoder::default(), 1).unwrap_err();
    let small = [bmp(2), gif(2), webp_lossless(2), tiff(2, 1), jpeg(16)];
    for bytes in small {
        assert!(matches!(limit(&bytes), PhotoError::TooManyPixels { .. }), "{}", limit(&bytes));
    }
}
