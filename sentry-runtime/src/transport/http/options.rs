//! The options of a way to a server over HTTP.

use std::time::Duration;

use crate::transport::config::{CaCertificates, Compression};
use crate::transport::proxy::ProxyOptions;

/// How to reach a server.
#[derive(Debug, Clone)]
pub(crate) struct HttpOptions {
    /// The URL that takes envelopes.
    pub(crate) url: String,
    /// The value of `X-Sentry-Auth`, if the server wants one.
    pub(crate) auth: Option<String>,
    /// The value of `User-Agent`: name and version of the SDK.
    pub(crate) user_agent: String,
    /// The DSN, where the envelope has to name it: for a tunnel.
    pub(crate) dsn: Option<String>,
    /// How bodies are compressed that leave the machine.
    pub(crate) compression: Compression,
    /// Whether those that do not are compressed as well.
    pub(crate) compress_locally: bool,
    /// Authorities to trust besides the built-in ones.
    pub(crate) ca_certs: Option<CaCertificates>,
    /// Proxies; the environment speaks where these are silent.
    pub(crate) proxy: ProxyOptions,
    /// Time to reach the server, encryption included.
    pub(crate) connect_timeout: Duration,
    /// Time until the answer comes.
    pub(crate) read_timeout: Duration,
    /// Time for everything.
    pub(crate) total_timeout: Duration,
    /// Whether losses are reported to the server.
    pub(crate) client_reports: bool,
}

impl HttpOptions {
    /// Options with the default timeouts, compression and client reports.
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
