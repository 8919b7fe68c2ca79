//! Tests of the active span: set until it ends, for a closure, for a future; and of the root above it.

use sentry::{SentryFutureExt as _, SpanOptions, SpanStatus};
use sentry_tests::support::{
    block_on, names, observe, options, poll_once, untraced, without_client, yield_once,
};

#[sentry::span(name = "annotated")]
fn annotated() {}

fn active_id() -> Option<String> {
    sentry::get_active_span().and_then(|span| span.span_id()).map(|id| id.to_string())
}

#[test]
fn a_span_is_active_until_it_ends() {
    let seen = observe(options(), || {
        let checkout = sentry::start_inactive_span("checkout");
        annotated();
        sentry::set_active_span(&checkout);
        sentry::set_active_span(&checkout);
        sentry::start_span("pay", |_| annotated());
        checkout.end();
        assert!(sentry::get_active_span().is_none());
        sentry::start_span("afterwards", |_| ());
    });
    let (checkout, pay) = (seen.span("checkout"), seen.span("pay"));
    assert_eq!(pay.parent, Some(checkout.id.clone()));
    assert!(seen.span("afterwards").is_root);
    let annotated: Vec<_> = seen.spans().into_iter().filter(|span| span.name == "annotated").collect();
    assert!(annotated.iter().any(|span| span.parent.as_deref() == Some(&*pay.id)), "{annotated:?}");
    assert!(annotated.iter().any(|span| span.is_root), "{annotated:?}");
}

#[test]
fn spans_that_were_set_active_nest() {
    let seen = observe(options(), || {
        let outer = sentry::start_transaction("outer");
        sentry::set_active_span(&outer);
        let inner = sentry::start_inactive_span("inner");
        sentry::set_active_span(&inner);
        annotated();
        drop(inner);
        sentry::start_span("beside", |_| ());
        outer.end();
        assert_eq!(active_id(), None);
    });
    let (outer, inner) = (seen.span("outer"), seen.span("inner"));
    assert_eq!(inner.parent, Some(outer.id.clone()));
    assert_eq!(seen.span("annotated").parent, Some(inner.id));
    assert_eq!(seen.span("beside").parent, Some(outer.id));
}

#[test]
fn the_end_of_the_enclosing_scope_deactivates_a_span_that_was_set_active() {
    let seen = observe(options(), || {
        let child = sentry::start_span("root", |root| {
            let child = sentry::start_inactive_span("child");
            sentry::with_scope(
                |_| (),
                || {
                    sentry::set_active_span(&child);
                    annotated();
                },
            );
            assert_eq!(active_id(), root.span_id().map(|id| id.to_string()));
            sentry::set_active_span(&child);
            child
        });
        assert_eq!(active_id(), None);
        child.end();
        assert_eq!(active_id(), None);
        sentry::start_span("another", |_| ());
    });
    assert_eq!(seen.span("annotated").parent, Some(seen.span("child").id));
    assert!(seen.span("root").is_root && seen.span("another").is_root);
    assert_ne!(seen.span("another").trace, seen.span("root").trace);
}

#[test]
fn a_span_stays_active_across_the_polls_of_its_future() {
    let seen = observe(options(), || {
        let work = async {
            let span = sentry::start_transaction("job");
            sentry::set_active_span(&span);
            yield_once().await;
            annotated();
            span.end();
            active_id()
        };
        let after = block_on(work.bind_scope());
        (after, active_id())
    });
    assert_eq!(seen.result, (None, None));
    assert_eq!(seen.span("annotated").parent, Some(seen.span("job").id));
}

#[test]
fn a_span_that_was_set_active_may_end_anywhere() {
    #[sentry::span(name = "ends it")]
    fn plain(span: &sentry::Span) {
        span.end();
        annotated();
    }
    #[sentry::span(name = "ends it", err)]
    fn framed(span: &sentry::Span) -> Result<(), std::fmt::Error> {
        span.end();
        Ok(())
    }
    let ends: [fn(&sentry::Span); 6] = [
        |span| sentry::with_scope(|_| (), || span.end()),
        |span| sentry::start_span("ends it", |_| span.end()),
        plain,
        |span| framed(span).unwrap(),
        |span| sentry::start_span("around", |_| plain(span)),
        |span| {
            let inner = sentry::start_inactive_span("inner");
            sentry::set_active_span(&inner);
            span.end();
            inner.end();
        },
    ];
    for (at, end) in ends.into_iter().enumerate() {
        let seen = observe(options(), || {
            let span = sentry::start_transaction("set");
            sentry::set_active_span(&span);
            annotated();
            end(&span);
            assert_eq!(active_id(), None, "{at}");
            sentry::start_span("afterwards", |_| ());
            sentry::start_span("root", |root| {
                let child = sentry::start_inactive_span("child");
                sentry::set_active_span(&child);
                sentry::start_span("inside", |_| child.end());
                assert_eq!(active_id(), root.span_id().map(|id| id.to_string()), "{at}");
            });
            assert_eq!(active_id(), None, "{at}");
        });
        let afterwards = seen.span("afterwards");
        assert!(afterwards.is_root && afterwards.trace != seen.span("set").trace, "{at}");
        assert_eq!(seen.span("inside").parent, Some(seen.span("child").id), "{at}");
    }
}

