//! From the queue to the server: the request, answers that refuse, servers that do not answer, and the account of
//! everything that was lost.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sentry::Level;
use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::{Answer, FakeSentry};
use support::{LONG, observe, observe_server, only, options, untraced};

fn message(text: &str) {
    sentry::capture_message(text, Level::Info);
}

fn transaction(name: &'static str) {
    sentry::start_span(name, |_| ());
}

/// How many items were lost for a reason, by the client's own account.
fn lost(stats: &sentry::Stats, reason: DiscardReason, category: DataCategory) -> u64 {
    let entries = stats.dropped.iter();
    entries.filter(|e| e.reason == reason && e.category == category).map(|e| e.quantity).sum()
}

fn texts(server: &FakeSentry) -> Vec<String> {
    server
        .events()
        .iter()
        .map(|event| event["logentry"]["message"].as_str().unwrap_or("-").to_owned())
        .collect()
}

// ---- the request

#[test]
fn a_request_is_as_the_protocol_wants_it() {
    let seen = observe(options(), || {
        message("one");
        transaction("two");
    });
    let requests = seen.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!((&*request.method, &*request.path), ("POST", "/api/1/envelope/"));
        assert_eq!(request.header("Content-Type"), Some("application/x-sentry-envelope"));
        let agent = request.header("User-Agent").unwrap();
        assert!(agent.starts_with("sentry.rust.runtime/"), "{agent}");
        let auth = format!("Sentry sentry_key={}, sentry_version=7, sentry_client={agent}", seen.key());
        assert_eq!(request.header("X-Sentry-Auth"), Some(&*auth));
        assert_eq!(request.header("Content-Encoding"), None, "loopback is not compressed");
        assert_eq!(request.raw_body, request.body);
        let envelope = request.envelope.as_ref().unwrap();
        assert!(envelope.header["sent_at"].is_string());
        assert!(envelope.header["sdk"]["name"].is_string() && envelope.header["sdk"]["version"].is_string());
        for item in &envelope.items {
            assert_eq!(item.header["length"], item.bytes.len());
        }
    }
    assert_eq!(requests[0].connection, requests[1].connection, "the connection is kept open");

    let seen = observe(options().user_agent("shop/7"), || message("one"));
    let request = only(seen.requests());
    assert_eq!(request.header("User-Agent"), Some("shop/7"));
    assert!(request.header("X-Sentry-Auth").unwrap().ends_with("sentry_client=shop/7"));
}

/// A proxy that connects whoever asks to one address, whatever was asked for. Answers with its URL.
fn proxy_to(address: std::net::SocketAddr) -> String {
    fn copy(mut from: TcpStream, mut to: TcpStream) {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            assert!(head.starts_with(b"CONNECT sentry.invalid:80 HTTP/1.1\r\n"), "{head:?}");
            let server = TcpStream::connect(address).unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let (from_client, to_client) = (client.try_clone().unwrap(), client);
            let (from_server, to_server) = (server.try_clone().unwrap(), server);
            std::thread::spawn(move || copy(from_client, to_server));
            std::thread::spawn(move || copy(from_server, to_client));
        }
    });
    url
}

#[test]
fn what_leaves_the_machine_is_compressed_unless_switched_off() {
    for compression in [true, false] {
        let server = FakeSentry::start();
        let options = untraced()
            .dsn(&format!("http://{}@sentry.invalid/1", server.key()))
            .http_proxy(proxy_to(server.address()))
            .compression(compression);
        support::without_client(|| {
            let guard = sentry::try_init(options).unwrap();
            message(&"long ".repeat(200));
            drop(guard);
        });
        server.assert_valid();
        let request = only(server.requests());
        assert_eq!(request.header("Content-Encoding"), compression.then_some("gzip"));
        assert_eq!(request.raw_body.starts_with(&[0x1f, 0x8b]), compression);
        assert_eq!(request.raw_body.len() < request.body.len(), compression);
        assert!(only(server.events())["logentry"]["message"].as_str().unwrap().starts_with("long long"));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = FakeSentry::start();
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::status(302).header("Location", elsewhere.envelope_url()));
        message("one");
        assert!(sentry::flush(LONG));
    });
    assert!(elsewhere.requests().is_empty(), "the key must not leak");
    assert!(texts(&seen).is_empty());
    assert_eq!(lost(&seen.stats, DiscardReason::SendError, DataCategory::Error), 1);
}

// ---- waiting

