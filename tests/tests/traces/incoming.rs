//! A trace that another service began.

use serde_json::json;

use crate::support::{block_on, observe, only, options, yield_once};
use crate::{SPAN, TRACE, sentry_trace};

#[sentry::span(name = "handler")]
fn handler() {}

#[sentry::span(name = "handler")]
async fn handler_async() {
    yield_once().await;
}

const BAGGAGE: &str = "other=1,sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-public_key=theirs,\
    sentry-release=front%401.0,sentry-sample_rate=0.25,sentry-sample_rand=0.100000,sentry-sampled=true,\
    sentry-transaction=%2Fcart%20page,sentry-unknown=kept";

#[test]
fn sentry_trace_and_baggage_are_continued() {
    for is_async in [false, true] {
        let headers = [sentry_trace("-1"), ("Baggage", BAGGAGE.to_owned())];
        let seen = observe(options().traces_sample_rate(0.0), || {
            if is_async {
                block_on(sentry::continue_trace_async(&headers, handler_async()));
            } else {
                sentry::continue_trace(&headers, handler);
            }
            assert!(sentry::get_active_span().is_none());
        });
        let handler = seen.span("handler");
        assert_eq!((&*handler.trace, handler.parent.as_deref()), (TRACE, Some(SPAN)));
        assert_eq!(
            only(seen.envelopes()).header["trace"],
            json!({
                "trace_id": TRACE,
                "public_key": "theirs",
                "release": "front@1.0",
                "sample_rate": "0.25",
                "sample_rand": "0.100000",
                "sampled": "true",
                "transaction": "/cart page",
                "unknown": "kept",
            }),
            "the context is passed on as it came"
        );
    }
}

#[test]
fn without_baggage_the_context_stays_empty() {
    let seen = observe(options(), || sentry::continue_trace(&[sentry_trace("-1")], handler));
    assert_eq!(seen.span("handler").trace, TRACE);
    assert_eq!(only(seen.envelopes()).header.get("trace"), None);
}

#[test]
fn traceparent_is_continued_when_there_is_no_sentry_trace() {
    let traceparent = ("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    let seen = observe(options().traces_sample_rate(0.0), || {
        sentry::continue_trace(std::slice::from_ref(&traceparent), handler);
    });
    let handler = seen.span("handler");
    assert_eq!((&*handler.trace, handler.parent.as_deref()), (TRACE, Some(SPAN)));

    let other = ("sentry-trace", format!("{}-{SPAN}-1", "f".repeat(32)));
    let seen = observe(options(), || sentry::continue_trace(&[traceparent, other], self::handler));
    assert_eq!(seen.span("handler").trace, "f".repeat(32));
}

#[test]
fn without_usable_headers_there_is_a_new_trace() {
    let upper = TRACE.to_uppercase();
    let malformed = [
        vec![],
        vec![("sentry-trace", String::new())],
        vec![("sentry-trace", format!("{upper}-{SPAN}-1"))],
        vec![("sentry-trace", format!("{TRACE}-{SPAN}-yes"))],
        vec![("sentry-trace", "\u{1f600}".to_owned()), ("baggage", "sentry-trace_id=x,,;=%%".to_owned())],
        vec![("traceparent", format!("00-{TRACE}-{SPAN}"))],
        vec![("baggage", BAGGAGE.to_owned())],
    ];
    let seen = observe(options(), || {
        for headers in &malformed {
            sentry::continue_trace(headers, handler);
        }
    });
    let spans = seen.spans();
    assert_eq!(spans.len(), malformed.len());
    let traces: std::collections::HashSet<_> = spans.iter().map(|span| &*span.trace).collect();
    assert_eq!(traces.len(), malformed.len(), "each is a trace of its own");
    assert!(!traces.contains(TRACE));
    assert!(spans.iter().all(|span| span.parent.is_none()));
}

#[test]
fn all_roots_in_a_continued_trace_belong_to_it() {
    let seen = observe(options(), || {
        sentry::continue_trace(&[sentry_trace("-1")], || {
            handler();
            handler();
            sentry::capture_message("of the trace", sentry::Level::Info);
        });
    });
    let spans = seen.spans();
    assert_eq!(spans.len(), 2);
    assert!(
        spans.iter().all(|span| span.trace == TRACE && span.parent.as_deref() == Some(SPAN)),
        "{spans:?}"
    );
    assert_eq!(seen.event()["contexts"]["trace"]["trace_id"], TRACE);
    assert_eq!(seen.event()["contexts"]["trace"]["parent_span_id"], SPAN);
}

#[test]
fn a_trace_of_another_organisation_is_not_continued() {
    let headers = [sentry_trace("-1"), ("baggage", "sentry-org_id=1".to_owned())];
    for (ours, continued) in [("1", true), ("2", false)] {
        let seen = observe(options().org_id(ours), || sentry::continue_trace(&headers, handler));
        assert_eq!(seen.span("handler").trace == TRACE, continued, "{ours}");
    }
}
