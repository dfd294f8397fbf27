//! Every file that a user may name, as a pipe that nobody writes to, a device without an end, a sparse file of a tebibyte, bytes
//! that are no text, and JSON without a bottom: refused with exit code 2, in seconds and little memory.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use agebench::sheet::{Blocks, Sheet};

use crate::support::{Ran, agebench, dataset, text};

/// How long a refusal may take on a machine that does other things as well.
const SOON: Duration = Duration::from_secs(300);

/// Address space of a process that refuses a file: far less than the file claims, far more than it needs.
const MEMORY: &str = "4000000";

/// Runs the program with `arguments` in little memory, and kills it when it hangs.
#[track_caller]
fn refuses(arguments: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v $0 && exec \"$@\"", MEMORY, text(Path::new(agebench().get_program()))]);
    // Files, not pipes: who says too much must not wait for a reader.
    let (out, err) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    command.args(arguments).stdin(Stdio::null()).stdout(out.reopen().unwrap()).stderr(err.reopen().unwrap());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > SOON {
            child.kill().unwrap();
            panic!("it hangs: {arguments:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let [stdout, stderr] = [out, err].map(|file| fs::read(file.path()).unwrap());
    let ran = Ran::of(std::process::Output { status, stdout, stderr }).ended(2);
    assert!(ran.err.len() < 16 << 10, "{arguments:?} says {} bytes", ran.err.len());
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran
}

/// Every hostile file, made at `place`.
fn hostile(place: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut files = vec![("a device", PathBuf::from("/dev/zero")), ("a folder", place.join("folder"))];
    fs::create_dir(place.join("folder")).unwrap();
    if Command::new("mkfifo").arg(place.join("pipe")).status().is_ok_and(|status| status.success()) {
        files.push(("a pipe", place.join("pipe")));
    }
    let sparse = place.join("sparse");
    // Not every file system has room for the number.
    if File::create(&sparse).unwrap().set_len(1 << 40).is_ok() {
        files.push(("sparse", sparse));
    }
    for (name, content) in [("zeros", &[0_u8; 64][..]), ("no text", b"\xff\xfe\xc3\x28"), ("deep", &[b'['; 100_000])] {
        fs::write(place.join(name), content).unwrap();
        files.push((name, place.join(name)));
    }
    fs::write(place.join("deep toml"), format!("a = {}", "[".repeat(100_000))).unwrap();
    files.push(("deep toml", place.join("deep toml")));
    files
}

#[test]
fn no_result_takes_the_place_of_a_pipe_or_a_device_that_a_user_names() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let data = dataset(&at("data"), &[("a.jpg", b"x")], "");
    let out = at("out");
    let run = ["run", "declared", "--dataset", text(&data), "--out", text(&out)];
    Ran::of(agebench().args(run).output().unwrap()).ended(0);
    std::os::unix::fs::symlink("/dev/null", at("device.csv")).unwrap();
    let mut named = vec![at("device.csv")];
    if Command::new("mkfifo").arg(at("pipe.csv")).status().is_ok_and(|made| made.success()) {
        named.push(at("pipe.csv"));
    }
    let plan = ["plan", "--limit", "18", "--target", "0.01"];
    let out = text(&out);
    for file in &named {
        for verb in [
            &["score", out, "--tally"][..],
            &["gate", out, "--policy", "challenge-25", "--junit"],
            &["gate", out, "--policy", "challenge-25", "--markdown"],
            &["report", out, "--out"],
            &[&plan[..], &["--out"]].concat(),
        ] {
            let said = [text(file), "not a regular file", "help"];
            refuses(&[verb, &[text(file)]].concat()).told(&said);
            assert!(!fs::metadata(file).unwrap().is_file(), "{verb:?}");
        }
    }
    let card = at("policy.toml");
    std::os::unix::fs::symlink("/dev/null", &card).unwrap();
    for replace in [&[][..], &["--replace"]] {
        refuses(&[&["init", "policy", "--out", text(&card)], replace].concat()).told(&["not a regular file"]);
        assert!(card.is_symlink());
    }
    // Nothing was left beside them, and a file is replaced as ever, also by way of a link.
    let names = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
    fs::write(at("old.csv"), "old").unwrap();
    std::os::unix::fs::symlink(at("old.csv"), at("link.csv")).unwrap();
    for file in [at("old.csv"), at("link.csv"), at("new.csv")] {
        let written = agebench().args(["score", out, "--tally", text(&file)]).output().unwrap();
        Ran::of(written).ended(0);
        assert!(fs::symlink_metadata(&file).unwrap().is_file(), "{}", file.display());
    }
}

