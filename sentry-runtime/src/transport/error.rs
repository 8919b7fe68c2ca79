//! The error for a transport that cannot be built.

use std::fmt;

use super::certificates::CertificatesError;
use super::proxy::ProxyError;

/// The error for a transport that cannot be built as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportError {
    Proxy(ProxyError),
    Certificates(CertificatesError),
    /// Connections to the URL cannot be encrypted.
    Tls {
        url: String,
        rule: &'static str,
    },
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(error) => error.fmt(f),
            Self::Certificates(error) => error.fmt(f),
            Self::Tls { url, rule } => write!(f, "the URL of a server is `{url}`, but must be {rule}"),
        }
    }
}

impl std::error::Error for TransportError {}
