//! The one thread that watches while the method works: names are answered at once, all else is told when the harness asks.

use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};

use super::names::{Names, question};
use super::processes::{self, Tracer};
use super::tap::{Ear, Heard};
use super::tell;
use super::trace::Trace;
use crate::footprint::report::{Report, hex};

/// Bytes of one message that are passed on to be searched.
const LONGEST: usize = 1 << 16;

pub(super) struct Watcher {
    channel: UnixStream,
    orders: BufReader<UnixStream>,
    dns: UdpSocket,
    tap: OwnedFd,
    names: Names,
    trace: Option<Trace>,
    tracer: Option<Tracer>,
    ear: Ear,
    /// Closed at the other end when the method has ended.
    end: UnixStream,
}

impl Watcher {
    pub fn new(
        channel: UnixStream,
        dns: UdpSocket,
        tap: OwnedFd,
        names: Names,
        (trace, tracer): (Option<Trace>, Option<Tracer>),
        end: UnixStream,
    ) -> io::Result<Self> {
        let orders = BufReader::new(channel.try_clone()?);
        Ok(Self { channel, orders, dns, tap, names, trace, tracer, ear: Ear::default(), end })
    }

    /// Watches until it is stopped, or nobody listens any more.
    pub fn watch(mut self) {
        loop {
            let [dns, tap, orders, is_over] = {
                let mut fds = [
                    PollFd::new(&self.dns, PollFlags::IN),
                    PollFd::new(&self.tap, PollFlags::IN),
                    PollFd::new(self.orders.get_ref(), PollFlags::IN),
                    PollFd::new(&self.end, PollFlags::IN),
                ];
                let _ = poll(&mut fds, None);
                fds.map(|fd| !fd.revents().is_empty())
            };
            if dns {
                self.answer();
            }
            if tap || is_over {
                self.listen();
            }
            if is_over {
                self.look();
                return;
            }
            if orders && !self.obey() {
                return;
            }
        }
    }

    fn tell(&self, report: &Report) {
        let _ = tell(&self.channel, report); // nobody listens any more: the box will soon be gone
    }

    /// Answers what is asked about names.
    fn answer(&mut self) {
        let mut query = [0_u8; 2048];
        while let Ok((read, from)) = self.dns.recv_from(&mut query) {
            let query = query.get(..read).unwrap_or_default();
            let Some(question) = question(query) else { continue };
            let _ = self.dns.send_to(&self.names.answer(query, &question), from);
            self.tell(&Report::Name { name: question.name });
        }
    }

    /// Tells what the packets say.
    fn listen(&mut self) {
        let mut heard = Vec::new();
        self.ear.listen(&self.tap, |one| heard.push(one));
        for one in heard {
            self.tell(&match one {
                Heard::Begun(to) => Report::Connection { to: self.names.shown(to) },
                Heard::Said(to, mut payload) => {
                    payload.truncate(LONGEST);
                    Report::Sent { to: self.names.shown(to), payload: hex(&payload) }
                }
            });
        }
    }

    /// Tells what the tracer wrote down.
    fn look(&mut self) {
        let sockets = self.trace.as_mut().map(Trace::sockets).unwrap_or_default();
        sockets.into_iter().for_each(|name| self.tell(&Report::UnixSocket { name }));
    }

    /// Does what the harness orders; false when it is gone.
    fn obey(&mut self) -> bool {
        let mut line = String::new();
        match self.orders.read_line(&mut line) {
            Ok(0) => false,
            Ok(_) => {
                if let Some(number) = line.trim().strip_prefix("sync ").and_then(|number| number.parse().ok()) {
                    self.answer();
                    self.listen();
                    self.look();
                    self.tell(&Report::Synced { number, memory: processes::memory(self.tracer.as_ref()) });
                }
                true
            }
            Err(error) => error.kind() == ErrorKind::Interrupted,
        }
    }
}
