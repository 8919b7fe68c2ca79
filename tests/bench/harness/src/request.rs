//! The request that web servers handle in the benchmark: from a browser, through a service that continues a trace.

/// The path and the query.
pub const TARGET: &str = "/orders/7?tab=items";

/// The headers; the trace is sampled.
pub const HEADERS: [(&str, &str); 6] = [
    ("host", "shop.test"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ("accept", "text/html"),
    ("cookie", "session=4711"),
    SENTRY_TRACE,
    BAGGAGE,
];

/// The headers of a caller that is sampled, as another service of Sentry's sends them.
pub const TRACE_HEADERS: [(&str, &str); 2] = [SENTRY_TRACE, BAGGAGE];

const SENTRY_TRACE: (&str, &str) = ("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1");

const BAGGAGE: (&str, &str) = (
    "baggage",
    "sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-public_key=public,sentry-release=shop%401,\
     sentry-environment=production,sentry-sample_rate=1,sentry-sample_rand=0.123456,sentry-sampled=true",
);
