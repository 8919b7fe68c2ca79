//! Tests of names, attributes, status and links of spans: set, read back, and sent.

use std::time::{Duration, UNIX_EPOCH};

use sentry::protocol::{SpanLink, Value};
use sentry::{SpanOptions, SpanStatus};
use sentry_tests::support::{observe, options};
use serde_json::json;

use crate::{SPAN, TRACE};

#[test]
fn an_error_without_a_better_word_is_an_internal_error_on_roots_and_children() {
    let named = || {
        sentry::start_span("root", |root| {
            sentry::start_span("child", |child| child.set_status(SpanStatus::UnknownError));
            sentry::start_span("answered", |child| child.set_http_status(999));
            root.set_status(SpanStatus::UnknownError);
        });
    };
    let typed = options().before_send_transaction(Some);
    for options in [options(), typed] {
        let seen = observe(options, named);
        for name in ["root", "child", "answered"] {
            assert_eq!(seen.span(name).status, "internal_error", "{name}");
        }
    }
    let streamed = observe(options().trace_lifecycle(sentry::TraceLifecycle::Stream), named);
    for span in streamed.streamed_spans() {
        assert_eq!(
            (&span["status"], &span["attributes"]["sentry.status.message"]["value"]),
            (&json!("error"), &json!("internal_error"))
        );
    }
}

#[test]
fn attributes_have_every_type() {
    let seen = observe(options(), || {
        sentry::start_span(SpanOptions::new("root").attributes([("first", 1), ("second", 2)]), |span| {
            span.set_attribute("yes", true);
            span.set_attribute("whole", -7_i64);
            span.set_attribute("large", u64::MAX);
            span.set_attribute("number", 0.25);
            span.set_attribute("text", "a text that is too long to be kept in place");
            span.set_attribute("texts", vec!["a", "b"]);
            span.set_attribute("numbers", [1.5, 2.0]);
            span.set_attribute("flags", &[true, false][..]);
            span.set_attribute("missing", None::<u8>);
            span.set_attributes([("second", "replaced"), ("third", "3")]);
        });
    });
    let mut data = seen.span("root").data;
    data.as_object_mut().unwrap().remove("sentry.sample_rate");
    assert_eq!(
        data,
        json!({
            "first": 1, "second": "replaced", "third": "3", "yes": true, "whole": -7, "large": u64::MAX,
            "number": 0.25, "text": "a text that is too long to be kept in place", "texts": ["a", "b"],
            "numbers": [1.5, 2.0], "flags": [true, false],
        })
    );
}

#[test]
fn the_last_value_counts_whoever_set_it() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            sentry::start_span(SpanOptions::new("child").attribute("n", 1), |child| {
                child.set_attribute("n", 2);
                sentry::get_active_span().unwrap().set_attribute("n", 3);
                child.set_attribute("m", 1);
                sentry::get_active_span().unwrap().set_attribute("m", 2);
            });
        });
    });
    let child = seen.span("child");
    assert_eq!((&child.data["n"], &child.data["m"]), (&json!(3), &json!(2)));
}

#[test]
fn a_status_code_gives_status_and_attribute() {
    let table =
        [(200, "ok"), (302, "ok"), (404, "not_found"), (429, "resource_exhausted"), (503, "unavailable")];
    let seen = observe(options(), || {
        sentry::start_span("root", |root| {
            root.set_http_status(500);
            for (code, _) in table {
                sentry::start_span(format!("answer {code}"), |span| span.set_http_status(code));
            }
        });
    });
    let root = seen.span("root");
    assert_eq!((&*root.status, &root.data["http.response.status_code"]), ("internal_error", &json!(500)));
    for (code, status) in table {
        let span = seen.span(&format!("answer {code}"));
        assert_eq!((&*span.status, &span.data["http.response.status_code"]), (status, &json!(code)));
    }
}

#[test]
fn links_are_sent_with_their_attributes() {
    let far = || SpanLink::new(TRACE.parse().unwrap(), SPAN.parse().unwrap());
    let seen = observe(options(), || {
        let first = sentry::start_transaction("first");
        let link = first.link().unwrap().attribute("sentry.link.type", "previous_trace");
        first.end();
        sentry::start_span(SpanOptions::new("second").link(link), |second| {
            sentry::start_span("child", |child| {
                child.add_link(far().attribute("api_token", "s3cr3t"));
                child.add_links([SpanLink { sampled: Some(false), ..far() }]);
            });
            second.add_links(None);
        });
    });
    let first = seen.span("first");
    let second = seen.transactions().into_iter().find(|sent| sent["transaction"] == "second").unwrap();
    let link = json!({
        "trace_id": first.trace, "span_id": first.id, "sampled": true,
        "attributes": {"sentry.link.type": "previous_trace"},
    });
    assert_eq!(second["contexts"]["trace"]["links"], json!([link]));
    assert_eq!(
        second["spans"][0]["links"],
        json!([
            {"trace_id": TRACE, "span_id": SPAN, "attributes": {"api_token": "[Filtered]"}},
            {"trace_id": TRACE, "span_id": SPAN, "sampled": false},
        ])
    );
}

