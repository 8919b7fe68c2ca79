//! Lazy roots: root spans that exist only in their thread until their context is needed.
//!
//! The root span of an annotated function, of a server action or of a monitored job that runs in the process context,
//! and whose sampling depends on a rate alone, needs only its id: trace id and random number derive from it. It is kept
//! in the thread's [`LazyRoot`] while it is open, and becomes one record at its end, from which the pipeline builds the
//! segment. If its context is needed earlier (by a capture, a header, or a future that takes it along), [`materialize`]
//! creates it, and the root is an ordinary one from then on. The root of an async server action leaves the thread
//! between two polls, see `suspended_root.rs`.
//!
//! The scopes of such a segment are those of the process. A server action and a job have scopes of their own, which are
//! copied from those of the process when the context is created: nobody writes to them before. The thread sends the
//! scopes of the process to the pipeline when it notices a new epoch; every change of these scopes or of the client
//! begins one. So a root without such a change reads one shared number, and writes to nothing shared except the
//! client's count.

use std::sync::Arc;

use super::local::{Local, local};
use super::recorder::{self, RecordKind};
use super::recycling;
use super::state::{LazyRoot, NOT_LAZY, SavedContext, Unmaterialized};
use super::thread_context::{Context, Mode};
use crate::base::epoch;
use crate::client::{self, Client};
use crate::context::ids;
use crate::options::ClientOptions;
use crate::protocol::random::random_u64;
use crate::protocol::{DataCategory, DiscardReason, Uuid};
use crate::trace::clock::Start;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::{self as trace_ids, Lineage, LocalId};
use crate::trace::monitor_site::MonitorSite;
use crate::trace::propagation::Propagation;
use crate::trace::record::{
    JobMoment, LazyCheckIn, LazyName, LazyRootRecord, OpenRoot, ProcessScopes, Record, RootValues,
    SpanOutcome,
};
use crate::trace::sampling;
use crate::trace::segment::{RootName, Segment};

/// Starts a lazy root, if possible. Returns its id, its start, and whether it is recorded.
#[inline(always)]
pub(crate) fn begin(local: &Local, name: LazyName) -> Option<(LocalId, Ticks, bool)> {
    let lazy_root = &local.lazy_root;
    // First, because an open lazy root has the scopes that were announced before its start.
    if !may_begin(local) {
        return None;
    }
    if lazy_root.epoch.get() != epoch::current() {
        refresh(local, false);
    }
    if lazy_root.rate.get() < 0.0 {
        return None;
    }
    let client = lazy_root.client.try_borrow().ok()?.upgrade()?;
    let key = ids::next();
    let sampled = sample_rand(key) < lazy_root.threshold.get();
    let recorded = sampled || lazy_root.keeps.get();
    let start = clock::now();
    put(local, key, name, start, (sampled, recorded), client)?;
    Some((key, start, recorded))
}

/// Makes a lazy root the open one of a thread that [may begin](may_begin) one.
#[inline(always)]
pub(super) fn put(
    local: &Local,
    key: LocalId,
    name: LazyName,
    start: Ticks,
    (sampled, recorded): (bool, bool),
    client: Arc<Client>,
) -> Option<()> {
    let lazy_root = &local.lazy_root;
    *lazy_root.owner.try_borrow_mut().ok()? = Some(client);
    lazy_root.root.set(key);
    lazy_root.sampled.set(sampled);
    lazy_root.name.set(name);
    lazy_root.start.set(start);
    local.unmaterialized.set(Unmaterialized::LAZY_ROOT);
    local.mode.set(if recorded { Mode::Sampled } else { Mode::Unsampled });
    local.segment.set(key);
    local.replace(Lineage::of(key));
    Some(())
}

/// Makes the thread what it was before the open lazy root.
#[inline(always)]
pub(super) fn restore(local: &Local) {
    local.unmaterialized.set(Unmaterialized::NOTHING);
    local.mode.set(Mode::Root);
    local.segment.set(0);
    local.replace(Lineage::NONE);
}

