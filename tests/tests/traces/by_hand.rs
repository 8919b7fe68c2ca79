//! Tests of spans that are started by a function call instead of an attribute.

use std::time::{Duration, UNIX_EPOCH};

use sentry::{SentryFutureExt as _, SpanOptions, SpanStatus};
use sentry_tests::support::{block_on, names, observe, options, poll_once, yield_once};

#[sentry::span(name = "annotated")]
fn annotated() {}

#[test]
fn start_span_is_active_while_its_closure_runs() {
    let seen = observe(options(), || {
        let result = sentry::start_span(SpanOptions::new("outer").op("job").attribute("n", 1), |outer| {
            outer.set_attribute("n", 2);
            outer.set_attribute(format!("field.{}", 1), "value");
            outer.set_tag("kind", "nightly");
            assert_eq!(sentry::get_active_span().unwrap().span_id(), outer.span_id());
            annotated();
            sentry::start_span("inner", |inner| {
                inner.set_status(SpanStatus::Aborted);
                inner.set_op("cache.get");
                inner.update_name("renamed");
            });
            7
        });
        assert!(sentry::get_active_span().is_none());
        result
    });
    assert_eq!(seen.result, 7);
    let (outer, inner) = (seen.span("outer"), seen.span("renamed"));
    assert_eq!((outer.op.as_str(), outer.origin.as_str()), ("job", "manual"));
    assert_eq!((&outer.data["n"], &outer.data["field.1"]), (&2.into(), &"value".into()));
    assert_eq!((inner.op.as_str(), inner.status.as_str()), ("cache.get", "aborted"));
    assert_eq!(inner.parent.as_ref(), Some(&outer.id));
    assert_eq!(seen.span("annotated").parent, Some(outer.id));
}

#[test]
fn start_span_async_is_active_at_every_poll_and_may_be_cancelled() {
    let seen = observe(options(), || {
        block_on(sentry::start_span_async("outer", |span| async move {
            yield_once().await;
            assert_eq!(sentry::get_active_span().unwrap().span_id(), span.span_id());
            annotated();
        }));
        assert!(!poll_once(sentry::start_span_async("waiting", |_| std::future::pending::<()>())));
        assert!(sentry::get_active_span().is_none());
    });
    assert_eq!(seen.span("annotated").parent, Some(seen.span("outer").id));
    assert_eq!(seen.span("outer").status, "ok");
    assert_eq!(seen.span("waiting").status, "cancelled");
}

#[test]
fn an_inactive_span_is_nobodys_parent_unless_it_is_made_active() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            let inactive = sentry::start_inactive_span("inactive");
            annotated();
            sentry::with_active_span(&inactive, || sentry::start_span("under it", |_| ()));
            sentry::start_span("beside it", |_| ());
            sentry::start_span(SpanOptions::new("given").parent_span(&inactive), |_| ());
            inactive.end();
            inactive.end();
        });
    });
    let (root, inactive) = (Some(seen.span("root").id), Some(seen.span("inactive").id));
    assert_eq!(seen.span("inactive").parent, root);
    assert_eq!(seen.span("annotated").parent, root);
    assert_eq!(seen.span("beside it").parent, root);
    assert_eq!(seen.span("under it").parent, inactive);
    assert_eq!(seen.span("given").parent, inactive);
}

#[test]
fn an_inactive_span_ends_with_its_last_handle() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| drop(sentry::start_inactive_span("dropped")));
        let root = sentry::start_inactive_span("inactive root");
        let another = root.clone();
        drop(root);
        sentry::with_active_span(&another, annotated);
    });
    assert_eq!(seen.span("dropped").status, "ok");
    assert_eq!(seen.span("annotated").parent, Some(seen.span("inactive root").id));
}

#[test]
fn a_span_may_have_times_of_its_own() {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let seen = observe(options(), || {
        let root = sentry::start_inactive_span(SpanOptions::new("root").start_time(at(1_700_000_000)));
        let child = SpanOptions::new("child").parent_span(&root).start_time(at(1_700_000_001));
        sentry::start_inactive_span(child).end_at(at(1_700_000_002));
        root.end_at(at(1_700_000_003));
    });
    let times = |name| (seen.span(name).start, seen.span(name).end);
    assert_eq!(times("root"), (1_700_000_000.0, 1_700_000_003.0));
    assert_eq!(times("child"), (1_700_000_001.0, 1_700_000_002.0));
}

