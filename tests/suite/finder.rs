//! The preparation finder on networks whose preparation is known: published ones where their weights are at hand, and the bundled ones.
//!
//! Labels of the published networks are their own answers, prepared rightly, with an error of some years: on the golden pictures the
//! answers of OpenCV or Pillow with ONNX Runtime as they stand in the golden values, on the drawn faces those of this package, which
//! `weights.rs` holds against the same values. The bundled networks are held against the true ages of the drawn faces.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use agebench::engine::Tensor;
use agebench::photo::{
    Channels, Decoder, FaceBox, Filter, Fit, Layout, PIXEL_LIMIT, Preparer, Recipe, RecipeFields, decode,
};

use crate::pictures::expected;
use crate::support::{self, Ran, agebench, column, onnxruntime_library, package, text};
use crate::weights::weights;

/// A labelled picture: its place in the package, its face box where it has one, its label.
type Labelled = (String, Option<[f64; 4]>, f64);

/// An error with mean 0 and standard deviation 1, the same for the same number: the sum of twelve even ones less 6.
fn error(number: usize) -> f64 {
    let even = |place: u64| {
        // SplitMix64 (Steele, Lea & Flood 2014).
        let mut bits = (number as u64 * 12 + place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..12).map(even).sum::<f64>() - 6.0
}

/// A dataset of these in `place`; labels are whole years.
fn dataset(place: &Path, samples: &[Labelled]) {
    let boxed = samples.iter().all(|(_, face, _)| face.is_some());
    let mut manifest = format!("sample_id,path,subject_id,age{}\n", if boxed { ",x0,y0,x1,y1" } else { "" });
    for (number, (file, face, years)) in samples.iter().enumerate() {
        let _ = write!(manifest, "s{number},{file},p{number},{}", years.round().clamp(0.0, 110.0));
        for edge in face.iter().flatten() {
            let _ = write!(manifest, ",{edge}");
        }
        manifest.push('\n');
    }
    let card = format!(
        "name = \"labelled\"\nversion = \"1\"\nlabel_kind = \"estimated\"\nage_precision = \"year\"\nfiles = \"{}\"\n",
        text(package())
    );
    fs::write(place.join("manifest.csv"), manifest).unwrap();
    fs::write(place.join("dataset.toml"), card).unwrap();
}

/// The bona fide drawn faces: file, face box, true age.
fn drawn(most: usize) -> Vec<Labelled> {
    let manifest = fs::read_to_string(package().join("fixtures/faces/manifest.csv")).unwrap();
    let cells = |name| column(&manifest, name);
    let (paths, ages, species) = (cells("path"), cells("age"), cells("species"));
    let edges: Vec<Vec<String>> = ["x0", "y0", "x1", "y1"].into_iter().map(cells).collect();
    let mut found = Vec::new();
    for (row, (path, age)) in paths.iter().zip(&ages).enumerate() {
        let face: Vec<f64> = edges.iter().filter_map(|edge| edge[row].parse().ok()).collect();
        if let (true, Ok(age), Ok(face)) = (species[row].is_empty(), age.parse(), face.try_into()) {
            found.push((format!("fixtures/faces/{path}"), Some(face), age));
        }
    }
    found.truncate(most);
    assert_eq!(found.len(), most);
    found
}

/// `samples` with the answers of `onnx` in the place of their labels, prepared by `fields`, each with an error of `years` years.
fn answered(onnx: &Path, output: &[&str], fields: &RecipeFields, years: f64, samples: Vec<Labelled>) -> Vec<Labelled> {
    let recipe = Recipe::new(fields.clone()).unwrap();
    let engine = support::engines().pop().unwrap();
    let mut state = engine.load(&fs::read(onnx).unwrap(), Some(&recipe.shape()), output).unwrap().state().unwrap();
    let mut tensor = Tensor::zeros(&recipe.shape());
    let mut preparer = Preparer::new(recipe);
    let one = |(number, (file, face, _)): (usize, Labelled)| {
        let picture = decode(&fs::read(package().join(&file)).unwrap(), Decoder::default(), PIXEL_LIMIT).unwrap();
        let face_box = face.map(|[x0, y0, x1, y1]| FaceBox::new(x0, y0, x1, y1).unwrap());
        preparer.prepare(&picture, face_box, tensor.numbers_mut()).unwrap();
        let answer = f64::from(state.run(&tensor).unwrap()[0].numbers()[0]);
        (file, face, answer + years * error(number))
    };
    samples.into_iter().enumerate().map(one).collect()
}

/// The golden pictures with the answers of others' tools to them, prepared by `filter`, each with an error of `years` years.
fn golden(model: &str, filter: &str, years: f64) -> Vec<Labelled> {
    let expected = expected();
    let pictures = expected["images"].as_object().unwrap().iter().enumerate();
    pictures
        .map(|(number, (name, about))| {
            let answer = about["predictions"][model][filter].as_f64().unwrap();
            (format!("fixtures/golden/pipeline/{name}"), None, answer + years * error(number))
        })
        .collect()
}

/// The engine to search with: ONNX Runtime where its library is found. Both give the same answers (`engines.rs`); these tests are of the search.
fn fastest() -> &'static str {
    onnxruntime_library().map_or("tract", |_| "onnxruntime")
}

