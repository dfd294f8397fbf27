//! Shards on clusters: the scripts of scripts/slurm and scripts/kubernetes as they stand there. Slurm is run for real, on one node.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::shards::{asked, same_files};
use crate::support::{Ran, agebench, column, is_needed, package, run, text};

/// Whether these programs are there; says that a test skips otherwise, and fails where CI says that `part` must be there.
fn are_there(part: &str, programs: &[&str]) -> bool {
    let is_there = |name: &&&str| {
        ["/usr/sbin", "/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin"]
            .iter()
            .any(|folder| Path::new(folder).join(**name).exists())
    };
    let missing: Vec<&&str> = programs.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty() || !is_needed(part), "{missing:?} are missing, and AGEBENCH_NEEDS names {part}");
    if !missing.is_empty() {
        eprintln!("skipped: {missing:?} are missing (Debian: slurm-wlm, munge)");
    }
    missing.is_empty()
}

#[test]
fn an_array_of_slurm_with_a_requeued_job_and_its_dependent_merge_give_the_folder_of_one_run() {
    if !are_there("slurm", &["munged", "slurmctld", "slurmd", "sbatch", "scontrol"]) {
        return;
    }
    if !is_root() {
        assert!(!is_needed("slurm"), "slurmd needs root");
        eprintln!("skipped: slurmd needs root");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let (whole, out) = (place.path().join("whole"), place.path().join("out of slurm"));
    // The third of eight shards takes long enough to be met at work. Who is in it follows from the manifest, not from the files.
    run(&asked.run(&whole, &[])).ended(0);
    let truth = fs::read_to_string(whole.join("truth.csv")).unwrap();
    for (number, rank) in column(&truth, "subject_rank").iter().enumerate() {
        if rank.parse::<u32>().unwrap() % 8 == 2 {
            fs::write(asked.data.join(format!("f{number}.txt")), format!("slow 0.15 {}", 12 + number % 17)).unwrap();
        }
    }
    run(&asked.run(&whole, &["--replace"])).ended(0);
    let driver = r#"
        set -euo pipefail
        submit=$1 out=$2
        shift 2
        read -r array merge < <("$submit" 8 "$out" "$@")
        # One job is met at work, with rows on disk, and goes back into the queue.
        for _ in {1..300}; do test -s "$out.shards/3/outcomes.journal" && break || sleep 0.1; done
        scontrol requeue "${array}_3"
        for _ in {1..600}; do test -n "$(squeue --noheader --jobs="$merge" 2>/dev/null)" || break; sleep 0.2; done
        cat "$out.shards/merge.log"
    "#;
    let program = Path::new(env!("CARGO_BIN_EXE_agebench")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let methods = &asked.methods;
    let mut command = Command::new(package().join("tests/slurm/cluster.sh"));
    command.arg(place.path().join("slurm")).args(["bash", "-c", driver, "driver"]);
    command.arg(package().join("scripts/slurm/agebench.sh")).arg(&out).args(methods).env("PATH", path);
    let command = command.args(["--dataset", text(&asked.data), "--no-timings", "--jobs", "1"]);
    let ran = Ran::of(command.output().unwrap());
    let shards = place.path().join("out of slurm.shards");
    let log = |name: &str| fs::read_to_string(shards.join(name)).unwrap_or_default();
    assert_eq!(ran.code, 0, "{}{}{}", ran.out, ran.err, log("3.log"));
    assert!(log("3.log").contains("were made before: going on behind them"), "{}", log("3.log"));
    assert!(log("merge.log").contains("Joined 525 attempts of 8 shards"), "{}{}", log("merge.log"), ran.err);
    same_files(&out, &whole);
    run(&["verify", text(&out)]).ended(0);
}

#[test]
fn a_folder_with_a_slash_behind_it_is_the_folder_and_its_shards_stand_beside_it() {
    let place = tempfile::tempdir().unwrap();
    let submitted = ["results", "results/"].map(|out| submitted(place.path(), out, &["model", "--dataset", "faces"]));
    assert_eq!(submitted[1], submitted[0]);
    assert!(submitted[0].contains("agebench merge results.shards/*/ --out results\n"), "{}", submitted[0]);
    assert!(place.path().join("results.shards").is_dir() && !place.path().join("results").exists());
}

#[test]
fn failures_are_counted_over_all_shards_by_the_merge() {
    for given in [&["--max-failed", "5"][..], &["--max-failed=5"]] {
        let place = tempfile::tempdir().unwrap();
        let jobs = submitted(place.path(), "results", &[&["model"], given, &["--dataset", "my faces"]].concat());
        let run = "agebench run model --dataset my\\ faces --shard auto/2 --resume ";
        assert!(jobs.contains(run), "{jobs}");
        let merge = format!("agebench merge results.shards/*/ --out results {}\n", given.join(" "));
        assert!(jobs.contains(&merge), "{jobs}");
    }
}

/// What the script gives to sbatch, for two shards of a run into `out` with `arguments`.
fn submitted(place: &Path, out: &str, arguments: &[&str]) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let sbatch = place.join("sbatch");
    fs::write(&sbatch, "#!/bin/bash\ncat >> submitted\necho 7\n").unwrap();
    fs::set_permissions(&sbatch, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(package().join("scripts/slurm/agebench.sh"));
    command.current_dir(place).args(["2", out]).args(arguments);
    let path = format!("{}:{}", place.display(), std::env::var("PATH").unwrap());
    Ran::of(command.env("PATH", path).output().unwrap()).ended(0);
    let jobs = fs::read_to_string(place.join("submitted")).unwrap();
    fs::remove_file(place.join("submitted")).unwrap();
    jobs
}

/// Whether this process is root's.
fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("Uid:").is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0")))
}

/// The arguments of the container in a file of scripts/kubernetes.
fn arguments(file: &str) -> Vec<String> {
    let yaml = fs::read_to_string(package().join("scripts/kubernetes").join(file)).unwrap();
    let after = yaml.lines().skip_while(|line| line.trim() != "args:").skip(1);
    after.map_while(|line| line.trim().strip_prefix("- ").map(str::to_owned)).collect()
}

#[test]
fn the_arguments_of_the_kubernetes_jobs_give_the_folder_of_one_run() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let method = &asked.methods[0];
    let whole = place.path().join("whole");
    run(&["run", text(method), "--dataset", text(&asked.data), "--out", text(&whole), "--no-timings"]).ended(0);
    let ours = |argument: &str, index: &str| {
        let argument = argument.replace("$(JOB_COMPLETION_INDEX)", index).replace("/data/method", text(method));
        argument.replace("/data/dataset", text(&asked.data)).replace("/results", text(place.path()))
    };
    for index in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        let arguments: Vec<String> = arguments("shards.yaml").iter().map(|argument| ours(argument, index)).collect();
        let mut command = agebench();
        command.env_remove("SLURM_ARRAY_TASK_ID").env("JOB_COMPLETION_INDEX", index);
        Ran::of(command.args(arguments).arg("--no-timings").output().unwrap()).ended(0);
    }
    let arguments: Vec<String> = arguments("merge.yaml").iter().map(|argument| ours(argument, "")).collect();
    run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).ended(0);
    same_files(&place.path().join("run"), &whole);
}

