//! Traces that are sent while they run: every span leaves soon after its end.
//!
//! A segment is known from its first record on, with its scopes. A span that has ended waits one round, so that what
//! other threads said of it before is read for certain; then it is written to the [batch](super::stream_batch) of its
//! trace, and nothing of it is kept. Of a span that is still open only what was said of it is kept.
//!
//! Spec: `telemetry/spans/implementation.mdx`, `telemetry/spans/span-buffer.mdx`.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::bench;
use super::gathered::{Child, ChildKind, Gathered, Room, attribute_weight, detail_weight};
use super::span_json::{Call, Row, SpanData};
use super::stream_batch::{Batches, Key, LONGEST};
use super::stream_json::{self, Common, Label, Writer};
use super::transaction::{self, Ended, Said, wall};
use crate::protocol::{AttributeValue, DataCategory, DiscardReason};
use crate::scope::{self, ScopeCell, Scopes};
use crate::trace::clock::Anchor;
use crate::trace::ids::{self, IdMap, LocalId};
use crate::trace::record::Detail;
use crate::trace::segment::Segment;

/// So many segments are worth a look whether some of them were leaked.
const MANY_SEGMENTS: usize = 16_384;
/// Segments that are remembered after their end, for spans that come late.
const MAX_OVER: usize = 2048;
/// Open spans of one segment of which something was said.
const MAX_SAID: usize = 4096;
/// Attributes and other details of one span.
const MAX_DETAILS: usize = 1024;
/// Spans of one segment that wait for the next round. Of more, the first are written at once.
const MAX_WAITING: usize = 4096;
/// Rounds that a batch waits for spans of other threads after its segment's end.
const STRAGGLERS: u64 = 1;

/// A span that has ended.
struct Finished {
    child: Child,
    thread: Option<Thread>,
}

/// Where the scopes of a segment are found.
enum Place {
    /// It runs.
    Live { isolation: Arc<ScopeCell>, current: Arc<ScopeCell> },
    /// It has ended.
    Over(Arc<Ended>),
}

/// A segment whose spans are sent while it runs.
pub(super) struct Stream {
    segment: Arc<Segment>,
    place: Place,
    finished: Vec<Finished>,
    /// How many of those were read before this round.
    settled: usize,
    said: IdMap<Said>,
    /// The thread that its root ended on.
    thread: Option<Thread>,
    weight: usize,
}

/// All segments whose spans are sent while they run.
#[derive(Default)]
pub(super) struct Streams {
    known: IdMap<Stream>,
    /// How many segments of a trace run.
    running: HashMap<Key, usize>,
    /// Segments with spans that wait for the next round.
    touched: Vec<LocalId>,
    over: VecDeque<LocalId>,
    batches: Batches,
    label: Label,
    swept: Option<Instant>,
    /// How many segments there were after the last look for leaked ones.
    after_sweep: usize,
}

impl Streams {
    /// A segment began; of some of its spans the pipeline may know already.
    pub(super) fn begin(
        &mut self,
        segment: Arc<Segment>,
        isolation: Arc<ScopeCell>,
        current: Arc<ScopeCell>,
        gathered: Option<Gathered>,
        room: &mut Room,
    ) {
        if self.known.len() >= MANY_SEGMENTS.max(2 * self.after_sweep) {
            self.sweep(room);
        }
        let key = segment.key;
        *self.running.entry(Key::of(&segment)).or_default() += 1;
        let place = Place::Live { isolation, current };
        self.known.insert(key, Stream::new(segment, place));
        if let Some(gathered) = gathered {
            self.adopt(key, gathered, room);
        }
    }

    fn adopt(&mut self, key: LocalId, gathered: Gathered, room: &mut Room) {
        room.give_back(gathered.weight);
        if let Some(stream) = self.known.get_mut(&key) {
            stream.lost(gathered.dropped);
        }
        for child in gathered.children {
            self.add(key, child, None, room);
        }
        if let Some(stream) = self.known.get_mut(&key) {
            for (span, name, value) in gathered.attributes {
                stream.set(span, Cow::Borrowed(name), value, room);
            }
            for (span, detail) in gathered.details {
                stream.say(span, detail, room);
            }
        }
    }

