//! The parts of a request, and the fields and attributes that are made of them, according to the privacy rules.
//!
//! The option `data_collection` decides about headers, cookies, the query string and the address. The kept data is also
//! scrubbed on the pipeline thread.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/),
//! [Spec](https://develop.sentry.dev/sdk/data-model/event-payloads/request/),
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/span-data-conventions/)

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::headers::{self as kept, MAX_VALUE};
use crate::integrations::url::{MAX_PATH, kept_query};
use crate::options::{ClientOptions, shows_header};
use crate::protocol::limits::truncated;
use crate::protocol::{AttributeValue, Request};
use crate::scope::request::Attributes;
use crate::scope::request_events::AwaitedFailures;

/// Returns the name of a transaction whose route is known.
pub(super) fn route_name(method: &str, route: &str) -> String {
    format!("{method} {route}")
}

/// The parts of a request in types that are independent of the server.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    /// The scheme of the request line, which is rarely present.
    pub(crate) scheme: Option<&'a str>,
    /// The host and optionally a port, without a user.
    pub(crate) authority: Option<&'a str>,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    /// The HTTP version, such as `1.1`.
    pub(crate) version: &'static str,
    pub(crate) route: Option<String>,
    /// The address of the sender, if the server knows it.
    pub(crate) peer: Option<IpAddr>,
    pub(crate) origin: &'static str,
    /// The failures that the integration captures.
    pub(crate) awaited: AwaitedFailures,
    /// Returns further attributes of a request with this path.
    pub(crate) further: fn(&str) -> Attributes,
}

impl Head<'_> {
    /// The value of `further` for requests without further attributes.
    pub(crate) const NOTHING: fn(&str) -> Attributes = |_| Vec::new();
}

/// The parts of a received request, to make fields and attributes of.
pub(super) struct Parts<'a> {
    pub(super) head: Head<'a>,
    /// Sensitive values are left out.
    pub(super) headers: Vec<(&'a str, &'a [u8])>,
    pub(super) options: &'a ClientOptions,
}

impl<'a> Parts<'a> {
    fn header(&self, wanted: &str) -> Option<&'a str> {
        let value = self.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        value.and_then(|value| std::str::from_utf8(value).ok())
    }

    fn path(&self) -> Cow<'a, str> {
        truncated(self.head.path, MAX_PATH)
    }

    fn scheme(&self) -> &'a str {
        let forwarded =
            || self.header("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
        self.head.scheme.or_else(forwarded).unwrap_or("http")
    }

    fn host(&self) -> Option<&'a str> {
        self.head.authority.or_else(|| self.header("host")).filter(|host| is_host(host))
    }

    fn url(&self) -> String {
        let path = self.path();
        match self.host() {
            Some(host) => format!("{}://{host}{path}", self.scheme()),
            None => path.into_owned(),
        }
    }

    fn query(&self) -> Option<String> {
        kept_query(self.head.query?, self.options.collected().url_query_params())
    }

    /// Returns the address of the client, if it is collected.
    fn client(&self) -> Option<String> {
        let is_collected = self.options.collected().user_info();
        if is_collected { client_address(&|name| self.header(name), self.head.peer) } else { None }
    }

    /// Returns the name of the transaction.
    pub(super) fn name(&self) -> String {
        match &self.head.route {
            Some(route) => route_name(self.head.method, route),
            None => format!("{} {}", self.head.method, self.path()),
        }
    }

    /// Returns the attributes of the span.
    pub(super) fn attributes(&self) -> Attributes {
        let shows_agent = shows_header(self.options.collected().request_headers(), "user-agent");
        let agent = self.header("user-agent").filter(|_| shows_agent);
        let mut attributes = Vec::with_capacity(12);
        let mut add = |key: &'static str, value: AttributeValue| {
            if !value.is_null() {
                attributes.push((Cow::Borrowed(key), value));
            }
        };
        add("sentry.kind", AttributeValue::from_static("server"));
        add("http.request.method", self.head.method.into());
        add("http.route", self.head.route.as_deref().into());
        add("url.full", self.url().into());
        add("url.path", self.path().into());
        add("url.query", self.query().into());
        add("url.scheme", self.scheme().into());
        if let Some((name, port)) = self.host().map(split_port) {
            add("server.address", name.into());
            add("server.port", port.into());
        }
        add("network.protocol.version", AttributeValue::from_static(self.head.version));
        add("user_agent.original", agent.map(|agent| truncated(agent, MAX_VALUE)).into());
        let length = self.header("content-length").and_then(|length| length.parse::<u64>().ok());
        add("http.request.body.size", length.into());
        add("client.address", self.client().into());
        attributes.extend((self.head.further)(self.head.path));
        attributes
    }

    /// Returns the request as events contain it.
    pub(super) fn request(&self) -> Request {
        let collected = self.options.collected();
        let client = self.client().map(|address| ("REMOTE_ADDR".to_owned(), address));
        Request {
            url: Some(self.url()),
            method: Some(self.head.method.to_owned()),
            query_string: self.query(),
            cookies: kept::cookies_of_request(&self.headers, collected.cookies()),
            headers: kept::of_request(&self.headers, collected),
            env: client.into_iter().collect(),
            ..Request::default()
        }
    }
}

/// Returns the address of the client: from the headers of proxies, without the port that some proxies add, or else from
/// the connection.
fn client_address<'a>(header: &impl Fn(&str) -> Option<&'a str>, peer: Option<IpAddr>) -> Option<String> {
    let address = |text: &str| {
        let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
        text.parse::<IpAddr>().ok().or_else(with_port)
    };
    let first = |name| address(header(name)?.split(',').next()?.trim());
    let address = first("x-forwarded-for").or_else(|| first("x-real-ip")).or(peer)?;
    Some(address.to_string())
}

/// Returns whether a text is valid as host and port of a URL.
fn is_host(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    (1..=255).contains(&text.len()) && text.bytes().all(fits)
}

fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.ends_with(':') && !port.contains(']') => (name, port.parse().ok()),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_from_addresses() {
        assert_eq!(split_port("shop:80"), ("shop", Some(80)));
        assert_eq!(split_port("[::1]:80"), ("[::1]", Some(80)));
        assert_eq!(split_port("[::1]"), ("[::1]", None));
        assert_eq!(split_port("shop"), ("shop", None));
    }
}
