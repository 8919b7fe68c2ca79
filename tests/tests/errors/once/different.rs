//! Tests of several errors that look alike.

use sentry_tests::support::{block_on, observe, options, untraced, yield_once};

use super::{Failed, text};

#[sentry::span(name = "fails", err)]
fn fails() -> Result<u32, Failed> {
    Err(Failed::new("connection refused"))
}

#[sentry::span(name = "fails quietly")]
fn fails_quietly() -> Result<u32, Failed> {
    Err(Failed::new("connection refused"))
}

#[sentry::span(name = "fails async", err)]
async fn fails_async() -> Result<u32, Failed> {
    yield_once().await;
    Err(Failed::new("connection refused"))
}

#[sentry::server_action]
fn action() -> Result<u32, Failed> {
    fails_quietly()
}

#[sentry::span(name = "retry", err)]
fn retry() -> Result<u32, Failed> {
    for _ in 0..2 {
        let _handled = fails();
    }
    fails()
}

fn all_settings() -> [sentry::ClientOptions; 3] {
    [options(), options().traces_sample_rate(0.0), untraced()]
}

#[test]
fn errors_of_equal_text_are_as_many_events_as_there_are_errors() {
    for run in [|| drop(fails()), || drop(action()), || drop(block_on(fails_async()))] {
        for options in all_settings() {
            let seen = observe(options, || (0..3).for_each(|_| run()));
            assert_eq!(seen.events().len(), 3);
        }
    }
}

/// Returns an error whose cause has the same text as another error.
#[sentry::span(name = "wraps", err)]
fn wraps() -> Result<u32, Wrapping> {
    Err(Wrapping(Failed::new("connection refused")))
}

#[derive(Debug)]
struct Wrapping(Failed);

impl std::fmt::Display for Wrapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the page was not made")
    }
}

impl std::error::Error for Wrapping {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Both are seen in the same request, so only the start of the second call tells them apart.
#[test]
fn an_error_that_was_handled_is_not_the_later_one_of_the_same_text() {
    #[sentry::server_action]
    fn action() -> Result<u32, Other> {
        let _handled = [fails_quietly(), fails_quietly()];
        Err(Other("closed"))
    }
    for options in all_settings() {
        let seen = observe(options.unhandled_errors(sentry::UnhandledErrors::All), || drop(action()));
        let mut texts: Vec<_> = seen.events().iter().map(text).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["closed", "connection refused", "connection refused"]);
    }
}

#[test]
fn an_error_that_is_like_the_cause_of_another_is_an_error_of_its_own() {
    for options in all_settings() {
        let seen = observe(options, || {
            let _handled = wraps();
            sentry::capture_error(&Failed::new("connection refused"));
        });
        assert_eq!(seen.events().len(), 2);
    }
}

#[test]
fn errors_that_were_handled_in_between_are_others() {
    for options in all_settings() {
        let seen = observe(options, || drop(retry()));
        assert_eq!(seen.events().len(), 3, "two handled errors, and the returned one");
    }
}

#[test]
fn captures_with_tags_of_their_own_are_each_an_event() {
    let seen = observe(options(), || {
        let error = std::io::Error::other("disk full");
        for disk in ["sda", "sdb"] {
            sentry::capture_error_with(&error, |scope| scope.set_tag("disk", disk));
        }
        sentry::capture_error(&error);
    });
    let disks: Vec<_> = seen.events().iter().map(|event| event["tags"]["disk"].clone()).collect();
    assert_eq!(disks, ["sda".into(), "sdb".into(), serde_json::Value::Null]);
}

#[test]
fn explicit_captures_are_each_an_event() {
    for options in all_settings() {
        let seen = observe(options, || {
            for _ in 0..3 {
                if let Err(error) = fails_quietly() {
                    sentry::capture_error(&error);
                }
            }
            let unseen = Failed::new("connection refused");
            sentry::capture_error(&unseen);
            sentry::capture_error(&unseen);
        });
        assert_eq!(seen.events().len(), 5);
    }
}

