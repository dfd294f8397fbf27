//! A program in the box, looked around at its start, after each answer, before its end and after it.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::canary::{Canary, LINE, Place};
use super::identifiers::{self, Texts};
use super::inventory::{Change, Entry, Inventory, words};
use super::opened::{Happened, Opened};
use super::report::{Report, unhex};
use super::sandbox::{COPIES, Channel, Sandbox, Seen, Tools};
use crate::folder::{Basis, Observed, Phase, Thing};
use crate::method::adapter::command::message::Carrier;
use crate::method::adapter::command::{CommandMethod, Heard, Plan};
use crate::method::{Ask, MethodError, Scratch, Session};
use crate::outcome::Outcome;

/// A program in the box.
pub(super) struct Boxed<'a> {
    sandbox: Sandbox,
    program: &'a CommandMethod,
    inventory: Inventory,
    opened: Opened,
    /// Files that were made while we looked.
    made: Vec<PathBuf>,
    canary: Canary,
    channel: Option<Arc<Channel>>,
    heard: Arc<Heard>,
    /// The most memory that was seen.
    memory: Option<u64>,
    /// Whether a box once ended without telling all that it saw.
    is_cut: bool,
    /// Whether a box once told which processes were left.
    told_processes: bool,
    /// What was observed at least once.
    observed: BTreeSet<(Thing, Phase)>,
    /// Whether this is the session in which samples are attempted again, of which nothing else is told.
    is_again: bool,
    /// Texts of this session that may be identifiers, by sample.
    texts: BTreeMap<usize, Texts>,
}

/// What is looked for by watching, and when it is said that there was none.
const WATCHED: [(Thing, Phase); 11] = [
    (Thing::FileCreated, Phase::AfterAnswer),
    (Thing::FileChanged, Phase::AfterAnswer),
    (Thing::FileLeft, Phase::End),
    (Thing::FileLeft, Phase::AfterExit),
    (Thing::ProcessLeft, Phase::End),
    (Thing::ProcessLeft, Phase::AfterExit),
    (Thing::Connection, Phase::Whole),
    (Thing::Host, Phase::Whole),
    (Thing::NameResolved, Phase::Whole),
    (Thing::UnixSocket, Phase::Whole),
    (Thing::Canary, Phase::Whole),
];

impl<'a> Boxed<'a> {
    /// A box for `program` that may reach `hosts`; `seed` sets its markers apart from those of other measurements.
    ///
    /// # Errors
    /// Why there can be none here, in words.
    pub fn prepare(
        program: &'a CommandMethod,
        tools: &Tools,
        scratch: &Scratch,
        hosts: &[(String, u16)],
        seed: &str,
    ) -> Result<Self, String> {
        let sandbox = Sandbox::prepare(tools, scratch, hosts)?;
        let opened = Opened::new().map_err(|error| format!("files cannot be watched: {error}"))?;
        let mut inventory = Inventory::of(sandbox.folders());
        inventory.look(&|name| sandbox.is_ours(name), &mut |_, _, _| {});
        Ok(Self {
            sandbox,
            program,
            inventory,
            opened,
            made: Vec::new(),
            canary: Canary::new(seed),
            channel: None,
            heard: Arc::default(),
            memory: None,
            is_cut: false,
            told_processes: false,
            observed: BTreeSet::new(),
            is_again: false,
            texts: BTreeMap::new(),
        })
    }

    /// Whether Unix sockets are seen.
    pub fn is_traced(&self) -> bool {
        self.sandbox.is_traced()
    }

    /// Starts the program in the box, where it may reach hosts or not, and gives a session on it.
    ///
    /// # Errors
    /// As [`crate::method::Method::open`].
    pub fn open(&mut self, ask: &Ask, reaches: bool) -> Result<Box<dyn Session>, MethodError> {
        let wrong = |error: std::io::Error| MethodError::Program {
            program: self.program.launch().program.display().to_string(),
            problem: format!("cannot be put into a box: {error}"),
        };
        let plan = self.program.plan(ask);
        let (launch, channel) = self.sandbox.enclose(&plan.launch, reaches).map_err(wrong)?;
        self.channel = Some(channel);
        self.watch();
        let heard = Some(Arc::clone(&self.heard));
        let session = self.program.session(Plan { launch, heard, scratch: self.sandbox.copies(), ..plan });
        self.watch();
        session
    }

