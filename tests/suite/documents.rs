//! What the pages tell people to type: every `agebench` command runs as it is written, every card can be used, and whatever
//! else is set off as an example stands in a list with what holds it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use agebench::method::adapter::ADAPTERS;

use crate::support::{Ran, agebench, dataset, jpeg, onnxruntime_library, package, text, tiny_method};

/// An example of a page: lines that are set off by four spaces or a fence.
pub struct Example {
    /// The page, relative to the package.
    pub page: String,
    /// The line of the page on which it begins.
    pub line: usize,
    pub text: String,
}

impl Example {
    fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }

    /// Its lines without comments, continued ones joined.
    fn commands(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ");
        let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// Whether it is a method card, or the adapter table of one.
    pub fn is_method_card(&self) -> bool {
        ADAPTERS.iter().any(|name| self.text.contains(&format!("[{name}")))
    }

    /// Whether it is a conversation of the protocol for programs, which `protocol.rs` holds against the schemas.
    fn is_conversation(&self) -> bool {
        self.text.starts_with("-> {")
    }
}

/// Every page that a user reads.
const PAGES: [&str; 7] =
    [".", "docs", "protocols", "fixtures/faces", "models/declared", "models/drawn-even", "scripts/nist-fate"];

/// The examples of all pages.
pub fn examples() -> Vec<Example> {
    let mut found = Vec::new();
    for folder in PAGES {
        let mut pages: Vec<PathBuf> =
            fs::read_dir(package().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        pages.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
        pages.sort();
        for path in pages {
            let page = path.strip_prefix(package()).unwrap().to_str().unwrap().to_owned();
            found.extend(examples_of(&page, &fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

fn examples_of(page: &str, text: &str) -> Vec<Example> {
    let (mut found, mut lines, mut begun, mut fenced, mut blank) = (Vec::new(), Vec::new(), 0, false, true);
    for (number, line) in (1..).zip(text.lines().chain([""; 1]).chain(["end"])) {
        let is_fence = line.starts_with("```");
        let set_off = if fenced {
            Some(line).filter(|_| !is_fence)
        } else {
            let may_begin = blank || !lines.is_empty();
            line.strip_prefix("    ").filter(|_| may_begin).or((line.is_empty() && !lines.is_empty()).then_some(""))
        };
        blank = line.is_empty();
        if is_fence {
            fenced = !fenced;
        }
        match set_off {
            Some(line) => {
                if lines.is_empty() {
                    begun = number;
                }
                lines.push(line);
            }
            None if lines.is_empty() => {}
            None => {
                let text = std::mem::take(&mut lines).join("\n").trim_end().to_owned() + "\n";
                found.push(Example { page: page.to_owned(), line: begun, text });
            }
        }
    }
    assert!(!fenced, "{page}: a fence is not closed");
    found
}

/// The folders and files that the pages speak of, below `place`.
fn prepared(place: &Path) {
    let names: Vec<String> = (0..12).map(|number| format!("{number}.jpg")).collect();
    let faces: Vec<Vec<u8>> = (0..names.len())
        .map(|number| fs::read(package().join(format!("fixtures/faces/images/s{:04}.jpg", number + 1))).unwrap())
        .collect();
    let pictures: Vec<(&str, &[u8])> =
        names.iter().zip(&faces).map(|(name, face)| (name.as_str(), &face[..])).collect();
    dataset(&place.join("faces"), &pictures, "");
    dataset(&place.join("my-dataset"), &pictures, "");
    fs::rename(tiny_method(place, "mean", |card| card), place.join("model")).unwrap();
    for name in ["my-method", "my-product"] {
        fs::create_dir(place.join(name)).unwrap();
        for file in ["method.toml", "plugin.py"] {
            fs::copy(package().join("examples/plugins/python").join(file), place.join(name).join(file)).unwrap();
        }
    }
    #[cfg(feature = "http")]
    for name in ["cam-3", "my-service"] {
        crate::http::answering(&place.join(name));
    }
    let mut answers = "file,person,age,predicted,sex,region\n".to_owned();
    for number in 0..40 {
        let (age, sex) = (12 + number % 20, ["f", "m"][number % 2]);
        answers.push_str(&format!("{number}.jpg,p{number},{age},{}.5,{sex},north\n", age + number % 7));
    }
    fs::write(place.join("answers.csv"), answers).unwrap();
    for out in ["results-a", "results-b"] {
        let method = if out == "results-a" { "model" } else { "my-product" };
        ran(place, &format!("run {method} --dataset faces --out {out}")).ended(0);
    }
}

fn ran(place: &Path, command: &str) -> Ran {
    let output = agebench().args(command.split_whitespace()).current_dir(place).output().unwrap();
    Ran::of(output)
}

#[test]
fn every_command_in_readme_and_docs_runs_as_it_is_written() {
    let place = tempfile::tempdir().unwrap();
    prepared(place.path());
    let (mut count, mut failed) = (0, Vec::new());
    let mut used = vec![false; OF_OTHER_FILES.len()];
    for example in examples() {
        for command in example.commands().iter().filter(|line| line.starts_with("agebench ")) {
            let command = command.trim_start_matches("agebench ").replace(['[', ']'], "");
            if let Some(held) = OF_OTHER_FILES.iter().position(|(start, _)| command.starts_with(start)) {
                used[held] = true;
                continue;
            }
            count += 1;
            let needs_runtime = command.contains("onnxruntime") || command.contains("--engines");
            if needs_runtime && onnxruntime_library().is_none() {
                continue; // it has said so
            }
            let is_service = ["cam-3", "my-service"].iter().any(|name| command.contains(name));
            if is_service && cfg!(not(feature = "http")) {
                continue;
            }
            let needs_libjpeg = command.contains("--decoder libjpeg");
            let place = place.path();
            for out in ["results", "compared", "latency"] {
                let _ = fs::remove_dir_all(place.join(out));
            }
            let ran = ran(place, &command);
            let expected = if needs_libjpeg && cfg!(not(feature = "libjpeg")) { 2 } else { 0 };
            if ran.code != expected {
                failed.push(format!("{}: {command}\n{}\n{}", example.place(), ran.out, ran.err));
                continue;
            }
            assert!(expected == 0 || ran.err.contains("libjpeg"), "{command}\n{}", ran.err);
        }
    }
    for ((start, files), used) in OF_OTHER_FILES.iter().zip(used) {
        assert!(used, "no page has a command that begins with `{start}` any more");
        for file in files.split(" and ") {
            assert!(package().join("tests/suite").join(file).is_file(), "{start}: {file}");
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(count >= 16, "{count} commands were found");
}

/// How commands begin that need more beside them than `prepared` makes, or a shell; and the file of the suite that runs their like.
const OF_OTHER_FILES: [(&str, &str); 14] = [
    ("check faces/ --format csv >", "check_datasets.rs"),
    ("check faces/ --ignore ", "check_datasets.rs"),
    ("check faces/ my-protocol.toml", "check_datasets.rs"),
    ("check package/", "publish/checked.rs"),
    ("completions bash >", "init.rs"),
    ("gate ", "gate.rs and gate_ci.rs"),
    ("import ", "import.rs"),
    ("merge ", "shards.rs and cluster.rs"),
    ("plan ", "plan.rs"),
    ("pool ", "pool.rs"),
    ("publish ", "publish/mod.rs and results.rs"),
    ("report package/", "publish/mod.rs"),
    ("study ", "study.rs"),
    ("verify package/", "publish/mod.rs"),
];

/// Lines of examples that are no commands of agebench: how they begin, and what holds them instead.
const HELD_OTHERWISE: &[(&str, &str, &str)] = &[
    (".ci/run", "CONTRIBUTING.md", "is what CI runs"),
    ("cargo run --release -- demo", "README.md", ".ci/run runs it, word for word"),
    ("cargo test --release --all-features", "README.md", ".ci/run runs it, word for word"),
    ("cargo install --locked --path .", "docs/install.md", ".ci/run builds the same"),
    ("cargo install --locked --path .", "README.md", ".ci/run builds the same"),
    ("rustup target add ", "docs/install.md", "is what scripts/release/build.sh asks for where the target is missing"),
    ("apt-get install musl-tools", "docs/install.md", "installs the compiler for that target"),
    ("scripts/release/build.sh ", "docs/install.md", "builds a release, by hand"),
    ("cargo install --path . --features libjpeg", "docs/pictures.md", ".ci/run builds with the feature and tests it"),
    ("cargo build --release --no-default-features", "docs/performance.md", ".ci/run builds without features"),
    ("cargo build --release", "docs/reliability.md", ".ci/run builds the same"),
    (
        "python3 scripts/soak.py ",
        "docs/reliability.md",
        "measures for minutes with a release build; .ci/run reads the script",
    ),
    ("python scripts/peers/measure_", "docs/performance.md", "draws pictures for minutes; .ci/run reads the scripts"),
    ("scripts/slurm/agebench.sh ", "docs/cluster.md", "`cluster.rs` submits it to Slurm"),
    ("import pathlib, pyarrow", "docs/import.md", "`import_parquet.rs` holds the refusal; the lines need pyarrow"),
    ("table = ", "docs/import.md", "as above"),
    ("paths", "docs/import.md", "as above"),
    ("pathlib.Path", "docs/import.md", "as above"),
    ("for at, image in ", "docs/import.md", "as above"),
    ("parquet.write_table", "docs/import.md", "as above"),
    ("cargo bench ", "docs/performance.md", "measures for minutes; .ci/run compiles every bench"),
    ("AGEBENCH_WEIGHTS=WEIGHTS cargo bench ", "docs/performance.md", "needs weights that are not ours to give"),
    ("cargo bench ", "docs/validation.md", "runs for hours; .ci/run compiles it, and `coverage.rs` runs a part"),
    (
        "python3 scripts/validation/mutants.py ",
        "docs/validation.md",
        "builds and tests for an hour; .ci/run reads the script",
    ),
    ("python -m venv peers ", "docs/performance.md", "installs packages, for a comparison with others' tools"),
    ("peers/bin/python ", "docs/performance.md", "compares with others' tools; .ci/run reads the script"),
    ("npm install ", "docs/report.md", ".ci/run installs the same"),
    ("AGEBENCH_NODE_MODULES=", "docs/report.md", ".ci/run sets it for the tests"),
    ("pip install ", "fixtures/faces/README.md", "installs packages, to draw the faces anew"),
    ("python scripts/faces/", "fixtures/faces/README.md", "needs these packages; .ci/run reads the script"),
    ("pip install ", "models/drawn-even/README.md", "installs packages, to train the models anew"),
    ("python scripts/models/", "models/drawn-even/README.md", "needs these packages; .ci/run reads the script"),
    ("cmake ", "scripts/nist-fate/README.md", "`nist_fate.rs` builds it so, with a library of its own"),
    ("dataset card + manifest", "docs/design.md", "is a drawing"),
    ("├─ run", "docs/design.md", "is a drawing"),
    ("method card ──", "docs/design.md", "is a drawing"),
    ("protocol.toml", "docs/design.md", "is a drawing"),
    ("under 18 at ", "docs/disclosure.md", "is a table"),
    ("female ", "docs/disclosure.md", "is a table"),
    ("male ", "docs/disclosure.md", "is a table"),
    ("everybody ", "docs/disclosure.md", "is a table"),
    ("minisign -G ", "docs/publish.md", "`publish/signed.rs` signs with a key of the tool where it is installed"),
    ("cd package && minisign -Vm ", "docs/publish.md", "`publish/signed.rs` lets the tool check a signature"),
    ("import ", "docs/python.md", "`results.rs` runs the lines as they stand there"),
    ("rows = ", "docs/python.md", "`results.rs` runs the lines as they stand there"),
    ("print(", "docs/python.md", "`results.rs` runs the lines as they stand there"),
    ("\"settings\": ", "docs/study.md", "`study.rs` reads these keys"),
    ("\"digest\": ", "docs/study.md", "`study.rs` reads these keys"),
    ("\"deviations\": ", "docs/study.md", "`study.rs` reads these keys"),
];

#[test]
fn every_example_of_the_pages_is_run_read_or_held_by_something_that_is_named() {
    let mut used = vec![false; HELD_OTHERWISE.len()];
    let mut nobody_holds = Vec::new();
    for example in examples() {
        if example.is_method_card() || example.is_conversation() || is_dataset_card(&example) || is_policy(&example) {
            continue;
        }
        for line in example.commands() {
            let holds = |(start, page, _): &(&str, &str, &str)| *page == example.page && line.starts_with(start);
            match HELD_OTHERWISE.iter().position(holds) {
                Some(place) => used[place] = true,
                None if line.starts_with("agebench ") => {}
                None => nobody_holds.push(format!("{}: {line}", example.place())),
            }
        }
    }
    assert!(nobody_holds.is_empty(), "{nobody_holds:#?}");
    let gone: Vec<_> = HELD_OTHERWISE.iter().zip(used).filter(|(_, used)| !used).map(|(held, _)| held).collect();
    assert!(gone.is_empty(), "no page has these any more: {gone:#?}");
}

fn is_policy(example: &Example) -> bool {
    example.text.contains("[[rule]]")
}

#[test]
fn every_policy_of_the_pages_can_be_used() {
    let place = tempfile::tempdir().unwrap();
    let policies: Vec<Example> = examples().into_iter().filter(is_policy).collect();
    assert!(!policies.is_empty());
    for policy in policies {
        fs::write(place.path().join("policy.toml"), &policy.text).unwrap();
        let checked = ran(place.path(), "check policy.toml").ended(0);
        assert!(checked.out.contains("can be used"), "{}: {}", policy.place(), checked.out);
    }
}

fn is_dataset_card(example: &Example) -> bool {
    example.text.contains("label_kind = ")
}

#[test]
fn the_dataset_card_of_the_pages_can_be_used() {
    let place = tempfile::tempdir().unwrap();
    let cards: Vec<Example> = examples().into_iter().filter(is_dataset_card).collect();
    assert_eq!(cards.len(), 1);
    let rows = "sample_id,subject_id,age,sex,region,light,species\na,p,20,f,north,dim,\nb,q,30,m,south,bright,mask\n";
    for folder in ["set", "faces"] {
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    fs::write(place.path().join("set/dataset.toml"), &cards[0].text).unwrap();
    fs::write(place.path().join("set/manifest.csv"), rows).unwrap();
    let checked = ran(place.path(), "check set").ended(0);
    assert!(checked.out.contains("the dataset can be used"), "{}", checked.out);
}

/// What the cards of the pages name beside themselves.
fn beside(folder: &Path) {
    let plugins = package().join("examples/plugins");
    fs::copy(plugins.join("record/plugin.py"), folder.join("plugin.py")).unwrap();
    // The network `mean` for pictures of 112 x 112 instead of 8 x 8: both sides are numbers of one byte in its file.
    let [eight, wanted] = [8, 112].map(|side| [10, 2, 8, side]);
    let mut model = fs::read(package().join("fixtures/models/mean.onnx")).unwrap();
    let sides: Vec<usize> = (0..model.len() - 4).filter(|at| model[*at..*at + 4] == eight).collect();
    assert_eq!(sides.len(), 2, "height and width");
    sides.into_iter().for_each(|at| model[at..at + 4].copy_from_slice(&wanted));
    fs::write(folder.join("my-model.onnx"), model).unwrap();
    let rows: String = (0..12).map(|number| format!("s{number},{}.5\n", 15 + number)).collect();
    fs::write(folder.join("vendor.csv"), format!("image,predicted_age\n{rows}")).unwrap();
    let estimator = folder.join("estimator");
    fs::create_dir_all(&estimator).unwrap();
    for file in ["method.toml", "plugin.py"] {
        fs::copy(plugins.join("python").join(file), estimator.join(file)).unwrap();
    }
    // A program of that name and version; with `--config` it is `scripts/nist-fate`, which `nist_fate.rs` builds.
    let python = fs::read_to_string(plugins.join("python/plugin.py")).unwrap();
    for (name, version) in [("cam3", "2.1"), ("build/agebench-nist-fate", "0")] {
        let program = folder.join(name);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        let script = python.replace("\"version\": \"1\"", &format!("\"version\": \"{version}\""));
        fs::write(&program, format!("#!/usr/bin/env python3\n{script}")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn every_method_card_of_the_pages_can_be_checked_and_put_to_samples() {
    let place = tempfile::tempdir().unwrap();
    let photo = jpeg();
    let names: Vec<String> = (0..12).map(|number| format!("{number}.jpg")).collect();
    let pictures: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &photo[..])).collect();
    let faces = dataset(&place.path().join("faces"), &pictures, "");
    let manifest = fs::read_to_string(faces.join("manifest.csv")).unwrap();
    let with_accounts: Vec<String> = manifest
        .lines()
        .enumerate()
        .map(|(row, line)| format!("{line},{}\n", if row == 0 { "account_age_days" } else { "900" }))
        .collect();
    fs::write(faces.join("manifest.csv"), with_accounts.concat()).unwrap();
    let mut adapters = Vec::new();
    for (number, example) in examples().into_iter().filter(Example::is_method_card).enumerate() {
        let folder = place.path().join(format!("card-{number}"));
        fs::create_dir_all(&folder).unwrap();
        beside(&folder);
        // An adapter's table is shown without what every card begins with.
        let head = "name = \"m\"\nkind = \"estimation\"\nversion = \"1\"\n";
        let head = if example.text.contains("kind = ") { "" } else { head };
        fs::write(folder.join("method.toml"), format!("{head}{}", example.text)).unwrap();
        let with_key = |arguments: &[&str]| {
            let mut command = agebench();
            Ran::of(command.args(arguments).env("CAM3_KEY", "k-4711").output().unwrap())
        };
        let is_service = example.text.contains("[http]");
        if is_service && cfg!(not(feature = "http")) {
            continue;
        }
        let checked = with_key(&["check", text(&folder)]);
        assert_eq!(checked.code, 0, "{}: {}", example.place(), checked.out);
        if !is_service {
            // A service is asked in `http/use_of_it.rs`, where it is one of our own.
            let out = folder.join("out");
            let asked = ["run", text(&folder), "--dataset", text(&faces), "--out", text(&out)];
            let ran = with_key(&asked);
            assert_eq!(ran.code, 0, "{}: {}\n{}", example.place(), ran.out, ran.err);
            let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
            assert_eq!(outcomes.lines().count(), 1 + 12, "{}", example.place());
        }
        adapters.extend(ADAPTERS.iter().copied().filter(|name| example.text.contains(&format!("[{name}"))));
    }
    adapters.sort_unstable();
    adapters.dedup();
    let mut all: Vec<&str> = ADAPTERS.to_vec();
    all.retain(|name| *name != "http" || cfg!(feature = "http"));
    all.sort_unstable();
    assert_eq!(adapters, all, "an adapter without an example");
}