#[test]
fn an_error_that_the_action_makes_of_another_kind_is_its_own() {
    #[sentry::server_action]
    fn other() -> Result<u32, Failed> {
        let _ignored = fails_quietly();
        Err(Failed::new("the cart is empty"))
    }
    let seen = observe(options(), || drop(other()));
    let event = seen.event();
    assert_eq!(text(&event), "the cart is empty");
    let action = seen.spans().into_iter().find(|span| span.is_root).unwrap();
    assert_eq!(event["contexts"]["trace"]["span_id"], action.id);
}

#[test]
fn an_error_that_was_captured_and_handled_does_not_hide_a_later_one() {
    for options in all_settings() {
        let seen = observe(options, || {
            let _handled = fails();
            if let Err(error) = fails_quietly() {
                sentry::capture_error(&error);
            }
        });
        assert_eq!(seen.events().len(), 2);
    }
}

/// An error of another type, with a text of its own.
#[derive(Debug)]
struct Other(&'static str);

impl std::fmt::Display for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Other {}

#[sentry::span(name = "lookup", err)]
fn lookup() -> Result<u32, Failed> {
    Err(Failed::new("not found"))
}

#[sentry::span(name = "lookup with cause", err)]
fn lookup_with(cause: &'static str) -> Result<u32, Failed> {
    Err(Failed { what: "not found".into(), cause: Some(Box::new(Other(cause))) })
}

#[test]
fn an_error_that_was_handled_hides_no_other_one_that_contains_its_text() {
    #[sentry::server_action]
    fn scanning() -> Result<u32, Other> {
        let _handled = lookup();
        Err(Other("b failed: not found while scanning"))
    }
    #[sentry::server_action]
    fn before() -> Result<u32, Other> {
        let _handled = lookup();
        Err(Other("not found: b"))
    }
    #[sentry::server_action]
    fn within() -> Result<u32, Other> {
        let _handled = lookup();
        Err(Other("b was not found"))
    }
    for run in [scanning, before, within] {
        for options in all_settings() {
            let seen = observe(options, || drop(run()));
            let events = seen.events();
            assert_eq!(events.len(), 2, "{events:#?}");
            assert_eq!(text(&events[0]), "not found");
            assert_eq!(events[1]["exception"]["values"][0]["type"], "Other");
        }
    }
}

#[test]
fn errors_of_equal_text_and_another_type_are_two() {
    #[sentry::server_action]
    fn action() -> Result<u32, Other> {
        let _handled = lookup();
        Err(Other("not found"))
    }
    #[sentry::server_action]
    fn wrapping() -> Result<u32, Wrapping> {
        let _handled = other();
        Err(Wrapping(Failed::new("not found")))
    }
    #[sentry::span(err)]
    fn other() -> Result<u32, Other> {
        Err(Other("not found"))
    }
    for options in all_settings() {
        assert_eq!(observe(options.clone(), || drop(action())).events().len(), 2);
        assert_eq!(observe(options, || drop(wrapping())).events().len(), 2);
    }
}

#[test]
fn errors_of_equal_text_and_another_cause_are_two() {
    #[sentry::server_action]
    fn action() -> Result<u32, Failed> {
        let _handled = lookup_with("the disk is full");
        Err(Failed { what: "not found".into(), cause: Some(Box::new(Other("the cable is cut"))) })
    }
    #[sentry::server_action]
    fn without() -> Result<u32, Failed> {
        let _handled = lookup_with("the disk is full");
        Err(Failed::new("not found"))
    }
    for options in all_settings() {
        assert_eq!(observe(options.clone(), || drop(action())).events().len(), 2);
        assert_eq!(observe(options, || drop(without())).events().len(), 2);
    }
}

#[test]
fn a_captured_error_is_another_one_than_that_which_contains_its_text() {
    let seen = observe(options(), || {
        let _handled = lookup();
        sentry::capture_error(&Other("b was not found"));
    });
    assert_eq!(seen.events().len(), 2);
}
