//! The request headers that cannot identify a person.

use super::CollectBehavior;

/// Headers whose values show nothing about the sender, sorted.
const SAFE_HEADERS: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "dnt",
    "expect",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "keep-alive",
    "origin",
    "pragma",
    "priority",
    "range",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-websocket-version",
    "sentry-trace",
    "te",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "x-correlation-id",
    "x-forwarded-proto",
    "x-request-id",
    "x-requested-with",
];

/// Returns whether the value of a request header is shown. The name is in lower case.
pub(crate) fn shows_header(behavior: &CollectBehavior, name: &str) -> bool {
    match behavior {
        CollectBehavior::Harmless => SAFE_HEADERS.binary_search(&name).is_ok(),
        other => other.shows(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_headers_are_in_order_to_be_found() {
        assert!(SAFE_HEADERS.is_sorted());
        assert!(shows_header(&CollectBehavior::Harmless, "user-agent"));
        assert!(!shows_header(&CollectBehavior::Harmless, "x-forwarded-for"));
        assert!(shows_header(&CollectBehavior::default(), "x-forwarded-for"));
    }
}
