//! Drafts that need nothing but a name: cards of the other adapters, an example of a dataset, a protocol, a policy, pipelines; and the
//! bundled methods, faces, protocols and policies written out.

use std::path::{Path, PathBuf};

use super::card::quoted;
use super::draft::Draft;
use crate::bundled;
use crate::dataset::{CARD_FILE as DATASET_CARD, Files, MANIFEST_FILE};
use crate::method::adapter::ADAPTERS;

/// The pipelines that there are files for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipeline {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// pre-commit.
    PreCommit,
}

/// The adapters that need no model: those of [`ADAPTERS`] without `onnx`, for which [`super::from_network`] drafts.
pub fn adapters() -> impl Iterator<Item = &'static str> {
    ADAPTERS.iter().copied().filter(|adapter| *adapter != "onnx")
}

/// A method folder for `adapter`, at `card`; `None` for an adapter without a template.
#[must_use]
pub fn method(adapter: &str, name: &str, card: &Path) -> Option<Draft> {
    let text = match adapter {
        "command" => include_str!("templates/command.toml"),
        "http" => include_str!("templates/http.toml"),
        "replay" => include_str!("templates/replay.toml"),
        "declared" => include_str!("templates/declared.toml"),
        "waterfall" => include_str!("templates/waterfall.toml"),
        _ => return None,
    };
    let draft = Draft::one(card.to_owned(), named(text, name));
    let beside = |file: &str| card.with_file_name(file);
    Some(match adapter {
        "command" => draft.with(beside("plugin.py"), include_str!("../../examples/plugins/python/plugin.py")),
        _ => draft,
    })
}

/// The bundled method `name` with its files, or the card without weights of that name, in `folder`.
#[must_use]
pub fn bundled_method(name: &str, folder: &Path) -> Option<Draft> {
    written_out(&bundled::method(name).or_else(|| bundled::catalogued(name))?, folder)
}

/// The drawn faces with their card and manifest, in `folder`.
#[must_use]
pub fn drawn_faces(folder: &Path) -> Option<Draft> {
    written_out(&bundled::faces(), folder)
}

fn written_out(files: &impl Files, folder: &Path) -> Option<Draft> {
    let names = files.list().ok()?;
    names.into_iter().try_fold(Draft::default(), |draft, name| {
        let content = files.read(&name).ok()?;
        Some(draft.with(folder.join(&name), content.into_owned()))
    })
}

/// A dataset of two drawn faces that shows the form, in `folder`.
#[must_use]
pub fn dataset(name: &str, folder: &Path) -> Option<Draft> {
    let faces = bundled::faces();
    let draft = Draft::one(folder.join(DATASET_CARD), named(include_str!("templates/dataset.toml"), name))
        .with(folder.join(MANIFEST_FILE), include_str!("templates/manifest.csv"));
    ["images/s0001.jpg", "images/s0002.jpg"].into_iter().try_fold(draft, |draft, path| {
        let content = faces.read(path).ok()?;
        Some(draft.with(folder.join(path), content.into_owned()))
    })
}

/// A protocol: with the keys that are changed most, or the bundled one `from`.
#[must_use]
pub fn protocol(name: &str, from: Option<&str>) -> Option<String> {
    match from {
        Some(from) => bundled::protocol(from).map(str::to_owned),
        None => Some(named(include_str!("templates/protocol.toml"), name)),
    }
}

/// A policy: two rules at Challenge 25, or the bundled one `from`.
#[must_use]
pub fn policy(name: &str, from: Option<&str>) -> Option<String> {
    match from {
        Some(from) => bundled::policy(from).map(str::to_owned),
        None => Some(named(include_str!("templates/policy.toml"), name)),
    }
}

/// A pipeline with its policy, in the repository at `root`.
#[must_use]
pub fn pipeline(of: Pipeline, root: &Path) -> Draft {
    let policy = include_str!("../../scripts/ci/policy.toml");
    let file: &[&str] = match of {
        Pipeline::Github => &[".github", "workflows", "age-gate.yml"],
        Pipeline::Gitlab => &[".gitlab-ci.yml"],
        Pipeline::PreCommit => &[".pre-commit-config.yaml"],
    };
    let text = match of {
        Pipeline::Github => include_str!("../../scripts/ci/github.yml"),
        Pipeline::Gitlab => include_str!("../../scripts/ci/gitlab-ci.yml"),
        Pipeline::PreCommit => include_str!("../../scripts/ci/pre-commit-config.yaml"),
    };
    let place: PathBuf = file.iter().fold(root.to_owned(), |path, part| path.join(part));
    let draft = Draft::one(place, text);
    match of {
        Pipeline::PreCommit => draft
            .with_program(root.join("scripts/ci/smoke.sh"), include_str!("../../scripts/ci/smoke.sh"))
            .with(root.join("smoke/policy.toml"), policy),
        Pipeline::Github | Pipeline::Gitlab => draft.with(root.join("policy.toml"), policy),
    }
}

fn named(text: &str, name: &str) -> String {
    text.replacen("name = NAME", &format!("name = {}", quoted(name)), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Policy;
    use crate::method::MethodCard;
    use crate::protocol::Protocol;

    #[test]
    fn every_template_says_what_it_is_read_as() {
        let name = "an \"odd\" name";
        for adapter in adapters() {
            let draft = method(adapter, name, Path::new("there/method.toml")).unwrap();
            let text = String::from_utf8(draft.files[0].content.clone()).unwrap();
            let (card, findings) = MethodCard::read("method.toml", &text);
            // Who may use it, and for what, nobody can guess.
            let columns: Vec<_> = findings.kept().iter().filter_map(|finding| finding.column.as_deref()).collect();
            assert_eq!(findings.errors(), 0, "{adapter}");
            assert!(
                columns.iter().all(|column| ["licence", "intended_use"].contains(column)),
                "{adapter}: {columns:?}"
            );
            assert_eq!(card.unwrap().name, name);
        }
        let protocol = Protocol::from_toml(&protocol(name, None).unwrap()).unwrap();
        // What it says is what is the default: a newcomer changes one key and nothing else with it.
        let default = Protocol::from_toml("name = \"default\"").unwrap();
        let said = |protocol: &Protocol| {
            protocol
                .to_toml()
                .lines()
                .skip_while(|line| !line.starts_with("limits"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(said(&protocol), said(&default));
        assert!(Policy::read("policy.toml", &policy(name, None).unwrap()).is_ok());
    }

    #[test]
    fn what_is_bundled_is_written_out_with_all_its_files() {
        let draft = bundled_method("drawn-even", Path::new("there")).unwrap();
        let paths: Vec<&Path> = draft.files.iter().map(|file| file.path.as_path()).collect();
        assert!(paths.contains(&Path::new("there/method.toml")) && paths.contains(&Path::new("there/drawn-even.onnx")));
        assert!(drawn_faces(Path::new("f")).unwrap().files.len() > 900);
        assert!(dataset("x", Path::new("f")).unwrap().files.len() == 4);
    }
}
