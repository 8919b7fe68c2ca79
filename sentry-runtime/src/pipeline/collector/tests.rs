//! Tests of the collector's memory: it is bounded for any input, and spans that find no room are counted.

mod jobs;
mod waiting;

use std::thread::{self, Thread};

use serde_json::Value;

use super::*;
use crate::client::Client;
use crate::options::{ClientOptions, TraceLifecycle};
use crate::protocol::{AttributeValue, DataCategory, DiscardReason, ItemType};
use crate::scope::{Scope, ScopeCell};
use crate::trace::callsite::{Callsite, CallsiteOptions};
use crate::trace::clock;
use crate::trace::clock::Start;
use crate::trace::propagation::Propagation;
use crate::trace::record::{Record, SpanOutcome};
use crate::trace::segment::{RootName, Segment};
use crate::transport::TestTransport;

static SITE: Callsite = Callsite {
    path: || "shop::step::here",
    module: "shop",
    location: "src/step.rs:7",
    options: &CallsiteOptions::new().name("step"),
};
/// The memory limit of the collector: 16 times the smallest value of the option `max_record_memory`.
const MEMORY: usize = 1 << 20;

/// A collector that receives records from the test only.
struct Bed {
    collector: Collector,
    client: Arc<Client>,
    transport: Arc<TestTransport>,
    thread: Thread,
    next: LocalId,
}

impl Bed {
    fn new(lifecycle: TraceLifecycle) -> Self {
        let transport = TestTransport::new();
        let options = ClientOptions::new()
            .dsn("https://key@example.com/1")
            .traces_sample_rate(1.0)
            .trace_lifecycle(lifecycle)
            .transport(Arc::clone(&transport));
        let client = Client::new(options).unwrap();
        let mut bed =
            Self { collector: Collector::default(), client, transport, thread: thread::current(), next: 0 };
        bed.collector.begin_round(MEMORY);
        bed
    }

    fn id(&mut self) -> LocalId {
        self.next += 1;
        self.next
    }

    fn segment(&mut self) -> Arc<Segment> {
        let key = self.id();
        let (root, start) = (RootName::Site(&SITE), Start::Ticks(clock::now()));
        let client = Arc::clone(&self.client);
        Arc::new(Segment::new(key, true, Some(1.0), Propagation::new(), root, start, None, client))
    }

    fn take(&mut self, record: Record) {
        self.collector.take(record, &self.thread, &mut None);
        assert!(self.collector.room.held() <= MEMORY / 4 * 3);
    }

    /// Announces a segment if it is streamed.
    fn start(&mut self, segment: &Arc<Segment>) {
        if !segment.is_streamed() {
            return;
        }
        let (isolation, current) = (Arc::<ScopeCell>::default(), Arc::default());
        self.take(Record::Start { segment: Arc::clone(segment), isolation, current });
    }

    fn span(&mut self, segment: LocalId) {
        let (id, start, end) = (self.id(), clock::now(), clock::now());
        self.take(Record::Span { segment, id, parent: 0, site: &SITE, start, end, outcome: SpanOutcome::Ok });
    }

    fn attribute(&mut self, segment: LocalId, value: impl Into<AttributeValue>) {
        self.take(Record::Attribute { segment, span: segment, key: "progress", value: value.into() });
    }

    fn end(&mut self, segment: &Arc<Segment>) {
        self.end_in(segment, &Arc::default());
    }

    fn end_in(&mut self, segment: &Arc<Segment>, isolation: &Arc<Scope>) {
        let (isolation, current) = (Arc::clone(isolation), Arc::default());
        let end = Start::Ticks(clock::now());
        let segment = Arc::clone(segment);
        self.take(Record::End { segment, isolation, current, end, outcome: SpanOutcome::Ok });
    }

    fn round(&mut self) {
        self.collector.write(false, Instant::now());
        assert!(self.collector.held() <= MEMORY);
        self.collector.begin_round(MEMORY);
    }

    fn finish(&mut self) {
        (0..4).for_each(|_| self.round());
        self.collector.send_all();
    }

    fn streamed(&self) -> Vec<Value> {
        let batches = self.transport.payloads(ItemType::Span);
        assert!(batches.iter().all(|batch| batch["items"].as_array().unwrap().len() <= 1000));
        batches.iter().flat_map(|batch| batch["items"].as_array().unwrap().clone()).collect()
    }

    fn lost(&self) -> u64 {
        self.client.stats().lost()
    }

    fn lost_of(&self, category: DataCategory) -> u64 {
        let dropped = self.client.stats().dropped;
        dropped.iter().filter(|entry| entry.category == category).map(|entry| entry.quantity).sum()
    }
}

