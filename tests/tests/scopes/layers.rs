//! Tests of the three scopes and their precedence.

use sentry::protocol::{Event, LogEntry};
use sentry::{Level, ScopeHandle, User};
use sentry_tests::support::{observe, options, untraced, without_client};
use serde_json::json;

use crate::{crumb, crumbs, events, message};

#[test]
fn an_event_overrides_scopes_and_an_inner_scope_the_outer_ones() {
    let event = events(untraced(), || {
        let scopes: [(&str, ScopeHandle); 3] = [
            ("global", sentry::get_global_scope()),
            ("isolation", sentry::get_isolation_scope()),
            ("current", sentry::get_current_scope()),
        ];
        for (at, (name, _)) in scopes.iter().enumerate() {
            // Each key is set on this scope and on all more general ones.
            scopes[..=at].iter().for_each(|(by, scope)| scope.set_tag(name, by));
            scopes[..=at].iter().for_each(|(by, scope)| scope.set_extra(name, *by));
            scopes[at].1.add_breadcrumb(crumb(name));
        }
        scopes[0].1.set_user(Some(User { id: Some("global".into()), ..User::default() }));
        scopes[1].1.set_user(Some(User { id: Some("isolation".into()), ..User::default() }));
        message("by scopes");
        let mut event = Event {
            logentry: Some(LogEntry { message: "by itself".into(), ..LogEntry::default() }),
            transaction: Some("its own".into()),
            ..Event::default()
        };
        event.tags.insert("current".into(), "event".into());
        scopes[2].1.set_transaction(Some("of the scope"));
        sentry::capture_event(event);
    });
    let by_scopes = event("by scopes");
    let expected = json!({"global": "global", "isolation": "isolation", "current": "current"});
    assert_eq!((&by_scopes["tags"], &by_scopes["extra"]), (&expected, &expected));
    assert_eq!(by_scopes["user"], json!({"id": "isolation"}));
    assert_eq!(crumbs(&by_scopes), ["global", "isolation", "current"]);
    let by_itself = event("by itself");
    assert_eq!(by_itself["tags"]["current"], "event");
    assert_eq!(by_itself["transaction"], "its own");
}

#[test]
fn the_global_scope_is_there_before_the_client_and_in_every_request() {
    let event = events(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::get_global_scope().set_tag("everywhere", "yes");
            sentry::set_tag("here", "yes");
        });
        message("outside");
        std::thread::spawn(|| message("on a thread")).join().unwrap();
    });
    assert_eq!(event("outside")["tags"], json!({"everywhere": "yes"}));
    assert_eq!(event("on a thread")["tags"], json!({"everywhere": "yes"}));
    without_client(|| {
        sentry::get_global_scope().set_tag("early", 1);
        assert!(format!("{:?}", sentry::get_global_scope().snapshot()).contains("early"));
        sentry::get_global_scope().clear();
        assert!(!format!("{:?}", sentry::get_global_scope().snapshot()).contains("early"));
    });
}

#[test]
fn a_guard_makes_a_scope_until_it_is_dropped() {
    let event = events(untraced(), || {
        sentry::get_current_scope().set_tag("outer", 1);
        let outer = sentry::new_scope();
        outer.set_tag("step", "one");
        {
            let inner = sentry::new_scope();
            inner.configure(|scope| {
                scope.set_tags([("step", "two"), ("inner", "yes")]);
                scope.add_breadcrumb(crumb("inner"));
            });
            inner.remove_tag("outer");
            message("inside");
        }
        message("between");
        drop(outer);
        message("after");
    });
    assert_eq!(event("inside")["tags"], json!({"step": "two", "inner": "yes"}));
    assert_eq!(crumbs(&event("inside")), ["inner"]);
    assert_eq!(event("between")["tags"], json!({"outer": "1", "step": "one"}));
    assert_eq!(crumbs(&event("between")), [""; 0]);
    assert_eq!(event("after")["tags"], json!({"outer": "1"}));
}

#[test]
fn a_guard_without_a_client_does_nothing() {
    without_client(|| {
        let scope = sentry::new_scope();
        scope.set_tag("a", 1);
        scope.add_breadcrumb(crumb("a"));
    });
    let seen = observe(untraced(), || message("later"));
    assert_eq!(seen.event().get("tags"), None);
}

#[test]
fn clearing_a_scope_keeps_its_event_processors() {
    let event = events(untraced(), || {
        sentry::configure_scope(|scope| {
            scope.set_tag("gone", 1);
            scope.set_level(Level::Fatal);
            scope.add_breadcrumb(crumb("gone"));
            scope.set_fingerprint(Some(&["gone"]));
            scope.add_feature_flag("gone", true);
            scope.add_event_processor(|mut event| {
                event.tags.insert("seen".into(), "yes".into());
                Some(event)
            });
            scope.clear();
        });
        message("cleared");
    });
    let event = event("cleared");
    assert_eq!(event["tags"], json!({"seen": "yes"}));
    assert_eq!((&event["level"], event.get("fingerprint")), (&json!("info"), None));
    assert_eq!((event.get("breadcrumbs"), event["contexts"].get("flags")), (None, None));
}

#[test]
fn the_last_event_is_known_in_its_request_on_every_thread() {
    observe(untraced(), || {
        let before = sentry::capture_message("before", Level::Info);
        sentry::with_isolation_scope(|| {
            assert_eq!(sentry::last_event_id(), None, "another request's");
            let id = sentry::capture_message("inside", Level::Info);
            let elsewhere = crate::asynchronous::on_another_thread(sentry::with_scope_async(|_| (), async {
                sentry::last_event_id()
            }));
            assert_eq!(elsewhere, Some(id));
        });
        assert_eq!(sentry::last_event_id(), Some(before));
    });
}

#[test]
fn handles_can_be_kept_and_sent() {
    let event = events(untraced(), || {
        let scope = sentry::get_isolation_scope();
        let other = scope.clone();
        std::thread::spawn(move || other.set_tag("from", "afar")).join().unwrap();
        scope.set_level(Level::Warning);
        message("heard");
    });
    assert_eq!(
        (&event("heard")["tags"], &event("heard")["level"]),
        (&json!({"from": "afar"}), &json!("warning"))
    );
}

#[test]
fn a_closure_can_take_its_scopes_and_its_span_to_another_thread() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("request", 7);
            let work = sentry::start_span("request", |_| {
                let scope = sentry::new_scope();
                scope.set_tag("step", "payment");
                sentry::bind_scope(|| {
                    message("on the thread");
                    sentry::set_tag("late", "yes");
                })
            });
            std::thread::spawn(work).join().unwrap();
            message("after");
        });
    });
    let event = |text: &str| {
        let events = seen.events();
        events.into_iter().find(|event| event["logentry"]["message"] == text).unwrap()
    };
    let there = event("on the thread");
    assert_eq!(there["tags"], json!({"request": "7", "step": "payment"}));
    assert_eq!(there["contexts"]["trace"]["span_id"], seen.span("request").id);
    assert_eq!(event("after")["tags"], json!({"request": "7", "late": "yes"}));
}