    /// The segment of this key.
    pub(super) fn get(&mut self, key: LocalId) -> Option<&mut Stream> {
        if self.known.is_empty() { None } else { self.known.get_mut(&key) }
    }

    /// Takes a span that has ended, of a segment that is known. Answers whether too many of that segment wait.
    pub(super) fn add(
        &mut self,
        key: LocalId,
        child: Child,
        thread: Option<&Thread>,
        room: &mut Room,
    ) -> bool {
        let Some(stream) = self.known.get_mut(&key) else { return false };
        if stream.finished.is_empty() {
            self.touched.push(key);
        }
        stream.add(child, thread, room);
        stream.finished.len() >= MAX_WAITING
    }

    /// Writes the spans that were read before this round, and what waits beyond measure. `strays` are attributes
    /// that lie under their span's own id; no span that is written now ended before `since`.
    pub(super) fn settle(&mut self, strays: &mut IdMap<Gathered>, since: Instant, room: &mut Room) {
        for key in std::mem::take(&mut self.touched) {
            let Some(stream) = self.known.get_mut(&key) else { continue };
            let ready = stream.take_settled();
            if !stream.finished.is_empty() {
                self.touched.push(key);
            }
            stream.write(ready, strays, since, &mut self.batches, &mut self.label, room);
        }
        self.batches.send_full();
    }

    /// Writes spans of a segment with too many that wait.
    pub(super) fn relieve(
        &mut self,
        key: LocalId,
        strays: &mut IdMap<Gathered>,
        since: Instant,
        room: &mut Room,
    ) {
        let Some(stream) = self.known.get_mut(&key) else { return };
        stream.settled = stream.finished.len() / 2;
        let ready = stream.take_settled();
        stream.settled = 0;
        stream.write(ready, strays, since, &mut self.batches, &mut self.label, room);
        self.batches.send_full();
    }

    /// A root span has ended, as was read a round ago.
    pub(super) fn end(
        &mut self,
        ended: Ended,
        strays: &mut IdMap<Gathered>,
        since: Instant,
        round: u64,
        room: &mut Room,
    ) {
        let key = ended.segment.key;
        let ended = Arc::new(ended);
        let known = self.known.contains_key(&key);
        if !known {
            // Its beginning found no room.
            let stream = Stream::new(Arc::clone(&ended.segment), Place::Over(Arc::clone(&ended)));
            self.known.insert(key, stream);
            if let Some(gathered) = strays.remove(&key) {
                self.adopt(key, gathered, room);
            }
        }
        let Some(stream) = self.known.get_mut(&key) else { return };
        stream.place = Place::Over(ended);
        let ready = stream.take_settled();
        stream.write(ready, strays, since, &mut self.batches, &mut self.label, room);
        stream.write_root(since, &mut self.batches, &mut self.label, room);
        let trace = Key::of(&stream.segment);
        if known {
            self.one_less(trace);
        }
        if !self.running.contains_key(&trace) {
            // An envelope holds one trace: waiting longer would spare nothing.
            self.batches.close(trace, round + STRAGGLERS);
        }
        self.batches.send_full();
        self.over.push_back(key);
        if self.over.len() > MAX_OVER
            && let Some(oldest) = self.over.pop_front()
            && let Some(mut stream) = self.known.remove(&oldest)
        {
            let ready = stream.take_all();
            stream.write(ready, strays, since, &mut self.batches, &mut self.label, room);
            room.give_back(stream.weight);
        }
    }

