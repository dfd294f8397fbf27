//! Why nothing came of a request, in words that are the same every time.

use std::io;

use ureq::Error;

/// Why nothing came of it.
#[derive(Debug)]
pub enum Trouble {
    /// It took too long.
    Late,
    /// The connection broke, or was not made: another try may go better.
    Broken(String),
    /// No other try would go better.
    Unusable(String),
    /// The reply is longer than the card allows.
    TooLong,
}

/// Whether so says a connection that was closed from the other end.
#[must_use]
pub fn ends_early(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::UnexpectedEof
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::NotConnected
            | Kind::WriteZero
    )
}

/// What an error means. One text for all the ways in which a connection ends too early: which of them it is depends on
/// the moment, and a row must not.
#[must_use]
pub fn trouble(error: Error) -> Trouble {
    use io::ErrorKind as Kind;
    match error {
        Error::Timeout(_) => Trouble::Late,
        Error::HostNotFound => Trouble::Broken("the name of the host is not known".to_owned()),
        Error::Io(error) => match error.kind() {
            Kind::ConnectionRefused => Trouble::Broken("the connection was refused".to_owned()),
            kind if ends_early(kind) => Trouble::Broken("the connection broke before the reply was whole".to_owned()),
            // So rustls says what it does not accept.
            Kind::InvalidData | Kind::InvalidInput => Trouble::Unusable(format!("no connection over TLS: {error}")),
            _ => Trouble::Broken(format!("the service cannot be reached: {error}")),
        },
        Error::Rustls(error) => Trouble::Unusable(format!("no connection over TLS: {error}")),
        Error::Protocol(error) => Trouble::Unusable(format!("the reply is not HTTP: {error}")),
        Error::LargeResponseHeader(..) => Trouble::Unusable("the headers of the reply are too long".to_owned()),
        Error::ConnectProxyFailed(text) => Trouble::Broken(format!("the proxy does not connect: {text}")),
        Error::Other(error) => Trouble::Unusable(error.to_string()),
        other => Trouble::Unusable(other.to_string()),
    }
}
