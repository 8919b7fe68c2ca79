//! The value of the header `X-Sentry-Auth`, for programs that post envelopes themselves.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/authentication/).

use std::fmt;

use super::dsn::Dsn;

/// The version of the protocol.
const VERSION: u16 = 7;

/// The authentication of a request to the server. Its text is the value of the header `X-Sentry-Auth`.
///
/// ```
/// let dsn: sentry::types::Dsn = "https://public@o1.ingest.sentry.io/42".parse()?;
/// let auth = dsn.to_auth(Some("my-app/1.0"));
/// assert_eq!(auth.to_string(), "Sentry sentry_key=public, sentry_version=7, sentry_client=my-app/1.0");
/// # Ok::<(), sentry::types::ParseDsnError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    public_key: String,
    client_agent: Option<String>,
}

impl Auth {
    /// Returns the version of the protocol.
    #[must_use]
    pub fn version(&self) -> u16 {
        VERSION
    }

    /// Returns the public key.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Returns the name and version of the program that posts.
    #[must_use]
    pub fn client_agent(&self) -> Option<&str> {
        self.client_agent.as_deref()
    }
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sentry sentry_key={}, sentry_version={VERSION}", self.public_key)?;
        self.client_agent.as_ref().map_or(Ok(()), |agent| write!(f, ", sentry_client={agent}"))
    }
}

impl Dsn {
    /// Returns the authentication of requests to this project, without the obsolete secret key.
    #[must_use]
    pub fn to_auth(&self, client_agent: Option<&str>) -> Auth {
        Auth { public_key: self.public_key().to_owned(), client_agent: client_agent.map(str::to_owned) }
    }
}
