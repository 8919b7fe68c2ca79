//! The table of unfinished OpenTelemetry spans, with the corresponding spans of this crate.
//!
//! OpenTelemetry passes a span to processors at its start and again at its end, without storage in between; the table
//! finds it by id. Locks are held for one look-up. In a forked child the table is empty: open spans are sent by the
//! parent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ids;
use crate::base::fork::PerProcess;
use crate::context::thread_context::Context;
use crate::instrument::span::Span;
use crate::trace::ids::{IdMap, Lineage, LocalId};

/// The span of this crate that corresponds to an OpenTelemetry span.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) span: Span,
    /// The URL of the span's request, if it was set at the start.
    pub(super) url: Option<String>,
}

/// The number of shards, each with a lock of its own.
const PARTS: usize = 16;
/// The maximum number of open spans per shard. Further spans are not recorded: the program does not end its spans.
const MAX_OPEN: usize = 10_000;

static OPEN: PerProcess<[Mutex<Option<IdMap<Open>>>; PARTS]> = PerProcess::new();

fn part(id: LocalId) -> MutexGuard<'static, Option<IdMap<Open>>> {
    let part = usize::try_from(id >> 60).unwrap_or_default() % PARTS;
    OPEN.get_or_make(|_| [const { Mutex::new(None) }; PARTS])[part]
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a span until it ends. Returns whether there was room.
pub(super) fn keep(id: opentelemetry::trace::SpanId, open: Open) -> bool {
    let id = ids::local_id(id);
    let mut part = part(id);
    let spans = part.get_or_insert_default();
    if spans.len() >= MAX_OPEN {
        return false;
    }
    // A previous span with the same id, if any, ends outside the lock.
    let before = spans.insert(id, open);
    drop(part);
    drop(before);
    true
}

/// Looks a span up.
pub(super) fn find(id: opentelemetry::trace::SpanId) -> Option<Open> {
    let id = ids::local_id(id);
    part(id).as_ref()?.get(&id).cloned()
}

/// Returns the context of a span, and the span in it.
pub(super) fn position(id: opentelemetry::trace::SpanId) -> Option<(Arc<Context>, Lineage)> {
    find(id)?.span.position()
}

/// Removes and returns a span that has ended.
pub(super) fn take(id: opentelemetry::trace::SpanId) -> Option<Open> {
    let id = ids::local_id(id);
    part(id).as_mut()?.remove(&id)
}
