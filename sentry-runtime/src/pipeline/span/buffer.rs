//! The buffered records of one segment, kept until they can be sent, and the memory limit of all of them.

use std::collections::HashSet;

use super::record::Call;
use crate::base::order::sort_by_number;
use crate::pipeline::polls::SegmentPolls;
use crate::protocol::AttributeValue;
use crate::trace::clock::Start;
use crate::trace::ids::LocalId;
use crate::trace::record::{Detail, DynamicSpan};

/// The maximum number of spans of a transaction on the wire.
pub(crate) const MAX_SPANS: usize = 1000;
/// The maximum number of spans kept of one running segment. A transaction carries 1000; more are kept so that the
/// earliest can be chosen when it has ended.
const MAX_BUFFERED: usize = 4 * MAX_SPANS;
/// The maximum number of attributes and other details of one segment.
const MAX_DETAILS: usize = 32 * MAX_SPANS;

/// A child span as it was recorded. A parent of zero is the root of its segment.
pub(crate) enum Child {
    Call(Call),
    Dynamic(LocalId, Box<DynamicSpan>),
}

/// The records of a segment so far.
#[derive(Default)]
pub(crate) struct BufferedSpan {
    pub(crate) children: Vec<Child>,
    pub(crate) attributes: Vec<(LocalId, &'static str, AttributeValue)>,
    pub(crate) details: Vec<(LocalId, Detail)>,
    pub(crate) polls: SegmentPolls,
    /// The number of attributes left after replaced ones were last removed.
    distinct: usize,
    /// The number of spans for which there was no room.
    pub(crate) dropped: u64,
    /// The round in which a record was last added.
    pub(crate) changed: u64,
    /// The memory it takes of the [`Room`].
    pub(crate) weight: usize,
    /// The number of spans for which only the memory that they use is counted.
    compact: usize,
}

/// The memory for records that have been read and not yet sent.
#[derive(Debug)]
pub(crate) struct Room {
    held: usize,
    limit: usize,
    /// Whether a record was rejected since the last check.
    pub(crate) short: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { held: 0, limit: usize::MAX, short: false }
    }
}

impl Room {
    /// Sets the limit, in bytes.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Returns the used memory, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Returns the limit, in bytes.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns whether more than this share, in eighths, is used.
    pub(crate) fn is_fuller_than(&self, eighths: usize) -> bool {
        self.held > self.limit / 8 * eighths
    }

    fn has(&self, weight: usize) -> bool {
        weight <= self.limit.saturating_sub(self.held)
    }

    /// Reserves room, if there is any left. Returns whether there was.
    #[inline]
    pub(crate) fn take(&mut self, weight: usize) -> bool {
        if !self.has(weight) {
            self.short = true;
            return false;
        }
        self.held += weight;
        true
    }

    /// Releases room.
    pub(crate) fn give_back(&mut self, weight: usize) {
        self.held = self.held.saturating_sub(weight);
    }
}

/// Vectors grow by doubling: up to half of their memory is unused.
const SLACK: usize = 2;

impl Child {
    #[inline]
    pub(crate) fn id(&self) -> LocalId {
        match self {
            Self::Call(call) => call.id,
            Self::Dynamic(id, _) => *id,
        }
    }

    #[inline]
    pub(crate) fn parent(&self) -> LocalId {
        match self {
            Self::Call(call) => call.parent,
            Self::Dynamic(_, span) => span.parent,
        }
    }

    /// Returns the memory that the span takes.
    #[inline]
    pub(crate) fn weight(&self) -> usize {
        let own = match self {
            Self::Call(_) => 0,
            Self::Dynamic(_, span) => size_of::<DynamicSpan>() + span.name.len() + span.op.len(),
        };
        SLACK * size_of::<Self>() + own
    }
}

/// Returns the memory that an attribute takes.
pub(crate) fn attribute_weight(value: &AttributeValue) -> usize {
    SLACK * size_of::<(LocalId, &str, AttributeValue)>() + heap(value)
}

fn heap(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::String(text) => text.len(),
        AttributeValue::Array(items) => {
            items.iter().map(|item| size_of::<AttributeValue>() + heap(item)).sum()
        }
        _ => 0,
    }
}

/// Returns the memory that a detail takes.
pub(crate) fn detail_weight(detail: &Detail) -> usize {
    let own = match detail {
        Detail::Span(_) | Detail::Op(_) | Detail::Status(_) => 0,
        Detail::Name(name) => name.len(),
        Detail::Attribute(key, value) => key.len() + heap(value),
        Detail::Default(_, value) => heap(value),
        Detail::Tag(key, value) => key.len() + value.len(),
        // An estimate: links with attributes are rare, so they are not counted one by one.
        Detail::Link(_) => 256,
    };
    SLACK * size_of::<(LocalId, Detail)>() + own
}

