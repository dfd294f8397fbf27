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

fn json(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

fn merge(shards: &[PathBuf], out: &Path) -> crate::support::Ran {
    let folders: Vec<&str> = shards.iter().map(|folder| text(folder)).collect();
    run(&[&["merge"][..], &folders, &["--out", text(out)]].concat())
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
        let mut dataset = single["dataset"].clone();
        dataset["files_digest"] = Value::Null;
        assert_eq!(merged["dataset"], dataset);
        run(&["verify", text(&out)]).ended(0);
    }
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
}

#[test]
fn shards_that_are_missing_twice_foreign_or_unfinished_are_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 4);
    let out = place.path().join("out");
    let mut some = shards.clone();
    some.remove(2);
    merge(&some, &out).ended(2).told(&["1 of 4 shards are missing: 3", "--shard I/N"]);
    merge(&shards[..1], &out).ended(2).told(&["3 of 4 shards are missing: 2, 3, 4"]);
    let twice = [&shards[..], &shards[1..2]].concat();
    merge(&twice, &out).ended(2).told(&["shard 2/4 is there twice", "of-4/2"]);
    let others = asked.shards(&place.path().join("other"), 2);
    let foreign = [&shards[..3], &others[..1]].concat();
    merge(&foreign, &out).ended(2).told(&["shard 1/2 in ", "the number of shards was 4, and is 2"]);
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    merge(&[&shards[..3], std::slice::from_ref(&whole)].concat(), &out)
        .ended(2)
        .told(&["holds a whole run and no shard"]);
    // Another protocol, another manifest, another version of a method.
    let last = place.path().join("last");
    let foreign = [&shards[..3], std::slice::from_ref(&last)].concat();
    let mut more = asked.run(&last, &["--shard", "4/4", "--protocol", "check-18"]);
    run(&more).ended(0);
    merge(&foreign, &out).ended(2).told(&["shard 4/4 in ", "is of another run than ", "the protocol's digest was "]);
    more = asked.run(&last, &["--shard", "4/4", "--replace"]);
    for (file, from, to, said) in [
        (asked.data.join("manifest.csv"), ",f2.txt,", ",f3.txt,", None),
        (asked.data.join("manifest.csv"), ",11,f,", ",12,f,", Some("the manifest's digest was ")),
        (asked.methods[1].join("method.toml"), "\"1\"", "\"2\"", Some("the digest of `recorded` was ")),
    ] {
        let before = fs::read_to_string(&file).unwrap();
        assert!(before.contains(from));
        fs::write(&file, before.replacen(from, to, 1)).unwrap();
        run(&more).ended(0);
        let _ = fs::remove_dir_all(&out);
        match said {
            Some(said) => drop(merge(&foreign, &out).ended(2).told(&[said])),
            None => drop(merge(&foreign, &out).ended(0)),
        }
        fs::write(&file, before).unwrap();
    }
    let record = fs::read_to_string(shards[3].join("run.json")).unwrap();
    let version = format!("\"tool_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(shards[3].join("run.json"), record.replace(&version, "\"tool_version\": \"0.0.9\"")).unwrap();
    merge(&shards, &out).ended(2).told(&["the version of agebench was ", "and is 0.0.9"]);
    fs::write(shards[3].join("run.json"), &record).unwrap();
    assert!(record.contains("\"engine\": \"\""));
    fs::write(shards[3].join("run.json"), record.replacen("\"engine\": \"\"", "\"engine\": \"other 1.2\"", 1)).unwrap();
    merge(&shards, &out).ended(2).told(&["the engine of `misbehaving` was none, and is other 1.2"]);
    fs::write(shards[3].join("run.json"), &record).unwrap();
    fs::rename(shards[1].join("outcomes.csv"), shards[1].join("outcomes.csv.part")).unwrap();
    merge(&shards, &out).ended(2).told(&["of-4/2", "is not finished", "--resume"]);
    fs::rename(shards[1].join("outcomes.csv.part"), shards[1].join("outcomes.csv")).unwrap();
    // Nothing is lost by a mistyped --out.
    let _ = fs::remove_dir_all(&out);
    let folders: Vec<&str> = shards.iter().map(|folder| text(folder)).collect();
    run(&[&["merge"][..], &folders, &["--out", folders[0], "--replace"]].concat())
        .ended(2)
        .told(&["is that of a shard"]);
    merge(&shards, &out).ended(0);
}

#[test]
fn rows_of_shards_that_do_not_fit_together_are_refused_with_file_and_row() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 3);
    let (truth, outcomes) = (shards[1].join("truth.csv"), shards[1].join("outcomes.csv"));
    let before = [&truth, &outcomes].map(|file| fs::read_to_string(file).unwrap());
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    type Change = fn(&mut Vec<String>);
    let cases: [(&Path, Change, &str); 5] = [
        (&truth, |lines| drop(lines.remove(5)), "stands where "),
        (&truth, |lines| lines.swap(5, 6), "a row is missing, stands twice or out of order"),
        (&truth, |lines| lines[3] = lines[3].replacen(',', ",x", 2), "is no rank in shard 2/3"),
        (&outcomes, |lines| lines.swap(1, 9), "is not in the shard's truth.csv, or stands out of its order"),
        (
            &outcomes,
            |lines| lines[0] = lines[0].replacen("reason", "why", 1),
            "its columns are not those of the first shard",
        ),
    ];
    for (file, change, said) in cases {
        let mut changed = lines(&fs::read_to_string(file).unwrap());
        change(&mut changed);
        fs::write(file, changed.join("\n") + "\n").unwrap();
        let out = place.path().join("out");
        merge(&shards, &out).ended(2).told(&[said, "row "]);
        assert!(!out.join("run.json").exists() && !out.join("outcomes.csv").exists());
        let _ = fs::remove_dir_all(&out);
        for (file, text) in [&truth, &outcomes].into_iter().zip(&before) {
            fs::write(file, text).unwrap();
        }
    }
}

#[test]
fn a_shard_is_no_result_and_every_verb_that_wants_one_says_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 2);
    let shard = &shards[0];
    let out = place.path().join("out");
    let policy = place.path().join("policy.toml");
    fs::write(
        &policy,
        "name = \"p\"\nsource = \"ours\"\n[[rule]]\nmetric = \"under_age_pass_rate\"\nlimit = 18\nat_most = 0.5\n",
    )
    .unwrap();
    for verb in [
        vec!["score", text(shard)],
        vec!["score", text(shard), "--out", text(&out)],
        vec!["report", text(shard)],
        vec!["verify", text(shard)],
        vec!["compare", text(shard), text(&shards[1]), "--out", text(&out)],
    ] {
        let ran = run(&verb);
        assert_eq!(ran.code, 2, "{verb:?}\n{}", ran.err);
        assert!(ran.err.contains("holds shard 1/2") && ran.err.contains("agebench merge"), "{verb:?}\n{}", ran.err);
    }
    run(&["gate", text(shard), "--policy", text(&policy)]).ended(2).told(&["holds shard 1/2"]);
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
    let tally = |folder: &Path, to: &Path| run(&["score", text(folder), "--tally", text(to)]).ended(0);
    let joined = |files: &[PathBuf], out: &Path| {
        let files: Vec<&str> = files.iter().map(|file| text(file)).collect();
        run(&[&["score", "--merge"][..], &files, &["--out", text(out)]].concat())
    };
    let one = place.path().join("one.tally");
    tally(&whole, &one);
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
            tally(folder, &file);
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
