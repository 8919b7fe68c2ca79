//! Tests of traces that another service began.

use sentry_tests::support::{block_on, observe, only, options, yield_once};
use serde_json::json;

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

/// Tests the table "strictTraceContinuation" of `foundations/trace-propagation/index.mdx`.
#[test]
fn traces_of_other_organisations_are_continued_as_the_table_says() {
    for (theirs, ours, strict, continued) in [
        (Some("1"), Some("1"), false, true),
        (None, Some("1"), false, true),
        (Some("1"), None, false, true),
        (None, None, false, true),
        (Some("1"), Some("2"), false, false),
        (Some("1"), Some("1"), true, true),
        (None, Some("1"), true, false),
        (Some("1"), None, true, false),
        (None, None, true, true),
        (Some("1"), Some("2"), true, false),
    ] {
        let mut headers = vec![sentry_trace("-0")];
        headers.extend(theirs.map(|id| ("baggage", format!("sentry-org_id={id},sentry-sample_rate=0.0"))));
        let mut options = options().strict_trace_continuation(strict);
        options.org_id = ours.map(str::to_owned);
        let seen = observe(options, || {
            sentry::continue_trace(&headers, || {
                sentry::start_span("handler", |_| sentry::get_trace_data().unwrap())
            })
        });
        let case = format!("{theirs:?} {ours:?} {strict}");
        assert_eq!(seen.result.sentry_trace.starts_with(TRACE), continued, "{case}");
        // A trace that is not continued is ignored completely: the service starts a trace of its own, and samples it.
        assert_eq!(seen.transactions().len(), usize::from(!continued), "{case}");
        if !continued {
            let org_id = format!("sentry-org_id={}", ours.unwrap_or("none"));
            assert_eq!(seen.result.baggage.contains(&org_id), ours.is_some(), "{case}");
            assert_eq!(seen.span("handler").parent, None);
        }
    }
}

#[test]
fn two_traceparents_start_a_new_trace() {
    let header = || ("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    let seen = observe(options(), || sentry::continue_trace(&vec![header(), header()], handler));
    assert_ne!(seen.span("handler").trace, TRACE);
}

#[test]
fn a_trace_that_began_outside_of_sentry_gets_a_context_of_ours() {
    let headers = [("traceparent", format!("00-{TRACE}-{SPAN}-01")), ("baggage", "tenant=7".to_owned())];
    let seen = observe(options(), || sentry::continue_trace(&headers, handler));
    let trace = &only(seen.envelopes()).header["trace"];
    assert_eq!((&trace["trace_id"], &trace["public_key"]), (&json!(TRACE), &json!(seen.key())));
    assert_eq!(trace["sampled"], "true");
}

#[test]
fn the_random_number_stays_the_same_through_the_trace() {
    let headers = [sentry_trace(""), ("baggage", "sentry-trace_id=x,sentry-sample_rand=0.300000".to_owned())];
    for (rate, recorded) in [(0.31, 2), (0.29, 0)] {
        let seen = observe(options().traces_sample_rate(rate), || {
            sentry::continue_trace(&headers, || {
                handler();
                handler();
                sentry::get_baggage().unwrap()
            })
        });
        assert_eq!(seen.transactions().len(), recorded, "{rate}");
        assert!(seen.result.contains("sentry-sample_rand=0.300000"), "{}", seen.result);
    }
}

/// A random number that is equal to the rate is not sampled. Neither number is a binary fraction.
#[test]
fn the_random_number_is_compared_by_its_digits() {
    for (random, recorded) in [("0.510720", 0), ("0.510719", 1), ("0.5107199999", 1), ("0.51072000", 0)] {
        let headers =
            [sentry_trace(""), ("baggage", format!("sentry-trace_id=x,sentry-sample_rand={random}"))];
        let seen = observe(options().traces_sample_rate(0.51072), || {
            sentry::continue_trace(&headers, || {
                handler();
                sentry::get_baggage().unwrap()
            })
        });
        assert_eq!(seen.transactions().len(), recorded, "{random}");
        assert!(seen.result.contains(&format!("sentry-sample_rand={random}")), "{}", seen.result);
    }
}
