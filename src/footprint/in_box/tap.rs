//! The packets of the box, read off its only interface: who is spoken to, and what is said.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, eth, recv, socket_with};

const TCP: u8 = 6;
const UDP: u8 = 17;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// The port of names: those packets are told as names.
const DOMAIN: u16 = 53;

/// Opens the tap on all interfaces of the box, which has one.
pub(super) fn open() -> io::Result<OwnedFd> {
    Ok(socket_with(
        AddressFamily::PACKET,
        SocketType::RAW,
        SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
        Some(eth::ALL),
    )?)
}

/// What a packet says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Somebody begins to speak to an address.
    Begun(SocketAddr),
    /// Bytes for an address.
    Said(SocketAddr, Vec<u8>),
}

/// Conversations that were heard, so that an answer is not taken for a beginning, nor a packet counted twice.
#[derive(Debug, Default)]
pub(super) struct Ear {
    flows: HashSet<(SocketAddr, SocketAddr)>,
    once: HashMap<u64, ()>,
}

struct Packet<'p> {
    tcp_flags: Option<u8>,
    from: SocketAddr,
    to: SocketAddr,
    payload: &'p [u8],
}

impl Ear {
    /// Reads everything that has come, and gives each thing that it says to `take`.
    pub fn listen(&mut self, tap: &OwnedFd, mut take: impl FnMut(Heard)) {
        let mut frame = vec![0_u8; 1 << 16];
        while let Ok((read, _)) = recv(tap, frame.as_mut_slice(), RecvFlags::empty()) {
            for heard in self.hear(frame.get(..read).unwrap_or_default()) {
                take(heard);
            }
        }
    }

    fn hear(&mut self, frame: &[u8]) -> Vec<Heard> {
        // The loopback interface gives each packet twice: on its way out, and on its way in.
        let mut hasher = DefaultHasher::new();
        frame.hash(&mut hasher);
        if self.once.remove(&hasher.finish()).is_some() {
            return Vec::new();
        }
        self.once.insert(hasher.finish(), ());
        let Some(packet) = packet(frame) else { return Vec::new() };
        let mut heard = Vec::new();
        let (flow, back) = ((packet.from, packet.to), (packet.to, packet.from));
        let of_names = packet.tcp_flags.is_none() && [packet.from.port(), packet.to.port()].contains(&DOMAIN);
        let begins = match packet.tcp_flags {
            Some(flags) => flags & (SYN | ACK) == SYN,
            None => !self.flows.contains(&flow) && !self.flows.contains(&back),
        };
        let to_us = packet.to.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) || self.flows.contains(&back);
        let is_ours = of_names && to_us;
        if begins {
            self.flows.insert(flow);
            if !is_ours {
                heard.push(Heard::Begun(packet.to));
            }
        }
        if !packet.payload.is_empty() && !is_ours {
            heard.push(Heard::Said(packet.to, packet.payload.to_vec()));
        }
        heard
    }
}

/// The transport packet in an Ethernet frame; none where it is something else, or a fragment.
fn packet(frame: &[u8]) -> Option<Packet<'_>> {
    let (kind, network) = (frame.get(12..14)?, frame.get(14..)?);
    let (protocol, from, to, transport) = match kind {
        [0x08, 0x00] => {
            let header = usize::from(network.first()? & 15) * 4;
            let length = usize::from(u16::from_be_bytes([*network.get(2)?, *network.get(3)?]));
            let address = |at: usize| -> Option<IpAddr> {
                Some(Ipv4Addr::from(<[u8; 4]>::try_from(network.get(at..at + 4)?).ok()?).into())
            };
            let end = if length == 0 { network.len() } else { length.min(network.len()) };
            (*network.get(9)?, address(12)?, address(16)?, network.get(header..end)?)
        }
        [0x86, 0xDD] => {
            let address = |at: usize| -> Option<IpAddr> {
                Some(Ipv6Addr::from(<[u8; 16]>::try_from(network.get(at..at + 16)?).ok()?).into())
            };
            (*network.get(6)?, address(8)?, address(24)?, network.get(40..)?)
        }
        _ => return None,
    };
    let port = |at: usize| Some(u16::from_be_bytes([*transport.get(at)?, *transport.get(at + 1)?]));
    let (from, to) = (SocketAddr::new(from, port(0)?), SocketAddr::new(to, port(2)?));
    match protocol {
        TCP => {
            let header = usize::from(transport.get(12)? >> 4) * 4;
            let tcp_flags = Some(*transport.get(13)?);
            Some(Packet { tcp_flags, from, to, payload: transport.get(header..)? })
        }
        UDP => Some(Packet { tcp_flags: None, from, to, payload: transport.get(8..)? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(protocol: u8, from: ([u8; 4], u16), to: ([u8; 4], u16), flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00]);
        let transport = if protocol == TCP { 20 } else { 8 };
        let length = u16::try_from(20 + transport + payload.len()).unwrap().to_be_bytes();
        frame.extend([0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, protocol, 0, 0]);
        frame.extend(from.0);
        frame.extend(to.0);
        frame.extend(from.1.to_be_bytes());
        frame.extend(to.1.to_be_bytes());
        if protocol == TCP {
            frame.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        } else {
            frame.extend([0, 0, 0, 0]);
        }
        frame.extend(payload);
        frame
    }

    #[test]
    fn each_packet_is_heard_once_though_the_interface_gives_it_twice() {
        let mut ear = Ear::default();
        let syn = frame(TCP, ([127, 0, 0, 1], 40_000), ([8, 8, 8, 8], 443), SYN, b"");
        let begun = vec![Heard::Begun("8.8.8.8:443".parse().unwrap())];
        assert_eq!([ear.hear(&syn), ear.hear(&syn)], [begun, Vec::new()]);
        let reset = frame(TCP, ([8, 8, 8, 8], 443), ([127, 0, 0, 1], 40_000), ACK | 4, b"");
        assert_eq!(ear.hear(&reset), []);
        let said = frame(TCP, ([127, 0, 0, 1], 40_000), ([8, 8, 8, 8], 443), ACK, b"hello");
        assert_eq!(ear.hear(&said), [Heard::Said("8.8.8.8:443".parse().unwrap(), b"hello".to_vec())]);
    }

    #[test]
    fn datagrams_begin_once_and_queries_to_our_own_names_are_no_connections() {
        let mut ear = Ear::default();
        let one = frame(UDP, ([127, 0, 0, 1], 5000), ([1, 1, 1, 1], 9999), 0, b"a");
        let two = frame(UDP, ([127, 0, 0, 1], 5000), ([1, 1, 1, 1], 9999), 0, b"b");
        let to: SocketAddr = "1.1.1.1:9999".parse().unwrap();
        assert_eq!(ear.hear(&one), [Heard::Begun(to), Heard::Said(to, b"a".to_vec())]);
        assert_eq!(ear.hear(&two), [Heard::Said(to, b"b".to_vec())]);
        let ours = frame(UDP, ([127, 0, 0, 1], 5001), ([127, 0, 0, 1], DOMAIN), 0, b"query");
        assert_eq!(ear.hear(&ours), []);
        let answer = frame(UDP, ([127, 0, 0, 1], DOMAIN), ([127, 0, 0, 1], 5001), 0, b"answer");
        assert_eq!(ear.hear(&answer), []);
        let theirs = frame(UDP, ([127, 0, 0, 1], 5002), ([9, 9, 9, 9], DOMAIN), 0, b"query");
        assert_eq!(ear.hear(&theirs).len(), 2);
        assert!(ear.hear(&one[..20]).is_empty());
    }
}
