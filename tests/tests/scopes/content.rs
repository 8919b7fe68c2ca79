//! Tests of the contents of scopes besides tags: attributes, feature flags, attachments, and breadcrumbs with hints.

use std::time::{Duration, SystemTime};

use sentry::protocol::{Attachment, AttachmentType, Event};
use sentry::{Breadcrumb, Hint, Level};
use sentry_tests::support::{observe, options, untraced};
use serde_json::{Value, json};

use crate::{crumb, crumbs, events, message};

#[test]
fn a_user_is_given_as_it_is_and_a_context_as_json() {
    let user = || sentry::User { id: Some("7".into()), ..Default::default() };
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_user(user());
            sentry::set_context("order", json!({"lamps": 3}));
            message("both");
            sentry::set_user(Some(user()));
            sentry::configure_scope(|scope| scope.set_user(None));
            sentry::get_isolation_scope().set_user(None);
            message("no user");
        });
    });
    let events = seen.events();
    assert_eq!(
        (&events[0]["user"], &events[0]["contexts"]["order"]),
        (&json!({"id": "7"}), &json!({"lamps": 3}))
    );
    assert!(events[1]["user"].is_null());
}

#[test]
fn attributes_are_on_the_segment_and_the_span_itself_counts_more() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_attribute("shop.tenant", "vienna");
            sentry::set_attributes([("shop.shelves", 12), ("shop.gone", 1), ("shop.null", 1)]);
            sentry::set_attribute("shop.ratio", 0.5);
            sentry::set_attribute("shop.open", true);
            sentry::set_attribute("shop.rows", vec!["a", "b"]);
            sentry::remove_attribute("shop.gone");
            sentry::set_attribute("shop.null", None::<bool>);
            sentry::with_scope(
                |scope| scope.set_attribute("shop.tenant", "graz"),
                || sentry::start_span("root", |span| span.set_attribute("shop.shelves", 7)),
            );
            message("no attributes");
        });
    });
    let data = &seen.span("root").data;
    for (key, expected) in [
        ("shop.tenant", json!("graz")),
        ("shop.shelves", json!(7)),
        ("shop.ratio", json!(0.5)),
        ("shop.open", json!(true)),
        ("shop.rows", json!(["a", "b"])),
    ] {
        assert_eq!(data[key], expected, "{key}");
    }
    assert_eq!((data.get("shop.gone"), data.get("shop.null")), (None, None));
    assert_eq!(seen.event().get("tags"), None, "attributes are not tags");
}

fn flags(event: &Value) -> Vec<(String, Value)> {
    let flags = event["contexts"]["flags"]["values"].as_array().into_iter().flatten();
    flags.map(|flag| (flag["flag"].as_str().unwrap().to_owned(), flag["result"].clone())).collect()
}

#[test]
fn flags_come_in_the_order_of_their_last_evaluation() {
    let event = events(untraced(), || {
        sentry::add_feature_flag("checkout", true);
        sentry::add_feature_flag("search", false);
        sentry::add_feature_flag("checkout", false);
        sentry::with_isolation_scope(|| {
            sentry::add_feature_flag("inner", true);
            message("inside");
        });
        message("outside");
        (0..150).for_each(|number| sentry::add_feature_flag(&format!("flag.{number}"), true));
        message("many");
    });
    let pair = |name: &str, result: bool| (name.to_owned(), json!(result));
    let both = [pair("search", false), pair("checkout", false)];
    assert_eq!(flags(&event("outside")), both);
    assert_eq!(flags(&event("inside"))[2..], [pair("inner", true)]);
    let many = flags(&event("many"));
    assert_eq!((many.len(), &many[0].0[..], &many[99].0[..]), (100, "flag.50", "flag.149"));
}

