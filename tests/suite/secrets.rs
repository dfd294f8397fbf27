//! What is about people, and what is secret, stays where it belongs: names, ids, labels, pixels and a service's key are planted,
//! and every file and every word of run (also of shards, without rows, with engines in processes of their own), merge, latency, footprint,
//! study, verify, report and publish is searched, in several spellings.
//!
//! There is no debug log. What a Rust program might be made to say more by, `RUST_LOG` and `RUST_BACKTRACE`, is set.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use agebench::base64;

use crate::support::{Ran, agebench, files_under, jpeg, run, text};

/// Ids, names and columns that no file and no word may hold.
const PLANTED: [&str; 7] = [
    "planted-sample",
    "planted-subject",
    "planted-jane-doe",
    "planted-folder",
    "planted-note",
    "planted-pixels",
    "planted-key-4711",
];

/// A program that answers, refuses, fails and complains as the first byte behind the marker says, and tells of what it saw only
/// that.
const PROGRAM: &str = r#"import base64, json, sys
print('{"type":"ready","agebench":1,"media":"base64","answers":["age"]}', flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["type"] == "attempt":
        size = len(base64.b64decode(asked.get("base64") or ""))
        reply = {"type": "answer", "n": asked["n"]}
        reply.update([{"status": "refused", "reason": "no"}, {"status": "answered", "age": 20 + size % 7}][size % 5 > 0])
        print(json.dumps(reply), flush=True)
"#;

/// Everything planted at `place`: a dataset whose names say who is in it, and a program.
fn planted(place: &Path) -> (PathBuf, PathBuf) {
    let data = place.join("planted-folder");
    fs::create_dir_all(data.join("planted-jane-doe")).unwrap();
    let mut manifest = "sample_id,path,subject_id,age,sex,note\n".to_owned();
    for person in 0..80 {
        // A JPEG may carry anything behind its end. One in twenty is broken.
        let mut photo = jpeg();
        if person % 20 == 3 {
            photo.truncate(300);
        }
        photo.extend(format!("planted-pixels-{person}{}", "x".repeat(person)).bytes());
        fs::write(data.join(format!("planted-jane-doe/{person}.jpg")), photo).unwrap();
        let (age, sex) = (12 + person % 14, ["female", "male"][person % 2]);
        manifest.push_str(&format!(
            "planted-sample-{person},planted-jane-doe/{person}.jpg,planted-subject-{person},{age},{sex},planted-note-{person}\n"
        ));
    }
    // One that is not there, one that leads to nothing.
    manifest.push_str("planted-sample-gone,planted-jane-doe/gone.jpg,planted-subject-gone,30,male,planted-note\n");
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"people\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\ngroups = [\"sex\"]\n\
                licence = \"research\"\nconsent = \"signed\"\nsource = \"a school\"\n";
    fs::write(data.join("dataset.toml"), card).unwrap();
    let method = place.join("method");
    fs::create_dir(&method).unwrap();
    fs::write(method.join("program.py"), PROGRAM).unwrap();
    let card = "name = \"program\"\nkind = \"estimation\"\nversion = \"1\"\nlicence = \"MIT\"\nintended_use = \"tests\"\nclaimed_ages = [10, 40]\n\
                [command]\nprogram = \"python3\"\nargs = [\"program.py\"]\n";
    fs::write(method.join("method.toml"), card).unwrap();
    (data, method)
}

/// Which planted words `bytes` hold: as they are, in any case, in hexadecimal digits, in base64 at each of its three ways to fall.
fn held(bytes: &[u8]) -> Vec<&'static str> {
    let lower = bytes.to_ascii_lowercase();
    let has = |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    let spelled = |word: &str| {
        let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        let in_base64 = (0..3).any(|shift| {
            let shifted = [&vec![0; shift][..], word.as_bytes()].concat();
            let digits = base64::base64(&shifted[..shifted.len() / 3 * 3]);
            // The first group is shared with what stands before.
            has(bytes, &digits.as_bytes()[4..])
        });
        has(&lower, word.as_bytes()) || has(&lower, hex.as_bytes()) || in_base64
    };
    PLANTED.into_iter().filter(|word| spelled(word)).collect()
}

