//! Connections to a service: every byte on the wire is counted, and nothing waits when the work is to end.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::pace::SLICE;
use crate::clock::Clock;

/// The longest wait that is one: what is longer never ends.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// What is counted of one session's connections.
pub struct Meter {
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
    connections: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// When the last byte was sent.
    last_sent: Mutex<Option<Duration>>,
}

impl Meter {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, stop: Arc<AtomicBool>) -> Self {
        let zero = || AtomicU64::new(0);
        Self { clock, stop, connections: zero(), sent: zero(), received: zero(), last_sent: Mutex::new(None) }
    }

    /// Where time comes from.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// How often a connection was begun.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Bytes sent and received since the last time this was asked.
    pub fn take(&self) -> (u64, u64) {
        (self.sent.swap(0, Ordering::Relaxed), self.received.swap(0, Ordering::Relaxed))
    }

    /// When the last byte was sent.
    pub fn last_sent(&self) -> Option<Duration> {
        *self.last_sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the run is to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The moment at which `timeout` is over.
    fn until(&self, timeout: NextTimeout) -> Until<'_> {
        let after = (*timeout.after).min(LONGEST);
        Until { meter: self, at: self.clock.monotonic().saturating_add(after), reason: timeout.reason }
    }

    /// What `work` gives, made on a thread of its own, which is left behind when it takes too long.
    pub(super) fn aside<T: Send + 'static>(
        &self,
        timeout: NextTimeout,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = channel();
        let until = self.until(timeout);
        thread::Builder::new().name("http".to_owned()).spawn(move || sender.send(work()))?;
        loop {
            match receiver.recv_timeout(SLICE) {
                Ok(done) => return Ok(done?),
                Err(RecvTimeoutError::Timeout) => until.check()?,
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("a thread died").into()),
            }
        }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

/// The end of a wait.
struct Until<'a> {
    meter: &'a Meter,
    at: Duration,
    reason: Timeout,
}

impl Until<'_> {
    fn left(&self) -> Duration {
        self.at.saturating_sub(self.meter.clock.monotonic())
    }

    /// Whether the wait may go on.
    fn check(&self) -> Result<(), Error> {
        if self.meter.is_stopped() {
            // Not `Interrupted`, after which readers try again.
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "stopped").into());
        }
        if self.left().is_zero() { Err(Error::Timeout(self.reason)) } else { Ok(()) }
    }
}

/// Makes connections that are counted.
#[derive(Debug)]
pub struct Wires {
    /// What is counted.
    pub meter: Arc<Meter>,
    /// Whether no connection may leave this machine.
    pub loopback_only: bool,
}

impl<In: Transport> Connector<In> for Wires {
    type Out = Either<In, Wire>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(through_a_proxy) = chained {
            return Ok(Some(Either::A(through_a_proxy)));
        }
        self.meter.connections.fetch_add(1, Ordering::Relaxed);
        let mut last = Error::HostNotFound;
        let until = self.meter.until(details.timeout);
        let addresses: Vec<SocketAddr> = details.addrs.iter().copied().collect();
        for (place, address) in addresses.iter().copied().enumerate() {
            if self.loopback_only && !address.ip().is_loopback() {
                let text = "the name of this machine leads to another one, which is not reached over plain http";
                return Err(Error::Other(text.into()));
            }
            // What is left is shared by those that are left.
            let share = u32::try_from(addresses.len() - place).unwrap_or(1);
            let time = (until.left() / share).max(SLICE);
            let connect = move || TcpStream::connect_timeout(&address, time);
            let timeout = NextTimeout { after: time.saturating_add(SLICE).into(), ..details.timeout };
            match self.meter.aside(timeout, connect) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(SLICE))?;
                    stream.set_write_timeout(Some(SLICE))?;
                    let buffers =
                        LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
                    return Ok(Some(Either::B(Wire { stream, buffers, meter: Arc::clone(&self.meter) })));
                }
                Err(error) => last = error,
            }
            until.check()?;
        }
        Err(match last {
            Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Error::Timeout(details.timeout.reason),
            other => other,
        })
    }
}

/// A connection that is counted.
pub struct Wire {
    stream: TcpStream,
    buffers: LazyBuffers,
    meter: Arc<Meter>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

fn is_a_slice(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let until = self.meter.until(timeout);
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        while !rest.is_empty() {
            match (&self.stream).write(rest) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => {
                    self.meter.sent.fetch_add(written as u64, Ordering::Relaxed);
                    rest = rest.get(written..).unwrap_or_default();
                }
                Err(error) if is_a_slice(&error) => {}
                Err(error) => return Err(error.into()),
            }
            until.check()?;
        }
        let now = self.meter.clock.monotonic();
        *self.meter.last_sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let until = self.meter.until(timeout);
        loop {
            until.check()?;
            match (&self.stream).read(self.buffers.input_append_buf()) {
                Ok(read) => {
                    self.meter.received.fetch_add(read as u64, Ordering::Relaxed);
                    self.buffers.input_appended(read);
                    return Ok(read > 0);
                }
                Err(error) if is_a_slice(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the service keeps the connection, and has said nothing that nobody asked for.
    fn is_open(&mut self) -> bool {
        let quiet = || -> io::Result<bool> {
            self.stream.set_nonblocking(true)?;
            let read = (&self.stream).read(&mut [0]);
            self.stream.set_nonblocking(false)?;
            Ok(matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock))
        };
        quiet().unwrap_or(false)
    }
}
