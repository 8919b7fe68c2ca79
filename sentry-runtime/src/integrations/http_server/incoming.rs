//! The recorded parts of an incoming request, according to the privacy rules.
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
use crate::scope::request_events::AwaitedFailures;
use crate::trace::headers::HeaderSource;
use crate::trace::propagation::Propagation;

/// The name and the source of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) text: String,
    pub(crate) source: &'static str,
}

impl Route {
    pub(crate) fn new(method: &str, route: &str) -> Self {
        Self { text: format!("{method} {route}"), source: "route" }
    }
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
}

/// The recorded parts of a request.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(super) name: Route,
    pub(super) op: &'static str,
    pub(super) origin: &'static str,
    pub(super) request: Option<Request>,
    pub(super) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(super) propagation: Option<Propagation>,
    /// Whether the request is recorded as a transaction.
    pub(super) is_traced: bool,
    /// The failures that the integration captures.
    pub(super) awaited: AwaitedFailures,
}

impl Incoming {
    /// Sets the failures that the integration captures.
    #[cfg(feature = "tower")]
    pub(crate) fn awaiting(mut self, failures: AwaitedFailures) -> Self {
        self.awaited = failures;
        self
    }

    /// Adds attributes.
    #[cfg(feature = "tower")]
    pub(crate) fn also(&mut self, attributes: impl IntoIterator<Item = (Cow<'static, str>, AttributeValue)>) {
        self.attributes.extend(attributes);
    }

    /// Reads a request. Names of headers are in lower case.
    pub(crate) fn new(
        head: Head<'_>,
        headers: &[(&str, &[u8])],
        trace: &dyn HeaderSource,
        options: &ClientOptions,
    ) -> Self {
        let collected = options.collected();
        let header = |wanted: &str| {
            let value = headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
            value.and_then(|value| std::str::from_utf8(value).ok())
        };
        let path = truncated(head.path, MAX_PATH);
        let name = match &head.route {
            Some(route) => Route::new(head.method, route),
            None => Route { text: format!("{} {path}", head.method), source: "url" },
        };
        let scheme = head
            .scheme
            .or_else(|| header("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https")))
            .unwrap_or("http");
        let host = head.authority.or_else(|| header("host")).filter(|host| is_host(host));
        let url = match host {
            Some(host) => format!("{scheme}://{host}{path}"),
            None => path.clone().into_owned(),
        };
        let query = head.query.and_then(|query| kept_query(query, collected.url_query_params()));
        let client = if collected.user_info() { client_address(&header, head.peer) } else { None };
        let agent = header("user-agent").filter(|_| shows_header(collected.request_headers(), "user-agent"));

        let mut attributes = Vec::with_capacity(12);
        let mut add = |key: &'static str, value: AttributeValue| {
            if !value.is_null() {
                attributes.push((Cow::Borrowed(key), value));
            }
        };
        add("sentry.kind", AttributeValue::from_static("server"));
        add("http.request.method", head.method.into());
        add("http.route", head.route.into());
        add("url.full", url.as_str().into());
        add("url.path", path.into());
        add("url.query", query.as_deref().into());
        add("url.scheme", scheme.into());
        if let Some((name, port)) = host.map(split_port) {
            add("server.address", name.into());
            add("server.port", port.into());
        }
        add("network.protocol.version", AttributeValue::from_static(head.version));
        add("user_agent.original", agent.map(|agent| truncated(agent, MAX_VALUE)).into());
        add("http.request.body.size", header("content-length").and_then(|it| it.parse::<u64>().ok()).into());
        add("client.address", client.as_deref().into());

        let request = Request {
            url: Some(url),
            method: Some(head.method.to_owned()),
            query_string: query,
            cookies: kept::cookies_of_request(headers, collected.cookies()),
            headers: kept::of_request(headers, collected),
            env: client.map(|address| ("REMOTE_ADDR".to_owned(), address)).into_iter().collect(),
            ..Request::default()
        };
        let propagation = Propagation::from_headers(trace, Some(options));
        let is_traced = head.method != "OPTIONS" || options.trace_options_requests;
        Self {
            name,
            op: "http.server",
            origin: head.origin,
            request: Some(request),
            attributes,
            propagation,
            is_traced,
            awaited: AwaitedFailures::None,
        }
    }

    /// Returns a request that is none: a function is invoked by something else. It needs a [name](Self::named).
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn without_request(
        origin: &'static str,
        trace: &dyn HeaderSource,
        options: &ClientOptions,
    ) -> Self {
        Self {
            name: Route { text: String::new(), source: "custom" },
            op: "function",
            origin,
            request: None,
            attributes: Vec::new(),
            propagation: Propagation::from_headers(trace, Some(options)),
            is_traced: true,
            awaited: AwaitedFailures::None,
        }
    }

    /// Continues another trace than that of the headers.
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn continue_from(&mut self, trace: &dyn HeaderSource, options: &ClientOptions) {
        self.propagation = Propagation::from_headers(trace, Some(options));
    }

    /// Sets the operation and the name of the transaction.
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn named(mut self, op: &'static str, name: &str, source: &'static str) -> Self {
        self.op = op;
        self.name = Route { text: name.to_owned(), source };
        self
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
mod tests;
