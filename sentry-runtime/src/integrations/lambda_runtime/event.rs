//! The parts of an event that the layer reads: the headers, the parts of an HTTP request, and the kind of its source.
//!
//! Payloads are the user's own, or those of
//! [other services](https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html). Everything is optional, and
//! bodies are skipped.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

/// The parts of an event; all empty for a payload that is no object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    headers: Value,
    #[serde(rename = "httpMethod")]
    method: Value,
    path: Value,
    resource: Value,
    #[serde(rename = "rawPath")]
    raw_path: Value,
    #[serde(rename = "rawQueryString")]
    raw_query: Value,
    #[serde(rename = "queryStringParameters")]
    query: Value,
    #[serde(rename = "requestContext")]
    context: RequestContext,
    #[serde(rename = "Records")]
    records: Vec<Record>,
    #[serde(rename = "detail-type")]
    detail_type: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RequestContext {
    http: Value,
    #[serde(rename = "routeKey")]
    route_key: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Record {
    #[serde(rename = "eventSource", alias = "EventSource")]
    source: Value,
}

/// The parts of an HTTP request that an event describes.
#[derive(Debug)]
pub(super) struct HttpEvent<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) route: Option<&'a str>,
    pub(super) query: Option<String>,
}

impl Event {
    /// Reads the JSON of an event.
    pub(super) fn read(json: &[u8]) -> Self {
        // Serde would take the entries of a list for the fields.
        if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Self::default();
        }
        serde_json::from_slice(json).unwrap_or_default()
    }

    /// Returns the headers, with names in lower case.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let headers = self.headers.as_object().into_iter().flatten();
        headers
            .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
            .collect()
    }

    /// Returns the request, if the event comes from API Gateway, a function URL or a load balancer.
    pub(super) fn http(&self) -> Option<HttpEvent<'_>> {
        let method = self.method.as_str().or_else(|| self.context.http["method"].as_str())?;
        let path = self.path.as_str().or_else(|| self.raw_path.as_str())?;
        // `GET /users/{id}`, or `$default`
        let route_key = || Some(self.context.route_key.as_str()?.split_once(' ')?.1);
        let route = self.resource.as_str().or_else(route_key);
        let query = match self.raw_query.as_str() {
            Some(query) => Some(query.to_owned()),
            None => self.query.as_object().map(|pairs| {
                let mut query = String::new();
                for (name, value) in pairs {
                    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
                    let separator = if query.is_empty() { "" } else { "&" };
                    let value = encoded(value.as_str().unwrap_or_default());
                    let _ = write!(query, "{separator}{}={value}", encoded(name));
                }
                query
            }),
        };
        Some(HttpEvent { method, path, route, query })
    }

    /// Returns the value of `faas.trigger`, which is one of
    /// [five](https://opentelemetry.io/docs/specs/semconv/registry/attributes/faas/).
    pub(super) fn trigger(&self) -> &'static str {
        if self.http().is_some() {
            return "http";
        }
        if self.detail_type == "Scheduled Event" {
            return "timer";
        }
        let source = self.records.first().and_then(|record| record.source.as_str());
        match source.unwrap_or_default() {
            "aws:sqs" | "aws:sns" | "aws:kinesis" | "aws:kafka" | "aws:mq" => "pubsub",
            "aws:s3" | "aws:dynamodb" => "datasource",
            _ => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_in_the_formats_of_all_services() {
        let rest = Event::read(
            br#"{"resource": "/users/{id}", "path": "/users/7", "httpMethod": "GET", "requestContext": {"stage": "p"},
                 "headers": {"Sentry-Trace": "a", "Host": "h"}, "queryStringParameters": {"q": "a b", "x": "1"}}"#,
        );
        let http = rest.http().unwrap();
        assert_eq!((http.method, http.path, http.route), ("GET", "/users/7", Some("/users/{id}")));
        assert_eq!(http.query.as_deref(), Some("q=a%20b&x=1"));
        assert_eq!(
            rest.headers(),
            [("host".to_owned(), "h".to_owned()), ("sentry-trace".to_owned(), "a".to_owned())]
        );

        let url = Event::read(
            br#"{"version": "2.0", "rawPath": "/users/7", "rawQueryString": "q=1",
                 "requestContext": {"routeKey": "GET /users/{id}", "http": {"method": "GET"}}}"#,
        );
        let http = url.http().unwrap();
        assert_eq!((http.method, http.path, http.route), ("GET", "/users/7", Some("/users/{id}")));
        assert_eq!((http.query.as_deref(), url.trigger()), (Some("q=1"), "http"));
    }

    #[test]
    fn payloads_of_any_kind_are_read() {
        for (json, trigger) in [
            (r#"{"Records": [{"eventSource": "aws:sqs", "body": "x"}]}"#, "pubsub"),
            (r#"{"Records": [{"EventSource": "aws:sns"}]}"#, "pubsub"),
            (r#"{"Records": [{"eventSource": "aws:s3"}]}"#, "datasource"),
            (r#"{"detail-type": "Scheduled Event"}"#, "timer"),
            (r#"{"headers": null}"#, "other"),
            (r#"{"headers": {"sentry-trace": 7}, "path": {}, "httpMethod": []}"#, "other"),
            (r#"["sentry-trace"]"#, "other"),
            ("7", "other"),
            ("", "other"),
        ] {
            let event = Event::read(json.as_bytes());
            assert_eq!((event.trigger(), event.headers().len()), (trigger, 0), "{json}");
        }
    }
}
