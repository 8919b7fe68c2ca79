//! Tests of the user's callbacks: none can cause a deadlock or a loop, or lose more than its own item.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod transports;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sentry::protocol::DataCategory;
use sentry::{Breadcrumb, Level};
use sentry_tests::support::{self, LONG, assert_takes_less_than, observe, only, options, untraced};

fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

fn counter() -> (Arc<AtomicU64>, Arc<AtomicU64>) {
    let counter = Arc::new(AtomicU64::new(0));
    (Arc::clone(&counter), counter)
}

#[test]
fn a_callback_that_panics_loses_its_item_and_nothing_else() {
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
    assert_eq!(seen.reported("before_send", "error"), 2, "its panic is no event of its own");
    assert_eq!(seen.reported("before_send", "transaction"), 1);
    assert_eq!(seen.reported("before_send", "span"), 1);
}

#[test]
fn an_event_processor_that_panics_loses_its_event() {
    let seen = observe(untraced(), || {
        sentry::with_scope(|scope| scope.add_event_processor(|_| panic!("broken")), || message("bad"));
        message("fine");
    });
    assert_eq!(seen.event()["logentry"]["message"], "fine");
    assert_eq!(seen.reported("event_processor", "error"), 1);
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
    assert!(seen.events().is_empty(), "the callback's panic causes no event");
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
    // By now, the pipeline has processed everything that `before_send` captured.
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
    let seen = observe(options, || {
        message("one");
        std::time::Instant::now()
    });
    assert!(seen.result.elapsed() < LONG, "the flush does not wait for its own callback");
    assert_eq!(only(seen.events())["logentry"]["message"], "one");
    assert_eq!(counted.load(Ordering::Relaxed), 0, "flush returns false");
}

#[test]
fn before_send_may_take_its_time_and_flush_keeps_to_its_own() {
    assert_takes_less_than(Duration::from_secs(3), || {
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
            let took = started.elapsed();
            go.send(()).unwrap();
            took
        });
        assert_eq!(seen.events().len(), 1);
        seen.result
    });
}

/// Calls most functions of the API.
fn everything() {
    sentry::set_tag("from", "a callback");
    sentry::set_extra("from", "a callback");
    sentry::configure_scope(|scope| {
        scope.set_tag("configured", true);
        sentry::set_tag("inside", "of configure_scope");
    });
    sentry::with_scope(|scope| scope.set_tag("a", 1), || message("captured in with_scope"));
    sentry::with_isolation_scope(|| message("captured in with_isolation_scope"));
    sentry::add_breadcrumb(Breadcrumb { message: Some("from a callback".into()), ..Default::default() });
    sentry::start_span("from a callback", |span| span.set_attribute("a", 1));
    sentry::continue_trace(
        &[("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")],
        || message("continued"),
    );
    sentry::capture_error(&std::fmt::Error);
    if let Ok(check_in) =
        sentry::protocol::MonitorCheckIn::new("from-a-callback", sentry::protocol::MonitorCheckInStatus::Ok)
    {
        sentry::capture_check_in(check_in, None);
    }
    let client = sentry::get_client().unwrap();
    let _ = (client.stats(), client.is_enabled(), sentry::last_event_id(), sentry::get_active_span());
    let _ = (sentry::get_trace_data(), sentry::get_trace_meta_tags());
    sentry::flush(Duration::from_millis(10));
}

#[test]
fn every_callback_may_call_everything() {
    let options = untraced()
        .before_send(|event| {
            everything();
            Some(event)
        })
        .before_send_transaction(|transaction| {
            everything();
            Some(transaction)
        })
        .before_breadcrumb(|breadcrumb| {
            everything();
            Some(breadcrumb)
        })
        .traces_sampler(|_| {
            everything();
            1.0
        });
    let seen = observe(options, || {
        let started = std::time::Instant::now();
        sentry::with_isolation_scope(|| {
            sentry::add_event_processor(|event| {
                everything();
                Some(event)
            });
            sentry::add_breadcrumb(Breadcrumb { message: Some("mine".into()), ..Default::default() });
            sentry::start_span("mine", |_| message("mine"));
        });
        started
    });
    assert!(seen.result.elapsed() < LONG, "no call waits for its own callback: {:?}", seen.result.elapsed());
    assert!(seen.events().iter().any(|event| event["logentry"]["message"] == "mine"));
    assert!(seen.transactions().iter().any(|transaction| transaction["transaction"] == "mine"));
    assert!(seen.check_ins().len() < 1000 && seen.events().len() < 1000, "there is no endless loop");
}

