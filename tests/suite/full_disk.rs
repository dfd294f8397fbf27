//! A disk that is full while a run is at work: what was done is kept, and with more room the run goes on to the bytes of one in one go.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{misbehaving, orders};
use crate::resume::{asked, lasting, slow};
use crate::support::{Ran, agebench, is_needed, outcomes, run, text};

/// A file system in memory of so many KiB, taken away when dropped; `None` where this process may not make one.
struct Small(PathBuf);

impl Small {
    fn mounted(at: &Path, kibibytes: u64) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let options = format!("size={kibibytes}k,mode=0700");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "agebench-test", text(at)])
            .stderr(Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    fn grown_to(&self, kibibytes: u64) {
        let options = format!("remount,size={kibibytes}k");
        assert!(Command::new("mount").args(["-o", &options, text(&self.0)]).status().unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// KiB of a file on disk, in pages.
fn pages(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len().div_ceil(4096) * 4
}

#[test]
fn a_run_whose_disk_is_full_ends_with_74_and_goes_on_to_the_same_bytes_when_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = slow(place.path(), 2000, 0.001);
    let whole = place.path().join("whole");
    run(&asked(&method, &data, &whole)).ended(0);
    let fixed: u64 =
        ["truth.csv", "protocol.toml", "run.json", "cards/dataset.toml", "cards/method-1-misbehaving.toml"]
            .iter()
            .map(|name| pages(&whole.join(name)))
            .sum();
    let disk = place.path().join("disk");
    let Some(disk) = Small::mounted(&disk, fixed + pages(&whole.join("outcomes.csv")) / 2 + 16) else {
        assert!(!is_needed("mount"), "this process may not mount a file system");
        eprintln!("skipped: this process may not mount a file system");
        return;
    };
    let out = disk.0.join("out");
    let ran = run(&asked(&method, &data, &out)).ended(74).told(&["cannot write", "No space left", "--resume"]);
    assert!(!out.join("outcomes.csv").exists(), "{}", ran.err);
    let kept = fs::read_to_string(out.join("outcomes.journal")).unwrap().lines().count();
    assert!(kept > 1, "{kept} blocks");
    // Still full: nothing is lost by trying.
    run(&[asked(&method, &data, &out), vec!["--resume"]].concat()).ended(74);
    disk.grown_to(64 * 1024);
    run(&[asked(&method, &data, &out), vec!["--resume"]].concat()).ended(0).told(&["going on behind them"]);
    assert!(lasting(&out) == lasting(&whole));
}

/// The program with `arguments`, where no file may grow beyond `blocks` KiB. Without a handler the signal would end the process,
/// as kill does.
fn bounded(blocks: u64, arguments: &[&str]) -> Ran {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_agebench")]).args(arguments);
    Ran::of(command.output().unwrap())
}

#[test]
fn a_copy_of_a_sample_that_cannot_be_written_is_no_outcome_and_ends_the_run_as_a_full_disk_does() {
    let place = tempfile::tempdir().unwrap();
    let large = format!("answer 30 {}", "x".repeat(200 << 10));
    let contents: Vec<&str> = (0..40).map(|number| if number == 25 { large.as_str() } else { "answer 30" }).collect();
    let data = orders(&place.path().join("data"), &contents);
    let method = misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    let (whole, out) = (place.path().join("whole"), place.path().join("out"));
    run(&asked(&method, &data, &whole)).ended(0);
    let said = ["cannot write copies of samples into ", "File too large", "go on with --resume"];
    let ran = bounded(100, &asked(&method, &data, &out)).ended(74).told(&said);
    assert!(!ran.err.contains("f25") && !out.join("outcomes.csv").exists(), "{}", ran.err);
    assert!(!outcomes(&out).contains("failed"), "{}", outcomes(&out));
    run(&[asked(&method, &data, &out), vec!["--resume"]].concat()).ended(0);
    assert!(lasting(&out) == lasting(&whole));
    // A stage of a waterfall is a program as any other.
    let second = misbehaving(&place.path().join("second"), ["path", "1", "-"], "");
    let stage = |method: &Path| format!("[[waterfall.stages]]\nmethod = {:?}\nbuffer = [-9, 9]\n", text(method));
    let card = format!("name = 'both'\nkind = 'estimation'\nversion = '1'\n{}{}", stage(&method), stage(&second));
    let both = place.path().join("both.toml");
    fs::write(&both, card).unwrap();
    let out = place.path().join("staged");
    bounded(100, &asked(&both, &data, &out)).ended(74).told(&said);
}

#[test]
fn a_mended_manifest_is_whole_or_absent_and_the_message_names_it() {
    let place = tempfile::tempdir().unwrap();
    // People without pictures: nothing of them is left out.
    let rows: String =
        (0..200).map(|number| format!("sample-{number},person-{number},{}\n", 18 + number % 40)).collect();
    let (table, data) = (place.path().join("table.csv"), place.path().join("data"));
    fs::write(&table, format!("sample_id,subject_id,age\n{rows}")).unwrap();
    run(&["import", "csv", text(&table), "--out", text(&data)]).ended(0);
    fs::remove_file(&table).unwrap();
    let out = place.path().join("mended.csv");
    let fix = ["check", text(&data), "--fix", "--out", text(&out)];
    let said = format!("cannot write `{}`", text(&out));
    bounded(1, &fix).ended(74).told(&[&said, "File too large"]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no part of it is left");
    run(&fix).ended(0);
}

#[test]
fn a_file_that_may_grow_no_further_is_a_full_disk() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = slow(place.path(), 2000, 0.001);
    let (whole, out) = (place.path().join("whole"), place.path().join("out"));
    run(&asked(&method, &data, &whole)).ended(0);
    let blocks = (fs::metadata(whole.join("outcomes.csv")).unwrap().len() * 2 / 3)
        .max(fs::metadata(whole.join("truth.csv")).unwrap().len())
        / 1024
        + 1;
    bounded(blocks, &asked(&method, &data, &out)).ended(74).told(&["cannot write", "File too large"]);
    assert!(!out.join("outcomes.csv").exists());
    run(&[asked(&method, &data, &out), vec!["--resume"]].concat()).ended(0).told(&["going on behind them"]);
    assert!(lasting(&out) == lasting(&whole));
}

#[test]
fn help_that_cannot_be_written_ends_as_every_result_does() {
    for asked in [&["--help"][..], &["-h"], &["--version"], &["help", "run"], &["run", "--help"], &["list", "methods"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = Ran::of(agebench().args(asked).stdout(full).output().unwrap());
        ran.ended(74).told(&["No space left"]);
        assert!(!run(asked).ended(0).out.is_empty(), "{asked:?}");
    }
}

#[test]
fn what_is_said_of_a_mistake_on_the_command_line_steers_no_terminal() {
    for asked in [
        &["o\u{1b}]0;pwn\u{7}"][..],
        &["list", "\u{1b}[2J"],
        &["run", "m", "--\u{1b}[2J"],
        &["gate", "f", "--policy", "p", "\u{202e}x"],
    ] {
        let ran = run(asked).ended(2).told(&["error: "]);
        let steers = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(!ran.err.contains(steers), "{:?}", ran.err);
    }
}
