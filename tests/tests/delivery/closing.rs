//! Tests of the end of a client: items captured before, during and after it are sent or counted before `close` returns.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use sentry::Level;
use sentry::protocol::DataCategory;
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe, observe_server, untraced};

use crate::{message, until};

const SHORT: Duration = Duration::from_millis(50);

fn counted(stats: &sentry::Stats) -> u64 {
    let dropped = stats.dropped.iter().filter(|entry| entry.category == DataCategory::Error);
    stats.sent(DataCategory::Error) + dropped.map(|entry| entry.quantity).sum::<u64>()
}

#[test]
fn a_close_after_one_that_timed_out_answers_for_what_is_left() {
    let (open, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let options = untraced().before_send(move |event| {
        let _ = gate.lock().unwrap().recv_timeout(LONG);
        Some(event)
    });
    let seen = observe(options, || {
        (0..5).for_each(|_| message("one of five"));
        let client = sentry::get_client().unwrap();
        assert!(!client.close(SHORT));
        assert!(!client.close(SHORT), "nothing has changed");
        assert!(!client.flush(SHORT));
        assert_eq!(counted(&client.stats()), 0);
        drop(open);
        assert!(client.close(LONG));
        assert_eq!(counted(&client.stats()), 5);
        assert!(client.close(Duration::ZERO), "there is nothing left to wait for");
        assert!(client.flush(Duration::ZERO));
    });
    assert_eq!(counted(&seen.stats), 5);
}

/// The pipeline thread rests for a moment after a message, and messages that come meanwhile do not wake it.
#[test]
fn a_flush_and_a_close_include_what_came_while_the_pipeline_rests() {
    const TIMES: u64 = 40;
    let (processed, wait) = channel();
    let options = untraced().before_send(move |event| {
        let _ = processed.send(());
        Some(event)
    });
    observe(options, || {
        let client = sentry::get_client().unwrap();
        for time in 0..TIMES {
            message("before the rest");
            wait.recv_timeout(LONG).unwrap();
            message("in the rest");
            assert!(if time + 1 < TIMES { client.flush(LONG) } else { client.close(LONG) });
            assert_eq!(client.stats().sent(DataCategory::Error), 2 * (time + 1));
            wait.recv_timeout(LONG).unwrap();
        }
    });
}

#[test]
fn a_close_waits_again_for_a_server_that_is_slow() {
    let seen = observe_server(untraced(), |server| {
        server.answer_next(Answer::ok().held());
        message("one");
        let client = sentry::get_client().unwrap();
        until("the request comes", || !server.requests().is_empty());
        assert!(!client.close(SHORT));
        assert_eq!(counted(&client.stats()), 0);
        server.release();
        assert!(client.close(LONG));
        assert_eq!(client.stats().sent(DataCategory::Error), 1);
    });
    assert_eq!(seen.events().len(), 1);
}

#[test]
fn what_threads_capture_during_the_end_is_counted_in_time_for_the_answer() {
    /// Captures messages until the client is off, and returns their number.
    fn capture_on() -> u64 {
        let captured = (0..).take_while(|_| {
            thread::sleep(Duration::from_micros(100));
            !sentry::capture_message("again", Level::Info).is_nil()
        });
        captured.count() as u64
    }
    for _ in 0..5 {
        observe(untraced(), || {
            let client = sentry::get_client().unwrap();
            let threads = [(); 3].map(|()| thread::spawn(capture_on));
            thread::sleep(Duration::from_millis(5));
            assert!(client.close(LONG));
            let stats = client.stats();
            let captured: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
            assert_eq!(counted(&stats), captured);
            assert_eq!(stats.queued.captured, 0);
        });
    }
}