#[test]
fn a_pipe_that_is_named_is_not_said_to_be_missing() {
    let place = tempfile::tempdir().unwrap();
    let pipe = place.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|made| made.success()) {
        return eprintln!("skipped: there is no `mkfifo`");
    }
    let (pipe, data) = (text(&pipe), dataset(&place.path().join("data"), &[("a.jpg", b"x")], ""));
    let never = place.path().join("never");
    let run = ["run", pipe, "--dataset", text(&data), "--out", text(&never)];
    for said in [refuses(&["check", pipe]), refuses(&run)] {
        let said = said.told(&[pipe, "is no file and no folder", "a pipe or a device is not read"]);
        assert!(!said.err.contains("there is no"), "{}", said.err);
    }
}

const CARD: &str = "name = \"program\"\nkind = \"estimation\"\nversion = \"1\"\n[command]\nprogram = \"sh\"\nargs = [\"-c\", \"exit 1\"]\n";

#[test]
fn every_file_on_a_command_line_is_refused_when_it_is_none() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", b"x")], "");
    let method = place.path().join("method.toml");
    fs::write(&method, CARD).unwrap();
    let (data, method, never) = (text(&data), text(&method), place.path().join("never"));
    for (what, file) in hostile(place.path()) {
        let file = text(&file);
        eprintln!("{what}");
        refuses(&["run", method, "--dataset", data, "--protocol", file, "--out", text(&never)]);
        if what != "a folder" {
            refuses(&["run", file, "--dataset", data, "--out", text(&never)]);
        }
        refuses(&["run", method, "--dataset", file, "--out", text(&never)]);
        refuses(&["check", file]);
        refuses(&["gate", data, "--policy", file]);
        refuses(&["gate", file, "--policy", "challenge-25"]);
        refuses(&["study", file, "--out", text(&never)]);
        refuses(&["score", file, "--out", text(&never)]);
        refuses(&["score", "--merge", file, "--out", text(&never)]);
        refuses(&["report", file]);
        refuses(&["verify", file]);
        refuses(&["compare", file, data, "--out", text(&never)]);
        refuses(&["publish", file, "--disclosure", "none", "--out", text(&never)]);
        refuses(&["pool", file, file, "--out", text(&never)]);
        assert!(!never.exists(), "{what}");
    }
}

#[test]
fn every_file_that_a_card_names_is_refused_when_it_is_none() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", b"x")], "");
    let method = place.path().join("method.toml");
    let out = place.path().join("never");
    for (what, file) in hostile(place.path()) {
        eprintln!("{what}");
        let begin = "name = \"it\"\nkind = \"estimation\"\nversion = \"1\"\n";
        let file = text(&file);
        let input = "[onnx.input]\nsize = [8, 8]\nlayout = \"nchw\"\nchannels = \"rgb\"\nresize = \"nearest\"\n[onnx.output]\nhead = \"years\"\n";
        for card in
            [format!("{begin}[onnx]\nfile = \"{file}\"\n{input}"), format!("{begin}[replay]\nfile = \"{file}\"\n")]
        {
            fs::write(&method, card).unwrap();
            refuses(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]);
        }
    }
}

#[test]
fn every_file_of_a_dataset_is_refused_when_it_is_none() {
    let place = tempfile::tempdir().unwrap();
    let method = place.path().join("method.toml");
    fs::write(&method, CARD).unwrap();
    for (what, file) in hostile(place.path()) {
        for name in ["dataset.toml", "manifest.csv"] {
            eprintln!("{what} as {name}");
            let data = place.path().join("data");
            let _ = fs::remove_dir_all(&data);
            dataset(&data, &[("a.jpg", b"x")], "");
            fs::remove_file(data.join(name)).unwrap();
            // A link out of the folder, a device, a pipe: what stands there is not followed.
            std::os::unix::fs::symlink(&file, data.join(name)).unwrap();
            refuses(&["check", text(&data)]);
            refuses(&["run", text(&method), "--dataset", text(&data), "--out", text(&place.path().join("never"))]);
        }
    }
}

