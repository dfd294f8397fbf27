//! Methods that are programs of any language, spoken to in lines of JSON over their standard streams
//! (`docs/programs.md`).

mod answer;
mod asked;
mod card;
mod copy;
#[cfg(target_os = "linux")]
mod guard;
mod inbox;
mod instance;
pub mod message;
mod process;
mod running;
mod words;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::{Access, access};

pub use answer::Reply;
pub use asked::{Asked, Manner};
pub use card::CommandCard;
#[cfg(target_os = "linux")]
pub use guard::guard;
pub use inbox::{LONGEST_LINE, Line};
pub use instance::{Instance, Started};
pub use process::{Farewell, Launch, Process, Trouble, Until};
pub use running::{Notes, Plan, Running};
pub use words::Heard;

use self::message::Carrier;
use super::Surroundings;
use crate::digest::Digest;
use crate::method::{Ask, Gathered, Lent, Method, MethodCard, MethodError, NamedFile, Sample, Session};
use crate::outcome::Outcome;
use crate::photo::Decoder;

/// A program made ready to be started.
pub struct CommandMethod {
    card: MethodCard,
    command: CommandCard,
    launch: Launch,
    files: Arc<[NamedFile]>,
    /// The processes, as long as a session holds them.
    instances: Mutex<Vec<Weak<Instance>>>,
    /// What decodes pictures for a program that wants pixels.
    decoder: Decoder,
    /// The process that was started last.
    started: Mutex<Option<Started>>,
    words: Arc<Mutex<Gathered>>,
}

impl CommandMethod {
    /// Finds the program that `command`, the adapter table of `card`, names, and takes the digests of its files.
    ///
    /// # Errors
    /// [`MethodError::Program`] when there is no such program, [`MethodError::Read`] when a file cannot be read.
    pub fn find(card: MethodCard, command: &CommandCard, around: &Surroundings<'_>) -> Result<Self, MethodError> {
        let program = find(&command.program, around.folder, around.search).ok_or_else(|| MethodError::Program {
            program: command.program.clone(),
            problem: match around.folder {
                Some(folder) => format!("is neither a file in {} nor a program along PATH", folder.display()),
                None => "is no program along PATH".to_owned(),
            },
        })?;
        if access(&program, Access::EXEC_OK).is_err() {
            let problem = "is a file that nobody may execute: `chmod +x` it, or let `program` be what runs it and name it in `args`";
            return Err(MethodError::Program { program: command.program.clone(), problem: problem.to_owned() });
        }
        let named = |name: &str, path: PathBuf| {
            NamedFile::read(name, path).map_err(|source| MethodError::Read { file: name.to_owned(), source })
        };
        let mut files = vec![named(&command.program, program.clone())?];
        for argument in &command.args {
            if let Some(file) = around.folder.map(|folder| folder.join(argument)).filter(|file| file.is_file()) {
                files.push(named(argument, file)?);
            }
        }
        let launch = Launch {
            program,
            args: command.args.clone(),
            folder: around.folder.map(Path::to_owned),
            guard: around.guard.map(Path::to_owned),
            patience: Duration::ZERO,
        };
        let instances = Mutex::new(Vec::new());
        Ok(Self {
            card,
            command: command.clone(),
            launch,
            files: files.into(),
            instances,
            decoder: around.decoder,
            started: Mutex::new(None),
            words: Arc::default(),
        })
    }

    /// How the process that was started last wants content.
    #[must_use]
    pub fn carrier(&self) -> Option<Carrier> {
        process::lock(&self.started).as_ref().map(|started| started.carrier)
    }

    /// What decodes pictures for a program that wants pixels.
    #[must_use]
    pub fn decoder(&self) -> Decoder {
        self.decoder
    }

    /// The program and the arguments that are files beside the card, as they were when the method was made ready.
    #[must_use]
    pub fn named_files(&self) -> &[NamedFile] {
        &self.files
    }

    /// What is started, as the card names it.
    #[must_use]
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// A session on a process of its own, started as `plan` says.
    ///
    /// # Errors
    /// As [`Method::open`].
    pub fn session(&self, plan: Plan) -> Result<Box<dyn Session>, MethodError> {
        self.session_on(Arc::new(Instance::new(plan)))
    }

    /// The kinds of answers that its `ready` declares; a process is started for it, and ended.
    ///
    /// # Errors
    /// As [`Method::open`].
    pub fn declared_answers(&self, ask: &Ask) -> Result<Vec<String>, MethodError> {
        // What it says on the way is no part of what it says in a run.
        let running = Running::start(&Plan { words: Arc::default(), ..self.plan(ask) })?;
        running.process.end(Farewell::Bye, &*ask.clock);
        Ok(running.ready.answers.clone())
    }

