//! Tests that a span of one library is a child of the active span of the other.

use opentelemetry::trace::{
    FutureExt as _, SpanContext, TraceContextExt as _, TraceFlags, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use sentry_tests::support::{SeenSpan, block_on, observe, options};

#[sentry::span(name = "ours")]
fn ours() -> Option<sentry::Span> {
    sentry::get_active_span()
}

fn tracer() -> opentelemetry_sdk::trace::SdkTracer {
    sentry::get_client().unwrap().tracer()
}

#[track_caller]
fn under(child: &SeenSpan, parent: &SeenSpan) {
    assert_eq!(child.parent.as_deref(), Some(&*parent.id), "{child:#?}\nunder\n{parent:#?}");
    assert_eq!((&child.trace, &child.root), (&parent.trace, &parent.root));
}

#[test]
fn sentry_spans_and_opentelemetry_spans_nest_in_each_other() {
    let seen = observe(options(), || {
        tracer().in_span("outer", |context| {
            let ids = context.span().span_context().clone();
            sentry::start_span("middle", |_| {
                tracer().in_span("inner", |_| ours());
                sentry::start_span("after", |_| ());
            });
            ids
        })
    });
    let [outer, middle, inner] = ["outer", "middle", "inner"].map(|name| seen.span(name));
    assert!(outer.is_root && outer.origin == "auto.otel");
    under(&middle, &outer);
    under(&inner, &middle);
    under(&seen.span("ours"), &inner);
    under(&seen.span("after"), &middle);
    assert_eq!(outer.id, seen.result.span_id().to_string());
    assert_eq!(outer.trace, seen.result.trace_id().to_string());
    assert_eq!(seen.transactions().len(), 1);
}

#[test]
fn an_opentelemetry_span_under_a_sentry_root_is_in_its_trace() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            tracer().in_span("theirs", |context| context.span().span_context().trace_id())
        })
    });
    under(&seen.span("theirs"), &seen.span("root"));
    assert_eq!(seen.span("root").trace, seen.result.to_string());
}

#[test]
fn no_span_is_active_after_an_opentelemetry_span() {
    let seen = observe(options(), || {
        tracer().in_span("first", |_| assert!(sentry::get_active_span().is_some()));
        assert!(sentry::get_active_span().is_none());
        tracer().in_span("second", |_| ());
    });
    let (first, second) = (seen.span("first"), seen.span("second"));
    assert!(first.is_root && second.is_root);
    assert_ne!(first.trace, second.trace);
}

#[test]
fn a_given_parent_counts_before_the_active_one() {
    let seen = observe(options(), || {
        let parent = tracer().start("parent");
        let parent = Context::new().with_span(parent);
        sentry::start_span("elsewhere", |_| {
            drop(tracer().start_with_context("child", &parent));
        });
    });
    under(&seen.span("child"), &seen.span("parent"));
    assert!(seen.span("elsewhere").is_root);
}

#[test]
fn a_context_goes_along_to_another_thread_with_its_scopes() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("request", "7");
            let context = Context::current_with_span(tracer().start("request"));
            let there = context.clone();
            std::thread::spawn(move || {
                let _attached = there.attach();
                sentry::start_span("work", |_| sentry::capture_message("hello", sentry::Level::Info));
            })
            .join()
            .unwrap();
            context.span().end();
        });
    });
    under(&seen.span("work"), &seen.span("request"));
    let event = seen.event();
    assert_eq!(event["tags"]["request"], "7");
    assert_eq!(event["contexts"]["trace"]["span_id"], seen.span("work").id.as_str());
}

#[test]
fn futures_of_both_sides_are_polled_in_their_spans() {
    let seen = observe(options(), || {
        let context = Context::current_with_span(tracer().start("task"));
        let inner = async {
            sentry::start_span_async("step", |_| async {
                let context = Context::current_with_span(tracer().start("query"));
                async { drop(ours()) }.with_context(context.clone()).await;
                context.span().end();
            })
            .await;
        };
        block_on(inner.with_context(context.clone()));
        context.span().end();
    });
    under(&seen.span("step"), &seen.span("task"));
    under(&seen.span("query"), &seen.span("step"));
    under(&seen.span("ours"), &seen.span("query"));
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let seen = observe(options(), || {
        let one = Context::current_with_span(tracer().start("one"));
        let first = one.clone().attach();
        let two = Context::current_with_span(tracer().start("two"));
        let second = two.clone().attach();
        drop(first);
        sentry::start_span("in two", |_| ());
        drop(second);
        assert!(sentry::get_active_span().is_none());
        sentry::start_span("alone", |_| ());
        two.span().end();
        one.span().end();
    });
    under(&seen.span("two"), &seen.span("one"));
    under(&seen.span("in two"), &seen.span("two"));
    assert!(seen.span("alone").is_root);
}

#[test]
fn values_in_a_context_do_not_move_the_active_span() {
    let seen = observe(options(), || {
        tracer().in_span("outer", |_| {
            sentry::start_span("middle", |_| {
                let _attached = Context::current_with_value(7_u32).attach();
                sentry::start_span("inner", |_| ());
            });
        });
    });
    under(&seen.span("inner"), &seen.span("middle"));
}

#[test]
fn an_empty_context_detaches() {
    let seen = observe(options(), || {
        tracer().in_span("outer", |_| {
            let _detached = Context::new().attach();
            sentry::start_span("alone", |_| ());
            tracer().in_span("theirs alone", |_| ());
        });
    });
    assert!(seen.span("alone").is_root);
    assert!(seen.span("theirs alone").is_root);
}

#[test]
fn spans_of_both_kinds_continue_an_attached_remote_parent() {
    let remote = SpanContext::new(
        0x771a_u128.into(),
        0x1234_u64.into(),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    let seen = observe(options(), || {
        // Contexts are observed from the first tracer provider on, which another test may already have created.
        let tracer = tracer();
        let _attached = Context::new().with_remote_span_context(remote.clone()).attach();
        sentry::start_span("ours", |_| ());
        tracer.in_span("theirs", |_| ());
    });
    for name in ["ours", "theirs"] {
        let span = seen.span(name);
        assert!(span.is_root);
        assert_eq!(span.trace, remote.trace_id().to_string());
        assert_eq!(span.parent, Some(remote.span_id().to_string()));
    }
}

#[test]
fn errors_name_the_span_of_a_foreign_tracer_provider() {
    let foreign = SpanContext::new(
        0x99_u128.into(),
        0x77_u64.into(),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    );
    let seen = observe(options(), || {
        drop(sentry::get_client().unwrap().tracer_provider());
        let context = Context::new().with_remote_span_context(foreign.clone());
        let _attached = context.attach();
        sentry::capture_message("hello", sentry::Level::Info);
        drop(KeyValue::new("a", 1));
    });
    let trace = &seen.event()["contexts"]["trace"];
    assert_eq!(trace["trace_id"], foreign.trace_id().to_string());
    assert_eq!(trace["span_id"], foreign.span_id().to_string());
    assert!(trace.get("parent_span_id").is_none());
}
