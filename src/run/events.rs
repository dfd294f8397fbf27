//! What a run tells while it works. The library prints nothing: `cli` turns events into a bar and warnings.

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Work begins on `attempts` attempts by `workers` workers.
    Started {
        /// Samples times methods.
        attempts: usize,
        /// Threads that make attempts.
        workers: usize,
    },
    /// The run was begun before: `attempts` of `asked` are done.
    Resumed {
        /// Attempts on disk.
        attempts: usize,
        /// Attempts in all.
        asked: usize,
    },
    /// A sample's rows were written.
    Written {
        /// Attempts written since the last such event.
        attempts: usize,
        /// How many of them failed or timed out.
        failed: usize,
    },
    /// A session broke and was opened again.
    Reopened {
        /// The method's name.
        method: String,
        /// Why.
        reason: String,
    },
    /// Something the user should know; the run goes on.
    Warning(String),
}

/// Where events go. Called from several threads.
pub type Sink<'a> = dyn Fn(Event) + Sync + 'a;
