//! The one place that speaks HTTP: a request sent, redirects within the host followed, the reply read up to its bound.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{HeaderName, HeaderValue, Request as Message};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Error, Proxy};

use super::address::Address;
use super::card::{HttpCard, Verb};
use super::names::Names;
use super::request::Request;
use super::trouble::{Trouble, ends_early, trouble};
use super::wire::{Meter, Wires};
use crate::clock::Clock;

/// Redirects that are followed.
const MOST_REDIRECTS: u32 = 5;

/// What this program calls itself to a service.
const AGENT: &str = concat!("agebench/", env!("CARGO_PKG_VERSION"));

/// What came of one request.
#[derive(Debug)]
pub struct Reply {
    /// The code.
    pub code: u16,
    /// The content.
    pub body: Vec<u8>,
    /// The headers `Retry-After` and `Date`.
    pub retry_after: Option<(String, Option<String>)>,
    /// The header `Content-Encoding`, empty without one.
    pub encoding: String,
}

/// What was done for one attempt, in all its tries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// Requests made, those that follow redirects included.
    pub requests: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Bytes of their queries and bodies.
    pub given: u64,
    /// Bytes of the content of replies that came whole.
    pub returned: u64,
    /// When the last of the requests was begun.
    pub begun: Duration,
}

impl Done {
    /// What was done since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            redirects: self.redirects - before.redirects,
            given: self.given - before.given,
            returned: self.returned - before.returned,
            begun: self.begun,
        }
    }
}

/// A connection to a service, kept between attempts; nothing else is.
pub struct Client {
    agent: Agent,
    /// What goes over the wire.
    pub meter: Arc<Meter>,
    /// Cookies that the service offered, each with the bytes of its content; none is kept or sent back.
    pub cookies: Mutex<BTreeMap<String, u64>>,
    clock: Arc<dyn Clock>,
    longest: u64,
}

/// Certificates of a `ca_file`.
pub type Roots = Vec<Certificate<'static>>;

/// The certificates in `pem`.
///
/// # Errors
/// When there is none, or one that cannot be read.
pub fn roots(pem: &[u8]) -> Result<Roots, String> {
    let mut roots = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => roots.push(certificate),
            Ok(_) => return Err("holds a private key: give certificates only".to_owned()),
            Err(_) => return Err("is no file of certificates (PEM)".to_owned()),
        }
    }
    if roots.is_empty() { Err("holds no certificate (PEM)".to_owned()) } else { Ok(roots) }
}

/// The proxy that `text` names.
///
/// # Errors
/// When it is none. The text is not repeated, because it may hold a password.
pub fn proxy(text: &str) -> Result<Proxy, String> {
    let known = Some(text).filter(|text| text.starts_with("http://") || !text.contains("://"));
    known.and_then(|text| Proxy::new(text).ok()).ok_or_else(|| "has a `proxy` that is no `http://host:port`".to_owned())
}

impl Client {
    /// A client of the service that `card` describes; `proxy` is its proxy with everything filled in.
    ///
    /// # Errors
    /// When the proxy is none.
    pub fn new(card: &HttpCard, roots: Option<&Roots>, proxy: Option<&str>, meter: Meter) -> Result<Self, String> {
        let meter = Arc::new(meter);
        let proxy = proxy.map(self::proxy).transpose()?;
        let tls = TlsConfig::builder().root_certs(match roots {
            Some(roots) => RootCerts::new_with_certs(roots),
            None => RootCerts::WebPki,
        });
        let loopback_only = !card.address.is_tls() && !card.plain_http && proxy.is_none();
        // The environment is asked for nothing: a proxy is there when the card names one.
        let config = Agent::config_builder()
            .proxy(proxy)
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(AGENT)
            .accept("application/json")
            .accept_encoding("")
            .max_idle_connections_per_host(1)
            .build();
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(Wires { meter: Arc::clone(&meter), loopback_only })
                .chain(RustlsConnector::default());
        let agent = Agent::with_parts(config, connector, Names::new(Arc::clone(&meter)));
        let clock = meter.clock();
        Ok(Self { agent, meter, cookies: Mutex::default(), clock, longest: card.reply_bytes })
    }

