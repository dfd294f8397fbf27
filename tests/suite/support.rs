//! What several files of the suite need: the program, small datasets, and cards of tiny networks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[cfg(feature = "onnxruntime")]
use agebench::engine::find_library;
#[cfg(all(feature = "tract", feature = "onnxruntime"))]
use agebench::engine::{Engine, OnnxRuntime, Provider, Tract};

/// The program under test.
pub fn agebench() -> Command {
    Command::new(env!("CARGO_BIN_EXE_agebench"))
}

/// Runs the program and gives its exit code, output and error streams.
pub fn run(arguments: &[&str]) -> Ran {
    Ran::of(agebench().args(arguments).output().unwrap())
}

/// How a program ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails with both streams unless the exit code is `code`.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }

    /// Fails unless the error stream holds every one of `parts`.
    #[track_caller]
    pub fn told(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is not in:\n{}", self.err);
        }
        self
    }
}

/// Whether CI says that the part `name` must be there: then a suite fails without it instead of skipping.
pub fn is_needed(name: &str) -> bool {
    std::env::var("AGEBENCH_NEEDS").is_ok_and(|needs| needs.split(',').any(|need| need.trim() == name))
}

/// The library of ONNX Runtime, or `None` after saying that a test skips; with `AGEBENCH_NEEDS=onnxruntime`, which CI
/// sets, its absence is a failure.
#[cfg(feature = "onnxruntime")]
pub fn onnxruntime_library() -> Option<PathBuf> {
    let named = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    match find_library(named.as_deref()) {
        Ok(path) => Some(path),
        Err(error) => {
            assert!(!is_needed("onnxruntime"), "{error}");
            eprintln!("skipped: {error} (pip install onnxruntime, or set ORT_DYLIB_PATH)");
            None
        }
    }
}

/// The engines of this machine: tract, and ONNX Runtime where its library is found.
#[cfg(all(feature = "tract", feature = "onnxruntime"))]
pub fn engines() -> Vec<Box<dyn Engine>> {
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(Tract)];
    if let Some(path) = onnxruntime_library() {
        engines.push(Box::new(OnnxRuntime::load(&path, Provider::Cpu).unwrap()));
    }
    engines
}

/// The folder of the package.
pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A method folder below `place` whose model is the tiny network `model`; `change` edits the card.
#[cfg(any(feature = "tract", feature = "onnxruntime"))]
pub fn tiny_method(place: &Path, model: &str, change: impl Fn(String) -> String) -> PathBuf {
    let folder = place.join(model);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(package().join(format!("fixtures/models/{model}.onnx")), folder.join("model.onnx")).unwrap();
    let card = r#"
name = "tiny"
kind = "estimation"
version = "1"

[onnx]
file = "model.onnx"

[onnx.input]
size = [8, 8]
layout = "nchw"
channels = "rgb"
resize = "bilinear_antialias"
divide = 4.0

[onnx.output]
head = "years"
"#;
    fs::write(folder.join("method.toml"), change(card.to_owned())).unwrap();
    folder
}

/// A dataset folder with `pictures` (name, content), each a subject of its own; `rows` are further lines of the manifest.
pub fn dataset(place: &Path, pictures: &[(&str, &[u8])], rows: &str) -> PathBuf {
    fs::create_dir_all(place).unwrap();
    let mut manifest = "sample_id,path,subject_id,age\n".to_owned();
    for (number, (name, content)) in pictures.iter().enumerate() {
        fs::write(place.join(name), content).unwrap();
        manifest.push_str(&format!("s{number},{name},p{number},{}\n", 12 + number));
    }
    fs::write(place.join("manifest.csv"), manifest + rows).unwrap();
    let card = "name = \"small\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(place.join("dataset.toml"), card).unwrap();
    place.to_owned()
}

/// A JPEG of the bundled dataset.
pub fn jpeg() -> Vec<u8> {
    fs::read(package().join("fixtures/faces/images/s0001.jpg")).unwrap()
}

/// A BMP of `width` pixels a row, which are the bytes of `rgb`: red, green, blue, the upper row first.
pub fn bmp(width: usize, rgb: &[u8]) -> Vec<u8> {
    let rows: Vec<&[u8]> = rgb.chunks_exact(3 * width).collect();
    let stride = (3 * width).next_multiple_of(4);
    let number = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let mut file = [&b"BM"[..], &number(54 + stride * rows.len()), &[0; 4], &number(54), &number(40)].concat();
    file.extend([number(width), number(rows.len())].concat());
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    for row in rows.iter().rev() {
        file.extend(row.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]));
        file.resize(file.len() + stride - row.len(), 0);
    }
    file
}

/// `path` as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// outcomes.csv of a run in `out`, or what there is of it while the run is not finished; empty without either.
pub fn outcomes(out: &Path) -> String {
    let read = |name: &str| fs::read_to_string(out.join(name));
    read("outcomes.csv").or_else(|_| read("outcomes.csv.part")).unwrap_or_default()
}

/// The cells of column `name` of a CSV text without quotes in that column or before it.
pub fn column(csv: &str, name: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let place = lines.next().unwrap().split(',').position(|cell| cell == name).unwrap();
    lines.map(|line| line.split(',').nth(place).unwrap().to_owned()).collect()
}

/// The cells of `columns` in the rows of `csv` that have the `wanted` cells; without quotes, as [`column`].
pub fn rows(csv: &str, wanted: &[(&str, &str)], columns: &[&str]) -> Vec<Vec<String>> {
    let cells: Vec<(Vec<String>, &str)> = wanted.iter().map(|(name, word)| (column(csv, name), *word)).collect();
    let shown: Vec<Vec<String>> = columns.iter().map(|name| column(csv, name)).collect();
    (0..csv.lines().count() - 1)
        .filter(|row| cells.iter().all(|(cells, word)| cells[*row] == *word))
        .map(|row| shown.iter().map(|cells| cells[row].clone()).collect())
        .collect()
}

/// Every file under `folder`.
pub fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

/// The Python that has `module`, or `None` after saying that a test skips; with `module` in `AGEBENCH_NEEDS` its absence is
/// a failure. `AGEBENCH_PYTHON` names the interpreter.
pub fn python_with(module: &str) -> Option<String> {
    let python = std::env::var("AGEBENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    if there.is_ok_and(|ran| ran.status.success()) {
        return Some(python);
    }
    assert!(!is_needed(module), "the Python package {module} is not installed");
    eprintln!("skipped: no Python package {module} (pip install {module}; AGEBENCH_PYTHON names the interpreter)");
    None
}

/// What `program` of Python did in `folder`; `None` as [`python_with`].
pub fn python_in(folder: &Path, module: &str, program: &str) -> Option<Output> {
    let python = python_with(module)?;
    Some(Command::new(python).args(["-c", program]).current_dir(folder).output().unwrap())
}

/// A file of recorded answers that others published, where this machine has them; `None` after saying that a test skips.
pub fn recorded_answers(name: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("AGEBENCH_OUTCOMES").map_or_else(|| package().join("../shared/outcomes"), PathBuf::from);
    let file = folder.join(name);
    if !file.is_file() {
        eprintln!("skipped: {name} is not here (set AGEBENCH_OUTCOMES to the folder that holds it)");
        return None;
    }
    Some(file)
}
