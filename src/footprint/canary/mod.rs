//! Traces of samples in what a method left, wrote, returned or sent: each copy carries a marker that no other has, and is
//! known by the hashes of its bytes and pixels and by how it looks.

mod encoded;
mod mark;

use std::collections::{BTreeSet, HashMap, HashSet};

use md5::{Digest as _, Md5};

use crate::digest::Digest;
use crate::footprint::report::{hex, unhex};
use crate::photo::{Decoder, Likeness, PIXEL_LIMIT, decode};
use encoded::{AFTER, Wanted, unbase64};

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// In the content of a file.
    File,
    /// In the name of a file or folder.
    FileName,
    /// In an extended attribute of a file.
    Attribute,
    /// On the error stream.
    Stderr,
    /// In a reply.
    Reply,
    /// In what was sent to a host.
    Network,
}

impl Place {
    /// The word in footprint.csv.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::FileName => "file_name",
            Self::Attribute => "attribute",
            Self::Stderr => "stderr",
            Self::Reply => "reply",
            Self::Network => "network",
        }
    }
}

/// The name of a reply as a whole.
pub(super) const LINE: &str = "line";

/// A trace that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Hit {
    /// Where.
    pub place: Place,
    /// The file, host or stream.
    pub name: String,
    /// What was found: `marker`, `sha256`, `md5`, `pixels`, `likeness`, `content`.
    pub what: &'static str,
    /// Whose: the number that [`Canary::know`] was given.
    pub sample: usize,
}

impl Hit {
    /// The words in footprint.csv: `file tmp/x: marker`.
    pub fn words(&self) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!(" {}", self.name) };
        format!("{}{name}: {}", self.place.word(), self.what)
    }
}

/// The samples that were given, and what would give them away.
pub(super) struct Canary {
    prefix: String,
    wanted: Wanted,
    sessions: u32,
    /// Which sample each marker is of.
    markers: HashMap<String, usize>,
    /// Digests of bytes and pixels: whose, and of what.
    digests: HashMap<Vec<u8>, (usize, &'static str)>,
    /// The first four bytes of each, to pass quickly over what is none.
    beginnings: HashSet<[u8; 4]>,
    looks: Vec<(Likeness, usize)>,
    hits: BTreeSet<Hit>,
    /// Hits that were taken: a log that grows holds its old lines again.
    told: BTreeSet<Hit>,
}

impl Canary {
    /// Markers of a measurement of its own: `seed` differs from that of every other.
    pub fn new(seed: &str) -> Self {
        let digits = Digest::of(format!("agebench canary/1\n{seed}").as_bytes()).to_string();
        // Small letters only, so that it stays itself in every text.
        let letter = |digit: u8| char::from(b'a' + digit % 26);
        let prefix: String = unhex(digits.as_bytes()).into_iter().take(20).map(letter).collect();
        Self {
            wanted: Wanted::new(&prefix),
            prefix,
            sessions: 0,
            markers: HashMap::new(),
            digests: HashMap::new(),
            beginnings: HashSet::new(),
            looks: Vec::new(),
            hits: BTreeSet::new(),
            told: BTreeSet::new(),
        }
    }

    /// The markers of another session are others.
    pub fn next_session(&mut self) {
        self.sessions += 1;
    }

    /// `content` of the sample `sample` as it is given: with its marker in its metadata, where its format has a place for one.
    /// From now on it is known.
    pub fn know(&mut self, sample: usize, content: &[u8]) -> Vec<u8> {
        let digits = Digest::of(format!("{}\n{}\n{sample}", self.prefix, self.sessions).as_bytes()).to_string();
        let suffix = digits.get(..AFTER).unwrap_or_default().to_owned();
        let marked = mark::mark(content, &format!("{}{suffix}", self.prefix));
        self.markers.insert(suffix, sample);
        for bytes in [Some(content), marked.as_deref()].into_iter().flatten() {
            self.digest(unhex(Digest::of(bytes).to_string().as_bytes()), sample, "sha256");
            self.digest(Md5::digest(bytes).to_vec(), sample, "md5");
        }
        if self.sessions == 0
            && let Ok(picture) = decode(content, Decoder::default(), PIXEL_LIMIT)
        {
            self.digest(unhex(Digest::of(picture.rgb()).to_string().as_bytes()), sample, "pixels");
            self.looks.extend(Likeness::of(&picture).map(|look| (look, sample)));
        }
        marked.unwrap_or_else(|| content.to_vec())
    }

    fn digest(&mut self, digest: Vec<u8>, sample: usize, what: &'static str) {
        let Some(beginning) = digest.first_chunk() else { return };
        self.beginnings.insert(*beginning);
        self.digests.entry(digest).or_insert((sample, what));
    }

