//! The files of `scripts/ci/`: their shell steps are taken out and run as they stand, with a small method.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Ran, package, run, text};

fn ci(name: &str) -> String {
    fs::read_to_string(package().join("scripts/ci").join(name)).unwrap()
}

/// The steps of a GitHub workflow that run a shell: name and script.
fn github_steps(workflow: &str) -> Vec<(String, String)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = workflow.lines().collect();
    let mut steps = Vec::new();
    let mut name = String::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(named) = line.trim_start().strip_prefix("- name: ") {
            name = named.to_owned();
        }
        if line.trim_start() == "run: |" {
            let block = lines[at + 1..].iter().take_while(|below| indent(below) > indent(line));
            let script: Vec<&str> = block.map(|below| below.trim_start()).collect();
            steps.push((name.clone(), script.join("\n")));
        }
    }
    steps
}

/// The commands under `key` of a GitLab job.
fn gitlab_commands(job: &str, key: &str) -> Vec<String> {
    let below = job.lines().skip_while(|line| line.trim() != format!("{key}:")).skip(1);
    below.map_while(|line| line.strip_prefix("    - ")).map(str::to_owned).collect()
}

/// A folder with what a pipeline finds: a method, a dataset, a policy, the results of the last release.
struct Pipeline {
    place: tempfile::TempDir,
}

impl Pipeline {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let from = package().join("examples/plugins/record");
        let copy = |file: &str, to: &str| {
            let to = place.path().join(to);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from.join(file), to).unwrap();
        };
        for file in ["method.toml", "plugin.py"] {
            copy(file, &format!("method/{file}"));
        }
        for file in ["dataset.toml", "manifest.csv"] {
            copy(&format!("accounts/{file}"), &format!("dataset/{file}"));
        }
        fs::copy(package().join("scripts/ci/policy.toml"), place.path().join("policy.toml")).unwrap();
        let pipeline = Self { place };
        let at = |name: &str| pipeline.at(name);
        let [method, dataset, baseline] = ["method", "dataset", "baseline"].map(at);
        run(&["run", text(&method), "--dataset", text(&dataset), "--out", text(&baseline)]).ended(0);
        pipeline
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Lets everybody through.
    fn break_method(&self) {
        let file = self.at("method/plugin.py");
        let plugin = fs::read_to_string(&file).unwrap();
        let broken = plugin.replace("\"deny\"", "\"pass\"");
        assert_ne!(plugin, broken);
        fs::write(file, broken).unwrap();
    }

    /// Runs a script as a runner does, in the folder, with the program on the path.
    fn shell(&self, script: &str) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_agebench"));
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("bash");
        command.args(["-e", "-c", script]).current_dir(self.place.path());
        command.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
        command.env("GITHUB_STEP_SUMMARY", self.at("summary.md"));
        for (name, value) in
            [("METHOD", "method"), ("DATASET", "dataset"), ("BASELINE", "baseline"), ("POLICY", "policy.toml")]
        {
            command.env(name, value);
        }
        Ran::of(command.output().unwrap())
    }
}

#[test]
fn the_steps_of_the_github_workflow_measure_gate_and_write_the_summary() {
    let workflow = ci("github.yml");
    let steps = github_steps(&workflow);
    let names: Vec<&str> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["install", "measure", "gate", "table", "page"]);
    // Installing needs the network; the program under test stands in for it.
    assert_eq!(steps[0].1, r#"cargo install --locked --git "$AGEBENCH" agebench"#);
    let pipeline = Pipeline::new();
    fs::write(pipeline.at("summary.md"), "").unwrap();
    for (name, script) in &steps[1..] {
        let ran = pipeline.shell(script);
        assert_eq!(ran.code, 0, "{name}: {}\n{}", ran.out, ran.err);
    }
    assert!(fs::read_to_string(pipeline.at("summary.md")).unwrap().starts_with("## Gate passed: pipeline"));
    assert!(fs::read_to_string(pipeline.at("gate.csv")).unwrap().contains("identical"));
    let uploaded = workflow.split("path: |").nth(1).unwrap();
    for kept in ["package", "report.html"] {
        assert!(uploaded.contains(&format!("            {kept}\n")) && pipeline.at(kept).exists(), "{kept}");
    }
    // Verdicts hold exact counts of a few people.
    assert!(pipeline.at("gate.xml").exists() && !uploaded.contains("gate."));
    run(&["verify", text(&pipeline.at("package"))]).ended(0);
    // What is about people is not uploaded.
    assert!(!uploaded.contains("results"));
    pipeline.break_method();
    pipeline.shell(&steps[1].1).ended(0);
    let gated = pipeline.shell(&steps[2].1);
    assert!([1, 3].contains(&gated.code), "{}: {}", gated.code, gated.out);
    assert!(!fs::read_to_string(pipeline.at("summary.md")).unwrap().contains("Gate passed"));
    pipeline.shell(&steps[3].1).ended(0);
}

#[test]
fn the_commands_of_the_gitlab_job_measure_and_gate() {
    let job = ci("gitlab-ci.yml");
    assert_eq!(gitlab_commands(&job, "before_script"), [r#"cargo install --locked --git "$AGEBENCH" agebench"#]);
    let commands = gitlab_commands(&job, "script");
    assert_eq!(commands.len(), 2);
    let pipeline = Pipeline::new();
    pipeline.shell(&commands.join("\n")).ended(0);
    pipeline.shell(&gitlab_commands(&job, "after_script").join("\n")).ended(0);
    assert!(!job.split("paths:").nth(1).unwrap().split("reports:").next().unwrap().contains("gate."));
    for kept in ["gate.xml", "gate.md", "- package\n", "- report.html"] {
        assert!(job.contains(kept) && pipeline.at(kept.trim_matches(['-', ' ', '\n'])).exists(), "{kept}");
    }
    // What is not protected is not uploaded.
    assert!(!job.split("artifacts:").nth(1).unwrap().contains("results"));
    pipeline.break_method();
    let gated = pipeline.shell(&commands.join("\n"));
    assert!([1, 3].contains(&gated.code), "{}: {}", gated.code, gated.out);
}

#[test]
fn the_pre_commit_hook_takes_less_than_five_seconds() {
    let config = ci("pre-commit-config.yaml");
    let entry = config.lines().find_map(|line| line.trim().strip_prefix("entry: ")).unwrap();
    assert_eq!(entry, "scripts/ci/smoke.sh method smoke/dataset smoke/baseline smoke/policy.toml");
    let script = package().join("scripts/ci/smoke.sh");
    assert_ne!(fs::metadata(&script).unwrap().permissions().mode() & 0o111, 0, "it can be run");
    let pipeline = Pipeline::new();
    let command = format!("{} method dataset baseline policy.toml", text(&script));
    let begun = Instant::now();
    let ran = pipeline.shell(&command).ended(0);
    let took = begun.elapsed();
    assert!(ran.out.contains("Gate passed"), "{}", ran.out);
    assert!(took < Duration::from_secs(5), "{took:?}");
    pipeline.break_method();
    let ran = pipeline.shell(&command);
    assert!([1, 3].contains(&ran.code), "{}: {}", ran.code, ran.out);
    // A method that cannot be run is no verdict.
    fs::write(pipeline.at("method/plugin.py"), "raise SystemExit(1)\n").unwrap();
    pipeline.shell(&command).ended(2);
}
