//! Tests of segments that wait for room in the transport.

use super::*;

impl Bed {
    /// Connects the client to a server that never answers: one envelope is in flight, the queue has room for two. The
    /// timeouts are an hour, because an envelope that the client gives up would be counted as lost, too.
    fn stuck(&mut self) -> std::net::TcpListener {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let dsn = format!("http://key@{}/1", server.local_addr().unwrap());
        let hour = Duration::from_secs(3600);
        let options = ClientOptions::new().connect_timeout(hour).read_timeout(hour).request_timeout(hour);
        let options = options.dsn(&dsn).traces_sample_rate(1.0).queue_size(2);
        self.client = Client::new(options).unwrap();
        server
    }

    fn waiting(&self) -> u64 {
        let progress = self.collector.progress(Arc::as_ptr(&self.client).addr());
        progress.added - progress.removed
    }
}

#[test]
fn segments_without_room_in_the_transport_wait_and_are_written_or_counted() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let _server = bed.stuck();
    let segments: Vec<_> = (0..10).map(|_| bed.segment()).collect();
    for segment in &segments {
        (0..10).for_each(|_| bed.span(segment.key));
        bed.end(segment);
    }
    bed.round();
    bed.round();
    let accepted = |bed: &Bed| bed.client.stats().accepted(DataCategory::Transaction);
    let progress = |bed: &Bed| bed.collector.progress(Arc::as_ptr(&bed.client).addr());
    let waiting = progress(&bed).added - progress(&bed).removed;
    assert!((6..=9).contains(&waiting), "{waiting}");
    assert_eq!(accepted(&bed) + waiting, 10);
    assert!(bed.collector.has_work() && bed.collector.held() > 0);

    // A span that ends later follows the transaction of its segment, and is not lost when the memory of the others is
    // freed.
    let last = segments.last().unwrap();
    bed.span(last.key);
    bed.collector.finish_late(true, Instant::now());
    assert_eq!((bed.collector.late.len(), bed.lost()), (1, 0));

    let client = Arc::clone(&bed.client);
    bed.collector.close(&client);
    assert_eq!(progress(&bed).added, progress(&bed).removed);
    let dropped = bed.client.stats().dropped;
    let lost = |of| dropped.iter().filter(|e| e.category == of).map(|e| e.quantity).sum::<u64>();
    assert_eq!(accepted(&bed) + lost(DataCategory::Transaction), 10);
    // The late span has been counted by now, or remains if another test of this process has a client.
    let spans = bed.client.stats().accepted(DataCategory::Span) + lost(DataCategory::Span);
    assert!((110..=111).contains(&spans), "{spans}");
    assert!(bed.collector.held() <= 2 * size_of::<Child>());
}

#[test]
fn a_suspend_of_the_machine_does_not_move_the_times_of_what_waits() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let hour = Duration::from_secs(3600);
    let segment = bed.segment();
    bed.span(segment.key);
    bed.end(&segment);
    bed.collector.begin_round(MEMORY);
    let ended = bed.collector.ended.pop().unwrap();
    let spans = bed.collector.open.remove(&segment.key).unwrap();
    let now = Anchor::take();
    let expected = now.earlier(hour).wall(clock::now());
    bed.collector.write_transaction(ended, spans, &now.earlier(hour));
    // This span ends after its segment, and waits.
    bed.span(segment.key);
    bed.collector.late[0].anchor = now.earlier(hour);
    bed.collector.finish_late(true, Instant::now());
    let sent = bed.transport.payloads(ItemType::Transaction);
    let start = |span: &Value| span["start_timestamp"].as_f64().unwrap();
    let starts = [start(&sent[0]), start(&sent[0]["spans"][0]), start(&sent[1])];
    let expected = expected.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!(starts.iter().all(|at| (at - expected).abs() < 600.0), "{starts:?} {expected}");
}

fn large_scope() -> Arc<Scope> {
    let mut scope = Scope::default();
    scope.set_extra("body", "x".repeat(20_000).into());
    Arc::new(scope)
}

#[test]
fn the_scopes_with_which_segments_wait_are_bounded_too() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let _server = bed.stuck();
    let shared = large_scope();
    for _ in 0..100 {
        let segment = bed.segment();
        bed.end_in(&segment, &shared);
        bed.round();
    }
    assert!(bed.waiting() > 90, "a shared scope counts once");
    for _ in 0..100 {
        let segment = bed.segment();
        bed.end_in(&segment, &large_scope());
        bed.round();
    }
    bed.round();
    assert!(((bed.waiting() - 100) * 20_000) < MEMORY as u64, "{}", bed.waiting());
    assert!(bed.waiting() > 110, "{}", bed.waiting());
    let client = Arc::clone(&bed.client);
    bed.collector.close(&client);
    assert_eq!((bed.waiting(), bed.collector.held()), (0, 0));
    // A segment without room was written at once, and the segments that still waited are counted now.
    let unsent = |entry: &&crate::protocol::DiscardedEvents| entry.reason == DiscardReason::NetworkError;
    let dropped = client.stats().dropped;
    let of = |category| {
        dropped.iter().filter(unsent).filter(|it| it.category == category).map(|it| it.quantity).sum::<u64>()
    };
    assert_eq!(client.stats().accepted(DataCategory::Transaction) + of(DataCategory::Transaction), 200);
}

#[test]
fn running_segments_have_room_while_others_wait() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let _server = bed.stuck();
    let mut ended = 0;
    while !bed.collector.room.is_fuller_than(6) {
        let segment = bed.segment();
        (0..100).for_each(|_| bed.span(segment.key));
        bed.end(&segment);
        bed.round();
        ended += 1;
    }
    let running = bed.segment();
    while !bed.collector.room.short {
        bed.span(running.key);
    }
    // Only the record without room is lost, because whole waiting segments are removed to make room.
    bed.round();
    assert!(!bed.collector.room.is_fuller_than(4));
    (0..500).for_each(|_| bed.span(running.key));
    (0..4).for_each(|_| bed.round());
    let gathered = &bed.collector.open[&running.key];
    assert!(gathered.children.len() > 500 && gathered.dropped == 1);
    let accepted = bed.client.stats().accepted(DataCategory::Transaction);
    let (waiting, lost) = (bed.waiting(), bed.lost_of(DataCategory::Transaction));
    assert!(lost > 0 && waiting > 0);
    assert_eq!(accepted + waiting + lost, ended);
    assert_eq!(bed.lost_of(DataCategory::Span) % 101, 0, "lost transactions count with all of their spans");
}
