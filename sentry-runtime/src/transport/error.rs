//! The error for a transport that cannot be built.

use std::fmt;

use super::certificates::CertificatesError;
use super::proxy::ProxyError;

/// The error for a transport that cannot be built as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportError {
    Proxy(ProxyError),
    Certificates(CertificatesError),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(error) => error.fmt(f),
            Self::Certificates(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TransportError {}
