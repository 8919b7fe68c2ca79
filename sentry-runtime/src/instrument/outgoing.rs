//! Trace propagation: the headers that let another service continue the trace.
//!
//! [`TraceData`] holds the values of the headers; a [`HeaderSink`] receives them. Headers are added only to requests
//! whose URL matches the option `trace_propagation_targets`, and never to a request that already has them. Baggage
//! of other vendors is preserved.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/),
//! [Spec, "Baggage Header"](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/)

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::base::diagnostics;
use crate::client::Client;
use crate::context::active;
use crate::context::span_context::SpanContext;
use crate::scope::Scopes;
use crate::trace::baggage;
use crate::trace::headers::HeaderSource;
use crate::trace::span_groups::SpanGroups;

/// The headers that link an outgoing request to the active trace, see [`get_trace_data`](crate::get_trace_data).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceData {
    /// The value of the header `sentry-trace`.
    pub sentry_trace: String,
    /// The value of the header `baggage`: the dynamic sampling context, and the
    /// [span groups](https://develop.sentry.dev/sdk/telemetry/spans/span-groups/) of the incoming request and of the
    /// scopes. Empty if there are none.
    pub baggage: String,
    /// The value of W3C's header `traceparent`.
    pub traceparent: String,
    /// The value of W3C's header `tracestate`: the entries of other tracing systems in the incoming trace, unchanged. Empty
    /// if there are none, and if the option `propagate_traceparent` is off.
    pub tracestate: String,
    /// The option `propagate_traceparent`.
    sends_traceparent: bool,
}

impl TraceData {
    /// Returns the headers for a request that is sent from the current context.
    pub(crate) fn current(client: &Client) -> Self {
        Self::at(client, &SpanContext::current(), active::with(|context| context.is_suppressed()))
    }

    /// Returns the headers for a request that is sent from the given span context.
    pub(crate) fn at(client: &Client, span_context: &SpanContext, suppressed: bool) -> Self {
        let options = client.options();
        let mut decision = span_context.decision(options);
        let mut dsc = span_context.dsc(client);
        if suppressed {
            // Without tracing there is no decision to propagate.
            decision = (options.traces() || decision.is_some()).then_some(false);
            if dsc.get("sampled") == Some("true") {
                Arc::make_mut(&mut dsc).set("sampled", "false");
            }
        }
        let foreign = span_context.foreign();
        let random = foreign.is_some_and(|foreign| foreign.random);
        let flags = u8::from(decision == Some(true)) | u8::from(random) << 1;
        let mut baggage = baggage::format_dsc(&dsc);
        let scopes = active::with(Scopes::of);
        if let Some(groups) = SpanGroups::of(span_context.groups(), &scopes) {
            baggage::append_groups(&mut baggage, &groups);
        }
        Self {
            sentry_trace: span_context.sentry_trace(decision),
            baggage,
            traceparent: format!("00-{}-{}-{flags:02x}", span_context.trace_id(), span_context.span_id),
            tracestate: foreign.map_or_else(String::new, |foreign| foreign.tracestate.clone()),
            sends_traceparent: options.propagate_traceparent,
        }
    }

    /// Returns names and values of the headers of a request: `sentry-trace`, `baggage` unless it is empty, and
    /// `traceparent` and `tracestate` if the option `propagate_traceparent` is on.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let traceparent = if self.sends_traceparent { &*self.traceparent } else { "" };
        [
            ("sentry-trace", &*self.sentry_trace),
            ("baggage", &*self.baggage),
            ("traceparent", traceparent),
            ("tracestate", &*self.tracestate),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
    }

    /// Returns names and values of the environment variables by which a child process with a Sentry SDK continues the
    /// trace: `SENTRY_TRACE` and `SENTRY_BAGGAGE`.
    ///
    /// ```
    /// let mut command = std::process::Command::new("convert");
    /// if let Some(trace) = sentry::get_trace_data() {
    ///     command.envs(trace.environment());
    /// }
    /// ```
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("SENTRY_TRACE", &*self.sentry_trace), ("SENTRY_BAGGAGE", &*self.baggage)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
    }

    /// Returns a `baggage` header that combines the existing value with this trace's entries. Entries of other vendors
    /// keep their properties and their order; entries of another Sentry SDK are replaced. If the result would exceed
    /// 8192 bytes, [W3C's limit](https://www.w3.org/TR/baggage/#limits), entries of other vendors for which no room is
    /// left are dropped.
    ///
    /// ```
    /// # let _guard = sentry::init("http://key@localhost:1/7");
    /// let trace = sentry::get_trace_data().expect("there is a client");
    /// let merged = trace.merge_baggage("tenant=7;ttl=60, sentry-release=old");
    /// assert!(merged.starts_with("tenant=7;ttl=60,sentry-trace_id="));
    /// ```
    #[must_use]
    pub fn merge_baggage(&self, existing: &str) -> String {
        baggage::merge(existing, &self.baggage)
    }

    /// Adds the headers to a request, unless it already has a `sentry-trace` header. Returns whether they were added.
    fn put_into(&self, headers: &mut (impl HeaderSink + ?Sized)) -> bool {
        if has(headers, "sentry-trace") {
            return false;
        }
        headers.put("sentry-trace", &self.sentry_trace);
        if !self.baggage.is_empty() {
            let mut existing = String::new();
            headers.visit("baggage", &mut |value| {
                if !existing.is_empty() {
                    existing.push(',');
                }
                existing.push_str(value);
            });
            let merged = self.merge_baggage(&existing);
            if merged != existing {
                headers.put("baggage", &merged);
            }
        }
        if self.sends_traceparent && !has(headers, "traceparent") {
            headers.put("traceparent", &self.traceparent);
            if !self.tracestate.is_empty() && !has(headers, "tracestate") {
                headers.put("tracestate", &self.tracestate);
            }
        }
        true
    }
}

