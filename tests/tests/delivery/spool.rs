//! Tests of the spool on disk: items left by a kill, an outage or a full queue arrive later, once, or are counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use sentry::protocol::{DataCategory, DiscardReason};
use sentry::{SpoolLimits, Stats};
use sentry_tests::support::addresses::apart;
use sentry_tests::support::{self, LONG, observe_server, options, untraced};
use sentry_tests::{Answer, FakeSentry};
use serde_json::Value;

use crate::spooler::{Dir, Spooler};
use crate::{lost, message, texts, transaction, until};

/// A timeout for left-over files, which are sent 100 ms apart.
const LONGER: Duration = Duration::from_secs(60);

/// Returns how often each id was accepted.
fn accepted(server: &FakeSentry) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    let id = |payload: &Value, name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    let events = server.events();
    let check_ins = server.check_ins();
    let ids = events.iter().map(|event| id(event, "event_id"));
    for id in ids.chain(check_ins.iter().map(|check_in| id(check_in, "check_in_id"))) {
        *counts.entry(id).or_default() += 1;
    }
    counts
}

#[track_caller]
fn assert_each_once(server: &FakeSentry, mut ids: Vec<String>) {
    let accepted = accepted(server);
    ids.sort_unstable();
    assert_eq!(accepted.keys().cloned().collect::<Vec<_>>(), ids);
    assert!(accepted.values().all(|&count| count == 1), "{accepted:?}");
}

#[test]
fn what_a_killed_process_captured_arrives_after_the_next_start() {
    for silent in [Answer::never(), Answer::hangup()] {
        let (server, dir) = (FakeSentry::start(), Dir::new("killed"));
        server.answer_all(silent);
        let mut killed = Spooler::start(&server, &dir, "killed", 12);
        let ids = killed.captured(&dir, 48);
        assert_eq!(ids.len(), 36, "messages, errors and check-ins; and the traces, one for each");
        killed.kill(&server);
        assert_eq!(server.items().len(), 0);

        server.answer_all(Answer::ok());
        let next = Spooler::start(&server, &dir, "next", 0);
        assert!(server.wait_for(48, LONGER), "{} of 48 items came", server.items().len());
        next.end();
        server.assert_valid();
        assert_each_once(&server, ids);
        assert_eq!(server.transactions().len(), 12);
        assert_eq!(dir.files(), [""; 0].map(PathBuf::from));
    }
}

#[test]
fn kills_in_the_middle_of_sending_lose_nothing() {
    const ROUNDS: usize = 3;
    let (server, dir) = (FakeSentry::start(), Dir::new("kills"));
    server.answer_all(Answer::ok().delay(Duration::from_millis(20)));
    let mut ids = Vec::new();
    for round in 1..=ROUNDS {
        let mut killed = Spooler::start(&server, &dir, "killed", 5);
        ids.extend(killed.captured(&dir, 0));
        until("everything is taken or on disk", || server.items().len() + dir.files().len() >= 20 * round);
        killed.kill(&server);
    }
    let last = Spooler::start(&server, &dir, "last", 0);
    until("everything is taken", || dir.files().is_empty());
    last.end();
    server.assert_valid();
    let accepted = accepted(&server);
    ids.sort_unstable();
    assert_eq!(accepted.keys().cloned().collect::<Vec<_>>(), ids);
    let twice: u32 = accepted.values().map(|count| count - 1).sum();
    assert!(twice as usize <= ROUNDS, "only items in flight may arrive twice: {accepted:?}");
}

#[test]
fn captured_items_are_on_disk_in_a_moment() {
    let dir = Dir::new("moment");
    let best = std::cell::Cell::new(LONG);
    observe_server(options().spool_dir(&dir.0).read_timeout(Duration::from_millis(300)), |server| {
        server.answer_all(Answer::never());
        message("in flight");
        // A machine may be busy with other work most of the time, but not all of the time.
        for round in 1..=20 {
            let before = dir.files().len();
            let started = Instant::now();
            sentry::capture_error(&std::fmt::Error);
            transaction("one");
            until("the files are there", || dir.files().len() >= before + 2);
            best.set(best.get().min(started.elapsed()));
            if best.get() < Duration::from_millis(50) && round > 1 {
                break;
            }
        }
        server.answer_all(Answer::ok());
    });
    assert!(best.get() < Duration::from_millis(50), "{:?}", best.get());
}

