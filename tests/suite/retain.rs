//! `run --retain none`: the numbers of a run without a row about a person, on disk at no moment.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::shards::{asked, files};
use crate::support::{agebench, run, text};

/// The cells of a column of metrics.csv without quotes before it, by row.
fn lines(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("metrics.csv")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_rows_are_those_of_the_run_but_for_what_needs_rows_of_people() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let (whole, none) = (place.path().join("whole"), place.path().join("none"));
    run(&asked.run(&whole, &[])).ended(0);
    run(&asked.run(&none, &["--retain", "none"])).ended(0).told(&["metrics.csv"]);
    let held: BTreeSet<String> = files(&none).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "cards/dataset.toml",
        "cards/method-1-misbehaving.toml",
        "cards/method-2-recorded.toml",
        "metrics.csv",
        "protocol.toml",
        "report.html",
        "tally.jsonl",
    ];
    assert_eq!(held, expected.map(str::to_owned).into());
    let (all, tallied) = (lines(&whole), lines(&none));
    assert_eq!(all.len(), tallied.len());
    let differing: Vec<&String> =
        all.iter().zip(&tallied).filter(|(one, other)| one != other).map(|(_, tallied)| tallied).collect();
    assert!(!differing.is_empty() && differing.len() * 2 < all.len(), "{} of {}", differing.len(), all.len());
    assert!(differing.iter().all(|line| line.contains(",not_measurable,") && line.contains("needs_rows")));
    // Rates and mean errors are there, with their intervals, which the comparison above holds against those of the run.
    let known = |line: &&String| line.contains(",value,") || line.contains(",insufficient_evidence,");
    for metric in [",under_age_pass_rate,", ",adult_denial_rate,", ",mae,"] {
        let kept = tallied.iter().filter(|line| line.contains(metric)).filter(known).count();
        // A threshold that is set on the people themselves needs all of them at once.
        let lost = tallied.iter().filter(|line| line.contains(metric) && line.contains("needs_rows"));
        let lost = lost.filter(|line| !line.contains("target=")).count();
        assert!(kept > 0 && lost == 0, "{metric}: {kept} kept, {lost} lost");
    }
    // The tally file is that of the rows.
    let file = place.path().join("whole.tally");
    run(&["score", text(&whole), "--tally", text(&file)]).ended(0);
    assert!(fs::read(&file).unwrap() == fs::read(none.join("tally.jsonl")).unwrap());
    // It is verified, scored anew and reported as any other.
    run(&["verify", text(&none)]).ended(0);
    let before = fs::read(none.join("metrics.csv")).unwrap();
    run(&["score", text(&none)]).ended(0);
    let copy = place.path().join("copy");
    run(&["score", text(&none), "--out", text(&copy)]).ended(0);
    for folder in [&none, &copy] {
        assert!(fs::read(folder.join("metrics.csv")).unwrap() == before);
    }
    assert!(files(&copy) == files(&none));
    run(&["report", text(&none)]).ended(0);
    let before = String::from_utf8(before).unwrap();
    let (header, rows) = before.split_once('\n').unwrap();
    fs::write(copy.join("metrics.csv"), format!("{header}\n{}", rows.replacen(",value,", ",empty,", 1))).unwrap();
    run(&["verify", text(&copy)]).ended(1);
    // What cannot be had without rows says so.
    run(&["score", text(&none), "--protocol", "check-18"])
        .ended(2)
        .told(&["the folder's own protocol", "keep the rows"]);
    run(&["compare", text(&none), text(&copy), "--out", text(&place.path().join("compared"))])
        .ended(2)
        .told(&["holds tallies and no rows about people", "--retain none"]);
    run(&asked.run(&none, &["--retain", "none", "--resume"])).ended(2).told(&["--resume"]);
    run(&asked.run(&place.path().join("kept"), &["--retain", "none", "--keep-ids"])).ended(2).told(&["--keep-ids"]);
}

#[test]
fn shards_that_keep_no_rows_are_joined_by_their_tallies() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let none = place.path().join("none");
    run(&asked.run(&none, &["--retain", "none"])).ended(0);
    let tallies: Vec<PathBuf> = (1..=5)
        .map(|index| {
            let out = place.path().join(format!("part-{index}"));
            run(&asked.run(&out, &["--retain", "none", "--shard", &format!("{index}/5")]))
                .ended(0)
                .told(&["no result", "agebench score --merge"]);
            assert!(!out.join("metrics.csv").exists());
            out.join("tally.jsonl")
        })
        .collect();
    let out = place.path().join("out");
    let named: Vec<&str> = tallies.iter().map(|file| text(file)).collect();
    run(&[&["score", "--merge"][..], &named, &["--out", text(&out)]].concat()).ended(0);
    assert!(fs::read(out.join("metrics.csv")).unwrap() == fs::read(none.join("metrics.csv")).unwrap());
    // What the tallies were made under cannot be asked of them any more.
    for flag in ["--confirm", "--keep-ids", "--buffer-target=0.01"] {
        let again = place.path().join("again");
        run(&[&["score", "--merge"][..], &named, &["--out", text(&again), flag]].concat()).ended(2).told(&["--merge"]);
        assert!(!again.exists());
    }
    // A shard whose sums are joined is not overwritten by what they make.
    let folder = place.path().join("part-1");
    let before = files(&folder);
    run(&[&["score", "--merge"][..], &named, &["--out", text(&folder), "--replace"]].concat()).ended(2).told(&[
        "would remove",
        "part-1/tally.jsonl",
        "--out",
    ]);
    assert!(files(&folder) == before);
    run(&["merge", text(&folder), "--out", text(&place.path().join("merged"))])
        .ended(2)
        .told(&["holds tallies and no rows", "score --merge"]);
    run(&["verify", text(&folder)]).ended(2).told(&["holds shard 1/5", "score --merge"]);
}

