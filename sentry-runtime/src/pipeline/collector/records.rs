//! The records of the threads, sorted by segment.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::thread::Thread;
use std::time::Instant;

use super::{BufferedSpan, Child, Collector, LateSegment};
use crate::intake::check_in::PendingCheckIn;
use crate::pipeline::span::buffer::Room;
use crate::pipeline::span::record::Call;
use crate::pipeline::transaction::Ended;
use crate::protocol::nesting::Prune as _;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason};
use crate::scope;
use crate::trace::ids::LocalId;
use crate::trace::packed;
use crate::trace::record::{Detail, LazyCheckIn, LazyRootRecord, ProcessScopes, Record};

/// The maximum number of segments gathered at the same time.
const MAX_SEGMENTS: usize = 16_384;

impl Collector {
    /// Takes a record. Inlined into the loop over them: it is called for every span.
    #[inline]
    pub(super) fn take(&mut self, record: Record, thread: &Thread, around: &mut Option<Box<ProcessScopes>>) {
        match record {
            Record::ProcessScopes(announced) => *around = Some(announced),
            Record::LazyRootEnd(root) => self.end_lazy_root(root, thread, around.as_deref()),
            Record::CheckIn(check_in) => self.check_in(check_in, around.as_deref()),
            Record::JobEnd(check_in, outcome) => {
                self.end_lazy_root(check_in.root(outcome), thread, around.as_deref());
                self.check_in(check_in, around.as_deref());
            }
            Record::Start { segment, isolation, current } => {
                let early = self.open.remove(&segment.key);
                self.streams.begin(segment, isolation, current, early, &mut self.room);
            }
            Record::End { segment, isolation, current, end, outcome } => {
                if let Some(stream) = self.streams.get(segment.key) {
                    stream.ended_on(thread);
                }
                self.watched.end(segment.key);
                self.compact(segment.key);
                let (thread, verdict) = (thread.id(), OnceLock::new());
                let global = scope::global().snapshot();
                self.ending.push(Ended {
                    segment,
                    global,
                    isolation,
                    current,
                    end,
                    outcome,
                    thread,
                    verdict,
                });
            }
            Record::SpanWatched(span) => self.watched.open(span),
            Record::PollBegin { span, at } => self.polls.begin(thread, span, at),
            Record::PollWatched(poll) => self.polls.begin_watched(thread, poll),
            Record::PollEnd { segment, span, at } => {
                let Some(length) = self.polls.end(thread, span, at).filter(|_| span != 0) else { return };
                match self.streams.get(segment) {
                    Some(stream) => stream.add_poll(span, length),
                    None => self.gathered(segment).0.polls.add(span, length),
                }
            }
            Record::Span { segment, id, parent, site, start, end, outcome } => {
                self.watched.end(id);
                let call = Call { id, parent, site, start, end, outcome };
                self.add(segment, Child::Call(call), thread);
            }
            Record::Attribute { segment, span, key, value } => {
                self.set(segment, span, Cow::Borrowed(key), value);
            }
            Record::Attributes { segment, span, keys, kinds, words } => {
                for (key, value) in packed::attributes(keys, kinds, words) {
                    self.set(segment, span, Cow::Borrowed(key), value);
                }
            }
            Record::Response { segment, span, status, length, outcome } => {
                self.set(segment, span, Cow::Borrowed("http.response.status_code"), status.into());
                self.set(segment, span, Cow::Borrowed("http.response.body.size"), length.into());
                if let Some(outcome) = outcome {
                    self.add_detail(segment, span, Detail::Status(outcome));
                }
            }
            Record::Status { segment, span, status } => {
                self.add_detail(segment, span, Detail::Status(status));
            }
            Record::Form { segment, span, form } => {
                for (key, value) in form.grouped() {
                    let detail = Detail::Attribute(key, AttributeValue::from_json(&value));
                    self.add_detail(segment, span, detail);
                }
            }
            Record::Detail { segment, span, detail } => match *detail {
                Detail::Span(dynamic) => {
                    self.watched.end(span);
                    self.add_elsewhere(segment, Child::Dynamic(span, Box::new(dynamic)), thread);
                }
                detail => self.add_detail(segment, span, detail),
            },
        }
    }

