//! A dataset's card and manifest, divided by a zero byte; what is accepted has a row for each sample and the same digest twice.
#![no_main]

use std::borrow::Cow;
use std::io;
use std::path::Path;

use agebench::dataset::{CARD_FILE, Dataset, Files, MANIFEST_FILE, Pick};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Clone)]
struct Memory {
    card: Vec<u8>,
    manifest: Vec<u8>,
}

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        match path {
            CARD_FILE => Ok(Cow::Owned(self.card.clone())),
            MANIFEST_FILE => Ok(Cow::Owned(self.manifest.clone())),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn check(&self, path: &str) -> io::Result<()> {
        self.read(path).map(drop)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(vec![CARD_FILE.to_owned(), MANIFEST_FILE.to_owned()])
    }

    fn folder(&self) -> Option<&Path> {
        None
    }
}

const PLAIN: &[u8] = b"name = \"a\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"day\"\ngroups = [\"sex\"]\n";

fuzz_target!(|data: &[u8]| {
    let (card, manifest) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (PLAIN, data),
    };
    let memory = Memory { card: card.to_vec(), manifest: manifest.to_vec() };
    let open = || Dataset::from_files(Box::new(memory.clone()), CARD_FILE, &Pick::all());
    let Ok(dataset) = open() else { return };
    assert!(!dataset.samples().is_empty(), "an empty dataset is an error");
    for place in 0..dataset.samples().len() {
        assert!(dataset.samples().get(place).is_some());
        let _ = dataset.is_eligible(place);
        for column in dataset.columns() {
            let _ = column.cell(place);
        }
    }
    let again = open().expect("what was accepted is accepted again");
    assert_eq!(dataset.manifest_digest(), again.manifest_digest());
});