#[test]
fn the_search_finds_each_spelling() {
    for word in PLANTED {
        let shifted = |before: &str| base64::base64(format!("{before}{word} and more").as_bytes());
        let hex = word.bytes().map(|byte| format!("{byte:02X}")).collect();
        for spelling in [word.to_uppercase(), hex, shifted(""), shifted("a"), shifted("ab")] {
            assert_eq!(held(format!("before {spelling} after").as_bytes()), [word], "{spelling}");
        }
    }
    assert!(held(b"planted, but nothing of ours").is_empty());
}

/// Runs a verb with everything set that might make it say more, and searches what it says.
#[track_caller]
fn says(place: &Path, arguments: &[&str], codes: &[i32]) -> Ran {
    let mut command = agebench();
    command.args(arguments).current_dir(place.join("work")).env("TMPDIR", place.join("temporary"));
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("SERVICE_KEY", "planted-key-4711");
    let ran = Ran::of(command.output().unwrap());
    assert!(codes.contains(&ran.code), "{arguments:?} ended with {}\n{}\n{}", ran.code, ran.out, ran.err);
    for stream in [&ran.out, &ran.err] {
        // Names of what the user names may be repeated to the user; those of single files may not.
        let own = stream.replace("planted-folder", "");
        assert!(held(own.as_bytes()).is_empty(), "{arguments:?} says {:?}:\n{stream}", held(own.as_bytes()));
    }
    ran
}

