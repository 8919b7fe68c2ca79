//! Tests of a program that cannot start a thread.

use sentry_tests::FakeSentry;
use sentry_tests::support::programs::run;

#[test]
fn what_no_thread_can_send_is_counted_and_said_once() {
    let server = FakeSentry::start();
    let dsn = server.dsn();
    // With stacks as large as the address space, the system refuses every thread.
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

#[test]
fn spans_for_which_there_is_no_room_are_counted_without_a_thread() {
    let server = FakeSentry::start();
    let dsn = server.dsn();
    let environment = [("SENTRY_DSN", dsn.as_str()), ("RUST_MIN_STACK", "140737488355328")];
    let ended = run(env!("CARGO_BIN_EXE_no_threads"), &["flood"], &environment);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let counted = |reason: &str, category: &str| -> u64 {
        let prefix = format!("{reason} {category} ");
        ended
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .map_or(0, |count| count.parse().unwrap())
    };
    let lost = |category| {
        let (kept, refused) = (counted("InternalSdkError", category), counted("BufferOverflow", category));
        assert!(kept > 0 && refused > 0, "{ended:?}");
        kept + refused
    };
    assert_eq!(lost("Span"), 50 * 1001 + 6, "{ended:?}");
    assert_eq!(lost("Transaction"), 50 + 3, "{ended:?}");
}
