//! Trace headers: `sentry-trace` and W3C's `traceparent`, which [`baggage`](super::baggage) and
//! [`tracestate`](super::tracestate) accompany, and where headers come from.
//!
//! Parsing is strict where the specifications are (lowercase hex, non-zero ids) and lenient where proxies are (white
//! space, several headers joined by commas).
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use std::collections::{BTreeMap, HashMap};

use super::baggage::cut_at;
use crate::protocol::{SpanId, TraceId};

/// A source of headers. Names are given in lowercase and match in any case.
///
/// Implemented for `http::HeaderMap` (axum, hyper, reqwest, tonic) and `http::Request`, for maps and slices of pairs of
/// strings. [`HeaderPairs`](crate::HeaderPairs) wraps any collection of pairs, and
/// [`HeaderLookup`](crate::HeaderLookup) wraps a closure. Implement it for your own type to use it with `headers = …`
/// and `continue_trace`.
///
/// ```
/// struct Metadata(Vec<(String, String)>);
///
/// impl sentry::HeaderSource for Metadata {
///     fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
///         self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).for_each(|(_, value)| each(value));
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "headers cannot be read from `{Self}`",
    label = "no headers",
    note = "headers are an `http::HeaderMap`, a request, a map, a list of pairs, anything that is iterated as pairs, a \
            closure `|name: &str| -> Option<String>`, or a type that implements `HeaderSource`"
)]
pub trait HeaderSource {
    /// Calls `each` with every value of the header `name`, in order. Values that are not valid text are skipped.
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str));

    /// Returns the method of the request, if the source is a request.
    fn request_method(&self) -> Option<&str> {
        None
    }
}

impl<T: HeaderSource + ?Sized> HeaderSource for &T {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        (**self).visit(name, each);
    }

    fn request_method(&self) -> Option<&str> {
        (**self).request_method()
    }
}

impl<T: HeaderSource> HeaderSource for Option<T> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if let Some(headers) = self {
            headers.visit(name, each);
        }
    }

    fn request_method(&self) -> Option<&str> {
        self.as_ref()?.request_method()
    }
}

impl HeaderSource for ureq::http::HeaderMap {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.get_all(name).iter().filter_map(|value| value.to_str().ok()).for_each(each);
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HeaderSource for [(K, V)] {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        visit_pairs(self.iter().map(|(key, value)| (key, value)), name, each);
    }
}

impl<K: AsRef<str>, V: AsRef<str>, const N: usize> HeaderSource for [(K, V); N] {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.as_slice().visit(name, each);
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HeaderSource for Vec<(K, V)> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.as_slice().visit(name, each);
    }
}

impl<K: AsRef<str>, V: AsRef<str>, S> HeaderSource for HashMap<K, V, S> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        visit_pairs(self.iter(), name, each);
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HeaderSource for BTreeMap<K, V> {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        visit_pairs(self.iter(), name, each);
    }
}

fn visit_pairs<'a, K: AsRef<str> + 'a, V: AsRef<str> + 'a>(
    pairs: impl Iterator<Item = (&'a K, &'a V)>,
    name: &str,
    each: &mut dyn FnMut(&str),
) {
    for (key, value) in pairs {
        let key = key.as_ref();
        // Most names are in lower case already, and equal texts are compared faster.
        if key == name || key.eq_ignore_ascii_case(name) {
            each(value.as_ref());
        }
    }
}

/// The contents of `sentry-trace` or `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IncomingTrace {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// The sampling decision; `None` if it is left to this process.
    pub(crate) sampled: Option<bool>,
    /// Whether the trace id is random, as `traceparent` says.
    pub(crate) random: bool,
}

/// Parses `sentry-trace`: `<trace id>-<span id>`, optionally followed by `-1` or `-0`. Neither a decision alone nor a
/// trace id alone is one. Of several headers that a proxy has joined by commas, the first that is not empty counts.
pub(crate) fn parse_sentry_trace(header: &str) -> Option<IncomingTrace> {
    if let Some(incoming) = parse_exact_sentry_trace(header) {
        return Some(incoming);
    }
    let header = header.split(',').map(str::trim).find(|header| !header.is_empty())?;
    let (trace_id, rest) = cut_at(header, b'-');
    let (span_id, flag) = cut_at(rest?, b'-');
    sentry_trace(trace_id, span_id, flag)
}