#[test]
fn the_guard_waits_for_everything() {
    let seen = observe_server(options(), |server| {
        server.answer_all(Answer::ok().delay(Duration::from_millis(100)));
        (0..5).for_each(|number| message(&number.to_string()));
        transaction("last");
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (5, 1));
    assert_eq!(seen.stats.sent(DataCategory::Error), 5);
    assert_eq!(seen.stats.sent(DataCategory::Transaction), 1);
    assert_eq!(seen.stats.lost(), 0);
    let bodies: usize = seen.requests().iter().map(|request| request.raw_body.len()).sum();
    assert_eq!(seen.stats.bytes, bodies as u64);
}

#[test]
fn nobody_waits_longer_than_told_for_a_server_that_never_answers() {
    let timeout = Duration::from_millis(300);
    let within = |what: &str, started: Instant| {
        let took = started.elapsed();
        assert!(took >= timeout && took < timeout + Duration::from_secs(1), "{what} took {took:?}");
    };
    let mut started = Instant::now();
    observe_server(options().shutdown_timeout(timeout), |server| {
        server.answer_all(Answer::never());
        message("one");
        started = Instant::now();
        assert!(!sentry::flush(timeout), "flush says that not everything was sent");
        within("flush", started);
        message("two");
        assert!(sentry::is_enabled(), "the program goes on, and so does the client");
        started = Instant::now();
        assert!(!sentry::flush(None));
        within("flush with the default", started);
        started = Instant::now();
    });
    within("the guard", started);

    observe_server(options().shutdown_timeout(Duration::ZERO), |server| {
        server.answer_all(Answer::never());
        message("one");
        started = Instant::now();
        assert!(!sentry::close(timeout));
        within("close", started);
        assert!(!sentry::is_enabled());
        assert!(sentry::capture_message("too late", Level::Info).is_nil());
    });
}

#[test]
fn after_close_nothing_is_captured() {
    let seen = observe(options(), || {
        message("before");
        assert!(sentry::close(LONG));
        message("after");
        transaction("after");
        sentry::flush(LONG)
    });
    assert!(seen.result, "there is nothing to wait for");
    assert_eq!(texts(&seen), ["before"]);
    assert!(seen.transactions().is_empty());
}

#[test]
fn a_server_that_is_down_loses_what_is_sent_and_nothing_else() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let stats = support::without_client(|| {
        let options = options().dsn(&format!("http://key@{closed}/1")).shutdown_timeout(LONG);
        let guard = sentry::try_init(options).unwrap();
        let client = Arc::clone(&guard);
        message("one");
        transaction("two");
        assert!(sentry::flush(LONG), "everything was delivered or lost");
        drop(guard);
        client.stats()
    });
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Error), 1);
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Transaction), 1);
    assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Span), 1);
    assert_eq!(stats.sent, []);
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    for bad in [Answer::hangup(), Answer::cut_short()] {
        let seen = observe_server(options(), |server| {
            server.answer_next(bad);
            message("one");
        });
        assert_eq!(texts(&seen), ["one"]);
        assert_eq!(seen.requests().len(), 2);
        assert_eq!(seen.stats.lost(), 0);
    }
}

// ---- refusals

#[test]
fn a_pause_for_one_category_leaves_the_others_alone() {
    let seen = observe_server(options(), |server| {
        let limits = "60:transaction:organization, 60:session:key";
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", limits));
        message("one");
        assert!(sentry::flush(LONG));
        transaction("two");
        message("three");
    });
    assert_eq!(texts(&seen), ["one", "three"]);
    assert!(seen.transactions().is_empty());
    for category in [DataCategory::Transaction, DataCategory::Span] {
        assert_eq!(lost(&seen.stats, DiscardReason::RatelimitBackoff, category), 1, "{category:?}");
    }
    assert_eq!(seen.reported("ratelimit_backoff", "transaction"), 1);
    assert_eq!(seen.reported("ratelimit_backoff", "span"), 1);
    assert_eq!(seen.reported("ratelimit_backoff", "error"), 0);
}

