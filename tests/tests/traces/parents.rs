//! Tests that an event names the span in which it was captured and that span's parent, like the spans themselves do.

use sentry::{Level, SentryFutureExt as _, SpanOptions};
use sentry_tests::support::{Seen, block_on, observe, only, options, poll_once, yield_once};

fn note(text: &str) {
    sentry::capture_message(text, Level::Info);
}

/// Asserts that the parents that the events name are those of the spans, and returns the texts of the events with the
/// names of their spans.
fn told<R>(seen: &Seen<R>) -> Vec<(String, String)> {
    let spans = seen.spans();
    let mut told: Vec<_> = seen
        .events()
        .iter()
        .map(|event| {
            let (text, trace) = (&event["logentry"]["message"], &event["contexts"]["trace"]);
            let span = only(spans.iter().filter(|span| trace["span_id"] == span.id).collect::<Vec<_>>());
            assert_eq!(trace["parent_span_id"].as_str(), span.parent.as_deref(), "{text} in {}", span.name);
            (text.as_str().unwrap_or("an error").to_owned(), span.name.replace("parents::", ""))
        })
        .collect();
    told.sort();
    told
}

#[track_caller]
fn assert_told<R>(seen: &Seen<R>, expected: &[(&str, &str)]) {
    let told = told(seen);
    let told: Vec<_> = told.iter().map(|(text, span)| (text.as_str(), span.as_str())).collect();
    assert_eq!(told, expected);
}

#[sentry::span]
fn outer() {
    note("1 in the root");
    middle();
    note("7 in the root again");
}

#[sentry::span]
fn middle() {
    note("2 between");
    inner();
    inner();
    note("5 behind its children");
    sentry::with_scope(|_| {}, || note("6 in a scope of its own"));
}

#[sentry::span]
fn inner() {
    note("3 at the bottom");
}

#[test]
fn events_in_nested_functions_name_the_active_span_and_its_parent() {
    let seen = observe(options(), outer);
    let expected = [
        ("1 in the root", "outer"),
        ("2 between", "middle"),
        ("3 at the bottom", "inner"),
        ("3 at the bottom", "inner"),
        ("5 behind its children", "middle"),
        ("6 in a scope of its own", "middle"),
        ("7 in the root again", "outer"),
    ];
    assert_told(&seen, &expected);
}

#[sentry::span]
async fn outer_async() {
    middle_async().await;
    note("5 in the root");
}

#[sentry::span]
async fn middle_async() {
    note("1 before");
    yield_once().await;
    inner_async().await;
    inner();
    yield_once().await;
    note("4 after");
}

#[sentry::span]
async fn inner_async() {
    yield_once().await;
    note("2 inside");
    yield_once().await;
}

const OF_FUTURES: [(&str, &str); 5] = [
    ("1 before", "middle_async"),
    ("2 inside", "inner_async"),
    ("3 at the bottom", "inner"),
    ("4 after", "middle_async"),
    ("5 in the root", "outer_async"),
];

#[test]
fn events_in_nested_futures_name_the_active_span_and_its_parent() {
    let seen = observe(options(), || block_on(outer_async()));
    assert_told(&seen, &OF_FUTURES);
}

#[test]
fn events_in_a_future_that_changes_threads_name_the_active_span_and_its_parent() {
    let seen = observe(options(), || {
        let mut work = Box::pin(outer_async());
        assert!(!poll_once(work.as_mut()));
        std::thread::spawn(move || block_on(work)).join().unwrap();
    });
    assert_told(&seen, &OF_FUTURES);
}

#[test]
fn events_in_spans_started_by_a_call_name_the_active_span_and_its_parent() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            sentry::start_span("child", |child| {
                sentry::start_span("grandchild", |_| note("1 in a grandchild"));
                note("2 in a child");
                let late = sentry::start_inactive_span("late");
                sentry::with_active_span(&late, || note("3 in an inactive one"));
                let by_hand = sentry::start_inactive_span(SpanOptions::new("by hand").parent_span(child));
                sentry::set_active_span(&by_hand);
                note("4 in one that was made active");
                by_hand.end();
                note("5 in a child again");
                let bound = sentry::bind_scope(|| {
                    note("6 on another thread");
                    inner();
                });
                std::thread::spawn(bound).join().unwrap();
                block_on(async { note("7 in a future") }.in_span(late));
                let guard = sentry::enter_span!("in a block");
                note("8 in a block");
                drop(guard);
            });
        });
    });
    let expected = [
        ("1 in a grandchild", "grandchild"),
        ("2 in a child", "child"),
        ("3 at the bottom", "inner"),
        ("3 in an inactive one", "late"),
        ("4 in one that was made active", "by hand"),
        ("5 in a child again", "child"),
        ("6 on another thread", "child"),
        ("7 in a future", "late"),
        ("8 in a block", "in a block"),
    ];
    assert_told(&seen, &expected);
}

#[sentry::span(err)]
fn failing() -> Result<(), String> {
    inner();
    Err("no luck".to_owned())
}

#[sentry::span(force_transaction)]
fn apart() {
    note("1 in a transaction of its own");
    inner();
}

#[sentry::span]
fn around_all() {
    failing().unwrap_err();
    apart();
    note("4 in the root");
}

#[test]
fn events_in_isolated_functions_name_the_active_span_and_its_parent() {
    let seen = observe(options(), || {
        around_all();
        around_all();
    });
    let once = [
        ("1 in a transaction of its own", "apart"),
        ("3 at the bottom", "inner"),
        ("3 at the bottom", "inner"),
        ("4 in the root", "around_all"),
        ("an error", "failing"),
    ];
    let twice: Vec<_> = once.into_iter().flat_map(|one| [one, one]).collect();
    assert_told(&seen, &twice);
}

#[test]
fn events_after_guards_dropped_out_of_order_name_a_span_of_the_trace() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            let first = sentry::enter_span!("first");
            let second = sentry::enter_span!("second");
            drop(first);
            note("1 under the root");
            drop(second);
            sentry::start_span("third", |_| note("2 under whatever is active"));
        });
    });
    assert_eq!(told(&seen).len(), 2);
}

#[test]
fn a_handle_of_the_active_span_names_its_parent() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            sentry::start_span("child", |_| sentry::get_active_span().map(|span| span.to_json()))
        })
    });
    let (root, child) = (seen.span("root"), seen.span("child"));
    let said = seen.result.as_ref().unwrap();
    assert_eq!(
        *said,
        serde_json::json!({"trace_id": root.trace, "span_id": child.id, "parent_span_id": root.id})
    );
}
