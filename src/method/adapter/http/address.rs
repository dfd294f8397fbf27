//! The address of a service: which host is asked, whether over TLS, and where a redirect leads.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// `https://host:port/path`, without what stands after a `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    tls: bool,
    host: String,
    port: Option<u16>,
    path: String,
}

impl Address {
    /// The address in `text`, and what stands after its `?`.
    ///
    /// # Errors
    /// What is wrong with it; the text itself is not repeated, because it may hold a password.
    pub fn parse(text: &str) -> Result<(Self, Option<&str>), String> {
        let (tls, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (false, rest)
        } else {
            return Err("expected an address that begins with `https://`, such as `https://host/path`".to_owned());
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if authority.contains('@') {
            return Err("a name and a password before the host must not stand in a card".to_owned());
        }
        let (host, port) = split_port(authority)?;
        if tail.contains('#') {
            return Err("what stands after `#` is never sent: leave it out".to_owned());
        }
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (tail, None),
        };
        if !path.bytes().all(is_of_a_path) {
            return Err("the path holds a character that must be written as %XX".to_owned());
        }
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        Ok((Self { tls, host: host.to_ascii_lowercase(), port, path }, query))
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Whether it is this very machine, so that nobody on the way can read what is sent.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || bare.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// Where `location`, the word of a redirect, leads from here, with its query.
    ///
    /// # Errors
    /// When it is no address.
    pub fn redirected<'a>(&self, location: &'a str) -> Result<(Self, Option<&'a str>), String> {
        let location = location.split('#').next().unwrap_or_default();
        if location.contains("://") && !location.starts_with('/') {
            return Self::parse(location);
        }
        if location.starts_with("//") {
            return Err("a redirect without `https:`".to_owned());
        }
        let (path, query) = match location.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (location, None),
        };
        let path = match path {
            "" => self.path.clone(),
            absolute if absolute.starts_with('/') => absolute.to_owned(),
            relative => {
                format!("{}{relative}", self.path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned() + "/")
            }
        };
        if !path.bytes().all(is_of_a_path) {
            return Err("a redirect to no address".to_owned());
        }
        Ok((Self { path, ..self.clone() }, query))
    }

    /// Whether both are the same service: the same host, port and way to reach it.
    #[must_use]
    pub fn is_of_the_host_of(&self, other: &Self) -> bool {
        self.tls == other.tls && self.host == other.host && self.port() == other.port()
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}{port}", self.host)
    }

    fn port(&self) -> u16 {
        self.port.unwrap_or(if self.tls { 443 } else { 80 })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let at = authority.rfind(':').filter(|at| !authority.get(*at..).is_some_and(|rest| rest.contains(']')));
    let (host, port) = match at.and_then(|at| authority.split_at_checked(at)) {
        Some((host, port)) => (host, Some(port.trim_start_matches(':'))),
        None => (authority, None),
    };
    let port = port
        .map(|port| port.parse().ok().filter(|port| *port > 0).ok_or("the port is no number from 1 to 65535"))
        .transpose()?;
    let is_name = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let known = match six {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    if known {
        Ok((host, port))
    } else {
        Err("it names no host: expected an address such as `https://host/path`".to_owned())
    }
}

/// RFC 3986, section 3.3, and the percent sign.
fn is_of_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte)
}

/// `text` as a value in a query: all but RFC 3986's unreserved characters as %XX.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap().0
    }

    #[test]
    fn an_address_is_taken_apart() {
        let (whole, query) = Address::parse("https://API.example.com:8443/v1/age?tier=2").unwrap();
        assert_eq!((whole.to_string().as_str(), query), ("https://api.example.com:8443/v1/age", Some("tier=2")));
        assert!(whole.is_tls() && !whole.is_loopback());
        assert_eq!(address("https://a.example").to_string(), "https://a.example/");
        for loopback in ["http://localhost:80/", "http://127.3.2.1/x", "http://[::1]:9000/"] {
            assert!(address(loopback).is_loopback(), "{loopback}");
        }
        assert!(!address("http://127.0.0.1.example/").is_loopback());
        for (wrong, expected) in [
            ("ftp://a", "begins with `https://`"),
            ("https://bob:secret@a/", "must not stand in a card"),
            ("https:///x", "no host"),
            ("https://a:0/", "no number"),
            ("https://a:99999/", "no number"),
            ("https://a b/", "no host"),
            ("https://[::1/", "no host"),
            ("https://a/x y", "written as %XX"),
            ("https://a/x#part", "never sent"),
        ] {
            let problem = Address::parse(wrong).unwrap_err();
            assert!(problem.contains(expected) && !problem.contains("secret"), "{wrong}: {problem}");
        }
    }

    #[test]
    fn a_redirect_leads_where_rfc_3986_says_and_stays_with_the_host_or_not() {
        let here = address("https://a.example/v1/age");
        // RFC 3986, section 5.4, the cases that services use.
        for (location, there) in [
            ("/v2/age", "https://a.example/v2/age"),
            ("years", "https://a.example/v1/years"),
            ("https://a.example:443/x", "https://a.example:443/x"),
            ("?again=1", "https://a.example/v1/age"),
        ] {
            let (found, _) = here.redirected(location).unwrap();
            assert_eq!(found.to_string(), there, "{location}");
            assert!(found.is_of_the_host_of(&here), "{location}");
        }
        assert_eq!(here.redirected("/x?y=1#z").unwrap().1, Some("y=1"));
        for other in ["https://b.example/", "http://a.example/", "https://a.example:8443/"] {
            assert!(!here.redirected(other).unwrap().0.is_of_the_host_of(&here), "{other}");
        }
        assert!(here.redirected("//b.example/").is_err());
    }

    #[test]
    fn values_of_a_query_are_encoded() {
        // python3 -c "import urllib.parse; print(urllib.parse.quote('a b&c=d/ä~', safe=''))"
        assert_eq!(percent_encoded("a b&c=d/ä~"), "a%20b%26c%3Dd%2F%C3%A4~");
    }
}
