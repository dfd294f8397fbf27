//! Names that are looked up in the box: each gets an address of its own, which leads nowhere but back here.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Longest name that is looked at.
const LONGEST: usize = 255;

/// The record type of an IPv4 address.
const A: u16 = 1;

/// The names that were looked up, and the addresses that they were given: 198.18.0.0/15, set aside for measurements (RFC 2544).
#[derive(Debug)]
pub(super) struct Names {
    of_name: BTreeMap<String, Ipv4Addr>,
    of_address: BTreeMap<Ipv4Addr, String>,
}

/// A query that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The name, in small letters, without the dot at its end.
    pub name: String,
    /// Where the question ends in the message.
    end: usize,
    is_address: bool,
}

impl Names {
    /// No names but those of `hosts`.
    pub fn new(hosts: &[(String, u16)]) -> Self {
        let mut names = Self { of_name: BTreeMap::new(), of_address: BTreeMap::new() };
        for (host, _) in hosts {
            names.address(host);
        }
        names
    }

    /// The address of `name`, made if it has none.
    pub fn address(&mut self, name: &str) -> Ipv4Addr {
        if let Some(address) = self.of_name.get(name) {
            return *address;
        }
        // 198.18.0.1 on; beyond 65,000 names they share the last.
        let number = u16::try_from(self.of_name.len() + 1).unwrap_or(u16::MAX);
        let [high, low] = number.to_be_bytes();
        let address = Ipv4Addr::new(198, 18, high, low);
        self.of_name.insert(name.to_owned(), address);
        self.of_address.insert(address, name.to_owned());
        address
    }

    /// `address` as the name that it was given for, where it was, with the port.
    pub fn shown(&self, address: SocketAddr) -> String {
        let name = match address.ip() {
            IpAddr::V4(v4) => self.of_address.get(&v4),
            IpAddr::V6(_) => None,
        };
        name.map_or_else(|| address.to_string(), |name| format!("{name}:{}", address.port()))
    }

    /// The answer to `query`, which asks `question`: an address for a question about one, nothing for others.
    pub fn answer(&mut self, query: &[u8], question: &Question) -> Vec<u8> {
        let mut answer = Vec::with_capacity(question.end + 16);
        answer.extend(query.get(..2).unwrap_or_default());
        answer.extend([0x81, 0x80]); // a response, recursion desired and available, no error
        let count = u16::from(question.is_address);
        for number in [1_u16, count, 0, 0] {
            answer.extend(number.to_be_bytes());
        }
        answer.extend(query.get(12..question.end).unwrap_or_default());
        if question.is_address {
            answer.extend([0xC0, 12]); // the name of the question
            answer.extend(A.to_be_bytes());
            answer.extend(1_u16.to_be_bytes()); // IN
            answer.extend(60_u32.to_be_bytes()); // seconds
            answer.extend(4_u16.to_be_bytes());
            answer.extend(self.address(&question.name).octets());
        }
        answer
    }
}

/// The question of a DNS query; none where it is no query that has one.
pub(super) fn question(query: &[u8]) -> Option<Question> {
    let flags = *query.get(2)?;
    let count = u16::from_be_bytes([*query.get(4)?, *query.get(5)?]);
    if flags & 0x80 != 0 || count == 0 {
        return None;
    }
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        if length > 63 || at + length > 12 + LONGEST {
            return None;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let end = at + 4;
    (query.len() >= end).then(|| Question { name: labels.join("."), end, is_address: kind == A })
}

/// The socket on which names are answered.
pub(super) fn listen() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 53))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query as `dig` sends it: id 0x1234, recursion desired, one question.
    fn query(kind: u8) -> Vec<u8> {
        let mut query = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        query.extend(b"\x03Api\x07example\x03org\x00\x00");
        query.extend([kind, 0, 1]);
        query
    }

    #[test]
    fn a_name_gets_an_address_of_its_own_and_keeps_it() {
        let mut names = Names::new(&[("vendor.example".to_owned(), 443)]);
        let asked = question(&query(1)).unwrap();
        assert_eq!(asked.name, "api.example.org");
        let answer = names.answer(&query(1), &asked);
        assert_eq!(answer[..8], [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1]);
        assert_eq!(answer[answer.len() - 4..], [198, 18, 0, 2]);
        assert_eq!(names.address("api.example.org"), Ipv4Addr::new(198, 18, 0, 2));
        assert_eq!(names.shown((Ipv4Addr::new(198, 18, 0, 2), 443).into()), "api.example.org:443");
        assert_eq!(names.shown((Ipv4Addr::new(8, 8, 8, 8), 53).into()), "8.8.8.8:53");
    }

    #[test]
    fn other_questions_get_no_address_and_nonsense_is_no_question() {
        let asked = question(&query(28)).unwrap();
        let answer = Names::new(&[]).answer(&query(28), &asked);
        assert_eq!(answer[6..8], [0, 0]);
        for broken in [&b""[..], &query(1)[..20], &[0xFF; 40]] {
            assert_eq!(question(broken), None);
        }
    }
}