    /// Watches every folder that is there by now.
    fn watch(&mut self) {
        let copies = std::fs::read_dir(self.sandbox.copies().parent()).into_iter().flatten().flatten();
        let copies = copies.map(|entry| entry.path()).filter(|path| path.is_dir());
        for folder in self.inventory.folders().into_iter().chain(copies) {
            self.opened.watch(&folder);
        }
    }

    /// `content` as it is to be given as the sample with the number `sample`.
    pub fn mark(&mut self, sample: usize, content: &[u8]) -> Vec<u8> {
        let marked = self.canary.know(sample, content);
        // Pixels have no metadata.
        if self.program.carrier() == Some(Carrier::Pixels) { content.to_vec() } else { marked }
    }

    /// What was seen from the question about `sample` to the time after its answer.
    pub fn answered(&mut self, sample: usize, outcome: &Outcome, has_content: bool) -> Vec<Observed> {
        for (name, value) in &outcome.extra {
            self.canary.search(Place::Reply, &format!("field {name}"), value.as_bytes());
        }
        let Looked { mut found, happened, changes } = self.look(Phase::Attempt, Phase::AfterAnswer);
        if has_content {
            found.push(self.media_opened(&happened));
        }
        let mut texts = Texts::new();
        for (name, value) in &outcome.extra {
            if !self.canary.is_marker(value) {
                identifiers::add(&mut texts, &format!("field {name}"), value);
            }
        }
        let made = changes.iter().map(|change| words(&change.name));
        let names = happened.made.iter().chain(happened.opened.keys()).filter_map(|path| self.name(path));
        for path in made.chain(names.map(|name| words(&name))).map(PathBuf::from) {
            let (Some(folder), Some(name)) = (path.parent().and_then(Path::to_str), path.file_stem()) else { continue };
            if !folder.starts_with(COPIES) {
                identifiers::add(&mut texts, &format!("name of a file in {folder}"), &name.to_string_lossy());
            }
        }
        self.texts.insert(sample, texts);
        found
    }

    /// Whether the copy of the sample was opened: once it was by the harness, which made it.
    fn media_opened(&self, happened: &Happened) -> Observed {
        let why = match self.program.carrier() {
            Some(Carrier::Path) if happened.is_cut => "too many files were opened to be counted",
            Some(Carrier::Path) => {
                let copies = happened.opened.iter().filter(|(path, _)| is_copy(path)).map(|(_, times)| *times);
                let is_opened = f64::from(u8::from(copies.sum::<u64>() > 1));
                return Observed::measured(Phase::Attempt, Thing::MediaOpened, "", is_opened);
            }
            Some(Carrier::None) => return Observed::measured(Phase::Attempt, Thing::MediaOpened, "", 0.0),
            _ => "the content came in the message itself",
        };
        Observed::not_measurable(Phase::Attempt, Thing::MediaOpened, why)
    }

    /// What was seen between two answers, or before the first.
    pub fn between(&mut self, phase: Phase) -> Vec<Observed> {
        self.look(phase, phase).found
    }

    /// What is there before the program is told to end.
    pub fn before_end(&mut self) -> Vec<Observed> {
        let mut found = self.look(Phase::End, Phase::End).found;
        found.extend(self.left(Phase::End));
        found
    }

    /// What was seen to the end of a program that has ended.
    pub fn after_exit(&mut self) -> Vec<Observed> {
        let mut found = self.ended();
        found.extend(self.left(Phase::AfterExit));
        found
    }

    /// The same of one that broke, or is ended between two sessions.
    pub fn ended(&mut self) -> Vec<Observed> {
        let seen = self.channel.take().map(|channel| channel.last());
        self.seen(seen, Phase::AfterExit, Phase::AfterExit).found
    }

    fn left(&mut self, phase: Phase) -> Vec<Observed> {
        let left = self.inventory.files().map(|(name, entry)| file(phase, Thing::FileLeft, name, entry));
        let left: Vec<Observed> = left.collect();
        self.note(&left);
        left
    }

    fn look(&mut self, during: Phase, after: Phase) -> Looked {
        let seen = self.channel.as_ref().map(|channel| channel.look());
        self.seen(seen, during, after)
    }