/// Returns whether a lazy root can be started on this thread, as far as its context decides.
pub(crate) fn may_begin(local: &Local) -> bool {
    local.unmaterialized.get() == Unmaterialized::NOTHING && local.is_in_process_context()
}

/// Returns an option of the client with which the open lazy root started; `None` if no lazy root is open.
pub(crate) fn option<R>(local: &Local, look: impl FnOnce(&ClientOptions) -> R) -> Option<R> {
    local.lazy_root.owner.try_borrow().ok()?.as_ref().map(|client| look(client.options()))
}

/// Ends the open lazy root. Returns the time of its end.
#[inline(always)]
pub(crate) fn end(local: &Local, outcome: SpanOutcome) -> Ticks {
    let lazy_root = &local.lazy_root;
    let (key, start, end) = (lazy_root.root.get(), lazy_root.start.get(), clock::now());
    let inherited = local.unmaterialized.get() != Unmaterialized::LAZY_ROOT;
    restore(local);
    let (Some(client), name) = (lazy_root.take(), lazy_root.name.get()) else { return end };
    // Spans that were open at a fork are sent by the parent.
    if inherited {
        return end;
    }
    let sampled = lazy_root.sampled.get();
    if !sampled && !lazy_root.keeps.get() {
        client.ledger().lost(DiscardReason::SampleRate, DataCategory::Transaction, 1);
        client.ledger().lost(DiscardReason::SampleRate, DataCategory::Span, 1);
        return end;
    }
    let rate = lazy_root.rate.get();
    if lazy_root.epoch.get() != epoch::current() && !name.has_own_scopes() {
        // The segment has the scopes at its end; own scopes, to which nobody wrote, are those at its start.
        refresh(local, true);
    }
    recorder::push_made(local, RecordKind::Segment, || {
        Record::LazyRootEnd(LazyRootRecord { key, name, start, end, client, rate, sampled, outcome })
    });
    crate::base::worker::nudge();
    end
}

/// Returns whether the end of the open lazy root will be recorded in any case, by the function below.
#[inline(always)]
pub(crate) fn is_recorded_at_end(local: &Local) -> bool {
    let lazy_root = &local.lazy_root;
    local.unmaterialized.get() == Unmaterialized::LAZY_ROOT
        && (lazy_root.sampled.get() || lazy_root.keeps.get())
        && lazy_root.owner.try_borrow().is_ok_and(|owner| owner.as_ref().is_some_and(|own| own.is_enabled()))
        && recorder::has_room(local)
}

/// Ends the open lazy root of a job together with the job: one record is its end and the last check-in. The end must be
/// [recorded in any case](is_recorded_at_end).
#[inline(always)]
pub(crate) fn end_job(local: &Local, site: &'static MonitorSite, outcome: SpanOutcome, depth: u8) {
    let lazy_root = &local.lazy_root;
    let RootValues { key, start, rate, sampled, .. } = values(local, lazy_root.root.get());
    let at = clock::now();
    restore(local);
    let Some(client) = lazy_root.take() else { return };
    let moment = JobMoment::end(outcome == SpanOutcome::Ok);
    // The job has scopes of its own, so that those of the process need not be announced again.
    recorder::push_made(local, RecordKind::Segment, || {
        let check_in = LazyCheckIn { key, start, client, site, at, rate, sampled, moment, depth };
        Record::JobEnd(check_in, outcome)
    });
}

/// Returns the values of the open lazy root, or of the one that ended last on this thread.
#[inline(always)]
pub(crate) fn values(local: &Local, key: LocalId) -> RootValues {
    let lazy_root = &local.lazy_root;
    let (start, salt) = (lazy_root.start.get(), lazy_root.salt.get());
    RootValues { key, start, salt, rate: lazy_root.rate.get(), sampled: lazy_root.sampled.get() }
}