#[test]
fn every_file_of_a_run_folder_is_refused_when_it_is_none() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", b"x")], "");
    let whole = place.path().join("whole");
    let made = agebench().args(["run", "declared", "--dataset", text(&data), "--out", text(&whole)]).output().unwrap();
    Ran::of(made).ended(0);
    let names: Vec<String> =
        ["outcomes.csv", "truth.csv", "run.json", "protocol.toml", "metrics.csv"].map(str::to_owned).to_vec();
    for (what, file) in hostile(place.path()) {
        for name in &names {
            eprintln!("{what} as {name}");
            let folder = place.path().join("folder-of-run");
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).unwrap();
            for entry in fs::read_dir(&whole).unwrap().flatten().filter(|entry| entry.path().is_file()) {
                fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
            }
            fs::remove_file(folder.join(name)).unwrap();
            std::os::unix::fs::symlink(&file, folder.join(name)).unwrap();
            let verb: &[&str] = if name == "metrics.csv" { &["report"] } else { &["score"] };
            refuses(&[verb, &[text(&folder)]].concat());
            refuses(&["verify", text(&folder)]);
        }
    }
}

#[test]
fn no_verb_writes_through_a_link_or_waits_for_a_pipe_that_lies_in_a_run_folder() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", b"x")], "");
    let (out, victim) = (place.path().join("out"), place.path().join("victim"));
    let run = ["run", "declared", "--dataset", text(&data), "--out", text(&out)];
    let ended = |arguments: &[&str], code: i32| {
        Ran::of(agebench().args(arguments).output().unwrap()).ended(code);
    };
    ended(&run, 0);
    fs::write(&victim, "mine").unwrap();
    let link = |name: &str| std::os::unix::fs::symlink(&victim, out.join(name)).unwrap();
    let parts = ["metrics.csv.part", "report.html.part", "truth.csv.part", "run.json.part", "protocol.toml.part"];
    let hangs = |name: &str| Command::new("mkfifo").arg(out.join(name)).status().is_ok_and(|made| made.success());
    // Files that are made anew take the place of what lies there.
    for verb in [&["score", text(&out)][..], &["report", text(&out)], &[&run[..], &["--resume"]].concat()] {
        parts.iter().for_each(|name| link(name));
        ended(verb, 0);
        assert_eq!(fs::read(&victim).unwrap(), b"mine", "{verb:?}");
        parts.iter().for_each(|name| fs::remove_file(out.join(name)).unwrap_or_default());
        if hangs(parts[0]) && hangs(parts[1]) {
            ended(verb, 0);
            parts.iter().for_each(|name| fs::remove_file(out.join(name)).unwrap_or_default());
        }
    }
    // Those that are gone on with are refused by name.
    fs::rename(out.join("outcomes.csv"), out.join("outcomes.csv.part")).unwrap();
    for name in ["outcomes.journal", "outcomes.csv.part"] {
        let _ = fs::remove_file(out.join(name));
        link(name);
        for more in ["--resume", "--replace"] {
            if (name, more) != ("outcomes.journal", "--replace") {
                refuses(&[&run[..], &[more]].concat()).told(&[name, "not a regular file", "remove it"]);
            }
        }
        assert_eq!(fs::read(&victim).unwrap(), b"mine", "{name}");
        fs::remove_file(out.join(name)).unwrap();
        if hangs(name) {
            refuses(&[&run[..], &["--resume"]].concat()).told(&[name, "not a regular file"]);
            fs::remove_file(out.join(name)).unwrap();
        }
        fs::write(out.join(name), "").unwrap();
    }
    // What `init` and `import` put down.
    for (name, arguments) in
        [("policy.toml", vec!["init", "policy", "--out"]), ("protocol.toml", vec!["init", "protocol", "--out"])]
    {
        let file = place.path().join(name);
        std::os::unix::fs::symlink(&victim, place.path().join(format!("{name}.part"))).unwrap();
        ended(&[&arguments[..], &[text(&file)]].concat(), 0);
        assert!(fs::read(&victim).unwrap() == b"mine" && !file.is_symlink(), "{name}");
    }
}

