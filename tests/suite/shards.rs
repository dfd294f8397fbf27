//! Shards: run apart and merged they are the run that one machine makes, and what is no whole set of shards is refused.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::misbehaving;
use crate::support::{agebench, run, text};

/// A dataset of 90 people with one to seven samples each, in no order of theirs, two groups and a condition; and a program and
/// recorded answers for it.
pub struct Asked {
    pub data: PathBuf,
    pub methods: Vec<PathBuf>,
}

pub fn asked(place: &Path) -> Asked {
    let data = place.join("data");
    fs::create_dir_all(&data).unwrap();
    let (mut manifest, mut answers) =
        ("sample_id,path,subject_id,age,sex,region,light,weight\n".to_owned(), "sample_id,age\n".to_owned());
    for number in 0..300_usize {
        let person = number * number * 7 % 89;
        let age = 11 + person % 19;
        let order = match number % 10 {
            3 => "extra".to_owned(),
            7 => "refuse".to_owned(),
            _ => format!("answer {}", 10 + (number * 13) % 25),
        };
        fs::write(data.join(format!("f{number}.txt")), order).unwrap();
        let (sex, region) = (["f", "m", ""][person % 3], ["north", "south, far"][person % 2]);
        let light = ["day", "night"][number % 2];
        let subject = if number % 50 == 9 { String::new() } else { format!("person-{person}") };
        let weight = [1.0, 0.5, 2.0][person % 3];
        manifest
            .push_str(&format!("photo-{number},f{number}.txt,{subject},{age},{sex},\"{region}\",{light},{weight}\n"));
        if number % 4 != 1 {
            answers.push_str(&format!("photo-{number},{}\n", 9.25 + ((number * 31) % 230) as f64 / 10.0));
        }
    }
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let card = "name = \"sharded\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"year\"\n\
                groups = [\"sex\", \"region\"]\nconditions = [\"light\"]\n";
    fs::write(data.join("dataset.toml"), card).unwrap();
    let replay = place.join("replay");
    fs::create_dir_all(&replay).unwrap();
    fs::write(replay.join("answers.csv"), answers).unwrap();
    let card = "name = \"recorded\"\nkind = \"estimation\"\nversion = \"1\"\n\n[replay]\nfile = \"answers.csv\"\n";
    fs::write(replay.join("method.toml"), card).unwrap();
    Asked { data, methods: vec![misbehaving(&place.join("program"), ["path", "1", "-"], ""), replay] }
}

impl Asked {
    pub fn run<'a>(&'a self, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
        let methods = self.methods.iter().map(|method| text(method));
        let fixed = ["--dataset", text(&self.data), "--out", text(out), "--no-timings"];
        std::iter::once("run").chain(methods).chain(fixed).chain(more.iter().copied()).collect()
    }

    /// Runs all shards of `of`; gives their folders.
    pub fn shards(&self, place: &Path, of: usize) -> Vec<PathBuf> {
        let folders: Vec<PathBuf> = (1..=of).map(|index| place.join(format!("of-{of}/{index}"))).collect();
        for (folder, index) in folders.iter().zip(1..) {
            run(&self.run(folder, &["--shard", &format!("{index}/{of}")]))
                .ended(0)
                .told(&["no result", "agebench merge"]);
        }
        folders
    }
}

