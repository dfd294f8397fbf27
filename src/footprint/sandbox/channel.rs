//! The harness's end of the channel into the box.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::net::{Shutdown, shutdown};

use super::relay::{Carried, Relay};
use crate::footprint::report::Report;

/// How long the box may take to tell what it has seen.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was seen since the last look.
#[derive(Debug, Default)]
pub(in crate::footprint) struct Seen {
    /// What the box told, in order.
    pub reports: Vec<Report>,
    /// What was passed on to hosts.
    pub carried: Vec<Carried>,
    /// Whether the box told everything up to now.
    pub is_complete: bool,
}

/// The channel of one box.
pub(in crate::footprint) struct Channel {
    /// Where callers are waited for, in a thread of its own.
    listener: UnixListener,
    state: Mutex<State>,
    changed: Condvar,
    relay: Relay,
}

#[derive(Default)]
struct State {
    reports: Vec<Report>,
    orders: Option<UnixStream>,
    asked: u64,
    answered: u64,
    ended: bool,
}

impl Channel {
    /// Listens on `socket` for the box, and passes on to `hosts`.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn open(socket: &Path, hosts: &[(String, u16)]) -> io::Result<Arc<Self>> {
        let listener = UnixListener::bind(socket)?;
        let channel = Arc::new(Self {
            listener: listener.try_clone()?,
            state: Mutex::default(),
            changed: Condvar::new(),
            relay: Relay::to(hosts.to_vec()),
        });
        let weak = Arc::downgrade(&channel);
        thread::Builder::new().name("box".to_owned()).spawn(move || {
            for caller in listener.incoming() {
                let (Ok(caller), Some(channel)) = (caller, weak.upgrade()) else { return };
                thread::spawn(move || channel.serve(caller));
            }
        })?;
        Ok(channel)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one caller: the first that reports is the box itself, since nothing else runs in it by then.
    fn serve(&self, caller: UnixStream) {
        let Ok(reader) = caller.try_clone() else { return };
        let mut reader = BufReader::new(reader);
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() {
            return;
        }
        if let Some(host) = line.strip_prefix("relay ") {
            return self.relay.pass(host.trim(), reader, caller);
        }
        {
            let mut state = self.lock();
            if state.orders.is_some() {
                return;
            }
            state.orders = Some(caller);
        }
        while !line.is_empty() {
            if let Ok(report) = serde_json::from_str::<Report>(&line) {
                self.take(report);
            }
            line.clear();
            if reader.read_line(&mut line).is_err() {
                break;
            }
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }

    fn take(&self, report: Report) {
        let mut state = self.lock();
        if let Report::Synced { number, .. } = &report {
            state.answered = *number;
        }
        state.ended |= report == Report::Ended;
        state.reports.push(report);
        drop(state);
        self.changed.notify_all();
    }

    /// Asks the box for everything that it has seen so far, and gives it. Complete is also what a box told that has ended.
    pub fn look(&self) -> Seen {
        let mut state = self.lock();
        state.asked += 1;
        let order = format!("sync {}\n", state.asked);
        let ended = state.ended;
        let orders = state.orders.as_mut().filter(|_| !ended);
        let told = orders.is_some_and(|orders| orders.write_all(order.as_bytes()).is_ok());
        if told {
            let asked = state.asked;
            let waiting = |state: &mut State| state.answered < asked && !state.ended;
            (state, _) =
                self.changed.wait_timeout_while(state, PATIENCE, waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let is_complete = state.answered == state.asked || state.ended;
        Seen { reports: std::mem::take(&mut state.reports), carried: self.relay.take(), is_complete }
    }

    /// Waits until the box has told its last, and gives what it told since the last look.
    pub fn last(&self) -> Seen {
        let state = self.lock();
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let is_complete = state.reports.contains(&Report::Ended);
        Seen { reports: std::mem::take(&mut state.reports), carried: self.relay.take(), is_complete }
    }
}

impl Drop for Channel {
    /// Ends the thread that waits for callers, which else would wait for one more.
    fn drop(&mut self) {
        let _ = shutdown(&self.listener, Shutdown::Both); // nobody may be waiting any more
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;

    use super::*;

    /// Threads that wait for callers from a box.
    fn waiting() -> usize {
        let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
        names.filter(|name| name.trim() == "box").count()
    }

    #[test]
    fn a_channel_that_is_gone_leaves_no_thread_behind_though_nobody_calls() {
        let place = tempfile::tempdir().unwrap();
        let channels: Vec<_> =
            (0..3).map(|number| Channel::open(&place.path().join(number.to_string()), &[]).unwrap()).collect();
        let socket = place.path().join("0");
        UnixStream::connect(&socket).unwrap();
        drop(channels);
        let mut looks = 0;
        while waiting() > 0 {
            assert!(looks < 500, "{} threads still wait", waiting());
            thread::sleep(Duration::from_millis(20));
            looks += 1;
        }
        assert!(UnixStream::connect(&socket).is_err(), "nobody listens any more");
    }
}