#[test]
fn a_pause_for_everything_is_kept() {
    for answer in [
        Answer::status(429),
        Answer::status(429).header("Retry-After", "60"),
        Answer::status(429).header("X-Sentry-Rate-Limits", "60::organization"),
        Answer::ok().header("X-Sentry-Rate-Limits", "60::organization"),
    ] {
        let accepted = answer.is_accepted();
        let seen = observe_server(options(), |server| {
            server.answer_next(answer);
            message("one");
            assert!(sentry::flush(LONG));
            message("two");
            transaction("three");
            sentry::with_monitor("four", None, || ());
        });
        assert_eq!(seen.requests().len(), 1, "not even a client report");
        assert_eq!(seen.stats.sent(DataCategory::Error), u64::from(accepted));
        let lost = |category| lost(&seen.stats, DiscardReason::RatelimitBackoff, category);
        assert_eq!(lost(DataCategory::Error), if accepted { 1 } else { 2 });
        assert_eq!(lost(DataCategory::Transaction), 2, "`three`, and that of the job");
        assert_eq!(lost(DataCategory::Monitor), 2);
    }
}

#[test]
fn a_pause_ends() {
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::status(429).header("Retry-After", "1"));
        message("one");
        assert!(sentry::flush(LONG));
        let started = Instant::now();
        let mut sent = 0;
        while server.events().is_empty() && started.elapsed() < LONG {
            message("again");
            sent += 1;
            assert!(sentry::flush(LONG));
            std::thread::sleep(Duration::from_millis(50));
        }
        sent
    });
    assert_eq!(texts(&seen), ["again"]);
    let kept_back = seen.result - 1;
    assert!(kept_back > 0);
    assert_eq!(
        seen.reported("ratelimit_backoff", "error"),
        kept_back,
        "what the server refused it counts itself"
    );
}

#[test]
fn what_the_server_refuses_is_counted_and_told_later() {
    for status in [400, 401, 413, 500, 503] {
        let seen = observe_server(options(), |server| {
            server.answer_next(Answer::status(status));
            message("one");
            assert!(sentry::flush(LONG));
            message("two");
        });
        assert_eq!(texts(&seen), ["two"], "{status}: not sent again");
        assert_eq!(lost(&seen.stats, DiscardReason::SendError, DataCategory::Error), 1, "{status}");
        assert_eq!(seen.reported("send_error", "error"), 1, "{status}");
    }
}

// ---- the account

#[test]
fn every_loss_is_reported_with_its_reason() {
    let options = options()
        .before_send(|event| {
            event.logentry.as_ref().is_none_or(|entry| entry.message != "dropped").then_some(event)
        })
        .before_send_transaction(|transaction| {
            (transaction.name.as_deref() != Some("dropped")).then_some(transaction)
        });
    let seen = observe(options, || {
        message("dropped");
        message("kept");
        sentry::with_scope(|scope| scope.add_event_processor(|_| None), || message("processed"));
        sentry::start_span("dropped", |_| sentry::start_span("child", |_| ()));
        transaction("kept");
    });
    assert_eq!(texts(&seen), ["kept"]);
    assert_eq!(seen.transaction()["transaction"], "kept");
    assert_eq!(seen.reported("before_send", "error"), 1);
    assert_eq!(seen.reported("event_processor", "error"), 1);
    assert_eq!(seen.reported("before_send", "transaction"), 1);
    assert_eq!(seen.reported("before_send", "span"), 2, "a transaction counts its root and its spans");
    for report in seen.client_reports() {
        assert!(report["timestamp"].is_number() || report["timestamp"].is_string(), "{report}");
        for entry in report["discarded_events"].as_array().unwrap() {
            assert!(entry["quantity"].as_u64().unwrap() > 0, "{entry}");
        }
    }
}

#[test]
fn sampling_is_reported() {
    let seen = observe(untraced().sample_rate(0.0).traces_sample_rate(0.0), || {
        (0..3).for_each(|_| message("one"));
        (0..4).for_each(|_| transaction("two"));
    });
    assert!(seen.events().is_empty() && seen.transactions().is_empty());
    assert_eq!(seen.reported("sample_rate", "error"), 3);
    assert_eq!(seen.reported("sample_rate", "transaction"), 4);
    assert_eq!(seen.stats.lost(), 0, "sampling is no loss");
}

#[test]
fn no_report_is_sent_when_switched_off() {
    let seen = observe(untraced().sample_rate(0.0).send_client_reports(false), || message("one"));
    assert!(seen.requests().is_empty());
    assert_eq!(lost(&seen.stats, DiscardReason::SampleRate, DataCategory::Error), 1);
}

#[test]
fn a_report_that_is_lost_is_told_again() {
    let seen = observe_server(options().before_send(|_| None), |server| {
        server.answer_next(Answer::status(500));
        message("one");
        assert!(sentry::flush(LONG));
        assert_eq!(server.requests().len(), 1, "a report went out and was refused");
    });
    assert_eq!(seen.reported("before_send", "error"), 1);
}

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
