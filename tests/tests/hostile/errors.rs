//! Tests of errors with endless chains, and of errors that panic when they are read.

use std::error::Error;
use std::fmt;

use sentry_tests::support::{observe, untraced};

/// An error that is its own cause.
#[derive(Debug)]
struct Ring;

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("round and round")
    }
}

impl Error for Ring {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[derive(Debug)]
struct Long(Option<Box<Long>>);

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("because")
    }
}

impl Error for Long {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_deref().map(|cause| cause as &dyn Error)
    }
}

#[test]
fn chains_are_cut() {
    let long = (0..100_000).fold(Long(None), |cause, _| Long(Some(Box::new(cause))));
    let seen = observe(untraced(), || {
        sentry::capture_error(&Ring);
        sentry::capture_error(&long);
    });
    // Freeing the chain would overflow the stack.
    std::mem::forget(long);
    for event in seen.events() {
        let values = event["exception"]["values"].as_array().unwrap();
        assert_eq!(values.len(), 50);
        assert!(values[0]["value"].as_str().unwrap().contains("the chain is cut"), "{}", values[0]);
    }
    assert_eq!(seen.events().len(), 2);
}

/// A panic payload that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any("the payload broke too");
    }
}

#[derive(Clone, Copy)]
enum How {
    Display,
    Debug,
    Source,
    Captures,
    Endless,
}

struct Evil(How);

impl fmt::Display for Evil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            How::Display => std::panic::panic_any(Bomb),
            How::Captures => {
                sentry::capture_message("captured by Display", sentry::Level::Info);
                sentry::set_tag("set_by", "Display");
                sentry::start_span("in Display", |_| ());
                f.write_str("captures")
            }
            How::Endless => loop {
                f.write_str("and on and on ")?;
            },
            How::Debug | How::Source => f.write_str("evil"),
        }
    }
}

impl fmt::Debug for Evil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            How::Debug => std::panic::panic_any(Bomb),
            _ => f.write_str("Evil"),
        }
    }
}

impl Error for Evil {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.0 {
            How::Source => std::panic::panic_any(Bomb),
            _ => None,
        }
    }
}

#[sentry::span(err)]
fn fails(how: How) -> Result<(), Evil> {
    Err(Evil(how))
}

#[test]
fn an_error_that_breaks_when_it_is_looked_at_is_captured_as_far_as_it_goes() {
    let all = [How::Display, How::Debug, How::Source, How::Captures, How::Endless];
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            for how in all {
                sentry::capture_error(&Evil(how));
                assert!(fails(how).is_err(), "the caller gets the error");
            }
        });
    });
    let errors = seen.events().iter().filter(|event| event["exception"].is_object()).count();
    assert!((all.len()..=2 * all.len()).contains(&errors), "{errors}");
    assert!(
        seen.events().iter().all(|event| event["level"] != "fatal"),
        "a panic in the error causes no event"
    );
}
