//! Tests of the active span: annotated and `tracing` spans in each other, entered in any order, on any thread.

use std::thread;

use sentry_tests::support::{Seen, names, observe, options};
use tracing::{Span, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{traced, traced_by};

#[sentry::span("annotated")]
fn annotated() {}

/// Returns the name of a span's parent.
fn parent<R>(seen: &Seen<R>, name: &str) -> String {
    let parent = seen.span(name).parent.unwrap();
    seen.spans().into_iter().find(|span| span.id == parent).unwrap().name
}

fn nothing_is_active() {
    assert!(sentry::get_active_span().is_none());
}

#[test]
fn both_kinds_nest_in_each_other() {
    #[sentry::span("outer")]
    fn outer() {
        let _traced = info_span!("traced").entered();
        inner();
        sentry::start_span("by hand", |_| drop(info_span!("innermost").entered()));
    }
    #[sentry::span("inner")]
    fn inner() {
        drop(info_span!("leaf").entered());
    }
    let seen = observe(options(), || {
        traced(outer);
        nothing_is_active();
    });
    assert_eq!(seen.transactions().len(), 1);
    for (name, of) in [
        ("traced", "outer"),
        ("inner", "traced"),
        ("leaf", "inner"),
        ("by hand", "traced"),
        ("innermost", "by hand"),
    ] {
        assert_eq!(parent(&seen, name), of, "{name}");
    }
}

#[test]
fn a_span_is_entered_many_times_and_made_active_only_then() {
    let seen = observe(options(), || {
        traced(|| {
            let root = info_span!("root");
            nothing_is_active();
            root.in_scope(annotated);
            nothing_is_active();
            root.in_scope(|| root.in_scope(|| sentry::start_span("second", |_| ())));
            nothing_is_active();
        });
    });
    assert_eq!(names(&seen.spans()), ["root", "annotated", "second"]);
    assert_eq!((parent(&seen, "annotated"), parent(&seen, "second")), ("root".into(), "root".into()));
}

#[test]
fn entries_that_are_left_out_of_order_leave_nothing_behind() {
    let seen = observe(options(), || {
        traced(|| {
            let (one, two) = (info_span!("one"), info_span!("two"));
            let first = one.enter();
            let second = two.enter();
            drop(first);
            annotated();
            drop(second);
            nothing_is_active();

            // These spans are in the same trace.
            let three = info_span!("three").entered();
            let four = info_span!("four").entered();
            let five = info_span!("five").entered();
            three.exit();
            four.exit();
            sentry::start_span("in five", |_| ());
            five.exit();
            nothing_is_active();

            // A Sentry span is between these spans.
            let six = info_span!("six").entered();
            sentry::start_span("in six", |_| {
                let seven = info_span!("seven").entered();
                six.exit();
                sentry::start_span("in seven", |_| ());
                drop(seven);
            });
            nothing_is_active();
        });
    });
    for (name, of) in [
        ("annotated", "two"),
        ("in five", "five"),
        ("in six", "six"),
        ("seven", "in six"),
        ("in seven", "seven"),
    ] {
        assert_eq!(parent(&seen, name), of, "{name}");
    }
}

#[test]
fn a_span_is_entered_on_two_threads_and_closed_on_a_third() {
    let dispatch =
        tracing::Dispatch::new(tracing_subscriber::registry().with(sentry::integrations::tracing::layer()));
    let seen = observe(options(), || {
        let in_it = |run: &dyn Fn()| tracing::dispatcher::with_default(&dispatch, run);
        let root = sentry::with_isolation_scope(|| {
            sentry::set_tag("order", 7);
            tracing::dispatcher::with_default(&dispatch, || info_span!("root"))
        });
        thread::scope(|scope| {
            for name in ["left", "right"] {
                let (root, in_it) = (root.clone(), &in_it);
                scope.spawn(move || {
                    in_it(&|| {
                        let _entered = root.enter();
                        let _child = info_span!("half", otel.name = name).entered();
                        sentry::capture_message(name, sentry::Level::Info);
                    });
                    nothing_is_active();
                });
            }
        });
        let closing = thread::spawn(move || drop(root));
        closing.join().unwrap();
    });
    assert_eq!(seen.transactions().len(), 1);
    for name in ["left", "right"] {
        assert_eq!(parent(&seen, name), "root");
    }
    assert_eq!(seen.events().len(), 2);
    for event in seen.events() {
        assert_eq!(event["tags"]["order"], "7", "the scopes come along");
        assert_eq!(event["contexts"]["trace"]["trace_id"], *seen.span("root").trace);
    }
}

#[test]
fn scopes_around_an_entry_are_kept() {
    let seen = observe(options(), || {
        traced(|| {
            let root = info_span!("root");
            sentry::with_isolation_scope(|| {
                sentry::set_tag("request", 1);
                sentry::with_scope(
                    |scope| scope.set_tag("step", 2),
                    || root.in_scope(|| sentry::capture_message("here", sentry::Level::Info)),
                );
            });
        });
    });
    let event = seen.event();
    assert_eq!((&event["tags"]["request"], &event["tags"]["step"]), (&"1".into(), &"2".into()));
    assert_eq!(event["contexts"]["trace"]["span_id"], *seen.span("root").id);
}

#[test]
fn attributes_can_be_set_on_the_current_span_of_tracing() {
    let seen = observe(options(), || {
        traced_by(sentry::integrations::tracing::layer(), || {
            let _root = info_span!("root", user = tracing::field::Empty).entered();
            Span::current().record("user", "ada");
            sentry::get_active_span().unwrap().set_attribute("by.us", 1);
        });
    });
    let root = seen.span("root");
    assert_eq!((&root.data["user"], &root.data["by.us"]), (&"ada".into(), &1.into()));
}
