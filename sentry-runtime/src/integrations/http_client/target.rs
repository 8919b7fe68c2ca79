//! The target of an outgoing request, and the parts of its URL that are recorded.

use crate::client::Client;
use crate::integrations::url::{MAX_PATH, kept_query};
use crate::options::CollectBehavior;
use crate::protocol::limits::truncated;

/// The parts of a request in types that are independent of the client.
#[derive(Debug, Clone, Copy)]
pub(in crate::integrations) struct Target<'a> {
    pub(in crate::integrations) method: &'a str,
    pub(in crate::integrations) scheme: &'a str,
    /// The host without user and port. Empty for a URL without a host, which is never sent.
    pub(in crate::integrations) host: &'a str,
    /// The port, if the URL has one.
    pub(in crate::integrations) port: Option<u16>,
    pub(in crate::integrations) path: &'a str,
    pub(in crate::integrations) query: Option<&'a str>,
    /// The part after `#`, which stays in the program.
    pub(in crate::integrations) fragment: Option<&'a str>,
    /// The origin of the span.
    pub(in crate::integrations) origin: &'static str,
}

impl Target<'_> {
    /// Returns the URL without user, query string and fragment, as used for the name of the span.
    pub(super) fn url(&self) -> String {
        let path = truncated(self.path, MAX_PATH);
        match (self.host, self.port) {
            // The path of a `data:` URL is its content.
            ("", _) => format!("{}:", self.scheme),
            (host, Some(port)) => format!("{}://{host}:{port}{path}", self.scheme),
            (host, None) => format!("{}://{host}{path}", self.scheme),
        }
    }

    /// Returns the URL that is compared with the option `trace_propagation_targets`: everything except the user, whose
    /// name might match a target by accident.
    pub(super) fn compared_url(&self, url: &str) -> String {
        match self.query {
            Some(query) => format!("{url}?{query}"),
            None => url.to_owned(),
        }
    }

    /// Returns the query string with its question mark, according to the privacy rules.
    pub(super) fn kept_query(&self, behavior: &CollectBehavior) -> Option<String> {
        Some(format!("?{}", kept_query(self.query?, behavior)?))
    }

    /// Returns the fragment without its mark, according to the privacy rules. It may be a list of pairs, like a query.
    pub(super) fn kept_fragment(&self, behavior: &CollectBehavior) -> Option<String> {
        kept_query(self.fragment?, behavior)
    }

    /// Returns the port of the URL, or the default port of its scheme.
    pub(super) fn effective_port(&self) -> Option<u16> {
        self.port.or(match self.scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }

    /// Returns whether the request goes to the server that the client sends to: a transport of the user's may use the same
    /// HTTP client as the program.
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
        fragment: None,
        origin: "auto.http.test",
    };

    #[test]
    fn a_url_is_told_without_its_values() {
        assert_eq!(TARGET.url(), "https://api.example/orders");
        assert_eq!(Target { port: Some(8443), ..TARGET }.url(), "https://api.example:8443/orders");
        assert_eq!(Target { scheme: "data", host: "", path: "text/plain,secret", ..TARGET }.url(), "data:");
        assert_eq!(TARGET.kept_query(&CollectBehavior::Harmless).as_deref(), Some("?token=[Filtered]"));
        assert_eq!(TARGET.kept_query(&true.into()).as_deref(), Some("?token=secret"));
        assert_eq!(TARGET.kept_query(&false.into()), None);
        assert_eq!(Target { query: Some(""), ..TARGET }.kept_query(&true.into()), None);
        for (fragment, behavior, kept) in [
            ("details", true.into(), Some("details")),
            ("details", CollectBehavior::Harmless, Some("[Filtered]")),
            ("id_token=secret", CollectBehavior::Harmless, Some("id_token=[Filtered]")),
            ("details", false.into(), None),
        ] {
            let target = Target { fragment: Some(fragment), ..TARGET };
            assert_eq!(target.kept_fragment(&behavior).as_deref(), kept);
        }
        assert_eq!(TARGET.kept_fragment(&true.into()), None);
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