    /// Makes `request`, which may take `limit` without the waits for its turns; `turn` is asked before each message that is sent.
    ///
    /// # Errors
    /// [`Trouble`], or what `turn` says.
    pub fn ask<E>(
        &self,
        request: &Request,
        limit: Duration,
        done: &mut Done,
        mut turn: impl FnMut() -> Result<(), E>,
    ) -> Result<Result<Reply, Trouble>, E> {
        let (mut address, mut query, mut verb) = (request.address.clone(), request.query.clone(), request.verb);
        let mut left = limit;
        let mut followed = 0;
        loop {
            turn()?;
            done.begun = self.clock.monotonic();
            let body = if verb == Verb::Get { &[][..] } else { &request.body };
            done.requests += 1;
            done.given += (body.len() + query.as_ref().map_or(0, String::len)) as u64;
            let reply = match self.once(&address, query.as_deref(), verb, &request.headers, body, left, done) {
                Ok(reply) => reply,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let Some(location) = reply.1 else { return Ok(Ok(reply.0)) };
            left = left.saturating_sub(self.clock.monotonic().saturating_sub(done.begun));
            let unusable = |text: String| Ok(Err(Trouble::Unusable(text)));
            if followed == MOST_REDIRECTS {
                return unusable(format!("the service redirects more than {MOST_REDIRECTS} times"));
            }
            followed += 1;
            match address.redirected(&location) {
                Ok((there, its_query)) if there.is_of_the_host_of(&request.address) => {
                    done.redirects += 1;
                    // 303 is "see there", all others are "ask there what you ask here": a face that is not sent again
                    // would be an answer about nothing.
                    if reply.0.code == 303 {
                        verb = Verb::Get;
                    }
                    query = its_query.map(str::to_owned);
                    address = there;
                }
                Ok((there, _)) => {
                    return unusable(format!(
                        "the service redirects to another host, {}, which is refused: write the last address into `url`",
                        there.origin()
                    ));
                }
                Err(_) => return unusable("the service redirects to what is no address".to_owned()),
            }
        }
    }

    /// One message and its reply; with the reply, where it redirects to.
    #[expect(clippy::too_many_arguments, reason = "the parts of one message")]
    fn once(
        &self,
        address: &Address,
        query: Option<&str>,
        verb: Verb,
        headers: &[(String, String)],
        body: &[u8],
        left: Duration,
        done: &mut Done,
    ) -> Result<(Reply, Option<String>), Trouble> {
        if left.is_zero() {
            return Err(Trouble::Late);
        }
        let uri = match query {
            Some(query) => format!("{address}?{query}"),
            None => address.to_string(),
        };
        let mut message = Message::builder().method(verb.word()).uri(uri);
        if let Some(all) = message.headers_mut() {
            for (name, value) in headers {
                // After a 303 there is no content whose type could be told.
                if verb != Verb::Get || !name.eq_ignore_ascii_case("content-type") {
                    let (name, value) = header(name, value).map_err(Trouble::Unusable)?;
                    all.insert(name, value);
                }
            }
        }
        let message = message.body(body).map_err(|error| unusable(&error.into()))?;
        let send = |left: Duration| {
            // A limit beyond any patience is none: moments that far away cannot be reckoned with.
            let limit = Some(left).filter(|left| *left < Duration::from_secs(365 * 86_400));
            let message = message.clone();
            if verb == Verb::Get {
                let message = message.map(|_| ());
                self.agent.run(self.agent.configure_request(message).timeout_global(limit).build())
            } else {
                self.agent.run(self.agent.configure_request(message).timeout_global(limit).build())
            }
        };
        let before = self.meter.connections();
        let mut sent = send(left);
        // A service may close a connection that was kept at the very moment at which it is used again (RFC 9112, section
        // 9.3.1). That says nothing about the attempt, and when it happens is chance: it is no retry. The time goes on.
        if let Err(Error::Io(error)) = &sent
            && ends_early(error.kind())
            && self.meter.connections() == before
            && !self.meter.is_stopped()
        {
            let left = left.saturating_sub(self.clock.monotonic().saturating_sub(done.begun));
            if left.is_zero() {
                return Err(Trouble::Late);
            }
            done.requests += 1;
            sent = send(left);
        }
        let reply = sent.map_err(trouble)?;
        let code = reply.status().as_u16();
        let told =
            |name: &str| reply.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let location = told("location").filter(|_| [301, 302, 303, 307, 308].contains(&code));
        let retry_after = told("retry-after").map(|after| (after, told("date")));
        let encoding = told("content-encoding").unwrap_or_default();
        for offer in reply.headers().get_all("set-cookie") {
            let offer = String::from_utf8_lossy(offer.as_bytes()).into_owned();
            let pair = offer.split(';').next().unwrap_or_default();
            let (name, content) = pair.split_once('=').unwrap_or(("", pair));
            let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            cookies.insert(name.trim().to_owned(), content.trim().len() as u64);
        }
        let mut content = Vec::new();
        let mut reader = reply.into_body().into_with_config().limit(u64::MAX).reader().take(self.longest + 1);
        let read = reader.read_to_end(&mut content);
        read.map_err(|error| trouble(error.into()))?;
        if content.len() as u64 > self.longest {
            return Err(Trouble::TooLong);
        }
        done.returned += content.len() as u64;
        Ok((Reply { code, body: content, retry_after, encoding }, location))
    }
}

/// A header, kept out of debug output.
///
/// # Errors
/// When there cannot be such a header.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || format!("the header `{name}` holds what no header can carry");
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn unusable(error: &Error) -> Trouble {
    Trouble::Unusable(format!("the request cannot be made: {error}"))
}