/// Parses `sentry-trace` as SDKs write it, without a search for its parts.
fn parse_exact_sentry_trace(header: &str) -> Option<IncomingTrace> {
    let (trace_id, rest) = header.as_bytes().split_first_chunk()?;
    let (span_id, flag) = rest.strip_prefix(b"-")?.split_first_chunk()?;
    let sampled = match flag {
        b"" | b"-" => None,
        b"-1" => Some(true),
        b"-0" => Some(false),
        _ => return None,
    };
    let (trace_id, span_id) = (TraceId::from_digits(trace_id)?, SpanId::from_digits(span_id)?);
    Some(IncomingTrace { trace_id, span_id, sampled, random: false })
}

fn sentry_trace(trace_id: &str, span_id: &str, flag: Option<&str>) -> Option<IncomingTrace> {
    let sampled = match flag {
        None | Some("") => None,
        Some("1") => Some(true),
        Some("0") => Some(false),
        Some(_) => return None,
    };
    let (trace_id, span_id) = (trace_id.parse().ok()?, span_id.parse().ok()?);
    Some(IncomingTrace { trace_id, span_id, sampled, random: false })
}

/// Parses W3C's `traceparent`: `<version>-<trace id>-<parent id>-<flags>`.
pub(crate) fn parse_traceparent(header: &str) -> Option<IncomingTrace> {
    let mut parts = header.trim().split('-');
    let version = hex_byte(parts.next()?)?;
    let (trace_id, span_id) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let flags = hex_byte(parts.next()?)?;
    // Version 255 is invalid; version 0 has exactly four fields, later ones may have more.
    if version == 0xff || (version == 0 && parts.next().is_some()) {
        return None;
    }
    Some(IncomingTrace { trace_id, span_id, sampled: Some(flags & 1 == 1), random: flags & 2 == 2 })
}

fn hex_byte(text: &str) -> Option<u8> {
    let lowercase = text.len() == 2 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    lowercase.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "771a43a4192642f0b136d5159a501700";
    const SPAN: &str = "1234567890abcdef";

    #[test]
    fn sentry_trace_with_and_without_a_decision() {
        for (suffix, sampled) in [("", None), ("-1", Some(true)), ("-0", Some(false)), ("-", None)] {
            let header = format!(" {TRACE}-{SPAN}{suffix} ");
            let incoming = parse_sentry_trace(&header).unwrap();
            assert_eq!((incoming.trace_id.to_string().as_str(), incoming.sampled), (TRACE, sampled));
        }
    }

    #[test]
    fn the_first_of_joined_headers_counts() {
        let incoming = parse_sentry_trace(&format!(" , {TRACE}-{SPAN}-0, {SPAN}")).unwrap();
        assert_eq!(incoming.sampled, Some(false));
    }

    #[test]
    fn malformed_headers_are_no_trace() {
        let upper = TRACE.to_uppercase();
        for bad in [
            String::new(),
            format!("{upper}-{SPAN}-1"),
            format!("{TRACE}-{SPAN}-2"),
            format!("{TRACE}-{SPAN}-1-1"),
            format!("{TRACE}-0000000000000000-1"),
            TRACE.to_owned(),
            format!("{TRACE}-1"),
            format!("{TRACE}--1"),
            "1".to_owned(),
            "-1".to_owned(),
            format!("bad,{TRACE}-{SPAN}-1"),
        ] {
            assert_eq!(parse_sentry_trace(&bad), None, "{bad}");
        }
        for bad in [
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01-x"),
            format!("0-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(parse_traceparent(&bad), None, "{bad}");
        }
    }

    #[test]
    fn traceparent_of_later_versions_may_be_longer() {
        let incoming = parse_traceparent(&format!("01-{TRACE}-{SPAN}-03-extra")).unwrap();
        assert_eq!(incoming.sampled, Some(true));
    }

    #[test]
    fn each_flag_of_traceparent_has_its_own_bit() {
        for (flags, sampled, random) in
            [("00", false, false), ("01", true, false), ("02", false, true), ("ff", true, true)]
        {
            let incoming = parse_traceparent(&format!("00-{TRACE}-{SPAN}-{flags}")).unwrap();
            assert_eq!((incoming.sampled, incoming.random), (Some(sampled), random), "{flags}");
        }
    }
}
