//! What can be wrong with an option.

use std::fmt;

use crate::protocol::ParseDsnError;
use crate::transport::error::TransportError;
use crate::transport::{CertificatesError, ProxyError};

/// An option that cannot be used as it was given: names the value, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The DSN is malformed.
    Dsn(ParseDsnError),
    /// The proxy cannot be used.
    Proxy(ProxyError),
    /// The certificates cannot be used.
    Certificates(CertificatesError),
    /// A value is out of range, or no value of its kind.
    Value {
        /// The option or the environment variable.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
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
        }
    }
}
