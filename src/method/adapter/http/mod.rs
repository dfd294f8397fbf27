//! Methods that are services: asked over HTTP as a card describes it, about one sample at a time (`docs/http.md`).

pub mod address;
pub mod answer;
pub mod body;
pub mod card;
#[cfg(feature = "http")]
mod client;
mod headers;
#[cfg(feature = "http")]
mod method;
#[cfg(feature = "http")]
mod names;
pub mod pace;
pub mod pointer;
pub mod reply;
pub mod request;
pub mod secret;
#[cfg(feature = "http")]
mod session;
pub mod template;
#[cfg(feature = "http")]
mod trouble;
#[cfg(feature = "http")]
mod wire;

pub use card::HttpCard;
#[cfg(feature = "http")]
pub use method::HttpMethod;
#[cfg(feature = "http")]
pub use session::Notes;