    /// Looks for traces in `bytes`, which were found at `place` under `name`.
    pub fn search(&mut self, place: Place, name: &str, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut found: Vec<(usize, &'static str)> = Vec::new();
        let mut suffixes = self.wanted.find(bytes);
        if bytes.contains(&b'\n') {
            // Base64 of letters is broken into lines.
            let joined: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
            suffixes.extend(self.wanted.find(&joined));
        }
        let markers = suffixes.iter().filter_map(|suffix| self.markers.get(std::str::from_utf8(suffix).ok()?));
        found.extend(markers.map(|sample| (*sample, "marker")));
        self.digests_in(bytes, &mut found);
        if place == Place::File || place == Place::Attribute {
            found.extend(self.content(bytes));
        }
        let hit = |(sample, what)| Hit { place, name: name.to_owned(), what, sample };
        self.hits.extend(found.into_iter().map(hit));
    }

    /// Digests among `bytes`: as bytes, in hexadecimal digits, in base64.
    fn digests_in(&self, bytes: &[u8], found: &mut Vec<(usize, &'static str)>) {
        let mut known = |digest: &[u8]| found.extend(self.digests.get(digest));
        for (at, window) in bytes.windows(4).enumerate() {
            let Ok(beginning) = <[u8; 4]>::try_from(window) else { continue };
            if self.beginnings.contains(&beginning) {
                [16, 32].into_iter().filter_map(|length| bytes.get(at..at + length)).for_each(&mut known);
            }
        }
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        for run in bytes.split(|byte| !is_letter(byte)) {
            match run.len() {
                32 | 64 if run.iter().all(u8::is_ascii_hexdigit) => known(&unhex(run)),
                22 | 43 => known(&unbase64(run, usize::MAX)),
                _ => {}
            }
        }
    }

    /// Whether `bytes` are a sample, or a picture of one.
    fn content(&self, bytes: &[u8]) -> Vec<(usize, &'static str)> {
        let digest = |bytes: &[u8]| unhex(Digest::of(bytes).to_string().as_bytes());
        let mut found = Vec::new();
        found.extend(self.digests.get(&digest(bytes)).map(|(sample, what)| match *what {
            "pixels" => (*sample, "pixels"),
            _ => (*sample, "content"),
        }));
        let Ok(picture) = decode(bytes, Decoder::default(), PIXEL_LIMIT) else { return found };
        if let Some((sample, _)) = self.digests.get(&digest(picture.rgb())) {
            found.push((*sample, "pixels"));
        } else if let Some(look) = Likeness::of(&picture) {
            // Of several that are as near, the last is the likeliest: the file was just made.
            let near = self.looks.iter().rev().map(|(other, sample)| (look.distance(other), *sample));
            let nearest =
                near.min_by(|one, other| one.0.total_cmp(&other.0)).filter(|(distance, _)| *distance <= Likeness::NEAR);
            found.extend(nearest.map(|(_, sample)| (sample, "likeness")));
        }
        found
    }

    /// What was found since this was last asked; each trace once, and one in a field of a reply not again as one in its line.
    pub fn take(&mut self) -> Vec<Hit> {
        let mut hits = std::mem::take(&mut self.hits);
        let in_fields = |hit: &Hit| {
            let field = |other: &&Hit| {
                other.place == Place::Reply
                    && other.name != LINE
                    && (other.what, other.sample) == (hit.what, hit.sample)
            };
            hit.place == Place::Reply && hit.name == LINE && self.hits_of(&hits).any(|other| field(&other))
        };
        let fresh: Vec<Hit> = hits.iter().filter(|hit| !self.told.contains(hit) && !in_fields(hit)).cloned().collect();
        self.told.append(&mut hits);
        fresh
    }

    fn hits_of<'a>(&'a self, fresh: &'a BTreeSet<Hit>) -> impl Iterator<Item = &'a Hit> {
        self.told.iter().chain(fresh)
    }

    /// Whether `text` is a marker, which is no identifier of anybody.
    pub fn is_marker(&self, text: &str) -> bool {
        text.contains(&self.prefix) || text.contains(&hex(self.prefix.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64::base64;

    const FACE: &[u8] = include_bytes!("../../../fixtures/faces/images/s0001.jpg");
    const OTHER: &[u8] = include_bytes!("../../../fixtures/faces/images/s0002.jpg");

    fn found(bytes: &[u8]) -> Vec<(&'static str, usize)> {
        let mut canary = Canary::new("a test");
        canary.know(3, OTHER);
        let given = canary.know(7, FACE);
        let bytes = if bytes.is_empty() { given } else { bytes.to_vec() };
        canary.search(Place::File, "tmp/x", &bytes);
        canary.take().into_iter().map(|hit| (hit.what, hit.sample)).collect()
    }

    #[test]
    fn a_copy_is_found_by_its_marker_its_bytes_and_its_pixels() {
        assert_eq!(found(b""), [("content", 7), ("marker", 7), ("pixels", 7)]);
        assert_eq!(found(FACE), [("content", 7), ("pixels", 7)], "without its metadata");
    }

    #[test]
    fn pixels_a_picture_compressed_anew_and_digests_are_found() {
        let picture = decode(FACE, Decoder::default(), PIXEL_LIMIT).unwrap();
        assert_eq!(found(picture.rgb()), [("pixels", 7)]);
        let smaller = image::load_from_memory(FACE).unwrap().resize(90, 90, image::imageops::FilterType::Triangle);
        let mut again = std::io::Cursor::new(Vec::new());
        smaller.write_to(&mut again, image::ImageFormat::Jpeg).unwrap();
        assert_eq!(found(again.get_ref()), [("likeness", 7)]);
        let sha = Digest::of(FACE).to_string();
        assert_eq!(found(format!("{{\"key\": \"{sha}\"}}").as_bytes()), [("sha256", 7)]);
        assert_eq!(found(&[&[0; 5], &unhex(sha.as_bytes())[..]].concat()), [("sha256", 7)]);
        let md5 = Md5::digest(FACE);
        assert_eq!(found(format!("key={}", hex(&md5)).as_bytes()), [("md5", 7)]);
        assert_eq!(found(base64(&md5).as_bytes()), [("md5", 7)]);
        assert_eq!(found(b"nothing of the kind"), []);
    }

    #[test]
    fn markers_of_two_sessions_differ_and_both_are_known() {
        let mut canary = Canary::new("a test");
        let one = canary.know(0, FACE);
        canary.next_session();
        let two = canary.know(0, FACE);
        assert_ne!(one, two);
        canary.search(Place::Stderr, "", &[one, two].concat());
        assert_eq!(canary.take().len(), 1, "the same trace of the same sample is told once");
        assert_ne!(Canary::new("another").prefix, canary.prefix);
    }
}
