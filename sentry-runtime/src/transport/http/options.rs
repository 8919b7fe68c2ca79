//! The options for reaching a server over HTTP.

use std::time::Duration;

use crate::transport::config::{CaCertificates, Compression};
use crate::transport::proxy::ProxyOptions;

/// The options for reaching a server.
#[derive(Debug, Clone)]
pub(crate) struct HttpOptions {
    /// The URL that accepts envelopes.
    pub(crate) url: String,
    /// The value of `X-Sentry-Auth`, if the server requires one.
    pub(crate) auth: Option<String>,
    /// The value of `User-Agent`: name and version of the SDK.
    pub(crate) user_agent: String,
    /// The DSN, if the envelope has to contain it: for a tunnel.
    pub(crate) dsn: Option<String>,
    /// The compression of bodies sent to other machines.
    pub(crate) compression: Compression,
    /// Whether bodies sent to this machine are compressed as well.
    pub(crate) compress_locally: bool,
    /// Authorities to trust besides the built-in ones.
    pub(crate) ca_certs: Option<CaCertificates>,
    /// The proxies; the environment applies where these are not set.
    pub(crate) proxy: ProxyOptions,
    /// The timeout for connecting to the server, including TLS.
    pub(crate) connect_timeout: Duration,
    /// The timeout for the response.
    pub(crate) read_timeout: Duration,
    /// The timeout for the whole request.
    pub(crate) total_timeout: Duration,
    /// Whether losses are reported to the server.
    pub(crate) client_reports: bool,
}

impl HttpOptions {
    /// Creates options with the default timeouts, compression and client reports.
    pub(crate) fn new(url: impl Into<String>, auth: Option<String>, user_agent: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            auth,
            user_agent: user_agent.into(),
            dsn: None,
            compression: Compression::Gzip,
            compress_locally: false,
            ca_certs: None,
            proxy: ProxyOptions::default(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(15),
            client_reports: true,
        }
    }
}