    /// Everything that was `seen` since the last look, and what lies around.
    fn seen(&mut self, seen: Option<Seen>, during: Phase, after: Phase) -> Looked {
        let mut found = Vec::new();
        if let Some(seen) = seen {
            self.is_cut |= !seen.is_complete && !self.is_again;
            found.extend(self.told(&seen, during));
        }
        let [errors, replies] = self.heard.take();
        self.canary.search(Place::Stderr, "", &errors);
        self.canary.search(Place::Reply, LINE, &replies);
        let mut happened = self.opened.look();
        happened.made.splice(0..0, std::mem::take(&mut self.made));
        let (sandbox, canary) = (&self.sandbox, &mut self.canary);
        let changes = self.inventory.look(&|name| sandbox.is_ours(name), &mut |name, bytes, attributes| {
            let told = shown(name);
            canary.search(Place::FileName, &told, name);
            canary.search(Place::File, &told, bytes);
            for (attribute, value) in attributes {
                canary.search(Place::Attribute, &format!("{told} {}", String::from_utf8_lossy(attribute)), value);
            }
        });
        // Opened by ourselves, to be read; what was made meanwhile is told the next time.
        self.made = self.opened.look().made;
        self.watch();
        for Change { name, is_new, entry } in changes.iter().filter(|change| change.entry.kind != "folder") {
            let thing = if *is_new { Thing::FileCreated } else { Thing::FileChanged };
            found.push(file(after, thing, name, entry));
        }
        found.extend(self.passing(&happened, during));
        found.extend(self.canary.take().into_iter().map(|hit| {
            let place = hit.sample;
            let observed = Observed::measured(after, Thing::Canary, hit.words(), 1.0);
            // The number stands for the sample until it is written.
            observed.of_sample(&format!("#{place}"))
        }));
        self.note(&found);
        Looked { found, happened, changes }
    }

    /// Files that were made and are gone.
    fn passing(&self, happened: &Happened, phase: Phase) -> Vec<Observed> {
        let there: BTreeSet<&[u8]> = self.inventory.files().map(|(name, _)| name).collect();
        let made = happened.made.iter().filter(|path| !is_copy(path)).filter_map(|path| self.name(path));
        let gone: BTreeSet<Vec<u8>> =
            made.filter(|name| !self.sandbox.was_ours(name) && !there.contains(name.as_slice())).collect();
        let gone = gone.into_iter().map(|name| Observed {
            name: shown(&name),
            ..Observed::not_measurable(phase, Thing::FileCreated, "it was gone before it was looked at")
        });
        gone.collect()
    }

    /// `path` as a name: from the name of its place on.
    fn name(&self, path: &Path) -> Option<Vec<u8>> {
        self.sandbox.folders().iter().find_map(|(name, folder)| {
            let rest = path.strip_prefix(folder).ok()?;
            Some([name.as_bytes(), b"/", rest.as_os_str().as_bytes()].concat())
        })
    }

    /// What the box told, counted by name.
    fn told(&mut self, seen: &Seen, phase: Phase) -> Vec<Observed> {
        let mut counted: BTreeMap<(Thing, Phase, String), u64> = BTreeMap::new();
        let mut count = |thing, phase, name: &str| *counted.entry((thing, phase, name.to_owned())).or_default() += 1;
        for report in &seen.reports {
            match report {
                Report::Connection { to } => count(Thing::Connection, phase, to),
                Report::Name { name } => count(Thing::NameResolved, phase, name),
                Report::UnixSocket { name } => count(Thing::UnixSocket, phase, name),
                Report::Sent { to, payload } => self.canary.search(Place::Network, to, &unhex(payload.as_bytes())),
                Report::Left { later, processes } => {
                    self.told_processes = true;
                    let phase = if *later { Phase::AfterExit } else { Phase::End };
                    processes.iter().for_each(|name| count(Thing::ProcessLeft, phase, name));
                }
                Report::Synced { memory, .. } => self.memory = self.memory.max(*memory),
                Report::Ready { .. } | Report::Ended => {}
            }
        }
        let mut found: Vec<Observed> = counted
            .into_iter()
            .map(|((thing, phase, name), times)| Observed::measured(phase, thing, name, times as f64))
            .collect();
        for carried in &seen.carried {
            self.canary.search(Place::Network, &carried.host, &carried.content);
            let of = |thing, value: u64| Observed::measured(phase, thing, carried.host.clone(), value as f64);
            found.push(of(Thing::Host, carried.connections));
            found.push(of(Thing::BytesSent, carried.sent));
            found.push(of(Thing::BytesReceived, carried.received));
        }
        found
    }

