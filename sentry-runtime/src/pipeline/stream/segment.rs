//! A streamed segment: the details of its open spans, and the writing of spans that have ended.
//!
//! [`stream`](crate::pipeline::stream) owns the segments and decides when they are written.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Instant;

use super::attributes::{self, OfScopes};
use super::batch::Batches;
use super::root;
use crate::pipeline::client_state;
use crate::pipeline::output;
use crate::pipeline::polls::SegmentPolls;
use crate::pipeline::span::buffer::{BufferedSpan, Child, Room, attribute_weight, detail_weight};
use crate::pipeline::span::details::{self, SpanDetails, own_keys};
use crate::pipeline::span::record::SpanRecord;
use crate::pipeline::span::repeats::Repeats;
use crate::pipeline::span::v2::{Common, Label, Writer, tags_to_attributes};
use crate::pipeline::span::{filter, gen_ai, hook};
use crate::pipeline::transaction::Ended;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason, SpanId};
use crate::scope::{self, ScopeCell, Scopes};
use crate::trace::clock::{Anchor, Ticks};
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::record::Detail;
use crate::trace::segment::Segment;

/// The maximum number of open spans of one segment that have details.
const MAX_WITH_DETAILS: usize = 4096;
/// The maximum number of attributes and other details of one span.
const MAX_DETAILS: usize = 1024;

/// A span that has ended.
pub(crate) struct Finished {
    pub(crate) child: Child,
    thread: Option<Thread>,
}

/// The source of a segment's scopes.
pub(crate) enum Phase {
    /// The segment runs.
    Live { isolation: Arc<ScopeCell>, current: Arc<ScopeCell> },
    /// The segment has ended.
    Over(Arc<Ended>),
}

/// A segment whose spans are sent while it runs.
pub(crate) struct Stream {
    pub(crate) segment: Arc<Segment>,
    pub(crate) phase: Phase,
    pub(crate) finished: Vec<Finished>,
    /// The number of those that were read before this round.
    pub(crate) settled: usize,
    /// Whether it is on the list of segments with waiting spans.
    pub(crate) touched: bool,
    details: IdMap<SpanDetails>,
    /// The thread on which its root ended.
    thread: Option<Thread>,
    pub(crate) weight: usize,
    repeats: Repeats,
    polls: SegmentPolls,
    /// The open parents of spans that have been sent, if there are filters.
    parents: HashSet<SpanId>,
}

/// A span and the thread on which it ended.
type Row = (SpanRecord, Option<Thread>);

impl Stream {
    pub(crate) fn new(segment: Arc<Segment>, phase: Phase) -> Self {
        let repeats = Repeats::new(segment.client.options().repeat_threshold);
        Self {
            segment,
            phase,
            finished: Vec::new(),
            settled: 0,
            touched: false,
            details: IdMap::default(),
            thread: None,
            weight: 0,
            repeats,
            polls: SegmentPolls::default(),
            parents: HashSet::new(),
        }
    }

    /// Returns whether spans may still end: some are waiting, or another part of the program refers to the segment.
    pub(crate) fn is_used(&self) -> bool {
        let own = if matches!(self.phase, Phase::Over(_)) { 2 } else { 1 };
        !self.finished.is_empty() || Arc::strong_count(&self.segment) > own
    }

    /// Sets the thread on which the root has ended.
    pub(crate) fn ended_on(&mut self, thread: &Thread) {
        self.thread = Some(thread.clone());
    }

