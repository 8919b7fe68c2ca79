//! Tests of spans by hand and by annotation, and of headers for other services.

use sentry::protocol::SpanStatus;
use sentry::{SentryFutureExt as _, SpanOptions};
use sentry_tests::support::{block_on, observe, options, yield_once};

#[sentry::span("annotated", op = "task")]
fn annotated() {
    let _span = sentry::enter_span!("in a block", op = "block");
    sentry::set_attribute("tests.surface", 1);
}

#[test]
fn every_way_to_make_a_span_is_one_trace() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            let transaction = sentry::start_transaction(SpanOptions::new("import").op("job"));
            sentry::with_active_span(&transaction, || {
                annotated();
                sentry::start_span("closure", |span| span.set_attribute("rows", 12.5));
                block_on(sentry::start_span_async("future", |_| async {
                    yield_once().await;
                }));
                let inactive = sentry::start_inactive_span("inactive");
                inactive.update_name("renamed");
                inactive.set_http_status(404);
                let earlier = sentry::start_inactive_span("linked");
                inactive.add_link(earlier.link().unwrap());
                earlier.end();
                inactive.end();
                sentry::start_span_manual("manual", |span| span.end());
                sentry::suppress_tracing(annotated);
                assert_eq!(
                    sentry::get_root_span(&sentry::get_active_span().unwrap()).span_id(),
                    transaction.span_id()
                );
                let later = sentry::start_inactive_span("later");
                block_on(async { annotated() }.in_span(later.clone()));
                later.set_status(SpanStatus::DataLoss);
                let json = later.to_json();
                assert_eq!(json["span_id"], later.span_id().unwrap().to_string());
            });
            transaction.end();
            sentry::start_new_trace(|| sentry::start_span("elsewhere", |_| ()));
        });
    });
    let import = seen.span("import");
    for name in ["closure", "future", "renamed", "linked", "manual", "later"] {
        let span = seen.span(name);
        assert_eq!((span.trace, span.parent), (import.trace.clone(), Some(import.id.clone())), "{name}");
    }
    assert_eq!(seen.span("renamed").status, "not_found");
    assert_eq!(seen.span("closure").data["rows"], 12.5);
    assert_ne!(seen.span("elsewhere").trace, import.trace);
    let annotated: Vec<_> = seen.spans().into_iter().filter(|span| span.name == "annotated").collect();
    assert_eq!(annotated.len(), 2, "the suppressed one is not recorded");
    assert_eq!(annotated[1].parent, Some(seen.span("later").id));
    assert_eq!(seen.spans().iter().filter(|span| span.name == "in a block").count(), 2);
}

#[test]
fn a_trace_goes_out_and_comes_back_in() {
    let seen = observe(options(), || {
        let (headers, tags) = sentry::start_span("front", |_| {
            assert!(sentry::get_traceparent().is_some() && sentry::get_baggage().is_some());
            let mut headers: Vec<(String, String)> = Vec::new();
            assert!(sentry::propagate("https://back.example/", &mut headers));
            (headers, sentry::get_trace_meta_tags())
        });
        assert!(tags.contains("<meta name=\"sentry-trace\""), "{tags}");
        sentry::continue_trace(&headers, || sentry::start_span("back", |_| ()));
        block_on(sentry::continue_trace_async(&headers, async { sentry::start_span("async back", |_| ()) }));
    });
    let front = seen.span("front");
    for name in ["back", "async back"] {
        let back = seen.span(name);
        assert_eq!((back.trace, back.parent), (front.trace.clone(), Some(front.id.clone())), "{name}");
    }
}
