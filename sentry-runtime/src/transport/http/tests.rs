//! Tests of the destination against a server on a real socket.

use std::net::TcpListener;

use sentry_fake_server::{Answer, FakeSentry};

use super::*;
use crate::transport::config::Compression;
use crate::transport::{ThreadOptions, Transport as _, TransportThread};

/// A timeout that is longer than any step, so that no test depends on timing.
const LONG: Duration = Duration::from_secs(60);

fn options(server: &FakeSentry) -> HttpOptions {
    let auth = format!("Sentry sentry_key={}, sentry_version=7, sentry_client=test/1", server.key());
    HttpOptions::new(server.envelope_url(), Some(auth), "test/1")
}

fn destination(server: &FakeSentry) -> (HttpDestination, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    (HttpDestination::new(options(server), Arc::clone(&ledger)).unwrap(), ledger)
}

fn session() -> EnvelopeItem {
    let payload = concat!(
        r#"{"sid":"00000000000000000000000000000001","started":"2026-11-21T05:34:08.000Z","#,
        r#""status":"ok","attrs":{"release":"a"}}"#
    );
    EnvelopeItem::json(ItemType::Session, payload, DataCategory::Session)
}

fn log() -> EnvelopeItem {
    let payload = concat!(
        r#"{"version":2,"items":[{"timestamp":1.0,"trace_id":"00000000000000000000000000000001","#,
        r#""level":"info","severity_number":9,"body":""}]}"#
    );
    EnvelopeItem::container(
        ItemType::Log,
        "application/vnd.sentry.items.log+json",
        payload,
        1,
        DataCategory::LogItem,
    )
}

fn envelope(items: impl IntoIterator<Item = EnvelopeItem>) -> Envelope {
    let mut envelope = Envelope::new();
    for item in items {
        envelope.add_item(item);
    }
    envelope
}

fn event_with_attachment() -> Envelope {
    let id = uuid::Uuid::from_u128(7);
    let payload = format!(r#"{{"event_id":"{}"}}"#, id.simple()).into_bytes();
    let attachment = EnvelopeItem::attachment("a.txt", None, "text/plain", *b"abc");
    envelope([EnvelopeItem::json(ItemType::Event, payload, DataCategory::Error), attachment])
        .with_event_id(id)
}

#[test]
fn requests_are_whole_and_connections_are_kept() {
    let server = FakeSentry::start();
    let (mut destination, _) = destination(&server);
    for mut envelope in [event_with_attachment(), envelope([log()])] {
        let delivery = destination.deliver(&mut envelope);
        let sent = server.requests().last().unwrap().raw_body.len();
        assert_eq!(delivery, Delivery::Sent { bytes: sent });
    }
    server.assert_valid();
    let requests = server.requests();
    assert_eq!(requests[1].connection, 0);
    assert_eq!(requests[0].header("User-Agent"), Some("test/1"));
    assert_eq!(requests[0].header("Content-Encoding"), None, "bodies to this machine are not compressed");
    assert_eq!(server.items().len(), 3);
}

#[test]
fn bodies_that_leave_the_machine_are_compressed() {
    let server = FakeSentry::start();
    let ledger = Arc::new(Ledger::default());
    let forced = HttpOptions { compress_locally: true, ..options(&server) };
    let mut destination = HttpDestination::new(forced, ledger).unwrap();
    destination.deliver(&mut envelope([log()]));
    server.assert_valid();
    let request = &server.requests()[0];
    assert_eq!(request.header("Content-Encoding"), Some("gzip"));
    assert!(request.body.starts_with(b"{"));

    let compresses = |url: &str, compression| {
        let options = HttpOptions { compression, ..HttpOptions::new(url, None, "test/1") };
        HttpSender::new(options).unwrap().compressor.into_inner().unwrap().compression
    };
    let elsewhere = "https://o1.ingest.sentry.io/api/1/envelope/";
    assert_eq!(compresses(elsewhere, Compression::Gzip), Compression::Gzip);
    assert_eq!(compresses(elsewhere, Compression::Off), Compression::Off);
    assert_eq!(compresses("http://localhost:9000/api/1/envelope/", Compression::Gzip), Compression::Off);
}

#[test]
fn each_status_has_its_meaning() {
    let server = FakeSentry::start();
    let (mut destination, ledger) = destination(&server);
    for (status, expected) in [
        (429, Delivery::Refused),
        (400, Delivery::Lost(DiscardReason::SendError)),
        (413, Delivery::Lost(DiscardReason::SendError)),
        (500, Delivery::Lost(DiscardReason::SendError)),
        (302, Delivery::Lost(DiscardReason::SendError)),
    ] {
        // The limit is for another category, so that a 429 does not block the next envelopes.
        let answer = Answer::status(status)
            .header("X-Sentry-Rate-Limits", "60:transaction:key")
            .header("Location", server.envelope_url());
        server.answer_next(answer);
        assert_eq!(destination.deliver(&mut envelope([session()])), expected, "{status}");
    }
    assert_eq!(server.requests().len(), 5, "nothing is sent twice, and no redirect is followed");
    assert!(ledger.all_lost().is_empty(), "the thread that runs the destination counts losses");
    assert!(destination.rate_limits().unwrap().is_limited(DataCategory::Transaction));
}

#[test]
fn a_network_error_may_be_tried_again_and_a_timeout_not() {
    let server = FakeSentry::start();
    let (mut destination, ledger) = destination(&server);
    ledger.lost(DiscardReason::SampleRate, DataCategory::Span, 3);
    let failed = Delivery::Failed(DiscardReason::NetworkError);
    for answer in [Answer::hangup(), Answer::cut_short()] {
        server.answer_next(answer);
        assert_eq!(destination.deliver(&mut envelope([session()])), failed);
    }
    assert!(matches!(destination.deliver(&mut envelope([session()])), Delivery::Sent { .. }));
    assert_eq!(server.reported("sample_rate", "span"), 3, "the report survived both failures");

    server.answer_next(Answer::never());
    let short =
        HttpOptions { total_timeout: Duration::from_millis(50), read_timeout: 2 * LONG, ..options(&server) };
    let mut impatient = HttpDestination::new(short, ledger).unwrap();
    let start = Instant::now();
    let lost = Delivery::Lost(DiscardReason::NetworkError);
    assert_eq!(impatient.deliver(&mut envelope([session()])), lost);
    assert!(start.elapsed() < LONG);

    // A port on which no server listens any more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/1/envelope/", listener.local_addr().unwrap());
    drop(listener);
    let mut nobody = HttpDestination::new(HttpOptions::new(url, None, "test/1"), Arc::default()).unwrap();
    assert_eq!(nobody.deliver(&mut envelope([session()])), failed);
    // A URL that is not an address.
    let mut nowhere = HttpDestination::new(HttpOptions::new("::", None, "test/1"), Arc::default()).unwrap();
    assert_eq!(nowhere.deliver(&mut envelope([session()])), lost);
}

#[test]
fn what_the_server_does_not_want_is_taken_out() {
    let server = FakeSentry::start();
    let (mut destination, ledger) = destination(&server);
    server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "60:error;log_item:organization"));
    destination.deliver(&mut envelope([session()]));
    let mut mixed = event_with_attachment();
    mixed.add_item(log());
    mixed.add_item(session());
    assert!(matches!(destination.deliver(&mut mixed), Delivery::Sent { .. }));
    assert_eq!(mixed.items().len(), 1);
    assert_eq!(destination.deliver(&mut envelope([log()])), Delivery::Empty);
    assert_eq!(server.requests().len(), 2);
    let lost: Vec<_> = ledger.all_lost().iter().map(|lost| (lost.category, lost.quantity)).collect();
    let bytes = 2 * log().payload().len() as u64;
    let expected = [
        (DataCategory::Error, 1),
        (DataCategory::Attachment, 3),
        (DataCategory::LogItem, 2),
        (DataCategory::LogByte, bytes),
    ];
    assert_eq!(lost, expected, "the attachment goes with its event");
    destination.flush();
    assert_eq!(server.reported("ratelimit_backoff", "log_item"), 2);
    assert_eq!(server.reported("ratelimit_backoff", "attachment"), 3);
}

