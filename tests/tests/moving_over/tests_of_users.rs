//! Tests that users wrote for what they capture.

#[test]
fn captured_events_are_looked_at() {
    let events = sentry::test::with_captured_events(|| {
        sentry::capture_message("Hello World!", sentry::Level::Warning);
    });
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].logentry.as_ref().map(|entry| &*entry.message), Some("Hello World!"));
    assert_eq!(events[0].level, sentry::Level::Warning);
}

#[test]
fn options_come_second() {
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
