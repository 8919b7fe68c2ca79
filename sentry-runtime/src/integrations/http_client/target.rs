//! Where a request goes, and what is told of that.

use crate::client::Client;
use crate::integrations::url::{MAX_PATH, kept_query};
use crate::protocol::limits::truncated;

/// The parts of a request that every client knows, whatever its types are.
#[derive(Debug, Clone, Copy)]
pub(in crate::integrations) struct Target<'a> {
    pub(in crate::integrations) method: &'a str,
    pub(in crate::integrations) scheme: &'a str,
    /// Without user and port. A URL without one leads nowhere.
    pub(in crate::integrations) host: &'a str,
    /// As the URL says it.
    pub(in crate::integrations) port: Option<u16>,
    pub(in crate::integrations) path: &'a str,
    pub(in crate::integrations) query: Option<&'a str>,
    /// Who makes the span.
    pub(in crate::integrations) origin: &'static str,
}

impl Target<'_> {
    /// The URL without user, query string and fragment: what names the span.
    pub(super) fn url(&self) -> String {
        let path = truncated(self.path, MAX_PATH);
        match (self.host, self.port) {
            // Of `data:` and the like the path is the content.
            ("", _) => format!("{}:", self.scheme),
            (host, Some(port)) => format!("{}://{host}:{port}{path}", self.scheme),
            (host, None) => format!("{}://{host}{path}", self.scheme),
        }
    }

    /// The URL that is compared with the option `trace_propagation_targets`: all but the user, in whose name a target
    /// might stand by chance.
    pub(super) fn compared_url(&self, url: &str) -> String {
        match self.query {
            Some(query) => format!("{url}?{query}"),
            None => url.to_owned(),
        }
    }

    /// The query string with its question mark, by the rules of privacy.
    pub(super) fn kept_query(&self, pii: bool) -> Option<String> {
        let query = self.query.filter(|query| !query.is_empty())?;
        Some(format!("?{}", kept_query(query, pii)))
    }

    /// The port, be it written in the URL or not.
    pub(super) fn effective_port(&self) -> Option<u16> {
        self.port.or(match self.scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }

    /// Whether it is the server that this client sends to: a transport of the user's may be made of the same HTTP
    /// client as the program.
    pub(super) fn is_sentry(&self, client: &Client) -> bool {
        client.dsn().is_some_and(|dsn| {
            self.host.eq_ignore_ascii_case(dsn.host())
                && self.effective_port() == Some(dsn.port())
                && self.path.ends_with(&format!("/api/{}/envelope/", dsn.project_id()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'static> = Target {
        method: "GET",
        scheme: "https",
        host: "api.example",
        port: None,
        path: "/orders",
        query: Some("token=secret"),
        origin: "auto.http.test",
    };

    #[test]
    fn a_url_is_told_without_its_values() {
        assert_eq!(TARGET.url(), "https://api.example/orders");
        assert_eq!(Target { port: Some(8443), ..TARGET }.url(), "https://api.example:8443/orders");
        assert_eq!(Target { scheme: "data", host: "", path: "text/plain,secret", ..TARGET }.url(), "data:");
        assert_eq!(TARGET.kept_query(false).as_deref(), Some("?token=[Filtered]"));
        assert_eq!(TARGET.kept_query(true).as_deref(), Some("?token=secret"));
        assert_eq!(Target { query: Some(""), ..TARGET }.kept_query(true), None);
        assert_eq!(Target { path: &"a".repeat(9000), ..TARGET }.url().len() / 100, 20);
    }

    #[test]
    fn the_port_is_known_of_web_schemes() {
        assert_eq!(TARGET.effective_port(), Some(443));
        assert_eq!(Target { scheme: "http", ..TARGET }.effective_port(), Some(80));
        assert_eq!(Target { port: Some(1), ..TARGET }.effective_port(), Some(1));
        assert_eq!(Target { scheme: "unix", ..TARGET }.effective_port(), None);
    }
}