#[test]
fn losses_are_reported_with_the_next_envelope_at_flush_and_in_time() {
    let server = FakeSentry::start();
    let (mut destination, ledger) = destination(&server);
    let lose = || ledger.lost(DiscardReason::QueueOverflow, DataCategory::Error, 2);

    lose();
    destination.deliver(&mut envelope([session()]));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.reported("queue_overflow", "error"), 2);

    lose();
    destination.flush();
    assert_eq!(server.requests().len(), 2);
    assert_eq!(server.reported("queue_overflow", "error"), 4);
    destination.flush();
    assert_eq!(server.requests().len(), 2, "nothing new, no request");

    lose();
    let pause = destination.idle().unwrap();
    assert!(pause > Duration::ZERO && pause <= REPORT_INTERVAL);
    assert_eq!(server.requests().len(), 2);
    destination.last_report = Instant::now().checked_sub(REPORT_INTERVAL).unwrap();
    destination.idle();
    assert_eq!(server.reported("queue_overflow", "error"), 6);

    lose();
    server.answer_next(Answer::status(500));
    destination.flush();
    assert_eq!(server.reported("queue_overflow", "error"), 6);
    destination.flush();
    assert_eq!(server.reported("queue_overflow", "error"), 8, "what was not delivered is reported again");
    server.assert_valid();

    let silent = HttpOptions { client_reports: false, ..options(&server) };
    let mut silent = HttpDestination::new(silent, Arc::clone(&ledger)).unwrap();
    lose();
    silent.flush();
    assert_eq!(silent.idle(), None);
    assert_eq!(server.reported("queue_overflow", "error"), 8);
}

#[test]
fn behind_its_thread_a_server_can_hang_lie_and_limit() {
    let start = |options: HttpOptions| {
        let ledger = Arc::new(Ledger::default());
        let destination = HttpDestination::new(options, Arc::clone(&ledger)).unwrap();
        (TransportThread::new(destination, Some(Arc::clone(&ledger)), ThreadOptions::default()), ledger)
    };

    let server = FakeSentry::start();
    server.answer_next(Answer::hangup());
    server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "60:log_item:organization"));
    let (transport, ledger) = start(options(&server));
    transport.send_envelope(envelope([session()]));
    assert!(transport.flush(LONG));
    assert_eq!(server.items().len(), 1, "taken at the second attempt");
    assert!(transport.is_rate_limited(DataCategory::LogItem));
    transport.send_envelope(envelope([log()]));
    assert!(transport.shutdown(LONG));
    assert_eq!(server.reported("ratelimit_backoff", "log_item"), 1, "the report went out with the flush");
    assert_eq!(ledger.all_sent(), [(DataCategory::Session, 1)]);
    server.assert_valid();

    let server = FakeSentry::start();
    server.answer_all(Answer::never());
    let (transport, _) = start(HttpOptions { read_timeout: 2 * LONG, ..options(&server) });
    transport.send_envelope(envelope([session()]));
    assert!(server.wait_for_requests(1, LONG));
    let asked = Instant::now();
    assert!(!transport.shutdown(Duration::from_millis(30)));
    assert!(asked.elapsed() < LONG, "the shutdown does not wait for the request");
}
