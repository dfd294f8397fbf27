//! What is embedded in the binary: the drawn faces, the methods trained on them, the catalogue's cards, and the worked protocols and
//! policies. Faces and methods prove the tool and say nothing about any person.

use include_dir::{Dir, include_dir};

use crate::dataset::Embedded;

static FACES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/faces");
static MODELS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/models");
static PROTOCOLS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/protocols");

/// The name of the bundled dataset.
pub const DATASET: &str = "drawn-faces";

/// What every page about bundled data must say.
pub const NOTICE: &str = "These are drawn faces. They prove the tool and say nothing about any person.";

/// The same of a page that holds other datasets as well.
pub const NOTICE_AMONG_OTHERS: &str =
    "The faces of drawn-faces are drawn. They prove the tool and say nothing about any person.";

/// The bundled dataset.
#[must_use]
pub fn faces() -> Embedded {
    Embedded::new(&FACES, "")
}

/// The names of the bundled methods, sorted.
#[must_use]
pub fn methods() -> Vec<&'static str> {
    let mut names: Vec<&str> = MODELS
        .dirs()
        .filter(|folder| folder.get_file(folder.path().join(crate::method::card::CARD_FILE)).is_some())
        .filter_map(|folder| folder.path().to_str())
        .collect();
    names.sort_unstable();
    names
}

/// The folder of the bundled method `name`.
#[must_use]
pub fn method(name: &str) -> Option<Embedded> {
    let name = methods().into_iter().find(|known| *known == name)?;
    Some(Embedded::new(&MODELS, name))
}

/// The folder of the cards without weights, in that of the methods.
const CATALOG: &str = "catalog";

/// The names of the cards without weights, sorted: public models of which every key is known, to which a user adds the file.
#[must_use]
pub fn catalog() -> Vec<&'static str> {
    let folders = MODELS.get_dir(CATALOG).into_iter().flat_map(|folder| folder.dirs());
    let mut names: Vec<&str> = folders.filter_map(|folder| folder.path().file_name()?.to_str()).collect();
    names.sort_unstable();
    names
}

/// The folder of the card without weights `name`.
#[must_use]
pub fn catalogued(name: &str) -> Option<Embedded> {
    let folder = MODELS.get_dir(format!("{CATALOG}/{}", catalog().into_iter().find(|known| *known == name)?))?;
    Some(Embedded::new(&MODELS, folder.path().to_str()?))
}

/// The names of the bundled protocols, sorted.
#[must_use]
pub fn protocols() -> Vec<&'static str> {
    let name = |file: &'static include_dir::File<'static>| file.path().to_str()?.strip_suffix(".toml");
    let mut names: Vec<&str> = PROTOCOLS.files().filter_map(name).collect();
    names.sort_unstable();
    names
}

/// The folder of the worked policies, in that of the protocols.
const POLICIES: &str = "policies";

/// The names of the bundled policies, sorted.
#[must_use]
pub fn policies() -> Vec<&'static str> {
    let files = PROTOCOLS.get_dir(POLICIES).into_iter().flat_map(|folder| folder.files());
    let mut names: Vec<&str> =
        files.filter_map(|file| file.path().file_name()?.to_str()?.strip_suffix(".toml")).collect();
    names.sort_unstable();
    names
}

/// The text of the bundled policy `name`.
#[must_use]
pub fn policy(name: &str) -> Option<&'static str> {
    PROTOCOLS.get_file(format!("{POLICIES}/{name}.toml"))?.contents_utf8()
}

/// The text of the bundled protocol `name`.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static str> {
    PROTOCOLS.get_file(format!("{name}.toml"))?.contents_utf8()
}
