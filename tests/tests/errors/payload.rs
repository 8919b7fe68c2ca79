//! Tests of the contents of an event.

use std::error::Error;
use std::fmt;

use sentry::Level;
use sentry::protocol::{Event, Exception, Frame, LogEntry, Request, Stacktrace};
use sentry_tests::support::{observe, only, options, untraced, without_client};
use serde_json::{Value, json};

#[derive(Debug)]
struct NoCard(std::num::ParseIntError);

impl fmt::Display for NoCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card has no number")
    }
}

impl Error for NoCard {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(Debug)]
struct CannotPay {
    cause: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for CannotPay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order cannot be paid")
    }
}

impl Error for CannotPay {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

fn cannot_pay() -> CannotPay {
    CannotPay { cause: Box::new(NoCard("seven".parse::<u8>().unwrap_err())) }
}

#[inline(never)]
fn captures_it() -> (sentry::protocol::Uuid, u32) {
    (sentry::capture_error(&cannot_pay()), line!()) // the line that is captured
}

fn values(list: &Value) -> Vec<Value> {
    list["values"].as_array().cloned().unwrap_or_default()
}

#[test]
fn an_error_comes_with_all_its_causes_the_innermost_first() {
    let seen = observe(options(), captures_it);
    let event = seen.event();
    assert_eq!(event["event_id"], seen.result.0.simple().to_string());
    assert_eq!(event["level"], "error");
    let told: Vec<_> = values(&event["exception"])
        .iter()
        .map(|exception| {
            let mechanism = &exception["mechanism"];
            (
                exception["type"].clone(),
                exception["value"].clone(),
                mechanism["type"].clone(),
                mechanism["exception_id"].clone(),
                mechanism["parent_id"].clone(),
                mechanism["handled"].clone(),
            )
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["ParseIntError", "invalid digit found in string", "chained", 2, 1, true],
            ["NoCard", "the card has no number", "chained", 1, 0, true],
            ["CannotPay", "the order cannot be paid", "generic", 0, null, true],
        ])
    );
    assert!(values(&event["exception"])[2]["module"].as_str().unwrap().ends_with("payload"));
}

#[test]
fn an_error_without_causes_is_no_group() {
    let seen = observe(options(), || sentry::capture_error(&std::io::Error::other("disk full")));
    let exception = only(values(&seen.event()["exception"]));
    assert_eq!((&exception["type"], &exception["value"]), (&json!("io::Error"), &json!("disk full")));
    assert_eq!(exception["mechanism"].get("exception_id"), None);
    assert_eq!(exception["mechanism"].get("parent_id"), None);
}

#[test]
fn the_stack_leads_to_the_line_that_captured() {
    let seen = observe(options(), captures_it);
    let event = seen.event();
    let outermost = values(&event["exception"]).pop().unwrap();
    let frames = outermost["stacktrace"]["frames"].as_array().unwrap().clone();
    let innermost = frames.last().unwrap();
    assert!(innermost["function"].as_str().unwrap().contains("captures_it"), "{innermost:#}");
    assert!(innermost["filename"].as_str().unwrap().ends_with("errors/payload.rs"), "{innermost:#}");
    assert_eq!(innermost["lineno"], seen.result.1);
    assert_eq!(innermost["in_app"], true);
    let line = innermost["context_line"].as_str().unwrap();
    assert!(line.ends_with("// the line that is captured"), "{line}");
    assert_eq!(
        innermost["pre_context"].as_array().unwrap().last().unwrap(),
        "fn captures_it() -> (sentry::protocol::Uuid, u32) {"
    );
    assert_eq!(innermost["post_context"][0], "}");
    assert!(
        frames.iter().any(|frame| frame["in_app"] == false),
        "the standard library is not the program: {frames:#?}"
    );
    // The closure is called by the test library, which belongs to the program.
    let ours = |module: &str| module.starts_with("sentry") && !module.starts_with("sentry_tests::");
    assert!(
        !frames.iter().any(|frame| frame["module"].as_str().is_some_and(ours)),
        "our own frames are left out: {frames:#?}"
    );
    let thread = only(values(&event["threads"]));
    assert_eq!(thread["name"], std::thread::current().name().unwrap());
    assert_eq!((&thread["current"], thread.get("crashed")), (&json!(true), None));
    assert_eq!(outermost["thread_id"], thread["id"]);
}

#[test]
fn a_message_is_a_log_entry() {
    let seen = observe(options(), || sentry::capture_message("the cache was rebuilt", Level::Info));
    let event = seen.event();
    assert_eq!(event["logentry"], json!({"message": "the cache was rebuilt"}));
    assert_eq!((&event["level"], event.get("exception")), (&json!("info"), None));
    assert_eq!(event["event_id"], seen.result.simple().to_string());
    let stacks = values(&event["threads"]).into_iter().filter(|thread| thread.get("stacktrace").is_some());
    assert_eq!(stacks.count(), 0);

    let seen =
        observe(options().attach_stacktrace(true), || sentry::capture_message("with a stack", Level::Info));
    assert!(only(values(&seen.event()["threads"]))["stacktrace"]["frames"].is_array());
}