#[test]
fn a_root_that_never_ends_holds_no_more_than_it_can_send() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let segment = bed.segment();
    for number in 0..100_000 {
        bed.span(segment.key);
        bed.attribute(segment.key, number);
        if number % 10_000 == 0 {
            bed.round();
        }
    }
    let held = bed.collector.held();
    assert!(held < MEMORY / 2, "{held}");
    // The segment ends after all: the first 1 000 spans and the last value are sent, other spans are counted as lost.
    bed.end(&segment);
    bed.finish();
    let sent = bed.transport.payloads(ItemType::Transaction);
    assert_eq!(sent[0]["spans"].as_array().unwrap().len(), 1000);
    assert_eq!(sent[0]["contexts"]["trace"]["data"]["progress"], 99_999);
    assert_eq!(bed.lost(), 99_000);
    assert_eq!(bed.collector.held(), 0, "all memory was released");
}

#[test]
fn many_roots_that_never_end_make_room_for_others() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    for _ in 0..200 {
        let silent = bed.segment();
        (0..100).for_each(|_| bed.span(silent.key));
    }
    assert!(bed.collector.room.short, "the room is exceeded");
    (0..4).for_each(|_| bed.round());
    let last = bed.segment();
    (0..100).for_each(|_| bed.span(last.key));
    // Records were rejected, so the collector has to give up segments that have been silent.
    (0..4).for_each(|_| bed.round());
    let other = bed.segment();
    (0..100).for_each(|_| bed.span(other.key));
    bed.end(&other);
    bed.finish();
    let sent = bed.transport.payloads(ItemType::Transaction);
    assert_eq!(sent[0]["spans"].as_array().unwrap().len(), 100);
}

#[test]
fn long_texts_count_by_their_length() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let segment = bed.segment();
    for _ in 0..100 {
        let id = bed.id();
        let value = "x".repeat(MEMORY / 16).into();
        bed.take(Record::Attribute { segment: segment.key, span: id, key: "text", value });
    }
    assert!(bed.collector.open[&segment.key].attributes.len() < 12);
    bed.end(&segment);
    drop(segment);
    bed.finish();
    assert_eq!(bed.collector.held(), 0);
}

#[test]
fn a_streamed_root_that_never_ends_holds_nothing() {
    const SPANS: usize = 10_000;
    let mut bed = Bed::new(TraceLifecycle::Stream);
    let segment = bed.segment();
    bed.start(&segment);
    for number in 0..SPANS {
        bed.span(segment.key);
        bed.attribute(segment.key, number);
        if number % 500 == 0 {
            bed.round();
        }
    }
    bed.finish();
    let held = bed.collector.held();
    assert!(held < 1000, "the root's one attribute: {held}");
    assert_eq!(bed.streamed().len(), SPANS);
    assert_eq!(bed.lost(), 0);
    bed.end(&segment);
    bed.finish();
    assert_eq!(bed.collector.held(), 0);
    let spans = bed.streamed();
    assert_eq!(spans[SPANS]["attributes"]["progress"]["value"], SPANS - 1);
}

#[test]
fn a_burst_of_streamed_spans_does_not_wait_for_the_next_round() {
    const SPANS: usize = 10_000;
    let mut bed = Bed::new(TraceLifecycle::Stream);
    let segment = bed.segment();
    bed.start(&segment);
    (0..SPANS).for_each(|_| bed.span(segment.key));
    bed.end(&segment);
    bed.finish();
    assert_eq!(bed.streamed().len(), SPANS + 1);
    assert_eq!((bed.lost(), bed.collector.held()), (0, 0));
}

#[test]
fn spans_that_come_before_their_segment_or_without_its_start_are_streamed_too() {
    let mut bed = Bed::new(TraceLifecycle::Stream);
    let (first, second) = (bed.segment(), bed.segment());
    (0..3).for_each(|_| bed.span(first.key));
    bed.attribute(first.key, 1);
    bed.start(&first);
    bed.end(&first);
    // The collector has never received the start of this segment.
    (0..3).for_each(|_| bed.span(second.key));
    bed.attribute(second.key, 2);
    bed.end(&second);
    bed.finish();
    let spans = bed.streamed();
    assert_eq!(spans.len(), 8);
    let mut roots: Vec<_> = spans.iter().filter(|span| span["is_segment"] == true).collect();
    roots.sort_by_key(|root| root["attributes"]["progress"]["value"].as_u64());
    assert_eq!(roots.len(), 2);
    assert_eq!(roots[1]["attributes"]["progress"]["value"], 2);
    assert_eq!((bed.lost(), bed.collector.held()), (0, 0));
}

#[test]
fn a_segment_that_is_leaked_is_forgotten() {
    let mut bed = Bed::new(TraceLifecycle::Stream);
    let segment = bed.segment();
    bed.start(&segment);
    bed.attribute(segment.key, 1);
    assert!(bed.collector.rest().is_some(), "a running segment has to be checked");
    drop(segment);
    let now = Instant::now();
    bed.collector.write(false, now);
    bed.collector.write(false, now + Duration::from_secs(6));
    assert_eq!(bed.collector.rest(), None);
    assert_eq!(bed.collector.held(), 0);
}

