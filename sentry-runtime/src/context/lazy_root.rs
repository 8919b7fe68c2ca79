//! Roots that live in their thread: nothing of them is in any other memory until somebody asks for their context.
//!
//! The root span of an annotated function that runs in no context of its own, where nothing but a rate decides, needs
//! no more than its id: trace id and random number follow from it. It stands in the thread's [`LazyRoot`] while it is
//! open, and in one record when it has ended; the pipeline makes the segment from that. Whoever asks for the context
//! meanwhile (a capture, a header, a future that takes it along) has it made then, by [`materialize`], and from there on
//! the root is like any other.
//!
//! The scopes that go with such a segment are those of the process. The thread announces them to the pipeline when it
//! sees that the epoch has passed, which every change of them or of the client begins anew; so a root whose
//! surroundings are as before reads one shared number and writes to nothing that is shared but the client's count.

use std::sync::Arc;

use super::local::{Local, local};
use super::recorder::{self, RecordKind};
use super::recycling;
use super::state::{NOT_LAZY, SavedContext, Unmaterialized};
use super::thread_context::{Context, Mode};
use crate::base::epoch;
use crate::client::{self, Client};
use crate::context::ids;
use crate::options::TraceLifecycle;
use crate::protocol::random::random_u64;
use crate::protocol::{DataCategory, DiscardReason};
use crate::trace::callsite::Callsite;
use crate::trace::clock::Start;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::{self as trace_ids, Lineage, LocalId};
use crate::trace::propagation::Propagation;
use crate::trace::record::{LazyRootRecord, ProcessScopes, Record, SpanOutcome};
use crate::trace::sampling;
use crate::trace::segment::{RootName, Segment};

/// Starts a light root, if it can be one. Answers with its id, its start, and whether it is recorded.
#[inline]
pub(crate) fn begin(local: &Local, site: &'static Callsite) -> Option<(LocalId, Ticks, bool)> {
    let lazy_root = &local.lazy_root;
    if lazy_root.epoch.get() != epoch::current() {
        refresh(local, false);
    }
    let rate = lazy_root.rate.get();
    if rate < 0.0 || local.unmaterialized.get() != Unmaterialized::NOTHING || !local.is_in_process_context() {
        return None;
    }
    let client = lazy_root.client.try_borrow().ok()?.upgrade()?;
    let key = ids::next();
    let sampled = sampling::by_rate(rate, sample_rand(key)).sampled;
    let start = clock::now();
    *lazy_root.owner.try_borrow_mut().ok()? = Some(client);
    lazy_root.root.set(key);
    lazy_root.sampled.set(sampled);
    lazy_root.site.set(Some(site));
    lazy_root.start.set(start);
    local.unmaterialized.set(Unmaterialized::LAZY_ROOT);
    local.mode.set(if sampled { Mode::Sampled } else { Mode::Unsampled });
    local.segment.set(key);
    local.replace(Lineage::of(key));
    Some((key, start, sampled))
}

/// Ends the light root, which is open.
pub(crate) fn end(local: &Local, outcome: SpanOutcome) {
    let lazy_root = &local.lazy_root;
    let (key, start, end) = (lazy_root.root.get(), lazy_root.start.get(), clock::now());
    let inherited = local.unmaterialized.replace(Unmaterialized::NOTHING) != Unmaterialized::LAZY_ROOT;
    local.mode.set(Mode::Root);
    local.segment.set(0);
    local.replace(Lineage::NONE);
    let (Some(client), Some(site)) = (lazy_root.take(), lazy_root.site.get()) else { return };
    // What was open at a fork is the parent's to send.
    if inherited {
        return;
    }
    if !lazy_root.sampled.get() {
        client.ledger().lost(DiscardReason::SampleRate, DataCategory::Transaction, 1);
        client.ledger().lost(DiscardReason::SampleRate, DataCategory::Span, 1);
        return;
    }
    let rate = lazy_root.rate.get();
    if lazy_root.epoch.get() != epoch::current() {
        // The scopes are those at its end.
        refresh(local, true);
    }
    recorder::push_made(local, RecordKind::Segment, || {
        Record::LazyRootEnd(LazyRootRecord { key, site, start, end, client, rate, outcome })
    });
    crate::base::worker::nudge();
}

/// Learns how the process is now, and announces its scopes to the pipeline; for a root that is `ending` these alone.
#[cold]
#[inline(never)]
fn refresh(local: &Local, ending: bool) {
    let lazy_root = &local.lazy_root;
    // First the number: what changes from here on is noticed the next time.
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
    let around = Box::new(ProcessScopes { isolation, current, salt: lazy_root.salt.get() });
    let announced = recorder::push_made(local, RecordKind::More, || Record::ProcessScopes(around));
    if ending {
        // What holds for the next root is found out at that one.
        lazy_root.epoch.set(0);
        return;
    }
    lazy_root.rate.set(if announced { rate } else { NOT_LAZY });
    // What was not announced is announced another time.
    lazy_root.epoch.set(if announced { epoch } else { 0 });
    if let Ok(mut known) = lazy_root.client.try_borrow_mut() {
        *known = client.as_ref().map(Arc::downgrade).unwrap_or_default();
    }
}

/// The share of roots that a client records, if that is all that decides.
fn rate_of(client: &Client) -> f32 {
    let options = client.options();
    let plain = client.is_tracing()
        && options.traces_sampler.is_none()
        && options.ignore_spans.is_empty()
        && options.trace_lifecycle != TraceLifecycle::Stream
        && client.pressure().halvings() == 0
        && !Context::default_ref().continues;
    options.traces_sample_rate.filter(|_| plain).unwrap_or(NOT_LAZY)
}

/// The random number of a trace whose root is light, in millionths.
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
        sample_rand: sample_rand(key),
        dsc: None,
    }
}

impl LazyRootRecord {
    /// The segment that it was the root of, as anybody would have seen it.
    pub(crate) fn into_segment(self, around: &ProcessScopes) -> Segment {
        let Self { key, site, start, client, rate, .. } = self;
        let (name, start) = (RootName::Site(site), Start::Ticks(start));
        Segment::new(key, true, Some(rate), propagation(key, around.salt), name, start, None, client)
    }
}

/// Makes the context of the light root that is open, and puts it in place.
#[cold]
#[inline(never)]
pub(crate) fn materialize() {
    let local = local();
    let lazy_root = &local.lazy_root;
    let inherited = local.unmaterialized.get() != Unmaterialized::LAZY_ROOT;
    local.unmaterialized.set(if inherited { Unmaterialized::INHERITED } else { Unmaterialized::NOTHING });
    let (key, rate, start) =
        (lazy_root.root.get(), lazy_root.rate.get(), Start::Ticks(lazy_root.start.get()));
    let (Some(client), Some(site)) = (lazy_root.take(), lazy_root.site.get()) else { return };
    let (name, propagation) = (RootName::Site(site), propagation(key, lazy_root.salt.get()));
    let mut segment =
        Segment::new(key, lazy_root.sampled.get(), Some(rate), propagation, name, start, None, client);
    if inherited {
        segment.leave_to_parent();
    }
    let context = recycling::context(Context::default_ref(), Arc::new(segment));
    let (mode, active) = (local.mode.get(), local.lineage());
    drop(local.install(SavedContext { context: Some(context), active }));
    // In the child of a fork the next span looks at the context all the same.
    local.mode.set(mode);
}
