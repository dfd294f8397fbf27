//! A service made ready to be asked: its card, its secrets, and what was sent to it.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Given;
use super::card::HttpCard;
use super::client;
use super::pace::Pace;
use super::secret::{Secrets, Unusable};
use super::session::{HttpSession, Notes, Service};
use super::template::Filling;
use crate::digest::Digest;
use crate::method::adapter::Surroundings;
use crate::method::withheld::withhold;
use crate::method::{Ask, Lent, Method, MethodCard, MethodError, Session, Traffic};

/// A service made ready to be asked.
pub struct HttpMethod {
    card: MethodCard,
    service: Arc<Service>,
    files: Vec<Digest>,
}

impl HttpMethod {
    /// The service that `http`, the adapter table of `card`, describes. It is not asked anything yet.
    ///
    /// # Errors
    /// [`MethodError::Variables`] when the environment has no value for a secret; [`MethodError::Read`] and
    /// [`MethodError::Service`] when the certificates or the proxy are of no use.
    pub fn new(card: MethodCard, http: &HttpCard, around: &Surroundings<'_>) -> Result<Self, MethodError> {
        let wrong = |problem: String| MethodError::Service { method: card.name.clone(), problem };
        let secrets = Secrets::gather(http.variables(), around.variable).map_err(|unusable| match unusable {
            Unusable::Missing(names) => MethodError::Variables { method: card.name.clone(), names },
            Unusable::Control(name) => wrong(format!(
                "is sent the variable `{name}`, whose value holds a line break or another control character, which no \
                 header can carry: set it without"
            )),
        })?;
        // A program in the same run is another vendor's.
        withhold(http.variables());
        let (mut files, mut roots) = (Vec::new(), None);
        if let Some(file) = &http.ca_file {
            let read = around.files.read(file);
            let pem = read.map_err(|source| MethodError::Read { file: file.clone(), source })?;
            roots = Some(client::roots(&pem).map_err(|problem| wrong(format!("has a `ca_file` that {problem}")))?);
            files.push(Digest::of(&pem));
        }
        let nothing = Filling { content: None, face_box: None, columns: &[], limits: &[], secrets: &secrets };
        let proxy = http.proxy.as_ref().map(|proxy| proxy.text(&nothing)).transpose().map_err(wrong)?;
        if let Some(proxy) = &proxy {
            client::proxy(proxy).map_err(wrong)?;
        }
        let service = Service {
            card: http.clone(),
            secrets,
            proxy,
            roots,
            pace: Pace::new(http.interval),
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            cookies: Mutex::default(),
        };
        Ok(Self { card, service: Arc::new(service), files })
    }

    /// One session; `notes` is where it is written down what is sent.
    ///
    /// # Errors
    /// [`MethodError::Service`].
    pub fn session(&self, ask: &Ask, notes: Option<Arc<Notes>>) -> Result<HttpSession, MethodError> {
        HttpSession::new(Arc::clone(&self.service), ask, notes)
            .map_err(|problem| MethodError::Service { method: self.card.name.clone(), problem })
    }
}

impl Method for HttpMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn columns(&self) -> &[String] {
        &self.service.card.columns
    }

    /// Of the certificates that the card names. Secrets are in no digest.
    fn file_digests(&self) -> Vec<Digest> {
        self.files.clone()
    }

    fn is_outside(&self) -> bool {
        true
    }

    fn answers_ages_only(&self) -> bool {
        matches!(self.service.card.answer.given, Given::Age { .. } | Given::Range { .. })
    }

    fn looks(&self) -> bool {
        self.service.card.looks()
    }

    fn is_given(&self, what: Lent<'_>) -> bool {
        match what {
            Lent::Content => self.service.card.sends_content(),
            Lent::FaceBox => self.service.card.sends_box(),
            Lent::Column(_) => true, // a card that names one which no place sends is refused
        }
    }

    fn sessions(&self, _jobs: NonZeroUsize) -> NonZeroUsize {
        self.service.card.instances
    }

    fn notices(&self) -> Vec<String> {
        let address = &self.service.card.address;
        let plain = !address.is_tls() && !address.is_loopback();
        let text = || {
            let (name, origin) = (&self.card.name, address.origin());
            format!("`{name}` is reached over plain http ({origin}): everybody on the way can read what is sent")
        };
        plain.then(text).into_iter().collect()
    }

    fn traffic(&self) -> Option<Traffic> {
        let [requests, redirects, sent, received] =
            [0, 1, 2, 3].map(|place| self.service.counts.get(place).map_or(0, |count| count.load(Ordering::Relaxed)));
        let address = self.service.card.address.to_string();
        let tls = self.service.card.address.is_tls();
        let cookies = self.service.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(Traffic { address, tls, requests, redirects, sent, received, cookies })
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        Ok(Box::new(self.session(ask, None)?))
    }
}