#[test]
fn a_shard_that_nobody_is_in_is_joined_with_the_others_also_where_a_buffer_is_confirmed_in_groups() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let card = "name = \"two\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n";
    fs::write(at("dataset.toml"), format!("{card}groups = [\"sex\"]\n")).unwrap();
    fs::write(at("manifest.csv"), "sample_id,subject_id,age,sex\na,a,17,female\nb,b,18,male\n").unwrap();
    let protocol = at("protocol.toml");
    fs::write(&protocol, "limits = [18]\n[buffer]\nconfirm = true\ngroups = [{ group_by = \"sex\" }]\n").unwrap();
    let made = |out: &Path, more: &[&str]| {
        let always = ["run", "declared", "--dataset", text(place.path()), "--protocol", text(&protocol)];
        run(&[&always[..], &["--retain", "none", "--out", text(out)], more].concat()).ended(0);
    };
    made(&at("whole"), &[]);
    let parts: Vec<PathBuf> = (1..=3)
        .map(|index| {
            made(&at(&format!("part-{index}")), &["--shard", &format!("{index}/3")]);
            at(&format!("part-{index}/tally.jsonl"))
        })
        .collect();
    let named: Vec<&str> = parts.iter().map(|file| text(file)).collect();
    run(&[&["score", "--merge"][..], &named, &["--out", text(&at("out"))]].concat()).ended(0);
    assert!(fs::read(at("out/metrics.csv")).unwrap() == fs::read(at("whole/metrics.csv")).unwrap());
}

/// Every file below `folders`, whatever it is; what goes away meanwhile is gone.
fn contents(folders: &[PathBuf], seen: &mut Vec<(PathBuf, Vec<u8>)>) {
    let mut folders = folders.to_vec();
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                seen.push((path, bytes));
            }
        }
    }
}

#[test]
fn no_id_and_no_pseudonym_is_written_at_any_moment() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    // The ids as given, and as a run that keeps rows prints them.
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    let truth = fs::read_to_string(whole.join("truth.csv")).unwrap();
    let printed: BTreeSet<String> = ["sample_id", "subject_id"]
        .iter()
        .flat_map(|name| crate::support::column(&truth, name))
        .filter(|id| !id.is_empty())
        .collect();
    assert!(printed.len() > 300 && printed.iter().all(|id| id.len() == 16));
    let is_pseudonym = |part: &[u8]| std::str::from_utf8(part).is_ok_and(|part| printed.contains(part));
    let holds = |bytes: &[u8]| {
        bytes.windows(16).any(is_pseudonym)
            || ["photo-", "person-"].iter().any(|id| bytes.windows(id.len()).any(|part| part == id.as_bytes()))
    };
    assert!(holds(&fs::read(whole.join("outcomes.csv")).unwrap()), "the search finds what is there");
    // A slow program, so that there are moments to look at; a temporary folder of its own for all that is not in memory.
    let (out, temporary) = (place.path().join("none"), place.path().join("tmp"));
    fs::create_dir(&temporary).unwrap();
    for number in 0..300 {
        fs::write(asked.data.join(format!("f{number}.txt")), format!("slow 0.01 {}", 12 + number % 20)).unwrap();
    }
    let before: BTreeSet<PathBuf> =
        fs::read_dir("/dev/shm").into_iter().flatten().flatten().map(|it| it.path()).collect();
    let mut child = agebench()
        .env("TMPDIR", &temporary)
        .args(asked.run(&out, &["--retain", "none", "--jobs", "2"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut seen, mut looks) = (Vec::new(), 0);
    while child.try_wait().unwrap().is_none() {
        let memory = fs::read_dir("/dev/shm").into_iter().flatten().flatten().map(|it| it.path());
        let ours: Vec<PathBuf> =
            memory.filter(|path| !before.contains(path)).chain([out.clone(), temporary.clone()]).collect();
        contents(&ours, &mut seen);
        looks += 1;
        sleep(Duration::from_millis(40));
    }
    assert!(child.wait().unwrap().success() && looks > 5, "{looks} looks");
    contents(&[out.clone(), temporary], &mut seen);
    assert!(seen.iter().any(|(path, _)| path.ends_with("tally.jsonl")));
    for (path, bytes) in &seen {
        assert!(!holds(bytes), "{}", path.display());
        assert!(!holds(path.display().to_string().as_bytes()), "{}", path.display());
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(!name.starts_with("outcomes.") && !name.starts_with("truth."), "{}", path.display());
    }
}
