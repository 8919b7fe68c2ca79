//! Tests of the spool at the end of a program: even a short program sends left-over files, in order and within its
//! timeout.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sentry_tests::support::programs::{Ended, run};
use sentry_tests::support::{self, LONG, options};
use sentry_tests::{Answer, FakeSentry};

use crate::spooler::{Dir, SPOOLER};
use crate::{message, texts, transaction, until};

/// Leaves this number of messages and of traces on disk, as an outage would.
fn leave(server: &FakeSentry, dir: &Dir, count: usize) {
    server.answer_all(Answer::hangup());
    support::without_client(|| {
        let guard = sentry::try_init(options().dsn(&server.dsn()).spool_dir(&dir.0)).unwrap();
        for number in 0..count {
            transaction("left");
            message(&number.to_string());
            sentry::flush(LONG);
        }
        drop(guard);
    });
    assert_eq!(dir.files().len(), 2 * count, "{:?}", dir.files());
    server.clear();
}

/// Runs a program that captures nothing and ends at once.
fn run_in_short(server: &FakeSentry, dir: &Dir) -> Ended {
    let ended = run(SPOOLER, &[&server.dsn(), dir.0.to_str().unwrap(), "short", "0"], &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

#[test]
fn a_program_that_ends_at_once_sends_the_files_of_earlier_runs() {
    let (server, dir) = (FakeSentry::start(), Dir::new("short"));
    leave(&server, &dir, 40);
    server.answer_all(Answer::ok());
    run_in_short(&server, &dir);
    assert_eq!((server.events().len(), server.transactions().len()), (40, 40));
    assert_eq!(dir.files(), [""; 0].map(PathBuf::from));
    let in_order: Vec<_> = (0..40).map(|number| number.to_string()).collect();
    assert_eq!(texts(&server), in_order);
    let types: Vec<_> = server.items().iter().map(|item| item.ty().to_owned()).collect();
    assert!(types[..40].iter().all(|ty| ty == "event"), "the most important leave first: {types:?}");
    server.assert_valid();
}

#[test]
fn a_flush_sends_the_files_of_earlier_runs() {
    let (server, dir) = (FakeSentry::start(), Dir::new("flushed"));
    leave(&server, &dir, 20);
    server.answer_all(Answer::ok());
    support::without_client(|| {
        let guard = sentry::try_init(options().dsn(&server.dsn()).spool_dir(&dir.0)).unwrap();
        message("own");
        assert!(sentry::flush(LONG));
        assert_eq!((server.events().len(), server.transactions().len()), (21, 20));
        drop(guard);
    });
    server.assert_valid();
}

#[test]
fn a_program_that_ends_waits_for_files_of_earlier_runs_only_as_long_as_it_may() {
    let (server, dir) = (FakeSentry::start(), Dir::new("slow"));
    leave(&server, &dir, 20);
    // Even on a busy machine, the timeout ends before ten of these answers arrive.
    for silent in [Answer::ok().delay(Duration::from_secs(1)), Answer::never()] {
        server.answer_all(silent);
        let timeout = Duration::from_millis(1500);
        support::without_client(|| {
            let started = Instant::now();
            let options = options().dsn(&server.dsn()).spool_dir(&dir.0).shutdown_timeout(timeout);
            // The request that is in flight holds its file until after the client is closed.
            let options = options.read_timeout(LONG / 6);
            drop(sentry::try_init(options).unwrap());
            assert!(started.elapsed() < LONG / 2);
        });
        assert!(dir.files().len() >= 30, "{} are left", dir.files().len());
    }
    server.answer_all(Answer::ok());
    until("requests of ended clients have ended, and the rest is sent", || {
        run_in_short(&server, &dir);
        dir.files().is_empty()
    });
    assert_eq!((server.events().len(), server.transactions().len()), (20, 20), "each once");
}

#[test]
fn a_program_that_ends_respects_rate_limits_of_left_overs() {
    let (server, dir) = (FakeSentry::start(), Dir::new("short-limits"));
    leave(&server, &dir, 10);
    for _ in 0..3 {
        server.answer_next(Answer::ok());
    }
    server.answer_all(Answer::ok().header("X-Sentry-Rate-Limits", "60:error:key"));
    run_in_short(&server, &dir);
    assert_eq!((server.events().len(), server.transactions().len()), (4, 10));
    assert_eq!(dir.files().len(), 6, "the files stay for a later run");
}

#[test]
fn a_network_that_fails_ends_the_sending_of_left_overs() {
    let (server, dir) = (FakeSentry::start(), Dir::new("short-fails"));
    leave(&server, &dir, 10);
    run_in_short(&server, &dir);
    assert_eq!(dir.files().len(), 20);
    assert!(server.requests().len() <= 2, "{}", server.requests().len());
}

#[test]
fn damaged_files_are_counted_and_said_once_and_never_sent() {
    let (server, dir) = (FakeSentry::start(), Dir::new("damaged"));
    leave(&server, &dir, 5);
    let mut files = dir.files();
    files.sort_unstable();
    // The changed byte is inside of a payload, so the file is still a well-formed envelope.
    for file in &files[2..6] {
        let mut bytes = std::fs::read(file).unwrap();
        let at = bytes.len() - 30;
        bytes[at] ^= 1;
        std::fs::write(file, bytes).unwrap();
    }
    server.answer_all(Answer::ok());
    let ended = run_in_short(&server, &dir);
    assert_eq!((server.events().len(), server.transactions().len()), (3, 3));
    server.assert_valid();
    assert_eq!(server.reported("internal_sdk_error", "error"), 2);
    assert_eq!(server.reported("internal_sdk_error", "transaction"), 2);
    assert_eq!(ended.notes().iter().filter(|note| note.contains("damaged")).count(), 1, "{ended:?}");
    assert_eq!(dir.files(), [""; 0].map(PathBuf::from));
}
