//! Tests of integrations: added with the options or later, listed once, with panics contained.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sentry::protocol::Event;
use sentry::{Client, Hint, Integration, Level};
use sentry_tests::support::{observe, options, untraced, without_client};
use serde_json::Value;

use crate::message;

/// An integration that records its calls, and marks events.
#[derive(Clone, Default)]
struct Marking {
    name: &'static str,
    mark: &'static str,
    setups: Arc<AtomicUsize>,
    clients: Arc<Mutex<Vec<Arc<Client>>>>,
}

impl Integration for Marking {
    fn name(&self) -> &str {
        self.name
    }

    fn setup(&self, client: &Arc<Client>) {
        self.setups.fetch_add(1, Ordering::Relaxed);
        self.clients.lock().unwrap().push(Arc::clone(client));
        assert_ne!(self.name, "broken", "thrown by the setup");
    }

    fn process_event(&self, mut event: Event<'static>, hint: &mut Hint) -> Option<Event<'static>> {
        event.tags.insert("mark".into(), self.mark.to_owned());
        let text = hint.text.clone().unwrap_or_default();
        assert_ne!(text, "bad", "thrown by the integration");
        (text != "dropped").then_some(event)
    }
}

fn marking(name: &'static str, mark: &'static str) -> Marking {
    Marking { name, mark, ..Marking::default() }
}

fn integrations(payload: &Value) -> Vec<&str> {
    payload["sdk"]["integrations"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[test]
fn an_integration_can_be_given_in_options_or_added_later() {
    let (early, late) = (marking("early", "1"), marking("late", "2"));
    let (watched, also) = (early.clone(), late.clone());
    let seen = observe(options().integration(early), || {
        message("first");
        assert!(sentry::flush(sentry_tests::support::LONG));
        assert!(sentry::add_integration(late));
        message("second");
        sentry::start_span("later", |_| ());
    });
    assert_eq!(watched.setups.load(Ordering::Relaxed), 1);
    assert_eq!(also.setups.load(Ordering::Relaxed), 1);
    let events = seen.events();
    let by = |text: &str| events.iter().find(|event| event["logentry"]["message"] == text).unwrap();
    assert_eq!(by("first")["tags"]["mark"], "1");
    assert!(integrations(by("first")).contains(&"early") && !integrations(by("first")).contains(&"late"));
    assert_eq!(by("second")["tags"]["mark"], "2");
    assert!(integrations(by("second")).ends_with(&["early", "late"]), "{:?}", integrations(by("second")));
    assert!(integrations(&seen.transaction()).ends_with(&["early", "late"]));
}

#[test]
fn of_two_integrations_with_one_name_the_first_is_kept() {
    let second = marking("shelf", "second");
    let watched = second.clone();
    let seen = observe(untraced().integration(marking("shelf", "first")), || {
        assert!(!sentry::add_integration(second));
        message("marked");
    });
    assert_eq!(watched.setups.load(Ordering::Relaxed), 0);
    assert_eq!(seen.event()["tags"]["mark"], "first");
    assert_eq!(integrations(&seen.event()).iter().filter(|name| **name == "shelf").count(), 1);
}

#[test]
fn an_integration_that_panics_is_left_out() {
    let seen = observe(untraced().integration(marking("broken", "1")), || {
        assert!(!sentry::add_integration(marking("broken", "2")), "its setup panics as well");
        assert!(sentry::add_integration(marking("whole", "3")));
        message("fine");
        message("bad");
        message("dropped");
    });
    let event = seen.event();
    assert_eq!(event["tags"]["mark"], "3");
    assert!(!integrations(&event).contains(&"broken"));
    assert_eq!(seen.reported("event_processor", "error"), 2, "one that panicked, and one that was dropped");
    assert_eq!(seen.stats.lost(), 2);
}

#[test]
fn without_a_client_no_integration_is_added() {
    without_client(|| assert!(!sentry::add_integration(marking("early", "1"))));
}

#[test]
fn the_default_integrations_are_named_and_can_be_switched_off() {
    let names = |options| {
        let seen = observe(options, || sentry::capture_message("named", Level::Info));
        integrations(&seen.event()).join(" ")
    };
    assert_eq!(names(untraced()), "contexts stacktrace panic dedupe");
    assert_eq!(names(untraced().capture_panics(false).dedupe(false)), "contexts stacktrace");
}
