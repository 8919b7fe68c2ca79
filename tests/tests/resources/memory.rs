//! Tests that memory for records is reused, and that records without memory are counted.

use std::thread;

use sentry::SpanOptions;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::support::{LONG, Seen, observe, options};

#[sentry::span(name = "step", args(number))]
fn step(number: u32) -> u32 {
    number
}

fn overflown<R>(seen: &Seen<R>) -> u64 {
    let lost = seen.stats.dropped.iter().filter(|lost| lost.category == DataCategory::Span);
    lost.filter(|lost| lost.reason == DiscardReason::BufferOverflow).map(|lost| lost.quantity).sum()
}

#[test]
fn threads_that_come_and_go_leave_their_memory_to_others() {
    const THREADS: u32 = 10_000;
    const AT_A_TIME: u32 = 100;
    // The memory is enough for 256 threads at a time.
    let options = options().max_record_memory(2 << 20);
    let seen = observe(options, || {
        sentry::start_span(SpanOptions::new("root"), |root| {
            for first in (0..THREADS).step_by(AT_A_TIME as usize) {
                thread::scope(|scope| {
                    for number in first..first + AT_A_TIME {
                        let name = SpanOptions::new("thread").parent_span(root).attribute("number", number);
                        scope.spawn(|| sentry::start_span(name, |_| ()));
                    }
                });
                // The flush makes the pipeline read the records of ended threads.
                assert!(sentry::flush(LONG));
            }
        });
    });
    assert_eq!(seen.transaction()["spans"].as_array().unwrap().len(), 1000);
    // All other spans were read and exceeded the limit of a transaction; none was lost for want of memory.
    assert_eq!(overflown(&seen), u64::from(THREADS) - 1000);
    let sent = seen.transaction()["spans"].as_array().unwrap().clone();
    assert!(sent.iter().all(|span| span["data"]["number"].as_u64().unwrap() < 4000), "the earliest are sent");
}

#[test]
fn a_root_that_does_not_end_takes_bounded_memory() {
    const SPANS: u32 = 50_000;
    let seen = observe(options().max_record_memory(512 << 10), || {
        sentry::start_span(SpanOptions::new("root"), |_| {
            for number in 0..SPANS {
                step(number);
                if number % 1000 == 0 {
                    assert!(sentry::flush(LONG));
                }
            }
        });
    });
    let sent = seen.transaction()["spans"].as_array().unwrap().len();
    assert_eq!(sent, 1000);
    assert_eq!(sent as u64 + overflown(&seen), u64::from(SPANS), "every span is sent or counted");
    assert_eq!(seen.reported("buffer_overflow", "span"), overflown(&seen));
}