    fn note(&mut self, found: &[Observed]) {
        if self.is_again {
            return;
        }
        self.observed.extend(found.iter().map(|it| (it.thing, it.phase)));
    }

    /// Begins another session: the program finds its places as it left them.
    pub fn next_session(&mut self) -> BTreeMap<usize, Texts> {
        self.canary.next_session();
        self.is_again = true;
        std::mem::take(&mut self.texts)
    }

    /// The texts of this session that may be identifiers.
    pub fn texts(&self) -> &BTreeMap<usize, Texts> {
        &self.texts
    }

    /// What is known only when all is over: memory, and that of what was looked for nothing was seen.
    pub fn around(&self) -> Vec<Observed> {
        let mut found = vec![match self.memory {
            Some(memory) => Observed::measured(Phase::Whole, Thing::PeakMemory, "", memory as f64),
            None => Observed::not_measurable(Phase::Whole, Thing::PeakMemory, "none of its processes was seen alive"),
        }];
        for (thing, phase) in WATCHED {
            let by_phase = matches!(thing, Thing::FileLeft | Thing::ProcessLeft);
            let is_there = |(seen, at): &(Thing, Phase)| *seen == thing && (!by_phase || *at == phase);
            if !self.observed.iter().any(is_there) {
                found.push(match self.unknown(thing) {
                    Some(why) => Observed::not_measurable(phase, thing, why),
                    None => Observed::measured(phase, thing, "", 0.0),
                });
            }
        }
        if !self.observed.iter().any(|(thing, _)| *thing == Thing::Host) {
            let none = |thing| Observed::measured(Phase::Whole, thing, "", 0.0);
            found.extend([Thing::BytesSent, Thing::BytesReceived].map(none));
        }
        found
    }

    /// Why of `thing` it cannot be said that there was none.
    fn unknown(&self, thing: Thing) -> Option<&'static str> {
        const CUT: &str = "the box was ended before it told all that it saw";
        const UNSEEN: &str = "a folder that the program made could not be looked through";
        match thing {
            Thing::FileCreated | Thing::FileChanged | Thing::FileLeft | Thing::Canary if self.inventory.is_cut() => {
                Some(UNSEEN)
            }
            Thing::UnixSocket if !self.is_traced() => Some("strace is not installed, or may not trace here"),
            Thing::ProcessLeft if !self.told_processes => Some(CUT),
            Thing::Connection | Thing::NameResolved | Thing::UnixSocket if self.is_cut => Some(CUT),
            Thing::Canary if self.heard.is_cut() => Some("it wrote more than could be searched"),
            _ => None,
        }
    }
}

/// What one look gave.
struct Looked {
    found: Vec<Observed>,
    happened: Happened,
    changes: Vec<Change>,
}

/// Whether `path` is a copy of a sample, as they are named: six digits and an ending, in a private folder.
fn is_copy(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folder = path.parent().and_then(Path::parent).and_then(Path::file_name);
    stem.len() >= 6 && stem.bytes().all(|byte| byte.is_ascii_digit()) && folder.is_some_and(|name| name == COPIES)
}

/// `name` without the name of the private folder of copies, which is another in every session.
fn shown(name: &[u8]) -> String {
    let name = words(name);
    let inner = name.strip_prefix(COPIES).and_then(|rest| rest.strip_prefix('/')?.split_once('/'));
    inner.map_or_else(|| name.clone(), |(_, rest)| format!("{COPIES}/{rest}"))
}

/// A file as it is told.
fn file(phase: Phase, thing: Thing, name: &[u8], entry: &Entry) -> Observed {
    let mut told = shown(name);
    if entry.kind != "file" {
        told.push_str(&format!(" ({})", entry.kind));
    }
    if entry.links > 1 {
        told.push_str(&format!(" ({} names)", entry.links));
    }
    Observed { basis: Basis::Measured, ..Observed::measured(phase, thing, told, entry.size as f64) }
}
