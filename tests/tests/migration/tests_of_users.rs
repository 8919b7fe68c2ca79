//! Tests of the functions that users test their captured items with.

#[test]
fn captured_events_are_looked_at() {
    let events = sentry::test::with_captured_events(|| {
        sentry::capture_message("Hello World!", sentry::Level::Warning);
    });
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].message.as_deref(), Some("Hello World!"));
    assert_eq!(events[0].level, sentry::Level::Warning);
}

#[test]
fn with_captured_events_options_takes_the_options_as_second_argument() {
    let events = sentry::test::with_captured_events_options(
        || {
            sentry::capture_message("Hello World!", sentry::Level::Warning);
        },
        sentry::ClientOptions { release: sentry::release_name!(), ..Default::default() },
    );
    assert_eq!(events[0].release, sentry::release_name!());
    let envelopes = sentry::test::with_captured_envelopes(|| {
        sentry::capture_message("Hello World!", sentry::Level::Warning);
    });
    assert_eq!(envelopes.len(), 1);
}

#[test]
fn before_send_looks_at_the_message_and_changes_it() {
    let options = sentry::ClientOptions {
        before_send: Some(std::sync::Arc::new(|mut event| match event.message.as_deref() {
            Some("not for everybody") => None,
            Some(text) => {
                event.message = Some(text.replace("4111", "****"));
                Some(event)
            }
            None => Some(event),
        })),
        ..Default::default()
    };
    let events = sentry::test::with_captured_events_options(
        || {
            sentry::capture_message("not for everybody", sentry::Level::Info);
            sentry::capture_message("paid with 4111", sentry::Level::Info);
        },
        options,
    );
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].message.as_deref(), Some("paid with ****"));
}