    /// Counts spans for which there was no room.
    pub(crate) fn lost(&self, spans: u64) {
        self.segment.client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, spans);
    }

    /// Adds a span that has ended.
    pub(crate) fn add(&mut self, child: Child, thread: Option<&Thread>, room: &mut Room) {
        let weight = child.weight();
        if !room.take(weight) {
            return self.lost(1);
        }
        self.weight += weight;
        self.finished.push(Finished { child, thread: thread.cloned() });
    }

    /// Sets an attribute of an open span. An attribute of the same name is replaced, so that a root that never ends
    /// does not accumulate them.
    pub(crate) fn set(
        &mut self,
        span: LocalId,
        key: Cow<'static, str>,
        value: AttributeValue,
        room: &mut Room,
    ) {
        let weight = attribute_weight(&value) + key.len();
        let Some(details) = details_of(&mut self.details, span) else { return };
        let known = details.attributes.iter().position(|(known, _)| *known == key);
        if let Some(at) = known {
            let (_, old) = details.attributes.swap_remove(at);
            let old = attribute_weight(&old) + key.len();
            room.give_back(old);
            self.weight = self.weight.saturating_sub(old);
        }
        if room.take(weight) {
            details.attributes.push((key, value));
            self.weight += weight;
        }
    }

    /// Adds a poll of an open span.
    pub(crate) fn add_poll(&mut self, span: LocalId, ticks: Ticks) {
        // Other clients of the process may ask for what this one does not.
        if self.segment.client.options().counts_polls() {
            self.polls.add(span, ticks);
        }
    }

    /// Adds another detail of an open span.
    pub(crate) fn say(&mut self, span: LocalId, detail: Detail, room: &mut Room) {
        if let Detail::Attribute(key, value) = detail {
            return self.set(span, Cow::Owned(key), value, room);
        }
        let weight = detail_weight(&detail);
        let Some(details) = details_of(&mut self.details, span) else { return };
        if let Some(at) = details.changes.iter().position(|known| replaces(&detail, known)) {
            let old = detail_weight(&details.changes.swap_remove(at));
            room.give_back(old);
            self.weight = self.weight.saturating_sub(old);
        }
        if room.take(weight) {
            details.changes.push(detail);
            self.weight += weight;
        }
    }

    /// Takes the spans that were read before this round.
    pub(crate) fn take_settled(&mut self) -> Vec<Finished> {
        let ready = self.finished.drain(..self.settled).collect();
        self.settled = self.finished.len();
        ready
    }

    /// Takes all waiting spans.
    pub(crate) fn take_all(&mut self) -> Vec<Finished> {
        self.settled = 0;
        std::mem::take(&mut self.finished)
    }

    fn scopes(&self) -> Scopes {
        let (isolation, current) = match &self.phase {
            Phase::Live { isolation, current } => (isolation.snapshot(), current.snapshot()),
            Phase::Over(ended) => (Arc::clone(&ended.isolation), Arc::clone(&ended.current)),
        };
        Scopes { global: scope::global().snapshot(), isolation, current }
    }

    /// Returns the segment's current name, and the source of the name.
    fn name(&self, scopes: &Scopes) -> (Cow<'static, str>, &'static str) {
        match attributes::name_by_scope(scopes) {
            Some(name) => (Cow::Owned(name.to_owned()), "custom"),
            None => self.segment.name(),
        }
    }

    /// Writes spans that have ended to the batch of their trace.
    pub(crate) fn write(
        &mut self,
        ready: Vec<Finished>,
        unassigned: &mut IdMap<BufferedSpan>,
        since: Instant,
        batches: &mut Batches,
        room: &mut Room,
    ) {
        if ready.is_empty() {
            return;
        }
        let anchor = Anchor::take();
        let mut rows = Vec::with_capacity(ready.len());
        for Finished { child, thread } in ready {
            let weight = child.weight();
            let mut details = self.take_details(&child, unassigned, room);
            let polls = self.polls.take(child.id(), child.duration(&anchor), &anchor);
            details::add(&mut details, polls);
            room.give_back(weight);
            self.weight = self.weight.saturating_sub(weight);
            rows.push((self.row(child, details, &anchor), thread));
        }
        let mut rows = self.without_ignored(rows, &anchor);
        self.repeats.mark(&mut rows, &anchor);
        gen_ai::complete(None, &mut rows);
        if rows.is_empty() {
            return;
        }
        if self.is_rate_limited(rows.len()) {
            return;
        }
        let scopes = self.scopes();
        let common = attributes::common(&self.segment, &self.name(&scopes).0, OfScopes::of(&scopes));
        self.send(rows, common, None, since, &anchor, batches);
    }

    /// Removes ignored spans, except those that are the parents of spans which have been sent.
    fn without_ignored(&mut self, rows: Vec<Row>, anchor: &Anchor) -> Vec<Row> {
        if self.segment.client.options().ignore_spans.is_empty() {
            return rows;
        }
        let known = &self.parents;
        let needed = |id: SpanId| known.len() >= MAX_WITH_DETAILS || known.contains(&id);
        let rows = filter::of_children(&self.segment, rows, anchor, needed);
        // A parent that was lost stays in the set, so an endless segment needs a limit.
        if self.parents.len() < MAX_WITH_DETAILS {
            self.parents.extend(rows.iter().filter_map(|(row, _)| row.parent()));
        }
        rows.iter().for_each(|(row, _)| _ = self.parents.remove(&row.id()));
        rows
    }

    /// Returns whether the server does not want spans now; then these are counted as lost.
    fn is_rate_limited(&self, spans: usize) -> bool {
        output::open(&self.segment.client, DataCategory::Span, spans as u64).is_none()
    }

    /// Takes the details of a span, including those recorded before its segment was known.
    fn take_details(
        &mut self,
        child: &Child,
        unassigned: &mut IdMap<BufferedSpan>,
        room: &mut Room,
    ) -> Option<SpanDetails> {
        let mut details = if self.details.is_empty() { None } else { self.details.remove(&child.id()) };
        if let Some(details) = &details {
            let weight = weight_of(details);
            room.give_back(weight);
            self.weight = self.weight.saturating_sub(weight);
        }
        if unassigned.get(&child.id()).is_some_and(|unassigned_span| unassigned_span.children.is_empty())
            && let Some(unassigned_span) = unassigned.remove(&child.id())
        {
            room.give_back(unassigned_span.weight);
            let early =
                unassigned_span.attributes.into_iter().map(|(_, key, value)| (Cow::Borrowed(key), value));
            details.get_or_insert_default().attributes.splice(0..0, early);
        }
        details
    }

    fn row(&self, child: Child, details: Option<SpanDetails>, anchor: &Anchor) -> SpanRecord {
        let parent = if child.parent() == 0 { self.segment.key } else { child.parent() };
        let mut row = details::row(&self.segment, child, details, anchor);
        // The span of the agent that the span works for is mostly still open.
        if let (SpanRecord::Full(span), Some(around)) = (&mut row, self.details.get(&parent)) {
            gen_ai::inherit(span, &around.attributes);
        }
        row
    }

    /// Writes the segment's own span.
    pub(crate) fn write_root(&mut self, since: Instant, batches: &mut Batches, room: &mut Room) {
        let Phase::Over(ended) = &self.phase else { return };
        let anchor = Anchor::take();
        let scopes = self.scopes();
        let (name, source) = self.name(&scopes);
        let mut details = self.details.remove(&self.segment.key).unwrap_or_default();
        let weight = weight_of(&details);
        room.give_back(weight);
        self.weight = self.weight.saturating_sub(weight);
        let open = details::between(self.segment.start, ended.end, &anchor);
        details.attributes.extend(own_keys(self.polls.take(self.segment.key, open, &anchor)));
        let (mut root, renamed) =
            details::root(&self.segment, ended.end, ended.outcome, name, details, &anchor);
        self.repeats.mark_root(&mut root);
        if self.is_rate_limited(1) {
            return;
        }
        let mut source = if renamed { "custom" } else { source };
        let mut scope = scopes.merged();
        root::show(&self.segment, &mut scope, &mut root, &mut source);
        let common = attributes::common(&self.segment, &root.name, OfScopes::of_merged(&scope));
        tags_to_attributes(&mut root);
        client_state::with(&self.segment.client, |state| {
            root::complete(&self.segment, state, source, &scope, &mut root);
        });
        let rows = vec![(SpanRecord::Full(Box::new(root)), self.thread.clone())];
        self.send(rows, common, Some(source), since, &anchor, batches);
    }

    /// Puts spans into the batch of their trace; `root` is the source of the name if the span is the segment span.
    fn send(
        &self,
        mut rows: Vec<Row>,
        mut common: Common,
        root: Option<&'static str>,
        since: Instant,
        anchor: &Anchor,
        batches: &mut Batches,
    ) {
        let client = &self.segment.client;
        let max_text = client.options().max_value_length;
        let trace_id = self.segment.trace_id();
        client_state::with(client, |state| common.complete(state, max_text));
        let tags = |rows: &mut Vec<Row>| {
            for (row, _) in rows {
                if let SpanRecord::Full(span) = row {
                    tags_to_attributes(span);
                    root.iter().for_each(|source| root::say_source(source, span));
                }
            }
        };
        tags(&mut rows);
        // No lock is held while the user's callback runs.
        if hook::show_streamed(client, trace_id, anchor, common.pairs(), &mut rows) {
            common.leave_required();
            tags(&mut rows);
        }
        common.seal();
        client_state::with(client, |state| {
            let label = Label::new(&state.scrubber, max_text);
            let mut writer = Writer { trace_id, anchor, common: &common, label };
            for (row, thread) in &mut rows {
                row.scrub(&state.scrubber, max_text);
                let write = |out: &mut Vec<u8>| writer.write(out, row, root.is_some(), thread.as_ref());
                batches.add(&self.segment, since, write);
            }
        });
    }
}

/// Returns the details of a span, unless the segment has too many already.
fn details_of(details: &mut IdMap<SpanDetails>, span: LocalId) -> Option<&mut SpanDetails> {
    if details.len() >= MAX_WITH_DETAILS && !details.contains_key(&span) {
        return None;
    }
    let details = details.entry(span).or_default();
    (details.attributes.len() + details.changes.len() < MAX_DETAILS).then_some(details)
}

/// Returns whether a detail replaces a known one.
fn replaces(new: &Detail, known: &Detail) -> bool {
    match (new, known) {
        (Detail::Tag(new, _), Detail::Tag(known, _)) => new == known,
        (Detail::Name(_), Detail::Name(_))
        | (Detail::Op(_), Detail::Op(_))
        | (Detail::Status(_), Detail::Status(_)) => true,
        _ => false,
    }
}

fn weight_of(details: &SpanDetails) -> usize {
    let attributes = details.attributes.iter().map(|(key, value)| attribute_weight(value) + key.len());
    attributes.chain(details.changes.iter().map(detail_weight)).sum()
}
