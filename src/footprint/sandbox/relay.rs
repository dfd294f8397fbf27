//! What the box sends to hosts that it may reach, passed on and counted.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a host may take to answer a call.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes of what was sent that are kept to be searched, for each host between two looks.
const KEPT: usize = 16 << 20;

/// What was passed on to one host since the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::footprint) struct Carried {
    /// Name and port.
    pub host: String,
    /// Connections that it took.
    pub connections: u64,
    /// Bytes to it.
    pub sent: u64,
    /// Bytes from it.
    pub received: u64,
    /// What was sent, the beginning of it.
    pub content: Vec<u8>,
}

/// Passes on to these hosts and to no other.
pub(super) struct Relay {
    hosts: Vec<(String, u16)>,
    carried: Mutex<BTreeMap<String, Carried>>,
}

impl Relay {
    pub fn to(hosts: Vec<(String, u16)>) -> Self {
        Self { hosts, carried: Mutex::default() }
    }

    /// What was passed on since it was last taken.
    pub fn take(&self) -> Vec<Carried> {
        let carried = std::mem::take(&mut *self.carried.lock().unwrap_or_else(PoisonError::into_inner));
        carried.into_values().collect()
    }

    fn note(&self, host: &str, add: impl FnOnce(&mut Carried)) {
        let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = carried.entry(host.to_owned());
        add(entry.or_insert_with(|| Carried { host: host.to_owned(), ..Carried::default() }));
    }

    /// Passes a caller from the box on to the host that `line` names as `NAME PORT`, to the end of the connection.
    pub fn pass(&self, line: &str, mut from_box: BufReader<UnixStream>, to_box: UnixStream) {
        let Some((name, port)) = line.split_once(' ') else { return };
        let Some((name, port)) = self.hosts.iter().find(|(host, at)| host == name && at.to_string() == port) else {
            return;
        };
        let host = format!("{name}:{port}");
        let addresses = (name.as_str(), *port).to_socket_addrs().into_iter().flatten();
        let Some(there) = addresses.filter_map(|at| TcpStream::connect_timeout(&at, PATIENCE).ok()).next() else {
            return;
        };
        self.note(&host, |carried| carried.connections += 1);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _ = carry(&mut from_box, &mut &there, |bytes| {
                    self.note(&host, |carried| {
                        carried.sent += bytes.len() as u64;
                        let room = KEPT.saturating_sub(carried.content.len());
                        carried.content.extend(bytes.iter().take(room));
                    });
                });
                let _ = there.shutdown(Shutdown::Write);
            });
            let _ = carry(&mut &there, &mut &to_box, |bytes| {
                self.note(&host, |carried| carried.received += bytes.len() as u64);
            });
            let _ = to_box.shutdown(Shutdown::Write);
        });
    }
}

/// Copies until the end, and tells of each piece.
fn carry(from: &mut impl Read, to: &mut impl Write, tell: impl Fn(&[u8])) -> std::io::Result<()> {
    let mut piece = [0_u8; 16 << 10];
    loop {
        let read = from.read(&mut piece)?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        tell(bytes);
        to.write_all(bytes)?;
    }
}
