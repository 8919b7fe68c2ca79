//! Tests of panics, and of work on other threads.

use sentry::SentryFutureExt;
use sentry_tests::support::{block_on, options};

use crate::captured;

#[test]
fn panics_are_captured_by_the_hook() {
    let seen = captured(options(), || {
        let ended = std::thread::spawn(|| panic!("of a thread")).join();
        assert!(ended.is_err());
    });
    assert_eq!(seen[0].exception[0].ty, "panic");
    assert_eq!(seen[0].exception[0].value.as_deref(), Some("of a thread"));
}

/// Uses `.bind_scope()` in place of `.bind_hub(Hub::current())` and of `Hub::run` around a task, which `hubs` tests.
#[test]
fn work_that_moves_takes_its_scope_along() {
    let seen = captured(options(), || {
        let future = sentry::with_isolation_scope(|| {
            sentry::set_tag("task", "mail");
            async { sentry::capture_message("sent", sentry::Level::Info) }.bind_scope()
        });
        std::thread::spawn(move || block_on(future)).join().unwrap();
    });
    assert_eq!(seen[0].tags["task"], "mail");
}
