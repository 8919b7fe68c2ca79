//! Tests of hubs: `Hub::current()` and hubs made by the program, as in the official crate.
#![allow(deprecated, reason = "the hub is there for programs that move over")]

use std::sync::Arc;

use sentry::protocol::Event;
use sentry::test::TestTransport;
use sentry::{Breadcrumb, Client, ClientOptions, Hub, HubSwitchGuard, Level, Scope, SentryFutureExt as _};
use sentry_tests::support::{block_on, options};

use crate::{captured, observe};

#[test]
fn the_current_hub_is_the_context_of_the_running_code() {
    let seen = captured(options(), || {
        let hub = Hub::current();
        assert!(hub.client().is_some_and(|client| client.is_enabled()));
        hub.configure_scope(|scope| scope.set_tag("shop", "vienna"));
        hub.add_breadcrumb(Breadcrumb { message: Some("opened".into()), ..Default::default() });
        hub.with_scope(
            |scope| scope.set_level(Some(Level::Warning)),
            || sentry::capture_message("inside", Level::Info),
        );
        let id = hub.capture_event(Event { message: Some("made".into()), ..Event::new() });
        assert_eq!(hub.last_event_id(), Some(id));
        hub.capture_error(&std::fmt::Error);
        hub.capture_message("said", Level::Info);
        let with = Hub::with(|hub| hub.capture_message("with", Level::Info));
        assert!(!with.is_nil());
        assert!(!Hub::with_active(|hub| hub.capture_message("active", Level::Info)).is_nil());
    });
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|event| event.tags["shop"] == "vienna" && !event.breadcrumbs.is_empty()));
    assert_eq!(seen[0].level, Level::Warning);
}

#[test]
fn a_new_hub_takes_its_scope_to_threads_and_futures() {
    let seen = captured(options(), || {
        sentry::configure_scope(|scope| scope.set_tag("shop", "vienna"));
        let hub = Arc::new(Hub::new_from_top(Hub::current()));
        hub.configure_scope(|scope| scope.set_tag("task", "mail"));
        let other = Arc::clone(&hub);
        let work = move || Hub::run(other, || sentry::capture_message("of a thread", Level::Info));
        std::thread::spawn(work).join().unwrap();
        let sent = async { sentry::capture_message("of a future", Level::Info) };
        block_on(sent.bind_hub(Arc::clone(&hub)));
        {
            let _switched = HubSwitchGuard::new(hub);
            sentry::capture_message("of a guard", Level::Info);
        }
        block_on(async { sentry::capture_message("outside", Level::Info) }.bind_hub(Hub::current()));
        let _scope = Hub::current().push_scope();
    });
    assert!(seen.iter().all(|event| event.tags["shop"] == "vienna"));
    let tasks: Vec<_> = seen.iter().map(|event| event.tags.contains_key("task")).collect();
    assert_eq!(tasks, [true, true, true, false]);
}

#[test]
fn a_hub_with_a_client_of_its_own_is_used_inside_alone() {
    let transport = TestTransport::new();
    let mine = ClientOptions {
        dsn: Some("https://public@o1.ingest.sentry.io/1".parse().unwrap()),
        transport: Some(Arc::new(transport.clone())),
        ..Default::default()
    };
    let seen = observe(options(), || {
        let client: Client = mine.into();
        let mut scope = Scope::default();
        scope.set_tag("hub", "mine");
        let hub = Arc::new(Hub::new(Some(Arc::new(client)), Arc::new(scope)));
        Hub::run(Arc::clone(&hub), || sentry::capture_message("for me", Level::Info));
        sentry::capture_message("for all", Level::Info);
        hub.client().unwrap().flush(None);
    });
    let mine = transport.fetch_and_clear_events();
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].tags["hub"], "mine");
    assert_eq!(seen.events().len(), 1);
}