/// What a search found: the card, and what was said of it.
struct Search {
    card: toml::Table,
    ran: Ran,
}

/// Searches the preparation of `onnx` on `samples`.
fn search(onnx: &Path, samples: &[Labelled], engine: &str) -> Search {
    let place = tempfile::tempdir().unwrap();
    dataset(place.path(), samples);
    search_on(onnx, text(place.path()), samples.len(), engine)
}

/// The same on at most `most` samples of a dataset.
fn search_on(onnx: &Path, samples: &str, most: usize, engine: &str) -> Search {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("found");
    let further = ["--samples", samples, "--most", &most.to_string(), "--engine", engine, "--out", text(&out)];
    let output = agebench().args(["init", "method", "--from", text(onnx)]).args(further).output().unwrap();
    let ran = Ran::of(output).ended(0);
    Search { card: fs::read_to_string(out.join("method.toml")).unwrap().parse().unwrap(), ran }
}

impl Search {
    /// What the card has at `key` of its input, as TOML; what is usual where it has none.
    fn input(&self, key: &str) -> String {
        let usual = match key {
            "divide" => "1.0",
            "mean" | "std" => "[]",
            "border" => "\"replicate\"",
            _ => "",
        };
        self.card["onnx"]["input"].get(key).map_or_else(|| usual.to_owned(), ToString::to_string).replace('"', "")
    }

    /// Fails unless the card has these.
    #[track_caller]
    fn has(&self, wanted: &[(&str, &str)]) {
        for (key, value) in wanted {
            assert_eq!(self.input(key), *value, "{key}\n{}\n{}", self.ran.out, self.ran.err);
        }
    }

    /// What was said of a choice: whether the samples show it, and all that stands there of other values left open.
    fn said(&self, word: &str) -> (bool, String) {
        let line = self.ran.err.lines().find(|line| line.split_whitespace().nth(1) == Some(word));
        let line = line.unwrap_or_else(|| panic!("nothing is said of {word}:\n{}", self.ran.err));
        let open = line.split("shown to be worse").next().unwrap().split("the nearest other").next().unwrap();
        (line.trim_start().starts_with("shown"), open.to_owned())
    }

    /// Fails unless the samples show the choice of `word` to be `value`.
    #[track_caller]
    fn shows(&self, word: &str, value: &str) {
        let (is_shown, said) = self.said(word);
        assert!(is_shown && said.contains(&format!("{word} = {value}:")), "{word}\n{}\n{}", self.ran.out, self.ran.err);
    }

    /// Fails when the samples are said to show anything else than `value` to be right.
    #[track_caller]
    fn leaves(&self, word: &str, value: &str) {
        let (_, said) = self.said(word);
        assert!(said.contains(value), "{word} = {value} is shut out\n{}\n{}", self.ran.out, self.ran.err);
    }
}

fn face_api(fit: Fit) -> RecipeFields {
    let mut fields = RecipeFields::new((112, 112), Layout::Nchw, Channels::Rgb, Filter::BilinearAntialias);
    (fields.mean, fields.std) = (vec![122.782, 117.001, 104.298], vec![256.0; 3]);
    fields.fit = fit;
    fields
}

fn ssr_net() -> RecipeFields {
    let mut fields = RecipeFields::new((64, 64), Layout::Nhwc, Channels::Bgr, Filter::Bilinear);
    fields.margin = 0.4;
    fields
}

