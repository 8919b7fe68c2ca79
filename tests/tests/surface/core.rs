//! Tests of the functions that start, query, flush and end a client.

use std::sync::Arc;
use std::time::Duration;

use sentry::protocol::Event;
use sentry::{Client, ClientOptions, Hint, Integration, Level};
use sentry_tests::FakeSentry;
use sentry_tests::support::{LONG, observe, options, untraced, without_client};

#[test]
fn a_client_is_started_with_whatever_names_a_server() {
    without_client(|| {
        let server = FakeSentry::start();
        let quiet = || ClientOptions::new().local(false).spotlight(false);
        for guard in [
            sentry::init(server.dsn()),
            sentry::init(&*server.dsn()),
            sentry::init((server.dsn(), quiet())),
            sentry::init(quiet().dsn(&server.dsn())),
            sentry::try_init((&*server.dsn(), quiet())).unwrap(),
        ] {
            assert!(guard.is_enabled());
            assert_eq!(guard.dsn().unwrap().public_key(), server.key());
        }
    });
}

#[test]
fn a_bad_dsn_is_an_error_that_names_it_and_a_client_that_does_nothing() {
    without_client(|| {
        let message = sentry::try_init("https://no-project@sentry.example").unwrap_err().to_string();
        assert!(message.contains("sentry.example"), "{message}");
        let guard = sentry::init("https://no-project@sentry.example");
        assert!(!guard.is_enabled() && !sentry::is_enabled());
        assert!(sentry::is_initialized(), "there is a client, though it does nothing");
        assert!(sentry::capture_message("lost", Level::Info).is_nil());
        assert!(sentry::flush(Duration::ZERO) && sentry::close(Duration::ZERO));
        drop(guard);
        assert!(!sentry::is_initialized());
    });
}

#[test]
fn the_client_can_be_asked_for_taken_away_and_given_back() {
    let seen = observe(options(), || {
        let client = sentry::get_client().unwrap();
        sentry::set_current_client(None);
        assert!(!sentry::is_initialized());
        assert!(sentry::capture_message("unheard", Level::Info).is_nil());
        sentry::set_current_client(Some(client));
        let id = sentry::capture_message("heard", Level::Info);
        assert_eq!(sentry::last_event_id(), Some(id));
        assert!(sentry::flush(LONG));
        id
    });
    assert_eq!(seen.event()["event_id"], seen.result.simple().to_string());
}

#[test]
fn an_event_goes_to_the_client_that_is_current_when_it_is_captured() {
    let other = FakeSentry::start();
    let seen = observe(untraced(), || {
        let first = sentry::get_client().unwrap();
        let second = Client::new(untraced().dsn(&other.dsn())).unwrap();
        sentry::set_current_client(Some(Arc::clone(&second)));
        sentry::capture_message("to the second", Level::Info);
        sentry::set_current_client(Some(first));
        sentry::capture_message("to the first", Level::Info);
        assert!(second.close(LONG));
    });
    assert_eq!(seen.event()["logentry"]["message"], "to the first");
    assert_eq!(other.events()[0]["logentry"]["message"], "to the second");
    assert_eq!(other.events().len(), 1);
}

#[test]
fn integrations_and_processors_come_at_any_time() {
    struct Stamp;

    impl Integration for Stamp {
        fn name(&self) -> &str {
            "stamp"
        }

        fn process_event(&self, mut event: Event<'static>, _: &mut Hint) -> Option<Event<'static>> {
            event.tags.insert("stamped".into(), "yes".into());
            Some(event)
        }
    }

    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::capture_message("before", Level::Info);
            assert!(sentry::flush(LONG));
            assert!(sentry::add_integration(Stamp));
            sentry::add_event_processor(|mut event| {
                event.tags.insert("processed".into(), "yes".into());
                Some(event)
            });
            sentry::capture_message("after", Level::Info);
        });
    });
    let events = seen.events();
    assert_eq!(events[0]["tags"].get("stamped").or(events[0]["tags"].get("processed")), None);
    assert_eq!(
        (&events[1]["tags"]["stamped"], &events[1]["tags"]["processed"]),
        (&"yes".into(), &"yes".into())
    );
}

#[test]
fn a_program_that_only_logs_or_measures_loses_nothing() {
    let seen = observe(untraced().enable_logs(true), || {
        sentry::logger_info!("alone");
        sentry::metrics::count("alone", 1).capture();
    });
    assert_eq!((seen.logs().len(), seen.metrics().len()), (1, 1));
}
