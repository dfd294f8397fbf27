//! What a command writes over: `--replace` removes a run, and nothing that the same command reads, that others put there or
//! that is at work; and no result is written over a record.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::resume;
use crate::shards::{asked, files};
use crate::support::{agebench, column, dataset, jpeg, outcomes, run, text, tiny_method};

#[test]
fn a_command_does_not_remove_what_it_reads_nor_what_others_put_into_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let data = dataset(&place.path().join("data"), &[("a.jpg", &jpeg())], "");
    let method = tiny_method(place.path(), "mean", |card| card);
    let out = place.path().join("out");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    let kept = [out.join("protocol.toml"), out.join("cards/dataset.toml")];
    let before = files(&out);
    for verb in ["run", "latency", "footprint"] {
        let asked = [verb, text(&method), "--dataset", text(&data), "--out", text(&out), "--replace"];
        let protocol = ["--protocol", text(&kept[0])];
        run(&[&asked[..], &protocol].concat()).ended(2).told(&["would remove", "protocol.toml", "name another folder"]);
        // By another name it is the same folder.
        let link = place.path().join(format!("link-{verb}"));
        std::os::unix::fs::symlink(&out, &link).unwrap();
        let asked = [verb, text(&method), "--dataset", text(&data), "--out", text(&link), "--replace"];
        run(&[&asked[..], &protocol].concat()).ended(2).told(&["would remove"]);
        // Answers that were recorded in the very run.
        let card = place.path().join(format!("replay-{verb}.toml"));
        let name = &column(&outcomes(&out), "method")[0];
        let replay = format!(
            "name = \"{name}\"\nkind = \"estimation\"\nversion = \"1\"\n[replay]\nfile = \"out/outcomes.csv\"\n"
        );
        fs::write(&card, replay).unwrap();
        let asked = [verb, text(&card), "--dataset", text(&data), "--out", text(&out), "--replace"];
        run(&asked).ended(2).told(&["would remove", "outcomes.csv"]);
        let probe = ["probe", text(&card), "--limit", "18", "--dataset", text(&data), "--out", text(&out), "--replace"];
        run(&probe).ended(2).told(&["would remove", "outcomes.csv"]);
        assert!(files(&out) == before, "{verb}");
    }
    // A model that somebody keeps beside the cards.
    let mine = out.join("cards/mine");
    fs::create_dir(&mine).unwrap();
    for entry in fs::read_dir(&method).unwrap().flatten() {
        fs::copy(entry.path(), mine.join(entry.file_name())).unwrap();
    }
    let before = files(&out);
    for verb in ["run", "latency", "footprint"] {
        for method in [&method, &mine] {
            let asked = [verb, text(method), "--dataset", text(&data), "--out", text(&out), "--replace"];
            run(&asked).ended(2).told(&["cards/mine"]);
        }
    }
    assert!(files(&out) == before);
    fs::remove_dir_all(&mine).unwrap();
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--replace"]).ended(0);
}

#[test]
fn a_run_that_is_at_work_is_not_replaced() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = resume::slow(place.path(), 1000, 0.002);
    let out = place.path().join("out");
    let asked = resume::asked(&method, &data, &out);
    let mut child = agebench().args(&asked).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !out.join("outcomes.csv.part").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
    run(&[&asked[..], &["--replace"]].concat()).ended(2).told(&["is being written by another process"]);
    assert!(child.wait().unwrap().success());
    assert_eq!(outcomes(&out).lines().count(), 1001);
    run(&[&asked[..], &["--replace"]].concat()).ended(0);
}

#[test]
fn a_folder_that_another_process_writes_is_not_scored_where_it_is() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let (out, copy) = (place.path().join("out"), place.path().join("copy"));
    run(&asked.run(&out, &[])).ended(0);
    let before = files(&out);
    let writing = fs::File::open(&out).unwrap();
    writing.lock().unwrap();
    run(&["score", text(&out)]).ended(2).told(&["is being written by another process", "wait for it to end"]);
    run(&asked.run(&out, &["--replace"])).ended(2).told(&["is being written by another process"]);
    assert!(files(&out) == before);
    run(&["score", text(&out), "--out", text(&copy)]).ended(0);
    drop(writing);
    run(&["score", text(&out)]).ended(0);
}