    fn end_lazy_root(&mut self, root: LazyRootRecord, thread: &Thread, around: Option<&ProcessScopes>) {
        // A segment is announced before its first root.
        let Some(around) = around else {
            let ledger = root.client.ledger();
            ledger.lost(DiscardReason::BufferOverflow, DataCategory::Transaction, 1);
            return ledger.lost(DiscardReason::BufferOverflow, DataCategory::Span, 1);
        };
        let ended = Ended::light(root, around, thread.id());
        self.compact(ended.segment.key);
        self.ending.push(ended);
    }

    fn check_in(&mut self, check_in: LazyCheckIn, around: Option<&ProcessScopes>) {
        let Some(around) = around else {
            return check_in.client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Monitor, 1);
        };
        self.check_ins.push(PendingCheckIn::recorded(check_in, around.salt));
    }

    /// Releases the unused memory of a segment that has ended, if memory is becoming short.
    fn compact(&mut self, key: LocalId) {
        if self.room.is_fuller_than(2)
            && let Some(gathered) = self.open.get_mut(&key)
        {
            gathered.give_back_unused(&mut self.room);
        }
    }

    fn set(&mut self, segment: LocalId, span: LocalId, key: Cow<'static, str>, mut value: AttributeValue) {
        let Cow::Borrowed(name) = key else {
            return self.add_detail(segment, span, Detail::Attribute(key.into_owned(), value));
        };
        value.prune();
        match self.streams.get(segment) {
            Some(stream) => stream.set(span, key, value, &mut self.room),
            None => {
                let (gathered, room) = self.gathered(segment);
                gathered.add_attribute(span, name, value, room);
            }
        }
    }

    fn add_detail(&mut self, segment: LocalId, span: LocalId, mut detail: Detail) {
        if let Detail::Attribute(_, value) = &mut detail {
            value.prune();
        }
        match self.streams.get(segment) {
            Some(stream) => stream.say(span, detail, &mut self.room),
            None => {
                let (gathered, room) = self.gathered(segment);
                gathered.add_detail(span, detail, room);
            }
        }
    }

    /// Adds a span to its segment. One search is enough for a known segment that is not streamed, as nearly all are.
    #[inline(always)]
    fn add(&mut self, segment: LocalId, child: Child, thread: &Thread) {
        match self.open.get_mut(&segment).filter(|_| self.streams.is_empty()) {
            Some(gathered) => {
                gathered.changed = self.round;
                gathered.add(child, &mut self.room);
            }
            None => self.add_elsewhere(segment, child, thread),
        }
    }

    #[inline(never)]
    fn add_elsewhere(&mut self, segment: LocalId, child: Child, thread: &Thread) {
        if self.streams.get(segment).is_none() {
            let (gathered, room) = self.gathered(segment);
            return gathered.add(child, room);
        }
        if self.streams.add(segment, child, Some(thread), &mut self.room) {
            let since = self.since(Instant::now());
            self.streams.relieve(segment, &mut self.open, since, &mut self.room);
        }
    }

    fn gathered(&mut self, segment: LocalId) -> (&mut BufferedSpan, &mut Room) {
        if !self.open.contains_key(&segment) {
            self.begin(segment);
        }
        let gathered = self.open.entry(segment).or_default();
        gathered.changed = self.round;
        (gathered, &mut self.room)
    }

    #[cold]
    fn begin(&mut self, segment: LocalId) {
        if let Some(finished) = self.finished.get_mut(&segment) {
            self.late.push(LateSegment::new(segment));
            self.open.insert(segment, std::mem::take(&mut finished.open));
        } else if self.backlog.contains(segment) {
            self.late.push(LateSegment::new(segment));
        }
        if self.open.len() >= MAX_SEGMENTS {
            self.give_up_oldest(MAX_SEGMENTS / 8, |_| true);
        }
    }
}
