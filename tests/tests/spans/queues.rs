//! Tests of messages in queues: one program publishes them, another one processes them, in one trace.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use sentry::queue::{self, Message};
use sentry_tests::support::{LONG, block_on, observe, only, options, without_client};
use serde_json::{Value, json};

type Headers = HashMap<String, String>;

fn publish(body: &str) -> Headers {
    let message = Message::new().system("in_memory").id("17").body_size(body.len());
    queue::publish("orders", message, |headers| headers.collect())
}

fn received(headers: &Headers) -> Message {
    let message = Message::new().system("in_memory").id("17").body_size(4).envelope_size(300);
    message.retry_count(2).headers(headers).tag("shop", "north")
}

fn attributes(span: &Value) -> &Value {
    &span["data"]
}

#[test]
fn a_message_keeps_its_trace_from_publish_to_process() {
    let seen = observe(options(), || {
        let headers = sentry::start_span("checkout", |_| publish("1002"));
        // The message is processed on another thread, which shares no context, just as another program would.
        std::thread::spawn(move || queue::process("orders", received(&headers), work)).join().unwrap();
    });
    let named =
        |name: &str| only(seen.transactions().into_iter().filter(|it| it["transaction"] == name).collect());
    let (producer, consumer) = (named("checkout"), named("orders"));
    let published = &producer["spans"][0];
    assert_eq!((&published["op"], &published["description"]), (&json!("queue.publish"), &json!("orders")));
    assert_eq!(published["origin"], "auto.queue.publish");
    let both = json!({
        "messaging.system": "in_memory",
        "messaging.destination.name": "orders",
        "messaging.message.id": "17",
        "messaging.message.body.size": 4,
    });
    let processed = &consumer["contexts"]["trace"];
    for (key, value) in both.as_object().unwrap() {
        assert_eq!(&attributes(published)[key], value, "{key} of the producer");
        assert_eq!(&attributes(processed)[key], value, "{key} of the consumer");
    }
    assert_eq!(
        (&processed["op"], &processed["origin"]),
        (&json!("queue.process"), &json!("auto.queue.process"))
    );
    assert_eq!(consumer["transaction_info"]["source"], "task");
    assert_eq!(processed["trace_id"], producer["contexts"]["trace"]["trace_id"]);
    assert_eq!(processed["parent_span_id"], published["span_id"]);
    assert_eq!(attributes(processed)["messaging.message.retry.count"], 2);
    assert_eq!(attributes(processed)["messaging.message.envelope.size"], 300);
    let latency = attributes(processed)["messaging.message.receive.latency"].as_f64().unwrap();
    assert!((0.0..LONG.as_secs_f64() * 1e3).contains(&latency), "{latency} ms");
    assert_eq!(consumer["tags"]["shop"], "north");
    assert_eq!(consumer["spans"][0]["description"], "queues::work");
}

#[sentry::span]
fn work() {}

#[test]
fn the_latency_is_in_milliseconds_since_the_time_of_publication() {
    let seen = observe(options(), || {
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        queue::process("orders", received(&publish("1002")).published_at(hour_ago), || ());
        // The clock of the producer is ahead.
        let later = SystemTime::now() + Duration::from_secs(3600);
        queue::process("early", received(&Headers::new()).published_at(later), || ());
    });
    let latency = |name: &str, op: &str| {
        let of = |it: &Value| it["transaction"] == name && it["contexts"]["trace"]["op"] == op;
        let transaction = only(seen.transactions().into_iter().filter(of).collect());
        transaction["contexts"]["trace"]["data"]["messaging.message.receive.latency"].clone()
    };
    let hour = latency("orders", "queue.process").as_f64().unwrap();
    assert!((3.6e6..3.6e6 + 6e4).contains(&hour), "{hour}");
    assert_eq!(latency("early", "queue.process"), Value::Null);
    assert_eq!(latency("orders", "queue.publish"), Value::Null);
}

#[test]
fn an_error_of_the_consumer_is_captured_once_in_a_scope_of_its_own() {
    let seen = observe(options(), || {
        let parse = |text: &str| text.parse::<u32>();
        let failed = queue::try_process("orders", received(&publish("x")), || {
            sentry::set_tag("order", "x");
            parse("x")
        });
        assert!(failed.is_err());
        assert_eq!(queue::try_process("orders", received(&publish("7")), || parse("7")), Ok(7));
        let later = queue::try_process_async("later", received(&Headers::new()), async { parse("y") });
        assert!(block_on(later).is_err());
        block_on(queue::process_async("never", Message::new(), async {}));
        sentry::capture_message("outside", sentry::Level::Info);
    });
    let events = seen.events();
    let errors: Vec<_> = events.iter().filter(|event| event["exception"].is_object()).collect();
    assert_eq!(errors.len(), 2);
    let mechanism = &errors[0]["exception"]["values"][0]["mechanism"];
    assert_eq!((&mechanism["type"], &mechanism["handled"]), (&json!("auto.queue.process"), &json!(false)));
    assert_eq!((&errors[0]["tags"]["order"], &errors[0]["tags"]["shop"]), (&json!("x"), &json!("north")));
    let outside = only(events.iter().filter(|event| event["logentry"].is_object()).collect());
    assert_eq!(outside["tags"], Value::Null, "the scope of a message ends with the message");
    let status = |name: &str| {
        let of = |it: &Value| it["transaction"] == name && it["contexts"]["trace"]["op"] == "queue.process";
        let found = seen.transactions().into_iter().filter(of);
        found.map(|it| it["contexts"]["trace"]["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(status("orders"), ["internal_error", "ok"]);
    assert_eq!(status("later"), ["internal_error"]);
}

#[test]
fn a_future_publishes_inside_its_span() {
    let seen = observe(options(), || {
        let published = queue::publish_async("orders", Message::new(), async |headers| {
            let headers: Headers = headers.collect();
            (headers, sentry::get_active_span().and_then(|span| span.span_id()))
        });
        let (headers, span) = block_on(published);
        assert!(headers["sentry-trace"].contains(&span.unwrap().to_string()), "{headers:?}");
        assert!(headers.contains_key("baggage"));
    });
    assert_eq!(seen.transaction()["contexts"]["trace"]["op"], "queue.publish");
}

#[test]
fn without_a_client_there_are_no_headers() {
    without_client(|| {
        assert!(publish("1002").is_empty());
        assert_eq!(queue::process("orders", received(&Headers::new()), || 7), 7);
    });
}
