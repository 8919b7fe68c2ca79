//! What waits in memory, on which terms.

use std::time::Duration;

use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe_server, options, untraced};

use crate::{lost, message, texts, transaction};

#[test]
fn a_full_queue_is_counted() {
    let options = options().queue_size(2).shutdown_timeout(Duration::from_millis(100));
    let seen = observe_server(options, |server| {
        server.answer_all(Answer::never());
        message("in flight");
        assert!(server.wait_for_requests(1, LONG));
        (0..10).for_each(|number| message(&number.to_string()));
        assert!(!sentry::flush(Duration::from_millis(200)));
    });
    assert_eq!(lost(&seen.stats, DiscardReason::QueueOverflow, DataCategory::Error), 8);
}

#[test]
fn a_flood_is_sent_or_counted_and_check_ins_come_first() {
    const FLOOD: u64 = 5_000;
    let seen = observe_server(untraced().queue_size(16), |server| {
        server.answer_all(Answer::ok().delay(Duration::from_millis(1)));
        (0..FLOOD).for_each(|_| message("flood"));
        sentry::with_monitor("in-the-flood", None, || ());
    });
    let overflow = lost(&seen.stats, DiscardReason::QueueOverflow, DataCategory::Error);
    assert_eq!(seen.stats.sent(DataCategory::Error) + overflow, FLOOD);
    assert_eq!(seen.events().len() as u64, seen.stats.sent(DataCategory::Error));
    assert_eq!(seen.reported("queue_overflow", "error"), overflow);
    assert_eq!(seen.check_ins().len(), 2);
}

#[test]
fn a_category_with_a_bound_leaves_room_for_others() {
    let options = options().category_queue_size(DataCategory::Error, 3);
    let seen = observe_server(options, |server| {
        server.answer_next(Answer::ok().delay(Duration::from_millis(300)));
        transaction("in flight");
        assert!(server.wait_for_requests(1, LONG));
        (0..10).for_each(|number| message(&number.to_string()));
        (0..10).for_each(|_| transaction("others"));
    });
    assert_eq!(texts(&seen), ["0", "1", "2"]);
    assert_eq!(seen.transactions().len(), 11);
    assert_eq!(lost(&seen.stats, DiscardReason::QueueOverflow, DataCategory::Error), 7);
    assert_eq!(seen.reported("queue_overflow", "error"), 7);
}

#[test]
fn a_flood_of_errors_does_not_starve_traces() {
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::ok().delay(Duration::from_millis(500)));
        message("in flight");
        assert!(server.wait_for_requests(1, LONG));
        (0..100).for_each(|_| message("flood"));
        (0..5).for_each(|_| transaction("few"));
        // Until everything is in the transport's queue.
        std::thread::sleep(Duration::from_millis(200));
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (101, 5));
    let types: Vec<String> = seen.items().iter().map(|item| item.ty().to_owned()).collect();
    let last = types.iter().rposition(|ty| ty == "transaction").unwrap();
    assert!(last < 60, "the traces had their turns between the errors, the last at {last}");
}
