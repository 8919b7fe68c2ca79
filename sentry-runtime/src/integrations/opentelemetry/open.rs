//! Spans of OpenTelemetry that have not ended, and the spans of ours that stand for them.
//!
//! OpenTelemetry hands over a span when it starts and again when it ends, and has no place to keep anything between;
//! here they are found by id. Locks are held for one look-up. In the child of a fork there are none: what was open is its
//! parent's to send.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ids;
use crate::base::fork::PerProcess;
use crate::context::thread_context::Context;
use crate::instrument::span::Span;
use crate::trace::ids::{IdMap, Lineage, LocalId};

/// A span of ours that stands for one of OpenTelemetry.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) span: Span,
    /// Where the span's request goes, if it said so when it started.
    pub(super) url: Option<String>,
}

/// So many parts have a lock each.
const PARTS: usize = 16;
/// The most spans that are open in one part. More are not recorded: somebody forgets to end theirs.
const MAX_OPEN: usize = 10_000;

static OPEN: PerProcess<[Mutex<Option<IdMap<Open>>>; PARTS]> = PerProcess::new();

fn part(id: LocalId) -> MutexGuard<'static, Option<IdMap<Open>>> {
    let part = usize::try_from(id >> 60).unwrap_or_default() % PARTS;
    OPEN.get_or_make(|_| [const { Mutex::new(None) }; PARTS])[part]
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a span until it ends. Answers whether there was room.
pub(super) fn keep(id: opentelemetry::trace::SpanId, open: Open) -> bool {
    let id = ids::local_id(id);
    let mut part = part(id);
    let spans = part.get_or_insert_default();
    if spans.len() >= MAX_OPEN {
        return false;
    }
    // The one of that id before, if there was any, ends outside of the lock.
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

/// The context of a span, and the span in it.
pub(super) fn position(id: opentelemetry::trace::SpanId) -> Option<(Arc<Context>, Lineage)> {
    find(id)?.span.position()
}

/// Takes a span out that has ended.
pub(super) fn take(id: opentelemetry::trace::SpanId) -> Option<Open> {
    let id = ids::local_id(id);
    part(id).as_mut()?.remove(&id)
}
