//! Tests of the items that wait in memory: limits, order and priorities.

use std::time::Duration;

use sentry::protocol::{Attachment, DataCategory, DiscardReason};
use sentry_tests::support::{LONG, observe_server, options, untraced};
use sentry_tests::{Answer, FakeSentry};

use crate::{lost, message, texts, transaction, until};

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

/// Some messages arrive while the pipeline thread pauses, and do not wake it.
#[test]
fn messages_that_follow_each_other_closely_are_sent_without_a_flush() {
    const EACH: usize = 40;
    #[sentry::monitor("often")]
    fn often() {}
    observe_server(options(), |server| {
        for number in 0..EACH {
            message(&number.to_string());
            sentry::with_monitor("by-function", None, || ());
            often();
            std::thread::sleep(Duration::from_micros(200));
        }
        until("the messages arrive", || server.events().len() == EACH);
        until("the check-ins arrive", || server.check_ins().len() == 4 * EACH);
    });
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
        server.answer_next(Answer::ok().held());
        transaction("in flight");
        assert!(server.wait_for_requests(1, LONG));
        (0..10).for_each(|number| message(&number.to_string()));
        (0..10).for_each(|_| transaction("others"));
        until("all of them wait or are lost", || {
            let stats = sentry::get_client().unwrap().stats();
            let accepted = [DataCategory::Error, DataCategory::Transaction].map(|it| stats.accepted(it));
            accepted == [10, 11]
        });
        server.release();
    });
    assert_eq!(texts(&seen), ["0", "1", "2"]);
    assert_eq!(seen.transactions().len(), 11);
    assert_eq!(lost(&seen.stats, DiscardReason::QueueOverflow, DataCategory::Error), 7);
    assert_eq!(seen.reported("queue_overflow", "error"), 7);
}

#[test]
fn a_flood_of_errors_does_not_starve_traces() {
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::ok().held());
        message("in flight");
        assert!(server.wait_for_requests(1, LONG));
        (0..100).for_each(|_| message("flood"));
        (0..5).for_each(|_| transaction("few"));
        until("everything is in the transport's queue", || {
            sentry::get_client().unwrap().stats().queued.envelopes == 106
        });
        server.release();
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (101, 5));
    let types: Vec<String> = seen.items().iter().map(|item| item.ty().to_owned()).collect();
    let last = types.iter().rposition(|ty| ty == "transaction").unwrap();
    assert!(last < 60, "traces are sent between the errors, the last at {last}");
}

fn file(kib: usize) -> Attachment {
    Attachment { buffer: vec![b'x'; kib << 10], filename: "large.bin".to_owned(), ..Attachment::default() }
}

/// Captures a message with an attachment of this size.
fn large(text: &str, kib: usize) {
    sentry::with_scope(|scope| scope.add_attachment(file(kib)), || message(text));
}

/// Runs with a server that never answers and a pipeline thread that hangs in `before_send` as soon as it processes the
/// message `hang`.
fn with_a_pipeline_that_hangs(fill: impl Fn(), captured: impl FnOnce() + Send) {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (hangs, until_it_hangs) = std::sync::mpsc::channel();
    let (wait, hangs) = (std::sync::Mutex::new(wait), std::sync::Mutex::new(hangs));
    let options = untraced()
        .queue_bytes(1 << 20)
        .enable_logs(true)
        .max_value_length(10_000)
        .shutdown_timeout(Duration::from_millis(100))
        .before_send(move |event| {
            if event.logentry.as_ref().is_some_and(|entry| entry.message == "hang") {
                let _ = hangs.lock().unwrap().send(());
                let _ = wait.lock().unwrap().recv();
            }
            Some(event)
        });
    observe_server(options, |server| {
        server.answer_all(Answer::never());
        message("in flight");
        assert!(server.wait_for_requests(1, LONG));
        fill();
        message("hang");
        until_it_hangs.recv_timeout(LONG).unwrap();
        captured();
        drop(release);
    });
}

#[test]
fn one_limit_holds_for_what_waits_in_both_threads() {
    let stats = || sentry::get_client().unwrap().stats();
    let fill = || {
        (1..=6).for_each(|number| large(&number.to_string(), 100));
        until("they wait for the network", || stats().queued.envelopes == 7);
    };
    with_a_pipeline_that_hangs(fill, || {
        assert!(stats().queued.bytes > 600 << 10);
        (0..6).for_each(|number| large(&number.to_string(), 100));
        let lost = lost(&stats(), DiscardReason::QueueOverflow, DataCategory::Error);
        assert_eq!(lost, 2, "four more of 100 KiB fit into 1 MiB beside six");
    });
}

#[test]
fn what_is_captured_displaces_less_important_data_that_waits_for_the_network() {
    let stats = || sentry::get_client().unwrap().stats();
    let of_logs = || lost(&stats(), DiscardReason::QueueOverflow, DataCategory::LogItem);
    let fill = || {
        // Each log contains the text twice: in its body and as a parameter.
        let text = "x".repeat(4 << 10);
        for batch in 1..=3 {
            (0..30).for_each(|_| sentry::logger_info!("{}", text));
            sentry::flush(Duration::from_millis(20));
            until("the batch waits for the network", || stats().queued.bytes >= batch * (240 << 10));
        }
        assert_eq!(of_logs(), 0);
    };
    with_a_pipeline_that_hangs(fill, || {
        large("one", 400);
        assert!(of_logs() > 0);
        assert!(stats().queued.bytes + (400 << 10) <= 1 << 20, "{:?}", stats().queued);
        assert_eq!(lost(&stats(), DiscardReason::QueueOverflow, DataCategory::Error), 0);
    });
}