#[test]
fn a_run_folder_whose_run_json_names_a_card_elsewhere_is_refused_and_nothing_is_written_there() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", b"x")], "");
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("given")).unwrap();
    fs::create_dir(at("home")).unwrap();
    let (whole, shard, victim) = (at("given/whole"), at("given/shard"), at("home/victim.toml"));
    let run = ["run", "declared", "--dataset", text(&data), "--out"];
    Ran::of(agebench().args(run).arg(&whole).output().unwrap()).ended(0);
    Ran::of(agebench().args(run).arg(&shard).args(["--shard", "1/1"]).output().unwrap()).ended(0);
    fs::write(at("given/victim.toml"), "theirs").unwrap();
    fs::write(&victim, "mine").unwrap();
    let out = at("home/out");
    for card in ["../../victim.toml", "../victim.toml", text(&victim), "..", "a/b.toml", "method-1-declared"] {
        for folder in [&whole, &shard] {
            let file = folder.join("run.json");
            let honest = fs::read_to_string(&file).unwrap();
            let told = honest.replace("\"method-1-declared.toml\"", &format!("{card:?}"));
            assert_ne!(told, honest);
            fs::write(&file, told).unwrap();
            let verbs: &[&[&str]] = if *folder == shard {
                &[&["merge", text(&shard), "--out", text(&out)]]
            } else {
                &[&["score", text(&whole), "--out", text(&out)], &["verify", text(&whole)], &["report", text(&whole)]]
            };
            for verb in verbs {
                refuses(verb).told(&["run.json", "is no file of cards/"]);
                assert!(fs::read(&victim).unwrap() == b"mine" && !out.exists(), "{verb:?} with {card}");
            }
            fs::write(&file, honest).unwrap();
        }
    }
}

/// A CSV whose second row begins with a quote that never closes, or has a cell without an end.
struct Endless {
    begin: &'static [u8],
    given: u64,
}

impl Read for Endless {
    fn read(&mut self, mut out: &mut [u8]) -> std::io::Result<usize> {
        let (room, begin) = (out.len(), self.begin);
        self.begin = &begin[begin.len().min(room)..];
        let rest = room - out.write(&begin[..begin.len().min(room)])?;
        out[..rest].fill(b'x');
        self.given += room as u64;
        Ok(room)
    }
}

#[test]
fn a_cell_without_an_end_is_given_up_after_a_few_mebibytes() {
    for begin in [&b"a,b\n1,"[..], b"a,b\n1,\"", b"a,b\n1,\"\n\n"] {
        let mut endless = Endless { begin, given: 0 };
        let mut sheet = Sheet::open("t.csv", &mut endless).unwrap();
        let error = sheet.next_row().map(drop).unwrap_err().to_string();
        assert!(error.contains("a row longer than 16 MiB"), "{error}");
        assert!(endless.given < 32 << 20, "{}", endless.given);
        let mut endless = Endless { begin, given: 0 };
        let blocks = Blocks::open("t.csv", &mut endless);
        let error = blocks.and_then(|blocks| blocks.each(|_| (), |()| Ok(()))).unwrap_err().to_string();
        assert!(error.contains("a row longer than 16 MiB"), "{error}");
        assert!(endless.given < 64 << 20, "{}", endless.given);
    }
}

#[test]
fn many_rows_together_may_be_longer_than_the_longest_row() {
    let row = [&b"1,"[..], &vec![b'x'; 1 << 20], b"\n"].concat();
    let mut sheet = Sheet::open("t.csv", b"a,b\n".chain(std::io::Cursor::new(row.repeat(20)))).unwrap();
    let mut rows = 0;
    while sheet.next_row().unwrap().is_some() {
        rows += 1;
    }
    assert_eq!(rows, 20);
}

#[test]
fn a_program_that_answers_json_without_a_bottom_fails_its_attempt() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", b"x"), ("b.jpg", b"y")], "");
    let method = place.path().join("method.toml");
    let program = r#"import sys
print('{"type":"ready","agebench":1,"media":"none","answers":["age"]}', flush=True)
for line in sys.stdin:
    if '"attempt"' in line:
        print('{"type":"answer","n":' + '[' * 100000, flush=True)
"#;
    fs::write(place.path().join("deep.py"), program).unwrap();
    fs::write(&method, CARD.replace("\"sh\"", "\"python3\"").replace("[\"-c\", \"exit 1\"]", "[\"deep.py\"]")).unwrap();
    let out = place.path().join("out");
    let ran = agebench().args(["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).output().unwrap();
    let ran = Ran::of(ran).ended(4);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(crate::support::column(&outcomes, "status"), ["failed", "failed"]);
}