/// A panic payload that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any("the payload broke too");
    }
}

#[test]
fn a_panic_that_panics_as_it_is_dropped_costs_its_item_and_nothing_else() {
    let options = options()
        .before_send(|event| match &event.logentry {
            Some(entry) if entry.message == "fine" => Some(event),
            _ => std::panic::panic_any(Bomb),
        })
        .before_send_transaction(|transaction| match transaction.name.as_deref() {
            Some("fine") => Some(transaction),
            _ => std::panic::panic_any(Bomb),
        })
        .before_breadcrumb(|_| std::panic::panic_any(Bomb));
    let seen = observe(options, || {
        for text in ["bad", "fine", "bad"] {
            sentry::add_breadcrumb(Breadcrumb::default());
            message(text);
            sentry::start_span(text.to_owned(), |_| ());
        }
    });
    assert_eq!(seen.event()["logentry"]["message"], "fine");
    assert_eq!(seen.transaction()["transaction"], "fine");
    assert_eq!(seen.reported("before_send", "error"), 2);
    assert_eq!(seen.reported("before_send", "transaction"), 2);
    assert_eq!(seen.reported("before_send", "span"), 2);
}

#[test]
fn a_callback_may_close_the_client() {
    let (calls, counted) = counter();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let options = untraced().before_send(move |event| {
        calls.fetch_add(1, Ordering::Relaxed);
        // Waits until both messages are captured, because a closed client accepts none.
        let _ = wait.lock().unwrap().recv();
        sentry::close(Duration::from_millis(100));
        Some(event)
    });
    let seen = observe(options, || {
        message("one");
        message("two");
        drop(go);
        let flushed = sentry::flush(LONG);
        message("after");
        flushed
    });
    assert!(seen.result, "the flush does not wait for the callback that closes the client");
    assert!((1..=2).contains(&counted.load(Ordering::Relaxed)), "{counted:?}");
    let captured = seen.stats.sent(sentry::protocol::DataCategory::Error) + seen.stats.lost();
    assert_eq!(captured, 2, "both messages are sent or counted: {:?}", seen.stats);
}

#[test]
fn the_guard_is_dropped_in_time_whatever_a_callback_waits_for() {
    assert_takes_less_than(Duration::from_secs(3), || {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let options = untraced().shutdown_timeout(Duration::from_millis(300)).before_send(move |event| {
            let _ = wait.lock().unwrap().recv();
            Some(event)
        });
        support::without_client(|| {
            let server = sentry_tests::FakeSentry::start();
            let guard = sentry::init(options.dsn(&server.dsn()));
            message("one");
            let started = std::time::Instant::now();
            assert!(!sentry::flush(Duration::from_millis(100)));
            drop(guard);
            let took = started.elapsed();
            drop(go);
            took
        })
    });
}

#[test]
fn events_that_a_callback_captures_keep_the_tags_that_it_sets() {
    let options = untraced().before_send(|event| {
        let text = event.message.as_deref().unwrap_or_default().to_owned();
        if !text.ends_with("again") {
            let _id = sentry::capture_message_with(&format!("{text} again"), Level::Info, |scope| {
                scope.set_tag("inner", 7);
            });
            sentry::with_scope(
                |scope| scope.set_tag("outer", "kept"),
                || message(&format!("{text} and again")),
            );
        }
        Some(event)
    });
    let seen = observe(options, || message("seen"));
    let tags = |text: &str| {
        let found = seen.events().into_iter().filter(|event| event["logentry"]["message"] == text);
        only(found.collect())["tags"].clone()
    };
    assert_eq!(tags("seen again")["inner"], "7", "{:?}", seen.events());
    assert_eq!(tags("seen and again")["outer"], "kept");
}
