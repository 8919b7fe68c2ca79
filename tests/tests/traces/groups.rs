//! Tests of span groups: read from the `baggage` of a request or from the scopes, set on every span, and passed on.

use sentry::{SpanOptions, TraceLifecycle};
use sentry_tests::support::{observe, options};
use serde_json::Value;

use crate::{TRACE, sentry_trace};

const SESSION: &str = "sentry.span_group.session_id";
const CONVERSATION: &str = "sentry.span_group.conversation_id";

#[sentry::span(name = "child")]
fn child() {}

fn incoming() -> [(&'static str, String); 2] {
    let baggage =
        format!("other=1,sentry-trace_id={TRACE},sentry-public_key=a,{SESSION}=s%201,{CONVERSATION}=c1;p=1");
    [sentry_trace("-1"), ("baggage", baggage)]
}

#[test]
fn every_span_joins_the_groups_of_the_request() {
    for lifecycle in [TraceLifecycle::Static, TraceLifecycle::Stream] {
        let seen = observe(options().trace_lifecycle(lifecycle), || {
            sentry::continue_trace(&incoming(), || {
                sentry::start_span(SpanOptions::new("root"), |_| {
                    child();
                    sentry::start_span(SpanOptions::new("own").attribute(SESSION, "mine"), |_| ());
                });
            });
        });
        let value = |name: &str, key: &str| match lifecycle {
            TraceLifecycle::Static => seen.span(name).data[key].clone(),
            TraceLifecycle::Stream => {
                let spans = seen.streamed_spans();
                spans.iter().find(|span| span["name"] == name).unwrap()["attributes"][key]["value"].clone()
            }
        };
        for (name, session) in [("root", "s 1"), ("child", "s 1"), ("own", "mine")] {
            assert_eq!(value(name, SESSION), session, "{name}");
            assert_eq!(value(name, CONVERSATION), "c1", "{name}");
        }
    }
}

#[test]
fn groups_are_passed_on_with_those_of_the_scopes() {
    let seen = observe(options(), || {
        let mut headers = vec![("baggage".to_owned(), format!("theirs=1,{SESSION}=old"))];
        sentry::with_isolation_scope(|| {
            sentry::continue_trace(&incoming(), || {
                sentry::set_attribute(CONVERSATION, "c 2");
                sentry::set_attribute("sentry.span_group.Wrong", "x");
                sentry::start_span("root", |_| sentry::propagate("http://next.example/", &mut headers));
            });
        });
        headers
    });
    let baggage = &seen.result.iter().find(|(name, _)| name == "baggage").unwrap().1;
    assert!(baggage.starts_with("theirs=1,sentry-trace_id="), "{baggage}");
    assert!(baggage.ends_with(&format!("{CONVERSATION}=c%202,{SESSION}=s%201")), "{baggage}");
    assert!(!baggage.contains("old") && !baggage.contains("Wrong"), "{baggage}");
    assert_eq!(seen.span("root").data[CONVERSATION], "c 2");
    assert_eq!(
        seen.envelopes()[0].header["trace"].get(SESSION),
        None,
        "span groups are not part of the sampling context"
    );
}

#[test]
fn without_groups_nothing_is_added_and_groups_alone_are_no_context() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            assert!(!sentry::get_baggage().unwrap().contains("span_group"));
        });
        let alone = [sentry_trace("-1"), ("baggage", format!("{SESSION}=1"))];
        sentry::continue_trace(&alone, || sentry::get_baggage().unwrap())
    });
    assert_eq!(seen.result, format!("{SESSION}=1"));
    let data: Value = seen.span("root").data;
    assert!(data.get(SESSION).is_none(), "{data}");
}