#[test]
fn sixteen_golden_pictures_tell_what_published_networks_were_trained_with() {
    let Some(folder) = weights() else { return };
    let engine = fastest();
    // tract takes many times as long: one of the family, and fewer pictures without an error, where it searches.
    let is_slow = engine == "tract";
    let family = ["ssrnet_imdb_nhwc", "ssrnet_imdb_nchw", "ssrnet_megaface_asian_nhwc"];
    for model in &family[..if is_slow { 1 } else { family.len() }] {
        let found = search(&folder.join(format!("{model}.onnx")), &golden(model, "bilinear", 1.0), engine);
        found.has(&[("channels", "bgr"), ("divide", "1.0"), ("mean", "[]"), ("std", "[]"), ("resize", "bilinear")]);
        found.has(&[("fit", "stretch"), ("layout", &model[model.len() - 4..])]);
    }
    let model = "faceapi_age_gender_nchw";
    let mut samples = golden(model, "bilinear_antialias", if is_slow { 0.0 } else { 1.0 });
    samples.truncate(if is_slow { 8 } else { samples.len() });
    let found = search(&folder.join(format!("{model}.onnx")), &samples, engine);
    found.has(&[("channels", "rgb"), ("mean", "[122.782, 117.001, 104.298]"), ("std", "[256.0, 256.0, 256.0]")]);
    found.has(&[("resize", "bilinear_antialias"), ("fit", "stretch")]);
    assert_eq!(found.card["onnx"]["output"]["name"].as_str(), Some("age"));
}

#[test]
fn drawn_faces_with_labels_that_are_years_off_tell_what_published_networks_were_trained_with() {
    let (Some(folder), Some(_)) = (weights(), onnxruntime_library()) else { return };
    let onnx = folder.join("ssrnet_imdb_nhwc.onnx");
    let found = search(&onnx, &answered(&onnx, &[], &ssr_net(), 4.0, drawn(200)), "onnxruntime");
    found.has(&[("channels", "bgr"), ("divide", "1.0"), ("mean", "[]"), ("resize", "bilinear"), ("margin", "0.4")]);
    found.shows("channels", "bgr");
    found.shows("scaling", "raw 0..255");
    let onnx = folder.join("faceapi_age_gender_nchw.onnx");
    let found = search(&onnx, &answered(&onnx, &["age"], &face_api(Fit::Pad), 4.0, drawn(100)), "onnxruntime");
    found.has(&[("channels", "rgb"), ("fit", "pad"), ("margin", "0.0")]);
    // A hundred such labels do not tell its scaling from its neighbours.
    found.leaves("scaling", "face-api mean / 256");
    found.leaves("resize", "bilinear_antialias");
}

#[test]
fn true_ages_of_drawn_faces_tell_the_colours_and_the_face_that_a_published_network_was_trained_with() {
    let (Some(folder), Some(_)) = (weights(), onnxruntime_library()) else { return };
    // Colours and margin are wrong together in the first stages: the best of BGR has a margin of 0.1, that of RGB has none.
    let found = search_on(&folder.join("faceapi_age_gender_nchw.onnx"), "drawn-faces", 300, "onnxruntime");
    found.has(&[("channels", "rgb"), ("fit", "pad"), ("margin", "0.0")]);
    found.leaves("scaling", "face-api mean / 256");
}

#[test]
fn true_ages_of_drawn_faces_tell_what_the_bundled_networks_were_trained_with() {
    let model = |name: &str| package().join(format!("models/{name}/{name}.onnx"));
    let found = search_on(&model("drawn-even"), "drawn-faces", 200, fastest());
    found.has(&[("channels", "rgb"), ("fit", "stretch"), ("margin", "0.2")]);
    found.leaves("scaling", "imagenet");
    found.leaves("border", "replicate");
    found.leaves("resize", "bilinear_antialias");
    // Drawn faces are coarse: their filter cannot be told, and that is said.
    assert!(!found.said("resize").0, "{}", found.ran.err);
    let found = search_on(&model("drawn-cautious"), "drawn-faces", 200, fastest());
    found.has(&[("channels", "gray"), ("fit", "stretch"), ("margin", "0.1")]);
    // It was trained to answer younger than people are, which labels take for another first age.
    assert_eq!(found.card["onnx"]["output"]["head"].as_str(), Some("expectation"), "{}", found.ran.out);
    found.leaves("scaling", "(x / 255 - 0.5) / 0.25");
    found.leaves("border", "black");
    found.leaves("resize", "bilinear_antialias");
}
