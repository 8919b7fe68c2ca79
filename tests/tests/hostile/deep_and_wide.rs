//! Tests of data of unlimited depth and breadth.

use std::collections::BTreeMap;

use sentry::protocol::{Attachment, AttributeValue, Context, Event, Value};
use sentry::{Breadcrumb, Level};
use sentry_tests::support::{Seen, observe, options, untraced};

/// A depth that exceeds any stack if it is processed recursively.
const DEEP: usize = 100_000;
const MANY: usize = 100_000;

fn lists() -> Value {
    (0..DEEP).fold(Value::from(1), |inner, _| Value::Array(vec![inner]))
}

fn objects() -> Value {
    (0..DEEP).fold(Value::from(1), |inner, _| Value::Object([("in".to_owned(), inner)].into_iter().collect()))
}

fn message() {
    sentry::capture_message("hello", Level::Info);
}

/// Asserts that all events are small, because servers refuse events of more than a megabyte.
#[track_caller]
fn assert_small<R>(seen: &Seen<R>) {
    for request in seen.requests() {
        assert!(request.body.len() < 1_000_000, "{} bytes", request.body.len());
    }
}

#[test]
fn depth_is_limited_wherever_data_is_handed_over() {
    let options = options()
        .before_send(|mut event| {
            event.extra.insert("from before_send".into(), objects());
            Some(event)
        })
        .before_send_transaction(|mut transaction| {
            transaction.extra.insert("from before_send_transaction".into(), lists());
            Some(transaction)
        })
        .before_breadcrumb(|mut breadcrumb| {
            breadcrumb.data.insert("from before_breadcrumb".into(), lists());
            Some(breadcrumb)
        });
    let seen = observe(options, || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("lists", lists());
            sentry::set_extra("lists", objects());
            sentry::set_context("shop", Context::Other(BTreeMap::from([("deep".to_owned(), objects())])));
            sentry::configure_scope(|scope| scope.set_extra("configured", lists()));
            let data = BTreeMap::from([("deep".to_owned(), objects())]);
            sentry::add_breadcrumb(Breadcrumb { data, ..Default::default() });
            sentry::start_span("work", |span| {
                let nested =
                    (0..DEEP).fold(AttributeValue::from(1), |inner, _| AttributeValue::Array([inner].into()));
                span.set_attribute("nested", nested);
            });
            let mut event = Event::default();
            event.extra.insert("of the event".into(), objects());
            event.contexts.insert(
                "of the event".into(),
                Context::Other(BTreeMap::from([("deep".to_owned(), lists())])),
            );
            sentry::capture_event(event);
        });
    });
    let event = seen.event();
    assert_eq!(event["extra"]["lists"]["in"]["in"], "[Object]", "{event}");
    for name in ["configured", "from before_send", "of the event"] {
        assert!(event["extra"][name].to_string().len() < 100, "{name}");
    }
    assert!(event["contexts"]["trace"]["trace_id"].is_string(), "the trace context is kept");
    assert_eq!(event["breadcrumbs"]["values"].as_array().unwrap().len(), 1);
    assert!(seen.transaction()["extra"]["from before_send_transaction"].to_string().len() < 100);
    assert_small(&seen);
}

#[test]
fn depth_is_no_danger_without_a_client_either() {
    sentry_tests::support::without_client(|| {
        sentry::set_extra("lists", lists());
        sentry::set_context("shop", Context::Other(BTreeMap::from([("deep".to_owned(), objects())])));
        sentry::add_breadcrumb(Breadcrumb {
            data: BTreeMap::from([("deep".to_owned(), lists())]),
            ..Default::default()
        });
        let mut event = Event::default();
        event.extra.insert("deep".into(), objects());
        sentry::capture_event(event);
    });
}

#[test]
fn breadth_is_limited_wherever_data_is_handed_over() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            for number in 0..MANY {
                sentry::set_tag(&format!("tag-{number}"), number);
                sentry::set_extra(&format!("extra-{number}"), number);
                sentry::set_context(
                    &format!("context-{number}"),
                    BTreeMap::from([("n".to_owned(), number.into())]),
                );
            }
            for number in 0..MANY {
                let message = Some(number.to_string());
                sentry::add_breadcrumb(Breadcrumb { message, ..Default::default() });
            }
            sentry::set_extra("extra-0", vec![1; MANY]);
            sentry::start_span("work", |span| {
                for number in 0..MANY {
                    span.set_attribute(format!("attribute-{number}"), number as u64);
                }
                span.set_attribute("list", vec![1; MANY]);
            });
            message();
        });
    });
    assert_eq!(seen.stats.lost(), 0, "{:?}", seen.stats);
    let event = seen.event();
    for (name, kept) in [("tags", 1000), ("extra", 1000), ("contexts", 1000)] {
        let number = event[name].as_object().unwrap().len();
        assert!((900..=kept).contains(&number), "{number} {name}");
    }
    assert_eq!(event["breadcrumbs"]["values"].as_array().unwrap().len(), 100);
    assert_eq!(event["extra"]["extra-0"].as_array().unwrap().len(), 1001);
    let data = seen.transaction()["contexts"]["trace"]["data"].as_object().unwrap().len();
    assert!(data <= 1001, "{data} attributes");
    assert_small(&seen);
}

