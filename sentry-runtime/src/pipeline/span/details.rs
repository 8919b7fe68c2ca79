//! The details of spans: attributes and changes that were recorded apart from a span's times, and how they are applied.
//!
//! Transactions and streamed spans are both built here, so that a span is the same either way.

use std::borrow::Cow;
use std::time::Duration;

use super::buffer::Child;
use super::gen_ai;
use super::record::{Call, SpanData, SpanRecord};
use crate::protocol::AttributeValue;
use crate::protocol::limits::MAX_BREADTH;
use crate::trace::clock::{Anchor, Start};
use crate::trace::ids::{self, IdMap, LocalId};
use crate::trace::record::{Detail, SpanOutcome};
use crate::trace::segment::{RootName, Segment};
use crate::trace::span_groups::SpanGroups;

/// The details of one span besides its times.
#[derive(Default)]
pub(crate) struct SpanDetails {
    pub(crate) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(crate) changes: Vec<Detail>,
}

/// Sorts attributes and details by the span that they belong to.
pub(crate) fn by_span(
    attributes: Vec<(LocalId, &'static str, AttributeValue)>,
    changes: Vec<(LocalId, Detail)>,
) -> IdMap<SpanDetails> {
    let mut details: IdMap<SpanDetails> = IdMap::default();
    for (span, key, value) in attributes {
        details.entry(span).or_default().attributes.push((Cow::Borrowed(key), value));
    }
    for (span, detail) in changes {
        details.entry(span).or_default().changes.push(detail);
    }
    details
}

/// Adds attributes to the details of a span.
pub(crate) fn add(
    details: &mut Option<SpanDetails>,
    attributes: impl Iterator<Item = (&'static str, AttributeValue)>,
) {
    for attribute in own_keys(attributes) {
        details.get_or_insert_default().attributes.push(attribute);
    }
}

/// Returns attributes as spans have them.
pub(crate) fn own_keys(
    attributes: impl Iterator<Item = (&'static str, AttributeValue)>,
) -> impl Iterator<Item = (Cow<'static, str>, AttributeValue)> {
    attributes.map(|(key, value)| (Cow::Borrowed(key), value))
}

/// Returns the time between a start and an end.
pub(crate) fn between(start: Start, end: Start, anchor: &Anchor) -> Duration {
    match (start, end) {
        (Start::Ticks(start), Start::Ticks(end)) => anchor.duration(end.saturating_sub(start)),
        _ => wall(end, anchor).duration_since(wall(start, anchor)).unwrap_or_default(),
    }
}

impl Child {
    /// Returns the duration of the span.
    pub(crate) fn duration(&self, anchor: &Anchor) -> Duration {
        match self {
            Self::Call(call) => anchor.duration(call.end.saturating_sub(call.start)),
            Self::Dynamic(_, span) => between(span.start, span.end, anchor),
        }
    }
}

/// Builds the records of child spans.
pub(crate) fn rows(
    segment: &Segment,
    children: Vec<Child>,
    details: &mut IdMap<SpanDetails>,
    anchor: &Anchor,
) -> Vec<SpanRecord> {
    let row = |child: Child| match child {
        Child::Call(call) if details.is_empty() => SpanRecord::Call(under_root(segment, call)),
        child => {
            let details = details.remove(&child.id());
            row(segment, child, details, anchor)
        }
    };
    children.into_iter().map(row).collect()
}

/// Builds the record of a span from its times and details.
#[inline]
pub(crate) fn row(
    segment: &Segment,
    child: Child,
    details: Option<SpanDetails>,
    anchor: &Anchor,
) -> SpanRecord {
    match child {
        Child::Call(call) if details.is_none() => SpanRecord::Call(under_root(segment, call)),
        _ => SpanRecord::Full(full_row(segment, child, details, anchor)),
    }
}

/// Returns a call with its parent.
#[inline]
fn under_root(segment: &Segment, call: Call) -> Call {
    Call { parent: parent_in(segment, call.parent), ..call }
}

/// Returns the parent of a span: one without a parent in the segment is a child of its root.
fn parent_in(segment: &Segment, parent: LocalId) -> LocalId {
    if parent == 0 { segment.key } else { parent }
}

#[inline(never)]
fn full_row(segment: &Segment, child: Child, details: Option<SpanDetails>, anchor: &Anchor) -> Box<SpanData> {
    let unnamed = matches!(&child, Child::Call(call) if !call.site.is_named());
    let mut span = match child {
        Child::Call(call) => under_root(segment, call).with_room(anchor),
        Child::Dynamic(id, span) => SpanData {
            id: ids::wire(id),
            parent: Some(ids::wire(parent_in(segment, span.parent))),
            name: span.name,
            op: span.op,
            origin: span.origin,
            start: wall(span.start, anchor),
            end: wall(span.end, anchor),
            status: span.outcome.status(),
            ..SpanData::default()
        },
    };
    if let Some(details) = details {
        let renamed = apply(&mut span, details);
        gen_ai::name(&mut span, unnamed && !renamed);
    }
    Box::new(span)
}

/// Returns the wall-clock time of a start or an end.
pub(crate) fn wall(start: Start, anchor: &Anchor) -> std::time::SystemTime {
    match start {
        Start::Ticks(ticks) => anchor.wall(ticks),
        Start::Wall(wall) => wall,
    }
}

/// Adds the details of a span. Returns whether the span was renamed.
pub(crate) fn apply(span: &mut SpanData, details: SpanDetails) -> bool {
    let mut renamed = false;
    for (key, value) in details.attributes {
        set(&mut span.attributes, key, value);
    }
    for detail in details.changes {
        match detail {
            Detail::Span(_) => {}
            Detail::Name(name) => {
                span.name = Cow::Owned(name);
                renamed = true;
            }
            Detail::Op(op) => span.op = op,
            Detail::Status(status) => span.status = status,
            Detail::Attribute(key, value) => set(&mut span.attributes, Cow::Owned(key), value),
            Detail::Default(key, value) => {
                if span.attributes.len() < MAX_BREADTH
                    && !span.attributes.iter().any(|(known, _)| *known == key)
                {
                    span.attributes.push((Cow::Borrowed(key), value));
                }
            }
            Detail::Tag(key, value) => _ = span.tags.insert(key, value),
            Detail::Link(link) if span.links.len() < MAX_BREADTH => span.links.push(link),
            Detail::Link(_) => {}
        }
    }
    span.attributes.retain(|(_, value)| !value.is_null());
    renamed
}

fn set(
    attributes: &mut Vec<(Cow<'static, str>, AttributeValue)>,
    key: Cow<'static, str>,
    value: AttributeValue,
) {
    let has_room = attributes.len() < MAX_BREADTH;
    match attributes.iter_mut().find(|(known, _)| *known == key) {
        Some((_, slot)) => *slot = value,
        None if has_room => attributes.push((key, value)),
        // Above a limit duplicates are not searched for, since that takes quadratic time.
        None => {}
    }
}

/// Adds the groups to spans that do not name them themselves.
pub(crate) fn join_groups(
    groups: &SpanGroups,
    root: &mut SpanData,
    rows: &mut [SpanRecord],
    anchor: &Anchor,
) {
    let join = |span: &mut SpanData| {
        for (key, value) in groups.iter() {
            if !span.attributes.iter().any(|(known, _)| known == key) {
                span.attributes.push((Cow::Owned(key.to_owned()), value.into()));
            }
        }
    };
    join(root);
    for row in rows {
        let mut span = std::mem::replace(row, SpanRecord::Full(Box::default())).into_full(anchor);
        join(&mut span);
        *row = SpanRecord::Full(Box::new(span));
    }
}

/// Rounds a sample rate as it is written on the wire.
pub(crate) fn round(rate: f64) -> f64 {
    (rate * 1e6).round() / 1e6
}

/// Builds the root span of a segment. Attributes that the program set replace those of the toolkit. Also returns
/// whether the program renamed the span.
pub(crate) fn root(
    segment: &Segment,
    end: Start,
    outcome: SpanOutcome,
    name: Cow<'static, str>,
    details: SpanDetails,
    anchor: &Anchor,
) -> (SpanData, bool) {
    let mut root = SpanData {
        id: ids::wire(segment.key),
        parent: segment.parent,
        name,
        op: segment.root.op(),
        origin: segment.root.origin(),
        start: wall(segment.start, anchor),
        end: wall(end, anchor),
        status: outcome.status(),
        ..SpanData::default()
    };
    if let Some(rate) = segment.sample_rate() {
        root.attributes.push((Cow::Borrowed("sentry.sample_rate"), AttributeValue::from(round(rate.into()))));
    }
    if let Some((file, line)) = segment.root.location() {
        root.attributes.push((Cow::Borrowed("code.file.path"), AttributeValue::from_static(file)));
        root.attributes.push((Cow::Borrowed("code.line.number"), AttributeValue::from(line)));
    }
    if let RootName::Request(request) = &segment.root {
        request.attributes().into_iter().for_each(|(key, value)| set(&mut root.attributes, key, value));
    }
    let renamed = apply(&mut root, details);
    (root, renamed)
}