    fn session_on(&self, instance: Arc<Instance>) -> Result<Box<dyn Session>, MethodError> {
        let started = instance.start()?;
        let manner = Manner { carrier: started.carrier, decoder: self.decoder };
        *process::lock(&self.started) = Some(started);
        Ok(Box::new(CommandSession { instance, manner }))
    }

    /// How a process of this method is started and spoken to for `ask`.
    #[must_use]
    pub fn plan(&self, ask: &Ask) -> Plan {
        Plan {
            launch: self.launch.clone(),
            files: Arc::clone(&self.files),
            start_time: self.command.start_time,
            limits: ask.limits.clone(),
            time_limit: ask.time_limit,
            seed: ask.seed,
            columns: self.command.columns.clone(),
            version: self.card.version.clone(),
            scratch: ask.scratch.clone(),
            clock: Arc::clone(&ask.clock),
            stop: Arc::clone(&ask.stop),
            reserved: None,
            words: Arc::clone(&self.words),
            notes: None,
            heard: None,
        }
    }
}

/// The program that `name` names: a file beside the card, a path, or a name along `search`.
fn find(name: &str, folder: Option<&Path>, search: &[PathBuf]) -> Option<PathBuf> {
    let here = folder.map(|folder| folder.join(name)).filter(|path| path.is_file());
    let there = || {
        let is_name = Path::new(name).components().count() == 1 && !name.contains('/');
        let mut along = search.iter().filter(|_| is_name).map(|folder| folder.join(name));
        along.find(|path| path.is_file() && access(path, Access::EXEC_OK).is_ok())
    };
    // The program is started in the card's folder, so its own path must not depend on where we are.
    here.or_else(there).and_then(|path| std::path::absolute(path).ok())
}

impl Method for CommandMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        match self.carrier() {
            Some(Carrier::Pixels) => self.decoder.name().to_owned(),
            _ => String::new(),
        }
    }

    fn columns(&self) -> &[String] {
        &self.command.columns
    }

    fn is_outside(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<(String, u64)> {
        let beside = |argument: &String| Some((argument.clone(), self.launch.folder.as_ref()?.join(argument)));
        let arguments = self.launch.args.iter().filter_map(beside).filter(|(_, path)| path.is_file());
        let program = (self.command.program.clone(), self.launch.program.clone());
        let size = |(name, path): (String, PathBuf)| Some((name, std::fs::metadata(path).ok()?.len()));
        std::iter::once(program).chain(arguments).filter_map(size).collect()
    }

    fn is_given(&self, what: Lent<'_>) -> bool {
        let started = process::lock(&self.started);
        started.as_ref().is_none_or(|started| match what {
            Lent::Content | Lent::FaceBox => started.carrier != Carrier::None,
            Lent::Column(name) => started.columns.as_ref().is_none_or(|wanted| wanted.iter().any(|it| it == name)),
        })
    }

    /// Of the program, and of the arguments that are files beside the card.
    fn file_digests(&self) -> Vec<Digest> {
        self.files.iter().map(NamedFile::digest).collect()
    }

    fn copies_samples(&self) -> bool {
        self.carrier() == Some(Carrier::Path)
    }

    fn words(&self) -> Gathered {
        process::lock(&self.words).clone()
    }

    fn sessions(&self, _jobs: NonZeroUsize) -> NonZeroUsize {
        let in_flight = process::lock(&self.started).as_ref().map_or(1, |started| started.in_flight);
        let in_flight = NonZeroUsize::new(in_flight).unwrap_or(NonZeroUsize::MIN);
        self.command.instances.saturating_mul(in_flight)
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        let instance = {
            let mut instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
            instances.retain(|instance| instance.strong_count() > 0);
            let least = instances.iter().min_by_key(|instance| instance.strong_count());
            match least.and_then(Weak::upgrade).filter(|_| instances.len() >= self.command.instances.get()) {
                Some(instance) => instance,
                None => {
                    let instance = Arc::new(Instance::new(self.plan(ask)));
                    instances.push(Arc::downgrade(&instance));
                    instance
                }
            }
        };
        self.session_on(instance)
    }

    fn program(&self) -> Option<&Self> {
        Some(self)
    }
}

/// One attempt at a time on an instance, which others may use too.
struct CommandSession {
    instance: Arc<Instance>,
    manner: Manner,
}

impl Session for CommandSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        self.manner.put(&self.instance, sample)
    }
}