#[test]
fn the_active_span_keeps_the_first_ten_flags() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::start_span("root", |_| {
                (0..15).for_each(|number| sentry::add_feature_flag(&format!("flag.{number}"), true));
                sentry::add_feature_flag("flag.0", false);
                sentry::start_span("child", |_| sentry::add_feature_flag("of the child", true));
            });
        });
    });
    let data = seen.span("root").data;
    let kept = data.as_object().unwrap().keys().filter(|key| key.starts_with("flag.evaluation."));
    assert_eq!(kept.count(), 10);
    assert_eq!(
        (&data["flag.evaluation.flag.0"], &data["flag.evaluation.flag.9"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(seen.span("child").data["flag.evaluation.of the child"], true);
}

fn file(name: &str, size: usize) -> Attachment {
    Attachment {
        buffer: vec![b'x'; size],
        filename: name.to_owned(),
        content_type: Some("text/plain".to_owned()),
        ty: Some(AttachmentType::Attachment),
    }
}

#[test]
fn the_name_of_an_attachment_tells_its_type_where_none_is_given() {
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            for name in ["screenshot.PNG", "worker.log", "core", "page.html"] {
                sentry::add_attachment(Attachment { content_type: None, ..file(name, 1) });
            }
            // A given content type is kept.
            sentry::add_attachment(file("page.html", 1));
            sentry::capture_event(Event::new());
        });
    });
    let envelopes = seen.envelopes();
    let types: Vec<_> = envelopes
        .iter()
        .flat_map(|envelope| envelope.items_of("attachment"))
        .map(|item| item.header["content_type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["image/png", "text/plain", "application/octet-stream", "text/html", "text/plain"]);
}

#[test]
fn attachments_of_scopes_and_hints_travel_with_the_event() {
    let seen = observe(untraced().max_attachment_size(100), || {
        sentry::with_isolation_scope(|| {
            sentry::add_attachment(file("of the request", 3));
            sentry::add_attachment(file("too large", 101));
            let scope = sentry::new_scope();
            scope.add_attachment(file("of the scope", 4));
            sentry::capture_event_with_hint(Event::new(), Hint::new().attachment(file("of the event", 5)));
        });
    });
    let envelope =
        seen.envelopes().into_iter().find(|envelope| envelope.items_of("event").count() == 1).unwrap();
    let attached: Vec<_> = envelope
        .items_of("attachment")
        .map(|item| (item.header["filename"].clone(), item.header["content_type"].clone(), item.bytes.len()))
        .collect();
    let text = json!("text/plain");
    assert_eq!(
        attached,
        [
            (json!("of the request"), text.clone(), 3),
            (json!("of the scope"), text.clone(), 4),
            (json!("of the event"), text, 5)
        ]
    );
    assert_eq!(seen.reported("invalid", "attachment"), 101, "attachments are counted by their bytes");
}

#[test]
fn before_breadcrumb_sees_the_hint() {
    struct Answer(u16);
    let look = |mut crumb: Breadcrumb, hint: &mut Hint| {
        let status = hint.get::<Answer>().map_or(0, |answer| answer.0);
        crumb.data.insert("status".into(), status.into());
        (status != 204).then_some(crumb)
    };
    let event = events(untraced().before_breadcrumb_with_hint(look), || {
        sentry::add_breadcrumb_with_hint(crumb("asked"), Hint::new().with(Answer(503)));
        sentry::add_breadcrumb_with_hint(crumb("boring"), Hint::new().with(Answer(204)));
        sentry::get_current_scope().add_breadcrumb(crumb("plain"));
        message("arrived");
    });
    let event = event("arrived");
    assert_eq!(crumbs(&event), ["asked", "plain"]);
    let status: Vec<_> = event["breadcrumbs"]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|crumb| crumb["data"]["status"].clone())
        .collect();
    assert_eq!(status, [503, 0]);
}

#[test]
fn breadcrumbs_of_several_scopes_keep_their_order_and_the_limit() {
    let event = events(untraced().max_breadcrumbs(3), || {
        let early = SystemTime::now() - Duration::from_secs(3600);
        let current = sentry::new_scope();
        current.add_breadcrumb(crumb("one"));
        sentry::add_breadcrumb(crumb("two"));
        // It has the earliest time, but not the first place.
        current.add_breadcrumb(Breadcrumb { timestamp: early, ..crumb("three") });
        sentry::get_global_scope().add_breadcrumb(crumb("four"));
        message("arrived");
        current.clear_breadcrumbs();
        message("fewer");
    });
    assert_eq!(crumbs(&event("arrived")), ["two", "three", "four"]);
    assert_eq!(crumbs(&event("fewer")), ["two", "four"]);
}

#[test]
fn level_fingerprint_and_transaction_are_of_the_scope_that_sets_them() {
    let event = events(untraced(), || {
        let scope = sentry::new_scope();
        scope.set_level(Level::Debug);
        scope.set_fingerprint(Some(&["{{ default }}", "graz"]));
        scope.set_transaction(Some("checkout"));
        message("inside");
        drop(scope);
        message("outside");
    });
    let (inside, outside) = (event("inside"), event("outside"));
    assert_eq!((&inside["level"], &inside["transaction"]), (&json!("debug"), &json!("checkout")));
    assert_eq!(inside["fingerprint"], json!(["{{ default }}", "graz"]));
    assert_eq!((&outside["level"], outside.get("transaction")), (&json!("info"), None));
    assert_eq!(outside.get("fingerprint"), None);
}

#[test]
fn the_limit_of_breadcrumbs_is_that_of_the_present_client() {
    let kept = |max: usize| {
        let event = events(untraced().max_breadcrumbs(max), || {
            (1..=9).for_each(|number| sentry::add_breadcrumb(crumb(&number.to_string())));
            message("kept");
        });
        event("kept")["breadcrumbs"]["values"].as_array().map_or(0, Vec::len)
    };
    assert_eq!([5, 2, 7, 0, 3].map(kept), [5, 2, 7, 0, 3]);
}

#[test]
fn a_tag_that_is_set_between_two_traces_belongs_to_the_second() {
    let seen = observe(untraced().traces_sample_rate(1.0), || {
        for step in ["first", "second", "third"] {
            sentry::set_tag("step", step);
            traced();
        }
        sentry::get_isolation_scope().remove_tag("step");
    });
    let steps: Vec<_> = seen.transactions().iter().map(|trace| trace["tags"]["step"].clone()).collect();
    assert_eq!(steps, ["first", "second", "third"]);
}

#[sentry::span]
fn traced() {}
