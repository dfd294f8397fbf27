//! The table `[command]` of a method card: which program, with which arguments, how many at once, and which columns it may
//! be given.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Serialize;

use crate::keys::Keys;
use crate::method::lend;

/// Processes at once at most: a slip of the finger should not start a thousand.
const MOST_INSTANCES: usize = 256;

/// The table `[command]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandCard {
    /// The program: a file beside the card, a path, or a name that is looked for along `PATH`. The content of the file
    /// enters the method digest.
    pub program: String,
    /// Its arguments. One that names a file beside the card enters the method digest with the file's content.
    pub args: Vec<String>,
    /// Columns of the dataset that the program may be given.
    pub columns: Vec<String>,
    /// Processes at once. How many there are changes no answer, so it is not in the digest.
    #[serde(skip)]
    pub instances: NonZeroUsize,
    /// How long the program may take until it is ready.
    #[serde(skip)]
    pub start_time: Duration,
}

impl CommandCard {
    /// Reads the table, noting all that is wrong with it.
    pub(crate) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let program = keys.require::<String>("program", "a file beside the card, a path, or a name along PATH");
        if program.as_ref().is_some_and(|program| program.trim().is_empty() || program.contains('\0')) {
            keys.wrong("program", None, "the name of the program is empty", None);
        }
        let args: Vec<String> = keys.take("args", "a list of texts such as [\"plugin.py\"]").unwrap_or_default();
        if args.iter().any(|argument| argument.contains('\0')) {
            keys.wrong("args", None, "an argument holds a null character", None);
        }
        let row = keys.row_of_key("columns");
        let columns: Vec<String> = keys.take("columns", "a list of columns of the dataset").unwrap_or_default();
        lend::check_columns(keys, row, &columns);
        let row = keys.row_of_key("instances");
        let instances = keys.take::<usize>("instances", "a whole number of processes").unwrap_or(1);
        let fitting = NonZeroUsize::new(instances).filter(|instances| instances.get() <= MOST_INSTANCES);
        if fitting.is_none() {
            keys.wrong("instances", row, format!("{instances} is not from 1 to {MOST_INSTANCES}"), None);
        }
        let row = keys.row_of_key("start_seconds");
        let seconds = keys.take::<f64>("start_seconds", "a number of seconds").unwrap_or(60.0);
        let start_time = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero());
        if start_time.is_none() {
            keys.wrong("start_seconds", row, format!("{seconds} is not a number of seconds above 0"), None);
        }
        Some(Self { program: program?, args, columns, instances: fitting?, start_time: start_time? })
    }
}
