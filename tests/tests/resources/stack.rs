//! The stack of a thread that records.

use std::fmt;
use std::thread;

use sentry_tests::support::{observe, options};

/// An error's stack is walked on the thread that captures it. A build without optimisation has several copies of what
/// functions keep on the stack.
#[test]
fn a_small_thread_has_room_for_an_error() {
    #[sentry::span(err)]
    fn annotated() -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }
    let seen = observe(options(), || {
        let small = thread::Builder::new().stack_size(16 * 1024);
        small.spawn(|| annotated().unwrap_err()).unwrap().join().unwrap();
    });
    assert_eq!(seen.events().len(), 1);
}