#[test]
fn set_active_span_does_not_replace_the_active_span_of_another_transaction() {
    let seen = observe(options(), || {
        let other = sentry::start_transaction("other");
        sentry::start_span("root", |root| {
            sentry::set_active_span(&other);
            assert_eq!(active_id(), root.span_id().map(|id| id.to_string()));
            annotated();
        });
        other.end();
        sentry::set_active_span(&other);
        assert_eq!(active_id(), None, "an ended span is not active");
    });
    assert_eq!(seen.span("annotated").parent, Some(seen.span("root").id));
    assert!(seen.span("other").is_root);
}

#[test]
fn a_span_may_end_on_another_thread() {
    let seen = observe(options(), || {
        let span = sentry::start_transaction("moved");
        std::thread::spawn(move || {
            sentry::set_active_span(&span);
            annotated();
            drop(span);
            assert_eq!(active_id(), None);
        })
        .join()
        .unwrap();
    });
    assert_eq!(seen.span("annotated").parent, Some(seen.span("moved").id));
}

#[test]
fn a_transaction_is_a_root_whatever_is_active() {
    let seen = observe(options(), || {
        sentry::start_span("outer", |outer| {
            let import = sentry::start_transaction(SpanOptions::new("import").op("task"));
            assert_eq!(active_id(), outer.span_id().map(|id| id.to_string()));
            sentry::with_active_span(&import, annotated);
            import.end();
        });
        let headers = [crate::sentry_trace("-1")];
        sentry::continue_trace(&headers, || sentry::start_transaction("continued").end());
    });
    let import = seen.span("import");
    assert!(import.is_root && import.parent.is_none());
    assert_ne!(import.trace, seen.span("outer").trace);
    assert_eq!(seen.span("annotated").root, import.id);
    let continued = seen.span("continued");
    assert_eq!((&*continued.trace, continued.parent.as_deref()), (crate::TRACE, Some(crate::SPAN)));
}

#[test]
fn the_root_of_a_span_can_be_found_and_described() {
    let seen = observe(options(), || {
        #[sentry::span(name = "root")]
        fn root() {
            sentry::start_span("child", |child| {
                let root = sentry::get_root_span(child);
                assert_ne!(root.span_id(), child.span_id());
                assert_eq!(sentry::get_root_span(&root).span_id(), root.span_id());
                root.set_attribute("found", true);
                root.set_status(SpanStatus::Aborted);
                root.update_name("renamed root");
            });
        }
        root();
    });
    let root = seen.span("renamed root");
    assert!(root.is_root);
    assert_eq!((&root.data["found"], &*root.status), (&true.into(), "aborted"));
    without_client(|| {
        let span = sentry::start_inactive_span("nothing");
        assert!(!sentry::get_root_span(&span).is_recording());
        sentry::set_active_span(&span);
    });
}

#[test]
fn the_async_forms_set_replace_and_suppress_the_active_span() {
    let seen = observe(options(), || {
        let inactive = sentry::start_transaction("inactive");
        block_on(sentry::with_active_span_async(&inactive, async {
            yield_once().await;
            sentry::start_span("under it", |_| ());
        }));
        inactive.end();
        sentry::start_span("outer", |_| {
            block_on(sentry::with_active_span_async(None, async {
                yield_once().await;
                sentry::start_span("alone", |_| ());
            }));
            block_on(sentry::suppress_tracing_async(async {
                yield_once().await;
                sentry::start_span("unseen", |_| annotated());
                assert!(sentry::get_traceparent().unwrap().ends_with("-0"));
            }));
            block_on(sentry::start_new_trace_async(async {
                sentry::start_span("first", |_| ());
                yield_once().await;
                sentry::start_span("second", |_| ());
            }));
            assert!(!poll_once(sentry::suppress_tracing_async(std::future::pending::<()>())));
            sentry::start_span("inside", |_| ());
        });
        assert_eq!(active_id(), None);
    });
    assert_eq!(seen.span("under it").parent, Some(seen.span("inactive").id));
    assert!(seen.span("alone").is_root);
    let (outer, first, second) = (seen.span("outer"), seen.span("first"), seen.span("second"));
    assert!(first.is_root && first.trace == second.trace && first.trace != outer.trace);
    assert_eq!(seen.span("inside").parent, Some(outer.id));
    assert_eq!(names(&seen.spans()).iter().filter(|name| ["unseen", "annotated"].contains(name)).count(), 0);
}

#[test]
fn a_future_may_end_its_span_itself() {
    let seen = observe(options(), || {
        block_on(sentry::start_span_manual_async("ended inside", |span| async move {
            yield_once().await;
            annotated();
            span.set_http_status(404);
            span.end();
            span.set_status(SpanStatus::Aborted);
        }));
        let handle = block_on(sentry::start_span_manual_async("ended later", |span| async { span }));
        handle.set_status(SpanStatus::DataLoss);
        handle.end();
        sentry::start_span_manual("ended by nobody", drop);
    });
    let inside = seen.span("ended inside");
    assert_eq!(seen.span("annotated").parent, Some(inside.id));
    assert_eq!(seen.span("ended later").status, "data_loss");
    assert_eq!(seen.span("ended by nobody").status, "ok");
}

#[test]
fn without_recorded_traces_nothing_becomes_active() {
    let seen = observe(untraced(), || {
        let span = sentry::start_transaction("nothing");
        sentry::set_active_span(&span);
        block_on(sentry::with_active_span_async(&span, async { assert_eq!(active_id(), None) }));
        assert_eq!(active_id(), None);
        assert!(span.to_json().is_null());
    });
    assert_eq!(seen.transactions().len(), 0);
}
