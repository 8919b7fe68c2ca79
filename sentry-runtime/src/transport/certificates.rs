//! Certificates of authorities that the user trusts besides the built-in ones.
//!
//! They are read at `init`, so that a file that is missing or contains no certificate is an error there, and not an
//! unreachable server later.

use std::fmt;

#[cfg(feature = "_tls")]
use ureq::tls::{Certificate, PemItem, parse_pem};

use crate::transport::config::CaCertificates;

/// The error for certificates that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatesError {
    source: String,
    problem: String,
}

impl fmt::Display for CertificatesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ca_certs is {}, which {}; set it to a PEM file or PEM text with at least one `-----BEGIN CERTIFICATE-----`",
            self.source, self.problem
        )
    }
}

impl std::error::Error for CertificatesError {}

fn error(given: &CaCertificates, problem: impl Into<String>) -> CertificatesError {
    let source = match given {
        CaCertificates::File(path) => format!("`{}`", path.display()),
        CaCertificates::Pem(pem) => format!("a text of {} bytes", pem.len()),
    };
    CertificatesError { source, problem: problem.into() }
}

/// Reads the certificates.
#[cfg(feature = "_tls")]
pub(super) fn read(given: &CaCertificates) -> Result<Vec<Certificate<'static>>, CertificatesError> {
    let file;
    let pem = match given {
        CaCertificates::Pem(pem) => pem,
        CaCertificates::File(path) => {
            file = std::fs::read(path).map_err(|e| error(given, format!("cannot be read ({e})")))?;
            &file
        }
    };
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            // A private key in the file is ignored.
            Ok(_) => {}
            Err(e) => return Err(error(given, format!("is not PEM ({e})"))),
        }
    }
    if certificates.is_empty() { Err(error(given, "contains no certificate")) } else { Ok(certificates) }
}

/// Without TLS no certificate can be used.
#[cfg(not(feature = "_tls"))]
pub(super) fn refuse(given: &CaCertificates) -> CertificatesError {
    error(given, "has no effect in a build without TLS: enable the feature `rustls` of sentry-runtime")
}

#[cfg(all(test, feature = "_tls"))]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        let message = |given: CaCertificates| read(&given).map(|list| list.len()).unwrap_err().to_string();
        assert!(
            message("/nowhere/ca.pem".into())
                .starts_with("ca_certs is `/nowhere/ca.pem`, which cannot be read")
        );
        assert!(
            message(b"hello".as_slice().into()).contains("a text of 5 bytes, which contains no certificate")
        );
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA".as_slice();
        assert!(message(cut.into()).contains("ca_certs is a text"), "{}", message(cut.into()));
    }
}
