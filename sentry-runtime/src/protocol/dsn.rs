//! The DSN: the address of the server and the client key of a project.
//!
//! `scheme://public_key[:secret]@host[:port][/path]/project_id`
//!
//! The obsolete secret is read and stored, but never printed.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/authentication/).

mod parse;

use std::fmt;
use std::str::FromStr;

use self::parse::{parse, redacted};
use super::project_id::ProjectId;
use super::wire::serde_as_str;

/// The protocol of the server's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// Returns the default port.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// A DSN: the address of the server and the client key of a project.
///
/// ```
/// use sentry::protocol::Dsn;
///
/// let dsn: Dsn = "https://public@o123.ingest.sentry.io/42".parse()?;
/// assert_eq!(dsn.envelope_api_url(), "https://o123.ingest.sentry.io/api/42/envelope/");
/// assert_eq!(dsn.org_id(), Some("123"));
/// assert_eq!(
///     dsn.to_auth_header("my-app/1.0"),
///     "Sentry sentry_key=public, sentry_version=7, sentry_client=my-app/1.0",
/// );
/// # Ok::<(), sentry::protocol::ParseDsnError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Dsn {
    scheme: Scheme,
    public_key: String,
    secret_key: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
    project_id: ProjectId,
}

impl Dsn {
    /// Returns the scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the public key.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Returns the secret key, which servers no longer require.
    #[must_use]
    pub fn secret_key(&self) -> Option<&str> {
        self.secret_key.as_deref()
    }

    /// Returns the host; an IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port: the one in the DSN, or the default port of the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// Returns the path before the project id, from slash to slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the id of the project.
    #[must_use]
    pub fn project_id(&self) -> &ProjectId {
        &self.project_id
    }

    /// Returns the id of the organisation, if the host contains it: `o123.ingest.sentry.io`.
    #[must_use]
    pub fn org_id(&self) -> Option<&str> {
        // Most other hosts differ at once.
        let (id, rest) = self.host.strip_prefix('o')?.split_once('.')?;
        let is_id = !id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit());
        (is_id && rest.starts_with("ingest.")).then_some(id)
    }

    /// Returns the URL to which envelopes are posted.
    #[must_use]
    pub fn envelope_api_url(&self) -> String {
        let Self { scheme, path, project_id, .. } = self;
        format!("{scheme}://{}{path}api/{project_id}/envelope/", Authority(self))
    }

    /// Returns the value of the `X-Sentry-Auth` header.
    #[must_use]
    pub fn to_auth_header(&self, user_agent: &str) -> String {
        format!("Sentry sentry_key={}, sentry_version=7, sentry_client={user_agent}", self.public_key)
    }
}

/// Host and port, as in a URL.
struct Authority<'a>(&'a Dsn);

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.host)?;
        self.0.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Display for Dsn {
    /// Writes the DSN without its secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, public_key, path, project_id, .. } = self;
        write!(f, "{scheme}://{public_key}@{}{path}{project_id}", Authority(self))
    }
}

// Not derived: a derived one would print the secret.
impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}

serde_as_str!(Dsn);

/// The error of a malformed DSN. The message names the value without possible secrets, the rule and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseDsnError {
    value: String,
    rule: &'static str,
}

impl fmt::Display for ParseDsnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a DSN: {}. Copy it from the project's settings under Client Keys: \
             `https://<public key>@<host>/<project id>`",
            self.value, self.rule
        )
    }
}

impl std::error::Error for ParseDsnError {}

impl FromStr for Dsn {
    type Err = ParseDsnError;

