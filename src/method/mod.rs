//! Methods: what answers about a person's age, and how it is reached.
//!
//! A [`Method`] is described by its card and opened into [`Session`]s, one a worker. A session is put one [`Sample`]
//! after another and gives an [`Outcome`] for each. Adapters (one file each in [`adapter`]) are the ways to reach one.

pub mod adapter;
pub mod card;
pub mod declared_footprint;
pub mod detector;
mod error;
mod gathered;
pub mod head;
pub mod isolated;
mod json;
pub mod lend;
mod media;
mod named;
mod sample;
mod scratch;
mod told;
mod withheld;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::age::AgeLimit;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::outcome::Outcome;

pub use card::{Kind, MethodCard};
pub use declared_footprint::{DeclaredFootprint, Keeps, Statement};
pub use error::MethodError;
pub use gathered::Gathered;
pub use media::Media;
pub use named::NamedFile;
pub use sample::{Content, NO_FILE, Sample};
pub use scratch::{PrivateFolder, Scratch};
pub use told::Told;

/// Openings of a method's sessions in a row, without an answer between them, that end the work.
pub const MOST_OPENINGS: u32 = 10;

/// What a session is opened for.
#[derive(Clone)]
pub struct Ask {
    /// The limits of the protocol, ascending.
    pub limits: Vec<AgeLimit>,
    /// An answer later than this is `timed_out`. Methods that work outside this process keep it themselves.
    pub time_limit: Duration,
    /// The protocol's seed, for methods that draw.
    pub seed: u64,
    /// Where a session may make private folders for copies of samples.
    pub scratch: Scratch,
    /// Where the timings of an outcome come from.
    pub clock: Arc<dyn Clock>,
    /// Set when the work is to end: a session that waits for others gives up then, with [`MethodError::Stopped`].
    pub stop: Arc<AtomicBool>,
}

/// What went to a service and came from it, connections and headers included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// Where it is, without what stands after a `?`.
    pub address: String,
    /// Whether over TLS.
    pub tls: bool,
    /// Requests, those made again and those that followed a redirect included.
    pub requests: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Cookies that it offered, each with the bytes of its content; none was sent back.
    pub cookies: BTreeMap<String, u64>,
}

/// A part of what a sample brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lent<'a> {
    /// The content of its file.
    Content,
    /// Where the face is.
    FaceBox,
    /// A column that the card names.
    Column(&'a str),
}

/// Something that answers about a person's age.
pub trait Method: Send + Sync {
    /// What the method says of itself.
    fn card(&self) -> &MethodCard;

    /// Engine and decoder with their versions as rows name them (`tract 0.23.9; jpeg of agebench 0.1.0`); empty where the
    /// method brings its own.
    fn engine(&self) -> String;

    /// The columns of the dataset that the card names, to be lent with each sample.
    fn columns(&self) -> &[String] {
        &[]
    }

    /// Whether the work is done outside this process, by a program or a service. Such a method has a pool of its own,
    /// as large as [`Method::sessions`] says, and keeps the time limit itself.
    fn is_outside(&self) -> bool {
        false
    }

    /// This method as a program, where it is one: it can be started within something else.
    fn program(&self) -> Option<&adapter::command::CommandMethod> {
        None
    }

    /// Whether copies of samples are put into [`Ask::scratch`]. Asked after a session was opened.
    fn copies_samples(&self) -> bool {
        false
    }

    /// What it wrote to its error stream, the end of it, as far as its sessions are closed.
    fn words(&self) -> Gathered {
        Gathered::default()
    }

    /// Whether the method is told who a sample is of and how old: no black box is, only replays of recorded answers and
    /// declarations, which work inside this program and judge nothing.
    fn is_told(&self) -> bool {
        false
    }

    /// Whether the method looks at samples: replays and declarations do not, so that no file is read for them.
    fn looks(&self) -> bool {
        true
    }

    /// Whether what is lent with a sample goes to the method: not all that its card lets it have does. Asked after a session was
    /// opened.
    fn is_given(&self, _: Lent<'_>) -> bool {
        self.looks()
    }

    /// Ids of samples of which the method has recorded answers, ascending, so that it can be asked about some of them.
    fn recorded(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether every answer of it is an age or a range, as far as its card and its files tell: then it decides nothing itself.
    fn answers_ages_only(&self) -> bool {
        false
    }

    /// Whether a sample is put to the method; a replay has nothing to say of samples that are not in its file.
    fn attempts(&self, _: &Told<'_>) -> bool {
        true
    }

    /// The files that the card names, each with its bytes; none of a method that has no files, or whose are elsewhere.
    fn files(&self) -> Vec<(String, u64)> {
        Vec::new()
    }

    /// The digests that stand behind the card's own in the method's digest: of the files that the card names, or of the
    /// methods of its stages, in the order of the card.
    fn file_digests(&self) -> Vec<Digest> {
        Vec::new()
    }

    /// What whoever runs the method must be told before it begins.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the method can be asked about these limits of a protocol.
    ///
    /// # Errors
    /// [`MethodError::NotFor`]: it is about another limit.
    fn suits(&self, _: &[AgeLimit]) -> Result<(), MethodError> {
        Ok(())
    }

    /// What went to a service so far; none for a method that is no service.
    fn traffic(&self) -> Option<Traffic> {
        None
    }

    /// Sessions at once when the user asked for `jobs` workers: `jobs` for work in this process, `instances` times
    /// `max_in_flight` for a program, `instances` for a service. Asked after the first session was opened.
    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize;

    /// Opens one session.
    ///
    /// # Errors
    /// [`MethodError`] when the method cannot be started as its card says.
    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError>;
}

/// A method at work, on one thread.
pub trait Session: Send {
    /// Says whom the next sample is of, where [`Method::is_told`].
    fn tell(&mut self, _: &Told<'_>) {}

    /// Puts one sample to the method. A refusal or an unreadable picture is an outcome.
    ///
    /// # Errors
    /// [`MethodError`] when the session itself broke: the attempt counts as failed, or as [`MethodError::Ended`] says,
    /// and the session is opened anew.
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError>;
}
