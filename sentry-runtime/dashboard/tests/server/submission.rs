//! Tests of the envelopes that the program itself submits: submitting never waits, and dropped envelopes are counted.

use std::sync::mpsc;
use std::thread;

use crate::support::{LONG, Server, transaction};

#[test]
fn what_is_submitted_is_shown() {
    let server = Server::start();
    assert!(server.handle.submit(transaction(1, "inside").into_bytes()));
    assert!(server.handle.flush(LONG));
    assert_eq!(server.trace_names(), ["inside"]);
}

#[test]
fn a_flush_may_wait_for_ever() {
    let server = Server::start();
    assert!(server.handle.flush(std::time::Duration::MAX));
}

#[test]
fn more_than_fits_is_dropped_and_counted() {
    let server = Server::start();
    // This envelope is larger than the limit for all waiting envelopes.
    assert!(!server.handle.submit(vec![b' '; (16 << 20) + 1]));
    assert_eq!(server.handle.dropped(), 1);
    assert_eq!(server.json("/api/health")["dashboard"]["dropped"], 1);
    // The room is released after each envelope: later envelopes are accepted, although the sum exceeds the limit.
    for number in 1..=40 {
        let padding = " ".repeat(1 << 20);
        let envelope = transaction(number, "large") + &padding;
        assert!(server.handle.submit(envelope.into_bytes()), "{number}");
        assert!(server.handle.flush(LONG));
    }
    assert_eq!(server.trace_names().len(), 40);
}

#[test]
fn dropping_the_handle_ends_the_server_without_a_wait() {
    let server = Server::start();
    let address = server.address();
    let mut live = server.live();
    live.next();
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        drop(server);
        done.send(()).unwrap();
    });
    ended.recv_timeout(LONG).unwrap();
    let deadline = std::time::Instant::now() + LONG;
    while sentry_dashboard::is_dashboard(address) {
        assert!(std::time::Instant::now() < deadline, "the server is still running");
    }
}
