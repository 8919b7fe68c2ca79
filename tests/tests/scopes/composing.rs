//! Tests of simultaneous changes to one scope by closures and setters, all of which take effect.

use std::thread;

use sentry::Level;
use sentry::protocol::Value;
use sentry_tests::support::untraced;
use serde_json::json;

use crate::{crumb, crumbs, events, message};

#[test]
fn what_a_callee_sets_inside_of_a_closure_stays() {
    let event = events(untraced(), || {
        sentry::set_tag("old", "kept");
        sentry::configure_scope(|scope| {
            scope.set_tag("closure", 1);
            sentry::set_tag("callee", 1);
            sentry::set_extra("callee", 1);
            sentry::set_context("callee", Value::from_iter([("is", "kept")]));
            sentry::set_user(Some(sentry::User { id: Some("7".into()), ..Default::default() }));
            sentry::add_breadcrumb(crumb("callee"));
            scope.add_breadcrumb(crumb("closure"));
            sentry::get_isolation_scope().add_feature_flag("callee", true);
            scope.add_feature_flag("closure", true);
            sentry::configure_scope(|inner| {
                inner.set_tag("inner", 1);
                inner.set_fingerprint(Some(&["inner"]));
                inner.add_event_processor(|mut event| {
                    event.tags.insert("processed".into(), "yes".into());
                    Some(event)
                });
            });
            scope.set_level(Level::Warning);
        });
        message("composed");
    });
    let event = event("composed");
    assert_eq!(
        event["tags"],
        json!({"old": "kept", "closure": "1", "callee": "1", "inner": "1", "processed": "yes"})
    );
    assert_eq!((&event["extra"], &event["user"]["id"]), (&json!({"callee": 1}), &json!("7")));
    assert_eq!((&event["level"], &event["fingerprint"]), (&json!("warning"), &json!(["inner"])));
    assert_eq!(event["contexts"]["callee"]["is"], "kept");
    assert_eq!(crumbs(&event), ["callee", "closure"]);
    let flags = event["contexts"]["flags"]["values"].as_array().unwrap();
    assert_eq!(flags.len(), 2, "{flags:?}");
}

#[test]
fn what_a_closure_removes_is_removed_unless_another_one_sets_it_anew() {
    let event = events(untraced(), || {
        sentry::configure_scope(|scope| scope.set_tags([("gone", 1), ("anew", 1), ("both", 1)]));
        sentry::add_breadcrumb(crumb("gone"));
        sentry::set_user(Some(sentry::User { id: Some("old".into()), ..Default::default() }));
        sentry::configure_scope(|scope| {
            scope.clear();
            sentry::set_tag("anew", 2);
            sentry::set_tag("both", 2);
            sentry::add_breadcrumb(crumb("anew"));
            scope.set_tag("both", 3);
        });
        message("cleared");
    });
    let event = event("cleared");
    assert_eq!(
        event["tags"],
        json!({"anew": "2", "both": "3"}),
        "of two that set a tag the closure ends later"
    );
    assert_eq!(crumbs(&event), ["anew"]);
    assert_eq!(event["user"]["id"], Value::Null);
}

#[test]
fn threads_that_share_a_scope_lose_nothing() {
    const EACH: usize = 25;
    let event = events(untraced(), || {
        let scope = sentry::get_isolation_scope();
        thread::scope(|threads| {
            for by in 0..4 {
                let scope = &scope;
                threads.spawn(move || {
                    for number in 0..EACH {
                        let key = format!("k{by}.{number}");
                        if by % 2 == 0 {
                            scope.set_extra(&key, 1);
                            scope.add_breadcrumb(crumb(&key));
                        } else {
                            scope.configure(|scope| {
                                scope.set_extra(&key, 1.into());
                                thread::yield_now();
                                scope.add_breadcrumb(crumb(&key));
                            });
                        }
                    }
                });
            }
        });
        message("shared");
    });
    let event = event("shared");
    assert_eq!(event["extra"].as_object().unwrap().len(), 4 * EACH);
    assert_eq!(crumbs(&event).len(), 4 * EACH, "the maximum number of breadcrumbs");
}

#[test]
fn a_closure_that_panics_changes_nothing_and_undoes_nothing() {
    let event = events(untraced(), || {
        let panicked = std::panic::catch_unwind(|| {
            sentry::configure_scope(|scope| {
                scope.set_tag("closure", 1);
                sentry::set_tag("callee", 1);
                std::panic::resume_unwind(Box::new(()));
            });
        });
        panicked.unwrap_err();
        message("after");
    });
    assert_eq!(event("after")["tags"], json!({"callee": "1"}));
}
