//! Names of hosts: looked up once a session, and no longer than a request may take.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::wire::Meter;

/// Looks a host up once, and remembers where it is as long as the session lives.
#[derive(Debug)]
pub struct Names {
    meter: Arc<Meter>,
    known: Mutex<Vec<(String, Vec<SocketAddr>)>>,
}

impl Names {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(meter: Arc<Meter>) -> Self {
        Self { meter, known: Mutex::default() }
    }

    fn addresses(&self, host: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, addresses)) = known.iter().find(|(name, _)| *name == host) {
            return Ok(addresses.clone());
        }
        let name = host.clone();
        let addresses = self
            .meter
            .aside(timeout, move || Ok(name.to_socket_addrs().map(Iterator::collect::<Vec<_>>).unwrap_or_default()))?;
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        known.push((host, addresses.clone()));
        Ok(addresses)
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.scheme().zip(uri.authority());
        let host = host.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let mut found = self.empty();
        let most = 16; // as many as the list holds
        for address in self.addresses(host.ok_or(Error::HostNotFound)?, timeout)?.into_iter().take(most) {
            found.push(address);
        }
        Ok(found)
    }
}
