//! Services as methods, against services on this machine that misbehave.

mod answers;
mod bodies;
mod footprint;
mod pace;
mod secrets;
mod server;
mod trust;
mod use_of_it;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ran, agebench, text};

/// The card of a service at `url` that is sent the sample as it is; `lines` are further lines of `[http]`.
pub fn service(place: &Path, url: &str, lines: &str) -> PathBuf {
    let backoff = if lines.contains("backoff_seconds") { "" } else { "backoff_seconds = 0.01" };
    card(
        place,
        &format!(
            "[http]\nurl = \"{url}\"\nbytes = true\n{backoff}\ncodes = {{ 404 = \"no_subject\", 422 = \"refused\" }}\n\
             {lines}\n[http.answer]\nage = \"/result/age\"\nstatus = \"/state\"\nreason = \"/why\"\n\
             statuses = {{ ok = \"answered\", unsure = \"abstained\" }}\n"
        ),
    )
}

/// The card of a service that answers whatever it is sent.
pub fn answering(place: &Path) -> PathBuf {
    let server = server::Server::start(|_, _| server::json("{\"state\":\"ok\",\"result\":{\"age\":20}}"));
    service(place, &server.url("/"), "instances = 2")
}

/// A card with this adapter table.
pub fn card(place: &Path, table: &str) -> PathBuf {
    fs::create_dir_all(place).unwrap();
    let head = "name = \"remote\"\nkind = \"estimation\"\nversion = \"1\"\nlicence = \"none\"\nintended_use = \"a test\"\n\
                claimed_ages = [0, 100]\n\n";
    fs::write(place.join("method.toml"), format!("{head}{table}")).unwrap();
    place.to_owned()
}

/// The command that runs `method` over `dataset` with ids as they are and without times.
pub fn command(method: &Path, dataset: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = agebench();
    command.args(["run", text(method), "--dataset", text(dataset), "--out", text(out), "--keep-ids", "--no-timings"]);
    command.args(more);
    command
}

/// How that ended, and outcomes.csv.
pub fn ran(method: &Path, dataset: &Path, out: &Path, more: &[&str]) -> (Ran, String) {
    let ran = Ran::of(command(method, dataset, out, more).output().unwrap());
    (ran, crate::support::outcomes(out))
}

/// `run.json` of a run folder.
pub fn run_json(out: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap()
}
