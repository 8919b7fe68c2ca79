//! Checks of the network options.

use std::time::Duration;

use ureq::http::{HeaderName, HeaderValue};

use super::{ClientOptions, OptionsError};
use crate::protocol::Scheme;
use crate::transport::config::SpoolLimits;
use crate::transport::http::tls;

impl ClientOptions {
    /// Adds a header to requests to the collector of [`otlp_endpoint`](Self::otlp_endpoint), for authentication. Name
    /// and value must be valid in HTTP. Default: none.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .otlp_endpoint("http://localhost:4318")
    ///     .otlp_header("Authorization", "Bearer secret");
    /// ```
    #[must_use]
    pub fn otlp_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.otlp_headers.push((name.into(), value.into()));
        self
    }
}

/// Checks the network options.
pub(crate) fn check(options: &ClientOptions) -> Result<(), OptionsError> {
    fn wrong(option: &'static str, value: impl ToString, rule: &'static str) -> Result<(), OptionsError> {
        Err(OptionsError::Value { option, value: value.to_string(), rule })
    }
    const LONGEST: Duration = Duration::from_secs(3600);
    for (name, timeout) in [
        ("connect_timeout", options.connect_timeout),
        ("read_timeout", options.read_timeout),
        ("request_timeout", options.request_timeout),
        ("backpressure_interval", options.backpressure_interval),
    ] {
        if timeout.is_zero() || timeout > LONGEST {
            return wrong(name, format!("{timeout:?}"), "more than 0 and at most 1 hour");
        }
    }
    if options.queue_bytes < 64 << 10 {
        return wrong("queue_bytes", options.queue_bytes, "at least 65536 bytes");
    }
    if HeaderValue::from_str(&options.user_agent).is_err() {
        let rule = "text without control characters, because it is sent in a header";
        return wrong("user_agent", options.user_agent.escape_debug(), rule);
    }
    for (name, value) in &options.otlp_headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
            // The value may be a secret.
            let rule = "a valid header name, with a value without control characters";
            return wrong("otlp_header", name.escape_debug(), rule);
        }
    }
    let SpoolLimits { bytes, envelopes, age } = options.spool_limits;
    if bytes < 64 << 10 || !(1..=100_000).contains(&envelopes) || age.is_zero() {
        let limits = format!("{bytes} bytes, {envelopes} envelopes, {age:?}");
        return wrong("spool_limits", limits, "at least 65536 bytes, 1 to 100000 envelopes, an age above 0");
    }
    if let Some(endpoint) = &options.otlp_endpoint {
        match tls::unavailable() {
            Some(rule) if endpoint.starts_with("https://") => return wrong("otlp_endpoint", endpoint, rule),
            _ if endpoint.starts_with("http://") || endpoint.starts_with("https://") => {}
            _ => return wrong("otlp_endpoint", endpoint, "a URL that begins with http:// or https://"),
        }
    }
    let encrypted = match (&options.tunnel, &options.dsn) {
        (Some(tunnel), _) if tunnel.starts_with("https://") => Some(("tunnel", tunnel.to_string())),
        (Some(tunnel), _) if tunnel.starts_with("http://") => None,
        (Some(tunnel), _) => return wrong("tunnel", tunnel, "a URL that begins with http:// or https://"),
        (None, Some(dsn)) if dsn.scheme() == Scheme::Https => Some(("dsn", dsn.to_string())),
        (None, _) => None,
    };
    match (encrypted, tls::unavailable()) {
        (Some((option, url)), Some(rule)) if options.transport.is_none() => wrong(option, url, rule),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_cannot_be_are_named() {
        for (options, name) in [
            (ClientOptions::new().connect_timeout(Duration::ZERO), "connect_timeout"),
            (ClientOptions::new().request_timeout(Duration::MAX), "request_timeout"),
            (ClientOptions::new().queue_bytes(1), "queue_bytes"),
            (ClientOptions::new().tunnel("/tunnel"), "tunnel"),
            (ClientOptions::new().otlp_endpoint("collector:4318"), "otlp_endpoint"),
            (ClientOptions::new().user_agent("shop/1\r\nX-Other: 1"), "user_agent"),
            (ClientOptions::new().otlp_header("X Api", "secret"), "otlp_header"),
            (ClientOptions::new().otlp_header("X-Api", "secret\n"), "otlp_header"),
            (
                ClientOptions::new().spool_limits(SpoolLimits { envelopes: 0, ..SpoolLimits::default() }),
                "spool_limits",
            ),
        ] {
            let message = check(&options).unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
        assert_eq!(check(&ClientOptions::new().tunnel("http://localhost/t")), Ok(()));
    }

    #[test]
    fn without_tls_no_secret_way_is_promised() {
        let answer = check(&ClientOptions::new().dsn("https://key@example.com/1"));
        assert_eq!(answer.is_ok(), tls::unavailable().is_none(), "{answer:?}");
        assert!(!cfg!(feature = "rustls") || answer.is_ok(), "{answer:?}");
    }
}
