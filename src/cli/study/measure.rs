//! The measurements of a study, each made in a process of its own: its memory and its first start are part of what is
//! measured.

use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::environment::Environment;
use super::super::{Exit, Failure};
use super::Study;
use crate::study::{Measurement, Plan};

/// Makes `measurement` into the folder `path`.
pub(super) fn measure(
    study: &Study,
    plan: &Plan,
    measurement: &Measurement,
    path: &Path,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let mut command = environment.part().map_err(Failure::unusable)?;
    command.args(arguments(study, plan, measurement, path)).stdin(Stdio::null()).stdout(Stdio::null());
    let child = command.spawn().map_err(Failure::unusable)?;
    let status = waited(child, environment).map_err(Failure::unusable)?;
    Ok(match status.code() {
        Some(0) => Exit::Done,
        Some(2) => Exit::Unusable,
        Some(4) => Exit::TooManyFailed,
        Some(74) => Exit::CannotWrite,
        Some(130) => Exit::Interrupted,
        _ if environment.stop.load(Ordering::Relaxed) => Exit::Interrupted,
        _ => Exit::Internal,
    })
}

/// The command line of a measurement.
fn arguments(study: &Study, plan: &Plan, measurement: &Measurement, path: &Path) -> Vec<String> {
    let at = plan.methods.iter().position(|method| method.name == measurement.method);
    let method = at.and_then(|at| study.method_places.get(at)).cloned().unwrap_or_default();
    let at = plan.datasets.iter().position(|dataset| dataset.name == measurement.dataset);
    let dataset = at.and_then(|at| study.dataset_places.get(at)).cloned().unwrap_or_default();
    let settings = &study.file.run;
    let mut all = vec![measurement.verb.clone(), method, "--dataset".to_owned(), dataset];
    let mut flag = |name: &str, value: String| all.extend([format!("--{name}"), value]);
    flag("out", path.display().to_string());
    if let Some(protocol) = &study.protocol_place {
        flag("protocol", protocol.display().to_string());
    }
    if let Some(split) = &settings.split {
        flag("split", split.clone());
    }
    if let Some(jobs) = settings.jobs {
        flag("jobs", jobs.to_string());
    }
    flag("timeout", settings.timeout.as_secs_f64().to_string());
    flag("engine", settings.engine.to_owned());
    flag("decoder", settings.decoder.to_owned());
    if settings.provider != "cpu" {
        flag("provider", settings.provider.to_owned());
    }
    let named = |setting: &str| measurement.settings.get(setting).filter(|value| !value.is_null());
    for (setting, name) in [("attempts", "attempts"), ("rate", "rate"), ("starts", "starts"), ("warm_up", "warm-up")] {
        if let Some(value) = named(setting) {
            flag(name, value.to_string());
        }
    }
    for host in named("allow_hosts").and_then(|hosts| hosts.as_array()).into_iter().flatten() {
        flag("allow-host", host.as_str().unwrap_or_default().to_owned());
    }
    if let Some(curve) = named("curve") {
        flag("margin-rate", curve["margin_rate"].to_string());
        flag("margin-years", curve["margin_years"].to_string());
        let axes: Vec<&str> = curve["axes"].as_array().into_iter().flatten().filter_map(|it| it.as_str()).collect();
        all.push(format!("--curve={}", axes.join(",")));
    }
    if settings.keep_ids {
        all.push("--keep-ids".to_owned());
    }
    all.push("--replace".to_owned());
    all
}

/// Waits for `child`, to which a wish to stop is passed on once.
fn waited(mut child: Child, environment: &Environment) -> std::io::Result<ExitStatus> {
    use rustix::process::{Pid, Signal, kill_process};
    let mut asked = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if !asked && environment.stop.load(Ordering::Relaxed) {
            asked = true;
            if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::TERM); // it may have ended by now
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
