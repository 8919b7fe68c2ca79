//! The clients that speak HTTP: one, or two where the user trusts authorities of their own.
//!
//! A client trusts the built-in authorities or the given ones. When the server's certificate is refused, nothing was
//! sent yet, and the other client is asked; whoever succeeds is asked first from then on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ureq::typestate::AgentScope;
use ureq::unversioned::transport::DefaultConnector;

use super::resolver::{CachingResolver, Known, NullResolver};

/// One client or two.
#[derive(Debug)]
pub(super) struct Agents {
    agents: Vec<ureq::Agent>,
    /// Whom to ask first.
    first: AtomicUsize,
    /// Where the server was found.
    known: Known,
}

impl Agents {
    /// Clients of one configuration; every entry of `trusted` makes one that trusts these authorities alone.
    #[cfg(feature = "rustls")]
    pub(super) fn new(
        config: impl Fn() -> ureq::config::ConfigBuilder<AgentScope>,
        trusted: Option<Vec<ureq::tls::Certificate<'static>>>,
    ) -> Self {
        use ureq::tls::{RootCerts, TlsConfig};

        let own = trusted.map(|certificates| {
            let roots = RootCerts::new_with_certs(&certificates);
            config().tls_config(TlsConfig::builder().root_certs(roots).build())
        });
        Self::of(own.into_iter().chain([config()]))
    }

    /// The client of a build without TLS.
    #[cfg(not(feature = "rustls"))]
    pub(super) fn new(config: impl Fn() -> ureq::config::ConfigBuilder<AgentScope>) -> Self {
        Self::of([config()])
    }

    fn of(configs: impl IntoIterator<Item = ureq::config::ConfigBuilder<AgentScope>>) -> Self {
        prepare();
        let known = Known::default();
        let agent = |config: ureq::config::ConfigBuilder<AgentScope>| {
            let resolver = CachingResolver::new(known.clone());
            ureq::Agent::with_parts(config.build(), DefaultConnector::default(), resolver)
        };
        Self { agents: configs.into_iter().map(agent).collect(), first: AtomicUsize::new(0), known }
    }

    /// Asks one client after the other, until one is let in.
    pub(super) fn ask<T>(
        &self,
        mut request: impl FnMut(&ureq::Agent) -> Result<T, ureq::Error>,
    ) -> Result<T, ureq::Error> {
        let first = self.first.load(Ordering::Relaxed);
        let mut turn = 0;
        loop {
            let at = (first + turn) % self.agents.len();
            turn += 1;
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

/// Lets the HTTP library find out now what it finds out at its first request, by one that goes nowhere: a process that
/// is forked meanwhile would have a child that waits for a thread of its parent.
fn prepare() {
    static PREPARED: AtomicBool = AtomicBool::new(false);
    if !PREPARED.swap(true, Ordering::Relaxed) {
        let config = ureq::Agent::config_builder().proxy(None).build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), NullResolver);
        let _ = agent.get("http://nowhere.invalid/").call();
    }
}

/// Whether the connection ended before anything was said, as nobody vouches for the server.
pub(super) fn is_refused_certificate(error: &ureq::Error) -> bool {
    match error {
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(_) => true,
        ureq::Error::Tls(_) => true,
        // What the encryption layer says in the middle of a handshake arrives as this kind.
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}