#[test]
fn a_hand_made_event_is_sent_unchanged() {
    let seen = observe(options(), || {
        let mut event = Event {
            level: Level::Warning,
            logentry: Some(LogEntry { message: "%s is empty".into(), params: vec!["the shelf".into()] }),
            release: Some("other@2".into()),
            logger: Some("stock".into()),
            ..Event::default()
        };
        event.tags.insert("row".into(), "7".into());
        sentry::capture_event(event)
    });
    let event = seen.event();
    assert_eq!(event["event_id"], seen.result.simple().to_string());
    assert_eq!(event["logentry"], json!({"message": "%s is empty", "params": ["the shelf"]}));
    assert_eq!((&event["level"], &event["logger"]), (&json!("warning"), &json!("stock")));
    assert_eq!((&event["release"], &event["environment"]), (&json!("other@2"), &json!("testing")));
    assert_eq!(event["tags"], json!({"row": "7"}));
}

#[test]
fn every_event_says_where_it_comes_from() {
    let seen = observe(untraced().dist("42"), captures_it);
    let event = seen.event();
    for (field, expected) in [
        ("release", "shop@1.4.2"),
        ("environment", "testing"),
        ("server_name", "box-7"),
        ("dist", "42"),
        ("platform", "native"),
    ] {
        assert_eq!(event[field], expected, "{field}");
    }
    assert!(event["timestamp"].as_f64().unwrap() > 1.7e9);
    assert!(event["sdk"]["name"].is_string() && event["sdk"]["version"].is_string());
    for context in ["os", "runtime", "device", "trace"] {
        assert!(event["contexts"][context].is_object(), "{context}");
    }
    let envelope = only(seen.envelopes());
    assert_eq!(envelope.header["event_id"], event["event_id"]);
    assert_eq!(envelope.header["trace"]["trace_id"], event["contexts"]["trace"]["trace_id"]);
}

#[test]
fn an_event_names_the_span_in_which_it_happened() {
    #[sentry::span(name = "inner")]
    fn inner() {
        captures_it();
    }
    let seen = observe(options(), || sentry::start_span("root", |_| inner()));
    let (event, inner) = (seen.event(), seen.span("inner"));
    let trace = &event["contexts"]["trace"];
    assert_eq!(
        (trace["trace_id"].as_str(), trace["span_id"].as_str()),
        (Some(&*inner.trace), Some(&*inner.id))
    );
    assert_eq!(event["transaction"], "root");
}

#[test]
fn the_last_events_id_is_known_on_its_thread() {
    observe(options(), || {
        let id = sentry::capture_message("one", Level::Info);
        assert_eq!(sentry::last_event_id(), Some(id));
        std::thread::spawn(|| assert_eq!(sentry::last_event_id(), None)).join().unwrap();
        let next = sentry::capture_error(&cannot_pay());
        assert_ne!(next, id);
        assert_eq!(sentry::last_event_id(), Some(next));
    });
}

#[test]
fn without_a_client_ids_are_nil() {
    without_client(|| {
        assert!(sentry::capture_error(&cannot_pay()).is_nil());
        assert!(sentry::capture_message("nobody hears", Level::Info).is_nil());
        assert!(sentry::capture_event(Event::default()).is_nil());
    });
}

#[test]
fn a_share_of_events_can_be_sent() {
    let seen = observe(options().sample_rate(0.0), captures_it);
    assert_eq!(seen.events().len(), 0);
    assert_eq!(seen.reported("sample_rate", "error"), 1);
}

#[test]
fn long_names_and_paths_of_frames_keep_both_ends() {
    let symbol =
        format!("shop::cart::total::<{}>::{{closure#0}}", "alloc::vec::Vec<shop::Item>, ".repeat(40));
    let path = format!("/home/me/{}src/order.rs", "deep/".repeat(100));
    let frame = Frame {
        function: Some(symbol.clone()),
        symbol: Some(symbol),
        filename: Some(path.clone()),
        abs_path: Some(path),
        ..Frame::default()
    };
    let seen = observe(options(), || {
        let stacktrace = Stacktrace::from_frames_reversed(vec![frame]);
        let exception = Exception { ty: "Far".into(), stacktrace, ..Exception::default() };
        sentry::capture_event(Event { exception: vec![exception].into(), ..Event::default() });
    });
    let sent = &values(&seen.event()["exception"])[0]["stacktrace"]["frames"][0];
    for (name, max, start, end) in [
        ("function", 512, "shop::cart::total::<", ">::{closure#0}"),
        ("symbol", 512, "shop::cart::total::<", ">::{closure#0}"),
        ("filename", 256, "/home/me/deep/", "deep/src/order.rs"),
        ("abs_path", 256, "/home/me/deep/", "deep/src/order.rs"),
    ] {
        let text = sent[name].as_str().unwrap();
        assert_eq!(text.chars().count(), max, "{name}: {text}");
        assert!(text.starts_with(start) && text.ends_with(end) && text.contains("..."), "{name}: {text}");
    }
}

#[test]
fn the_url_of_a_request_is_valid_without_its_password() {
    let seen = observe(options(), || {
        let url = Some("https://me:hunter2@shop.example:8443/cart?page=2#top".to_owned());
        let request = Some(Request { url, ..Request::default() });
        sentry::capture_event(Event { request, ..Event::default() });
    });
    let event = seen.event();
    let url = event["request"]["url"].as_str().unwrap();
    assert_eq!(url, "https://%5BFiltered%5D:%5BFiltered%5D@shop.example:8443/cart?page=2#top");
}
