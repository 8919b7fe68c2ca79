//! The user's callbacks: whatever they do, nothing deadlocks, loops, or takes more than its own item.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sentry::{Breadcrumb, Level};
use support::{LONG, observe, only, options, untraced};

fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

fn counter() -> (Arc<AtomicU64>, Arc<AtomicU64>) {
    let counter = Arc::new(AtomicU64::new(0));
    (Arc::clone(&counter), counter)
}

#[test]
fn one_that_panics_loses_its_item_and_nothing_else() {
    let options = options()
        .before_send(|event| match &event.logentry {
            Some(entry) if entry.message == "fine" => Some(event),
            _ => panic!("before_send broke"),
        })
        .before_send_transaction(|transaction| match transaction.name.as_deref() {
            Some("fine") => Some(transaction),
            _ => panic!("before_send_transaction broke"),
        });
    let seen = observe(options, || {
        message("bad");
        message("fine");
        sentry::start_span("bad", |_| ());
        sentry::start_span("fine", |_| ());
        message("bad");
    });
    assert_eq!(seen.event()["logentry"]["message"], "fine");
    assert_eq!(seen.transaction()["transaction"], "fine");
    assert_eq!(seen.reported("internal_sdk_error", "error"), 2, "its panic is no event of its own");
    assert_eq!(seen.reported("internal_sdk_error", "transaction"), 1);
    assert_eq!(seen.reported("internal_sdk_error", "span"), 1);
}

#[test]
fn an_event_processor_that_panics_loses_its_event() {
    let seen = observe(untraced(), || {
        sentry::with_scope(|scope| scope.add_event_processor(|_| panic!("broken")), || message("bad"));
        message("fine");
    });
    assert_eq!(seen.event()["logentry"]["message"], "fine");
    assert_eq!(seen.reported("internal_sdk_error", "error"), 1);
}

#[test]
fn before_breadcrumb_may_panic_and_add_breadcrumbs() {
    let crumb = |text: &str| Breadcrumb { message: Some(text.to_owned()), ..Default::default() };
    let options = untraced().before_breadcrumb(move |breadcrumb| {
        if breadcrumb.message.as_deref() == Some("bad") {
            panic!("before_breadcrumb broke");
        }
        sentry::add_breadcrumb(crumb("one more"));
        Some(breadcrumb)
    });
    let seen = observe(options, || {
        sentry::with_isolation_scope(|| {
            sentry::add_breadcrumb(crumb("bad"));
            sentry::add_breadcrumb(crumb("fine"));
            message("after");
        });
    });
    let event = seen.event();
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    assert!(crumbs.iter().any(|crumb| crumb["message"] == "fine"), "{crumbs:?}");
    assert!(crumbs.len() < 4, "{crumbs:?}");
}

#[test]
fn a_sampler_may_panic_and_start_spans() {
    let options = untraced().traces_sampler(|span| {
        if span.name() == "bad" {
            panic!("traces_sampler broke");
        }
        sentry::start_span("in the sampler", |_| ());
        1.0
    });
    let seen = observe(options, || {
        assert_eq!(sentry::start_span("bad", |_| 7), 7);
        sentry::start_span("fine", |_| ());
    });
    assert!(seen.events().is_empty(), "its panic is no event");
    let names: Vec<_> = seen.transactions().iter().map(|t| t["transaction"].clone()).collect();
    assert!(names.contains(&"fine".into()) && !names.contains(&"bad".into()), "{names:?}");
    assert!(names.len() <= 2, "{names:?}");
}

#[test]
fn before_send_may_capture_without_running_in_circles() {
    let (calls, counted) = counter();
    let options = options().before_send(move |event| {
        calls.fetch_add(1, Ordering::Relaxed);
        message("seen by before_send");
        sentry::start_span("in before_send", |_| ());
        Some(event)
    });
    let seen = observe(options, || message("one"));
    // The pipeline works on: whatever else would come has come by now.
    let mut texts: Vec<_> = seen.events().iter().map(|e| e["logentry"]["message"].clone()).collect();
    texts.sort_by_key(ToString::to_string);
    assert!(texts.contains(&"one".into()), "{texts:?}");
    assert!(texts.len() <= 2 && counted.load(Ordering::Relaxed) <= 2, "{texts:?}");
    assert!(seen.transactions().is_empty());
}

#[test]
fn before_send_transaction_may_start_spans_without_running_in_circles() {
    let (calls, counted) = counter();
    let options = options().before_send_transaction(move |transaction| {
        calls.fetch_add(1, Ordering::Relaxed);
        sentry::start_span("in the callback", |_| ());
        Some(transaction)
    });
    let seen = observe(options, || sentry::start_span("one", |_| ()));
    assert_eq!(seen.transaction()["transaction"], "one");
    assert_eq!(counted.load(Ordering::Relaxed), 1);
}

#[test]
fn before_send_may_flush_without_waiting_for_itself() {
    let (flushed, counted) = counter();
    let options = untraced().before_send(move |event| {
        if sentry::flush(LONG) {
            flushed.fetch_add(1, Ordering::Relaxed);
        }
        Some(event)
    });
    let started = std::time::Instant::now();
    let seen = observe(options, || message("one"));
    assert!(started.elapsed() < LONG, "it cannot wait for itself");
    assert_eq!(only(seen.events())["logentry"]["message"], "one");
    assert_eq!(counted.load(Ordering::Relaxed), 0, "flush says no");
}

#[test]
fn before_send_may_take_its_time_and_flush_keeps_to_its_own() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let options = untraced().before_send(move |event| {
        let _ = wait.lock().unwrap().recv_timeout(LONG);
        Some(event)
    });
    let seen = observe(options, || {
        message("one");
        let started = std::time::Instant::now();
        assert!(!sentry::flush(Duration::from_millis(200)));
        assert!(started.elapsed() < Duration::from_millis(1200), "{:?}", started.elapsed());
        go.send(()).unwrap();
    });
    assert_eq!(seen.events().len(), 1);
}
