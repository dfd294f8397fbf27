//! `--decoder`: JPEG read to the pixels of Pillow where the build has `libjpeg`, and what is said where it has not.

use crate::support::{dataset, jpeg, run, text};

#[test]
fn the_decoder_stands_behind_the_engine_in_every_row_and_in_run_json() {
    use agebench::photo::Decoder;
    let place = tempfile::tempdir().unwrap();
    let pictures = dataset(&place.path().join("pictures"), &[("a.jpg", &jpeg())], "");
    let out = place.path().join("out");
    for (decoder, word) in Decoder::ALL.iter().zip(["zune", "libjpeg"]) {
        let asked = ["run", "drawn-even", "--dataset", text(&pictures), "--decoder", word, "--replace", "--out"];
        run(&[&asked[..], &[text(&out)]].concat()).ended(0);
        let wanted = format!("tract 0.23.9; {}", decoder.name());
        let metrics = std::fs::read_to_string(out.join("metrics.csv")).unwrap();
        assert!(crate::support::column(&metrics, "engine").iter().all(|cell| *cell == wanted), "{wanted}");
        let record = std::fs::read_to_string(out.join("run.json")).unwrap();
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
    run(&["check", "drawn-even", "--decoders", "--dataset", text(&pictures)]).ended(2).told(&told);
}

#[cfg(feature = "libjpeg")]
mod libjpeg {
    use std::fs;

    use agebench::photo::{Decoder, PIXEL_LIMIT, PhotoError, decode};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::pictures::golden;
    use crate::support::package;

    fn read(bytes: &[u8]) -> Result<agebench::photo::Picture, PhotoError> {
        decode(bytes, Decoder::Libjpeg, PIXEL_LIMIT)
    }

    /// Drawn JPEGs: chroma sampling, progressive scans, restarts, gray, CMYK, RGB, orientations, sides below a block.
    #[test]
    fn libjpeg_gives_the_very_bytes_of_pillow() {
        let folder = package().join("fixtures/pictures");
        let expected = fs::read_to_string(folder.join("jpegs.csv")).unwrap();
        assert_eq!(expected.lines().count(), 31);
        for row in expected.lines().skip(1) {
            let [name, width, height, digest] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
            let path = if folder.join(name).exists() { folder.join(name) } else { golden().join(name) };
            let picture = read(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let size = [width, height].map(|side| side.parse::<u32>().unwrap());
            assert_eq!([picture.width(), picture.height()], size, "{name}");
            let found: String = Sha256::digest(picture.rgb()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, digest, "{name}");
        }
    }

    #[test]
    fn libjpeg_refuses_a_bomb_from_its_header_and_thousands_of_scans_before_it_makes_them() {
        let mut bomb = fs::read(golden().join("progressive.jpg")).unwrap();
        let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC2]).unwrap();
        let (height, width) = (frame + 5, frame + 7);
        bomb[height..height + 2].copy_from_slice(&30_000_u16.to_be_bytes());
        bomb[width..width + 2].copy_from_slice(&30_000_u16.to_be_bytes());
        let error = read(&bomb).unwrap_err();
        assert_eq!(error, PhotoError::TooManyPixels { width: 30_000, height: 30_000, limit: 100_000_000 });
        let mut scans = fs::read(golden().join("progressive.jpg")).unwrap();
        let first = scans.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let scan = scans[first..first + 40].to_vec();
        (0..501).for_each(|_| scans.splice(first..first, scan.iter().copied()).for_each(drop));
        assert_eq!(read(&scans).unwrap_err().to_string(), "broken JPEG data: more than 500 scans");
    }

    #[test]
    fn check_tells_how_far_apart_the_decoders_are() {
        let ran = run(&["check", "drawn-even", "--decoders", "--dataset", "drawn-faces"]).ended(0);
        let told = ran.out.lines().find(|line| line.contains("largest difference")).unwrap();
        assert!(told.contains("zune-jpeg 0.5.15 and libjpeg of mozjpeg-sys"), "{told}");
        assert!(told.contains("911 samples"), "{told}");
        let (_, largest) = told.split_once("largest difference ").unwrap();
        let largest: f64 = largest.split(' ').next().unwrap().parse().unwrap();
        assert!(largest > 0.0 && largest < 5.0, "{told}");
        run(&["check", "drawn-even", "--decoders"]).ended(2).told(&["--dataset"]);
    }
}