#[test]
fn what_waits_is_sent_after_five_seconds() {
    let mut bed = Bed::new(TraceLifecycle::Stream);
    let segment = bed.segment();
    bed.start(&segment);
    bed.span(segment.key);
    bed.round();
    bed.round();
    assert_eq!(bed.streamed().len(), 0);
    assert!(bed.collector.rest().is_some_and(|rest| rest <= Duration::from_secs(5)));
    bed.collector.write(false, Instant::now() + Duration::from_secs(5));
    assert_eq!(bed.streamed().len(), 1);
}

/// Tests a socket whose task outlives its request, while thousands of other segments end.
#[test]
fn a_segment_that_is_in_use_is_remembered_for_its_spans() {
    for lifecycle in [TraceLifecycle::Static, TraceLifecycle::Stream] {
        let mut bed = Bed::new(lifecycle);
        let request = bed.segment();
        bed.start(&request);
        bed.end(&request);
        let socket = bed.id();
        bed.take(Record::Attribute { segment: request.key, span: socket, key: "early", value: 1.into() });
        bed.finish();
        for _ in 0..3_000 {
            let other = bed.segment();
            bed.start(&other);
            bed.end(&other);
            bed.round();
        }
        bed.finish();
        let (start, end, outcome) = (clock::now(), clock::now(), SpanOutcome::Ok);
        bed.take(Record::Span {
            segment: request.key,
            id: socket,
            parent: 0,
            site: &SITE,
            start,
            end,
            outcome,
        });
        bed.collector.write(true, Instant::now());
        bed.finish();
        let early = match lifecycle {
            TraceLifecycle::Stream => {
                let late = bed
                    .streamed()
                    .into_iter()
                    .find(|span| span["name"] == "step" && span["is_segment"] == false);
                late.map(|span| span["attributes"]["early"]["value"].clone())
            }
            _ => bed
                .transport
                .payloads(ItemType::Transaction)
                .last()
                .map(|late| late["contexts"]["trace"]["data"]["early"].clone()),
        };
        assert_eq!((early, bed.lost()), (Some(1.into()), 0), "{lifecycle:?}");
        drop(request);
        for _ in 0..1_000 {
            let other = bed.segment();
            bed.start(&other);
            bed.end(&other);
            bed.round();
        }
        bed.finish();
        assert_eq!(bed.collector.held(), 0, "{lifecycle:?}");
        assert!(bed.collector.finished.len() <= 1_024, "{}", bed.collector.finished.len());
    }
}

#[test]
fn a_closed_client_is_not_kept_by_what_has_ended() {
    for lifecycle in [TraceLifecycle::Static, TraceLifecycle::Stream] {
        let mut bed = Bed::new(lifecycle);
        let known = Arc::strong_count(&bed.client);
        for _ in 0..10 {
            let segment = bed.segment();
            bed.start(&segment);
            bed.span(segment.key);
            bed.end(&segment);
        }
        let in_use = bed.segment();
        bed.start(&in_use);
        bed.end(&in_use);
        bed.finish();
        let client = Arc::clone(&bed.client);
        for _ in 0..2 {
            bed.collector.close(&client);
            bed.round();
        }
        drop(client);
        // The segment itself holds the only remaining reference.
        assert_eq!(Arc::strong_count(&bed.client) - known, 1, "{lifecycle:?}");
        bed.span(in_use.key);
        bed.collector.write(true, Instant::now());
        assert_eq!(bed.lost(), 0, "the span is known to be late: {lifecycle:?}");
    }
}

#[test]
fn a_span_that_starts_after_the_end_of_its_root_is_a_transaction_of_its_own() {
    let mut bed = Bed::new(TraceLifecycle::Static);
    let segment = bed.segment();
    bed.span(segment.key);
    bed.end(&segment);
    bed.span(segment.key);
    bed.finish();
    bed.collector.write(true, Instant::now());
    let sent = bed.transport.payloads(ItemType::Transaction);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0]["spans"].as_array().unwrap().len(), 1);
    assert_eq!(sent[1]["contexts"]["trace"]["parent_span_id"], sent[0]["contexts"]["trace"]["span_id"]);
}

#[test]
fn attributes_that_came_without_a_segment_find_their_span() {
    for others in [0, 1, 5] {
        let mut bed = Bed::new(TraceLifecycle::Static);
        let running: Vec<_> = (0..others).map(|_| bed.segment()).collect();
        running.iter().for_each(|other| bed.span(other.key));
        let segment = bed.segment();
        // The next span gets the next id.
        bed.attribute(bed.next + 1, 7);
        bed.span(segment.key);
        bed.span(segment.key);
        bed.end(&segment);
        bed.finish();
        let sent = bed.transport.payloads(ItemType::Transaction);
        let progress: Vec<_> = sent[0]["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| span["data"]["progress"].clone())
            .collect();
        assert_eq!(progress, [Value::from(7), Value::Null], "beside {others} running segments");
    }
}
