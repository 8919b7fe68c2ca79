//! The error of invalid options.

use std::fmt;

use crate::protocol::ParseDsnError;
use crate::transport::error::TransportError;
use crate::transport::{CertificatesError, ProxyError};

/// An option with an invalid value. The message names the value, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The DSN is malformed.
    Dsn(ParseDsnError),
    /// The proxy cannot be used.
    Proxy(ProxyError),
    /// The certificates cannot be used.
    Certificates(CertificatesError),
    /// A value is out of range or malformed.
    Value {
        /// The option or the environment variable.
        option: &'static str,
        /// The invalid value.
        value: String,
        /// The values that are allowed.
        rule: &'static str,
    },
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dsn(error) => error.fmt(f),
            Self::Proxy(error) => error.fmt(f),
            Self::Certificates(error) => error.fmt(f),
            Self::Value { option, value, rule } => write!(f, "{option} is `{value}`, but must be {rule}"),
        }
    }
}

impl std::error::Error for OptionsError {}

impl From<ParseDsnError> for OptionsError {
    fn from(error: ParseDsnError) -> Self {
        Self::Dsn(error)
    }
}

impl From<TransportError> for OptionsError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Proxy(error) => Self::Proxy(error),
            TransportError::Certificates(error) => Self::Certificates(error),
            TransportError::Tls { url, rule } => {
                Self::Value { option: "the URL of a server", value: url, rule }
            }
        }
    }
}
