//! Tests of `before_send` and event processors.

use std::sync::atomic::{AtomicUsize, Ordering};

use sentry::Level;
use sentry::protocol::{Event, Value};
use sentry_tests::support::{LONG, observe, options};

fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

fn text_of<'a>(event: &'a Event<'_>) -> &'a str {
    event.logentry.as_ref().map_or("", |entry| &entry.message)
}

#[test]
fn before_send_changes_and_drops() {
    let look = |mut event: Event<'static>| {
        event.tags.insert("seen".into(), "yes".into());
        (text_of(&event) != "secret").then_some(event)
    };
    let seen = observe(options().before_send(look), || {
        message("secret");
        message("plain");
    });
    let event = seen.event();
    assert_eq!((&event["logentry"]["message"], &event["tags"]["seen"]), (&"plain".into(), &"yes".into()));
    assert_eq!(seen.reported("before_send", "error"), 1);
}

#[test]
fn a_text_is_changed_and_removed_through_either_of_its_fields() {
    let look = |mut event: Event<'static>| {
        assert_eq!(event.message.as_deref(), Some(text_of(&event)), "both fields contain the text");
        match text_of(&event) {
            "by message" => event.message = Some("changed".to_owned()),
            "by logentry" => event.logentry.as_mut().unwrap().message = "changed".to_owned(),
            "no message" => event.message = None,
            "no logentry" => event.logentry = None,
            _ => {}
        }
        Some(event)
    };
    let seen = observe(options().before_send(look), || {
        for text in ["by message", "by logentry", "no message", "no logentry"] {
            message(text);
        }
        sentry::capture_event(Event { message: Some("by message".to_owned()), ..Event::default() });
    });
    let texts: Vec<_> = seen.events().iter().map(|event| event["logentry"]["message"].clone()).collect();
    assert_eq!(texts, ["changed".into(), "changed".into(), Value::Null, Value::Null, "changed".into()]);
    assert!(seen.events().iter().all(|event| event["message"].is_null()), "receivers know only `logentry`");
}

#[test]
fn a_before_send_that_panics_loses_its_event_and_nothing_else() {
    let look = |event: Event<'static>| {
        assert_ne!(text_of(&event), "bad", "thrown by the callback");
        Some(event)
    };
    let seen = observe(options().before_send(look), || {
        message("bad");
        message("good");
    });
    assert_eq!(seen.event()["logentry"]["message"], "good");
    assert_eq!(seen.reported("before_send", "error"), 1);
}

#[test]
fn a_before_send_that_always_panics_does_not_go_round_in_circles() {
    static CALLED: AtomicUsize = AtomicUsize::new(0);
    let look = |_: Event<'static>| -> Option<Event<'static>> {
        CALLED.fetch_add(1, Ordering::Relaxed);
        panic!("thrown by the callback");
    };
    let seen = observe(options().before_send(look), || {
        message("bad");
        assert!(sentry::flush(LONG));
    });
    assert_eq!(seen.events().len(), 0);
    assert_eq!(CALLED.load(Ordering::Relaxed), 1);
}

#[test]
fn processors_run_in_their_order_before_before_send() {
    let look = |mut event: Event<'static>| {
        event.tags.insert("order".into(), format!("{}, before_send", event.tags["order"]));
        Some(event)
    };
    let seen = observe(options().before_send(look), || {
        sentry::with_isolation_scope(|| {
            sentry::add_event_processor(|mut event| {
                event.tags.insert("order".into(), "isolation".into());
                Some(event)
            });
            sentry::with_scope(
                |scope| {
                    scope.add_event_processor(|mut event| {
                        event.tags.insert("order".into(), format!("{}, current", event.tags["order"]));
                        (text_of(&event) != "dropped").then_some(event)
                    });
                },
                || {
                    message("kept");
                    message("dropped");
                },
            );
        });
    });
    assert_eq!(seen.event()["tags"]["order"], "isolation, current, before_send");
    assert_eq!(seen.reported("event_processor", "error"), 1);
}

#[test]
fn a_callback_may_capture_and_wait_without_blocking_itself() {
    static CALLED: AtomicUsize = AtomicUsize::new(0);
    let look = |event: Event<'static>| {
        if CALLED.fetch_add(1, Ordering::Relaxed) == 0 {
            message("from the callback");
            sentry::flush(LONG);
        }
        Some(event)
    };
    let seen = observe(options().before_send(look), || message("first"));
    assert_eq!(seen.events().len(), 2);
}
