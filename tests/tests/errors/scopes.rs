//! Tests of data that is set once on a scope and appears on many events.

use sentry::{Breadcrumb, Level, SentryFutureExt as _, User};
use sentry_tests::support::{block_on, observe, options, yield_once};
use serde_json::{Value, json};

fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

/// Runs a closure in an isolation scope of its own, and returns a function that finds an event by its message.
fn events(run: impl FnOnce()) -> impl Fn(&str) -> Value {
    events_with(options(), run)
}

fn events_with(options: sentry::ClientOptions, run: impl FnOnce()) -> impl Fn(&str) -> Value {
    let events = observe(options, || sentry::with_isolation_scope(run)).events();
    move |text| {
        let found = events.iter().find(|event| event["logentry"]["message"] == text);
        found.unwrap_or_else(|| panic!("no `{text}` among {events:#?}")).clone()
    }
}

#[test]
fn every_value_set_on_a_scope_is_on_the_event() {
    let event = events(|| {
        sentry::set_tag("shop", "vienna");
        sentry::set_tags([("floor", 2), ("row", 7)]);
        sentry::set_extra("cart", json!({"items": [1, 2]}));
        sentry::set_extras([("a", 1), ("b", 2)]);
        sentry::set_user(Some(User {
            id: Some("7".into()),
            email: Some("a@example.com".into()),
            username: Some("amelie".into()),
            ..User::default()
        }));
        sentry::set_context(
            "order",
            [("number".to_owned(), json!(12))].into_iter().collect::<sentry::protocol::Map<_, _>>(),
        );
        sentry::set_context("gone", sentry::protocol::Map::from([("a".to_owned(), json!(1))]));
        sentry::remove_context("gone");
        sentry::set_fingerprint(Some(&["{{ default }}", "vienna"]));
        sentry::set_transaction_name("checkout");
        message("captured");
    })("captured");
    assert_eq!(event["tags"], json!({"shop": "vienna", "floor": "2", "row": "7"}));
    assert_eq!(event["extra"], json!({"cart": {"items": [1, 2]}, "a": 1, "b": 2}));
    assert_eq!(event["user"], json!({"id": "7", "email": "a@example.com", "username": "amelie"}));
    assert_eq!(event["contexts"]["order"]["number"], 12);
    assert_eq!(event["contexts"].get("gone"), None);
    assert_eq!(event["fingerprint"], json!(["{{ default }}", "vienna"]));
    assert_eq!(event["transaction"], "checkout");
}

#[test]
fn a_level_of_the_scope_counts_before_the_events() {
    let event = events(|| {
        sentry::set_level(Level::Fatal);
        message("loud");
        sentry::set_level(None);
        message("as it is");
    });
    assert_eq!((&event("loud")["level"], &event("as it is")["level"]), (&json!("fatal"), &json!("info")));
}

#[test]
fn with_scope_is_for_what_is_captured_inside() {
    let event = events(|| {
        sentry::set_tag("outer", 1);
        sentry::with_scope(
            |scope| {
                scope.set_tag("inner", 2);
                scope.set_tag("outer", "over");
                scope.set_level(Level::Warning);
            },
            || {
                message("inside");
                // A setter without a scope applies to the whole request.
                sentry::set_tag("late", 3);
            },
        );
        message("after");
        sentry::capture_message_with("alone", Level::Info, |scope| scope.set_tag("alone", "yes"));
        sentry::capture_error_with(&std::fmt::Error, |scope| scope.set_fingerprint(Some(&["mine"])));
    });
    assert_eq!(event("inside")["tags"], json!({"outer": "over", "inner": "2"}));
    assert_eq!(event("inside")["level"], "warning");
    assert_eq!(event("after")["tags"], json!({"outer": "1", "late": "3"}));
    assert_eq!(event("alone")["tags"], json!({"outer": "1", "late": "3", "alone": "yes"}));
}