impl BufferedSpan {
    /// Adds a span, or counts it as dropped if there is no room. Inlined, so that the span is built in its place.
    #[inline(always)]
    pub(crate) fn add(&mut self, child: Child, room: &mut Room) {
        let weight = child.weight();
        if !room.take(weight) {
            self.dropped += 1;
            return;
        }
        self.weight += weight;
        self.children.push(child);
        if self.children.len() > MAX_BUFFERED {
            self.thin_out(room);
        }
    }

    /// Releases the unused memory of the spans of a segment that has ended, and the room for it.
    pub(crate) fn give_back_unused(&mut self, room: &mut Room) {
        if self.children.capacity() == self.children.len() {
            return;
        }
        self.children.shrink_to_fit();
        let unused = (SLACK - 1) * (self.children.len() - self.compact) * size_of::<Child>();
        self.compact = self.children.len();
        self.weight -= unused;
        room.give_back(unused);
    }

    /// Keeps the earliest spans: a parent starts before its children, so no span loses its parent.
    #[cold]
    fn thin_out(&mut self, room: &mut Room) {
        sort_by_number(&mut self.children, Child::start_order);
        self.dropped += (self.children.len() - MAX_SPANS) as u64;
        let weight: usize = self.children.drain(MAX_SPANS..).map(|child| child.weight()).sum();
        let weight = weight.min(self.weight);
        room.give_back(weight);
        self.weight -= weight;
        self.compact = self.compact.min(MAX_SPANS);
    }

    /// Adds an attribute, if there is room.
    pub(crate) fn add_attribute(
        &mut self,
        span: LocalId,
        key: &'static str,
        value: AttributeValue,
        room: &mut Room,
    ) {
        let weight = attribute_weight(&value);
        let full = self.attributes.len() >= MAX_DETAILS || !room.has(weight);
        // Replaced attributes are searched for only when there may be many.
        if full && self.attributes.len() >= 2 * self.distinct.max(32) {
            self.forget_replaced(room);
        }
        if self.attributes.len() < MAX_DETAILS && room.take(weight) {
            self.weight += weight;
            self.attributes.push((span, key, value));
        }
    }

    /// Removes attributes that a later one of the same span and name replaces. In a root that never ends and sets the
    /// same few attributes again and again, these are nearly all.
    #[cold]
    fn forget_replaced(&mut self, room: &mut Room) {
        let mut known = HashSet::new();
        let mut kept: Vec<_> = std::mem::take(&mut self.attributes)
            .into_iter()
            .rev()
            .filter(|(span, key, value)| {
                let last = known.insert((*span, *key));
                if !last {
                    let weight = attribute_weight(value);
                    room.give_back(weight);
                    self.weight -= weight;
                }
                last
            })
            .collect();
        kept.reverse();
        self.distinct = kept.len();
        self.attributes = kept;
    }

    /// Sorts the spans by their start, and takes those that started after the end of their root.
    pub(crate) fn take_started_after(&mut self, end: Start) -> Vec<Child> {
        sort_by_number(&mut self.children, Child::start_order);
        // An end that the user set cannot be compared.
        let Start::Ticks(end) = end else { return Vec::new() };
        let starts_later = |child: &Child| child.start_order() > end.saturating_add(1);
        // Nearly always there are none.
        if !self.children.last().is_some_and(starts_later) {
            return Vec::new();
        }
        let first = self.children.partition_point(|child| !starts_later(child));
        self.children.split_off(first)
    }

    /// Takes the attributes and details of spans that have not ended yet, for a segment whose room is given back.
    pub(crate) fn take_open(&mut self, root: LocalId, room: &mut Room) -> Self {
        let mut open = Self::default();
        if self.attributes.is_empty() && self.details.is_empty() {
            return open;
        }
        let ended: HashSet<_> = self.children.iter().map(Child::id).chain([root]).collect();
        let of_open = |span: &LocalId| !ended.contains(span);
        for (span, key, value) in self.attributes.extract_if(.., |(span, ..)| of_open(span)) {
            open.add_attribute(span, key, value, room);
        }
        for (span, detail) in self.details.extract_if(.., |(span, _)| of_open(span)) {
            open.add_detail(span, detail, room);
        }
        open
    }

    /// Adds a detail, if there is room.
    pub(crate) fn add_detail(&mut self, span: LocalId, detail: Detail, room: &mut Room) {
        let weight = detail_weight(&detail);
        if self.details.len() < MAX_DETAILS && room.take(weight) {
            self.weight += weight;
            self.details.push((span, detail));
        }
    }
}
