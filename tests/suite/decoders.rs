//! `--decoder`: JPEG read to the pixels of Pillow, another decoder for comparison, and what is said where a build lacks one.

use std::fs;

use agebench::photo::{Decoder, PIXEL_LIMIT, PhotoError, decode};
use sha2::{Digest, Sha256};

use crate::pictures::golden;
use crate::support::{dataset, jpeg, package, run, text};

#[test]
fn the_decoder_stands_behind_the_engine_in_every_row_and_in_run_json() {
    let place = tempfile::tempdir().unwrap();
    let pictures = dataset(&place.path().join("pictures"), &[("a.jpg", &jpeg())], "");
    let out = place.path().join("out");
    for (decoder, word) in Decoder::ALL.iter().zip(["own", "zune", "libjpeg"]) {
        let asked = ["run", "drawn-even", "--dataset", text(&pictures), "--decoder", word, "--replace", "--out"];
        run(&[&asked[..], &[text(&out)]].concat()).ended(0);
        let wanted = format!("tract 0.23.9; {}", decoder.name());
        let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
        assert!(crate::support::column(&metrics, "engine").iter().all(|cell| *cell == wanted), "{wanted}");
        let record = fs::read_to_string(out.join("run.json")).unwrap();
        assert!(record.contains(&format!("\"engine\": \"{wanted}\"")), "{record}");
        run(&["verify", text(&out)]).ended(0);
    }
}

#[cfg(not(feature = "libjpeg"))]
#[test]
fn a_build_without_libjpeg_says_how_to_get_it() {
    let place = tempfile::tempdir().unwrap();
    let pictures = dataset(&place.path().join("pictures"), &[("a.jpg", &jpeg())], "");
    let out = place.path().join("out");
    let told = ["no decoder `libjpeg`", "--features libjpeg"];
    for verb in ["run", "latency"] {
        let asked = [verb, "drawn-even", "--dataset", text(&pictures), "--decoder", "libjpeg", "--out", text(&out)];
        run(&asked).ended(2).told(&told);
        assert!(!out.exists(), "refused before any work");
    }
}

/// Drawn JPEGs (scripts/peers/draw_formats.py, draw_jpegs.py): chroma of every whole sampling, progressive scans, one component
/// after another, restarts, gray, CMYK, RGB, orientations, sides below a block. The digests are those of what Pillow reads.
#[test]
fn the_pixels_of_jpegs_are_the_very_bytes_of_pillow() {
    let pictures = package().join("fixtures/pictures");
    let jpegs = package().join("fixtures/jpegs");
    let mut compared = 0;
    for (list, folders) in [
        (pictures.join("jpegs.csv"), [pictures.clone(), golden()]),
        (jpegs.join("expected.csv"), [jpegs.clone(), jpegs]),
    ] {
        for row in fs::read_to_string(list).unwrap().lines().skip(1) {
            let [name, width, height, digest] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
            let path = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists());
            let bytes = fs::read(path.unwrap()).unwrap();
            for decoder in Decoder::ALL.iter().filter(|decoder| **decoder != Decoder::Zune) {
                let picture = decode(&bytes, *decoder, PIXEL_LIMIT).unwrap_or_else(|error| panic!("{name}: {error}"));
                let size = [width, height].map(|side| side.parse::<u32>().unwrap());
                assert_eq!([picture.width(), picture.height()], size, "{name}");
                let found: String = Sha256::digest(picture.rgb()).iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(found, digest, "{name}, {}", decoder.name());
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 150);
}

#[test]
fn check_tells_how_far_apart_the_decoders_are() {
    let ran = run(&["check", "drawn-even", "--decoders", "--dataset", "drawn-faces"]).ended(0);
    let told = ran.out.lines().find(|line| line.contains("largest difference")).unwrap();
    assert!(told.contains(" and zune-jpeg 0.5.15 on 911 samples"), "{told}");
    let (_, largest) = told.split_once("largest difference ").unwrap();
    let largest: f64 = largest.split(' ').next().unwrap().parse().unwrap();
    assert!(largest > 0.0 && largest < 5.0, "{told}");
    run(&["check", "drawn-even", "--decoders"]).ended(2).told(&["--dataset"]);
}

#[test]
fn a_bomb_is_refused_from_its_header_and_thousands_of_scans_before_they_are_made() {
    let mut bomb = fs::read(golden().join("progressive.jpg")).unwrap();
    let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC2]).unwrap();
    let (height, width) = (frame + 5, frame + 7);
    bomb[height..height + 2].copy_from_slice(&30_000_u16.to_be_bytes());
    bomb[width..width + 2].copy_from_slice(&30_000_u16.to_be_bytes());
    let bomb_error = PhotoError::TooManyPixels { width: 30_000, height: 30_000, limit: 100_000_000 };
    let mut scans = fs::read(golden().join("progressive.jpg")).unwrap();
    let first = scans.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let scan = scans[first..first + 40].to_vec();
    (0..501).for_each(|_| scans.splice(first..first, scan.iter().copied()).for_each(drop));
    for decoder in Decoder::ALL.iter().filter(|decoder| **decoder != Decoder::Zune) {
        assert_eq!(decode(&bomb, *decoder, PIXEL_LIMIT), Err(bomb_error.clone()));
        let error = decode(&scans, *decoder, PIXEL_LIMIT).unwrap_err();
        assert_eq!(error.to_string(), "broken JPEG data: more than 500 scans");
    }
}
