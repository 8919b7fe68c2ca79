//! Tests of scopes and breadcrumbs, as in the official crate.

use std::collections::BTreeMap;

use sentry::protocol::{Breadcrumb, Context, Map, Value};
use sentry::{Level, User};
use sentry_tests::support::options;

use crate::captured;

#[test]
fn configure_scope_with_scope_and_breadcrumbs() {
    let seen = captured(options(), || {
        sentry::configure_scope(|scope| {
            scope.set_user(Some(User {
                id: Some("42".into()),
                email: Some("john.doe@example.com".into()),
                username: Some("john_doe".into()),
                ..Default::default()
            }));
            scope.set_tag("page.locale", "en-us");
            scope.set_extra("retries", 3.into());
            let mut map = BTreeMap::new();
            map.insert("name".to_string(), "Mighty Fighter".into());
            map.insert("age".to_string(), 19.into());
            scope.set_context("character", Context::Other(map));
        });
        sentry::add_breadcrumb(Breadcrumb {
            ty: "http".into(),
            category: Some("auth".into()),
            message: Some("Authenticated user".into()),
            level: Level::Info,
            data: {
                let mut map = Map::new();
                map.insert("url".into(), Value::from("/login"));
                map
            },
            ..Default::default()
        });
        sentry::add_breadcrumb(|| Breadcrumb { message: Some("lazy".into()), ..Default::default() });
        sentry::with_scope(
            |scope| {
                scope.set_level(Some(Level::Warning));
                scope.set_fingerprint(Some(["my-view-function"].as_ref()));
                scope.set_transaction(Some("checkout"));
                scope.remove_extra("retries");
            },
            || sentry::capture_message("inside", Level::Info),
        );
        sentry::capture_message("outside", Level::Info);
    });
    let (inside, outside) = (&seen[0], &seen[1]);
    assert_eq!(inside.level, Level::Warning);
    assert_eq!(inside.fingerprint.as_ref(), ["my-view-function"]);
    assert_eq!(inside.user.as_ref().and_then(|user| user.id.as_deref()), Some("42"));
    assert_eq!(outside.level, Level::Info);
    assert_eq!(outside.tags["page.locale"], "en-us");
    assert_eq!(outside.breadcrumbs.len(), 2);
    assert!(matches!(&outside.contexts["character"], Context::Other(map) if map["age"] == 19));
}

#[test]
fn an_event_processor_of_a_scope() {
    let seen = captured(options(), || {
        sentry::configure_scope(|scope| {
            scope.add_event_processor(|mut event| {
                event.tags.insert("seen".into(), "yes".into());
                Some(event)
            });
        });
        sentry::capture_message("processed", Level::Info);
    });
    assert_eq!(seen[0].tags["seen"], "yes");
}