    fn one_less(&mut self, trace: Key) {
        if let Some(running) = self.running.get_mut(&trace) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&trace);
            }
        }
    }

    /// Sends the batches that are due, and forgets segments that can neither end nor record any more.
    pub(super) fn send_due(&mut self, now: Instant, round: u64, most_bytes: usize, room: &mut Room) {
        self.batches.send_due(now, round, most_bytes);
        if !self.running.is_empty() && now.duration_since(*self.swept.get_or_insert(now)) >= LONGEST {
            self.swept = Some(now);
            self.sweep(room);
        }
    }

    /// A root span that is leaked never ends. Nobody but us has its segment then.
    fn sweep(&mut self, room: &mut Room) {
        let mut gone = Vec::new();
        self.known.retain(|_, stream| {
            let live = matches!(stream.place, Place::Live { .. });
            let leaked = live && stream.finished.is_empty() && Arc::strong_count(&stream.segment) == 1;
            if leaked {
                room.give_back(stream.weight);
                gone.push(Key::of(&stream.segment));
            }
            !leaked
        });
        for trace in gone {
            self.one_less(trace);
        }
        self.after_sweep = self.known.len();
    }

    /// Sends everything that is written.
    pub(super) fn send_all(&mut self) {
        self.batches.send_all();
    }

    /// How many bytes wait in batches.
    pub(super) fn bytes(&self) -> usize {
        self.batches.bytes()
    }

    /// Whether something waits for the next round.
    pub(super) fn has_work(&self) -> bool {
        !self.touched.is_empty() || self.batches.is_closing()
    }

    /// How long nobody needs to look; `None` if nothing waits and nothing runs.
    pub(super) fn rest(&self) -> Option<Duration> {
        let due = self.batches.next_due().map(|due| due.saturating_duration_since(Instant::now()));
        let running = (!self.running.is_empty()).then_some(LONGEST);
        due.into_iter().chain(running).min()
    }

    /// Counts everything as lost, after a mistake of our own.
    pub(super) fn give_up(&mut self) {
        let waiting = self
            .known
            .values()
            .map(|stream| (Arc::clone(&stream.segment.client), stream.finished.len() as u64));
        for (client, spans) in self.batches.give_up().into_iter().chain(waiting) {
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Span, spans);
        }
    }
}

impl Stream {
    fn new(segment: Arc<Segment>, place: Place) -> Self {
        Self {
            segment,
            place,
            finished: Vec::new(),
            settled: 0,
            said: IdMap::default(),
            thread: None,
            weight: 0,
        }
    }

    /// Notes on which thread the root has ended.
    pub(super) fn ended_on(&mut self, thread: &Thread) {
        self.thread = Some(thread.clone());
    }