#[test]
fn where_no_row_was_kept_nothing_goes_on_and_nothing_is_begun_beside() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let none = place.path().join("none");
    run(&asked.run(&none, &["--retain", "none"])).ended(0);
    let joined = place.path().join("joined");
    run(&["score", "--merge", text(&none.join("tally.jsonl")), "--out", text(&joined)]).ended(0);
    for out in [&none, &joined] {
        let before = files(out);
        for more in [&["--resume"][..], &["--resume", "--retain", "rows"], &["--resume", "--dry-run"]] {
            run(&asked.run(out, more)).ended(2).told(&["holds tallies and no rows", "--replace"]);
        }
        // The remedy is one that helps.
        let refused = run(&asked.run(out, &["--retain", "none"])).ended(2).told(&["not empty", "--replace"]);
        assert!(!refused.err.contains("--resume"), "{}", refused.err);
        assert!(files(out) == before);
    }
    // One that was broken off: what was to leave no row does not go on as a run that does.
    fs::remove_file(none.join("tally.jsonl")).unwrap();
    run(&asked.run(&none, &["--resume"])).ended(2).told(&["what is kept of each person was none, and is rows"]);
    run(&asked.run(&none, &["--retain", "none", "--resume"])).ended(2).told(&["leave out --resume"]);
    run(&asked.run(&none, &["--retain", "none", "--keep-ids"])).ended(2).told(&["no id is written"]);
    assert!(!none.join("truth.csv").exists() && !none.join("outcomes.csv.part").exists());
}

#[test]
fn a_dry_run_that_goes_on_says_what_is_done_and_refuses_what_the_run_would() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let out = place.path().join("out");
    run(&asked.run(&out, &["--resume", "--dry-run"])).ended(0);
    assert!(!out.exists());
    run(&asked.run(&out, &["--resume"])).ended(0);
    let before = files(&out);
    let told = run(&asked.run(&out, &["--resume", "--dry-run"])).ended(0).out;
    assert!(told.contains("are done, and nothing would be run"), "{told}");
    run(&asked.run(&out, &["--resume", "--dry-run", "--timeout", "5"])).ended(2).told(&["is another one"]);
    assert!(files(&out) == before);
}

#[test]
fn no_result_is_written_over_a_record_of_a_run_or_what_is_read() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let out = place.path().join("out");
    run(&asked.run(&out, &[])).ended(0);
    let policy = place.path().join("policy.toml");
    let rules = "name = 'small'\nsource = 'ours'\n[[rule]]\nmetric = 'mae'\nweighting = 'subject'\nmax = 100\n";
    fs::write(&policy, rules).unwrap();
    let before = files(&out);
    let gate = ["gate", text(&out), "--policy", text(&policy)];
    for file in [policy.clone(), out.join("metrics.csv"), out.join("cards/dataset.toml"), out.join("run.json")] {
        for flag in ["--junit", "--markdown"] {
            run(&[&gate[..], &[flag, text(&file)]].concat()).ended(2).told(&["is not overwritten", "another file"]);
        }
        if file != policy {
            let report = ["report", text(&out), "--format", "markdown", "--out", text(&file)];
            run(&report).ended(2).told(&["is a record of a run"]);
        }
        run(&["score", text(&out), "--tally", text(&file), "--protocol", text(&policy)]).ended(2);
    }
    assert_eq!(fs::read_to_string(&policy).unwrap(), rules);
    let both = place.path().join("both");
    for other in [&both, &out.join("../both")] {
        let named = ["--junit", text(&both), "--markdown", text(other)];
        run(&[&gate[..], &named].concat()).ended(2).told(&["one file"]);
    }
    assert!(files(&out) == before);
    run(&["report", text(&out), "--out", text(&out.join("report.html"))]).ended(0);
    // Where no row was kept the sums are the record.
    let (none, joined) = (place.path().join("none"), place.path().join("joined"));
    run(&asked.run(&none, &["--retain", "none"])).ended(0);
    run(&["score", "--merge", text(&none.join("tally.jsonl")), "--out", text(&joined)]).ended(0);
    for folder in [&none, &joined] {
        let before = files(folder);
        for name in ["tally.jsonl", "metrics.csv"] {
            let file = folder.join(name);
            run(&["gate", text(folder), "--policy", text(&policy), "--junit", text(&file)])
                .ended(2)
                .told(&["is a record of a run"]);
            run(&["score", text(&out), "--tally", text(&file)]).ended(2).told(&["is a record of a run"]);
        }
        assert!(files(folder) == before);
    }
    run(&["score", text(&out), "--tally", text(&out.join("tally.jsonl"))]).ended(0);
}
