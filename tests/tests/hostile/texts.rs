//! Tests of texts that are too long, and of texts that could break lines, headers and quotes.

use std::collections::BTreeMap;

use sentry::protocol::{Attachment, Event, LogEntry, Request};
use sentry::{Breadcrumb, Level, SpanOptions};
use sentry_tests::support::{observe, options, untraced};

fn megabytes(unit: &str) -> String {
    unit.repeat((2 << 20) / unit.len())
}

#[test]
fn megabytes_are_cut_at_characters() {
    let (text, wide) = (megabytes("x"), megabytes("🦀"));
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("tag", &wide);
            sentry::set_tag(&text, "value");
            sentry::set_extra("extra", &*wide);
            sentry::set_extra(&text, 1);
            sentry::set_context(&text, BTreeMap::from([(wide.clone(), wide.as_str().into())]));
            sentry::set_fingerprint(Some(&[&text, &wide]));
            sentry::set_user(Some(sentry::User { id: Some(text.clone()), ..Default::default() }));
            sentry::add_breadcrumb(Breadcrumb {
                message: Some(wide.clone()),
                category: Some(text.clone()),
                data: BTreeMap::from([(text.clone(), text.as_str().into())]),
                ..Default::default()
            });
            sentry::start_span(SpanOptions::new(text.clone()).op(text.clone()), |span| {
                span.set_attribute(text.clone(), &*wide);
                span.set_attribute("list", vec![wide.clone()]);
                span.set_tag(text.clone(), &wide);
                sentry::start_span(SpanOptions::new(wide.clone()).op(wide.clone()), |child| {
                    child.set_attribute(wide.clone(), &*text);
                    child.set_tag("tag", &text);
                    sentry::capture_message(&wide, Level::Info);
                });
            });
            sentry::capture_event(Event {
                logentry: Some(LogEntry { message: wide.clone(), params: vec![text.as_str().into()] }),
                logger: Some(text.clone()),
                transaction: Some(wide.clone()),
                request: Some(Request {
                    url: Some(text.clone()),
                    data: Some(text.clone()),
                    headers: BTreeMap::from([(text.clone(), wide.clone())]),
                    ..Default::default()
                }),
                ..Default::default()
            });
        });
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (2, 1));
    for item in seen.items() {
        assert!(
            item.payload.to_string().len() < 400_000,
            "{} of {}",
            item.payload.to_string().len(),
            item.header
        );
    }
    let event = seen.events().into_iter().find(|event| event["logger"].is_null()).unwrap();
    assert_eq!(event["logentry"]["message"].as_str().unwrap().chars().count(), 8192);
    assert_eq!(event["tags"]["tag"].as_str().unwrap().chars().count(), 200);
    assert_eq!(event["extra"]["extra"].as_str().unwrap().chars().count(), 8192);
}

/// Characters that end a line, a quote or a C string, or that control a terminal.
const NASTY: &str = "a\nb\r\nc\0d\"e\\f\u{1b}[31m\u{2028}\u{feff}{}\u{7f}";

#[test]
fn nothing_breaks_a_line_of_headers() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("tag", NASTY);
            sentry::set_tag(NASTY, "value");
            sentry::set_extra(NASTY, NASTY);
            sentry::add_attachment(Attachment {
                buffer: b"one\ntwo".to_vec(),
                filename: NASTY.to_owned(),
                content_type: Some(NASTY.to_owned()),
                ..Attachment::default()
            });
            // The name of a transaction is also in the trace header of its envelope and in the baggage.
            sentry::start_span(NASTY, |span| {
                span.set_attribute(NASTY, NASTY);
                let baggage = sentry::get_trace_data().unwrap().baggage;
                assert!(baggage.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{baggage:?}");
                sentry::capture_message(NASTY, Level::Info);
            });
        });
    });
    assert_eq!(seen.event()["logentry"]["message"], NASTY);
    assert_eq!(seen.event()["extra"][NASTY], NASTY);
    assert!(!seen.event()["tags"]["tag"].as_str().unwrap().contains('\n'));
    assert_eq!(seen.transaction()["transaction"], NASTY);
    let items = seen.items();
    let file = items.iter().find(|item| item.header["type"] == "attachment").unwrap();
    assert_eq!(file.header["filename"], NASTY);
}

#[test]
fn a_hostile_caller_cannot_reach_an_envelope_header_through_baggage() {
    let entry = "%0A%7B%22type%22%3A%22event%22%7D%0A%00%ff";
    let members: Vec<String> = (0..100).map(|number| format!("sentry-key{number}={entry}")).collect();
    let trace = "771a43a4192642f0b136d5159a501700";
    let baggage = format!(
        "sentry-trace_id={trace},sentry-public_key=abc,sentry-transaction={entry},{}",
        members.join(",")
    );
    let mut headers = vec![("sentry-trace", format!("{trace}-1234567890abcdef-1"))];
    // The time to read a thousand headers must not grow with the square of their number.
    headers.extend((0..1000).map(|_| ("baggage", baggage.clone())));
    let seen = observe(options(), || {
        sentry::continue_trace(&headers, || {
            sentry::start_span("work", |_| sentry::capture_message("hello", Level::Info));
        });
    });
    assert_eq!((seen.events().len(), seen.transactions().len(), seen.items().len()), (1, 1, 2));
    assert_eq!(seen.transaction()["contexts"]["trace"]["trace_id"], trace);
    for envelope in seen.envelopes() {
        assert!(envelope.header["trace"].as_object().unwrap().len() <= 180);
    }
}

#[test]
fn a_user_agent_that_is_no_header_is_refused() {
    sentry_tests::support::without_client(|| {
        let error = sentry::try_init(untraced().user_agent("a\r\nX-Evil: 1")).unwrap_err().to_string();
        assert!(error.starts_with("user_agent is `a\\r\\nX-Evil: 1`"), "{error}");
    });
}