    fn from_str(text: &str) -> Result<Self, ParseDsnError> {
        let text = text.trim();
        parse(text).map_err(|rule| ParseDsnError { value: redacted(text), rule })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dsn(text: &str) -> Dsn {
        text.parse().unwrap()
    }

    #[test]
    fn every_part_is_read() {
        let dsn = dsn("https://key:secret@Example.com:8443/a/b/42");
        assert_eq!((dsn.scheme(), dsn.host(), dsn.port()), (Scheme::Https, "example.com", 8443));
        assert_eq!((dsn.path(), dsn.project_id().value()), ("/a/b/", "42"));
        assert_eq!((dsn.public_key(), dsn.secret_key()), ("key", Some("secret")));
        assert_eq!(dsn.envelope_api_url(), "https://example.com:8443/a/b/api/42/envelope/");
        assert_eq!(dsn.to_string(), "https://key@example.com:8443/a/b/42");
        assert_eq!(format!("{dsn:?}"), "Dsn(https://key@example.com:8443/a/b/42)");
        assert_eq!(
            dsn.to_auth_header("shop/1.0"),
            "Sentry sentry_key=key, sentry_version=7, sentry_client=shop/1.0"
        );
    }

    #[test]
    fn ipv6_and_ports_are_kept() {
        let local = dsn("http://k@[::1]:9000/1");
        assert_eq!((local.host(), local.port()), ("[::1]", 9000));
        assert_eq!(local.envelope_api_url(), "http://[::1]:9000/api/1/envelope/");
        for zone in ["%25eth0", "%eth0"] {
            let linked = dsn(&format!("http://k@[fe80::1{zone}]:9000/1"));
            assert_eq!(linked.envelope_api_url(), "http://[fe80::1%25eth0]:9000/api/1/envelope/");
            assert_eq!(linked.to_string().parse(), Ok(linked));
        }
        assert_eq!(dsn("http://k@[fe80::1%2525]/1").host(), "[fe80::1%2525]");
        assert_eq!(dsn("http://k@host:80/1/").to_string(), "http://k@host/1");
        assert_eq!(dsn("https://k@host/1").port(), 443);
    }

    #[test]
    fn a_project_is_a_text() {
        for project in ["42", "shop-backend", "Shop_1.2~3"] {
            let url = dsn(&format!("https://k@h/{project}")).envelope_api_url();
            assert_eq!(url, format!("https://h/api/{project}/envelope/"));
        }
    }

    #[test]
    fn the_organisation_is_in_the_host() {
        assert_eq!(dsn("https://k@o123.ingest.sentry.io/1").org_id(), Some("123"));
        assert_eq!(dsn("https://k@o9.ingest.de.sentry.io/1").org_id(), Some("9"));
        for host in
            ["sentry.io", "o.ingest.sentry.io", "oops.ingest.sentry.io", "o1.example.com", "127.0.0.1"]
        {
            assert_eq!(dsn(&format!("https://k@{host}/1")).org_id(), None, "{host}");
        }
    }

    #[test]
    fn errors_name_the_rule_and_hide_the_keys() {
        let cases = [
            ("", "it is empty"),
            ("hello", "must start with"),
            ("ftp://k@h/1", "scheme"),
            ("https://h/1", "public key is missing"),
            ("https://@h/1", "public key is empty"),
            ("https://k@/1", "host is empty"),
            ("https://k@h", "project id is missing"),
            ("https://k@h/", "project id is missing"),
            ("https://k@h/a b", "spaces"),
            ("https://k@h:99999/1", "port"),
            ("https://k@[::zz]/1", "not an IPv6"),
            ("https://k@[fe80::1%]/1", "zone"),
            ("https://k@[fe80::1%eth/0]/1", "not closed"),
            ("https://k@h/1%20", "project id may only"),
            ("https://k@h/..", "project id may only"),
            ("https://k,x@h/1", "public key may only"),
        ];
        for (text, rule) in cases {
            let message = text.parse::<Dsn>().unwrap_err().to_string();
            assert!(message.contains(rule), "{text:?}: {message}");
        }
        let message = "https://pub:hunter2@h:0/1".parse::<Dsn>().unwrap_err().to_string();
        assert!(message.contains("https://***@h:0/1") && !message.contains("hunter2"), "{message}");
    }

    #[test]
    fn errors_show_no_more_than_a_scheme_before_the_host() {
        let shown = |text: &str| text.parse::<Dsn>().unwrap_err().value;
        assert_eq!(shown("hunter2://pub@h/1"), "***@h/1", "this is no scheme, and may be a key");
        assert_eq!(shown("pub:hunter2@h/1"), "***@h/1");
    }

    #[test]
    fn errors_show_100_characters_at_most() {
        let shown = |text: &str| text.parse::<Dsn>().unwrap_err().value;
        let (fits, long) = ("ä".repeat(100), "ä".repeat(101));
        assert_eq!(shown(&fits), fits);
        assert_eq!(shown(&long), format!("{fits}…"));
    }
}