#[test]
fn tags_are_filtered_and_follow_the_rules() {
    let seen = observe(options(), || {
        sentry::start_span("root", |root| {
            root.set_tag("kind", "first");
            root.set_tag("kind", "second");
            sentry::start_span("child", |child| {
                child.set_tag("kind", 1);
                child.set_tag("kind", 2);
                child.set_tag("auth_token", "s3cr3t");
                child.set_tag("a kind", "two\nlines");
                child.set_tag("empty", "");
            });
        });
    });
    let transaction = seen.transaction();
    assert_eq!(transaction["tags"], json!({"kind": "second"}));
    assert_eq!(
        transaction["spans"][0]["tags"],
        json!({"kind": "2", "auth_token": "[Filtered]", "a_kind": "two lines"})
    );
}

#[test]
fn a_span_describes_itself_with_the_names_of_the_wire() {
    let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let seen = observe(options(), || {
        let options = SpanOptions::new("root").op("task").origin("auto.test").start_time(start);
        sentry::start_span(options.attribute("n", 1), |root| {
            root.set_attribute("list", vec![1, 2]);
            root.update_name("renamed");
            let child = sentry::start_inactive_span(SpanOptions::new("child").op("cache.get"));
            child.update_name("renamed child");
            child.set_op("cache.put");
            child.set_http_status(404);
            child.add_links(root.link());
            let told = (root.to_json(), child.to_json(), sentry::get_active_span().unwrap().to_json());
            child.end();
            (told, child.to_json())
        })
    });
    let ((root, child, active), ended) = &seen.result;
    let (sent_root, sent_child) = (seen.span("renamed"), seen.span("renamed child"));
    assert_eq!(
        *root,
        json!({
            "span_id": sent_root.id, "trace_id": sent_root.trace, "op": "task", "description": "renamed",
            "start_timestamp": 1_700_000_000.0, "origin": "auto.test", "data": {"n": 1, "list": [1, 2]},
        })
    );
    let began = child["start_timestamp"].as_f64().unwrap();
    assert!((began - sent_child.start).abs() < 0.05, "{began} and {}", sent_child.start);
    let mut child = child.clone();
    child.as_object_mut().unwrap().remove("start_timestamp");
    assert_eq!(
        child,
        json!({
            "span_id": sent_child.id, "trace_id": sent_child.trace, "parent_span_id": sent_root.id,
            "op": "cache.put", "description": "renamed child", "status": "not_found", "origin": "manual",
            "data": {"http.response.status_code": 404},
            "links": [{"trace_id": sent_root.trace, "span_id": sent_root.id, "sampled": true}],
        })
    );
    assert_eq!((&active["span_id"], &active["description"]), (&json!(sent_root.id), &json!("renamed")));
    assert_eq!(
        *ended,
        json!({"span_id": sent_child.id, "trace_id": sent_child.trace, "parent_span_id": sent_root.id})
    );
}

#[test]
fn a_span_that_is_not_recorded_keeps_no_attributes() {
    let seen = observe(options().traces_sample_rate(0.0), || {
        sentry::start_span("root", |root| {
            root.set_attribute("n", 1);
            root.set_status(SpanStatus::Aborted);
            root.add_links(root.link());
            (root.to_json(), root.link().unwrap().sampled)
        })
    });
    let (json, sampled) = &seen.result;
    assert_eq!(json.get("data"), None::<&Value>);
    assert_eq!(*sampled, Some(false));
    assert_eq!(seen.transactions().len(), 0);
}

#[test]
fn attributes_of_an_unrecorded_span_do_not_go_to_its_parent() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            sentry::suppress_tracing(|| {
                sentry::start_span("suppressed", |span| {
                    assert!(!span.is_recording());
                    span.set_attribute("lost", true);
                    span.set_status(SpanStatus::Aborted);
                    span.update_name("lost");
                });
            });
        });
    });
    let root = seen.span("root");
    assert_eq!((root.data.get("lost"), &*root.status), (None, "ok"));
    let seen = observe(options().traces_sample_rate(0.0), || {
        sentry::start_span("root", |_| {
            sentry::start_span("not sampled", |span| span.update_name("lost"));
            sentry::get_baggage().unwrap()
        })
    });
    assert!(seen.result.contains("sentry-transaction=root"), "{}", seen.result);
}
