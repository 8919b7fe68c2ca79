//! A program that cannot start a thread.

use sentry_tests::FakeSentry;
use sentry_tests::support::programs::run;

#[test]
fn what_no_thread_can_send_is_counted_and_said_once() {
    let server = FakeSentry::start();
    let dsn = server.dsn();
    // Stacks as large as the address space: the system refuses every thread.
    let environment = [("SENTRY_DSN", dsn.as_str()), ("RUST_MIN_STACK", "140737488355328")];
    let ended = run(env!("CARGO_BIN_EXE_no_threads"), &[], &environment);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines[..2], ["flushed true", "in time true"], "{ended:?}");
    for counted in ["Error 4", "Monitor 3", "Transaction 3", "Span 6", "LogItem 3"] {
        assert!(lines.contains(&&*format!("InternalSdkError {counted}")), "{counted}: {ended:?}");
    }
    assert_eq!(lines.last(), Some(&"waiting 0"));
    for thread in ["the pipeline thread could not", "the transport's thread could not"] {
        assert_eq!(ended.notes().iter().filter(|note| note.contains(thread)).count(), 1, "{ended:?}");
    }
    assert!(server.requests().is_empty());
}