#[test]
fn without_an_active_span_what_follows_is_a_root() {
    let seen = observe(options(), || {
        sentry::start_span("outer", |outer| {
            sentry::with_active_span(None, || {
                assert!(sentry::get_active_span().is_none());
                annotated();
            });
            assert_eq!(sentry::get_active_span().unwrap().span_id(), outer.span_id());
            sentry::start_span(SpanOptions::new("no parent").parent_span(None), |_| ());
        });
    });
    assert!(seen.span("annotated").is_root);
    assert!(seen.span("no parent").is_root);
}

#[test]
fn only_if_parent_and_force_transaction_choose_where_a_span_goes() {
    let seen = observe(options(), || {
        sentry::start_span(SpanOptions::new("nobody's").only_if_parent(), |span| {
            assert!(!span.is_recording())
        });
        sentry::start_span("outer", |_| {
            sentry::start_span(SpanOptions::new("optional").only_if_parent(), |_| ());
            sentry::start_span(SpanOptions::new("forced").force_transaction().source("task"), |_| {
                annotated()
            });
        });
    });
    let (outer, forced) = (seen.span("outer"), seen.span("forced"));
    assert_eq!(names(&seen.spans()).len(), 4);
    assert!(forced.is_root);
    assert_eq!((forced.trace.clone(), forced.parent.clone()), (outer.trace, Some(outer.id)));
    assert_eq!(seen.span("annotated").parent, Some(forced.id));
    let sources: Vec<_> = seen
        .transactions()
        .iter()
        .map(|sent| sent["transaction_info"]["source"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sources, ["task", "custom"]);
}

#[test]
fn suppressed_tracing_records_nothing_and_says_so() {
    let seen = observe(options(), || {
        sentry::start_span("outer", |_| {
            let inside = sentry::suppress_tracing(|| {
                annotated();
                sentry::start_span("by hand", |_| ());
                block_on(sentry::start_span_async("async", |_| async {}));
                sentry::get_trace_data().unwrap()
            });
            annotated();
            (inside, sentry::get_trace_data().unwrap())
        })
    });
    assert_eq!(names(&seen.spans()), ["outer", "annotated"]);
    let (inside, outside) = &seen.result;
    assert!(inside.sentry_trace.ends_with("-0") && outside.sentry_trace.ends_with("-1"), "{inside:?}");
    let seen = observe(options(), || sentry::suppress_tracing(annotated));
    assert_eq!(seen.transactions().len(), 0);
}

#[test]
fn a_new_trace_is_one_trace() {
    let seen = observe(options(), || {
        sentry::start_span("outer", |_| {
            sentry::start_new_trace(|| {
                annotated();
                sentry::start_span("second", |_| sentry::capture_message("of it", sentry::Level::Info));
            });
        });
    });
    let (outer, first, second) = (seen.span("outer"), seen.span("annotated"), seen.span("second"));
    assert!(first.is_root && second.is_root);
    assert_eq!(first.trace, second.trace);
    assert_ne!(first.trace, outer.trace);
    assert_eq!(seen.event()["contexts"]["trace"]["trace_id"], second.trace);
}

#[test]
fn futures_can_be_bound_to_a_span_or_to_what_is_active() {
    let seen = observe(options(), || {
        sentry::start_span("outer", |_| {
            let span = sentry::start_inactive_span("later");
            let first = async { annotated() }.in_span(span);
            let second = async { sentry::start_span("bound", |_| ()) }.bind_scope();
            std::thread::spawn(|| block_on(first)).join().unwrap();
            std::thread::spawn(|| block_on(second)).join().unwrap();
        });
    });
    assert_eq!(seen.span("annotated").parent, Some(seen.span("later").id));
    assert_eq!(seen.span("bound").parent, Some(seen.span("outer").id));
}