    fn lost(&self, spans: u64) {
        self.segment.client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, spans);
    }

    fn add(&mut self, child: Child, thread: Option<&Thread>, room: &mut Room) {
        let weight = child.weight();
        if !room.take(weight) {
            return self.lost(1);
        }
        self.weight += weight;
        self.finished.push(Finished { child, thread: thread.cloned() });
    }

    /// Sets an attribute of a span that has not ended; one of the same name is replaced, so that a root that never
    /// ends does not gather them.
    pub(super) fn set(
        &mut self,
        span: LocalId,
        key: Cow<'static, str>,
        value: AttributeValue,
        room: &mut Room,
    ) {
        let weight = attribute_weight(&value) + key.len();
        let Some(said) = said_of(&mut self.said, span) else { return };
        let known = said.attributes.iter().position(|(known, _)| *known == key);
        if let Some(at) = known {
            let (_, old) = said.attributes.swap_remove(at);
            let old = attribute_weight(&old) + key.len();
            room.give_back(old);
            self.weight = self.weight.saturating_sub(old);
        }
        if room.take(weight) {
            said.attributes.push((key, value));
            self.weight += weight;
        }
    }

    /// Notes something else about a span that has not ended.
    pub(super) fn say(&mut self, span: LocalId, detail: Detail, room: &mut Room) {
        if let Detail::Attribute(key, value) = detail {
            return self.set(span, Cow::Owned(key), value, room);
        }
        let weight = detail_weight(&detail);
        let Some(said) = said_of(&mut self.said, span) else { return };
        if let Some(at) = said.details.iter().position(|known| replaces(&detail, known)) {
            let old = detail_weight(&said.details.swap_remove(at));
            room.give_back(old);
            self.weight = self.weight.saturating_sub(old);
        }
        if room.take(weight) {
            said.details.push(detail);
            self.weight += weight;
        }
    }

    fn take_settled(&mut self) -> Vec<Finished> {
        let ready = self.finished.drain(..self.settled).collect();
        self.settled = self.finished.len();
        ready
    }

    fn take_all(&mut self) -> Vec<Finished> {
        self.settled = 0;
        std::mem::take(&mut self.finished)
    }

    fn scopes(&self) -> Scopes {
        let (isolation, current) = match &self.place {
            Place::Live { isolation, current } => (isolation.snapshot(), current.snapshot()),
            Place::Over(ended) => (Arc::clone(&ended.isolation), Arc::clone(&ended.current)),
        };
        Scopes { global: scope::global().snapshot(), isolation, current }
    }

    /// The segment's name now, and where it comes from.
    fn name(&self, scopes: &Scopes) -> (Cow<'static, str>, &'static str) {
        match stream_json::name_by_scope(scopes) {
            Some(name) => (Cow::Owned(name.to_owned()), "custom"),
            None => self.segment.name(),
        }
    }

    fn write(
        &mut self,
        ready: Vec<Finished>,
        strays: &mut IdMap<Gathered>,
        since: Instant,
        batches: &mut Batches,
        label: &mut Label,
        room: &mut Room,
    ) {
        if ready.is_empty() {
            return;
        }
        let anchor = Anchor::take();
        let mut rows = Vec::with_capacity(ready.len());
        for Finished { child, thread } in ready {
            let weight = child.weight();
            let said = self.take_said(&child, strays, room);
            room.give_back(weight);
            self.weight = self.weight.saturating_sub(weight);
            rows.push((self.row(child, said, &anchor), thread));
        }
        self.send(rows, None, since, &anchor, batches, label);
    }

    /// What was said of a span, also before it was known to which segment it would belong.
    fn take_said(&mut self, child: &Child, strays: &mut IdMap<Gathered>, room: &mut Room) -> Option<Said> {
        let mut said = if self.said.is_empty() { None } else { self.said.remove(&child.id) };
        if let Some(said) = &said {
            let weight = weight_of(said);
            room.give_back(weight);
            self.weight = self.weight.saturating_sub(weight);
        }
        if strays.get(&child.id).is_some_and(|stray| stray.children.is_empty())
            && let Some(stray) = strays.remove(&child.id)
        {
            room.give_back(stray.weight);
            let early = stray.attributes.into_iter().map(|(_, key, value)| (Cow::Borrowed(key), value));
            said.get_or_insert_default().attributes.splice(0..0, early);
        }
        said
    }

    fn row(&self, child: Child, said: Option<Said>, anchor: &Anchor) -> Row {
        let parent = if child.parent == 0 { self.segment.key } else { child.parent };
        let mut span = match child.kind {
            ChildKind::Site { site, start, end, outcome } => {
                let call = Call { id: child.id, parent, site, start, end, outcome };
                if said.is_none() {
                    return Row::Call(call);
                }
                call.with_room(anchor)
            }
            ChildKind::Dynamic(span) => SpanData {
                id: ids::wire(child.id),
                parent: Some(ids::wire(parent)),
                name: span.name,
                op: span.op,
                origin: span.origin,
                start: wall(span.start, anchor),
                end: wall(span.end, anchor),
                status: span.outcome.status(),
                ..SpanData::default()
            },
        };
        if let Some(said) = said {
            transaction::apply(&mut span, said);
        }
        Row::Full(Box::new(span))
    }

    /// Writes the segment's own span.
    fn write_root(&mut self, since: Instant, batches: &mut Batches, label: &mut Label, room: &mut Room) {
        let Place::Over(ended) = &self.place else { return };
        let anchor = Anchor::take();
        let scopes = self.scopes();
        let (name, source) = self.name(&scopes);
        let segment = &self.segment;
        let mut root = SpanData {
            id: ids::wire(segment.key),
            parent: segment.parent,
            name,
            op: segment.root.op(),
            origin: segment.root.origin(),
            start: wall(segment.start, &anchor),
            end: wall(ended.end, &anchor),
            status: ended.outcome.status(),
            ..SpanData::default()
        };
        let said = self.said.remove(&segment.key).unwrap_or_default();
        let renamed = transaction::apply(&mut root, said);
        if let Some(rate) = segment.sample_rate {
            let rate = AttributeValue::from(transaction::round(rate));
            root.attributes.push((Cow::Borrowed("sentry.sample_rate"), rate));
        }
        if let Some((file, line)) = segment.root.place() {
            root.attributes.push((Cow::Borrowed("code.file.path"), AttributeValue::from_static(file)));
            root.attributes.push((Cow::Borrowed("code.line.number"), AttributeValue::from(line)));
        }
        let source = if renamed { "custom" } else { source };
        let rows = vec![(Row::Full(Box::new(root)), self.thread.clone())];
        self.send(rows, Some(source), since, &anchor, batches, label);
        // What is left was said of spans that did not end in time; it is said of them no more.
        self.said.clear();
        let left: usize = self.finished.iter().map(|finished| finished.child.weight()).sum();
        room.give_back(self.weight.saturating_sub(left));
        self.weight = left;
    }

    /// Puts spans into the batch of their trace; `root` is the source of the name, if they are the segment's own.
    fn send(
        &self,
        mut rows: Vec<(Row, Option<Thread>)>,
        root: Option<&'static str>,
        since: Instant,
        anchor: &Anchor,
        batches: &mut Batches,
        label: &mut Label,
    ) {
        let client = &self.segment.client;
        let Some(transport) = client.transport() else { return };
        if transport.is_rate_limited(DataCategory::Span) {
            let quantity = rows.len() as u64;
            return client.ledger().lost(DiscardReason::RatelimitBackoff, DataCategory::Span, quantity);
        }
        let max_text = client.options().max_value_length;
        let scopes = self.scopes();
        let mut common = Common::of(&self.segment, &self.name(&scopes).0, &scopes);
        // The callback `before_send_span` has its place here: the rows are what it would see, and no lock is held.
        bench::with(client, |bench| {
            common.seal(bench, max_text);
            let mut writer = Writer { trace_id: self.segment.trace_id(), anchor, common: &common, label };
            for (row, thread) in &mut rows {
                if let Row::Full(span) = row {
                    tags_to_attributes(span);
                    if let Some(source) = root {
                        stream_json::of_segment(client, bench, source, &scopes.merged(), span);
                    }
                }
                row.scrub(&bench.scrubber, max_text);
                let write = |out: &mut Vec<u8>| writer.write(out, row, root.is_some(), thread.as_ref());
                batches.add(&self.segment, since, write);
            }
        });
    }
}