#[test]
fn isolation_scopes_do_not_see_each_other() {
    let event = events(|| {
        sentry::set_tag("of", "all");
        sentry::with_isolation_scope(|| {
            sentry::set_tag("request", 1);
            sentry::add_breadcrumb(Breadcrumb { message: Some("one".into()), ..Breadcrumb::default() });
            message("first");
        });
        sentry::with_isolation_scope(|| {
            sentry::configure_scope(|scope| scope.remove_tag("of"));
            message("second");
        });
        message("outside");
    });
    assert_eq!(event("first")["tags"], json!({"of": "all", "request": "1"}));
    assert_eq!(event("first")["breadcrumbs"]["values"].as_array().unwrap().len(), 1);
    assert_eq!(event("second").get("tags"), None);
    assert_eq!(event("second").get("breadcrumbs"), None);
    assert_eq!(event("outside")["tags"], json!({"of": "all"}));
}

#[test]
fn interleaved_tasks_keep_their_scopes() {
    let event = events(|| {
        let task = |name: &'static str| {
            sentry::with_isolation_scope(|| {
                async move {
                    sentry::set_tag("task", name);
                    yield_once().await;
                    message(name);
                }
                .bind_scope()
            })
        };
        block_on(async { tokio::join!(task("one"), task("two")) });
        message("outside");
    });
    assert_eq!(event("one")["tags"], json!({"task": "one"}));
    assert_eq!(event("two")["tags"], json!({"task": "two"}));
    assert_eq!(event("outside").get("tags"), None);
}

fn breadcrumb(number: usize) -> Breadcrumb {
    let data = [("number".to_owned(), json!(number))].into_iter().collect();
    Breadcrumb {
        message: Some(format!("crumb {number}")),
        category: Some("walk".into()),
        data,
        ..Breadcrumb::default()
    }
}

#[test]
fn breadcrumbs_lead_to_an_event_and_the_oldest_are_dropped() {
    let event = events_with(options().max_breadcrumbs(3), || {
        (0..5).for_each(|number| sentry::add_breadcrumb(breadcrumb(number)));
        sentry::add_breadcrumb(|| None::<Breadcrumb>);
        message("arrived");
    })("arrived");
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    let texts: Vec<_> = crumbs.iter().map(|crumb| crumb["message"].as_str().unwrap()).collect();
    assert_eq!(texts, ["crumb 2", "crumb 3", "crumb 4"]);
    assert_eq!((&crumbs[0]["category"], &crumbs[0]["data"]), (&json!("walk"), &json!({"number": 2})));
    assert!(crumbs.iter().map(|crumb| crumb["timestamp"].as_f64().unwrap()).is_sorted());

    let none = events_with(options().max_breadcrumbs(0), || {
        sentry::add_breadcrumb(breadcrumb(1));
        message("arrived");
    })("arrived");
    assert_eq!(none.get("breadcrumbs"), None);
}

#[test]
fn a_hundred_breadcrumbs_are_kept_unless_told_otherwise() {
    let event = events(|| {
        (0..150).for_each(|number| sentry::add_breadcrumb(breadcrumb(number)));
        message("arrived");
    })("arrived");
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    assert_eq!((crumbs.len(), &crumbs[0]["message"]), (100, &json!("crumb 50")));
}

#[test]
fn before_breadcrumb_changes_and_drops() {
    let look = |mut crumb: Breadcrumb| {
        let number = crumb.data["number"].as_u64().unwrap();
        assert_ne!(number, 2, "thrown by the callback");
        crumb.category = Some("seen".into());
        (number != 1).then_some(crumb)
    };
    let event = events_with(options().before_breadcrumb(look), || {
        (0..4).for_each(|number| sentry::add_breadcrumb(breadcrumb(number)));
        message("arrived");
    })("arrived");
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    let told: Vec<_> =
        crumbs.iter().map(|crumb| (crumb["message"].clone(), crumb["category"].clone())).collect();
    assert_eq!(told, [(json!("crumb 0"), json!("seen")), (json!("crumb 3"), json!("seen"))]);
}
