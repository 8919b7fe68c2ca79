//! The start and the end of a segment: everything that a root span needs and a child span does not.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::client::Client;
use crate::context::thread_context::Context;
use crate::context::{recorder, recycling, watch};
use crate::protocol::DataCategory;
use crate::scope::Scope;
use crate::trace::clock::Start;
use crate::trace::decision::Decision;
use crate::trace::ids::{self, LocalId};
use crate::trace::propagation::Propagation;
use crate::trace::record::{Record, SpanOutcome};
use crate::trace::sampling::{self, Hints};
use crate::trace::segment::{RootName, Segment};
use crate::trace::{callsite, clock};

/// The relation of a root span to the active trace and span.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RootKind<'a> {
    /// Starts a new trace, whatever is active.
    pub(crate) new_trace: bool,
    /// The active span, which becomes the parent of the new transaction.
    pub(crate) under: Option<LocalId>,
    /// The segment in which the root starts, if the base is in another one by now.
    pub(crate) around: Option<&'a Arc<Segment>>,
}

impl RootKind<'_> {
    /// Returns the kind that the flags of a callsite ask for, with the given active span.
    pub(crate) fn of(site: &callsite::Callsite, active: LocalId) -> Self {
        let new_trace = site.has(callsite::NEW_TRACE);
        Self { new_trace, under: (active != 0 && !new_trace).then_some(active), around: None }
    }
}

/// Starts a segment whose root span is `key`. Returns its context and its root span, or `None`
/// without a client that traces.
pub(crate) fn start(
    base: &Context,
    kind: RootKind<'_>,
    name: RootName,
    start: Option<Start>,
    key: LocalId,
) -> Option<(Arc<Context>, LocalId)> {
    start_with(base, kind, name, start, key, &Hints::default())
}

/// Like [`start`], with further properties of the root.
pub(crate) fn start_with(
    base: &Context,
    kind: RootKind<'_>,
    name: RootName,
    start: Option<Start>,
    key: LocalId,
    hints: &Hints<'_>,
) -> Option<(Arc<Context>, LocalId)> {
    let segment = segment(base, base.client()?, kind, name, start, key, hints)?;
    let limit = segment.client.options().warn_open_after;
    let context = recycling::context(base, segment);
    warn_after(limit, &context, key);
    Some((context, key))
}

/// Like [`start_with`], in a context that was made for the root and is used by nothing else. Without a client that
/// traces, returns the context unchanged. `client` is that of the context.
pub(crate) fn start_in(
    own: Context,
    client: Option<Arc<Client>>,
    kind: RootKind<'_>,
    name: RootName,
    start: Start,
    key: LocalId,
    hints: &Hints<'_>,
) -> (Arc<Context>, Option<LocalId>) {
    let segment = client.and_then(|client| segment(&own, client, kind, name, Some(start), key, hints));
    let Some(segment) = segment else {
        return (Arc::new(own), None);
    };
    let limit = segment.client.options().warn_open_after;
    let context = Arc::new(own.into_segment(Some(segment)));
    warn_after(limit, &context, key);
    (context, Some(key))
}

/// Watches the root `key` of a context, if there is a limit for how long it may be open.
#[inline]
fn warn_after(limit: Option<Duration>, context: &Arc<Context>, key: LocalId) {
    if let Some(limit) = limit {
        watch::begin(context, key, None, limit);
    }
}

/// Creates a segment. Returns `None` without a client that traces.
fn segment(
    base: &Context,
    client: Arc<Client>,
    kind: RootKind<'_>,
    name: RootName,
    start: Option<Start>,
    key: LocalId,
    hints: &Hints<'_>,
) -> Option<Arc<Segment>> {
    if !client.is_tracing() {
        return None;
    }
    let active = base.segment().filter(|_| !kind.new_trace);
    let (propagation, parent, inherited) = match active {
        Some(segment) => {
            let (propagation, decision) = segment.passed_on();
            (propagation, kind.under.map(ids::wire), Some(decision))
        }
        None if base.continues && !kind.new_trace => {
            (Propagation::clone(&base.propagation), base.propagation.parent, None)
        }
        None => (Propagation::new(), None, None),
    };
    let Decision { sampled, rate, reason } = sampling::judge(&client, &propagation, inherited, &name, hints);
    let sampled = sampled && !base.is_unrecorded();
    let start = start.unwrap_or_else(|| Start::Ticks(clock::now()));
    let mut segment = Segment::new(key, sampled, rate, propagation, name, start, parent, client);
    segment.unsampled_reason = reason;
    segment.recorded = sampled
        || (segment.client.options().records_unsampled() && !segment.is_ignored() && !base.is_unrecorded());
    // Of a transaction, children are moved when it is complete.
    segment.filters = sampled && segment.is_streamed() && !segment.client.options().ignore_spans.is_empty();
    segment.around = kind.around.or(base.segment()).map_or_else(Weak::new, Arc::downgrade);
    let segment = Arc::new(segment);
    if sampled && segment.is_streamed() {
        recorder::push(Record::Start {
            segment: Arc::clone(&segment),
            isolation: Arc::clone(&base.isolation),
            current: Arc::clone(&base.current),
        });
        crate::base::worker::nudge();
    }
    Some(segment)
}

/// Returns a context whose root has ended for reuse.
pub(crate) fn recycle(context: Arc<Context>) {
    recycling::recycle(context);
}

/// Ends the segment of a context whose root span is `root`.
pub(crate) fn end(context: &Context, root: LocalId, end: Option<Start>, outcome: SpanOutcome) {
    let Some(segment) = context.segment().filter(|segment| is_recorded_root(segment, root)) else { return };
    let (isolation, current) = (context.isolation.snapshot(), context.current.snapshot());
    record_end(Arc::clone(segment), isolation, current, end, outcome);
}

/// Like [`end`], at the current time, for a context that is no longer used here. Unless something else uses it, the
/// record gets its parts without a lock and without a count of references.
#[allow(dead_code, reason = "for the integrations of servers, which are features")]
pub(crate) fn end_last(context: Arc<Context>, root: LocalId, outcome: SpanOutcome) {
    if !context.segment().is_some_and(|segment| is_recorded_root(segment, root)) {
        return;
    }
    match Arc::try_unwrap(context) {
        Ok(context) => {
            if let Some((segment, isolation, current)) = context.into_ended() {
                record_end(segment, isolation, current, None, outcome);
            }
        }
        Err(shared) => end(&shared, root, None, outcome),
    }
}

/// Returns whether `root` is the root of a segment that has to be recorded when it ends. Counts one that is not.
fn is_recorded_root(segment: &Segment, root: LocalId) -> bool {
    if segment.key != root || !segment.is_ours() {
        return false;
    }
    if !segment.recorded {
        let ledger = segment.client.ledger();
        let reason = segment.unsampled_reason;
        if !segment.client.options().streams() {
            ledger.lost(reason, DataCategory::Transaction, 1);
        }
        ledger.lost(reason, DataCategory::Span, 1);
    }
    segment.recorded
}

fn record_end(
    segment: Arc<Segment>,
    isolation: Arc<Scope>,
    current: Arc<Scope>,
    end: Option<Start>,
    outcome: SpanOutcome,
) {
    recorder::push(Record::End {
        segment,
        isolation,
        current,
        end: end.unwrap_or_else(|| Start::Ticks(clock::now())),
        outcome,
    });
    crate::base::worker::nudge();
}