#[test]
fn the_kubernetes_jobs_are_valid_under_the_schema_of_the_api_and_a_mistyped_key_is_not() {
    let python = std::env::var("AGEBENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let validate = |file: &Path| {
        let command = Command::new(&python).args(["-m", "kubernetes_validate", "--strict", text(file)]).output();
        command.map(Ran::of)
    };
    if !validate(Path::new("/dev/null")).is_ok_and(|ran| !ran.err.contains("No module named")) {
        assert!(!is_needed("kubernetes-validate"), "{python} has no kubernetes-validate");
        eprintln!("skipped: {python} has no kubernetes-validate (pip install kubernetes-validate)");
        return;
    }
    for name in ["shards.yaml", "merge.yaml"] {
        let ran = validate(&package().join("scripts/kubernetes").join(name)).unwrap().ended(0);
        assert!(
            format!("{}{}", ran.out, ran.err).contains("passed for resource job/agebench-"),
            "{}{}",
            ran.out,
            ran.err
        );
    }
    let place = tempfile::tempdir().unwrap();
    let wrong = place.path().join("wrong.yaml");
    let yaml = fs::read_to_string(package().join("scripts/kubernetes/shards.yaml")).unwrap();
    fs::write(&wrong, yaml.replace("completionMode", "completionMoed")).unwrap();
    assert_ne!(validate(&wrong).unwrap().code, 0);
}