#[test]
fn no_file_and_no_word_of_any_verb_holds_who_somebody_is_what_they_look_like_or_a_key() {
    let place = tempfile::tempdir().unwrap();
    let (data, method) = planted(place.path());
    for folder in ["work", "temporary", "made"] {
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    let made = place.path().join("made");
    let out = |name: &str| made.join(name);
    let (data, method) = (text(&data), text(&method));
    // `check` is left out: it tells the data holder which file and which cell is wrong.
    says(place.path(), &["run", method, "--dataset", data, "--out", text(&out("run")), "--jobs", "2"], &[4]);
    says(place.path(), &["run", method, "--dataset", data, "--out", text(&out("run")), "--resume"], &[0, 4]);
    let few = ["--dataset", data, "--out"];
    let shards = [out("shard-1"), out("shard-2")];
    for (shard, index) in shards.iter().zip(["1/2", "2/2"]) {
        says(place.path(), &["run", method, "--dataset", data, "--out", text(shard), "--shard", index], &[0, 4]);
    }
    let merged = out("merged");
    says(place.path(), &["merge", text(&shards[0]), text(&shards[1]), "--out", text(&merged)], &[4]);
    says(place.path(), &["run", method, "--dataset", data, "--out", text(&out("none")), "--retain", "none"], &[4]);
    #[cfg(feature = "tract")]
    says(place.path(), &["run", "drawn-even", "--dataset", data, "--out", text(&out("isolated")), "--isolate"], &[4]);
    says(
        place.path(),
        &[&["latency", method], &few[..], &[text(&out("latency")), "--starts", "2", "--attempts", "10"]].concat(),
        &[0, 4],
    );
    says(place.path(), &[&["footprint", method], &few[..], &[text(&out("footprint"))]].concat(), &[0, 4]);
    let study = place.path().join("study.toml");
    fs::write(
        &study,
        format!("name = 'a study'\nmethods = ['{method}']\ndatasets = ['{data}']\nprotocol = 'check-18'\n"),
    )
    .unwrap();
    says(place.path(), &["study", text(&study), "--out", text(&out("study"))], &[4]);
    says(place.path(), &["verify", text(&out("run"))], &[0]);
    says(place.path(), &["report", text(&out("run"))], &[0]);
    says(place.path(), &["publish", text(&out("run")), "--disclosure", "uk_7_5", "--out", text(&out("release"))], &[0]);

    // A service that nobody answers for, so that every word of its trouble is kept.
    #[cfg(feature = "http")]
    {
        let service = place.path().join("service.toml");
        let card = "name = \"service\"\nkind = \"estimation\"\nversion = \"1\"\n[http]\nurl = \"http://127.0.0.1:9/planted?k=1\"\n\
                    headers = { Authorization = \"Bearer ${SERVICE_KEY}\" }\njson = '''{\"image\": \"{base64}\"}'''\nretries = 0\n\
                    plain_http = true\n[http.answer]\nage = \"/age\"\n";
        fs::write(&service, card).unwrap();
        says(place.path(), &["run", text(&service), "--dataset", data, "--out", text(&out("service"))], &[2, 4]);
    }

    let all = files_under(&made);
    assert!(all.len() > 20, "{all:?}");
    for file in &all {
        let mut found = held(&fs::read(file).unwrap());
        // The study as the user wrote it, which names the dataset's folder.
        found.retain(|word| !(file.ends_with("study.toml") && *word == "planted-folder"));
        assert!(found.is_empty(), "{} holds {found:?}", file.display());
        assert!(held(file.to_string_lossy().as_bytes()).is_empty(), "{} is named after somebody", file.display());
        let about_people =
            ["outcomes.csv", "truth.csv", "latency.csv", "footprint.csv", "outcomes.journal", "tally.jsonl"];
        let name = file.file_name().unwrap().to_str().unwrap();
        if about_people.contains(&name) {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    }
    // Where ids are kept because the user says so, the search finds them: it is not blind.
    let kept = place.path().join("kept");
    run(&["run", method, "--dataset", data, "--out", text(&kept), "--keep-ids"]).ended(4);
    for file in ["outcomes.csv", "truth.csv"] {
        assert!(!held(&fs::read(kept.join(file)).unwrap()).is_empty(), "nobody is found in {file}");
    }
    let left: Vec<_> = [files_under(&place.path().join("work")), files_under(&place.path().join("temporary"))].concat();
    assert!(left.is_empty(), "left behind: {left:?}");
    let release: Vec<_> = files_under(&out("release"));
    let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(release.iter().all(|file| !["outcomes.csv", "truth.csv"].contains(&name(file).as_str())), "{release:?}");
}

#[cfg(feature = "http")]
#[test]
fn a_program_beside_a_service_is_not_given_the_services_key() {
    let place = tempfile::tempdir().unwrap();
    let (data, method) = planted(place.path());
    // It tells what it knows of either, and ends.
    let tells =
        "import os, sys\nsys.exit(repr({k: v for k, v in os.environ.items() if 'open word' in v or '4711' in v}))\n";
    fs::write(method.join("program.py"), tells).unwrap();
    let service = place.path().join("service");
    fs::create_dir(&service).unwrap();
    // Nobody listens there: what is asked fails.
    let card = "name = \"service\"\nkind = \"estimation\"\nversion = \"1\"\n[http]\nurl = \"http://127.0.0.1:9/\"\n\
                headers = { Authorization = \"Bearer ${PLANTED_SERVICE}\" }\njson = '{\"image\": \"{base64}\"}'\n\
                retries = 0\nplain_http = true\n[http.answer]\nage = \"/age\"\n";
    fs::write(service.join("method.toml"), card).unwrap();
    let out = place.path().join("out");
    let ran = agebench()
        .args(["run", text(&service), text(&method), "--dataset", text(&data), "--out", text(&out)])
        .env("PLANTED_SERVICE", "planted-key-4711")
        .env("TOLD_TO_ALL", "an open word")
        .output()
        .unwrap();
    let ran = Ran::of(ran);
    let words = ran.out + &ran.err;
    // A method that does not open leaves no folder; what it said is told.
    assert!(!out.exists());
    assert!(words.contains("an open word"), "what it writes is told: {words:.2000}");
    assert!(!words.contains("4711"));
}