#[test]
fn a_scope_that_is_full_takes_new_values_of_known_names() {
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            (0..2000).for_each(|number| sentry::set_tag(&format!("tag-{number:04}"), "old"));
            sentry::set_tag("tag-0007", "new");
            message();
        });
    });
    assert_eq!(seen.event()["tags"]["tag-0007"], "new");
}

#[test]
fn an_attachment_that_is_too_large_goes_alone() {
    let file = |name: &str, bytes: usize| Attachment {
        buffer: vec![b'x'; bytes],
        filename: name.to_owned(),
        content_type: Some("text/plain".to_owned()),
        ..Attachment::default()
    };
    let seen = observe(untraced().max_attachment_size(100), || {
        sentry::with_isolation_scope(|| {
            for (name, bytes) in
                [("huge", 1000), ("one", 60), ("no more room", 41), ("two", 40), ("empty", 0)]
            {
                sentry::add_attachment(file(name, bytes));
            }
            message();
        });
    });
    let items = seen.items();
    let attachments: Vec<_> = items.iter().filter(|item| item.header["type"] == "attachment").collect();
    let names: Vec<_> = attachments.iter().map(|item| item.header["filename"].as_str().unwrap()).collect();
    assert_eq!(names, ["one", "two", "empty"]);
    assert_eq!(attachments[0].header["content_type"], "text/plain");
    assert_eq!(seen.events().len(), 1, "the event is sent nevertheless");
    assert_eq!(seen.reported("invalid", "attachment"), 1041, "bytes");
}

#[test]
fn attributes_of_logs_and_scopes_are_bounded_and_counted() {
    let seen = observe(untraced().enable_logs(true), || {
        sentry::with_isolation_scope(|| {
            for number in 0..MANY {
                sentry::set_attribute(format!("{number}-{}", "k".repeat(1000)), number as u64);
            }
            sentry::logger::info!("hello");
            let attributes = (0..200).map(|number| (format!("own-{number}"), number));
            sentry::logger::info("many", attributes.clone());
            let metric = sentry::metrics::count("orders", 1);
            attributes.fold(metric, |metric, (key, value)| metric.attribute(key, value)).capture();
        });
    });
    let logs = seen.logs();
    assert!(logs[0]["attributes"].as_object().unwrap().len() < 150);
    assert!(logs[0].to_string().len() < 100_000, "{} bytes", logs[0].to_string().len());
    let own = logs[1]["attributes"].as_object().unwrap().keys().filter(|key| key.starts_with("own-")).count();
    assert_eq!(own, 128);
    assert_eq!(seen.stats.cut_attributes, 2 * 72);
    assert_eq!(seen.stats.lost(), 0, "{:?}", seen.stats);
}

/// Returns eight megabytes, in texts of the maximum length.
fn heavy() -> Value {
    Value::Array((0..128).map(|_| "x".repeat(65_000).into()).collect())
}

#[test]
fn what_waits_is_bounded_in_bytes() {
    // A callback blocks the pipeline, so that all events wait.
    static GATE: std::sync::RwLock<()> = std::sync::RwLock::new(());
    // The sent events are small, so that the transport accepts all of them at once.
    let options = untraced().enable_logs(true).before_send(|mut event| {
        drop(GATE.read());
        event.extra.clear();
        Some(event)
    });
    let seen = observe(options, || {
        let held = GATE.write().unwrap();
        // Half of the events have the data themselves, the others have it on their scope.
        for number in 0..40 {
            if number % 2 == 0 {
                let mut event = Event::default();
                event.extra.insert("heavy".into(), heavy());
                sentry::capture_event(event);
            } else {
                let message = || sentry::capture_message("heavy", Level::Info);
                sentry::with_scope(|scope| scope.set_extra("heavy", heavy()), message);
            }
        }
        let check_in = |status| sentry::protocol::MonitorCheckIn::new("job", status).unwrap();
        sentry::capture_check_in(check_in(sentry::protocol::MonitorCheckInStatus::Ok), None);
        drop(held);
        sentry::flush(sentry_tests::support::LONG);
        // There is room again, and events that share a scope count its bytes once.
        sentry::with_scope(|scope| scope.set_extra("heavy", heavy()), || (0..20).for_each(|_| message()));
    });
    // One event was in the callback, and three quarters of 32 MiB waited; then the twenty follow.
    let arrived = seen.events().len();
    assert!((22..=24).contains(&arrived), "{arrived} events");
    assert_eq!(seen.reported("queue_overflow", "error") as usize, 60 - arrived);
    assert_eq!(seen.check_ins().len(), 1);
}
