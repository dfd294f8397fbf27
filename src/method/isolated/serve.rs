//! An engine's own process: it loads the network that it is told to load, and runs it on what it is given.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::process::{Resource, Rlimit, Signal, getpid, getppid, kill_process, setrlimit};

use super::wire::{self, Ask, LONGEST_HEAD, Tell};
use crate::engine::{Declared, Engine, EngineError, Model, State, Tensor};

/// How a process of an engine is confined.
#[derive(Debug, Clone, Copy)]
pub struct Confined {
    /// The process that started it: with that one it ends.
    pub parent: u32,
    /// The memory that it may take, in bytes; none for as much as there is.
    pub memory: Option<u64>,
}

/// How often it is looked whether the harness is still there.
const LOOK: std::time::Duration = std::time::Duration::from_millis(200);

/// Confines this process: it ends with its parent, however that ends and whatever the engine does, takes no more memory than
/// it may, leaves no picture of its memory when it crashes, writes no file, and gains no privilege.
///
/// # Errors
/// When the system refuses.
pub fn confine(confined: &Confined) -> io::Result<()> {
    let parent = confined.parent;
    let is_orphan = move || getppid().is_none_or(|now| u32::try_from(now.as_raw_nonzero().get()) != Ok(parent));
    std::thread::Builder::new().name("parent".to_owned()).spawn(move || {
        while !is_orphan() {
            std::thread::sleep(LOOK);
        }
        let _ = kill_process(getpid(), Signal::KILL);
    })?;
    let most = |bytes: u64| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, most(0))?;
    // Pipes are no files: what is written there is not counted.
    setrlimit(Resource::Fsize, most(0))?;
    if let Some(bytes) = confined.memory {
        setrlimit(Resource::As, most(bytes))?;
    }
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Serves `engine` until nobody asks any more.
///
/// # Errors
/// When the harness is gone, or does not speak as it should.
pub fn serve(engine: &dyn Engine, mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let nonsense = || io::Error::new(io::ErrorKind::InvalidData, "not what a harness asks");
    let mut loaded: Option<(Box<dyn Model>, Box<dyn State>)> = None;
    loop {
        let mut length = [0; 4];
        match from.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEAD {
            return Err(nonsense());
        }
        let mut head = vec![0; length];
        from.read_exact(&mut head)?;
        let ask: Ask = serde_json::from_slice(&head)?;
        let follow = ask.follow().and_then(|bytes| usize::try_from(bytes).ok()).ok_or_else(nonsense)?;
        let mut bytes = vec![0; follow];
        from.read_exact(&mut bytes)?;
        // An engine that panics has told what is wrong.
        let told = catch_unwind(AssertUnwindSafe(|| answer(engine, &ask, &bytes, &mut loaded)));
        let (tell, numbers) = told
            .unwrap_or_else(|_| Err(EngineError::Run("the engine panicked".to_owned())))
            .unwrap_or_else(|error| (Tell::Wrong(error), Vec::new()));
        let head = match tell.follow() {
            Some(_) => wire::head(&tell),
            None => Err(EngineError::Run("its outputs are larger than anybody reads".to_owned())),
        };
        match head {
            Ok(head) => {
                to.write_all(&head)?;
                to.write_all(&numbers)?;
            }
            Err(error) => to.write_all(&wire::head(&Tell::Wrong(error)).map_err(io::Error::other)?)?,
        }
        to.flush()?;
    }
}

/// A network, and what it is run with.
type Loaded = (Box<dyn Model>, Box<dyn State>);

fn answer(
    engine: &dyn Engine,
    ask: &Ask,
    bytes: &[u8],
    loaded: &mut Option<Loaded>,
) -> Result<(Tell, Vec<u8>), EngineError> {
    match ask {
        Ask::Declare { .. } => {
            let Declared { inputs, outputs } = engine.declared(bytes)?;
            Ok((Tell::Loaded { inputs, outputs }, Vec::new()))
        }
        Ask::Load { shape, wanted, .. } => {
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            let model = engine.load(bytes, shape.as_deref(), &wanted)?;
            let state = model.state()?;
            let tell = Tell::Loaded { inputs: model.inputs().to_vec(), outputs: model.outputs().to_vec() };
            *loaded = Some((model, state));
            Ok((tell, Vec::new()))
        }
        Ask::Run { shape } => {
            let (_, state) = loaded.as_mut().ok_or_else(wire::nonsense)?;
            let input = wire::tensors(std::slice::from_ref(shape), bytes).and_then(|mut all| all.pop());
            let outputs = state.run(&input.ok_or_else(wire::nonsense)?)?;
            let numbers = outputs.iter().flat_map(Tensor::numbers).flat_map(|number| number.to_le_bytes()).collect();
            Ok((Tell::Answered { shapes: outputs.iter().map(|it| it.shape().to_vec()).collect() }, numbers))
        }
    }
}
