//! The HTTP clients: one, or two if the user trusts additional authorities.
//!
//! A client trusts either the built-in authorities or the given ones. If the server's certificate is refused, no data
//! was sent yet, and the other client is tried; the client that succeeds is tried first from then on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ureq::typestate::AgentScope;
#[cfg(feature = "_rustls")]
use ureq::unversioned::transport::{ConnectProxyConnector, TcpConnector};
use ureq::unversioned::transport::{Connector as _, DefaultConnector};

#[cfg(feature = "_rustls")]
use super::own_tls::OwnTls;
use super::resolver::{CachingResolver, Known, NullResolver};
use super::single_write::SingleWrite;
use super::status_note::{Noting, StatusNote};
#[cfg(feature = "_tls")]
use super::tls;
#[cfg(feature = "_rustls")]
use crate::base::diagnostics;

/// One or two HTTP clients.
#[derive(Debug)]
pub(super) struct Agents {
    agents: Vec<ureq::Agent>,
    /// The index of the client to try first.
    first: AtomicUsize,
    /// The server's known addresses.
    known: Known,
    /// The status of the response to the current request.
    note: StatusNote,
}

impl Agents {
    /// Creates clients with one configuration; if there are `trusted` certificates, one client trusts only these.
    #[cfg(feature = "_rustls")]
    pub(super) fn new(
        config: impl Fn() -> ureq::config::ConfigBuilder<AgentScope>,
        trusted: Option<Vec<ureq::tls::Certificate<'static>>>,
    ) -> Self {
        let own = trusted.and_then(|certificates| {
            OwnTls::new(&certificates)
                .inspect_err(|error| diagnostics::error(format_args!("ca_certs is ignored: {error}")))
                .ok()
        });
        let mut agents = Self::of([config().tls_config(tls::config())]);
        if let Some(own) = own {
            let plain = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default());
            let resolver = CachingResolver::new(agents.known.clone());
            let connector = plain.chain(own).chain(SingleWrite).chain(Noting(agents.note.clone()));
            agents.agents.insert(0, ureq::Agent::with_parts(config().build(), connector, resolver));
        }
        agents
    }

    /// Creates clients that encrypt with the system's library.
    #[cfg(all(feature = "_tls", not(feature = "_rustls")))]
    pub(super) fn new(
        config: impl Fn() -> ureq::config::ConfigBuilder<AgentScope>,
        trusted: Option<Vec<ureq::tls::Certificate<'static>>>,
    ) -> Self {
        let own = trusted.map(tls::config_trusting);
        Self::of(own.into_iter().chain([tls::config()]).map(|tls| config().tls_config(tls)))
    }

    /// Creates the client of a build without TLS.
    #[cfg(not(feature = "_tls"))]
    pub(super) fn new(config: impl Fn() -> ureq::config::ConfigBuilder<AgentScope>) -> Self {
        Self::of([config()])
    }

    fn of(configs: impl IntoIterator<Item = ureq::config::ConfigBuilder<AgentScope>>) -> Self {
        prepare();
        let (known, note) = (Known::default(), StatusNote::default());
        let agent = |config: ureq::config::ConfigBuilder<AgentScope>| {
            let resolver = CachingResolver::new(known.clone());
            let connector = DefaultConnector::default().chain(SingleWrite).chain(Noting(note.clone()));
            ureq::Agent::with_parts(config.build(), connector, resolver)
        };
        Self { agents: configs.into_iter().map(agent).collect(), first: AtomicUsize::new(0), known, note }
    }

    /// Returns the status of the latest request's response, if that much of the response arrived.
    pub(super) fn noted_status(&self) -> Option<u16> {
        self.note.status()
    }

    /// Tries one client after the other, until the server's certificate is accepted.
    pub(super) fn ask<T>(
        &self,
        mut request: impl FnMut(&ureq::Agent) -> Result<T, ureq::Error>,
    ) -> Result<T, ureq::Error> {
        let first = self.first.load(Ordering::Relaxed);
        let mut turn = 0;
        loop {
            let at = (first + turn) % self.agents.len();
            turn += 1;
            self.note.clear();
            match request(&self.agents[at]) {
                Err(error) if is_refused_certificate(&error) && turn < self.agents.len() => {}
                answer => {
                    if answer.is_err() {
                        self.known.forget();
                    }
                    self.first.store(at, Ordering::Relaxed);
                    return answer;
                }
            }
        }
    }
}

/// Initialises the HTTP library by a request that goes nowhere: the library computes some values at its first
/// request, and if the process forks meanwhile, the child would wait for a thread of its parent.
fn prepare() {
    static PREPARED: AtomicBool = AtomicBool::new(false);
    if !PREPARED.swap(true, Ordering::Relaxed) {
        let config = ureq::Agent::config_builder().proxy(None).build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), NullResolver);
        let _ = agent.get("http://nowhere.invalid/").call();
    }
}

/// Returns whether the connection failed before data was sent, because the certificate is not trusted.
pub(super) fn is_refused_certificate(error: &ureq::Error) -> bool {
    match error {
        #[cfg(feature = "_rustls")]
        ureq::Error::Rustls(_) => true,
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(_) => true,
        ureq::Error::Tls(_) => true,
        // Errors of the TLS layer during a handshake have this kind.
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}