#[test]
fn a_global_scope_that_waits_is_weighed() {
    let stats = || sentry::get_client().unwrap().stats();
    with_a_pipeline_that_hangs(
        || (),
        || {
            sentry::get_global_scope().add_attachment(file(700));
            message("waits with it");
            large("another", 200);
            sentry::get_global_scope().clear();
            assert_eq!(lost(&stats(), DiscardReason::QueueOverflow, DataCategory::Error), 1);
        },
    );
}

/// Returns the names of the received transactions, in order.
fn names(server: &FakeSentry) -> Vec<u64> {
    let name = |it: &serde_json::Value| it["transaction"].as_str().and_then(|name| name.parse().ok());
    server.transactions().iter().map(|transaction| name(transaction).unwrap()).collect()
}

/// Waits until one more request has arrived than `requests`, and releases its held answer.
fn answer_another(server: &FakeSentry, requests: &mut usize) {
    *requests += 1;
    assert!(server.wait_for_requests(*requests, LONG));
    server.release();
}

/// Releases all held answers, and holds no further ones.
fn answer_the_rest(server: &FakeSentry) {
    server.answer_all(Answer::ok());
    server.release();
}

fn numbered(numbers: std::ops::Range<u64>) {
    for number in numbers {
        sentry::start_span(number.to_string(), |_| sentry::start_span("step", |_| ()));
    }
}

#[test]
fn transactions_that_the_queue_has_no_room_for_wait_and_are_sent_in_order() {
    let seen = observe_server(options().queue_size(8), |server| {
        server.answer_all(Answer::ok().delay(Duration::from_millis(2)));
        numbered(0..200);
        assert!(sentry::flush(LONG), "a flush includes waiting transactions");
        assert_eq!(names(server), (0..200).collect::<Vec<_>>());
        // These are also sent at the end of the program, without a flush.
        numbered(200..300);
        assert!(server.wait_for_type("transaction", 250, LONG));
    });
    assert_eq!(names(&seen), (0..300).collect::<Vec<_>>());
    assert_eq!((seen.stats.lost(), seen.stats.sent(DataCategory::Span)), (0, 600));
}

#[test]
fn an_error_does_not_wait_for_transactions_that_wait() {
    let seen = observe_server(options().queue_size(8), |server| {
        server.answer_all(Answer::ok().held());
        let mut requests = 0;
        numbered(0..100);
        (0..5).for_each(|_| answer_another(server, &mut requests));
        message("in the burst");
        until("it is handed to delivery", || {
            sentry::get_client().unwrap().stats().accepted(DataCategory::Error) == 1
        });
        while server.events().is_empty() {
            answer_another(server, &mut requests);
        }
        assert!(server.transactions().len() < 80, "{}", server.transactions().len());
        answer_the_rest(server);
    });
    assert_eq!((seen.transactions().len(), seen.stats.lost()), (100, 0));
}

#[test]
fn what_waits_when_the_program_ends_is_counted() {
    let options = options().queue_size(8).shutdown_timeout(Duration::from_millis(300));
    let seen = observe_server(options, |server| {
        server.answer_all(Answer::never());
        numbered(0..100);
        assert!(!sentry::flush(Duration::from_millis(300)), "most of them still wait");
    });
    assert_eq!(seen.stats.sent(DataCategory::Transaction), 0);
    let of = |category| {
        seen.stats.dropped.iter().filter(|e| e.category == category).map(|e| e.quantity).sum::<u64>()
    };
    // The transaction in flight may have arrived.
    let transactions = of(DataCategory::Transaction);
    assert!((99..=100).contains(&transactions), "{transactions}");
    assert_eq!(of(DataCategory::Span), 2 * transactions);
}

#[test]
fn a_flush_ends_while_others_keep_the_queue_full() {
    let stop = std::sync::atomic::AtomicBool::new(false);
    observe_server(options().queue_size(4), |server| {
        server.answer_all(Answer::ok().delay(Duration::from_millis(1)));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    numbered(0..20);
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
            assert!(server.wait_for_requests(20, LONG));
            assert!(sentry::flush(LONG));
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    });
}

#[test]
fn a_transaction_that_waits_has_the_global_scope_of_its_end() {
    let seen = observe_server(options().queue_size(4), |server| {
        server.answer_all(Answer::ok().held());
        let mut requests = 0;
        sentry::get_global_scope().set_tag("phase", "burst");
        numbered(0..30);
        (0..3).for_each(|_| answer_another(server, &mut requests));
        sentry::get_global_scope().set_tag("phase", "later");
        assert!(server.transactions().len() < 20, "they wait");
        answer_the_rest(server);
    });
    let phases: Vec<_> = seen.transactions().iter().map(|it| it["tags"]["phase"].clone()).collect();
    assert_eq!(phases, vec!["burst"; 30]);
}