/// Returns the client with which the open lazy root started; `None` if no lazy root is open.
#[inline(always)]
pub(crate) fn owner(local: &Local) -> Option<Arc<Client>> {
    local.lazy_root.owner.try_borrow().ok()?.clone()
}

/// Returns the start of a lazy root, if it is open on this thread.
pub(crate) fn started(local: &Local, root: LocalId) -> Option<Ticks> {
    local.lazy_root.is_open(root).then(|| local.lazy_root.start.get())
}

impl OpenRoot {
    /// Returns a segment equal to that of the root.
    pub(crate) fn segment(&self, name: RootName) -> Segment {
        let RootValues { key, start, salt, rate, sampled } = self.values;
        let (propagation, start) = (propagation(key, salt), Start::Ticks(start));
        Segment::new(key, sampled, Some(rate), propagation, name, start, None, Arc::clone(&self.client))
    }

    /// Returns an id that no other root has: a random UUID, version 4, like [`ids::event_id`].
    pub(crate) fn unique_id(&self) -> Uuid {
        let RootValues { key, salt, .. } = self.values;
        let high = trace_ids::mix(key ^ salt.rotate_left(16));
        let low = trace_ids::mix(key.wrapping_add(salt.rotate_left(48)));
        ids::random_uuid(high, low)
    }
}

/// Updates the copy of process-wide state and sends its scopes to the pipeline; for an `ending` root, only the scopes.
#[cold]
#[inline(never)]
fn refresh(local: &Local, ending: bool) {
    let lazy_root = &local.lazy_root;
    // The epoch is read first, so that a later change is noticed the next time.
    let epoch = epoch::current();
    let client = client::global();
    let rate = client.as_deref().map_or(NOT_LAZY, rate_of);
    if lazy_root.salt.get() == 0 {
        lazy_root.salt.set(random_u64());
    }
    if !ending && rate < 0.0 {
        lazy_root.rate.set(NOT_LAZY);
        lazy_root.epoch.set(epoch);
        return;
    }
    let process = Context::default_ref();
    let (isolation, current) = (process.isolation.snapshot(), process.current.snapshot());
    if !ending && let Ok(mut known) = lazy_root.scopes.try_borrow_mut() {
        *known = Some((Arc::clone(&isolation), Arc::clone(&current)));
    }
    let around = Box::new(ProcessScopes { isolation, current, salt: lazy_root.salt.get() });
    let announced = recorder::push_made(local, RecordKind::More, || Record::ProcessScopes(around));
    if ending {
        // The next root updates the rest.
        lazy_root.epoch.set(0);
        return;
    }
    lazy_root.rate.set(if announced { rate } else { NOT_LAZY });
    lazy_root.threshold.set(sampling::threshold(rate));
    lazy_root.keeps.set(client.as_ref().is_some_and(|client| client.options().records_unsampled()));
    // Scopes that could not be sent are sent another time.
    lazy_root.epoch.set(if announced { epoch } else { 0 });
    if let Ok(mut known) = lazy_root.client.try_borrow_mut() {
        *known = client.as_ref().map(Arc::downgrade).unwrap_or_default();
    }
}

/// Returns the share of roots that a client records, if its decision depends on nothing else.
fn rate_of(client: &Client) -> f32 {
    let options = client.options();
    let plain = client.is_tracing()
        && options.traces_sampler.is_none()
        && options.ignore_spans.is_empty()
        && !options.streams()
        && options.warn_open_after.is_none()
        && client.pressure().halvings() == 0
        && !Context::default_ref().continues;
    options.traces_sample_rate.filter(|_| plain).unwrap_or(NOT_LAZY)
}

/// Returns the random number of the trace of a lazy root, in millionths.
fn sample_rand(key: LocalId) -> u32 {
    const OTHER_THAN_ITS_SPAN_ID: u64 = 0x5851_F42D_4C95_7F2D;
    u32::try_from(trace_ids::mix(key ^ OTHER_THAN_ITS_SPAN_ID) % 1_000_000).unwrap_or_default()
}