/// What was said of a span, unless there is too much already.
fn said_of(said: &mut IdMap<Said>, span: LocalId) -> Option<&mut Said> {
    if said.len() >= MAX_SAID && !said.contains_key(&span) {
        return None;
    }
    let said = said.entry(span).or_default();
    (said.attributes.len() + said.details.len() < MAX_DETAILS).then_some(said)
}

/// Whether a detail takes the place of one that is known.
fn replaces(new: &Detail, known: &Detail) -> bool {
    match (new, known) {
        (Detail::Tag(new, _), Detail::Tag(known, _)) => new == known,
        (Detail::Name(_), Detail::Name(_))
        | (Detail::Op(_), Detail::Op(_))
        | (Detail::Status(_), Detail::Status(_)) => true,
        _ => false,
    }
}

fn weight_of(said: &Said) -> usize {
    let attributes = said.attributes.iter().map(|(key, value)| attribute_weight(value) + key.len());
    attributes.chain(said.details.iter().map(detail_weight)).sum()
}

/// The protocol has no tags.
fn tags_to_attributes(span: &mut SpanData) {
    for (key, value) in std::mem::take(&mut span.tags) {
        if !span.attributes.iter().any(|(known, _)| *known == *key) {
            span.attributes.push((Cow::Owned(key), value.into()));
        }
    }
}