/// Every file below `folder` but run.json, by name.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            match path.is_dir() {
                true => folders.push(path),
                false if name == "run.json" => {}
                false => found.push((name, fs::read(path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

/// Fails with the first difference unless both folders hold the same files but for run.json.
#[track_caller]
pub fn same_files(one: &Path, other: &Path) {
    let [ours, theirs] = [one, other].map(files);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&theirs));
    for ((name, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        let [ours, theirs] = [ours, theirs].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        for (line, (ours, theirs)) in ours.lines().zip(theirs.lines()).enumerate() {
            assert!(ours == theirs, "{name}, line {}:\n{ours}\n{theirs}", line + 1);
        }
        assert!(ours == theirs, "{name} is longer in one");
    }
}

pub fn json(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

pub fn merge(shards: &[PathBuf], out: &Path) -> crate::support::Ran {
    let folders: Vec<&str> = shards.iter().map(|folder| text(folder)).collect();
    run(&[&["merge"][..], &folders, &["--out", text(out)]].concat())
}

/// Puts `to` in the place of the first `from` in `file`.
pub fn change(file: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(file).unwrap();
    assert!(before.contains(from), "{from} in {}", file.display());
    fs::write(file, before.replacen(from, to, 1)).unwrap();
}

/// Changes the run.json of `folder`.
pub fn edit(folder: &Path, with: impl FnOnce(&mut Value)) {
    let file = folder.join("run.json");
    let mut record: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    with(&mut record);
    fs::write(file, record.to_string()).unwrap();
}

/// With the first of the methods alone, a program.
pub fn only_program(asked: Asked) -> Asked {
    Asked { methods: asked.methods[..1].to_vec(), ..asked }
}

#[test]
fn shards_merged_in_any_order_are_the_folder_of_one_run_byte_for_byte() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    assert!(files(&whole).len() >= 8);
    for of in [1, 3, 8] {
        let mut shards = asked.shards(place.path(), of);
        let mut samples = 0;
        for (index, folder) in shards.iter().enumerate() {
            let names: Vec<String> = files(folder).into_iter().map(|(name, _)| name).collect();
            assert!(!names.iter().any(|name| name == "metrics.csv" || name == "report.html"), "{names:?}");
            let record = json(folder);
            assert_eq!((&record["shard"]["index"], &record["shard"]["of"]), (&(index + 1).into(), &of.into()));
            assert_eq!(record["dataset"]["samples"], 300);
            samples += record["shard"]["samples"].as_u64().unwrap();
            let truth = fs::read_to_string(folder.join("truth.csv")).unwrap();
            assert!(
                crate::support::column(&truth, "subject_rank")
                    .iter()
                    .all(|rank| { rank.parse::<usize>().unwrap() % of == index })
            );
        }
        assert_eq!(samples, 300);
        shards.reverse();
        let out = place.path().join(format!("merged-{of}"));
        merge(&shards, &out).ended(0).told(&["Joined 525 attempts", "metrics.csv"]);
        same_files(&out, &whole);
        let (merged, single) = (json(&out), json(&whole));
        assert_eq!(merged["methods"], single["methods"]);
        assert_eq!(merged["shards"].as_array().unwrap().len(), of);
        // What is said of the run is not said again of each shard.
        assert_eq!(merged["machine"], single["machine"]);
        for (shard, folder) in merged["shards"].as_array().unwrap().iter().zip(shards.iter().rev()) {
            assert!(shard.get("machine").is_none());
            let settings = |of: &Value| of["settings"].as_object().cloned().unwrap_or_default();
            let mut all = settings(&merged);
            all.extend(settings(shard));
            assert_eq!(all, settings(&json(folder)));
        }
        let mut dataset = single["dataset"].clone();
        dataset["files_digest"] = Value::Null;
        assert_eq!(merged["dataset"], dataset);
        run(&["verify", text(&out)]).ended(0);
    }
}

#[test]
fn shards_of_unlike_machines_each_name_theirs() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 3);
    let mut other = json(&shards[1]);
    other["machine"]["cpu_model"] = "another".into();
    fs::write(shards[1].join("run.json"), serde_json::to_string_pretty(&other).unwrap()).unwrap();
    let out = place.path().join("out");
    merge(&shards, &out).ended(0);
    let merged = json(&out);
    assert_eq!(merged["machine"], Value::Null);
    for (shard, folder) in merged["shards"].as_array().unwrap().iter().zip(&shards) {
        assert_eq!(shard["machine"], json(folder)["machine"]);
    }
    assert_eq!(merged["shards"][1]["machine"]["cpu_model"], "another");
}

#[test]
fn more_shards_than_people_have_some_of_nobody_and_merge_all_the_same() {
    let place = tempfile::tempdir().unwrap();
    let mut asked = asked(place.path());
    asked.methods.remove(0);
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    let shards = asked.shards(place.path(), 100);
    assert!(shards.iter().any(|folder| json(folder)["shard"]["samples"] == 0));
    let out = place.path().join("out");
    merge(&shards, &out).ended(0);
    same_files(&out, &whole);
    // With room for a quarter as many open files as there are shards: a file is open while a piece of it is read.
    let few = place.path().join("few");
    let limited = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 25 && exec \"$@\"", "sh", agebench().get_program().to_str().unwrap(), "merge"])
        .args(&shards)
        .args(["--out", text(&few)])
        .output();
    crate::support::Ran::of(limited.unwrap()).ended(0);
    same_files(&few, &whole);
}