fn has(headers: &(impl HeaderSource + ?Sized), name: &str) -> bool {
    let mut found = false;
    headers.visit(name, &mut |_| found = true);
    found
}

/// Adds the headers of the active trace to a request. Returns whether they were added.
pub(crate) fn propagate(client: &Client, url: &str, headers: &mut (impl HeaderSink + ?Sized)) -> bool {
    client.should_propagate(url) && TraceData::current(client).put_into(headers)
}

/// A collection that receives the headers of an outgoing request.
///
/// Implemented for `http::HeaderMap`, for maps of strings and for vectors of pairs of strings; implement it for a
/// type of your own to use it with [`propagate`](crate::propagate).
pub trait HeaderSink: HeaderSource {
    /// Sets the header `name`, given in lowercase, and replaces its values. Existing values that are not valid text
    /// are kept.
    fn put(&mut self, name: &'static str, value: &str);
}

impl HeaderSink for HeaderMap {
    fn put(&mut self, name: &'static str, value: &str) {
        let Ok(value) = HeaderValue::from_str(value) else {
            return diagnostics::debug(format_args!("ignoring the header {name}=`{value}`: invalid value"));
        };
        let name = HeaderName::from_static(name);
        let unreadable: Vec<_> =
            self.get_all(&name).iter().filter(|value| value.to_str().is_err()).cloned().collect();
        self.insert(&name, value);
        for value in unreadable {
            self.append(&name, value);
        }
    }
}

impl<K: AsRef<str> + From<&'static str>, V: AsRef<str> + From<String>> HeaderSink for Vec<(K, V)> {
    fn put(&mut self, name: &'static str, value: &str) {
        self.retain(|(key, _)| !key.as_ref().eq_ignore_ascii_case(name));
        self.push((K::from(name), V::from(value.to_owned())));
    }
}

impl<K, V, S> HeaderSink for HashMap<K, V, S>
where
    K: AsRef<str> + From<&'static str> + Eq + Hash,
    V: AsRef<str> + From<String>,
    S: BuildHasher,
{
    fn put(&mut self, name: &'static str, value: &str) {
        self.retain(|key, _| !key.as_ref().eq_ignore_ascii_case(name));
        self.insert(K::from(name), V::from(value.to_owned()));
    }
}

impl<K, V> HeaderSink for BTreeMap<K, V>
where
    K: AsRef<str> + From<&'static str> + Ord,
    V: AsRef<str> + From<String>,
{
    fn put(&mut self, name: &'static str, value: &str) {
        self.retain(|key, _| !key.as_ref().eq_ignore_ascii_case(name));
        self.insert(K::from(name), V::from(value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> TraceData {
        TraceData {
            sentry_trace: "trace".into(),
            baggage: "sentry-a=1".into(),
            traceparent: "parent".into(),
            tracestate: String::new(),
            sends_traceparent: true,
        }
    }

    #[test]
    fn headers_of_every_kind_are_filled() {
        fn check(mut headers: impl HeaderSink) {
            assert!(data().put_into(&mut headers));
            for (name, expected) in
                [("sentry-trace", "trace"), ("baggage", "theirs=1;p,sentry-a=1"), ("traceparent", "parent")]
            {
                let mut values = Vec::new();
                headers.visit(name, &mut |value| values.push(value.to_owned()));
                assert_eq!(values, [expected], "{name}");
            }
            assert!(!data().put_into(&mut headers), "the headers were added before");
        }
        let theirs = || ("Baggage".to_owned(), "theirs=1;p".to_owned());
        check(vec![theirs()]);
        check(HashMap::from([theirs()]));
        check(BTreeMap::from([theirs()]));
        let mut map = HeaderMap::new();
        map.insert("baggage", HeaderValue::from_static("theirs=1;p"));
        check(map);
    }

    #[test]
    fn a_header_that_is_no_text_stays() {
        let mut map = HeaderMap::new();
        map.insert("baggage", HeaderValue::from_bytes(b"name=\xfcml").expect("bytes are allowed"));
        assert!(data().put_into(&mut map));
        let values: Vec<_> = map.get_all("baggage").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(values, [&b"sentry-a=1"[..], b"name=\xfcml"]);
    }

    #[test]
    fn a_traceparent_of_the_users_stays() {
        let mut headers = vec![("traceparent".to_owned(), "theirs".to_owned())];
        assert!(data().put_into(&mut headers));
        assert_eq!(headers[0].1, "theirs");
        assert_eq!(headers.len(), 3);
    }
}
