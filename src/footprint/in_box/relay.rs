//! Allowed hosts: whoever speaks to the address that such a name was given is passed on to the harness, which speaks to the
//! host and counts.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use super::names::Names;

/// A listener that stands for a port of a host.
pub(super) struct Door {
    listener: TcpListener,
    host: String,
    port: u16,
}

/// Opens a door for each of `hosts`.
///
/// # Errors
/// What the system says.
pub(super) fn listen(hosts: &[(String, u16)], names: &mut Names) -> io::Result<Vec<Door>> {
    let door = |(host, port): &(String, u16)| {
        let listener = TcpListener::bind((names.address(host), *port))?;
        Ok(Door { listener, host: host.clone(), port: *port })
    };
    hosts.iter().map(door).collect()
}

/// Serves the doors, each on a thread of its own, as long as this process lives.
pub(super) fn serve(doors: Vec<Door>, channel: &Path) {
    for door in doors {
        let channel = channel.to_owned();
        thread::spawn(move || {
            for caller in door.listener.incoming().flatten() {
                let (channel, line) = (channel.clone(), format!("relay {} {}\n", door.host, door.port));
                thread::spawn(move || pass(caller, &channel, &line));
            }
        });
    }
}

/// Passes `caller` on; where the harness cannot reach the host, the connection ends.
fn pass(caller: TcpStream, channel: &PathBuf, line: &str) {
    let Ok(mut harness) = UnixStream::connect(channel) else { return };
    if harness.write_all(line.as_bytes()).is_err() {
        return;
    }
    let (Ok(mut from), Ok(mut to)) = (caller.try_clone(), harness.try_clone()) else { return };
    let there = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut back = &caller;
    let _ = io::copy(&mut harness, &mut back);
    let _ = caller.shutdown(Shutdown::Write);
    let _ = there.join();
}