fn propagation(key: LocalId, salt: u64) -> Propagation {
    let (high, low) = (trace_ids::mix(key ^ salt), trace_ids::mix(key.wrapping_add(salt.rotate_left(32))));
    Propagation {
        trace_id: crate::protocol::TraceId::from_u128(u128::from(high) << 64 | u128::from(low)),
        span_id: trace_ids::wire(!key),
        parent: None,
        sampled: None,
        own_sample_rand: sample_rand(key),
        dsc: None,
        foreign: None,
        own_groups: None,
    }
}

impl LazyRootRecord {
    /// Returns the segment of the root, equal to what an ordinary root would have.
    pub(crate) fn into_segment(self, around: &ProcessScopes) -> Segment {
        let Self { key, name, start, client, rate, sampled, .. } = self;
        let (name, start) = (RootName::from(name), Start::Ticks(start));
        let propagation = propagation(key, around.salt);
        let mut segment = Segment::new(key, sampled, Some(rate), propagation, name, start, None, client);
        segment.recorded = true;
        segment
    }
}

/// Creates the context of the open lazy root and activates it.
#[cold]
#[inline(never)]
pub(crate) fn materialize() {
    let local = local();
    let lazy_root = &local.lazy_root;
    let inherited = local.unmaterialized.get() != Unmaterialized::LAZY_ROOT;
    local.unmaterialized.set(if inherited { Unmaterialized::INHERITED } else { Unmaterialized::NOTHING });
    let key = lazy_root.root.get();
    let Some(client) = lazy_root.take() else { return };
    let context = context_of(lazy_root, key, client, inherited);
    let (mode, active) = (local.mode.get(), local.lineage());
    drop(local.install(SavedContext { context: Some(context), active }));
    // In a forked child, the next span reads the context in any case.
    local.mode.set(mode);
}

/// Returns the context of a lazy root.
pub(super) fn context_of(
    lazy_root: &LazyRoot,
    key: LocalId,
    client: Arc<Client>,
    inherited: bool,
) -> Arc<Context> {
    let (rate, start) = (lazy_root.rate.get(), Start::Ticks(lazy_root.start.get()));
    let (salt, sampled, name) = (lazy_root.salt.get(), lazy_root.sampled.get(), lazy_root.name.get());
    let propagation = propagation(key, salt);
    let own = name.has_own_scopes().then(|| own_context(lazy_root, propagation.clone()));
    let mut segment = Segment::new(key, sampled, Some(rate), propagation, name.into(), start, None, client);
    segment.recorded |= lazy_root.keeps.get();
    if inherited {
        segment.leave_to_parent();
    }
    match own {
        None => recycling::context(Context::default_ref(), Arc::new(segment)),
        Some(own) => Arc::new(own.into_segment(Some(Arc::new(segment)))),
    }
}

/// Returns the context that [`materialize`] would create for the open lazy root of a thread, which stays open.
#[cfg(writes_minidumps)]
pub(crate) fn open_context(local: &Local) -> Option<Arc<Context>> {
    let lazy_root = &local.lazy_root;
    let client = lazy_root.owner.try_borrow().ok()?.clone()?;
    Some(context_of(lazy_root, lazy_root.root.get(), client, false))
}

/// Returns the context of a server action or a job: in a trace of its own, with scopes of its own that begin as those
/// of the process were when it started.
fn own_context(lazy_root: &LazyRoot, propagation: Propagation) -> Context {
    let process = Context::default_ref();
    let known = lazy_root.scopes.try_borrow().ok().and_then(|known| known.clone());
    let context = match known {
        Some((isolation, current)) => process.with_scopes(isolation, current),
        None => process.isolated(),
    };
    context.into_boundary().into_new_trace(propagation)
}
