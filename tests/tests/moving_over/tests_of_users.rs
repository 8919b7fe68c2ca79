//! Tests that users wrote for what they capture. Changed: `with_captured_events(f)` is `with_captured(f).events()`.

#[test]
fn captured_events_are_looked_at() {
    let captured = sentry::test::with_captured(|| {
        sentry::capture_message("Hello World!", sentry::Level::Warning);
    });
    let events = captured.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].logentry.as_ref().map(|entry| &*entry.message), Some("Hello World!"));
    assert_eq!(events[0].level, sentry::Level::Warning);
}