#[test]
fn the_shard_of_an_array_job_is_read_from_the_environment_and_a_broken_off_shard_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let out = place.path().join("out");
    let with = |variables: &[(&str, &str)], more: &[&str]| {
        let mut command = agebench();
        for name in ["SLURM_ARRAY_TASK_ID", "AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied()).args(asked.run(&out, more));
        crate::support::Ran::of(command.output().unwrap())
    };
    with(&[], &["--shard", "auto"]).ended(2).told(&["none of SLURM_ARRAY_TASK_ID"]);
    let array = [("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_COUNT", "3")];
    with(&array, &["--shard", "auto"]).ended(0).told(&["of shard 2/3"]);
    let expected = files(&out);
    // Broken off: half of the rows, and what the journal says of them.
    let (_, rows) = expected.iter().find(|(name, _)| name == "outcomes.csv").unwrap();
    let rows = String::from_utf8(rows.clone()).unwrap();
    fs::remove_file(out.join("outcomes.csv")).unwrap();
    with(&array, &["--shard", "auto", "--resume"]).ended(0);
    assert!(files(&out) == expected, "begun anew");
    fs::remove_file(out.join("outcomes.csv")).unwrap();
    with(&array, &["--shard", "1/3", "--resume"]).ended(2).told(&["the shard was 2/3, and is 1/3"]);
    with(&[], &["--resume"]).ended(2).told(&["the shard was 2/3, and is none"]);
    // What was killed in the middle: the first samples with a journal that knows them.
    let sample = |row: usize| rows.lines().nth(row).unwrap().split(',').next().unwrap();
    let last = (41..).find(|row| sample(*row) != sample(row + 1)).unwrap();
    let cut = rows.match_indices('\n').nth(last).unwrap().0 + 1;
    let samples: std::collections::BTreeSet<&str> = (1..=last).map(sample).collect();
    fs::write(out.join("outcomes.csv.part"), &rows[..cut]).unwrap();
    let mark = serde_json::json!({
        "samples": samples.len(), "rows": last, "bytes": cut, "sha256": agebench::digest::Digest::of(&rows.as_bytes()[..cut]).hex(),
        "beside": serde_json::Value::Null,
    });
    fs::write(out.join("outcomes.journal"), format!("{mark}\n")).unwrap();
    with(&array, &["--shard", "auto", "--resume"]).ended(0).told(&["were made before: going on behind them"]);
    assert!(files(&out) == expected, "gone on");
}

#[test]
fn shards_tallied_apart_and_merged_give_the_metrics_of_the_tallies_of_everybody() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    // What to do next: one file is merged by itself only where it holds everybody.
    let tally = |folder: &Path, to: &Path, whole: bool| {
        let next = if whole { text(to) } else { "FILE... (of all parts)" };
        let next = format!("Next: agebench score --merge {next} --out DIR");
        run(&["score", text(folder), "--tally", text(to)]).ended(0).told(&[&next]);
    };
    let joined = |files: &[PathBuf], out: &Path| {
        let files: Vec<&str> = files.iter().map(|file| text(file)).collect();
        run(&[&["score", "--merge"][..], &files, &["--out", text(out)]].concat())
    };
    let one = place.path().join("one.tally");
    tally(&whole, &one, true);
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
    let expected = place.path().join("expected");
    joined(&[one], &expected).ended(0);
    run(&["verify", text(&expected)]).ended(0);
    // 40 shards: of some groups, levels, weights and years no shard has all.
    for of in [2, 16, 40] {
        let mut files: Vec<PathBuf> = Vec::new();
        for (index, folder) in asked.shards(place.path(), of).iter().enumerate() {
            let file = place.path().join(format!("{index}-of-{of}.tally"));
            tally(folder, &file, false);
            files.push(file);
        }
        files.reverse();
        let out = place.path().join(format!("joined-{of}"));
        joined(&files[1..], &out)
            .ended(2)
            .told(&[&format!("shard {of} of {of} is missing"), "tally files of all shards"]);
        joined(&files, &out).ended(0);
        for name in ["metrics.csv", "tally.jsonl", "protocol.toml"] {
            let [one, other] = [&expected, &out].map(|folder| fs::read_to_string(folder.join(name)).unwrap());
            if name == "tally.jsonl" {
                // But for the first line, which says how many shards there were, and the digest at the end.
                let body = |text: &str| text.lines().skip(1).take(2).map(str::to_owned).collect::<Vec<_>>();
                assert!(body(&one) == body(&other), "{name} of {of} shards");
            } else {
                assert!(one == other, "{name} of {of} shards");
            }
        }
    }
    let shard = &asked.shards(&place.path().join("more"), 2)[0];
    run(&["score", text(shard), "--tally", text(&place.path().join("x")), "--shard", "1/2"])
        .ended(2)
        .told(&["is shard 1/2 of a run", "leave out --shard"]);
}

#[test]
fn shards_of_a_manifest_with_clusters_are_merged_with_their_rows_and_not_tallied_apart() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let file = asked.data.join("manifest.csv");
    let manifest = fs::read_to_string(&file).unwrap();
    let lines = manifest.lines().enumerate().map(|(number, line)| match number {
        0 => format!("{line},cluster_id\n"),
        _ => format!("{line},site-{}\n", number % 7),
    });
    fs::write(&file, lines.collect::<String>()).unwrap();
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    let shards = asked.shards(place.path(), 3);
    let out = place.path().join("out");
    merge(&shards, &out).ended(0);
    same_files(&out, &whole);
    run(&["score", text(&shards[0]), "--tally", text(&place.path().join("x"))])
        .ended(2)
        .told(&["has clusters", "agebench merge"]);
}
