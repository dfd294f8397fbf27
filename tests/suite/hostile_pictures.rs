//! Bad pictures end in one clear line: never in a panic, a half-grey picture or gigabytes.

use std::fs;

use agebench::photo::{Decoder, PIXEL_LIMIT, PhotoError, decode};

use crate::pictures::golden;
use crate::support::package;

fn files() -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path());
    let pictures = entries.filter(|path| {
        path.extension()
            .is_some_and(|end| ["png", "jpg", "webp", "gif", "bmp", "tiff"].contains(&end.to_str().unwrap()))
    });
    let mut files: Vec<_> = pictures
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Every file with the decoder of each other format, and a JPEG with every decoder of this build.
fn decoded() -> impl Iterator<Item = (Decoder, String, Vec<u8>)> {
    files().into_iter().flat_map(|(name, bytes)| {
        let decoders = if name.ends_with(".jpg") { Decoder::ALL } else { &Decoder::ALL[..1] };
        decoders.iter().map(move |decoder| (*decoder, name.clone(), bytes.clone()))
    })
}

/// A PNG whose header says `width` x `height`, with next to no data behind it.
fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    for (name, data) in [(b"IHDR", header.as_slice()), (b"IDAT", &[0x78, 0x9c, 0x63, 0, 0]), (b"IEND", &[])] {
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let chunk = [name.as_slice(), data].concat();
        file.extend(&chunk);
        file.extend(crc(&chunk).to_be_bytes());
    }
    file
}

/// CRC-32 of PNG (ISO 3309), bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn an_empty_file_and_a_text_named_jpg_say_what_they_are() {
    assert_eq!(decode(b"", Decoder::default(), PIXEL_LIMIT), Err(PhotoError::Empty));
    assert_eq!(PhotoError::Empty.to_string(), "the picture file is empty");
    let error = decode(b"This is a shopping list, not a photo.\n", Decoder::default(), PIXEL_LIMIT).unwrap_err();
    assert_eq!(error.to_string(), "not a picture: expected JPEG, PNG, WebP, BMP, GIF or TIFF data");
}

#[test]
fn a_png_of_30000_by_30000_pixels_is_refused_from_its_header() {
    let error = decode(&png_bomb(30_000, 30_000), Decoder::default(), PIXEL_LIMIT).unwrap_err();
    assert_eq!(error, PhotoError::TooManyPixels { width: 30_000, height: 30_000, limit: 100_000_000 });
    assert_eq!(error.to_string(), "30000 x 30000 pixels are more than the limit of 100000000");
    let error = decode(&png_bomb(u32::MAX >> 1, u32::MAX >> 1), Decoder::default(), PIXEL_LIMIT).unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    // Within the limit: the missing data is noticed.
    assert!(matches!(
        decode(&png_bomb(300, 300), Decoder::default(), PIXEL_LIMIT),
        Err(PhotoError::Broken { format: "PNG", .. })
    ));
}

#[test]
fn the_pixel_limit_is_the_callers() {
    let (_, large) = files().into_iter().find(|(name, _)| name.starts_with("large_")).unwrap();
    let error = decode(&large, Decoder::default(), 1600 * 1200 - 1).unwrap_err();
    assert_eq!(error, PhotoError::TooManyPixels { width: 1600, height: 1200, limit: 1_919_999 });
    assert!(decode(&large, Decoder::default(), 1600 * 1200).is_ok());
}

#[test]
fn a_truncated_picture_is_an_error_of_one_line_wherever_it_ends() {
    for (decoder, name, bytes) in decoded() {
        let whole = decode(&bytes, decoder, PIXEL_LIMIT).unwrap();
        // The large picture takes 30 ms a time.
        let step = if bytes.len() > 100_000 { 97 * 31 } else { 97 };
        for length in (0..bytes.len()).step_by(step) {
            match decode(&bytes[..length], decoder, PIXEL_LIMIT) {
                Err(error) => assert!(error.to_string().lines().count() == 1, "{name} cut at {length}: {error}"),
                // Nothing but the trailer is missing.
                Ok(picture) => assert_eq!(picture, whole, "{name} cut at {length} of {}", bytes.len()),
            }
        }
    }
}

#[test]
fn a_jpeg_cut_in_the_middle_says_that_it_is_truncated() {
    for (decoder, name, bytes) in decoded().filter(|(_, name, _)| name.ends_with(".jpg")) {
        let error = decode(&bytes[..bytes.len() * 2 / 3], decoder, PIXEL_LIMIT).unwrap_err();
        assert_eq!(error.to_string(), "broken JPEG data: truncated", "{name}");
    }
}

#[test]
fn damaged_bytes_never_panic() {
    // Every 131st byte is changed, one at a time, and a stretch in the middle is zeroed; half may still decode.
    for (decoder, name, bytes) in decoded() {
        for place in (0..bytes.len()).step_by(131.max(bytes.len() / 150)) {
            let mut damaged = [bytes.clone(), bytes.clone()];
            damaged[0][place] ^= 0x55;
            damaged[1][place..(place + 64).min(bytes.len())].fill(0);
            for damaged in damaged {
                let Err(error) = decode(&damaged, decoder, PIXEL_LIMIT) else { continue };
                let error = error.to_string();
                assert!(error.lines().count() == 1, "{name} at {place}: {error}");
                // What caught panic says; other decoders than ours for JPEG may have one, which costs the picture and no more.
                let ours = name.ends_with(".jpg") && decoder == Decoder::default();
                assert!(!(ours && error.contains("stumbled")), "{name} at {place}: {error}");
            }
        }
    }
}

/// Found by fuzzing: zune-jpeg reads this damaged file to other pixels from one time to the next.
#[test]
fn a_damaged_picture_is_refused_each_time() {
    let file = fs::read(package().join("fuzz/seeds/photo/unsteady.jpg")).unwrap();
    for decoder in Decoder::ALL.iter().filter(|decoder| **decoder != Decoder::Zune) {
        let first = decode(&file, *decoder, PIXEL_LIMIT).ok();
        assert!((0..50).all(|_| decode(&file, *decoder, PIXEL_LIMIT).ok() == first), "{decoder:?}");
    }
    let refused = decode(&file, Decoder::default(), PIXEL_LIMIT).unwrap_err().to_string();
    assert!(refused.starts_with("broken JPEG data"), "{refused}");
}