#[test]
fn processes_that_share_a_directory_lose_nothing_and_send_nothing_twice() {
    let (server, dir) = (FakeSentry::start(), Dir::new("shared"));
    server.answer_all(Answer::hangup());
    let mut killed = Spooler::start(&server, &dir, "killed", 10);
    let mut ids = killed.captured(&dir, 40);
    killed.kill(&server);
    let mut others = [Spooler::start(&server, &dir, "one", 5), Spooler::start(&server, &dir, "two", 5)];
    for other in &mut others {
        ids.extend(other.captured(&dir, 60));
    }
    until("everything is on disk", || dir.files().len() == 80);
    server.answer_all(Answer::ok());
    assert!(server.wait_for(80, LONGER), "{} of 80 items came", server.items().len());
    others.into_iter().for_each(Spooler::end);
    server.assert_valid();
    assert_eq!(ids.len(), 60);
    assert_each_once(&server, ids);
    assert_eq!(server.transactions().len(), 20);
    assert_eq!(dir.files(), [""; 0].map(PathBuf::from));
}

#[test]
fn files_of_earlier_runs_are_sent_slowly() {
    let dir = Dir::new("slowly");
    let server = FakeSentry::start();
    let run = |answer: Answer, work: &dyn Fn()| {
        server.answer_all(answer);
        support::without_client(|| {
            let guard = sentry::try_init(untraced().dsn(&server.dsn()).spool_dir(&dir.0)).unwrap();
            work();
            drop(guard);
        });
    };
    run(Answer::hangup(), &|| (0..6).for_each(|number| message(&number.to_string())));
    assert_eq!(dir.files().len(), 6);
    let started = Instant::now();
    run(Answer::ok(), &|| assert!(server.wait_for(6, LONGER)));
    assert!(started.elapsed() >= Duration::from_millis(500), "six, 100 ms apart");
    let mut arrived = texts(&server);
    arrived.sort_unstable();
    assert_eq!(arrived, ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn files_of_earlier_runs_respect_rate_limits() {
    let dir = Dir::new("limits");
    let options = || options().spool_dir(&dir.0);
    let server = FakeSentry::start();
    support::without_client(|| {
        server.answer_all(Answer::hangup());
        let guard = sentry::try_init(options().dsn(&server.dsn())).unwrap();
        message("one");
        (0..3).for_each(|_| transaction("two"));
        drop(guard);
        assert_eq!(dir.files().len(), 4);

        server.answer_all(Answer::ok().header("X-Sentry-Rate-Limits", "60:transaction:key"));
        let guard = sentry::try_init(options().dsn(&server.dsn())).unwrap();
        assert!(server.wait_for_type("event", 1, LONGER));
        until("the error is gone from the disk", || dir.files().len() == 3);
        std::thread::sleep(Duration::from_millis(300));
        assert!(server.transactions().is_empty());
        drop(guard);
    });
    assert_eq!(dir.files().len(), 3, "the files stay for a later run");
}

/// Asserts that every captured item was received, is counted as lost, or is on disk.
#[track_caller]
fn assert_balanced(captured: u64, server: &FakeSentry, stats: &Stats, dir: &Dir) {
    let received = server.events().len() as u64;
    let dropped: u64 = stats
        .dropped
        .iter()
        .filter(|lost| lost.category == DataCategory::Error)
        .map(|lost| lost.quantity)
        .sum();
    let waiting = dir.files().len() as u64;
    assert_eq!(
        captured,
        received + dropped + waiting,
        "{received} received, {dropped} dropped, {waiting} wait"
    );
}

#[test]
fn a_full_spool_drops_and_counts() {
    let dir = Dir::new("full");
    let limits = SpoolLimits { envelopes: 10, ..SpoolLimits::default() };
    let seen = observe_server(untraced().spool_dir(&dir.0).spool_limits(limits), |server| {
        server.answer_all(Answer::hangup());
        (0..50).for_each(|number| message(&number.to_string()));
        assert!(sentry::flush(LONG));
        assert_eq!(dir.files().len(), 10);
        let stats = sentry::get_client().unwrap().stats();
        assert_balanced(50, server, &stats, &dir);
        assert_eq!(stats.queued.spooled, 10);
        assert_eq!((stats.queued.envelopes, stats.queued.captured), (0, 0));
        server.answer_all(Answer::ok());
        message("the network is back");
        assert!(server.wait_for_type("event", 10, LONGER));
        until("the disk is empty", || dir.files().is_empty());
    });
    assert_balanced(51, &seen, &seen.stats, &dir);
    let overflow = lost(&seen.stats, DiscardReason::CacheOverflow, DataCategory::Error)
        + lost(&seen.stats, DiscardReason::NetworkError, DataCategory::Error);
    // Ten are kept, the last one among them. The envelope that it displaces may already be on its way to the server.
    assert_eq!(overflow, 51 - seen.events().len() as u64);
    assert!((40..=41).contains(&overflow), "{overflow}");
    assert!(texts(&seen).contains(&"the network is back".to_owned()));
    assert_eq!(seen.reported("cache_overflow", "error") + seen.reported("network_error", "error"), overflow);
}

#[test]
fn a_file_that_was_cut_is_set_aside_and_counted() {
    let dir = Dir::new("cut");
    let server = FakeSentry::start();
    let stats = support::without_client(|| {
        let options = || untraced().spool_dir(&dir.0).dsn(&server.dsn());
        server.answer_all(Answer::hangup());
        let guard = sentry::try_init(options()).unwrap();
        (0..3).for_each(|number| message(&number.to_string()));
        drop(guard);
        let mut files = dir.files();
        files.sort_unstable();
        let bytes = std::fs::read(&files[1]).unwrap();
        std::fs::write(&files[1], &bytes[..bytes.len() / 2]).unwrap();

        server.answer_all(Answer::ok());
        let guard = sentry::try_init(options()).unwrap();
        let client = guard.clone();
        assert!(server.wait_for_type("event", 2, LONGER));
        until("it is looked at", || client.stats().lost() > 0);
        drop(guard);
        client.stats()
    });
    server.assert_valid();
    assert_eq!(texts(&server), ["0", "2"]);
    assert_eq!(lost(&stats, DiscardReason::InternalSdkError, DataCategory::Error), 1);
    assert_eq!(server.reported("internal_sdk_error", "error"), 1);
    assert_eq!(dir.files(), [""; 0].map(PathBuf::from));
}

#[test]
fn an_outage_loses_nothing() {
    let dir = Dir::new("outage");
    support::without_client(|| {
        let server = FakeSentry::start_at(apart()).unwrap();
        let (address, dsn) = (server.address(), server.dsn());
        let guard = sentry::try_init(options().spool_dir(&dir.0).dsn(&dsn)).unwrap();
        let client = guard.clone();
        message("before");
        assert!(sentry::flush(LONG));
        drop(server);
        (0..5).for_each(|number| message(&number.to_string()));
        transaction("during");
        assert!(sentry::flush(LONG), "items on disk need no further wait");
        assert_eq!(dir.files().len(), 6);
        assert_eq!(client.stats().queued.spooled, 6);

        // A program that another test was just starting may have inherited the socket.
        let mut again = None;
        until("the port is free again", || {
            again = FakeSentry::start_at(address);
            again.is_some()
        });
        let server = again.unwrap();
        assert!(server.wait_for(6, LONGER));
        until("the disk is empty", || dir.files().is_empty());
        drop(guard);
        server.assert_valid();
        let mut arrived = texts(&server);
        arrived.sort_unstable();
        assert_eq!(
            (arrived, server.transactions().len()),
            (["0", "1", "2", "3", "4"].map(str::to_owned).into(), 1)
        );
        assert_eq!(client.stats().lost(), 0);
        assert_eq!(client.stats().accepted(DataCategory::Error), client.stats().sent(DataCategory::Error));
    });
}

#[test]
fn items_that_do_not_fit_in_memory_wait_on_disk() {
    let dir = Dir::new("overflow");
    let seen = observe_server(untraced().spool_dir(&dir.0).queue_size(2), |server| {
        server.answer_next(Answer::ok().delay(Duration::from_millis(500)));
        message("in flight");
        assert!(server.wait_for_requests(1, LONG));
        (0..10).for_each(|number| message(&number.to_string()));
        assert!(server.wait_for_type("event", 11, LONGER));
        until("the disk is empty", || dir.files().is_empty());
    });
    assert_eq!(seen.events().len(), 11);
    assert_eq!(seen.stats.lost(), 0);
    assert_eq!(seen.stats.accepted(DataCategory::Error), 11);
}

#[test]
fn accepted_and_refused_items_are_removed_from_disk() {
    for status in [200, 400, 413, 429, 500] {
        let dir = Dir::new("taken");
        let seen = observe_server(untraced().spool_dir(&dir.0), |server| {
            server.answer_next(Answer::status(status).header("X-Sentry-Rate-Limits", "0:default:key"));
            message("one");
            assert!(sentry::flush(LONG));
            assert_eq!(dir.files().len(), 0, "{status}");
        });
        assert_eq!(
            seen.requests().iter().filter(|request| !request.accepted).count(),
            usize::from(status != 200)
        );
        assert_balanced(1, &seen, &seen.stats, &dir);
    }
}

#[test]
fn without_a_disk_delivery_goes_on() {
    let dir = Dir::new("no-disk");
    std::fs::write(&dir.0, "a file where the directory should be").unwrap();
    let seen = observe_server(untraced().spool_dir(dir.0.join("spool")), |_| {
        (0..5).for_each(|number| message(&number.to_string()));
    });
    assert_eq!(texts(&seen), ["0", "1", "2", "3", "4"]);
    assert_eq!(seen.stats.lost(), 0);
    std::fs::remove_file(&dir.0).unwrap();
}
