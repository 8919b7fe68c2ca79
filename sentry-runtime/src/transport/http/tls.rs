//! The TLS of this build: what encrypts connections, and which authorities vouch for servers.
//!
//! | feature | encrypts | trusts |
//! |---|---|---|
//! | `rustls` | rustls with the provider of the process, otherwise ring | Mozilla's list, compiled in |
//! | `rustls-no-provider` | rustls with the provider of the process | the same |
//! | `platform-verifier` | rustls as above | the system's store |
//! | `native-tls` | the system's library | the system's store |
//!
//! Cargo unifies features: if several are enabled, rustls is preferred to the system's library, and ring to none.

#[cfg(feature = "_rustls")]
use std::sync::Arc;

#[cfg(feature = "_rustls")]
use rustls::crypto::CryptoProvider;
#[cfg(feature = "_tls")]
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// Returns the configuration of connections to servers that a well-known authority vouches for.
#[cfg(feature = "_tls")]
pub(super) fn config() -> TlsConfig {
    let is_rustls = cfg!(feature = "_rustls");
    let is_system = !is_rustls || cfg!(feature = "platform-verifier");
    TlsConfig::builder()
        .provider(if is_rustls { TlsProvider::Rustls } else { TlsProvider::NativeTls })
        .root_certs(if is_system { RootCerts::PlatformVerifier } else { RootCerts::WebPki })
        .build()
}

/// Returns the configuration of connections to servers whose certificates the user trusts.
#[cfg(all(feature = "_tls", not(feature = "_rustls")))]
pub(super) fn config_trusting(certificates: Vec<ureq::tls::Certificate<'static>>) -> TlsConfig {
    let roots = RootCerts::from(certificates);
    TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(roots).build()
}

/// Returns what rustls encrypts with: the provider that the program has installed, as the HTTP client does, or ring.
#[cfg(feature = "_rustls")]
pub(super) fn provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed = installed.or_else(|| Some(Arc::new(rustls::crypto::ring::default_provider())));
    installed
}

/// Returns the rule that a URL which needs TLS breaks, if connections cannot be encrypted.
pub(crate) fn unavailable() -> Option<&'static str> {
    if cfg!(not(feature = "_tls")) {
        return Some(
            "an http URL, because this build has no TLS: for https, enable the feature `rustls` of sentry-runtime",
        );
    }
    // The HTTP client would panic at the first request.
    #[cfg(all(feature = "_rustls", not(feature = "rustls")))]
    if CryptoProvider::get_default().is_none() {
        return Some(
            "an http URL, because no CryptoProvider is installed: call `install_default` of one before `sentry::init`, \
             or enable the feature `rustls` of sentry-runtime",
        );
    }
    None
}
