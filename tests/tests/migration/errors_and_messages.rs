//! Tests of the basic functions: `init`, `capture_*`, `before_send`.

use std::sync::Arc;

use sentry::protocol::{Event, Exception, Level};
use sentry_tests::support::{options, without_client};

use crate::captured;

/// The quickstart of the official documentation. Changed: `sample_rate` is wrapped in `Some`.
#[test]
fn a_client_is_made_with_a_dsn_and_options() {
    // `init` sets the client of the process, which another test may be using.
    without_client(|| {
        let _guard = sentry::init((
            "https://examplePublicKey@o0.ingest.sentry.io/0",
            sentry::ClientOptions {
                release: sentry::release_name!(),
                environment: Some("production".into()),
                sample_rate: Some(1.0),
                attach_stacktrace: true,
                send_default_pii: false,
                max_breadcrumbs: 50,
                before_send: Some(Arc::new(|mut event: Event<'static>| {
                    event.server_name = None;
                    Some(event)
                })),
                transport: Some(sentry::TestTransport::new()),
                ..Default::default()
            },
        ));
        assert!(sentry::get_client().is_some_and(|client| client.is_enabled()));
    });
}

#[test]
fn errors_messages_and_events_are_captured() {
    let seen = captured(options(), || {
        let error = "seven".parse::<u32>().unwrap_err();
        let of_error = sentry::capture_error(&error);
        let boxed: Box<dyn std::error::Error + Send + Sync> = "boxed".into();
        sentry::capture_error(boxed.as_ref());
        sentry::capture_message("Something went wrong", sentry::Level::Warning);
        let of_event = sentry::capture_event(Event {
            message: Some("made by hand".into()),
            level: Level::Error,
            exception: vec![Exception {
                ty: "Custom".into(),
                value: Some("by hand".into()),
                ..Default::default()
            }]
            .into(),
            ..Default::default()
        });
        assert_eq!(sentry::last_event_id(), Some(of_event));
        assert_ne!(of_error, of_event);
    });
    let types: Vec<_> = seen.iter().map(|event| event.exception.last().map(|last| last.ty.clone())).collect();
    assert_eq!(types.len(), 4);
    assert_eq!(types[0].as_deref(), Some("ParseIntError"));
    assert_eq!(types[3].as_deref(), Some("Custom"));
}
